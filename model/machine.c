// SPDX-License-Identifier: Apache-2.0
// The golden machine alone; see the header. The processor runs in slices that end at the board's
// next timer event, when a device wants DMA, or when the guest ends the run.
#include "machine.h"

#include <stdlib.h>
#include <string.h>

#define SLICE_RETIREMENTS 4096
#define DMA_QUEUE         64
#define COMPLETIONS       8
#define TSC_WRITE_CYCLES  24                /* what WRMSR TSC takes longer than others */
#define IDLE_EVENTS       UINT64_C(4000000) /* that wake nobody: a hang */
#define MASKED_CYCLES     UINT64_C(200000)  /* in HLT with interrupts masked: a hang */

struct machine {
    const struct rw_model_ops *ops;
    struct rw_model *cpu;
    struct iommu *iommu;
    struct pc board;
    struct rw_mem mem;
    void *ctx;
    void (*console)(void *ctx, uint8_t byte);
    void (*walk)(void *ctx, const struct rec_walk *w);
    enum machine_idle (*idle)(void *ctx, uint64_t retirements, uint64_t cycles);
    struct device_dma queue[DMA_QUEUE];
    unsigned queue_head, queue_count;
    struct {
        uint16_t sid;
        bool error;
    } completion[COMPLETIONS]; /* of device-TLBs */
    unsigned completions;
    uint64_t sent;        /* when the outstanding invalidation went to a device-TLB */
    uint64_t now;         /* retirements as far as they are counted, and cycles slept */
    uint64_t counted;     /* retirements of the running slice in it */
    uint64_t halted_at;   /* when the processor last did something */
    uint64_t idle_events; /* of devices since then */
    bool exited, reset;
    bool record;
    uint32_t exit_status;
    struct machine_counts counts;
};

static void update_line(struct machine *m)
{
    m->ops->set_intr(m->cpu, pc_interrupt(&m->board) >= 0);
}

static bool in_iommu_window(uint64_t pa)
{
    return pa >= IOMMU_BASE && pa - IOMMU_BASE < IOMMU_BYTES;
}

/* A register access of more than 8 bytes reads all ones and writes nothing: docs/iommu.md. */
static void register_read(struct machine *m, const struct rw_access *a, uint8_t *data)
{
    uint64_t value = iommu_reg_read(m->iommu, (uint32_t)(a->pa - IOMMU_BASE), a->bytes);

    memset(data, 0xFF, a->bytes);
    memcpy(data, &value, a->bytes < sizeof(value) ? a->bytes : sizeof(value));
}

static void register_write(struct machine *m, const struct rw_access *a)
{
    uint64_t value = 0;

    memcpy(&value, a->data, a->bytes < sizeof(value) ? a->bytes : sizeof(value));
    iommu_reg_write(m->iommu, (uint32_t)(a->pa - IOMMU_BASE), a->bytes, value);
}

static struct pc_beat board_beat(const struct rw_access *a)
{
    return (struct pc_beat){.addr = a->pa,
                            .bytes = a->bytes,
                            .write = (a->flags & BUS_WRITE) != 0,
                            .io = (a->flags & BUS_IO) != 0,
                            .apic = a->src == BUS_APIC};
}

/* The time of the instruction that asks. Nothing is due on the board before its slice ends. */
static void catch_up(struct machine *m)
{
    uint64_t progress = m->ops->progress(m->cpu);

    m->now += progress - m->counted;
    m->counted = progress;
}

static void on_read(void *ctx, const struct rw_access *a, uint8_t *data)
{
    struct machine *m = ctx;
    struct pc_beat beat = board_beat(a);

    catch_up(m);
    if (!beat.io && in_iommu_window(a->pa)) {
        register_read(m, a, data);
        return;
    }
    pc_advance(&m->board, m->now);
    pc_beat_run(&m->board, &beat);
    update_line(m);
    memcpy(data, beat.data, a->bytes);
    m->ops->stop(m->cpu); /* a device may have something to do now */
}

