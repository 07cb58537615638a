// SPDX-License-Identifier: Apache-2.0
// SplitMix64: every trial draws from its own stream, made from the seed and the trial's number.
#ifndef RW_ORACLE_RNG_H
#define RW_ORACLE_RNG_H

#include <stdbool.h>
#include <stdint.h>

struct rng {
    uint64_t state;
};

static inline uint64_t rng_next(struct rng *r)
{
    uint64_t z = r->state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static inline struct rng rng_for(uint64_t seed, uint64_t index)
{
    struct rng a = {seed}, b = {index ^ UINT64_C(0x5bf03635d0a7c1e9)};

    return (struct rng){rng_next(&a) + rng_next(&b)};
}

static inline unsigned rng_below(struct rng *r, unsigned n)
{
    return (unsigned)((rng_next(r) >> 32) * n >> 32);
}

static inline bool rng_percent(struct rng *r, unsigned percent)
{
    return rng_below(r, 100) < percent;
}

#endif
