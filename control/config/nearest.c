// SPDX-License-Identifier: BSD-3-Clause
#include "control/config/nearest.h"

#include <string.h>

#define LENGTH_MAX 63u

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
    unsigned m = a < b ? a : b;
    return m < c ? m : c;
}

unsigned nearest_distance(const char *a, const char *b)
{
    size_t la = strnlen(a, LENGTH_MAX), lb = strnlen(b, LENGTH_MAX);
    unsigned rows[3][LENGTH_MAX + 1]; // the row of i and the two before it
    for (size_t j = 0; j <= lb; j++)
        rows[0][j] = (unsigned)j;
    for (size_t i = 1; i <= la; i++) {
        unsigned *now = rows[i % 3], *last = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
        now[0] = (unsigned)i;
        for (size_t j = 1; j <= lb; j++) {
            now[j] = min3(last[j] + 1, now[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < now[j])
                now[j] = before[j - 2] + 1;
        }
    }
    return rows[la % 3][lb];
}

const char *nearest_word(const char *word, const char *const *words, size_t n)
{
    size_t len = strnlen(word, LENGTH_MAX);
    unsigned limit = len < 6 ? 2 : (unsigned)len / 3;
    const char *best = NULL;
    for (size_t i = 0; i < n; i++) {
        unsigned d = nearest_distance(word, words[i]);
        if (d <= limit && d < len) {
            best = words[i];
            if (d == 0)
                break;
            limit = d - 1;
        }
    }
    for (size_t i = 0; !best && len >= 3 && i < n; i++)
        if (!strncmp(words[i], word, len))
            best = words[i];
    return best;
}
