// SPDX-License-Identifier: BSD-3-Clause
// One key namespace on one worker: index, records, expiry, accounting. Pure: no DPDK, no clock; one thread
// owns it.
//
// Record layout (docs/store.md): 16-byte header, then the extensions its flags name, key, value. A record is
// the version record of transactions.md 2.4: commit timestamp, per-object version, origin site.
#ifndef GODWIT_DATAPLANE_STORE_STORE_H
#define GODWIT_DATAPLANE_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct memory; // store/memory.h: a worker's region and its allocator, shared by all stores of the worker
struct store;
struct record;

#define STORE_KEY_MAX    65535u     // bytes
#define STORE_VALUE_MAX  536870912u // bytes, by contract; the configured limit is enforced by the caller
#define STORE_NO_EXPIRY  0u
#define STORE_SECRET_LEN 192u // bytes of the hash secret

// Results of mutating calls; everything but STORE_OK leaves the store exactly as it was.
enum store_status {
    STORE_OK = 0,
    STORE_NO_MEMORY, // the worker's region is full or the namespace is at its quota
};

// Creates an empty namespace whose records and index live in mem. quota: bytes charged at most, 0 for none.
// hash_secret: STORE_SECRET_LEN bytes, random per process, outlives the store; keys the hash so that clients
// cannot build collisions. Returns NULL when out of memory. store_destroy frees everything (not bounded: call
// it off the path).
struct store *store_create(struct memory *mem, const void *hash_secret, uint64_t quota);
void store_destroy(struct store *s);

// A key being looked up. Filled by store_lookup_init; rec is meaningful only through store_find.
struct store_lookup {
    const void *key;
    uint32_t key_len;
    uint32_t bucket;     // private: reference of the bucket
    uint64_t hash;       // keyed 64-bit hash of key
    struct record *rec;  // private memo of store_lookup_prefetch
    uint64_t generation; // private: store generation of the memo
};

// The three phases of a batched lookup (hide the two cache misses of each key behind each other's):
//   store_lookup_init      hashes the key, prefetches its bucket
//   store_lookup_prefetch  reads the bucket's tags, prefetches the candidate record
//   store_find             returns the live record or NULL; a single key may be found without the middle
//   phase
// key must stay valid until the last store_find of the lookup. now_ms: the caller's wall clock in ms; a
// record whose expiry is <= now_ms is absent (and reclaimed later by store_expire). Any mutation between
// phases is allowed.
void store_lookup_init(const struct store *s, struct store_lookup *l, const void *key, uint32_t key_len);
void store_lookup_prefetch(const struct store *s, struct store_lookup *l);
struct record *store_find(struct store *s, struct store_lookup *l, uint64_t now_ms);

// What a write stamps on the record it creates.
struct store_write {
    uint64_t ts;        // HLC timestamp, ns
    uint64_t expire_ms; // absolute wall clock ms, STORE_NO_EXPIRY for none
    uint8_t origin;     // site, 0..7
};

// Two-step write, so that a large value can be filled in slices straight into its place:
// store_reserve allocates a record for (key, value_len) that nobody can see yet; the caller fills
// record_value(); store_install makes it the key's record (version = previous + 1, or 1), freeing the
// previous one. store_reserve returns NULL when out of memory. store_install cannot fail: reserve set aside
// what it needs. store_discard drops a reserved record. l must be of the same key; it stays usable after the
// call.
struct record *store_reserve(struct store *s, const struct store_lookup *l, uint32_t value_len,
                             const struct store_write *w);
void store_install(struct store *s, struct store_lookup *l, struct record *r, uint64_t now_ms);
void store_discard(struct store *s, struct record *r);

// Writes a whole value: in place where size and flags allow, else reserve + copy + install. value may point
// into the record being replaced.
enum store_status store_set(struct store *s, struct store_lookup *l, const void *value, uint32_t value_len,
                            const struct store_write *w, uint64_t now_ms);

// Changes the expiry of a live record (STORE_NO_EXPIRY removes it) and bumps its version. l must have been
// found.
enum store_status store_set_expiry(struct store *s, struct store_lookup *l, uint64_t expire_ms, uint64_t ts,
                                   uint64_t now_ms);

// Removes a key. Returns false when there was no live record.
bool store_delete(struct store *s, struct store_lookup *l, uint64_t now_ms);

// Reading a record. Pointers stay valid until the next mutation of the store.
const void *record_key(const struct record *r, uint32_t *len);
void *record_value(struct record *r, uint32_t *len);
uint32_t record_version(const struct record *r);
uint64_t record_timestamp(const struct record *r);
uint64_t record_expiry(const struct record *r); // ms, STORE_NO_EXPIRY when it does not expire
uint8_t record_origin(const struct record *r);  // site that wrote it, 0..7 (store_write.origin)

// Reclaims at most max records whose time has come (timing wheel, no scan of the data). Returns how many:
// fewer than max does not mean that all are done, as records moved between wheel levels (at most 4 * max a
// call) come up in later calls. An expiry beyond 2^48 - 1 ms counts as that.
unsigned store_expire(struct store *s, uint64_t now_ms, unsigned max);

// Walks the namespace. cursor 0 starts; returns the next cursor, 0 at the end. Calls visit for every live
// record of the buckets visited, whole buckets only: at least min_records, unless the end comes first or
// 64 + 8 * min_records buckets were visited. A record present during the whole walk is visited at least once,
// whatever grows in between. visit must not mutate the store.
uint64_t store_scan(struct store *s, uint64_t cursor, unsigned min_records, uint64_t now_ms,
                    void (*visit)(void *ctx, const struct record *r), void *ctx);

struct store_stats {
    uint64_t items;         // live and expired-but-not-reclaimed
    uint64_t expiring;      // of them, with an expiry
    uint64_t bytes;         // charged: size classes of the records plus the index
    uint64_t index_bytes;   // index share of it (committed)
    uint64_t payload_bytes; // sum of key and value lengths
    uint64_t expired;       // reclaimed since creation
    uint64_t splits;        // bucket splits since creation (growth)
    uint64_t overflow;      // overflow buckets in use
};
// O(1).
void store_stats(const struct store *s, struct store_stats *out);

#endif
