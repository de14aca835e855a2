// SPDX-License-Identifier: BSD-3-Clause
// The verbs load and check: real records through the wire and back.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/bench/progress.h"
#include "client/bench/records.h"
#include "client/bench/runner.h"
#include "dataplane/serve/native.h"

#define OUTSTANDING 128u
#define DEADLINE_US 10000000u

struct transfer {
    struct progress progress;
    struct histogram latency;
    uint64_t done, good, too_big, failed, differed, missing;
    enum godwit_status failure;
};

static void count(struct transfer *t, enum godwit_status status, uint64_t elapsed_us)
{
    t->done++;
    histogram_record(&t->progress.since, elapsed_us * 1000);
    histogram_record(&t->latency, elapsed_us * 1000);
    if (status == GODWIT_OK) {
        t->good++;
    } else if (status == GODWIT_TOOBIG || status == GODWIT_TOO_LARGE) {
        t->too_big++;
    } else if (status == GODWIT_NOT_FOUND) {
        t->missing++;
    } else {
        t->failed++;
        t->failure = status;
    }
}

static enum godwit_status status_of(const struct godwit_reply *reply)
{
    return reply->status == GODWIT_OK ? reply->results[0].status : reply->status;
}

static void stored(void *context, const struct godwit_reply *reply)
{
    count(context, status_of(reply), reply->elapsed_us);
}

// Waits until fewer than limit requests are outstanding.
static bool drain(struct godwit *g, struct transfer *t, unsigned limit)
{
    while (godwit_outstanding(g) >= limit) {
        if (!runner_serve(g, UINT64_MAX))
            return false;
        progress_show(&t->progress, progress_clock_ns(), t->done, 0);
    }
    return true;
}

// Submits op, waiting for room. What does not fit a datagram is counted, not sent.
static bool submit(struct godwit *g, struct transfer *t, const struct godwit_op *op, godwit_callback callback,
                   void *context)
{
    for (;;) {
        enum godwit_status status = godwit_submit(g, op, 1, DEADLINE_US, callback, context);
        if (status == GODWIT_OK)
            return true;
        if (status == GODWIT_TOOBIG) {
            t->done++;
            t->too_big++;
            return false;
        }
        if (status != GODWIT_BUSY || !drain(g, t, godwit_outstanding(g))) {
            t->failed++;
            t->failure = status;
            return false;
        }
    }
}

static int summarize(const struct transfer *t, const struct bench_options *o, double seconds)
{
    bool loading = o->verb == BENCH_LOAD;

    printf("%s %llu records in %.2f s: %.0f/s, p50 %.1f us, p99 %.1f us", loading ? "loaded" : "checked",
           (unsigned long long)t->good, seconds, seconds > 0 ? (double)t->done / seconds : 0,
           (double)histogram_quantile(&t->latency, 0.5) / 1000,
           (double)histogram_quantile(&t->latency, 0.99) / 1000);
    printf("; skipped %llu larger than a datagram", (unsigned long long)t->too_big);
    if (!loading)
        printf("; %llu differed, %llu missing", (unsigned long long)t->differed,
               (unsigned long long)t->missing);
    if (t->failed)
        printf("; %llu failed, the last: %s", (unsigned long long)t->failed, godwit_status_name(t->failure));
    printf("\n");
    return t->failed || t->differed || t->missing || t->good == 0 ? BENCH_EXIT_FAILED : 0;
}

int records_load(struct godwit *g, const struct bench_options *o)
{
    static struct transfer t;
    struct records records;
    int more;

    if (!records_open(&records, o->from))
        return BENCH_EXIT_FAILED;
    progress_start(&t.progress, "load");
    uint64_t start = progress_clock_ns();
    bool good = true;
    while (good && (more = records_next(&records)) > 0) {
        struct godwit_op op = {.opcode = GODWIT_SET,
                               .key = records.key,
                               .key_len = records.key_len,
                               .value = records.value,
                               .value_len = records.value_len};
        submit(g, &t, &op, stored, &t);
        good = drain(g, &t, OUTSTANDING);
    }
    good = good && drain(g, &t, 1) && more == 0;
    records_close(&records);
    int status = summarize(&t, o, (double)(progress_clock_ns() - start) / 1e9);
    return good ? status : BENCH_EXIT_FAILED;
}

// A record asked for: what the answer must be.
struct expected {
    struct transfer *transfer;
    size_t length;
    char value[];
};

static void compare(void *context, const struct godwit_reply *reply)
{
    struct expected *e = context;
    enum godwit_status status = status_of(reply);

    count(e->transfer, status, reply->elapsed_us);
    if (status == GODWIT_OK &&
        (reply->results[0].value_len != e->length ||
         (e->length > 0 && memcmp(reply->results[0].value, e->value, e->length) != 0))) {
        e->transfer->good--;
        e->transfer->differed++;
    }
    free(e);
}

static void ask(struct godwit *g, const struct bench_options *o, struct transfer *t,
                const struct records *records)
{
    // As many as load skipped.
    if (NATIVE_HEADER_LEN + NATIVE_OP_LEN + records->key_len + records->value_len > o->datagram_max) {
        t->done++;
        t->too_big++;
        return;
    }
    struct expected *e = malloc(sizeof(*e) + records->value_len);

    if (!e) {
        t->failed++;
        t->failure = GODWIT_SYSTEM;
        return;
    }
    e->transfer = t;
    e->length = records->value_len;
    memcpy(e->value, records->value, e->length);
    struct godwit_op op = {.opcode = GODWIT_GET, .key = records->key, .key_len = records->key_len};
    if (!submit(g, t, &op, compare, e))
        free(e);
}

static uint64_t count_records(const char *path)
{
    struct records records;
    uint64_t n = 0;

    if (!records_open(&records, path))
        return 0;
    while (records_next(&records) > 0)
        n++;
    records_close(&records);
    return n;
}

int records_check(struct godwit *g, const struct bench_options *o)
{
    static struct transfer t;
    struct records records;
    uint64_t total, asked = 0;

    if (strcmp(o->from, "-") == 0) {
        fprintf(stderr, "godwit-bench: check reads its file twice; standard input will not do\n");
        return BENCH_EXIT_USAGE;
    }
    total = count_records(o->from);
    if (total == 0 || !records_open(&records, o->from))
        return BENCH_EXIT_FAILED;
    uint64_t sample = o->sample && o->sample < total ? o->sample : total;
    progress_start(&t.progress, "check");
    uint64_t start = progress_clock_ns();
    bool good = true;
    while (good && asked < sample && records_next(&records) > 0) {
        // Evenly spread: the k-th asked for is record k * total / sample.
        if (records.read - 1 < asked * total / sample)
            continue;
        asked++;
        ask(g, o, &t, &records);
        good = drain(g, &t, OUTSTANDING);
    }
    good = good && drain(g, &t, 1);
    records_close(&records);
    int status = summarize(&t, o, (double)(progress_clock_ns() - start) / 1e9);
    return good ? status : BENCH_EXIT_FAILED;
}
