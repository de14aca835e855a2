// SPDX-License-Identifier: BSD-3-Clause
#include "control/daemon/settings.h"

#include "control/config/fault.h"
#include "control/config/nearest.h"
#include "control/daemon/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "setting/" // of our keys in the store

static const struct runtime_key {
    const char *key;
    bool number; // else a boolean
    uint64_t min, max;
} runtime_keys[] = {
    {"latency_first", false, 0, 0},
    {"max_value_bytes", true, CONFIG_VALUE_BYTES_MIN, CONFIG_VALUE_BYTES_MAX},
    {"quantum_us", true, 1, CONFIG_QUANTUM_US_MAX},
    {"diagnostics", false, 0, 0},
};
#define RUNTIME_KEYS (sizeof(runtime_keys) / sizeof(runtime_keys[0]))

struct settings {
    const struct config *config;
    struct kv *store;
    json_t *values[RUNTIME_KEYS]; // set at run time, or NULL
};

static int runtime_index(const char *key)
{
    for (unsigned i = 0; i < RUNTIME_KEYS; i++)
        if (!strcmp(runtime_keys[i].key, key))
            return (int)i;
    return -1;
}

static bool in_range(const struct runtime_key *k, const json_t *value)
{
    if (!k->number)
        return json_is_boolean(value);
    json_int_t n = json_integer_value(value);
    return json_is_integer(value) && n >= (json_int_t)k->min && n <= (json_int_t)k->max;
}

static void load(struct settings *s, unsigned i)
{
    char name[64];
    snprintf(name, sizeof(name), PREFIX "%s", runtime_keys[i].key);
    char *text = kv_get(s->store, name);
    if (!text)
        return;
    json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
    if (value && in_range(&runtime_keys[i], value)) {
        s->values[i] = value;
    } else {
        log_line(LOG_LEVEL_WARNING, "stored setting %s has the value %s, which is not accepted: ignored",
                 runtime_keys[i].key, text);
        json_decref(value);
    }
    free(text);
}

struct settings *settings_open(const struct config *config, struct kv *store)
{
    struct settings *s = calloc(1, sizeof(*s));
    if (!s)
        return NULL;
    s->config = config;
    s->store = store;
    for (unsigned i = 0; i < RUNTIME_KEYS; i++)
        load(s, i);
    return s;
}

void settings_close(struct settings *s)
{
    for (unsigned i = 0; s && i < RUNTIME_KEYS; i++)
        json_decref(s->values[i]);
    free(s);
}

static json_t *cores_value(const struct config *c)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < c->cores_count; i++)
        json_array_append_new(list, json_integer(c->cores[i]));
    return list;
}

// The value of a key by the command line or the file, or its default.
static json_t *file_value(const struct config *c, const char *key)
{
    static const char *const hugepages[] = {"auto", "required", "never"};
    const struct {
        const char *key;
        uint64_t value;
    } numbers[] = {
        {"workers", c->workers}, {"memory_mb", c->memory_mb},   {"max_value_bytes", c->max_value_bytes},
        {"buffers", c->buffers}, {"quantum_us", c->quantum_us},
    };
    for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        if (!strcmp(numbers[i].key, key))
            return json_integer((json_int_t)numbers[i].value);
    if (!strcmp(key, "latency_first"))
        return json_boolean(c->latency_first);
    if (!strcmp(key, "diagnostics"))
        return json_boolean(c->diagnostics);
    if (!strcmp(key, "cores"))
        return cores_value(c);
    if (!strcmp(key, "hugepages"))
        return json_string(hugepages[c->hugepages]);
    return json_string(!strcmp(key, "node") ? c->node : !strcmp(key, "run_dir") ? c->run_dir : c->data_dir);
}

static json_t *describe(const struct settings *s, unsigned i)
{
    const char *key = config_keys[i];
    int r = runtime_index(key);
    const char *source = s->config->forced >> i & 1  ? "option"
                         : s->config->given >> i & 1 ? "file"
                                                     : "default";
    json_t *value = NULL;
    if (r >= 0 && s->values[r]) {
        source = "runtime";
        value = json_incref(s->values[r]);
    }
    return json_pack("{s:s, s:o, s:s, s:b}", "key", key, "value", value ? value : file_value(s->config, key),
                     "source", source, "runtime", r >= 0);
}

static bool unknown(const char *key, struct api_reply *err)
{
    size_t n = 0;
    while (config_keys[n])
        n++;
    const char *nearest = nearest_word(key, config_keys, n);
    err->code = API_INVALID_PARAMS;
    snprintf(err->message, sizeof(err->message), "no setting '%.60s'; %s%s%s", key,
             nearest ? "did you mean '" : "", nearest ? nearest : "see 'godwitctl config get' for all",
             nearest ? "'?" : "");
    return false;
}

json_t *settings_get(const struct settings *s, const char *key, struct api_reply *err)
{
    json_t *list = json_array();
    for (unsigned i = 0; config_keys[i]; i++)
        if (!key || !strcmp(key, config_keys[i]))
            json_array_append_new(list, describe(s, i));
    if (json_array_size(list) == 0) {
        json_decref(list);
        unknown(key, err);
        return NULL;
    }
    return json_pack("{s:o}", "config", list);
}

static bool is_known(const char *key)
{
    for (unsigned i = 0; config_keys[i]; i++)
        if (!strcmp(key, config_keys[i]))
            return true;
    return false;
}

bool settings_check(const char *key, const json_t *value, struct api_reply *err)
{
    int i = runtime_index(key);
    if (i < 0 && !is_known(key))
        return unknown(key, err);
    if (i < 0) {
        err->code = API_REFUSED;
        snprintf(err->message, sizeof(err->message),
                 "%s is read at start only: change it in the configuration file and restart godwitd", key);
        return false;
    }
    if (json_is_null(value) || in_range(&runtime_keys[i], value))
        return true;
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    err->code = API_INVALID_PARAMS;
    snprintf(err->message, sizeof(err->message), "%s: %.60s is not accepted; give %s", key,
             text ? text : "it", fault_accepted(key));
    free(text);
    return false;
}

bool settings_put(struct settings *s, const char *key, json_t *value, struct api_reply *err)
{
    int i = runtime_index(key);
    bool clear = json_is_null(value);
    char name[64];
    snprintf(name, sizeof(name), PREFIX "%s", key);
    char *text = clear ? NULL : json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    err->code = API_INTERNAL;
    snprintf(err->message, sizeof(err->message), "no memory");
    bool ok = (clear || text) && kv_set(s->store, name, text, err->message, sizeof(err->message));
    free(text);
    if (ok) {
        json_decref(s->values[i]);
        s->values[i] = clear ? NULL : json_incref(value);
    }
    return ok;
}

json_t *settings_params(const struct settings *s, const char *key, const json_t *value)
{
    json_t *params = json_object();
    for (unsigned i = 0; i < RUNTIME_KEYS; i++) {
        const char *name = runtime_keys[i].key;
        if (key && strcmp(key, name))
            continue;
        const json_t *now = key ? value : s->values[i];
        json_object_set_new(params, name,
                            now && !json_is_null(now) ? json_incref((json_t *)now)
                                                      : file_value(s->config, name));
    }
    return params;
}
