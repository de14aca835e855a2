// SPDX-License-Identifier: BSD-3-Clause
// Port-unreachable errors, built in place of the packet they are about.
#include "dataplane/net/checksum.h"
#include "dataplane/net/limiter.h"
#include "dataplane/net/protocol.h"

#define ERROR4_MAX        576u  // IP bytes (RFC 1812 4.3.2.3)
#define ERROR6_MAX        1280u // IPv6 minimum MTU (RFC 4443 2.4 c)
#define TYPE4_UNREACHABLE 3u
#define CODE4_PORT        3u
#define TYPE6_UNREACHABLE 1u
#define CODE6_PORT        4u

// RFC 1122 3.2.2, RFC 4443 2.4 e: about nothing that went to several hosts, came from no single one, or may
// itself be an error. net_parse has refused fragments and bad sources.
static bool may_answer(const struct net_packet *p)
{
    const uint8_t *ip = p->frame + p->l3;
    if (p->proto != PROTO_UDP && p->proto != PROTO_TCP)
        return false;
    if (p->frame[0] & 1)
        return false;
    return p->family == 4 ? ip[16] < 224 : ip[24] != 0xff && !ip6_equal(ip + 8, addr_unspecified);
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static void write4(uint8_t *ip, uint32_t total, const uint8_t *original)
{
    uint8_t src[4], dst[4], *icmp = ip + IP4_HEADER;
    memcpy(src, original + 16, 4);
    memcpy(dst, original + 12, 4);
    ipv4_write(ip, PROTO_ICMP, total, src, dst);
    memset(icmp, 0, ICMP_HEADER);
    icmp[0] = TYPE4_UNREACHABLE;
    icmp[1] = CODE4_PORT;
    put_raw16(icmp + 2, csum_finish(csum_bytes(0, icmp, total - IP4_HEADER)));
}

static void write6(uint8_t *ip, uint32_t total, const uint8_t *original)
{
    uint8_t src[16], dst[16], *icmp = ip + IP6_HEADER;
    memcpy(src, original + 24, 16);
    memcpy(dst, original + 8, 16);
    ipv6_write(ip, PROTO_ICMP6, DEFAULT_TTL, total - IP6_HEADER, src, dst);
    memset(icmp, 0, ICMP_HEADER);
    icmp[0] = TYPE6_UNREACHABLE;
    icmp[1] = CODE6_PORT;
    icmp6_seal(ip, icmp, total - IP6_HEADER);
}

uint32_t net_port_unreachable(const struct net_if *nif, struct net_limiter *lim, struct net_packet *p,
                              uint32_t room, uint64_t now_ms, enum counter *drop)
{
    bool ip4 = p->family == 4;
    uint32_t headers = (ip4 ? IP4_HEADER : IP6_HEADER) + ICMP_HEADER;
    uint32_t quoted_min = (ip4 ? IP4_HEADER : IP6_HEADER) + UDP_HEADER;
    *drop = CTR_unreachable_forbidden;
    if (!may_answer(p))
        return 0;
    *drop = CTR_reply_no_room;
    uint32_t limit = smaller(ip4 ? ERROR4_MAX : ERROR6_MAX, nif->mtu);
    limit = smaller(limit, room > p->l3 ? room - p->l3 : 0);
    if (limit < headers + quoted_min)
        return 0;
    *drop = CTR_unreachable_limited;
    if (!net_limiter_take(lim, now_ms))
        return 0;
    uint8_t *ip = p->frame + p->l3, *original = ip + headers;
    uint32_t quoted = smaller(p->len - p->l3, limit - headers);
    memmove(original, ip, quoted);
    if (ip4)
        write4(ip, headers + quoted, original);
    else
        write6(ip, headers + quoted, original);
    ethernet_swap(p, nif->mac);
    p->len = (uint16_t)(p->l3 + headers + quoted);
    *drop = CTR_unreachables_sent;
    return p->len;
}
