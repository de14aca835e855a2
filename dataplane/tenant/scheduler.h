// SPDX-License-Identifier: BSD-3-Clause
// Which tenant runs next on one worker, the "hyb" rules: funded tenants take turns, one quantum each; if
// nobody with work is funded, the one with the least virtual CPU time goes first, so the core never idles
// while work waits. Pure; time (cycles) is an argument.
#ifndef GODWIT_DATAPLANE_TENANT_SCHEDULER_H
#define GODWIT_DATAPLANE_TENANT_SCHEDULER_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/tenant/budget.h"
#include "dataplane/tenant/staging.h"

#define SCHEDULER_TENANTS 64u // per worker, pseudo-tenants included
#define SCHEDULER_NOBODY  SCHEDULER_TENANTS
#define SCHEDULER_ENOUGH  64u // staged packets of a lone tenant beyond which receiving waits

struct scheduler {
    uint64_t backlogged; // bit t: tenant t has staged work
    uint64_t active;     // bit t: had work within the last millisecond; shares are divided among these
    uint64_t registered;
    uint64_t tsc_hz;
    uint64_t next_review;                  // time from which the active set may be reviewed again
    uint32_t turn;                         // tenant that had the last turn
    uint64_t last_work[SCHEDULER_TENANTS]; // end of the last quantum
    struct budget budgets[SCHEDULER_TENANTS];
    struct staging staging[SCHEDULER_TENANTS];
};

// No tenants yet. tsc_hz: cycles a second; now: cycles.
void scheduler_init(struct scheduler *s, uint64_t tsc_hz, uint64_t now);

// Registers tenant t (< SCHEDULER_TENANTS) with a weight (1..10000) and a quota of staged packets.
void scheduler_add(struct scheduler *s, uint32_t t, uint32_t weight, uint32_t quota, uint64_t now);

// Stages an entry for t. False when its quota is full. A tenant that had no work joins the others at their
// virtual time: no credit for having been idle.
bool scheduler_stage(struct scheduler *s, uint32_t t, uintptr_t entry, uint64_t now);

// The tenant to run now, or SCHEDULER_NOBODY. Its balance has been refilled.
uint32_t scheduler_pick(struct scheduler *s, uint64_t now);

// Takes up to max staged entries of t.
uint32_t scheduler_take(struct scheduler *s, uint32_t t, uintptr_t *entries, uint32_t max, uint64_t now);

// Books the cycles that t's quantum took.
static inline void scheduler_charge(struct scheduler *s, uint32_t t, uint64_t cycles)
{
    budget_charge(&s->budgets[t], cycles);
    s->last_work[t] += cycles;
}

// True when one tenant alone had work within the last millisecond: nobody waits for it.
static inline bool scheduler_alone(const struct scheduler *s)
{
    return (s->active & (s->active - 1)) == 0;
}

// True when there is nobody to protect by receiving more, and enough is staged: packets left in the port's
// queue cost nothing.
static inline bool scheduler_hold_receive(const struct scheduler *s)
{
    return s->active && scheduler_alone(s) && s->backlogged == s->active &&
           staging_backlog(&s->staging[__builtin_ctzll(s->active)]) >= SCHEDULER_ENOUGH;
}

#endif
