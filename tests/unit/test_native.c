// SPDX-License-Identifier: BSD-3-Clause
// The native codec: what is encoded is decoded again, and nothing else is accepted.
#include "dataplane/serve/native.h"
#include "tests/unit/cunit_main.h"

#include <stdlib.h>

#define ROUNDS 20000u
#define SEED   20480u

static uint8_t datagram[NATIVE_DATAGRAM_MAX + 1];
static uint8_t bytes[4096]; // what keys and values are cut from

static struct native_request header(uint8_t op_count)
{
    return (struct native_request){.session = 0x1122334455667788, .request_id = 7, .op_count = op_count};
}

// Encodes a request of one operation; returns its length.
static uint32_t one_op(const struct native_request *req, const struct native_op_view *op)
{
    uint32_t len = native_encode_request(datagram, sizeof(datagram), req);
    return len + native_encode_op(datagram + len, sizeof(datagram) - len, op);
}

static uint32_t one_get(void)
{
    struct native_request req = header(1);
    struct native_op_view op = {.opcode = NATIVE_OP_GET, .key_len = 3, .key = bytes};
    return one_op(&req, &op);
}

// Decodes a copy whose last byte is the last of its allocation, so that sanitizers see a read behind it.
static enum native_verdict decode(const uint8_t *data, uint32_t len, struct native_request *req,
                                  enum native_status *status, uint8_t **copy)
{
    *copy = malloc(len ? len : 1);
    if (len)
        memcpy(*copy, data, len);
    return native_decode_request(*copy, len, req, status);
}

static enum native_verdict verdict(const uint8_t *data, uint32_t len, enum native_status *status)
{
    struct native_request req;
    uint8_t *copy;
    enum native_verdict v = decode(data, len, &req, status, &copy);
    free(copy);
    return v;
}

static bool accepted(uint32_t len)
{
    enum native_status status;
    return verdict(datagram, len, &status) == NATIVE_ACCEPT && status == NATIVE_OK;
}

static bool refused(uint32_t len, enum native_status expected)
{
    enum native_status status;
    return verdict(datagram, len, &status) == NATIVE_REFUSE && status == expected;
}

struct shape {
    uint8_t opcode, always, maybe; // flags
    uint32_t key_max;              // 0: no key
    bool value;
};

static const struct shape shapes[] = {
    {NATIVE_OP_GET, 0, 0, 300, false},
    {NATIVE_OP_SET, 0, NATIVE_O_RETURN, 300, true},
    {NATIVE_OP_SET, NATIVE_O_EXPIRY, NATIVE_O_ABSOLUTE | NATIVE_O_IF_ABSENT | NATIVE_O_RETURN, 300, true},
    {NATIVE_OP_SET, NATIVE_O_KEEP_TTL, NATIVE_O_IF_EXISTS, 300, true},
    {NATIVE_OP_DEL, 0, NATIVE_O_RETURN, 300, false},
    {NATIVE_OP_INCR, NATIVE_O_ARG, 0, 300, false},
    {NATIVE_OP_APPEND, 0, 0, 300, true},
    {NATIVE_OP_GETORCREATE, 0, 0, 300, true},
    {NATIVE_OP_GETORCREATE, NATIVE_O_EXPIRY, NATIVE_O_ABSOLUTE, 300, true},
    {NATIVE_OP_CAS, NATIVE_O_ARG, 0, 300, true},
    {NATIVE_OP_CAS, NATIVE_O_ARG | NATIVE_O_EXPIRY, NATIVE_O_ABSOLUTE, 300, true},
    {NATIVE_OP_EXPIRE, NATIVE_O_ARG, NATIVE_O_ABSOLUTE, 300, false},
    {NATIVE_OP_SCAN, NATIVE_O_ARG, 0, 8, false},
    {NATIVE_OP_PING, 0, 0, 0, true},
};

