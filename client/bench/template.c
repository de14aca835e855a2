// SPDX-License-Identifier: BSD-3-Clause
#include "client/bench/template.h"

#include <string.h>

#include "client/bench/content.h"
#include "client/core/engine.h"
#include "control/cluster/slot.h"
#include "dataplane/serve/native.h"

#define FRAME_MAX        (14u + 1500u)

// Offsets in the frame.
#define AT_DESTINATION   36u
#define AT_UDP_CHECKSUM  40u
#define AT_SESSION       (FRAME_HEADERS + 8u)
#define AT_REQUEST_ID    (FRAME_HEADERS + 16u)
#define AT_EPOCH         (FRAME_HEADERS + 20u)
#define AT_SLOT          (FRAME_HEADERS + 24u)
#define AT_FIRST_UNACKED (FRAME_HEADERS + 40u)

bool template_init(struct template *t, const struct frame_addresses *a, const struct bench_options *o,
                   bool set)
{
    uint8_t key[CONTENT_KEY_MAX], zeros[CONTENT_DIGITS] = {0}, pseudo[4] = {0, 17};
    static const uint8_t value[TEMPLATE_MAX];
    struct native_request request = {
        .op_count = 1, .tenant = o->tenant, .session = 0, .deadline_us = o->deadline_us};
    struct native_op_view op = {.opcode = set ? NATIVE_OP_SET : NATIVE_OP_GET,
                                .key_len = (uint16_t)o->key_size,
                                .value_len = set ? o->value_size : 0,
                                .key = key,
                                .value = value};

    *t = (struct template){.value_size = op.value_len};
    if (o->key_size % 2 ||
        FRAME_HEADERS + NATIVE_HEADER_LEN + NATIVE_OP_LEN + o->key_size + op.value_len > FRAME_MAX)
        return false;
    content_key_prefix(key, o->key_size);
    memcpy(key + o->key_size - CONTENT_DIGITS, zeros, CONTENT_DIGITS);
    t->key_crc = crc16(key, o->key_size);
    uint8_t *datagram = t->frame + FRAME_HEADERS;
    uint32_t n = native_encode_request(datagram, NATIVE_HEADER_LEN, &request);
    n += native_encode_op(datagram + n, FRAME_MAX - FRAME_HEADERS - n, &op);
    t->length = FRAME_HEADERS + n;
    t->key_digits = FRAME_HEADERS + NATIVE_HEADER_LEN + NATIVE_OP_LEN + o->key_size - CONTENT_DIGITS;
    t->value = set ? t->key_digits + CONTENT_DIGITS : 0;
    frame_headers(t->frame, a, 0, n);
    memset(t->frame + AT_UDP_CHECKSUM, 0, 2);
    memcpy(pseudo + 2, t->frame + 38, 2);
    t->sum = frame_sum(frame_sum(0, pseudo, 4), t->frame + 26, 8);
    t->sum = frame_sum(t->sum, t->frame + 34, t->length - 34);
    return true;
}

static inline uint64_t put16(uint64_t sum, uint8_t *to, uint16_t v)
{
    memcpy(to, &v, sizeof(v));
    return sum + v;
}

static inline uint64_t put32(uint64_t sum, uint8_t *to, uint32_t v)
{
    memcpy(to, &v, sizeof(v));
    return sum + v;
}

static inline uint64_t put64(uint64_t sum, uint8_t *to, uint64_t v)
{
    memcpy(to, &v, sizeof(v));
    return sum + (uint32_t)v + (v >> 32);
}

void template_fill(const struct template *t, const struct template_request *r, uint8_t *frame)
{
    uint8_t digits[CONTENT_DIGITS];
    uint64_t sum = t->sum;

    memcpy(frame, t->frame, t->value ? t->value : t->length);
    content_key_digits(digits, r->record);
    uint16_t slot = (t->key_crc ^ crc16(digits, CONTENT_DIGITS)) % SLOT_COUNT;
    uint16_t port = __builtin_bswap16(engine_port(slot));
    sum = put16(sum, frame + AT_DESTINATION, port);
    sum = put64(sum, frame + AT_SESSION, r->session);
    sum = put32(sum, frame + AT_REQUEST_ID, r->request_id);
    sum = put32(sum, frame + AT_EPOCH, r->epoch);
    sum = put16(sum, frame + AT_SLOT, slot);
    sum = put32(sum, frame + AT_FIRST_UNACKED, r->first_unacked);
    memcpy(frame + t->key_digits, digits, CONTENT_DIGITS);
    sum = frame_sum(sum, digits, CONTENT_DIGITS);
    if (t->value) {
        content_value(frame + t->value, t->value_size, r->record);
        sum = frame_sum(sum, frame + t->value, t->value_size);
    }
    uint16_t checksum = frame_checksum(sum);
    memcpy(frame + AT_UDP_CHECKSUM, &checksum, sizeof(checksum));
}
