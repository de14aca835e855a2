// SPDX-License-Identifier: BSD-3-Clause
#include "control/config/check.h"

#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *default_node(void)
{
    char name[HOST_NAME_MAX + 1] = "";
    gethostname(name, sizeof(name) - 1);
    return strdup(check_name(name, 63) ? name : "node");
}

// The last `workers` cores this process may use: the first ones usually take the interrupts.
static bool default_cores(struct config *c, struct fault *f)
{
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof(allowed), &allowed) < 0)
        return fault_set(f, "cores", "cannot ask for the cores of this process; list them");
    unsigned usable = (unsigned)CPU_COUNT(&allowed), seen = 0, n = 0;
    if (c->workers > usable)
        return fault_set(f, "workers", "%u, but this process may use %u cores; give at most that", c->workers,
                         usable);
    c->cores = calloc(c->workers, sizeof(*c->cores));
    if (!c->cores)
        return fault_set(f, "", "no memory");
    for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &allowed) && seen++ >= usable - c->workers)
            c->cores[n++] = cpu;
    c->cores_count = n;
    return true;
}

static void default_number(const struct fault *f, const char *key, uint32_t *value, uint32_t otherwise)
{
    if (!source_has(f->source, key))
        *value = otherwise;
}

static void fill_port(struct config_port *p, unsigned index, const struct fault *f)
{
    char key[FAULT_KEY_MAX];
    snprintf(key, sizeof(key), "ports[%u].mtu", index);
    default_number(f, key, &p->mtu, 1500);
    snprintf(key, sizeof(key), "ports[%u].server", index);
    if (!source_has(f->source, key))
        p->server = p->driver == CONFIG_MEMIF;
}

bool defaults_fill(struct config *c, struct fault *f)
{
    default_number(f, "workers", &c->workers, 1);
    default_number(f, "memory_mb", &c->memory_mb, 256);
    default_number(f, "buffers", &c->buffers, 16384);
    default_number(f, "quantum_us", &c->quantum_us, 2);
    if (!source_has(f->source, "max_value_bytes"))
        c->max_value_bytes = 8388608;
    if (!c->node)
        c->node = default_node();
    if (!c->run_dir)
        c->run_dir = strdup("/run/godwit");
    if (!c->data_dir)
        c->data_dir = strdup("/var/lib/godwit");
    if (!c->node || !c->run_dir || !c->data_dir)
        return fault_set(f, "", "no memory");
    for (unsigned i = 0; i < c->ports_count; i++)
        fill_port(&c->ports[i], i, f);
    if (source_has(f->source, "cores"))
        return true;
    return fault_range(f, "workers", c->workers, 1, CONFIG_WORKERS_MAX) && default_cores(c, f);
}
