// SPDX-License-Identifier: Apache-2.0
// Rules of the bus that no comparison of results shows: what may come inside a locked sequence, and
// which bytes may be fetched. That a beat carries the lock is compared with the model's own word
// for it (processor.c), so the flag can be trusted here. docs/lockstep.md "Locks", "Fetch".
#include "scoreboard.h"

/* From a locked access to the processor's next one without, nothing else has the bus, a fetch of
 * the same processor neither. A register access of the IOMMU takes no lock (docs/bus.md). */
void locks_beat(struct scoreboard *sb, const struct rec_bus *r)
{
    if (r->seq != sb->bus.acks)
        scoreboard_differ_text(sb, "bus", "seq", "not the number of acks before it", "in sequence",
                               r->cycle);
    sb->bus.acks = r->seq + 1;
    sb->bus.last_ack_cycle = r->cycle;
    sb->bus.mem_acks += !scoreboard_is_register(r->src, r->flags, r->addr);
    if (scoreboard_is_processor(r->src))
        sb->bus.locked =
            (r->flags & BUS_LOCK) && !scoreboard_is_register(r->src, r->flags, r->addr);
    else if (sb->bus.locked)
        scoreboard_differ_text(sb, "bus", "lock",
                               r->src == BUS_FETCH ? "a fetch" : "another master's access",
                               "locked by the processor", r->cycle);
}

void locks_translation(struct scoreboard *sb, const struct rec_xlate *r)
{
    if (r->access != ACCESS_FETCH)
        return;
    sb->bus.fetch_known = !r->fault;
    sb->bus.fetch_page = r->pa >> 12;
}

/* A line of code is a whole block of the page that the last fetch translation gave. */
void locks_fetch(struct scoreboard *sb, const struct rec_bus *r)
{
    if (!sb->bus.fetch_known || r->addr >> 12 != sb->bus.fetch_page)
        scoreboard_differ_text(sb, "bus", "fetch", "a page that no translation gave",
                               "the page of the last fetch translation", r->cycle);
    else if (r->flags != 0 || r->be != 0xFFFF)
        scoreboard_differ_text(sb, "bus", "fetch", "no plain read of a block",
                               "a plain read of 16 bytes", r->cycle);
}
