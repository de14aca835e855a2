// SPDX-License-Identifier: BSD-3-Clause
// The verb port show.
#include "control/cli/print.h"
#include "control/cli/request.h"

#include <stdio.h>

static void show_list(const char *title, const json_t *list)
{
    const json_t *entry;
    size_t i;
    if (json_array_size(list) == 0)
        return;
    printf("  %-11s", title);
    json_array_foreach (list, i, entry)
        printf("%s%s", i ? ", " : " ", json_string_value(entry));
    putchar('\n');
}

static void show_link(const json_t *port)
{
    const json_t *link = json_object_get(port, "link");
    uint64_t mbps = number_of(link, "mbps");
    printf("  link        %s", truth_of(link, "up") ? "up" : "down");
    // DPDK reports an unknown speed as all ones.
    if (mbps && mbps != UINT32_MAX)
        printf(", %s Mbit/s", print_count(mbps).s);
    printf(", mtu %s, mac %s\n", print_count(number_of(port, "mtu")).s, text_of(port, "mac"));
}

static void show_addresses(const json_t *port)
{
    const json_t *entry, *gateway = json_object_get(port, "gateway");
    size_t i;
    json_array_foreach (json_object_get(port, "addresses"), i, entry)
        printf("  %-11s %s %s\n", i ? "" : "addresses", text_of(entry, "address"), text_of(entry, "state"));
    if (json_is_object(gateway))
        printf("  gateway     %s %s %s\n", text_of(gateway, "address"), text_of(gateway, "mac"),
               text_of(gateway, "state"));
    json_array_foreach (json_object_get(port, "neighbours"), i, entry)
        printf("  %-11s %s %s %s\n", i ? "" : "neighbours", text_of(entry, "address"), text_of(entry, "mac"),
               text_of(entry, "state"));
}

static void show_device_counters(const json_t *port)
{
    const char *key;
    const json_t *value;
    bool first = true;
    json_object_foreach ((json_t *)json_object_get(port, "ethdev"), key, value) {
        printf("%s%s %s", first ? "  device      " : ", ", key,
               print_count((uint64_t)json_integer_value(value)).s);
        first = false;
    }
    if (!first)
        putchar('\n');
}

static void show_ports(const json_t *r)
{
    const json_t *port;
    size_t i;
    json_array_foreach (json_object_get(r, "ports"), i, port) {
        uint64_t queues = number_of(port, "queues");
        const char *device = text_of(port, "device");
        printf("%sport %s: %s%s%s, %s %s%s\n", i ? "\n" : "", text_of(port, "name"), text_of(port, "driver"),
               *device ? " " : "", device, print_count(queues).s, queues == 1 ? "queue" : "queues",
               truth_of(port, "steering") ? ", requests steered to their worker by the device" : "");
        show_link(port);
        show_addresses(port);
        show_list("offloads", json_object_get(port, "offloads"));
        show_device_counters(port);
        show_list("facts", json_object_get(port, "facts"));
    }
}

int verb_port_show(struct call *c)
{
    return request_and_show(c, "port.show", NULL, show_ports);
}
