// SPDX-License-Identifier: BSD-3-Clause
#include "tests/sim/loopback_server.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define FIRST_PORT 20480
#define PORTS      128
#define ATTEMPTS   50

struct loopback_server {
    struct model_server model;
    pthread_t thread;
    atomic_bool stop;
    atomic_uint new_epoch;
    unsigned drop_every, received;
    struct pollfd sockets[PORTS];
};

static void handle(struct loopback_server *l, int fd)
{
    struct sockaddr_storage from;
    socklen_t from_len = sizeof(from);
    uint8_t data[65536], reply[MODEL_REPLY_MAX];
    ssize_t n = recvfrom(fd, data, sizeof(data), MSG_DONTWAIT, (struct sockaddr *)&from, &from_len);

    if (n < 0 || (l->drop_every && ++l->received % l->drop_every == 0))
        return;
    unsigned epoch = atomic_exchange(&l->new_epoch, 0);
    if (epoch && !model_server_restart(&l->model, epoch))
        return;
    // Tests are over long before a session would be forgotten.
    uint32_t length = model_server_handle(&l->model, 1, data, (uint32_t)n, reply);
    if (length)
        sendto(fd, reply, length, 0, (struct sockaddr *)&from, from_len);
}

static void *serve(void *context)
{
    struct loopback_server *l = context;

    while (!atomic_load(&l->stop))
        if (poll(l->sockets, PORTS, 50) > 0)
            for (unsigned i = 0; i < PORTS; i++)
                if (l->sockets[i].revents)
                    handle(l, l->sockets[i].fd);
    return NULL;
}

static void close_all(struct loopback_server *l)
{
    for (unsigned i = 0; i < PORTS; i++)
        if (l->sockets[i].fd >= 0)
            close(l->sockets[i].fd);
}

static bool bind_all(struct loopback_server *l, struct in_addr address)
{
    bool good = true;

    for (unsigned i = 0; i < PORTS; i++)
        l->sockets[i] = (struct pollfd){.fd = -1, .events = POLLIN};
    for (unsigned i = 0; i < PORTS && good; i++) {
        struct sockaddr_in at = {
            .sin_family = AF_INET, .sin_addr = address, .sin_port = htons((uint16_t)(FIRST_PORT + i))};
        l->sockets[i].fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        good = l->sockets[i].fd >= 0 && bind(l->sockets[i].fd, (struct sockaddr *)&at, sizeof(at)) == 0;
    }
    if (!good)
        close_all(l);
    return good;
}

struct loopback_server *loopback_start(char *address, unsigned drop_every)
{
    struct loopback_server *l = calloc(1, sizeof(*l));

    if (!l || !model_server_init(&l->model, 7)) {
        free(l);
        return NULL;
    }
    l->drop_every = drop_every;
    for (unsigned attempt = 0; attempt < ATTEMPTS; attempt++) {
        unsigned host = (unsigned)getpid() * 64u + attempt;
        struct in_addr in = {.s_addr = htonl(0x7f000000u | 0x010000u | (host & 0xffffu) | 2u)};
        if (!bind_all(l, in))
            continue;
        inet_ntop(AF_INET, &in, address, 16);
        if (pthread_create(&l->thread, NULL, serve, l) == 0)
            return l;
        close_all(l);
    }
    model_server_end(&l->model);
    free(l);
    return NULL;
}

void loopback_restart(struct loopback_server *l, uint32_t epoch)
{
    atomic_store(&l->new_epoch, epoch);
}

void loopback_stop(struct loopback_server *l)
{
    atomic_store(&l->stop, true);
    pthread_join(l->thread, NULL);
    close_all(l);
    model_server_end(&l->model);
    free(l);
}
