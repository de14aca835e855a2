// SPDX-License-Identifier: BSD-3-Clause
// Numbers and tables for people.
#ifndef GODWIT_CONTROL_CLI_PRINT_H
#define GODWIT_CONTROL_CLI_PRINT_H

#include <stddef.h>
#include <stdint.h>

// A short text by value, so that calls nest.
struct text {
    char s[32];
};
struct text print_count(uint64_t n);        // 1,234,567
struct text print_bytes(uint64_t n);        // 1,023 B, 1.5 KiB, 256.0 MiB
struct text print_duration(uint64_t ms);    // 3d 04:05:06, 04:05:06
struct text print_percent(double fraction); // 12.3 %

// A table whose columns are as wide as their widest cell. A column whose title begins with '>' is aligned to
// the right. Titles are borrowed.
struct table;
struct table *table_open(const char *const *titles, unsigned columns);
void table_cell(struct table *t, const char *text); // row by row, from the left; copied
void table_print_and_close(struct table *t);        // to stdout

#endif
