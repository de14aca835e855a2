// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/endpoint.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "control/api/api.h"
#include "dataplane/worker.h"

#define WAIT_MS 200

static bool shutdown_requested;

static uint64_t steady_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static uint64_t load(const uint64_t *p)
{
    return __atomic_load_n(p, __ATOMIC_RELAXED);
}

static json_t *number(uint64_t n)
{
    return json_integer((json_int_t)n);
}

static json_t *memory_totals(const struct node *node)
{
    uint64_t capacity = 0, used = 0, payload = 0;

    for (unsigned i = 0; i < node->n_workers; i++) {
        capacity += load(&node->workers[i]->memory_stats.capacity);
        used += load(&node->workers[i]->memory_stats.used);
        payload += load(&node->workers[i]->store_stats.payload_bytes);
    }
    return json_pack("{s:o, s:o, s:o}", "capacity", number(capacity), "used", number(used), "payload",
                     number(payload));
}

static json_t *status(void *ctx, const json_t *params, struct api_reply *err)
{
    const struct node *node = ctx;
    uint64_t items = 0, requests = 0;
    json_t *ports = json_array();

    (void)params;
    (void)err;
    for (unsigned i = 0; i < node->n_workers; i++) {
        items += load(&node->workers[i]->store_stats.items);
        requests += load(&node->workers[i]->counters[CTR_native_requests]);
    }
    for (unsigned i = 0; i < node->n_ports; i++)
        json_array_append_new(ports, json_string(node->ports[i].config->name));
    return json_pack("{s:s, s:s, s:i, s:s, s:o, s:o, s:i, s:b, s:b, s:o, s:o, s:o, s:o, s:o}", "version",
                     GODWIT_VERSION, "node", node->config->node, "pid", (int)getpid(), "state", "serving",
                     "uptime_ms", number(steady_ms() - node->started_ms), "epoch", number(node->epoch),
                     "workers", (int)node->n_workers, "latency_first",
                     SETTING(&node->settings, latency_first), "hugepages", node->hugepages, "page_size",
                     number(node->workers[0]->memory_stats.page_size), "ports", ports, "items", number(items),
                     "requests", number(requests), "memory", memory_totals(node));
}

static json_t *address_states(const struct port *port, const struct neigh_table *t)
{
    static const char *const names[] = {"tentative", "ok", "conflict"};
    json_t *list = json_array();

    for (unsigned i = 0; i < port->nif.n_addrs; i++) {
        char text[64], with_prefix[72];
        const struct net_addr *a = &port->nif.addrs[i];
        snprintf(with_prefix, sizeof(with_prefix), "%s/%u", net_addr_text(a, text, sizeof(text)), a->prefix);
        json_array_append_new(
            list, json_pack("{s:s, s:s}", "address", with_prefix, "state", names[t->addr_state[i] % 3]));
    }
    return list;
}

static json_t *neighbour(const struct neigh_entry *e)
{
    char address[64], mac[18];

    net_addr_text(&e->addr, address, sizeof(address));
    snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", e->mac[0], e->mac[1], e->mac[2], e->mac[3],
             e->mac[4], e->mac[5]);
    return json_pack("{s:s, s:s, s:s}", "address", address, "mac", mac, "state", neigh_state_name(e->state));
}

static json_t *neighbours(const struct neigh_table *t)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < NEIGH_ENTRIES; i++) {
        struct neigh_entry e = t->entries[i]; // a copy: worker 0 goes on meanwhile
        if (e.state != NEIGH_FREE)
            json_array_append_new(list, neighbour(&e));
    }
    return list;
}

static json_t *gateway(const struct neigh_table *t, bool present, const struct net_addr *address)
{
    char text[64];

    if (!present)
        return json_null();
    for (unsigned i = 0; i < NEIGH_ENTRIES; i++) {
        struct neigh_entry e = t->entries[i];
        if (e.state != NEIGH_FREE && e.addr.family == address->family &&
            memcmp(e.addr.bytes, address->bytes, sizeof(e.addr.bytes)) == 0)
            return neighbour(&e);
    }
    return json_pack("{s:s, s:n, s:s}", "address", net_addr_text(address, text, sizeof(text)), "mac", "state",
                     "unknown");
}

