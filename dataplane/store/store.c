// SPDX-License-Identifier: BSD-3-Clause
// Life of a store, and reading it.
#include "dataplane/store/store.h"

#include <assert.h>

#include "dataplane/store/state.h"

#define FIRST_GENERATION 1u

struct store *store_create(struct memory *mem, const void *hash_secret, uint64_t quota)
{
    struct account account = {.base = memory_at(mem, 0), .mem = mem, .quota = quota};
    struct store *s = account_alloc(&account, sizeof(*s));
    if (s == NULL)
        return NULL;
    *s = (struct store){.account = account, .generation = FIRST_GENERATION};
    if (!index_create(&s->index, &s->account, hash_secret)) {
        account_free(&account, s, sizeof(*s));
        return NULL;
    }
    return s;
}

static void free_bucket_records(struct store *s, const struct bucket *b)
{
    for (; b != NULL; b = bucket_next(&s->account, b)) {
        for (unsigned i = 0; i < bucket_used(b); i++) {
            struct record *r = account_at(&s->account, b->refs[i]);
            account_free(&s->account, r, record_size(r));
        }
    }
}

void store_destroy(struct store *s)
{
    if (s == NULL)
        return;
    assert(s->index.promised == 0); // every reserved record was installed or discarded
    for (uint32_t n = 0; n < s->index.buckets; n++)
        free_bucket_records(s, index_bucket(&s->index, &s->account, n));
    if (s->wheel != NULL)
        account_free(&s->account, s->wheel, sizeof(*s->wheel));
    index_destroy(&s->index, &s->account);
    struct account account = s->account;
    account_free(&account, s, sizeof(*s));
    assert(account.charged == 0);
}

void store_lookup_init(const struct store *s, struct store_lookup *l, const void *key, uint32_t key_len)
{
    l->key = key;
    l->key_len = key_len;
    l->hash = index_hash(s->index.secret, key, key_len);
    struct bucket *b = index_bucket(&s->index, &s->account, index_bucket_of(&s->index, l->hash));
    l->bucket = account_ref(&s->account, b);
    l->rec = NULL;
    __builtin_prefetch(b);
}

void store_lookup_prefetch(const struct store *s, struct store_lookup *l)
{
    const struct bucket *b = account_at(&s->account, l->bucket); // buckets never move
    unsigned match = bucket_match(b, index_tag(l->hash));
    if (match == 0) {
        if (b->overflow != 0)
            __builtin_prefetch(account_at(&s->account, b->overflow));
        return;
    }
    l->rec = account_at(&s->account, b->refs[__builtin_ctz(match)]);
    l->generation = s->generation;
    __builtin_prefetch(l->rec);
    __builtin_prefetch((const char *)l->rec + 64); // the value of a small record ends on the next line
    match &= match - 1;
    if (match != 0) // two tags alike: either may be the key's
        __builtin_prefetch(account_at(&s->account, b->refs[__builtin_ctz(match)]));
}

// Kept out of store_find, whose usual way is short.
static __attribute__((noinline)) struct record *find_anew(const struct store *s, struct store_lookup *l)
{
    l->rec = index_find(&s->index, &s->account, l->hash, l->key, l->key_len);
    l->generation = s->generation;
    return l->rec;
}

struct record *store_find(struct store *s, struct store_lookup *l, uint64_t now_ms)
{
    struct record *r = l->rec;
    if (r == NULL || l->generation != s->generation || !record_has_key(r, l->key, l->key_len))
        r = find_anew(s, l);
    return r == NULL || record_expired(r, now_ms) ? NULL : r;
}

void store_stats(const struct store *s, struct store_stats *out)
{
    *out = (struct store_stats){
        .items = s->index.entries,
        .expiring = s->wheel == NULL ? 0 : s->wheel->armed,
        .bytes = s->account.charged,
        .index_bytes = s->index.bytes,
        .payload_bytes = s->payload,
        .expired = s->expired,
        .splits = s->index.splits,
        .overflow = s->index.overflows,
    };
}
