// SPDX-License-Identifier: BSD-3-Clause
// Any bytes as a request and as a reply: what the codec accepts encodes to the same bytes again.
#include "dataplane/serve/native.h"

#include <stdlib.h>

static uint8_t again[NATIVE_DATAGRAM_MAX];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool good)
{
    if (!good)
        abort();
}

static void check_request(const uint8_t *data, uint32_t len)
{
    struct native_request req;
    struct native_op_view op;
    enum native_status status = NATIVE_STATUS_MAX;
    enum native_verdict verdict = native_decode_request(data, len, &req, &status);

    if (verdict == NATIVE_REFUSE)
        require(status == NATIVE_BAD_VERSION || status == NATIVE_BAD_REQUEST);
    if (verdict != NATIVE_ACCEPT)
        return;
    require(status == NATIVE_OK);
    uint32_t n = native_encode_request(again, sizeof(again), &req), pos = 0;
    for (unsigned i = 0; i < req.op_count; i++) {
        native_next_op(&req, &pos, &op);
        n += native_encode_op(again + n, (uint32_t)sizeof(again) - n, &op);
    }
    require(pos == req.ops_len && n == len && memcmp(again, data, len) == 0);
}

static bool same_header(const struct native_reply *a, const struct native_reply *b)
{
    return a->flags == b->flags && a->status == b->status && a->credits == b->credits && a->slot == b->slot &&
           a->result_count == b->result_count && a->trace_flags == b->trace_flags &&
           a->session == b->session && a->request_id == b->request_id && a->epoch == b->epoch &&
           a->retry_after_us == b->retry_after_us && a->hlc == b->hlc && a->map_epoch == b->map_epoch &&
           a->results_len == b->results_len;
}

// Reserved fields of a reply are ignored, so it is the meaning that has to survive.
static void check_reply(const uint8_t *data, uint32_t len)
{
    struct native_reply rep, other;
    struct native_result_view a, b;
    uint32_t pos = 0, other_pos = 0;

    if (len > sizeof(again) || !native_decode_reply(data, len, &rep))
        return;
    uint32_t n = native_encode_reply(again, sizeof(again), &rep);
    while (native_next_result(&rep, &pos, &a))
        n += native_encode_result(again + n, (uint32_t)sizeof(again) - n, &a);
    require(n == len && native_decode_reply(again, n, &other) && same_header(&rep, &other));
    pos = 0;
    while (native_next_result(&rep, &pos, &a)) {
        require(native_next_result(&other, &other_pos, &b));
        require(a.opcode == b.opcode && a.status == b.status && a.number == b.number &&
                a.value_len == b.value_len && memcmp(a.value, b.value, a.value_len) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_request(data, (uint32_t)size);
    check_reply(data, (uint32_t)size);
    return 0;
}
