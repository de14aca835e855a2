// SPDX-License-Identifier: BSD-3-Clause
// Drives a client object: the loops of run, preload, load and check.
#ifndef GODWIT_CLIENT_BENCH_RUNNER_H
#define GODWIT_CLIENT_BENCH_RUNNER_H

#include "client/bench/options.h"
#include "client/bench/result.h"
#include "client/godwit.h"

// Waits until the client has something to do or wake_ns (progress_clock_ns; UINT64_MAX: no such time) comes,
// then serves it. Returns false, having said why on standard error, when the transport failed.
bool runner_serve(struct godwit *g, uint64_t wake_ns);

// Stores all records (--preload). False, having said why, when some could not be stored.
bool runner_preload(struct godwit *g, const struct bench_options *o);

// Closed or open loop for warm-up and duration; fills r. False when the transport failed.
bool runner_run(struct godwit *g, const struct bench_options *o, struct result *r);

// The verbs load and check. Exit status.
int records_load(struct godwit *g, const struct bench_options *o);
int records_check(struct godwit *g, const struct bench_options *o);

#endif
