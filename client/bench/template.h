// SPDX-License-Identifier: BSD-3-Clause
// Prebuilt request frames: one GET or SET per session, of which only what changes is written and summed for
// each request. Pure.
#ifndef GODWIT_CLIENT_BENCH_TEMPLATE_H
#define GODWIT_CLIENT_BENCH_TEMPLATE_H

#include <stdbool.h>
#include <stdint.h>

#include "client/bench/frame.h"
#include "client/bench/options.h"

#define TEMPLATE_MAX 2048u

struct template
{
    uint32_t length;     // of the frame
    uint32_t key_digits; // offset in the frame
    uint32_t value;      // offset in the frame; 0: GET
    uint32_t value_size;
    uint16_t key_crc; // of the key with zero digits: CRC is linear, the digits' own is added
    uint64_t sum;     // UDP checksum's sum with zero in all that changes
    uint8_t frame[TEMPLATE_MAX];
};

struct template_request {
    uint64_t session;
    uint32_t request_id, epoch, first_unacked, record;
};

// set: a SET of o->value_size bytes, else a GET. False when the frame would be larger than fits 1500 bytes,
// or the key's size is odd (its digits would not stand at an even offset).
bool template_init(struct template *t, const struct frame_addresses *a, const struct bench_options *o,
                   bool set);
// Writes the frame of a request to frame (t->length bytes).
void template_fill(const struct template *t, const struct template_request *r, uint8_t *frame);

#endif
