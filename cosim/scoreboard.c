// SPDX-License-Identifier: Apache-2.0
// The scoreboard: its life, the RTL's records as they arrive, and the step of a retirement.
// docs/lockstep.md.
#include "scoreboard.h"

#include <stdlib.h>
#include <string.h>

/* --- life --- */

static void on_iwalk(void *ctx, const struct rec_iwalk *r)
{
    struct scoreboard *sb = ctx;

    stream_model(sb, &sb->iwalk, r);
}

static void on_iommu(void *ctx, const struct rec_iommu *r)
{
    struct scoreboard *sb = ctx;

    stream_model(sb, &sb->iommu_records, r);
}

static void on_invalidate(void *ctx, const struct iommu_invalidate *i)
{
    struct scoreboard *sb = ctx;
    struct board_record r = {
        .kind = BOARD_INVALIDATE, .sid = i->sid, .addr = i->addr, .value = i->size};

    stream_model(sb, &sb->invalidations, &r);
}

static bool begin_lint(struct scoreboard *sb)
{
    struct rw_state state;

    if (!processor_is_judged(sb))
        return true;
    sb->stale = stale_create(&sb->mem, &sb->config.boot.cpuid);
    if (sb->stale == NULL)
        return false;
    sb->ops->get_state(sb->model, &state);
    stale_system(sb->stale, &state.sys);
    return true;
}

struct scoreboard *scoreboard_create(const struct scoreboard_config *config)
{
    struct scoreboard *sb = calloc(1, sizeof(*sb));
    struct rw_model_config mc = {.mem = config->mem, .boot = config->boot};
    struct iommu_config ic = iommu_config_of(&config->boot.vtd);

    if (sb == NULL)
        return NULL;
    sb->config = *config;
    struct rw_env env = processor_hooks(sb);
    struct iommu_env ienv = {sb, on_iwalk, on_iommu, order_message, on_invalidate};
    bool own = own_iommu_create(sb, &ienv);
    sb->ops = config->ops;
    sb->mem = config->mem;
    sb->log = config->log;
    watch_init(sb);
    stream_init(&sb->xlate, &type_xlate);
    stream_init(&sb->walk, &type_walk);
    stream_init(&sb->sys, &type_sys);
    stream_init(&sb->iwalk, &type_iwalk);
    stream_init(&sb->iommu_records, &type_iommu);
    stream_init(&sb->answers, &type_board);
    stream_init(&sb->invalidations, &type_board);
    ring_init(&sb->order, sizeof(struct order_event));
    ring_init(&sb->dma.messages, sizeof(struct rec_iommu));
    board_said_init(&sb->board);
    sb->model = sb->ops->create(&mc, &env);
    sb->iommu = iommu_create(&ic, &ienv);
    if (!own || sb->model == NULL || sb->iommu == NULL || !begin_lint(sb)) {
        scoreboard_destroy(sb);
        return NULL;
    }
    if (sb->own != NULL)
        own_iommu_offer(sb);
    return sb;
}

void scoreboard_destroy(struct scoreboard *sb)
{
    struct stream *streams[] = {&sb->xlate,         &sb->walk,    &sb->sys,          &sb->iwalk,
                                &sb->iommu_records, &sb->answers, &sb->invalidations};

    for (unsigned i = 0; i < sizeof(streams) / sizeof(streams[0]); i++)
        stream_free(streams[i]);
    ring_free(&sb->order);
    ring_free(&sb->dma.messages);
    board_said_free(&sb->board);
    if (sb->model != NULL)
        sb->ops->destroy(sb->model);
    if (sb->iommu != NULL)
        iommu_destroy(sb->iommu);
    stale_destroy(sb->stale);
    own_iommu_destroy(sb);
    free(sb);
}

/* --- the RTL's records --- */

static bool is_ram(const struct scoreboard *sb, const struct rec_bus *r)
{
    return !(r->flags & BUS_IO) && rw_mem_is_ram(&sb->mem, r->addr, 16);
}

void scoreboard_bus(struct scoreboard *sb, const struct rec_bus *r)
{
    bool processor = scoreboard_is_processor(r->src);
    bool unit = scoreboard_is_register(r->src, r->flags, r->addr);
    struct order_event *e;

    if (sb->diff.failed)
        return;
    sb->newest_seq = r->seq;
    locks_beat(sb, r, unit);
    if (unit || (!is_ram(sb, r) && r->src != BUS_IOMMU_WALK)) /* nobody else claims its walks */
        board_check_access(sb, r, unit);
    watch_processor(sb, r->cycle);
    if (r->src == BUS_FETCH) {
        locks_fetch(sb, r);
        return;
    }
    record_log_add(sb->log, &type_bus, false, r);
    if (!processor)
        watch_iommu(sb, r->cycle);
    e = ring_append(&sb->order);
    e->kind = ORDER_BUS;
    e->u.bus = *r;
    if (!processor)
        order_appended(sb);
}

