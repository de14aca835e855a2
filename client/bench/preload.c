// SPDX-License-Identifier: BSD-3-Clause
#include <stdio.h>

#include "client/bench/content.h"
#include "client/bench/progress.h"
#include "client/bench/runner.h"

#define OUTSTANDING 256u

struct preload {
    struct progress progress;
    uint64_t done, failed;
    enum godwit_status failure;
};

static void stored(void *context, const struct godwit_reply *reply)
{
    struct preload *p = context;
    enum godwit_status status = reply->status == GODWIT_OK ? reply->results[0].status : reply->status;

    p->done++;
    histogram_record(&p->progress.since, reply->elapsed_us * 1000);
    if (status != GODWIT_OK) {
        p->failed++;
        p->failure = status;
    }
}

static enum godwit_status store(struct godwit *g, const struct bench_options *o, uint32_t record,
                                struct preload *p)
{
    uint8_t key[CONTENT_KEY_MAX], value[65536];
    struct godwit_op op = {
        .opcode = GODWIT_SET, .key = key, .key_len = o->key_size, .value = value, .value_len = o->value_size};

    content_key(key, o->key_size, record);
    content_value(value, o->value_size, record);
    return godwit_submit(g, &op, 1, 10000000, stored, p);
}

bool runner_preload(struct godwit *g, const struct bench_options *o)
{
    static struct preload p;
    uint32_t next = 0;

    p = (struct preload){0};
    progress_start(&p.progress, "preload");
    while (p.done < o->keys) {
        enum godwit_status status = GODWIT_OK;
        while (next < o->keys && godwit_outstanding(g) < OUTSTANDING && status == GODWIT_OK) {
            status = store(g, o, next, &p);
            next += status == GODWIT_OK;
        }
        if (status != GODWIT_OK && status != GODWIT_BUSY) {
            fprintf(stderr, "godwit-bench: preload: %s\n", godwit_error(g));
            return false;
        }
        if (!runner_serve(g, UINT64_MAX))
            return false;
        progress_show(&p.progress, progress_clock_ns(), p.done, o->keys);
        if (p.failed == p.done && p.failed > 1000)
            break;
    }
    if (p.failed)
        fprintf(stderr, "godwit-bench: preload: %llu of %llu records could not be stored, the last: %s\n",
                (unsigned long long)p.failed, (unsigned long long)p.done, godwit_status_name(p.failure));
    return p.failed == 0;
}
