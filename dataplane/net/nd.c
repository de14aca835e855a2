// SPDX-License-Identifier: BSD-3-Clause
// IPv6 neighbour discovery: solicitations and advertisements (RFC 4861), duplicate address detection (RFC
// 4862 5.4). Router messages and redirects are not followed.
#include "dataplane/net/neigh_private.h"

#define ND_FIXED       24u // ICMPv6 header with flags, and the target
#define ND_TARGET      8u
#define OPTION_SOURCE  1u // link-layer address options
#define OPTION_TARGET  2u
#define OPTION_LENGTH  8u // of a link-layer address option
#define FLAG_SOLICITED 0x40u
#define FLAG_OVERRIDE  0x20u
#define ND_MESSAGE     (ND_FIXED + OPTION_LENGTH)
#define ND_PACKET      (IP6_HEADER + ND_MESSAGE)

// Finds the link-layer address option of the wanted type. False when an option is malformed.
static bool find_link_address(const uint8_t *option, const uint8_t *end, uint8_t type, const uint8_t **mac)
{
    *mac = NULL;
    while (option < end) {
        if (end - option < 8 || option[1] == 0 || option[1] * 8 > end - option)
            return false;
        if (option[0] == type && option[1] == 1)
            *mac = option + 2;
        option += option[1] * 8;
    }
    return true;
}

static const uint8_t *link_address(const struct net_packet *p)
{
    const uint8_t *icmp = p->frame + p->l4, *mac;
    uint8_t type = icmp[0] == ICMP6_NS ? OPTION_SOURCE : OPTION_TARGET;
    bool good = find_link_address(icmp + ND_FIXED, p->frame + p->len, type, &mac);
    return good && mac && !(mac[0] & 1) ? mac : NULL;
}

static bool is_solicited_node(const uint8_t *group, const uint8_t *target)
{
    uint8_t expected[16];
    addr_solicited_node(target, expected);
    return ip6_equal(group, expected);
}

enum counter nd_check(const struct net_packet *p)
{
    const uint8_t *ip = p->frame + p->l3, *icmp = p->frame + p->l4, *mac;
    bool solicitation = icmp[0] == ICMP6_NS;
    if (ip[7] != LINK_LOCAL_HOPS)
        return CTR_nd_bad_hop_limit;
    if (p->len - p->l4 < (int)ND_FIXED || icmp[1] != 0 || icmp[ND_TARGET] == 0xff)
        return CTR_nd_malformed;
    if (!solicitation && ip[24] == 0xff && (icmp[4] & FLAG_SOLICITED))
        return CTR_nd_malformed;
    if (!find_link_address(icmp + ND_FIXED, p->frame + p->len, OPTION_SOURCE, &mac))
        return CTR_nd_bad_option;
    if (!ip6_equal(ip + 8, addr_unspecified))
        return COUNTER_NONE;
    // From nowhere: only a probe to the group of its target, that tells no link address.
    if (!solicitation || mac || !is_solicited_node(ip + 24, icmp + ND_TARGET))
        return CTR_nd_bad_dad;
    return COUNTER_NONE;
}

// The message of length bytes behind the IP header at ip: ND_FIXED, or ND_MESSAGE with our link address.
static void nd_write(uint8_t *ip, uint8_t type, uint8_t flags, const uint8_t *target, const uint8_t *our_mac,
                     uint32_t length)
{
    uint8_t *icmp = ip + IP6_HEADER, *option = icmp + ND_FIXED;
    memset(icmp, 0, ND_TARGET);
    icmp[0] = type;
    icmp[4] = flags;
    memcpy(icmp + ND_TARGET, target, 16);
    if (length == ND_MESSAGE) {
        option[0] = type == ICMP6_NS ? OPTION_SOURCE : OPTION_TARGET;
        option[1] = 1;
        memcpy(option + 2, our_mac, 6);
    }
    icmp6_seal(ip, icmp, length);
}

uint32_t nd_solicit(const struct net_if *nif, uint8_t *buf, const uint8_t *source, const uint8_t *target,
                    const uint8_t *mac)
{
    uint8_t group[16], group_mac[6], *ip = buf + ETH_HEADER;
    addr_solicited_node(target, group);
    addr_group_mac(group, group_mac);
    ethernet_write(buf, mac ? mac : group_mac, nif->mac, ETYPE_IP6);
    uint32_t length = source ? ND_MESSAGE : ND_FIXED; // a probe tells no link address
    ipv6_write(ip, PROTO_ICMP6, LINK_LOCAL_HOPS, length, source ? source : addr_unspecified,
               mac ? target : group);
    nd_write(ip, ICMP6_NS, 0, target, nif->mac, length);
    return ETH_HEADER + IP6_HEADER + length;
}

