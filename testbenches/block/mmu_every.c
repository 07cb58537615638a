// SPDX-License-Identifier: Apache-2.0
// Whole products instead of random draws: every combination of the factors that can interact, in
// every paging mode, for a leaf of every level. docs/benches.md says which factors each product
// takes. A case is a number; its digits are the factors, the access the lowest.
#include <inttypes.h>
#include <stdio.h>

#include "block_mmu.h"

#define TABLES   UINT64_C(0x100000) /* the table of level n is the n-th page from here */
#define PDPTE_AT (TABLES + 0x8000)
#define FRAME    UINT64_C(0x3480200000) /* of leaves, before their size cuts it */
#define FRAME_32 UINT64_C(0x84C00000)
#define VA       UINT64_C(0x00C5A9D3B6E75328)
#define VA_KEY   5

/* Where the walk of a case goes: the level of its leaf and of the upper entry that is looked at. */
struct every {
    struct bench *b;
    unsigned paging, leaf, upper; /* upper 0: there is none */
    uint64_t va;
    uint64_t at[PAGING_MAX_LEVELS + 1], value[PAGING_MAX_LEVELS + 1]; /* everything allowed */
};

static unsigned digit(uint64_t *n, unsigned radix)
{
    unsigned d = (unsigned)(*n % radix);

    *n /= radix;
    return d;
}

/* The bits of an entry that a digit stands for, in the order of `bits`. */
static uint64_t scatter(unsigned d, const uint64_t *bits, unsigned count)
{
    uint64_t v = 0;

    for (unsigned i = 0; i < count; i++)
        v |= d >> i & 1 ? bits[i] : 0;
    return v;
}

/* --- the place --- */

static bool has_xd(const struct every *e)
{
    return pagings[e->paging].entry_bytes == 8;
}

static uint64_t leaf_value(const struct every *e)
{
    uint64_t low = DECIDE_BITS(paging_log2(e->paging, e->leaf) - 1, 0);
    uint64_t v = PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D | (e->leaf > 1 ? PTE_PS : 0);

    if (paging_long(e->paging))
        v |= (uint64_t)VA_KEY << 59;
    return v | ((has_xd(e) ? FRAME : FRAME_32) & ~low);
}

static void put(struct every *e, unsigned level, uint64_t value)
{
    mmu_poke(e->b, e->at[level], value, pagings[e->paging].entry_bytes);
}

static void put_tables(struct every *e)
{
    const struct paging *p = &pagings[e->paging];

    for (unsigned n = p->levels; n >= e->leaf; n--) {
        uint64_t index = e->va >> paging_log2(e->paging, n) & ((1u << p->index_bits) - 1);

        e->at[n] = TABLES + n * 0x1000 + index * p->entry_bytes;
        e->value[n] = (TABLES + (n - 1) * 0x1000) | PTE_P | PTE_RW | PTE_US | PTE_A;
        if (n == e->leaf)
            e->value[n] = leaf_value(e);
        put(e, n, e->value[n]);
    }
}

static bool load(struct every *e, uint64_t pdpte[PDPTES])
{
    bool loaded;

    for (unsigned i = 0; i < PDPTES; i++)
        mmu_poke(e->b, PDPTE_AT + 8 * i, pdpte[i], 8);
    return mmu_load_one(e->b, PDPTE_AT, &loaded);
}

static bool load_good(struct every *e)
{
    uint64_t to = (TABLES + 0x2000) | PTE_P;

    return load(e, (uint64_t[PDPTES]){to, to, to, to});
}

static bool enter(struct every *e)
{
    struct bench *b = e->b;

    b->ac = false;
    b->ctx =
        (struct mmu_ctx){.pat = UINT64_C(0x0007040600070406), .mtrr = {.def_type = MTRR_E | MT_WB}};
    paging_choose(&b->ctx, e->paging);
    b->ctx.cr3 =
        e->paging == PAGING_PAE ? PDPTE_AT : TABLES + pagings[e->paging].levels * UINT64_C(0x1000);
    e->va = paging_va(e->paging, VA);
    put_tables(e);
    mmu_set_context(b);
    return mmu_flush_one(b, &(struct mmu_flush_req){.kind = FLUSH_ALL}) &&
           (e->paging != PAGING_PAE || load_good(e));
}

