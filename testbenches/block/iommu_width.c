// SPDX-License-Identifier: Apache-2.0
// One bit at a time through every tag, identifier, mask and address of the IOMMU, over the whole
// 40-bit space. An experiment is a handful of requests and register accesses that differ in the
// bit, in tables of their own, arranged so that a unit blind to the bit must answer otherwise; the
// bit has decided when the model's answers show that the arrangement held (docs/iommu.md I8, I9,
// "A request, step by step", "Invalidation").
#include <string.h>

#include "block_iommu.h"

#define PAGE        UINT64_C(0x000000fffffff000)
#define IOVA_BITS   48
#define EXPERIMENTS 8 /* under one root table */
#define FRAME_BITS  DECIDE_BITS(39, 12)
#define ID_BITS     DECIDE_BITS(15, 0)

#define SS_R  UINT64_C(0x1)
#define SS_W  UINT64_C(0x2)
#define SS_PS UINT64_C(0x80)

#define T_SECOND_STAGE UINT64_C(0)
#define T_PASS_THROUGH UINT64_C(2)
#define AW_39          UINT64_C(1)
#define AW_48          UINT64_C(2)

#define INV_GLOBAL 1
#define INV_DOMAIN 2
#define INV_LAST   3 /* device; page */

#define AM_COUNT 19 /* MAMV is 18 */

enum {
    G_TOGETHER = GROUP_TOGETHER,
    G_SID,
    G_FM_0,
    G_FM_1,
    G_FM_2,
    G_FM_3,
    G_DEVICE_DID,
    G_DOMAIN_DID,
    G_IOTLB_4K,
    G_IOTLB_2M,
    G_IOTLB_1G,
    G_LEVEL_2,
    G_LEVEL_3,
    G_LEVEL_4,
    G_IOTLB_DID,
    G_LEVEL_2_DID,
    G_LEVEL_3_DID,
    G_LEVEL_4_DID,
    G_IOTLB_DOMAIN_DID,
    G_IOTLB_PAGE_DID,
    G_LEVEL_INV_DID,
    G_LEVEL_2_INV,
    G_LEVEL_3_INV,
    G_LEVEL_4_INV,
    G_AM,
    G_AM_END = G_AM + AM_COUNT,
    G_ROOT_LO = G_AM_END,
    G_ROOT_HI,
    G_CONTEXT_LO,
    G_CONTEXT_HI,
    G_CONTEXT_IGNORED,
    G_SS_4,
    G_SS_3,
    G_SS_3_LEAF,
    G_SS_2,
    G_SS_2_LEAF,
    G_SS_1,
    G_IGNORED_4,
    G_IGNORED_3,
    G_IGNORED_2,
    G_IGNORED_1,
    G_WIDTH_39,
    G_WIDTH_48,
    G_WIDTH_PASS,
    G_WIDTH_OFF,
    G_RANGE,
    G_RANGE_OUT,
    G_RANGE_HIT,
    G_RTADDR,
    G_ROOT_TABLE,
    G_CONTEXT_TABLE,
    G_CONTEXT_CACHED,
    G_TABLE_4,
    G_TABLE_3,
    G_TABLE_2,
    G_CACHED_4,
    G_CACHED_3,
    G_CACHED_2,
    G_WALK_4K,
    G_WALK_2M,
    G_WALK_1G,
    G_HIT_4K,
    G_HIT_2M,
    G_HIT_1G,
    G_PASS,
    G_OFF,
    G_FRCD_INDEX,
    G_FRCD_SID,
    G_FRCD_FI,
    G_FEADDR,
    G_FEDATA,
    G_REGISTER,
    G_COUNT
};

struct experiment {
    const char *name;
    uint64_t wanted;
    /* NULL: decided beside others. False: the two sides differ. */
    bool (*run)(struct bench *b, const struct experiment *e, unsigned group, unsigned bit);
    unsigned log2;  /* size of the page */
    unsigned level; /* of the entry with the bit */
    unsigned param;
};

static void decide(struct bench *b, unsigned group, unsigned bit)
{
    decide_bit(&b->r->groups[group], bit);
}

static void decide_if(struct bench *b, bool held, unsigned group, unsigned bit)
{
    if (held)
        decide(b, group, bit);
}

/* --- tables --- */

struct device {
    uint16_t sid, did;
    uint64_t root_entry, context_entry, table; /* addresses; table: SLPTPTR */
    unsigned levels;
};

struct path {
    uint64_t iova;
    unsigned log2;
    uint64_t entry[5]; /* address by level */
};

static uint64_t random_page(struct bench *b)
{
    return block_random(&b->random) & PAGE;
}

static uint16_t random_id(struct bench *b)
{
    return (uint16_t)block_random(&b->random);
}

static uint64_t random_iova(struct bench *b)
{
    return block_random(&b->random) >> (64 - IOVA_BITS) & ~UINT64_C(3);
}

