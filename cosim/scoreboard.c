// SPDX-License-Identifier: Apache-2.0
// The scoreboard: streams, and the processor's side of the comparison. docs/lockstep.md.
#include "scoreboard.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An interrupt line that has been high this long before a boundary must be taken there. */
#define INTERRUPT_SLACK_CYCLES 16

static const struct record_type *const message_type = &type_iommu;

/* --- the first difference --- */

static void fail(struct scoreboard *sb)
{
    sb->failed = true;
    if (sb->stop != NULL)
        sb->stop(sb->stop_ctx);
}

void scoreboard_differ_text(struct scoreboard *sb, const char *stream, const char *field,
                            const char *rtl, const char *model, uint64_t cycle)
{
    struct mismatch *m = &sb->first;

    if (sb->failed || (sb->suspect && strcmp(stream, "xlate") != 0))
        return;
    snprintf(m->stream, sizeof(m->stream), "%s", stream);
    snprintf(m->field, sizeof(m->field), "%s", field);
    snprintf(m->rtl, sizeof(m->rtl), "%s", rtl);
    snprintf(m->model, sizeof(m->model), "%s", model);
    m->cycle = cycle;
    m->rip = sb->rtl_retire.rip;
    m->len = sb->rtl_retire.len;
    m->mode = sb->rtl_retire.mode;
    memcpy(m->bytes, sb->rtl_retire.bytes, sizeof(m->bytes));
    /* A translation that differs shows first in what it makes the bus do; its own record, which
     * comes at its end, says what it is. So the step goes on to the next translation. */
    if (sb->stepping && strcmp(stream, "xlate") != 0)
        sb->suspect = true;
    else
        fail(sb);
}

static void value_text(char out[MISMATCH_TEXT], const void *record, const struct record_field *f)
{
    const uint8_t *at = (const uint8_t *)record + f->offset;

    if (f->size <= 8) {
        snprintf(out, MISMATCH_TEXT, "0x%" PRIx64, record_value(record, f));
        return;
    }
    for (unsigned i = 0; i < f->size && 2 * i + 2 < MISMATCH_TEXT; i++)
        snprintf(out + 2 * i, MISMATCH_TEXT - 2 * i, "%02x", at[i]);
}

/* One line that stands for a whole record where the other side has none. */
static void record_text(char out[MISMATCH_TEXT], const struct record_type *t, const void *record)
{
    size_t used = 0;

    out[0] = 0;
    for (uint16_t i = 0; i < t->count && used + 24 < MISMATCH_TEXT; i++) {
        const struct record_field *f = &t->fields[i];

        if (f->compared && f->size <= 8 && record_value(record, f) != 0)
            used += (size_t)snprintf(out + used, MISMATCH_TEXT - used, "%s%s=%" PRIx64,
                                     used == 0 ? "" : " ", f->name, record_value(record, f));
    }
}

static void note_source_id(struct scoreboard *sb, const struct record_type *t)
{
    if (t == &type_dma || t == &type_iwalk) {
        sb->first.has_source_id = true;
        sb->first.source_id = sb->dma_accepted.sid;
    }
}

void scoreboard_differ(struct scoreboard *sb, const struct record_type *t, const void *rtl,
                       const void *model)
{
    char r[MISMATCH_TEXT] = "no record", m[MISMATCH_TEXT] = "no record";
    const struct record_field *f;
    const char *field = "record";
    uint64_t cycle;

    if (sb->failed || (sb->suspect && t != &type_xlate))
        return;
    /* Beats and retirements that agree are logged once, as the RTL's. */
    if (model != NULL && (t == &type_bus || t == &type_retire))
        record_log_add(sb->log, t, true, model);
    cycle = rtl != NULL ? record_value(rtl, &t->fields[0]) : sb->rtl_retire.cycle;
    if (rtl != NULL && model != NULL) {
        f = record_differs(t, rtl, model);
        field = f->name;
        value_text(r, rtl, f);
        value_text(m, model, f);
    } else if (rtl != NULL) {
        record_text(r, t, rtl);
    } else {
        record_text(m, t, model);
    }
    note_source_id(sb, t);
    scoreboard_differ_text(sb, t->stream, field, r, m, cycle);
}

