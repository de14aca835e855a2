// SPDX-License-Identifier: BSD-3-Clause
// Every counter of the data plane, declared once: the lists in the *.def files name them, and CLI, JSON and
// OpenMetrics print the same names. A worker owns one array of them; other threads read it with relaxed
// loads.
#ifndef GODWIT_DATAPLANE_COUNTERS_H
#define GODWIT_DATAPLANE_COUNTERS_H

#include <stdint.h>

// KIND: DROP (a packet or request went no further), ERROR (answered with an error), COUNT (anything else).
enum counter_kind { COUNTER_DROP, COUNTER_ERROR, COUNTER_COUNT };

enum counter {
    COUNTER_NONE = 0, // "no drop": never counted
#define COUNTER(name, kind, help) CTR_##name,
#include "dataplane/net/counters.def"
#include "dataplane/serve/counters.def"
#include "dataplane/store/counters.def"
#include "dataplane/tenant/counters.def"
#include "dataplane/worker_counters.def"
#undef COUNTER
    COUNTER_MAX
};

struct counter_info {
    const char *name; // lower case, stable: ip4_bad_checksum
    enum counter_kind kind;
    const char *help;
};

// info of CTR_x, indexed by enum counter; entry 0 has a NULL name.
extern const struct counter_info counter_infos[COUNTER_MAX];

#endif
