// SPDX-License-Identifier: BSD-3-Clause
#include <stdlib.h>
#include <string.h>

#include "dataplane/store/memory.h"
#include "dataplane/store/state.h"
#include "tests/unit/cunit_main.h"

#define MIB (UINT64_C(1) << 20)
#define NOW UINT64_C(1700000000000)

static unsigned char secret[STORE_SECRET_LEN];
static struct memory *mem;
static struct store *store;

static void open_store(uint64_t bytes, uint64_t quota)
{
    char err[256];
    for (unsigned i = 0; i < sizeof(secret); i++)
        secret[i] = (unsigned char)(i * 151 + 7);
    mem = memory_create(bytes, MEMORY_PAGES_SMALL, err, sizeof(err));
    CU_ASSERT_PTR_NOT_NULL_FATAL(mem);
    store = store_create(mem, secret, quota);
    CU_ASSERT_PTR_NOT_NULL_FATAL(store);
}

// Everything the store took must have gone back.
static void close_store(void)
{
    struct memory_stats stats;
    store_destroy(store);
    memory_stats(mem, &stats);
    CU_ASSERT_EQUAL(stats.used, 0);
    memory_destroy(mem);
}

static struct store_stats stats(void)
{
    struct store_stats s;
    store_stats(store, &s);
    return s;
}

static enum store_status set(const void *key, uint32_t key_len, const void *value, uint32_t value_len)
{
    struct store_lookup l;
    struct store_write w = {.ts = 5, .origin = 2};
    store_lookup_init(store, &l, key, key_len);
    return store_set(store, &l, value, value_len, &w, NOW);
}

static struct record *get(const void *key, uint32_t key_len)
{
    struct store_lookup l;
    store_lookup_init(store, &l, key, key_len);
    return store_find(store, &l, NOW);
}

static bool del(const void *key, uint32_t key_len)
{
    struct store_lookup l;
    store_lookup_init(store, &l, key, key_len);
    return store_delete(store, &l, NOW);
}

static bool holds(struct record *r, const void *value, uint32_t value_len)
{
    uint32_t len;
    return r != NULL && memcmp(record_value(r, &len), value, value_len) == 0 && len == value_len;
}

static void a_record_carries_what_was_written(void)
{
    open_store(16 * MIB, 0);
    CU_ASSERT_PTR_NULL(get("k", 1));
    CU_ASSERT_EQUAL(set("k", 1, "value", 5), STORE_OK);
    struct record *r = get("k", 1);
    uint32_t len;
    CU_ASSERT(holds(r, "value", 5));
    CU_ASSERT(memcmp(record_key(r, &len), "k", 1) == 0 && len == 1);
    CU_ASSERT_EQUAL(record_version(r), 1);
    CU_ASSERT_EQUAL(record_timestamp(r), 5);
    CU_ASSERT_EQUAL(record_origin(r), 2);
    CU_ASSERT_EQUAL(record_expiry(r), STORE_NO_EXPIRY);
    CU_ASSERT_EQUAL(set("k", 1, "longer than it was, so another size class", 41), STORE_OK);
    CU_ASSERT_EQUAL(record_version(get("k", 1)), 2);
    CU_ASSERT(del("k", 1));
    CU_ASSERT_FALSE(del("k", 1));
    CU_ASSERT_EQUAL(set("k", 1, "", 0), STORE_OK);
    CU_ASSERT(holds(get("k", 1), "", 0));
    CU_ASSERT_EQUAL(record_version(get("k", 1)), 1);
    close_store();
}

