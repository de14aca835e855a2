// SPDX-License-Identifier: BSD-3-Clause
// ICMP (RFC 792, RFC 1122 3.2.2): echo is answered, everything else counted.
#include "dataplane/net/checksum.h"
#include "dataplane/net/protocol.h"

#define TYPE_ECHO_REPLY    0u
#define TYPE_UNREACHABLE   3u
#define TYPE_QUENCH        4u
#define TYPE_REDIRECT      5u
#define TYPE_ECHO          8u
#define TYPE_TIME_EXCEEDED 11u
#define TYPE_BAD_PARAMETER 12u

enum counter icmp_check(const struct net_packet *p)
{
    unsigned length = p->len - p->l4;
    if (length < ICMP_HEADER)
        return CTR_icmp_short;
    return csum_valid(csum_bytes(0, p->frame + p->l4, length)) ? COUNTER_NONE : CTR_icmp_bad_checksum;
}

static enum counter name_of(uint8_t type)
{
    switch (type) {
    case TYPE_UNREACHABLE:
    case TYPE_QUENCH:
    case TYPE_TIME_EXCEEDED:
    case TYPE_BAD_PARAMETER:
        return CTR_icmp_errors_received;
    case TYPE_REDIRECT:
        return CTR_icmp_redirects_ignored;
    default:
        return CTR_icmp_unhandled;
    }
}

uint32_t icmp4_input(const struct net_if *nif, struct net_packet *p, enum counter *drop)
{
    uint8_t type = p->frame[p->l4];
    if (type != TYPE_ECHO || p->frame[p->l4 + 1] != 0) {
        *drop = type == TYPE_ECHO ? CTR_icmp_bad_code : name_of(type);
        return 0;
    }
    ip_strip(p);
    uint8_t *ip = p->frame + p->l3, *icmp = p->frame + p->l4, src[4], dst[4];
    memcpy(src, ip + 16, 4);
    memcpy(dst, ip + 12, 4);
    icmp[0] = TYPE_ECHO_REPLY;
    put_raw16(icmp + 2, 0);
    put_raw16(icmp + 2, csum_finish(csum_bytes(0, icmp, p->len - p->l4)));
    ipv4_write(ip, PROTO_ICMP, p->len - p->l3, src, dst);
    ethernet_swap(p, nif->mac);
    *drop = CTR_icmp_echo_replies;
    return p->len;
}

// The answer is never longer than the request, so room need not be asked.
uint32_t net_icmp_input(const struct net_if *nif, struct net_packet *p, uint32_t room, enum counter *drop)
{
    (void)room;
    return p->family == 4 ? icmp4_input(nif, p, drop) : icmp6_input(nif, p, drop);
}
