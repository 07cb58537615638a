// SPDX-License-Identifier: Apache-2.0
// One bit at a time through the tags of the TLBs and of the paging-structure caches, and through
// what is compared with them in a flush: docs/mmu.md M1 to M5, M13, M31 to M33.
#include "mmu_width.h"

/* What a walk of all levels, and the hit behind it, compare of addresses. */
static void decide_addresses(struct bench *b, const struct width_case *c, const struct path *p,
                             const struct rec_xlate *walked, const struct rec_xlate *hit)
{
    if (walked->hit == XLATE_WALKED && !walked->fault) {
        if (walked->psc == 0)
            for (unsigned n = pagings[c->paging].levels; n >= p->level; n--)
                decide_value(width_group(b, K_ENTRY, c->paging, n), p->entry[n]);
        decide_value(width_group(b, K_WALK, c->paging, p->level), walked->pa);
    }
    if (hit->hit == XLATE_TLB)
        decide_value(width_group(b, K_HIT, c->paging, p->level), hit->pa);
}

/* va, its neighbour, va again. */
bool width_tag_va(struct bench *b, const struct width_case *c)
{
    struct mmu_req q = width_request(b, c);
    uint64_t va = width_va(b, c), other = paging_va(c->paging, va ^ UINT64_C(1) << c->bit);
    struct path p;
    struct rec_xlate x[3];

    p = paging_map(b, va, c->index, block_chance(&b->random, 30));
    paging_map(b, other, c->index, block_chance(&b->random, 30));
    if (!width_go(b, q, va, &x[0]) || !width_go(b, q, other, &x[1]) || !width_go(b, q, va, &x[2]))
        return false;
    if (!x[1].fault && x[1].hit == XLATE_WALKED && x[2].hit == XLATE_TLB)
        decide_bit(c->group, c->bit);
    decide_addresses(b, c, &p, &x[0], &x[2]);
    return true;
}

/* A leaf below an entry of this level. */
static unsigned leaf_below(struct bench *b, unsigned paging, unsigned level)
{
    unsigned leaf;

    do
        leaf = 1 + block_below(&b->random, level - 1);
    while (!paging_has_leaf(paging, leaf));
    return leaf;
}

/* Another page of the table that the entry of this level refers to: the walk to it begins there. */
static uint64_t beside_below(const struct width_case *c, uint64_t va, unsigned level)
{
    return paging_va(c->paging, va ^ UINT64_C(1) << paging_log2(c->paging, level - 1));
}

/* va, its neighbour, a page beside va's. */
bool width_psc_va(struct bench *b, const struct width_case *c)
{
    struct mmu_req q = width_request(b, c);
    unsigned level = c->index, leaf = leaf_below(b, c->paging, level);
    uint64_t va = width_va(b, c), beside = beside_below(c, va, level);
    uint64_t other = paging_va(c->paging, va ^ UINT64_C(1) << c->bit);
    struct path p;
    struct rec_xlate x[3];

    paging_map(b, va, leaf, false);
    paging_map(b, other, leaf, false);
    p = paging_map(b, beside, leaf, false);
    if (!width_go(b, q, va, &x[0]) || !width_go(b, q, other, &x[1]) ||
        !width_go(b, q, beside, &x[2]))
        return false;
    if (x[2].fault || x[2].hit != XLATE_WALKED || x[2].psc != level)
        return true;
    if (x[1].psc == 0 || x[1].psc > level)
        decide_bit(c->group, c->bit);
    decide_value(width_group(b, K_CACHED, c->paging, level), p.entry[level - 1]);
    return true;
}

/* --- PCIDs --- */

#define NEIGHBOUR (UINT64_C(1) << 21) /* in its root's address */

/* A PCID and its neighbour share their tables, so that a hit under the wrong one shows; to the
 * oracle alone an answer shows, if each has its own. */
static void set_pcid(struct bench *b, unsigned pcid)
{
    uint64_t root = b->ctx.cr3 & PTE_ADDR;

    if (mmu_oracle_alone(b) && pcid != mmu_pcid(&b->ctx))
        root ^= NEIGHBOUR;
    b->ctx.cr3 = root | pcid;
    mmu_set_context(b);
}

static unsigned any_leaf(struct bench *b)
{
    return 1 + block_below(&b->random, 3);
}