static void on_write(void *ctx, const struct rw_access *a)
{
    struct machine *m = ctx;
    struct pc_beat beat = board_beat(a);

    catch_up(m);
    if (!beat.io && in_iommu_window(a->pa)) {
        register_write(m, a);
    } else {
        pc_advance(&m->board, m->now);
        memcpy(beat.data, a->data, a->bytes);
        pc_beat_run(&m->board, &beat);
    }
    update_line(m);
    if (beat.apic && (beat.addr & LAPIC_OFFSETS) == LAPIC_ADJUST)
        m->now += TSC_WRITE_CYCLES;
    /* A timer may have been started, a DMA asked for: let the slice end here. */
    m->ops->stop(m->cpu);
}

static uint64_t on_tsc(void *ctx, uint64_t adjust)
{
    struct machine *m = ctx;

    catch_up(m);
    m->ops->stop(m->cpu);
    return m->now + adjust;
}

static uint8_t on_inta(void *ctx)
{
    struct machine *m = ctx;
    uint8_t vector = pc_acknowledge(&m->board, pc_interrupt(&m->board));

    update_line(m);
    return vector;
}

/* What masters other than the processor reach: RAM and the devices. */
static void bus_read(struct machine *m, uint64_t pa, unsigned bytes, uint8_t *out)
{
    struct pc_beat beat = {.addr = pa, .bytes = bytes, .dma = true};

    if (rw_mem_is_ram(&m->mem, pa, bytes)) {
        memcpy(out, m->mem.ram + pa, bytes);
        return;
    }
    pc_beat_run(&m->board, &beat);
    memcpy(out, beat.data, bytes);
}

static void bus_write(struct machine *m, uint64_t pa, unsigned bytes, const uint8_t *data)
{
    struct pc_beat beat = {.addr = pa, .bytes = bytes, .write = true, .dma = true};

    if (rw_mem_is_ram(&m->mem, pa, bytes)) {
        if (!rw_mem_keeps(pa))
            return;
        memcpy(m->mem.ram + pa, data, bytes);
        m->ops->mem_changed(m->cpu, pa, bytes);
        return;
    }
    memcpy(beat.data, data, bytes);
    pc_beat_run(&m->board, &beat);
}

/* An event is a dword write like any other: only at 0xFEExxxxx, whatever stands in bits 63:40, is
 * it an interrupt. */
static void event_message(struct machine *m, uint64_t addr, uint32_t data)
{
    uint8_t bytes[4];

    if ((addr & UINT64_C(0xFFFFFFFFFF)) >> 20 == 0xFEE) {
        pc_message(&m->board, addr, data);
        return;
    }
    memcpy(bytes, &data, sizeof(bytes));
    bus_write(m, addr, sizeof(bytes), bytes);
}

static void on_message(void *ctx, uint64_t addr, uint32_t data)
{
    struct machine *m = ctx;

    event_message(m, addr, data);
    update_line(m);
}

static void on_iommu(void *ctx, const struct rec_iommu *r)
{
    struct machine *m = ctx;

    m->counts.fault_records += r->kind == IOMMU_FAULT_RECORD;
}

static void host_dma(void *ctx, const struct device_dma *req)
{
    struct machine *m = ctx;

    if (m->queue_count < DMA_QUEUE)
        m->queue[(m->queue_head + m->queue_count++) % DMA_QUEUE] = *req;
}

static void host_complete(void *ctx, uint16_t sid, bool error)
{
    struct machine *m = ctx;

    if (m->completions == COMPLETIONS)
        return;
    m->completion[m->completions].sid = sid;
    m->completion[m->completions++].error = error;
}

static void on_invalidate(void *ctx, const struct iommu_invalidate *i)
{
    struct machine *m = ctx;

    m->sent = m->now;
    pc_invalidate(&m->board, i->sid, i->addr, i->size);
}

static void host_console(void *ctx, uint8_t byte)
{
    struct machine *m = ctx;

    if (m->console != NULL)
        m->console(m->ctx, byte);
}

static void host_exit(void *ctx, uint32_t status)
{
    struct machine *m = ctx;

    m->exited = true;
    m->exit_status = status;
}

