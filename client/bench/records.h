// SPDX-License-Identifier: BSD-3-Clause
// A file of records: key, zero byte, value, zero byte, and so on; neither contains a zero byte. An empty
// value is possible, an empty key is not.
#ifndef GODWIT_CLIENT_BENCH_RECORDS_H
#define GODWIT_CLIENT_BENCH_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct records {
    FILE *file;
    char *key, *value; // without the zero byte; valid until the next call
    size_t key_room, value_room, key_len, value_len;
    uint64_t read; // complete records so far
};

// path "-" is standard input. False, having said why on standard error, when it cannot be read.
bool records_open(struct records *r, const char *path);
void records_close(struct records *r);
// 1: a record; 0: the end; -1: malformed or unreadable, having said why.
int records_next(struct records *r);

#endif
