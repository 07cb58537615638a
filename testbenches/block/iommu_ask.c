// SPDX-License-Identifier: Apache-2.0
// Steps that ask for one thing.
#include "iommu_step.h"

void iommu_poke(struct bench *b, uint64_t addr, uint64_t value)
{
    iommu_rtl_write(b, addr, &value, sizeof(value), AUTHOR_HARNESS);
    block_memory_write8(&b->model_memory, addr, value);
}

bool iommu_request(struct bench *b, const struct rec_dma *in, struct answer *a)
{
    b->ask = (struct viommu_ask){.dma = true, .in = *in};
    return iommu_step_one(b, a);
}

static bool reg_access(struct bench *b, bool write, uint32_t offset, unsigned bytes, uint64_t value,
                       struct answer *a)
{
    b->ask = (struct viommu_ask){.regs = 1, .reg = {{write, offset, bytes, value, 0}}};
    return iommu_step_one(b, a);
}

bool iommu_write(struct bench *b, uint32_t offset, unsigned bytes, uint64_t value, struct answer *a)
{
    return reg_access(b, true, offset, bytes, value, a);
}

bool iommu_read(struct bench *b, uint32_t offset, unsigned bytes, struct answer *a)
{
    return reg_access(b, false, offset, bytes, 0, a);
}

bool iommu_completion(struct bench *b, uint16_t sid, bool error, struct answer *a)
{
    b->ask = (struct viommu_ask){.completions = 1, .completion = {{sid, error, 0}}};
    return iommu_step_one(b, a);
}

bool iommu_awaits(const struct bench *b)
{
    return iommu_oracle_alone(b) ? b->awaits : iommu_outstanding(b->model);
}

unsigned iommu_time_left(const struct bench *b)
{
    uint64_t due = b->sent + IOMMU_TIME_OUT_CYCLES, now = viommu_cycle(b->rtl);

    return iommu_awaits(b) && due > now ? (unsigned)(due - now) : 0;
}

bool iommu_quiet(struct bench *b)
{
    struct answer a;

    return iommu_command(b, b->gcmd | GCMD_TE, 0) &&
           (!iommu_awaits(b) || iommu_completion(b, b->invalidation.sid, false, &a)) &&
           iommu_write(b, REG_FSTS, 4, FSTS_QUEUE, &a);
}

bool iommu_command(struct bench *b, uint32_t stays, uint32_t once)
{
    struct answer a;

    return iommu_write(b, REG_GCMD, 4, stays | once, &a);
}
