// SPDX-License-Identifier: BSD-3-Clause
// The client library and godwit-bench against a server behind the kernel's UDP on loopback.
#include <poll.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/godwit.h"
#include "tests/sim/loopback_server.h"
#include "tests/unit/cunit_main.h"

static struct loopback_server *server;
static struct godwit *g;

static void begin(unsigned drop_every, const struct godwit_options *options)
{
    char address[16], error[256];

    server = loopback_start(address, drop_every);
    CU_ASSERT_PTR_NOT_NULL_FATAL(server);
    g = godwit_open(address, options, error, sizeof(error));
    CU_ASSERT_PTR_NOT_NULL_FATAL(g);
}

static void end(void)
{
    godwit_close(g);
    loopback_stop(server);
}

static void expect_value(const char *key, const char *expected)
{
    const void *value;
    size_t length;

    CU_ASSERT_EQUAL(godwit_get(g, key, strlen(key), &value, &length, NULL), GODWIT_OK);
    CU_ASSERT_EQUAL(length, strlen(expected));
    CU_ASSERT(length == strlen(expected) && memcmp(value, expected, length) == 0);
}

static void every_operation(void)
{
    const void *value;
    size_t length;
    int64_t number;
    uint64_t version, present;

    begin(0, NULL);
    CU_ASSERT_EQUAL(godwit_get(g, "k", 1, &value, &length, NULL), GODWIT_NOT_FOUND);
    CU_ASSERT_EQUAL(godwit_set(g, "k", 1, "one", 3, GODWIT_NO_EXPIRY, 0), GODWIT_OK);
    expect_value("k", "one");
    CU_ASSERT_EQUAL(godwit_set(g, "k", 1, "two", 3, GODWIT_NO_EXPIRY, GODWIT_IF_ABSENT), GODWIT_EXISTS);
    CU_ASSERT_EQUAL(godwit_append(g, "k", 1, "+", 1, &present), GODWIT_OK);
    CU_ASSERT_EQUAL(present, 4);
    expect_value("k", "one+");
    CU_ASSERT_EQUAL(godwit_get(g, "k", 1, &value, &length, &version), GODWIT_OK);
    CU_ASSERT_EQUAL(godwit_cas(g, "k", 1, version + 1, "x", 1, &present), GODWIT_VERSION_DIFFERS);
    CU_ASSERT_EQUAL(present, version);
    CU_ASSERT_EQUAL(godwit_cas(g, "k", 1, version, "three", 5, NULL), GODWIT_OK);
    CU_ASSERT_EQUAL(godwit_getorcreate(g, "k", 1, "four", 4, &value, &length), GODWIT_EXISTS);
    CU_ASSERT(length == 5 && memcmp(value, "three", 5) == 0);
    CU_ASSERT_EQUAL(godwit_getorcreate(g, "new", 3, "four", 4, &value, &length), GODWIT_OK);
    CU_ASSERT_EQUAL(godwit_expire(g, "new", 3, 1000), GODWIT_OK);
    CU_ASSERT_EQUAL(godwit_del(g, "new", 3), GODWIT_OK);
    CU_ASSERT_EQUAL(godwit_del(g, "new", 3), GODWIT_NOT_FOUND);
    CU_ASSERT_EQUAL(godwit_incr(g, "n", 1, 40, &number), GODWIT_OK);
    CU_ASSERT_EQUAL(godwit_incr(g, "n", 1, 2, &number), GODWIT_OK);
    CU_ASSERT_EQUAL(number, 42);
    end();
}

static void count_key(void *context, const void *key, size_t key_len)
{
    (void)key;
    *(size_t *)context += key_len;
}

static void scan_visits_all_keys(void)
{
    uint64_t cursor = 0;
    size_t bytes = 0;

    begin(0, NULL);
    for (unsigned i = 0; i < 20; i++) {
        char key[8] = {(char)('a' + i), 'x', 'y'};
        CU_ASSERT_EQUAL(godwit_set(g, key, 3, "v", 1, 0, 0), GODWIT_OK);
    }
    CU_ASSERT_EQUAL(godwit_scan(g, &cursor, 100, count_key, &bytes), GODWIT_OK);
    CU_ASSERT_EQUAL(cursor, 0);
    CU_ASSERT_EQUAL(bytes, 60);
    end();
}