// The lengths around which the layout changes, in every combination.
static void every_size_is_stored_whole(void)
{
    static const uint32_t key_lens[] = {0, 1, 7, 8, 15, 16, 17, 255, 256, 65535};
    static const uint32_t value_lens[] = {0, 1, 64, 65535, 65536, 300000};
    char *bytes = malloc(400000);
    for (unsigned i = 0; i < 400000; i++)
        bytes[i] = (char)(i * 31 + i / 256);
    open_store(64 * MIB, 0);
    for (unsigned k = 0; k < 10; k++) {
        for (unsigned v = 0; v < 12; v++) { // up and down again: each length after each neighbour
            uint32_t value_len = value_lens[v < 6 ? v : 11 - v];
            CU_ASSERT_EQUAL(set(bytes + k, key_lens[k], bytes + v, value_len), STORE_OK);
            CU_ASSERT(holds(get(bytes + k, key_lens[k]), bytes + v, value_len));
            CU_ASSERT_EQUAL(record_version(get(bytes + k, key_lens[k])), v + 1);
        }
    }
    CU_ASSERT_EQUAL(stats().items, 10);
    for (unsigned k = 0; k < 10; k++)
        CU_ASSERT(del(bytes + k, key_lens[k]));
    CU_ASSERT_EQUAL(stats().payload_bytes, 0);
    close_store();
    free(bytes);
}

static void same_size_overwrites_stay_in_place(void)
{
    open_store(16 * MIB, 0);
    set("key", 3, "0123456789", 10);
    struct record *r = get("key", 3);
    struct store_stats before = stats();
    CU_ASSERT_EQUAL(set("key", 3, "abcdefghijk", 11), STORE_OK);
    CU_ASSERT_PTR_EQUAL(get("key", 3), r);
    CU_ASSERT_EQUAL(stats().bytes, before.bytes);
    uint32_t len;
    const char *value = record_value(r, &len);
    CU_ASSERT_EQUAL(set("key", 3, value + 2, 9), STORE_OK); // from within itself
    CU_ASSERT(holds(get("key", 3), "cdefghijk", 9));
    close_store();
}

static void a_reserved_record_is_invisible_until_installed(void)
{
    open_store(16 * MIB, 0);
    struct store_lookup l;
    struct store_write w = {.ts = 9, .origin = 1};
    set("key", 3, "old", 3);
    struct store_stats before = stats();
    store_lookup_init(store, &l, "key", 3);
    struct record *r = store_reserve(store, &l, 100000, &w);
    uint32_t len;
    CU_ASSERT_PTR_NOT_NULL_FATAL(r);
    CU_ASSERT(holds(get("key", 3), "old", 3));
    store_discard(store, r);
    CU_ASSERT_EQUAL(stats().bytes, before.bytes);
    r = store_reserve(store, &l, 100000, &w);
    memset(record_value(r, &len), 'x', 100000);
    CU_ASSERT_EQUAL(len, 100000);
    CU_ASSERT(set("key", 3, "new", 3) == STORE_OK);
    store_install(store, &l, r, NOW);
    CU_ASSERT_PTR_EQUAL(store_find(store, &l, NOW), r);
    CU_ASSERT_PTR_EQUAL(get("key", 3), r);
    CU_ASSERT_EQUAL(record_version(r), 3);
    CU_ASSERT_EQUAL(stats().items, 1);
    close_store();
}

static void reservations_keep_their_promise_when_memory_is_gone(void)
{
    enum { RESERVED = 200 };
    static struct record *r[RESERVED];
    static struct store_lookup l[RESERVED];
    static char keys[RESERVED][8];
    struct store_write w = {.ts = 1};
    open_store(8 * MIB, 0);
    for (unsigned i = 0; i < RESERVED; i++) {
        snprintf(keys[i], sizeof(keys[i]), "r%u", i);
        store_lookup_init(store, &l[i], keys[i], (uint32_t)strlen(keys[i]));
        r[i] = store_reserve(store, &l[i], 8, &w);
        CU_ASSERT_PTR_NOT_NULL_FATAL(r[i]);
    }
    while (memory_alloc(mem, 64) != NULL)
        ;
    for (unsigned i = 0; i < RESERVED; i++)
        store_install(store, &l[i], r[i], NOW); // all go into the one bucket there is
    for (unsigned i = 0; i < RESERVED; i++)
        CU_ASSERT_PTR_EQUAL(get(keys[i], (uint32_t)strlen(keys[i])), r[i]);
    store_destroy(store);
    memory_destroy(mem);
}