static void host_reset(void *ctx)
{
    ((struct machine *)ctx)->reset = true;
}

/* With these hooks the model takes no short way: each access is announced, each record made. */
static void ignore_access(void *ctx, const struct rw_access *a)
{
    (void)ctx;
    (void)a;
}

static void ignore_retire(void *ctx, const struct rec_retire *r)
{
    (void)ctx;
    (void)r;
}

static void ignore_sys(void *ctx, const struct rec_sys *s)
{
    (void)ctx;
    (void)s;
}

static void ignore_xlate(void *ctx, const struct rec_xlate *x)
{
    (void)ctx;
    (void)x;
}

static void on_walk(void *ctx, const struct rec_walk *w)
{
    struct machine *m = ctx;

    if (m->walk != NULL)
        m->walk(m->ctx, w);
}

static void record_everything(struct rw_env *env)
{
    env->before = ignore_access;
    env->retire = ignore_retire;
    env->sys = ignore_sys;
    env->xlate = ignore_xlate;
    env->walk = on_walk;
}

/* Processor and unit as a reset leaves them. */
static bool begin(struct machine *m, const struct rw_boot *boot)
{
    struct rw_model_config mc = {.mem = m->mem, .boot = *boot};
    struct rw_env env = {
        .ctx = m, .read = on_read, .write = on_write, .tsc = on_tsc, .inta = on_inta};
    struct iommu_env ienv = {
        .ctx = m, .iommu = on_iommu, .message = on_message, .invalidate = on_invalidate};
    struct iommu_config ic = iommu_config_of(&boot->vtd);

    if (m->walk != NULL)
        env.walk = on_walk;
    if (m->record)
        record_everything(&env);
    m->cpu = m->ops->create(&mc, &env);
    m->iommu = iommu_create(&ic, &ienv);
    return m->cpu != NULL && m->iommu != NULL;
}

static void finish(struct machine *m)
{
    if (m->cpu != NULL)
        m->ops->destroy(m->cpu);
    if (m->iommu != NULL)
        iommu_destroy(m->iommu);
    m->cpu = NULL;
    m->iommu = NULL;
}

struct machine *machine_create(const struct machine_config *config)
{
    struct machine *m = calloc(1, sizeof(*m));
    struct device_host host = {.ctx = m,
                               .dma = host_dma,
                               .complete = host_complete,
                               .console = host_console,
                               .guest_exit = host_exit,
                               .reset = host_reset};

    if (m == NULL)
        return NULL;
    m->ops = config->ops;
    m->mem = config->mem;
    m->ctx = config->ctx;
    m->console = config->console;
    m->walk = config->walk;
    m->idle = config->idle;
    m->record = config->record;
    pc_init(&m->board, &host, &config->board);
    if (!begin(m, &config->boot)) {
        machine_destroy(m);
        return NULL;
    }
    return m;
}

bool machine_restart(struct machine *m, const struct rw_boot *boot)
{
    finish(m);
    pc_restart(&m->board, m->now);
    m->queue_head = m->queue_count = 0;
    m->completions = 0;
    m->now = m->halted_at = m->idle_events = 0;
    m->reset = false;
    return begin(m, boot);
}

void machine_destroy(struct machine *m)
{
    finish(m);
    free(m);
}

static void dma_data(struct machine *m, const struct device_dma *d, uint64_t pa,
                     struct device_dma_done *done)
{
    if (d->write)
        bus_write(m, pa, d->len, d->data);
    else
        bus_read(m, pa, d->len, done->data);
}

static struct iommu_read unit_read(struct machine *m, const struct iommu_step *s)
{
    struct iommu_read read = {{UINT64_MAX, UINT64_MAX}, true}; /* its tables lie in RAM */

    if (!rw_mem_is_ram(&m->mem, s->addr, s->bytes))
        return read;
    read = (struct iommu_read){{0, 0}, false};
    memcpy(read.data, m->mem.ram + s->addr, s->bytes);
    return read;
}

