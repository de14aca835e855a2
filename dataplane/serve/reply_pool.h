// SPDX-License-Identifier: BSD-3-Clause
// The bytes of remembered replies: blocks of 64 bytes (the usual reply to a write fits one), chained for
// larger replies. Bounded; one thread owns it.
#ifndef GODWIT_DATAPLANE_SERVE_REPLY_POOL_H
#define GODWIT_DATAPLANE_SERVE_REPLY_POOL_H

#include <stdbool.h>
#include <stdint.h>

#define REPLY_POOL_BLOCK      64u
#define REPLY_POOL_REPLY_MAX  1472u      // bytes; longer ones are not kept
#define REPLY_POOL_BLOCKS_MAX (1u << 21) // what a reference can name

struct reply_pool {
    uint8_t *data;
    uint32_t *next; // of a chain, or of the list of free blocks
    uint32_t blocks, free, first_free;
    uint8_t scratch[REPLY_POOL_REPLY_MAX];
};

// blocks: 1..REPLY_POOL_BLOCKS_MAX. False when out of memory (then there is nothing to destroy).
bool reply_pool_create(struct reply_pool *p, uint32_t blocks);
void reply_pool_destroy(struct reply_pool *p);

// Keeps a reply of 1..REPLY_POOL_REPLY_MAX bytes. Returns a reference, never 0, or 0 when it cannot be kept:
// the reply is too long, the pool is empty, or the reply needs several blocks and half of the pool is taken
// (that half is for small replies, which are many).
uint32_t reply_pool_keep(struct reply_pool *p, const void *reply, uint32_t len);
// The bytes of a kept reply; valid until the next call on the pool.
const void *reply_pool_read(struct reply_pool *p, uint32_t ref, uint32_t *len);
void reply_pool_free(struct reply_pool *p, uint32_t ref);

#endif
