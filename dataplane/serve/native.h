// SPDX-License-Identifier: BSD-3-Clause
// Codec of the native protocol, version 1 (docs/protocol.md is the specification). Pure: used by the data
// plane, the client library, godwit-bench and godwit-pcap. All integers little-endian, no alignment required,
// no field is ever read beyond the datagram's length.
#ifndef GODWIT_DATAPLANE_SERVE_NATIVE_H
#define GODWIT_DATAPLANE_SERVE_NATIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define NATIVE_VERSION        1u
#define NATIVE_HEADER_LEN     48u
#define NATIVE_OP_LEN         8u  // fixed part of a request operation
#define NATIVE_RESULT_LEN     16u // fixed part of an operation's result
#define NATIVE_TRACE_LEN      32u
#define NATIVE_CREDENTIAL_LEN 16u
#define NATIVE_OPS_MAX        64u
#define NATIVE_DATAGRAM_MAX   65507u

enum native_type { NATIVE_REQUEST = 1, NATIVE_REPLY = 2 };

// Request header, byte offsets (48 bytes):
//    0 u8  version                          1 u8  type = 1
//    2 u16 flags (NATIVE_F_*)               4 u32 tenant id (0: the default tenant)
//    8 u64 session id (client's random choice, never 0)
//   16 u32 request id (per session, rising by one per new request, never 0; retransmissions repeat it)
//   20 u32 server epoch (of the last reply; 0: not known yet; a write needs the current one)
//   24 u16 slot of the first key (NATIVE_SLOT_NONE: none, or not to be checked)
//   26 u8  number of operations (1..64)    27 u8  trace flags (NATIVE_T_*)
//   28 u32 deadline: microseconds the client will still wait, counted from arrival (0: none)
//   32 u64 hybrid logical clock, ns
//   40 u32 first request id not yet acknowledged (all below may be forgotten; 0: not told)
//   44 u32 reserved, zero
// then NATIVE_CREDENTIAL_LEN bytes with NATIVE_F_CREDENTIAL, NATIVE_TRACE_LEN bytes with NATIVE_T_TRACE, then
// the operations. In a request that writes, the first operation has a key: its slot's owner remembers the
// session.
#define NATIVE_F_RETRANSMIT 0x0001u // not the first transmission of this request id
#define NATIVE_F_CREDENTIAL 0x0002u
#define NATIVE_F_KNOWN      0x0003u // any other bit set: BAD_REQUEST
#define NATIVE_T_TRACE      0x01u   // any other bit set: BAD_REQUEST
#define NATIVE_SLOT_NONE    0xffffu

// Reply header (48 bytes):
//    0 u8  version                          1 u8  type = 2
//    2 u16 flags (NATIVE_R_*)               4 u16 status (enum native_status)
//    6 u16 credits: requests that this tenant may have queued at the worker from now on
//    8 u64 session id                      16 u32 request id
//   20 u32 server epoch                    24 u16 slot
//   26 u8  number of results               27 u8  trace flags (the request's; no extension follows)
//   28 u32 retry after, microseconds (0: at once)
//   32 u64 hybrid logical clock, ns
//   40 u32 slot-table epoch                44 u32 reserved, zero
// then the results. A reader ignores flags and reserved bits that it does not know.
#define NATIVE_R_SLOW_DOWN  0x0001u
#define NATIVE_R_DUPLICATE  0x0002u // answer repeated from the reply cache
#define NATIVE_R_DELEGATED  0x0004u // another worker owned the slot: the port was not the right one

// Status of a whole reply. Anything but OK: nothing was executed unless stated.
enum native_status {
    NATIVE_OK = 0,
    NATIVE_BAD_VERSION,    // reply is in version 1; the reader learns the highest version spoken from byte 0
    NATIVE_BAD_REQUEST,    // malformed header, operation or length
    NATIVE_BAD_SLOT,       // slot field is not the slot of the first key
    NATIVE_BAD_TENANT,     // unknown tenant or credential
    NATIVE_STALE_EPOCH,    // write with a server epoch that is not current: take the epoch of this reply and
                           // send again (a retransmitted write: the outcome of earlier sends is unknown)
    NATIVE_STALE_REQUEST,  // request id outside the session's window: never executed now
    NATIVE_DUPLICATE_GONE, // executed before, its answer is no longer cached
    NATIVE_SESSIONS_FULL,  // no room for another session; retry after
    NATIVE_TOOBIG,     // an answer is larger than a datagram on this path: use TCP 6379. The operations whose
                       // result is NATIVE_RES_TOOBIG were not executed; no results at all: none was
    NATIVE_OVERLOADED, // shed; retry after
    NATIVE_NOT_READY,  // starting or draining; retry after
    NATIVE_STATUS_MAX
};

