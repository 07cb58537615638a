// SPDX-License-Identifier: Apache-2.0
// One bit at a time through the registers: CR3 with paging off and above its width, PKRU and
// IA32_PKRS, the PDPTE registers, PAT, the MTRRs. docs/mmu.md M7, M8,
// M11, M23 to M25.
#include "mmu_width.h"

static const uint8_t types[] = {MT_UC, MT_WC, MT_WT, MT_WP, MT_WB};

/* 32-bit paging: CR3 has 32 bits. */
bool width_cr3_high(struct bench *b, const struct width_case *c)
{
    struct rec_xlate x;
    uint64_t va = width_va(b, c);

    paging_map(b, va, 1, false);
    b->ctx.cr3 |= UINT64_C(1) << c->bit;
    mmu_set_context(b);
    if (!width_go(b, width_request(b, c), va, &x))
        return false;
    if (!x.fault)
        decide_bit(c->group, c->bit);
    return true;
}

static void paging_off(struct bench *b)
{
    b->ctx.cr0 &= ~MMU_CR0_PG;
    mmu_set_context(b);
}

bool width_off(struct bench *b, const struct width_case *c)
{
    struct decide_group *high = width_group(b, K_OFF_HIGH, c->paging, 0);
    uint64_t va = block_random(&b->random);
    struct rec_xlate x;

    paging_off(b);
    if (!width_go(b, width_request(b, c), va, &x))
        return false;
    decide_value(c->group, x.pa);
    if (!paging_long(c->paging) && x.pa >> 32 == 0)
        high->decided |= va & high->wanted;
    return true;
}

/* IA32_PAT: each type in the field of the bit, found by a walk and by hits. */
bool width_pat(struct bench *b, const struct width_case *c)
{
    unsigned shift = c->bit & ~7u, level;
    struct mmu_req q = width_request(b, c);
    struct path p;
    struct rec_xlate x;

    do {
        level = 1 + block_below(&b->random, 3);
        if (paging_has_leaf(c->paging, level))
            p = paging_map(b, width_va(b, c), level, false);
    } while (!paging_has_leaf(c->paging, level) || p.pat_index != shift / 8);
    for (unsigned i = 0; i < sizeof(types); i++) {
        b->ctx.pat = (b->ctx.pat & ~(UINT64_C(7) << shift)) | (uint64_t)types[i] << shift;
        mmu_set_context(b);
        if (!width_go(b, q, p.va, &x))
            return false;
        c->group->seen_0 |= ~((uint64_t)x.memtype << shift) & UINT64_C(7) << shift;
        c->group->seen_1 |= (uint64_t)x.memtype << shift;
    }
    return true;
}

/* --- protection keys --- */

static bool go_with_keys(struct bench *b, const struct path *p, const struct mmu_req *q,
                         uint32_t keys, struct rec_xlate *x)
{
    b->ctx.pkru = q->user ? keys : 0;
    b->ctx.pkrs = q->user ? 0 : keys;
    mmu_set_context(b);
    return width_go(b, *q, p->va, x);
}

/* A page of the bit's key: denied by the bit alone, by no other key's. */
static bool key_register(struct bench *b, const struct width_case *c, bool user)
{
    struct path p = paging_map(b, width_va(b, c), 1, false);
    uint64_t value = paging_read(b, c->paging, p.entry[1]) | (uint64_t)(c->bit / 2) << 59;
    struct mmu_req q = {.user = user, .access = c->bit % 2 ? ACCESS_WRITE : ACCESS_READ};
    uint32_t key = UINT32_C(3) << (c->bit & ~1u);
    struct rec_xlate x[3];

    mmu_poke(b, p.entry[1], user ? value : value & ~PTE_US, 8);
    b->ctx.cr4 |= MMU_CR4_PKE | MMU_CR4_PKS;
    if (!go_with_keys(b, &p, &q, 0, &x[0]) ||
        !go_with_keys(b, &p, &q, UINT32_C(1) << c->bit, &x[1]) ||
        !go_with_keys(b, &p, &q, ~key, &x[2]))
        return false;
    if (!x[0].fault && x[1].fault && (x[1].error_code & PF_PK) && !x[2].fault)
        decide_bit(c->group, c->bit);
    return true;
}

bool width_pkru(struct bench *b, const struct width_case *c)
{
    return key_register(b, c, true);
}

bool width_pkrs(struct bench *b, const struct width_case *c)
{
    return key_register(b, c, false);
}

/* --- PDPTE registers --- */

static bool load_with(struct bench *b, const struct width_case *c, uint64_t set, uint64_t clear,
                      bool *good)
{
    uint64_t at = b->ctx.cr3 + 8 * c->index;
    uint64_t value = block_memory_read8(&b->model_memory, at);

    mmu_poke(b, at, (value | set) & ~clear, 8);
    return width_load(b, good);
}

bool width_pdpte_reserved(struct bench *b, const struct width_case *c)
{
    bool good;

    if (!load_with(b, c, UINT64_C(1) << c->bit, 0, &good))
        return false;
    if (!good)
        decide_bit(c->group, c->bit);
    return true;
}

/* With P = 0 nothing is reserved. The address faults without an entry read. */
bool width_pdpte_absent(struct bench *b, const struct width_case *c)
{
    uint64_t va = (width_va(b, c) & DECIDE_BITS(29, 0)) | (uint64_t)c->index << 30;
    struct mmu_req q = {.access = ACCESS_READ};
    struct rec_xlate x;
    bool good;

    if (!load_with(b, c, UINT64_C(1) << c->bit, PTE_P, &good) || !width_go(b, q, va, &x))
        return false;
    if (good && x.fault && !(x.error_code & PF_P))
        decide_bit(c->group, c->bit);
    return true;
}

