// SPDX-License-Identifier: BSD-3-Clause
// libgodwit: client of godwit's native protocol over UDP. One client object belongs to one thread; use
// several for several threads. No function but those of this header is called by the library's users, no
// signal is used, no thread is made. docs/client.md explains by example.
#ifndef GODWIT_CLIENT_GODWIT_H
#define GODWIT_CLIENT_GODWIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define GODWIT_API        __attribute__((visibility("default")))
#define GODWIT_OPS_MAX    64u // operations in one request
#define GODWIT_NO_EXPIRY  0u
#define GODWIT_ANY_TENANT 0u    // the server's default tenant
#define GODWIT_PORT       20480 // first of the 128 UDP ports

struct godwit; // a client

// How a request or an operation ended.
enum godwit_status {
    GODWIT_OK = 0,
    // Answers about one operation; everything else of the request was carried out.
    GODWIT_NOT_FOUND,       // no such key
    GODWIT_EXISTS,          // SET only if absent: it exists. GETORCREATE: found, value returned
    GODWIT_VERSION_DIFFERS, // CAS: another version is there (in godwit_result.number)
    GODWIT_NOT_INTEGER,     // INCR of something that is not a decimal 64-bit integer
    GODWIT_OVERFLOW,        // INCR would leave the 64-bit range
    GODWIT_NO_MEMORY,       // store full or over quota; nothing changed
    GODWIT_TOO_LARGE,       // value above the server's limit
    GODWIT_NOT_EXECUTED,    // an earlier operation of the same request failed hard
    // Answers about the whole request; none of its writes was executed.
    GODWIT_TOOBIG,     // request or answer does not fit a datagram of this path: use TCP 6379
    GODWIT_OVERLOADED, // shed by the server until the deadline or the end of the retry budget
    GODWIT_NOT_READY,  // the server is starting or draining
    GODWIT_TIMEOUT,    // no answer before the deadline, and nothing can have been written
    GODWIT_REFUSED, // the server does not accept the request (version, format, slot); godwit_error has more
    GODWIT_BAD_TENANT, // unknown tenant or credential
    // Writes of which this client does not know everything.
    GODWIT_UNKNOWN,     // executed once or not at all; no answer came that says which
    GODWIT_ANSWER_LOST, // executed exactly once, but the server no longer has the answer
    // Local.
    GODWIT_BUSY,    // as many requests outstanding as the client was made for: process some first
    GODWIT_INVALID, // an argument is out of its range; godwit_error says which
    GODWIT_SYSTEM,  // a system call failed; godwit_error says which and why
    GODWIT_STATUS_MAX
};

// Short lower-case name of a status ("not_found"); "?" when out of range. Static storage.
GODWIT_API const char *godwit_status_name(unsigned status);

struct godwit_options {
    uint32_t tenant;           // GODWIT_ANY_TENANT, or the tenant's id
    const uint8_t *credential; // NULL, or 16 bytes; copied
    unsigned sessions;         // 1..64; each allows 64 requests outstanding. 0: one
    uint32_t deadline_us;      // of requests that name none. 0: one second
    uint32_t datagram_max;     // largest datagram sent, 128..65507 bytes of UDP payload. 0: 1452, which fits
                               // IPv6 on Ethernet
    uint32_t retry_permille;   // retransmissions allowed per thousand requests, 1..1000. 0: 100
    uint64_t seed;             // of session ids and jitter. 0: from the kernel
};

// Opens a client of the server at address, which is an IPv4 or IPv6 address, or a name to be resolved once.
// options may be NULL. On failure returns NULL and, when error is not NULL, stores a message of at most
// error_len bytes there. Opening sends nothing. godwit_close frees everything; requests still outstanding are
// forgotten without a call of their callbacks.
GODWIT_API struct godwit *godwit_open(const char *address, const struct godwit_options *options, char *error,
                                      size_t error_len);
GODWIT_API void godwit_close(struct godwit *g);

// Why the last call on this client did not return GODWIT_OK, for people. Never NULL; valid until the next
// call.
GODWIT_API const char *godwit_error(const struct godwit *g);

// Operations, numbered as on the wire.
enum godwit_opcode {
    GODWIT_GET = 1,
    GODWIT_SET,
    GODWIT_DEL,
    GODWIT_INCR,
    GODWIT_APPEND,
    GODWIT_GETORCREATE,
    GODWIT_CAS,
    GODWIT_EXPIRE,
    GODWIT_SCAN,
    GODWIT_PING
};

// Flags of an operation.
#define GODWIT_ABSOLUTE  0x04u // expiry_ms (EXPIRE: number) is a wall-clock time since 1970, not a distance
#define GODWIT_IF_ABSENT 0x08u // SET
#define GODWIT_IF_EXISTS 0x10u // SET
#define GODWIT_KEEP_TTL  0x20u // SET: the key keeps its present expiry
#define GODWIT_RETURN    0x40u // SET, DEL: the result carries the previous value

struct godwit_op {
    enum godwit_opcode opcode;
    unsigned flags; // GODWIT_ABSOLUTE ...
    const void *key;
    size_t key_len; // 1..65535; SCAN 8 (the cursor); PING 0
    const void *value;
    size_t value_len;
    uint64_t number;    // INCR: delta (signed). CAS: expected version. EXPIRE: ms, 0 removes. SCAN: most keys
    uint64_t expiry_ms; // SET, CAS, GETORCREATE: GODWIT_NO_EXPIRY or milliseconds from now
};

struct godwit_result {
    enum godwit_status status;
    const void *value; // NULL when there is none
    size_t value_len;
    uint64_t number; // version of the record; INCR: the new value; APPEND: the new length
};