static unsigned leaf_level(unsigned log2)
{
    return (log2 - 12) / 9 + 1;
}

static unsigned random_log2(struct bench *b)
{
    return 12 + 9 * block_below(&b->random, 3);
}

static void poke16(struct bench *b, uint64_t addr, uint64_t lo, uint64_t hi)
{
    iommu_poke(b, addr, lo);
    iommu_poke(b, addr + 8, hi);
}

/* Root and context entry of a device; the context table is made where there is none. */
static struct device add_device(struct bench *b, uint16_t sid, uint16_t did, uint64_t t,
                                uint64_t table, uint64_t aw)
{
    struct device d = {.sid = sid, .did = did, .table = table, .levels = aw == AW_48 ? 4 : 3};
    uint64_t lo;

    d.root_entry = b->root + (sid >> 8) * UINT64_C(16);
    lo = block_memory_read8(&b->model_memory, d.root_entry);
    if (lo == UINT64_MAX) {
        lo = random_page(b) | 1;
        poke16(b, d.root_entry, lo, 0);
    }
    d.context_entry = (lo & PAGE) + (sid & 0xFF) * UINT64_C(16);
    poke16(b, d.context_entry, table | t << 2 | 1, (uint64_t)did << 8 | aw);
    return d;
}

static struct device random_device(struct bench *b)
{
    return add_device(b, random_id(b), random_id(b), T_SECOND_STAGE, random_page(b), AW_48);
}

/* Tables are made where there are none; the leaf is new. Everything is allowed. */
static struct path map_to(struct bench *b, const struct device *d, uint64_t iova, unsigned log2,
                          uint64_t frame)
{
    struct path p = {.iova = iova, .log2 = log2};
    uint64_t table = d->table, v;

    for (unsigned level = d->levels;; level--) {
        p.entry[level] = table + (iova >> (3 + 9 * level) & 0x1FF) * 8;
        if (level == leaf_level(log2))
            break;
        v = block_memory_read8(&b->model_memory, p.entry[level]);
        if (v == UINT64_MAX || (v & SS_PS)) {
            v = random_page(b) | SS_R | SS_W;
            iommu_poke(b, p.entry[level], v);
        }
        table = v & PAGE;
    }
    iommu_poke(b, p.entry[leaf_level(log2)],
               (frame >> log2 << log2) | SS_R | SS_W | (log2 == 12 ? 0 : SS_PS));
    return p;
}

static struct path map(struct bench *b, const struct device *d, uint64_t iova, unsigned log2)
{
    return map_to(b, d, iova, log2, random_page(b));
}

/* --- requests and registers --- */

static bool go(struct bench *b, uint16_t sid, uint64_t iova, struct rec_dma *x)
{
    struct rec_dma in = {.sid = sid, .iova = iova, .len = 4, .tag = (uint8_t)b->r->requests};
    struct answer a;
    bool same;

    in.write = block_chance(&b->random, 50);
    for (unsigned i = 0; in.write && i < 4; i++)
        in.data[i] = (uint8_t)block_random(&b->random);
    same = iommu_request(b, &in, &a);
    *x = a.dma;
    return same;
}

static bool iotlb_hit(const struct rec_dma *x)
{
    return (x->hit & 2) != 0;
}

static bool context_hit(const struct rec_dma *x)
{
    return (x->hit & 1) != 0;
}

/* Walked, and from that level's cache. */
static bool from_cache(const struct rec_dma *x, unsigned level)
{
    return x->status == DMA_TRANSLATED && !iotlb_hit(x) && x->psc == level;
}

/* dropped: what the record of the invalidation counts. */
static bool invalidate_contexts(struct bench *b, unsigned kind, uint16_t did, uint16_t sid,
                                unsigned fm, unsigned *dropped)
{
    uint64_t v =
        UINT64_C(1) << 63 | (uint64_t)kind << 61 | (uint64_t)fm << 32 | (uint64_t)sid << 16 | did;
    struct answer a;
    bool same = iommu_write(b, REG_CCMD, 8, v, &a);

    *dropped = a.last.count;
    return same;
}

static bool invalidate_iotlb(struct bench *b, unsigned kind, uint16_t did, uint64_t iva,
                             unsigned *dropped)
{
    uint64_t v = UINT64_C(1) << 63 | (uint64_t)kind << 60 | (uint64_t)did << 32;
    struct answer a;
    bool same = iommu_write(b, REG_IVA, 8, iva, &a) && iommu_write(b, REG_IOTLB, 8, v, &a);

    *dropped = a.last.count;
    return same;
}

/* --- the context cache --- */

