// SPDX-License-Identifier: BSD-3-Clause
#include "client/bench/over_dpdk.h"

#include <stdio.h>

#include "client/bench/burst.h"
#include "client/bench/dpdk_port.h"
#include "client/bench/dpdk_transport.h"
#include "client/bench/runner.h"

struct godwit *over_dpdk_open(struct dpdk_port *p, const struct bench_options *o,
                              const struct godwit_options *options)
{
    struct godwit_options ours = *options;
    char error[256];

    if (ours.datagram_max > DPDK_DATAGRAM_MAX)
        ours.datagram_max = DPDK_DATAGRAM_MAX;
    if (!dpdk_open(p, o))
        return NULL;
    struct godwit *g = client_open(&dpdk_transport, p, &ours, error, sizeof(error));
    if (!g)
        fprintf(stderr, "godwit-bench: %s\n", error);
    return g;
}

// The first answer brings the server's epoch, which the short path's writes need.
static bool learn_epoch(struct godwit *g)
{
    const void *value;
    size_t length;
    enum godwit_status status = godwit_get(g, "epoch", 5, &value, &length, NULL);

    if (status == GODWIT_OK || status == GODWIT_NOT_FOUND)
        return true;
    fprintf(stderr, "godwit-bench: %s\n", godwit_error(g));
    return false;
}

bool over_dpdk_run(struct dpdk_port *p, struct godwit *g, const struct bench_options *o, struct result *r)
{
    r->transport = p->name;
    if (o->full_client || !burst_can(o))
        return runner_run(g, o, r);
    return learn_epoch(g) && burst_run(p, o, g->engine->epoch, r);
}
