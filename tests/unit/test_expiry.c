// SPDX-License-Identifier: BSD-3-Clause
#include <stdlib.h>
#include <string.h>

#include "dataplane/store/memory.h"
#include "dataplane/store/store.h"
#include "tests/unit/cunit_main.h"

#define MIB   (UINT64_C(1) << 20)
#define START UINT64_C(1700000000123)

static unsigned char secret[STORE_SECRET_LEN] = {1, 2, 3};
static struct memory *mem;
static struct store *store;

static void open_store(void)
{
    char err[256];
    mem = memory_create(32 * MIB, MEMORY_PAGES_SMALL, err, sizeof(err));
    CU_ASSERT_PTR_NOT_NULL_FATAL(mem);
    store = store_create(mem, secret, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(store);
}

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

static void set(uint64_t key, uint64_t expire_ms, uint64_t now_ms)
{
    struct store_lookup l;
    struct store_write w = {.ts = 1, .expire_ms = expire_ms};
    store_lookup_init(store, &l, &key, sizeof(key));
    CU_ASSERT_EQUAL(store_set(store, &l, "value", 5, &w, now_ms), STORE_OK);
}

static bool set_expiry(uint64_t key, uint64_t expire_ms, uint64_t now_ms)
{
    struct store_lookup l;
    store_lookup_init(store, &l, &key, sizeof(key));
    return store_find(store, &l, now_ms) != NULL &&
           store_set_expiry(store, &l, expire_ms, 2, now_ms) == STORE_OK;
}

static struct record *get(uint64_t key, uint64_t now_ms)
{
    struct store_lookup l;
    store_lookup_init(store, &l, &key, sizeof(key));
    return store_find(store, &l, now_ms);
}

// Calls until nothing more comes; every call must keep to its bound.
static uint64_t expire_all(uint64_t now_ms)
{
    uint64_t total = 0;
    unsigned idle = 0;
    while (idle < 300) {
        unsigned n = store_expire(store, now_ms, 16);
        CU_ASSERT_FATAL(n <= 16);
        total += n;
        idle = n == 0 ? idle + 1 : 0;
    }
    return total;
}

static void records_vanish_on_the_millisecond(void)
{
    open_store();
    set(1, START + 10, START);
    CU_ASSERT_PTR_NOT_NULL(get(1, START + 9));
    CU_ASSERT_PTR_NULL(get(1, START + 10)); // though nothing has reclaimed it
    CU_ASSERT_EQUAL(stats().items, 1);
    CU_ASSERT_EQUAL(store_expire(store, START + 9, 100), 0);
    CU_ASSERT_EQUAL(store_expire(store, START + 10, 100), 1);
    CU_ASSERT_EQUAL(stats().items, 0);
    CU_ASSERT_EQUAL(stats().expiring, 0);
    CU_ASSERT_EQUAL(stats().expired, 1);
    close_store();
}

static void a_record_set_again_after_its_expiry_is_a_new_one(void)
{
    open_store();
    set(1, START + 10, START);
    set(1, START + 50, START + 1);
    CU_ASSERT_EQUAL(record_version(get(1, START + 2)), 2);
    set(1, STORE_NO_EXPIRY, START + 60);
    CU_ASSERT_EQUAL(record_version(get(1, START + 61)), 1);
    CU_ASSERT_EQUAL(record_expiry(get(1, START + 61)), STORE_NO_EXPIRY);
    CU_ASSERT_EQUAL(store_expire(store, START + 1000, 100), 0);
    close_store();
}

static void expiry_can_be_added_changed_and_removed(void)
{
    open_store();
    set(1, STORE_NO_EXPIRY, START);
    CU_ASSERT(set_expiry(1, START + 100, START)); // other layout
    CU_ASSERT_EQUAL(record_expiry(get(1, START)), START + 100);
    CU_ASSERT_EQUAL(record_version(get(1, START)), 2);
    CU_ASSERT_EQUAL(record_timestamp(get(1, START)), 2);
    CU_ASSERT(set_expiry(1, START + 5, START));
    CU_ASSERT_PTR_NULL(get(1, START + 5));
    CU_ASSERT(set_expiry(1, START + 200, START + 4));
    CU_ASSERT_EQUAL(store_expire(store, START + 150, 100), 0);
    CU_ASSERT(set_expiry(1, STORE_NO_EXPIRY, START + 150));
    CU_ASSERT_EQUAL(store_expire(store, START + 900, 100), 0);
    CU_ASSERT_EQUAL(stats().expiring, 0);
    uint32_t len;
    CU_ASSERT(memcmp(record_value(get(1, START + 900), &len), "value", 5) == 0 && len == 5);
    close_store();
}

static void a_clock_set_back_does_not_stop_reclaiming(void)
{
    const uint64_t hour = 3600000;

    open_store();
    for (uint64_t key = 0; key < 500; key++)
        set(key, START + 2 * hour + key * 7919 % 5000000, START + hour);
    CU_ASSERT_EQUAL(expire_all(START + hour), 0); // the wheel's time is START + hour now
    for (uint64_t key = 500; key < 1000; key++)
        set(key, START + 1000 + key, START); // set back by an hour
    for (uint64_t key = 1000; key < 1500; key++)
        set(key, START + 200000, START + 500);
    CU_ASSERT_EQUAL(expire_all(START + 1000), 0);
    CU_ASSERT_EQUAL(expire_all(START + 3000), 500);
    CU_ASSERT_EQUAL(expire_all(START + 199999), 0);
    CU_ASSERT_EQUAL(expire_all(START + 200000), 500);
    CU_ASSERT_EQUAL(expire_all(START + 2 * hour + 5000000), 500);
    CU_ASSERT_EQUAL(stats().items, 0);
    close_store();
}

static void rearming_leaves_nothing_behind(void)
{
    open_store();
    set(1, START + 100, START);
    uint64_t bytes = stats().bytes;
    for (uint64_t i = 0; i < 100000; i++)
        CU_ASSERT_FATAL(set_expiry(1, START + 100 + i * 77, START));
    CU_ASSERT_EQUAL(stats().bytes, bytes);
    CU_ASSERT_EQUAL(stats().expiring, 1);
    close_store();
}

// Distances from a millisecond to centuries, each reclaimed at its time and not before.
static void every_distance_is_kept(void)
{
    open_store();
    enum { KEYS = 48 };
    set(1000, START + (UINT64_C(1) << 47), START); // keeps the wheel's time from being reset
    for (uint64_t i = 0; i < KEYS - 1; i++)
        set(i, START + (UINT64_C(1) << i), START);
    for (uint64_t i = 0; i < KEYS - 1; i++) {
        CU_ASSERT_EQUAL(expire_all(START + (UINT64_C(1) << i) - 1), 0);
        CU_ASSERT_EQUAL(expire_all(START + (UINT64_C(1) << i)), 1);
    }
    CU_ASSERT_EQUAL(stats().expiring, 1);
    close_store();
}

static void a_jump_over_everything_is_done_in_bounded_calls(void)
{
    open_store();
    enum { KEYS = 20000 };
    srand(7);
    for (uint64_t i = 0; i < KEYS; i++)
        set(i, START + 1 + (uint64_t)rand() % (1u << (4 + i % 26)), START);
    CU_ASSERT_EQUAL(expire_all(START + (UINT64_C(1) << 40)), KEYS);
    CU_ASSERT_EQUAL(stats().items, 0);
    close_store();
}

static void a_clock_set_back_only_delays(void)
{
    open_store();
    set(1, START + 50, START);
    set(2, START + 5000, START);
    CU_ASSERT_EQUAL(store_expire(store, START + 100, 10), 1);
    set(3, START - 500, START - 1000);
    CU_ASSERT_PTR_NOT_NULL(get(3, START - 900));
    CU_ASSERT_EQUAL(store_expire(store, START - 900, 10), 0);
    CU_ASSERT_EQUAL(store_expire(store, START - 500, 10), 1);
    CU_ASSERT_EQUAL(expire_all(START + 5000), 1);
    close_store();
}

static const struct unit_test tests[] = {
    {"records vanish on the millisecond", records_vanish_on_the_millisecond},
    {"a record set again after its expiry is a new one", a_record_set_again_after_its_expiry_is_a_new_one},
    {"expiry can be added, changed and removed", expiry_can_be_added_changed_and_removed},
    {"re-arming leaves nothing behind", rearming_leaves_nothing_behind},
    {"a clock set back does not stop reclaiming", a_clock_set_back_does_not_stop_reclaiming},
    {"every distance is kept", every_distance_is_kept},
    {"a jump over everything is done in bounded calls", a_jump_over_everything_is_done_in_bounded_calls},
    {"a clock set back only delays", a_clock_set_back_only_delays},
};

UNIT_MAIN("expiry", tests)
