// SPDX-License-Identifier: BSD-3-Clause
// The worked examples of docs/protocol.md are what the codec makes of the same words.
// usage: test_protocol_examples docs/protocol.md
#include "control/cluster/slot.h"
#include "dataplane/serve/native.h"
#include "tests/unit/cunit_main.h"

#include <ctype.h>
#include <stdlib.h>

#define EPOCH   0x5eed0001u
#define SESSION 0x1122334455667788ull
#define CLOCK   1764079200000000000ull // 2025-11-25 14:00 UTC

static const char *path;
static uint8_t made[256];

static uint32_t header(struct native_request req, const char *first_key)
{
    req.session = SESSION;
    req.hlc = CLOCK;
    req.slot = first_key ? slot_of_key(first_key, (uint32_t)strlen(first_key)) : NATIVE_SLOT_NONE;
    return native_encode_request(made, sizeof(made), &req);
}

static uint32_t add_op(uint32_t at, struct native_op_view op, const char *key, const char *value)
{
    op.key = (const uint8_t *)key;
    op.key_len = (uint16_t)strlen(key);
    op.value = (const uint8_t *)value;
    op.value_len = value ? (uint32_t)strlen(value) : 0;
    return at + native_encode_op(made + at, (uint32_t)sizeof(made) - at, &op);
}

static uint32_t reply(struct native_reply rep, const char *first_key)
{
    rep.session = SESSION;
    rep.epoch = EPOCH;
    rep.hlc = CLOCK + 250000;
    rep.map_epoch = 1;
    rep.slot = first_key ? slot_of_key(first_key, (uint32_t)strlen(first_key)) : NATIVE_SLOT_NONE;
    return native_encode_reply(made, sizeof(made), &rep);
}

static uint32_t add_result(uint32_t at, struct native_result_view res, const void *value, uint32_t len)
{
    res.value = value;
    res.value_len = len;
    return at + native_encode_result(made + at, (uint32_t)sizeof(made) - at, &res);
}

static uint32_t set_request(void)
{
    uint32_t n = header(
        (struct native_request){
            .request_id = 1, .epoch = EPOCH, .op_count = 1, .first_unacked = 1, .deadline_us = 500000},
        "user:17");
    return add_op(n,
                  (struct native_op_view){.opcode = NATIVE_OP_SET, .flags = NATIVE_O_EXPIRY, .expiry = 60000},
                  "user:17", "hello");
}

static uint32_t set_reply(void)
{
    uint32_t n = reply((struct native_reply){.request_id = 1, .credits = 255, .result_count = 1}, "user:17");
    return add_result(n, (struct native_result_view){.opcode = NATIVE_OP_SET, .number = 1}, NULL, 0);
}

static uint32_t stale_epoch_reply(void)
{
    return reply((struct native_reply){.request_id = 1, .status = NATIVE_STALE_EPOCH, .credits = 255},
                 "user:17");
}

static uint32_t traced_request(void)
{
    static const uint8_t trace[NATIVE_TRACE_LEN] = {0x4b, 0xf9, 0x2f, 0x35, 0x77, 0xb3, 0x4d, 0xa6,
                                                    0xa3, 0xce, 0x92, 0x9d, 0x0e, 0x0e, 0x47, 0x36, // trace
                                                    0x00, 0xf0, 0x67, 0xaa, 0x0b, 0xa9, 0x02, 0xb7, // span
                                                    0x00, 0x40, 0x01, 0x02, 0x20, 0xa1, 0x07, 0x00};
    uint32_t n = header((struct native_request){.request_id = 2,
                                                .epoch = EPOCH,
                                                .op_count = 2,
                                                .first_unacked = 2,
                                                .trace_flags = NATIVE_T_TRACE,
                                                .trace = trace},
                        "user:17");
    n = add_op(n, (struct native_op_view){.opcode = NATIVE_OP_GET}, "user:17", NULL);
    return add_op(n,
                  (struct native_op_view){.opcode = NATIVE_OP_INCR, .flags = NATIVE_O_ARG, .arg = UINT64_MAX},
                  "left", NULL);
}

