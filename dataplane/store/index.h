// SPDX-License-Identifier: BSD-3-Clause
// Linear hashing over cache-line buckets. Bucket n takes the hashes whose low bits are n; the top eight bits
// are the tag that is compared before a record is touched. Buckets split one at a time, so growth never
// pauses.
#ifndef GODWIT_DATAPLANE_STORE_INDEX_H
#define GODWIT_DATAPLANE_STORE_INDEX_H

#include <emmintrin.h>
#include <stdbool.h>

#include "dataplane/store/account.h"
#include "dataplane/store/record.h"

#define BUCKET_SLOTS 12

// Entries are packed: slot i is used only if all before it are, and an overflow bucket exists only behind a
// full one.
struct bucket {
    uint8_t tags[BUCKET_SLOTS]; // 0: empty
    uint32_t refs[BUCKET_SLOTS];
    uint32_t overflow; // reference of the next bucket of the chain, 0 for none
} __attribute__((aligned(64)));

// Buckets are allocated in chunks of 2^0, 2^1, 2^2 ... buckets, eight of each size: what is committed never
// runs more than an eighth ahead of what is used.
#define CHUNKS_PER_SIZE   8u
#define INDEX_SIZES_FIRST 5u  // chunk sizes with an entry in the struct itself: 248 buckets
#define INDEX_SIZES       26u // chunk sizes in all: 8 * (2^26 - 1) buckets
#define INDEX_BUCKETS_MAX (CHUNKS_PER_SIZE * ((1u << INDEX_SIZES) - 1))

struct index {
    uint32_t *chunks; // references of the chunks, in order
    uint32_t buckets; // in use
    uint32_t mask;    // of the larger of the two bucket number widths in use
    uint64_t grow_at; // entries at which the next split is due
    const void *secret;
    uint64_t entries;
    uint32_t spare;    // list of overflow buckets set aside
    uint32_t spares;   // its length
    uint32_t promised; // insertions that must find a spare
    uint64_t bytes;    // charged for chunks, overflow buckets and directory
    uint64_t splits;
    uint64_t overflows;
    uint32_t first_chunks[INDEX_SIZES_FIRST * CHUNKS_PER_SIZE];
};

// A slot of a bucket: where a record is named.
struct place {
    struct bucket *bucket;
    unsigned slot;
};

// An empty index of one bucket, charged to a. secret: STORE_SECRET_LEN bytes that outlive it. False when out
// of memory; then there is nothing to destroy. index_destroy frees all but the records.
bool index_create(struct index *x, struct account *a, const void *secret);
void index_destroy(struct index *x, struct account *a);

// Keyed XXH3 of a key.
uint64_t index_hash(const void *secret, const void *key, uint32_t key_len);

// Sets aside what one index_insert may need, false when there is no memory; index_insert and index_unpromise
// take the promise back.
bool index_promise(struct index *x, struct account *a);
void index_unpromise(struct index *x, struct account *a);
// The key must be absent. Splits at most one bucket.
void index_insert(struct index *x, struct account *a, uint64_t hash, struct record *r);
// Takes the entry at `at`, which has this hash, out of the index, and an overflow bucket that
// is left empty. Frees no record; moves one other entry.
void index_remove(struct index *x, struct account *a, uint64_t hash, struct place at);
// The place of a record that is known to be in the index.
struct place index_place(const struct index *x, const struct account *a, uint64_t hash,
                         const struct record *r);
// The hash of a record, from its key.
uint64_t index_record_hash(const struct index *x, const struct record *r);

static inline uint32_t index_chunk_of(uint32_t n, uint32_t *within)
{
    uint32_t position = n + CHUNKS_PER_SIZE;
    unsigned size = 28u - (unsigned)__builtin_clz(position); // log2 of the chunk's buckets
    *within = position & ((1u << size) - 1);
    return size * CHUNKS_PER_SIZE + ((position >> size) & (CHUNKS_PER_SIZE - 1));
}

static inline struct bucket *index_bucket(const struct index *x, const struct account *a, uint32_t n)
{
    uint32_t within;
    uint32_t chunk = index_chunk_of(n, &within);
    return (struct bucket *)account_at(a, x->chunks[chunk]) + within;
}

static inline uint32_t index_bucket_of(const struct index *x, uint64_t hash)
{
    uint32_t wide = (uint32_t)hash & x->mask;
    uint32_t beyond = -(uint32_t)(wide >= x->buckets); // no branch: nobody could predict it
    return wide & (x->mask >> (beyond & 1));
}

static inline uint8_t index_tag(uint64_t hash)
{
    uint8_t tag = (uint8_t)(hash >> 56);
    return (uint8_t)(tag + (tag == 0)); // 0 marks an empty slot
}

// Bit i is set when slot i has the tag. The load runs into refs; those bits are masked away.
static inline unsigned bucket_match(const struct bucket *b, uint8_t tag)
{
    __m128i tags = _mm_load_si128((const __m128i *)(const void *)b);
    __m128i equal = _mm_cmpeq_epi8(tags, _mm_set1_epi8((char)tag));
    return (unsigned)_mm_movemask_epi8(equal) & ((1u << BUCKET_SLOTS) - 1);
}

static inline unsigned bucket_used(const struct bucket *b)
{
    unsigned empty = bucket_match(b, 0);
    return empty == 0 ? BUCKET_SLOTS : (unsigned)__builtin_ctz(empty);
}

static inline struct bucket *bucket_next(const struct account *a, const struct bucket *b)
{
    return b->overflow == 0 ? NULL : account_at(a, b->overflow);
}

// The record with this key, whether expired or not; NULL when there is none.
static inline struct record *index_find(const struct index *x, const struct account *a, uint64_t hash,
                                        const void *key, uint32_t key_len)
{
    const struct bucket *b = index_bucket(x, a, index_bucket_of(x, hash));
    uint8_t tag = index_tag(hash);
    for (; b != NULL; b = bucket_next(a, b)) {
        for (unsigned match = bucket_match(b, tag); match != 0; match &= match - 1) {
            struct record *r = account_at(a, b->refs[__builtin_ctz(match)]);
            if (record_has_key(r, key, key_len))
                return r;
        }
    }
    return NULL;
}

#endif
