// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/store/index.h"

#include <assert.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "dataplane/store/store.h"

#define BUCKETS_FIRST 1u
#define LOAD_MAX      6u   // average entries per bucket at which one splits
#define RETRY_AFTER   256u // insertions until a split that found no memory is tried again

uint64_t index_hash(const void *secret, const void *key, uint32_t key_len)
{
    return XXH3_64bits_withSecret(key, key_len, secret, STORE_SECRET_LEN);
}

uint64_t index_record_hash(const struct index *x, const struct record *r)
{
    if (r->meta & RECORD_BIG)
        return record_big_part(r)->hash;
    return index_hash(x->secret, record_key_at(r), record_key_len(r));
}

static void *index_alloc(struct index *x, struct account *a, size_t size)
{
    void *p = account_alloc(a, size);
    if (p != NULL)
        x->bytes += memory_usable(size);
    return p;
}

static void index_free(struct index *x, struct account *a, void *p, size_t size)
{
    x->bytes -= memory_usable(size);
    account_free(a, p, size);
}

static size_t chunk_bytes(uint32_t chunk)
{
    return sizeof(struct bucket) << (chunk / CHUNKS_PER_SIZE);
}

// Replaces the small directory inside the struct by a full one.
static bool extend_directory(struct index *x, struct account *a)
{
    uint32_t *full = index_alloc(x, a, INDEX_SIZES * CHUNKS_PER_SIZE * sizeof(*full));
    if (full == NULL)
        return false;
    memcpy(full, x->first_chunks, sizeof(x->first_chunks));
    x->chunks = full;
    return true;
}

// Makes sure that bucket n has memory. n: the first bucket not in use.
static bool commit_bucket(struct index *x, struct account *a, uint32_t n)
{
    uint32_t within;
    uint32_t chunk = index_chunk_of(n, &within);
    if (within > 0)
        return true;
    if (chunk == INDEX_SIZES_FIRST * CHUNKS_PER_SIZE && x->chunks == x->first_chunks &&
        !extend_directory(x, a))
        return false;
    struct bucket *buckets = index_alloc(x, a, chunk_bytes(chunk));
    if (buckets == NULL)
        return false;
    x->chunks[chunk] = account_ref(a, buckets);
    return true;
}

bool index_create(struct index *x, struct account *a, const void *secret)
{
    memset(x, 0, sizeof(*x));
    x->chunks = x->first_chunks;
    x->secret = secret;
    if (!commit_bucket(x, a, 0))
        return false;
    x->buckets = BUCKETS_FIRST;
    x->mask = 2 * BUCKETS_FIRST - 1;
    x->grow_at = LOAD_MAX;
    memset(index_bucket(x, a, 0), 0, sizeof(struct bucket));
    return true;
}

static void push_spare(struct index *x, const struct account *a, struct bucket *b)
{
    b->overflow = x->spare;
    x->spare = account_ref(a, b);
    x->spares++;
}

static struct bucket *pop_spare(struct index *x, const struct account *a)
{
    struct bucket *b = account_at(a, x->spare);
    x->spare = b->overflow;
    x->spares--;
    memset(b, 0, sizeof(*b));
    return b;
}

// One spare more than promised stays, so that an insertion seldom needs the allocator for it.
static void trim_spares(struct index *x, struct account *a)
{
    while (x->spares > x->promised + 1)
        index_free(x, a, pop_spare(x, a), sizeof(struct bucket));
}

bool index_promise(struct index *x, struct account *a)
{
    if (x->spares <= x->promised) {
        struct bucket *b = index_alloc(x, a, sizeof(*b));
        if (b == NULL)
            return false;
        push_spare(x, a, b);
    }
    x->promised++;
    return true;
}

void index_unpromise(struct index *x, struct account *a)
{
    assert(x->promised > 0);
    x->promised--;
    trim_spares(x, a);
}

static struct bucket *last_bucket(const struct account *a, struct bucket *b)
{
    while (b->overflow != 0)
        b = account_at(a, b->overflow);
    return b;
}

// Adds an entry to the last bucket of a chain; a full one gets a spare behind it. Returns the last bucket.
static struct bucket *append(struct index *x, const struct account *a, struct bucket *last, uint8_t tag,
                             uint32_t ref)
{
    unsigned slot = bucket_used(last);
    if (slot == BUCKET_SLOTS) {
        struct bucket *b = pop_spare(x, a);
        last->overflow = account_ref(a, b);
        x->overflows++;
        last = b;
        slot = 0;
    }
    last->tags[slot] = tag;
    last->refs[slot] = ref;
    return last;
}

