// SPDX-License-Identifier: BSD-3-Clause
// When to send again: round-trip estimate (RFC 6298 with Karn's rule), capped exponential back-off with full
// jitter, and the budget that keeps retries a small share of all traffic. Pure; times in microseconds.
#ifndef GODWIT_CLIENT_CORE_BACKOFF_H
#define GODWIT_CLIENT_CORE_BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

#define BACKOFF_TIMEOUT_FIRST 50000u // before the first sample
#define BACKOFF_TIMEOUT_MIN   5000u  // floor: a busy server's scheduling, not the wire, decides
#define BACKOFF_TIMEOUT_MAX   1000000u
#define BACKOFF_BASE          2000u   // jitter range of the first retry, doubled by each later one
#define BACKOFF_CAP           500000u // largest jitter range

struct round_trip {
    uint32_t smoothed, variation; // 0: no sample yet
};

// Takes a sample. Only of requests that were transmitted once (Karn), or the answer may be to another copy.
void round_trip_sample(struct round_trip *rt, uint64_t elapsed_us);
// How long to wait for an answer before it counts as lost, BACKOFF_TIMEOUT_MIN..MAX.
uint32_t round_trip_timeout(const struct round_trip *rt);

// Uniform in [0, min(BACKOFF_CAP, BACKOFF_BASE * 2^attempt)]. attempt: 0 for the first retry.
uint32_t backoff_jitter(uint64_t *random, unsigned attempt);

#define BACKOFF_RETRIES_A_SECOND                                                                             \
    20u // whatever was earned: when all windows are full of lost requests, nothing new can earn

// Token bucket in thousandths: every new request earns share_permille, time earns a trickle, a retry costs
// 1000.
struct retry_budget {
    uint32_t tokens, limit, share;
    uint64_t trickled; // time up to which the trickle has been added
};

// share_permille 0..1000; burst: retries that may be made without any earned. Starts full.
void retry_budget_init(struct retry_budget *b, uint32_t share_permille, uint32_t burst);
void retry_budget_earn(struct retry_budget *b);
// False when the budget is empty: the caller must not retry now. now never goes back.
bool retry_budget_take(struct retry_budget *b, uint64_t now);

#endif
