// SPDX-License-Identifier: BSD-3-Clause
// Binary heap of at most one timer per outstanding request, addressed by the request's index. Pure; the
// caller provides the two arrays (n entries each).
#ifndef GODWIT_CLIENT_CORE_TIMER_HEAP_H
#define GODWIT_CLIENT_CORE_TIMER_HEAP_H

#include <stdint.h>

#define TIMER_HEAP_ABSENT UINT32_MAX

struct timer_heap_node {
    uint64_t when;  // any monotonic unit
    uint32_t index; // whose timer
};

struct timer_heap {
    struct timer_heap_node *nodes;
    uint32_t *positions; // of each index in nodes, or TIMER_HEAP_ABSENT
    uint32_t count;
};

// No timer armed. The arrays stay the caller's and must outlive h.
void timer_heap_init(struct timer_heap *h, struct timer_heap_node *nodes, uint32_t *positions, uint32_t n);
// Arms or re-arms the timer of index. O(log n).
void timer_heap_set(struct timer_heap *h, uint32_t index, uint64_t when);
// Disarms it; nothing happens when it is not armed. O(log n).
void timer_heap_clear(struct timer_heap *h, uint32_t index);
// The earliest one, or NULL.
const struct timer_heap_node *timer_heap_first(const struct timer_heap *h);

#endif
