// SPDX-License-Identifier: BSD-3-Clause
// The measured loop over the client library.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/bench/content.h"
#include "client/bench/progress.h"
#include "client/bench/runner.h"
#include "client/bench/workload.h"
#include "client/core/engine.h"

#define SCANS   64u // cursors in use at once
#define LATE_NS 1000000u

// A request in the air: taken from a pool, so that nothing is allocated while measuring.
struct flight {
    struct run *run;
    struct flight *next_free;
    uint64_t due_ns; // when it should have been sent
    uint32_t record;
    enum mix_kind kind;
};

struct run {
    struct godwit *g;
    const struct bench_options *o;
    struct result *result;
    struct workload workload;
    struct progress progress;
    struct flight *flights, *free_flights;
    uint64_t cursors[SCANS];
    uint64_t next_due_ns; // open loop
    uint64_t begin_ns, end_ns;
    uint64_t give_up_ns; // open loop: what is still not sent then is counted instead
    uint64_t done;
    unsigned next_cursor;
    bool failed;
};

static void release(struct flight *f)
{
    f->next_free = f->run->free_flights;
    f->run->free_flights = f;
}

static void finish(struct flight *f, enum godwit_status status)
{
    struct run *run = f->run;
    uint64_t now = progress_clock_ns(), latency = now - f->due_ns;

    run->done++;
    histogram_record(&run->progress.since, latency);
    // Belongs to the measurement when it was due in it: the end must not favour quick answers.
    if (f->due_ns >= run->begin_ns && f->due_ns < run->end_ns)
        result_record(run->result, status, latency);
    release(f);
}

static void verify(struct run *run, const struct flight *f, const struct godwit_result *result)
{
    if (!run->o->verify || result->status != GODWIT_OK)
        return;
    run->result->verified++;
    if (result->value_len != run->o->value_size ||
        !content_matches(result->value, run->o->value_size, f->record))
        run->result->mismatches++;
}

static void done(void *context, const struct godwit_reply *reply)
{
    struct flight *f = context;
    enum godwit_status status = reply->status;

    if (status == GODWIT_OK) {
        status = reply->results[0].status;
        if (f->kind == MIX_READ)
            verify(f->run, f, &reply->results[0]);
    }
    finish(f, status);
}

static void scanned(void *context, const struct godwit_reply *reply)
{
    struct flight *f = context;
    uint64_t *cursor = &f->run->cursors[f->record];

    // The page begins with the next cursor.
    if (reply->status == GODWIT_OK && reply->results[0].value_len >= sizeof(*cursor))
        memcpy(cursor, reply->results[0].value, sizeof(*cursor));
    done(f, reply);
}

static enum godwit_status submit(struct run *run, const struct godwit_op *op, godwit_callback callback,
                                 struct flight *f)
{
    enum godwit_status status = godwit_submit(run->g, op, 1, run->o->deadline_us, callback, f);

    if (status != GODWIT_OK && status != GODWIT_BUSY) {
        fprintf(stderr, "godwit-bench: %s\n", godwit_error(run->g));
        run->failed = true;
    }
    return status;
}

static void modify(void *context, const struct godwit_reply *reply)
{
    struct flight *f = context;
    struct run *run = f->run;
    uint8_t key[CONTENT_KEY_MAX], value[NATIVE_DATAGRAM_MAX];

    if (reply->status != GODWIT_OK) {
        finish(f, reply->status);
        return;
    }
    verify(run, f, &reply->results[0]);
    content_key(key, run->o->key_size, f->record);
    content_value(value, run->o->value_size, f->record);
    struct godwit_op op = {.opcode = GODWIT_CAS,
                           .key = key,
                           .key_len = run->o->key_size,
                           .value = value,
                           .value_len = run->o->value_size,
                           .number = reply->results[0].status == GODWIT_OK ? reply->results[0].number : 0};
    enum godwit_status status = submit(run, &op, done, f);
    if (status != GODWIT_OK)
        finish(f, status);
}

static enum godwit_status send_record(struct run *run, struct flight *f)
{
    uint8_t key[CONTENT_KEY_MAX], value[NATIVE_DATAGRAM_MAX];
    struct godwit_op op = {.opcode = GODWIT_GET, .key = key, .key_len = run->o->key_size};

