// SPDX-License-Identifier: BSD-3-Clause
// Changing a store: writes, deletes, expiry.
#include <assert.h>

#include "dataplane/store/state.h"

#define EXPIRE_STEPS 4u // records that may change their place in the wheel for each one to be reclaimed

void store_remove(struct store *s, uint64_t hash, struct record *r)
{
    if (record_when(r) != 0)
        wheel_disarm(s->wheel, &s->account, r);
    index_remove(&s->index, &s->account, hash, index_place(&s->index, &s->account, hash, r));
    s->payload -= (uint64_t)record_key_len(r) + record_value_len(r);
    account_free(&s->account, r, record_size(r));
    s->generation++;
}

// The key's live record; one that has expired is reclaimed on the way.
static struct record *find_live(struct store *s, struct store_lookup *l, uint64_t now_ms)
{
    struct record *r = store_find(s, l, now_ms);
    if (r == NULL && l->rec != NULL && l->generation == s->generation) {
        store_remove(s, l->hash, l->rec);
        l->rec = NULL;
        s->expired++;
    }
    return r;
}

// The wheel is made for the first record that expires: most namespaces never need one.
static bool ensure_wheel(struct store *s)
{
    if (s->wheel != NULL)
        return true;
    s->wheel = account_alloc(&s->account, sizeof(*s->wheel));
    if (s->wheel == NULL)
        return false;
    wheel_init(s->wheel);
    return true;
}

static uint64_t clamp_expiry(uint64_t expire_ms)
{
    return expire_ms < RECORD_EXPIRY_MAX ? expire_ms : RECORD_EXPIRY_MAX;
}

// Gives a record that is in no list its expiry.
static void arm(struct store *s, struct record *r, uint64_t expire_ms, uint64_t now_ms)
{
    if (expire_ms != STORE_NO_EXPIRY)
        wheel_arm(s->wheel, &s->account, r, clamp_expiry(expire_ms), now_ms);
}

static void rearm(struct store *s, struct record *r, uint64_t expire_ms, uint64_t now_ms)
{
    if (record_when(r) != 0)
        wheel_disarm(s->wheel, &s->account, r);
    arm(s, r, expire_ms, now_ms);
}

static void stamp(struct record *r, uint64_t ts, uint8_t origin)
{
    r->ts = ts;
    r->meta = (r->meta & ~RECORD_ORIGIN_MASK) | (origin & RECORD_ORIGIN_MASK);
}

static uint32_t small_lengths(uint32_t key_len, uint32_t value_len)
{
    return key_len << RECORD_KEY_SHIFT | value_len << RECORD_VALUE_SHIFT;
}

// A record nobody sees yet, complete but for version, value and place in the wheel.
static struct record *make_record(struct store *s, const struct store_lookup *l, uint32_t value_len,
                                  bool expires)
{
    uint32_t flags = record_flags_for(l->key_len, value_len, expires);
    struct record *r = account_alloc(&s->account, record_header_len(flags) + l->key_len + value_len);
    if (r == NULL)
        return NULL;
    r->ver = 0;
    r->meta = flags;
    if (flags & RECORD_EXPIRY)
        memset(record_expiry_part(r), 0, sizeof(struct record_expiry));
    if (flags & RECORD_BIG)
        *record_big_part(r) =
            (struct record_big){.key_len = l->key_len, .value_len = value_len, .hash = l->hash};
    else
        r->meta |= small_lengths(l->key_len, value_len);
    memcpy(record_key_at(r), l->key, l->key_len);
    return r;
}

struct record *store_reserve(struct store *s, const struct store_lookup *l, uint32_t value_len,
                             const struct store_write *w)
{
    assert(l->key_len <= STORE_KEY_MAX && value_len <= STORE_VALUE_MAX);
    bool expires = w->expire_ms != STORE_NO_EXPIRY;
    if ((expires && !ensure_wheel(s)) || !index_promise(&s->index, &s->account))
        return NULL;
    struct record *r = make_record(s, l, value_len, expires);
    if (r == NULL) {
        index_unpromise(&s->index, &s->account);
        return NULL;
    }
    stamp(r, w->ts, w->origin);
    if (expires) // kept here, outside the wheel, until install
        record_expiry_part(r)->when = clamp_expiry(w->expire_ms) & RECORD_EXPIRY_MAX;
    return r;
}

void store_discard(struct store *s, struct record *r)
{
    account_free(&s->account, r, record_size(r));
    index_unpromise(&s->index, &s->account);
}