uint32_t nd_announce(const struct net_if *nif, uint8_t *buf, const uint8_t *addr)
{
    uint8_t mac[6];
    addr_group_mac(addr_all_nodes, mac);
    ethernet_write(buf, mac, nif->mac, ETYPE_IP6);
    ipv6_write(buf + ETH_HEADER, PROTO_ICMP6, LINK_LOCAL_HOPS, ND_MESSAGE, addr, addr_all_nodes);
    nd_write(buf + ETH_HEADER, ICMP6_NA, FLAG_OVERRIDE, addr, nif->mac, ND_MESSAGE);
    return ETH_HEADER + ND_PACKET;
}

// Turns the received packet into an advertisement of address i, to peer or (NULL) to all nodes.
static uint32_t advertise_in_place(const struct neigh_table *t, struct net_packet *p, unsigned i,
                                   const uint8_t *peer)
{
    const uint8_t *ours = t->nif->addrs[i].bytes;
    uint8_t *ip = p->frame + p->l3, to[16];
    memcpy(to, peer ? peer : addr_all_nodes, 16);
    ipv6_write(ip, PROTO_ICMP6, LINK_LOCAL_HOPS, ND_MESSAGE, ours, to);
    nd_write(ip, ICMP6_NA, (uint8_t)(FLAG_OVERRIDE | (peer ? FLAG_SOLICITED : 0)), ours, t->nif->mac,
             ND_MESSAGE);
    ethernet_swap(p, t->nif->mac);
    if (!peer)
        addr_group_mac(addr_all_nodes, p->frame);
    p->len = (uint16_t)(p->l3 + ND_PACKET);
    return p->len;
}

static uint32_t nd_conflict(struct neigh_table *t, unsigned i, struct net_packet *p, uint64_t now_ms,
                            enum counter *drop)
{
    *drop = CTR_address_conflicts;
    return neigh_conflict(t, i, p->frame + 6, now_ms) ? advertise_in_place(t, p, i, NULL) : 0;
}

static uint32_t solicitation_input(struct neigh_table *t, struct net_packet *p, uint64_t now_ms,
                                   enum counter *drop)
{
    const uint8_t *ip = p->frame + p->l3, *mac = link_address(p);
    int target = addr_index(t->nif, 6, p->frame + p->l4 + ND_TARGET);
    bool probe = ip6_equal(ip + 8, addr_unspecified), learned = false;
    if (probe && target >= 0 && t->addr_state[target] == NEIGH_ADDR_TENTATIVE)
        return nd_conflict(t, (unsigned)target, p, now_ms, drop);
    if (!probe && mac) {
        struct neigh_claim claim = {6, ip + 8, mac, false, true};
        learned = neigh_learn(t, &claim, now_ms);
    }
    if (target >= 0 && t->addr_state[target] != NEIGH_ADDR_CONFLICT) {
        *drop = CTR_nd_replies;
        return advertise_in_place(t, p, (unsigned)target, probe ? NULL : ip + 8);
    }
    *drop = learned ? CTR_nd_updates : CTR_nd_ignored;
    return 0;
}

static uint32_t advertisement_input(struct neigh_table *t, struct net_packet *p, uint64_t now_ms,
                                    enum counter *drop)
{
    const uint8_t *icmp = p->frame + p->l4, *target = icmp + ND_TARGET;
    int ours = addr_index(t->nif, 6, target);
    if (ours >= 0)
        return nd_conflict(t, (unsigned)ours, p, now_ms, drop);
    bool solicited = icmp[4] & FLAG_SOLICITED, override = icmp[4] & FLAG_OVERRIDE;
    struct neigh_claim claim = {6, target, link_address(p), solicited, override};
    *drop = neigh_learn(t, &claim, now_ms) ? CTR_nd_updates : CTR_nd_ignored;
    return 0;
}

uint32_t nd_input(struct neigh_table *t, struct net_packet *p, uint32_t room, uint64_t now_ms,
                  enum counter *drop)
{
    *drop = CTR_reply_no_room;
    if (room < p->l3 + ND_PACKET)
        return 0;
    return p->frame[p->l4] == ICMP6_NS ? solicitation_input(t, p, now_ms, drop)
                                       : advertisement_input(t, p, now_ms, drop);
}
