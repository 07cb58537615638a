// SPDX-License-Identifier: Apache-2.0
// Snapshots of a run: forked children of this process, asleep. One that is woken goes on from where
// it stands, with what an order says, and the run that asked waits for it; it can be woken again.
// They cost the host a fork and the pages written since. None outlives its parent.
#ifndef RW_SNAPSHOT_H
#define RW_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct snapshots; /* opaque */

/* What a woken snapshot is to do: an FST of the cycles [from, to). */
struct snapshot_order {
    char wave[1200];
    uint64_t from, to;
    bool whole; /* it goes on to the end of the run, whose status is its own; else it ends at `to`,
                   with 0 */
};

/* NULL: out of memory. */
struct snapshots *snapshots_create(void);
/* Ends them all. */
void snapshots_destroy(struct snapshots *s);
/* Is it time for another one? At most about one a second. */
bool snapshots_due(struct snapshots *s);
/* Makes one that stands at `cycle`; the oldest but one gives way, and the very first stays when
 * `keep_first`. Returns twice: false in the run itself; true, with the order, in a copy that was
 * woken and ends with snapshot_end(). Without memory for a copy there is none. */
bool snapshots_take(struct snapshots *s, uint64_t cycle, bool keep_first,
                    struct snapshot_order *order);
/* The copy has done what it was woken for. */
_Noreturn void snapshot_end(int status);
/* Does one stand at or before this cycle? */
bool snapshots_reach(const struct snapshots *s, uint64_t cycle);
/* The last one that stands at or before order->from does it; -1: there is none, or it was lost;
 * else the status of its end. */
int snapshots_wake(struct snapshots *s, const struct snapshot_order *order);

#endif
