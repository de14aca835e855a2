// SPDX-License-Identifier: BSD-3-Clause
// The configuration as an operator sees it: the file's keys, and over some of them values set at run time,
// which are kept in the store and outlive restarts.
#ifndef GODWIT_CONTROL_DAEMON_SETTINGS_H
#define GODWIT_CONTROL_DAEMON_SETTINGS_H

#include "control/api/api.h"
#include "control/config/config.h"
#include "control/store/kv.h"

struct settings;

// Reads the stored values; both arguments stay the caller's and must outlive the result. Returns NULL when
// there is no memory.
struct settings *settings_open(const struct config *config, struct kv *store);
void settings_close(struct settings *s); // NULL is nothing

// {"config":[{"key","value","source":"default|file|option|runtime","runtime":bool}]}, of one key or (NULL)
// all.
json_t *settings_get(const struct settings *s, const char *key, struct api_reply *err);
// Whether key may get this value at run time (JSON null: back to the file's). err says why not.
bool settings_check(const char *key, const json_t *value, struct api_reply *err);
// Stores what settings_check accepted. Returns false with err filled; then nothing has changed.
bool settings_put(struct settings *s, const char *key, json_t *value, struct api_reply *err);
// What config.apply must be sent for key to have this value, or (NULL) for all keys to have theirs.
json_t *settings_params(const struct settings *s, const char *key, const json_t *value);

#endif
