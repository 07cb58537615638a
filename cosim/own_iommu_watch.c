// SPDX-License-Identifier: Apache-2.0
// Deadlines of an IOMMU that is not the model's: whatever has begun ends in OWN_IOMMU_CYCLES,
// whatever it does meanwhile.
#include <inttypes.h>
#include <stdio.h>

#include "own_iommu.h"

static bool late(const struct own_iommu *o, uint64_t since)
{
    return o->now > since + OWN_IOMMU_CYCLES;
}

static void too_long(struct scoreboard *sb, const char *stream, const char *field, const char *what,
                     uint64_t since)
{
    char rtl[MISMATCH_TEXT];

    snprintf(rtl, sizeof(rtl), "not in %u cycles, since cycle %" PRIu64, OWN_IOMMU_CYCLES, since);
    own_iommu_differ(sb, stream, field, rtl, what, sb->own->now);
}

static void watch_flights(struct scoreboard *sb)
{
    const struct own_iommu *o = sb->own;

    for (unsigned i = 0; o->up != 0 && i < OWN_TAGS; i++)
        if (o->flight[i].up && late(o, o->flight[i].in.cycle)) {
            too_long(sb, "dma", "dma_rsp_valid_o", "an answer", o->flight[i].in.cycle);
            return;
        }
}

static void watch_events(struct scoreboard *sb)
{
    const struct own_iommu *o = sb->own;

    for (size_t i = 0; i < o->owed.count; i++) {
        const struct own_event *e = ring_at(&o->owed, i);

        /* What may have been it is somebody's, or it, when nothing is in flight any more. */
        if (!e->optional && late(o, e->cycle) && o->beats == 0) {
            too_long(sb, "message", "deadline", "the event message is sent", e->cycle);
            return;
        }
    }
}

static void watch_beats(struct scoreboard *sb)
{
    const struct own_iommu *o = sb->own;
    char text[MISMATCH_TEXT];

    if (o->beats == 0 || !late(o, o->beat[0].b.cycle))
        return;
    own_iommu_beat_text(text, &o->beat[0].b);
    own_iommu_differ(sb, "pins", "bus_req_o", text, "nothing: no answer accounts for it", o->now);
}

static void watch_offers(struct scoreboard *sb)
{
    const struct watch *w = &sb->watch;

    if (w->request.up && late(sb->own, w->request.since))
        too_long(sb, "dma", "dma_ready_o", "the request at the pins is accepted", w->request.since);
    if (w->completion.up && late(sb->own, w->completion.since))
        too_long(sb, "iommu", "cpl_ready_o", "the completion at the pins is accepted",
                 w->completion.since);
}

void own_iommu_watch(struct scoreboard *sb, uint64_t cycle)
{
    struct own_iommu *o = sb->own;

    o->now = cycle;
    watch_flights(sb);
    watch_events(sb);
    watch_beats(sb);
    watch_offers(sb);
    own_iommu_watch_queue(sb);
}

/* The run may end within something: what is left is young. */
void own_iommu_finish(struct scoreboard *sb)
{
    const struct order_event *head = ring_head(&sb->order);

    own_iommu_watch(sb, head != NULL ? order_event_cycle(head) : sb->last_retire_cycle);
}
