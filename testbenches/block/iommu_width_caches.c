// SPDX-License-Identifier: Apache-2.0
// Experiments with the tags of the context cache, the IOTLB and the level caches, and with what an
// invalidation compares.
#include "iommu_width.h"

/* --- the context cache --- */

bool width_tag_sid(struct bench *b, const struct experiment *e, unsigned group, unsigned bit)
{
    uint16_t sid = width_random_id(b);
    bool pass = block_chance(&b->random, 50) && iommu_has(b, IOMMU_PT);
    uint64_t t = pass ? T_PASS_THROUGH : T_SECOND_STAGE, aw = iommu_largest_aw(b);
    struct device one = width_add_device(b, sid, width_random_id(b), t, width_random_page(b), aw);
    struct device two = width_add_device(b, (uint16_t)(sid ^ 1u << bit), width_random_id(b), t,
                                         width_random_page(b), aw);
    uint64_t iova = width_random_iova(b, &one);
    struct rec_dma x[3];

    (void)e;
    width_map(b, &one, iova, 12);
    width_map(b, &two, iova, 12);
    if (!width_go(b, one.sid, iova, &x[0]) || !width_go(b, two.sid, iova, &x[1]) ||
        !width_go(b, one.sid, iova, &x[2]))
        return false;
    width_decide_if(b, !width_context_hit(&x[1]) && width_context_hit(&x[2]), group, bit);
    if (!width_context_hit(&x[0])) {
        decide_value(&b->r->groups[G_RTADDR], one.root_entry);
        decide_value(&b->r->groups[G_ROOT_TABLE], one.context_entry);
    }
    return true;
}

/* FM: the function bits that an invalidation by device leaves out; every other bit must be equal.
 */
bool width_invalidate_sid(struct bench *b, const struct experiment *e, unsigned group, unsigned bit)
{
    struct device d = width_random_device(b, 0);
    uint64_t iova = width_random_iova(b, &d);
    struct rec_dma x[2];
    unsigned dropped;

    width_map(b, &d, iova, 12);
    if (!width_go(b, d.sid, iova, &x[0]) ||
        !width_invalidate_contexts(b, e->queue, INV_LAST, d.did, (uint16_t)(d.sid ^ 1u << bit),
                                   e->param, &dropped) ||
        !width_go(b, d.sid, iova, &x[1]))
        return false;
    width_decide_if(b, dropped == 0 ? width_context_hit(&x[1]) : !width_context_hit(&x[1]), group,
                    bit);
    return true;
}

bool width_invalidate_did(struct bench *b, const struct experiment *e, unsigned group, unsigned bit)
{
    struct device d = width_random_device(b, 0);
    uint64_t iova = width_random_iova(b, &d);
    struct rec_dma x[2];
    unsigned dropped;

    width_map(b, &d, iova, 12);
    if (!width_go(b, d.sid, iova, &x[0]) ||
        !width_invalidate_contexts(b, e->queue, e->param, (uint16_t)(d.did ^ 1u << bit), d.sid, 0,
                                   &dropped) ||
        !width_go(b, d.sid, iova, &x[1]))
        return false;
    width_decide_if(b, dropped == 0 && width_context_hit(&x[1]), group, bit);
    if (width_context_hit(&x[1]) && !width_iotlb_hit(&x[0]))
        decide_value(&b->r->groups[G_CONTEXT_TABLE], d.table);
    return true;
}

/* --- IOTLB and level caches --- */

static void decide_addresses(struct bench *b, unsigned levels, const struct path *p,
                             const struct rec_dma *walked, const struct rec_dma *hit)
{
    struct decide_group *g = b->r->groups;
    unsigned size = width_leaf_level(p->log2) - 1;

    if (walked->status == DMA_TRANSLATED && !width_iotlb_hit(walked)) {
        if (walked->psc == 0)
            for (unsigned level = levels; level >= width_leaf_level(p->log2); level--)
                decide_value(
                    &g[level == levels ? (unsigned)G_CONTEXT_TABLE : G_TABLE_5 + 4 - level],
                    p->entry[level]);
        decide_value(&g[G_WALK_4K + size], walked->pa);
    }
    if (hit->status == DMA_TRANSLATED && width_iotlb_hit(hit))
        decide_value(&g[G_HIT_4K + size], hit->pa);
}

