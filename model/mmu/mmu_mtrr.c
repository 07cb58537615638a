// SPDX-License-Identifier: Apache-2.0
// Memory types, pure: MTRRs, IA32_PAT, and the two together. SDM Vol. 3A "Memory Type Range
// Registers (MTRRs)", "Page Attribute Table (PAT)"; docs/mmu.md M23, M25. No fixed ranges.
#include "mmu.h"

static bool range_holds(const struct mmu_mtrrs *m, unsigned i, uint64_t pa)
{
    return (m->mask[i] & MTRR_VALID) && !((pa ^ m->base[i]) & m->mask[i] & MTRR_ADDR);
}

static enum memtype type_of(uint64_t reg)
{
    return (enum memtype)(reg & MTRR_TYPE);
}

/* SDM Vol. 3A "MTRR Precedences", of two ranges that hold the same address. */
static enum memtype overlap(enum memtype a, enum memtype b)
{
    bool write_through = (a == MT_WT && b == MT_WB) || (a == MT_WB && b == MT_WT);

    if (a == b)
        return a;
    return write_through ? MT_WT : MT_UC; /* choice: mixtures that the SDM leaves undefined */
}

static bool any_range(const struct mmu_mtrrs *m)
{
    uint64_t masks = 0;

    for (unsigned i = 0; i < MMU_MTRRS; i++)
        masks |= m->mask[i];
    return masks & MTRR_VALID;
}

enum memtype mmu_mtrr_type(const struct mmu_mtrrs *m, uint64_t pa)
{
    enum memtype type = type_of(m->def_type);
    bool held = false;

    if (!(m->def_type & MTRR_E))
        return MT_UC;
    if (!any_range(m))
        return type;
    for (unsigned i = 0; i < MMU_MTRRS; i++) {
        if (!range_holds(m, i, pa))
            continue;
        type = held ? overlap(type, type_of(m->base[i])) : type_of(m->base[i]);
        held = true;
    }
    return type;
}

/* SDM Vol. 3A, table "Effective Page-Level Memory Types for Pentium III and More Recent Processor
 * Families". */
enum memtype mmu_effective_type(enum memtype mtrr, enum memtype pat)
{
    /* MTRR      PAT:      UC     WC     -      -      WT     WP     WB     UC- */
    static const uint8_t types[][8] = {
        [MT_UC] = {MT_UC, MT_WC, MT_UC, MT_UC, MT_UC, MT_UC, MT_UC, MT_UC},
        [MT_WC] = {MT_UC, MT_WC, MT_UC, MT_UC, MT_UC, MT_UC, MT_WC, MT_WC},
        [MT_WT] = {MT_UC, MT_WC, MT_UC, MT_UC, MT_WT, MT_WP, MT_WT, MT_UC},
        [MT_WP] = {MT_UC, MT_WC, MT_UC, MT_UC, MT_WT, MT_WP, MT_WP, MT_WC},
        [MT_WB] = {MT_UC, MT_WC, MT_UC, MT_UC, MT_WT, MT_WP, MT_WB, MT_UC},
    };

    return (enum memtype)types[mtrr][pat];
}

enum memtype mmu_memtype(const struct mmu_ctx *ctx, unsigned pat_index, uint64_t pa)
{
    enum memtype pat = (enum memtype)(ctx->pat >> (8 * pat_index) & 7);

    return mmu_effective_type(mmu_mtrr_type(&ctx->mtrr, pa), pat);
}
