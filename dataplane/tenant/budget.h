// SPDX-License-Identifier: BSD-3-Clause
// CPU-time budget of one tenant on one worker: a balance that refills at the tenant's share of the core, and
// a virtual time that orders whoever is out of balance. Pure integer arithmetic, no division, no atomic; one
// cache line, one owner.
#ifndef GODWIT_DATAPLANE_TENANT_BUDGET_H
#define GODWIT_DATAPLANE_TENANT_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

// All amounts are cycles of the worker's time stamp counter.
struct budget {
    int64_t balance;      // above 0: funded; never below -cap, never above cap
    int64_t cap;          // 100 us of the tenant's own share
    uint64_t vtime;       // virtual CPU time: cycles x 65536 / weight, wraps
    uint64_t last_refill; // time of the last refill
    uint32_t rate_q32;    // refill per cycle in units of 2^-32
    uint32_t inv_weight;  // 65536 / weight
    uint32_t weight;      // 1..10000
} __attribute__((aligned(64)));

_Static_assert(sizeof(struct budget) == 64, "one cache line");

// Unfunded, at virtual time 0, without a share (budget_set_share). weight: 1..10000. now: cycles.
void budget_init(struct budget *b, uint32_t weight, uint64_t now);

// The share changed: rate is weight/active of the fraction of the core that is shared out (15/16; the rest
// pays for work that nobody owns); the cap is 100 us of it. active: sum of the weights of the active tenants,
// this one included. tsc_hz: cycles a second. May divide: called when the set of active tenants changes, not
// per packet.
void budget_set_share(struct budget *b, uint64_t active, uint64_t tsc_hz);

// Credits the time since the last refill, up to the cap.
static inline void budget_refill(struct budget *b, uint64_t now)
{
    uint64_t elapsed = now - b->last_refill;

    if (elapsed > (1ull << 31)) // longer than any cap takes to fill; keeps the product within 64 bits
        elapsed = 1ull << 31;
    b->last_refill = now;
    b->balance += (int64_t)((elapsed * b->rate_q32) >> 32);
    if (b->balance > b->cap)
        b->balance = b->cap;
}

static inline bool budget_funded(const struct budget *b)
{
    return b->balance > 0;
}

// Books cycles: always against the virtual time, and against the balance down to a debt of one cap, so that
// one long step does not shut a tenant out for ever.
static inline void budget_charge(struct budget *b, uint64_t cycles)
{
    b->vtime += cycles * b->inv_weight;
    b->balance -= (int64_t)cycles;
    if (b->balance < -b->cap)
        b->balance = -b->cap;
}

#endif