static bool tag_sid(struct bench *b, const struct experiment *e, unsigned group, unsigned bit)
{
    uint16_t sid = random_id(b);
    uint64_t t = block_chance(&b->random, 50) ? T_PASS_THROUGH : T_SECOND_STAGE,
             iova = random_iova(b);
    struct device one = add_device(b, sid, random_id(b), t, random_page(b), AW_48);
    struct device two =
        add_device(b, (uint16_t)(sid ^ 1u << bit), random_id(b), t, random_page(b), AW_48);
    struct rec_dma x[3];

    (void)e;
    map(b, &one, iova, 12);
    map(b, &two, iova, 12);
    if (!go(b, one.sid, iova, &x[0]) || !go(b, two.sid, iova, &x[1]) ||
        !go(b, one.sid, iova, &x[2]))
        return false;
    decide_if(b, !context_hit(&x[1]) && context_hit(&x[2]), group, bit);
    if (!context_hit(&x[0])) {
        decide_value(&b->r->groups[G_RTADDR], one.root_entry);
        decide_value(&b->r->groups[G_ROOT_TABLE], one.context_entry);
    }
    return true;
}

/* FM: the function bits that an invalidation by device leaves out; every other bit must be equal.
 */
static bool invalidate_sid(struct bench *b, const struct experiment *e, unsigned group,
                           unsigned bit)
{
    struct device d = random_device(b);
    uint64_t iova = random_iova(b);
    struct rec_dma x[2];
    unsigned dropped;

    map(b, &d, iova, 12);
    if (!go(b, d.sid, iova, &x[0]) ||
        !invalidate_contexts(b, INV_LAST, d.did, (uint16_t)(d.sid ^ 1u << bit), e->param,
                             &dropped) ||
        !go(b, d.sid, iova, &x[1]))
        return false;
    decide_if(b, dropped == 0 ? context_hit(&x[1]) : !context_hit(&x[1]), group, bit);
    return true;
}

static bool invalidate_did(struct bench *b, const struct experiment *e, unsigned group,
                           unsigned bit)
{
    struct device d = random_device(b);
    uint64_t iova = random_iova(b);
    struct rec_dma x[2];
    unsigned dropped;

    map(b, &d, iova, 12);
    if (!go(b, d.sid, iova, &x[0]) ||
        !invalidate_contexts(b, e->param, (uint16_t)(d.did ^ 1u << bit), d.sid, 0, &dropped) ||
        !go(b, d.sid, iova, &x[1]))
        return false;
    decide_if(b, dropped == 0 && context_hit(&x[1]), group, bit);
    if (context_hit(&x[1]) && !iotlb_hit(&x[0]))
        decide_value(&b->r->groups[G_CONTEXT_TABLE], d.table);
    return true;
}

/* --- IOTLB and level caches --- */

static void decide_addresses(struct bench *b, const struct path *p, const struct rec_dma *walked,
                             const struct rec_dma *hit)
{
    struct decide_group *g = b->r->groups;
    unsigned size = leaf_level(p->log2) - 1;

    if (walked->status == DMA_TRANSLATED && !iotlb_hit(walked)) {
        if (walked->psc == 0)
            for (unsigned level = 4; level >= leaf_level(p->log2); level--)
                decide_value(&g[level == 4 ? (unsigned)G_CONTEXT_TABLE : G_TABLE_4 + 3 - level],
                             p->entry[level]);
        decide_value(&g[G_WALK_4K + size], walked->pa);
    }
    if (hit->status == DMA_TRANSLATED && iotlb_hit(hit))
        decide_value(&g[G_HIT_4K + size], hit->pa);
}

/* A page, its neighbour, the page again, another page of its table. */
static bool tag_iova(struct bench *b, const struct experiment *e, unsigned group, unsigned bit)
{
    struct device d = random_device(b);
    uint64_t iova = random_iova(b), other = iova ^ UINT64_C(1) << bit;
    uint64_t beside = iova ^ UINT64_C(1) << (e->log2 + (bit == e->log2));
    unsigned level = leaf_level(e->log2) + 1;
    struct path p = map(b, &d, iova, e->log2), last;
    struct rec_dma x[4];

    map(b, &d, other, e->log2);
    last = map(b, &d, beside, e->log2);
    if (!go(b, d.sid, iova, &x[0]) || !go(b, d.sid, other, &x[1]) || !go(b, d.sid, iova, &x[2]) ||
        !go(b, d.sid, beside, &x[3]))
        return false;
    decide_if(b, x[1].status == DMA_TRANSLATED && !iotlb_hit(&x[1]) && iotlb_hit(&x[2]), group,
              bit);
    if (from_cache(&x[3], level)) {
        decide_if(b, bit >= e->log2 + 9 && (x[1].psc == 0 || x[1].psc > level),
                  G_LEVEL_2 + level - 2, bit);
        decide_value(&b->r->groups[G_CACHED_4 + 4 - level], last.entry[level - 1]);
    }
    decide_addresses(b, &p, &x[0], &x[2]);
    /* The context cache's own copy of SLPTPTR: a hit there, and a walk from the top. */
    if (context_hit(&x[1]) && x[1].psc == 0)
        decide_value(&b->r->groups[G_CONTEXT_CACHED], d.table);
    return true;
}

