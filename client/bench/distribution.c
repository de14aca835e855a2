// SPDX-License-Identifier: BSD-3-Clause
#include "client/bench/distribution.h"

#include <math.h>

#include "client/core/random.h"

#define SPREAD 2654435761ull // prime: multiplication modulo a smaller number of keys permutes them

// (exp(x) - 1) / x and log(1 + x) / x, also at 0: they make one formula of theta = 1 and all others.
static double expm1_ratio(double x)
{
    return fabs(x) > 1e-8 ? expm1(x) / x : 1 + x / 2;
}

static double log1p_ratio(double x)
{
    return fabs(x) > 1e-8 ? log1p(x) / x : 1 - x / 2;
}

// Integral of x^-theta, from 1.
static double integral(double theta, double x)
{
    double l = log(x);
    return expm1_ratio((1 - theta) * l) * l;
}

static double integral_inverse(double theta, double y)
{
    double t = y * (1 - theta);
    if (t < -1)
        t = -1;
    return exp(log1p_ratio(t) * y);
}

void distribution_init(struct distribution *d, enum distribution_kind kind, double theta, uint64_t keys)
{
    d->kind = kind;
    d->theta = theta;
    d->keys = keys;
    d->h_first = integral(theta, 1.5) - 1;
    d->h_last = integral(theta, (double)keys + 0.5);
    d->accept = 2 - integral_inverse(theta, integral(theta, 2.5) - pow(2, -theta));
}

uint64_t distribution_rank(const struct distribution *d, uint64_t *random)
{
    for (;;) {
        double u = d->h_last + random_unit(random) * (d->h_first - d->h_last);
        double x = integral_inverse(d->theta, u);
        double k = floor(x + 0.5);
        if (k < 1)
            k = 1;
        else if (k > (double)d->keys)
            k = (double)d->keys;
        if (k - x <= d->accept || u >= integral(d->theta, k + 0.5) - pow(k, -d->theta))
            return (uint64_t)k;
    }
}

uint64_t distribution_next(const struct distribution *d, uint64_t *random, uint64_t present)
{
    switch (d->kind) {
    case DISTRIBUTION_ZIPF:
        return (distribution_rank(d, random) - 1) % d->keys * (SPREAD % d->keys) % d->keys;
    case DISTRIBUTION_LATEST:
        return present - distribution_rank(d, random);
    default:
        return random_below(random, d->keys);
    }
}
