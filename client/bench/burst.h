// SPDX-License-Identifier: BSD-3-Clause
// The short path over DPDK: GETs and SETs from templates in bursts, closed or open loop, no retransmission.
// What it does not do is counted: a request without an answer within BURST_LOST_US is lost.
#ifndef GODWIT_CLIENT_BENCH_BURST_H
#define GODWIT_CLIENT_BENCH_BURST_H

#include <stdbool.h>

#include "client/bench/dpdk_port.h"
#include "client/bench/result.h"

#define BURST_LOST_US 50000u

// Whether the workload can go this way: reads and updates of even key sizes that fit a frame.
bool burst_can(const struct bench_options *o);
// Runs warm-up and duration. epoch: the server's. False when out of memory.
bool burst_run(struct dpdk_port *p, const struct bench_options *o, uint32_t epoch, struct result *r);

#endif
