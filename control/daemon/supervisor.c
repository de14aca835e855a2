// SPDX-License-Identifier: BSD-3-Clause
#include "control/daemon/supervisor.h"

#include "control/daemon/clock.h"
#include "control/daemon/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PROBE_EVERY_MS   20
#define PROBE_TIMEOUT_MS 200
#define CALL_TIMEOUT_MS  1000
#define SILENCE_MS       1000
#define IDLE_MS          1000

const char *supervisor_state_name(enum supervisor_state state)
{
    static const char *const names[] = {"starting", "serving", "failed", "stopped"};
    return names[state];
}

static void fail(struct supervisor *s, uint64_t now, uint64_t healthy_ms)
{
    uint32_t wait = backoff_next(&s->backoff, healthy_ms);
    s->state = SUPERVISOR_FAILED;
    s->retry_at = now + wait;
    log_line(LOG_LEVEL_ERROR, "data plane: %s; starting it again in %u ms", s->reason, wait);
    s->changed(s->ctx);
}

void supervisor_start(struct supervisor *s, uint64_t now)
{
    s->since = now;
    s->silent_until = 0;
    int error = dataplane_attach(&s->process, s->socket);
    if (!error) {
        log_line(LOG_LEVEL_INFO, "data plane: attached to the running one, pid %d", s->process.pid);
        s->state = SUPERVISOR_STARTING;
        return;
    }
    error = dataplane_spawn(&s->process, s->program, s->config, s->latency_first);
    if (error) {
        snprintf(s->reason, sizeof(s->reason), "cannot start %.100s: %s", s->program, strerror(error));
        s->process = (struct dataplane){.pidfd = -1};
        fail(s, now, 0);
        return;
    }
    log_line(LOG_LEVEL_INFO, "data plane: started %s, pid %d", s->program, s->process.pid);
    s->state = SUPERVISOR_STARTING;
}

// Notices the end of the process.
static void check_ended(struct supervisor *s, uint64_t now)
{
    pid_t pid = s->process.pid;
    char how[100];
    if (!dataplane_has_ended(&s->process))
        return;
    dataplane_reap(&s->process, how, sizeof(how));
    snprintf(s->reason, sizeof(s->reason), "pid %d %s%s", pid, how,
             s->state == SUPERVISOR_STARTING ? " before it served" : "");
    fail(s, now, now - s->since);
}

static bool answers(const struct supervisor *s)
{
    struct api_reply err;
    json_t *status = api_call(s->socket, "status", NULL, PROBE_TIMEOUT_MS, &err);
    json_decref(status);
    return status != NULL;
}

int supervisor_tick(struct supervisor *s, uint64_t now)
{
    check_ended(s, now);
    if (s->state == SUPERVISOR_FAILED && now >= s->retry_at) {
        s->restarts++;
        supervisor_start(s, now);
    }
    if (s->state == SUPERVISOR_FAILED)
        return (int)(s->retry_at > now ? s->retry_at - now : 0);
    if (s->state != SUPERVISOR_STARTING)
        return IDLE_MS;
    if (!answers(s))
        return PROBE_EVERY_MS;
    s->state = SUPERVISOR_SERVING;
    log_line(LOG_LEVEL_INFO, "data plane: serving after %u ms", (unsigned)(clock_ms() - s->since));
    s->changed(s->ctx);
    return IDLE_MS;
}

void supervisor_stop(struct supervisor *s)
{
    s->state = SUPERVISOR_STOPPED;
    if (s->process.pidfd < 0)
        return;
    pid_t pid = s->process.pid;
    if (dataplane_end(&s->process))
        log_line(LOG_LEVEL_INFO, "data plane: pid %d stopped", pid);
    else
        log_line(LOG_LEVEL_WARNING, "data plane: pid %d did not stop in time and was killed", pid);
    if (unlink(s->socket) < 0 && errno != ENOENT)
        log_line(LOG_LEVEL_WARNING, "%s: cannot remove: %s", s->socket, strerror(errno));
}

static json_t *unavailable(const struct supervisor *s, uint64_t now, struct api_reply *err)
{
    err->code = API_UNAVAILABLE;
    if (s->state == SUPERVISOR_SERVING)
        snprintf(err->message, sizeof(err->message),
                 "the data plane (pid %d) does not answer; look at its log with 'journalctl -u godwitd', and "
                 "end it with 'kill %d' to have it started again",
                 s->process.pid, s->process.pid);
    else if (s->state == SUPERVISOR_FAILED)
        snprintf(err->message, sizeof(err->message),
                 "the data plane does not run: %s; it is started again in %u ms; look at its log with "
                 "'journalctl -u godwitd'",
                 s->reason, (unsigned)(s->retry_at > now ? s->retry_at - now : 0));
    else
        snprintf(err->message, sizeof(err->message), "the data plane is %s; try again in a moment",
                 supervisor_state_name(s->state));
    return NULL;
}

json_t *supervisor_call(struct supervisor *s, const char *method, const json_t *params, struct api_reply *err)
{
    uint64_t now = clock_ms();
    check_ended(s, now);
    if (s->state != SUPERVISOR_SERVING || now < s->silent_until)
        return unavailable(s, now, err);
    json_t *result = api_call(s->socket, method, json_incref((json_t *)params), CALL_TIMEOUT_MS, err);
    if (!result && err->code == API_UNAVAILABLE) {
        // Others must not wait a second each for the same silence.
        s->silent_until = clock_ms() + SILENCE_MS;
        return unavailable(s, now, err);
    }
    return result;
}
