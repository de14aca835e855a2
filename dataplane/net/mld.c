// SPDX-License-Identifier: BSD-3-Clause
// Multicast listener reports (MLDv2, RFC 3810): switches that snoop forward solicitations only to reporters.
// One report a solicited-node group, at start and after each query.
#include "dataplane/net/neigh_private.h"

#define TYPE_REPORT     143u
#define QUERY_LENGTH    24u
#define RECORD_LENGTH   20u
#define RECORD_EXCLUDE  2u // MODE_IS_EXCLUDE with no sources: listens to everybody
#define ROUTER_ALERT    8u // hop-by-hop header with that option
#define REPORT_LENGTH   (ICMP_HEADER + RECORD_LENGTH)
#define NEXT_HOP_BY_HOP 0u
#define QUERY_HOPS      1u

static bool is_link_local(const uint8_t *addr)
{
    return addr[0] == 0xfe && (addr[1] & 0xc0) == 0x80;
}

enum counter mld_check(const struct net_packet *p)
{
    const uint8_t *ip = p->frame + p->l3;
    bool good = ip[7] == QUERY_HOPS && is_link_local(ip + 8) && p->len - p->l4 >= (int)QUERY_LENGTH;
    return good ? COUNTER_NONE : CTR_mld_malformed;
}

// All groups are reported whatever the query asks about: there are few. The delay within the response time
// comes from our MAC, so that stations do not answer together.
void mld_input(struct neigh_table *t, const struct net_packet *p, uint64_t now_ms)
{
    unsigned within_ms = get16(p->frame + p->l4 + 4);
    if (within_ms >= 0x8000) // floating point (RFC 3810 5.1.3)
        within_ms = ((within_ms & 0xfff) | 0x1000) << (((within_ms >> 12) & 7) + 3);
    if (t->reports_pending)
        return;
    for (unsigned i = 0; i < t->nif->n_addrs; i++) {
        if (t->nif->addrs[i].family == 6)
            t->reports_pending |= 1u << i;
    }
    t->reports_ms = now_ms + get32(t->nif->mac + 2) % (within_ms + 1);
}

// :: until there is a link-local address (RFC 3810 5.2.13).
static const uint8_t *report_source(const struct net_if *nif)
{
    for (unsigned i = 0; i < nif->n_addrs; i++) {
        if (nif->addrs[i].family == 6 && is_link_local(nif->addrs[i].bytes))
            return nif->addrs[i].bytes;
    }
    return addr_unspecified;
}

static uint32_t write_report(const struct net_if *nif, uint8_t *buf, const uint8_t *addr)
{
    static const uint8_t routers[16] = {0xff, 0x02, [15] = 0x16}; // ff02::16
    static const uint8_t alert[ROUTER_ALERT] = {PROTO_ICMP6, 0, 5, 2, 0, 0, 1, 0};
    uint8_t mac[6], *ip = buf + ETH_HEADER, *icmp = ip + IP6_HEADER + ROUTER_ALERT;
    addr_group_mac(routers, mac);
    ethernet_write(buf, mac, nif->mac, ETYPE_IP6);
    ipv6_write(ip, NEXT_HOP_BY_HOP, 1, ROUTER_ALERT + REPORT_LENGTH, report_source(nif), routers);
    memcpy(ip + IP6_HEADER, alert, ROUTER_ALERT);
    memset(icmp, 0, REPORT_LENGTH);
    icmp[0] = TYPE_REPORT;
    icmp[7] = 1; // records
    icmp[ICMP_HEADER] = RECORD_EXCLUDE;
    addr_solicited_node(addr, icmp + ICMP_HEADER + 4);
    icmp6_seal(ip, icmp, REPORT_LENGTH);
    return ETH_HEADER + IP6_HEADER + ROUTER_ALERT + REPORT_LENGTH;
}

uint32_t mld_tick(struct neigh_table *t, uint8_t *buf, uint64_t now_ms, uint64_t *wake_ms)
{
    if (!t->reports_pending)
        return 0;
    if (now_ms < t->reports_ms) {
        *wake_ms = t->reports_ms < *wake_ms ? t->reports_ms : *wake_ms;
        return 0;
    }
    unsigned i = (unsigned)__builtin_ctz(t->reports_pending);
    t->reports_pending &= ~(1u << i);
    return write_report(t->nif, buf, t->nif->addrs[i].bytes);
}