/* --- requests --- */

#define ACCESSES 8

static struct mmu_req access_of(const struct every *e, unsigned d)
{
    static const struct mmu_req all[ACCESSES] = {
        {.access = ACCESS_READ, .user = true},
        {.access = ACCESS_READ},
        {.access = ACCESS_READ, .implicit = true},
        {.access = ACCESS_WRITE, .user = true},
        {.access = ACCESS_WRITE},
        {.access = ACCESS_WRITE, .implicit = true},
        {.access = ACCESS_FETCH, .user = true},
        {.access = ACCESS_FETCH},
    };
    struct mmu_req q = all[d];

    q.va = e->va;
    return q;
}

static bool same_entry(struct every *e, unsigned level)
{
    struct bench *b = e->b;
    uint64_t rtl = block_memory_read8(&b->rtl_memory, e->at[level] & ~UINT64_C(7));
    uint64_t model = block_memory_read8(&b->model_memory, e->at[level] & ~UINT64_C(7));
    char a[BLOCK_TEXT], c[BLOCK_TEXT];

    if (rtl == model)
        return true;
    snprintf(a, sizeof(a), "0x%" PRIx64, rtl);
    snprintf(c, sizeof(c), "0x%" PRIx64, model);
    block_differ(b->r, "memory", "entry", a, c, vmmu_cycle(b->rtl));
    return false;
}

static bool go(struct every *e, struct mmu_req *q)
{
    struct rec_xlate x;

    q->ac = e->b->ac;
    return mmu_translate_one(e->b, q, &x) && same_entry(e, e->leaf) &&
           (e->upper == 0 || same_entry(e, e->upper));
}

static bool flush(struct every *e, enum mmu_flush_kind kind)
{
    return mmu_flush_one(e->b, &(struct mmu_flush_req){.kind = kind, .va = e->va});
}

static bool begin(struct every *e, uint64_t leaf, uint64_t upper)
{
    put(e, e->leaf, leaf);
    if (e->upper != 0)
        put(e, e->upper, upper);
    return flush(e, FLUSH_PAGE);
}

/* The request, and the same again. */
static bool ask(struct every *e, struct mmu_req *q)
{
    return go(e, q) && go(e, q);
}

/* --- factors that products share --- */

#define CONTEXTS 32

static void set_context(struct every *e, unsigned d)
{
    struct bench *b = e->b;

    b->ctx.cr0 = MMU_CR0_PG | (d & 1 ? MMU_CR0_WP : 0);
    b->ctx.cr4 = pagings[e->paging].cr4 | (d & 2 ? MMU_CR4_SMEP : 0) | (d & 4 ? MMU_CR4_SMAP : 0);
    b->ctx.efer = pagings[e->paging].efer | (d & 8 ? MMU_EFER_NXE : 0);
    b->ac = d >> 4 & 1;
}

#define KEYS 16

/* PKE, PKS, AD and WD of the page's key; those of every other key deny. Without keys in the mode
 * all do. */
static void set_keys(struct every *e, unsigned d)
{
    unsigned shift = paging_long(e->paging) ? 2 * VA_KEY : 0;
    uint32_t keys = UINT32_MAX;

    if (paging_long(e->paging))
        keys ^= (d >> 2 ^ 3u) << shift;
    e->b->ctx.cr4 |= (d & 1 ? MMU_CR4_PKE : 0) | (d & 2 ? MMU_CR4_PKS : 0);
    e->b->ctx.pkru = e->b->ctx.pkrs = keys;
}

/* All of them, or PKE and PKS alone where no key denies; below a table that is not the top one
 * none. */
static unsigned keys_of(const struct every *e)
{
    if (!paging_long(e->paging))
        return 4;
    return e->upper == pagings[e->paging].levels ? KEYS : 1;
}

static unsigned rights_of(const struct every *e)
{
    return has_xd(e) ? 8 : 4;
}

/* Clears those of R/W and U/S, and sets XD, that the digit says. */
static uint64_t with_rights(uint64_t value, unsigned d)
{
    static const uint64_t bits[] = {PTE_RW, PTE_US, PTE_XD};

    return value ^ scatter(d, bits, 3);
}

/* --- products --- */