/* Two devices of one table under neighbouring domain-ids. */
static bool tag_did(struct bench *b, const struct experiment *e, unsigned group, unsigned bit)
{
    struct device one = random_device(b);
    struct device two = add_device(b, random_id(b), (uint16_t)(one.did ^ 1u << bit), T_SECOND_STAGE,
                                   one.table, AW_48);
    unsigned log2 = e->log2 != 0 ? e->log2 : random_log2(b), level = leaf_level(log2) + 1;
    uint64_t iova = random_iova(b), beside = iova ^ UINT64_C(1) << log2;
    struct rec_dma x[4];

    (void)group;
    map(b, &one, iova, log2);
    map(b, &one, beside, log2);
    if (!go(b, one.sid, iova, &x[0]) || !go(b, two.sid, iova, &x[1]) ||
        !go(b, one.sid, iova, &x[2]) || !go(b, one.sid, beside, &x[3]))
        return false;
    decide_if(b, !iotlb_hit(&x[1]) && iotlb_hit(&x[2]), G_IOTLB_DID, bit);
    decide_if(b, x[1].psc == 0 && from_cache(&x[3], level), G_LEVEL_2_DID + level - 2, bit);
    return true;
}

static bool invalidate_iotlb_did(struct bench *b, const struct experiment *e, unsigned group,
                                 unsigned bit)
{
    struct device d = random_device(b);
    unsigned log2 = random_log2(b), dropped;
    uint64_t iova = random_iova(b), beside = iova ^ UINT64_C(1) << log2;
    struct rec_dma x[3];

    map(b, &d, iova, log2);
    map(b, &d, beside, log2);
    if (!go(b, d.sid, iova, &x[0]) ||
        !invalidate_iotlb(b, e->param, (uint16_t)(d.did ^ 1u << bit), iova & ~UINT64_C(0xFFF),
                          &dropped) ||
        !go(b, d.sid, iova, &x[1]) || !go(b, d.sid, beside, &x[2]))
        return false;
    decide_if(b, dropped == 0 && iotlb_hit(&x[1]), group, bit);
    decide_if(b, dropped == 0 && from_cache(&x[2], leaf_level(log2) + 1), G_LEVEL_INV_DID, bit);
    return true;
}

/* An invalidation of 2^AM pages around the neighbour. */
static bool invalidate_page(struct bench *b, const struct experiment *e, unsigned group,
                            unsigned bit)
{
    struct device d = random_device(b);
    unsigned log2 = random_log2(b), level = leaf_level(log2) + 1, dropped;
    uint64_t iova = random_iova(b), beside = iova ^ UINT64_C(1) << log2;
    uint64_t iva = (iova & ~UINT64_C(0xFFF)) ^ UINT64_C(1) << bit;
    uint64_t ih = block_chance(&b->random, 30) ? 0x40 : 0;
    struct rec_dma x[3];

    map(b, &d, iova, log2);
    map(b, &d, beside, log2);
    if (!go(b, d.sid, iova, &x[0]) ||
        !invalidate_iotlb(b, INV_LAST, d.did, iva | ih | e->param, &dropped) ||
        !go(b, d.sid, iova, &x[1]) || !go(b, d.sid, beside, &x[2]))
        return false;
    /* Inside the page or the 2^AM pages it must go, beside both it must not. */
    decide_if(b, iotlb_hit(&x[1]) == (bit >= log2 && bit >= 12 + e->param), group, bit);
    decide_if(b, ih == 0 && bit >= log2 + 9 && from_cache(&x[2], level), G_LEVEL_2_INV + level - 2,
              bit);
    return true;
}

/* --- entries --- */

static bool root_bit(struct bench *b, const struct experiment *e, unsigned group, unsigned bit)
{
    struct device d = random_device(b);
    uint64_t at = d.root_entry + e->param, value = block_memory_read8(&b->model_memory, at);
    struct rec_dma x;

    iommu_poke(b, at, value ^ UINT64_C(1) << bit);
    if (!go(b, d.sid, random_iova(b), &x))
        return false;
    decide_if(b, x.fault == 0xA, group, bit);
    iommu_poke(b, at, value);
    return true;
}

static bool context_bit(struct bench *b, const struct experiment *e, unsigned group, unsigned bit)
{
    struct device d = random_device(b);
    uint64_t at = d.context_entry + e->param, iova = random_iova(b);
    struct rec_dma x;

    map(b, &d, iova, 12);
    iommu_poke(b, at, block_memory_read8(&b->model_memory, at) ^ UINT64_C(1) << bit);
    if (!go(b, d.sid, iova, &x))
        return false;
    decide_if(b, x.fault == (group == G_CONTEXT_IGNORED ? 0 : 0xB), group, bit);
    return true;
}

