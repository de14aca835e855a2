// SPDX-License-Identifier: BSD-3-Clause
// A worker's memory: one contiguous region (huge pages when there are any) and a jemalloc arena whose extents
// come from it, so that fragmentation and statistics are a mature allocator's, and a record is named by 32
// bits.
#ifndef GODWIT_DATAPLANE_STORE_MEMORY_H
#define GODWIT_DATAPLANE_STORE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

struct memory;

enum memory_pages { MEMORY_PAGES_AUTO = 0, MEMORY_PAGES_HUGE, MEMORY_PAGES_SMALL };

struct memory_stats {
    uint64_t capacity;  // bytes of the region
    uint64_t used;      // bytes handed out, by size class
    uint64_t extent;    // offset of the highest byte ever handed out: the footprint, slack included
    uint64_t page_size; // of the region: 2097152 (or 1073741824) with huge pages, else 4096
};

// Maps and pre-faults a region of bytes (rounded up to 2 MiB, at most 64 GiB) and creates its arena. pages:
// AUTO falls back to ordinary pages (with transparent huge pages asked for). Call on the thread that will use
// it, or before it starts. On failure returns NULL and writes cause and remedy to err.
struct memory *memory_create(uint64_t bytes, enum memory_pages pages, char *err, size_t err_len);
// Unmaps everything; no block may be in use.
void memory_destroy(struct memory *m);

// NULL when the region is exhausted. free takes the size that was asked for.
void *memory_alloc(struct memory *m, size_t size);
void memory_free(struct memory *m, void *p, size_t size);
// Bytes that a request of size really takes: its size class, at least size. What accounts are charged.
size_t memory_usable(size_t size);

// A block of the region as a 32-bit reference (units of 16 bytes from the base; 0 is never a block).
uint32_t memory_ref(const struct memory *m, const void *p);
void *memory_at(const struct memory *m, uint32_t ref);

// O(1).
void memory_stats(const struct memory *m, struct memory_stats *out);

#endif
