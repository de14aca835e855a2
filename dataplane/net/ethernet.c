// SPDX-License-Identifier: BSD-3-Clause
// Ethernet II (RFC 894) with at most one 802.1Q tag.
#include "dataplane/net/protocol.h"

// Broadcast, all IPv6 nodes, and the solicited-node groups of our addresses.
static bool is_our_group(const struct net_if *nif, const uint8_t *mac)
{
    if (mac_equal(mac, addr_broadcast_mac))
        return true;
    uint8_t group[6], solicited[16];
    addr_group_mac(addr_all_nodes, group);
    if (mac_equal(mac, group))
        return true;
    for (unsigned i = 0; i < nif->n_addrs; i++) {
        if (nif->addrs[i].family != 6)
            continue;
        addr_solicited_node(nif->addrs[i].bytes, solicited);
        addr_group_mac(solicited, group);
        if (mac_equal(mac, group))
            return true;
    }
    return false;
}

enum counter ethernet_check(const struct net_if *nif, struct net_packet *p, uint16_t *type)
{
    const uint8_t *f = p->frame;
    if (p->len < ETH_HEADER)
        return CTR_eth_short;
    if (!mac_equal(f, nif->mac) && !((f[0] & 1) && is_our_group(nif, f)))
        return CTR_eth_not_for_us;
    if ((f[6] & 1) || mac_equal(f + 6, nif->mac))
        return CTR_eth_bad_source;
    p->l3 = ETH_HEADER;
    *type = get16(f + 12);
    if (*type == ETYPE_QINQ)
        return CTR_vlan_nested;
    if (*type != ETYPE_VLAN)
        return COUNTER_NONE;
    if (p->len < ETH_HEADER + VLAN_TAG)
        return CTR_eth_short;
    p->l3 = ETH_HEADER + VLAN_TAG;
    *type = get16(f + 16);
    return *type == ETYPE_VLAN || *type == ETYPE_QINQ ? CTR_vlan_nested : COUNTER_NONE;
}

void ethernet_write(uint8_t *frame, const uint8_t *dst, const uint8_t *src, uint16_t type)
{
    memcpy(frame, dst, 6);
    memcpy(frame + 6, src, 6);
    put16(frame + 12, type);
}

// Our own address rather than the one addressed: that may have been a group.
void ethernet_swap(struct net_packet *p, const uint8_t *our_mac)
{
    memcpy(p->frame, p->frame + 6, 6);
    memcpy(p->frame + 6, our_mac, 6);
}
