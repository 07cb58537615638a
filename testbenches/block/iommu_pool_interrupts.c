// SPDX-License-Identifier: Apache-2.0
// Interrupt requests of the pool: a table of random entries, a few indexes that meet again,
// requests in both formats. docs/iommu.md I71 to I76.
#include "iommu_pool.h"

#define ENTRIES 65536u

uint16_t pool_interrupt_index(struct bench *b)
{
    static const uint16_t again[] = {0, 1, 2, 3, 4, 5, 9, 0x100, 0x102, 0x7FFF, 0x8000, 0xFFFF};

    if (block_chance(&b->random, 75))
        return again[block_below(&b->random, sizeof(again) / sizeof(again[0]))];
    if (block_chance(&b->random, 50)) /* an end of a table, and the entry behind it */
        return (uint16_t)((2u << block_below(&b->random, 15)) - block_below(&b->random, 2));
    return (uint16_t)block_random(&b->random);
}

static uint64_t random_source(struct bench *b, unsigned svt)
{
    if (svt == 2)
        return (uint64_t)block_below(&b->random, POOL_BUSES + 1) << 8 |
               block_below(&b->random, POOL_BUSES + 1);
    return pool_sid(b);
}

static void random_entry(struct bench *b, uint64_t addr)
{
    static const uint8_t validations[] = {0, 0, 1, 1, 2, 2, 0, 3};
    unsigned svt = validations[block_below(&b->random, block_chance(&b->random, 30) ? 8 : 6)];
    uint64_t r = block_random(&b->random), lo, hi;

    lo = r & 0xFF0FFC; /* DM RH TM DLM, available bits, vector */
    lo |= block_chance(&b->random, 92) ? 1 : 0;
    lo |= block_chance(&b->random, 15) ? 2 : 0;
    lo |= block_chance(&b->random, 60) ? (r >> 56) << 40 : r >> 32 << 32;
    hi = random_source(b, svt) | (r >> 24 & 3) << 16 | (uint64_t)svt << 18;
    if (block_chance(&b->random, 4))
        lo |= UINT64_C(1) << (block_chance(&b->random, 50) ? 12 + block_below(&b->random, 4)
                                                           : 24 + block_below(&b->random, 8));
    if (block_chance(&b->random, 3))
        hi |= UINT64_C(1) << (20 + block_below(&b->random, 44));
    iommu_poke(b, addr, lo);
    iommu_poke(b, addr + 8, hi);
}

void pool_interrupts_setup(struct bench *b)
{
    unsigned entries = ENTRIES + (POOL_IRT_BASES - 1) * 256;

    for (unsigned i = 0; i < entries; i++)
        random_entry(b, pool_page(POOL_IRT) + i * 16);
}

void pool_interrupt_entry(struct bench *b)
{
    random_entry(b, (b->irta & 0x3FF000) + UINT64_C(16) * pool_interrupt_index(b));
}

static bool latch(struct bench *b)
{
    return pool_write(b, REG_IRTA, 8, b->irta) && iommu_command(b, b->gcmd, GCMD_SIRTP);
}

bool pool_interrupt_table(struct bench *b)
{
    uint64_t value = pool_page(POOL_IRT + block_below(&b->random, POOL_IRT_BASES));

    if (block_chance(&b->random, 3)) /* where nobody is */
        value |= UINT64_C(0x8000000000) >> block_below(&b->random, 17);
    value |= block_chance(&b->random, 60) ? 15 : block_below(&b->random, 16);
    value |= block_chance(&b->random, 50) ? UINT64_C(0x800) : 0;
    if (block_chance(&b->random, 30)) /* does nothing before SIRTP */
        return pool_write(b, REG_IRTA, 8, value) && pool_read(b, REG_IRTA, 8);
    b->irta = value;
    return latch(b);
}

bool pool_interrupts_restore(struct bench *b)
{
    return latch(b);
}

/* The address and data of d, a write of 4 bytes. */
void pool_interrupt_request(struct bench *b, struct rec_dma *d)
{
    uint32_t index = pool_interrupt_index(b), sub = 0, data;
    bool shv = block_chance(&b->random, 40);

    if (shv)
        sub = block_below(&b->random, block_chance(&b->random, 60) ? 3 : ENTRIES);
    /* The handle that makes it; its sum may have the 17th bit. */
    index = (index - sub) % ENTRIES;
    d->iova = UINT64_C(0xFEE00000) | (index & 0x7FFF) << 5 | (shv ? 8 : 0) | index >> 15 << 2;
    d->iova |= block_chance(&b->random, 88) ? 0x10 : 0;
    data = shv ? sub : (uint32_t)block_random(&b->random) & 0xFFFF;
    if (block_chance(&b->random, 5))
        data |= UINT32_C(0x10000) << block_below(&b->random, 16);
    d->write = 1;
    d->len = 4;
    for (unsigned i = 0; i < 4; i++)
        d->data[i] = (uint8_t)(data >> (8 * i));
}
