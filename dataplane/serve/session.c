// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/serve/session.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "dataplane/serve/reply_pool.h"

#define NONE               UINT32_MAX
#define BLOCKS_PER_SESSION 4u

// One cache line. Bitmaps are indexed by request id modulo the window, which holds 64 consecutive ids.
struct session {
    uint64_t id; // 0: this place is free
    uint64_t executed, running, answered;
    uint32_t tenant;
    uint32_t floor; // lowest request id of the window
    uint32_t last_write_ms;
    uint32_t generation; // of the place: outdates tickets
    uint32_t head;       // first session whose hash is this place
    uint32_t next;       // in the chain that this session is on
    uint64_t unused;     // to the end of the line
};
_Static_assert(sizeof(struct session) == 64, "one cache line");

struct session_table {
    struct session *sessions;
    uint32_t (*answers)[SESSION_WINDOW]; // references into the pool, valid where answered says so
    uint64_t *used;                      // a bit per place
    uint32_t mask, words, count;
    uint32_t free_hint, tick_word; // words of used to look at next
    const void *secret;
    struct reply_pool pool;
};

static bool allocate(struct session_table *t, uint32_t sessions)
{
    t->sessions = aligned_alloc(sizeof(struct session), sessions * sizeof(struct session));
    t->answers = calloc(sessions, sizeof(t->answers[0]));
    t->used = calloc(t->words, sizeof(t->used[0]));
    return t->sessions && t->answers && t->used && reply_pool_create(&t->pool, sessions * BLOCKS_PER_SESSION);
}

struct session_table *session_table_create(uint32_t sessions, const void *hash_secret)
{
    assert(sessions >= 1 && sessions <= SESSION_SESSIONS_MAX && (sessions & (sessions - 1)) == 0);
    struct session_table *t = calloc(1, sizeof(*t));

    if (!t)
        return NULL;
    t->mask = sessions - 1;
    t->words = (sessions + 63) / 64;
    t->secret = hash_secret;
    if (!allocate(t, sessions)) {
        session_table_destroy(t);
        return NULL;
    }
    memset(t->answers, 0, sessions * sizeof(t->answers[0])); // page faults now, not on the path
    for (uint32_t i = 0; i < sessions; i++)
        t->sessions[i] = (struct session){.head = NONE, .next = NONE};
    if (sessions < 64)
        t->used[0] = ~0ull << sessions; // places that do not exist
    return t;
}

void session_table_destroy(struct session_table *t)
{
    reply_pool_destroy(&t->pool);
    free(t->sessions);
    free(t->answers);
    free(t->used);
    free(t);
}

static uint32_t place_of(const struct session_table *t, uint32_t tenant, uint64_t id)
{
    const uint64_t key[2] = {id, tenant};
    return (uint32_t)XXH3_64bits_withSecret(key, sizeof(key), t->secret, SESSION_SECRET_LEN) & t->mask;
}

// The head of the chain and, most likely, the session itself: a new one takes the place of its hash if it
// can.
void session_prefetch(const struct session_table *t, uint32_t tenant, uint64_t session)
{
    __builtin_prefetch(&t->sessions[place_of(t, tenant, session)], 1);
}

static uint32_t find(const struct session_table *t, uint32_t home, uint32_t tenant, uint64_t id)
{
    uint32_t i = t->sessions[home].head;

    while (i != NONE && (t->sessions[i].id != id || t->sessions[i].tenant != tenant))
        i = t->sessions[i].next;
    return i;
}

static bool in_use(const struct session_table *t, uint32_t i)
{
    return t->used[i / 64] >> (i % 64) & 1;
}

// A free place: that of the hash, else any. Only when there is one.
static uint32_t free_place(struct session_table *t, uint32_t home)
{
    if (!in_use(t, home))
        return home;
    while (t->used[t->free_hint] == UINT64_MAX)
        t->free_hint = t->free_hint + 1 == t->words ? 0 : t->free_hint + 1;
    return t->free_hint * 64 + (uint32_t)__builtin_ctzll(~t->used[t->free_hint]);
}

static uint32_t create(struct session_table *t, uint32_t home, uint32_t tenant, uint64_t id, uint32_t floor)
{
    if (t->count > t->mask)
        return NONE;
    uint32_t i = free_place(t, home);
    struct session *s = &t->sessions[i];

    s->id = id;
    s->executed = s->running = s->answered = 0;
    s->tenant = tenant;
    s->floor = floor;
    s->next = t->sessions[home].head;
    t->sessions[home].head = i;
    t->used[i / 64] |= 1ull << i % 64;
    t->count++;
    return i;
}

static void forget_answers(struct session_table *t, uint32_t i, uint64_t which)
{
    which &= t->sessions[i].answered;
    t->sessions[i].answered &= ~which;
    for (; which; which &= which - 1)
        reply_pool_free(&t->pool, t->answers[i][__builtin_ctzll(which)]);
}

static void remove_session(struct session_table *t, uint32_t i)
{
    struct session *s = &t->sessions[i];
    uint32_t *link = &t->sessions[place_of(t, s->tenant, s->id)].head;

    while (*link != i)
        link = &t->sessions[*link].next;
    *link = s->next;
    forget_answers(t, i, UINT64_MAX);
    s->id = 0;
    s->generation++;
    t->used[i / 64] &= ~(1ull << i % 64);
    t->count--;
}

