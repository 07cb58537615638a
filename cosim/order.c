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

static struct rec_bus expected_beat(const struct scoreboard *sb)
{
    const struct rec_dma *d = &sb->dma_accepted;
    struct rec_bus b = {0};

    if (sb->want.action == IOMMU_DO_READ) {
        b.src = BUS_IOMMU_WALK;
        b.addr = sb->want.addr & ~UINT64_C(15);
        b.be = lanes(sb->want.addr, sb->want.bytes);
        return b;
    }
    b.src = BUS_DMA;
    b.flags = d->write ? BUS_WRITE : 0;
    b.addr = sb->request.out.pa & ~UINT64_C(15);
    b.be = lanes(sb->request.out.pa, d->len);
    if (d->write)
        memcpy(b.data + (sb->request.out.pa & 15), d->data, d->len);
    return b;
}

static void push_message(struct scoreboard *sb, uint64_t addr, uint32_t data)
{
    struct rec_iommu r = {.addr = addr, .lo = data, .kind = IOMMU_EVENT};

    stream_model(sb, &sb->message, &r);
}

/* Messages are compared as a stream of their own, so the model runs past them. */
static void pass_messages(struct scoreboard *sb)
{
    uint32_t data;

    for (;;) {
        if (sb->want.action == IOMMU_DO_MESSAGE) {
            memcpy(&data, sb->dma_accepted.data, sizeof(data));
            push_message(sb, sb->dma_accepted.iova, data);
        } else if (sb->want.action == IOMMU_DO_EVENT) {
            push_message(sb, sb->want.addr, sb->want.data);
        } else {
            return;
        }
        sb->want = iommu_dma_next(sb->iommu, &sb->request, NULL);
    }
}

static void dma_accepted(struct scoreboard *sb, const struct rec_dma *d)
{
    if (sb->dma_in_flight) {
        scoreboard_differ(sb, &type_dma, d, NULL);
        return;
    }
    sb->dma_in_flight = true;
    sb->dma_accepted = *d;
    sb->counts.stimuli[STIM_DMA_PAYLOAD] += d->write;
    sb->want = iommu_dma_begin(sb->iommu, &sb->request, d);
    pass_messages(sb);
}

static void dma_done(struct scoreboard *sb, const struct rec_dma *d)
{
    struct rec_dma *mine = &sb->request.out;

    sb->dma_in_flight = false;
    sb->counts.dma++;
    mine->phase = 1;
    mine->tag = sb->dma_accepted.tag;
    if (mine->write)
        memcpy(mine->data, sb->dma_accepted.data, mine->len);
    else if (mine->status == DMA_BLOCKED || mine->status == DMA_REJECTED)
        memset(mine->data, 0xFF, mine->len);
    record_log_add(sb->log, &type_dma, true, mine);
    if (sb->want.action != IOMMU_DO_DONE)
        scoreboard_differ_text(sb, "dma", "phase", "done", "still translating", d->cycle);
    else if (record_differs(&type_dma, d, mine) != NULL)
        scoreboard_differ(sb, &type_dma, d, mine);
}

static void walk_read(struct scoreboard *sb)
{
    uint64_t data[2] = {0, 0};

    if (rw_mem_is_ram(&sb->mem, sb->want.addr, sb->want.bytes))
        memcpy(data, sb->mem.ram + sb->want.addr, sb->want.bytes);
    else
        memset(data, 0xFF, sb->want.bytes);
    sb->want = iommu_dma_next(sb->iommu, &sb->request, data);
}

static void data_access(struct scoreboard *sb, const struct rec_bus *seen)
{
    const struct rec_dma *d = &sb->dma_accepted;
    uint64_t pa = sb->request.out.pa;
    bool ram = rw_mem_is_ram(&sb->mem, pa, d->len);

    if (d->write && ram) {
        memcpy(sb->mem.ram + pa, d->data, d->len);
        sb->ops->mem_changed(sb->model, pa, d->len);
    } else if (!d->write) {
        /* What a device answers is a stimulus; what RAM holds is not. */
        memcpy(sb->request.out.data, ram ? sb->mem.ram + pa : seen->data + (pa & 15), d->len);
        sb->counts.stimuli[STIM_MMIO_READ] += !ram;
    }
    sb->want = iommu_dma_next(sb->iommu, &sb->request, NULL);
}

static void iommu_beat(struct scoreboard *sb, const struct rec_bus *b)
{
    struct rec_bus seen = *b, mine;

    if (!sb->dma_in_flight ||
        (sb->want.action != IOMMU_DO_READ && sb->want.action != IOMMU_DO_ACCESS)) {
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
    if (sb->want.action == IOMMU_DO_READ)
        walk_read(sb);
    else
        data_access(sb, b);
    pass_messages(sb);
}

static void message_beat(struct scoreboard *sb, const struct rec_bus *b)
{
    unsigned first = (unsigned)__builtin_ctz(b->be | 0x10000u);
    struct rec_iommu r = {.cycle = b->cycle, .addr = b->addr + first, .kind = IOMMU_EVENT};

    if (first <= 12)
        memcpy(&r.lo, b->data + first, 4);
    stream_rtl(sb, &sb->message, &r);
}

static bool is_processor_event(const struct order_event *e)
{
    return e->kind == ORDER_BUS &&
           (e->u.bus.src == BUS_WALK || e->u.bus.src == BUS_DATA || e->u.bus.src == BUS_APIC);
}

static uint64_t event_seq(const struct order_event *e)
{
    return e->kind == ORDER_BUS ? e->u.bus.seq : e->u.dma.seq;
}

void order_drain(struct scoreboard *sb, uint64_t seq)
{
    struct order_event *head;

    while (!sb->failed && (head = ring_head(&sb->order)) != NULL && !is_processor_event(head) &&
           event_seq(head) < seq) {
        struct order_event e = *head;

        ring_pop(&sb->order);
        if (e.kind == ORDER_DMA && e.u.dma.phase == 0)
            dma_accepted(sb, &e.u.dma);
        else if (e.kind == ORDER_DMA)
            dma_done(sb, &e.u.dma);
        else if (e.u.bus.src == BUS_MESSAGE)
            message_beat(sb, &e.u.bus);
        else
            iommu_beat(sb, &e.u.bus);
    }
}