/* A page, its neighbour, the page again, another page of its table. */
bool width_tag_iova(struct bench *b, const struct experiment *e, unsigned group, unsigned bit)
{
    struct device d = width_random_device(b, bit + 1);
    uint64_t iova = width_random_iova(b, &d), other = iova ^ UINT64_C(1) << bit;
    uint64_t beside = iova ^ UINT64_C(1) << (e->log2 + (bit == e->log2));
    unsigned level = width_leaf_level(e->log2) + 1;
    struct path p = width_map(b, &d, iova, e->log2), last;
    struct rec_dma x[4];

    width_map(b, &d, other, e->log2);
    last = width_map(b, &d, beside, e->log2);
    if (!width_go(b, d.sid, iova, &x[0]) || !width_go(b, d.sid, other, &x[1]) ||
        !width_go(b, d.sid, iova, &x[2]) || !width_go(b, d.sid, beside, &x[3]))
        return false;
    width_decide_if(
        b, x[1].status == DMA_TRANSLATED && !width_iotlb_hit(&x[1]) && width_iotlb_hit(&x[2]),
        group, bit);
    if (width_from_cache(&x[3], level)) {
        width_decide_if(b, bit >= e->log2 + 9 && (x[1].psc == 0 || x[1].psc > level),
                        G_LEVEL_2 + level - 2, bit);
        decide_value(&b->r->groups[G_CACHED_5 + 5 - level], last.entry[level - 1]);
    }
    decide_addresses(b, d.levels, &p, &x[0], &x[2]);
    /* The context cache's own copy of SLPTPTR: a hit there, and a walk from the top. */
    if (width_context_hit(&x[1]) && x[1].psc == 0)
        decide_value(&b->r->groups[G_CONTEXT_CACHED], d.table);
    return true;
}

/* The same of a table below level 5: what a page in the next level-4 entry is found by. */
bool width_tag_level_5(struct bench *b, const struct experiment *e, unsigned group, unsigned bit)
{
    struct device d = width_random_device(b, 57);
    unsigned log2 = width_random_log2(b);
    uint64_t iova = width_random_iova(b, &d), other = iova ^ UINT64_C(1) << bit;
    struct path last;
    struct rec_dma x[3];

    width_map(b, &d, iova, log2);
    width_map(b, &d, other, log2);
    last = width_map(b, &d, iova ^ UINT64_C(1) << e->log2, log2);
    if (!width_go(b, d.sid, iova, &x[0]) || !width_go(b, d.sid, other, &x[1]) ||
        !width_go(b, d.sid, last.iova, &x[2]))
        return false;
    if (width_from_cache(&x[2], 5)) {
        width_decide_if(b, x[1].status == DMA_TRANSLATED && x[1].psc == 0, group, bit);
        decide_value(&b->r->groups[G_CACHED_5], last.entry[4]);
    }
    return true;
}

/* How far the next page lies from one of that size: beside it, or in the next level-4 entry. */
static unsigned random_distance(struct bench *b, unsigned log2)
{
    return block_chance(&b->random, 25) && iommu_has(b, IOMMU_57) ? 39 : log2;
}

