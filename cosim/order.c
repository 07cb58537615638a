// SPDX-License-Identifier: Apache-2.0
// The golden IOMMU in the order of the bus: each of its reads and data accesses happens in the
// model's memory at the place that the RTL's access of the same kind had among all acks, so a DMA
// that races with the processor is exact. docs/lockstep.md "Order".
#include <string.h>

#include "scoreboard.h"

static uint16_t lanes(uint64_t addr, unsigned bytes)
{
    return (uint16_t)(((UINT32_C(1) << bytes) - 1) << (addr & 15));
}

struct rec_bus order_beat(uint8_t src, uint64_t addr, unsigned bytes, const void *written)
{
    struct rec_bus b = {.src = src, .addr = addr & ~UINT64_C(15), .be = lanes(addr, bytes)};

    if (written != NULL) {
        b.flags = BUS_WRITE;
        memcpy(b.data + (addr & 15), written, bytes);
    }
    return b;
}

static struct rec_bus expected_beat(const struct scoreboard *sb)
{
    const struct rec_dma *d = &sb->dma.accepted;
    const struct iommu_step *want = &sb->dma.want;

    if (want->action == IOMMU_DO_READ)
        return order_beat(BUS_IOMMU_WALK, want->addr, want->bytes, NULL);
    return order_beat(BUS_DMA, sb->dma.request.out.pa, d->len, d->write ? d->data : NULL);
}

/* Messages. One that a request sets off stands in the order of the bus, where the unit sends it;
 * one that a register write sets off is owed from then on, and sent before the unit takes the next
 * thing (docs/iommu.md "Registers and records"). */
void order_message(void *ctx, uint64_t addr, uint32_t data)
{
    struct scoreboard *sb = ctx;
    struct rec_iommu r = {.addr = addr, .lo = data, .kind = IOMMU_EVENT};

    record_log_add(sb->log, &type_iommu, true, &r);
    ring_push(&sb->dma.messages, &r);
}

void order_messages_sent(struct scoreboard *sb, const char *before)
{
    const struct rec_iommu *owed = ring_head(&sb->dma.messages);

    if (owed != NULL)
        scoreboard_differ_text(sb, "message", "order", "not sent", before, sb->rtl_retire.cycle);
}

static bool wants_message(const struct scoreboard *sb)
{
    return sb->dma.in_flight &&
           (sb->dma.want.action == IOMMU_DO_MESSAGE || sb->dma.want.action == IOMMU_DO_EVENT);
}

static void dma_accepted(struct scoreboard *sb, const struct rec_dma *rtl)
{
    struct rec_dma d;

    order_messages_sent(sb, "a request is accepted");
    queue_between(sb, "a request is accepted", rtl->cycle);
    if (iommu_queue_first(sb->iommu))
        scoreboard_differ_text(sb, "dma", "order", "a request is accepted",
                               "the due descriptor goes first", rtl->cycle);
    if (queue_time_is_out(sb, rtl->cycle))
        scoreboard_differ_text(sb, "dma", "order", "a request is accepted",
                               "the due time-out goes first", rtl->cycle);
    if (sb->dma.in_flight) {
        scoreboard_differ(sb, &type_dma, rtl, NULL);
        return;
    }
    if (!board_take_dma(sb, rtl, &d))
        return;
    sb->dma.in_flight = true;
    sb->dma.accepted = d;
    sb->counts.stimuli[STIM_DMA_PAYLOAD] += d.write;
    sb->dma.want = iommu_dma_begin(sb->iommu, &sb->dma.request, &d);
}

/* What the device must be told: whether, and what was read. */
static void expect_answer(struct scoreboard *sb, const struct rec_dma *mine)
{
    struct board_record a = {.kind = BOARD_ANSWER, .tag = mine->tag};

    a.ok = mine->status != DMA_BLOCKED && mine->status != DMA_REJECTED;
    if (!mine->write)
        memcpy(a.data, mine->data, mine->len);
    sb->watch.answer = sb->watch.iommu;
    stream_model(sb, &sb->answers, &a);
}

