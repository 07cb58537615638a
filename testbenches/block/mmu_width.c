// SPDX-License-Identifier: Apache-2.0
// One bit at a time through every tag, mask and address of the MMU, over the whole 40-bit space. An
// experiment is a handful of requests that differ in the bit, in tables of their own, arranged so
// that a unit blind to the bit must answer otherwise; the bit has decided when the model's answers
// show that the arrangement held (docs/mmu.md M1 to M6, "A translation, step by step", "Flushes").
#include <string.h>

#include "block_mmu.h"

#define VA_BITS    48
#define FRAME_BITS DECIDE_BITS(39, 12)
#define PCID_BITS  DECIDE_BITS(11, 0)

enum {
    G_CODE_4K,
    G_CODE_2M,
    G_CODE_1G,
    G_DATA_4K,
    G_DATA_2M,
    G_DATA_1G,
    G_PDE,
    G_PDPTE,
    G_PML4E,
    G_CODE_PCID,
    G_DATA_PCID,
    G_PDE_PCID,
    G_PDPTE_PCID,
    G_PML4E_PCID,
    G_INVLPG_4K,
    G_INVLPG_2M,
    G_INVLPG_1G,
    G_INVPCID_4K,
    G_INVPCID_2M,
    G_INVPCID_1G,
    G_INVLPG_IN_2M,
    G_INVLPG_IN_1G,
    G_INVPCID_IN_2M,
    G_INVPCID_IN_1G,
    G_INVLPG_PCID,
    G_INVPCID_0_PCID,
    G_INVPCID_1_PCID,
    G_PSC_FLUSH_PCID,
    G_RSVD_PML4E,
    G_RSVD_PDPTE,
    G_RSVD_PDPTE_LEAF,
    G_RSVD_PDE,
    G_RSVD_PDE_LEAF,
    G_RSVD_PTE,
    G_IGNORED_PML4E,
    G_IGNORED_PDPTE,
    G_IGNORED_PDPTE_LEAF,
    G_IGNORED_PDE,
    G_IGNORED_PDE_LEAF,
    G_IGNORED_PTE,
    G_CR3_LOW,
    G_CR3,
    G_PML4E_TABLE,
    G_PDPTE_TABLE,
    G_PDE_TABLE,
    G_PML4E_CACHED,
    G_PDPTE_CACHED,
    G_PDE_CACHED,
    G_WALK_4K,
    G_WALK_2M,
    G_WALK_1G,
    G_HIT_4K,
    G_HIT_2M,
    G_HIT_1G,
    G_PAT,
    G_OFF,
    G_COUNT
};

struct experiment {
    const char *name;
    uint64_t wanted;
    /* NULL: decided beside others. False: the two sides differ. */
    bool (*run)(struct bench *b, const struct experiment *e, unsigned group, unsigned bit);
    unsigned log2;  /* size of the page */
    unsigned level; /* of the entry with the bit */
    uint8_t access; /* ACCESS_FETCH: code TLB; ANY_ACCESS */
    enum mmu_flush_kind flush;
};

#define ANY_ACCESS 0xFF

/* --- tables --- */

struct path {
    uint64_t va;
    unsigned log2;
    uint64_t entry[5]; /* address of the entry by level */
    unsigned pat_index;
};

static uint64_t canonical(uint64_t va)
{
    va &= UINT64_MAX >> (64 - VA_BITS);
    return va >> (VA_BITS - 1) & 1 ? va | UINT64_MAX << VA_BITS : va;
}

static uint64_t random_page(struct bench *b)
{
    return block_random(&b->random) & PTE_ADDR;
}

static unsigned leaf_level(unsigned log2)
{
    return (log2 - 12) / 9 + 1;
}

/* The level whose cache a walk to a page of this size begins from. */
static unsigned psc_level(unsigned log2)
{
    return leaf_level(log2) + 1;
}

static unsigned size_index(unsigned log2)
{
    return leaf_level(log2) - 1;
}

/* Software's walk: tables are made where there are none; the leaf is new. Everything is allowed. */
static struct path map(struct bench *b, uint64_t va, unsigned log2, bool global)
{
    struct path p = {.va = va, .log2 = log2};
    uint64_t table = b->ctx.cr3 & PTE_ADDR, v;
    unsigned pick = block_below(&b->random, 8);

