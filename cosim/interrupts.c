// SPDX-License-Identifier: Apache-2.0
// Interrupts at the boundary before a retirement: what the processor took must have been possible
// and given by the board, what it had to take must have been taken, at that boundary and in that
// order. SDM Vol. 3A "Priority Among Concurrent Events"; docs/lockstep.md "Deadlines".
#include <inttypes.h>
#include <stdio.h>

#include "scoreboard.h"

/* A pin that changes in one cycle is seen in the next; an NMI is latched first. */
#define LINE_CYCLES 1
#define NMI_CYCLES  2
/* Of a processor that waits in HLT, from there to its taking the event. */
#define WAKE_CYCLES 2

void interrupts_line(struct scoreboard *sb, uint64_t cycle, bool high)
{
    struct interrupts *irq = &sb->irq;

    if (irq->edges == SCOREBOARD_LINE_EDGES) {
        for (unsigned i = 1; i < irq->edges; i++)
            irq->edge[i - 1] = irq->edge[i];
        irq->edges--;
    }
    irq->edge[irq->edges++] = (struct line_edge){cycle, high};
}

void interrupts_nmi(struct scoreboard *sb, uint64_t cycle)
{
    if (!sb->irq.nmi_raised || sb->irq.nmi_since == UINT64_MAX)
        sb->irq.nmi_since = cycle;
    sb->irq.nmi_raised = true;
    sb->irq.nmi_last = cycle;
}

/* The first cycle from `from` on at which the line was surely seen high, up to `to`. */
static bool line_seen(const struct interrupts *irq, uint64_t from, uint64_t to, uint64_t *at)
{
    for (unsigned i = 0; i < irq->edges; i++) {
        uint64_t begin = irq->edge[i].cycle + LINE_CYCLES;
        uint64_t end = i + 1 < irq->edges ? irq->edge[i + 1].cycle : UINT64_MAX;

        if (!irq->edge[i].high)
            continue;
        *at = begin > from ? begin : from;
        if (*at < end && *at <= to)
            return true;
    }
    return false;
}

static bool nmi_seen(const struct interrupts *irq, uint64_t from, uint64_t to, uint64_t *at)
{
    if (!irq->nmi_raised || irq->nmi_since == UINT64_MAX)
        return false;
    *at = irq->nmi_since + NMI_CYCLES > from ? irq->nmi_since + NMI_CYCLES : from;
    return *at <= to;
}

static bool can_take(const struct scoreboard *sb, bool nmi)
{
    return sb->ops->interruptible(sb->model, nmi);
}

static void differ(struct scoreboard *sb, const char *field, const char *rtl, const char *model,
                   uint64_t cycle)
{
    scoreboard_differ_text(sb, "stim", field, rtl, model, cycle);
}

/* Taken at `cycle`; the boundary was at last_retire_cycle, or lasted from there on in HLT. */
static void check_moment(struct scoreboard *sb, bool nmi, uint64_t cycle)
{
    const char *field = nmi ? "nmi" : "interrupt";
    uint64_t from = sb->last_retire_cycle, to = sb->model_halted ? cycle : from, due;
    uint64_t slack = sb->model_halted ? WAKE_CYCLES : 0;
    char late[MISMATCH_TEXT];

    if (!can_take(sb, nmi)) {
        differ(sb, field, "taken", "not interruptible", cycle);
        return;
    }
    if (!sb->model_halted && cycle > from)
        differ(sb, field, "taken behind the boundary", "taken at a boundary", cycle);
    if (nmi ? nmi_seen(&sb->irq, from, to, &due) : line_seen(&sb->irq, from, to, &due))
        if (cycle > due + slack) {
            snprintf(late, sizeof(late), "taken %" PRIu64 " cycles late", cycle - due);
            differ(sb, field, late, "taken when it was due", cycle);
        }
    if (!nmi && can_take(sb, true) && nmi_seen(&sb->irq, from, from, &due))
        differ(sb, "nmi", "an interrupt taken", "an NMI due", cycle);
}