static void batch_runs_in_order(void)
{
    struct godwit_result results[3];
    struct godwit_op ops[3] = {
        {.opcode = GODWIT_SET, .key = "b", .key_len = 1, .value = "5", .value_len = 1},
        {.opcode = GODWIT_INCR, .key = "b", .key_len = 1, .number = 6},
        {.opcode = GODWIT_GET, .key = "b", .key_len = 1},
    };

    begin(0, NULL);
    CU_ASSERT_EQUAL(godwit_batch(g, ops, 3, results), GODWIT_OK);
    CU_ASSERT_EQUAL(results[1].number, 11);
    CU_ASSERT(results[2].value_len == 2 && memcmp(results[2].value, "11", 2) == 0);
    end();
}

static void bad_arguments_are_explained(void)
{
    static char large[2000];
    char error[256] = "";
    struct godwit_options options = {.sessions = 65};
    struct godwit_op op = {.opcode = GODWIT_GET, .flags = GODWIT_IF_ABSENT, .key = "k", .key_len = 1};
    struct godwit_result result;

    begin(0, NULL);
    CU_ASSERT_EQUAL(godwit_set(g, "k", 1, large, sizeof(large), 0, 0), GODWIT_TOOBIG);
    CU_ASSERT_PTR_NOT_NULL(strstr(godwit_error(g), "6379"));
    CU_ASSERT_EQUAL(godwit_set(g, "", 0, "v", 1, 0, 0), GODWIT_INVALID);
    CU_ASSERT_EQUAL(godwit_batch(g, &op, 1, &result), GODWIT_INVALID);
    CU_ASSERT_PTR_NOT_NULL(strstr(godwit_error(g), "get"));
    CU_ASSERT_PTR_NULL(godwit_open("127.0.0.1", &options, error, sizeof(error)));
    CU_ASSERT_PTR_NOT_NULL(strstr(error, "64"));
    CU_ASSERT_PTR_NULL(godwit_open("not/an/address", NULL, error, sizeof(error)));
    CU_ASSERT_PTR_NOT_NULL(strstr(error, "not/an/address"));
    end();
}

static void nobody_there_times_out(void)
{
    char error[256];
    const void *value;
    size_t length;
    struct godwit_options options = {.deadline_us = 60000};

    // Nothing is bound to the far end of 127/8.
    g = godwit_open("127.255.255.250", &options, error, sizeof(error));
    CU_ASSERT_PTR_NOT_NULL_FATAL(g);
    CU_ASSERT_EQUAL(godwit_get(g, "k", 1, &value, &length, NULL), GODWIT_TIMEOUT);
    // No epoch was ever learned: no server can have executed it.
    CU_ASSERT_EQUAL(godwit_incr(g, "k", 1, 1, NULL), GODWIT_TIMEOUT);
    godwit_close(g);
}

static void restart_is_survived(void)
{
    int64_t number;

    begin(0, NULL);
    for (uint32_t i = 1; i <= 5; i++) {
        CU_ASSERT_EQUAL(godwit_incr(g, "n", 1, 1, &number), GODWIT_OK);
        CU_ASSERT_EQUAL(number, i);
        loopback_restart(server, 100 + i);
    }
    end();
}

struct totals {
    unsigned done, good;
};

static void count_reply(void *context, const struct godwit_reply *reply)
{
    struct totals *t = context;
    t->done++;
    t->good += reply->status == GODWIT_OK;
}

static void asynchronous_with_loss(void)
{
    struct totals totals = {0};
    struct godwit_options options = {.sessions = 2, .deadline_us = 10000000, .retry_permille = 1000};
    struct godwit_op op = {.opcode = GODWIT_INCR, .key = "n", .key_len = 1, .number = 1};
    struct godwit_stats stats;
    unsigned submitted = 0;
    int64_t number;

    begin(10, &options);
    while (totals.done < 500) {
        while (submitted < 500 && godwit_submit(g, &op, 1, 0, count_reply, &totals) == GODWIT_OK)
            submitted++;
        struct pollfd p = {.fd = godwit_fd(g), .events = POLLIN};
        poll(&p, 1, godwit_timeout_ms(g));
        CU_ASSERT_EQUAL_FATAL(godwit_process(g), GODWIT_OK);
    }
    CU_ASSERT_EQUAL(totals.good, 500);
    CU_ASSERT_EQUAL(godwit_incr(g, "n", 1, 0, &number), GODWIT_OK);
    CU_ASSERT_EQUAL(number, 500);
    godwit_stats(g, &stats);
    CU_ASSERT(stats.retransmissions >= 50);
    CU_ASSERT_EQUAL(stats.unknown, 0);
    end();
}