// Puts r where the record it supersedes is named, and frees that.
static void replace(struct store *s, uint64_t hash, struct record *old, struct record *r)
{
    struct place at = index_place(&s->index, &s->account, hash, old);
    at.bucket->refs[at.slot] = account_ref(&s->account, r);
    if (record_when(old) != 0)
        wheel_disarm(s->wheel, &s->account, old);
    s->payload -= (uint64_t)record_key_len(old) + record_value_len(old);
    account_free(&s->account, old, record_size(old));
    s->generation++;
    index_unpromise(&s->index, &s->account);
}

void store_install(struct store *s, struct store_lookup *l, struct record *r, uint64_t now_ms)
{
    struct record *old = find_live(s, l, now_ms);
    uint64_t expire_ms = record_when(r);
    r->ver = old == NULL ? 1 : old->ver + 1;
    s->payload += (uint64_t)record_key_len(r) + record_value_len(r);
    if (old != NULL)
        replace(s, l->hash, old, r);
    else
        index_insert(&s->index, &s->account, l->hash, r);
    arm(s, r, expire_ms, now_ms);
    l->rec = r;
    l->generation = s->generation;
}

// Whether the record's block and extensions can hold the new value as they are.
static bool fits_in_place(const struct record *r, uint32_t value_len, bool expires)
{
    uint32_t key_len = record_key_len(r);
    uint32_t flags = record_flags_for(key_len, value_len, expires);
    if ((r->meta & RECORD_BIG) != (flags & RECORD_BIG) || (flags & ~r->meta) != 0)
        return false;
    return record_value_len(r) == value_len ||
           memory_usable(record_header_len(r->meta) + key_len + value_len) == memory_usable(record_size(r));
}

static void set_in_place(struct store *s, struct record *r, const void *value, uint32_t value_len)
{
    uint32_t key_len = record_key_len(r);
    s->payload += (uint64_t)value_len - record_value_len(r);
    if (r->meta & RECORD_BIG)
        record_big_part(r)->value_len = value_len;
    else
        r->meta = (r->meta & 0xff) | small_lengths(key_len, value_len);
    memmove(record_key_at(r) + key_len, value, value_len);
    r->ver++;
}

enum store_status store_set(struct store *s, struct store_lookup *l, const void *value, uint32_t value_len,
                            const struct store_write *w, uint64_t now_ms)
{
    struct record *r = find_live(s, l, now_ms);
    bool expires = w->expire_ms != STORE_NO_EXPIRY;
    if (r != NULL && fits_in_place(r, value_len, expires)) {
        if (expires && !ensure_wheel(s))
            return STORE_NO_MEMORY;
        set_in_place(s, r, value, value_len);
        stamp(r, w->ts, w->origin);
        rearm(s, r, w->expire_ms, now_ms);
        return STORE_OK;
    }
    r = store_reserve(s, l, value_len, w);
    if (r == NULL)
        return STORE_NO_MEMORY;
    memcpy(record_key_at(r) + l->key_len, value, value_len);
    store_install(s, l, r, now_ms);
    return STORE_OK;
}

enum store_status store_set_expiry(struct store *s, struct store_lookup *l, uint64_t expire_ms, uint64_t ts,
                                   uint64_t now_ms)
{
    struct record *r = find_live(s, l, now_ms);
    assert(r != NULL);
    if (expire_ms == STORE_NO_EXPIRY || (r->meta & RECORD_EXPIRY)) {
        if (expire_ms != STORE_NO_EXPIRY && !ensure_wheel(s))
            return STORE_NO_MEMORY;
        r->ts = ts;
        r->ver++;
        rearm(s, r, expire_ms, now_ms);
        return STORE_OK;
    }
    struct store_write w = {.ts = ts, .expire_ms = expire_ms, .origin = record_origin(r)};
    uint32_t value_len;
    const void *value = record_value(r, &value_len);
    return store_set(s, l, value, value_len, &w, now_ms);
}

bool store_delete(struct store *s, struct store_lookup *l, uint64_t now_ms)
{
    struct record *r = find_live(s, l, now_ms);
    if (r == NULL)
        return false;
    store_remove(s, l->hash, r);
    l->rec = NULL;
    return true;
}

unsigned store_expire(struct store *s, uint64_t now_ms, unsigned max)
{
    if (s->wheel == NULL || s->wheel->armed == 0)
        return 0;
    unsigned steps = max < UINT32_MAX / EXPIRE_STEPS ? max * EXPIRE_STEPS : UINT32_MAX;
    unsigned reclaimed = 0;
    for (; reclaimed < max; reclaimed++) {
        struct record *r = wheel_due(s->wheel, &s->account, now_ms, &steps);
        if (r == NULL)
            break;
        store_remove(s, index_record_hash(&s->index, r), r);
        s->expired++;
    }
    return reclaimed;
}