static uint64_t random64(void)
{
    return (uint64_t)random() << 42 ^ (uint64_t)random() << 21 ^ (uint64_t)random();
}

static struct native_op_view random_op(bool keyed)
{
    const struct shape *s =
        &shapes[(unsigned)random() % (sizeof(shapes) / sizeof(shapes[0]) - (keyed ? 2 : 0))];
    struct native_op_view op = {
        .opcode = s->opcode, .key = bytes + random() % 1000, .value = bytes + random() % 1000};

    op.flags = (uint8_t)(s->always | (s->maybe & random()));
    op.key_len = (uint16_t)(s->key_max <= 8 ? s->key_max : 1 + random() % s->key_max);
    op.value_len = s->value ? (uint32_t)random() % 900 : 0;
    op.arg = op.flags & NATIVE_O_ARG ? random64() : 0;
    op.expiry = op.flags & NATIVE_O_EXPIRY ? random64() | 1 : 0;
    return op;
}

static struct native_request random_header(void)
{
    return (struct native_request){.flags = random() & NATIVE_F_KNOWN,
                                   .op_count = (uint8_t)(1 + (random() % 4 ? 0 : random() % NATIVE_OPS_MAX)),
                                   .trace_flags = random() & NATIVE_T_TRACE,
                                   .slot = (uint16_t)random(),
                                   .tenant = (uint32_t)random64(),
                                   .session = random64() | 1,
                                   .request_id = (uint32_t)random64() | 1,
                                   .epoch = (uint32_t)random64(),
                                   .deadline_us = (uint32_t)random64(),
                                   .first_unacked = (uint32_t)random64(),
                                   .hlc = random64(),
                                   .credential = bytes + 5,
                                   .trace = bytes + 50};
}

static bool same_header(const struct native_request *a, const struct native_request *b)
{
    return a->flags == b->flags && a->op_count == b->op_count && a->trace_flags == b->trace_flags &&
           a->slot == b->slot && a->tenant == b->tenant && a->session == b->session &&
           a->request_id == b->request_id && a->epoch == b->epoch && a->deadline_us == b->deadline_us &&
           a->first_unacked == b->first_unacked && a->hlc == b->hlc &&
           (b->credential != NULL) == ((a->flags & NATIVE_F_CREDENTIAL) != 0) &&
           (b->trace != NULL) == ((a->trace_flags & NATIVE_T_TRACE) != 0) &&
           (!b->credential || memcmp(a->credential, b->credential, NATIVE_CREDENTIAL_LEN) == 0) &&
           (!b->trace || memcmp(a->trace, b->trace, NATIVE_TRACE_LEN) == 0);
}

static bool same_op(const struct native_op_view *a, const struct native_op_view *b)
{
    return a->opcode == b->opcode && a->flags == b->flags && a->arg == b->arg && a->expiry == b->expiry &&
           a->key_len == b->key_len && a->value_len == b->value_len &&
           memcmp(a->key, b->key, a->key_len) == 0 && memcmp(a->value, b->value, a->value_len) == 0;
}

static bool round_trip(void)
{
    struct native_request req = random_header(), got;
    struct native_op_view ops[NATIVE_OPS_MAX], op;
    enum native_status status;
    uint8_t *copy;
    uint32_t len = native_encode_request(datagram, sizeof(datagram), &req), pos = 0;

    for (unsigned i = 0; i < req.op_count; i++) {
        ops[i] = random_op(i == 0);
        len += native_encode_op(datagram + len, sizeof(datagram) - len, &ops[i]);
    }
    bool good = decode(datagram, len, &got, &status, &copy) == NATIVE_ACCEPT && same_header(&req, &got);
    for (unsigned i = 0; good && i < req.op_count; i++) {
        native_next_op(&got, &pos, &op);
        good = same_op(&ops[i], &op);
    }
    good = good && pos == got.ops_len && !accepted(len - 1) && !accepted(len + 1);
    free(copy);
    return good;
}

