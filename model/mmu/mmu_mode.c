// SPDX-License-Identifier: Apache-2.0
// The paging modes as data, for one walker. SDM Vol. 3A "Paging Modes and Control Bits", "32-Bit
// Paging", "PAE Paging", "4-Level Paging and 5-Level Paging"; docs/mmu.md M7 to M9, M14.
#include "mmu.h"

#define BITS(hi, lo) ((((UINT64_C(2) << ((hi) - (lo))) - 1)) << (lo))
#define LEVEL(n)     (1u << (n))

/* Without pat: reserved bits of a leaf, by its size. */
static uint64_t pat_of_small(const struct mmu_ctx *ctx)
{
    return ctx->away & MMU_NO_PAT ? PTE_PS : 0;
}

static uint64_t pat_of_large(const struct mmu_ctx *ctx)
{
    return ctx->away & MMU_NO_PAT ? PTE_PAT_LARGE : 0;
}

/* SDM Vol. 3A "Formats of CR3 and Paging-Structure Entries with 32-Bit Paging". PS of a PDE counts
 * with CR4.PSE = 1 alone. */
static struct paging_mode bits_32(const struct mmu_ctx *ctx)
{
    uint64_t no_pse36 = ctx->away & MMU_NO_PSE36 ? BITS(20, 13) : 0;

    return (struct paging_mode){
        .levels = 2,
        .index_bits = 10,
        .entry_bytes = 4,
        .large = ctx->cr4 & MMU_CR4_PSE ? LEVEL(2) : 0,
        .pse36 = BITS(20, 13),
        .roots = 1,
        .root = {(ctx->cr3 & BITS(31, 12)) | PTE_P},
        .reserved =
            {
                [2] = {[ENTRY_LEAF] = BITS(21, 21) | no_pse36 | pat_of_large(ctx)},
                [1] = {[ENTRY_LEAF] = pat_of_small(ctx)},
            },
    };
}

static uint64_t xd_bit(const struct mmu_ctx *ctx)
{
    return ctx->efer & MMU_EFER_NXE ? PTE_XD : 0;
}

/* SDM Vol. 3A "Formats of CR3 and Paging-Structure Entries with PAE Paging"; the PDPTE registers
 * are four roots. */
static struct paging_mode pae(const struct mmu_ctx *ctx, const uint64_t pdpte[PDPTES])
{
    uint64_t all = BITS(62, MMU_MAXPHYADDR) | (PTE_XD & ~xd_bit(ctx));
    uint64_t large = all | pat_of_large(ctx);

    return (struct paging_mode){
        .levels = 2,
        .index_bits = 9,
        .entry_bytes = 8,
        .large = LEVEL(2),
        .xd = xd_bit(ctx),
        .roots = PDPTES,
        .root = {pdpte[0], pdpte[1], pdpte[2], pdpte[3]},
        .reserved =
            {
                [2] = {[ENTRY_TABLE] = all, [ENTRY_LEAF] = large | BITS(20, 13)},
                [1] = {[ENTRY_LEAF] = all | pat_of_small(ctx)},
            },
    };
}

/* SDM Vol. 3A "Formats of CR3 and Paging-Structure Entries with 4-Level Paging and 5-Level Paging".
 */
static struct paging_mode long_mode(const struct mmu_ctx *ctx)
{
    uint64_t all = BITS(51, MMU_MAXPHYADDR) | (PTE_XD & ~xd_bit(ctx));
    uint64_t large = all | pat_of_large(ctx);
    uint64_t no_1g = ctx->away & MMU_NO_PDPE1GB ? PTE_PS : 0; /* no leaf is without it */

    return (struct paging_mode){
        .levels = ctx->cr4 & MMU_CR4_LA57 ? 5 : 4,
        .index_bits = 9,
        .entry_bytes = 8,
        .large = LEVEL(3) | LEVEL(2),
        .xd = xd_bit(ctx),
        .key = BITS(62, 59),
        .roots = 1,
        .root = {(ctx->cr3 & PTE_ADDR) | PTE_P},
        .reserved =
            {
                [5] = {[ENTRY_TABLE] = all | PTE_PS},
                [4] = {[ENTRY_TABLE] = all | PTE_PS},
                [3] = {[ENTRY_TABLE] = all, [ENTRY_LEAF] = large | no_1g | BITS(29, 13)},
                [2] = {[ENTRY_TABLE] = all, [ENTRY_LEAF] = large | BITS(20, 13)},
                [1] = {[ENTRY_LEAF] = all | pat_of_small(ctx)},
            },
    };
}

bool mmu_paging(const struct mmu_ctx *ctx)
{
    return (ctx->cr0 & MMU_CR0_PG) != 0;
}

bool mmu_pae_paging(const struct mmu_ctx *ctx)
{
    return mmu_paging(ctx) && (ctx->cr4 & MMU_CR4_PAE) && !(ctx->efer & MMU_EFER_LMA);
}

/* Only 4- and 5-level paging has protection keys. */
bool mmu_paging_keys(const struct mmu_ctx *ctx)
{
    return mmu_paging(ctx) && (ctx->efer & MMU_EFER_LMA);
}

struct paging_mode mmu_paging_mode(const struct mmu_ctx *ctx, const uint64_t pdpte[PDPTES])
{
    if (!mmu_paging(ctx))
        return (struct paging_mode){0};
    if (ctx->efer & MMU_EFER_LMA)
        return long_mode(ctx);
    return ctx->cr4 & MMU_CR4_PAE ? pae(ctx, pdpte) : bits_32(ctx);
}

uint64_t paging_root(const struct paging_mode *mode, uint64_t va)
{
    return mode->root[va >> 30 & (mode->roots - 1)];
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

/* The first address of a leaf's page. */
uint64_t paging_frame(const struct paging_mode *mode, unsigned level, uint64_t leaf)
{
    uint64_t low = BITS(paging_shift(mode, level) - 1, 0);
    uint64_t high = level > 1 ? (leaf & mode->pse36) << (32 - 13) : 0;

    return (leaf & PTE_ADDR & ~low) | high;
}

/* SDM Vol. 3A "Formats of CR3 and Paging-Structure Entries with PAE Paging": only with P = 1. */
bool pdpte_reserved(uint64_t pdpte)
{
    uint64_t reserved = BITS(2, 1) | BITS(8, 5) | BITS(63, MMU_MAXPHYADDR);

    return (pdpte & PTE_P) && (pdpte & reserved);
}
