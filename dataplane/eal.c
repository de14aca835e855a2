// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/eal.h"

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_log.h>
#include <rte_version.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/buffers.h"

#define ARGS_MAX  96
#define LOG_TAIL  400
#define TABLES_MB 128u // rings, tables and DPDK's own, beside the packet buffers

struct arguments {
    int argc;
    char *argv[ARGS_MAX];
};

static void add(struct arguments *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct arguments *a, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    if (a->argc < ARGS_MAX - 1 && vasprintf(&a->argv[a->argc], format, list) >= 0)
        a->argc++;
    va_end(list);
}

static unsigned usable_cores(unsigned *cores, unsigned room)
{
    cpu_set_t set;
    unsigned n = 0;

    if (sched_getaffinity(0, sizeof(set), &set) != 0)
        return 0;
    for (unsigned cpu = 0; cpu < CPU_SETSIZE && n < room; cpu++)
        if (CPU_ISSET(cpu, &set))
            cores[n++] = cpu;
    return n;
}

static bool contains(const unsigned *list, unsigned n, unsigned value)
{
    for (unsigned i = 0; i < n; i++)
        if (list[i] == value)
            return true;
    return false;
}

static void list_cores(const unsigned *cores, unsigned n, char *text, size_t len)
{
    size_t used = 0;

    text[0] = '\0';
    for (unsigned i = 0; i < n && used < len; i++)
        used += (size_t)snprintf(text + used, len - used, "%s%u", i ? "," : "", cores[i]);
}

int eal_choose_cores(const struct config *c, unsigned cores[CONFIG_WORKERS_MAX],
                     struct startup_report *report)
{
    unsigned usable[CPU_SETSIZE], n = usable_cores(usable, CPU_SETSIZE);
    char text[100];

    list_cores(usable, n, text, sizeof(text));
    if (c->workers > n) {
        snprintf(report->error, sizeof(report->error),
                 "%u workers need %u cores, this process may use %u (%s); lower `workers`, or widen its CPU "
                 "affinity",
                 c->workers, c->workers, n, text);
        return -1;
    }
    for (unsigned k = 0; k < c->workers; k++) {
        cores[k] = c->cores_count ? c->cores[k] : usable[n - c->workers + k];
        if (!contains(usable, n, cores[k])) {
            snprintf(report->error, sizeof(report->error),
                     "core %u is not available to this process (it may use %s); change `cores`", cores[k],
                     text);
            return -1;
        }
    }
    list_cores(cores, c->workers, text, sizeof(text));
    snprintf(report->detail, sizeof(report->detail), "%u worker%s on core%s %s", c->workers,
             c->workers > 1 ? "s" : "", c->workers > 1 ? "s" : "", text);
    return 0;
}

static int add_port_arguments(struct arguments *a, const struct config *c, struct startup_report *report)
{
    for (unsigned i = 0; i < c->ports_count; i++) {
        const struct config_port *port = &c->ports[i];
        int n = port_eal_args(port, i, port->queues ? port->queues : c->workers, a->argv + a->argc,
                              ARGS_MAX - 1 - a->argc, report->error, sizeof(report->error));
        if (n < 0)
            return -1;
        a->argc += n;
    }
    return 0;
}

static unsigned needs_of_all(const struct config *c)
{
    unsigned needs = 0;
    for (unsigned i = 0; i < c->ports_count; i++)
        needs |= port_eal_needs(&c->ports[i]);
    return needs;
}

// The main lcore does housekeeping and may run anywhere; every worker is pinned: lcore k+1 is worker k's.
static char *lcore_map(const struct config *c, const unsigned *cores)
{
    unsigned usable[CPU_SETSIZE], n = usable_cores(usable, CPU_SETSIZE);
    char *map = NULL;
    size_t len;
    FILE *f = open_memstream(&map, &len);

    if (!f)
        return NULL;
    for (unsigned i = 0; i < n; i++)
        fprintf(f, "%s%u", i ? "," : "0@(", usable[i]);
    fputc(')', f);
    for (unsigned k = 0; k < c->workers; k++)
        fprintf(f, ",%u@%u", k + 1, cores[k]);
    fclose(f);
    return map;
}

static int compose(struct arguments *a, const struct config *c, const unsigned *cores, bool hugepages,
                   struct startup_report *report)
{
    unsigned needs = needs_of_all(c);

    if (needs & PORT_EAL_HUGEPAGES && !hugepages) {
        snprintf(report->error, sizeof(report->error),
                 "a PCI port needs huge pages and too few are free; run scripts/host-check --apply");
        return -1;
    }
    char *map = lcore_map(c, cores);
    add(a, "godwit-dataplane");
    add(a, "--lcores=%s", map ? map : "");
    free(map);
    add(a, "--main-lcore=0");
    add(a, "--no-telemetry");
    // Either way nothing stays behind on the file system, whatever ends the process; EAL refuses both
    // together.
    if (hugepages) {
        add(a, "--in-memory");
        if (needs & PORT_EAL_SINGLE_FILE)
            add(a, "--single-file-segments");
    } else {
        add(a, "--no-huge");
        add(a, "--no-shconf");
        add(a, "-m%lu", TABLES_MB + (unsigned long)(buffers_bytes(c) * c->workers >> 20));
    }
    if (!(needs & PORT_EAL_PCI))
        add(a, "--no-pci");
    return add_port_arguments(a, c, report);
}

// DPDK says why it failed only in its log; the end of it belongs into our message.
static void explain(struct startup_report *report, const char *log, bool hugepages)
{
    size_t len = strlen(log);
    const char *tail = len > LOG_TAIL ? log + len - LOG_TAIL : log;

    snprintf(report->error, sizeof(report->error), "DPDK did not start: %s%s\n%s", rte_strerror(rte_errno),
             hugepages ? " (set `hugepages: never` to run without huge pages, or free some)" : "", tail);
}

int eal_start(const struct config *c, const unsigned *cores, bool hugepages, struct startup_report *report)
{
    struct arguments a = {0};
    char *log = NULL;
    size_t log_len = 0;
    int started = -1;

    if (compose(&a, c, cores, hugepages, report) == 0) {
        FILE *stream = open_memstream(&log, &log_len);
        if (stream)
            rte_openlog_stream(stream);
        started = rte_eal_init(a.argc, a.argv);
        rte_openlog_stream(NULL);
        if (stream)
            fclose(stream);
        if (started < 0)
            explain(report, log ? log : "", hugepages);
        rte_log_set_global_level(RTE_LOG_ERR);
        free(log);
    }
    // EAL keeps no pointer into argv once it has parsed it, except the program's name.
    for (int i = 1; i < a.argc; i++)
        free(a.argv[i]);
    snprintf(report->detail, sizeof(report->detail), "%s, %s", rte_version(),
             hugepages ? "huge pages" : "ordinary pages");
    return started < 0 ? -1 : 0;
}

void eal_stop(void)
{
    rte_eal_cleanup();
}
