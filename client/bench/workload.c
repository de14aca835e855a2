// SPDX-License-Identifier: BSD-3-Clause
#include "client/bench/workload.h"

#include <math.h>

#include "client/core/random.h"

void workload_init(struct workload *w, const struct bench_options *options)
{
    w->options = options;
    w->random = options->seed;
    w->present = options->keys;
    distribution_init(&w->distribution, options->distribution, options->theta, options->keys);
}

void workload_next(struct workload *w, struct workload_step *step)
{
    step->kind = mix_next(&w->options->mix, &w->random);
    if (step->kind == MIX_INSERT)
        step->record = (uint32_t)w->present++;
    else
        step->record = (uint32_t)distribution_next(&w->distribution, &w->random, w->present);
    step->scan_keys = step->kind == MIX_SCAN ? 1 + (unsigned)random_below(&w->random, MIX_SCAN_MAX) : 0;
}

uint64_t workload_gap_ns(struct workload *w, double rate)
{
    return (uint64_t)(-log1p(-random_unit(&w->random)) * 1e9 / rate);
}
