// SPDX-License-Identifier: BSD-3-Clause
// Requests of several operations. They are executed in order, each on the worker that owns its key: the
// request travels with its half-built reply from owner to owner and comes home to be answered.
#ifndef GODWIT_DATAPLANE_JOURNEY_H
#define GODWIT_DATAPLANE_JOURNEY_H

#include "dataplane/request.h"

// State of a request under way, in the private area of its packet.
struct journey {
    struct native_request head;
    struct net_packet packet; // of the request; the reply has the same offsets
    struct rte_mbuf *reply;
    struct rte_mbuf *parked; // next in the list of errands waiting for room in a ring
    struct session_ticket ticket;
    uint64_t hlc;       // largest timestamp of its operations
    uint32_t next_op;   // offset of the next operation
    uint32_t reply_len; // payload bytes so far
    uint32_t room;      // payload bytes at most
    uint8_t done;       // operations executed
    uint8_t home;       // worker that answers
    uint8_t parked_to, parked_errand;
    bool writes, delegated, too_big;
};

static inline struct journey *journey_of(struct rte_mbuf *m)
{
    return rte_mbuf_to_priv(m);
}

// Starts the journey of r here, which becomes its home. Takes ownership of r->m.
void journey_start(struct worker *w, struct request *r);
// Goes on with the operations that are this worker's. Takes ownership.
void journey_continue(struct worker *w, struct rte_mbuf *m);
// Answers; on the home worker.
void journey_finish(struct worker *w, struct rte_mbuf *m);

#endif
