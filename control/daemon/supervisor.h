// SPDX-License-Identifier: BSD-3-Clause
// Keeps one data plane serving: attaches to a running one or starts one, starts it again with a growing delay
// when it ends, and carries calls to it. Times are clock_ms().
#ifndef GODWIT_CONTROL_DAEMON_SUPERVISOR_H
#define GODWIT_CONTROL_DAEMON_SUPERVISOR_H

#include "control/api/api.h"
#include "control/daemon/backoff.h"
#include "control/daemon/dataplane.h"

#include <stdint.h>

enum supervisor_state {
    SUPERVISOR_STARTING, // the process runs, it does not answer yet
    SUPERVISOR_SERVING,
    SUPERVISOR_FAILED, // ended or could not be started; waits for retry_at
    SUPERVISOR_STOPPED,
};

struct supervisor {
    const char *program;        // path, or name to look up in PATH
    const char *config;         // file
    bool latency_first;         // start the data plane with that option
    const char *socket;         // of the data plane
    void (*changed)(void *ctx); // called when it becomes SERVING or FAILED
    void *ctx;

    enum supervisor_state state;
    struct dataplane process;
    struct backoff backoff;
    uint64_t since;        // when the process was started or found
    uint64_t retry_at;     // FAILED
    uint64_t silent_until; // SERVING: it left a call unanswered, none is tried before
    unsigned restarts;
    char reason[160]; // of the last end, "" when there was none
};

// Attaches or starts. `s` has its first six members set.
void supervisor_start(struct supervisor *s, uint64_t now);
// Does what is due and returns after how many milliseconds to call again, or earlier when process.pidfd
// becomes readable.
int supervisor_tick(struct supervisor *s, uint64_t now);
// Ends the data plane for good and removes its socket. Blocks for up to 7 s.
void supervisor_stop(struct supervisor *s);

// Calls the data plane, waiting a second at most. Returns as api_call; API_UNAVAILABLE says what to do.
json_t *supervisor_call(struct supervisor *s, const char *method, const json_t *params,
                        struct api_reply *err);
const char *supervisor_state_name(enum supervisor_state state);

#endif
