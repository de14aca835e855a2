// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/idle.h"

#include <rte_pause.h>
#include <sys/prctl.h>
#include <time.h>

#define SPIN_US        50u     // polls back to back this long
#define PAUSE_US       2000u   // then pauses between polls, until this long
#define SLEEP_MIN_NS   50000u  // then sleeps, twice as long each time,
#define SLEEP_MAX_NS   850000u // up to this: the longest that a first packet waits
#define PAUSES         16u
#define TIMER_SLACK_NS 1000u

void idle_init(struct worker *w)
{
    prctl(PR_SET_TIMERSLACK, TIMER_SLACK_NS, 0, 0, 0);
    w->idle_since = w->now_tsc;
    w->sleep_ns = SLEEP_MIN_NS;
}

static void enter(struct worker *w, enum worker_state state)
{
    if (w->state != state)
        __atomic_store_n(&w->state, state, __ATOMIC_RELAXED);
}

void idle_reset(struct worker *w)
{
    w->idle_since = w->now_tsc;
    w->sleep_ns = SLEEP_MIN_NS;
    enter(w, WORKER_POLLING);
}

static void sleep_once(struct worker *w)
{
    struct timespec length = {.tv_nsec = (long)w->sleep_ns};

    enter(w, WORKER_SLEEPING);
    count(w, CTR_sleeps);
    nanosleep(&length, NULL);
    w->sleep_ns = w->sleep_ns * 2 > SLEEP_MAX_NS ? SLEEP_MAX_NS : w->sleep_ns * 2;
}

void idle_wait(struct worker *w)
{
    uint64_t idle_us = (w->now_tsc - w->idle_since) / (w->node->tsc_hz / 1000000);

    if (idle_us < SPIN_US)
        return;
    if (idle_us < PAUSE_US || SETTING(&w->node->settings, latency_first)) {
        enter(w, WORKER_PAUSING);
        for (unsigned i = 0; i < PAUSES; i++)
            rte_pause();
        return;
    }
    sleep_once(w);
}
