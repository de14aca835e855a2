// SPDX-License-Identifier: BSD-3-Clause
// What a store is made of, for the files that implement store.h.
#ifndef GODWIT_DATAPLANE_STORE_STATE_H
#define GODWIT_DATAPLANE_STORE_STATE_H

#include "dataplane/store/expiry.h"
#include "dataplane/store/index.h"
#include "dataplane/store/store.h"

struct store {
    struct account account;
    uint64_t generation; // moves on when a record is freed: remembered pointers are void
    struct index index;
    struct wheel *wheel; // NULL until the first record with an expiry
    uint64_t payload;
    uint64_t expired;
};

// Takes a record out of the index and the wheel and frees it.
void store_remove(struct store *s, uint64_t hash, struct record *r);

#endif
