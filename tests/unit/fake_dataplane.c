// SPDX-License-Identifier: BSD-3-Clause
// Stands in for godwit-dataplane in the tests of godwitd: it answers on the socket and does no packet work.
// It takes the options that godwitd passes on. Files in RUN_DIR steer it: "fail" makes it exit with status 3,
// "silent" makes it not answer for 3 s.
#include "control/api/api.h"
#include "control/config/config.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *run_dir;
static json_t *applied; // what config.apply has set
static volatile sig_atomic_t stop;

static bool steered(const char *file)
{
    char path[256];
    snprintf(path, sizeof(path), "%s/%s", run_dir, file);
    return access(path, F_OK) == 0;
}

static json_t *status(void *ctx, const json_t *params, struct api_reply *err)
{
    (void)ctx, (void)params, (void)err;
    return json_pack(
        "{s:s, s:s, s:i, s:s, s:i, s:i, s:i, s:b, s:b, s:i, s:[s], s:i, s:i, s:{s:i, s:i, s:i}, s:O}",
        "version", GODWIT_VERSION, "node", "fake", "pid", (int)getpid(), "state", "serving", "uptime_ms",
        1000, "epoch", 1, "workers", 1, "latency_first",
        json_is_true(json_object_get(applied, "latency_first")), "hugepages", 0, "page_size", 4096, "ports",
        "gw", "items", 12345, "requests", 1234567, "memory", "capacity", 1 << 28, "used", 1 << 20, "payload",
        1000, "applied", applied);
}

static json_t *worker_show(void *ctx, const json_t *params, struct api_reply *err)
{
    static int requests;
    (void)ctx, (void)params, (void)err;
    requests += 500;
    return json_pack("{s:i, s:[{s:i, s:i, s:s, s:i, s:i, s:i, s:i, s:{s:i, s:i}, s:{s:i, s:i}}]}", "tsc_hz",
                     2000000, "workers", "id", 0, "core", 1, "state", "polling", "slots", 16384, "items",
                     12345, "requests", requests, "packets", requests, "cycles", "lookup", requests * 1000,
                     "idle", requests * 3000, "memory", "capacity", 1 << 28, "used", 1 << 20);
}

static json_t *port_show(void *ctx, const json_t *params, struct api_reply *err)
{
    (void)ctx, (void)params, (void)err;
    return json_pack("{s:[{s:s, s:s, s:s, s:{s:b, s:i}, s:[{s:s, s:s}], s:n, s:{s:i}}]}", "ports", "name",
                     "gw", "driver", "ring", "mac", "02:00:00:00:00:01", "link", "up", 1, "mbps", 10000,
                     "addresses", "address", "198.18.0.2/24", "state", "ok", "gateway", "ethdev", "rx", 4321);
}

static json_t *counters(void *ctx, const json_t *params, struct api_reply *err)
{
    (void)ctx, (void)err;
    if (steered("silent"))
        sleep(3);
    return json_pack("{s:[{s:s, s:s, s:s, s:i, s:[i]}], s:O?}", "counters", "name", "ip4_bad_checksum",
                     "kind", "drop", "help", "IPv4 header checksum wrong", "total", 7654, "workers", 7654,
                     "params", params ? (json_t *)params : NULL);
}

// Refuses one value, as a data plane without room for it would.
static json_t *config_apply(void *ctx, const json_t *params, struct api_reply *err)
{
    (void)ctx;
    if (json_integer_value(json_object_get(params, "quantum_us")) == 999) {
        err->code = API_REFUSED;
        snprintf(err->message, sizeof(err->message), "quantum_us 999 is refused here");
        return NULL;
    }
    json_object_update(applied, (json_t *)params);
    return json_object();
}

static const struct api_method methods[] = {
    {"status", status},  {"worker.show", worker_show}, {"port.show", port_show},
    {"stats", counters}, {"drops", counters},          {"config.apply", config_apply},
    {NULL, NULL},
};

static void on_signal(int signal)
{
    (void)signal;
    stop = 1;
}

int main(int argc, char **argv)
{
    char err[512], path[256];
    bool latency_first = argc == 4 && !strcmp(argv[3], "--latency-first");
    struct config *c = argc == 3 || latency_first ? config_load(argv[2], err, sizeof(err)) : NULL;
    if (!c)
        return 2;
    run_dir = c->run_dir;
    if (steered("fail")) {
        config_free(c);
        return 3;
    }
    applied = json_object();
    json_object_set_new(applied, "started_latency_first", json_boolean(latency_first));
    signal(SIGTERM, on_signal);
    snprintf(path, sizeof(path), "%s/dataplane.sock", c->run_dir);
    struct api_server *server = api_server_open(path, NULL, methods, NULL, err, sizeof(err));
    if (!server) {
        fprintf(stderr, "fake data plane: %s\n", err);
        return 1;
    }
    struct pollfd p = {.fd = api_server_fd(server), .events = POLLIN};
    while (!stop)
        if (poll(&p, 1, 100) > 0)
            api_server_poll(server);
    api_server_close(server);
    json_decref(applied);
    config_free(c);
    return 0;
}
