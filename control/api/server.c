// SPDX-License-Identifier: BSD-3-Clause
// The server half: accepts, serves and evicts clients on an epoll fd.
#include "control/api/connection.h"
#include "control/api/jsonrpc.h"
#include "control/api/listener.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS_PER_TURN  32
#define ACCEPTS_PER_TURN 32

struct api_server {
    int epoll;
    int listener;
    char *path;
    const struct api_method *methods;
    void *ctx;
    uint64_t turn; // counts events, so that clients can be ordered by their last activity
    struct connection clients[API_CLIENTS_MAX];
};

static bool watch(struct api_server *s, int op, int fd, uint32_t events, void *ptr)
{
    struct epoll_event e = {.events = events, .data.ptr = ptr};
    return epoll_ctl(s->epoll, op, fd, &e) == 0;
}

struct api_server *api_server_open(const char *path, const char *group, const struct api_method *methods,
                                   void *ctx, char *err, size_t err_len)
{
    struct api_server *s = calloc(1, sizeof(*s));
    if (!s) {
        snprintf(err, err_len, "no memory");
        return NULL;
    }
    for (unsigned i = 0; i < API_CLIENTS_MAX; i++)
        s->clients[i].fd = -1;
    s->methods = methods;
    s->ctx = ctx;
    s->listener = listener_open(path, group, err, err_len);
    if (s->listener < 0) {
        free(s);
        return NULL;
    }
    s->path = strdup(path);
    s->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (!s->path || s->epoll < 0 || !watch(s, EPOLL_CTL_ADD, s->listener, EPOLLIN, NULL)) {
        snprintf(err, err_len, "%s: %s", path, strerror(errno));
        api_server_close(s);
        return NULL;
    }
    return s;
}

int api_server_fd(const struct api_server *s)
{
    return s->epoll;
}

// The free place, else the place of the client that has been quiet longest, which is cut off: clients that
// hold connections open cannot keep a new one out.
static struct connection *take_place(struct api_server *s)
{
    struct connection *oldest = &s->clients[0];
    for (unsigned i = 0; i < API_CLIENTS_MAX; i++) {
        struct connection *c = &s->clients[i];
        if (c->fd < 0)
            return c;
        if (c->last_active < oldest->last_active)
            oldest = c;
    }
    connection_close(oldest);
    return oldest;
}

static void admit(struct api_server *s, int fd)
{
    struct connection *c = take_place(s);
    *c = (struct connection){.fd = fd, .last_active = ++s->turn};
    if (!listener_admits(s->path, fd)) {
        c->closing = true;
        connection_queue(c, jsonrpc_error(NULL, API_DENIED, "only root and the socket's group may use it"));
        connection_send(c);
        connection_close(c);
        return;
    }
    if (!watch(s, EPOLL_CTL_ADD, fd, EPOLLIN, c))
        connection_close(c);
}

static void accept_clients(struct api_server *s)
{
    for (unsigned i = 0; i < ACCEPTS_PER_TURN; i++) {
        int fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return;
        admit(s, fd);
    }
}

static bool serve(struct api_server *s, struct connection *c, uint32_t events)
{
    unsigned served = 0;
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        if (!connection_receive(c, s->methods, s->ctx, &served))
            return false;
    if (served)
        c->last_active = ++s->turn;
    if (!connection_send(c))
        return false;
    bool arm = c->out_len > 0;
    if (arm != c->armed && !watch(s, EPOLL_CTL_MOD, c->fd, EPOLLIN | (arm ? EPOLLOUT : 0u), c))
        return false;
    c->armed = arm;
    return true;
}

void api_server_poll(struct api_server *s)
{
    struct epoll_event events[EVENTS_PER_TURN];
    int n = epoll_wait(s->epoll, events, EVENTS_PER_TURN, 0);
    bool arrivals = false;
    for (int i = 0; i < n; i++) {
        struct connection *c = events[i].data.ptr;
        if (!c)
            arrivals = true;
        else if (!serve(s, c, events[i].events))
            connection_close(c);
    }
    // Last, so that a place given to a newcomer is not mistaken for the client of an event of this turn.
    if (arrivals)
        accept_clients(s);
}

void api_server_close(struct api_server *s)
{
    for (unsigned i = 0; i < API_CLIENTS_MAX; i++)
        if (s->clients[i].fd >= 0)
            connection_close(&s->clients[i]);
    if (s->path)
        unlink(s->path);
    close(s->listener);
    close(s->epoll);
    free(s->path);
    free(s);
}
