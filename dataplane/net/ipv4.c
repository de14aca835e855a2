// SPDX-License-Identifier: BSD-3-Clause
// IPv4 (RFC 791, host requirements RFC 1122 3.2). No reassembly and no forwarding.
#include "dataplane/net/checksum.h"
#include "dataplane/net/protocol.h"

#define OPTION_END  0u
#define OPTION_NOP  1u
#define OPTION_LSRR 131u
#define OPTION_SSRR 137u

// Options are skipped, not acted on; each advances at least one byte.
static enum counter check_options(const uint8_t *option, const uint8_t *end)
{
    while (option < end && *option != OPTION_END) {
        if (*option == OPTION_NOP) {
            option++;
            continue;
        }
        if (*option == OPTION_LSRR || *option == OPTION_SSRR)
            return CTR_ip4_source_route;
        if (end - option < 2 || option[1] < 2 || option[1] > end - option)
            return CTR_ip4_bad_option;
        option += option[1];
    }
    return COUNTER_NONE;
}

static enum counter check_source(const struct net_if *nif, const uint8_t *src)
{
    if (addr_index(nif, 4, src) >= 0)
        return CTR_ip4_own_source;
    bool bad = src[0] == 0 || src[0] == 127 || src[0] >= 224 || addr_is_broadcast4(nif, src);
    return bad ? CTR_ip4_bad_source : COUNTER_NONE;
}

static enum counter check_destination(const struct net_if *nif, const struct net_packet *p,
                                      const uint8_t *dst)
{
    if (addr_index(nif, 4, dst) >= 0)
        return p->frame[0] & 1 ? CTR_ip4_link_broadcast : COUNTER_NONE; // RFC 1122 3.3.6
    if ((dst[0] & 0xf0) == 0xe0)
        return CTR_ip4_multicast;
    return addr_is_broadcast4(nif, dst) ? CTR_ip4_broadcast : CTR_ip4_not_for_us;
}

// Lengths and checksum: afterwards the header can be believed. Cuts padding.
static enum counter check_header(struct net_packet *p, unsigned csum)
{
    const uint8_t *ip = p->frame + p->l3;
    unsigned available = p->len - p->l3;
    if (available < IP4_HEADER)
        return CTR_ip4_short;
    if (ip[0] >> 4 != 4)
        return CTR_ip4_bad_version;
    unsigned header = (ip[0] & 15u) * 4, total = get16(ip + 2);
    if (header < IP4_HEADER || header > available)
        return CTR_ip4_bad_header_length;
    if (total < header || total > available)
        return CTR_ip4_bad_length;
    if (!(csum & NET_CSUM_IP_GOOD) && !csum_valid(csum_bytes(0, ip, header)))
        return CTR_ip4_bad_checksum;
    p->len = (uint16_t)(p->l3 + total);
    p->l4 = (uint16_t)(p->l3 + header);
    return COUNTER_NONE;
}

enum counter ipv4_check(const struct net_if *nif, struct net_packet *p, unsigned csum)
{
    enum counter bad = check_header(p, csum);
    if (bad)
        return bad;
    const uint8_t *ip = p->frame + p->l3;
    bad = check_source(nif, ip + 12);
    if (!bad)
        bad = check_destination(nif, p, ip + 16);
    if (!bad)
        bad = check_options(ip + IP4_HEADER, p->frame + p->l4);
    if (bad)
        return bad;
    if (ip[8] == 0)
        return CTR_ip4_ttl_zero;
    if (get16(ip + 6) & 0x3fff) // more fragments, or an offset
        return CTR_ip4_fragment;
    p->family = 4;
    p->proto = ip[9];
    return COUNTER_NONE;
}

void ipv4_write(uint8_t *ip, uint8_t proto, uint32_t total, const uint8_t *src, const uint8_t *dst)
{
    memset(ip, 0, 12);
    ip[0] = 0x45;
    put16(ip + 2, (uint16_t)total);
    ip[6] = 0x40; // do not fragment: the ID may then be 0 (RFC 6864)
    ip[8] = DEFAULT_TTL;
    ip[9] = proto;
    memcpy(ip + 12, src, 4);
    memcpy(ip + 16, dst, 4);
    put_raw16(ip + 10, csum_finish(csum_bytes(0, ip, IP4_HEADER)));
}
