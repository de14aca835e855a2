// SPDX-License-Identifier: BSD-3-Clause
// A network in virtual time: datagrams between numbered hosts are lost, doubled, delayed and so reordered, as
// a seed says.
#ifndef GODWIT_TESTS_SIM_NETWORK_H
#define GODWIT_TESTS_SIM_NETWORK_H

#include <stdbool.h>
#include <stdint.h>

#define NETWORK_DATAGRAM_MAX 2048u
#define NETWORK_IN_FLIGHT    8192u

struct network_faults {
    unsigned drop_permille, duplicate_permille;
    uint32_t delay_min_us, delay_max_us;
};

struct network_datagram {
    uint64_t arrives;
    uint64_t order; // of sending: ties
    unsigned from, to;
    uint32_t length;
    uint8_t data[NETWORK_DATAGRAM_MAX];
};

struct network {
    struct network_faults faults;
    uint64_t random, sent, lost;
    uint32_t count;
    struct network_datagram *heap[NETWORK_IN_FLIGHT]; // earliest first
};

void network_init(struct network *n, const struct network_faults *faults, uint64_t seed);
// Forgets what is in flight.
void network_end(struct network *n);
// Both copies of a doubled datagram arrive together.
void network_send(struct network *n, uint64_t now, unsigned from, unsigned to, const uint8_t *data,
                  uint32_t length);
// When the next one arrives; UINT64_MAX: nothing is in flight.
uint64_t network_next(const struct network *n);
// Takes the earliest one, which the caller frees.
struct network_datagram *network_take(struct network *n);

#endif
