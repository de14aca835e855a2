// SPDX-License-Identifier: BSD-3-Clause
// How long to wait before a process that ended is started again. Pure.
#ifndef GODWIT_CONTROL_DAEMON_BACKOFF_H
#define GODWIT_CONTROL_DAEMON_BACKOFF_H

#include <stdint.h>

#define BACKOFF_MIN_MS     100u
#define BACKOFF_MAX_MS     5000u
#define BACKOFF_HEALTHY_MS 10000u

struct backoff {
    uint32_t delay_ms; // of the next wait; 0 at first
};

// Returns the wait in milliseconds after a run of healthy_ms: it doubles from BACKOFF_MIN_MS to
// BACKOFF_MAX_MS, and begins anew after a run of BACKOFF_HEALTHY_MS or more.
uint32_t backoff_next(struct backoff *b, uint64_t healthy_ms);

#endif
