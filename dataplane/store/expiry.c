// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/store/expiry.h"

#include <string.h>

#define LIST_DUE     (WHEEL_LEVELS * WHEEL_SLOTS)
#define LIST_DESCENT (LIST_DUE + 1)
#define LEVEL_BITS   8u
#define TOP          (WHEEL_LEVELS - 1)
#define TOP_SHIFT    (TOP * LEVEL_BITS)

void wheel_init(struct wheel *w)
{
    memset(w, 0, sizeof(*w));
}

static void mark(struct wheel *w, unsigned list, bool occupied)
{
    if (list >= LIST_DUE)
        return;
    uint64_t *word = &w->occupied[list / WHEEL_SLOTS][list % WHEEL_SLOTS / 64];
    uint64_t bit = UINT64_C(1) << (list % 64);
    *word = occupied ? *word | bit : *word & ~bit;
}

// Distance in slots of the first occupied slot of a level behind slot from, going round; 0 when all are
// empty.
static unsigned next_occupied(const struct wheel *w, unsigned level, unsigned from)
{
    const uint64_t *words = w->occupied[level];
    unsigned start = (from + 1) % WHEEL_SLOTS;
    for (unsigned i = 0; i <= WHEEL_SLOTS / 64; i++) {
        unsigned word = (start / 64 + i) % (WHEEL_SLOTS / 64);
        uint64_t bits = words[word];
        if (i == 0)
            bits &= ~UINT64_C(0) << (start % 64);
        if (bits != 0)
            return (word * 64 + (unsigned)__builtin_ctzll(bits) - start) % WHEEL_SLOTS + 1;
    }
    return 0;
}

// The level is that of the highest byte in which when differs from the present, so whatever is in a level
// comes before everything in the next. What is further away than the top level reaches waits in its last
// slot.
static unsigned list_for(const struct wheel *w, uint64_t when)
{
    if (when <= w->time)
        return LIST_DUE;
    uint64_t top_now = w->time >> TOP_SHIFT;
    uint64_t top_when = when >> TOP_SHIFT;
    if (top_when != top_now) {
        uint64_t ahead = top_when - top_now;
        uint64_t slot = top_now + (ahead < WHEEL_SLOTS ? ahead : WHEEL_SLOTS - 1);
        return TOP * WHEEL_SLOTS + (unsigned)(slot % WHEEL_SLOTS);
    }
    unsigned level = (63u - (unsigned)__builtin_clzll(when ^ w->time)) / LEVEL_BITS;
    return level * WHEEL_SLOTS + (unsigned)(when >> (level * LEVEL_BITS)) % WHEEL_SLOTS;
}

static void push(struct wheel *w, const struct account *a, struct record *r, unsigned list)
{
    struct record_expiry *e = record_expiry_part(r);
    e->list = list & 0xffff;
    e->prev = 0;
    e->next = w->lists[list];
    if (e->next != 0)
        record_expiry_part(account_at(a, e->next))->prev = account_ref(a, r);
    w->lists[list] = account_ref(a, r);
    mark(w, list, true);
}

static void unlink_record(struct wheel *w, const struct account *a, struct record *r)
{
    struct record_expiry *e = record_expiry_part(r);
    struct record_expiry *next = e->next == 0 ? NULL : record_expiry_part(account_at(a, e->next));
    if (next != NULL)
        next->prev = e->prev;
    if (e->prev != 0) {
        record_expiry_part(account_at(a, e->prev))->next = e->next;
        return;
    }
    w->lists[e->list] = e->next;
    if (next != NULL)
        next->list = e->list;
    else
        mark(w, e->list, false);
}

void wheel_arm(struct wheel *w, const struct account *a, struct record *r, uint64_t when, uint64_t now_ms)
{
    if (w->armed == 0) // an empty wheel may jump, back too
        w->time = now_ms;
    record_expiry_part(r)->when = when & RECORD_EXPIRY_MAX;
    push(w, a, r, list_for(w, when));
    w->armed++;
}

void wheel_disarm(struct wheel *w, const struct account *a, struct record *r)
{
    unlink_record(w, a, r);
    record_expiry_part(r)->when = 0;
    w->armed--;
}

// Moves the whole of a list in one step. to must be empty.
static void move_list(struct wheel *w, const struct account *a, unsigned from, unsigned to)
{
    w->lists[to] = w->lists[from];
    w->lists[from] = 0;
    mark(w, from, false);
    record_expiry_part(account_at(a, w->lists[to]))->list = to & 0xffff;
}

// Goes to the next moment at which a list comes up, or to now_ms if that is earlier. Only when nothing is due
// and nothing on its way down. Returns false when there is nothing up to now_ms.
static bool advance(struct wheel *w, const struct account *a, uint64_t now_ms)
{
    for (unsigned level = 0; level < WHEEL_LEVELS; level++) {
        unsigned shift = level * LEVEL_BITS;
        unsigned distance = next_occupied(w, level, (unsigned)(w->time >> shift) % WHEEL_SLOTS);
        if (distance == 0)
            continue;
        uint64_t moment = ((w->time >> shift) + distance) << shift;
        if (moment > now_ms)
            break;
        w->time = moment;
        move_list(w, a, level * WHEEL_SLOTS + (unsigned)(moment >> shift) % WHEEL_SLOTS,
                  level == 0 ? LIST_DUE : LIST_DESCENT);
        return true;
    }
    if (w->time < now_ms)
        w->time = now_ms;
    return false;
}

// The lists hold what was due around a time that is far ahead again: every one goes through the descent once
// more. Returns false when that is done.
static bool resort_next(struct wheel *w, const struct account *a)
{
    while (w->resort > 0) {
        unsigned list = --w->resort;
        if (list != LIST_DESCENT && w->lists[list] != 0) {
            move_list(w, a, list, LIST_DESCENT);
            return true;
        }
    }
    return false;
}

struct record *wheel_due(struct wheel *w, const struct account *a, uint64_t now_ms, unsigned *steps)
{
    if (now_ms + WHEEL_BACK_MS < w->time) {
        w->time = now_ms;
        w->resort = WHEEL_LISTS;
    }
    for (;;) {
        uint32_t due = w->lists[LIST_DUE];
        if (due != 0 && w->resort == 0) {
            struct record *r = account_at(a, due);
            return record_when(r) <= now_ms ? r : NULL;
        }
        if (*steps == 0)
            return NULL;
        uint32_t down = w->lists[LIST_DESCENT];
        if (down != 0) {
            struct record *r = account_at(a, down);
            unlink_record(w, a, r);
            push(w, a, r, list_for(w, record_when(r)));
            (*steps)--;
        } else if (!resort_next(w, a) && !advance(w, a, now_ms)) {
            return NULL;
        }
    }
}
