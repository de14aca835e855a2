// SPDX-License-Identifier: BSD-3-Clause
#include "control/daemon/methods.h"

#include "control/daemon/clock.h"
#include "control/daemon/log.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

void daemon_apply(struct daemon *d)
{
    struct api_reply err;
    json_t *params = settings_params(d->settings, NULL, NULL);
    json_t *result = supervisor_call(&d->supervisor, "config.apply", params, &err);
    d->unapplied = !result && err.code == API_UNAVAILABLE;
    if (!result)
        log_line(LOG_LEVEL_WARNING, "settings not applied: %s", err.message);
    json_decref(params);
    json_decref(result);
}

// The data plane's own status, or what the supervisor knows of it.
static json_t *dataplane_status(struct daemon *d)
{
    struct supervisor *s = &d->supervisor;
    struct api_reply err;
    json_t *status = supervisor_call(s, "status", NULL, &err);
    if (!status) {
        const char *state = supervisor_state_name(s->state);
        status = json_pack("{s:s}", "state", s->state == SUPERVISOR_SERVING ? "unresponsive" : state);
        json_object_set_new(status, "reason", json_string(err.message));
    }
    json_object_set_new(status, "restarts", json_integer(s->restarts));
    return status;
}

static json_t *method_status(void *ctx, const json_t *params, struct api_reply *err)
{
    struct daemon *d = ctx;
    (void)params, (void)err;
    return json_pack("{s:s, s:i, s:I, s:o}", "version", GODWIT_VERSION, "pid", (int)getpid(), "uptime_ms",
                     (json_int_t)(clock_ms() - d->started), "dataplane", dataplane_status(d));
}

static json_t *method_version(void *ctx, const json_t *params, struct api_reply *err)
{
    (void)ctx, (void)params, (void)err;
    return json_pack("{s:s}", "version", GODWIT_VERSION);
}

static json_t *invalid(struct api_reply *err, const char *why)
{
    err->code = API_INVALID_PARAMS;
    snprintf(err->message, sizeof(err->message), "%s", why);
    return NULL;
}

static json_t *method_config_get(void *ctx, const json_t *params, struct api_reply *err)
{
    struct daemon *d = ctx;
    const json_t *key = json_object_get(params, "key");
    if (key && !json_is_string(key))
        return invalid(err, "\"key\" must be a string");
    return settings_get(d->settings, json_string_value(key), err);
}

// Applies first and stores then: a crash in between leaves the store as it was, and its values are applied
// again by the next daemon. What is not stored is taken back.
static json_t *method_config_set(void *ctx, const json_t *params, struct api_reply *err)
{
    struct daemon *d = ctx;
    const char *key = json_string_value(json_object_get(params, "key"));
    json_t *value = json_object_get(params, "value");
    if (!key || !value)
        return invalid(err, "\"key\" (a string) and \"value\" must be given");
    if (!settings_check(key, value, err))
        return NULL;
    bool serving = d->supervisor.state == SUPERVISOR_SERVING;
    if (serving) {
        json_t *change = settings_params(d->settings, key, value);
        json_t *applied = supervisor_call(&d->supervisor, "config.apply", change, err);
        json_decref(change);
        json_decref(applied);
        if (!applied) {
            // Unanswered is not undone: the stored values are sent again until they arrive.
            d->unapplied = err->code == API_UNAVAILABLE;
            return NULL;
        }
    }
    if (!settings_put(d->settings, key, value, err)) {
        if (serving)
            daemon_apply(d);
        return NULL;
    }
    log_line(LOG_LEVEL_INFO, "setting %s changed", key);
    return settings_get(d->settings, key, err);
}

static json_t *method_shutdown(void *ctx, const json_t *params, struct api_reply *err)
{
    struct daemon *d = ctx;
    (void)params, (void)err;
    d->stopping = true;
    return json_object();
}

#define PASSED_ON(function, method)                                                                          \
    static json_t *function(void *ctx, const json_t *params, struct api_reply *err)                          \
    {                                                                                                        \
        struct daemon *d = ctx;                                                                              \
        return supervisor_call(&d->supervisor, method, params, err);                                         \
    }

PASSED_ON(pass_port_show, "port.show")
PASSED_ON(pass_worker_show, "worker.show")
PASSED_ON(pass_stats, "stats")
PASSED_ON(pass_drops, "drops")

const struct api_method daemon_methods[] = {
    {"status", method_status},
    {"version", method_version},
    {"config.get", method_config_get},
    {"config.set", method_config_set},
    {"shutdown", method_shutdown},
    {"port.show", pass_port_show},
    {"worker.show", pass_worker_show},
    {"stats", pass_stats},
    {"drops", pass_drops},
    {NULL, NULL},
};