static void a_refused_write_changes_nothing(void)
{
    char value[512] = {1};
    open_store(8 * MIB, 100000);
    uint64_t key = 0;
    while (set(&key, sizeof(key), value, sizeof(value)) == STORE_OK)
        key++;
    CU_ASSERT(key > 100);
    struct store_stats full = stats();
    CU_ASSERT(full.bytes <= 100000);
    CU_ASSERT_EQUAL(full.items, key);
    uint64_t first = 0;
    static char large[70000];
    CU_ASSERT_EQUAL(set(&first, sizeof(first), large, sizeof(large)), STORE_NO_MEMORY);
    CU_ASSERT(holds(get(&first, sizeof(first)), value, sizeof(value)));
    CU_ASSERT_EQUAL(record_version(get(&first, sizeof(first))), 1);
    CU_ASSERT_EQUAL(stats().bytes, full.bytes);
    CU_ASSERT_EQUAL(set(&first, sizeof(first), value + 1, 510), STORE_OK); // fits in place
    CU_ASSERT(del(&first, sizeof(first)));
    CU_ASSERT_EQUAL(set(&first, sizeof(first), value, sizeof(value)), STORE_OK);
    close_store();
}

static void growth_keeps_every_key_and_stays_compact(void)
{
    enum { KEYS = 200000 };
    open_store(64 * MIB, 0);
    char value[64] = {0};
    for (uint64_t i = 0; i < KEYS; i++) {
        char key[16] = {0};
        memcpy(key, &i, sizeof(i));
        memcpy(value, &i, sizeof(i));
        CU_ASSERT_EQUAL_FATAL(set(key, 16, value, 64), STORE_OK);
    }
    for (uint64_t i = 0; i < KEYS; i++) {
        char key[16] = {0};
        memcpy(key, &i, sizeof(i));
        memcpy(value, &i, sizeof(i));
        CU_ASSERT_FATAL(holds(get(key, 16), value, 64));
    }
    struct store_stats s = stats();
    CU_ASSERT_EQUAL(s.items, KEYS);
    CU_ASSERT_EQUAL(s.payload_bytes, KEYS * 80);
    CU_ASSERT((s.bytes - s.payload_bytes) / KEYS <= 40); // the bound the design promises
    CU_ASSERT(s.overflow < s.splits / 5);
    for (uint64_t i = 0; i < KEYS; i++) {
        char key[16] = {0};
        memcpy(key, &i, sizeof(i));
        CU_ASSERT_FATAL(del(key, 16));
    }
    CU_ASSERT_EQUAL(stats().items, 0);
    CU_ASSERT_EQUAL(stats().overflow, 0);
    close_store();
}

static void an_idle_namespace_is_small(void)
{
    open_store(8 * MIB, 0);
    CU_ASSERT(stats().bytes <= 640);
    close_store();
}

static void a_memo_does_not_outlive_its_record(void)
{
    open_store(16 * MIB, 0);
    struct store_lookup l;
    set("key", 3, "one", 3);
    store_lookup_init(store, &l, "key", 3);
    store_lookup_prefetch(store, &l);
    del("key", 3);
    CU_ASSERT_PTR_NULL(store_find(store, &l, NOW));
    store_lookup_init(store, &l, "key", 3);
    store_lookup_prefetch(store, &l);
    set("key", 3, "two", 3); // absent at the prefetch, there at the find
    CU_ASSERT(holds(store_find(store, &l, NOW), "two", 3));
    store_lookup_init(store, &l, "key", 3);
    store_lookup_prefetch(store, &l);
    char large[2000] = {3};
    set("key", 3, large, sizeof(large)); // moved in between
    CU_ASSERT(holds(store_find(store, &l, NOW), large, sizeof(large)));
    close_store();
}