/* M21, M22, M24: rights and key of the page against the access, on a miss and again. */
static uint64_t rights_count(const struct every *e)
{
    return (uint64_t)ACCESSES * CONTEXTS * keys_of(e) * rights_of(e) *
           (e->upper != 0 ? rights_of(e) : 1);
}

static bool rights(struct every *e, uint64_t n)
{
    struct mmu_req q = access_of(e, digit(&n, ACCESSES));
    uint64_t leaf, upper;

    set_context(e, digit(&n, CONTEXTS));
    set_keys(e, digit(&n, keys_of(e)));
    leaf = with_rights(e->value[e->leaf], digit(&n, rights_of(e)));
    upper = with_rights(e->value[e->upper], (unsigned)n);
    mmu_set_context(e->b);
    return begin(e, leaf, upper) && ask(e, &q);
}

/* M12: the same against an entry that an access with every right filled, D of the leaf both ways.
 */
static uint64_t hits_count(const struct every *e)
{
    bool once = e->upper == 0 || e->upper == pagings[e->paging].levels;

    return once ? (uint64_t)ACCESSES * CONTEXTS * keys_of(e) * rights_of(e) * 2 : 0;
}

/* Data: a supervisor read with AC = 1 and no key denied. Code: the other privilege. */
static bool fill(struct every *e, const struct mmu_req *q)
{
    struct bench *b = e->b;
    struct mmu_req f = {.va = q->va, .access = ACCESS_READ};
    struct mmu_ctx ctx = b->ctx;
    bool ac = b->ac, same;

    if (q->access == ACCESS_FETCH) {
        f = *q;
        f.user = !q->user;
    }
    b->ctx.pkru = b->ctx.pkrs = 0;
    b->ac = true;
    mmu_set_context(b);
    same = go(e, &f);
    b->ctx = ctx;
    b->ac = ac;
    mmu_set_context(b);
    return same;
}

static bool hits(struct every *e, uint64_t n)
{
    struct mmu_req q = access_of(e, digit(&n, ACCESSES));
    uint64_t leaf;

    set_context(e, digit(&n, CONTEXTS));
    set_keys(e, digit(&n, keys_of(e)));
    leaf = with_rights(e->value[e->leaf], digit(&n, rights_of(e))) ^ (n ? PTE_D : 0);
    return begin(e, leaf, e->value[e->upper]) && fill(e, &q) && go(e, &q);
}

/* M14 to M16: P, A, D, R/W, U/S, G of the leaf, P, A, R/W, U/S, and PS where it is ignored, of the
 * upper entry, CR0.WP, CR4.PGE; on a miss, again, and after a flush that spares global pages. */
static const uint64_t leaf_bits[] = {PTE_P, PTE_A, PTE_D, PTE_RW, PTE_US, PTE_G};
static const uint64_t upper_bits[] = {PTE_P, PTE_A, PTE_RW, PTE_US, PTE_PS};

static unsigned upper_bits_of(const struct every *e)
{
    return e->upper == 0 ? 0 : e->paging == PAGING_32 ? 5 : 4;
}

static uint64_t entries_count(const struct every *e)
{
    return (uint64_t)ACCESSES * 4 * 64 << upper_bits_of(e);
}

static bool entries(struct every *e, uint64_t n)
{
    struct mmu_req q = access_of(e, digit(&n, ACCESSES));
    unsigned registers = digit(&n, 4);
    uint64_t leaf = e->value[e->leaf] ^ scatter(digit(&n, 64), leaf_bits, 6);
    uint64_t upper = e->value[e->upper] ^ scatter((unsigned)n, upper_bits, upper_bits_of(e));

    set_context(e, registers & 1);
    e->b->ctx.cr4 |= registers & 2 ? MMU_CR4_PGE : 0;
    mmu_set_context(e->b);
    return begin(e, leaf, upper) && ask(e, &q) && flush(e, FLUSH_PCID) && go(e, &q);
}

/* M14, M22: each bit of each entry of the walk turned, with P both ways, NXE, SMEP, and the page
 * allowed, denied by U/S, denied by its key. */
static unsigned bits_of(const struct every *e)
{
    return 8 * pagings[e->paging].entry_bytes;
}

static uint64_t bits_count(const struct every *e)
{
    unsigned levels = e->upper == 0 ? 1 : 2;

    return (uint64_t)ACCESSES * 4 * 3 * 2 * bits_of(e) * levels;
}

