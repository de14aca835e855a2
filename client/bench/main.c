// SPDX-License-Identifier: BSD-3-Clause
// godwit-bench: load generator of the native protocol.
#include <stdio.h>
#include <stdlib.h>

#include "client/bench/options.h"
#include "client/bench/result.h"
#include "client/bench/runner.h"
#include "client/core/engine.h"

static unsigned sessions_of(const struct bench_options *o)
{
    // Half a window each, so that one late answer does not stop its session; an open loop may fall far
    // behind.
    unsigned n = o->rate > 0 ? ENGINE_SESSIONS_MAX : o->clients * o->window * 2 / ENGINE_WINDOW;

    if (n < o->clients)
        n = o->clients;
    return n > ENGINE_SESSIONS_MAX ? ENGINE_SESSIONS_MAX : n;
}

static struct godwit_options client_options(const struct bench_options *o)
{
    return (struct godwit_options){
        .tenant = o->tenant,
        .sessions = sessions_of(o),
        .deadline_us = o->deadline_us,
        .datagram_max = o->datagram_max,
    };
}

static int run(struct godwit *g, const struct bench_options *o, const char *transport)
{
    static struct result result;

    result.transport = transport;
    if (o->preload && !runner_preload(g, o))
        return BENCH_EXIT_FAILED;
    if (!runner_run(g, o, &result))
        return BENCH_EXIT_FAILED;
    return result_report(&result, o);
}

static int dispatch(struct godwit *g, const struct bench_options *o, const char *transport)
{
    switch (o->verb) {
    case BENCH_LOAD:
        return records_load(g, o);
    case BENCH_CHECK:
        return records_check(g, o);
    default:
        return run(g, o, transport);
    }
}

static int over_kernel(const struct bench_options *o)
{
    char error[256];
    struct godwit_options options = client_options(o);
    struct godwit *g = godwit_open(o->to, &options, error, sizeof(error));

    if (!g) {
        fprintf(stderr, "godwit-bench: %s\n", error);
        return BENCH_EXIT_FAILED;
    }
    int status = dispatch(g, o, "kernel UDP");
    godwit_close(g);
    return status;
}

int main(int argc, char **argv)
{
    struct bench_options o;
    int status = bench_options(&o, argc, argv);

    if (status >= 0)
        return status;
    return over_kernel(&o);
}
