// SPDX-License-Identifier: BSD-3-Clause
// Staging ring of one tenant on one worker: what arrived and has not run yet. Bounded, drop-tail, so that no
// tenant can take more packet buffers than its quota. Pure: entries are tagged pointers that it never looks
// behind.
#ifndef GODWIT_DATAPLANE_TENANT_STAGING_H
#define GODWIT_DATAPLANE_TENANT_STAGING_H

#include <stdbool.h>
#include <stdint.h>

#define STAGING_SIZE 512u // entries, a power of two

struct staging {
    uint32_t head;  // next to take
    uint32_t tail;  // next to fill
    uint32_t quota; // entries at most, <= STAGING_SIZE
    uintptr_t entries[STAGING_SIZE];
};

static inline void staging_init(struct staging *s, uint32_t quota)
{
    s->head = s->tail = 0;
    s->quota = quota < STAGING_SIZE ? quota : STAGING_SIZE;
}

static inline uint32_t staging_backlog(const struct staging *s)
{
    return s->tail - s->head;
}

// False when the quota is used up; the entry stays the caller's.
static inline bool staging_put(struct staging *s, uintptr_t entry)
{
    if (staging_backlog(s) >= s->quota)
        return false;
    s->entries[s->tail++ & (STAGING_SIZE - 1)] = entry;
    return true;
}

// Takes up to max entries in order of arrival. Returns how many.
static inline uint32_t staging_take(struct staging *s, uintptr_t *entries, uint32_t max)
{
    uint32_t n = staging_backlog(s);

    if (n > max)
        n = max;
    for (uint32_t i = 0; i < n; i++)
        entries[i] = s->entries[s->head++ & (STAGING_SIZE - 1)];
    return n;
}

#endif
