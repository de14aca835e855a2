// SPDX-License-Identifier: BSD-3-Clause
// The walk goes through the hash space in order of the reversed low 32 bits of the hash. There, a bucket is
// one interval, and splitting it cuts the interval in two: a cursor between intervals stays one, whatever
// grows.
#include "dataplane/store/state.h"

#define BUCKETS_PER_RECORD 8u // empty buckets looked at for each record asked for, at most
#define BUCKETS_AT_LEAST   64u

static uint32_t reverse_bits(uint32_t v)
{
    v = __builtin_bswap32(v);
    v = (v >> 4 & 0x0f0f0f0f) | (v & 0x0f0f0f0f) << 4;
    v = (v >> 2 & 0x33333333) | (v & 0x33333333) << 2;
    return (v >> 1 & 0x55555555) | (v & 0x55555555) << 1;
}

static unsigned visit_bucket(const struct store *s, uint32_t n, uint64_t now_ms,
                             void (*visit)(void *ctx, const struct record *r), void *ctx)
{
    unsigned visited = 0;
    const struct bucket *b = index_bucket(&s->index, &s->account, n);
    for (; b != NULL; b = bucket_next(&s->account, b)) {
        for (unsigned i = 0; i < bucket_used(b); i++) {
            const struct record *r = account_at(&s->account, b->refs[i]);
            if (record_expired(r, now_ms))
                continue;
            visit(ctx, r);
            visited++;
        }
    }
    return visited;
}

// Width of the hash suffix that all entries of a bucket share.
static unsigned suffix_bits(const struct index *x, uint32_t n)
{
    unsigned wide = 32u - (unsigned)__builtin_clz(x->mask);
    uint32_t half = (x->mask + 1) / 2;
    bool is_split = n >= half || n + half < x->buckets;
    return is_split ? wide : wide - 1;
}

uint64_t store_scan(struct store *s, uint64_t cursor, unsigned min_records, uint64_t now_ms,
                    void (*visit)(void *ctx, const struct record *r), void *ctx)
{
    uint64_t position = cursor & UINT32_MAX;
    uint64_t looks = (uint64_t)min_records * BUCKETS_PER_RECORD + BUCKETS_AT_LEAST;
    unsigned visited = 0;
    do {
        uint32_t n = index_bucket_of(&s->index, reverse_bits((uint32_t)position));
        visited += visit_bucket(s, n, now_ms, visit, ctx);
        uint64_t width = UINT64_C(1) << (32 - suffix_bits(&s->index, n));
        position = reverse_bits(n) + width;
        if (position > UINT32_MAX)
            return 0;
    } while (visited < min_records && --looks > 0);
    return position;
}
