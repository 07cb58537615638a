// SPDX-License-Identifier: Apache-2.0
// The paging modes as data, for one walker. SDM Vol. 3A "Paging Modes and Control Bits", "4-Level
// Paging and 5-Level Paging"; docs/mmu.md says which of them exist.
#include "mmu.h"

#define BITS(hi, lo) ((((UINT64_C(2) << ((hi) - (lo))) - 1)) << (lo))
#define LEVEL(n)     (1u << (n))

/* SDM Vol. 3A "Formats of CR3 and Paging-Structure Entries with 4-Level Paging". */
static struct paging_mode four_level(const struct mmu_ctx *ctx)
{
    uint64_t all = BITS(51, MMU_MAXPHYADDR) | (ctx->efer & MMU_EFER_NXE ? 0 : PTE_XD);

    return (struct paging_mode){
        .levels = 4,
        .index_bits = 9,
        .entry_bytes = 8,
        .large = LEVEL(3) | LEVEL(2),
        .root = ctx->cr3 & PTE_ADDR,
        .reserved =
            {
                [4] = {[ENTRY_TABLE] = all | PTE_PS},
                [3] = {[ENTRY_TABLE] = all, [ENTRY_LEAF] = all | BITS(29, 13)},
                [2] = {[ENTRY_TABLE] = all, [ENTRY_LEAF] = all | BITS(20, 13)},
                [1] = {[ENTRY_LEAF] = all},
            },
    };
}

bool mmu_paging(const struct mmu_ctx *ctx)
{
    return (ctx->cr0 & MMU_CR0_PG) != 0;
}

struct paging_mode mmu_paging_mode(const struct mmu_ctx *ctx)
{
    return mmu_paging(ctx) ? four_level(ctx) : (struct paging_mode){0};
}

unsigned paging_shift(const struct paging_mode *mode, unsigned level)
{
    return 12 + mode->index_bits * (level - 1);
}

bool paging_is_leaf(const struct paging_mode *mode, unsigned level, uint64_t entry)
{
    return level == 1 || ((entry & PTE_PS) && (mode->large & LEVEL(level)));
}

bool paging_reserved(const struct paging_mode *mode, unsigned level, uint64_t entry)
{
    bool leaf = paging_is_leaf(mode, level, entry);

    return (entry & mode->reserved[level][leaf ? ENTRY_LEAF : ENTRY_TABLE]) != 0;
}