/* What the unit asks for beside a request's data. */
static struct iommu_read unit_access(struct machine *m, const struct iommu_step *s)
{
    struct iommu_read read = {{0, 0}, false};

    switch (s->action) {
    case IOMMU_DO_READ:
        return unit_read(m, s);
    case IOMMU_DO_WRITE:
        bus_write(m, s->addr, s->bytes, (const uint8_t *)&s->data);
        break;
    case IOMMU_DO_MESSAGE:
        pc_message(&m->board, s->addr, s->data);
        break;
    case IOMMU_DO_EVENT:
        event_message(m, s->addr, s->data);
        break;
    case IOMMU_DO_ACCESS:
    case IOMMU_DO_DONE:
        break;
    }
    return read;
}

static void run_command(struct machine *m, struct iommu_command *c, struct iommu_step s)
{
    while (s.action != IOMMU_DO_DONE) {
        struct iommu_read read = unit_access(m, &s);

        s = iommu_queue_next(m->iommu, c, &read);
    }
}

static void run_completion(struct machine *m)
{
    struct iommu_command c;
    uint16_t sid = m->completion[0].sid;
    bool error = m->completion[0].error;

    m->completions--;
    memmove(m->completion, m->completion + 1, m->completions * sizeof(m->completion[0]));
    run_command(m, &c, iommu_complete(m->iommu, &c, sid, error));
}

/* Nobody has completed what was sent to a device-TLB, until when? */
static uint64_t time_out_at(const struct machine *m)
{
    return iommu_outstanding(m->iommu) ? m->sent + IOMMU_TIME_OUT_CYCLES : DEVICE_NEVER;
}

/* Every completion, a time-out, every descriptor that is due; a queue that is not stopped ends
 * where the tail is. */
static void run_queue(struct machine *m)
{
    struct iommu_command c;

    for (;;) {
        if (m->completions != 0)
            run_completion(m);
        else if (time_out_at(m) <= m->now)
            run_command(m, &c, iommu_time_out(m->iommu, &c));
        else if (iommu_queue_due(m->iommu))
            run_command(m, &c, iommu_queue_begin(m->iommu, &c));
        else
            return;
    }
}

static void run_dma(struct machine *m, const struct device_dma *d)
{
    struct rec_dma in = {
        .sid = d->sid, .iova = d->addr, .write = d->write, .len = d->len, .at = d->at};
    struct device_dma_done done = {.sid = d->sid, .tag = d->tag, .ok = true};
    struct iommu_request q;
    struct iommu_step s;

    memcpy(in.data, d->data, d->write ? d->len : 0);
    s = iommu_dma_begin(m->iommu, &q, &in);
    while (s.action != IOMMU_DO_DONE) {
        struct iommu_read read = unit_access(m, &s);

        if (s.action == IOMMU_DO_ACCESS)
            dma_data(m, d, q.out.pa, &done);
        s = iommu_dma_next(m->iommu, &q, &read);
    }
    if (q.out.status == DMA_COMPLETED)
        memcpy(done.data, q.out.data, sizeof(done.data));
    if (q.out.status == DMA_BLOCKED || q.out.status == DMA_REJECTED) {
        done.ok = false;
        memset(done.data, 0xFF, sizeof(done.data));
    }
    m->counts.dma++;
    pc_dma_done(&m->board, &done);
}

/* One request at a time, a retirement apart, as a device on a bus would; what the write of a
 * register made due in the queue is done before it. */
static void advance_board(struct machine *m)
{
    pc_advance(&m->board, m->now);
    run_queue(m);
    if (m->queue_count != 0) {
        struct device_dma d = m->queue[m->queue_head];

        m->queue_head = (m->queue_head + 1) % DMA_QUEUE;
        m->queue_count--;
        run_dma(m, &d);
    }
    update_line(m);
}

/* An NMI waits in the local APIC until the processor takes it. */
static void offer_nmi(struct machine *m)
{
    if (!m->board.lapic.nmi_pending || !m->ops->interruptible(m->cpu, true))
        return;
    m->board.lapic.nmi_pending = false;
    m->ops->interrupt(m->cpu, 2, true);
}

