// SPDX-License-Identifier: BSD-3-Clause
// godwit-bench's command line.
#ifndef GODWIT_CLIENT_BENCH_OPTIONS_H
#define GODWIT_CLIENT_BENCH_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "client/bench/distribution.h"
#include "client/bench/mix.h"

enum bench_verb { BENCH_RUN, BENCH_LOAD, BENCH_CHECK };

#define BENCH_EXIT_FAILED 1
#define BENCH_EXIT_USAGE  2

struct bench_options {
    enum bench_verb verb;
    const char *to;   // server address
    const char *dpdk; // NULL, or KIND:SOCKET
    unsigned lcore;   // core of the DPDK loop; UINT32_MAX: the last one allowed
    const char *local_ip, *peer_mac;
    unsigned clients, window;
    double rate; // requests a second; 0: closed loop
    enum distribution_kind distribution;
    double theta;
    const char *mix_name;
    struct mix mix;
    uint32_t keys, key_size, value_size;
    double duration, warmup; // seconds
    bool preload, verify, full_client;
    uint64_t seed;
    uint32_t deadline_us, tenant, datagram_max;
    const char *json;      // NULL, a file, or "-"
    const char *from;      // records of load and check
    const char *emit_pcap; // NULL: run
    uint64_t count, sample;
};

// Fills o; on a wrong or missing option says on stderr what is accepted. Returns -1 to go on, else the exit
// status (0 after --help).
int bench_options(struct bench_options *o, int argc, char **argv);

#endif
