// SPDX-License-Identifier: BSD-3-Clause
// The store against a flat array that does the same the slow way. Every operation compares the outcome; from
// time to time the whole content, a scan and the accounting are compared.
// Usage: model_store [--seed N] [--steps N]
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/store/memory.h"
#include "dataplane/store/store.h"

#define KEYS      3000u
#define VALUE_MAX 140000u
#define REGION    (UINT64_C(8) << 20)
#define PENDING   8u

struct model_entry {
    bool present;
    uint32_t ver;
    uint64_t ts;
    uint64_t expire_ms;
    uint32_t value_len;
    uint8_t fill; // every byte of the value, but for its position added
    uint8_t origin;
};

struct pending {
    struct record *r;
    struct store_lookup l;
    struct model_entry e;
    unsigned key;
};

static uint64_t seed;
static uint64_t rng;
static uint64_t step;
static uint64_t now = UINT64_C(1700000000000);
static uint64_t refused;
static struct memory *mem;
static struct store *store;
static unsigned char secret[STORE_SECRET_LEN];
static struct model_entry model[KEYS];
static char keys[KEYS][700];
static uint32_t key_lens[KEYS];
static uint8_t bytes[VALUE_MAX + 256]; // bytes[i] == (uint8_t)i
static struct pending pending[PENDING];
static unsigned pending_count;

#define CHECK(condition)                                                                                     \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            printf("FAILED line %d: %s; again with --seed %" PRIu64 " (step %" PRIu64 ")\n", __LINE__,       \
                   #condition, seed, step);                                                                  \
            exit(1);                                                                                         \
        }                                                                                                    \
    } while (0)

