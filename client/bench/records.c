// SPDX-License-Identifier: BSD-3-Clause
#include "client/bench/records.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool records_open(struct records *r, const char *path)
{
    *r = (struct records){.file = strcmp(path, "-") == 0 ? stdin : fopen(path, "r")};
    if (!r->file)
        fprintf(stderr, "godwit-bench: %s: %s\n", path, strerror(errno));
    return r->file != NULL;
}

void records_close(struct records *r)
{
    if (r->file != stdin)
        fclose(r->file);
    free(r->key);
    free(r->value);
}

// Length of the field without its zero byte; -1: the end; -2: the end came before the zero byte.
static ssize_t field(struct records *r, char **text, size_t *room)
{
    ssize_t n = getdelim(text, room, 0, r->file);

    if (n < 0)
        return -1;
    return (*text)[n - 1] == '\0' ? n - 1 : -2;
}

int records_next(struct records *r)
{
    ssize_t key = field(r, &r->key, &r->key_room);
    if (key == -1 && !ferror(r->file))
        return 0;
    ssize_t value = key > 0 ? field(r, &r->value, &r->value_room) : -1;
    if (key <= 0 || value < 0) {
        fprintf(stderr, "godwit-bench: record %llu: %s\n", (unsigned long long)r->read + 1,
                ferror(r->file) ? strerror(errno)
                : key == 0      ? "its key is empty"
                                : "the file ends inside it (every key and value ends with a zero byte)");
        return -1;
    }
    r->key_len = (size_t)key;
    r->value_len = (size_t)value;
    r->read++;
    return 1;
}
