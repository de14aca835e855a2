// SPDX-License-Identifier: BSD-3-Clause
// The verb worker show.
#include "control/cli/print.h"
#include "control/cli/request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t cycles_sum(const json_t *worker, bool with_idle)
{
    const char *stage;
    const json_t *n;
    uint64_t sum = 0;
    json_object_foreach ((json_t *)json_object_get(worker, "cycles"), stage, n) {
        if (with_idle || strcmp(stage, "idle"))
            sum += (uint64_t)json_integer_value(n);
    }
    return sum;
}

static void add_worker(struct table *t, const json_t *w)
{
    const json_t *memory = json_object_get(w, "memory");
    uint64_t requests = number_of(w, "requests"), all = cycles_sum(w, true), busy = cycles_sum(w, false);
    table_cell(t, print_count(number_of(w, "id")).s);
    table_cell(t, print_count(number_of(w, "core")).s);
    table_cell(t, text_of(w, "state"));
    table_cell(t, print_count(number_of(w, "slots")).s);
    table_cell(t, print_count(number_of(w, "items")).s);
    table_cell(t, print_count(requests).s);
    table_cell(t, print_count(number_of(w, "packets")).s);
    table_cell(t, requests ? print_count(busy / requests).s : "-");
    table_cell(t, all ? print_percent((double)busy / (double)all).s : "-");
    table_cell(t, print_bytes(number_of(memory, "used")).s);
    table_cell(t, print_bytes(number_of(memory, "capacity")).s);
}

// Where the time goes: a row per stage, a column per worker.
static void show_stages(const json_t *workers)
{
    size_t n = json_array_size(workers), i;
    const char **titles = calloc(n + 1, sizeof(*titles));
    struct text *names = calloc(n, sizeof(*names));
    const char *stage;
    const json_t *ignored, *w;
    if (!titles || !names) {
        free(titles);
        free(names);
        return;
    }
    titles[0] = "share of time";
    for (i = 0; i < n; i++) {
        snprintf(names[i].s, sizeof(names[i].s), ">worker %u",
                 (unsigned)number_of(json_array_get(workers, i), "id"));
        titles[i + 1] = names[i].s;
    }
    struct table *t = table_open(titles, (unsigned)n + 1);
    json_object_foreach ((json_t *)json_object_get(json_array_get(workers, 0), "cycles"), stage, ignored) {
        table_cell(t, stage);
        json_array_foreach (workers, i, w) {
            uint64_t all = cycles_sum(w, true);
            uint64_t part = number_of(json_object_get(w, "cycles"), stage);
            table_cell(t, all ? print_percent((double)part / (double)all).s : "-");
        }
    }
    table_print_and_close(t);
    free(titles);
    free(names);
}

static void show_workers(const json_t *r)
{
    static const char *const titles[] = {">worker", ">core",     "state",    ">slots",
                                         ">items",  ">requests", ">packets", ">cycles/request",
                                         ">busy",   ">memory",   ">of"};
    const json_t *workers = json_object_get(r, "workers"), *w;
    size_t i;
    struct table *t = table_open(titles, sizeof(titles) / sizeof(titles[0]));
    json_array_foreach (workers, i, w)
        add_worker(t, w);
    table_print_and_close(t);
    if (json_array_size(workers)) {
        printf("\ncycles at %s MHz, since the start\n", print_count(number_of(r, "tsc_hz") / 1000000).s);
        show_stages(workers);
    }
}

int verb_worker_show(struct call *c)
{
    return request_and_show(c, "worker.show", NULL, show_workers);
}
