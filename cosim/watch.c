// SPDX-License-Identifier: Apache-2.0
// Deadlines: whatever has begun must go on. Counted in cycles since the last beat, translation or
// record of the part concerned; the bus may add its wait states. docs/lockstep.md "Deadlines".
#include <inttypes.h>
#include <stdio.h>

#include "scoreboard.h"

/* The longest stretch without a beat: the unit's passes over its caches. */
#define IOMMU_CYCLES 32
/* What another master's accesses and wait states may add: a split locked sequence of four beats. */
#define BEATS_BETWEEN 6
/* Register accesses go before a request, but between two of the processor's the unit is idle. */
#define REGISTERS_BEFORE 8
/* A time-out's record behind its acceptance: docs/iommu.md I106. */
#define TIME_OUT_RECORD 2

void watch_init(struct scoreboard *sb)
{
    sb->watch.bus_cycles = (uint64_t)BEATS_BETWEEN * (2 + sb->config.wait_states_max) +
                           (sb->config.own_mmu ? OWN_MMU_CYCLES : 0) +
                           (sb->config.own_iommu ? OWN_IOMMU_CYCLES : 0);
}

static void too_long(struct scoreboard *sb, const char *stream, const char *field, const char *what,
                     uint64_t since, uint64_t cycle)
{
    char rtl[MISMATCH_TEXT];

    snprintf(rtl, sizeof(rtl), "nothing since cycle %" PRIu64, since);
    scoreboard_differ_text(sb, stream, field, rtl, what, cycle);
}

void watch_processor_late(struct scoreboard *sb, uint64_t cycle)
{
    if (!sb->model_halted && sb->rtl_retire.kind != RETIRE_SHUTDOWN)
        too_long(sb, "retire", "deadline", "a beat, a translation or a retirement", sb->watch.cpu,
                 cycle);
}

static void check_iommu(struct scoreboard *sb, uint64_t cycle)
{
    /* What is queued may hold the message's beat; the model stands behind it. */
    bool owes = sb->dma.messages.count != 0 && sb->order.count == 0;
    bool queue = sb->order.count == 0 && (sb->queue.in_flight || iommu_queue_due(sb->iommu));
    bool taken = sb->order.count == 0 && sb->board.completions.count != 0;
    bool busy = sb->watch.request.up || sb->watch.completion.up || sb->watch.in_flight || owes ||
                queue || taken;
    uint64_t slack = IOMMU_CYCLES + sb->watch.bus_cycles;

    if (sb->own != NULL) {
        if (sb->order.count == 0)
            own_iommu_watch(sb, cycle);
        return;
    }
    if (busy && cycle > sb->watch.iommu + slack)
        too_long(sb, "dma", "deadline",
                 sb->watch.in_flight       ? "the request in flight goes on"
                 : owes                    ? "the event message is sent"
                 : queue                   ? "the due descriptor is executed"
                 : taken                   ? "the completion is done"
                 : sb->watch.completion.up ? "the completion at the pins is accepted"
                                           : "the request at the pins is accepted",
                 sb->watch.iommu, cycle);
    if (sb->order.count == 0 && cycle > slack && queue_time_is_out(sb, cycle - slack) &&
        cycle > sb->watch.iommu + slack)
        too_long(sb, "iommu", "deadline", "the time-out of a device-TLB", sb->watch.sent, cycle);
    if (sb->answers.model.count != 0 && cycle > sb->watch.answer + IOMMU_CYCLES)
        too_long(sb, "dma", "deadline", "the answer at the pins", sb->watch.answer, cycle);
}

void watch_check(struct scoreboard *sb, uint64_t cycle)
{
    if (watch_is_late(sb, cycle))
        watch_processor_late(sb, cycle);
    check_iommu(sb, cycle);
    interrupts_wake(sb, cycle);
    sb->watch.now = cycle;
}

static void passed(struct scoreboard *sb, struct offer *o, const char *model, uint64_t cycle)
{
    if (o->up && ++o->passed > REGISTERS_BEFORE)
        scoreboard_differ_text(sb, "dma", "deadline", "register accesses, one after another", model,
                               cycle);
}

void watch_register(struct scoreboard *sb, uint64_t cycle)
{
    passed(sb, &sb->watch.completion, "the completion at the pins is accepted", cycle);
    passed(sb, &sb->watch.request, "the request at the pins is accepted", cycle);
}

void watch_offer(struct scoreboard *sb, struct offer *o, uint64_t cycle)
{
    *o = (struct offer){.up = true, .since = cycle};
    if (!sb->watch.request.up || !sb->watch.completion.up)
        sb->watch.iommu = cycle;
}

/* docs/iommu.md I7. */
void watch_accepted(struct scoreboard *sb, struct offer *o, uint64_t cycle)
{
    watch_iommu(sb, cycle);
    o->up = false;
    if (sb->watch.completion.up)
        scoreboard_differ_text(sb, "dma", "order", "a request is accepted",
                               "the completion at the pins goes first", cycle);
}

void watch_sent(struct scoreboard *sb, uint64_t cycle)
{
    sb->watch.sent = cycle;
    if (sb->board.invalidated != cycle)
        scoreboard_differ_text(sb, "iommu", "invalidation", "not sent in the cycle of its record",
                               "sent in the cycle of its record", cycle);
}

void watch_time_out(struct scoreboard *sb, uint64_t cycle)
{
    uint64_t accepted = cycle - TIME_OUT_RECORD;

    if (accepted < sb->watch.sent + IOMMU_TIME_OUT_CYCLES)
        scoreboard_differ_text(sb, "iommu", "time-out", "early", "1,024 cycles after the record",
                               cycle);
    else if (sb->watch.completion.up && sb->watch.completion.since <= accepted)
        scoreboard_differ_text(sb, "iommu", "order", "a time-out",
                               "the completion at the pins goes first", cycle);
}

void watch_iommu(struct scoreboard *sb, uint64_t cycle)
{
    check_iommu(sb, cycle);
    sb->watch.iommu = cycle;
}

void watch_dma(struct scoreboard *sb, const struct rec_dma *r)
{
    watch_iommu(sb, r->cycle);
    sb->watch.in_flight = r->phase == 0;
}
