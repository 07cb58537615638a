// SPDX-License-Identifier: Apache-2.0
// Rules of the bus that no comparison of results shows: what may come inside a locked sequence, and
// which bytes may be fetched. That a beat carries the lock is compared with the model's own word
// for it (processor.c), so the flag can be trusted here. docs/lockstep.md "Locks", "Fetch".
#include <inttypes.h>
#include <stdio.h>

#include "scoreboard.h"

/* From a locked access to the processor's next one without, nothing else has the bus, a fetch of
 * the same processor neither. A register access of the IOMMU takes no lock (docs/bus.md). */
void locks_beat(struct scoreboard *sb, const struct rec_bus *r, bool unit)
{
    if (r->seq != sb->bus.acks)
        scoreboard_differ_text(sb, "bus", "seq", "not the number of acks before it", "in sequence",
                               r->cycle);
    sb->bus.acks = r->seq + 1;
    sb->bus.last_ack_cycle = r->cycle;
    sb->bus.mem_acks += !unit;
    if (scoreboard_is_processor(r->src))
        sb->bus.locked = (r->flags & BUS_LOCK) && !unit;
    else if (sb->bus.locked)
        scoreboard_differ_text(sb, "bus", "lock",
                               r->src == BUS_FETCH ? "a fetch" : "another master's access",
                               "locked by the processor", r->cycle);
}

void locks_translation(struct scoreboard *sb, const struct rec_xlate *r)
{
    struct bus_watch *b = &sb->bus;

    if (r->access != ACCESS_FETCH || r->fault)
        return;
    for (unsigned i = SCOREBOARD_FETCH_PAGES - 1; i > 0; i--)
        b->fetch_page[i] = b->fetch_page[i - 1];
    b->fetch_page[0] = r->pa >> 12;
    b->fetch_pages += b->fetch_pages < SCOREBOARD_FETCH_PAGES;
}

/* An instruction that lies across two pages has lines in both, and a line that was asked for before
 * a jump may come behind the translation of its target. */
static bool page_translated(const struct bus_watch *b, uint64_t addr)
{
    for (unsigned i = 0; i < b->fetch_pages; i++)
        if (b->fetch_page[i] == addr >> 12)
            return true;
    return false;
}

/* A line of code is a whole block of a page that a fetch translation gave. */
void locks_fetch(struct scoreboard *sb, const struct rec_bus *r)
{
    char rtl[MISMATCH_TEXT], want[MISMATCH_TEXT];

    if (!page_translated(&sb->bus, r->addr)) {
        snprintf(rtl, sizeof(rtl), "line 0x%" PRIx64, r->addr);
        snprintf(want, sizeof(want), "page 0x%" PRIx64 ", of the last fetch translation, say",
                 sb->bus.fetch_page[0] << 12);
        scoreboard_differ_text(sb, "bus", "fetch", rtl, want, r->cycle);
    } else if (r->flags != 0 || r->be != 0xFFFF) {
        scoreboard_differ_text(sb, "bus", "fetch", "no plain read of a block",
                               "a plain read of 16 bytes", r->cycle);
    }
}
