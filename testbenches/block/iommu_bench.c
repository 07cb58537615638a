// SPDX-License-Identifier: Apache-2.0
// The bench around the steps: beginning, reset, end.
#include "iommu_step.h"

static void empty(struct ring *r)
{
    while (r->count != 0)
        ring_pop(r);
}

/* The model makes the accesses that the RTL came to. */
static bool same_until_reset(struct bench *b)
{
    struct viommu_told mine;
    struct answer a;

    b->write_limit = (unsigned)b->rtl_bus.count;
    if (b->write_limit != 0)
        decide_bit(&b->r->groups[GROUP_TOGETHER], 4);
    iommu_model_step(b, &mine, &a);
    while (b->model_bus.count > b->rtl_bus.count)
        b->model_bus.count--;
    return block_same_all(b->r, &type_bus, &b->rtl_bus, &b->model_bus);
}

/* The model is then a new one. */
bool iommu_reset_during(struct bench *b, unsigned cycles)
{
    struct viommu_told seen;
    bool same = true;

    if (cycles != 0) {
        b->step_cycle = viommu_cycle(b->rtl);
        b->ask.cycles = cycles;
        b->ask.settles = iommu_follow_gcmd(b);
        viommu_run(b->rtl, &b->ask, &seen);
        same = iommu_own_stops(b) && (iommu_oracle_alone(b) || same_until_reset(b));
    }
    iommu_follow_reset(b);
    empty(&b->rtl_dma);
    empty(&b->rtl_iwalk);
    empty(&b->rtl_iommu);
    empty(&b->rtl_inv);
    empty(&b->rtl_bus);
    empty(&b->waits);
    viommu_config(b->rtl, &b->vtd);
    viommu_reset(b->rtl, 1 + block_below(&b->random, 3));
    iommu_own_reset(b);
    iommu_legality_reset(b);
    b->r->cycle_base = viommu_cycle(b->rtl);
    empty(&b->model_dma);
    empty(&b->model_iwalk);
    empty(&b->model_iommu);
    empty(&b->model_inv);
    b->gcmd = 0;
    b->fault_index = 0;
    return iommu_new_model(b) && same;
}
bool iommu_bench_open(struct bench *b)
{
    struct vblock_env env = iommu_rtl_env(b);

    ring_init(&b->rtl_dma, sizeof(struct rec_dma));
    ring_init(&b->rtl_iwalk, sizeof(struct rec_iwalk));
    ring_init(&b->rtl_iommu, sizeof(struct rec_iommu));
    ring_init(&b->rtl_bus, sizeof(struct rec_bus));
    ring_init(&b->rtl_inv, sizeof(struct board_record));
    ring_init(&b->model_inv, sizeof(struct board_record));
    ring_init(&b->waits, sizeof(unsigned));
    ring_init(&b->model_dma, sizeof(struct rec_dma));
    ring_init(&b->model_iwalk, sizeof(struct rec_iwalk));
    ring_init(&b->model_iommu, sizeof(struct rec_iommu));
    ring_init(&b->model_bus, sizeof(struct rec_bus));
    b->vtd = b->o->vtd;
    if (b->vtd.fault_records == 0)
        b->vtd.fault_records = 8;
    if (!block_memory_init(&b->rtl_memory) || !block_memory_init(&b->model_memory))
        return false;
    b->rtl = viommu_create(&env);
    viommu_config(b->rtl, &b->vtd);
    viommu_reset(b->rtl, 2);
    b->r->cycle_base = viommu_cycle(b->rtl);
    iommu_bench_wave(b);
    return iommu_new_model(b) && iommu_legality_open(b);
}

void iommu_bench_wave(struct bench *b)
{
    if (b->o->wave_path != NULL)
        viommu_wave(b->rtl, b->o->wave_path, b->o->wave_from, b->o->wave_to);
}

void iommu_bench_end(struct bench *b)
{
    iommu_own_lands(b);
    if (b->r->failed) {
        if (b->own.blamed)
            b->ask = (struct viommu_ask){.dma = true, .in = b->own.blame};
        iommu_describe(b);
        iommu_explain(b);
    } else {
        iommu_compare_memory(b);
    }
}

void iommu_bench_close(struct bench *b)
{
    struct ring *rings[] = {&b->rtl_dma,   &b->rtl_iwalk, &b->rtl_iommu,   &b->rtl_bus,
                            &b->rtl_inv,   &b->model_dma, &b->model_iwalk, &b->model_iommu,
                            &b->model_bus, &b->model_inv, &b->waits};

    if (b->rtl != NULL)
        viommu_destroy(b->rtl);
    if (b->model != NULL)
        iommu_destroy(b->model);
    iommu_legality_close(b);
    for (unsigned i = 0; i < sizeof(rings) / sizeof(rings[0]); i++)
        ring_free(rings[i]);
    block_memory_free(&b->rtl_memory);
    block_memory_free(&b->model_memory);
}
