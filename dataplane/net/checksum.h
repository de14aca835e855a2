// SPDX-License-Identifier: BSD-3-Clause
// The Internet checksum (RFC 1071), 32 bytes at a time. Sums are kept as the machine loads the bytes: the
// ones' complement sum does not depend on the byte order, so nothing is swapped.
#ifndef GODWIT_DATAPLANE_NET_CHECKSUM_H
#define GODWIT_DATAPLANE_NET_CHECKSUM_H

#include <stddef.h>

#include "dataplane/net/byteorder.h"

// A sum of 32-bit words: data of 64 KiB cannot overflow it, so no addition waits for a carry.
typedef uint64_t csum_acc;
typedef uint64_t csum_lanes __attribute__((vector_size(32)));

static inline csum_acc csum_word(uint64_t v)
{
    return (v & 0xffffffffu) + (v >> 32);
}

static inline csum_lanes csum_load(const uint8_t *b)
{
    csum_lanes v;
    memcpy(&v, b, sizeof(v));
    return (v & 0xffffffffu) + (v >> 32);
}

static inline csum_acc csum_short(const uint8_t *b, size_t n)
{
    csum_acc acc = 0;
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        acc += csum_word(raw64(b + i));
    uint64_t last = 0;
    for (unsigned shift = 0; i < n; i++, shift += 8)
        last |= (uint64_t)b[i] << shift;
    return acc + csum_word(last);
}

// The last rest < 32 bytes before end, of data of at least 32: loaded with their predecessors, which are
// masked off. With an odd rest the load starts at an odd offset and every byte lands in the other half of its
// word, which a multiplication by 256 mends (2^16 is 1 in ones' complement).
static inline csum_acc csum_tail(const uint8_t *end, size_t rest)
{
    static const uint8_t mask[64] = {[32 ... 63] = 0xff};
    csum_lanes v, keep;
    memcpy(&v, end - 32, sizeof(v));
    memcpy(&keep, mask + rest, sizeof(keep));
    v &= keep;
    v = (v & 0xffffffffu) + (v >> 32);
    return (v[0] + v[1] + v[2] + v[3]) << (rest & 1) * 8;
}

// Adds b[0..n), which starts at an even offset of the summed data.
static inline csum_acc csum_bytes(csum_acc acc, const uint8_t *b, size_t n)
{
    if (n < 32)
        return acc + csum_short(b, n);
    csum_lanes lanes = csum_load(b);
    size_t i = 32;
    for (; i + 32 <= n; i += 32)
        lanes += csum_load(b + i);
    return acc + lanes[0] + lanes[1] + lanes[2] + lanes[3] + csum_tail(b + n, n - i);
}

// The 16-bit ones' complement sum: 0 only when everything added was 0.
static inline uint16_t csum_fold(csum_acc acc)
{
    acc = csum_word(acc);
    acc = (acc & 0xffff) + ((acc >> 16) & 0xffff) + (acc >> 32);
    return (uint16_t)((acc & 0xffff) + (acc >> 16));
}

// Whether data that includes its checksum sums up to 0xffff. 2^16 is 1 modulo 65535, so that the remainder
// needs no folding, and the compiler turns it into one multiplication.
static inline bool csum_valid(csum_acc acc)
{
    return acc != 0 && acc % 0xffffu == 0;
}

// The value of the checksum field, to be stored with put_raw16.
static inline uint16_t csum_finish(csum_acc acc)
{
    return (uint16_t)~csum_fold(acc);
}

// As csum_finish, for UDP: 0 means "no checksum", so 0xffff stands for it (RFC 768).
static inline uint16_t csum_finish_udp(csum_acc acc)
{
    uint16_t sum = csum_finish(acc);
    return sum ? sum : 0xffff;
}

// Pseudo-headers of the packet whose IP header stands at ip; length of the upper layer in bytes.
static inline csum_acc csum_pseudo4(const uint8_t *ip, uint8_t proto, uint32_t length)
{
    return (csum_acc)raw32(ip + 12) + raw32(ip + 16) + swap16(proto) + swap16((uint16_t)length);
}

static inline csum_acc csum_pseudo6(const uint8_t *ip, uint8_t proto, uint32_t length)
{
    return csum_word(raw64(ip + 8)) + csum_word(raw64(ip + 16)) + csum_word(raw64(ip + 24)) +
           csum_word(raw64(ip + 32)) + swap16(proto) + swap16((uint16_t)length);
}

#endif