static bool ss_bit(struct bench *b, const struct experiment *e, unsigned group, unsigned bit)
{
    struct device d = random_device(b);
    uint64_t iova = random_iova(b);
    struct path p = map(b, &d, iova, e->log2);
    uint64_t at = p.entry[e->level];
    struct rec_dma x;

    iommu_poke(b, at, block_memory_read8(&b->model_memory, at) ^ UINT64_C(1) << bit);
    if (!go(b, d.sid, iova, &x))
        return false;
    decide_if(b, x.fault == e->param, group, bit);
    return true;
}

/* --- widths and ranges --- */

/* An address one bit too wide for the device. */
static bool width(struct bench *b, const struct experiment *e, unsigned group, unsigned bit)
{
    uint64_t aw = group == G_WIDTH_39 ? AW_39 : AW_48;
    uint64_t t = group == G_WIDTH_PASS ? T_PASS_THROUGH : T_SECOND_STAGE;
    struct device d = add_device(b, random_id(b), random_id(b), t, random_page(b), aw);
    uint64_t iova = block_random(&b->random) >> (group == G_WIDTH_39 ? 25 : 24) & ~UINT64_C(3);
    struct rec_dma x[2];

    (void)e;
    map(b, &d, iova, 12);
    if (!go(b, d.sid, iova, &x[0]) || !go(b, d.sid, iova | UINT64_C(1) << bit, &x[1]))
        return false;
    if (group == G_WIDTH_PASS)
        decide_value(&b->r->groups[G_PASS], x[0].pa);
    decide_if(b, x[0].fault == 0 && (x[1].fault == 0x4 || x[1].status == DMA_REJECTED), group, bit);
    return true;
}

static bool translation_off(struct bench *b, const struct experiment *e, unsigned group,
                            unsigned bit)
{
    uint64_t iova = block_random(&b->random) >> 24 & ~UINT64_C(3);
    struct answer a;
    struct rec_dma x[2];

    (void)e;
    if (!iommu_write(b, REG_GCMD, 4, 0, &a) || !go(b, random_id(b), iova, &x[0]) ||
        !go(b, random_id(b), iova | UINT64_C(1) << bit, &x[1]) ||
        !iommu_write(b, REG_GCMD, 4, 0x80000000, &a))
        return false;
    decide_value(&b->r->groups[G_OFF], x[0].pa);
    decide_if(b, x[0].status == DMA_UNTRANSLATED && x[1].status == DMA_REJECTED, group, bit);
    return true;
}

static bool in_range(const struct rec_dma *x)
{
    return x->status == DMA_MESSAGE || x->status == DMA_REJECTED;
}

static bool interrupt_range(struct bench *b, const struct experiment *e, unsigned group,
                            unsigned bit)
{
    struct device d = random_device(b);
    uint64_t iova = UINT64_C(0xFEE00000) + (block_random(&b->random) & 0xFFFFC);
    uint64_t other = iova ^ UINT64_C(1) << bit;
    struct rec_dma x[2];

    (void)e;
    map(b, &d, other, 12);
    if (!go(b, d.sid, iova, &x[0]) || !go(b, d.sid, other, &x[1]))
        return false;
    decide_if(b, in_range(&x[0]) && !in_range(&x[1]), group, bit);
    return true;
}

/* A leaf that points beside the interrupt range, and one that points into it. */
static bool interrupt_output(struct bench *b, const struct experiment *e, unsigned group,
                             unsigned bit)
{
    struct device d = random_device(b);
    uint64_t frame = UINT64_C(0xFEE00000) + (block_random(&b->random) & 0xFF000);
    uint64_t iova = random_iova(b), other = iova ^ 0x1000;
    struct rec_dma x[2];

    (void)e;
    map_to(b, &d, iova, 12, frame);
    map_to(b, &d, other, 12, frame ^ UINT64_C(1) << bit);
    if (!go(b, d.sid, iova, &x[0]) || !go(b, d.sid, other, &x[1]))
        return false;
    decide_if(b, x[0].fault == 0xE && x[1].status == DMA_TRANSLATED, group, bit);
    return true;
}

/* The same of a hit in a 1-GiB page: first somewhere else in it. */
static bool interrupt_output_hit(struct bench *b, const struct experiment *e, unsigned group,
                                 unsigned bit)
{
    struct device d = random_device(b);
    uint64_t pa = (UINT64_C(0xFEE00000) + (block_random(&b->random) & 0xFFFFC)) ^ UINT64_C(1)
                                                                                      << bit;
    uint64_t base = random_iova(b) >> 30 << 30;
    struct rec_dma x[2];

    (void)e;
    map_to(b, &d, base, 30, pa);
    if (!go(b, d.sid, base, &x[0]) || !go(b, d.sid, base | (pa & 0x3FFFFFFF), &x[1]))
        return false;
    decide_if(b, iotlb_hit(&x[1]) && x[1].status == DMA_TRANSLATED, group, bit);
    return true;
}

/* --- faults, their event, registers --- */