enum native_op {
    NATIVE_OP_GET = 1,
    NATIVE_OP_SET, // conditions and expiry by flags
    NATIVE_OP_DEL,
    NATIVE_OP_INCR,        // arg: i64 delta; value is a decimal string as in Redis
    NATIVE_OP_APPEND,      // result value: none, arg64: new length
    NATIVE_OP_GETORCREATE, // returns the present value or stores the given one, atomically
    NATIVE_OP_CAS,         // SET if the version equals arg (0: if absent)
    NATIVE_OP_EXPIRE,      // arg: relative ms, or absolute with NATIVE_O_ABSOLUTE; 0 removes the expiry
    NATIVE_OP_SCAN,        // key: cursor (8 bytes, 0 starts), arg: about this many keys; result: a page
    NATIVE_OP_PING,        // no key; value is echoed
    NATIVE_OP_MAX
};

// Operation (8 bytes, then arg, key, value):
//   0 u8 opcode   1 u8 flags (NATIVE_O_*)   2 u16 key length   4 u32 value length
// then u64 arg when NATIVE_O_ARG, u64 expiry (relative ms, absolute with NATIVE_O_ABSOLUTE) when
// NATIVE_O_EXPIRY.
#define NATIVE_O_ARG       0x01u // required by INCR, CAS, EXPIRE, SCAN
#define NATIVE_O_EXPIRY    0x02u // SET, CAS, GETORCREATE
#define NATIVE_O_ABSOLUTE  0x04u
#define NATIVE_O_IF_ABSENT 0x08u // SET
#define NATIVE_O_IF_EXISTS 0x10u // SET
#define NATIVE_O_KEEP_TTL  0x20u // SET
#define NATIVE_O_RETURN    0x40u // SET, DEL: result carries the previous value
#define NATIVE_O_KNOWN     0x7fu

// Result of an operation (16 bytes, then value):
//   0 u8 opcode   1 u8 status (enum native_result)   2 u16 reserved   4 u32 value length
//   8 u64 version or number
// A SCAN's value: the next cursor (8 bytes, 0: walked to the end), then per key u16 length and the key;
// number counts the keys. A cursor is opaque to clients: the server keeps the worker in it.
enum native_result {
    NATIVE_RES_OK = 0,
    NATIVE_RES_NOT_FOUND,    // no such key (GET, DEL, EXPIRE; condition IF_EXISTS)
    NATIVE_RES_EXISTS,       // condition IF_ABSENT failed; GETORCREATE found a value
    NATIVE_RES_VERSION,      // CAS: version differs; number = the present one
    NATIVE_RES_NOT_INTEGER,  // INCR on something that is not a 64-bit decimal
    NATIVE_RES_OVERFLOW,     // INCR would overflow
    NATIVE_RES_NO_MEMORY,    // store full or over quota; nothing changed
    NATIVE_RES_TOO_LARGE,    // value over the configured limit
    NATIVE_RES_NOT_EXECUTED, // an earlier operation of the batch failed hard
    NATIVE_RES_TOOBIG, // not executed: the result does not fit the datagram; number = bytes of the value
    NATIVE_RES_MAX
};

struct native_request {
    uint16_t flags;
    uint8_t op_count;
    uint8_t trace_flags;
    uint16_t slot;
    uint32_t tenant;
    uint64_t session;
    uint32_t request_id;
    uint32_t epoch;
    uint32_t deadline_us;
    uint32_t first_unacked;
    uint64_t hlc;
    const uint8_t *credential; // NULL or 16 bytes in the datagram
    const uint8_t *trace;      // NULL or 32 bytes in the datagram
    const uint8_t *ops;        // first operation
    uint32_t ops_len;          // bytes from ops to the end of the datagram
};

struct native_op_view {
    uint8_t opcode;
    uint8_t flags;
    uint16_t key_len;
    uint32_t value_len;
    uint64_t arg;    // 0 when absent
    uint64_t expiry; // 0 when absent
    const uint8_t *key, *value;
};

