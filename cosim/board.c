// SPDX-License-Identifier: Apache-2.0
// What the board said against what the RTL says of the same things, and the board's word as the
// model's stimulus. docs/lockstep.md "Stimuli".
#include <string.h>

#include "scoreboard.h"

void board_said_init(struct board_said *b)
{
    ring_init(&b->accesses, sizeof(struct board_record));
    ring_init(&b->dma, sizeof(struct board_record));
    ring_init(&b->completions, sizeof(struct board_record));
    ring_init(&b->acknowledges, sizeof(struct board_record));
    ring_init(&b->nmi_claims, sizeof(struct rec_stim));
    ring_init(&b->tsc, sizeof(struct rec_stim));
}

void board_said_free(struct board_said *b)
{
    ring_free(&b->accesses);
    ring_free(&b->dma);
    ring_free(&b->completions);
    ring_free(&b->acknowledges);
    ring_free(&b->nmi_claims);
    ring_free(&b->tsc);
}

/* The beat as the board saw it, in the form of the RTL's record. */
static struct rec_bus beat_seen(const struct board_record *b)
{
    struct rec_bus r = {.cycle = b->cycle, .src = b->src, .flags = b->flags};
    unsigned first = b->flags & BUS_IO ? 0 : (unsigned)(b->addr & 15);

    r.addr = b->addr - first;
    r.be = (uint16_t)(((UINT32_C(1) << b->len) - 1) << first);
    memcpy(r.data + first, b->data, b->len);
    return r;
}

static void note_fetch(struct scoreboard *sb, const struct board_record *seen)
{
    struct board_said *b = &sb->board;

    b->fetched[b->fetched_next] = *seen;
    b->fetched_next = (b->fetched_next + 1) % SCOREBOARD_FETCH_LINES;
}

/* Code in the IOMMU's own window: what the unit answers is all ones (docs/iommu.md). */
static void note_register_fetch(struct scoreboard *sb, const struct rec_bus *r)
{
    struct board_record line = {.addr = r->addr, .len = 16, .src = BUS_FETCH};

    memset(line.data, 0xFF, sizeof(line.data));
    if (memcmp(line.data, r->data, sizeof(line.data)) != 0)
        scoreboard_differ_text(sb, "bus", "data", "a register read as code", "all ones", r->cycle);
    note_fetch(sb, &line);
    sb->board.fetched_registers++;
}

void board_check_access(struct scoreboard *sb, const struct rec_bus *r, bool unit)
{
    struct board_said *b = &sb->board;
    const struct board_record *said = ring_head(&b->accesses);
    struct rec_bus mine, seen = *r;

    if (unit) {
        if (r->src == BUS_FETCH)
            note_register_fetch(sb, r);
        return;
    }
    if (said == NULL) {
        scoreboard_differ_text(sb, "bus", "record", "an access of a device",
                               "nothing reached the board", r->cycle);
        return;
    }
    mine = beat_seen(said);
    seen.flags &= (uint8_t)~BUS_LOCK;
    seen.core = 0; /* neither reaches the pins */
    if (said->cycle != r->cycle || record_differs(&type_bus, &seen, &mine) != NULL)
        scoreboard_differ(sb, &type_bus, &seen, &mine);
    if (r->src == BUS_FETCH)
        note_fetch(sb, said);
    /* The processor's own beats are answered to the model in this order (processor.c). */
    ring_pop(&b->accesses);
}

void board_read(struct scoreboard *sb, const struct rw_access *a, uint8_t *data)
{
    unsigned first = a->flags & BUS_IO ? 0 : (unsigned)(a->pa & 15);

    memcpy(data, sb->beat.data + first, a->bytes);
    sb->counts.stimuli[a->flags & BUS_IO ? STIM_PORT_READ : STIM_MMIO_READ]++;
}

