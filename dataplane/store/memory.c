// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/store/memory.h"

#include <assert.h>
#include <errno.h>
#include <jemalloc/jemalloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#ifdef GODWIT_SANITIZE
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(p, n)   ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#endif

#define HUGE_PAGE  (UINT64_C(2) << 20)
#define SMALL_PAGE UINT64_C(4096)
#define REF_SHIFT  4
#define REGION_MAX (UINT64_C(64) << 30)
#define BLOCK_MIN  16u
#define EXTENT_MIN (UINT64_C(256) << 10)
#define TAIL_SHARE 32u // of the region: kept back for the arena's own metadata

struct memory {
    extent_hooks_t hooks; // first: jemalloc hands its address back to our hooks
    char *base;
    uint64_t capacity;
    uint64_t taken; // the region below this offset belongs to the arena
    uint64_t limit; // the arena gets nothing beyond this offset
    uint64_t extent;
    uint64_t used;
    uint64_t page_size;
    unsigned arena;
    unsigned tcache;
    int flags; // of every mallocx
};

// Gives the arena the next piece of the region. A piece never comes back, so all of it is still zero.
static void *extent_alloc(extent_hooks_t *hooks, void *new_addr, size_t size, size_t alignment, bool *zero,
                          bool *commit, unsigned arena)
{
    struct memory *m = (struct memory *)hooks;
    (void)arena;
    uint64_t at = (m->taken + alignment - 1) & ~((uint64_t)alignment - 1);
    if (new_addr != NULL && new_addr != m->base + at)
        return NULL;
    if (at > m->limit || size > m->limit - at)
        return NULL;
    m->taken = at + size;
    *zero = true;
    *commit = true;
    return m->base + at;
}

static bool extent_split(extent_hooks_t *hooks, void *addr, size_t size, size_t size_a, size_t size_b,
                         bool committed, unsigned arena)
{
    (void)hooks, (void)addr, (void)size, (void)size_a, (void)size_b, (void)committed, (void)arena;
    return false; // false: done
}

static bool extent_merge(extent_hooks_t *hooks, void *addr_a, size_t size_a, void *addr_b, size_t size_b,
                         bool committed, unsigned arena)
{
    (void)hooks, (void)addr_a, (void)size_a, (void)addr_b, (void)size_b, (void)committed, (void)arena;
    return false;
}

// Makes every page present now, so that no store operation ever takes a page fault.
static int populate(char *base, uint64_t bytes)
{
#ifdef MADV_POPULATE_WRITE
    if (madvise(base, bytes, MADV_POPULATE_WRITE) == 0)
        return 0;
    if (errno != EINVAL)
        return -1;
#endif
    for (uint64_t at = 0; at < bytes; at += SMALL_PAGE)
        ((volatile char *)base)[at] = 0;
    return 0;
}

static char *map_huge(uint64_t bytes)
{
    char *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
    if (p == MAP_FAILED)
        return NULL;
    if (populate(p, bytes) == 0)
        return p;
    int cause = errno;
    munmap(p, bytes);
    errno = cause;
    return NULL;
}

