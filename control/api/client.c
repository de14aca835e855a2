// SPDX-License-Identifier: BSD-3-Clause
// The client half: one call on one connection, within a total time.
#include "control/api/jsonrpc.h"
#include "control/api/listener.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

// Connects without waiting. Returns the descriptor, or -1 with errno.
static int connect_to(const char *path)
{
    struct sockaddr_un a;
    if (!listener_address(path, &a)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
        int saved = errno;
        close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

int api_server_pid(const char *path)
{
    int fd = connect_to(path);
    if (fd < 0)
        return -1;
    struct ucred peer = {.pid = -1};
    socklen_t len = sizeof(peer);
    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len);
    close(fd);
    return peer.pid;
}

// Waits for events on fd. Returns false with errno when the time is over.
static bool wait_for(int fd, short events, int64_t deadline)
{
    for (;;) {
        int64_t left = deadline - now_ms();
        struct pollfd p = {.fd = fd, .events = events};
        int n = poll(&p, 1, left > 0 ? (int)left : 0);
        if (n > 0)
            return true;
        if (n == 0) {
            errno = ETIMEDOUT;
            return false;
        }
        if (errno != EINTR)
            return false;
    }
}

static bool send_line(int fd, const char *line, int64_t deadline)
{
    size_t len = strlen(line);
    while (len) {
        ssize_t n = send(fd, line, len, MSG_NOSIGNAL);
        if (n >= 0) {
            line += n;
            len -= (size_t)n;
        } else if (errno == EAGAIN) {
            if (!wait_for(fd, POLLOUT, deadline))
                return false;
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

// Reads one line into buf[0..API_LINE_MAX]. Returns its length without the newline, or -1 with errno.
static ssize_t receive_line(int fd, char *buf, int64_t deadline)
{
    size_t len = 0;
    while (len < API_LINE_MAX) {
        ssize_t n = recv(fd, buf + len, API_LINE_MAX - len, 0);
        if (n > 0) {
            char *end = memchr(buf + len, '\n', (size_t)n);
            if (end)
                return end - buf;
            len += (size_t)n;
        } else if (n == 0) {
            errno = ECONNRESET;
            return -1;
        } else if (errno == EAGAIN) {
            if (!wait_for(fd, POLLIN, deadline))
                return -1;
        } else if (errno != EINTR) {
            return -1;
        }
    }
    errno = EMSGSIZE;
    return -1;
}

static json_t *no_answer(const char *path, struct api_reply *err)
{
    int e = errno;
    err->code = e == EACCES || e == EPERM ? API_DENIED : API_UNAVAILABLE;
    const char *why = e == ENOENT || e == ECONNREFUSED ? "nobody listens"
                      : e == ECONNRESET                ? "the connection was closed before an answer came"
                      : e == ETIMEDOUT                 ? "no answer in time"
                                                       : strerror(e);
    snprintf(err->message, sizeof(err->message), "%s: %s", path, why);
    return NULL;
}

static json_t *exchange(int fd, const char *path, const char *line, int64_t deadline, struct api_reply *err)
{
    char *buf = malloc(API_LINE_MAX);
    ssize_t len = -1;
    // A server that refuses the connection answers and closes without reading.
    if (buf && (send_line(fd, line, deadline) || errno == EPIPE || errno == ECONNRESET))
        len = receive_line(fd, buf, deadline);
    json_t *result = len < 0 ? no_answer(path, err) : jsonrpc_result(buf, (size_t)len, err);
    free(buf);
    return result;
}

// Connects within the deadline: a full backlog shows as EAGAIN and passes.
static int connect_by(const char *path, int64_t deadline)
{
    int fd;
    while ((fd = connect_to(path)) < 0 && errno == EAGAIN) {
        if (now_ms() >= deadline) {
            errno = ETIMEDOUT;
            return -1;
        }
        poll(NULL, 0, 5);
    }
    return fd;
}

json_t *api_call(const char *path, const char *method, json_t *params, int timeout_ms, struct api_reply *err)
{
    int64_t deadline = now_ms() + timeout_ms;
    char *line = jsonrpc_request(method, params);
    json_decref(params);
    *err = (struct api_reply){.code = API_INTERNAL, .message = "no memory"};
    if (!line)
        return NULL;
    int fd = connect_by(path, deadline);
    json_t *result = fd < 0 ? no_answer(path, err) : exchange(fd, path, line, deadline, err);
    if (fd >= 0)
        close(fd);
    free(line);
    return result;
}
