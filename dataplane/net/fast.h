// SPDX-License-Identifier: BSD-3-Clause
// The common packet and its reply without a call: untagged UDP, no IPv4 options, no IPv6 extension headers.
// net_fast_parse accepts a subset of what net_parse_steps accepts, with the same result; whatever it refuses
// takes the steps, which know the name of the fault. Inline so that a batch loop can interleave packets.
#ifndef GODWIT_DATAPLANE_NET_FAST_H
#define GODWIT_DATAPLANE_NET_FAST_H

#include "dataplane/net/checksum.h"
#include "dataplane/net/protocol.h"

// Ours as destination; as source neither ours nor a subnet's broadcast address. Without host bits (prefix 31
// or 32) the broadcast comparison degenerates to the one with the address itself.
static inline bool net_fast_addrs4(const struct net_if *nif, uint32_t src, uint32_t dst)
{
    bool ours = false, bad = false;
    for (unsigned i = 0; i < nif->n_addrs; i++) {
        const struct net_addr *a = &nif->addrs[i];
        if (a->family != 4)
            continue;
        uint32_t addr = get32(a->bytes), host = a->prefix < 31 ? 0xffffffffu >> a->prefix : 0;
        ours |= addr == dst;
        bad |= (addr == src) | ((addr | host) == src);
    }
    return ours && !bad;
}

static inline bool net_fast_addrs6(const struct net_if *nif, const uint8_t *src, const uint8_t *dst)
{
    bool ours = false, bad = false;
    for (unsigned i = 0; i < nif->n_addrs; i++) {
        const struct net_addr *a = &nif->addrs[i];
        if (a->family != 6)
            continue;
        ours |= ip6_equal(a->bytes, dst);
        bad |= ip6_equal(a->bytes, src);
    }
    return ours && !bad;
}

// UDP header at udp, exactly filling length bytes behind the IP header whose pseudo-header sum is given.
static inline bool net_fast_udp_ok(const uint8_t *udp, uint32_t length, csum_acc pseudo, bool verify)
{
    return get16(udp + 4) == length && length >= UDP_HEADER && raw16(udp + 6) != 0 &&
           (!verify || csum_valid(csum_bytes(pseudo, udp, length)));
}

static inline bool net_fast_parse4(const struct net_if *nif, uint8_t *f, uint32_t len, unsigned csum,
                                   struct net_packet *p)
{
    const uint8_t *ip = f + ETH_HEADER, *udp = ip + IP4_HEADER;
    uint32_t total = get16(ip + 2), src = get32(ip + 12), first = src >> 24;
    bool header = (ip[0] == 0x45) & (total >= IP4_HEADER + UDP_HEADER) & (total <= len - ETH_HEADER) &
                  ((get16(ip + 6) & 0x3fff) == 0) & (ip[8] != 0) & (ip[9] == PROTO_UDP);
    bool source = (first != 0) & (first != 127) & (first < 224);
    if (!(header & source) || !net_fast_addrs4(nif, src, get32(ip + 16)))
        return false;
    if (!(csum & NET_CSUM_IP_GOOD) &&
        !csum_valid(csum_word(raw64(ip)) + csum_word(raw64(ip + 8)) + raw32(ip + 16)))
        return false;
    uint32_t length = total - IP4_HEADER;
    if (!net_fast_udp_ok(udp, length, csum_pseudo4(ip, PROTO_UDP, length), !(csum & NET_CSUM_L4_GOOD)))
        return false;
    *p = (struct net_packet){
        .frame = f,
        .len = (uint16_t)(ETH_HEADER + total),
        .l3 = ETH_HEADER,
        .l4 = ETH_HEADER + IP4_HEADER,
        .payload = ETH_HEADER + IP4_HEADER + UDP_HEADER,
        .family = 4,
        .proto = PROTO_UDP,
        .sport = get16(udp),
        .dport = get16(udp + 2),
    };
    return true;
}

static inline bool net_fast_parse6(const struct net_if *nif, uint8_t *f, uint32_t len, unsigned csum,
                                   struct net_packet *p)
{
    const uint8_t *ip = f + ETH_HEADER, *udp = ip + IP6_HEADER;
    if (len < ETH_HEADER + IP6_HEADER + UDP_HEADER)
        return false;
    uint32_t length = get16(ip + 4);
    // A source that begins with eight zero bytes may be ::, ::1 or mapped: the steps tell.
    bool header = ((ip[0] & 0xf0) == 0x60) & (length <= len - ETH_HEADER - IP6_HEADER) & (ip[6] == PROTO_UDP);
    if (!(header & (ip[8] != 0xff) & (raw64(ip + 8) != 0)) || !net_fast_addrs6(nif, ip + 8, ip + 24))
        return false;
    if (!net_fast_udp_ok(udp, length, csum_pseudo6(ip, PROTO_UDP, length), !(csum & NET_CSUM_L4_GOOD)))
        return false;
    *p = (struct net_packet){
        .frame = f,
        .len = (uint16_t)(ETH_HEADER + IP6_HEADER + length),
        .l3 = ETH_HEADER,
        .l4 = ETH_HEADER + IP6_HEADER,
        .payload = ETH_HEADER + IP6_HEADER + UDP_HEADER,
        .family = 6,
        .proto = PROTO_UDP,
        .sport = get16(udp),
        .dport = get16(udp + 2),
    };
    return true;
}