static uint64_t random_bits(void)
{
    uint64_t z = rng += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static unsigned below(uint64_t n)
{
    return (unsigned)(random_bits() % n);
}

static void make_keys(void)
{
    for (unsigned i = 0; i < KEYS; i++) {
        int len = snprintf(keys[i], sizeof(keys[i]), "%u-", i);
        memset(keys[i] + len, 'k', sizeof(keys[i]) - (unsigned)len);
        unsigned kind = below(10);
        unsigned extra = kind == 0 ? below(600) : below(20);
        key_lens[i] = (unsigned)len + extra;
    }
}

static struct store_lookup lookup(unsigned key)
{
    struct store_lookup l;
    store_lookup_init(store, &l, keys[key], key_lens[key]);
    if (below(2))
        store_lookup_prefetch(store, &l);
    return l;
}

static bool live(const struct model_entry *e)
{
    return e->present && (e->expire_ms == STORE_NO_EXPIRY || e->expire_ms > now);
}

static void check_record(unsigned key, struct record *r)
{
    const struct model_entry *e = &model[key];
    CHECK((r != NULL) == live(e));
    if (r == NULL)
        return;
    uint32_t len;
    const void *k = record_key(r, &len);
    CHECK(len == key_lens[key] && memcmp(k, keys[key], len) == 0);
    const void *value = record_value(r, &len);
    CHECK(len == e->value_len && memcmp(value, bytes + e->fill, len) == 0);
    CHECK(record_version(r) == e->ver);
    CHECK(record_timestamp(r) == e->ts);
    CHECK(record_expiry(r) == e->expire_ms);
    CHECK(record_origin(r) == e->origin);
}

static uint32_t random_value_len(void)
{
    switch (below(12)) {
    case 0:
        return below(VALUE_MAX);
    case 1:
        return below(5000);
    default:
        return below(100);
    }
}

// Mostly near, sometimes past, far or beyond the wheel.
static uint64_t random_expiry(void)
{
    switch (below(8)) {
    case 0:
        return now - below(3);
    case 1:
        return now + (UINT64_C(1) << below(47));
    case 2:
    case 3:
        return now + below(70000);
    case 4:
        return now + below(300);
    default:
        return STORE_NO_EXPIRY;
    }
}

static struct model_entry random_entry(struct store_write *w)
{
    *w = (struct store_write){.ts = random_bits(), .expire_ms = random_expiry(), .origin = (uint8_t)below(8)};
    return (struct model_entry){
        .present = true,
        .ts = w->ts,
        .expire_ms = w->expire_ms,
        .value_len = random_value_len(),
        .fill = (uint8_t)below(256),
        .origin = w->origin,
    };
}

static void apply(unsigned key, struct model_entry e)
{
    e.ver = live(&model[key]) ? model[key].ver + 1 : 1;
    model[key] = e;
}

static void do_set(unsigned key)
{
    struct store_write w;
    struct model_entry e = random_entry(&w);
    struct store_lookup l = lookup(key);
    if (store_set(store, &l, bytes + e.fill, e.value_len, &w, now) == STORE_OK)
        apply(key, e);
    else
        refused++;
    check_record(key, store_find(store, &l, now));
}

static void do_reserve(unsigned key)
{
    if (pending_count == PENDING)
        return;
    struct pending *p = &pending[pending_count];
    struct store_write w;
    p->e = random_entry(&w);
    p->key = key;
    p->l = lookup(key);
    p->r = store_reserve(store, &p->l, p->e.value_len, &w);
    if (p->r == NULL) {
        refused++;
        return;
    }
    uint32_t len;
    memcpy(record_value(p->r, &len), bytes + p->e.fill, p->e.value_len);
    pending_count++;
}

// Whatever happened since the reservation, the install works.
static void finish_reserved(bool install)
{
    if (pending_count == 0)
        return;
    unsigned at = below(pending_count);
    struct pending p = pending[at];
    pending[at] = pending[--pending_count];
    if (install) {
        store_install(store, &p.l, p.r, now);
        apply(p.key, p.e);
    } else {
        store_discard(store, p.r);
    }
    check_record(p.key, store_find(store, &p.l, now));
}

static void do_delete(unsigned key)
{
    struct store_lookup l = lookup(key);
    CHECK(store_delete(store, &l, now) == live(&model[key]));
    model[key].present = false;
    CHECK(store_find(store, &l, now) == NULL);
}

static void do_set_expiry(unsigned key)
{
    struct store_lookup l = lookup(key);
    check_record(key, store_find(store, &l, now));
    if (!live(&model[key]))
        return;
    uint64_t expire_ms = random_expiry();
    uint64_t ts = random_bits();
    if (store_set_expiry(store, &l, expire_ms, ts, now) == STORE_OK) {
        model[key].expire_ms = expire_ms;
        model[key].ts = ts;
        model[key].ver++;
    } else {
        refused++;
    }
    check_record(key, store_find(store, &l, now));
}

// Lookups under way while other operations run; none may see a stale memo.
static void do_batch(void)
{
    struct store_lookup l[16];
    unsigned key[16];
    for (unsigned i = 0; i < 16; i++) {
        key[i] = below(KEYS);
        store_lookup_init(store, &l[i], keys[key[i]], key_lens[key[i]]);
    }
    for (unsigned i = 0; i < 16; i++) {
        store_lookup_prefetch(store, &l[i]);
        if (below(4) == 0)
            do_set(key[below(16)]);
        if (below(4) == 0)
            do_delete(key[below(16)]);
    }
    for (unsigned i = 0; i < 16; i++) {
        if (below(8) == 0)
            do_set(key[below(16)]);
        check_record(key[i], store_find(store, &l[i], now));
    }
}

static void do_expire(void)
{
    unsigned max = below(64);
    CHECK(store_expire(store, now, max) <= max);
}

static uint8_t seen[KEYS];

static void count_seen(void *ctx, const struct record *r)
{
    (void)ctx;
    uint32_t len;
    seen[strtoul(record_key(r, &len), NULL, 10)]++;
}

// A walk with insertions between its pages; keys that were live throughout are seen exactly once.
static void do_scan(void)
{
    static bool throughout[KEYS];
    for (unsigned i = 0; i < KEYS; i++)
        throughout[i] = live(&model[i]);
    memset(seen, 0, sizeof(seen));
    uint64_t cursor = 0;
    do {
        cursor = store_scan(store, cursor, 1 + below(50), now, count_seen, NULL);
        unsigned key = below(KEYS);
        do_set(key);
        throughout[key] = throughout[key] && live(&model[key]);
    } while (cursor != 0);
    for (unsigned i = 0; i < KEYS; i++)
        if (throughout[i])
            CHECK(seen[i] == 1);
}

static void check_all(void)
{
    uint64_t items = 0;
    uint64_t expiring = 0;
    uint64_t payload = 0;
    for (unsigned i = 0; i < KEYS; i++) {
        struct store_lookup l = lookup(i);
        check_record(i, store_find(store, &l, now));
        if (live(&model[i])) {
            items++;
            expiring += model[i].expire_ms != STORE_NO_EXPIRY;
            payload += key_lens[i] + model[i].value_len;
        }
    }
    for (unsigned idle = 0; idle < 300;) // everything whose time has come
        idle = store_expire(store, now, 1000) == 0 ? idle + 1 : 0;
    struct store_stats stats;
    struct memory_stats memory;
    store_stats(store, &stats);
    memory_stats(mem, &memory);
    CHECK(stats.items == items);
    CHECK(stats.expiring == expiring);
    CHECK(stats.payload_bytes == payload);
    CHECK(stats.bytes == memory.used);
}

static void one_step(void)
{
    unsigned range = below(3) == 0 ? 40 : KEYS; // some keys are hot
    unsigned key = below(range);
    switch (below(100)) {
    case 0 ... 44:
        do_set(key);
        break;
    case 45 ... 59:
        do_delete(key);
        break;
    case 60 ... 69:
        do_set_expiry(key);
        break;
    case 70 ... 74:
        do_batch();
        break;
    case 75 ... 80:
        do_reserve(key);
        break;
    case 81 ... 86:
        finish_reserved(below(3) != 0);
        break;
    case 87 ... 91:
        do_expire();
        break;
    case 92 ... 97:
        now += below(200);
        break;
    case 98:
        now += below(20) == 0 ? UINT64_C(1) << below(36) : below(20000);
        break;
    default:
        if (below(10) == 0)
            do_scan();
        break;
    }
}

static void run(uint64_t with_seed, uint64_t steps, uint64_t quota)
{
    seed = with_seed;
    rng = seed;
    refused = 0;
    memset(model, 0, sizeof(model));
    for (unsigned i = 0; i < sizeof(secret); i++)
        secret[i] = (unsigned char)below(256);
    make_keys();
    char err[256];
    mem = memory_create(REGION, MEMORY_PAGES_SMALL, err, sizeof(err));
    CHECK(mem != NULL);
    store = store_create(mem, secret, quota);
    CHECK(store != NULL);
    for (step = 0; step < steps; step++) {
        one_step();
        if (step % 5000 == 4999)
            check_all();
    }
    while (pending_count > 0)
        finish_reserved(below(2) == 0);
    check_all();
    store_destroy(store);
    struct memory_stats memory;
    memory_stats(mem, &memory);
    CHECK(memory.used == 0);
    memory_destroy(mem);
    printf("seed %" PRIu64 " quota %" PRIu64 ": %" PRIu64 " steps, %" PRIu64 " writes refused, ok\n", seed,
           quota, steps, refused);
}

int main(int argc, char **argv)
{
    uint64_t steps = 40000;
    uint64_t given = 0;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--seed") == 0)
            given = strtoull(argv[i + 1], NULL, 0);
        else if (strcmp(argv[i], "--steps") == 0)
            steps = strtoull(argv[i + 1], NULL, 0);
    }
    for (unsigned i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)i;
    for (uint64_t s = given != 0 ? given : 1; s <= (given != 0 ? given : 4); s++) {
        run(s, steps, 0);
        run(s, steps, 400000);
    }
    return 0;
}
