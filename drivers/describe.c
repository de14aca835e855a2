// SPDX-License-Identifier: BSD-3-Clause
#include <jansson.h>
#include <rte_ethdev.h>
#include <stdio.h>

#include "drivers/driver.h"
#include "drivers/front.h"
#include "drivers/netdev.h"

static struct rte_eth_stats statistics(const struct port *p)
{
    struct rte_eth_stats sum = {0};
    for (unsigned i = 0; i < p->n_ethdevs; i++) {
        struct rte_eth_stats s = {0};
        if (rte_eth_stats_get(p->ethdevs[i], &s) < 0)
            continue;
        sum.ipackets += s.ipackets;
        sum.opackets += s.opackets;
        sum.imissed += s.imissed;
        sum.ierrors += s.ierrors;
        sum.rx_nombuf += s.rx_nombuf;
        sum.oerrors += s.oerrors;
    }
    if (p->front)
        front_counts(p->front, &sum.ipackets, &sum.opackets);
    if (driver_of(p->config->driver)->drops_in_kernel)
        sum.imissed = netdev_rx_dropped(p->config->device) - p->rx_dropped_before;
    return sum;
}

uint64_t port_rx_lost(const struct port *p)
{
    struct rte_eth_stats s = statistics(p);
    return s.imissed + s.rx_nombuf;
}

static json_t *describe_statistics(const struct port *p)
{
    struct rte_eth_stats sum = statistics(p);

    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "rx", (json_int_t)sum.ipackets, "tx",
                     (json_int_t)sum.opackets, "rx_missed", (json_int_t)sum.imissed, "rx_errors",
                     (json_int_t)sum.ierrors, "rx_no_buffer", (json_int_t)sum.rx_nombuf, "tx_errors",
                     (json_int_t)sum.oerrors);
}

static json_t *describe_link(const struct port *p)
{
    struct rte_eth_link link = {0};
    if (p->n_ethdevs > 0)
        rte_eth_link_get_nowait(p->ethdevs[0], &link);
    json_int_t mbps = link.link_speed == RTE_ETH_SPEED_NUM_UNKNOWN ? 0 : link.link_speed;
    return json_pack("{s:b, s:I}", "up", (int)link.link_status, "mbps", mbps);
}

static json_t *describe_addresses(const struct port *p)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < p->nif.n_addrs; i++) {
        char text[46];
        net_addr_text(&p->nif.addrs[i], text, sizeof(text));
        json_array_append_new(
            list, json_pack("{s:o}", "address", json_sprintf("%s/%u", text, p->nif.addrs[i].prefix)));
    }
    return list;
}

static json_t *describe_gateway(const char *address)
{
    return address ? json_pack("{s:s}", "address", address) : json_null();
}

static json_t *describe_offloads(const struct port *p)
{
    json_t *list = json_array();
    if (p->rx_csum)
        json_array_append_new(list, json_string("rx_checksum"));
    if (p->tx_ip_csum)
        json_array_append_new(list, json_string("ip_checksum"));
    if (p->tx_udp_csum)
        json_array_append_new(list, json_string("udp_checksum"));
    return list;
}

static json_t *describe_facts(const struct port *p)
{
    json_t *list = json_array();
    const char *at = p->facts;
    while (*at) {
        size_t n = strcspn(at, ";");
        json_array_append_new(list, json_stringn(at, n));
        at += n + strspn(at + n, "; ");
    }
    return list;
}

json_t *port_describe(const struct port *p)
{
    const struct config_port *c = p->config;
    const uint8_t *m = p->nif.mac;
    json_t *out = json_pack("{s:s, s:s, s:s, s:o, s:i}", "name", c->name, "driver",
                            driver_of(c->driver)->name, "device", c->device ? c->device : "", "mac",
                            json_sprintf("%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]),
                            "mtu", (int)p->nif.mtu);
    json_object_set_new(out, "link", describe_link(p));
    json_object_set_new(out, "addresses", describe_addresses(p));
    json_object_set_new(out, "gateway", describe_gateway(c->gateway));
    json_object_set_new(out, "gateway6", describe_gateway(c->gateway6));
    json_object_set_new(out, "queues", json_integer(p->n_queues));
    json_object_set_new(out, "offloads", describe_offloads(p));
    json_object_set_new(out, "steering", json_boolean(p->steering));
    json_object_set_new(out, "facts", describe_facts(p));
    json_object_set_new(out, "ethdev", describe_statistics(p));
    return out;
}
