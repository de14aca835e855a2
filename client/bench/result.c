// SPDX-License-Identifier: BSD-3-Clause
#include "client/bench/result.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    double share;
} quantiles[] = {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p99.9", 0.999}, {"p100", 1}};

#define QUANTILES (sizeof(quantiles) / sizeof(quantiles[0]))

void result_record(struct result *r, enum godwit_status status, uint64_t latency_ns)
{
    r->requests++;
    r->status[status]++;
    histogram_record(&r->latency, latency_ns);
}

// Missing keys and lost races are answers like any other; these are not.
static bool failure(unsigned status)
{
    return status != GODWIT_OK && status != GODWIT_NOT_FOUND && status != GODWIT_EXISTS &&
           status != GODWIT_VERSION_DIFFERS;
}

static void print_statuses(const struct result *r)
{
    printf("answers       ");
    for (unsigned s = 0; s < GODWIT_STATUS_MAX; s++)
        if (r->status[s])
            printf(" %s %llu", godwit_status_name(s), (unsigned long long)r->status[s]);
    printf("\n");
}

static void distribution_text(const struct bench_options *o, char *text, size_t len)
{
    static const char *const kinds[] = {"uniform", "zipf", "latest"};

    if (o->distribution == DISTRIBUTION_UNIFORM)
        snprintf(text, len, "uniform");
    else
        snprintf(text, len, "%s:%g", kinds[o->distribution], o->theta);
}

static void print_summary(const struct result *r, const struct bench_options *o)
{
    char keys[40];

    distribution_text(o, keys, sizeof(keys));
    printf("%s, %s, %s keys of %u B (%u), values of %u B, ", r->transport, o->mix_name, keys, o->key_size,
           o->keys, o->value_size);
    if (o->rate > 0)
        printf("open loop at %.0f/s\n", o->rate);
    else
        printf("closed loop %u x %u\n", o->clients, o->window);
    printf("requests       %llu in %.2f s: %.0f/s\n", (unsigned long long)r->requests, r->seconds,
           r->seconds > 0 ? (double)r->requests / r->seconds : 0);
    printf("latency us    ");
    for (unsigned i = 0; i < QUANTILES; i++)
        printf(" %s %.1f", quantiles[i].name,
               (double)histogram_quantile(&r->latency, quantiles[i].share) / 1000);
    printf(" mean %.1f\n", histogram_mean(&r->latency) / 1000);
    print_statuses(r);
    printf("retransmitted  %llu, timeouts %llu, lost %llu", (unsigned long long)r->retransmissions,
           (unsigned long long)r->status[GODWIT_TIMEOUT], (unsigned long long)r->lost);
    if (o->rate > 0)
        printf(", sent over 1 ms late %llu, not sent %llu", (unsigned long long)r->behind,
               (unsigned long long)r->unsent);
    printf("\n");
    if (o->verify)
        printf("verified       %llu values, %llu differed\n", (unsigned long long)r->verified,
               (unsigned long long)r->mismatches);
}

static json_t *latency_json(const struct result *r)
{
    json_t *latency = json_object();

    for (unsigned i = 0; i < QUANTILES; i++)
        json_object_set_new(latency, quantiles[i].name,
                            json_real((double)histogram_quantile(&r->latency, quantiles[i].share) / 1000));
    json_object_set_new(latency, "mean", json_real(histogram_mean(&r->latency) / 1000));
    return latency;
}

static json_t *statuses_json(const struct result *r, uint64_t *errors)
{
    json_t *statuses = json_object();

    *errors = 0;
    for (unsigned s = 0; s < GODWIT_STATUS_MAX; s++) {
        if (r->status[s])
            json_object_set_new(statuses, godwit_status_name(s), json_integer((json_int_t)r->status[s]));
        *errors += failure(s) ? r->status[s] : 0;
    }
    return statuses;
}

static void set_counts(json_t *all, const struct result *r, uint64_t errors)
{
    const struct {
        const char *name;
        uint64_t count;
    } counts[] = {
        {"requests", r->requests},
        {"errors", errors},
        {"timeouts", r->status[GODWIT_TIMEOUT]},
        {"retransmissions", r->retransmissions},
        {"lost", r->lost},
        {"late", r->behind},
        {"unsent", r->unsent},
        {"verified", r->verified},
        {"mismatches", r->mismatches},
    };

    for (unsigned i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
        json_object_set_new(all, counts[i].name, json_integer((json_int_t)counts[i].count));
}

static json_t *to_json(const struct result *r, const struct bench_options *o)
{
    char keys[40];
    uint64_t errors;

    distribution_text(o, keys, sizeof(keys));
    json_t *all = json_pack("{s:s s:s s:s s:i s:i s:i s:i s:i s:f s:f}", "transport", r->transport, "mix",
                            o->mix_name, "distribution", keys, "keys", o->keys, "key_size", o->key_size,
                            "value_size", o->value_size, "clients", o->clients, "window", o->window,
                            "offered_per_second", o->rate, "seconds", r->seconds);
    json_object_set_new(all, "requests_per_second",
                        json_real(r->seconds > 0 ? (double)r->requests / r->seconds : 0));
    json_object_set_new(all, "latency_us", latency_json(r));
    json_object_set_new(all, "answers", statuses_json(r, &errors));
    set_counts(all, r, errors);
    return all;
}

static int write_json(const struct result *r, const struct bench_options *o)
{
    bool standard = strcmp(o->json, "-") == 0;
    FILE *f = standard ? stdout : fopen(o->json, "w");

    if (!f) {
        fprintf(stderr, "godwit-bench: %s: %s\n", o->json, strerror(errno));
        return BENCH_EXIT_FAILED;
    }
    json_t *all = to_json(r, o);
    int status = json_dumpf(all, f, JSON_INDENT(1) | JSON_REAL_PRECISION(9)) == 0 ? 0 : BENCH_EXIT_FAILED;
    json_decref(all);
    fputc('\n', f);
    if (!standard && fclose(f) != 0)
        status = BENCH_EXIT_FAILED;
    return status;
}

int result_report(const struct result *r, const struct bench_options *o)
{
    int status = 0;

    if (!o->json || strcmp(o->json, "-") != 0)
        print_summary(r, o);
    if (o->json)
        status = write_json(r, o);
    if (r->requests == r->status[GODWIT_TIMEOUT] + r->status[GODWIT_UNKNOWN]) {
        fprintf(stderr, "godwit-bench: nothing was answered; does a server listen on UDP %d at %s?\n",
                GODWIT_PORT, o->to);
        status = BENCH_EXIT_FAILED;
    }
    if (r->mismatches) {
        fprintf(stderr, "godwit-bench: %llu values differ from what was written\n",
                (unsigned long long)r->mismatches);
        status = BENCH_EXIT_FAILED;
    }
    return status;
}
