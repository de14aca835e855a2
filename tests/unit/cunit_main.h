// SPDX-License-Identifier: BSD-3-Clause
// The main() of every CUnit executable: a table of tests, one suite.
#ifndef GODWIT_TESTS_UNIT_CUNIT_MAIN_H
#define GODWIT_TESTS_UNIT_CUNIT_MAIN_H

#include <CUnit/Basic.h>
#include <stdio.h>

struct unit_test {
    const char *name;
    void (*run)(void);
};

// Runs tests[0..n) as one suite. Returns the exit status: 0 when all passed and at least one assertion ran.
static inline int unit_main(const char *suite_name, const struct unit_test *tests, unsigned n)
{
    if (CU_initialize_registry() != CUE_SUCCESS)
        return 1;
    CU_pSuite suite = CU_add_suite(suite_name, NULL, NULL);
    for (unsigned i = 0; suite && i < n; i++)
        CU_add_test(suite, tests[i].name, tests[i].run);
    CU_basic_set_mode(CU_BRM_NORMAL);
    CU_basic_run_tests();
    int failed = CU_get_number_of_failures() > 0 || CU_get_number_of_asserts() == 0;
    CU_cleanup_registry();
    return failed;
}

#define UNIT_MAIN(suite, tests)                                                                              \
    int main(void)                                                                                           \
    {                                                                                                        \
        return unit_main(suite, tests, sizeof(tests) / sizeof((tests)[0]));                                  \
    }

#endif
