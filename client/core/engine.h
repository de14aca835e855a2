// SPDX-License-Identifier: BSD-3-Clause
// The client's protocol as a machine without I/O. Events go in (a request, a datagram, the time), effects
// come out (datagrams to send, completions, when to come back). No clock, no socket, no allocation: time is
// an argument (microseconds, monotonic), memory is the caller's, randomness comes from the seed.
//
// Rules (docs/client.md, "Retries"):
//  - Request ids rise by one per session; at most 64 of a session are outstanding, counted from the lowest
//  one
//    that has no answer, which every datagram names.
//  - A write carries the server epoch of its first transmission for ever. An answer STALE_EPOCH to a write
//    that was transmitted once means that this server has not executed it: it is sent again, as new, with the
//    epoch of the answer, at most once with an epoch that had been known before. Otherwise: UNKNOWN.
//  - An answer that does not come within the round-trip timeout plus jitter is asked for again, as long as
//  the
//    budget, the deadline and (writes) ENGINE_WRITE_LIFETIME_US allow.
#ifndef GODWIT_CLIENT_CORE_ENGINE_H
#define GODWIT_CLIENT_CORE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/core/backoff.h"
#include "client/core/timer_heap.h"
#include "client/godwit.h"
#include "dataplane/serve/native.h"

#define ENGINE_WINDOW            64u // outstanding requests of a session
#define ENGINE_SESSIONS_MAX      64u
#define ENGINE_WRITE_LIFETIME_US 10000000u // no write is retransmitted later than this after its first send
#define ENGINE_NEVER             UINT64_MAX
#define ENGINE_NONE              UINT32_MAX

enum engine_state {
    ENGINE_FREE = 0,
    ENGINE_QUEUED,  // in the send queue
    ENGINE_WAITING, // transmitted; its timer says until when to wait for the answer, or to send again
};

struct engine_request {
    enum engine_state state;
    bool write;
    bool refused; // the last answer shed it: that answer, if the deadline comes before another
    uint8_t op_count;
    uint8_t attempts; // since the first: range of the jitter
    bool epoch_lost;  // an attempt with a known epoch met a server of another epoch
    enum godwit_status refusal;
    uint16_t slot;
    uint32_t id;
    uint32_t epoch;         // of the first transmission that a server could execute; 0: none yet
    uint32_t transmissions; // with that epoch
    uint32_t sent;          // datagrams altogether
    uint32_t next;          // send queue
    uint32_t length;        // of the datagram
    uint64_t submitted, first_sent, last_sent, deadline;
    void *context;
};

struct engine_session {
    uint64_t id;
    uint32_t next_id, first_unacked;
};

struct engine_config {
    uint32_t tenant;
    bool has_credential;
    uint8_t credential[NATIVE_CREDENTIAL_LEN];
    unsigned sessions;       // 1..ENGINE_SESSIONS_MAX
    uint32_t datagram_max;   // 128..NATIVE_DATAGRAM_MAX
    uint32_t retry_permille; // 0..1000
    uint64_t seed;
};

struct engine {
    struct engine_config config;
    struct engine_session sessions[ENGINE_SESSIONS_MAX];
    struct engine_request
        *requests;      // sessions * ENGINE_WINDOW; request id's low bits choose within a session
    uint8_t *datagrams; // datagram_max bytes each, operations behind room for the header
    struct timer_heap timers;
    struct round_trip round_trip;
    struct retry_budget budget;
    uint64_t random;
    uint32_t epoch; // newest learned; 0: none
    uint32_t queue_head, queue_tail;
    uint32_t outstanding; // queued and waiting
    uint32_t in_flight;   // waiting for a first answer
    uint32_t limit;       // in flight allowed: shrinks when the server asks for it
    uint32_t answers;     // since the limit was last raised
    uint64_t pause_until; // no first transmission before
    uint64_t slowed_at;   // when the limit was last lowered
    unsigned next_session;
    struct godwit_stats stats;
};

// Bytes of memory that an engine of this configuration needs, aligned as malloc aligns.
size_t engine_size(const struct engine_config *config);
// Makes an engine in memory (engine_size bytes). The configuration's ranges are the caller's to check.
struct engine *engine_init(void *memory, const struct engine_config *config);

// Adds a request. deadline: absolute. context comes back with the completion. Returns GODWIT_OK, GODWIT_BUSY,
// GODWIT_TOOBIG or GODWIT_INVALID (operation count, opcode, key length, flags the operation does not have).
enum godwit_status engine_submit(struct engine *e, uint64_t now, const struct native_op_view *ops,
                                 unsigned count, uint64_t deadline, void *context);

struct engine_datagram {
    const uint8_t *data; // valid until the next call of engine_transmit
    uint32_t length;
    uint16_t port; // UDP destination
};
// Next datagram that is to be sent now, into *out; false when there is none. Must be called until false after
// every other event. out->data lies in buffer (datagram_max bytes).
bool engine_transmit(struct engine *e, uint64_t now, uint8_t *buffer, struct engine_datagram *out);

struct engine_completion {
    void *context;
    enum godwit_status status;
    struct native_reply reply; // results: only with GODWIT_OK; points into the datagram that was received
    uint32_t transmissions;
    uint64_t submitted;
    uint64_t elapsed;
};
// A datagram came. True when it ended a request.
bool engine_receive(struct engine *e, uint64_t now, const uint8_t *data, uint32_t length,
                    struct engine_completion *out);
// Time passed: moves at most one request whose timer has run out. *done says whether out was filled. Call
// again until it returns false.
bool engine_expire(struct engine *e, uint64_t now, struct engine_completion *out, bool *done);

// When engine_expire or engine_transmit has something to do if nothing arrives; ENGINE_NEVER when idle.
uint64_t engine_next_event(const struct engine *e);

// UDP port of a slot.
static inline uint16_t engine_port(uint16_t slot)
{
    return (uint16_t)(GODWIT_PORT + (slot == NATIVE_SLOT_NONE ? 0 : slot % 128));
}

// Shared by the engine's files.
struct engine_request *engine_at(struct engine *e, uint32_t index);
// Puts a request that was transmitted before in front of all new ones, or these could keep it from the answer
// that would make room for them.
void engine_requeue(struct engine *e, uint32_t index);
// Ends a request: fills out, frees its place, moves the session's window.
void engine_finish(struct engine *e, uint32_t index, uint64_t now, enum godwit_status status,
                   struct engine_completion *out);

#endif