struct seen {
    unsigned char counts[4096];
    unsigned visits;
};

static void count_visit(void *ctx, const struct record *r)
{
    struct seen *seen = ctx;
    uint32_t len;
    uint32_t key;
    memcpy(&key, record_key(r, &len), sizeof(key));
    if (key < 4096)
        seen->counts[key]++;
    seen->visits++;
}

// Growth by orders of magnitude between the pages of a walk.
static void a_scan_misses_nothing_while_the_store_grows(void)
{
    static struct seen seen;
    open_store(64 * MIB, 0);
    for (uint32_t i = 0; i < 100; i++)
        set(&i, sizeof(i), "v", 1);
    uint32_t more = 4096;
    uint64_t cursor = 0;
    unsigned pages = 0;
    do {
        unsigned before = seen.visits;
        cursor = store_scan(store, cursor, 5, NOW, count_visit, &seen);
        CU_ASSERT(seen.visits - before >= 5 || cursor == 0);
        for (unsigned i = 0; i < 500 && more < 100000; i++, more++)
            set(&more, sizeof(more), "v", 1);
        pages++;
    } while (cursor != 0);
    CU_ASSERT(pages > 10);
    for (unsigned i = 0; i < 100; i++)
        CU_ASSERT_EQUAL(seen.counts[i], 1);
    close_store();
}

static void a_scan_page_is_bounded_in_an_emptied_store(void)
{
    static struct seen seen;
    open_store(64 * MIB, 0);
    for (uint32_t i = 0; i < 50000; i++)
        set(&i, sizeof(i), "v", 1);
    for (uint32_t i = 0; i < 50000; i++)
        del(&i, sizeof(i));
    unsigned pages = 0;
    uint64_t cursor = 0;
    do {
        cursor = store_scan(store, cursor, 10, NOW, count_visit, &seen);
        pages++;
    } while (cursor != 0);
    CU_ASSERT(pages > 20);
    CU_ASSERT_EQUAL(seen.visits, 0);
    close_store();
}

// Keys that collide under one secret must not under another.
static void collisions_depend_on_the_secret(void)
{
    unsigned char other[STORE_SECRET_LEN];
    for (unsigned i = 0; i < sizeof(other); i++)
        other[i] = (unsigned char)(i * 59 + 31);
    for (unsigned i = 0; i < sizeof(secret); i++)
        secret[i] = (unsigned char)(i * 151 + 7);
    unsigned colliding = 0;
    unsigned still = 0;
    for (uint64_t key = 0; key < 200000; key++) {
        if ((index_hash(secret, &key, sizeof(key)) & 0x3ff) != 0)
            continue;
        colliding++;
        still += (index_hash(other, &key, sizeof(key)) & 0x3ff) == 0;
    }
    CU_ASSERT(colliding > 100);
    CU_ASSERT(still < 5);
}

static const struct unit_test tests[] = {
    {"a record carries what was written", a_record_carries_what_was_written},
    {"every size is stored whole", every_size_is_stored_whole},
    {"same-size overwrites stay in place", same_size_overwrites_stay_in_place},
    {"a reserved record is invisible until installed", a_reserved_record_is_invisible_until_installed},
    {"reservations keep their promise when memory is gone",
     reservations_keep_their_promise_when_memory_is_gone},
    {"a refused write changes nothing", a_refused_write_changes_nothing},
    {"growth keeps every key and stays compact", growth_keeps_every_key_and_stays_compact},
    {"an idle namespace is small", an_idle_namespace_is_small},
    {"a memo does not outlive its record", a_memo_does_not_outlive_its_record},
    {"a scan misses nothing while the store grows", a_scan_misses_nothing_while_the_store_grows},
    {"a scan page is bounded in an emptied store", a_scan_page_is_bounded_in_an_emptied_store},
    {"collisions depend on the secret", collisions_depend_on_the_secret},
};

UNIT_MAIN("store", tests)
