// SPDX-License-Identifier: BSD-3-Clause
// ICMPv6 (RFC 4443): echo is answered, everything else counted. Neighbour discovery: nd.c.
#include "dataplane/net/checksum.h"
#include "dataplane/net/protocol.h"

#define TYPE_INFORMATIONAL 128u // types below are errors
#define TYPE_ECHO          128u
#define TYPE_ECHO_REPLY    129u
#define TYPE_ROUTER_FIRST  133u // router solicitation, advertisement
#define TYPE_ROUTER_LAST   134u
#define TYPE_REDIRECT      137u

enum counter icmp6_check(const struct net_packet *p)
{
    unsigned length = p->len - p->l4;
    if (length < ICMP_HEADER)
        return CTR_icmp6_short;
    csum_acc pseudo = csum_pseudo6(p->frame + p->l3, PROTO_ICMP6, length);
    return csum_valid(csum_bytes(pseudo, p->frame + p->l4, length)) ? COUNTER_NONE : CTR_icmp6_bad_checksum;
}

void icmp6_seal(const uint8_t *ip, uint8_t *icmp, uint32_t len)
{
    put_raw16(icmp + 2, 0);
    put_raw16(icmp + 2, csum_finish(csum_bytes(csum_pseudo6(ip, PROTO_ICMP6, len), icmp, len)));
}

static enum counter name_of(uint8_t type)
{
    if (type < TYPE_INFORMATIONAL)
        return CTR_icmp6_errors_received;
    if ((type >= TYPE_ROUTER_FIRST && type <= TYPE_ROUTER_LAST) || type == TYPE_REDIRECT)
        return CTR_icmp6_routers_ignored;
    return CTR_icmp6_unhandled;
}

// Echo to a group is dropped: answering it lets one packet cause many (RFC 4443 4.2 leaves the choice).
static enum counter why_not_echo(const struct net_packet *p)
{
    const uint8_t *icmp = p->frame + p->l4;
    if (icmp[0] != TYPE_ECHO)
        return name_of(icmp[0]);
    if (icmp[1] != 0)
        return CTR_icmp_bad_code;
    return p->frame[p->l3 + 24] == 0xff ? CTR_icmp6_echo_multicast : COUNTER_NONE;
}

uint32_t icmp6_input(const struct net_if *nif, struct net_packet *p, enum counter *drop)
{
    *drop = why_not_echo(p);
    if (*drop)
        return 0;
    ip_strip(p);
    uint8_t *ip = p->frame + p->l3, *icmp = p->frame + p->l4, src[16], dst[16];
    uint32_t length = p->len - p->l4;
    memcpy(src, ip + 24, 16);
    memcpy(dst, ip + 8, 16);
    ipv6_write(ip, PROTO_ICMP6, DEFAULT_TTL, length, src, dst);
    icmp[0] = TYPE_ECHO_REPLY;
    icmp6_seal(ip, icmp, length);
    ethernet_swap(p, nif->mac);
    *drop = CTR_icmp6_echo_replies;
    return p->len;
}