static void dma_done(struct scoreboard *sb, const struct rec_dma *d)
{
    struct rec_dma *mine = &sb->dma.request.out;

    sb->dma.in_flight = false;
    sb->counts.dma++;
    mine->phase = 1;
    mine->tag = sb->dma.accepted.tag;
    if (mine->write)
        memcpy(mine->data, sb->dma.accepted.data, mine->len);
    else if (mine->status == DMA_BLOCKED || mine->status == DMA_REJECTED)
        memset(mine->data, 0xFF, mine->len);
    record_log_add(sb->log, &type_dma, true, mine);
    if (sb->dma.want.action != IOMMU_DO_DONE)
        scoreboard_differ_text(sb, "dma", "phase", "done", "still translating", d->cycle);
    else if (record_differs(&type_dma, d, mine) != NULL)
        scoreboard_differ(sb, &type_dma, d, mine);
    else
        expect_answer(sb, mine);
}

struct iommu_read order_table_read(const struct scoreboard *sb, const struct iommu_step *want)
{
    struct iommu_read r = {.error = !rw_mem_is_ram(&sb->mem, want->addr, want->bytes)};

    if (r.error)
        memset(r.data, 0xFF, want->bytes);
    else
        memcpy(r.data, sb->mem.ram + want->addr, want->bytes);
    return r;
}

static void walk_read(struct scoreboard *sb)
{
    struct iommu_read r = order_table_read(sb, &sb->dma.want);

    sb->dma.want = iommu_dma_next(sb->iommu, &sb->dma.request, &r);
}

static void data_access(struct scoreboard *sb, const struct rec_bus *seen)
{
    const struct rec_dma *d = &sb->dma.accepted;
    uint64_t pa = sb->dma.request.out.pa;
    bool ram = rw_mem_is_ram(&sb->mem, pa, d->len);

    if (d->write && ram && rw_mem_keeps(pa)) {
        if (sb->stale != NULL)
            stale_store(sb->stale, pa, d->data, d->len,
                        (struct legality_writer){AUTHOR_DMA, d->sid, seen->cycle});
        memcpy(sb->mem.ram + pa, d->data, d->len);
        sb->ops->mem_changed(sb->model, pa, d->len);
    } else if (!d->write) {
        /* What a device answers is a stimulus; what RAM holds is not. */
        memcpy(sb->dma.request.out.data, ram ? sb->mem.ram + pa : seen->data + (pa & 15), d->len);
        sb->counts.stimuli[STIM_MMIO_READ] += !ram;
    }
    sb->dma.want = iommu_dma_next(sb->iommu, &sb->dma.request, NULL);
}

static void iommu_beat(struct scoreboard *sb, const struct rec_bus *b)
{
    struct rec_bus seen = *b, mine;

    if (!sb->dma.in_flight && queue_beat(sb, b))
        return;
    if (!sb->dma.in_flight ||
        (sb->dma.want.action != IOMMU_DO_READ && sb->dma.want.action != IOMMU_DO_ACCESS)) {
        scoreboard_differ(sb, &type_bus, b, NULL);
        return;
    }
    mine = expected_beat(sb);
    if (!(seen.flags & BUS_WRITE))
        memset(seen.data, 0, sizeof(seen.data));
    if (record_differs(&type_bus, &seen, &mine) != NULL) {
        scoreboard_differ(sb, &type_bus, &seen, &mine);
        return;
    }
    if (sb->dma.want.action == IOMMU_DO_READ)
        walk_read(sb);
    else
        data_access(sb, b);
}

/* The message that is due now, as a beat of the bus; false when none is. */
static bool message_due(struct scoreboard *sb, struct rec_bus *beat)
{
    const struct rec_iommu *owed = ring_head(&sb->dma.messages);
    uint64_t addr;
    uint32_t data;

    if (wants_message(sb)) {
        addr = sb->dma.want.addr;
        data = sb->dma.want.data;
    } else if (queue_wants_message(sb)) {
        addr = sb->queue.want.addr;
        data = sb->queue.want.data;
    } else if (owed != NULL) {
        addr = owed->addr;
        data = (uint32_t)owed->lo;
    } else {
        return false;
    }
    *beat = order_beat(BUS_MESSAGE, addr, sizeof(data), &data);
    return true;
}

