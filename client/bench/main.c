// SPDX-License-Identifier: BSD-3-Clause
// godwit-bench: load generator of the native protocol.
#include <stdio.h>
#include <stdlib.h>

#include "client/bench/dpdk_port.h"
#include "client/bench/emit_pcap.h"
#include "client/bench/options.h"
#include "client/bench/over_dpdk.h"
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

// port: NULL over the kernel.
static int run(struct godwit *g, const struct bench_options *o, struct dpdk_port *port)
{
    static struct result result;

    if (o->preload && !runner_preload(g, o))
        return BENCH_EXIT_FAILED;
    result.transport = "kernel UDP";
    if (!(port ? over_dpdk_run(port, g, o, &result) : runner_run(g, o, &result)))
        return BENCH_EXIT_FAILED;
    return result_report(&result, o);
}

static int dispatch(struct godwit *g, const struct bench_options *o, struct dpdk_port *port)
{
    switch (o->verb) {
    case BENCH_LOAD:
        return records_load(g, o);
    case BENCH_CHECK:
        return records_check(g, o);
    default:
        return run(g, o, port);
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
    int status = dispatch(g, o, NULL);
    godwit_close(g);
    return status;
}

static int over_dpdk(const struct bench_options *o)
{
    static struct dpdk_port port;
    struct godwit_options options = client_options(o);
    struct godwit *g = over_dpdk_open(&port, o, &options);

    if (!g)
        return BENCH_EXIT_FAILED;
    int status = dispatch(g, o, &port);
    godwit_close(g);
    dpdk_close(&port);
    return status;
}

int main(int argc, char **argv)
{
    struct bench_options o;
    int status = bench_options(&o, argc, argv);

    if (status >= 0)
        return status;
    if (o.emit_pcap)
        return emit_pcap(&o);
    return o.dpdk ? over_dpdk(&o) : over_kernel(&o);
}
