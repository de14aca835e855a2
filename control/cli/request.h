// SPDX-License-Identifier: BSD-3-Clause
// Calls to godwitd, and access to what they return.
#ifndef GODWIT_CONTROL_CLI_REQUEST_H
#define GODWIT_CONTROL_CLI_REQUEST_H

#include "control/cli/verb.h"

#include <stdint.h>

// Calls a method (params stolen, may be NULL). Returns the result, or NULL after saying on stderr why and
// what to do.
json_t *request(const struct call *c, const char *method, json_t *params);
// Calls a method and prints its result, with --json as it is, else through show. Returns an exit status.
int request_and_show(const struct call *c, const char *method, json_t *params, void (*show)(const json_t *));
void request_print_json(const json_t *result);

// A member of an object; 0, "" or false when it is absent or of another type.
uint64_t number_of(const json_t *object, const char *key);
const char *text_of(const json_t *object, const char *key);
bool truth_of(const json_t *object, const char *key);

#endif
