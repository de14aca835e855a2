// SPDX-License-Identifier: BSD-3-Clause
#include "tests/sim/model_server.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/cluster/slot.h"
#include "dataplane/serve/native.h"

static const uint8_t hash_secret[SESSION_SECRET_LEN] = {1, 2, 3};

bool model_server_init(struct model_server *s, uint32_t epoch)
{
    s->epoch = epoch;
    s->sessions = session_table_create(MODEL_SESSIONS, hash_secret);
    return s->sessions != NULL;
}

void model_server_end(struct model_server *s)
{
    session_table_destroy(s->sessions);
}

bool model_server_restart(struct model_server *s, uint32_t epoch)
{
    session_table_destroy(s->sessions);
    return model_server_init(s, epoch);
}

// The key's record, made when it was never seen. NULL: table full or key too long.
static struct model_record *find(struct model_server *s, const uint8_t *key, uint32_t key_len)
{
    uint32_t at = crc16(key, key_len) * 40503u;

    if (key_len > MODEL_KEY_MAX)
        return NULL;
    for (uint32_t i = 0; i < MODEL_RECORDS; i++, at++) {
        struct model_record *r = &s->records[at % MODEL_RECORDS];
        if (!r->used) {
            r->used = true;
            r->key_len = (uint16_t)key_len;
            memcpy(r->key, key, key_len);
            return r;
        }
        if (r->key_len == key_len && memcmp(r->key, key, key_len) == 0)
            return r;
    }
    return NULL;
}

static void put(struct model_record *r, const void *value, uint32_t length, struct native_result_view *out)
{
    if (length > MODEL_VALUE_MAX) {
        out->status = NATIVE_RES_TOO_LARGE;
        return;
    }
    memmove(r->value, value, length);
    r->value_len = length;
    out->number = ++r->version;
}

static int64_t number_of(const struct model_record *r)
{
    char text[32] = "";

    if (r->version)
        memcpy(text, r->value, r->value_len < 31 ? r->value_len : 31);
    return strtoll(text, NULL, 10);
}

static void increment(struct model_record *r, const struct native_op_view *op, struct native_result_view *out)
{
    char text[32];
    int64_t sum = number_of(r) + (int64_t)op->arg;

    put(r, text, (uint32_t)snprintf(text, sizeof(text), "%" PRId64, sum), out);
    out->number = (uint64_t)sum;
}

static void append(struct model_record *r, const struct native_op_view *op, struct native_result_view *out)
{
    uint8_t joined[MODEL_VALUE_MAX];
    uint32_t present = r->version ? r->value_len : 0;

    if (present + op->value_len > MODEL_VALUE_MAX) {
        out->status = NATIVE_RES_TOO_LARGE;
        return;
    }
    memcpy(joined, r->value, present);
    memcpy(joined + present, op->value, op->value_len);
    put(r, joined, present + op->value_len, out);
    out->number = r->value_len;
}

static void give(const struct model_record *r, struct native_result_view *out)
{
    out->value = r->value;
    out->value_len = r->value_len;
    out->number = r->version;
}

static void set(struct model_record *r, const struct native_op_view *op, struct native_result_view *out)
{
    if (r->version && (op->flags & NATIVE_O_IF_ABSENT))
        out->status = NATIVE_RES_EXISTS;
    else if (!r->version && (op->flags & NATIVE_O_IF_EXISTS))
        out->status = NATIVE_RES_NOT_FOUND;
    else
        put(r, op->value, op->value_len, out);
}

static void execute_write(struct model_record *r, const struct native_op_view *op,
                          struct native_result_view *out)
{
    switch (op->opcode) {
    case NATIVE_OP_SET:
        set(r, op, out);
        return;
    case NATIVE_OP_DEL:
        out->status = r->version ? NATIVE_RES_OK : NATIVE_RES_NOT_FOUND;
        r->version = 0;
        return;
    case NATIVE_OP_INCR:
        increment(r, op, out);
        return;
    case NATIVE_OP_APPEND:
        append(r, op, out);
        return;
    case NATIVE_OP_CAS:
        out->status = r->version == op->arg ? NATIVE_RES_OK : NATIVE_RES_VERSION;
        out->number = r->version;
        if (out->status == NATIVE_RES_OK)
            put(r, op->value, op->value_len, out);
        return;
    case NATIVE_OP_GETORCREATE:
        if (r->version) {
            out->status = NATIVE_RES_EXISTS;
            give(r, out);
        } else {
            put(r, op->value, op->value_len, out);
        }
        return;
    default:
        out->status = r->version ? NATIVE_RES_OK : NATIVE_RES_NOT_FOUND; // EXPIRE, which never comes
    }
}

