// SPDX-License-Identifier: BSD-3-Clause
// What one namespace takes from its worker's region: every byte is charged by size class and held against the
// quota.
#ifndef GODWIT_DATAPLANE_STORE_ACCOUNT_H
#define GODWIT_DATAPLANE_STORE_ACCOUNT_H

#include "dataplane/store/memory.h"

struct account {
    char *base; // of the region; references count from it in units of 16 bytes
    struct memory *mem;
    uint64_t quota; // 0 for none
    uint64_t charged;
};

static inline void *account_at(const struct account *a, uint32_t ref)
{
    return a->base + ((uint64_t)ref << 4);
}

static inline uint32_t account_ref(const struct account *a, const void *p)
{
    return (uint32_t)((uint64_t)((const char *)p - a->base) >> 4);
}

// NULL, with nothing charged, when the quota or the region does not allow size more bytes.
static inline void *account_alloc(struct account *a, size_t size)
{
    size_t usable = memory_usable(size);
    if (a->quota != 0 && (usable > a->quota || a->charged > a->quota - usable))
        return NULL;
    void *p = memory_alloc(a->mem, size);
    if (p != NULL)
        a->charged += usable;
    return p;
}

static inline void account_free(struct account *a, void *p, size_t size)
{
    a->charged -= memory_usable(size);
    memory_free(a->mem, p, size);
}

#endif
