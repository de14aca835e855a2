// SPDX-License-Identifier: BSD-3-Clause
// At most once: a worker's memory of the writes it executed, by session and request id, with their replies
// (docs/protocol.md, "At most once"). Pure: time is an argument, nothing is allocated after creation. One
// thread owns a table.
//
// A session remembers the 64 request ids from its floor on. The floor is the client's first unacknowledged
// id, or what the highest id seen leaves of the window; it never goes back. Ids compare by serial arithmetic
// (RFC 1982), so that they may wrap.
//
// Memory: 592 bytes a session (64 state, 256 reply references, 4 blocks of 68 in the shared pool of replies).
#ifndef GODWIT_DATAPLANE_SERVE_SESSION_H
#define GODWIT_DATAPLANE_SERVE_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#define SESSION_WINDOW       64u    // request ids
#define SESSION_EXPIRY_MS    30000u // after the last write
#define SESSION_SESSIONS_MAX (1u << 19)
#define SESSION_SECRET_LEN   192u // bytes of the hash secret

struct session_table;

// Names a write between its begin and its end. Opaque.
struct session_ticket {
    uint32_t index, generation, request_id;
};

enum session_verdict {
    SESSION_EXECUTE = 0,    // new: execute it; the ticket must be finished or abandoned
    SESSION_DUPLICATE,      // executed before: send *answer again
    SESSION_DUPLICATE_GONE, // executed before, the answer was not or is no longer kept
    SESSION_IN_PROGRESS,    // being executed: drop this copy, the first one is answered
    SESSION_STALE,          // acknowledged, or behind the window: whether it was executed is not known
    SESSION_FULL,           // no room for another session; live ones are never evicted
};

// sessions: a power of two, 1..SESSION_SESSIONS_MAX. hash_secret: SESSION_SECRET_LEN bytes, random per
// process, outlives the table; keys the hash so that clients cannot build collisions. NULL when out of
// memory.
struct session_table *session_table_create(uint32_t sessions, const void *hash_secret);
void session_table_destroy(struct session_table *t);

// Starts fetching what session_begin will read.
void session_prefetch(const struct session_table *t, uint32_t tenant, uint64_t session);

// Judges a write. session and request_id: not 0. first_unacked: as in the request header, 0 when not told.
// now_ms: of a clock that never jumps. SESSION_EXECUTE fills *ticket; SESSION_DUPLICATE sets *answer and
// *answer_len, valid until the next call on the table.
enum session_verdict session_begin(struct session_table *t, uint32_t tenant, uint64_t session,
                                   uint32_t request_id, uint32_t first_unacked, uint64_t now_ms,
                                   struct session_ticket *ticket, const void **answer, uint32_t *answer_len);

// The write was executed; reply is what was or will be sent. A reply that cannot be kept (over 1472 bytes, or
// no room) is forgotten, not the execution.
void session_finish(struct session_table *t, const struct session_ticket *ticket, const void *reply,
                    uint32_t len);
// The write was not executed and will not be; a copy of it may be.
void session_abandon(struct session_table *t, const struct session_ticket *ticket);

// Forgets sessions without a write for SESSION_EXPIRY_MS; looks at max places of the table (rounded up to 64)
// and goes on there next time. Returns how many sessions it forgot.
unsigned session_tick(struct session_table *t, uint64_t now_ms, unsigned max);

struct session_stats {
    uint32_t sessions, capacity;
    uint32_t reply_blocks, reply_blocks_free; // of 64 bytes
};
// O(1).
void session_stats(const struct session_table *t, struct session_stats *out);

#endif