static uint32_t scan_request(void)
{
    uint32_t n = header((struct native_request){.request_id = 3, .op_count = 1, .first_unacked = 3}, NULL);
    struct native_op_view op = {.opcode = NATIVE_OP_SCAN,
                                .flags = NATIVE_O_ARG,
                                .arg = 100,
                                .key_len = 8,
                                .key = (const uint8_t *)"\0\0\0\0\0\0\0"};
    return n + native_encode_op(made + n, (uint32_t)sizeof(made) - n, &op);
}

static uint32_t scan_reply(void)
{
    static const char page[] = "\0\x01\0\0\0\0\0\x40"
                               "\x07\0user:17"
                               "\x04\0left";
    uint32_t n = reply((struct native_reply){.request_id = 3, .credits = 255, .result_count = 1}, NULL);
    return add_result(n, (struct native_result_view){.opcode = NATIVE_OP_SCAN, .number = 2}, page,
                      sizeof(page) - 1);
}

static const struct example {
    const char *name;
    uint32_t (*make)(void);
} examples[] = {
    {"set-request", set_request},
    {"set-reply", set_reply},
    {"stale-epoch-reply", stale_epoch_reply},
    {"traced-request", traced_request},
    {"scan-request", scan_request},
    {"scan-reply", scan_reply},
};
#define EXAMPLES (sizeof(examples) / sizeof(examples[0]))

// Bytes of the hex block that f stands in, up to its end. What follows ';' on a line is explanation.
static uint32_t read_block(FILE *f, uint8_t *out, uint32_t room)
{
    char line[256];
    uint32_t n = 0;

    while (fgets(line, sizeof(line), f) && strncmp(line, "```", 3) != 0)
        for (const char *p = line; *p && *p != ';' && n < room;)
            if (isxdigit((unsigned char)p[0]) && isxdigit((unsigned char)p[1])) {
                const char digits[3] = {p[0], p[1], 0};
                out[n++] = (uint8_t)strtoul(digits, NULL, 16);
                p += 2;
            } else {
                p++;
            }
    return n;
}

static void compare(const struct example *e, const uint8_t *documented, uint32_t len)
{
    uint32_t n = e->make();
    bool same = n == len && memcmp(made, documented, n) == 0;

    CU_ASSERT(same);
    if (same)
        return;
    printf("\n%s is\n", e->name);
    for (uint32_t i = 0; i < n; i++)
        printf("%02x%c", made[i], i % 16 == 15 || i + 1 == n ? '\n' : ' ');
}

static void test_examples(void)
{
    char line[256], name[64];
    uint8_t documented[256];
    bool seen[EXAMPLES] = {false};
    FILE *f = fopen(path, "r");

    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    while (fgets(line, sizeof(line), f)) {
        if (sscanf(line, "```hex %63s", name) != 1)
            continue;
        uint32_t len = read_block(f, documented, sizeof(documented));
        unsigned k = 0;
        while (k < EXAMPLES && strcmp(examples[k].name, name) != 0)
            k++;
        CU_ASSERT_FATAL(k < EXAMPLES);
        seen[k] = true;
        compare(&examples[k], documented, len);
    }
    fclose(f);
    for (unsigned k = 0; k < EXAMPLES; k++) {
        CU_ASSERT(seen[k]);
        if (!seen[k])
            compare(&examples[k], NULL, 0);
    }
}

static void test_examples_are_good(void)
{
    for (unsigned k = 0; k < EXAMPLES; k++) {
        struct native_request req;
        struct native_reply rep;
        enum native_status status;
        uint32_t n = examples[k].make();
        CU_ASSERT(native_decode_reply(made, n, &rep) ||
                  native_decode_request(made, n, &req, &status) == NATIVE_ACCEPT);
    }
}

static const struct unit_test tests[] = {
    {"the documented bytes are the codec's", test_examples},
    {"and are accepted", test_examples_are_good},
};

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s docs/protocol.md\n", argv[0]);
        return 2;
    }
    path = argv[1];
    return unit_main("protocol_examples", tests, sizeof(tests) / sizeof(tests[0]));
}
