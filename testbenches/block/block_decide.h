// SPDX-License-Identifier: Apache-2.0
// Which bits ever decided a result. A bit of a tag, a mask or an index has decided when the golden
// model's answer was one that a unit blind to this bit could not have given; a bit of an address
// or of data, when it was compared as 0 and as 1. At the end every bit that is wanted must have.
#ifndef RW_BLOCK_DECIDE_H
#define RW_BLOCK_DECIDE_H

#include <stdbool.h>
#include <stdint.h>

struct decide_group {
    const char *name;
    uint64_t wanted; /* by bit number */
    uint64_t decided, seen_0, seen_1;
    const char *mode, *part; /* said before the name where there are some */
};

#define DECIDE_BITS(high, low) ((UINT64_MAX >> (63 - (high))) & (UINT64_MAX << (low)))

static inline void decide_bit(struct decide_group *g, unsigned bit)
{
    g->decided |= UINT64_C(1) << bit;
}

static inline void decide_value(struct decide_group *g, uint64_t compared)
{
    g->seen_0 |= ~compared;
    g->seen_1 |= compared;
}

static inline uint64_t decide_missing(const struct decide_group *g)
{
    return g->wanted & ~(g->decided | (g->seen_0 & g->seen_1));
}

#endif
