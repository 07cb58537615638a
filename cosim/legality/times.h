// SPDX-License-Identifier: Apache-2.0
// Sets of points in time, as a few spans. Full sets grow coarser and never lose a point.
#ifndef RW_LEGALITY_TIMES_H
#define RW_LEGALITY_TIMES_H

#include "history.h"

struct span { /* from <= t < to */
    uint64_t from, to;
};

#define TIMES_SPANS 16

struct times {
    unsigned count; /* disjoint, ascending */
    struct span span[TIMES_SPANS];
};

void times_add(struct times *t, uint64_t from, uint64_t to);
struct times times_within(const struct times *t, uint64_t from, uint64_t to);
struct times times_both(const struct times *a, const struct times *b);
/* One past the last point; 0: the set is empty. */
uint64_t times_end(const struct times *t);

#endif
