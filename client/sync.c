// SPDX-License-Identifier: BSD-3-Clause
// Synchronous calls: submit one request, serve the client until it ends.
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "client/client.h"

struct waiting {
    struct godwit *g;
    bool done;
    enum godwit_status status;
    unsigned count;
};

// The answer lies in a receive buffer that the next datagram overwrites: keep a copy.
static void keep(void *context, const struct godwit_reply *reply)
{
    struct waiting *w = context;
    struct godwit *g = w->g;
    size_t at = 0;

    w->done = true;
    w->status = reply->status;
    w->count = reply->count;
    for (unsigned i = 0; i < reply->count; i++) {
        g->results[i] = reply->results[i];
        if (!reply->results[i].value)
            continue;
        memcpy(g->answer + at, reply->results[i].value, reply->results[i].value_len);
        g->results[i].value = g->answer + at;
        at += reply->results[i].value_len;
    }
}

static void explain(struct godwit *g, enum godwit_status status)
{
    if (status == GODWIT_OK)
        g->error[0] = '\0';
    else if (status == GODWIT_TIMEOUT)
        client_fail(g, status, "no answer before the deadline; nothing was written");
    else if (status == GODWIT_UNKNOWN)
        client_fail(g, status, "no answer before the deadline; the write was executed once or not at all");
    else if (status != GODWIT_REFUSED)
        client_fail(g, status, "%s", godwit_status_name(status));
}

static void ignore(void *context, const struct godwit_reply *reply)
{
    (void)context;
    (void)reply;
}

// The caller gives up on a request that may still end: its answer must not find the caller's stack.
static void abandon(struct godwit *g, const struct waiting *w)
{
    for (unsigned i = 0; i < g->engine->config.sessions * ENGINE_WINDOW; i++)
        if (g->requests[i].context == w)
            g->requests[i].callback = ignore;
}

static enum godwit_status wait_for(struct godwit *g, struct waiting *w)
{
    while (!w->done) {
        struct pollfd p = {.fd = g->fd, .events = POLLIN};
        enum godwit_status status = godwit_process(g);
        if (status == GODWIT_OK && !w->done && g->fd >= 0 && poll(&p, 1, godwit_timeout_ms(g)) < 0 &&
            errno != EINTR)
            status = client_fail(g, GODWIT_SYSTEM, "poll: %s", strerror(errno));
        if (status != GODWIT_OK && !w->done) {
            abandon(g, w);
            return status;
        }
    }
    explain(g, w->status);
    return w->status;
}

enum godwit_status godwit_batch(struct godwit *g, const struct godwit_op *ops, unsigned count,
                                struct godwit_result *results)
{
    struct waiting w = {.g = g};
    enum godwit_status status = godwit_submit(g, ops, count, 0, keep, &w);

    if (status != GODWIT_OK)
        return status;
    status = wait_for(g, &w);
    if (status == GODWIT_OK && w.count != count)
        return client_fail(g, GODWIT_REFUSED, "%u results for %u operations", w.count, count);
    if (status == GODWIT_OK)
        memcpy(results, g->results, count * sizeof(*results));
    return status;
}

static enum godwit_status one(struct godwit *g, const struct godwit_op *op, struct godwit_result *result)
{
    enum godwit_status status = godwit_batch(g, op, 1, result);

    if (status == GODWIT_OK && result->status != GODWIT_OK)
        client_fail(g, result->status, "%s", godwit_status_name(result->status));
    return status == GODWIT_OK ? result->status : status;
}

enum godwit_status godwit_get(struct godwit *g, const void *key, size_t key_len, const void **value,
                              size_t *value_len, uint64_t *version)
{
    struct godwit_result result = {0};
    struct godwit_op op = {.opcode = GODWIT_GET, .key = key, .key_len = key_len};
    enum godwit_status status = one(g, &op, &result);

    *value = result.value;
    *value_len = result.value_len;
    if (version)
        *version = result.number;
    return status;
}

enum godwit_status godwit_set(struct godwit *g, const void *key, size_t key_len, const void *value,
                              size_t value_len, uint64_t expiry_ms, unsigned flags)
{
    struct godwit_result result;
    struct godwit_op op = {.opcode = GODWIT_SET,
                           .flags = flags,
                           .key = key,
                           .key_len = key_len,
                           .value = value,
                           .value_len = value_len,
                           .expiry_ms = expiry_ms};

    return one(g, &op, &result);
}

