// SPDX-License-Identifier: BSD-3-Clause
// Ethernet, IPv4 and UDP headers in front of a datagram. Pure.
#ifndef GODWIT_CLIENT_BENCH_FRAME_H
#define GODWIT_CLIENT_BENCH_FRAME_H

#include <stdint.h>

#define FRAME_HEADERS 42u

struct frame_addresses {
    uint8_t source_mac[6], destination_mac[6];
    uint32_t source_ip, destination_ip; // network order
    uint16_t source_port;               // host order
};

// Ones' complement sum of length bytes, as 16-bit words in memory order, added to sum. Sums of parts that
// start at even offsets may be added in any order.
uint64_t frame_sum(uint64_t sum, const uint8_t *data, uint32_t length);
// Folds a sum into the value of a UDP checksum field (memory order; never 0).
uint16_t frame_checksum(uint64_t sum);

// Writes the headers of a datagram of length bytes that stands at frame + FRAME_HEADERS, with both checksums.
void frame_headers(uint8_t *frame, const struct frame_addresses *a, uint16_t destination_port,
                   uint32_t length);

#endif