void scoreboard_dma(struct scoreboard *sb, const struct rec_dma *r)
{
    struct order_event *e;

    if (sb->diff.failed)
        return;
    record_log_add(sb->log, &type_dma, false, r);
    watch_dma(sb, r);
    e = ring_append(&sb->order);
    e->kind = ORDER_DMA;
    e->u.dma = *r;
    order_appended(sb);
}

void scoreboard_walk(struct scoreboard *sb, const struct rec_walk *r)
{
    if (sb->diff.failed)
        return;
    if (sb->config.own_mmu) /* the model makes no walk to compare */
        record_log_add(sb->log, &type_walk, false, r);
    else
        stream_rtl(sb, &sb->walk, r);
}

void scoreboard_xlate(struct scoreboard *sb, const struct rec_xlate *r)
{
    if (sb->diff.failed)
        return;
    if (r->access == ACCESS_FETCH)
        sb->counts.fetch++;
    else
        sb->counts.data++;
    watch_processor(sb, r->cycle);
    locks_translation(sb, r);
    stream_rtl(sb, &sb->xlate, r);
}

void scoreboard_iwalk(struct scoreboard *sb, const struct rec_iwalk *r)
{
    if (!sb->diff.failed)
        stream_rtl(sb, &sb->iwalk, r);
}

/* At its place among the acks: behind the newest. */
static void append_unit(struct scoreboard *sb, const struct rec_iommu *r)
{
    struct order_event *e = ring_append(&sb->order);

    e->kind = ORDER_UNIT;
    e->u.unit.cycle = r->cycle;
    e->u.unit.seq = sb->newest_seq;
    e->u.unit.kind = r->kind;
    order_appended(sb);
}

/* VT-d "Device-TLB Invalidate": the type of the descriptor. */
static bool invalidates_device(const struct rec_iommu *r)
{
    return r->kind == IOMMU_DESCRIPTOR && (r->lo & 0xE0F) == 3;
}

void scoreboard_iommu(struct scoreboard *sb, const struct rec_iommu *r)
{
    if (sb->diff.failed)
        return;
    watch_iommu(sb, r->cycle);
    if (r->kind == IOMMU_TIME_OUT)
        watch_time_out(sb, r->cycle);
    if (invalidates_device(r))
        watch_sent(sb, r->cycle);
    if (r->kind == IOMMU_QUEUE_ERROR || r->kind == IOMMU_COMPLETION || r->kind == IOMMU_TIME_OUT)
        append_unit(sb, r);
    if (r->kind == IOMMU_REG_READ || r->kind == IOMMU_REG_WRITE)
        watch_register(sb, r->cycle);
    if (sb->board.fetched_registers != 0 && r->kind == IOMMU_REG_READ && r->size == 16) {
        sb->board.fetched_registers--; /* a line of code: the model takes its bytes as stimulus */
        return;
    }
    sb->counts.iommu_events++;
    stream_rtl(sb, &sb->iommu_records, r);
}

/* What the harness asked for is held against the model as it stands; the rest is a stream. */
void scoreboard_sys(struct scoreboard *sb, const struct rec_sys *r)
{
    struct rw_state state;

    if (sb->diff.failed)
        return;
    if (!r->asked) {
        stream_rtl(sb, &sb->sys, r);
        return;
    }
    record_log_add(sb->log, &type_sys, false, r);
    sb->ops->get_state(sb->model, &state);
    state.sys.asked = r->asked; /* never compared */
    record_log_show(sb->log, &type_sys, true, &state.sys);
    if (record_differs(&type_sys, r, &state.sys) != NULL)
        scoreboard_differ(sb, &type_sys, r, &state.sys);
}

/* --- a retirement --- */

/* seq orders an instruction's bytes among all writes: they are taken at the boundary behind the
 * retirement before, or later; an iteration of a string instruction keeps those it has. */