static void prefetch_records(const struct account *a, const struct bucket *b)
{
    for (; b != NULL; b = bucket_next(a, b))
        for (unsigned i = 0; i < BUCKET_SLOTS; i++)
            __builtin_prefetch(account_at(a, b->refs[i]));
}

// Distributes the entries of old over low (which is its own place) and high by one more hash bit. Each
// bucket of the old chain becomes a spare before its entries are placed, which is all the two new chains can
// need.
static void distribute(struct index *x, const struct account *a, struct bucket *low, struct bucket *high,
                       uint64_t bit)
{
    struct bucket old = *low;
    struct bucket *low_last = low;
    struct bucket *high_last = high;
    memset(low, 0, sizeof(*low));
    memset(high, 0, sizeof(*high));
    for (;;) {
        for (unsigned i = 0; i < BUCKET_SLOTS && old.tags[i] != 0; i++) {
            bool up = index_record_hash(x, account_at(a, old.refs[i])) & bit;
            struct bucket **last = up ? &high_last : &low_last;
            *last = append(x, a, *last, old.tags[i], old.refs[i]);
        }
        if (old.overflow == 0)
            return;
        struct bucket *next = account_at(a, old.overflow);
        old = *next;
        push_spare(x, a, next);
        x->overflows--;
    }
}

// Splits the next bucket in turn. Without memory nothing happens: chains grow longer until a later try.
static bool split(struct index *x, struct account *a)
{
    if (x->buckets == INDEX_BUCKETS_MAX || !commit_bucket(x, a, x->buckets))
        return false;
    uint32_t n = x->buckets;
    uint32_t half = (x->mask + 1) / 2;
    struct bucket *low = index_bucket(x, a, n - half);
    prefetch_records(a, low);
    distribute(x, a, low, index_bucket(x, a, n), half);
    x->buckets++;
    if (x->buckets > x->mask)
        x->mask = 2 * x->mask + 1;
    x->splits++;
    trim_spares(x, a);
    return true;
}

void index_insert(struct index *x, struct account *a, uint64_t hash, struct record *r)
{
    struct bucket *b = index_bucket(x, a, index_bucket_of(x, hash));
    append(x, a, last_bucket(a, b), index_tag(hash), account_ref(a, r));
    index_unpromise(x, a);
    x->entries++;
    if (x->entries < x->grow_at)
        return;
    bool done = split(x, a);
    x->grow_at = done ? (uint64_t)x->buckets * LOAD_MAX : x->entries + RETRY_AFTER;
}

struct place index_place(const struct index *x, const struct account *a, uint64_t hash,
                         const struct record *r)
{
    struct bucket *b = index_bucket(x, a, index_bucket_of(x, hash));
    uint32_t ref = account_ref(a, r);
    for (; b != NULL; b = bucket_next(a, b))
        for (unsigned match = bucket_match(b, index_tag(hash)); match != 0; match &= match - 1)
            if (b->refs[__builtin_ctz(match)] == ref)
                return (struct place){b, (unsigned)__builtin_ctz(match)};
    assert(false && "the record is in the index");
    return (struct place){NULL, 0};
}

// Fills the hole with the chain's last entry.
void index_remove(struct index *x, struct account *a, uint64_t hash, struct place at)
{
    struct bucket *before = NULL;
    struct bucket *last = index_bucket(x, a, index_bucket_of(x, hash));
    for (; last->overflow != 0; last = account_at(a, last->overflow))
        before = last;
    unsigned slot = bucket_used(last) - 1;
    at.bucket->tags[at.slot] = last->tags[slot];
    at.bucket->refs[at.slot] = last->refs[slot];
    last->tags[slot] = 0;
    last->refs[slot] = 0;
    x->entries--;
    if (slot == 0 && before != NULL) {
        before->overflow = 0;
        x->overflows--;
        push_spare(x, a, last);
        trim_spares(x, a);
    }
}

void index_destroy(struct index *x, struct account *a)
{
    for (uint32_t n = 0; n < x->buckets; n++) {
        struct bucket *b = index_bucket(x, a, n);
        while (b->overflow != 0) {
            struct bucket *next = account_at(a, b->overflow);
            b->overflow = next->overflow;
            index_free(x, a, next, sizeof(*next));
        }
    }
    while (x->spares > 0)
        index_free(x, a, pop_spare(x, a), sizeof(struct bucket));
    uint32_t within;
    uint32_t last = index_chunk_of(x->buckets - 1, &within);
    for (uint32_t chunk = 0; chunk <= last; chunk++)
        index_free(x, a, account_at(a, x->chunks[chunk]), chunk_bytes(chunk));
    if (x->chunks != x->first_chunks)
        index_free(x, a, x->chunks, INDEX_SIZES * CHUNKS_PER_SIZE * sizeof(*x->chunks));
}