static uint64_t next_event(const struct machine *m)
{
    uint64_t board = pc_next_event(&m->board), unit = time_out_at(m);

    return board < unit ? board : unit;
}

static uint64_t slice_length(const struct machine *m, uint64_t left)
{
    uint64_t next = next_event(m);
    bool soon = m->queue_count != 0 || m->board.lapic.nmi_pending;
    uint64_t slice = soon ? 1 : SLICE_RETIREMENTS;

    if (next > m->now && next - m->now < slice)
        slice = next - m->now;
    return slice < left ? slice : left;
}

/* Something is there that wakes the processor now. */
static bool wakes(struct machine *m)
{
    if (m->board.lapic.nmi_pending && m->ops->interruptible(m->cpu, true))
        return true;
    return pc_interrupt(&m->board) >= 0 && m->ops->interruptible(m->cpu, false);
}

static enum machine_idle idle(const struct machine *m, uint64_t cycles)
{
    return m->idle == NULL ? MACHINE_IDLE_COUNTS : m->idle(m->ctx, m->counts.retirements, cycles);
}

/* HLT: time passes until something interrupts; MACHINE_HANG when nothing ever will. With interrupts
 * masked only an NMI could, and is not waited for long. */
static enum machine_end wait_for_event(struct machine *m)
{
    uint64_t next = next_event(m);
    bool masked = !m->ops->interruptible(m->cpu, false);

    if (wakes(m))
        return MACHINE_LIMIT;
    if (m->queue_count != 0) {
        m->now++;
        return MACHINE_LIMIT;
    }
    if (next == DEVICE_NEVER || (masked && next - m->halted_at > MASKED_CYCLES))
        return MACHINE_HANG;
    switch (idle(m, next > m->now ? next - m->now : 0)) {
    case MACHINE_IDLE_ENDS:
        return MACHINE_ENDED;
    case MACHINE_IDLE_COUNTS:
        if (m->idle_events++ >= IDLE_EVENTS)
            return MACHINE_HANG;
        break;
    case MACHINE_IDLE_WAITS:
        break;
    }
    m->now = next;
    return MACHINE_LIMIT;
}

enum machine_end machine_run(struct machine *m, uint64_t max_retirements)
{
    uint64_t total = 0;

    while (!m->exited && !m->reset && total < max_retirements) {
        uint64_t done = 0;
        enum rw_step end;

        advance_board(m);
        offer_nmi(m);
        end = m->ops->run(m->cpu, slice_length(m, max_retirements - total), &done);
        m->now += done - m->counted;
        m->counted = 0;
        total += done;
        m->counts.retirements += done;
        if (end == RW_STEP_SHUTDOWN)
            return MACHINE_SHUTDOWN;
        if (end != RW_STEP_HALTED || done != 0) {
            m->halted_at = m->now;
            m->idle_events = 0;
        }
        if (end == RW_STEP_HALTED && !m->exited && !m->reset) {
            enum machine_end waited = wait_for_event(m);

            if (waited != MACHINE_LIMIT)
                return waited;
        }
    }
    return m->exited ? MACHINE_EXIT : m->reset ? MACHINE_RESET : MACHINE_LIMIT;
}

bool machine_exit_status(const struct machine *m, uint32_t *status)
{
    *status = m->exit_status;
    return m->exited;
}

struct machine_counts machine_counts(const struct machine *m)
{
    return m->counts;
}

uint64_t machine_unclaimed(const struct machine *m)
{
    return m->board.unclaimed;
}

uint64_t machine_signals_ignored(const struct machine *m)
{
    return m->board.signals_ignored;
}

bool machine_wants_real_mode(const struct machine *m)
{
    return pc_wants_real_mode(&m->board);
}

void machine_state(const struct machine *m, struct rw_state *state)
{
    m->ops->get_state(m->cpu, state);
}

const struct mmu *machine_mmu(const struct machine *m)
{
    return m->ops->mmu(m->cpu);
}

const struct iommu *machine_iommu(const struct machine *m)
{
    return m->iommu;
}
