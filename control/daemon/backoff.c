// SPDX-License-Identifier: BSD-3-Clause
#include "control/daemon/backoff.h"

uint32_t backoff_next(struct backoff *b, uint64_t healthy_ms)
{
    if (b->delay_ms < BACKOFF_MIN_MS || healthy_ms >= BACKOFF_HEALTHY_MS)
        b->delay_ms = BACKOFF_MIN_MS;
    uint32_t wait = b->delay_ms;
    b->delay_ms = wait * 2 < BACKOFF_MAX_MS ? wait * 2 : BACKOFF_MAX_MS;
    return wait;
}