static void consume_nmi(struct interrupts *irq, uint64_t cycle)
{
    if (irq->nmi_last >= cycle)
        irq->nmi_since = irq->nmi_last;
    else if (irq->nmi_last + NMI_CYCLES > cycle)
        irq->nmi_since = UINT64_MAX; /* merged with the one taken, or a second: both are right */
    else
        irq->nmi_raised = false;
}

static enum falls take_nmi(struct scoreboard *sb, const struct rec_stim *claim)
{
    uint64_t cycle = claim->cycle;

    if (!sb->irq.nmi_raised) {
        differ(sb, "nmi", "delivered", "never raised", cycle);
        return FALLS_NOTHING;
    }
    check_moment(sb, true, cycle);
    consume_nmi(&sb->irq, cycle);
    ring_pop(&sb->board.nmi_claims);
    return FALLS_NMI;
}

static enum falls take_interrupt(struct scoreboard *sb, const struct board_record *ack,
                                 uint8_t *vector)
{
    *vector = (uint8_t)ack->value;
    check_moment(sb, false, ack->cycle);
    ring_pop(&sb->board.acknowledges);
    return FALLS_INTERRUPT;
}

/* Nothing was taken: was anything due? */
static void nothing_due(struct scoreboard *sb, const struct rec_retire *r)
{
    uint64_t b = sb->last_retire_cycle, due;

    if (!sb->began)
        return;
    if (nmi_seen(&sb->irq, b, b, &due) && can_take(sb, true))
        differ(sb, "nmi", "not taken", "an NMI due", r->cycle);
    else if (line_seen(&sb->irq, b, b, &due) && can_take(sb, false))
        differ(sb, "interrupt", "not taken", "an interrupt due", r->cycle);
}

/* Edges that no boundary to come can ask for. */
static void forget_edges(struct interrupts *irq, uint64_t before)
{
    unsigned drop = 0;

    while (drop + 1 < irq->edges && irq->edge[drop + 1].cycle + LINE_CYCLES <= before)
        drop++;
    for (unsigned i = drop; i < irq->edges && drop != 0; i++)
        irq->edge[i - drop] = irq->edge[i];
    irq->edges -= drop;
}

enum falls interrupts_fall(struct scoreboard *sb, const struct rec_retire *r, uint8_t *vector)
{
    const struct rec_stim *claim = ring_head(&sb->board.nmi_claims);
    const struct board_record *ack = ring_head(&sb->board.acknowledges);
    enum falls falls = FALLS_NOTHING;

    if (claim != NULL && claim->cycle < r->cycle)
        falls = take_nmi(sb, claim);
    else if (ack != NULL && ack->cycle < r->cycle)
        falls = take_interrupt(sb, ack, vector);
    else if (r->kind == RETIRE_INTERRUPT)
        differ(sb, "interrupt", "delivered", "never acknowledged", r->cycle);
    else if (r->kind == RETIRE_NMI)
        differ(sb, "nmi", "delivered", "never taken", r->cycle);
    else
        nothing_due(sb, r);
    forget_edges(&sb->irq, r->cycle);
    return falls;
}

void interrupts_wake(struct scoreboard *sb, uint64_t cycle)
{
    uint64_t b = sb->last_retire_cycle, due;

    if (!sb->model_halted || sb->board.acknowledges.count != 0 || sb->board.nmi_claims.count != 0)
        return;
    if (nmi_seen(&sb->irq, b, cycle, &due) && can_take(sb, true) && cycle > due + WAKE_CYCLES)
        differ(sb, "nmi", "still in HLT", "an NMI due", cycle);
    else if (line_seen(&sb->irq, b, cycle, &due) && can_take(sb, false) &&
             cycle > due + WAKE_CYCLES)
        differ(sb, "interrupt", "still in HLT", "an interrupt due", cycle);
}

void interrupts_finish(struct scoreboard *sb)
{
    const struct board_record *ack = ring_head(&sb->board.acknowledges);
    const struct rec_stim *claim = ring_head(&sb->board.nmi_claims);

    if (ack != NULL && ack->cycle < sb->last_retire_cycle)
        differ(sb, "interrupt", "acknowledged, never delivered", "delivered", ack->cycle);
    if (claim != NULL && claim->cycle < sb->last_retire_cycle)
        differ(sb, "nmi", "taken, never delivered", "delivered", claim->cycle);
}
