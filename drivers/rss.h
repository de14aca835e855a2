// SPDX-License-Identifier: BSD-3-Clause
// Receive-side scaling as an exact table: the Toeplitz hash takes hash bit b from input bit i through key bit
// i + 31 - b, so a key with a single bit set makes the hash's low bits the (reversed) low bits of the
// destination port, whatever the addresses and the source port are. The indirection table (RETA) then names
// the queue of each native port group. The arithmetic is pure.
#ifndef GODWIT_DRIVERS_RSS_H
#define GODWIT_DRIVERS_RSS_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/net/net.h"

#define RSS_KEY_MIN  40u // bytes; IPv6 input of 36 bytes and a 32-bit hash
#define RSS_RETA_MAX 512u

// Writes the key of key_len bytes for a table of reta_size (a power of two, 2..RSS_RETA_MAX) entries.
// IPv4 and IPv6 put the port at different places: one key serves one family.
void rss_port_key(uint8_t *key, unsigned key_len, unsigned reta_size, bool ipv6);

// The table entry that destination port dport lands in with that key.
unsigned rss_entry_of_port(uint16_t dport, unsigned reta_size);

// Queue per entry: group g = (port - NET_NATIVE_PORT) goes to group_owner[g]. Returns false when the table is
// too small to tell groups of different owners apart (fewer than 128 entries): then it is a best effort.
bool rss_fill(uint16_t *queues, unsigned reta_size, const uint8_t group_owner[NET_NATIVE_PORTS]);

struct port;
struct rte_eth_dev_info;
struct rte_eth_conf;

// Chooses RSS for a device with n queues before rte_eth_dev_configure: fills conf and p->rss_key, says what
// in p->facts.
void rss_configure(struct port *p, const struct rte_eth_dev_info *info, unsigned n,
                   struct rte_eth_conf *conf);

// Publishes group_owner[] (queue numbers below n) to the started device's table. On success p->steering is
// true if every group reaches its owner; otherwise false and p->facts says why.
void rss_steer(struct port *p, uint16_t ethdev, unsigned n, const uint8_t group_owner[NET_NATIVE_PORTS]);

#endif
