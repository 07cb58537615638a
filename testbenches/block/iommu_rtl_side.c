// SPDX-License-Identifier: Apache-2.0
// The RTL's side of a step: its memory, the wait states it is given, what it says it did.
#include <string.h>

#include "iommu_step.h"

/* Each run of lanes that are enabled. */
static void store(struct bench *b, const struct vblock_access *a)
{
    enum legality_author author = a->src == BUS_DMA ? AUTHOR_DMA : AUTHOR_UNIT;
    unsigned first = 0, end;

    for (; first < 16; first = end + 1) {
        for (end = first; end < 16 && (a->be >> end & 1) != 0; end++)
            ;
        if (end != first)
            iommu_rtl_write(b, a->addr + first, a->data + first, end - first, author);
        if (end == first + 4 && a->src == BUS_MESSAGE)
            memcpy(&b->message_sent, a->data + first, sizeof(b->message_sent));
    }
}

static void on_access(void *ctx, struct vblock_access *a)
{
    struct bench *b = ctx;
    struct rec_bus r = {.addr = a->addr, .be = a->be, .src = a->src};

    r.cycle = viommu_cycle(b->rtl) - b->r->cycle_base;
    r.flags = a->write ? BUS_WRITE : 0;
    if (a->write)
        memcpy(r.data, a->data, 16);
    ring_push(&b->rtl_bus, &r);
    if (!a->write)
        block_memory_read(&b->rtl_memory, a->addr, a->data, 16);
    a->error = !a->write && !block_memory_claims(&b->rtl_memory, a->addr);
    if (a->write)
        store(b, a);
    iommu_moved_access(b, a);
    iommu_own_access(b, a);
}

static unsigned on_wait(void *ctx)
{
    struct bench *b = ctx;

    unsigned wait = b->o->wait_states_max == 0 || b->o->every
                        ? 0
                        : block_below(&b->wait_random, b->o->wait_states_max + 1);

    ring_push(&b->waits, &wait);
    return wait;
}

#define COLLECT(name, type)                                                                        \
    static void on_##name(void *ctx, const struct type *r)                                         \
    {                                                                                              \
        ring_push(&((struct bench *)ctx)->name, r);                                                \
    }
COLLECT(rtl_iwalk, rec_iwalk)
#undef COLLECT

static void on_rtl_dma(void *ctx, const struct rec_dma *r)
{
    struct bench *b = ctx;

    ring_push(&b->rtl_dma, r);
    if (r->phase == 0)
        iommu_moved_begin(b);
    if (iommu_own_judged(b))
        iommu_own_dma(b, r);
    else
        iommu_legality_dma(b, r);
    b->moved.ended = r->phase != 0;
}

bool iommu_invalidates_device(const struct rec_iommu *r)
{
    return r->kind == IOMMU_DESCRIPTOR && (r->lo & 0xE0F) == 3;
}

static void on_rtl_iommu(void *ctx, const struct rec_iommu *r)
{
    struct bench *b = ctx;

    if (iommu_invalidates_device(r))
        b->rtl_sent = viommu_cycle(b->rtl);
    ring_push(&b->rtl_iommu, r);
    iommu_legality_record(b, r);
    iommu_own_record(b, r);
}

static void on_rtl_inv(void *ctx, const struct vblock_invalidation *i)
{
    struct bench *b = ctx;
    struct board_record r = {.cycle = viommu_cycle(b->rtl),
                             .kind = BOARD_INVALIDATE,
                             .addr = i->addr,
                             .sid = i->sid,
                             .value = i->size};

    ring_push(&b->rtl_inv, &r);
    iommu_own_sent(b);
}

struct vblock_env iommu_rtl_env(struct bench *b)
{
    return (struct vblock_env){.ctx = b,
                               .seed = b->o->seed,
                               .strict = b->o->own,
                               .told = iommu_own_judged(b),
                               .access = on_access,
                               .wait_states = on_wait,
                               .dma = on_rtl_dma,
                               .iwalk = on_rtl_iwalk,
                               .iommu = on_rtl_iommu,
                               .invalidate = on_rtl_inv};
}