void board_fetch(struct scoreboard *sb, const struct rw_access *a, uint8_t *data)
{
    const struct board_said *b = &sb->board;

    memset(data, 0, a->bytes);
    for (unsigned i = 1; i <= SCOREBOARD_FETCH_LINES; i++) {
        const struct board_record *line =
            &b->fetched[(b->fetched_next + SCOREBOARD_FETCH_LINES - i) % SCOREBOARD_FETCH_LINES];
        unsigned first = (unsigned)(a->pa & 15);

        if (line->len == 0 || line->addr != (a->pa & ~UINT64_C(15)))
            continue;
        memcpy(data, line->data + first, a->bytes < 16 - first ? a->bytes : 16 - first);
        sb->counts.stimuli[STIM_MMIO_READ]++;
        return;
    }
    scoreboard_differ_text(sb, "bus", "fetch", "not fetched", "fetched outside RAM",
                           sb->rtl_retire.cycle);
}

static struct rec_dma request_sent(const struct board_record *b)
{
    struct rec_dma d = {.cycle = b->cycle,
                        .iova = b->addr,
                        .sid = b->sid,
                        .len = b->len,
                        .tag = b->tag,
                        .at = b->at,
                        .write = (b->flags & BUS_WRITE) != 0};

    if (d.write)
        memcpy(d.data, b->data, sizeof(d.data));
    return d;
}

bool board_take_dma(struct scoreboard *sb, const struct rec_dma *rtl, struct rec_dma *out)
{
    const struct board_record *said = ring_head(&sb->board.dma);

    if (said == NULL) {
        scoreboard_differ(sb, &type_dma, rtl, NULL);
        return false;
    }
    *out = request_sent(said);
    out->seq = rtl->seq;
    ring_pop(&sb->board.dma);
    if (out->cycle != rtl->cycle)
        scoreboard_differ_text(sb, "dma", "cycle", "not that of the acceptance at the pins",
                               "the cycle of the handshake", rtl->cycle);
    else if (record_differs(&type_dma, rtl, out) != NULL)
        scoreboard_differ(sb, &type_dma, rtl, out);
    return !sb->diff.failed;
}

/* docs/iommu.md I104: so many cycles from acceptance to the record. */
#define COMPLETION_RECORD 3

bool board_take_completion(struct scoreboard *sb, uint64_t cycle, struct board_record *out)
{
    const struct board_record *said = ring_head(&sb->board.completions);

    if (said == NULL) {
        scoreboard_differ_text(sb, "iommu", "kind", "a completion is taken", "none at the pins",
                               cycle);
        return false;
    }
    *out = *said;
    ring_pop(&sb->board.completions);
    if (out->cycle + COMPLETION_RECORD != cycle)
        scoreboard_differ_text(sb, "iommu", "cycle", "not 3 cycles after the acceptance",
                               "3 cycles after the handshake", cycle);
    return !sb->diff.failed;
}

/* What the unit sent to a device-TLB. */
static void invalidated(struct scoreboard *sb, const struct board_record *r)
{
    struct board_record sent = {.cycle = r->cycle,
                                .kind = BOARD_INVALIDATE,
                                .sid = r->sid,
                                .addr = r->addr,
                                .value = r->value};

    sb->board.invalidated = r->cycle;
    watch_iommu(sb, r->cycle);
    stream_rtl(sb, &sb->invalidations, &sent);
}

/* What the unit answered at its port; the model's word for it comes from order.c. */
static void answered(struct scoreboard *sb, const struct board_record *r)
{
    struct board_record a = {.cycle = r->cycle, .kind = BOARD_ANSWER, .tag = r->tag, .ok = r->ok};

    memcpy(a.data, r->data, sizeof(a.data));
    watch_iommu(sb, r->cycle);
    stream_rtl(sb, &sb->answers, &a);
}

static void ticked(struct scoreboard *sb, const struct board_record *r)
{
    if (r->value != sb->bus.mem_acks)
        scoreboard_differ_text(sb, "bus", "record", "not one for each access at the pins",
                               "one for each", r->cycle);
}

static void acknowledged(struct scoreboard *sb, const struct board_record *r)
{
    ring_push(&sb->board.acknowledges, r);
    interrupts_wake(sb, r->cycle);
}

