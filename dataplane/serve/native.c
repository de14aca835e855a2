// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/serve/native.h"

#include <assert.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "fields are loaded as they stand on the wire");

#define BIT(flag) ((uint8_t)(flag))

// What an operation of each opcode must look like.
static const struct op_rule {
    uint16_t key_min, key_max;
    uint32_t value_max;
    uint8_t allowed, required; // NATIVE_O_*
} op_rules[NATIVE_OP_MAX] = {
    [0] = {.key_min = 1}, // no such opcode: no length satisfies it
    [NATIVE_OP_GET] = {1, UINT16_MAX, 0, 0, 0},
    [NATIVE_OP_SET] = {1, UINT16_MAX, UINT32_MAX,
                       BIT(NATIVE_O_EXPIRY | NATIVE_O_ABSOLUTE | NATIVE_O_IF_ABSENT | NATIVE_O_IF_EXISTS |
                           NATIVE_O_KEEP_TTL | NATIVE_O_RETURN),
                       0},
    [NATIVE_OP_DEL] = {1, UINT16_MAX, 0, NATIVE_O_RETURN, 0},
    [NATIVE_OP_INCR] = {1, UINT16_MAX, 0, NATIVE_O_ARG, NATIVE_O_ARG},
    [NATIVE_OP_APPEND] = {1, UINT16_MAX, UINT32_MAX, 0, 0},
    [NATIVE_OP_GETORCREATE] = {1, UINT16_MAX, UINT32_MAX, BIT(NATIVE_O_EXPIRY | NATIVE_O_ABSOLUTE), 0},
    [NATIVE_OP_CAS] = {1, UINT16_MAX, UINT32_MAX, BIT(NATIVE_O_ARG | NATIVE_O_EXPIRY | NATIVE_O_ABSOLUTE),
                       NATIVE_O_ARG},
    [NATIVE_OP_EXPIRE] = {1, UINT16_MAX, 0, BIT(NATIVE_O_ARG | NATIVE_O_ABSOLUTE), NATIVE_O_ARG},
    [NATIVE_OP_SCAN] = {8, 8, 0, NATIVE_O_ARG, NATIVE_O_ARG},
    [NATIVE_OP_PING] = {0, 0, UINT32_MAX, 0, 0},
};

static uint16_t load16(const uint8_t *p)
{
    uint16_t v;
    memcpy(&v, p, sizeof(v));
    return v;
}

static uint32_t load32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof(v));
    return v;
}

static uint64_t load64(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof(v));
    return v;
}

static void store16(uint8_t *p, uint16_t v)
{
    memcpy(p, &v, sizeof(v));
}

static void store32(uint8_t *p, uint32_t v)
{
    memcpy(p, &v, sizeof(v));
}

static void store64(uint8_t *p, uint64_t v)
{
    memcpy(p, &v, sizeof(v));
}

// arg and expiry of an operation with these flags.
static uint32_t optional_len(uint8_t flags)
{
    return (flags & NATIVE_O_ARG ? 8u : 0) + (flags & NATIVE_O_EXPIRY ? 8u : 0);
}

// Combinations that contradict themselves. p: the operation, known to be whole.
static bool flags_agree(const uint8_t *p)
{
    uint8_t flags = p[1];
    const uint8_t conditions = NATIVE_O_IF_ABSENT | NATIVE_O_IF_EXISTS;

    if ((flags & conditions) == conditions)
        return false;
    if (!(flags & NATIVE_O_EXPIRY))
        return !(flags & NATIVE_O_ABSOLUTE) || p[0] == NATIVE_OP_EXPIRE;
    if (flags & NATIVE_O_KEEP_TTL)
        return false;
    return load64(p + NATIVE_OP_LEN + (flags & NATIVE_O_ARG ? 8 : 0)) != 0;
}

