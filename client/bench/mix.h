// SPDX-License-Identifier: BSD-3-Clause
// What the requests do: shares of each kind, by the names of YCSB's workloads. Pure.
#ifndef GODWIT_CLIENT_BENCH_MIX_H
#define GODWIT_CLIENT_BENCH_MIX_H

#include <stdbool.h>
#include <stdint.h>

enum mix_kind {
    MIX_READ,
    MIX_UPDATE, // SET of a present key
    MIX_INSERT, // SET of a new one
    MIX_SCAN,   // a page of at most MIX_SCAN_MAX keys
    MIX_MODIFY, // GET, then CAS with its version
    MIX_KINDS
};

#define MIX_SCAN_MAX 100u

struct mix {
    unsigned percent[MIX_KINDS]; // sum 100
    bool latest;                 // reads choose recent keys (workload D)
};

// name: "ycsb-a" ... "ycsb-f", "get", "set", or "G/S" percentages of reads and updates ("95/5"). False when
// it is none of them.
bool mix_by_name(const char *name, struct mix *mix);
enum mix_kind mix_next(const struct mix *mix, uint64_t *random);

#endif