static json_t *port_show(void *ctx, const json_t *params, struct api_reply *err)
{
    const struct node *node = ctx;
    json_t *ports = json_array();

    (void)params;
    (void)err;
    for (unsigned i = 0; i < node->n_ports; i++) {
        const struct port *port = &node->ports[i];
        const struct neigh_table *t = node->workers[0]->neighbours[i];
        json_t *o = port_describe(port);
        json_object_set_new(o, "addresses", address_states(port, t));
        json_object_set_new(o, "gateway", gateway(t, port->nif.has_gateway4, &port->nif.gateway4));
        json_object_set_new(o, "gateway6", gateway(t, port->nif.has_gateway6, &port->nif.gateway6));
        json_object_set_new(o, "neighbours", neighbours(t));
        json_array_append_new(ports, o);
    }
    return json_pack("{s:o}", "ports", ports);
}

static unsigned slots_of(const struct node *node, unsigned worker)
{
    unsigned n = 0;
    for (unsigned slot = 0; slot < SLOT_COUNT; slot++)
        n += node->owner[slot] == worker;
    return n;
}

static json_t *describe_worker(const struct node *node, const struct worker *w)
{
    static const char *const states[] = {"polling", "pausing", "sleeping"};
    json_t *cycles = json_object();

    for (unsigned s = 0; s < STAGE_MAX; s++)
        json_object_set_new(cycles, stage_names[s], number(load(&w->cycles[s])));
    return json_pack("{s:i, s:i, s:s, s:i, s:o, s:o, s:o, s:o, s:{s:o, s:o}}", "id", (int)w->id, "core",
                     (int)w->cpu, "state", states[__atomic_load_n(&w->state, __ATOMIC_RELAXED)], "slots",
                     (int)slots_of(node, w->id), "items", number(load(&w->store_stats.items)), "requests",
                     number(load(&w->counters[CTR_native_requests])), "packets",
                     number(load(&w->counters[CTR_rx_packets])), "cycles", cycles, "memory", "capacity",
                     number(load(&w->memory_stats.capacity)), "used", number(load(&w->memory_stats.used)));
}

static json_t *worker_show(void *ctx, const json_t *params, struct api_reply *err)
{
    const struct node *node = ctx;
    json_t *workers = json_array();

    (void)params;
    (void)err;
    for (unsigned i = 0; i < node->n_workers; i++)
        json_array_append_new(workers, describe_worker(node, node->workers[i]));
    return json_pack("{s:o, s:o}", "tsc_hz", number(node->tsc_hz), "workers", workers);
}

// The one counter that no worker has.
static uint64_t lost_by_ports(const struct node *node)
{
    uint64_t lost = 0;

    for (unsigned i = 0; i < node->n_ports; i++)
        lost += port_rx_lost(&node->ports[i]);
    return lost;
}

static json_t *describe_counter(const struct node *node, unsigned c, uint64_t *total)
{
    static const char *const kinds[] = {"drop", "error", "count"};
    json_t *workers = json_array();

    *total = c == CTR_port_rx_lost ? lost_by_ports(node) : 0;
    for (unsigned i = 0; i < node->n_workers; i++) {
        uint64_t n = load(&node->workers[i]->counters[c]);
        *total += n;
        json_array_append_new(workers, number(n));
    }
    return json_pack("{s:s, s:s, s:s, s:o, s:o}", "name", counter_infos[c].name, "kind",
                     kinds[counter_infos[c].kind], "help", counter_infos[c].help, "total", number(*total),
                     "workers", workers);
}

static bool wanted(const json_t *names, const char *name)
{
    size_t i;
    json_t *n;

    json_array_foreach (names, i, n) {
        if (json_is_string(n) && strcmp(json_string_value(n), name) == 0)
            return true;
    }
    return false;
}

static unsigned find_counter(const char *name)
{
    for (unsigned c = 1; c < COUNTER_MAX; c++)
        if (strcmp(counter_infos[c].name, name) == 0)
            return c;
    return COUNTER_NONE;
}

// Refuses names that no counter has. Returns false and fills err.
static bool check_names(const json_t *names, struct api_reply *err)
{
    size_t i;
    json_t *n;

    json_array_foreach (names, i, n) {
        if (json_is_string(n) && find_counter(json_string_value(n)) != COUNTER_NONE)
            continue;
        err->code = API_INVALID_PARAMS;
        snprintf(err->message, sizeof(err->message),
                 "no counter is named %s; `godwitctl stats` lists them all",
                 json_is_string(n) ? json_string_value(n) : "so");
        return false;
    }
    return true;
}

static json_t *stats(void *ctx, const json_t *params, struct api_reply *err)
{
    const struct node *node = ctx;
    const json_t *names = json_object_get(params, "names");
    json_t *counters = json_array();
    uint64_t total;

    if (!check_names(names, err)) {
        json_decref(counters);
        return NULL;
    }
    for (unsigned c = 1; c < COUNTER_MAX; c++)
        if (json_array_size(names) == 0 || wanted(names, counter_infos[c].name))
            json_array_append_new(counters, describe_counter(node, c, &total));
    return json_pack("{s:o}", "counters", counters);
}

