// SPDX-License-Identifier: Apache-2.0
// A run that can go back: copies of its process, asleep, each at a place that it has come through,
// any of which can become the run. The process that the user started only waits and ends with the
// run's own status; the run and the copies are its children, and none outlives it. What has to be
// the same in all of them (what a debugger has asked for, how far its packets have been read) lies
// in memory that they share. Places are numbers that grow (retirements).
#ifndef RW_TIMELINE_H
#define RW_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "snapshot.h"

struct timeline; /* opaque; shared */

/* Memory that copies share, all zero; NULL: there is none. */
void *timeline_shared(size_t bytes);

/* Returns in the process that is to run; the caller's stays behind and waits; if the run is lost (a
 * signal) it calls `lost`, which may be NULL. NULL with one line in error. */
struct timeline *timeline_begin(void (*lost)(void), char *error, size_t error_bytes);
/* The run is over, with this status: so is the process that the user started. */
_Noreturn void timeline_end(struct timeline *t, int status);

enum timeline_who {
    TIMELINE_RUN,   /* the run itself */
    TIMELINE_WOKEN, /* a copy that is the run from now on */
    TIMELINE_SENT   /* a copy that was sent on an errand, and ends with snapshot_end() */
};

/* Leaves a copy of this process behind, which stands at this place and cycle; returns in each that
 * goes on. Of too many the one that is missed least gives way: they lie the closer, the nearer to
 * this place; the first stays. Without memory for a copy there is none. */
enum timeline_who timeline_leave(struct timeline *t, uint64_t place, uint64_t cycle);
/* Where the first, and the last at or before a place, stands; UINT64_MAX: there is none. */
uint64_t timeline_first(const struct timeline *t);
uint64_t timeline_before(const struct timeline *t, uint64_t place);
/* The last copy at or before this place becomes the run; this process is over. */
_Noreturn void timeline_go(struct timeline *t, uint64_t place);
/* The last copy at or before order->from does it (snapshot.h) while this process waits; -1: there
 * is none, or it was lost; else the status of its end. */
int timeline_send(struct timeline *t, const struct snapshot_order *order);
/* What a copy that was sent is to do. */
const struct snapshot_order *timeline_order(const struct timeline *t);

#endif
