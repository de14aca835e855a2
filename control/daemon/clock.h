// SPDX-License-Identifier: BSD-3-Clause
#ifndef GODWIT_CONTROL_DAEMON_CLOCK_H
#define GODWIT_CONTROL_DAEMON_CLOCK_H

#include <stdint.h>
#include <time.h>

// Milliseconds that never go back.
static inline uint64_t clock_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

#endif
