// SPDX-License-Identifier: Apache-2.0
// Protected memory regions whose bounds lie at the addresses of the pool. docs/iommu.md I91.
#include "iommu_pool.h"

#define UNIT (UINT64_C(1) << 21)

static uint64_t bound(struct bench *b)
{
    uint64_t near = (pool_iova(b) & ((UINT64_C(1) << 40) - 1)) / UNIT;

    near += block_below(&b->random, 3);
    near -= near != 0 ? 1 : 0;
    return near * UNIT + (block_chance(&b->random, 20) ? block_below(&b->random, UNIT) : 0);
}

/* A limit at the base, a little above, below it, or anywhere. */
static uint64_t limit_of(struct bench *b, uint64_t base)
{
    switch (block_below(&b->random, 5)) {
    case 0:
        return base;
    case 1:
        return base + block_below(&b->random, 4) * UNIT;
    case 2:
        return base >= UNIT ? base - UNIT : base;
    default:
        return bound(b);
    }
}

bool pool_protected(struct bench *b)
{
    uint64_t base = bound(b), limit = limit_of(b, base);

    switch (block_below(&b->random, 6)) {
    case 0:
        return pool_write(b, REG_PLMBASE, 4, base & UINT32_MAX) &&
               pool_write(b, REG_PLMLIMIT, 4, limit & UINT32_MAX);
    case 1:
        return pool_write(b, REG_PLMBASE, 8, limit << 32 | (base & UINT32_MAX));
    case 2:
        return pool_write(b, REG_PHMBASE, 8, base) && pool_write(b, REG_PHMLIMIT, 8, limit);
    case 3:
        return pool_read(b, REG_PLMBASE, 8) && pool_read(b, REG_PHMBASE, 8) &&
               pool_read(b, REG_PHMLIMIT, 8);
    default:
        return pool_write(b, REG_PMEN, 4, block_chance(&b->random, 60) ? 0x80000000 : 0) &&
               pool_read(b, REG_PMEN, 4);
    }
}