    for (unsigned level = 4;; level--) {
        p.entry[level] = table + (va >> (3 + 9 * level) & 0x1FF) * 8;
        if (level == leaf_level(log2))
            break;
        v = block_memory_read8(&b->model_memory, p.entry[level]);
        if (v == UINT64_MAX || !(v & PTE_P) || (v & PTE_PS)) {
            v = random_page(b) | PTE_P | PTE_RW | PTE_US;
            v |= block_chance(&b->random, 80) ? PTE_A : 0;
            mmu_poke(b, p.entry[level], v, 8);
        }
        table = v & PTE_ADDR;
    }
    v = (random_page(b) >> log2 << log2) | PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D;
    v |= (pick & 1 ? PTE_PWT : 0) | (pick & 2 ? PTE_PCD : 0) | (global ? PTE_G : 0);
    if (pick & 4)
        v |= log2 == 12 ? PTE_PS : PTE_PAT_LARGE;
    mmu_poke(b, p.entry[leaf_level(log2)], v | (log2 == 12 ? 0 : PTE_PS), 8);
    p.pat_index = pick;
    return p;
}

/* --- the context of an experiment --- */

static void set_pcid(struct bench *b, unsigned pcid)
{
    b->ctx.cr3 = (b->ctx.cr3 & PTE_ADDR) | pcid;
    mmu_set_context(b);
}

static void enter(struct bench *b)
{
    static const uint8_t types[] = {0, 1, 4, 5, 6, 7};

    b->ac = false;
    b->ctx = (struct mmu_ctx){.cr0 = MMU_CR0_PG | MMU_CR0_WP,
                              .cr4 = MMU_CR4_PAE | MMU_CR4_PGE | MMU_CR4_PCIDE,
                              .efer = MMU_EFER_LMA | MMU_EFER_NXE,
                              .mtrr = {.def_type = MTRR_E | MT_WB},
                              .cr3 = random_page(b) | block_below(&b->random, 4096)};
    for (unsigned i = 0; i < 8; i++)
        b->ctx.pat |= (uint64_t)types[block_below(&b->random, 6)] << (8 * i);
    mmu_set_context(b);
}

static struct mmu_req request(struct bench *b, const struct experiment *e)
{
    struct mmu_req q = {.user = block_chance(&b->random, 50)};

    if (e->access == ACCESS_FETCH)
        q.access = ACCESS_FETCH;
    else if (e->access == ANY_ACCESS)
        q.access = (uint8_t)block_below(&b->random, 3);
    else
        q.access = block_chance(&b->random, 50) ? ACCESS_READ : ACCESS_WRITE;
    return q;
}

static bool go(struct bench *b, struct mmu_req q, uint64_t va, struct rec_xlate *x)
{
    q.va = va;
    return mmu_translate_one(b, &q, x);
}

static void decide(struct bench *b, unsigned group, unsigned bit)
{
    decide_bit(&b->r->groups[group], bit);
}

/* What a walk of all levels, and the hit behind it, compare of addresses and types. */
static void decide_addresses(struct bench *b, const struct path *p, const struct rec_xlate *walked,
                             const struct rec_xlate *hit)
{
    struct decide_group *g = b->r->groups;
    unsigned size = size_index(p->log2);
    uint64_t field = UINT64_C(7) << (8 * p->pat_index);
    uint64_t type = (uint64_t)walked->memtype << (8 * p->pat_index);

    if (walked->hit == XLATE_WALKED && !walked->fault) {
        if (walked->psc == 0)
            for (unsigned level = 4; level >= leaf_level(p->log2); level--)
                decide_value(&g[G_CR3 + 4 - level], p->entry[level]);
        decide_value(&g[G_WALK_4K + size], walked->pa);
        g[G_PAT].seen_0 |= ~type & field;
        g[G_PAT].seen_1 |= type & field;
    }
    if (hit->hit == XLATE_TLB)
        decide_value(&g[G_HIT_4K + size], hit->pa);
}

/* --- experiments --- */

