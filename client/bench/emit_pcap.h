// SPDX-License-Identifier: BSD-3-Clause
// --emit-pcap: the requests of a run as a capture file, without a server.
#ifndef GODWIT_CLIENT_BENCH_EMIT_PCAP_H
#define GODWIT_CLIENT_BENCH_EMIT_PCAP_H

#include "client/bench/options.h"

// Writes o->count requests of the workload, a microsecond apart, from 198.18.0.1 (or --local-ip) to
// 198.18.0.2 (or --to). Epoch 0, request ids rising by one. Exit status.
int emit_pcap(const struct bench_options *o);

#endif