// All keys that fit, in one page.
static void scan(const struct model_server *s, uint8_t *page, struct native_result_view *out)
{
    uint32_t at = 8;

    memset(page, 0, 8);
    for (uint32_t i = 0; i < MODEL_RECORDS; i++) {
        const struct model_record *r = &s->records[i];
        if (!r->version || at + 2 + r->key_len > MODEL_VALUE_MAX)
            continue;
        memcpy(page + at, &r->key_len, 2);
        memcpy(page + at + 2, r->key, r->key_len);
        at += 2u + r->key_len;
        out->number++;
    }
    out->value = page;
    out->value_len = at;
}

static void execute(struct model_server *s, const struct native_op_view *op, uint8_t *page,
                    struct native_result_view *out)
{
    *out = (struct native_result_view){.opcode = op->opcode};
    if (op->opcode == NATIVE_OP_SCAN) {
        scan(s, page, out);
        return;
    }
    if (op->opcode == NATIVE_OP_PING) {
        out->value = op->value;
        out->value_len = op->value_len;
        return;
    }
    struct model_record *r = find(s, op->key, op->key_len);
    if (!r) {
        out->status = NATIVE_RES_NO_MEMORY;
    } else if (op->opcode == NATIVE_OP_GET) {
        out->status = r->version ? NATIVE_RES_OK : NATIVE_RES_NOT_FOUND;
        if (r->version)
            give(r, out);
    } else {
        s->executed++;
        execute_write(r, op, out);
    }
}

static uint32_t answer(const struct model_server *s, const struct native_request *req, uint16_t status,
                       uint8_t count, uint8_t *reply)
{
    struct native_reply header = {.status = status,
                                  .session = req->session,
                                  .request_id = req->request_id,
                                  .epoch = s->epoch,
                                  .slot = req->slot,
                                  .result_count = count};
    return native_encode_reply(reply, MODEL_REPLY_MAX, &header);
}

static uint32_t execute_all(struct model_server *s, const struct native_request *req, uint8_t *reply)
{
    uint8_t page[MODEL_VALUE_MAX];
    uint32_t at = 0, length = answer(s, req, NATIVE_OK, req->op_count, reply);

    for (unsigned i = 0; i < req->op_count; i++) {
        struct native_op_view op;
        struct native_result_view result;
        native_next_op(req, &at, &op);
        execute(s, &op, page, &result);
        uint32_t n = native_encode_result(reply + length, MODEL_REPLY_MAX - length, &result);
        if (n == 0)
            return answer(s, req, NATIVE_TOOBIG, 0, reply);
        length += n;
    }
    return length;
}

static uint32_t execute_once(struct model_server *s, const struct native_request *req, uint64_t now_ms,
                             uint8_t *reply)
{
    struct session_ticket ticket;
    const void *kept;
    uint32_t length;

    switch (session_begin(s->sessions, req->tenant, req->session, req->request_id, req->first_unacked, now_ms,
                          &ticket, &kept, &length)) {
    case SESSION_EXECUTE:
        length = execute_all(s, req, reply);
        session_finish(s->sessions, &ticket, reply, length);
        return length;
    case SESSION_DUPLICATE:
        s->duplicates++;
        memcpy(reply, kept, length);
        native_mark_duplicate(reply);
        return length;
    case SESSION_DUPLICATE_GONE:
        return answer(s, req, NATIVE_DUPLICATE_GONE, 0, reply);
    case SESSION_STALE:
        return answer(s, req, NATIVE_STALE_REQUEST, 0, reply);
    case SESSION_FULL:
        return answer(s, req, NATIVE_SESSIONS_FULL, 0, reply);
    default:
        return 0;
    }
}

static bool writes(const struct native_request *req)
{
    struct native_op_view op;
    uint32_t at = 0;

    for (unsigned i = 0; i < req->op_count; i++) {
        native_next_op(req, &at, &op);
        if (native_op_writes(op.opcode))
            return true;
    }
    return false;
}

uint32_t model_server_shed(const struct model_server *s, const uint8_t *data, uint32_t length, uint8_t *reply)
{
    struct native_request req;
    enum native_status status;

    if (native_decode_request(data, length, &req, &status) != NATIVE_ACCEPT)
        return 0;
    return answer(s, &req, NATIVE_OVERLOADED, 0, reply);
}

uint32_t model_server_handle(struct model_server *s, uint64_t now_ms, const uint8_t *data, uint32_t length,
                             uint8_t *reply)
{
    struct native_request req;
    enum native_status status;

    switch (native_decode_request(data, length, &req, &status)) {
    case NATIVE_ACCEPT:
        break;
    case NATIVE_REFUSE:
        return answer(s, &req, (uint16_t)status, 0, reply);
    default:
        return 0;
    }
    if (!writes(&req))
        return execute_all(s, &req, reply);
    if (req.epoch != s->epoch)
        return answer(s, &req, NATIVE_STALE_EPOCH, 0, reply);
    return execute_once(s, &req, now_ms, reply);
}

int64_t model_server_number(struct model_server *s, const void *key, uint32_t key_len)
{
    const struct model_record *r = find(s, key, key_len);
    return r ? number_of(r) : 0;
}