/* --- streams --- */

static void stream_init(struct stream *s, const struct record_type *t)
{
    s->type = t;
    ring_init(&s->rtl, t->size);
    ring_init(&s->model, t->size);
}

static void stream_free(struct stream *s)
{
    ring_free(&s->rtl);
    ring_free(&s->model);
}

static void stream_compare(struct scoreboard *sb, struct stream *s)
{
    while (!sb->failed && !(sb->suspect && s != &sb->xlate) && s->rtl.count != 0 &&
           s->model.count != 0) {
        const void *rtl = ring_head(&s->rtl), *model = ring_head(&s->model);

        if (record_differs(s->type, rtl, model) != NULL) {
            scoreboard_differ(sb, s->type, rtl, model);
            return;
        }
        ring_pop(&s->rtl);
        ring_pop(&s->model);
    }
}

void stream_rtl(struct scoreboard *sb, struct stream *s, const void *record)
{
    record_log_add(sb->log, s->type, false, record);
    ring_push(&s->rtl, record);
    stream_compare(sb, s);
}

void stream_model(struct scoreboard *sb, struct stream *s, const void *record)
{
    if (sb->failed) /* the log ends with what differed */
        return;
    record_log_add(sb->log, s->type, true, record);
    ring_push(&s->model, record);
    stream_compare(sb, s);
}

/* The RTL must have said by now what the model said. */
static void stream_model_empty(struct scoreboard *sb, const struct stream *s)
{
    if (s->model.count != 0)
        scoreboard_differ(sb, s->type, NULL, ring_head(&s->model));
}

/* The RTL may not have said anything before `cycle` that the model did not. */
static void stream_rtl_empty(struct scoreboard *sb, const struct stream *s, uint64_t cycle)
{
    const void *head = ring_head(&s->rtl);

    if (head != NULL && record_value(head, &s->type->fields[0]) < cycle)
        scoreboard_differ(sb, s->type, head, NULL);
}

/* --- the model's hooks --- */

static struct rec_bus beat_of(const struct rw_access *a)
{
    struct rec_bus r = {.src = a->src, .flags = a->flags};
    unsigned first = (a->flags & BUS_IO) ? 0 : (unsigned)(a->pa & 15);

    r.addr = a->pa - first;
    r.be = (uint16_t)(((UINT32_C(1) << a->bytes) - 1) << first);
    if (a->flags & BUS_WRITE)
        memcpy(r.data + first, a->data, a->bytes);
    return r;
}

/* Bring memory to the moment of the RTL's access and hold the two accesses against each other. */
static void on_before(void *ctx, const struct rw_access *a)
{
    struct scoreboard *sb = ctx;
    struct order_event *e;
    struct rec_bus mine, seen;

    if (sb->failed || sb->suspect)
        return;
    if (a->src == BUS_FETCH) {
        order_drain(sb, sb->rtl_retire.seq);
        return;
    }
    order_drain(sb, UINT64_MAX);
    mine = beat_of(a);
    e = ring_head(&sb->order);
    if (e == NULL) {
        scoreboard_differ(sb, &type_bus, NULL, &mine);
        return;
    }
    sb->beat = e->u.bus;
    ring_pop(&sb->order);
    seen = sb->beat;
    if (!(seen.flags & BUS_WRITE))
        memset(seen.data, 0, sizeof(seen.data));
    else /* which write ends a lock is the bus's affair (bus_pkg.sv); that it began is compared */
        seen.flags = (uint8_t)((seen.flags & ~BUS_LOCK) | (mine.flags & BUS_LOCK));
    if (record_differs(&type_bus, &seen, &mine) != NULL)
        scoreboard_differ(sb, &type_bus, &seen, &mine);
}

