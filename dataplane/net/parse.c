// SPDX-License-Identifier: BSD-3-Clause
// The chain of validation steps, from EtherType to the upper layer.
#include "dataplane/net/fast.h"

static enum net_kind refuse(enum counter *drop, enum counter why)
{
    *drop = why;
    return NET_DROP;
}

static enum net_kind accept_or_refuse(enum net_kind kind, enum counter *drop, enum counter bad)
{
    return bad ? refuse(drop, bad) : kind;
}

static enum net_kind parse_icmp6(struct net_packet *p, enum counter *drop)
{
    enum counter bad = icmp6_check(p);
    if (bad)
        return refuse(drop, bad);
    uint8_t type = p->frame[p->l4];
    if (type == ICMP6_MLD)
        return accept_or_refuse(NET_NEIGHBOUR, drop, mld_check(p));
    if (type == ICMP6_NS || type == ICMP6_NA)
        return accept_or_refuse(NET_NEIGHBOUR, drop, nd_check(p));
    return NET_ICMP;
}

static enum net_kind parse_ip4(const struct net_if *nif, struct net_packet *p, unsigned csum,
                               enum counter *drop)
{
    enum counter bad = ipv4_check(nif, p, csum);
    if (bad)
        return refuse(drop, bad);
    switch (p->proto) {
    case PROTO_UDP:
        return accept_or_refuse(NET_UDP, drop, udp_check(p, csum));
    case PROTO_TCP:
        return accept_or_refuse(NET_TCP, drop, tcp_check(p));
    case PROTO_ICMP:
        return accept_or_refuse(NET_ICMP, drop, icmp_check(p));
    default:
        return refuse(drop, CTR_ip4_unknown_protocol);
    }
}

static enum net_kind parse_ip6(const struct net_if *nif, struct net_packet *p, unsigned csum,
                               enum counter *drop)
{
    enum counter bad = ipv6_check(nif, p);
    if (bad)
        return refuse(drop, bad);
    enum net_kind kind;
    if (p->proto == PROTO_UDP)
        kind = accept_or_refuse(NET_UDP, drop, udp_check(p, csum));
    else if (p->proto == PROTO_TCP)
        kind = accept_or_refuse(NET_TCP, drop, tcp_check(p));
    else
        kind = parse_icmp6(p, drop);
    // Nobody to answer to; only duplicate address probes may come from nowhere.
    if (kind != NET_DROP && kind != NET_NEIGHBOUR && ip6_equal(p->frame + p->l3 + 8, addr_unspecified))
        return refuse(drop, CTR_ip6_bad_source);
    return kind;
}

enum net_kind net_parse_steps(const struct net_if *nif, uint8_t *frame, uint32_t len, unsigned csum,
                              struct net_packet *p, enum counter *drop)
{
    *p = (struct net_packet){.frame = frame, .len = (uint16_t)len};
    if (len > UINT16_MAX)
        return refuse(drop, CTR_eth_too_long);
    uint16_t type = 0;
    enum counter bad = ethernet_check(nif, p, &type);
    if (bad)
        return refuse(drop, bad);
    switch (type) {
    case ETYPE_IP4:
        return parse_ip4(nif, p, csum, drop);
    case ETYPE_IP6:
        return parse_ip6(nif, p, csum, drop);
    case ETYPE_ARP:
        return accept_or_refuse(NET_NEIGHBOUR, drop, arp_check(p));
    default:
        return refuse(drop, CTR_eth_unknown_type);
    }
}

enum net_kind net_parse(const struct net_if *nif, uint8_t *frame, uint32_t len, unsigned csum,
                        struct net_packet *p, enum counter *drop)
{
    if (__builtin_expect(net_fast_parse(nif, frame, len, csum, p), 1))
        return NET_UDP;
    return net_parse_steps(nif, frame, len, csum, p, drop);
}
