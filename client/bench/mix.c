// SPDX-License-Identifier: BSD-3-Clause
#include "client/bench/mix.h"

#include <stdio.h>
#include <string.h>

#include "client/core/random.h"

static const struct {
    const char *name;
    struct mix mix;
} named[] = {
    {"ycsb-a", {.percent = {[MIX_READ] = 50, [MIX_UPDATE] = 50}}},
    {"ycsb-b", {.percent = {[MIX_READ] = 95, [MIX_UPDATE] = 5}}},
    {"ycsb-c", {.percent = {[MIX_READ] = 100}}},
    {"ycsb-d", {.percent = {[MIX_READ] = 95, [MIX_INSERT] = 5}, .latest = true}},
    {"ycsb-e", {.percent = {[MIX_SCAN] = 95, [MIX_INSERT] = 5}}},
    {"ycsb-f", {.percent = {[MIX_READ] = 50, [MIX_MODIFY] = 50}}},
    {"get", {.percent = {[MIX_READ] = 100}}},
    {"set", {.percent = {[MIX_UPDATE] = 100}}},
};

bool mix_by_name(const char *name, struct mix *mix)
{
    unsigned reads, updates;
    int used = 0;

    for (unsigned i = 0; i < sizeof(named) / sizeof(named[0]); i++)
        if (strcmp(name, named[i].name) == 0) {
            *mix = named[i].mix;
            return true;
        }
    if (sscanf(name, "%3u/%3u%n", &reads, &updates, &used) != 2 || name[used] != '\0' ||
        reads + updates != 100)
        return false;
    *mix = (struct mix){.percent = {[MIX_READ] = reads, [MIX_UPDATE] = updates}};
    return true;
}

enum mix_kind mix_next(const struct mix *mix, uint64_t *random)
{
    unsigned at = (unsigned)random_below(random, 100), kind = 0;

    while (kind < MIX_KINDS - 1 && at >= mix->percent[kind])
        at -= mix->percent[kind++];
    return (enum mix_kind)kind;
}
