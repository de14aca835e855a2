// SPDX-License-Identifier: BSD-3-Clause
// A small server of the native protocol for tests of its clients: the real codec and session table over a
// plain table of records. It restarts with a new epoch. No expiry.
#ifndef GODWIT_TESTS_SIM_MODEL_SERVER_H
#define GODWIT_TESTS_SIM_MODEL_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/serve/session.h"

#define MODEL_RECORDS   4096u
#define MODEL_KEY_MAX   64u
#define MODEL_VALUE_MAX 1400u
#define MODEL_SESSIONS  1024u
#define MODEL_REPLY_MAX 2048u

struct model_record {
    bool used;
    uint16_t key_len;
    uint32_t value_len;
    uint64_t version; // 0: absent, as before its first write and after DEL
    uint8_t key[MODEL_KEY_MAX], value[MODEL_VALUE_MAX];
};

struct model_server {
    uint32_t epoch;
    uint64_t executed;   // write operations carried out
    uint64_t duplicates; // answers given from memory
    struct session_table *sessions;
    struct model_record records[MODEL_RECORDS];
};

// s must be zero. False when out of memory.
bool model_server_init(struct model_server *s, uint32_t epoch);
void model_server_end(struct model_server *s);
// Loses the sessions and takes a new epoch; records stay, as with a log.
bool model_server_restart(struct model_server *s, uint32_t epoch);
// Executes the request in data, unless it is a copy of one executed before. Returns the length of the answer
// in reply (MODEL_REPLY_MAX bytes), 0 for none.
uint32_t model_server_handle(struct model_server *s, uint64_t now_ms, const uint8_t *data, uint32_t length,
                             uint8_t *reply);
// The answer that sheds it instead.
uint32_t model_server_shed(const struct model_server *s, const uint8_t *data, uint32_t length,
                           uint8_t *reply);
// Decimal value of a key, 0 when absent.
int64_t model_server_number(struct model_server *s, const void *key, uint32_t key_len);

#endif
