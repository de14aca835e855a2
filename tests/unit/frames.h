// SPDX-License-Identifier: BSD-3-Clause
// Frames for the tests of net: built byte by byte, with a checksum of their own, so that they share no fault
// with the code under test. PEER (198.18.0.1, 2001:db8::1) talks to US (198.18.0.2, 2001:db8::2).
#ifndef GODWIT_TESTS_UNIT_FRAMES_H
#define GODWIT_TESTS_UNIT_FRAMES_H

#include <stdint.h>
#include <string.h>

#include "dataplane/net/net.h"

#define FRAME_MAX 2048u

struct frame {
    uint32_t len;
    uint8_t b[FRAME_MAX];
};

static const uint8_t us_mac[6] = {2, 0, 0, 0, 0, 2}, peer_mac[6] = {2, 0, 0, 0, 0, 1};
static const uint8_t us_ip4[4] = {198, 18, 0, 2}, peer_ip4[4] = {198, 18, 0, 1};
static const uint8_t us_ip6[16] = {0x20, 1, 0x0d, 0xb8, [15] = 2};
static const uint8_t peer_ip6[16] = {0x20, 1, 0x0d, 0xb8, [15] = 1};

static inline void frame_interface(struct net_if *nif, const uint8_t *mac, const char *ip4, const char *ip6)
{
    memset(nif, 0, sizeof(*nif));
    memcpy(nif->mac, mac, 6);
    nif->mtu = 1500;
    if (ip4 && net_addr_parse(ip4, &nif->addrs[nif->n_addrs]))
        nif->n_addrs++;
    if (ip6 && net_addr_parse(ip6, &nif->addrs[nif->n_addrs]))
        nif->n_addrs++;
}

static inline void frame_put(struct frame *f, const void *bytes, uint32_t n)
{
    memcpy(f->b + f->len, bytes, n);
    f->len += n;
}

static inline void frame_put16(struct frame *f, unsigned v)
{
    uint8_t b[2] = {(uint8_t)(v >> 8), (uint8_t)v};
    frame_put(f, b, 2);
}

static inline void frame_set16(struct frame *f, uint32_t at, unsigned v)
{
    f->b[at] = (uint8_t)(v >> 8);
    f->b[at + 1] = (uint8_t)v;
}

static inline unsigned frame_get16(const uint8_t *b)
{
    return (unsigned)b[0] << 8 | b[1];
}

// n bytes (n zero bytes when bytes is NULL) in front of offset at.
static inline void frame_insert(struct frame *f, uint32_t at, const void *bytes, uint32_t n)
{
    memmove(f->b + at + n, f->b + at, f->len - at);
    if (bytes)
        memcpy(f->b + at, bytes, n);
    else
        memset(f->b + at, 0, n);
    f->len += n;
}

