// SPDX-License-Identifier: BSD-3-Clause
// Token bucket for ICMP errors (RFC 1812 4.3.2.8, RFC 4443 2.4 f). Pure.
#ifndef GODWIT_DATAPLANE_NET_LIMITER_H
#define GODWIT_DATAPLANE_NET_LIMITER_H

#include <stdbool.h>
#include <stdint.h>

struct net_limiter {
    uint64_t updated_ms;
    uint32_t tokens_milli; // thousandths of a message
    uint32_t rate;         // messages per second
    uint32_t burst;        // messages
};

// Starts full. rate: messages a second; burst: how many at once.
void net_limiter_init(struct net_limiter *l, uint32_t rate, uint32_t burst, uint64_t now_ms);
// Takes one token; false when there is none.
bool net_limiter_take(struct net_limiter *l, uint64_t now_ms);

#endif