enum godwit_status godwit_del(struct godwit *g, const void *key, size_t key_len)
{
    struct godwit_result result;
    struct godwit_op op = {.opcode = GODWIT_DEL, .key = key, .key_len = key_len};

    return one(g, &op, &result);
}

enum godwit_status godwit_incr(struct godwit *g, const void *key, size_t key_len, int64_t delta,
                               int64_t *number)
{
    struct godwit_result result = {0};
    struct godwit_op op = {.opcode = GODWIT_INCR, .key = key, .key_len = key_len, .number = (uint64_t)delta};
    enum godwit_status status = one(g, &op, &result);

    if (number && status == GODWIT_OK)
        *number = (int64_t)result.number;
    return status;
}

enum godwit_status godwit_append(struct godwit *g, const void *key, size_t key_len, const void *value,
                                 size_t value_len, uint64_t *new_len)
{
    struct godwit_result result = {0};
    struct godwit_op op = {
        .opcode = GODWIT_APPEND, .key = key, .key_len = key_len, .value = value, .value_len = value_len};
    enum godwit_status status = one(g, &op, &result);

    if (new_len && status == GODWIT_OK)
        *new_len = result.number;
    return status;
}

enum godwit_status godwit_cas(struct godwit *g, const void *key, size_t key_len, uint64_t expected,
                              const void *value, size_t value_len, uint64_t *present)
{
    struct godwit_result result = {0};
    struct godwit_op op = {.opcode = GODWIT_CAS,
                           .key = key,
                           .key_len = key_len,
                           .value = value,
                           .value_len = value_len,
                           .number = expected};
    enum godwit_status status = one(g, &op, &result);

    if (present && (status == GODWIT_OK || status == GODWIT_VERSION_DIFFERS))
        *present = result.number;
    return status;
}

enum godwit_status godwit_getorcreate(struct godwit *g, const void *key, size_t key_len, const void *initial,
                                      size_t initial_len, const void **value, size_t *value_len)
{
    struct godwit_result result = {0};
    struct godwit_op op = {.opcode = GODWIT_GETORCREATE,
                           .key = key,
                           .key_len = key_len,
                           .value = initial,
                           .value_len = initial_len};
    enum godwit_status status = one(g, &op, &result);

    *value = result.value;
    *value_len = result.value_len;
    return status;
}

enum godwit_status godwit_expire(struct godwit *g, const void *key, size_t key_len, uint64_t ttl_ms)
{
    struct godwit_result result;
    struct godwit_op op = {.opcode = GODWIT_EXPIRE, .key = key, .key_len = key_len, .number = ttl_ms};

    return one(g, &op, &result);
}

// A page: next cursor, then keys, each behind its length. False when it is cut off.
static bool visit_page(const struct godwit_result *page, uint64_t *cursor,
                       void (*visit)(void *context, const void *key, size_t key_len), void *context)
{
    const uint8_t *at = page->value, *end = at + page->value_len;
    uint16_t length;

    if (page->value_len < sizeof(*cursor))
        return false;
    memcpy(cursor, at, sizeof(*cursor));
    for (at += sizeof(*cursor); at < end; at += length) {
        if (end - at < (ptrdiff_t)sizeof(length))
            return false;
        memcpy(&length, at, sizeof(length));
        at += sizeof(length);
        if (end - at < length)
            return false;
        visit(context, at, length);
    }
    return true;
}

enum godwit_status godwit_scan(struct godwit *g, uint64_t *cursor, unsigned limit,
                               void (*visit)(void *context, const void *key, size_t key_len), void *context)
{
    struct godwit_result result = {0};
    uint64_t from = *cursor;
    struct godwit_op op = {.opcode = GODWIT_SCAN, .key = &from, .key_len = sizeof(from), .number = limit};
    enum godwit_status status = one(g, &op, &result);

    if (status == GODWIT_OK && !visit_page(&result, cursor, visit, context))
        return client_fail(g, GODWIT_REFUSED, "the server's page is cut off");
    return status;
}
