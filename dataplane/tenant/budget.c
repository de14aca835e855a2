// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/tenant/budget.h"

#include <assert.h>

void budget_init(struct budget *b, uint32_t weight, uint64_t now)
{
    assert(weight >= 1 && weight <= 10000);
    *b = (struct budget){.weight = weight, .inv_weight = 65536u / weight, .last_refill = now};
}

void budget_set_share(struct budget *b, uint64_t active, uint64_t tsc_hz)
{
    assert(active >= b->weight);
    uint64_t shared_q32 = (15ull << 32) / 16;
    b->rate_q32 = (uint32_t)(shared_q32 * b->weight / active);
    b->cap = (int64_t)(((tsc_hz / 10000) * (uint64_t)b->rate_q32) >> 32);
    if (b->balance > b->cap)
        b->balance = b->cap;
    if (b->balance < -b->cap)
        b->balance = -b->cap;
}