static bool in_iommu_window(const struct rw_access *a)
{
    return !(a->flags & BUS_IO) && a->pa >= IOMMU_BASE && a->pa - IOMMU_BASE < IOMMU_BYTES;
}

/* Code outside RAM: the newest line that the RTL had fetched from there. */
static void fetched_bytes(struct scoreboard *sb, const struct rw_access *a, uint8_t *data)
{
    memset(data, 0, a->bytes);
    for (unsigned i = 1; i <= SCOREBOARD_FETCH_LINES; i++) {
        const struct rec_bus *b =
            &sb->fetched[(sb->fetched_next + SCOREBOARD_FETCH_LINES - i) % SCOREBOARD_FETCH_LINES];

        if (b->be == 0 || b->addr != (a->pa & ~UINT64_C(15)))
            continue;
        memcpy(data, b->data + (a->pa & 15), a->bytes);
        sb->counts.stimuli[STIM_MMIO_READ]++;
        return;
    }
    scoreboard_differ_text(sb, "bus", "fetch", "not fetched", "fetched outside RAM",
                           sb->rtl_retire.cycle);
}

/* The unit takes one request or one register access at a time (docs/iommu.md). */
static void check_one_at_a_time(struct scoreboard *sb)
{
    if (sb->dma_in_flight)
        scoreboard_differ_text(sb, "iommu", "order", "register access acknowledged",
                               "a request in flight", sb->beat.cycle);
}

static void on_read(void *ctx, const struct rw_access *a, uint8_t *data)
{
    struct scoreboard *sb = ctx;
    bool io = (a->flags & BUS_IO) != 0;
    uint64_t value;

    if (a->src == BUS_FETCH) {
        fetched_bytes(sb, a, data);
        return;
    }
    if (in_iommu_window(a)) {
        check_one_at_a_time(sb);
        value = iommu_reg_read(sb->iommu, (uint32_t)(a->pa - IOMMU_BASE), a->bytes);
        memset(data, 0xFF, a->bytes);
        memcpy(data, &value, a->bytes < 8 ? a->bytes : 8);
        return;
    }
    memcpy(data, sb->beat.data + (io ? 0 : a->pa & 15), a->bytes);
    sb->counts.stimuli[io ? STIM_PORT_READ : STIM_MMIO_READ]++;
}

static void on_write(void *ctx, const struct rw_access *a)
{
    struct scoreboard *sb = ctx;
    uint64_t value = 0;

    if (in_iommu_window(a)) {
        check_one_at_a_time(sb);
        memcpy(&value, a->data, a->bytes < 8 ? a->bytes : 8);
        iommu_reg_write(sb->iommu, (uint32_t)(a->pa - IOMMU_BASE), a->bytes, value);
    }
}

static uint64_t on_tsc(void *ctx)
{
    struct scoreboard *sb = ctx;
    struct rec_stim *s = ring_head(&sb->tsc);
    uint64_t value;

    if (s == NULL) {
        scoreboard_differ_text(sb, "stim", "tsc", "not read", "read", sb->rtl_retire.cycle);
        return 0;
    }
    value = s->value;
    if (value < sb->last_retire_cycle || value > sb->rtl_retire.cycle)
        scoreboard_differ_text(sb, "stim", "tsc", "outside the instruction's cycles",
                               "between two retirements", s->cycle);
    ring_pop(&sb->tsc);
    return value;
}

static void on_retire(void *ctx, const struct rec_retire *r)
{
    struct scoreboard *sb = ctx;

    sb->model_retire = *r;
    sb->model_retired = true;
}

static void on_sys(void *ctx, const struct rec_sys *s)
{
    struct scoreboard *sb = ctx;

    stream_model(sb, &sb->sys, s);
}

static void on_xlate(void *ctx, const struct rec_xlate *x)
{
    struct scoreboard *sb = ctx;

    stream_model(sb, &sb->xlate, x);
}

