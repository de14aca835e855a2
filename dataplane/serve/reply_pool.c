// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/serve/reply_pool.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

// A reference is a block number and, below it, the reply's length.
#define LEN_BITS 11u
#define LEN_MASK ((1u << LEN_BITS) - 1)
_Static_assert(REPLY_POOL_REPLY_MAX <= LEN_MASK, "a length fits its bits");
_Static_assert(REPLY_POOL_BLOCKS_MAX <= 1u << (32 - LEN_BITS), "a block number fits its bits");

bool reply_pool_create(struct reply_pool *p, uint32_t blocks)
{
    assert(blocks >= 1 && blocks <= REPLY_POOL_BLOCKS_MAX);
    *p = (struct reply_pool){.blocks = blocks, .free = blocks};
    p->data = aligned_alloc(REPLY_POOL_BLOCK, (size_t)blocks * REPLY_POOL_BLOCK);
    p->next = malloc(blocks * sizeof(p->next[0]));
    if (!p->data || !p->next) {
        reply_pool_destroy(p);
        return false;
    }
    memset(p->data, 0, (size_t)blocks * REPLY_POOL_BLOCK); // page faults now, not on the path
    for (uint32_t i = 0; i < blocks; i++)
        p->next[i] = i + 1;
    return true;
}

void reply_pool_destroy(struct reply_pool *p)
{
    free(p->data);
    free(p->next);
    *p = (struct reply_pool){0};
}

static uint32_t blocks_of(uint32_t len)
{
    return (len + REPLY_POOL_BLOCK - 1) / REPLY_POOL_BLOCK;
}

static uint32_t take_block(struct reply_pool *p)
{
    uint32_t block = p->first_free;

    p->first_free = p->next[block];
    p->free--;
    return block;
}

static uint32_t keep_chain(struct reply_pool *p, const uint8_t *reply, uint32_t len)
{
    uint32_t first = take_block(p), block = first, at = 0;

    for (;;) {
        uint32_t part = len - at < REPLY_POOL_BLOCK ? len - at : REPLY_POOL_BLOCK;
        memcpy(p->data + (size_t)block * REPLY_POOL_BLOCK, reply + at, part);
        at += part;
        if (at == len)
            return first << LEN_BITS | len;
        uint32_t following = take_block(p);
        p->next[block] = following;
        block = following;
    }
}

uint32_t reply_pool_keep(struct reply_pool *p, const void *reply, uint32_t len)
{
    uint32_t needed = blocks_of(len);

    if (len == 0 || len > REPLY_POOL_REPLY_MAX || needed > p->free)
        return 0;
    if (needed > 1 && p->free - needed < p->blocks / 2)
        return 0;
    return keep_chain(p, reply, len);
}

const void *reply_pool_read(struct reply_pool *p, uint32_t ref, uint32_t *len)
{
    uint32_t block = ref >> LEN_BITS, at = 0;

    *len = ref & LEN_MASK;
    if (*len <= REPLY_POOL_BLOCK)
        return p->data + (size_t)block * REPLY_POOL_BLOCK;
    while (at < *len) {
        uint32_t part = *len - at < REPLY_POOL_BLOCK ? *len - at : REPLY_POOL_BLOCK;
        memcpy(p->scratch + at, p->data + (size_t)block * REPLY_POOL_BLOCK, part);
        at += part;
        block = p->next[block];
    }
    return p->scratch;
}

void reply_pool_free(struct reply_pool *p, uint32_t ref)
{
    uint32_t first = ref >> LEN_BITS, last = first, count = blocks_of(ref & LEN_MASK);

    for (uint32_t i = 1; i < count; i++)
        last = p->next[last];
    p->next[last] = p->first_free;
    p->first_free = first;
    p->free += count;
}
