// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/serve/execute.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static struct store_write stamp(const struct execute *x, uint64_t expire_ms)
{
    return (struct store_write){.ts = x->ts, .expire_ms = expire_ms, .origin = x->origin};
}

// Absolute expiry that the operation asks for, in ms of the wall clock; an unreachable one never comes.
static uint64_t expiry_of(const struct execute *x, const struct native_op_view *op, uint64_t ms)
{
    uint64_t at = (op->flags & NATIVE_O_ABSOLUTE) ? ms : x->now_ms + ms;
    return at < ms ? UINT64_MAX : at;
}

static void show(struct native_result_view *res, const void *value, uint32_t len)
{
    res->value = value;
    res->value_len = len;
}

static void too_big(struct native_result_view *res, uint64_t bytes)
{
    res->status = NATIVE_RES_TOOBIG;
    res->number = bytes;
    show(res, NULL, 0);
}

// The value as it is before the operation changes it, kept in the scratch. False when it does not fit the
// reply.
static bool keep_previous(struct execute *x, struct record *r, uint32_t room, struct native_result_view *res)
{
    uint32_t len;
    const void *value = record_value(r, &len);

    if (len > room || len > x->scratch_len) {
        too_big(res, len);
        return false;
    }
    memcpy(x->scratch, value, len);
    show(res, x->scratch, len);
    return true;
}

static void write_value(struct execute *x, struct store_lookup *l, const void *value, uint32_t len,
                        uint64_t expire_ms, struct native_result_view *res)
{
    struct store_write w = stamp(x, expire_ms);

    if (len > x->max_value_bytes) {
        res->status = NATIVE_RES_TOO_LARGE;
        res->number = x->max_value_bytes;
        return;
    }
    if (store_set(x->store, l, value, len, &w, x->now_ms) != STORE_OK) {
        res->status = NATIVE_RES_NO_MEMORY;
        return;
    }
    struct record *r = store_find(x->store, l, x->now_ms);
    res->number = r ? record_version(r) : 0; // absent: it was written with an expiry that has passed
}

static void get(struct execute *x, struct store_lookup *l, uint32_t room, struct native_result_view *res)
{
    struct record *r = store_find(x->store, l, x->now_ms);
    uint32_t len;

    if (!r) {
        res->status = NATIVE_RES_NOT_FOUND;
        return;
    }
    const void *value = record_value(r, &len);
    if (len > room) {
        too_big(res, len);
        return;
    }
    res->number = record_version(r);
    show(res, value, len);
}

static void set(struct execute *x, const struct native_op_view *op, struct store_lookup *l, uint32_t room,
                struct native_result_view *res)
{
    uint64_t expire = (op->flags & NATIVE_O_EXPIRY) ? expiry_of(x, op, op->expiry) : STORE_NO_EXPIRY;

    if (op->flags & (NATIVE_O_IF_ABSENT | NATIVE_O_IF_EXISTS | NATIVE_O_KEEP_TTL | NATIVE_O_RETURN)) {
        struct record *r = store_find(x->store, l, x->now_ms);
        if (r && (op->flags & NATIVE_O_RETURN) && !keep_previous(x, r, room, res))
            return;
        if (r && (op->flags & NATIVE_O_KEEP_TTL))
            expire = record_expiry(r);
        if (r && (op->flags & NATIVE_O_IF_ABSENT)) {
            res->status = NATIVE_RES_EXISTS;
            res->number = record_version(r);
            return;
        }
        if (!r && (op->flags & NATIVE_O_IF_EXISTS)) {
            res->status = NATIVE_RES_NOT_FOUND;
            return;
        }
    }
    write_value(x, l, op->value, op->value_len, expire, res);
}

static void del(struct execute *x, const struct native_op_view *op, struct store_lookup *l, uint32_t room,
                struct native_result_view *res)
{
    struct record *r = store_find(x->store, l, x->now_ms);

    if (!r) {
        res->status = NATIVE_RES_NOT_FOUND;
        return;
    }
    if ((op->flags & NATIVE_O_RETURN) && !keep_previous(x, r, room, res))
        return;
    res->number = record_version(r);
    store_delete(x->store, l, x->now_ms);
}

