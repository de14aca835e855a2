// SPDX-License-Identifier: BSD-3-Clause
// UDP (RFC 768, RFC 8200 8.1) and the replies to it.
#include "dataplane/net/fast.h"

enum counter udp_check(struct net_packet *p, unsigned csum)
{
    const uint8_t *ip = p->frame + p->l3, *udp = p->frame + p->l4;
    unsigned available = p->len - p->l4;
    if (available < UDP_HEADER)
        return CTR_udp_short;
    unsigned length = get16(udp + 4);
    if (length < UDP_HEADER || length > available)
        return CTR_udp_bad_length;
    bool absent = raw16(udp + 6) == 0;
    if (absent && p->family == 6)
        return CTR_udp6_no_checksum;
    if (!absent && !(csum & NET_CSUM_L4_GOOD)) {
        csum_acc pseudo =
            p->family == 4 ? csum_pseudo4(ip, PROTO_UDP, length) : csum_pseudo6(ip, PROTO_UDP, length);
        if (!csum_valid(csum_bytes(pseudo, udp, length)))
            return CTR_udp_bad_checksum;
    }
    p->len = (uint16_t)(p->l4 + length);
    p->payload = (uint16_t)(p->l4 + UDP_HEADER);
    p->sport = get16(udp);
    p->dport = get16(udp + 2);
    return COUNTER_NONE;
}

// The reply has no options: what stands behind them moves up to the fixed header.
void ip_strip(struct net_packet *p)
{
    unsigned header = p->l3 + (p->family == 4 ? IP4_HEADER : IP6_HEADER), extra = p->l4 - header;
    if (extra == 0)
        return;
    memmove(p->frame + header, p->frame + p->l4, p->len - p->l4);
    p->l4 = (uint16_t)(p->l4 - extra);
    p->len = (uint16_t)(p->len - extra);
    if (p->payload)
        p->payload = (uint16_t)(p->payload - extra);
}

uint32_t net_reply_udp(struct net_packet *p, uint32_t payload_len, bool offload_l4)
{
    unsigned header = p->family == 4 ? IP4_HEADER : IP6_HEADER;
    if (__builtin_expect(p->l4 != p->l3 + header, 0)) {
        p->len = (uint16_t)(p->payload + payload_len);
        ip_strip(p);
    }
    return net_fast_reply(p, payload_len, offload_l4);
}

uint32_t net_udp_room(const struct net_if *nif, const struct net_packet *p)
{
    uint32_t headers = (p->family == 4 ? IP4_HEADER : IP6_HEADER) + UDP_HEADER;
    return nif->mtu > headers ? nif->mtu - headers : 0;
}
