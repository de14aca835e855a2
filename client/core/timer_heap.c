// SPDX-License-Identifier: BSD-3-Clause
#include "client/core/timer_heap.h"

#include <stddef.h>

static void place(struct timer_heap *h, uint32_t at, struct timer_heap_node node)
{
    h->nodes[at] = node;
    h->positions[node.index] = at;
}

static void sift_up(struct timer_heap *h, uint32_t at, struct timer_heap_node node)
{
    while (at > 0 && h->nodes[(at - 1) / 2].when > node.when) {
        place(h, at, h->nodes[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    place(h, at, node);
}

static void sift_down(struct timer_heap *h, uint32_t at, struct timer_heap_node node)
{
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child >= h->count)
            break;
        if (child + 1 < h->count && h->nodes[child + 1].when < h->nodes[child].when)
            child++;
        if (h->nodes[child].when >= node.when)
            break;
        place(h, at, h->nodes[child]);
        at = child;
    }
    place(h, at, node);
}

static void settle(struct timer_heap *h, uint32_t at, struct timer_heap_node node)
{
    if (at > 0 && h->nodes[(at - 1) / 2].when > node.when)
        sift_up(h, at, node);
    else
        sift_down(h, at, node);
}

void timer_heap_init(struct timer_heap *h, struct timer_heap_node *nodes, uint32_t *positions, uint32_t n)
{
    h->nodes = nodes;
    h->positions = positions;
    h->count = 0;
    for (uint32_t i = 0; i < n; i++)
        positions[i] = TIMER_HEAP_ABSENT;
}

void timer_heap_set(struct timer_heap *h, uint32_t index, uint64_t when)
{
    uint32_t at = h->positions[index];

    if (at == TIMER_HEAP_ABSENT)
        at = h->count++;
    settle(h, at, (struct timer_heap_node){.when = when, .index = index});
}

void timer_heap_clear(struct timer_heap *h, uint32_t index)
{
    uint32_t at = h->positions[index];

    if (at == TIMER_HEAP_ABSENT)
        return;
    h->positions[index] = TIMER_HEAP_ABSENT;
    h->count--;
    if (at != h->count)
        settle(h, at, h->nodes[h->count]);
}

const struct timer_heap_node *timer_heap_first(const struct timer_heap *h)
{
    return h->count ? &h->nodes[0] : NULL;
}