    content_key(key, run->o->key_size, f->record);
    if (f->kind == MIX_UPDATE || f->kind == MIX_INSERT) {
        content_value(value, run->o->value_size, f->record);
        op.opcode = GODWIT_SET;
        op.value = value;
        op.value_len = run->o->value_size;
    }
    return submit(run, &op, f->kind == MIX_MODIFY ? modify : done, f);
}

static enum godwit_status send_scan(struct run *run, struct flight *f, unsigned keys)
{
    f->record = run->next_cursor++ % SCANS;
    struct godwit_op op = {
        .opcode = GODWIT_SCAN, .key = &run->cursors[f->record], .key_len = 8, .number = keys};
    return submit(run, &op, scanned, f);
}

// False when it could not be sent now; the step is then lost, which does not change the distribution.
static bool send_next(struct run *run, uint64_t due_ns)
{
    struct workload_step step;
    struct flight *f = run->free_flights;

    if (!f)
        return false;
    workload_next(&run->workload, &step);
    f->kind = step.kind;
    f->record = step.record;
    f->due_ns = due_ns;
    run->free_flights = f->next_free;
    enum godwit_status status =
        step.kind == MIX_SCAN ? send_scan(run, f, step.scan_keys) : send_record(run, f);
    if (status == GODWIT_OK)
        return true;
    release(f);
    return false;
}

static void send_closed(struct run *run, uint64_t now)
{
    while (now < run->end_ns && godwit_outstanding(run->g) < run->o->clients * run->o->window &&
           send_next(run, now))
        now = progress_clock_ns();
}

static void send_open(struct run *run, uint64_t now)
{
    while (run->next_due_ns <= now && run->next_due_ns < run->end_ns && now < run->give_up_ns) {
        if (!send_next(run, run->next_due_ns))
            break;
        if (run->next_due_ns >= run->begin_ns && now > run->next_due_ns + LATE_NS)
            run->result->behind++;
        run->next_due_ns += workload_gap_ns(&run->workload, run->o->rate);
    }
}

static bool still_due(const struct run *run, uint64_t now)
{
    return run->o->rate > 0 && run->next_due_ns < run->end_ns && now < run->give_up_ns;
}

static void count_unsent(struct run *run)
{
    for (; run->o->rate > 0 && run->next_due_ns < run->end_ns; run->result->unsent++)
        run->next_due_ns += workload_gap_ns(&run->workload, run->o->rate);
}

static bool loop(struct run *run)
{
    for (;;) {
        uint64_t now = progress_clock_ns();
        if (run->o->rate > 0)
            send_open(run, now);
        else
            send_closed(run, now);
        if (run->failed)
            return false;
        if (now >= run->end_ns && godwit_outstanding(run->g) == 0 && !still_due(run, now))
            return true;
        uint64_t wake = still_due(run, now) ? run->next_due_ns : UINT64_MAX;
        if (!runner_serve(run->g, wake))
            return false;
        progress_show(&run->progress, now, run->done, 0);
    }
}

static bool make_flights(struct run *run)
{
    unsigned n = ENGINE_SESSIONS_MAX * ENGINE_WINDOW;

    run->flights = calloc(n, sizeof(*run->flights));
    if (!run->flights) {
        fprintf(stderr, "godwit-bench: out of memory\n");
        return false;
    }
    for (unsigned i = 0; i < n; i++) {
        run->flights[i].run = run;
        release(&run->flights[i]);
    }
    return true;
}

bool runner_run(struct godwit *g, const struct bench_options *o, struct result *r)
{
    static struct run run;
    struct godwit_stats before, after;

    run = (struct run){.g = g, .o = o, .result = r};
    if (!make_flights(&run))
        return false;
    workload_init(&run.workload, o);
    godwit_stats(g, &before);
    progress_start(&run.progress, o->mix_name);
    uint64_t now = progress_clock_ns();
    run.next_due_ns = now;
    run.begin_ns = now + (uint64_t)(o->warmup * 1e9);
    run.end_ns = run.begin_ns + (uint64_t)(o->duration * 1e9);
    run.give_up_ns = run.end_ns + (uint64_t)(o->duration * 1e9);
    bool good = loop(&run);
    count_unsent(&run);
    godwit_stats(g, &after);
    r->seconds = o->duration;
    r->retransmissions = after.retransmissions - before.retransmissions;
    free(run.flights);
    return good;
}