/* TLB and paging-structure cache: va, its neighbour, va again, another page of va's table. */
static bool tag_va(struct bench *b, const struct experiment *e, unsigned group, unsigned bit)
{
    struct mmu_req q = request(b, e);
    uint64_t va = canonical(block_random(&b->random));
    uint64_t other = canonical(va ^ UINT64_C(1) << bit);
    uint64_t beside = canonical(va ^ UINT64_C(1) << (e->log2 + (bit == e->log2)));
    unsigned level = psc_level(e->log2);
    struct path p, last;
    struct rec_xlate x[4];

    p = map(b, va, e->log2, block_chance(&b->random, 30));
    map(b, other, e->log2, block_chance(&b->random, 30));
    last = map(b, beside, e->log2, false);
    if (!go(b, q, va, &x[0]) || !go(b, q, other, &x[1]) || !go(b, q, va, &x[2]) ||
        !go(b, q, beside, &x[3]))
        return false;
    if (!x[1].fault && x[1].hit == XLATE_WALKED && x[2].hit == XLATE_TLB)
        decide(b, group, bit);
    if (x[3].hit == XLATE_WALKED && x[3].psc == level && !x[3].fault) {
        if (bit >= e->log2 + 9 && (x[1].psc == 0 || x[1].psc > level))
            decide(b, G_PDE + level - 2, bit);
        decide_value(&b->r->groups[G_PDE_CACHED + 2 - level], last.entry[level - 1]);
    }
    decide_addresses(b, &p, &x[0], &x[2]);
    return true;
}

static bool tag_pcid(struct bench *b, const struct experiment *e, unsigned group, unsigned bit)
{
    struct mmu_req q = request(b, e);
    unsigned pcid = block_below(&b->random, 4096);
    unsigned log2 = e->log2 != 0 ? e->log2 : 12 + 9 * block_below(&b->random, 3);
    unsigned level = psc_level(log2);
    uint64_t va = canonical(block_random(&b->random));
    uint64_t beside = canonical(va ^ UINT64_C(1) << log2);
    struct rec_xlate x[4];

    (void)group;
    map(b, va, log2, false);
    map(b, beside, log2, false);
    set_pcid(b, pcid);
    if (!go(b, q, va, &x[0]))
        return false;
    set_pcid(b, pcid ^ 1u << bit);
    if (!go(b, q, va, &x[1]))
        return false;
    set_pcid(b, pcid);
    if (!go(b, q, va, &x[2]) || !go(b, q, beside, &x[3]))
        return false;
    if (x[1].hit == XLATE_WALKED && x[2].hit == XLATE_TLB)
        decide(b, q.access == ACCESS_FETCH ? G_CODE_PCID : G_DATA_PCID, bit);
    if (x[1].psc == 0 && x[3].hit == XLATE_WALKED && x[3].psc == level)
        decide(b, G_PDE_PCID + level - 2, bit);
    return true;
}

/* A flush of the neighbour spares the page. */
static bool flush_va(struct bench *b, const struct experiment *e, unsigned group, unsigned bit)
{
    struct mmu_req q = request(b, e);
    uint64_t va = canonical(block_random(&b->random));
    struct mmu_flush_req f = {
        .kind = e->flush, .va = canonical(va ^ UINT64_C(1) << bit), .pcid = mmu_pcid(&b->ctx)};
    struct rec_xlate x[2];

    map(b, va, e->log2, e->flush == FLUSH_PAGE && block_chance(&b->random, 50));
    if (!go(b, q, va, &x[0]) || !mmu_flush_one(b, &f) || !go(b, q, va, &x[1]))
        return false;
    /* Inside the page the flush must drop it, beside the page it must not. */
    if (x[1].hit == (bit < e->log2 ? XLATE_WALKED : XLATE_TLB))
        decide(b, group, bit);
    return true;
}

static bool flush_pcid(struct bench *b, const struct experiment *e, unsigned group, unsigned bit)
{
    struct mmu_req q = request(b, e);
    unsigned log2 = 12 + 9 * block_below(&b->random, 3);
    uint64_t va = canonical(block_random(&b->random));
    uint64_t beside = canonical(va ^ UINT64_C(1) << log2);
    unsigned pcid = mmu_pcid(&b->ctx);
    struct mmu_flush_req f = {.kind = e->flush, .va = va, .pcid = (uint16_t)(pcid ^ 1u << bit)};
    struct rec_xlate x[3];

    map(b, va, log2, false);
    map(b, beside, log2, false);
    if (!go(b, q, va, &x[0]))
        return false;
    set_pcid(b, f.pcid); /* INVLPG is of the current one */
    if (!mmu_flush_one(b, &f))
        return false;
    set_pcid(b, pcid);
    if (!go(b, q, va, &x[1]) || !go(b, q, beside, &x[2]))
        return false;
    if (x[1].hit == XLATE_TLB)
        decide(b, group, bit);
    if (x[2].hit == XLATE_WALKED && x[2].psc == psc_level(log2))
        decide(b, G_PSC_FLUSH_PCID, bit);
    return true;
}

