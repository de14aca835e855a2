// SPDX-License-Identifier: BSD-3-Clause
// DPDK's environment for one polling thread.
#ifndef GODWIT_CLIENT_BENCH_DPDK_EAL_H
#define GODWIT_CLIENT_BENCH_DPDK_EAL_H

#include <stdbool.h>

#include "client/bench/options.h"

// Pins the calling thread to the chosen core and starts DPDK; nothing is left on the file system. False,
// having said cause and remedy on standard error.
bool dpdk_start(const struct bench_options *o);

#endif