struct native_reply {
    uint16_t flags;
    uint16_t status;
    uint16_t credits;
    uint16_t slot;
    uint8_t result_count;
    uint8_t trace_flags;
    uint64_t session;
    uint32_t request_id;
    uint32_t epoch;
    uint32_t retry_after_us;
    uint64_t hlc;
    uint32_t map_epoch;
    const uint8_t *results; // first result, when decoded
    uint32_t results_len;
};

struct native_result_view {
    uint8_t opcode;
    uint8_t status;
    uint32_t value_len;
    uint64_t number;
    const uint8_t *value;
};

// How a datagram that is not a good request is to be treated (docs/protocol.md, "Bad input").
enum native_verdict {
    NATIVE_ACCEPT = 0,
    NATIVE_DROP_SHORT,       // shorter than a header: nothing to answer
    NATIVE_DROP_NOT_REQUEST, // a reply, or noise: dropped, so that two servers never loop
    NATIVE_DROP_VERSION,     // version 0, or a later version with no session to answer to
    NATIVE_REFUSE            // answered with the status in *status
};

// Decodes header and extensions and walks all operations once: op_count operations must fill the datagram
// exactly, every opcode known, every flag allowed for its opcode, required args present, key and value
// lengths as the opcode demands (docs/protocol.md, "Operations"). On NATIVE_REFUSE the fields tenant,
// session, request_id and slot of req are valid for the answer.
enum native_verdict native_decode_request(const uint8_t *data, uint32_t len, struct native_request *req,
                                          enum native_status *status);

// Reads the operation at *pos (offset into req->ops, 0 for the first) and moves *pos behind it. Only after a
// successful decode, at most op_count times.
static inline void native_next_op(const struct native_request *req, uint32_t *pos, struct native_op_view *op)
{
    const uint8_t *p = req->ops + *pos, *at = p + NATIVE_OP_LEN;

    op->opcode = p[0];
    op->flags = p[1];
    memcpy(&op->key_len, p + 2, sizeof(op->key_len));
    memcpy(&op->value_len, p + 4, sizeof(op->value_len));
    op->arg = op->expiry = 0;
    if (op->flags & NATIVE_O_ARG) {
        memcpy(&op->arg, at, sizeof(op->arg));
        at += sizeof(op->arg);
    }
    if (op->flags & NATIVE_O_EXPIRY) {
        memcpy(&op->expiry, at, sizeof(op->expiry));
        at += sizeof(op->expiry);
    }
    op->key = at;
    op->value = at + op->key_len;
    *pos = (uint32_t)(op->value + op->value_len - req->ops);
}

// True when an operation of this opcode changes the store.
static inline bool native_op_writes(uint8_t opcode)
{
    const uint32_t writes = 1u << NATIVE_OP_SET | 1u << NATIVE_OP_DEL | 1u << NATIVE_OP_INCR |
                            1u << NATIVE_OP_APPEND | 1u << NATIVE_OP_GETORCREATE | 1u << NATIVE_OP_CAS |
                            1u << NATIVE_OP_EXPIRE;
    return opcode < NATIVE_OP_MAX && (writes >> opcode & 1);
}

// Encoders return the bytes written, 0 when room is too small. The header goes first, operations follow.
// Pointers of extensions and non-empty values that the flags and lengths announce must not be NULL.
uint32_t native_encode_request(uint8_t *buf, uint32_t room, const struct native_request *req);
uint32_t native_encode_op(uint8_t *buf, uint32_t room, const struct native_op_view *op);
uint32_t native_encode_reply(uint8_t *buf, uint32_t room, const struct native_reply *rep);
uint32_t native_encode_result(uint8_t *buf, uint32_t room, const struct native_result_view *res);

// Sets NATIVE_R_DUPLICATE in an encoded reply.
void native_mark_duplicate(uint8_t *reply);

// False when the datagram is not a well-formed reply: version, type, results that fill it exactly. Values
// that only a later version gives a meaning to (status, flags, opcode of a result) are let through.
bool native_decode_reply(const uint8_t *data, uint32_t len, struct native_reply *rep);
// Reads the result at *pos (0 for the first) and moves *pos behind it; false behind the last.
bool native_next_result(const struct native_reply *rep, uint32_t *pos, struct native_result_view *res);

// Lower-case name, "unknown" for a number without one.
const char *native_status_name(unsigned status);
const char *native_result_name(unsigned result);
const char *native_op_name(unsigned opcode);

#endif