/* Clears what is recorded, sets FEADDR and FEDATA, makes one fault of a wide address, reads its
 * record back. */
static bool fault(struct bench *b, const struct experiment *e, unsigned group, unsigned bit)
{
    struct device d = random_device(b);
    uint64_t iova = block_random(&b->random) | UINT64_C(1) << (48 + bit % 16);
    uint32_t feaddr = (uint32_t)block_random(&b->random) & ~3u;
    uint32_t fedata = (uint32_t)block_random(&b->random) & 0xFFFF;
    unsigned index;
    struct decide_group *g = b->r->groups;
    struct answer a;
    struct rec_dma x;

    (void)e;
    (void)group;
    for (unsigned i = 0; i < 8; i++)
        if (!iommu_write(b, REG_FRCD + 12 + 16 * i, 4, 0x80000000, &a))
            return false;
    if (!iommu_write(b, REG_FSTS, 4, 1, &a) || !iommu_write(b, REG_FECTL, 4, 0, &a) ||
        !iommu_write(b, REG_FEDATA, 4, fedata, &a) || !iommu_write(b, REG_FEADDR, 4, feaddr, &a) ||
        !go(b, d.sid, iova & ~UINT64_C(15), &x))
        return false;
    if (x.recorded != 1)
        return true;
    if (b->message_addr == feaddr && b->message_data == fedata) {
        decide_value(&g[G_FEADDR], feaddr);
        decide_value(&g[G_FEDATA], fedata);
    }
    if (!iommu_read(b, REG_FSTS, 4, &a))
        return false;
    index = a.reg[0] >> 8 & 7;
    if (!iommu_read(b, REG_FRCD + 16 * index, 8, &a))
        return false;
    decide_if(b, (a.reg[0] ^ iova) >> 12 == 0, G_FRCD_INDEX, index);
    decide_value(&g[G_FRCD_FI], a.reg[0]);
    if (!iommu_read(b, REG_FRCD + 8 + 16 * index, 8, &a))
        return false;
    decide_value(&g[G_FRCD_SID], a.reg[0]);
    return true;
}

/* Some dword of the window, often near one where something is. */
static uint32_t some_dword(struct bench *b)
{
    static const uint16_t offsets[] = {0x000, 0x008, 0x010, 0x020, 0x038, 0x03C,
                                       0x040, 0x100, 0x108, 0x200, 0x208, 0x27C};
    uint32_t at = offsets[block_below(&b->random, sizeof(offsets) / sizeof(offsets[0]))] / 4;

    return block_chance(&b->random, 60) ? at ^ 1u << block_below(&b->random, 10) : at;
}

/* The dwords of the window one after the other, and some beside; written now and then, and read. A
 * neighbour in one bit of the offset that read otherwise shows that the bit counts. */
static bool register_offset(struct bench *b, const struct experiment *e, unsigned group,
                            unsigned bit)
{
    struct answer a;

    (void)e;
    (void)bit;
    for (unsigned i = 0; i < 48; i++) {
        uint32_t at = i < 32 ? b->next_dword++ % 1024 : some_dword(b);

        if (at != REG_GCMD / 4 && block_chance(&b->random, 30) &&
            !iommu_write(b, at * 4, 4, block_random(&b->random) & 0xFFFFFFFF, &a))
            return false;
        if (!iommu_read(b, at * 4, 4, &a))
            return false;
        b->read_value[at] = (uint32_t)a.reg[0];
        b->was_read[at] = true;
        for (unsigned k = 0; k < 10; k++) {
            uint32_t other = at ^ 1u << k;

            decide_if(b, b->was_read[other] && b->read_value[other] != b->read_value[at], group,
                      k + 2);
        }
    }
    return true;
}

#define SS_RESERVED DECIDE_BITS(51, 40) | UINT64_C(1) << 62 | UINT64_C(1) << 11
#define SS_IGNORED                                                                                 \
    DECIDE_BITS(61, 52) | UINT64_C(1) << 63 | DECIDE_BITS(10, 8) | DECIDE_BITS(6, 3) | UINT64_C(4)