static void on_walk(void *ctx, const struct rec_walk *w)
{
    struct scoreboard *sb = ctx;

    stream_model(sb, &sb->walk, w);
}

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

static void on_message(void *ctx, uint64_t addr, uint32_t data)
{
    struct scoreboard *sb = ctx;
    struct rec_iommu r = {.addr = addr, .lo = data, .kind = IOMMU_EVENT};

    stream_model(sb, &sb->message, &r);
}

/* --- life --- */

struct scoreboard *scoreboard_create(const struct scoreboard_config *config)
{
    struct scoreboard *sb = calloc(1, sizeof(*sb));
    struct rw_model_config mc = {.mem = config->mem, .boot = config->boot};
    struct iommu_config ic = iommu_default_config();

    if (sb == NULL)
        return NULL;
    struct rw_env env = {.ctx = sb,
                         .before = on_before,
                         .read = on_read,
                         .write = on_write,
                         .tsc = on_tsc,
                         .retire = on_retire,
                         .sys = on_sys,
                         .xlate = on_xlate,
                         .walk = on_walk};
    struct iommu_env ienv = {sb, on_iwalk, on_iommu, on_message};
    sb->ops = config->ops;
    sb->mem = config->mem;
    sb->log = config->log;
    stream_init(&sb->xlate, &type_xlate);
    stream_init(&sb->walk, &type_walk);
    stream_init(&sb->sys, &type_sys);
    stream_init(&sb->iwalk, &type_iwalk);
    stream_init(&sb->iommu_records, &type_iommu);
    stream_init(&sb->message, message_type);
    ring_init(&sb->order, sizeof(struct order_event));
    ring_init(&sb->tsc, sizeof(struct rec_stim));
    ring_init(&sb->inta, sizeof(struct rec_stim));
    sb->model = sb->ops->create(&mc, &env);
    sb->iommu = iommu_create(&ic, &ienv);
    if (sb->model == NULL || sb->iommu == NULL) {
        scoreboard_destroy(sb);
        return NULL;
    }
    return sb;
}

void scoreboard_destroy(struct scoreboard *sb)
{
    struct stream *streams[] = {&sb->xlate, &sb->walk,          &sb->sys,
                                &sb->iwalk, &sb->iommu_records, &sb->message};

    for (unsigned i = 0; i < sizeof(streams) / sizeof(streams[0]); i++)
        stream_free(streams[i]);
    ring_free(&sb->order);
    ring_free(&sb->tsc);
    ring_free(&sb->inta);
    if (sb->model != NULL)
        sb->ops->destroy(sb->model);
    if (sb->iommu != NULL)
        iommu_destroy(sb->iommu);
    free(sb);
}

/* --- the RTL's records --- */

static bool is_processor(uint8_t src)
{
    return src == BUS_WALK || src == BUS_DATA || src == BUS_APIC;
}

/* While the processor waits in HLT nothing else consumes the order. */
static void order_push(struct scoreboard *sb, const struct order_event *e)
{
    ring_push(&sb->order, e);
    if (sb->model_halted)
        order_drain(sb, UINT64_MAX);
}

static void note_fetch(struct scoreboard *sb, const struct rec_bus *r)
{
    if (rw_mem_is_ram(&sb->mem, r->addr, 16))
        return;
    sb->fetched[sb->fetched_next] = *r;
    sb->fetched_next = (sb->fetched_next + 1) % SCOREBOARD_FETCH_LINES;
    if (r->addr >= IOMMU_BASE && r->addr - IOMMU_BASE < IOMMU_BYTES)
        sb->fetched_registers++;
}

/* From a locked access to the processor's next one without, no other master has the bus. An access
 * to the IOMMU's registers takes no lock (bus.sv). */
static void check_lock(struct scoreboard *sb, const struct rec_bus *r)
{
    if (is_processor(r->src))
        sb->bus_locked =
            (r->flags & BUS_LOCK) && !(r->addr >= IOMMU_BASE && r->addr - IOMMU_BASE < IOMMU_BYTES);
    else if (sb->bus_locked && r->src != BUS_FETCH)
        scoreboard_differ_text(sb, "bus", "lock", "another master's access",
                               "locked by the processor", r->cycle);
}