static bool bits(struct every *e, uint64_t n)
{
    struct mmu_req q = access_of(e, digit(&n, ACCESSES));
    unsigned registers = digit(&n, 4), denied = digit(&n, 3), absent = digit(&n, 2);
    uint64_t turned = UINT64_C(1) << digit(&n, bits_of(e)) ^ (absent ? PTE_P : 0);
    uint64_t leaf = e->value[e->leaf] ^ (denied == 1 ? PTE_US : 0), upper = e->value[e->upper];

    set_context(e, registers << 1 & 2);
    e->b->ctx.efer |= registers & 2 ? MMU_EFER_NXE : 0;
    set_keys(e, denied == 2 ? 15 : 3);
    mmu_set_context(e->b);
    if (n)
        upper ^= turned;
    else
        leaf ^= turned;
    return begin(e, leaf, upper) && ask(e, &q);
}

/* M14: the same with each combination of the features of paging away. */
#define AWAY 8

static uint64_t features_count(const struct every *e)
{
    unsigned levels = e->upper == 0 ? 1 : 2;

    return (uint64_t)ACCESSES * AWAY * 2 * bits_of(e) * levels;
}

static bool features(struct every *e, uint64_t n)
{
    struct mmu_req q = access_of(e, digit(&n, ACCESSES));
    unsigned away = digit(&n, AWAY), absent = digit(&n, 2);
    uint64_t turned = UINT64_C(1) << digit(&n, bits_of(e)) ^ (absent ? PTE_P : 0);

    set_context(e, 0);
    e->b->ctx.away = away;
    mmu_set_context(e->b);
    return begin(e, e->value[e->leaf] ^ (n ? 0 : turned), e->value[e->upper] ^ (n ? turned : 0)) &&
           ask(e, &q);
}

/* M13: P of the four PDPTE registers, the one that the address chooses. */
static uint64_t roots_count(const struct every *e)
{
    return e->paging == PAGING_PAE ? ACCESSES * 4 * 4 * 16 : 0;
}

static bool roots(struct every *e, uint64_t n)
{
    struct mmu_req q = access_of(e, digit(&n, ACCESSES));
    unsigned registers = digit(&n, 4), chosen = digit(&n, 4);
    uint64_t pdpte[PDPTES];

    q.va = (q.va & DECIDE_BITS(29, 0)) | (uint64_t)chosen << 30;
    for (unsigned i = 0; i < PDPTES; i++)
        pdpte[i] = (TABLES + 0x2000) | (n >> i & 1);
    set_context(e, registers << 1 & 2);
    e->b->ctx.efer |= registers & 2 ? MMU_EFER_NXE : 0;
    mmu_set_context(e->b);
    return flush(e, FLUSH_ALL) && load(e, pdpte) && ask(e, &q);
}

/* M8: each bit of each PDPTE, with P both ways. A translation tells which registers there are. */
static uint64_t loads_count(const struct every *e)
{
    return e->paging == PAGING_PAE ? 64 * 2 * PDPTES : 0;
}

static bool loads(struct every *e, uint64_t n)
{
    struct mmu_req q = access_of(e, 1);
    uint64_t to = (TABLES + 0x2000) | PTE_P, pdpte[PDPTES] = {to, to, to, to};
    unsigned bit = digit(&n, 64);

    pdpte[n / 2] ^= UINT64_C(1) << bit ^ (n & 1 ? PTE_P : 0);
    return load_good(e) && flush(e, FLUSH_ALL) && load(e, pdpte) && ask(e, &q);
}

/* M23: {PAT, PCD, PWT} of the leaf, the type in its field of IA32_PAT, the MTRRs' type. */
static const uint8_t pat_types[] = {MT_UC, MT_WC, MT_WT, MT_WP, MT_WB, MT_UC_MINUS};
static const uint8_t mtrr_types[] = {MT_UC, MT_WC, MT_WT, MT_WP, MT_WB};

static bool first_upper(const struct every *e)
{
    return e->upper == 0 || e->upper == e->leaf + 1;
}

static uint64_t types_count(const struct every *e)
{
    return first_upper(e) ? 8 * 6 * 5 * 2 : 0;
}

