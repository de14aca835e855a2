// SPDX-License-Identifier: BSD-3-Clause
// The shape of the configuration file, for libcyaml.
#ifndef GODWIT_CONTROL_CONFIG_SCHEMA_H
#define GODWIT_CONTROL_CONFIG_SCHEMA_H

#include "control/config/config.h"
#include "control/config/fault.h"

// Loads text into a configuration without defaults: absent keys are zero. Returns NULL with f's message set.
// To be freed with schema_free.
struct config *schema_load(const char *text, size_t len, struct fault *f);
void schema_free(struct config *c);

#endif
