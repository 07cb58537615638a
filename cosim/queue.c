// SPDX-License-Identifier: Apache-2.0
// The golden unit's invalidation queue in the order of the bus: the RTL's reads of descriptors say
// when one is executed; what needs no read, a queue error, a device-TLB's completion or time-out,
// says so by its record. docs/iommu.md I81 to I86, I103 to I106.
#include <string.h>

#include "scoreboard.h"

static void advance(struct scoreboard *sb, struct iommu_step want)
{
    sb->queue.want = want;
    sb->queue.in_flight = want.action != IOMMU_DO_DONE;
}

static void begin(struct scoreboard *sb)
{
    advance(sb, iommu_queue_begin(sb->iommu, &sb->queue.command));
}

void queue_between(struct scoreboard *sb, const char *what, uint64_t cycle)
{
    if (sb->queue.in_flight)
        scoreboard_differ_text(sb, "iommu", "order", what, "a descriptor is being executed", cycle);
}

bool queue_beat(struct scoreboard *sb, const struct rec_bus *b)
{
    struct rec_bus seen = *b, mine;
    const struct iommu_step *want = &sb->queue.want;

    if (!sb->queue.in_flight && !iommu_queue_due(sb->iommu))
        return false;
    if (!sb->queue.in_flight) {
        order_messages_sent(sb, "a descriptor is fetched");
        begin(sb);
    }
    if (want->action == IOMMU_DO_READ)
        mine = order_beat(BUS_IOMMU_WALK, want->addr, want->bytes, NULL);
    else if (want->action == IOMMU_DO_WRITE)
        mine = order_beat(BUS_IOMMU_WALK, want->addr, 4, &want->data);
    else
        return false;
    if (!(seen.flags & BUS_WRITE))
        memset(seen.data, 0, sizeof(seen.data));
    if (record_differs(&type_bus, &seen, &mine) != NULL) {
        scoreboard_differ(sb, &type_bus, &seen, &mine);
    } else if (want->action == IOMMU_DO_READ) {
        struct iommu_read r = order_table_read(sb, want);

        advance(sb, iommu_queue_next(sb->iommu, &sb->queue.command, &r));
    } else {
        order_write4(sb, want->addr, want->data);
        advance(sb, iommu_queue_next(sb->iommu, &sb->queue.command, NULL));
    }
    return true;
}

bool queue_wants_message(const struct scoreboard *sb)
{
    return sb->queue.in_flight && sb->queue.want.action == IOMMU_DO_EVENT;
}

void queue_message_sent(struct scoreboard *sb)
{
    advance(sb, iommu_queue_next(sb->iommu, &sb->queue.command, NULL));
}

static void error(struct scoreboard *sb, uint64_t cycle)
{
    if (queue_wants_message(sb))
        return; /* the beats said so already */
    if (!sb->queue.in_flight && iommu_queue_due(sb->iommu))
        begin(sb);
    if (sb->queue.in_flight && sb->queue.want.action != IOMMU_DO_EVENT)
        scoreboard_differ_text(sb, "iommu", "kind", "a queue error", "the descriptor is good",
                               cycle);
}

bool queue_time_is_out(const struct scoreboard *sb, uint64_t cycle)
{
    return iommu_outstanding(sb->iommu) && cycle >= sb->watch.sent + IOMMU_TIME_OUT_CYCLES;
}

/* Between two things that the unit does. */
static bool between(struct scoreboard *sb, const char *what, uint64_t cycle)
{
    order_messages_sent(sb, what);
    queue_between(sb, what, cycle);
    if (sb->dma.in_flight)
        scoreboard_differ_text(sb, "iommu", "order", what, "a request is in flight", cycle);
    return !sb->diff.failed;
}

static void completion(struct scoreboard *sb, uint64_t cycle)
{
    struct board_record said;

    if (!between(sb, "a completion is taken", cycle) || !board_take_completion(sb, cycle, &said))
        return;
    sb->counts.stimuli[STIM_COMPLETION]++;
    advance(sb, iommu_complete(sb->iommu, &sb->queue.command, said.sid, said.value != 0));
}

static void time_out(struct scoreboard *sb, uint64_t cycle)
{
    if (!between(sb, "a time-out", cycle))
        return;
    if (!iommu_outstanding(sb->iommu))
        scoreboard_differ_text(sb, "iommu", "kind", "a time-out", "nothing is outstanding", cycle);
    else
        advance(sb, iommu_time_out(sb->iommu, &sb->queue.command));
}

void queue_record(struct scoreboard *sb, uint8_t kind, uint64_t cycle)
{
    if (kind == IOMMU_COMPLETION)
        completion(sb, cycle);
    else if (kind == IOMMU_TIME_OUT)
        time_out(sb, cycle);
    else
        error(sb, cycle);
}