bool width_tag_pcid(struct bench *b, const struct width_case *c)
{
    struct mmu_req q = width_request(b, c);
    unsigned pcid = mmu_pcid(&b->ctx);
    uint64_t va = width_va(b, c);
    struct rec_xlate x[3];

    paging_map(b, va, any_leaf(b), false);
    if (!width_go(b, q, va, &x[0]))
        return false;
    set_pcid(b, pcid ^ 1u << c->bit);
    if (!width_go(b, q, va, &x[1]))
        return false;
    set_pcid(b, pcid);
    if (!width_go(b, q, va, &x[2]))
        return false;
    if (x[1].hit == XLATE_WALKED && x[2].hit == XLATE_TLB)
        decide_bit(c->group, c->bit);
    return true;
}

/* va; under the neighbour a page beside it, from the root; the same page under the PCID. */
bool width_psc_pcid(struct bench *b, const struct width_case *c)
{
    struct mmu_req q = width_request(b, c);
    unsigned pcid = mmu_pcid(&b->ctx), leaf = leaf_below(b, c->paging, c->index);
    uint64_t va = width_va(b, c), beside = beside_below(c, va, c->index);
    struct rec_xlate x[3];

    paging_map(b, va, leaf, false);
    paging_map(b, beside, leaf, false);
    if (!width_go(b, q, va, &x[0]))
        return false;
    set_pcid(b, pcid ^ 1u << c->bit);
    if (!width_go(b, q, beside, &x[1]))
        return false;
    set_pcid(b, pcid);
    if (!width_go(b, q, beside, &x[2]))
        return false;
    if (x[1].psc == 0 && x[2].hit == XLATE_WALKED && x[2].psc == c->index)
        decide_bit(c->group, c->bit);
    return true;
}

/* CR4.PCIDE = 0: the low bits of CR3 are no PCID. */
bool width_cr3_low(struct bench *b, const struct width_case *c)
{
    struct mmu_req q = width_request(b, c);
    uint64_t va = width_va(b, c);
    struct rec_xlate x[2];

    b->ctx.cr4 &= ~MMU_CR4_PCIDE;
    mmu_set_context(b);
    paging_map(b, va, 1, false);
    if (!width_go(b, q, va, &x[0]))
        return false;
    b->ctx.cr3 ^= UINT64_C(1) << c->bit;
    mmu_set_context(b);
    if (!width_go(b, q, va, &x[1]))
        return false;
    if (x[1].hit == XLATE_TLB)
        decide_bit(c->group, c->bit);
    return true;
}

/* --- flushes --- */

/* A flush of the neighbour spares the page; one inside the page must drop it. */
bool width_flush_va(struct bench *b, const struct width_case *c)
{
    struct mmu_req q = width_request(b, c);
    uint64_t va = width_va(b, c);
    struct mmu_flush_req f = {.kind = c->flush,
                              .va = paging_va(c->paging, va ^ UINT64_C(1) << c->bit),
                              .pcid = mmu_pcid(&b->ctx)};
    bool inside = c->bit < paging_log2(c->paging, c->index);
    struct rec_xlate x[2];

    paging_map(b, va, c->index, c->flush == FLUSH_PAGE && block_chance(&b->random, 50));
    if (!width_go(b, q, va, &x[0]))
        return false;
    if (mmu_oracle_alone(b))
        paging_map(b, va, c->index, false); /* what the flush must drop is another page */
    if (!mmu_flush_one(b, &f) || !width_go(b, q, va, &x[1]))
        return false;
    if (x[1].hit == (inside ? XLATE_WALKED : XLATE_TLB))
        decide_bit(c->group, c->bit);
    return true;
}

bool width_flush_pcid(struct bench *b, const struct width_case *c)
{
    struct mmu_req q = width_request(b, c);
    unsigned leaf = any_leaf(b), pcid = mmu_pcid(&b->ctx);
    uint64_t va = width_va(b, c), beside = beside_below(c, va, leaf + 1);
    struct mmu_flush_req f = {.kind = c->flush, .va = va, .pcid = (uint16_t)(pcid ^ 1u << c->bit)};
    struct rec_xlate x[3];

    paging_map(b, va, leaf, false);
    paging_map(b, beside, leaf, false);
    if (!width_go(b, q, va, &x[0]))
        return false;
    set_pcid(b, f.pcid); /* INVLPG is of the current one */
    if (!mmu_flush_one(b, &f))
        return false;
    set_pcid(b, pcid);
    if (!width_go(b, q, va, &x[1]) || !width_go(b, q, beside, &x[2]))
        return false;
    if (x[1].hit == XLATE_TLB)
        decide_bit(c->group, c->bit);
    if (x[2].hit == XLATE_WALKED && x[2].psc == leaf + 1)
        width_decide(b, K_PSC_FLUSH_PCID, c, c->bit);
    return true;
}
