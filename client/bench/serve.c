// SPDX-License-Identifier: BSD-3-Clause
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "client/bench/progress.h"
#include "client/bench/runner.h"

static bool wait_readable(int fd, uint64_t nanoseconds)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    struct timespec t = {.tv_sec = (time_t)(nanoseconds / 1000000000u),
                         .tv_nsec = (long)(nanoseconds % 1000000000u)};

    return ppoll(&p, 1, &t, NULL) >= 0 || errno == EINTR;
}

bool runner_serve(struct godwit *g, uint64_t wake_ns)
{
    int timeout_ms;

    // Send and look first: mostly there is something already.
    if (godwit_process(g) != GODWIT_OK) {
        fprintf(stderr, "godwit-bench: %s\n", godwit_error(g));
        return false;
    }
    if (godwit_fd(g) < 0 || (timeout_ms = godwit_timeout_ms(g)) == 0)
        return true;
    uint64_t now = progress_clock_ns();
    uint64_t wait = timeout_ms < 0 ? UINT64_MAX : (uint64_t)timeout_ms * 1000000u;
    if (wake_ns != UINT64_MAX)
        wait = wake_ns <= now ? 0 : wake_ns - now < wait ? wake_ns - now : wait;
    if (wait == 0 || wait == UINT64_MAX)
        return true;
    if (!wait_readable(godwit_fd(g), wait)) {
        fprintf(stderr, "godwit-bench: ppoll: %s\n", strerror(errno));
        return false;
    }
    return true;
}
