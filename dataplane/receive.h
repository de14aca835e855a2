// SPDX-License-Identifier: BSD-3-Clause
// Receiving: bursts from the worker's queues, a peek at whose each packet is, staging.
#ifndef GODWIT_DATAPLANE_RECEIVE_H
#define GODWIT_DATAPLANE_RECEIVE_H

#include "dataplane/worker.h"

// Receives a bounded number of packets from every port and stages them; the time is booked and charged to the
// tenants by their number of packets. Returns how many were received.
unsigned receive(struct worker *w, uint64_t *stamp);

// Classifies and stages one packet as the errand e; takes ownership (a full quota drops it by name).
void receive_stage(struct worker *w, struct rte_mbuf *m, enum errand e);

// Time stamp of arrival in units of 1024 cycles, as receive_stage left it in the packet.
static inline uint32_t receive_arrival(const struct rte_mbuf *m)
{
    return m->hash.usr;
}

#endif
