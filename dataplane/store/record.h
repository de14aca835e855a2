// SPDX-License-Identifier: BSD-3-Clause
// Layout of a record: header, the extensions its flags name in the order of the flags, key, value.
#ifndef GODWIT_DATAPLANE_STORE_RECORD_H
#define GODWIT_DATAPLANE_STORE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// meta: origin (bits 0-2), flags (3-7), key length (8-15), value length (16-31); the lengths are in the BIG
// extension when that is present. Bits 5-7 are free: the transactions' history link and tombstone go there.
struct record {
    uint64_t ts;
    uint32_t ver;
    uint32_t meta;
};

#define RECORD_ORIGIN_MASK 7u
#define RECORD_EXPIRY      (1u << 3)
#define RECORD_BIG         (1u << 4)
#define RECORD_FLAGS       (RECORD_EXPIRY | RECORD_BIG)
#define RECORD_KEY_SHIFT   8
#define RECORD_VALUE_SHIFT 16
#define RECORD_SMALL_KEY   255u
#define RECORD_SMALL_VALUE 65535u
#define RECORD_EXPIRY_BITS 48
#define RECORD_EXPIRY_MAX  ((UINT64_C(1) << RECORD_EXPIRY_BITS) - 1)

// At a fixed place right behind the header, so that the wheel finds its links without looking at flags.
struct record_expiry {
    uint64_t when : RECORD_EXPIRY_BITS; // ms; 0: the record does not expire and is in no list
    uint64_t list : 16;                 // the wheel's list; kept only in the first record of a list
    uint32_t next;
    uint32_t prev;
};

// A big record always has the expiry extension too, so that EXPIRE never has to move a large value; it keeps
// its hash, so that a bucket of 64 KiB keys splits as fast as any.
struct record_big {
    uint32_t key_len;
    uint32_t value_len;
    uint64_t hash;
};

static inline uint32_t record_flags_for(uint32_t key_len, uint32_t value_len, bool expires)
{
    if (key_len > RECORD_SMALL_KEY || value_len > RECORD_SMALL_VALUE)
        return RECORD_BIG | RECORD_EXPIRY;
    return expires ? RECORD_EXPIRY : 0;
}

static inline size_t record_header_len(uint32_t flags)
{
    return sizeof(struct record) + ((flags & RECORD_EXPIRY) ? sizeof(struct record_expiry) : 0) +
           ((flags & RECORD_BIG) ? sizeof(struct record_big) : 0);
}

static inline struct record_expiry *record_expiry_part(const struct record *r)
{
    return (struct record_expiry *)(uintptr_t)(r + 1);
}

static inline struct record_big *record_big_part(const struct record *r)
{
    return (struct record_big *)(record_expiry_part(r) + 1);
}

static inline uint32_t record_key_len(const struct record *r)
{
    return (r->meta & RECORD_BIG) ? record_big_part(r)->key_len : (r->meta >> RECORD_KEY_SHIFT) & 0xff;
}

static inline uint32_t record_value_len(const struct record *r)
{
    return (r->meta & RECORD_BIG) ? record_big_part(r)->value_len : r->meta >> RECORD_VALUE_SHIFT;
}

static inline char *record_key_at(const struct record *r)
{
    return (char *)(uintptr_t)r + record_header_len(r->meta);
}

static inline size_t record_size(const struct record *r)
{
    return record_header_len(r->meta) + record_key_len(r) + record_value_len(r);
}

static inline uint64_t record_when(const struct record *r)
{
    return (r->meta & RECORD_EXPIRY) ? record_expiry_part(r)->when : 0;
}

static inline bool record_expired(const struct record *r, uint64_t now_ms)
{
    uint64_t when = record_when(r);
    return when != 0 && when <= now_ms;
}

static inline uint64_t record_word(const char *p)
{
    uint64_t w;
    memcpy(&w, p, sizeof(w));
    return w;
}

// Keys are short: two overlapping words decide most of them without a call.
static inline bool record_bytes_equal(const char *a, const char *b, size_t len)
{
    if (len > 16 || len < 8)
        return memcmp(a, b, len) == 0;
    return ((record_word(a) ^ record_word(b)) | (record_word(a + len - 8) ^ record_word(b + len - 8))) == 0;
}

static inline bool record_has_key(const struct record *r, const void *key, uint32_t key_len)
{
    return record_key_len(r) == key_len && record_bytes_equal(record_key_at(r), key, key_len);
}

#endif