// A 64-bit decimal exactly as Redis takes it: optional minus, no leading zero, no space.
static bool parse_integer(const char *p, uint32_t len, int64_t *out)
{
    bool negative = len > 0 && p[0] == '-';
    uint64_t limit = negative ? (uint64_t)INT64_MAX + 1 : INT64_MAX, n = 0;

    if (negative)
        p++, len--;
    if (len == 0 || len > 19 || (p[0] == '0' && (len > 1 || negative)))
        return false;
    for (uint32_t i = 0; i < len; i++) {
        if (p[i] < '0' || p[i] > '9')
            return false;
        n = n * 10 + (uint64_t)(p[i] - '0'); // 19 digits fit 64 bits
    }
    if (n > limit)
        return false;
    *out = (int64_t)(negative ? 0 - n : n);
    return true;
}

static void incr(struct execute *x, const struct native_op_view *op, struct store_lookup *l,
                 struct native_result_view *res)
{
    struct record *r = store_find(x->store, l, x->now_ms);
    int64_t present = 0, sum;
    char text[24];

    if (r) {
        uint32_t len;
        const char *value = record_value(r, &len);
        if (!parse_integer(value, len, &present)) {
            res->status = NATIVE_RES_NOT_INTEGER;
            return;
        }
    }
    if (__builtin_add_overflow(present, (int64_t)op->arg, &sum)) {
        res->status = NATIVE_RES_OVERFLOW;
        return;
    }
    int len = snprintf(text, sizeof(text), "%" PRId64, sum);
    write_value(x, l, text, (uint32_t)len, r ? record_expiry(r) : STORE_NO_EXPIRY, res);
    if (res->status == NATIVE_RES_OK)
        res->number = (uint64_t)sum;
}

static void append(struct execute *x, const struct native_op_view *op, struct store_lookup *l,
                   struct native_result_view *res)
{
    struct record *r = store_find(x->store, l, x->now_ms);
    uint32_t old_len = 0;
    const void *old = r ? record_value(r, &old_len) : NULL;
    uint64_t len = (uint64_t)old_len + op->value_len;

    if (len > x->max_value_bytes) {
        res->status = NATIVE_RES_TOO_LARGE;
        res->number = x->max_value_bytes;
        return;
    }
    struct store_write w = stamp(x, r ? record_expiry(r) : STORE_NO_EXPIRY);
    struct record *grown = store_reserve(x->store, l, (uint32_t)len, &w);
    if (!grown) {
        res->status = NATIVE_RES_NO_MEMORY;
        return;
    }
    uint32_t room;
    uint8_t *to = record_value(grown, &room);
    if (old_len)
        memcpy(to, old, old_len);
    if (op->value_len)
        memcpy(to + old_len, op->value, op->value_len);
    store_install(x->store, l, grown, x->now_ms);
    res->number = len;
}

static void get_or_create(struct execute *x, const struct native_op_view *op, struct store_lookup *l,
                          uint32_t room, struct native_result_view *res)
{
    if (store_find(x->store, l, x->now_ms)) {
        res->status = NATIVE_RES_EXISTS;
        get(x, l, room, res);
        return;
    }
    uint64_t expire = (op->flags & NATIVE_O_EXPIRY) ? expiry_of(x, op, op->expiry) : STORE_NO_EXPIRY;
    write_value(x, l, op->value, op->value_len, expire, res);
}

static void cas(struct execute *x, const struct native_op_view *op, struct store_lookup *l,
                struct native_result_view *res)
{
    struct record *r = store_find(x->store, l, x->now_ms);
    uint64_t present = r ? record_version(r) : 0;

    if (present != op->arg) {
        res->status = NATIVE_RES_VERSION;
        res->number = present;
        return;
    }
    uint64_t expire = (op->flags & NATIVE_O_EXPIRY) ? expiry_of(x, op, op->expiry) : STORE_NO_EXPIRY;
    write_value(x, l, op->value, op->value_len, expire, res);
}

