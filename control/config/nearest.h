// SPDX-License-Identifier: BSD-3-Clause
// "Did you mean": the known word closest to a mistyped one.
#ifndef GODWIT_CONTROL_CONFIG_NEAREST_H
#define GODWIT_CONTROL_CONFIG_NEAREST_H

#include <stddef.h>

// The number of insertions, deletions, replacements and swaps of neighbours that turn a into b, on the first
// 63 bytes of each (optimal string alignment distance).
unsigned nearest_distance(const char *a, const char *b);

// The one of words[0..n) closest to word: within a third of its length (2 edits for a short word), else the
// first that begins with it (3 bytes or more). NULL when there is none.
const char *nearest_word(const char *word, const char *const *words, size_t n);

#endif
