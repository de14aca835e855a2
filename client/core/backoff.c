// SPDX-License-Identifier: BSD-3-Clause
#include "client/core/backoff.h"

#include "client/core/random.h"

void round_trip_sample(struct round_trip *rt, uint64_t elapsed_us)
{
    uint32_t r = elapsed_us > BACKOFF_TIMEOUT_MAX ? BACKOFF_TIMEOUT_MAX : (uint32_t)elapsed_us;

    if (rt->smoothed == 0) {
        rt->smoothed = r > 0 ? r : 1;
        rt->variation = r / 2;
        return;
    }
    uint32_t error = r > rt->smoothed ? r - rt->smoothed : rt->smoothed - r;
    rt->variation = rt->variation - rt->variation / 4 + error / 4;
    rt->smoothed = rt->smoothed - rt->smoothed / 8 + r / 8;
    if (rt->smoothed == 0)
        rt->smoothed = 1;
}

uint32_t round_trip_timeout(const struct round_trip *rt)
{
    if (rt->smoothed == 0)
        return BACKOFF_TIMEOUT_FIRST;
    uint64_t timeout = rt->smoothed + 4ull * rt->variation;
    if (timeout < BACKOFF_TIMEOUT_MIN)
        return BACKOFF_TIMEOUT_MIN;
    return timeout > BACKOFF_TIMEOUT_MAX ? BACKOFF_TIMEOUT_MAX : (uint32_t)timeout;
}

uint32_t backoff_jitter(uint64_t *random, unsigned attempt)
{
    uint64_t range = attempt > 20 ? BACKOFF_CAP : (uint64_t)BACKOFF_BASE << attempt;
    return (uint32_t)random_below(random, (range > BACKOFF_CAP ? BACKOFF_CAP : range) + 1);
}

void retry_budget_init(struct retry_budget *b, uint32_t share_permille, uint32_t burst)
{
    b->share = share_permille;
    b->limit = burst * 1000;
    b->tokens = b->limit;
    b->trickled = 0;
}

static void add(struct retry_budget *b, uint64_t tokens)
{
    b->tokens = b->limit - b->tokens < tokens ? b->limit : b->tokens + (uint32_t)tokens;
}

void retry_budget_earn(struct retry_budget *b)
{
    add(b, b->share);
}

bool retry_budget_take(struct retry_budget *b, uint64_t now)
{
    uint64_t trickle = (now - b->trickled) * BACKOFF_RETRIES_A_SECOND / 1000;

    if (trickle > 0) {
        b->trickled = now;
        add(b, trickle);
    }
    if (b->tokens < 1000)
        return false;
    b->tokens -= 1000;
    return true;
}