static void test_round_trip(void)
{
    srandom(SEED);
    for (unsigned i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)random();
    for (unsigned i = 0; i < ROUNDS; i++)
        if (!round_trip()) {
            printf("seed %u round %u\n", SEED, i);
            CU_FAIL("request differs after a round trip");
            return;
        }
    CU_PASS("");
}

// Whatever bit is turned, the result is refused or is another request that encodes to those very bytes.
static void test_bit_flips(void)
{
    struct native_request req = header(2), got;
    struct native_op_view ops[2] = {{.opcode = NATIVE_OP_CAS,
                                     .flags = NATIVE_O_ARG | NATIVE_O_EXPIRY,
                                     .arg = 1,
                                     .expiry = 9,
                                     .key_len = 20,
                                     .value_len = 40,
                                     .key = bytes,
                                     .value = bytes + 30},
                                    {.opcode = NATIVE_OP_GET, .key_len = 30, .key = bytes}};
    uint8_t again[256];
    uint32_t len = one_op(&req, &ops[0]);
    len += native_encode_op(datagram + len, sizeof(datagram) - len, &ops[1]);

    for (uint32_t bit = 0; bit < len * 8; bit++) {
        enum native_status status;
        datagram[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (native_decode_request(datagram, len, &got, &status) == NATIVE_ACCEPT) {
            struct native_op_view op;
            uint32_t n = native_encode_request(again, sizeof(again), &got), pos = 0;
            for (unsigned i = 0; i < got.op_count; i++) {
                native_next_op(&got, &pos, &op);
                n += native_encode_op(again + n, (uint32_t)sizeof(again) - n, &op);
            }
            CU_ASSERT(n == len && memcmp(again, datagram, len) == 0);
        }
        datagram[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

static void test_dropped(void)
{
    enum native_status status;
    uint32_t len = one_get();

    for (uint32_t n = 0; n < NATIVE_HEADER_LEN; n++)
        CU_ASSERT_EQUAL(verdict(datagram, n, &status), NATIVE_DROP_SHORT);
    datagram[1] = NATIVE_REPLY;
    CU_ASSERT_EQUAL(verdict(datagram, len, &status), NATIVE_DROP_NOT_REQUEST);
    datagram[1] = 0;
    CU_ASSERT_EQUAL(verdict(datagram, len, &status), NATIVE_DROP_NOT_REQUEST);
    datagram[1] = NATIVE_REQUEST;
    datagram[0] = 0;
    CU_ASSERT_EQUAL(verdict(datagram, len, &status), NATIVE_DROP_VERSION);
    datagram[0] = 2;
    memset(datagram + 8, 0, 8);
    CU_ASSERT_EQUAL(verdict(datagram, len, &status), NATIVE_DROP_VERSION);
}

static void test_refusal_keeps_what_the_answer_needs(void)
{
    struct native_request req = header(1), got;
    struct native_op_view op = {.opcode = NATIVE_OP_GET, .key_len = 3, .key = bytes};
    enum native_status status;

    req.slot = 77;
    req.tenant = 5;
    uint32_t len = one_op(&req, &op);
    for (uint8_t version = 9; version; version = version == 9 ? 1 : 0) {
        datagram[0] = version;
        CU_ASSERT_EQUAL(native_decode_request(datagram, len - 1, &got, &status), NATIVE_REFUSE);
        CU_ASSERT_EQUAL(status, version == 9 ? NATIVE_BAD_VERSION : NATIVE_BAD_REQUEST);
        CU_ASSERT(got.session == req.session && got.request_id == 7 && got.slot == 77 && got.tenant == 5);
    }
}

static void test_bad_header(void)
{
    static const struct {
        unsigned at;
        uint8_t value;
    } changes[] = {{2, 0x04},
                   {3, 0x80},
                   {26, 0},
                   {26, 2},
                   {26, 65},
                   {27, 0x02},
                   {44, 1},
                   {47, 1},
                   {2, NATIVE_F_CREDENTIAL},
                   {27, NATIVE_T_TRACE}};

    for (unsigned i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        uint32_t len = one_get();
        CU_ASSERT(accepted(len));
        datagram[changes[i].at] = changes[i].value;
        CU_ASSERT(refused(len, NATIVE_BAD_REQUEST));
    }
    uint32_t len = one_get();
    memset(datagram + 8, 0, 8);
    CU_ASSERT(refused(len, NATIVE_BAD_REQUEST));
    one_get();
    memset(datagram + 16, 0, 4);
    CU_ASSERT(refused(len, NATIVE_BAD_REQUEST));
    one_get();
    CU_ASSERT(refused(NATIVE_HEADER_LEN, NATIVE_BAD_REQUEST));
}

// One operation with these flags and lengths: good or not.
static bool op_good(uint8_t opcode, unsigned flags, uint16_t key_len, uint32_t value_len)
{
    struct native_request req = header(1);
    struct native_op_view op = {.opcode = opcode,
                                .flags = (uint8_t)flags,
                                .key_len = key_len,
                                .value_len = value_len,
                                .arg = 1,
                                .expiry = 1,
                                .key = bytes,
                                .value = bytes};
    uint32_t len = one_op(&req, &op);
    if (accepted(len))
        return true;
    CU_ASSERT(refused(len, NATIVE_BAD_REQUEST));
    return false;
}

// Every flag of every opcode alone, beside what that opcode requires.
static void test_flags_by_opcode(void)
{
    const unsigned E = NATIVE_O_EXPIRY, A = NATIVE_O_ABSOLUTE, X = NATIVE_O_IF_ABSENT, I = NATIVE_O_IF_EXISTS,
                   K = NATIVE_O_KEEP_TTL, R = NATIVE_O_RETURN, G = NATIVE_O_ARG;
    const struct {
        unsigned required, alone; // flags that may be added singly
    } rules[NATIVE_OP_MAX] = {[NATIVE_OP_GET] = {0, 0},    [NATIVE_OP_SET] = {0, E | X | I | K | R},
                              [NATIVE_OP_DEL] = {0, R},    [NATIVE_OP_INCR] = {G, 0},
                              [NATIVE_OP_APPEND] = {0, 0}, [NATIVE_OP_GETORCREATE] = {0, E},
                              [NATIVE_OP_CAS] = {G, E},    [NATIVE_OP_EXPIRE] = {G, A},
                              [NATIVE_OP_SCAN] = {G, 0},   [NATIVE_OP_PING] = {0, 0}};

    for (uint8_t opcode = 1; opcode < NATIVE_OP_MAX; opcode++) {
        uint16_t key_len = opcode == NATIVE_OP_PING ? 0 : 8;
        CU_ASSERT(op_good(opcode, rules[opcode].required, key_len, 0));
        for (unsigned flag = 1; flag <= 0x80; flag <<= 1) {
            if (flag == rules[opcode].required)
                CU_ASSERT_FALSE(op_good(opcode, 0, key_len, 0));
            if (flag != rules[opcode].required)
                CU_ASSERT_EQUAL(op_good(opcode, rules[opcode].required | flag, key_len, 0),
                                (rules[opcode].alone & flag) != 0);
        }
    }
    CU_ASSERT(op_good(NATIVE_OP_SET, E | A | X | R, 1, 5));
    CU_ASSERT(op_good(NATIVE_OP_CAS, G | E | A, 1, 5));
    CU_ASSERT_FALSE(op_good(NATIVE_OP_SET, X | I, 1, 5));
    CU_ASSERT_FALSE(op_good(NATIVE_OP_SET, E | K, 1, 5));
}

static void test_lengths_by_opcode(void)
{
    CU_ASSERT_FALSE(op_good(NATIVE_OP_GET, 0, 0, 0));
    CU_ASSERT_FALSE(op_good(NATIVE_OP_GET, 0, 3, 1));
    CU_ASSERT_FALSE(op_good(NATIVE_OP_DEL, 0, 3, 1));
    CU_ASSERT_FALSE(op_good(NATIVE_OP_INCR, NATIVE_O_ARG, 3, 1));
    CU_ASSERT_FALSE(op_good(NATIVE_OP_EXPIRE, NATIVE_O_ARG, 3, 1));
    CU_ASSERT(op_good(NATIVE_OP_SET, 0, 1, 0));
    CU_ASSERT_FALSE(op_good(NATIVE_OP_SET, 0, 0, 1));
    CU_ASSERT_FALSE(op_good(NATIVE_OP_SCAN, NATIVE_O_ARG, 7, 0));
    CU_ASSERT_FALSE(op_good(NATIVE_OP_SCAN, NATIVE_O_ARG, 9, 0));
    CU_ASSERT_FALSE(op_good(NATIVE_OP_SCAN, NATIVE_O_ARG, 8, 1));
    CU_ASSERT(op_good(NATIVE_OP_PING, 0, 0, 50));
    CU_ASSERT_FALSE(op_good(NATIVE_OP_PING, 0, 1, 50));
    CU_ASSERT_FALSE(op_good(0, 0, 1, 0));
    CU_ASSERT_FALSE(op_good(NATIVE_OP_MAX, 0, 1, 0));
    CU_ASSERT_FALSE(op_good(255, 0, 1, 0));
}

static void test_length_that_wraps(void)
{
    uint32_t len = one_get();
    datagram[NATIVE_HEADER_LEN] = NATIVE_OP_SET;
    memset(datagram + NATIVE_HEADER_LEN + 4, 0xff, 4); // value length 2^32 - 1
    CU_ASSERT(refused(len, NATIVE_BAD_REQUEST));
}

static void test_zero_expiry(void)
{
    struct native_request req = header(1);
    struct native_op_view op = {
        .opcode = NATIVE_OP_SET, .flags = NATIVE_O_EXPIRY, .key_len = 3, .key = bytes};
    CU_ASSERT(refused(one_op(&req, &op), NATIVE_BAD_REQUEST));
    op.expiry = 1;
    CU_ASSERT(accepted(one_op(&req, &op)));
}

static bool pair_good(uint8_t first, uint8_t second)
{
    const uint8_t opcodes[2] = {first, second};
    struct native_request req = header(2);
    uint32_t len = native_encode_request(datagram, sizeof(datagram), &req);

    for (unsigned i = 0; i < 2; i++) {
        struct native_op_view op = {.opcode = opcodes[i], .key = bytes, .arg = 10};
        op.key_len = opcodes[i] == NATIVE_OP_PING ? 0 : 8;
        op.flags = opcodes[i] == NATIVE_OP_SCAN || opcodes[i] == NATIVE_OP_INCR ? NATIVE_O_ARG : 0;
        len += native_encode_op(datagram + len, sizeof(datagram) - len, &op);
    }
    return accepted(len);
}

// A request that writes is remembered where its first key lives.
static void test_writes_start_with_a_key(void)
{
    CU_ASSERT(pair_good(NATIVE_OP_PING, NATIVE_OP_GET));
    CU_ASSERT(pair_good(NATIVE_OP_SCAN, NATIVE_OP_PING));
    CU_ASSERT(pair_good(NATIVE_OP_GET, NATIVE_OP_INCR));
    CU_ASSERT(pair_good(NATIVE_OP_INCR, NATIVE_OP_SCAN));
    CU_ASSERT_FALSE(pair_good(NATIVE_OP_PING, NATIVE_OP_SET));
    CU_ASSERT_FALSE(pair_good(NATIVE_OP_SCAN, NATIVE_OP_DEL));
}

static void test_encoders_respect_room(void)
{
    struct native_request req = header(1);
    struct native_op_view op = {.opcode = NATIVE_OP_SET,
                                .flags = NATIVE_O_EXPIRY,
                                .key_len = 3,
                                .value_len = 5,
                                .key = bytes,
                                .value = bytes};
    struct native_reply rep = {.session = 1};
    struct native_result_view res = {.opcode = NATIVE_OP_GET, .value_len = 9, .value = bytes};

    req.flags = NATIVE_F_CREDENTIAL;
    req.credential = bytes;
    CU_ASSERT_EQUAL(native_encode_request(datagram, 63, &req), 0);
    CU_ASSERT_EQUAL(native_encode_request(datagram, 64, &req), 64);
    CU_ASSERT_EQUAL(native_encode_op(datagram, 23, &op), 0);
    CU_ASSERT_EQUAL(native_encode_op(datagram, 24, &op), 24);
    CU_ASSERT_EQUAL(native_encode_reply(datagram, 47, &rep), 0);
    CU_ASSERT_EQUAL(native_encode_reply(datagram, 48, &rep), 48);
    CU_ASSERT_EQUAL(native_encode_result(datagram, 24, &res), 0);
    CU_ASSERT_EQUAL(native_encode_result(datagram, 25, &res), 25);
}

static bool same_reply(const struct native_reply *a, const struct native_reply *b)
{
    return a->flags == b->flags && a->status == b->status && a->credits == b->credits && a->slot == b->slot &&
           a->result_count == b->result_count && a->trace_flags == b->trace_flags &&
           a->session == b->session && a->request_id == b->request_id && a->epoch == b->epoch &&
           a->retry_after_us == b->retry_after_us && a->hlc == b->hlc && a->map_epoch == b->map_epoch;
}

static bool reply_round_trip(void)
{
    struct native_reply rep = {.flags = (uint16_t)random(),
                               .status = (uint16_t)random(),
                               .credits = (uint16_t)random(),
                               .slot = (uint16_t)random(),
                               .result_count = (uint8_t)(random() % 5),
                               .trace_flags = (uint8_t)random(),
                               .session = random64(),
                               .request_id = (uint32_t)random64(),
                               .epoch = (uint32_t)random64(),
                               .retry_after_us = (uint32_t)random64(),
                               .hlc = random64(),
                               .map_epoch = (uint32_t)random64()};
    struct native_result_view results[5], res;
    struct native_reply got;
    uint32_t len = native_encode_reply(datagram, sizeof(datagram), &rep), pos = 0;

    for (unsigned i = 0; i < rep.result_count; i++) {
        results[i] = (struct native_result_view){.opcode = (uint8_t)random(),
                                                 .status = (uint8_t)random(),
                                                 .value_len = (uint32_t)random() % 100,
                                                 .number = random64(),
                                                 .value = bytes + random() % 1000};
        len += native_encode_result(datagram + len, sizeof(datagram) - len, &results[i]);
    }
    bool good = !native_decode_reply(datagram, len - 1, &got) &&
                !native_decode_reply(datagram, len + 1, &got) && native_decode_reply(datagram, len, &got) &&
                same_reply(&rep, &got);
    for (unsigned i = 0; good && i < rep.result_count; i++)
        good = native_next_result(&got, &pos, &res) && res.opcode == results[i].opcode &&
               res.status == results[i].status && res.number == results[i].number &&
               res.value_len == results[i].value_len &&
               memcmp(res.value, results[i].value, res.value_len) == 0;
    native_mark_duplicate(datagram);
    good = good && !native_next_result(&got, &pos, &res) && native_decode_reply(datagram, len, &got);
    rep.flags |= NATIVE_R_DUPLICATE;
    return good && same_reply(&rep, &got);
}

static void test_reply_round_trip(void)
{
    srandom(SEED);
    for (unsigned i = 0; i < ROUNDS; i++)
        if (!reply_round_trip()) {
            printf("seed %u round %u\n", SEED, i);
            CU_FAIL("reply differs after a round trip");
            return;
        }
    CU_PASS("");
}

static void test_bad_reply(void)
{
    struct native_reply rep = {.result_count = 1}, got;
    struct native_result_view res = {.value_len = 4, .value = bytes};
    uint32_t len = native_encode_reply(datagram, sizeof(datagram), &rep);
    len += native_encode_result(datagram + len, 100, &res);

    CU_ASSERT(native_decode_reply(datagram, len, &got));
    CU_ASSERT_FALSE(native_decode_reply(datagram, NATIVE_HEADER_LEN - 1, &got));
    memset(datagram + NATIVE_HEADER_LEN + 4, 0xff, 4); // value length
    CU_ASSERT_FALSE(native_decode_reply(datagram, len, &got));
    datagram[26] = 0;
    CU_ASSERT(native_decode_reply(datagram, NATIVE_HEADER_LEN, &got));
    datagram[0] = 2;
    CU_ASSERT_FALSE(native_decode_reply(datagram, NATIVE_HEADER_LEN, &got));
    datagram[0] = NATIVE_VERSION;
    datagram[1] = NATIVE_REQUEST;
    CU_ASSERT_FALSE(native_decode_reply(datagram, NATIVE_HEADER_LEN, &got));
}

static void test_names(void)
{
    for (unsigned i = 0; i < NATIVE_STATUS_MAX; i++)
        CU_ASSERT_STRING_NOT_EQUAL(native_status_name(i), "unknown");
    for (unsigned i = 0; i < NATIVE_RES_MAX; i++)
        CU_ASSERT_STRING_NOT_EQUAL(native_result_name(i), "unknown");
    for (unsigned i = 1; i < NATIVE_OP_MAX; i++)
        CU_ASSERT_STRING_NOT_EQUAL(native_op_name(i), "unknown");
    CU_ASSERT_STRING_EQUAL(native_status_name(NATIVE_STATUS_MAX), "unknown");
    CU_ASSERT_STRING_EQUAL(native_result_name(NATIVE_RES_MAX), "unknown");
    CU_ASSERT_STRING_EQUAL(native_op_name(0), "unknown");
    CU_ASSERT_STRING_EQUAL(native_op_name(NATIVE_OP_MAX), "unknown");
}

static void test_writes(void)
{
    static const bool writes[NATIVE_OP_MAX] = {
        [NATIVE_OP_SET] = true,    [NATIVE_OP_DEL] = true,         [NATIVE_OP_INCR] = true,
        [NATIVE_OP_APPEND] = true, [NATIVE_OP_GETORCREATE] = true, [NATIVE_OP_CAS] = true,
        [NATIVE_OP_EXPIRE] = true};
    for (unsigned i = 0; i < 256; i++)
        CU_ASSERT_EQUAL(native_op_writes((uint8_t)i), i < NATIVE_OP_MAX && writes[i]);
}

static const struct unit_test tests[] = {
    {"requests survive a round trip", test_round_trip},
    {"a turned bit is refused or means itself", test_bit_flips},
    {"what has no answer is dropped", test_dropped},
    {"a refusal keeps what the answer needs", test_refusal_keeps_what_the_answer_needs},
    {"bad headers", test_bad_header},
    {"flags by opcode", test_flags_by_opcode},
    {"lengths by opcode", test_lengths_by_opcode},
    {"a length that wraps", test_length_that_wraps},
    {"an expiry of zero", test_zero_expiry},
    {"writes start with a key", test_writes_start_with_a_key},
    {"encoders respect room", test_encoders_respect_room},
    {"replies survive a round trip", test_reply_round_trip},
    {"bad replies", test_bad_reply},
    {"names", test_names},
    {"which operations write", test_writes},
};

UNIT_MAIN("native", tests)