void scoreboard_board(struct scoreboard *sb, const struct board_record *r)
{
    if (sb->diff.failed)
        return;
    record_log_add(sb->log, &type_board, false, r);
    if (own_iommu_board(sb, r))
        return;
    switch ((enum board_kind)r->kind) {
    case BOARD_READ:
    case BOARD_WRITE:
        ring_push(&sb->board.accesses, r);
        break;
    case BOARD_OFFER:
        watch_offer(sb, &sb->watch.request, r->cycle);
        break;
    case BOARD_DMA:
        watch_accepted(sb, &sb->watch.request, r->cycle);
        ring_push(&sb->board.dma, r);
        break;
    case BOARD_CPL_OFFER:
        watch_offer(sb, &sb->watch.completion, r->cycle);
        break;
    case BOARD_COMPLETION:
        watch_accepted(sb, &sb->watch.completion, r->cycle);
        ring_push(&sb->board.completions, r);
        break;
    case BOARD_INVALIDATE:
        invalidated(sb, r);
        break;
    case BOARD_ANSWER:
        answered(sb, r);
        break;
    case BOARD_LINE:
        interrupts_line(sb, r->cycle, r->value != 0);
        break;
    case BOARD_NMI:
        interrupts_nmi(sb, r->cycle);
        break;
    case BOARD_ACKNOWLEDGE:
        acknowledged(sb, r);
        break;
    case BOARD_TICK:
        ticked(sb, r);
        break;
    case BOARD_RECORDED:
    case BOARD_DESCRIPTOR:
        scoreboard_differ_text(sb, "pins",
                               r->kind == BOARD_RECORDED ? "frcd_valid_o" : "desc_valid_o", "high",
                               "low: the unit has records", r->cycle);
        break;
    case BOARD_SKEW:
        scoreboard_differ_text(sb, "record", "cycle", "not the cycle of its emission",
                               "the cycle of its emission", r->cycle);
        break;
    }
}

/* The RTL's own word for what it was given. */
static void interrupt_claimed(struct scoreboard *sb, const struct rec_stim *r)
{
    const struct ring *acks = &sb->board.acknowledges;
    const struct board_record *ack = ring_newest(acks);

    if (ack == NULL || ack->cycle != r->cycle)
        scoreboard_differ_text(sb, "stim", "interrupt", "taken", "not acknowledged at the pins",
                               r->cycle);
    else if (ack->value != r->value)
        scoreboard_differ_text(sb, "stim", "interrupt", "another vector", "the vector given",
                               r->cycle);
}

/* docs/cpu.md S16: the model has retired what stands before, so its TSC_ADJUST is the one read. */
static void tsc_claimed(struct scoreboard *sb, const struct rec_stim *r)
{
    struct rw_state state;

    sb->ops->get_state(sb->model, &state);
    if (r->value - state.sys.tsc_adjust != r->cycle)
        scoreboard_differ_text(sb, "stim", "tsc", "not the cycle", "the cycle in which it is read",
                               r->cycle);
    ring_push(&sb->board.tsc, r);
}

void scoreboard_stim(struct scoreboard *sb, const struct rec_stim *r)
{
    if (sb->diff.failed)
        return;
    record_log_add(sb->log, &type_stim, false, r);
    if (r->kind < STIM_COUNT)
        sb->counts.stimuli[r->kind]++;
    if (r->kind == STIM_TSC)
        tsc_claimed(sb, r);
    else if (r->kind == STIM_NMI)
        ring_push(&sb->board.nmi_claims, r);
    else if (r->kind == STIM_INTERRUPT)
        interrupt_claimed(sb, r);
}

void board_finish(struct scoreboard *sb)
{
    const struct board_record *b = ring_head(&sb->board.accesses);
    const struct rec_stim *tsc = ring_head(&sb->board.tsc);

    if (b != NULL && b->cycle < sb->last_retire_cycle)
        scoreboard_differ_text(sb, "bus", "record", "none of an access that reached the board",
                               "one", b->cycle);
    b = ring_head(&sb->board.dma);
    if (b != NULL && b->cycle < sb->last_retire_cycle)
        scoreboard_differ_text(sb, "dma", "record", "none of a request that was accepted", "one",
                               b->cycle);
    b = ring_head(&sb->board.completions);
    if (b != NULL && b->cycle < sb->last_retire_cycle)
        scoreboard_differ_text(sb, "iommu", "record", "none of a completion that was accepted",
                               "one", b->cycle);
    if (tsc != NULL && tsc->cycle < sb->last_retire_cycle)
        scoreboard_differ_text(sb, "stim", "tsc", "read", "not read", tsc->cycle);
}
