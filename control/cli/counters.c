// SPDX-License-Identifier: BSD-3-Clause
// The verbs stats and drops.
#include "control/cli/print.h"
#include "control/cli/request.h"

#include <stdio.h>

static void show_counters(const json_t *r)
{
    static const char *const titles[] = {"counter", "kind", ">total", "meaning"};
    const json_t *counter;
    size_t i;
    struct table *t = table_open(titles, 4);
    json_array_foreach (json_object_get(r, "counters"), i, counter) {
        table_cell(t, text_of(counter, "name"));
        table_cell(t, text_of(counter, "kind"));
        table_cell(t, print_count(number_of(counter, "total")).s);
        table_cell(t, text_of(counter, "help"));
    }
    table_print_and_close(t);
}

static void show_drops(const json_t *r)
{
    if (json_array_size(json_object_get(r, "counters")))
        show_counters(r);
    else
        puts("nothing dropped, nothing answered with an error");
}

int verb_stats(struct call *c)
{
    json_t *params = NULL;
    if (c->args_count) {
        json_t *names = json_array();
        for (int i = 0; i < c->args_count; i++)
            json_array_append_new(names, json_string(c->args[i]));
        params = json_pack("{s:o}", "names", names);
    }
    return request_and_show(c, "stats", params, show_counters);
}

int verb_drops(struct call *c)
{
    return request_and_show(c, "drops", json_pack("{s:b}", "all", (c->options & OPTION_ALL) != 0),
                            show_drops);
}
