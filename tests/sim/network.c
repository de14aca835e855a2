// SPDX-License-Identifier: BSD-3-Clause
#include "tests/sim/network.h"

#include <stdlib.h>
#include <string.h>

#include "client/core/random.h"

void network_init(struct network *n, const struct network_faults *faults, uint64_t seed)
{
    memset(n, 0, sizeof(*n));
    n->faults = *faults;
    n->random = seed;
}

void network_end(struct network *n)
{
    while (n->count > 0)
        free(n->heap[--n->count]);
}

static bool earlier(const struct network_datagram *a, const struct network_datagram *b)
{
    return a->arrives < b->arrives || (a->arrives == b->arrives && a->order < b->order);
}

static void push(struct network *n, struct network_datagram *d)
{
    uint32_t at = n->count++;

    for (; at > 0 && earlier(d, n->heap[(at - 1) / 2]); at = (at - 1) / 2)
        n->heap[at] = n->heap[(at - 1) / 2];
    n->heap[at] = d;
}

static void deliver(struct network *n, uint64_t arrives, unsigned from, unsigned to, const uint8_t *data,
                    uint32_t length)
{
    struct network_datagram *d = n->count < NETWORK_IN_FLIGHT ? malloc(sizeof(*d)) : NULL;

    n->sent++;
    if (!d || random_below(&n->random, 1000) < n->faults.drop_permille) {
        n->lost++;
        free(d);
        return;
    }
    *d = (struct network_datagram){
        .arrives = arrives, .order = n->sent, .from = from, .to = to, .length = length};
    memcpy(d->data, data, length);
    push(n, d);
}

void network_send(struct network *n, uint64_t now, unsigned from, unsigned to, const uint8_t *data,
                  uint32_t length)
{
    uint64_t spread = n->faults.delay_max_us - n->faults.delay_min_us + 1;
    uint64_t arrives = now + n->faults.delay_min_us + random_below(&n->random, spread);

    deliver(n, arrives, from, to, data, length);
    if (random_below(&n->random, 1000) < n->faults.duplicate_permille)
        deliver(n, arrives, from, to, data, length);
}

uint64_t network_next(const struct network *n)
{
    return n->count ? n->heap[0]->arrives : UINT64_MAX;
}

struct network_datagram *network_take(struct network *n)
{
    struct network_datagram *first = n->heap[0], *last = n->heap[--n->count];
    uint32_t at = 0, child;

    for (; (child = 2 * at + 1) < n->count; at = child) {
        if (child + 1 < n->count && earlier(n->heap[child + 1], n->heap[child]))
            child++;
        if (!earlier(n->heap[child], last))
            break;
        n->heap[at] = n->heap[child];
    }
    n->heap[at] = last;
    return first;
}