// Length of the operation at p, 0 when it is not a good one or longer than left.
static uint64_t check_op(const uint8_t *p, uint32_t left)
{
    if (left < NATIVE_OP_LEN || p[0] >= NATIVE_OP_MAX)
        return 0;
    const struct op_rule *rule = &op_rules[p[0]];
    uint8_t flags = p[1];
    uint32_t key_len = load16(p + 2), value_len = load32(p + 4);
    uint64_t len = (uint64_t)NATIVE_OP_LEN + optional_len(flags) + key_len + value_len;

    if ((flags & ~rule->allowed) || (flags & rule->required) != rule->required || key_len < rule->key_min ||
        key_len > rule->key_max || value_len > rule->value_max || len > left)
        return 0;
    return flags == 0 || flags_agree(p) ? len : 0;
}

static bool check_ops(const struct native_request *req)
{
    const uint8_t *p = req->ops;
    uint32_t left = req->ops_len;
    bool writes = false;

    for (unsigned i = 0; i < req->op_count; i++) {
        uint64_t len = check_op(p, left);
        if (len == 0)
            return false;
        writes |= native_op_writes(p[0]);
        p += len;
        left -= (uint32_t)len;
    }
    bool first_has_key = req->ops[0] != NATIVE_OP_PING && req->ops[0] != NATIVE_OP_SCAN;
    return left == 0 && (first_has_key || !writes);
}

static void load_request(const uint8_t *data, struct native_request *req)
{
    req->flags = load16(data + 2);
    req->tenant = load32(data + 4);
    req->session = load64(data + 8);
    req->request_id = load32(data + 16);
    req->epoch = load32(data + 20);
    req->slot = load16(data + 24);
    req->op_count = data[26];
    req->trace_flags = data[27];
    req->deadline_us = load32(data + 28);
    req->hlc = load64(data + 32);
    req->first_unacked = load32(data + 40);
}

// Finds extensions and operations behind the header. False when they do not fit.
static bool locate(const uint8_t *data, uint32_t len, struct native_request *req)
{
    uint32_t at = NATIVE_HEADER_LEN;

    req->credential = req->trace = NULL;
    if (req->flags & NATIVE_F_CREDENTIAL) {
        req->credential = data + at;
        at += NATIVE_CREDENTIAL_LEN;
    }
    if (req->trace_flags & NATIVE_T_TRACE) {
        req->trace = data + at;
        at += NATIVE_TRACE_LEN;
    }
    if (at > len)
        return false;
    req->ops = data + at;
    req->ops_len = len - at;
    return true;
}

enum native_verdict native_decode_request(const uint8_t *data, uint32_t len, struct native_request *req,
                                          enum native_status *status)
{
    if (len < NATIVE_HEADER_LEN)
        return NATIVE_DROP_SHORT;
    if (data[1] != NATIVE_REQUEST)
        return NATIVE_DROP_NOT_REQUEST;
    load_request(data, req);
    if (data[0] != NATIVE_VERSION) {
        *status = NATIVE_BAD_VERSION;
        return data[0] == 0 || req->session == 0 ? NATIVE_DROP_VERSION : NATIVE_REFUSE;
    }
    *status = NATIVE_BAD_REQUEST;
    if ((req->flags & ~NATIVE_F_KNOWN) || (req->trace_flags & ~NATIVE_T_TRACE) || load32(data + 44) != 0 ||
        req->session == 0 || req->request_id == 0 || req->op_count == 0 || req->op_count > NATIVE_OPS_MAX ||
        len > NATIVE_DATAGRAM_MAX || !locate(data, len, req) || !check_ops(req))
        return NATIVE_REFUSE;
    *status = NATIVE_OK;
    return NATIVE_ACCEPT;
}

static uint32_t encode_extensions(uint8_t *to, const struct native_request *req)
{
    uint32_t n = 0;

    if (req->flags & NATIVE_F_CREDENTIAL) {
        assert(req->credential);
        memcpy(to, req->credential, NATIVE_CREDENTIAL_LEN);
        n += NATIVE_CREDENTIAL_LEN;
    }
    if (req->trace_flags & NATIVE_T_TRACE) {
        assert(req->trace);
        memcpy(to + n, req->trace, NATIVE_TRACE_LEN);
        n += NATIVE_TRACE_LEN;
    }
    return n;
}

