// SPDX-License-Identifier: BSD-3-Clause
// What may change while the workers run. The housekeeping thread stores, workers load; each field stands
// alone, so plain relaxed accesses suffice.
#ifndef GODWIT_DATAPLANE_SETTINGS_H
#define GODWIT_DATAPLANE_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

struct settings {
    uint32_t max_value_bytes;
    uint32_t quantum_us;
    bool latency_first;
    bool diagnostics;
} __attribute__((aligned(64)));

#define SETTING(settings, field)            __atomic_load_n(&(settings)->field, __ATOMIC_RELAXED)
#define SET_SETTING(settings, field, value) __atomic_store_n(&(settings)->field, value, __ATOMIC_RELAXED)

#endif
