// SPDX-License-Identifier: BSD-3-Clause
// ARP (RFC 826) with address conflict detection (RFC 5227).
#include "dataplane/net/neigh_private.h"

#define ARP_LENGTH    28u
#define ARP_OPERATION 6u
#define ARP_SHA       8u
#define ARP_SPA       14u
#define ARP_THA       18u
#define ARP_TPA       24u
#define ARP_REQUEST   1u
#define ARP_REPLY     2u

static const uint8_t ethernet_ip4[6] = {0, 1, 0x08, 0x00, 6, 4}; // hardware, protocol, their lengths

enum counter arp_check(const struct net_packet *p)
{
    const uint8_t *a = p->frame + p->l3;
    if (p->len - p->l3 < (int)ARP_LENGTH)
        return CTR_arp_short;
    unsigned op = get16(a + ARP_OPERATION);
    if (memcmp(a, ethernet_ip4, sizeof(ethernet_ip4)) != 0 || op < ARP_REQUEST || op > ARP_REPLY)
        return CTR_arp_malformed;
    const uint8_t *sha = a + ARP_SHA, *spa = a + ARP_SPA;
    bool probe = op == ARP_REQUEST && memcmp(spa, addr_unspecified, 4) == 0;
    if ((sha[0] & 1) || memcmp(sha, addr_unspecified, 6) == 0 ||
        (!probe && (spa[0] == 0 || spa[0] == 127 || spa[0] >= 224)))
        return CTR_arp_bad_sender;
    return COUNTER_NONE;
}

// sender, target: protocol addresses. Returns the end of the packet.
static uint32_t arp_write(uint8_t *a, unsigned op, const uint8_t *our_mac, const uint8_t *sender,
                          const uint8_t *target_mac, const uint8_t *target)
{
    memcpy(a, ethernet_ip4, sizeof(ethernet_ip4));
    put16(a + ARP_OPERATION, (uint16_t)op);
    memcpy(a + ARP_SHA, our_mac, 6);
    memcpy(a + ARP_SPA, sender, 4);
    memcpy(a + ARP_THA, target_mac, 6);
    memcpy(a + ARP_TPA, target, 4);
    return ARP_LENGTH;
}

uint32_t arp_request(const struct net_if *nif, uint8_t *buf, const uint8_t *sender, const uint8_t *target,
                     const uint8_t *mac)
{
    ethernet_write(buf, mac ? mac : addr_broadcast_mac, nif->mac, ETYPE_ARP);
    return ETH_HEADER + arp_write(buf + ETH_HEADER, ARP_REQUEST, nif->mac, sender ? sender : addr_unspecified,
                                  addr_unspecified, target);
}

// Somebody else uses, or (from 0.0.0.0) probes for, one of our addresses. Builds the defence in place.
static uint32_t arp_conflict(struct neigh_table *t, unsigned i, struct net_packet *p, uint64_t now_ms,
                             enum counter *drop)
{
    uint8_t *a = p->frame + p->l3;
    const uint8_t *ours = t->nif->addrs[i].bytes;
    *drop = CTR_address_conflicts;
    if (!neigh_conflict(t, i, a + ARP_SHA, now_ms))
        return 0;
    memcpy(p->frame, addr_broadcast_mac, 6);
    memcpy(p->frame + 6, t->nif->mac, 6);
    p->len = (uint16_t)(p->l3 + arp_write(a, ARP_REQUEST, t->nif->mac, ours, addr_unspecified, ours));
    return p->len;
}

static uint32_t arp_answer(const struct neigh_table *t, struct net_packet *p, unsigned i, enum counter *drop)
{
    uint8_t *a = p->frame + p->l3, mac[6], peer[4];
    memcpy(mac, a + ARP_SHA, 6);
    memcpy(peer, a + ARP_SPA, 4);
    ethernet_swap(p, t->nif->mac);
    p->len = (uint16_t)(p->l3 + arp_write(a, ARP_REPLY, t->nif->mac, t->nif->addrs[i].bytes, mac, peer));
    *drop = CTR_arp_replies;
    return p->len;
}

uint32_t arp_input(struct neigh_table *t, struct net_packet *p, uint32_t room, uint64_t now_ms,
                   enum counter *drop)
{
    (void)room; // an answer is as long as the request
    const uint8_t *a = p->frame + p->l3;
    bool request = get16(a + ARP_OPERATION) == ARP_REQUEST;
    bool probe = memcmp(a + ARP_SPA, addr_unspecified, 4) == 0;
    int claimed = addr_index(t->nif, 4, a + ARP_SPA), target = addr_index(t->nif, 4, a + ARP_TPA);
    if (claimed >= 0)
        return arp_conflict(t, (unsigned)claimed, p, now_ms, drop);
    if (probe && target >= 0 && t->addr_state[target] == NEIGH_ADDR_TENTATIVE)
        return arp_conflict(t, (unsigned)target, p, now_ms, drop);
    bool learned = false;
    if (!probe) {
        struct neigh_claim claim = {4, a + ARP_SPA, a + ARP_SHA, !request && target >= 0, true};
        learned = neigh_learn(t, &claim, now_ms);
    }
    if (request && target >= 0 && t->addr_state[target] != NEIGH_ADDR_CONFLICT)
        return arp_answer(t, p, (unsigned)target, drop);
    *drop = learned ? CTR_arp_updates : CTR_arp_ignored;
    return 0;
}
