// SPDX-License-Identifier: BSD-3-Clause
// Packet pools that every kind of port can use.
#ifndef GODWIT_DRIVERS_POOL_H
#define GODWIT_DRIVERS_POOL_H

#include <stdbool.h>
#include <stdint.h>

struct rte_mempool;

// As rte_pktmbuf_pool_create. Unless dma is set the objects lie back to back in one piece: DPDK 22.11's
// AF_XDP driver takes the pool's memory for that and registers number x size bytes from its start, so that of
// a pool with gaps at page ends the last objects would be outside, and the kernel would drop what is sent in
// them. dma: a device addresses the objects, none may cross a page. Returns NULL and sets rte_errno.
struct rte_mempool *pool_create(const char *name, unsigned n, unsigned cache, uint16_t private_room,
                                uint16_t room, int socket, bool dma);

#endif
