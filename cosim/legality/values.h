// SPDX-License-Identifier: Apache-2.0
// The values that one entry in memory had, each with the time in which it could be read.
#ifndef RW_LEGALITY_VALUES_H
#define RW_LEGALITY_VALUES_H

#include "history.h"

#define VALUES 64

/* Readable in [from, to); v[1] of an entry of 16 bytes alone. */
struct value {
    uint64_t v[2], from, to;
    struct legality_writer by; /* of what ended it */
};

/* Of an entry of 4, 8 or 16 bytes, aligned, that is `now` now: those that ended after `floor`,
 * newest first; neighbours of one value are one. An entry of 16 bytes is read at once. *lost is set
 * when some may be missing. Returns how many; at least 1. */
unsigned values_of(const struct history *h, uint64_t addr, unsigned bytes, const uint64_t now[2],
                   uint64_t floor, struct value out[VALUES], bool *lost);

#endif
