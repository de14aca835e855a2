// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/hugepages.h"

#include <stdio.h>

#include "dataplane/buffers.h"

#define FREE_PAGES "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages"
#define PAGE_MB    2u
#define EAL_MB     96u // DPDK's own tables

static unsigned long free_pages(void)
{
    unsigned long n = 0;
    FILE *f = fopen(FREE_PAGES, "re");

    if (!f)
        return 0;
    if (fscanf(f, "%lu", &n) != 1)
        n = 0;
    fclose(f);
    return n;
}

// Packet memory is what must be in huge pages; the stores fall back by themselves.
static unsigned long needed_pages(const struct config *c)
{
    unsigned long buffers = (unsigned long)(buffers_bytes(c) * c->workers >> 20);
    unsigned long stores =
        c->hugepages == CONFIG_HUGEPAGES_REQUIRED ? (unsigned long)c->memory_mb * c->workers : 0;
    return (EAL_MB + buffers + stores) / PAGE_MB + 1;
}

int hugepages_decide(const struct config *c, bool *use, struct startup_report *report)
{
    unsigned long have = free_pages(), need = needed_pages(c);

    *use = c->hugepages != CONFIG_HUGEPAGES_NEVER && have >= need;
    if (c->hugepages == CONFIG_HUGEPAGES_REQUIRED && !*use) {
        snprintf(report->error, sizeof(report->error),
                 "%lu pages of 2 MB are free, %lu are needed; echo %lu > "
                 "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages, or run scripts/host-check --apply, "
                 "or set "
                 "`hugepages: auto`",
                 have, need, need);
        return -1;
    }
    if (*use)
        snprintf(report->detail, sizeof(report->detail), "%lu of 2 MB free", have);
    else
        snprintf(report->detail, sizeof(report->detail), "not used (%s): slower, everything works",
                 c->hugepages == CONFIG_HUGEPAGES_NEVER ? "configured so" : "too few free");
    return 0;
}
