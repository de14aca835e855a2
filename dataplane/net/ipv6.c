// SPDX-License-Identifier: BSD-3-Clause
// IPv6 (RFC 8200): the fixed header. Extension headers: ipv6_extensions.c.
#include "dataplane/net/protocol.h"

// The unspecified address passes here: nd.c allows it for duplicate address probes, parse.c for nothing else.
static enum counter check_source(const struct net_if *nif, const uint8_t *src)
{
    static const uint8_t loopback[16] = {[15] = 1};
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    if (src[0] == 0xff || ip6_equal(src, loopback) || memcmp(src, mapped, sizeof(mapped)) == 0)
        return CTR_ip6_bad_source;
    return addr_index(nif, 6, src) >= 0 ? CTR_ip6_own_source : COUNTER_NONE;
}

static enum counter check_destination(const struct net_if *nif, const struct net_packet *p,
                                      const uint8_t *dst)
{
    if (addr_index(nif, 6, dst) >= 0)
        return p->frame[0] & 1 ? CTR_ip6_link_multicast : COUNTER_NONE;
    return dst[0] == 0xff && addr_is_our_group6(nif, dst) ? COUNTER_NONE : CTR_ip6_not_for_us;
}

enum counter ipv6_check(const struct net_if *nif, struct net_packet *p)
{
    const uint8_t *ip = p->frame + p->l3;
    unsigned available = p->len - p->l3;
    if (available < IP6_HEADER)
        return CTR_ip6_short;
    if (ip[0] >> 4 != 6)
        return CTR_ip6_bad_version;
    unsigned payload_len = get16(ip + 4);
    if (payload_len > available - IP6_HEADER)
        return CTR_ip6_bad_length;
    enum counter bad = check_source(nif, ip + 8);
    if (!bad)
        bad = check_destination(nif, p, ip + 24);
    if (bad)
        return bad;
    p->family = 6;
    p->len = (uint16_t)(p->l3 + IP6_HEADER + payload_len);
    p->l4 = (uint16_t)(p->l3 + IP6_HEADER);
    bad = ipv6_extensions(p, ip[6]);
    if (bad)
        return bad;
    if (ip[24] == 0xff && p->proto != PROTO_ICMP6)
        return CTR_ip6_multicast;
    return COUNTER_NONE;
}

void ipv6_write(uint8_t *ip, uint8_t next, uint8_t hops, uint32_t payload_len, const uint8_t *src,
                const uint8_t *dst)
{
    memset(ip, 0, 8);
    ip[0] = 0x60;
    put16(ip + 4, (uint16_t)payload_len);
    ip[6] = next;
    ip[7] = hops;
    memcpy(ip + 8, src, 16);
    memcpy(ip + 24, dst, 16);
}