void scoreboard_bus(struct scoreboard *sb, const struct rec_bus *r)
{
    struct order_event e = {.kind = ORDER_BUS, .u.bus = *r};

    if (sb->failed)
        return;
    if (r->src == BUS_FETCH) {
        note_fetch(sb, r);
        return;
    }
    record_log_add(sb->log, &type_bus, false, r);
    check_lock(sb, r);
    if (is_processor(r->src))
        ring_push(&sb->order, &e);
    else
        order_push(sb, &e);
}

void scoreboard_dma(struct scoreboard *sb, const struct rec_dma *r)
{
    struct order_event e = {.kind = ORDER_DMA, .u.dma = *r};

    if (sb->failed)
        return;
    record_log_add(sb->log, &type_dma, false, r);
    order_push(sb, &e);
}

void scoreboard_walk(struct scoreboard *sb, const struct rec_walk *r)
{
    if (!sb->failed)
        stream_rtl(sb, &sb->walk, r);
}

void scoreboard_xlate(struct scoreboard *sb, const struct rec_xlate *r)
{
    if (sb->failed)
        return;
    if (r->access == ACCESS_FETCH)
        sb->counts.fetch++;
    else
        sb->counts.data++;
    stream_rtl(sb, &sb->xlate, r);
}

void scoreboard_iwalk(struct scoreboard *sb, const struct rec_iwalk *r)
{
    if (!sb->failed)
        stream_rtl(sb, &sb->iwalk, r);
}

void scoreboard_iommu(struct scoreboard *sb, const struct rec_iommu *r)
{
    if (sb->failed)
        return;
    if (sb->fetched_registers != 0 && r->kind == IOMMU_REG_READ && r->size == 16) {
        sb->fetched_registers--; /* a line of code: the model takes its bytes as stimulus */
        return;
    }
    sb->counts.iommu_events++;
    stream_rtl(sb, &sb->iommu_records, r);
}

void scoreboard_stim(struct scoreboard *sb, const struct rec_stim *r)
{
    if (sb->failed)
        return;
    record_log_add(sb->log, &type_stim, false, r);
    if (r->kind < STIM_COUNT)
        sb->counts.stimuli[r->kind]++;
    if (r->kind == STIM_TSC)
        ring_push(&sb->tsc, r);
}

void scoreboard_sys(struct scoreboard *sb, const struct rec_sys *r)
{
    if (!sb->failed)
        stream_rtl(sb, &sb->sys, r);
}

void scoreboard_inta(struct scoreboard *sb, uint64_t cycle, uint8_t vector)
{
    struct rec_stim s = {.cycle = cycle, .value = vector, .kind = STIM_INTERRUPT};

    ring_push(&sb->inta, &s);
}

void scoreboard_intr_line(struct scoreboard *sb, uint64_t cycle, bool line)
{
    sb->line = line;
    if (line)
        sb->line_since = cycle;
    else
        sb->line_until = cycle;
}

void scoreboard_nmi(struct scoreboard *sb)
{
    sb->nmi_raised = true;
}

/* The RTL says that it delivered an interrupt: possible, and with the vector that was offered? */
static void deliver_interrupt(struct scoreboard *sb, const struct rec_retire *r)
{
    bool nmi = r->kind == RETIRE_NMI;
    struct rec_stim *given = ring_head(&sb->inta);
    uint8_t vector = 2;

    if (!sb->ops->interruptible(sb->model, nmi)) {
        scoreboard_differ_text(sb, "retire", "kind", "interrupt delivered", "not interruptible",
                               r->cycle);
        return;
    }
    if (nmi) {
        if (!sb->nmi_raised) {
            scoreboard_differ_text(sb, "stim", "nmi", "delivered", "never raised", r->cycle);
            return;
        }
        sb->nmi_raised = false;
    } else {
        if (given == NULL) {
            scoreboard_differ_text(sb, "stim", "interrupt", "delivered", "never acknowledged",
                                   r->cycle);
            return;
        }
        vector = (uint8_t)given->value;
        ring_pop(&sb->inta);
    }
    sb->ops->interrupt(sb->model, vector, nmi);
}

