// SPDX-License-Identifier: BSD-3-Clause
#include "client/pcap/native_json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct flag_name {
    unsigned flag;
    const char *name;
};

static const struct flag_name request_flags[] = {
    {NATIVE_F_RETRANSMIT, "retransmit"}, {NATIVE_F_CREDENTIAL, "credential"}, {0, NULL}};
static const struct flag_name reply_flags[] = {{NATIVE_R_SLOW_DOWN, "slow_down"},
                                               {NATIVE_R_DUPLICATE, "duplicate"},
                                               {NATIVE_R_DELEGATED, "delegated"},
                                               {0, NULL}};
static const struct flag_name op_flags[] = {
    {NATIVE_O_ABSOLUTE, "absolute"}, {NATIVE_O_IF_ABSENT, "if_absent"}, {NATIVE_O_IF_EXISTS, "if_exists"},
    {NATIVE_O_KEEP_TTL, "keep_ttl"}, {NATIVE_O_RETURN, "return"},       {0, NULL}};

static void put(json_t *object, const char *name, json_t *value)
{
    json_object_set_new_nocheck(object, name, value);
}

static void put_number(json_t *object, const char *name, uint64_t n)
{
    char text[24];

    if (n <= INT64_MAX) {
        put(object, name, json_integer((json_int_t)n));
        return;
    }
    snprintf(text, sizeof(text), "%" PRIu64, n);
    put(object, name, json_string(text));
}

static void put_session(json_t *object, uint64_t session)
{
    char text[20];

    snprintf(text, sizeof(text), "%016" PRIx64, session);
    put(object, "session", json_string(text));
}

static void put_slot(json_t *object, uint16_t slot)
{
    put(object, "slot", slot == NATIVE_SLOT_NONE ? json_null() : json_integer(slot));
}

static void put_hex(json_t *object, const char *name, const uint8_t *bytes, uint32_t len)
{
    char *text = malloc(2 * (size_t)len + 1);

    if (!text)
        return;
    text[0] = 0;
    for (uint32_t i = 0; i < len; i++)
        snprintf(text + 2 * (size_t)i, 3, "%02x", bytes[i]);
    put(object, name, json_string(text));
    free(text);
}

static void put_bytes(json_t *object, const char *name, const char *hex_name, const uint8_t *bytes,
                      uint32_t len)
{
    json_t *text = json_stringn((const char *)bytes, len);

    if (text)
        put(object, name, text);
    else
        put_hex(object, hex_name, bytes, len);
}

static void put_flags(json_t *object, unsigned flags, const struct flag_name *names)
{
    json_t *list = json_array();

    for (; names->name; names++)
        if (flags & names->flag)
            json_array_append_new(list, json_string(names->name));
    put(object, "flags", list);
}

static void put_trace(json_t *object, const uint8_t *trace)
{
    json_t *extension = json_object();
    uint16_t threshold;
    uint32_t budget;

    memcpy(&threshold, trace + 24, sizeof(threshold));
    memcpy(&budget, trace + 28, sizeof(budget));
    put_hex(extension, "trace_id", trace, 16);
    put_hex(extension, "parent_span", trace + 16, 8);
    put_number(extension, "sample_threshold", threshold);
    put_number(extension, "flags", trace[26]);
    put_number(extension, "hops", trace[27]);
    put_number(extension, "budget_us", budget);
    put(object, "trace", extension);
}

static json_t *op_json(const struct native_op_view *op)
{
    json_t *object = json_object();

    put(object, "op", json_string(native_op_name(op->opcode)));
    put_flags(object, op->flags, op_flags);
    if (op->opcode == NATIVE_OP_SCAN)
        put_hex(object, "cursor_hex", op->key, op->key_len);
    else if (op->key_len)
        put_bytes(object, "key", "key_hex", op->key, op->key_len);
    if (op->opcode == NATIVE_OP_INCR)
        put(object, "arg", json_integer((json_int_t)op->arg));
    else if (op->flags & NATIVE_O_ARG)
        put_number(object, "arg", op->arg);
    if (op->flags & NATIVE_O_EXPIRY)
        put_number(object, "expiry", op->expiry);
    if (op->value_len)
        put_bytes(object, "value", "value_hex", op->value, op->value_len);
    return object;
}

void native_json_request(json_t *object, const struct native_request *req)
{
    json_t *ops = json_array();
    struct native_op_view op;
    uint32_t pos = 0;

    put(object, "type", json_string("request"));
    put_flags(object, req->flags, request_flags);
    put_number(object, "tenant", req->tenant);
    put_session(object, req->session);
    put_number(object, "request_id", req->request_id);
    put_number(object, "epoch", req->epoch);
    put_slot(object, req->slot);
    put_number(object, "deadline_us", req->deadline_us);
    put_number(object, "hlc", req->hlc);
    put_number(object, "first_unacked", req->first_unacked);
    if (req->trace)
        put_trace(object, req->trace);
    for (unsigned i = 0; i < req->op_count; i++) {
        native_next_op(req, &pos, &op);
        json_array_append_new(ops, op_json(&op));
    }
    put(object, "ops", ops);
}

static json_t *result_json(const struct native_result_view *res)
{
    json_t *object = json_object();

    put(object, "op", json_string(native_op_name(res->opcode)));
    put(object, "result", json_string(native_result_name(res->status)));
    if (res->opcode == NATIVE_OP_INCR)
        put(object, "number", json_integer((json_int_t)res->number));
    else
        put_number(object, "number", res->number);
    if (res->opcode == NATIVE_OP_SCAN)
        put_hex(object, "page_hex", res->value, res->value_len);
    else if (res->value_len)
        put_bytes(object, "value", "value_hex", res->value, res->value_len);
    return object;
}

void native_json_reply(json_t *object, const struct native_reply *rep)
{
    json_t *results = json_array();
    struct native_result_view res;
    uint32_t pos = 0;

    put(object, "type", json_string("reply"));
    put_flags(object, rep->flags, reply_flags);
    put(object, "status", json_string(native_status_name(rep->status)));
    put_number(object, "credits", rep->credits);
    put_session(object, rep->session);
    put_number(object, "request_id", rep->request_id);
    put_number(object, "epoch", rep->epoch);
    put_slot(object, rep->slot);
    put_number(object, "retry_after_us", rep->retry_after_us);
    put_number(object, "hlc", rep->hlc);
    put_number(object, "map_epoch", rep->map_epoch);
    while (native_next_result(rep, &pos, &res))
        json_array_append_new(results, result_json(&res));
    put(object, "results", results);
}
