// SPDX-License-Identifier: BSD-3-Clause
#include <jemalloc/jemalloc.h>
#include <string.h>

#include "dataplane/store/memory.h"
#include "tests/unit/cunit_main.h"

#define MIB (UINT64_C(1) << 20)

static struct memory *create(uint64_t bytes)
{
    char err[256] = "";
    struct memory *m = memory_create(bytes, MEMORY_PAGES_SMALL, err, sizeof(err));
    if (m == NULL)
        printf("%s\n", err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    return m;
}

static void size_classes_are_the_allocators(void)
{
    for (size_t size = 1; size < 300000; size += size < 5000 ? 1 : 37)
        CU_ASSERT_EQUAL_FATAL(memory_usable(size), nallocx(size < 16 ? 16 : size, 0));
    for (unsigned shift = 18; shift < 30; shift++) {
        size_t power = (size_t)1 << shift;
        CU_ASSERT_EQUAL(memory_usable(power - 1), nallocx(power - 1, 0));
        CU_ASSERT_EQUAL(memory_usable(power), nallocx(power, 0));
        CU_ASSERT_EQUAL(memory_usable(power + 1), nallocx(power + 1, 0));
    }
}

static void blocks_lie_in_the_region_and_have_references(void)
{
    struct memory *m = create(32 * MIB);
    char *base = memory_at(m, 0);
    for (size_t size = 1; size < 3 * MIB; size = size * 3 / 2 + 1) {
        char *p = memory_alloc(m, size);
        CU_ASSERT_PTR_NOT_NULL_FATAL(p);
        CU_ASSERT_FATAL(p > base && p + size <= base + 32 * MIB);
        CU_ASSERT_EQUAL((uintptr_t)p % 16, 0);
        CU_ASSERT_NOT_EQUAL(memory_ref(m, p), 0);
        CU_ASSERT_PTR_EQUAL(memory_at(m, memory_ref(m, p)), p);
        memset(p, 0xa5, size);
        memory_free(m, p, size);
    }
    memory_destroy(m);
}

// Links every block that still fits into a list; returns how many.
static unsigned fill(struct memory *m, size_t size, void **list)
{
    unsigned n = 0;
    for (void *p = memory_alloc(m, size); p != NULL; p = memory_alloc(m, size)) {
        *(void **)p = *list;
        *list = p;
        n++;
    }
    return n;
}

static void drain(struct memory *m, size_t size, void **list)
{
    while (*list != NULL) {
        void *p = *list;
        *list = *(void **)p;
        memory_free(m, p, size);
    }
}

static void exhausted_region_says_so_and_recovers(void)
{
    struct memory *m = create(32 * MIB);
    struct memory_stats stats;
    void *list = NULL;
    unsigned small = fill(m, 96, &list);
    memory_stats(m, &stats);
    CU_ASSERT_EQUAL(stats.used, (uint64_t)small * 96);
    CU_ASSERT(stats.used > stats.capacity * 85 / 100);
    CU_ASSERT(stats.extent <= stats.capacity);
    CU_ASSERT_EQUAL(stats.capacity, 32 * MIB);
    CU_ASSERT_EQUAL(stats.page_size, 4096);
    drain(m, 96, &list);

    // What small blocks left must serve large ones, and the other way round, again and again.
    for (unsigned round = 0; round < 3; round++) {
        unsigned large = fill(m, MIB, &list);
        CU_ASSERT(large >= 24);
        drain(m, MIB, &list);
        CU_ASSERT(fill(m, 96, &list) > small * 9 / 10);
        drain(m, 96, &list);
    }
    memory_stats(m, &stats);
    CU_ASSERT_EQUAL(stats.used, 0);
    memory_destroy(m);
}

static void regions_are_independent_and_leave_nothing(void)
{
    for (unsigned i = 0; i < 20; i++) {
        struct memory *a = create(8 * MIB);
        struct memory *b = create(8 * MIB);
        void *list = NULL;
        fill(a, 4096, &list);
        void *p = memory_alloc(b, MIB);
        CU_ASSERT_PTR_NOT_NULL(p);
        CU_ASSERT_PTR_NULL(memory_alloc(a, MIB));
        memory_destroy(a);
        memory_destroy(b);
    }
}

static void impossible_requests_are_explained(void)
{
    char err[256] = "";
    CU_ASSERT_PTR_NULL(memory_create(0, MEMORY_PAGES_AUTO, err, sizeof(err)));
    CU_ASSERT_PTR_NOT_NULL(strstr(err, "64 GiB"));
    CU_ASSERT_PTR_NULL(memory_create(65536 * MIB + 1, MEMORY_PAGES_AUTO, err, sizeof(err)));
    CU_ASSERT_PTR_NULL(memory_create(65536 * MIB, MEMORY_PAGES_HUGE, err, sizeof(err)));
    CU_ASSERT_PTR_NOT_NULL(strstr(err, "huge pages"));
}

static const struct unit_test tests[] = {
    {"size classes are the allocator's", size_classes_are_the_allocators},
    {"blocks lie in the region and have references", blocks_lie_in_the_region_and_have_references},
    {"an exhausted region says so and recovers", exhausted_region_says_so_and_recovers},
    {"regions are independent and leave nothing", regions_are_independent_and_leave_nothing},
    {"impossible requests are explained", impossible_requests_are_explained},
};

UNIT_MAIN("memory", tests)