void order_write4(struct scoreboard *sb, uint64_t pa, uint32_t data)
{
    if (!rw_mem_is_ram(&sb->mem, pa, 4) || !rw_mem_keeps(pa))
        return;
    if (sb->stale != NULL)
        stale_store(sb->stale, pa, &data, 4,
                    (struct legality_writer){AUTHOR_UNIT, 0, sb->watch.now});
    memcpy(sb->mem.ram + pa, &data, 4);
    sb->ops->mem_changed(sb->model, pa, 4);
}

/* A message whose address is RAM is a write like any other. */
static void message_lands(struct scoreboard *sb, const struct rec_bus *b)
{
    uint64_t pa = b->addr + (unsigned)__builtin_ctz(b->be);
    uint32_t data;

    memcpy(&data, b->data + (pa & 15), sizeof(data));
    order_write4(sb, pa, data);
}

static void message_beat(struct scoreboard *sb, const struct rec_bus *b)
{
    struct rec_bus mine;

    if (!message_due(sb, &mine)) {
        scoreboard_differ_text(sb, "message", "record", "sent", "none is due", b->cycle);
        return;
    }
    if (record_differs(&type_bus, b, &mine) != NULL) {
        scoreboard_differ(sb, &type_bus, b, &mine);
        return;
    }
    message_lands(sb, b);
    if (wants_message(sb))
        sb->dma.want = iommu_dma_next(sb->iommu, &sb->dma.request, NULL);
    else if (queue_wants_message(sb))
        queue_message_sent(sb);
    else
        ring_pop(&sb->dma.messages);
}

static uint64_t event_seq(const struct order_event *e)
{
    switch (e->kind) {
    case ORDER_BUS:
        return e->u.bus.seq;
    case ORDER_DMA:
        return e->u.dma.seq;
    case ORDER_UNIT:
        break;
    }
    return e->u.unit.seq;
}

/* While the processor waits in HLT nothing else consumes the order. */
void order_appended(struct scoreboard *sb)
{
    if (sb->model_halted)
        order_drain(sb, UINT64_MAX);
}

uint64_t order_event_cycle(const struct order_event *e)
{
    switch (e->kind) {
    case ORDER_BUS:
        return e->u.bus.cycle;
    case ORDER_DMA:
        return e->u.dma.cycle;
    case ORDER_UNIT:
        break;
    }
    return e->u.unit.cycle;
}

static void handle(struct scoreboard *sb, const struct order_event *e)
{
    if (own_iommu_handle(sb, e))
        return;
    if (e->kind == ORDER_DMA && e->u.dma.phase == 0)
        dma_accepted(sb, &e->u.dma);
    else if (e->kind == ORDER_DMA)
        dma_done(sb, &e->u.dma);
    else if (e->kind == ORDER_UNIT)
        queue_record(sb, e->u.unit.kind, e->u.unit.cycle);
    else if (e->u.bus.src == BUS_MESSAGE)
        message_beat(sb, &e->u.bus);
    else if (e->u.bus.src == BUS_WALK)
        own_mmu_beat(sb, &e->u.bus);
    else
        iommu_beat(sb, &e->u.bus);
}

/* The oldest event that is not the processor's; NULL: there is none, or the run has failed. */
static const struct order_event *next_event(const struct scoreboard *sb)
{
    const struct order_event *head = sb->diff.failed ? NULL : ring_head(&sb->order);

    return head != NULL && !order_is_processor(sb, head) ? head : NULL;
}

static void handle_next(struct scoreboard *sb)
{
    struct order_event e = *(const struct order_event *)ring_head(&sb->order);

    ring_pop(&sb->order);
    handle(sb, &e);
}

void order_handle(struct scoreboard *sb, uint64_t seq)
{
    const struct order_event *head;

    while ((head = next_event(sb)) != NULL && event_seq(head) < seq)
        handle_next(sb);
}

void order_until(struct scoreboard *sb, uint64_t cycle)
{
    const struct order_event *head;

    while ((head = next_event(sb)) != NULL && order_event_cycle(head) <= cycle)
        handle_next(sb);
}
