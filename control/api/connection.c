// SPDX-License-Identifier: BSD-3-Clause
#include "control/api/connection.h"

#include "control/api/jsonrpc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_SIZE 65536u

// Makes room for `more` bytes after buf[0..len). Returns false when there is no memory.
static bool reserve(char **buf, size_t len, size_t *cap, size_t more)
{
    if (*cap - len >= more)
        return true;
    size_t want = *cap ? *cap : 4096;
    while (want - len < more)
        want *= 2;
    char *grown = realloc(*buf, want);
    if (!grown)
        return false;
    *buf = grown;
    *cap = want;
    return true;
}

bool connection_queue(struct connection *c, char *line)
{
    if (!line)
        return true;
    size_t len = strlen(line);
    if (c->out_start) {
        memmove(c->out, c->out + c->out_start, c->out_len);
        c->out_start = 0;
    }
    bool ok = c->out_len + len <= CONNECTION_OUTPUT_MAX && reserve(&c->out, c->out_len, &c->out_cap, len);
    if (ok) {
        memcpy(c->out + c->out_len, line, len);
        c->out_len += len;
    }
    free(line);
    return ok;
}

bool connection_send(struct connection *c)
{
    while (c->out_len) {
        ssize_t n = send(c->fd, c->out + c->out_start, c->out_len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0)
            return errno == EAGAIN || errno == EINTR;
        c->out_start += (size_t)n;
        c->out_len -= (size_t)n;
    }
    free(c->out);
    c->out = NULL;
    c->out_start = c->out_cap = 0;
    return !c->closing;
}

// Answers the complete lines of the input, keeps the rest. Only the bytes from `scanned` on are new.
static bool answer_lines(struct connection *c, size_t scanned, const struct api_method *methods, void *ctx,
                         unsigned *served)
{
    size_t start = 0;
    char *end;
    while ((end = memchr(c->in + scanned, '\n', c->in_len - scanned))) {
        size_t line_end = (size_t)(end - c->in);
        (*served)++;
        if (!connection_queue(c, jsonrpc_answer(methods, ctx, c->in + start, line_end - start)))
            return false;
        start = scanned = line_end + 1;
    }
    c->in_len -= start;
    memmove(c->in, c->in + start, c->in_len);
    return true;
}

bool connection_receive(struct connection *c, const struct api_method *methods, void *ctx, unsigned *served)
{
    if (c->closing)
        return true;
    if (!reserve(&c->in, c->in_len, &c->in_cap, READ_SIZE))
        return false;
    ssize_t n = recv(c->fd, c->in + c->in_len, READ_SIZE, MSG_DONTWAIT);
    if (n <= 0)
        return n < 0 && (errno == EAGAIN || errno == EINTR);
    size_t scanned = c->in_len;
    c->in_len += (size_t)n;
    if (!answer_lines(c, scanned, methods, ctx, served))
        return false;
    if (c->in_len > API_LINE_MAX) {
        c->closing = true;
        return connection_queue(c, jsonrpc_error(NULL, API_INVALID_REQUEST, "the request line is too long"));
    }
    return true;
}

void connection_close(struct connection *c)
{
    close(c->fd);
    free(c->in);
    free(c->out);
    *c = (struct connection){.fd = -1};
}
