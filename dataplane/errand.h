// SPDX-License-Identifier: BSD-3-Clause
// Work that one worker hands to another: tagged packet pointers over single-producer single-consumer rings.
#ifndef GODWIT_DATAPLANE_ERRAND_H
#define GODWIT_DATAPLANE_ERRAND_H

#include "dataplane/worker.h"

// Creates the rings between all workers of the node. 0, or -1 with the cause in err.
int errand_rings_create(struct node *node, char *err, size_t err_len);
void errand_rings_destroy(struct node *node);

// Hands m to worker `to`. False when the ring is full: m stays the caller's.
bool errand_send(struct worker *w, unsigned to, struct rte_mbuf *m, enum errand e);

// Same for what must not be lost (a request under way): a full ring parks it until a later turn.
void errand_send_surely(struct worker *w, unsigned to, struct rte_mbuf *m, enum errand e);

// Receives a bounded number of errands from every other worker and runs or stages them; retries what is
// parked. Returns how many there were.
unsigned errand_receive(struct worker *w);

#endif
