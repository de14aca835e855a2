// SPDX-License-Identifier: BSD-3-Clause
// Native requests in a worker: a batch goes through parse, decode, lookup and execute together, so that the
// cache misses of one hide behind the work of the others.
#ifndef GODWIT_DATAPLANE_REQUEST_H
#define GODWIT_DATAPLANE_REQUEST_H

#include "dataplane/serve/execute.h"
#include "dataplane/worker.h"

struct request {
    struct rte_mbuf *m;
    struct net_packet packet;
    struct native_request head;
    struct native_op_view op; // first operation
    uint32_t next_op;         // offset of the second
    bool writes;
    bool delegated;             // received by another worker
    struct store_lookup lookup; // of the first operation's key
};

// Processes n staged entries (at most WORKER_BATCH); takes ownership of their packets. *stamp: end of the
// last booked stage, moved on as stages are booked.
void requests_run(struct worker *w, const uintptr_t *entries, unsigned n, uint64_t *stamp);

// What the parts of request processing share:

// The worker that executes op: the owner of its key's slot, or the one that a SCAN cursor names.
unsigned request_op_owner(const struct worker *w, const struct native_op_view *op);

// The context operations are executed in, with a fresh timestamp.
struct execute request_execution(struct worker *w);

// Checks a write against epoch and session. True: execute it, *ticket is for session_finish. False: m was
// answered or dropped.
bool request_admit_write(struct worker *w, struct request *r, struct session_ticket *ticket);

// Fills the fields that every reply carries.
struct native_reply request_reply_header(struct worker *w, const struct native_request *head, bool delegated);

// Bytes that the UDP payload of an answer to packet may have in m.
uint32_t request_reply_room(struct worker *w, const struct rte_mbuf *m, const struct net_packet *packet);

// Completes and sends the answer whose payload_len bytes stand at packet->payload in m.
void request_send_reply(struct worker *w, struct rte_mbuf *m, struct net_packet *packet,
                        uint32_t payload_len);

// Answers r with a status and no result, in place.
void request_refuse(struct worker *w, struct request *r, enum native_status status, uint32_t retry_after_us);

#endif