/* Two devices of one table under neighbouring domain-ids. */
bool width_tag_did(struct bench *b, const struct experiment *e, unsigned group, unsigned bit)
{
    struct device one = width_random_device(b, 57);
    struct device two = width_add_device(b, width_random_id(b), (uint16_t)(one.did ^ 1u << bit),
                                         T_SECOND_STAGE, one.table, one.levels - 2);
    unsigned log2 = e->log2 >= 12 && e->log2 <= 30 ? e->log2 : width_random_log2(b),
             distance = e->log2 != 0 ? e->log2 : log2, level = width_leaf_level(distance) + 1;
    uint64_t iova = width_random_iova(b, &one), beside = iova ^ UINT64_C(1) << distance;
    struct rec_dma x[4];

    (void)group;
    width_map(b, &one, iova, log2);
    width_map(b, &one, beside, log2);
    if (!width_go(b, one.sid, iova, &x[0]) || !width_go(b, two.sid, iova, &x[1]) ||
        !width_go(b, one.sid, iova, &x[2]) || !width_go(b, one.sid, beside, &x[3]))
        return false;
    width_decide_if(b, !width_iotlb_hit(&x[1]) && width_iotlb_hit(&x[2]), G_IOTLB_DID, bit);
    width_decide_if(b, x[1].psc == 0 && width_from_cache(&x[3], level), G_LEVEL_2_DID + level - 2,
                    bit);
    return true;
}

bool width_invalidate_iotlb_did(struct bench *b, const struct experiment *e, unsigned group,
                                unsigned bit)
{
    struct device d = width_random_device(b, 57);
    unsigned log2 = width_random_log2(b), distance = random_distance(b, log2), dropped;
    uint64_t iova = width_random_iova(b, &d), beside = iova ^ UINT64_C(1) << distance;
    struct rec_dma x[3];

    width_map(b, &d, iova, log2);
    width_map(b, &d, beside, log2);
    if (!width_go(b, d.sid, iova, &x[0]) ||
        !width_invalidate_iotlb(b, e->queue, e->param, (uint16_t)(d.did ^ 1u << bit),
                                iova & ~UINT64_C(0xFFF), &dropped) ||
        !width_go(b, d.sid, iova, &x[1]) || !width_go(b, d.sid, beside, &x[2]))
        return false;
    width_decide_if(b, dropped == 0 && width_iotlb_hit(&x[1]), group, bit);
    width_decide_if(b, dropped == 0 && width_from_cache(&x[2], width_leaf_level(distance) + 1),
                    G_LEVEL_INV_DID, bit);
    return true;
}

/* An invalidation of 2^AM pages around the neighbour. */
bool width_invalidate_page(struct bench *b, const struct experiment *e, unsigned group,
                           unsigned bit)
{
    struct device d = width_random_device(b, 57);
    unsigned log2 = width_random_log2(b), distance = random_distance(b, log2),
             level = width_leaf_level(distance) + 1, dropped;
    uint64_t iova = width_random_iova(b, &d), beside = iova ^ UINT64_C(1) << distance;
    uint64_t iva = (iova & ~UINT64_C(0xFFF)) ^ UINT64_C(1) << bit;
    uint64_t ih = block_chance(&b->random, 30) ? 0x40 : 0;
    unsigned am = e->param == AM_RANDOM ? block_below(&b->random, AM_COUNT) : e->param;
    struct rec_dma x[3];

    width_map(b, &d, iova, log2);
    width_map(b, &d, beside, log2);
    if (!width_go(b, d.sid, iova, &x[0]) ||
        !width_invalidate_iotlb(b, e->queue, INV_LAST, d.did, iva | ih | am, &dropped) ||
        !width_go(b, d.sid, iova, &x[1]) || !width_go(b, d.sid, beside, &x[2]))
        return false;
    /* Inside the page or the 2^AM pages it must go, beside both it must not. */
    width_decide_if(b, width_iotlb_hit(&x[1]) == (bit >= log2 && bit >= 12 + am), group, bit);
    width_decide_if(b, ih == 0 && bit >= distance + 9 && width_from_cache(&x[2], level),
                    G_LEVEL_2_INV + level - 2, bit);
    return true;
}
