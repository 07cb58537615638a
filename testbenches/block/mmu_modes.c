// SPDX-License-Identifier: Apache-2.0
// The paging modes as software knows them, and its page tables: SDM Vol. 3A "Paging Modes and
// Control Bits"; docs/mmu.md "Paging modes", M7 to M9.
#include "block_mmu.h"

#define LEVEL(n) (1u << (n))

#define MODE_CR4 (MMU_CR4_PSE | MMU_CR4_PAE | MMU_CR4_LA57)

const struct paging pagings[PAGINGS] = {
    [PAGING_32] = {.name = "32-bit",
                   .va_bits = 32,
                   .levels = 2,
                   .index_bits = 10,
                   .entry_bytes = 4,
                   .leaves = LEVEL(1)},
    [PAGING_PSE] = {.name = "32-bit PSE",
                    .cr4 = MMU_CR4_PSE,
                    .va_bits = 32,
                    .levels = 2,
                    .index_bits = 10,
                    .entry_bytes = 4,
                    .leaves = LEVEL(1) | LEVEL(2)},
    [PAGING_PAE] = {.name = "PAE",
                    .cr4 = MMU_CR4_PAE,
                    .va_bits = 32,
                    .levels = 2,
                    .index_bits = 9,
                    .entry_bytes = 8,
                    .leaves = LEVEL(1) | LEVEL(2)},
    [PAGING_4] = {.name = "4-level",
                  .cr4 = MMU_CR4_PAE,
                  .efer = MMU_EFER_LMA,
                  .va_bits = 48,
                  .levels = 4,
                  .index_bits = 9,
                  .entry_bytes = 8,
                  .leaves = LEVEL(1) | LEVEL(2) | LEVEL(3)},
    [PAGING_5] = {.name = "5-level",
                  .cr4 = MMU_CR4_PAE | MMU_CR4_LA57,
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
    return (ctx->cr4 & MODE_CR4) | (ctx->efer & MMU_EFER_LMA) | ctx->away;
}

unsigned paging_of(const struct mmu_ctx *ctx)
{
    if (ctx->efer & MMU_EFER_LMA)
        return ctx->cr4 & MMU_CR4_LA57 ? PAGING_5 : PAGING_4;
    if (ctx->cr4 & MMU_CR4_PAE)
        return PAGING_PAE;
    return ctx->cr4 & MMU_CR4_PSE ? PAGING_PSE : PAGING_32;
}

/* --- software's tables --- */

static uint64_t table_address(struct bench *b, unsigned paging)
{
    uint64_t mask = pagings[paging].entry_bytes == 4 ? DECIDE_BITS(31, 12) : PTE_ADDR;

    return block_random(&b->random) & mask;
}

static uint64_t leaf_address(struct bench *b, unsigned paging, unsigned level)
{
    uint64_t r = block_random(&b->random);

    if (pagings[paging].entry_bytes == 8)
        return r & DECIDE_BITS(39, paging_log2(paging, level));
    return r & (level == 1 ? DECIDE_BITS(31, 12) : DECIDE_BITS(31, 22) | DECIDE_BITS(20, 13));
}

/* The top table: what CR3, or the PDPTE register of the address, refers to. */
static uint64_t top_table(const struct bench *b, unsigned paging, uint64_t va)
{
    uint64_t root = paging == PAGING_PAE ? b->model.pdpte[va >> 30 & 3] : b->ctx.cr3;

    return root & PTE_ADDR;
}

uint64_t paging_read(const struct bench *b, unsigned paging, uint64_t at)
{
    uint64_t v = 0;

    block_memory_read(&b->model_memory, at, &v, pagings[paging].entry_bytes);
    return v;
}

/* The table that the entry refers to; a new one where there is none. */
static uint64_t below(struct bench *b, unsigned paging, uint64_t at)
{
    unsigned bytes = pagings[paging].entry_bytes;
    uint64_t v = paging_read(b, paging, at);
    bool written = v != UINT64_MAX >> (64 - 8 * bytes);

    if (!written || !(v & PTE_P) || (v & PTE_PS)) {
        v = table_address(b, paging) | PTE_P | PTE_RW | PTE_US;
        v |= block_chance(&b->random, 80) ? PTE_A : 0;
        mmu_poke(b, at, v, bytes);
    }
    return v & PTE_ADDR;
}

struct path paging_map(struct bench *b, uint64_t va, unsigned level, bool global)
{
    unsigned paging = paging_of(&b->ctx), pick = block_below(&b->random, 8);
    const struct paging *m = &pagings[paging];
    struct path p = {.va = va, .level = level, .pat_index = pick};
    uint64_t at = top_table(b, paging, va), v;

    for (unsigned n = m->levels;; n--) {
        uint64_t index = va >> paging_log2(paging, n) & ((1u << m->index_bits) - 1);

        p.entry[n] = at + index * m->entry_bytes;
        if (n == level)
            break;
        at = below(b, paging, p.entry[n]);
    }
    v = leaf_address(b, paging, level) | PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D;
    v |= (pick & 1 ? PTE_PWT : 0) | (pick & 2 ? PTE_PCD : 0) | (global ? PTE_G : 0);
    if (pick & 4)
        v |= level == 1 ? PTE_PS : PTE_PAT_LARGE;
    mmu_poke(b, p.entry[level], v | (level == 1 ? 0 : PTE_PS), m->entry_bytes);
    return p;
}
