// SPDX-License-Identifier: BSD-3-Clause
// A hierarchical timing wheel over the records' own links: 1 ms resolution, five levels of 256 lists. Arming,
// re-arming and disarming are O(1) and leave nothing behind.
#ifndef GODWIT_DATAPLANE_STORE_EXPIRY_H
#define GODWIT_DATAPLANE_STORE_EXPIRY_H

#include "dataplane/store/account.h"
#include "dataplane/store/record.h"

#define WHEEL_LEVELS 5u
#define WHEEL_SLOTS  256u
#define WHEEL_LISTS  (WHEEL_LEVELS * WHEEL_SLOTS + 2) // and those due, and those on the way down a level

struct wheel {
    uint64_t time; // ms; every earlier tick has been dealt with
    uint64_t armed;
    uint32_t resort; // lists still to be sorted in again after the clock was set back
    uint64_t occupied[WHEEL_LEVELS][WHEEL_SLOTS / 64];
    uint32_t lists[WHEEL_LISTS]; // references of first records
};

// An empty wheel, of any time.
void wheel_init(struct wheel *w);

// Arms a record that is in no list; when: 1 to RECORD_EXPIRY_MAX. Disarm takes it out again.
void wheel_arm(struct wheel *w, const struct account *a, struct record *r, uint64_t when, uint64_t now_ms);
void wheel_disarm(struct wheel *w, const struct account *a, struct record *r);

// A record whose time has come by now_ms, still armed; NULL when there is none or *steps, the records that
// may be moved between levels, is used up. The time jumped over costs nothing; after a step back of more than
// WHEEL_BACK_MS all records are sorted in again, step by step.
#define WHEEL_BACK_MS 1000u
struct record *wheel_due(struct wheel *w, const struct account *a, uint64_t now_ms, unsigned *steps);

#endif
