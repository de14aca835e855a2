// SPDX-License-Identifier: BSD-3-Clause
#include "control/config/check.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

bool check_name(const char *text, size_t max)
{
    size_t len = strlen(text);
    if (len < 1 || len > max)
        return false;
    for (; *text; text++)
        if (!isalnum((unsigned char)*text) && !strchr("._-", *text))
            return false;
    return true;
}

static bool check_path(struct fault *f, const char *key, const char *path, size_t max)
{
    return (path[0] == '/' && strlen(path) <= max) || fault_value(f, key);
}

static bool check_numbers(const struct config *c, struct fault *f)
{
    return fault_range(f, "workers", c->workers, 1, CONFIG_WORKERS_MAX) &&
           fault_range(f, "memory_mb", c->memory_mb, 32, 65536) &&
           fault_range(f, "max_value_bytes", c->max_value_bytes, CONFIG_VALUE_BYTES_MIN,
                       CONFIG_VALUE_BYTES_MAX) &&
           fault_range(f, "buffers", c->buffers, 1024, 1048576) &&
           fault_range(f, "quantum_us", c->quantum_us, 1, CONFIG_QUANTUM_US_MAX);
}

static bool check_cores(const struct config *c, struct fault *f)
{
    char key[FAULT_KEY_MAX];
    for (unsigned i = 0; i < c->cores_count; i++) {
        snprintf(key, sizeof(key), "cores[%u]", i);
        if (!fault_range(f, key, c->cores[i], 0, 1023))
            return false;
        for (unsigned j = 0; j < i; j++)
            if (c->cores[i] == c->cores[j])
                return fault_set(f, key, "core %u is listed twice; give each worker a core of its own",
                                 c->cores[i]);
    }
    if (c->cores_count < c->workers)
        return fault_set(f, "cores", "%u listed for %u workers; give at least one per worker", c->cores_count,
                         c->workers);
    return true;
}

bool check_config(const struct config *c, struct fault *f)
{
    if (!check_name(c->node, 63))
        return fault_value(f, "node");
    if (!check_numbers(c, f) || !check_cores(c, f))
        return false;
    // RUN_DIR/dataplane.sock must fit a socket address.
    if (!check_path(f, "run_dir", c->run_dir, 90) || !check_path(f, "data_dir", c->data_dir, 255))
        return false;
    for (unsigned i = 0; i < c->ports_count; i++)
        if (!check_port(c, i, f))
            return false;
    return true;
}