// RFC 1071 by the book: 16-bit words, odd byte padded.
static inline uint32_t frame_sum(uint32_t sum, const uint8_t *b, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        sum += i % 2 ? b[i] : (uint32_t)b[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

static inline void frame_ethernet(struct frame *f, const uint8_t *dst, const uint8_t *src, unsigned type)
{
    f->len = 0;
    frame_put(f, dst, 6);
    frame_put(f, src, 6);
    frame_put16(f, type);
}

static inline void frame_tag(struct frame *f, unsigned tpid, unsigned vid)
{
    uint8_t tag[4] = {(uint8_t)(tpid >> 8), (uint8_t)tpid, (uint8_t)(vid >> 8), (uint8_t)vid};
    frame_insert(f, 12, tag, 4);
}

// Headers from PEER to US in front of n bytes that the caller appends.
static inline void frame_ip4(struct frame *f, uint8_t proto, uint32_t n)
{
    frame_ethernet(f, us_mac, peer_mac, 0x0800);
    uint8_t start[2] = {0x45, 0}, middle[8] = {0x12, 0x34, 0, 0, 61, proto, 0, 0};
    frame_put(f, start, 2);
    frame_put16(f, 20 + n);
    frame_put(f, middle, 8);
    frame_put(f, peer_ip4, 4);
    frame_put(f, us_ip4, 4);
}

static inline void frame_ip6(struct frame *f, uint8_t next, uint8_t hops, uint32_t n)
{
    frame_ethernet(f, us_mac, peer_mac, 0x86dd);
    uint8_t start[4] = {0x60, 0, 0, 0}, end[2] = {next, hops};
    frame_put(f, start, 4);
    frame_put16(f, n);
    frame_put(f, end, 2);
    frame_put(f, peer_ip6, 16);
    frame_put(f, us_ip6, 16);
}

// Computes the checksums of an IP frame whose IP header is at l3 and upper layer of protocol proto at l4.
static inline void frame_seal(struct frame *f, uint32_t l3, uint32_t l4, uint8_t proto)
{
    uint8_t *ip = f->b + l3;
    uint32_t length = f->len - l4, sum = 0;
    uint32_t field = l4 + (proto == 17 ? 6 : proto == 6 ? 16 : 2);
    if (ip[0] >> 4 == 4) {
        frame_set16(f, l3 + 10, 0);
        frame_set16(f, l3 + 10, ~frame_sum(0, ip, l4 - l3) & 0xffff);
        if (proto != 1)
            sum = frame_sum(proto + length, ip + 12, 8);
    } else {
        sum = frame_sum(proto + length, ip + 8, 32);
    }
    if (field + 2 > f->len)
        return;
    frame_set16(f, field, 0);
    sum = ~frame_sum(sum, f->b + l4, length) & 0xffff;
    frame_set16(f, field, proto == 17 && sum == 0 ? 0xffff : sum);
}

static inline void frame_udp(struct frame *f, const uint8_t *payload, uint32_t n)
{
    frame_put16(f, 40000);
    frame_put16(f, NET_NATIVE_PORT);
    frame_put16(f, 8 + n);
    frame_put16(f, 0);
    if (payload)
        frame_put(f, payload, n);
    else
        frame_insert(f, f->len, NULL, n);
}

static inline void frame_udp4(struct frame *f, const uint8_t *payload, uint32_t n)
{
    frame_ip4(f, 17, 8 + n);
    frame_udp(f, payload, n);
    frame_seal(f, 14, 34, 17);
}

static inline void frame_udp6(struct frame *f, const uint8_t *payload, uint32_t n)
{
    frame_ip6(f, 17, 61, 8 + n);
    frame_udp(f, payload, n);
    frame_seal(f, 14, 54, 17);
}

// TCP SYN to port 6379.
static inline void frame_tcp(struct frame *f, uint8_t family)
{
    uint8_t tcp[20] = {0x9c, 0x40, 0x18, 0xeb, [12] = 0x50, [13] = 2};
    if (family == 4)
        frame_ip4(f, 6, 20);
    else
        frame_ip6(f, 6, 61, 20);
    frame_put(f, tcp, 20);
    frame_seal(f, 14, f->len - 20, 6);
}

static inline void frame_icmp4(struct frame *f, uint8_t type, uint8_t code, uint32_t n)
{
    uint8_t icmp[8] = {type, code, 0, 0, 0x11, 0x22, 0, 1};
    frame_ip4(f, 1, 8 + n);
    frame_put(f, icmp, 8);
    for (uint32_t i = 0; i < n; i++)
        f->b[f->len++] = (uint8_t)i;
    frame_seal(f, 14, 34, 1);
}

// body: everything behind the checksum.
static inline void frame_icmp6(struct frame *f, uint8_t type, uint8_t hops, const uint8_t *body, uint32_t n)
{
    uint8_t icmp[4] = {type, 0, 0, 0};
    frame_ip6(f, 58, hops, 4 + n);
    frame_put(f, icmp, 4);
    frame_put(f, body, n);
    frame_seal(f, 14, 54, 58);
}

// NS (135) or NA (136) about target; option 0: none, else a link-layer address option with mac.
static inline void frame_nd(struct frame *f, uint8_t type, uint8_t flags, const uint8_t *target,
                            uint8_t option, const uint8_t *mac)
{
    uint8_t body[28] = {flags, 0, 0, 0};
    memcpy(body + 4, target, 16);
    if (option) {
        body[20] = option;
        body[21] = 1;
        memcpy(body + 22, mac, 6);
    }
    frame_icmp6(f, type, 255, body, option ? 28 : 20);
}

// Changes addresses of an ICMPv6 frame without extension headers and seals it again.
static inline void frame_readdress6(struct frame *f, const uint8_t *src, const uint8_t *dst)
{
    memcpy(f->b + 22, src, 16);
    memcpy(f->b + 38, dst, 16);
    if (dst[0] == 0xff) {
        f->b[0] = f->b[1] = 0x33;
        memcpy(f->b + 2, dst + 12, 4);
    }
    frame_seal(f, 14, 54, 58);
}

static inline void frame_arp(struct frame *f, unsigned op, const uint8_t *sha, const uint8_t *spa,
                             const uint8_t *tha, const uint8_t *tpa)
{
    static const uint8_t broadcast[6] = {255, 255, 255, 255, 255, 255};
    uint8_t fixed[6] = {0, 1, 8, 0, 6, 4};
    frame_ethernet(f, op == 1 ? broadcast : us_mac, sha, 0x0806);
    frame_put(f, fixed, 6);
    frame_put16(f, op);
    frame_put(f, sha, 6);
    frame_put(f, spa, 4);
    frame_put(f, tha, 6);
    frame_put(f, tpa, 4);
    frame_insert(f, f->len, NULL, 18); // to the minimum frame
}

// A small generator of its own, so that a failure can be repeated from the seed.
static inline uint32_t frame_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (uint32_t)(*state >> 16);
}

#endif
