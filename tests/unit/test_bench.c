// SPDX-License-Identifier: BSD-3-Clause
// godwit-bench's pure parts.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "client/bench/content.h"
#include "client/bench/distribution.h"
#include "client/bench/histogram.h"
#include "client/bench/mix.h"
#include "client/bench/template.h"
#include "control/cluster/slot.h"
#include "dataplane/serve/native.h"
#include "tests/unit/cunit_main.h"

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void quantiles_within_one_per_cent(void)
{
    enum { N = 20000 };
    static struct histogram h;
    static uint64_t values[N];
    static const double shares[] = {0.01, 0.5, 0.9, 0.99, 0.999, 1};
    uint64_t random = 21;

    for (unsigned i = 0; i < N; i++) {
        values[i] = (uint64_t)exp(random_unit(&random) * 28);
        histogram_record(&h, values[i]);
    }
    qsort(values, N, sizeof(values[0]), compare);
    for (unsigned i = 0; i < 6; i++) {
        double exact = (double)values[(unsigned)ceil(shares[i] * N) - 1];
        CU_ASSERT(fabs((double)histogram_quantile(&h, shares[i]) - exact) <= exact * 0.01);
    }
    CU_ASSERT_EQUAL(histogram_quantile(&h, 1), values[N - 1]);
    histogram_record(&h, UINT64_MAX);
    CU_ASSERT_EQUAL(histogram_quantile(&h, 1), UINT64_MAX);
}

// Chi-square of the first ranks against their exact probabilities.
static void zipf_is_exact(void)
{
    static const double thetas[] = {0.5, 0.99, 1, 1.3};
    enum { KEYS = 1000, SAMPLES = 400000, RANKS = 50 };
    uint64_t random = 31;

    for (unsigned t = 0; t < 4; t++) {
        struct distribution d;
        unsigned count[KEYS + 1] = {0};
        double total = 0, chi = 0;
        distribution_init(&d, DISTRIBUTION_ZIPF, thetas[t], KEYS);
        for (unsigned i = 0; i < SAMPLES; i++)
            count[distribution_rank(&d, &random)]++;
        for (unsigned r = 1; r <= KEYS; r++)
            total += pow(r, -thetas[t]);
        for (unsigned r = 1; r <= RANKS; r++) {
            double expected = SAMPLES * pow(r, -thetas[t]) / total;
            chi += (count[r] - expected) * (count[r] - expected) / expected;
        }
        // 50 degrees of freedom: above 99 once in 40000 runs.
        CU_ASSERT(chi < 99);
        CU_ASSERT_EQUAL(count[0], 0);
    }
}

static void zipf_spreads_over_all_keys(void)
{
    struct distribution d;
    static bool seen[100];
    unsigned distinct = 0;
    uint64_t random = 41;

    distribution_init(&d, DISTRIBUTION_ZIPF, 0.5, 100);
    for (unsigned i = 0; i < 20000; i++) {
        uint64_t key = distribution_next(&d, &random, 100);
        CU_ASSERT_FATAL(key < 100);
        distinct += !seen[key];
        seen[key] = true;
    }
    CU_ASSERT_EQUAL(distinct, 100);
}

static void latest_prefers_new_records(void)
{
    struct distribution d;
    unsigned newest = 0, n = 10000;
    uint64_t random = 43;

    distribution_init(&d, DISTRIBUTION_LATEST, 0.99, 1000);
    for (unsigned i = 0; i < n; i++) {
        uint64_t key = distribution_next(&d, &random, 5000);
        CU_ASSERT_FATAL(key >= 4000 && key < 5000);
        newest += key >= 4990;
    }
    CU_ASSERT(newest > n / 4);
}

static void mixes_have_their_shares(void)
{
    struct mix mix;
    unsigned count[MIX_KINDS] = {0};
    uint64_t random = 51;

    CU_ASSERT(mix_by_name("ycsb-f", &mix));
    for (unsigned i = 0; i < 10000; i++)
        count[mix_next(&mix, &random)]++;
    CU_ASSERT(count[MIX_READ] > 4700 && count[MIX_READ] < 5300);
    CU_ASSERT_EQUAL(count[MIX_READ] + count[MIX_MODIFY], 10000);
    CU_ASSERT(mix_by_name("95/5", &mix));
    CU_ASSERT_EQUAL(mix.percent[MIX_UPDATE], 5);
    CU_ASSERT(mix_by_name("ycsb-d", &mix));
    CU_ASSERT(mix.latest);
    CU_ASSERT_FALSE(mix_by_name("95/6", &mix));
    CU_ASSERT_FALSE(mix_by_name("ycsb-g", &mix));
    CU_ASSERT_FALSE(mix_by_name("95/5x", &mix));
}

