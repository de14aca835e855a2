// SPDX-License-Identifier: BSD-3-Clause
#include "client/bench/dpdk_eal.h"

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_log.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#define HUGEPAGES_WANTED 40u // of 2 MB: packet buffers, rings, DPDK's own
#define ORDINARY_MB      "256"

static unsigned free_hugepages(void)
{
    unsigned n = 0;
    FILE *f = fopen("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "r");

    if (f) {
        if (fscanf(f, "%u", &n) != 1)
            n = 0;
        fclose(f);
    }
    return n;
}

// The last core this thread may use, or the one asked for if it is among them; -1 if not.
static int choose_core(const struct bench_options *o)
{
    cpu_set_t set;
    int last = -1;

    if (sched_getaffinity(0, sizeof(set), &set) != 0)
        return -1;
    for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &set) && (o->lcore == UINT32_MAX || o->lcore == cpu))
            last = (int)cpu;
    return last;
}

bool dpdk_start(const struct bench_options *o)
{
    char lcores[32], *log = NULL;
    size_t log_len = 0;
    int core = choose_core(o);

    if (core < 0) {
        fprintf(stderr, "godwit-bench: --lcore %u: this process may not use that core\n", o->lcore);
        return false;
    }
    snprintf(lcores, sizeof(lcores), "--lcores=0@%d", core);
    bool hugepages = free_hugepages() >= HUGEPAGES_WANTED;
    char *argv[12] = {"godwit-bench", lcores, "--no-telemetry", "--no-pci"};
    int argc = 4;
    // EAL refuses --in-memory and --no-huge together; both ways leave nothing on the file system.
    if (hugepages) {
        argv[argc++] = "--in-memory";
        argv[argc++] = "--single-file-segments";
    } else {
        argv[argc++] = "--no-huge";
        argv[argc++] = "--no-shconf";
        argv[argc++] = "-m";
        argv[argc++] = ORDINARY_MB;
    }
    // DPDK explains a failure only in its log.
    FILE *stream = open_memstream(&log, &log_len);
    if (stream)
        rte_openlog_stream(stream);
    int started = rte_eal_init(argc, argv);
    rte_openlog_stream(NULL);
    if (stream)
        fclose(stream);
    if (started < 0)
        fprintf(stderr, "godwit-bench: DPDK did not start: %s\n%s", rte_strerror(rte_errno), log ? log : "");
    rte_log_set_global_level(RTE_LOG_ERR);
    free(log);
    return started >= 0;
}
