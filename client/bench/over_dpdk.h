// SPDX-License-Identifier: BSD-3-Clause
// The verbs over a DPDK port.
#ifndef GODWIT_CLIENT_BENCH_OVER_DPDK_H
#define GODWIT_CLIENT_BENCH_OVER_DPDK_H

#include "client/bench/options.h"
#include "client/bench/result.h"
#include "client/godwit.h"

struct dpdk_port;

// Opens port and client. NULL, having said why.
struct godwit *over_dpdk_open(struct dpdk_port *p, const struct bench_options *o,
                              const struct godwit_options *options);
// Measures by the short path where the workload allows, else over the client. False, having said why.
bool over_dpdk_run(struct dpdk_port *p, struct godwit *g, const struct bench_options *o, struct result *r);

#endif