// True: p is what net_parse would give with NET_UDP. False: call net_parse.
static inline bool net_fast_parse(const struct net_if *nif, uint8_t *f, uint32_t len, unsigned csum,
                                  struct net_packet *p)
{
    if (len < ETH_HEADER + IP4_HEADER + UDP_HEADER || len > UINT16_MAX || !mac_equal(f, nif->mac) ||
        (f[6] & 1) || mac_equal(f + 6, nif->mac))
        return false;
    uint16_t type = get16(f + 12);
    if (type == ETYPE_IP4)
        return net_fast_parse4(nif, f, len, csum, p);
    return type == ETYPE_IP6 && net_fast_parse6(nif, f, len, csum, p);
}

static inline void net_fast_swap_macs(uint8_t *f)
{
    uint64_t a = raw64(f); // six bytes of one address and two of the other
    uint32_t b = raw32(f + 8);
    put_raw64(f, (a >> 48) | ((uint64_t)b << 16) | (a << 48));
    put_raw32(f + 8, (uint32_t)(a >> 16));
}

// Ports swapped, length and checksum written; payload behind it. offload_l4: pseudo-header sum only.
static inline void net_fast_reply_udp(uint8_t *udp, uint32_t length, csum_acc pseudo, bool offload_l4)
{
    uint32_t ports = raw32(udp);
    put_raw32(udp, ports << 16 | ports >> 16);
    put16(udp + 4, (uint16_t)length);
    put_raw16(udp + 6, 0);
    csum_acc sum = pseudo;
    if (offload_l4) {
        put_raw16(udp + 6, csum_fold(sum));
        return;
    }
    // The header from registers: loading what was just stored in pieces would stall.
    sum += ports + ((uint64_t)swap16((uint16_t)length));
    put_raw16(udp + 6, csum_finish_udp(csum_bytes(sum, udp + UDP_HEADER, length - UDP_HEADER)));
}

static inline void net_fast_reply4(uint8_t *ip, uint32_t length, bool offload_l4)
{
    uint32_t total = IP4_HEADER + length, src = raw32(ip + 12), dst = raw32(ip + 16);
    uint64_t first = 0x45u | (uint64_t)swap16((uint16_t)total) << 16 | 0x40ull << 48; // ID 0, DF
    uint32_t second = DEFAULT_TTL | PROTO_UDP << 8;
    csum_acc addrs = (csum_acc)src + dst;
    put_raw64(ip, first);
    put_raw32(ip + 8, second | (uint32_t)csum_finish(addrs + csum_word(first) + second) << 16);
    put_raw32(ip + 12, dst);
    put_raw32(ip + 16, src);
    net_fast_reply_udp(ip + IP4_HEADER, length, addrs + swap16(PROTO_UDP) + swap16((uint16_t)length),
                       offload_l4);
}

static inline void net_fast_reply6(uint8_t *ip, uint32_t length, bool offload_l4)
{
    uint64_t s0 = raw64(ip + 8), s1 = raw64(ip + 16), d0 = raw64(ip + 24), d1 = raw64(ip + 32);
    put_raw64(ip, 0x60u | (uint64_t)swap16((uint16_t)length) << 32 | (uint64_t)PROTO_UDP << 48 |
                      (uint64_t)DEFAULT_TTL << 56);
    put_raw64(ip + 8, d0);
    put_raw64(ip + 16, d1);
    put_raw64(ip + 24, s0);
    put_raw64(ip + 32, s1);
    csum_acc pseudo = csum_word(s0) + csum_word(s1) + csum_word(d0) + csum_word(d1) + swap16(PROTO_UDP) +
                      swap16((uint16_t)length);
    net_fast_reply_udp(ip + IP6_HEADER, length, pseudo, offload_l4);
}

// net_reply_udp for a packet without options or extension headers.
static inline uint32_t net_fast_reply(struct net_packet *p, uint32_t payload_len, bool offload_l4)
{
    uint32_t length = UDP_HEADER + payload_len;
    uint8_t *ip = p->frame + p->l3;
    net_fast_swap_macs(p->frame);
    if (p->family == 4)
        net_fast_reply4(ip, length, offload_l4);
    else
        net_fast_reply6(ip, length, offload_l4);
    p->len = (uint16_t)(p->l4 + length);
    return p->len;
}

#endif
