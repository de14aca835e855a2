// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/startup.h"
#include "tests/unit/cunit_main.h"

#include <string.h>
#include <unistd.h>

static char trail[64];

static void note(char c)
{
    size_t n = strlen(trail);
    trail[n] = c;
    trail[n + 1] = '\0';
}

static int run_a(void *ctx, struct startup_report *r)
{
    (void)ctx;
    snprintf(r->detail, sizeof(r->detail), "detail of a");
    note('a');
    return 0;
}

static void undo_a(void *ctx)
{
    (void)ctx;
    note('A');
}

static int run_b(void *ctx, struct startup_report *r)
{
    (void)ctx;
    (void)r;
    note('b');
    return 0;
}

static int run_fails(void *ctx, struct startup_report *r)
{
    note('f');
    snprintf(r->error, sizeof(r->error), "no such thing; make one");
    return *(int *)ctx;
}

static void undo_c(void *ctx)
{
    (void)ctx;
    note('C');
}

static const struct startup_step steps[] = {
    {"first", run_a, undo_a}, {"second", run_b, NULL}, {"third", run_fails, undo_c}};

static void failure_undoes_what_was_done(void)
{
    int result = -1;
    trail[0] = '\0';
    CU_ASSERT_EQUAL(startup_run(steps, 3, &result), -1);
    CU_ASSERT_STRING_EQUAL(trail, "abfA");
}

static void success_is_undone_in_reverse(void)
{
    int result = 0;
    trail[0] = '\0';
    CU_ASSERT_EQUAL(startup_run(steps, 3, &result), 0);
    startup_undo(steps, 3, &result);
    CU_ASSERT_STRING_EQUAL(trail, "abfCA");
}

static const struct unit_test tests[] = {
    {"failure undoes what was done", failure_undoes_what_was_done},
    {"success is undone in reverse", success_is_undone_in_reverse},
};
UNIT_MAIN("startup", tests)
