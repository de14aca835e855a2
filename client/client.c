// SPDX-License-Identifier: BSD-3-Clause
#include "client/client.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define DEADLINE_DEFAULT_US  1000000u
#define DATAGRAM_DEFAULT     1452u // 1500 - 40 (IPv6) - 8 (UDP)
#define DATAGRAM_MIN         128u
#define RECEIVE_MIN          9216u // answers may be larger than requests: a jumbo frame's worth
#define RETRY_PERMILLE_USUAL 100u

uint64_t client_now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000u + (uint64_t)ts.tv_nsec / 1000u;
}

enum godwit_status client_fail(struct godwit *g, enum godwit_status status, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    vsnprintf(g->error, sizeof(g->error), format, list);
    va_end(list);
    return status;
}

static int take_options(struct godwit *g, const struct godwit_options *o, struct engine_config *config)
{
    *config = (struct engine_config){
        .tenant = o->tenant,
        .has_credential = o->credential != NULL,
        .sessions = o->sessions ? o->sessions : 1,
        .datagram_max = o->datagram_max ? o->datagram_max : DATAGRAM_DEFAULT,
        .retry_permille = o->retry_permille ? o->retry_permille : RETRY_PERMILLE_USUAL,
        .seed = o->seed,
    };
    if (o->credential)
        memcpy(config->credential, o->credential, sizeof(config->credential));
    g->deadline_us = o->deadline_us ? o->deadline_us : DEADLINE_DEFAULT_US;
    g->datagram_max = config->datagram_max;
    g->receive_max = g->datagram_max > RECEIVE_MIN ? g->datagram_max : RECEIVE_MIN;
    if (config->sessions > ENGINE_SESSIONS_MAX)
        client_fail(g, GODWIT_INVALID, "sessions is %u, 1 to %u are possible", config->sessions,
                    ENGINE_SESSIONS_MAX);
    else if (config->datagram_max < DATAGRAM_MIN || config->datagram_max > NATIVE_DATAGRAM_MAX)
        client_fail(g, GODWIT_INVALID, "datagram_max is %u, %u to %u are possible", config->datagram_max,
                    DATAGRAM_MIN, NATIVE_DATAGRAM_MAX);
    else if (config->retry_permille > 1000)
        client_fail(g, GODWIT_INVALID, "retry_permille is %u, 1 to 1000 are possible",
                    config->retry_permille);
    else if (config->seed == 0 && getrandom(&config->seed, sizeof(config->seed), 0) < 0)
        client_fail(g, GODWIT_SYSTEM, "getrandom: %s", strerror(errno));
    else
        return 0;
    return -1;
}

static int allocate(struct godwit *g, const struct engine_config *config)
{
    unsigned n = config->sessions * ENGINE_WINDOW;
    void *memory = malloc(engine_size(config));

    g->requests = calloc(n, sizeof(*g->requests));
    g->send_buffer = malloc((size_t)CLIENT_BURST * g->datagram_max);
    g->receive_buffer = malloc((size_t)CLIENT_BURST * g->receive_max);
    g->answer_room = g->receive_max;
    g->answer = malloc(g->answer_room);
    if (!memory || !g->requests || !g->send_buffer || !g->receive_buffer || !g->answer) {
        free(memory);
        client_fail(g, GODWIT_SYSTEM, "out of memory for %u outstanding requests of up to %u bytes", n,
                    g->datagram_max);
        return -1;
    }
    g->engine = engine_init(memory, config);
    for (unsigned i = 0; i < n; i++) {
        g->requests[i].next_free = g->free_requests;
        g->free_requests = &g->requests[i];
    }
    return 0;
}

static struct godwit *refuse(struct godwit *g, char *error, size_t error_len)
{
    if (error)
        snprintf(error, error_len, "%s", g ? g->error : "out of memory");
    godwit_close(g);
    return NULL;
}

struct godwit *client_open(const struct client_transport *transport, void *context,
                           const struct godwit_options *options, char *error, size_t error_len)
{
    static const struct godwit_options usual;
    struct engine_config config;
    struct godwit *g = calloc(1, sizeof(*g));

    if (!g)
        return refuse(NULL, error, error_len);
    g->fd = -1;
    g->transport = transport;
    g->transport_context = context;
    if (take_options(g, options ? options : &usual, &config) < 0 || allocate(g, &config) < 0)
        return refuse(g, error, error_len);
    return g;
}

struct godwit *godwit_open(const char *address, const struct godwit_options *options, char *error,
                           size_t error_len)
{
    struct godwit *g = client_open(&client_socket_transport, NULL, options, error, error_len);

    if (g && client_socket_open(g, address) < 0)
        return refuse(g, error, error_len);
    return g;
}

void godwit_close(struct godwit *g)
{
    if (!g)
        return;
    if (g->fd >= 0)
        close(g->fd);
    free(g->engine);
    free(g->requests);
    free(g->send_buffer);
    free(g->receive_buffer);
    free(g->answer);
    free(g);
}

const char *godwit_error(const struct godwit *g)
{
    return g->error;
}

int godwit_fd(const struct godwit *g)
{
    return g->fd;
}

unsigned godwit_outstanding(const struct godwit *g)
{
    return g->engine->outstanding;
}

void godwit_stats(const struct godwit *g, struct godwit_stats *out)
{
    *out = g->engine->stats;
    out->round_trip_us = g->engine->round_trip.smoothed;
}
