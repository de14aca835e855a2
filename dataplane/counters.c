// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/counters.h"

#include <stddef.h>

const struct counter_info counter_infos[COUNTER_MAX] = {
    [COUNTER_NONE] = {NULL, COUNTER_COUNT, NULL},
#define COUNTER(name, kind, help) [CTR_##name] = {#name, COUNTER_##kind, help},
#include "dataplane/net/counters.def"
#include "dataplane/serve/counters.def"
#include "dataplane/store/counters.def"
#include "dataplane/tenant/counters.def"
#include "dataplane/worker_counters.def"
#undef COUNTER
};
