// SPDX-License-Identifier: BSD-3-Clause
#include "control/cli/print.h"
#include "control/daemon/backoff.h"
#include "control/store/kv.h"
#include "tests/unit/cunit_main.h"

#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void test_backoff_doubles(void)
{
    static const uint32_t waits[] = {100, 200, 400, 800, 1600, 3200, 5000, 5000};
    struct backoff b = {0};
    for (unsigned i = 0; i < sizeof(waits) / sizeof(waits[0]); i++)
        CU_ASSERT_EQUAL(backoff_next(&b, i % 2 ? BACKOFF_HEALTHY_MS - 1 : 0), waits[i]);
    CU_ASSERT_EQUAL(backoff_next(&b, BACKOFF_HEALTHY_MS), 100);
    CU_ASSERT_EQUAL(backoff_next(&b, 0), 200);
}

static struct {
    char dir[64], path[96], err[256];
} place;

static struct kv *open_store(void)
{
    strcpy(place.dir, "/tmp/godwit-kv-XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(place.dir));
    snprintf(place.path, sizeof(place.path), "%s/config.db", place.dir);
    struct kv *kv = kv_open(place.path, place.err, sizeof(place.err));
    CU_ASSERT_PTR_NOT_NULL_FATAL(kv);
    return kv;
}

static void remove_store(void)
{
    char path[128];
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (unsigned i = 0; i < 3; i++) {
        snprintf(path, sizeof(path), "%s%s", place.path, ends[i]);
        unlink(path);
    }
    CU_ASSERT_EQUAL(rmdir(place.dir), 0);
}

static bool has(struct kv *kv, const char *key, const char *value)
{
    char *found = kv_get(kv, key);
    bool same = found && value ? !strcmp(found, value) : !found && !value;
    free(found);
    return same;
}

static void join(void *ctx, const char *key, const char *value)
{
    char *text = ctx;
    sprintf(text + strlen(text), "%s=%s ", key, value);
}

static void test_kv(void)
{
    struct kv *kv = open_store();
    char text[100] = "", *err = place.err;
    size_t len = sizeof(place.err);
    CU_ASSERT(has(kv, "a", NULL));
    CU_ASSERT(kv_set(kv, "b", "1", err, len) && kv_set(kv, "a", "2", err, len) &&
              kv_set(kv, "b", "3", err, len));
    CU_ASSERT(has(kv, "b", "3"));
    CU_ASSERT(kv_list(kv, join, text));
    CU_ASSERT_STRING_EQUAL(text, "a=2 b=3 ");
    CU_ASSERT(kv_set(kv, "a", NULL, err, len) && kv_set(kv, "never", NULL, err, len));
    CU_ASSERT(has(kv, "a", NULL));
    kv_close(kv);
    kv = kv_open(place.path, err, len);
    CU_ASSERT_PTR_NOT_NULL_FATAL(kv);
    CU_ASSERT(has(kv, "b", "3"));
    kv_close(kv);
    remove_store();
}

static void test_kv_has_one_owner(void)
{
    struct kv *kv = open_store();
    CU_ASSERT_PTR_NULL(kv_open(place.path, place.err, sizeof(place.err)));
    CU_ASSERT(strstr(place.err, "another process uses it") != NULL);
    CU_ASSERT(kv_set(kv, "a", "1", place.err, sizeof(place.err)));
    kv_close(kv);
    remove_store();
}

// A process killed at any moment leaves a value it had acknowledged, or the one after it.
static void test_kv_survives_kill(void)
{
    kv_close(open_store());
    unsigned seed = 99, last = 0;
    for (int round = 0; round < 20; round++) {
        int acknowledged[2];
        CU_ASSERT_EQUAL_FATAL(pipe(acknowledged), 0);
        pid_t pid = fork();
        if (pid == 0) {
            struct kv *kv = kv_open(place.path, place.err, sizeof(place.err));
            char text[16];
            for (unsigned i = last + 1; kv; i++) {
                snprintf(text, sizeof(text), "%u", i);
                if (!kv_set(kv, "n", text, place.err, sizeof(place.err)) ||
                    write(acknowledged[1], &i, sizeof(i)) != sizeof(i))
                    break;
            }
            _exit(1);
        }
        close(acknowledged[1]);
        usleep(2000 + (unsigned)rand_r(&seed) % 20000);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        unsigned n;
        while (read(acknowledged[0], &n, sizeof(n)) == sizeof(n))
            last = n;
        close(acknowledged[0]);
        struct kv *kv = kv_open(place.path, place.err, sizeof(place.err));
        CU_ASSERT_PTR_NOT_NULL_FATAL(kv);
        char *text = kv_get(kv, "n");
        unsigned found = text ? (unsigned)atoi(text) : 0;
        CU_ASSERT(found == last || found == last + 1);
        last = found;
        free(text);
        kv_close(kv);
    }
    CU_ASSERT(last > 0);
    remove_store();
}

static void test_numbers(void)
{
    CU_ASSERT_STRING_EQUAL(print_count(0).s, "0");
    CU_ASSERT_STRING_EQUAL(print_count(999).s, "999");
    CU_ASSERT_STRING_EQUAL(print_count(1000).s, "1,000");
    CU_ASSERT_STRING_EQUAL(print_count(UINT64_MAX).s, "18,446,744,073,709,551,615");
    CU_ASSERT_STRING_EQUAL(print_bytes(1023).s, "1023 B");
    CU_ASSERT_STRING_EQUAL(print_bytes(1536).s, "1.5 KiB");
    CU_ASSERT_STRING_EQUAL(print_bytes(256u << 20).s, "256.0 MiB");
    CU_ASSERT_STRING_EQUAL(print_bytes(UINT64_MAX).s, "16.0 EiB");
    CU_ASSERT_STRING_EQUAL(print_duration(3661999).s, "01:01:01");
    CU_ASSERT_STRING_EQUAL(print_duration(90061000).s, "1d 01:01:01");
    CU_ASSERT_STRING_EQUAL(print_percent(0.123).s, "12.3 %");
}

static const struct unit_test tests[] = {
    {"the back-off doubles, ends at 5 s and starts anew", test_backoff_doubles},
    {"the store keeps, lists and forgets", test_kv},
    {"the store has one owner", test_kv_has_one_owner},
    {"the store survives kill -9", test_kv_survives_kill},
    {"numbers for people", test_numbers},
};
UNIT_MAIN("supervision", tests)
