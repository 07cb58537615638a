// SPDX-License-Identifier: Apache-2.0
// More signals into a wave that is closed.
#ifndef RW_WAVE_MERGE_H
#define RW_WAVE_MERGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct wave_signal {
    const char *scope[3]; /* outermost first; NULL ends it. Signals of one scope stand together */
    const char *name;
    unsigned bits;
};

struct wave_change {
    uint64_t time;        /* in the wave's units; they never decrease */
    unsigned signal;      /* by its place */
    const uint8_t *value; /* little-endian; NULL: x */
};

/* Writes the FST at `path` anew: what it has, scopes, enumerations and all, and these. Before its
 * first change a signal is x. False: it cannot be read or written, and stays as it was. */
bool wave_merge(const char *path, const struct wave_signal *signals, unsigned signal_count,
                const struct wave_change *changes, size_t change_count);

#ifdef __cplusplus
}
#endif
#endif