static void contents_differ_by_record(void)
{
    uint8_t a[99], b[99];

    for (uint32_t size = 4; size < sizeof(a); size++) {
        content_value(a, size, 7);
        content_value(b, size, 8);
        CU_ASSERT(memcmp(a, b, size) != 0);
        CU_ASSERT(content_matches(a, size, 7));
        a[size - 1] ^= 1;
        CU_ASSERT_FALSE(content_matches(a, size, 7));
    }
}

static uint16_t verify_udp(const uint8_t *frame)
{
    uint32_t length = (uint32_t)frame[38] << 8 | frame[39];
    uint8_t pseudo[4] = {0, 17, frame[38], frame[39]};
    return frame_checksum(frame_sum(frame_sum(frame_sum(0, pseudo, 4), frame + 26, 8), frame + 34, length));
}

// A filled template is the frame that the codec and the plain checksum would make.
static void templates_are_good_frames(void)
{
    struct frame_addresses a = {.source_ip = 0x010012c6, .destination_ip = 0x020012c6, .source_port = 40960};
    uint64_t random = 61;

    for (unsigned i = 0; i < 2000; i++) {
        struct bench_options o = {.key_size = 8 + 2 * (uint32_t)random_below(&random, 30),
                                  .value_size = (uint32_t)random_below(&random, 1000),
                                  .deadline_us = 77};
        struct template_request r = {.session = random_next(&random),
                                     .request_id = 1 + (uint32_t)random_below(&random, 1u << 31),
                                     .epoch = (uint32_t)random_next(&random),
                                     .first_unacked = 5,
                                     .record = (uint32_t)random_next(&random)};
        struct template t;
        struct native_request req;
        struct native_op_view op;
        enum native_status status;
        uint8_t frame[TEMPLATE_MAX], key[CONTENT_KEY_MAX];
        uint32_t at = 0;
        bool set = i % 2;

        CU_ASSERT_FATAL(template_init(&t, &a, &o, set));
        template_fill(&t, &r, frame);
        CU_ASSERT_EQUAL(verify_udp(frame), 0xffff);
        CU_ASSERT_EQUAL_FATAL(native_decode_request(frame + 42, t.length - 42, &req, &status), NATIVE_ACCEPT);
        native_next_op(&req, &at, &op);
        content_key(key, o.key_size, r.record);
        CU_ASSERT(op.key_len == o.key_size && memcmp(op.key, key, op.key_len) == 0);
        CU_ASSERT_EQUAL(req.slot, slot_of_key(key, o.key_size));
        CU_ASSERT_EQUAL(frame[36] * 256 + frame[37], 20480 + req.slot % 128);
        CU_ASSERT(req.session == r.session && req.request_id == r.request_id && req.epoch == r.epoch);
        CU_ASSERT(!set ||
                  (op.value_len == o.value_size && content_matches(op.value, op.value_len, r.record)));
    }
}

static void oversized_templates_are_refused(void)
{
    struct frame_addresses a = {0};
    struct bench_options o = {.key_size = 16, .value_size = 1500 - 28 - 48 - 8 - 16 + 1};
    struct template t;

    CU_ASSERT_FALSE(template_init(&t, &a, &o, true));
    CU_ASSERT(template_init(&t, &a, &o, false));
    o.value_size--;
    CU_ASSERT(template_init(&t, &a, &o, true));
    o.key_size = 17;
    CU_ASSERT_FALSE(template_init(&t, &a, &o, false));
}

static const struct unit_test tests[] = {
    {"quantiles within one per cent", quantiles_within_one_per_cent},
    {"zipf is exact", zipf_is_exact},
    {"zipf spreads over all keys", zipf_spreads_over_all_keys},
    {"latest prefers new records", latest_prefers_new_records},
    {"mixes have their shares", mixes_have_their_shares},
    {"contents differ by record", contents_differ_by_record},
    {"templates are good frames", templates_are_good_frames},
    {"oversized templates are refused", oversized_templates_are_refused},
};
UNIT_MAIN("bench", tests)
