// SPDX-License-Identifier: BSD-3-Clause
// Where each key of a YAML text stands. Keys are named by path: "workers", "ports[0].mtu".
#ifndef GODWIT_CONTROL_CONFIG_SOURCE_H
#define GODWIT_CONTROL_CONFIG_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

struct source;

// Reads one YAML document. Returns NULL with *line (from 1) and the problem when it is not one.
struct source *source_open(const char *text, size_t len, unsigned *line, char *problem, size_t problem_len);
void source_close(struct source *s);

// Whether the text has the key, with whatever value.
bool source_has(const struct source *s, const char *key);
// The line (from 1) of the key, or of the innermost key around it that exists.
unsigned source_line(const struct source *s, const char *key);
// The text of a scalar value, valid until source_close; NULL when key has another kind of value or none.
const char *source_value(const struct source *s, const char *key);

#endif
