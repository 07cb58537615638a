// SPDX-License-Identifier: Apache-2.0
// A step of the IOMMU bench without a model: what the bench wants to know of the answers comes from
// the RTL's own records. Who judges is the legality oracle.
#include <string.h>

#include "iommu_step.h"

static void empty(struct ring *r)
{
    while (r->count != 0)
        ring_pop(r);
}

/* docs/iommu.md I103, I105, I106, in the order of the records. */
static void follow_device(struct bench *b, const struct rec_iommu *r, struct answer *a)
{
    bool own =
        r->kind == IOMMU_COMPLETION && b->te && r->lo == b->awaited && iommu_has(b, IOMMU_DT);

    if (iommu_invalidates_device(r)) {
        b->awaits = true;
        b->awaited = (uint16_t)(r->lo >> 32);
    }
    a->time_outs += r->kind == IOMMU_TIME_OUT;
    if (own || r->kind == IOMMU_TIME_OUT)
        b->awaits = false;
}

static void follow_record(struct bench *b, const struct rec_iommu *r, struct answer *a)
{
    b->last = *r;
    if (r->kind == IOMMU_REG_WRITE && r->addr == REG_GCMD && (r->size == 4 || r->size == 8))
        b->te = (r->lo & GCMD_TE) != 0;
    if (r->kind == IOMMU_DESCRIPTOR || r->kind == IOMMU_QUEUE_ERROR)
        b->descriptor = *r;
    if (r->kind == IOMMU_FAULT_RECORD) {
        b->fault = *r;
        b->fault_index = (unsigned)r->addr;
    }
    a->events += r->kind == IOMMU_EVENT;
    follow_device(b, r, a);
}

static void follow_bus(struct bench *b)
{
    for (size_t i = 0; i < b->rtl_bus.count; i++) {
        const struct rec_bus *r = ring_at(&b->rtl_bus, i);

        if (r->src != BUS_MESSAGE)
            continue;
        b->message_addr = r->addr;
        b->message_data = b->sent_data = b->message_sent;
    }
}

static void follow_answers(struct bench *b, const struct viommu_told *seen, struct answer *a)
{
    for (size_t i = 0; i < b->rtl_dma.count; i++) {
        const struct rec_dma *d = ring_at(&b->rtl_dma, i);

        if (d->phase == 0)
            continue;
        b->r->faults[d->fault] += d->fault != 0;
        if (d->tag == b->ask.in.tag || !iommu_own_judged(b))
            a->dma = *d;
    }
    for (unsigned i = 0; i < b->ask.regs; i++) {
        a->reg[i] = b->ask.reg[i].write ? 0 : seen->reg_rdata[i];
        if (b->ask.reg[i].bytes < 8)
            a->reg[i] &= (UINT64_C(1) << (8 * b->ask.reg[i].bytes)) - 1;
    }
    for (unsigned i = 0; i < b->ask.completions; i++)
        a->completed[i] = seen->completed[i];
}

bool iommu_follow_rtl(struct bench *b, const struct viommu_told *seen, struct answer *a)
{
    memset(a, 0, sizeof(*a));
    memset(&b->last, 0, sizeof(b->last));
    b->last_read = 0;
    if (b->rtl_inv.count != 0) {
        b->invalidation = *(const struct board_record *)ring_newest(&b->rtl_inv);
        b->sent = b->rtl_sent;
    }
    for (size_t i = 0; i < b->rtl_iommu.count; i++)
        follow_record(b, ring_at(&b->rtl_iommu, i), a);
    if (b->rtl_iwalk.count != 0)
        b->last_read = ((const struct rec_iwalk *)ring_newest(&b->rtl_iwalk))->kind;
    follow_answers(b, seen, a);
    follow_bus(b);
    a->last = b->last;
    block_log(b->r, &type_iwalk, &b->rtl_iwalk, &b->model_iwalk);
    block_log(b->r, &type_dma, &b->rtl_dma, &b->model_dma);
    block_log(b->r, &type_iommu, &b->rtl_iommu, &b->model_iommu);
    block_log(b->r, &type_bus, &b->rtl_bus, &b->model_bus);
    empty(&b->rtl_dma);
    empty(&b->rtl_iwalk);
    empty(&b->rtl_iommu);
    empty(&b->rtl_bus);
    empty(&b->rtl_inv);
    empty(&b->waits);
    return (iommu_own_judged(b) || !b->ask.dma || a->dma.phase == 0 ||
            iommu_moved_end(b, seen, &a->dma)) &&
           !b->r->failed;
}

void iommu_follow_reset(struct bench *b)
{
    b->awaits = b->te = false;
}