static bool types(struct every *e, uint64_t n)
{
    struct mmu_req q = access_of(e, 1);
    unsigned index = digit(&n, 8), shift = 8 * index;
    uint64_t leaf_types[] = {PTE_PWT, PTE_PCD, e->leaf == 1 ? PTE_PS : PTE_PAT_LARGE};
    uint64_t type = pat_types[digit(&n, 6)];

    set_context(e, 0);
    e->b->ctx.pat = UINT64_C(0x0706050401000706);
    e->b->ctx.pat = (e->b->ctx.pat & ~(UINT64_C(7) << shift)) | type << shift;
    e->b->ctx.mtrr = (struct mmu_mtrrs){.def_type = mtrr_types[digit(&n, 5)] | (n ? MTRR_E : 0)};
    mmu_set_context(e->b);
    return begin(e, e->value[e->leaf] | scatter(index, leaf_types, 3), e->value[e->upper]) &&
           ask(e, &q);
}

/* M25: each two of the ranges over the page, each with each type or not valid, the default type,
 * with PAT's type. On a cached translation: nothing of it is cached. */
static uint64_t ranges_count(const struct every *e)
{
    return e->paging == PAGING_4 && e->leaf == 1 && first_upper(e) ? 6 * 6 * 6 * 5 * 8 * 8 : 0;
}

static void set_range(struct every *e, unsigned i, unsigned type)
{
    e->b->ctx.mtrr.base[i] = (FRAME & ~UINT64_C(0xFFF)) | (type < 5 ? mtrr_types[type] : MT_WC);
    e->b->ctx.mtrr.mask[i] = MTRR_ADDR | (type < 5 ? MTRR_VALID : 0);
}

static bool ranges(struct every *e, uint64_t n)
{
    struct mmu_req q = access_of(e, 1);
    unsigned pat = digit(&n, 6), a = digit(&n, 6), c = digit(&n, 6);

    set_context(e, 0);
    e->b->ctx.pat = pat_types[pat] * UINT64_C(0x0101010101010101);
    e->b->ctx.mtrr = (struct mmu_mtrrs){.def_type = mtrr_types[digit(&n, 5)] | MTRR_E};
    set_range(e, digit(&n, 8), a);
    set_range(e, (unsigned)n, c);
    mmu_set_context(e->b);
    return go(e, &q);
}

static const struct product {
    const char *name;
    uint64_t (*count)(const struct every *e);
    bool (*run)(struct every *e, uint64_t n);
} products[] = {
    {"rights", rights_count, rights},       {"hits", hits_count, hits},
    {"entries", entries_count, entries},    {"bits", bits_count, bits},
    {"roots", roots_count, roots},          {"loads", loads_count, loads},
    {"types", types_count, types},          {"ranges", ranges_count, ranges},
    {"features", features_count, features},
};

#define PRODUCTS (sizeof(products) / sizeof(products[0]))

/* All of one product in one place. */
static bool whole(struct every *e, const struct product *p)
{
    uint64_t count = p->count(e);

    if (count != 0 && !enter(e))
        return false;
    for (uint64_t n = 0; n < count; n++) {
        if (p->run(e, n) && !e->b->r->failed)
            continue;
        snprintf(e->b->place, sizeof(e->b->place), "; %s %" PRIu64 ", leaf of level %u, upper %u",
                 p->name, n, e->leaf, e->upper);
        return false;
    }
    return true;
}

static bool in_place(struct bench *b, unsigned paging, unsigned leaf, unsigned upper)
{
    struct every e = {.b = b, .paging = paging, .leaf = leaf, .upper = upper};

    for (unsigned i = 0; i < PRODUCTS; i++)
        if (!whole(&e, &products[i]))
            return false;
    return true;
}

void mmu_every(struct bench *b)
{
    for (unsigned paging = 0; paging < PAGINGS; paging++)
        for (unsigned leaf = 1; leaf <= pagings[paging].levels; leaf++) {
            if (!mmu_has_paging(b, paging) || !mmu_has_leaf(b, paging, leaf))
                continue;
            if (leaf == pagings[paging].levels && !in_place(b, paging, leaf, 0))
                return;
            for (unsigned upper = leaf + 1; upper <= pagings[paging].levels; upper++)
                if (!in_place(b, paging, leaf, upper))
                    return;
        }
}