// How far a lies ahead of b, negative when behind; ids wrap.
static int32_t ahead(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b);
}

// Bits of count request ids from first on.
static uint64_t bits_of(uint32_t first, uint32_t count)
{
    if (count >= SESSION_WINDOW)
        return UINT64_MAX;
    uint64_t run = (1ull << count) - 1;
    uint32_t by = first % SESSION_WINDOW;
    return run << by | (by ? run >> (SESSION_WINDOW - by) : 0);
}

static void raise_floor(struct session_table *t, uint32_t i, uint32_t floor)
{
    struct session *s = &t->sessions[i];

    if (ahead(floor, s->floor) <= 0)
        return;
    uint64_t passed = bits_of(s->floor, floor - s->floor);
    forget_answers(t, i, passed);
    s->executed &= ~passed;
    s->running &= ~passed;
    s->floor = floor;
}

// The floor that a request asks for: the window ends at it, or starts where the client says.
static uint32_t floor_of(uint32_t request_id, uint32_t first_unacked)
{
    uint32_t lowest = request_id - (SESSION_WINDOW - 1);
    return first_unacked != 0 && ahead(first_unacked, lowest) > 0 ? first_unacked : lowest;
}

static uint64_t bit_of(uint32_t request_id)
{
    return 1ull << request_id % SESSION_WINDOW;
}

enum session_verdict session_begin(struct session_table *t, uint32_t tenant, uint64_t session,
                                   uint32_t request_id, uint32_t first_unacked, uint64_t now_ms,
                                   struct session_ticket *ticket, const void **answer, uint32_t *answer_len)
{
    assert(session != 0 && request_id != 0);
    if (first_unacked != 0 && ahead(first_unacked, request_id) > 0)
        return SESSION_STALE;
    uint32_t home = place_of(t, tenant, session), floor = floor_of(request_id, first_unacked);
    uint32_t i = find(t, home, tenant, session);
    if (i == NONE)
        i = create(t, home, tenant, session, floor);
    if (i == NONE)
        return SESSION_FULL;

    struct session *s = &t->sessions[i];
    uint64_t bit = bit_of(request_id);
    raise_floor(t, i, floor);
    if (ahead(request_id, s->floor) < 0)
        return SESSION_STALE;
    if (s->running & bit)
        return SESSION_IN_PROGRESS;
    if (s->executed & bit) {
        if (!(s->answered & bit))
            return SESSION_DUPLICATE_GONE;
        *answer = reply_pool_read(&t->pool, t->answers[i][request_id % SESSION_WINDOW], answer_len);
        return SESSION_DUPLICATE;
    }
    s->running |= bit;
    s->last_write_ms = (uint32_t)now_ms;
    *ticket = (struct session_ticket){.index = i, .generation = s->generation, .request_id = request_id};
    return SESSION_EXECUTE;
}

// Ends the running of a write. NULL when its session has moved on meanwhile and there is nothing to remember.
// The bit is checked too: a client may jump ahead so far, twice, that the id is in the window again.
static struct session *end_running(struct session_table *t, const struct session_ticket *ticket)
{
    struct session *s = &t->sessions[ticket->index];
    uint64_t bit = bit_of(ticket->request_id);

    if (s->generation != ticket->generation || ahead(ticket->request_id, s->floor) < 0 || !(s->running & bit))
        return NULL;
    s->running &= ~bit;
    return s;
}

void session_finish(struct session_table *t, const struct session_ticket *ticket, const void *reply,
                    uint32_t len)
{
    struct session *s = end_running(t, ticket);

    if (!s)
        return;
    s->executed |= bit_of(ticket->request_id);
    uint32_t ref = reply_pool_keep(&t->pool, reply, len);
    if (ref != 0) {
        t->answers[ticket->index][ticket->request_id % SESSION_WINDOW] = ref;
        s->answered |= bit_of(ticket->request_id);
    }
}

void session_abandon(struct session_table *t, const struct session_ticket *ticket)
{
    end_running(t, ticket);
}

static bool expired(const struct session *s, uint64_t now_ms)
{
    return s->running == 0 && (int32_t)((uint32_t)now_ms - s->last_write_ms) >= (int32_t)SESSION_EXPIRY_MS;
}

unsigned session_tick(struct session_table *t, uint64_t now_ms, unsigned max)
{
    uint64_t exists = t->mask < 63 ? (1ull << (t->mask + 1)) - 1 : UINT64_MAX;
    unsigned forgotten = 0;

    for (unsigned looked = 0; looked < max; looked += 64) {
        uint32_t word = t->tick_word;
        for (uint64_t left = t->used[word] & exists; left; left &= left - 1) {
            uint32_t i = word * 64 + (uint32_t)__builtin_ctzll(left);
            if (expired(&t->sessions[i], now_ms)) {
                remove_session(t, i);
                forgotten++;
            }
        }
        t->tick_word = word + 1 == t->words ? 0 : word + 1;
    }
    return forgotten;
}

void session_stats(const struct session_table *t, struct session_stats *out)
{
    *out = (struct session_stats){.sessions = t->count,
                                  .capacity = t->mask + 1,
                                  .reply_blocks = t->pool.blocks,
                                  .reply_blocks_free = t->pool.free};
}
