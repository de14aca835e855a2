// SPDX-License-Identifier: BSD-3-Clause
#include "client/bench/progress.h"

#include <stdio.h>
#include <time.h>

uint64_t progress_clock_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

void progress_start(struct progress *p, const char *what)
{
    p->what = what;
    p->last_ns = progress_clock_ns();
    p->next_ns = p->last_ns + 1000000000u;
    p->last_done = 0;
    histogram_clear(&p->since);
}

void progress_show(struct progress *p, uint64_t now_ns, uint64_t done, uint64_t total)
{
    if (now_ns < p->next_ns)
        return;
    double rate = (double)(done - p->last_done) * 1e9 / (double)(now_ns - p->last_ns);
    fprintf(stderr, "%s: %llu", p->what, (unsigned long long)done);
    if (total)
        fprintf(stderr, " of %llu", (unsigned long long)total);
    fprintf(stderr, ", %.0f/s, p50 %.1f us, p99 %.1f us\n", rate,
            (double)histogram_quantile(&p->since, 0.5) / 1000,
            (double)histogram_quantile(&p->since, 0.99) / 1000);
    histogram_clear(&p->since);
    p->last_done = done;
    p->last_ns = now_ns;
    p->next_ns = now_ns + 1000000000u;
}