// Ordinary pages, aligned so that the kernel can back them with transparent huge pages.
static char *map_small(uint64_t bytes)
{
    char *p = mmap(NULL, bytes + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return NULL;
    uint64_t before = -(uint64_t)(uintptr_t)p & (HUGE_PAGE - 1);
    if (before > 0)
        munmap(p, before);
    munmap(p + before + bytes, HUGE_PAGE - before);
    p += before;
    madvise(p, bytes, MADV_HUGEPAGE); // a wish: works without
    if (populate(p, bytes) == 0)
        return p;
    int cause = errno;
    munmap(p, bytes);
    errno = cause;
    return NULL;
}

static bool map_region(struct memory *m, enum memory_pages pages, char *err, size_t err_len)
{
    if (pages != MEMORY_PAGES_SMALL) {
        m->page_size = HUGE_PAGE;
        m->base = map_huge(m->capacity);
        if (m->base != NULL)
            return true;
        if (pages == MEMORY_PAGES_HUGE) {
            snprintf(err, err_len,
                     "cannot map %llu MiB of huge pages: %s; reserve %llu pages of 2 MiB (sysctl "
                     "vm.nr_hugepages) or run with ordinary pages",
                     (unsigned long long)(m->capacity >> 20), strerror(errno),
                     (unsigned long long)(m->capacity / HUGE_PAGE));
            return false;
        }
    }
    m->page_size = SMALL_PAGE;
    m->base = map_small(m->capacity);
    if (m->base != NULL)
        return true;
    snprintf(err, err_len, "cannot map %llu MiB of memory: %s; configure less memory or free some",
             (unsigned long long)(m->capacity >> 20), strerror(errno));
    return false;
}

static int set_arena_option(unsigned arena, const char *option, void *value, size_t size)
{
    char name[64];
    snprintf(name, sizeof(name), "arena.%u.%s", arena, option);
    return mallctl(name, NULL, NULL, value, size);
}

static void arena_command(unsigned arena, const char *command)
{
    char name[64];
    snprintf(name, sizeof(name), "arena.%u.%s", arena, command);
    mallctl(name, NULL, NULL, NULL, 0);
}

// Decay 0 makes free extents coalesce at once: what one size class leaves another can use, and no purge is
// ever due later.
static int create_arena(struct memory *m)
{
    m->hooks.alloc = extent_alloc;
    m->hooks.split = extent_split;
    m->hooks.merge = extent_merge; // the other hooks stay NULL: nothing is ever given back
    extent_hooks_t *hooks = &m->hooks;
    size_t len = sizeof(m->arena);
    int rc = mallctl("arenas.create", &m->arena, &len, &hooks, sizeof(hooks));
    if (rc != 0)
        return rc;
    ssize_t now = 0;
    set_arena_option(m->arena, "dirty_decay_ms", &now, sizeof(now));
    set_arena_option(m->arena, "muzzy_decay_ms", &now, sizeof(now));
    len = sizeof(m->tcache);
    rc = mallctl("tcache.create", &m->tcache, &len, NULL, 0);
    if (rc != 0)
        arena_command(m->arena, "destroy");
    else
        m->flags = MALLOCX_ARENA(m->arena) | MALLOCX_TCACHE(m->tcache);
    return rc;
}

// Gives the arena nearly the whole region in as few pieces as possible: it never joins free space across the
// pieces it was given, so many small ones would be fragmentation for ever. What is kept back it takes later.
static void take_region(struct memory *m)
{
    uint64_t tail = m->capacity / TAIL_SHARE < HUGE_PAGE ? HUGE_PAGE : m->capacity / TAIL_SHARE;
    m->limit = m->capacity - (tail < m->capacity ? tail : 0);
    void *pieces = NULL;
    size_t size = memory_usable(m->capacity);
    while (size >= EXTENT_MIN) {
        void **piece = mallocx(size, m->flags);
        if (piece == NULL) {
            size = memory_usable(size / 5 * 4); // the next smaller size class: they are at most 25 % apart
            continue;
        }
        *piece = pieces;
        pieces = piece;
    }
    while (pieces != NULL) {
        void *piece = pieces;
        pieces = *(void **)piece;
        dallocx(piece, m->flags);
    }
    m->limit = m->capacity;
}

struct memory *memory_create(uint64_t bytes, enum memory_pages pages, char *err, size_t err_len)
{
    uint64_t capacity = bytes > REGION_MAX ? bytes : (bytes + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
    if (capacity == 0 || capacity > REGION_MAX) {
        snprintf(err, err_len, "a worker's memory must be from 2 MiB to 64 GiB, not %llu bytes",
                 (unsigned long long)bytes);
        return NULL;
    }
    struct memory *m = calloc(1, sizeof(*m));
    if (m == NULL) {
        snprintf(err, err_len, "out of memory; free some");
        return NULL;
    }
    m->capacity = capacity;
    m->limit = capacity;
    if (!map_region(m, pages, err, err_len)) {
        free(m);
        return NULL;
    }
    int rc = create_arena(m);
    if (rc != 0) {
        snprintf(err, err_len, "cannot create an allocator arena in %llu MiB: %s; configure more memory",
                 (unsigned long long)(m->capacity >> 20), strerror(rc));
        munmap(m->base, m->capacity);
        free(m);
        return NULL;
    }
    take_region(m);
    assert(m->taken > 0); // the arena's own metadata is at offset 0, hence no block has reference 0
    return m;
}

void memory_destroy(struct memory *m)
{
    if (m == NULL)
        return;
    ASAN_UNPOISON_MEMORY_REGION(m->base, m->capacity);
    mallctl("tcache.destroy", NULL, NULL, &m->tcache, sizeof(m->tcache));
    arena_command(m->arena, "destroy");
    munmap(m->base, m->capacity);
    free(m);
}

// jemalloc's size classes: multiples of 16 to 128, then four to a doubling. (nallocx() gives the same
// numbers, which a test checks, at the price of a call into the library.)
size_t memory_usable(size_t size)
{
    size_t step = 16;
    if (size > 128)
        step = (size_t)1 << (61 - __builtin_clzll(size - 1));
    size = (size + step - 1) & ~(step - 1);
    return size < BLOCK_MIN ? BLOCK_MIN : size;
}

void *memory_alloc(struct memory *m, size_t size)
{
    size_t usable = memory_usable(size);
    void *p = mallocx(usable, m->flags);
    if (p == NULL)
        return NULL;
    m->used += usable;
    uint64_t end = (uint64_t)((char *)p - m->base) + usable;
    if (end > m->extent)
        m->extent = end;
    ASAN_UNPOISON_MEMORY_REGION(p, usable);
    return p;
}

void memory_free(struct memory *m, void *p, size_t size)
{
    size_t usable = memory_usable(size);
    m->used -= usable;
    ASAN_POISON_MEMORY_REGION(p, usable);
    sdallocx(p, usable, m->flags);
}

uint32_t memory_ref(const struct memory *m, const void *p)
{
    return (uint32_t)((uint64_t)((const char *)p - m->base) >> REF_SHIFT);
}

void *memory_at(const struct memory *m, uint32_t ref)
{
    return m->base + ((uint64_t)ref << REF_SHIFT);
}

void memory_stats(const struct memory *m, struct memory_stats *out)
{
    out->capacity = m->capacity;
    out->used = m->used;
    out->extent = m->extent;
    out->page_size = m->page_size;
}
