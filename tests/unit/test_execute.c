// SPDX-License-Identifier: BSD-3-Clause
// What every operation does to a store, through the real store.
#include "dataplane/serve/execute.h"
#include "dataplane/store/memory.h"
#include "tests/unit/cunit_main.h"

#include <stdlib.h>
#include <string.h>

static struct memory *memory;
static struct store *store;
static struct execute x;
static uint8_t scratch[2048];
static uint8_t secret[STORE_SECRET_LEN];
static struct native_result_view res;
static char shown[2048];

static void start(void)
{
    char err[256];
    memory = memory_create(32 << 20, MEMORY_PAGES_SMALL, err, sizeof(err));
    CU_ASSERT_PTR_NOT_NULL_FATAL(memory);
    store = store_create(memory, secret, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(store);
    x = (struct execute){.store = store,
                         .now_ms = 1000000,
                         .ts = 1,
                         .max_value_bytes = 1000,
                         .scratch = scratch,
                         .scratch_len = sizeof(scratch)};
}

static void stop(void)
{
    store_destroy(store);
    memory_destroy(memory);
}

struct call {
    uint8_t opcode, flags;
    uint64_t arg, expiry;
    uint32_t room;
};

// Runs one operation; leaves its result in res and its value as a string in shown. Returns the status.
static unsigned run(struct call c, const char *key, const char *value)
{
    struct native_op_view op = {.opcode = c.opcode,
                                .flags = c.flags,
                                .arg = c.arg,
                                .expiry = c.expiry,
                                .key = (const uint8_t *)key,
                                .key_len = (uint16_t)strlen(key),
                                .value = (const uint8_t *)value,
                                .value_len = value ? (uint32_t)strlen(value) : 0};
    struct store_lookup l;

    x.ts++;
    store_lookup_init(store, &l, key, op.key_len);
    execute_op(&x, &op, &l, c.room ? c.room : 1400, &res);
    memcpy(shown, res.value_len ? (const char *)res.value : "", res.value_len);
    shown[res.value_len] = '\0';
    return res.status;
}

#define OP(name, ...) ((struct call){.opcode = NATIVE_OP_##name, __VA_ARGS__})

static const char *stored(const char *key)
{
    return run(OP(GET), key, NULL) == NATIVE_RES_OK ? shown : "(none)";
}

static void set_get_del(void)
{
    start();
    CU_ASSERT_EQUAL(run(OP(GET), "k", NULL), NATIVE_RES_NOT_FOUND);
    CU_ASSERT_EQUAL(run(OP(SET), "k", "one"), NATIVE_RES_OK);
    CU_ASSERT_EQUAL(res.number, 1);
    CU_ASSERT_EQUAL(run(OP(SET), "k", "two"), NATIVE_RES_OK);
    CU_ASSERT_EQUAL(res.number, 2);
    CU_ASSERT_STRING_EQUAL(stored("k"), "two");
    CU_ASSERT_EQUAL(res.number, 2);
    CU_ASSERT_EQUAL(run(OP(DEL, .flags = NATIVE_O_RETURN), "k", NULL), NATIVE_RES_OK);
    CU_ASSERT_STRING_EQUAL(shown, "two");
    CU_ASSERT_EQUAL(run(OP(DEL), "k", NULL), NATIVE_RES_NOT_FOUND);
    CU_ASSERT_STRING_EQUAL(stored("k"), "(none)");
    stop();
}

static void conditions_of_set(void)
{
    start();
    CU_ASSERT_EQUAL(run(OP(SET, .flags = NATIVE_O_IF_EXISTS), "k", "a"), NATIVE_RES_NOT_FOUND);
    CU_ASSERT_EQUAL(run(OP(SET, .flags = NATIVE_O_IF_ABSENT), "k", "a"), NATIVE_RES_OK);
    CU_ASSERT_EQUAL(run(OP(SET, .flags = NATIVE_O_IF_ABSENT), "k", "b"), NATIVE_RES_EXISTS);
    CU_ASSERT_STRING_EQUAL(stored("k"), "a");
    CU_ASSERT_EQUAL(run(OP(SET, .flags = NATIVE_O_IF_EXISTS | NATIVE_O_RETURN), "k", "bb"), NATIVE_RES_OK);
    CU_ASSERT_STRING_EQUAL(shown, "a");
    CU_ASSERT_STRING_EQUAL(stored("k"), "bb");
    stop();
}

static void expiry_is_kept_changed_and_removed(void)
{
    start();
    run(OP(SET, .flags = NATIVE_O_EXPIRY, .expiry = 500), "k", "v");
    CU_ASSERT_EQUAL(run(OP(SET, .flags = NATIVE_O_KEEP_TTL), "k", "w"), NATIVE_RES_OK);
    x.now_ms += 499;
    CU_ASSERT_STRING_EQUAL(stored("k"), "w");
    x.now_ms += 1;
    CU_ASSERT_STRING_EQUAL(stored("k"), "(none)");

    run(OP(SET, .flags = NATIVE_O_EXPIRY, .expiry = 500), "k", "v");
    run(OP(SET), "k", "w"); // without KEEP_TTL it lives on
    x.now_ms += 1000;
    CU_ASSERT_STRING_EQUAL(stored("k"), "w");
    CU_ASSERT_EQUAL(run(OP(EXPIRE, .flags = NATIVE_O_ARG, .arg = 100), "k", NULL), NATIVE_RES_OK);
    CU_ASSERT_EQUAL(run(OP(EXPIRE, .flags = NATIVE_O_ARG, .arg = 0), "k", NULL), NATIVE_RES_OK);
    x.now_ms += 1000;
    CU_ASSERT_STRING_EQUAL(stored("k"), "w");
    CU_ASSERT_EQUAL(
        run(OP(EXPIRE, .flags = NATIVE_O_ARG | NATIVE_O_ABSOLUTE, .arg = x.now_ms + 5), "k", NULL),
        NATIVE_RES_OK);
    x.now_ms += 5;
    CU_ASSERT_STRING_EQUAL(stored("k"), "(none)");
    CU_ASSERT_EQUAL(run(OP(EXPIRE, .flags = NATIVE_O_ARG, .arg = 100), "k", NULL), NATIVE_RES_NOT_FOUND);
    CU_ASSERT_EQUAL(run(OP(SET, .flags = NATIVE_O_EXPIRY, .expiry = UINT64_MAX), "k", "v"), NATIVE_RES_OK);
    CU_ASSERT_STRING_EQUAL(stored("k"), "v"); // a sum beyond 64 bits is "never", not "in the past"
    stop();
}

static void incr_counts_like_redis(void)
{
    static const char *const not_integers[] = {"",
                                               " 1",
                                               "1 ",
                                               "01",
                                               "-0",
                                               "+1",
                                               "1.0",
                                               "x",
                                               "9223372036854775808",
                                               "-9223372036854775809",
                                               "99999999999999999999",
                                               "-"};
    start();
    CU_ASSERT_EQUAL(run(OP(INCR, .flags = NATIVE_O_ARG, .arg = 5), "n", NULL), NATIVE_RES_OK);
    CU_ASSERT_EQUAL(res.number, 5);
    CU_ASSERT_EQUAL(run(OP(INCR, .flags = NATIVE_O_ARG, .arg = (uint64_t)-7), "n", NULL), NATIVE_RES_OK);
    CU_ASSERT_EQUAL((int64_t)res.number, -2);
    CU_ASSERT_STRING_EQUAL(stored("n"), "-2");
    for (unsigned i = 0; i < sizeof(not_integers) / sizeof(*not_integers); i++) {
        run(OP(SET), "s", not_integers[i]);
        CU_ASSERT_EQUAL(run(OP(INCR, .flags = NATIVE_O_ARG, .arg = 1), "s", NULL), NATIVE_RES_NOT_INTEGER);
        CU_ASSERT_STRING_EQUAL(stored("s"), not_integers[i]);
    }
    run(OP(SET), "n", "9223372036854775807");
    CU_ASSERT_EQUAL(run(OP(INCR, .flags = NATIVE_O_ARG, .arg = 1), "n", NULL), NATIVE_RES_OVERFLOW);
    run(OP(SET), "n", "-9223372036854775808");
    CU_ASSERT_EQUAL(run(OP(INCR, .flags = NATIVE_O_ARG, .arg = (uint64_t)-1), "n", NULL),
                    NATIVE_RES_OVERFLOW);
    CU_ASSERT_EQUAL(run(OP(INCR, .flags = NATIVE_O_ARG, .arg = INT64_MAX), "n", NULL), NATIVE_RES_OK);
    CU_ASSERT_STRING_EQUAL(stored("n"), "-1");
    stop();
}

static void append_grows_and_keeps_the_expiry(void)
{
    start();
    CU_ASSERT_EQUAL(run(OP(APPEND), "k", "abc"), NATIVE_RES_OK);
    CU_ASSERT_EQUAL(res.number, 3);
    run(OP(EXPIRE, .flags = NATIVE_O_ARG, .arg = 100), "k", NULL);
    CU_ASSERT_EQUAL(run(OP(APPEND), "k", "defg"), NATIVE_RES_OK);
    CU_ASSERT_EQUAL(res.number, 7);
    CU_ASSERT_STRING_EQUAL(stored("k"), "abcdefg");
    x.now_ms += 100;
    CU_ASSERT_STRING_EQUAL(stored("k"), "(none)");
    stop();
}

static void cas_and_getorcreate(void)
{
    start();
    CU_ASSERT_EQUAL(run(OP(CAS, .flags = NATIVE_O_ARG, .arg = 3), "k", "a"), NATIVE_RES_VERSION);
    CU_ASSERT_EQUAL(res.number, 0);
    CU_ASSERT_EQUAL(run(OP(CAS, .flags = NATIVE_O_ARG, .arg = 0), "k", "a"), NATIVE_RES_OK);
    CU_ASSERT_EQUAL(run(OP(CAS, .flags = NATIVE_O_ARG, .arg = 0), "k", "b"), NATIVE_RES_VERSION);
    CU_ASSERT_EQUAL(res.number, 1);
    CU_ASSERT_EQUAL(run(OP(CAS, .flags = NATIVE_O_ARG, .arg = 1), "k", "b"), NATIVE_RES_OK);
    CU_ASSERT_STRING_EQUAL(stored("k"), "b");
    CU_ASSERT_EQUAL(run(OP(GETORCREATE), "k", "c"), NATIVE_RES_EXISTS);
    CU_ASSERT_STRING_EQUAL(shown, "b");
    CU_ASSERT_EQUAL(run(OP(GETORCREATE), "new", "c"), NATIVE_RES_OK);
    CU_ASSERT_STRING_EQUAL(stored("new"), "c");
    stop();
}

static void what_does_not_fit_is_not_executed(void)
{
    start();
    run(OP(SET), "k", "0123456789");
    CU_ASSERT_EQUAL(run(OP(GET, .room = 9), "k", NULL), NATIVE_RES_TOOBIG);
    CU_ASSERT_EQUAL(res.number, 10);
    CU_ASSERT_EQUAL(run(OP(GET, .room = 10), "k", NULL), NATIVE_RES_OK);
    CU_ASSERT_EQUAL(run(OP(SET, .flags = NATIVE_O_RETURN, .room = 9), "k", "x"), NATIVE_RES_TOOBIG);
    CU_ASSERT_EQUAL(run(OP(DEL, .flags = NATIVE_O_RETURN, .room = 9), "k", NULL), NATIVE_RES_TOOBIG);
    CU_ASSERT_STRING_EQUAL(stored("k"), "0123456789");
    x.max_value_bytes = 12;
    CU_ASSERT_EQUAL(run(OP(SET), "k", "0123456789abc"), NATIVE_RES_TOO_LARGE);
    CU_ASSERT_EQUAL(run(OP(APPEND), "k", "abc"), NATIVE_RES_TOO_LARGE);
    CU_ASSERT_STRING_EQUAL(stored("k"), "0123456789");
    stop();
}

static void ping_echoes(void)
{
    start();
    CU_ASSERT_EQUAL(run(OP(PING), "", "hello"), NATIVE_RES_OK);
    CU_ASSERT_STRING_EQUAL(shown, "hello");
    CU_ASSERT_EQUAL(run(OP(PING, .room = 4), "", "hello"), NATIVE_RES_TOOBIG);
    stop();
}

// Walks a whole store in pages of a small datagram: every key is seen, every page fits.
static void scan_pages_cover_the_store(void)
{
    static bool seen[3000];
    struct native_op_view op = {.opcode = NATIVE_OP_SCAN, .flags = NATIVE_O_ARG, .arg = 40};
    uint64_t cursor = 0;
    unsigned pages = 0;
    char key[16];

    start();
    memset(seen, 0, sizeof(seen));
    for (int i = 0; i < 3000; i++) {
        snprintf(key, sizeof(key), "key:%d", i);
        run(OP(SET), key, "v");
    }
    do {
        cursor = execute_scan(&x, &op, cursor, 700, &res);
        CU_ASSERT_EQUAL_FATAL(res.status, NATIVE_RES_OK);
        CU_ASSERT_TRUE(res.value_len <= 700);
        uint32_t at = 8;
        for (uint64_t k = 0; k < res.number; k++) {
            uint32_t len = (uint32_t)(res.value[at] | res.value[at + 1] << 8);
            snprintf(key, sizeof(key), "%.*s", (int)len, (const char *)res.value + at + 2);
            seen[atoi(key + 4)] = true;
            at += 2 + len;
        }
        CU_ASSERT_EQUAL(at, res.value_len);
        pages++;
    } while (cursor && pages < 3000);
    for (int i = 0; i < 3000; i++)
        CU_ASSERT_TRUE(seen[i]);
    stop();
}

static const struct unit_test tests[] = {
    {"set, get, del", set_get_del},
    {"conditions of set", conditions_of_set},
    {"expiry is kept, changed and removed", expiry_is_kept_changed_and_removed},
    {"incr counts like Redis", incr_counts_like_redis},
    {"append grows and keeps the expiry", append_grows_and_keeps_the_expiry},
    {"cas and getorcreate", cas_and_getorcreate},
    {"what does not fit is not executed", what_does_not_fit_is_not_executed},
    {"ping echoes", ping_echoes},
    {"scan pages cover the store", scan_pages_cover_the_store},
};
UNIT_MAIN("execute", tests)