static bool entry_bit(struct bench *b, const struct experiment *e, unsigned bit,
                      struct rec_xlate *x)
{
    struct path p = map(b, canonical(block_random(&b->random)), e->log2, false);
    uint64_t value = block_memory_read8(&b->model_memory, p.entry[e->level]);

    mmu_poke(b, p.entry[e->level], value ^ UINT64_C(1) << bit, 8);
    return go(b, request(b, e), p.va, x);
}

static bool reserved(struct bench *b, const struct experiment *e, unsigned group, unsigned bit)
{
    struct rec_xlate x;

    if (bit == 63) {
        b->ctx.efer &= ~MMU_EFER_NXE;
        mmu_set_context(b);
    }
    if (!entry_bit(b, e, bit, &x))
        return false;
    if (x.fault && (x.error_code & PF_RSVD))
        decide(b, group, bit);
    return true;
}

static bool ignored(struct bench *b, const struct experiment *e, unsigned group, unsigned bit)
{
    struct rec_xlate x;

    if (!entry_bit(b, e, bit, &x))
        return false;
    if (!x.fault)
        decide(b, group, bit);
    return true;
}

/* CR4.PCIDE = 0: the low bits of CR3 are no PCID. */
static bool cr3_low(struct bench *b, const struct experiment *e, unsigned group, unsigned bit)
{
    struct mmu_req q = request(b, e);
    uint64_t va = canonical(block_random(&b->random));
    struct rec_xlate x[2];

    b->ctx.cr4 &= ~MMU_CR4_PCIDE;
    mmu_set_context(b);
    map(b, va, e->log2, false);
    if (!go(b, q, va, &x[0]))
        return false;
    b->ctx.cr3 ^= UINT64_C(1) << bit;
    mmu_set_context(b);
    if (!go(b, q, va, &x[1]))
        return false;
    if (x[1].hit == XLATE_TLB)
        decide(b, group, bit);
    return true;
}

static bool paging_off(struct bench *b, const struct experiment *e, unsigned group, unsigned bit)
{
    struct rec_xlate x;

    (void)bit;
    b->ctx.cr0 &= ~MMU_CR0_PG;
    mmu_set_context(b);
    if (!go(b, request(b, e), block_random(&b->random), &x))
        return false;
    decide_value(&b->r->groups[group], x.pa);
    return true;
}

#define IGNORED DECIDE_BITS(62, 52) | DECIDE_BITS(11, 9)
#define NO_LEAF IGNORED | PTE_G | PTE_D
#define ABOVE   DECIDE_BITS(51, 40) | PTE_XD