// A finished request. Pointers in it are valid during the callback only.
struct godwit_reply {
    enum godwit_status status; // of the whole request; results only when GODWIT_OK
    const struct godwit_result *results;
    unsigned count;
    unsigned transmissions; // datagrams sent for it
    uint64_t elapsed_us;    // from submission
};

typedef void (*godwit_callback)(void *context, const struct godwit_reply *reply);

// --- Asynchronous use ---

// Queues a request of 1..GODWIT_OPS_MAX operations; all data is copied. deadline_us: from now; 0 takes the
// client's. The operations of one request are executed in order, one after the other at one server; a
// request whose keys belong to one slot is answered fastest. callback is called exactly once, from
// godwit_process, unless something else than GODWIT_OK is returned: GODWIT_BUSY, GODWIT_TOOBIG (the request
// does not fit a datagram), GODWIT_INVALID. Nothing is sent before godwit_process.
GODWIT_API enum godwit_status godwit_submit(struct godwit *g, const struct godwit_op *ops, unsigned count,
                                            uint32_t deadline_us, godwit_callback callback, void *context);

// Sends what is due, receives what is there, calls callbacks; never waits. Callbacks may submit more and must
// not close the client or call godwit_process. Returns GODWIT_OK or GODWIT_SYSTEM. A refusal by the network
// (ICMP port unreachable) is not an error: the request is retried until its deadline.
GODWIT_API enum godwit_status godwit_process(struct godwit *g);

// To be watched for reading; godwit_process is due when it is readable or godwit_timeout_ms has passed.
GODWIT_API int godwit_fd(const struct godwit *g);
// Milliseconds until godwit_process must be called although nothing arrived; 0 at once; -1 nothing to wait
// for.
GODWIT_API int godwit_timeout_ms(const struct godwit *g);
// Requests submitted and not completed.
GODWIT_API unsigned godwit_outstanding(const struct godwit *g);

// --- Synchronous use: each sends one request and waits for its end ---
// All return the operation's status, or the request's when it failed as a whole. Values returned are owned by
// the client and valid until its next call. Calls may be mixed with asynchronous requests, whose callbacks
// they then serve. Not to be called from a callback.

GODWIT_API enum godwit_status godwit_get(struct godwit *g, const void *key, size_t key_len,
                                         const void **value, size_t *value_len, uint64_t *version);
// Stores value. expiry_ms: GODWIT_NO_EXPIRY or from now; flags: IF_ABSENT, IF_EXISTS, KEEP_TTL, ABSOLUTE.
GODWIT_API enum godwit_status godwit_set(struct godwit *g, const void *key, size_t key_len, const void *value,
                                         size_t value_len, uint64_t expiry_ms, unsigned flags);
GODWIT_API enum godwit_status godwit_del(struct godwit *g, const void *key, size_t key_len);
// Adds delta to a decimal integer (an absent key counts as 0). result may be NULL.
GODWIT_API enum godwit_status godwit_incr(struct godwit *g, const void *key, size_t key_len, int64_t delta,
                                          int64_t *result);
// Adds to the end of a value. new_len may be NULL.
GODWIT_API enum godwit_status godwit_append(struct godwit *g, const void *key, size_t key_len,
                                            const void *value, size_t value_len, uint64_t *new_len);
// Stores value if the key's version is expected (0: if it is absent). present may be NULL, else receives the
// new version, or with GODWIT_VERSION_DIFFERS the one found.
GODWIT_API enum godwit_status godwit_cas(struct godwit *g, const void *key, size_t key_len, uint64_t expected,
                                         const void *value, size_t value_len, uint64_t *present);
// GODWIT_OK: was absent, initial is stored. GODWIT_EXISTS: the value found is returned.
GODWIT_API enum godwit_status godwit_getorcreate(struct godwit *g, const void *key, size_t key_len,
                                                 const void *initial, size_t initial_len, const void **value,
                                                 size_t *value_len);
// Sets the time to live in ms from now; 0 removes the expiry.
GODWIT_API enum godwit_status godwit_expire(struct godwit *g, const void *key, size_t key_len,
                                            uint64_t ttl_ms);
// One page of the tenant's keys: calls visit for each, at most about limit. *cursor: 0 starts; set to the
// next page's, 0 when the walk is complete. A key present during the whole walk is seen at least once.
GODWIT_API enum godwit_status godwit_scan(struct godwit *g, uint64_t *cursor, unsigned limit,
                                          void (*visit)(void *context, const void *key, size_t key_len),
                                          void *context);
// Several operations in one datagram. results: room for count. Returns the request's status; each result has
// its own.
GODWIT_API enum godwit_status godwit_batch(struct godwit *g, const struct godwit_op *ops, unsigned count,
                                           struct godwit_result *results);

struct godwit_stats {
    uint64_t requests;        // submitted
    uint64_t completed;       // with an answer
    uint64_t datagrams;       // sent, first transmissions and others
    uint64_t retransmissions; // of them, second and later copies
    uint64_t timeouts;        // ended by the deadline
    uint64_t unknown;         // ended GODWIT_UNKNOWN
    uint64_t epoch_changes;   // server (re)starts noticed
    uint64_t slow_downs;      // answers that asked to slow down
    uint64_t stray;           // datagrams that belong to no outstanding request
    uint64_t budget_refusals; // retries put off because the retry budget was empty
    uint32_t round_trip_us;   // smoothed estimate
};
// Since the client was opened.
GODWIT_API void godwit_stats(const struct godwit *g, struct godwit_stats *out);

#ifdef __cplusplus
}
#endif
#endif