/* At the boundary before this retirement. The line may have fallen since, as it does when the RTL
 * takes the interrupt an instruction late. */
static bool interrupt_was_due(const struct scoreboard *sb, const struct rec_retire *r)
{
    bool high = sb->line || sb->line_until > sb->last_retire_cycle;

    return (r->kind == RETIRE_INSN || r->kind == RETIRE_SOFT_INT) && high &&
           sb->line_since + INTERRUPT_SLACK_CYCLES <= sb->last_retire_cycle &&
           sb->ops->interruptible(sb->model, false);
}

static void step_model(struct scoreboard *sb, const struct rec_retire *r)
{
    sb->model_retired = false;
    sb->stepping = true;
    if (r->kind == RETIRE_INTERRUPT || r->kind == RETIRE_NMI) {
        deliver_interrupt(sb, r);
    } else if (interrupt_was_due(sb, r)) {
        scoreboard_differ_text(sb, "retire", "kind", "interrupt not taken", "interrupt due",
                               r->cycle);
    } else {
        sb->ops->step(sb->model);
    }
    sb->stepping = false;
    if (sb->suspect && !sb->failed)
        fail(sb);
}

static void compare_retire(struct scoreboard *sb, const struct rec_retire *r)
{
    if (sb->failed)
        return;
    if (!sb->model_retired)
        scoreboard_differ(sb, &type_retire, r, NULL);
    else if (record_differs(&type_retire, r, &sb->model_retire) != NULL)
        scoreboard_differ(sb, &type_retire, r, &sb->model_retire);
    stream_model_empty(sb, &sb->walk);
    stream_model_empty(sb, &sb->xlate);
    stream_rtl_empty(sb, &sb->walk, r->cycle);
    stream_rtl_empty(sb, &sb->xlate, r->cycle);
}

void scoreboard_retire(struct scoreboard *sb, const struct rec_retire *r)
{
    if (sb->failed)
        return;
    record_log_add(sb->log, &type_retire, false, r);
    /* The system state of the retirement before must have been said by both. */
    stream_model_empty(sb, &sb->sys);
    stream_rtl_empty(sb, &sb->sys, r->cycle);
    sb->rtl_retire = *r;
    sb->counts.retirements++;
    if ((r->kind == RETIRE_INSN || r->kind == RETIRE_SOFT_INT) &&
        !(r->flags & RETIRE_REP_CONTINUES))
        sb->counts.instructions++;
    if (sb->failed)
        return;
    step_model(sb, r);
    compare_retire(sb, r);
    sb->model_halted = (sb->model_retire.flags & RETIRE_HLT) != 0;
    if (sb->model_halted)
        order_drain(sb, UINT64_MAX);
    sb->last_retire_cycle = r->cycle;
}

void scoreboard_finish(struct scoreboard *sb)
{
    const struct stream *of_iommu[] = {&sb->iommu_records, &sb->iwalk, &sb->message};
    bool in_between;

    if (sb->failed)
        return;
    order_drain(sb, UINT64_MAX);
    in_between = sb->order.count != 0 || sb->dma_in_flight; /* the run ended within something */
    stream_model_empty(sb, &sb->sys);
    stream_rtl_empty(sb, &sb->sys, sb->last_retire_cycle);
    for (unsigned i = 0; i < sizeof(of_iommu) / sizeof(of_iommu[0]); i++) {
        stream_model_empty(sb, of_iommu[i]);
        stream_rtl_empty(sb, of_iommu[i], in_between ? 0 : sb->last_retire_cycle);
    }
}