uint32_t native_encode_request(uint8_t *buf, uint32_t room, const struct native_request *req)
{
    uint32_t len = NATIVE_HEADER_LEN + (req->flags & NATIVE_F_CREDENTIAL ? NATIVE_CREDENTIAL_LEN : 0) +
                   (req->trace_flags & NATIVE_T_TRACE ? NATIVE_TRACE_LEN : 0);

    if (len > room)
        return 0;
    buf[0] = NATIVE_VERSION;
    buf[1] = NATIVE_REQUEST;
    store16(buf + 2, req->flags);
    store32(buf + 4, req->tenant);
    store64(buf + 8, req->session);
    store32(buf + 16, req->request_id);
    store32(buf + 20, req->epoch);
    store16(buf + 24, req->slot);
    buf[26] = req->op_count;
    buf[27] = req->trace_flags;
    store32(buf + 28, req->deadline_us);
    store64(buf + 32, req->hlc);
    store32(buf + 40, req->first_unacked);
    store32(buf + 44, 0);
    return NATIVE_HEADER_LEN + encode_extensions(buf + NATIVE_HEADER_LEN, req);
}

uint32_t native_encode_op(uint8_t *buf, uint32_t room, const struct native_op_view *op)
{
    uint32_t at = NATIVE_OP_LEN;
    uint64_t len = (uint64_t)NATIVE_OP_LEN + optional_len(op->flags) + op->key_len + op->value_len;

    if (len > room)
        return 0;
    buf[0] = op->opcode;
    buf[1] = op->flags;
    store16(buf + 2, op->key_len);
    store32(buf + 4, op->value_len);
    if (op->flags & NATIVE_O_ARG) {
        store64(buf + at, op->arg);
        at += 8;
    }
    if (op->flags & NATIVE_O_EXPIRY) {
        store64(buf + at, op->expiry);
        at += 8;
    }
    if (op->key_len)
        memcpy(buf + at, op->key, op->key_len);
    if (op->value_len)
        memcpy(buf + at + op->key_len, op->value, op->value_len);
    return (uint32_t)len;
}

uint32_t native_encode_reply(uint8_t *buf, uint32_t room, const struct native_reply *rep)
{
    if (room < NATIVE_HEADER_LEN)
        return 0;
    buf[0] = NATIVE_VERSION;
    buf[1] = NATIVE_REPLY;
    store16(buf + 2, rep->flags);
    store16(buf + 4, rep->status);
    store16(buf + 6, rep->credits);
    store64(buf + 8, rep->session);
    store32(buf + 16, rep->request_id);
    store32(buf + 20, rep->epoch);
    store16(buf + 24, rep->slot);
    buf[26] = rep->result_count;
    buf[27] = rep->trace_flags;
    store32(buf + 28, rep->retry_after_us);
    store64(buf + 32, rep->hlc);
    store32(buf + 40, rep->map_epoch);
    store32(buf + 44, 0);
    return NATIVE_HEADER_LEN;
}

uint32_t native_encode_result(uint8_t *buf, uint32_t room, const struct native_result_view *res)
{
    if ((uint64_t)NATIVE_RESULT_LEN + res->value_len > room)
        return 0;
    buf[0] = res->opcode;
    buf[1] = res->status;
    store16(buf + 2, 0);
    store32(buf + 4, res->value_len);
    store64(buf + 8, res->number);
    if (res->value_len)
        memcpy(buf + NATIVE_RESULT_LEN, res->value, res->value_len);
    return NATIVE_RESULT_LEN + res->value_len;
}

void native_mark_duplicate(uint8_t *reply)
{
    store16(reply + 2, load16(reply + 2) | NATIVE_R_DUPLICATE);
}