static void expire(struct execute *x, const struct native_op_view *op, struct store_lookup *l,
                   struct native_result_view *res)
{
    struct record *r = store_find(x->store, l, x->now_ms);

    if (!r) {
        res->status = NATIVE_RES_NOT_FOUND;
        return;
    }
    uint64_t at = op->arg ? expiry_of(x, op, op->arg) : STORE_NO_EXPIRY;
    if (store_set_expiry(x->store, l, at, x->ts, x->now_ms) != STORE_OK) {
        res->status = NATIVE_RES_NO_MEMORY;
        return;
    }
    r = store_find(x->store, l, x->now_ms);
    res->number = r ? record_version(r) : 0;
}

// By way of the scratch: the reply may be built over the request.
static void ping(struct execute *x, const struct native_op_view *op, uint32_t room,
                 struct native_result_view *res)
{
    if (op->value_len > room || op->value_len > x->scratch_len) {
        too_big(res, op->value_len);
        return;
    }
    if (op->value_len)
        memcpy(x->scratch, op->value, op->value_len);
    show(res, x->scratch, op->value_len);
}

void execute_op(struct execute *x, const struct native_op_view *op, struct store_lookup *l, uint32_t room,
                struct native_result_view *res)
{
    *res = (struct native_result_view){.opcode = op->opcode, .status = NATIVE_RES_OK};
    switch (op->opcode) {
    case NATIVE_OP_GET:
        get(x, l, room, res);
        break;
    case NATIVE_OP_SET:
        set(x, op, l, room, res);
        break;
    case NATIVE_OP_DEL:
        del(x, op, l, room, res);
        break;
    case NATIVE_OP_INCR:
        incr(x, op, l, res);
        break;
    case NATIVE_OP_APPEND:
        append(x, op, l, res);
        break;
    case NATIVE_OP_GETORCREATE:
        get_or_create(x, op, l, room, res);
        break;
    case NATIVE_OP_CAS:
        cas(x, op, l, res);
        break;
    case NATIVE_OP_EXPIRE:
        expire(x, op, l, res);
        break;
    case NATIVE_OP_PING:
        ping(x, op, room, res);
        break;
    default:
        res->status =
            NATIVE_RES_NOT_EXECUTED; // SCAN goes to execute_scan; the decoder lets nothing else through
    }
}

struct page {
    uint8_t *at, *end;
    uint32_t keys;
    bool overflow;
};

static void add_to_page(void *ctx, const struct record *r)
{
    struct page *page = ctx;
    uint32_t len;
    const void *key = record_key(r, &len);

    if (page->overflow || page->end - page->at < (ptrdiff_t)(len + 2)) {
        page->overflow = true;
        return;
    }
    page->at[0] = (uint8_t)len;
    page->at[1] = (uint8_t)(len >> 8);
    memcpy(page->at + 2, key, len);
    page->at += 2 + len;
    page->keys++;
}

// The store walks whole buckets, so a page may not hold what a visit yields. Then the visit is repeated with
// fewer records, down to one bucket; a single bucket that does not fit is beyond a datagram.
uint64_t execute_scan(struct execute *x, const struct native_op_view *op, uint64_t cursor, uint32_t room,
                      struct native_result_view *res)
{
    uint32_t limit = room < x->scratch_len ? room : x->scratch_len;
    unsigned want = op->arg > EXECUTE_SCAN_MAX ? EXECUTE_SCAN_MAX : op->arg ? (unsigned)op->arg : 1;

    *res = (struct native_result_view){.opcode = op->opcode, .status = NATIVE_RES_OK};
    if (limit < 8) {
        too_big(res, 8);
        return cursor;
    }
    for (;; want /= 2) {
        struct page page = {.at = x->scratch + 8, .end = x->scratch + limit};
        uint64_t next = store_scan(x->store, cursor, want, x->now_ms, add_to_page, &page);
        if (!page.overflow) {
            res->number = page.keys;
            show(res, x->scratch, (uint32_t)(page.at - x->scratch));
            return next;
        }
        if (want <= 1) {
            too_big(res, limit + 1);
            return cursor;
        }
    }
}