bool width_pdpte_base(struct bench *b, const struct width_case *c)
{
    bool good;

    (void)c;
    return width_load(b, &good);
}

/* --- MTRRs: with paging off the type is theirs --- */

static const uint8_t not_wb[] = {MT_UC, MT_WC, MT_WT, MT_WP};

/* One valid range; the others' registers hold anything. */
static void one_range(struct bench *b, const struct width_case *c, uint64_t mask)
{
    struct mmu_mtrrs *m = &b->ctx.mtrr;

    m->def_type = MTRR_E | MT_WB;
    for (unsigned i = 0; i < MMU_MTRRS; i++) {
        m->base[i] = (block_random(&b->random) & MTRR_ADDR) | not_wb[block_below(&b->random, 4)];
        m->mask[i] = block_random(&b->random) & MTRR_ADDR;
    }
    m->mask[c->index] = mask | MTRR_VALID;
    paging_off(b);
}

/* An address that the range holds. */
static uint64_t in_range(struct bench *b, const struct width_case *c)
{
    const struct mmu_mtrrs *m = &b->ctx.mtrr;
    uint64_t mask = m->mask[c->index] & MTRR_ADDR, any = block_random(&b->random);

    return (m->base[c->index] & mask) | (any & ~mask & DECIDE_BITS(39, 0));
}

/* The address and its neighbour; held: the types that they have are not the default. */
static bool go_pair(struct bench *b, const struct width_case *c, uint64_t pa, bool held[2])
{
    struct mmu_req q = width_request(b, c);
    struct rec_xlate x[2];

    mmu_set_context(b);
    if (!width_go(b, q, pa, &x[0]) || !width_go(b, q, pa ^ UINT64_C(1) << c->bit, &x[1]))
        return false;
    held[0] = x[0].memtype != MT_WB;
    held[1] = x[1].memtype != MT_WB;
    return true;
}

bool width_mtrr_base(struct bench *b, const struct width_case *c)
{
    uint64_t bit = UINT64_C(1) << c->bit, pa;
    bool before[2], after[2];

    one_range(b, c, (block_random(&b->random) & MTRR_ADDR) | bit);
    pa = in_range(b, c);
    if (!go_pair(b, c, pa, before))
        return false;
    b->ctx.mtrr.base[c->index] ^= bit;
    if (!go_pair(b, c, pa, after))
        return false;
    if (before[0] && !before[1] && !after[0] && after[1])
        decide_bit(c->group, c->bit);
    return true;
}

bool width_mtrr_mask(struct bench *b, const struct width_case *c)
{
    uint64_t bit = UINT64_C(1) << c->bit, pa;
    bool before[2], after[2];

    one_range(b, c, block_random(&b->random) & MTRR_ADDR & ~bit);
    pa = in_range(b, c);
    if (!go_pair(b, c, pa, before))
        return false;
    b->ctx.mtrr.mask[c->index] |= bit;
    if (!go_pair(b, c, pa, after))
        return false;
    if (before[0] && before[1] && after[0] != after[1])
        decide_bit(c->group, c->bit);
    return true;
}

bool width_mtrr_valid(struct bench *b, const struct width_case *c)
{
    bool before[2], after[2];
    uint64_t pa;

    one_range(b, c, block_random(&b->random) & MTRR_ADDR);
    pa = in_range(b, c);
    if (!go_pair(b, c, pa, before))
        return false;
    b->ctx.mtrr.mask[c->index] &= ~MTRR_VALID;
    if (!go_pair(b, c, pa, after))
        return false;
    if (before[0] && !after[0])
        decide_bit(c->group, c->bit);
    return true;
}

bool width_mtrr_type(struct bench *b, const struct width_case *c)
{
    struct rec_xlate x;

    one_range(b, c, block_random(&b->random) & MTRR_ADDR);
    b->ctx.mtrr.def_type = MTRR_E | MT_UC;
    for (unsigned i = 0; i < sizeof(types); i++) {
        b->ctx.mtrr.base[c->index] = (b->ctx.mtrr.base[c->index] & ~MTRR_TYPE) | types[i];
        mmu_set_context(b);
        if (!width_go(b, width_request(b, c), in_range(b, c), &x))
            return false;
        decide_value(c->group, x.memtype);
    }
    return true;
}

/* The type of what no range holds, and UC without E. */
bool width_mtrr_def_type(struct bench *b, const struct width_case *c)
{
    struct mmu_req q = width_request(b, c);
    struct rec_xlate x[2];
    uint64_t pa;

    one_range(b, c, MTRR_ADDR);
    pa = in_range(b, c) ^ 4096;
    for (unsigned i = 0; i < sizeof(types); i++) {
        b->ctx.mtrr.def_type = MTRR_E | types[i];
        mmu_set_context(b);
        if (!width_go(b, q, pa, &x[0]))
            return false;
        b->ctx.mtrr.def_type = types[i];
        mmu_set_context(b);
        if (!width_go(b, q, pa, &x[1]))
            return false;
        decide_value(c->group, x[0].memtype);
        if (x[0].memtype != MT_UC && x[1].memtype == MT_UC)
            c->group->decided |= MTRR_E;
    }
    return true;
}