/* clang-format off */
static const struct experiment experiments[G_COUNT] = {
    [G_CODE_4K] = {"code TLB 4K va", DECIDE_BITS(47, 12), tag_va, 12, 0, ACCESS_FETCH, 0},
    [G_CODE_2M] = {"code TLB 2M va", DECIDE_BITS(47, 21), tag_va, 21, 0, ACCESS_FETCH, 0},
    [G_CODE_1G] = {"code TLB 1G va", DECIDE_BITS(47, 30), tag_va, 30, 0, ACCESS_FETCH, 0},
    [G_DATA_4K] = {"data TLB 4K va", DECIDE_BITS(47, 12), tag_va, 12, 0, ACCESS_READ, 0},
    [G_DATA_2M] = {"data TLB 2M va", DECIDE_BITS(47, 21), tag_va, 21, 0, ACCESS_READ, 0},
    [G_DATA_1G] = {"data TLB 1G va", DECIDE_BITS(47, 30), tag_va, 30, 0, ACCESS_READ, 0},
    [G_PDE]   = {.name = "PDE cache va", .wanted = DECIDE_BITS(47, 21)},
    [G_PDPTE] = {.name = "PDPTE cache va", .wanted = DECIDE_BITS(47, 30)},
    [G_PML4E] = {.name = "PML4E cache va", .wanted = DECIDE_BITS(47, 39)},
    [G_CODE_PCID]  = {"code TLB PCID", PCID_BITS, tag_pcid, 0, 0, ACCESS_FETCH, 0},
    [G_DATA_PCID]  = {"data TLB PCID", PCID_BITS, tag_pcid, 0, 0, ACCESS_READ, 0},
    [G_PDE_PCID]   = {"PDE cache PCID", PCID_BITS, tag_pcid, 12, 0, ANY_ACCESS, 0},
    [G_PDPTE_PCID] = {"PDPTE cache PCID", PCID_BITS, tag_pcid, 21, 0, ANY_ACCESS, 0},
    [G_PML4E_PCID] = {"PML4E cache PCID", PCID_BITS, tag_pcid, 30, 0, ANY_ACCESS, 0},
    [G_INVLPG_4K] = {"INVLPG 4K va", DECIDE_BITS(47, 12), flush_va, 12, 0, ANY_ACCESS, FLUSH_PAGE},
    [G_INVLPG_2M] = {"INVLPG 2M va", DECIDE_BITS(47, 21), flush_va, 21, 0, ANY_ACCESS, FLUSH_PAGE},
    [G_INVLPG_1G] = {"INVLPG 1G va", DECIDE_BITS(47, 30), flush_va, 30, 0, ANY_ACCESS, FLUSH_PAGE},
    [G_INVPCID_4K] = {"INVPCID 0 4K va", DECIDE_BITS(47, 12), flush_va, 12, 0, ANY_ACCESS, FLUSH_PAGE_NONGLOBAL},
    [G_INVPCID_2M] = {"INVPCID 0 2M va", DECIDE_BITS(47, 21), flush_va, 21, 0, ANY_ACCESS, FLUSH_PAGE_NONGLOBAL},
    [G_INVPCID_1G] = {"INVPCID 0 1G va", DECIDE_BITS(47, 30), flush_va, 30, 0, ANY_ACCESS, FLUSH_PAGE_NONGLOBAL},
    [G_INVLPG_IN_2M]  = {"INVLPG inside 2M", DECIDE_BITS(20, 0), flush_va, 21, 0, ANY_ACCESS, FLUSH_PAGE},
    [G_INVLPG_IN_1G]  = {"INVLPG inside 1G", DECIDE_BITS(29, 0), flush_va, 30, 0, ANY_ACCESS, FLUSH_PAGE},
    [G_INVPCID_IN_2M] = {"INVPCID 0 inside 2M", DECIDE_BITS(20, 0), flush_va, 21, 0, ANY_ACCESS, FLUSH_PAGE_NONGLOBAL},
    [G_INVPCID_IN_1G] = {"INVPCID 0 inside 1G", DECIDE_BITS(29, 0), flush_va, 30, 0, ANY_ACCESS, FLUSH_PAGE_NONGLOBAL},
    [G_INVLPG_PCID]    = {"INVLPG PCID", PCID_BITS, flush_pcid, 0, 0, ANY_ACCESS, FLUSH_PAGE},
    [G_INVPCID_0_PCID] = {"INVPCID 0 PCID", PCID_BITS, flush_pcid, 0, 0, ANY_ACCESS, FLUSH_PAGE_NONGLOBAL},
    [G_INVPCID_1_PCID] = {"INVPCID 1 PCID", PCID_BITS, flush_pcid, 0, 0, ANY_ACCESS, FLUSH_PCID},
    [G_PSC_FLUSH_PCID] = {.name = "structure-cache flush PCID", .wanted = PCID_BITS},
    [G_RSVD_PML4E] = {"PML4E reserved", ABOVE | PTE_PS, reserved, 12, 4, ANY_ACCESS, 0},
    [G_RSVD_PDPTE] = {"PDPTE reserved", ABOVE, reserved, 12, 3, ANY_ACCESS, 0},
    [G_RSVD_PDPTE_LEAF] = {"PDPTE 1G reserved", ABOVE | DECIDE_BITS(29, 13), reserved, 30, 3, ANY_ACCESS, 0},
    [G_RSVD_PDE] = {"PDE reserved", ABOVE, reserved, 12, 2, ANY_ACCESS, 0},
    [G_RSVD_PDE_LEAF] = {"PDE 2M reserved", ABOVE | DECIDE_BITS(20, 13), reserved, 21, 2, ANY_ACCESS, 0},
    [G_RSVD_PTE] = {"PTE reserved", ABOVE, reserved, 12, 1, ANY_ACCESS, 0},
    [G_IGNORED_PML4E] = {"PML4E ignored", NO_LEAF, ignored, 12, 4, ANY_ACCESS, 0},
    [G_IGNORED_PDPTE] = {"PDPTE ignored", NO_LEAF, ignored, 12, 3, ANY_ACCESS, 0},
    [G_IGNORED_PDPTE_LEAF] = {"PDPTE 1G ignored", IGNORED, ignored, 30, 3, ANY_ACCESS, 0},
    [G_IGNORED_PDE] = {"PDE ignored", NO_LEAF, ignored, 12, 2, ANY_ACCESS, 0},
    [G_IGNORED_PDE_LEAF] = {"PDE 2M ignored", IGNORED, ignored, 21, 2, ANY_ACCESS, 0},
    [G_IGNORED_PTE] = {"PTE ignored", IGNORED, ignored, 12, 1, ANY_ACCESS, 0},
    [G_CR3_LOW] = {"CR3 without PCIDE", PCID_BITS, cr3_low, 12, 0, ANY_ACCESS, 0},
    [G_CR3]          = {.name = "CR3 table", .wanted = FRAME_BITS},
    [G_PML4E_TABLE]  = {.name = "PML4E table", .wanted = FRAME_BITS},
    [G_PDPTE_TABLE]  = {.name = "PDPTE table", .wanted = FRAME_BITS},
    [G_PDE_TABLE]    = {.name = "PDE table", .wanted = FRAME_BITS},
    [G_PML4E_CACHED] = {.name = "PML4E cache table", .wanted = FRAME_BITS},
    [G_PDPTE_CACHED] = {.name = "PDPTE cache table", .wanted = FRAME_BITS},
    [G_PDE_CACHED]   = {.name = "PDE cache table", .wanted = FRAME_BITS},
    [G_WALK_4K] = {.name = "4K pa of a walk", .wanted = DECIDE_BITS(39, 0)},
    [G_WALK_2M] = {.name = "2M pa of a walk", .wanted = DECIDE_BITS(39, 0)},
    [G_WALK_1G] = {.name = "1G pa of a walk", .wanted = DECIDE_BITS(39, 0)},
    [G_HIT_4K] = {.name = "4K pa of a hit", .wanted = DECIDE_BITS(39, 0)},
    [G_HIT_2M] = {.name = "2M pa of a hit", .wanted = DECIDE_BITS(39, 0)},
    [G_HIT_1G] = {.name = "1G pa of a hit", .wanted = DECIDE_BITS(39, 0)},
    [G_PAT] = {.name = "PAT", .wanted = UINT64_C(0x0707070707070707)},
    [G_OFF] = {"pa with paging off", DECIDE_BITS(39, 0), paging_off, 0, 0, ANY_ACCESS, 0},
};
/* clang-format on */

void mmu_width_setup(struct bench *b)
{
    for (unsigned i = 0; i < G_COUNT; i++)
        b->r->groups[i] =
            (struct decide_group){.name = experiments[i].name, .wanted = experiments[i].wanted};
    b->r->group_count = G_COUNT;
}

/* Experiments stand in a row, one for each bit of each group that has some. */
static void advance(struct bench *b)
{
    const struct experiment *e;

    do {
        b->experiment = (b->experiment + 1) % (G_COUNT * 64);
        e = &experiments[b->experiment / 64];
    } while (e->run == NULL || !(e->wanted >> b->experiment % 64 & 1));
}

bool mmu_width_next(struct bench *b)
{
    const struct experiment *e;

    if (block_memory_crowded(&b->rtl_memory)) {
        block_memory_forget(&b->rtl_memory);
        block_memory_forget(&b->model_memory);
    }
    advance(b);
    e = &experiments[b->experiment / 64];
    enter(b);
    return e->run(b, e, b->experiment / 64, b->experiment % 64);
}
