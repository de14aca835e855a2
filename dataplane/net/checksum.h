// SPDX-License-Identifier: BSD-3-Clause
// The Internet checksum (RFC 1071) with 64-bit additions. Sums are kept as the machine loads the bytes: the
// ones' complement sum does not depend on the byte order, so nothing is swapped.
#ifndef GODWIT_NET_CHECKSUM_H
#define GODWIT_NET_CHECKSUM_H

#include <stddef.h>

#include "dataplane/net/byteorder.h"

// Wide enough that no carry is ever lost; the additions of consecutive words do not wait for each other's
// carries.
typedef unsigned __int128 csum_acc;

// Adds b[0..n), which starts at an even offset of the summed data.
static inline csum_acc csum_bytes(csum_acc acc, const uint8_t *b, size_t n)
{
    size_t i = 0;
    for (; i + 32 <= n; i += 32) {
        acc += raw64(b + i);
        acc += raw64(b + i + 8);
        acc += raw64(b + i + 16);
        acc += raw64(b + i + 24);
    }
    for (; i + 8 <= n; i += 8)
        acc += raw64(b + i);
    size_t rest = n - i;
    if (rest && i) { // re-reads bytes of the last word and shifts them out: no byte loop
        acc += raw64(b + n - 8) >> (64 - 8 * rest);
    } else if (rest) {
        uint64_t last = 0;
        memcpy(&last, b, rest);
        acc += last;
    }
    return acc;
}

static inline uint64_t csum_fold64(csum_acc acc)
{
    uint64_t high = (uint64_t)(acc >> 64), sum = (uint64_t)acc + high;
    return sum + (sum < high);
}

// The 16-bit ones' complement sum: 0 only when everything added was 0.
static inline uint16_t csum_fold(csum_acc acc)
{
    uint64_t sum = csum_fold64(acc);
    sum = (sum & 0xffffffffu) + (sum >> 32);
    sum = (sum & 0xffff) + ((sum >> 16) & 0xffff) + (sum >> 32);
    return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

// Whether data that includes its checksum sums up to 0xffff. 2^16 is 1 modulo 65535, so
// that the remainder needs no folding, and the compiler turns it into one multiplication.
static inline bool csum_valid(csum_acc acc)
{
    uint64_t sum = csum_fold64(acc);
    return sum != 0 && sum % 0xffffu == 0;
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
    return (csum_acc)raw64(ip + 12) + swap16(proto) + swap16((uint16_t)length);
}

static inline csum_acc csum_pseudo6(const uint8_t *ip, uint8_t proto, uint32_t length)
{
    return (csum_acc)raw64(ip + 8) + raw64(ip + 16) + raw64(ip + 24) + raw64(ip + 32) + swap16(proto) +
           swap16((uint16_t)length);
}

#endif
