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

struct timeline; /* opaque; shared */

/* Memory that copies share, all zero; NULL: there is none. */
void *timeline_shared(size_t bytes);

/* Returns in the process that is to run; the caller's stays behind and waits. NULL with one line in
 * error. */
struct timeline *timeline_begin(char *error, size_t error_bytes);
/* The run is over, with this status: so is the process that the user started. */
_Noreturn void timeline_end(struct timeline *t, int status);

/* Leaves a copy of this process behind, which stands at this place. Returns twice: false in the run
 * itself, true in a copy that was woken and is the run from now on. Of too many the one that is
 * missed least gives way: they lie the closer, the nearer to this place; the first stays. Without
 * memory for a copy there is none. */
bool timeline_leave(struct timeline *t, uint64_t place);
/* Where the first, and the last at or before a place, stands; UINT64_MAX: there is none. */
uint64_t timeline_first(const struct timeline *t);
uint64_t timeline_before(const struct timeline *t, uint64_t place);
/* The last copy at or before this place becomes the run; this process is over. */
_Noreturn void timeline_go(struct timeline *t, uint64_t place);

#endif
