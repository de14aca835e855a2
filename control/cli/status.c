// SPDX-License-Identifier: BSD-3-Clause
// The verbs status and version.
#include "control/cli/print.h"
#include "control/cli/request.h"

#include <stdio.h>

static void show_serving(const json_t *d)
{
    const json_t *memory = json_object_get(d, "memory"), *port;
    size_t i;
    printf("  node      %s, epoch %s\n", text_of(d, "node"), print_count(number_of(d, "epoch")).s);
    printf("  workers   %s%s\n", print_count(number_of(d, "workers")).s,
           truth_of(d, "latency_first") ? ", latency first: they never sleep" : "");
    printf("  ports    ");
    json_array_foreach (json_object_get(d, "ports"), i, port)
        printf(" %s", json_string_value(port));
    printf("\n  pages     %s%s\n", print_bytes(number_of(d, "page_size")).s,
           truth_of(d, "hugepages") ? ""
                                    : ", no hugepages: slower; scripts/host-check says how to reserve them");
    printf("  items     %s\n", print_count(number_of(d, "items")).s);
    printf("  requests  %s\n", print_count(number_of(d, "requests")).s);
    printf("  memory    %s used of %s (%s payload)\n", print_bytes(number_of(memory, "used")).s,
           print_bytes(number_of(memory, "capacity")).s, print_bytes(number_of(memory, "payload")).s);
}

static void show_status(const json_t *r)
{
    const json_t *d = json_object_get(r, "dataplane");
    uint64_t restarts = number_of(d, "restarts");
    printf("godwitd     running, version %s, pid %d, up %s\n", text_of(r, "version"),
           (int)number_of(r, "pid"), print_duration(number_of(r, "uptime_ms")).s);
    printf("data plane  %s", text_of(d, "state"));
    if (json_object_get(d, "pid"))
        printf(", version %s, pid %d, up %s", text_of(d, "version"), (int)number_of(d, "pid"),
               print_duration(number_of(d, "uptime_ms")).s);
    if (restarts)
        printf(", restarted %s times", print_count(restarts).s);
    putchar('\n');
    if (json_object_get(d, "pid"))
        show_serving(d);
    else if (json_object_get(d, "reason"))
        printf("  reason    %s\n", text_of(d, "reason"));
}

int verb_status(struct call *c)
{
    return request_and_show(c, "status", NULL, show_status);
}

static void show_version(const json_t *r)
{
    printf("godwitd    %s\n", text_of(r, "version"));
}

int verb_version(struct call *c)
{
    if (!c->json)
        puts("godwitctl  " GODWIT_VERSION);
    return request_and_show(c, "version", NULL, show_version);
}