bool native_next_result(const struct native_reply *rep, uint32_t *pos, struct native_result_view *res)
{
    const uint8_t *p = rep->results + *pos;
    uint32_t left = rep->results_len - *pos;

    if (left < NATIVE_RESULT_LEN)
        return false;
    res->opcode = p[0];
    res->status = p[1];
    res->value_len = load32(p + 4);
    res->number = load64(p + 8);
    res->value = p + NATIVE_RESULT_LEN;
    if (res->value_len > left - NATIVE_RESULT_LEN)
        return false;
    *pos += NATIVE_RESULT_LEN + res->value_len;
    return true;
}

bool native_decode_reply(const uint8_t *data, uint32_t len, struct native_reply *rep)
{
    struct native_result_view ignored;
    uint32_t pos = 0;

    if (len < NATIVE_HEADER_LEN || data[0] != NATIVE_VERSION || data[1] != NATIVE_REPLY)
        return false;
    rep->flags = load16(data + 2);
    rep->status = load16(data + 4);
    rep->credits = load16(data + 6);
    rep->session = load64(data + 8);
    rep->request_id = load32(data + 16);
    rep->epoch = load32(data + 20);
    rep->slot = load16(data + 24);
    rep->result_count = data[26];
    rep->trace_flags = data[27];
    rep->retry_after_us = load32(data + 28);
    rep->hlc = load64(data + 32);
    rep->map_epoch = load32(data + 40);
    rep->results = data + NATIVE_HEADER_LEN;
    rep->results_len = len - NATIVE_HEADER_LEN;
    for (unsigned i = 0; i < rep->result_count; i++)
        if (!native_next_result(rep, &pos, &ignored))
            return false;
    return pos == rep->results_len;
}

#define NAME_OF(table, i) ((i) < sizeof(table) / sizeof((table)[0]) && (table)[i] ? (table)[i] : "unknown")

const char *native_status_name(unsigned status)
{
    static const char *const names[NATIVE_STATUS_MAX] = {
        [NATIVE_OK] = "ok",
        [NATIVE_BAD_VERSION] = "bad_version",
        [NATIVE_BAD_REQUEST] = "bad_request",
        [NATIVE_BAD_SLOT] = "bad_slot",
        [NATIVE_BAD_TENANT] = "bad_tenant",
        [NATIVE_STALE_EPOCH] = "stale_epoch",
        [NATIVE_STALE_REQUEST] = "stale_request",
        [NATIVE_DUPLICATE_GONE] = "duplicate_gone",
        [NATIVE_SESSIONS_FULL] = "sessions_full",
        [NATIVE_TOOBIG] = "toobig",
        [NATIVE_OVERLOADED] = "overloaded",
        [NATIVE_NOT_READY] = "not_ready",
    };
    return NAME_OF(names, status);
}

const char *native_result_name(unsigned result)
{
    static const char *const names[NATIVE_RES_MAX] = {
        [NATIVE_RES_OK] = "ok",
        [NATIVE_RES_NOT_FOUND] = "not_found",
        [NATIVE_RES_EXISTS] = "exists",
        [NATIVE_RES_VERSION] = "version",
        [NATIVE_RES_NOT_INTEGER] = "not_integer",
        [NATIVE_RES_OVERFLOW] = "overflow",
        [NATIVE_RES_NO_MEMORY] = "no_memory",
        [NATIVE_RES_TOO_LARGE] = "too_large",
        [NATIVE_RES_NOT_EXECUTED] = "not_executed",
        [NATIVE_RES_TOOBIG] = "toobig",
    };
    return NAME_OF(names, result);
}

const char *native_op_name(unsigned opcode)
{
    static const char *const names[NATIVE_OP_MAX] = {
        [NATIVE_OP_GET] = "get",   [NATIVE_OP_SET] = "set",       [NATIVE_OP_DEL] = "del",
        [NATIVE_OP_INCR] = "incr", [NATIVE_OP_APPEND] = "append", [NATIVE_OP_GETORCREATE] = "getorcreate",
        [NATIVE_OP_CAS] = "cas",   [NATIVE_OP_EXPIRE] = "expire", [NATIVE_OP_SCAN] = "scan",
        [NATIVE_OP_PING] = "ping",
    };
    return NAME_OF(names, opcode);
}
