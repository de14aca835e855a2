// SPDX-License-Identifier: BSD-3-Clause
// What an operation does to a store. Pure; the same semantics for every protocol.
#ifndef GODWIT_DATAPLANE_SERVE_EXECUTE_H
#define GODWIT_DATAPLANE_SERVE_EXECUTE_H

#include "dataplane/serve/native.h"
#include "dataplane/store/store.h"

// Largest page of a SCAN, in keys, whatever the request asks for.
#define EXECUTE_SCAN_MAX 256u

struct execute {
    struct store *store;
    uint64_t now_ms;          // wall clock
    uint64_t ts;              // timestamp for what the operation writes
    uint32_t max_value_bytes; // configured limit
    uint8_t origin;           // this site
    uint8_t *scratch;         // for values that cannot be pointed at
    uint32_t scratch_len;
};

// Executes op, whose key lookup l was initialised for. room: bytes that the result's value may take. The
// value in res points into the store (valid until its next mutation), into op or into the scratch. An
// operation whose result does not fit is not executed: NATIVE_RES_TOOBIG with number = bytes it would take.
void execute_op(struct execute *x, const struct native_op_view *op, struct store_lookup *l, uint32_t room,
                struct native_result_view *res);

// One page of a walk, for NATIVE_OP_SCAN: op->arg keys at most, starting at store cursor. Writes next cursor
// and entries as docs/protocol.md has them to the scratch. Returns the store's next cursor (0: walked to the
// end).
uint64_t execute_scan(struct execute *x, const struct native_op_view *op, uint64_t cursor, uint32_t room,
                      struct native_result_view *res);

#endif