static json_t *drops(void *ctx, const json_t *params, struct api_reply *err)
{
    const struct node *node = ctx;
    bool all = json_is_true(json_object_get(params, "all"));
    json_t *counters = json_array();

    (void)err;
    for (unsigned c = 1; c < COUNTER_MAX; c++) {
        uint64_t total;
        if (counter_infos[c].kind == COUNTER_COUNT)
            continue;
        json_t *o = describe_counter(node, c, &total);
        if (all || total > 0)
            json_array_append_new(counters, o);
        else
            json_decref(o);
    }
    return json_pack("{s:o}", "counters", counters);
}

static bool read_number(const json_t *params, const char *key, uint64_t min, uint64_t max, uint32_t *out,
                        struct api_reply *err)
{
    const json_t *v = json_object_get(params, key);

    if (!v)
        return true;
    if (json_is_integer(v) && json_integer_value(v) >= (json_int_t)min &&
        json_integer_value(v) <= (json_int_t)max) {
        *out = (uint32_t)json_integer_value(v);
        return true;
    }
    err->code = API_INVALID_PARAMS;
    snprintf(err->message, sizeof(err->message), "%s must be a whole number from %lu to %lu", key,
             (unsigned long)min, (unsigned long)max);
    return false;
}

static bool read_switch(const json_t *params, const char *key, bool *out, struct api_reply *err)
{
    const json_t *v = json_object_get(params, key);

    if (!v || json_is_boolean(v)) {
        if (v)
            *out = json_is_true(v);
        return true;
    }
    err->code = API_INVALID_PARAMS;
    snprintf(err->message, sizeof(err->message), "%s must be true or false", key);
    return false;
}

// All or nothing: a bad value changes none.
static json_t *config_apply(void *ctx, const json_t *params, struct api_reply *err)
{
    struct node *node = ctx;
    struct settings new = node->settings;

    if (!read_switch(params, "latency_first", &new.latency_first, err) ||
        !read_switch(params, "diagnostics", &new.diagnostics, err) ||
        !read_number(params, "max_value_bytes", CONFIG_VALUE_BYTES_MIN, CONFIG_VALUE_BYTES_MAX,
                     &new.max_value_bytes, err) ||
        !read_number(params, "quantum_us", 1, CONFIG_QUANTUM_US_MAX, &new.quantum_us, err))
        return NULL;
    SET_SETTING(&node->settings, latency_first, new.latency_first);
    SET_SETTING(&node->settings, diagnostics, new.diagnostics);
    SET_SETTING(&node->settings, max_value_bytes, new.max_value_bytes);
    SET_SETTING(&node->settings, quantum_us, new.quantum_us);
    return json_object();
}

static json_t *request_shutdown(void *ctx, const json_t *params, struct api_reply *err)
{
    (void)ctx;
    (void)params;
    (void)err;
    shutdown_requested = true;
    return json_object();
}

static const struct api_method methods[] = {
    {"status", status}, {"port.show", port_show},       {"worker.show", worker_show},   {"stats", stats},
    {"drops", drops},   {"config.apply", config_apply}, {"shutdown", request_shutdown}, {NULL, NULL},
};

static void socket_path(const struct node *node, char *path, size_t len)
{
    snprintf(path, len, "%s/dataplane.sock", node->config->run_dir);
}

int endpoint_open(struct node *node, char *err, size_t err_len)
{
    char path[256];

    socket_path(node, path, sizeof(path));
    node->endpoint = api_server_open(path, NULL, methods, node, err, err_len);
    return node->endpoint ? 0 : -1;
}

void endpoint_close(struct node *node)
{
    api_server_close(node->endpoint);
    node->endpoint = NULL;
}

void endpoint_serve(struct node *node, int signal_fd)
{
    struct pollfd fds[] = {{.fd = api_server_fd(node->endpoint), .events = POLLIN},
                           {.fd = signal_fd, .events = POLLIN}};
    uint64_t corrected_ms = steady_ms();

    node->started_ms = corrected_ms;

    while (!shutdown_requested) {
        poll(fds, 2, WAIT_MS);
        if (fds[1].revents)
            break;
        api_server_poll(node->endpoint);
        if (steady_ms() - corrected_ms >= 1000) {
            corrected_ms = steady_ms();
            clock_correct(&node->clock);
            for (unsigned i = 0; i < node->n_ports; i++)
                port_reconnect(&node->ports[i]);
        }
    }
}
