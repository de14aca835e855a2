// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/net/limiter.h"

#define MESSAGE_MILLI 1000u

static uint32_t full(const struct net_limiter *l)
{
    uint64_t milli = (uint64_t)l->burst * MESSAGE_MILLI;
    return milli > UINT32_MAX ? UINT32_MAX : (uint32_t)milli;
}

void net_limiter_init(struct net_limiter *l, uint32_t rate, uint32_t burst, uint64_t now_ms)
{
    *l = (struct net_limiter){.updated_ms = now_ms, .rate = rate, .burst = burst};
    l->tokens_milli = full(l);
}

// rate messages a second are rate thousandths a millisecond.
static void refill(struct net_limiter *l, uint64_t now_ms)
{
    if (now_ms <= l->updated_ms)
        return;
    uint64_t elapsed = now_ms - l->updated_ms, missing = full(l) - l->tokens_milli, earned;
    l->updated_ms = now_ms;
    if (__builtin_mul_overflow(elapsed, (uint64_t)l->rate, &earned) || earned > missing)
        earned = missing;
    l->tokens_milli += (uint32_t)earned;
}

bool net_limiter_take(struct net_limiter *l, uint64_t now_ms)
{
    refill(l, now_ms);
    if (l->tokens_milli < MESSAGE_MILLI)
        return false;
    l->tokens_milli -= MESSAGE_MILLI;
    return true;
}