static void check_seq(struct scoreboard *sb, const struct rec_retire *r)
{
    bool iterates = (sb->rtl_retire.flags & RETIRE_REP_CONTINUES) != 0;
    uint64_t low = iterates ? sb->rtl_retire.seq : sb->acks_at_retire;

    if (r->seq < low || r->seq > sb->bus.acks)
        scoreboard_differ_text(sb, "retire", "seq", "not the acks before the last byte was taken",
                               "between the boundary and the retirement", r->cycle);
}

static void note_place(struct place *p, const struct rec_retire *r)
{
    p->cycle = r->cycle;
    p->seq = r->seq;
    p->rip = r->rip;
    memcpy(p->bytes, r->bytes, sizeof(p->bytes));
    p->len = r->len;
    p->kind = r->kind;
    p->mode = r->mode;
    p->flags = r->flags;
}

static void step_model(struct scoreboard *sb, const struct rec_retire *r, enum falls falls,
                       uint8_t vector)
{
    sb->retiring = r;
    sb->model_retired = false;
    difference_hold(&sb->diff);
    if (falls == FALLS_NOTHING)
        sb->ops->step(sb->model);
    else
        sb->ops->interrupt(sb->model, vector, falls == FALLS_NMI);
}

static void compare_retire(struct scoreboard *sb, const struct rec_retire *r)
{
    if (!sb->model_retired)
        scoreboard_differ(sb, &type_retire, r, NULL);
    else if (!sb->model_agrees)
        scoreboard_differ(sb, &type_retire, r, &sb->model_retire);
    difference_release(&sb->diff);
    if (sb->diff.failed)
        return;
    stream_model_empty(sb, &sb->walk);
    stream_model_empty(sb, &sb->xlate);
    stream_rtl_empty(sb, &sb->walk, r->cycle);
    stream_rtl_empty(sb, &sb->xlate, r->cycle);
}

static void count(struct scoreboard *sb, const struct rec_retire *r)
{
    sb->counts.retirements++;
    if ((r->kind == RETIRE_INSN || r->kind == RETIRE_SOFT_INT) &&
        !(r->flags & RETIRE_REP_CONTINUES))
        sb->counts.instructions++;
}

void scoreboard_retire(struct scoreboard *sb, const struct rec_retire *r)
{
    enum falls falls;
    uint8_t vector = 2;

    if (sb->diff.failed)
        return;
    record_log_add(sb->log, &type_retire, false, r);
    watch_processor(sb, r->cycle);
    /* The system state of the retirement before must have been said by both. */
    stream_model_empty(sb, &sb->sys);
    stream_rtl_empty(sb, &sb->sys, r->cycle);
    check_seq(sb, r);
    falls = interrupts_at(sb, r, &vector);
    note_place(&sb->rtl_retire, r);
    count(sb, r);
    if (sb->diff.failed)
        return;
    step_model(sb, r, falls, vector);
    compare_retire(sb, r);
    sb->began = true;
    sb->last_retire_cycle = r->cycle;
    sb->acks_at_retire = sb->bus.acks - (sb->bus.acks != 0 && sb->bus.last_ack_cycle == r->cycle);
    sb->model_halted = (r->flags & RETIRE_HLT) != 0;
    if (sb->model_halted)
        order_drain(sb, UINT64_MAX);
}

/* --- now and then, and at the end --- */

void scoreboard_window(struct scoreboard *sb, uint64_t cycle, uint64_t written, bool ram)
{
    if (sb->diff.failed)
        return;
    watch_check(sb, cycle);
    if (ram)
        memory_window(sb, written);
}

void scoreboard_finish(struct scoreboard *sb, uint64_t written)
{
    const struct stream *of_iommu[] = {&sb->iommu_records, &sb->iwalk, &sb->answers,
                                       &sb->invalidations};
    bool in_between;

    if (sb->diff.failed)
        return;
    order_drain(sb, UINT64_MAX);
    if (sb->own != NULL)
        own_iommu_finish(sb);
    /* The run may end within something. */
    in_between = sb->order.count != 0 || sb->dma.in_flight || sb->queue.in_flight ||
                 sb->dma.messages.count != 0;
    stream_model_empty(sb, &sb->sys);
    stream_rtl_empty(sb, &sb->sys, sb->last_retire_cycle);
    for (unsigned i = 0; i < sizeof(of_iommu) / sizeof(of_iommu[0]); i++) {
        if (!in_between)
            stream_model_empty(sb, of_iommu[i]);
        stream_rtl_empty(sb, of_iommu[i], in_between ? 0 : sb->last_retire_cycle);
    }
    board_finish(sb);
    interrupts_finish(sb);
    memory_whole(sb, written);
}
