// SPDX-License-Identifier: BSD-3-Clause
// Unaligned loads and stores: getN/putN are big-endian (network order), rawN as the machine stores it.
#ifndef GODWIT_DATAPLANE_NET_BYTEORDER_H
#define GODWIT_DATAPLANE_NET_BYTEORDER_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "checksum tails assume little endian");

static inline uint16_t raw16(const uint8_t *b)
{
    uint16_t v;
    memcpy(&v, b, sizeof(v));
    return v;
}

static inline uint32_t raw32(const uint8_t *b)
{
    uint32_t v;
    memcpy(&v, b, sizeof(v));
    return v;
}

static inline uint64_t raw64(const uint8_t *b)
{
    uint64_t v;
    memcpy(&v, b, sizeof(v));
    return v;
}

static inline void put_raw16(uint8_t *b, uint16_t v)
{
    memcpy(b, &v, sizeof(v));
}

static inline void put_raw32(uint8_t *b, uint32_t v)
{
    memcpy(b, &v, sizeof(v));
}

static inline void put_raw64(uint8_t *b, uint64_t v)
{
    memcpy(b, &v, sizeof(v));
}

// Between host and network order, both ways.
static inline uint16_t swap16(uint16_t v)
{
    return __builtin_bswap16(v);
}

static inline uint16_t get16(const uint8_t *b)
{
    return swap16(raw16(b));
}

static inline uint32_t get32(const uint8_t *b)
{
    return __builtin_bswap32(raw32(b));
}

static inline void put16(uint8_t *b, uint16_t v)
{
    put_raw16(b, swap16(v));
}

static inline bool mac_equal(const uint8_t *a, const uint8_t *b)
{
    return ((raw32(a) ^ raw32(b)) | (uint32_t)(raw16(a + 4) ^ raw16(b + 4))) == 0;
}

static inline bool ip6_equal(const uint8_t *a, const uint8_t *b)
{
    return ((raw64(a) ^ raw64(b)) | (raw64(a + 8) ^ raw64(b + 8))) == 0;
}

#endif