/* clang-format off */
static const struct experiment experiments[G_COUNT] = {
    [G_TOGETHER] = {.name = "register access and request", .wanted = DECIDE_BITS(4, 0)},
    [G_SID]  = {"context cache source-id", ID_BITS, tag_sid, 0, 0, 0},
    [G_FM_0] = {"device invalidation FM 0 source-id", ID_BITS, invalidate_sid, 0, 0, 0},
    [G_FM_1] = {"device invalidation FM 1 source-id", ID_BITS, invalidate_sid, 0, 0, 1},
    [G_FM_2] = {"device invalidation FM 2 source-id", ID_BITS, invalidate_sid, 0, 0, 2},
    [G_FM_3] = {"device invalidation FM 3 source-id", ID_BITS, invalidate_sid, 0, 0, 3},
    [G_DEVICE_DID] = {"device invalidation DID", ID_BITS, invalidate_did, 0, 0, INV_LAST},
    [G_DOMAIN_DID] = {"domain invalidation DID", ID_BITS, invalidate_did, 0, 0, INV_DOMAIN},
    [G_IOTLB_4K] = {"IOTLB 4K iova", DECIDE_BITS(47, 12), tag_iova, 12, 0, 0},
    [G_IOTLB_2M] = {"IOTLB 2M iova", DECIDE_BITS(47, 21), tag_iova, 21, 0, 0},
    [G_IOTLB_1G] = {"IOTLB 1G iova", DECIDE_BITS(47, 30), tag_iova, 30, 0, 0},
    [G_LEVEL_2] = {.name = "level-2 cache iova", .wanted = DECIDE_BITS(47, 21)},
    [G_LEVEL_3] = {.name = "level-3 cache iova", .wanted = DECIDE_BITS(47, 30)},
    [G_LEVEL_4] = {.name = "level-4 cache iova", .wanted = DECIDE_BITS(47, 39)},
    [G_IOTLB_DID]   = {"IOTLB DID", ID_BITS, tag_did, 0, 0, 0},
    [G_LEVEL_2_DID] = {"level-2 cache DID", ID_BITS, tag_did, 12, 0, 0},
    [G_LEVEL_3_DID] = {"level-3 cache DID", ID_BITS, tag_did, 21, 0, 0},
    [G_LEVEL_4_DID] = {"level-4 cache DID", ID_BITS, tag_did, 30, 0, 0},
    [G_IOTLB_DOMAIN_DID] = {"IOTLB domain invalidation DID", ID_BITS, invalidate_iotlb_did, 0, 0, INV_DOMAIN},
    [G_IOTLB_PAGE_DID]   = {"IOTLB page invalidation DID", ID_BITS, invalidate_iotlb_did, 0, 0, INV_LAST},
    [G_LEVEL_INV_DID]    = {.name = "level cache invalidation DID", .wanted = ID_BITS},
    [G_LEVEL_2_INV] = {.name = "level-2 cache invalidation iova", .wanted = DECIDE_BITS(63, 21)},
    [G_LEVEL_3_INV] = {.name = "level-3 cache invalidation iova", .wanted = DECIDE_BITS(63, 30)},
    [G_LEVEL_4_INV] = {.name = "level-4 cache invalidation iova", .wanted = DECIDE_BITS(63, 39)},
#define AM(n) [G_AM + n] = {"page invalidation AM " #n " iova", DECIDE_BITS(63, 12), invalidate_page, 0, 0, n}
    AM(0), AM(1), AM(2), AM(3), AM(4), AM(5), AM(6), AM(7), AM(8), AM(9), AM(10), AM(11), AM(12), AM(13),
    AM(14), AM(15), AM(16), AM(17), AM(18),
#undef AM
    [G_ROOT_LO] = {"root entry reserved", DECIDE_BITS(63, 40) | DECIDE_BITS(11, 1), root_bit, 0, 0, 0},
    [G_ROOT_HI] = {"root entry reserved, high", UINT64_MAX, root_bit, 0, 0, 8},
    [G_CONTEXT_LO] = {"context entry reserved", DECIDE_BITS(63, 40) | DECIDE_BITS(11, 4), context_bit, 0, 0, 0},
    [G_CONTEXT_HI] = {"context entry reserved, high", DECIDE_BITS(63, 24) | 0x80, context_bit, 0, 0, 8},
    [G_CONTEXT_IGNORED] = {"context entry ignored, high", DECIDE_BITS(6, 3), context_bit, 0, 0, 8},
    [G_SS_4] = {"level-4 entry reserved", SS_RESERVED | SS_PS, ss_bit, 12, 4, 0xC},
    [G_SS_3] = {"level-3 entry reserved", SS_RESERVED, ss_bit, 12, 3, 0xC},
    [G_SS_3_LEAF] = {"1G leaf reserved", SS_RESERVED | DECIDE_BITS(29, 12), ss_bit, 30, 3, 0xC},
    [G_SS_2] = {"level-2 entry reserved", SS_RESERVED, ss_bit, 12, 2, 0xC},
    [G_SS_2_LEAF] = {"2M leaf reserved", SS_RESERVED | DECIDE_BITS(20, 12), ss_bit, 21, 2, 0xC},
    [G_SS_1] = {"level-1 entry reserved", SS_RESERVED, ss_bit, 12, 1, 0xC},
    [G_IGNORED_4] = {"level-4 entry ignored", SS_IGNORED, ss_bit, 12, 4, 0},
    [G_IGNORED_3] = {"level-3 entry ignored", SS_IGNORED, ss_bit, 30, 3, 0},
    [G_IGNORED_2] = {"level-2 entry ignored", SS_IGNORED, ss_bit, 21, 2, 0},
    [G_IGNORED_1] = {"level-1 entry ignored", SS_IGNORED | SS_PS, ss_bit, 12, 1, 0},
    [G_WIDTH_39] = {"AW 39 width", DECIDE_BITS(63, 39), width, 0, 0, 0},
    [G_WIDTH_48] = {"AW 48 width", DECIDE_BITS(63, 48), width, 0, 0, 0},
    [G_WIDTH_PASS] = {"pass-through width", DECIDE_BITS(63, 40), width, 0, 0, 0},
    [G_WIDTH_OFF] = {"TES 0 width", DECIDE_BITS(63, 40), translation_off, 0, 0, 0},
    [G_RANGE] = {"interrupt range", DECIDE_BITS(63, 20), interrupt_range, 0, 0, 0},
    [G_RANGE_OUT] = {"interrupt range of a leaf", DECIDE_BITS(39, 20), interrupt_output, 0, 0, 0},
    [G_RANGE_HIT] = {"interrupt range of a hit", DECIDE_BITS(39, 20), interrupt_output_hit, 0, 0, 0},
    [G_RTADDR]        = {.name = "RTADDR", .wanted = FRAME_BITS},
    [G_ROOT_TABLE]    = {.name = "context-table pointer", .wanted = FRAME_BITS},
    [G_CONTEXT_TABLE] = {.name = "SLPTPTR", .wanted = FRAME_BITS},
    [G_CONTEXT_CACHED] = {.name = "context cache SLPTPTR", .wanted = FRAME_BITS},
    [G_TABLE_4] = {.name = "level-4 entry table", .wanted = FRAME_BITS},
    [G_TABLE_3] = {.name = "level-3 entry table", .wanted = FRAME_BITS},
    [G_TABLE_2] = {.name = "level-2 entry table", .wanted = FRAME_BITS},
    [G_CACHED_4] = {.name = "level-4 cache table", .wanted = FRAME_BITS},
    [G_CACHED_3] = {.name = "level-3 cache table", .wanted = FRAME_BITS},
    [G_CACHED_2] = {.name = "level-2 cache table", .wanted = FRAME_BITS},
    [G_WALK_4K] = {.name = "4K pa of a walk", .wanted = DECIDE_BITS(39, 2)},
    [G_WALK_2M] = {.name = "2M pa of a walk", .wanted = DECIDE_BITS(39, 2)},
    [G_WALK_1G] = {.name = "1G pa of a walk", .wanted = DECIDE_BITS(39, 2)},
    [G_HIT_4K] = {.name = "4K pa of a hit", .wanted = DECIDE_BITS(39, 2)},
    [G_HIT_2M] = {.name = "2M pa of a hit", .wanted = DECIDE_BITS(39, 2)},
    [G_HIT_1G] = {.name = "1G pa of a hit", .wanted = DECIDE_BITS(39, 2)},
    [G_PASS] = {.name = "pa of a pass-through", .wanted = DECIDE_BITS(39, 2)},
    [G_OFF]  = {.name = "pa with TES 0", .wanted = DECIDE_BITS(39, 2)},
    [G_FRCD_INDEX] = {.name = "FRCD", .wanted = DECIDE_BITS(7, 0)},
    [G_FRCD_SID] = {"FRCD source-id", ID_BITS, fault, 0, 0, 0},
    [G_FRCD_FI]  = {.name = "FRCD FI", .wanted = DECIDE_BITS(63, 12)},
    [G_FEADDR]   = {.name = "FEADDR", .wanted = DECIDE_BITS(31, 2)},
    [G_FEDATA]   = {.name = "FEDATA", .wanted = DECIDE_BITS(15, 0)},
    [G_REGISTER] = {"register offset", DECIDE_BITS(11, 2), register_offset, 0, 0, 0},
};
/* clang-format on */

void iommu_width_setup(struct bench *b)
{
    for (unsigned i = 0; i < G_COUNT; i++)
        b->r->groups[i] =
            (struct decide_group){.name = experiments[i].name, .wanted = experiments[i].wanted};
    b->r->group_count = G_COUNT;
}

/* Experiments stand in a row, one for each bit of each group that has some. */
static const struct experiment *next(struct bench *b)
{
    const struct experiment *e;

    do {
        b->experiment = (b->experiment + 1) % (G_COUNT * 64);
        e = &experiments[b->experiment / 64];
    } while (e->run == NULL || !(e->wanted >> b->experiment % 64 & 1));
    return e;
}

bool iommu_width_next(struct bench *b)
{
    struct answer a;

    b->root = random_page(b);
    if (!iommu_write(b, REG_RTADDR, 8, b->root, &a) || !iommu_write(b, REG_GCMD, 4, 0xC0000000, &a))
        return false;
    for (unsigned i = 0; i < EXPERIMENTS; i++) {
        const struct experiment *e = next(b);

        if (!e->run(b, e, b->experiment / 64, b->experiment % 64))
            return false;
    }
    return true;
}
