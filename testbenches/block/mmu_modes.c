// SPDX-License-Identifier: Apache-2.0
// The paging modes as software knows them, and its page tables: SDM Vol. 3A "Paging Modes and
// Control Bits"; docs/mmu.md "Paging modes", M7 to M9.
#include "block_mmu.h"

#define LEVEL(n) (1u << (n))

#define MODE_CR4 (MMU_CR4_PSE | MMU_CR4_PAE | MMU_CR4_LA57)

const struct paging pagings[PAGINGS] = {
    [PAGING_32] =
        {.va_bits = 32, .levels = 2, .index_bits = 10, .entry_bytes = 4, .leaves = LEVEL(1)},
    [PAGING_PSE] = {.cr4 = MMU_CR4_PSE,
                    .va_bits = 32,
                    .levels = 2,
                    .index_bits = 10,
                    .entry_bytes = 4,
                    .leaves = LEVEL(1) | LEVEL(2)},
    [PAGING_PAE] = {.cr4 = MMU_CR4_PAE,
                    .va_bits = 32,
                    .levels = 2,
                    .index_bits = 9,
                    .entry_bytes = 8,
                    .leaves = LEVEL(1) | LEVEL(2)},
    [PAGING_4] = {.cr4 = MMU_CR4_PAE,
                  .efer = MMU_EFER_LMA,
                  .va_bits = 48,
                  .levels = 4,
                  .index_bits = 9,
                  .entry_bytes = 8,
                  .leaves = LEVEL(1) | LEVEL(2) | LEVEL(3)},
    [PAGING_5] = {.cr4 = MMU_CR4_PAE | MMU_CR4_LA57,
                  .efer = MMU_EFER_LMA,
                  .va_bits = 57,
                  .levels = 5,
                  .index_bits = 9,
                  .entry_bytes = 8,
                  .leaves = LEVEL(1) | LEVEL(2) | LEVEL(3)},
};

bool paging_long(unsigned paging)
{
    return pagings[paging].efer != 0;
}

unsigned paging_log2(unsigned paging, unsigned level)
{
    return 12 + pagings[paging].index_bits * (level - 1);
}

bool paging_has_leaf(unsigned paging, unsigned level)
{
    return pagings[paging].leaves & LEVEL(level);
}

uint64_t paging_va(unsigned paging, uint64_t va)
{
    unsigned bits = pagings[paging].va_bits;

    va &= UINT64_MAX >> (64 - bits);
    return paging_long(paging) && va >> (bits - 1) & 1 ? va | UINT64_MAX << bits : va;
}

void paging_choose(struct mmu_ctx *ctx, unsigned paging)
{
    ctx->cr0 |= MMU_CR0_PG;
    ctx->cr4 = (ctx->cr4 & ~MODE_CR4) | pagings[paging].cr4;
    ctx->efer = (ctx->efer & ~MMU_EFER_LMA) | pagings[paging].efer;
    if (!paging_long(paging))
        ctx->cr4 &= ~MMU_CR4_PCIDE;
}

uint64_t paging_bits(const struct mmu_ctx *ctx)
{
    return (ctx->cr4 & MODE_CR4) | (ctx->efer & MMU_EFER_LMA);
}

unsigned paging_of(const struct mmu_ctx *ctx)
{
    if (ctx->efer & MMU_EFER_LMA)
        return ctx->cr4 & MMU_CR4_LA57 ? PAGING_5 : PAGING_4;
    if (ctx->cr4 & MMU_CR4_PAE)
        return PAGING_PAE;
    return ctx->cr4 & MMU_CR4_PSE ? PAGING_PSE : PAGING_32;
}
