// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/tenant/scheduler.h"

#include <assert.h>
#include <string.h>

static inline uint64_t bit(uint32_t t)
{
    return 1ull << t;
}

// Virtual times wrap: earlier means less than half the range behind.
static inline bool earlier(uint64_t a, uint64_t b)
{
    return (int64_t)(a - b) < 0;
}

void scheduler_init(struct scheduler *s, uint64_t tsc_hz, uint64_t now)
{
    memset(s, 0, sizeof(*s));
    s->tsc_hz = tsc_hz;
    s->next_review = now;
}

void scheduler_add(struct scheduler *s, uint32_t t, uint32_t weight, uint32_t quota, uint64_t now)
{
    assert(t < SCHEDULER_TENANTS && !(s->registered & bit(t)));
    s->registered |= bit(t);
    budget_init(&s->budgets[t], weight, now);
    budget_set_share(&s->budgets[t], weight, s->tsc_hz);
    staging_init(&s->staging[t], quota);
}

static void divide_shares(struct scheduler *s)
{
    uint64_t weights = 0;

    for (uint64_t set = s->active; set; set &= set - 1)
        weights += s->budgets[__builtin_ctzll(set)].weight;
    for (uint64_t set = s->active; set; set &= set - 1)
        budget_set_share(&s->budgets[__builtin_ctzll(set)], weights, s->tsc_hz);
}

// Shares go only to tenants that use them: registered but idle ones are left out within a millisecond.
static void review_active(struct scheduler *s, uint64_t now)
{
    uint64_t active = s->backlogged;

    for (uint64_t set = s->active & ~s->backlogged; set; set &= set - 1) {
        uint32_t t = (uint32_t)__builtin_ctzll(set);
        if (now - s->last_work[t] < s->tsc_hz / 1000)
            active |= bit(t);
    }
    if (active != s->active) {
        s->active = active;
        divide_shares(s);
    }
    s->next_review = now + s->tsc_hz / 10000;
}

// A tenant that was idle joins the others at their virtual time.
static void forfeit_lag(struct scheduler *s, uint32_t t)
{
    struct budget *b = &s->budgets[t];
    uint64_t others = s->backlogged;

    if (others) {
        uint64_t least = s->budgets[__builtin_ctzll(others)].vtime;
        for (uint64_t set = others; set; set &= set - 1) {
            uint64_t vtime = s->budgets[__builtin_ctzll(set)].vtime;
            if (earlier(vtime, least))
                least = vtime;
        }
        if (earlier(b->vtime, least))
            b->vtime = least;
    }
}

bool scheduler_stage(struct scheduler *s, uint32_t t, uintptr_t entry, uint64_t now)
{
    if (!staging_put(&s->staging[t], entry))
        return false;
    if (!(s->backlogged & bit(t))) {
        if ((int64_t)(now - s->last_work[t]) > (int64_t)(s->tsc_hz / 200000))
            forfeit_lag(s, t);
        s->backlogged |= bit(t);
        if (!(s->active & bit(t)))
            s->next_review = now;
    }
    return true;
}

static uint32_t least_vtime(const struct scheduler *s)
{
    uint32_t best = (uint32_t)__builtin_ctzll(s->backlogged);

    for (uint64_t set = s->backlogged; set; set &= set - 1) {
        uint32_t t = (uint32_t)__builtin_ctzll(set);
        if (earlier(s->budgets[t].vtime, s->budgets[best].vtime))
            best = t;
    }
    return best;
}

uint32_t scheduler_pick(struct scheduler *s, uint64_t now)
{
    if (!s->backlogged)
        return SCHEDULER_NOBODY;
    if ((int64_t)(now - s->next_review) >= 0)
        review_active(s, now);

    // Tenants behind the last turn first, then from the start: round robin.
    uint64_t behind = s->turn + 1 < SCHEDULER_TENANTS ? s->backlogged & (~0ull << (s->turn + 1)) : 0;
    uint64_t rounds[2] = {behind, s->backlogged & ~behind};
    for (int round = 0; round < 2; round++)
        for (uint64_t set = rounds[round]; set; set &= set - 1) {
            uint32_t t = (uint32_t)__builtin_ctzll(set);
            budget_refill(&s->budgets[t], now);
            if (budget_funded(&s->budgets[t])) {
                s->turn = t;
                return t;
            }
        }
    return least_vtime(s);
}

uint32_t scheduler_take(struct scheduler *s, uint32_t t, uintptr_t *entries, uint32_t max, uint64_t now)
{
    uint32_t n = staging_take(&s->staging[t], entries, max);

    s->last_work[t] = now;
    if (staging_backlog(&s->staging[t]) == 0)
        s->backlogged &= ~bit(t);
    return n;
}
