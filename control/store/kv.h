// SPDX-License-Identifier: BSD-3-Clause
// What must outlive the daemon: text values under text keys, in one SQLite file. A call that returned true is
// on the disk; a crash at any point leaves the values of the last such call.
#ifndef GODWIT_CONTROL_STORE_KV_H
#define GODWIT_CONTROL_STORE_KV_H

#include <stdbool.h>
#include <stddef.h>

struct kv;

// Opens or creates the file, for this process alone. Returns NULL with a message and a remedy in err.
struct kv *kv_open(const char *path, char *err, size_t err_len);
void kv_close(struct kv *kv); // NULL is nothing

// Returns the value, to be freed with free(), or NULL when there is none or it cannot be read.
char *kv_get(struct kv *kv, const char *key);
// Sets a value, or removes the key when value is NULL. Returns false with a message in err; then the old
// value stands.
bool kv_set(struct kv *kv, const char *key, const char *value, char *err, size_t err_len);
// Calls each(ctx, key, value) in the order of the keys; the texts are valid during the call only. Returns
// false when not all could be read.
bool kv_list(struct kv *kv, void (*each)(void *ctx, const char *key, const char *value), void *ctx);

#endif
