// SPDX-License-Identifier: BSD-3-Clause
// What the schema cannot say: ranges, names, addresses, and what must fit together.
#ifndef GODWIT_CONTROL_CONFIG_CHECK_H
#define GODWIT_CONTROL_CONFIG_CHECK_H

#include "control/config/config.h"
#include "control/config/fault.h"

// Checks a configuration whose defaults are filled in. Returns false with f's message set.
bool check_config(const struct config *c, struct fault *f);
// Checks port number `index` by itself, and its addresses against those of the ports before it.
bool check_port(const struct config *c, unsigned index, struct fault *f);
// Whether text is 1 to max letters, digits, '.', '_' and '-'.
bool check_name(const char *text, size_t max);

// Fills in what the file leaves out. Returns false with f's message set.
bool defaults_fill(struct config *c, struct fault *f);

#endif