static int bench(const char *address, const char *const *more)
{
    const char *argv[32] = {getenv("GODWIT_BENCH"), "--to", address};
    extern char **environ;
    int status = -1, n = 3;
    pid_t pid;

    while (*more)
        argv[n++] = *more++;
    if (posix_spawn(&pid, argv[0], NULL, NULL, (char *const *)argv, environ) == 0)
        waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#define BENCH(address, ...) bench(address, (const char *const[]){__VA_ARGS__, NULL})

static void bench_measures_and_verifies(void)
{
    char address[16];

    if (!getenv("GODWIT_BENCH"))
        return;
    server = loopback_start(address, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(server);
    CU_ASSERT_EQUAL(BENCH(address, "--keys", "1000", "--preload", "--verify", "--duration", "0.3", "--warmup",
                          "0.1", "--mix", "ycsb-a", "--distribution", "zipf:0.99"),
                    0);
    CU_ASSERT_EQUAL(BENCH(address, "--keys", "1000", "--verify", "--duration", "0.3", "--warmup", "0",
                          "--rate", "2000", "--mix", "ycsb-f", "--json", "-"),
                    0);
    CU_ASSERT_EQUAL(BENCH(address, "--keys", "1000", "--duration", "0.2", "--warmup", "0", "--mix", "ycsb-e"),
                    0);
    // Stored with 64 bytes: as 65 they must differ.
    CU_ASSERT_EQUAL(BENCH(address, "--keys", "1000", "--verify", "--duration", "0.1", "--warmup", "0",
                          "--value-size", "65", "--mix", "get"),
                    1);
    CU_ASSERT_EQUAL(BENCH(address, "--keys", "none"), 2);
    loopback_stop(server);
}

static void bench_loads_and_checks_records(void)
{
    char address[16], path[] = "/tmp/godwit-records-XXXXXX";
    static char value[3000];

    if (!getenv("GODWIT_BENCH"))
        return;
    server = loopback_start(address, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(server);
    FILE *f = fdopen(mkstemp(path), "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    memset(value, 'v', sizeof(value) - 1);
    for (unsigned i = 0; i < 300; i++)
        fprintf(f, "key%u%cvalue of %u\n%c", i, 0, i, 0);
    fprintf(f, "empty%c%clarge%c%s%c", 0, 0, 0, value, 0);
    fclose(f);
    CU_ASSERT_EQUAL(BENCH(address, "load", "--from", path), 0);
    CU_ASSERT_EQUAL(BENCH(address, "check", "--from", path), 0);
    CU_ASSERT_EQUAL(BENCH(address, "check", "--from", path, "--sample", "10"), 0);
    f = fopen(path, "a");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    fprintf(f, "key7%cother%c", 0, 0);
    fclose(f);
    CU_ASSERT_EQUAL(BENCH(address, "check", "--from", path), 1);
    unlink(path);
    loopback_stop(server);
}

static void example_works(void)
{
    char address[16];
    char *argv[] = {getenv("GODWIT_EXAMPLE"), address, NULL};
    extern char **environ;
    int status = -1;
    pid_t pid;

    if (!argv[0])
        return;
    server = loopback_start(address, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(server);
    CU_ASSERT_EQUAL(posix_spawn(&pid, argv[0], NULL, NULL, argv, environ), 0);
    waitpid(pid, &status, 0);
    CU_ASSERT_EQUAL(status, 0);
    loopback_stop(server);
}

static void requests_as_a_capture_file(void)
{
    char path[] = "/tmp/godwit-pcap-XXXXXX";
    int fd = mkstemp(path);

    if (!getenv("GODWIT_BENCH"))
        return;
    CU_ASSERT_EQUAL(BENCH("198.18.0.2", "--emit-pcap", path, "--count", "100", "--mix", "get"), 0);
    // File header, and 100 packets of their header, 42 + 48 + 8 + 16 bytes.
    CU_ASSERT_EQUAL(lseek(fd, 0, SEEK_END), 24 + 100 * (16 + 114));
    CU_ASSERT_EQUAL(BENCH("198.18.0.2", "--emit-pcap", path, "--count", "1", "--mix", "ycsb-e"), 2);
    close(fd);
    unlink(path);
}

static const struct unit_test tests[] = {
    {"every operation", every_operation},
    {"scan visits all keys", scan_visits_all_keys},
    {"batch runs in order", batch_runs_in_order},
    {"bad arguments are explained", bad_arguments_are_explained},
    {"nobody there times out", nobody_there_times_out},
    {"restart is survived", restart_is_survived},
    {"asynchronous with loss", asynchronous_with_loss},
    {"bench measures and verifies", bench_measures_and_verifies},
    {"bench loads and checks records", bench_loads_and_checks_records},
    {"requests as a capture file", requests_as_a_capture_file},
    {"example works", example_works},
};
UNIT_MAIN("client over UDP", tests)
