// SPDX-License-Identifier: Apache-2.0
// One bit at a time through every tag, mask, address and register of the MMU, in every paging mode,
// over the whole 40-bit space. An experiment is a handful of requests that differ in the bit, in
// tables of their own, arranged so that a unit blind to the bit must answer otherwise; the bit has
// decided when the model's answers show that the arrangement held (docs/mmu.md M1 to M9, M14, M23
// to M25, "Flushes"). Here: the rows, and the generator that walks their bits in every mode.
#include <string.h>

#include "mmu_width.h"

_Static_assert(WIDTH_KINDS *PAGINGS *WIDTH_INDICES <= BLOCK_GROUPS, "groups");

/* --- which bits are wanted; none where there is no such group --- */

#define PCID_BITS DECIDE_BITS(11, 0)

static bool is_32(unsigned paging)
{
    return paging == PAGING_32 || paging == PAGING_PSE;
}

static bool level_of(unsigned paging, unsigned level)
{
    return level >= 1 && level <= pagings[paging].levels;
}

static uint64_t page_number(unsigned paging, unsigned level)
{
    return paging_has_leaf(paging, level)
               ? DECIDE_BITS(pagings[paging].va_bits - 1, paging_log2(paging, level))
               : 0;
}

static uint64_t page_offset(unsigned paging, unsigned level)
{
    return paging_has_leaf(paging, level) ? DECIDE_BITS(paging_log2(paging, level) - 1, 0) : 0;
}

static uint64_t psc_tag(unsigned paging, unsigned level)
{
    return level_of(paging, level) && level > 1
               ? DECIDE_BITS(pagings[paging].va_bits - 1, paging_log2(paging, level))
               : 0;
}

static uint64_t pcid(unsigned paging, unsigned index)
{
    return paging_long(paging) && index == 0 ? PCID_BITS : 0;
}

static uint64_t psc_pcid(unsigned paging, unsigned level)
{
    return paging_long(paging) && level_of(paging, level) && level > 1 ? PCID_BITS : 0;
}

static uint64_t table(unsigned paging, unsigned level)
{
    return level_of(paging, level) ? DECIDE_BITS(is_32(paging) ? 31 : 39, 12) : 0;
}

static uint64_t cached_table(unsigned paging, unsigned level)
{
    return level > 1 ? table(paging, level) : 0;
}

/* A 4-MByte page has an address of 40 bits: PSE-36. */
static uint64_t page_pa(unsigned paging, unsigned level)
{
    return paging_has_leaf(paging, level) ? DECIDE_BITS(is_32(paging) && level == 1 ? 31 : 39, 0)
                                          : 0;
}

#define ABOVE     DECIDE_BITS(51, 40) | PTE_XD
#define ABOVE_PAE DECIDE_BITS(62, 40) | PTE_XD

static uint64_t reserved_table(unsigned paging, unsigned level)
{
    static const uint64_t bits[PAGINGS][WIDTH_INDICES] = {
        [PAGING_PAE] = {0, 0, ABOVE_PAE},
        [PAGING_4] = {0, 0, ABOVE, ABOVE, ABOVE | PTE_PS},
        [PAGING_5] = {0, 0, ABOVE, ABOVE, ABOVE | PTE_PS, ABOVE | PTE_PS},
    };

    return bits[paging][level];
}

static uint64_t reserved_leaf(unsigned paging, unsigned level)
{
    static const uint64_t bits[PAGINGS][WIDTH_INDICES] = {
        [PAGING_PSE] = {0, 0, DECIDE_BITS(21, 21)},
        [PAGING_PAE] = {0, ABOVE_PAE, ABOVE_PAE | DECIDE_BITS(20, 13)},
        [PAGING_4] = {0, ABOVE, ABOVE | DECIDE_BITS(20, 13), ABOVE | DECIDE_BITS(29, 13)},
        [PAGING_5] = {0, ABOVE, ABOVE | DECIDE_BITS(20, 13), ABOVE | DECIDE_BITS(29, 13)},
    };

    return bits[paging][level];
}

/* Reserved without the feature: M14. */
static uint64_t no_pat(unsigned paging, unsigned level)
{
    if (!paging_has_leaf(paging, level))
        return 0;
    return level == 1 ? PTE_PS : PTE_PAT_LARGE;
}

static uint64_t no_pse36(unsigned paging, unsigned level)
{
    return paging == PAGING_PSE && level == 2 ? DECIDE_BITS(20, 13) : 0;
}

static uint64_t no_pdpe1gb(unsigned paging, unsigned level)
{
    return paging_long(paging) && level == 3 ? PTE_PS : 0;
}

#define LOW       DECIDE_BITS(11, 9)
#define HIGH      DECIDE_BITS(62, 52)
#define LOW_TABLE LOW | PTE_G | PTE_D

static uint64_t ignored_table(unsigned paging, unsigned level)
{
    static const uint64_t bits[PAGINGS][WIDTH_INDICES] = {
        [PAGING_32] = {0, 0, LOW_TABLE | PTE_PS},
        [PAGING_PSE] = {0, 0, LOW_TABLE},
        [PAGING_PAE] = {0, 0, LOW_TABLE},
        [PAGING_4] = {0, 0, LOW_TABLE | HIGH, LOW_TABLE | HIGH, LOW_TABLE | HIGH},
        [PAGING_5] = {0, 0, LOW_TABLE | HIGH, LOW_TABLE | HIGH, LOW_TABLE | HIGH, LOW_TABLE | HIGH},
    };

    return bits[paging][level];
}

static uint64_t ignored_leaf(unsigned paging, unsigned level)
{
    if (!paging_has_leaf(paging, level))
        return 0;
    return paging_long(paging) ? LOW | HIGH : LOW;
}

static uint64_t xd(unsigned paging, unsigned level)
{
    return !is_32(paging) && level_of(paging, level) ? PTE_XD : 0;
}

static uint64_t key(unsigned paging, unsigned level)
{
    return paging_long(paging) && paging_has_leaf(paging, level) ? DECIDE_BITS(62, 59) : 0;
}

static uint64_t key_register(unsigned paging, unsigned index)
{
    return paging_long(paging) && index == 0 ? DECIDE_BITS(31, 0) : 0;
}

static uint64_t cr3_high(unsigned paging, unsigned index)
{
    return is_32(paging) && index == 0 ? DECIDE_BITS(63, 32) : 0;
}

static uint64_t pat(unsigned paging, unsigned index)
{
    (void)paging;
    return index == 0 ? UINT64_C(0x0707070707070707) : 0;
}

static uint64_t off(unsigned paging, unsigned index)
{
    if (index != 0)
        return 0;
    return paging == PAGING_32 ? DECIDE_BITS(31, 0) : paging == PAGING_4 ? DECIDE_BITS(39, 0) : 0;
}

static uint64_t off_high(unsigned paging, unsigned index)
{
    return paging == PAGING_32 && index == 0 ? DECIDE_BITS(39, 32) : 0;
}

static uint64_t pdpte(unsigned paging, unsigned index)
{
    return paging == PAGING_PAE && index < PDPTES
               ? PTE_P | DECIDE_BITS(4, 3) | DECIDE_BITS(11, 9) | DECIDE_BITS(39, 12)
               : 0;
}

static uint64_t pdpte_rsvd(unsigned paging, unsigned index)
{
    return paging == PAGING_PAE && index < PDPTES
               ? DECIDE_BITS(2, 1) | DECIDE_BITS(8, 5) | DECIDE_BITS(63, 40)
               : 0;
}

static uint64_t pdpte_base(unsigned paging, unsigned index)
{
    return paging == PAGING_PAE && index == 0 ? DECIDE_BITS(31, 5) : 0;
}

/* With paging off: in one mode is enough. */
static uint64_t whole_entry(unsigned paging, unsigned index)
{
    if (index < 1 || index > pagings[paging].levels)
        return 0;
    return UINT64_MAX >> (64 - 8 * pagings[paging].entry_bytes);
}

static uint64_t mtrr_address(unsigned paging, unsigned index)
{
    return paging == PAGING_4 && index < MMU_MTRRS ? DECIDE_BITS(39, 12) : 0;
}

static uint64_t mtrr_bit_11(unsigned paging, unsigned index)
{
    return paging == PAGING_4 && index < MMU_MTRRS ? MTRR_VALID : 0;
}

static uint64_t mtrr_type(unsigned paging, unsigned index)
{
    return paging == PAGING_4 && index < MMU_MTRRS ? DECIDE_BITS(2, 0) : 0;
}

static uint64_t mtrr_def_type(unsigned paging, unsigned index)
{
    return paging == PAGING_4 && index == 0 ? MTRR_E | DECIDE_BITS(2, 0) : 0;
}

/* --- rows --- */

enum part { PART_NONE, PART_PAGE, PART_ENTRY, PART_NUMBER }; /* what the index names */

struct row {
    const char *name;
    enum part part;
    uint64_t (*wanted)(unsigned paging, unsigned index);
    width_run *run; /* NULL: decided beside others */
    uint8_t access;
    enum mmu_flush_kind flush;
};

#define NONGLOBAL FLUSH_PAGE_NONGLOBAL

/* clang-format off */
static const struct row rows[WIDTH_KINDS] = {
    [K_CODE_VA]        = {"code TLB va", PART_PAGE, page_number, width_tag_va, ACCESS_FETCH, 0},
    [K_DATA_VA]        = {"data TLB va", PART_PAGE, page_number, width_tag_va, ACCESS_READ, 0},
    [K_PSC_VA]         = {"cache va", PART_ENTRY, psc_tag, width_psc_va, ANY_ACCESS, 0},
    [K_CODE_PCID]      = {"code TLB PCID", PART_NONE, pcid, width_tag_pcid, ACCESS_FETCH, 0},
    [K_DATA_PCID]      = {"data TLB PCID", PART_NONE, pcid, width_tag_pcid, ACCESS_READ, 0},
    [K_PSC_PCID]       = {"cache PCID", PART_ENTRY, psc_pcid, width_psc_pcid, ANY_ACCESS, 0},
    [K_INVLPG_VA]      = {"INVLPG va", PART_PAGE, page_number, width_flush_va, ANY_ACCESS, FLUSH_PAGE},
    [K_INVPCID_VA]     = {"INVPCID 0 va", PART_PAGE, page_number, width_flush_va, ANY_ACCESS, NONGLOBAL},
    [K_INVLPG_IN]      = {"INVLPG inside", PART_PAGE, page_offset, width_flush_va, ANY_ACCESS, FLUSH_PAGE},
    [K_INVPCID_IN]     = {"INVPCID 0 inside", PART_PAGE, page_offset, width_flush_va, ANY_ACCESS, NONGLOBAL},
    [K_INVLPG_PCID]    = {"INVLPG PCID", PART_NONE, pcid, width_flush_pcid, ANY_ACCESS, FLUSH_PAGE},
    [K_INVPCID_0_PCID] = {"INVPCID 0 PCID", PART_NONE, pcid, width_flush_pcid, ANY_ACCESS, NONGLOBAL},
    [K_INVPCID_1_PCID] = {"INVPCID 1 PCID", PART_NONE, pcid, width_flush_pcid, ANY_ACCESS, FLUSH_PCID},
    [K_PSC_FLUSH_PCID] = {"structure-cache flush PCID", PART_NONE, pcid, NULL, 0, 0},
    [K_RSVD_TABLE]     = {"reserved", PART_ENTRY, reserved_table, width_reserved_table, ANY_ACCESS, 0},
    [K_RSVD_LEAF]      = {"leaf reserved", PART_ENTRY, reserved_leaf, width_reserved_leaf, ANY_ACCESS, 0},
    [K_NO_PAT]         = {"PAT bit without pat", PART_PAGE, no_pat, width_no_pat, ANY_ACCESS, 0},
    [K_NO_PSE36]       = {"address without pse36", PART_PAGE, no_pse36, width_no_pse36, ANY_ACCESS, 0},
    [K_NO_PDPE1GB]     = {"PS without pdpe1gb", PART_ENTRY, no_pdpe1gb, width_no_pdpe1gb, ANY_ACCESS, 0},
    [K_IGNORED_TABLE]  = {"ignored", PART_ENTRY, ignored_table, width_ignored_table, ANY_ACCESS, 0},
    [K_IGNORED_LEAF]   = {"leaf ignored", PART_ENTRY, ignored_leaf, width_ignored_leaf, ANY_ACCESS, 0},
    [K_XD]             = {"XD", PART_ENTRY, xd, width_xd, ACCESS_FETCH, 0},
    [K_RACE]           = {"changed under the walk", PART_ENTRY, whole_entry, width_race, ANY_ACCESS, 0},
    [K_CR3_LOW]        = {"CR3 without PCIDE", PART_NONE, pcid, width_cr3_low, ANY_ACCESS, 0},
    [K_CR3_HIGH]       = {"CR3 above 31", PART_NONE, cr3_high, width_cr3_high, ANY_ACCESS, 0},
    [K_ENTRY]          = {"table", PART_ENTRY, table, NULL, 0, 0},
    [K_CACHED]         = {"cache table", PART_ENTRY, cached_table, NULL, 0, 0},
    [K_WALK]           = {"pa of a walk", PART_PAGE, page_pa, NULL, 0, 0},
    [K_HIT]            = {"pa of a hit", PART_PAGE, page_pa, NULL, 0, 0},
    [K_PAT]            = {"PAT", PART_NONE, pat, width_pat, ANY_ACCESS, 0},
    [K_OFF]            = {"pa with paging off", PART_NONE, off, width_off, ANY_ACCESS, 0},
    [K_OFF_HIGH]       = {"va with paging off", PART_NONE, off_high, NULL, 0, 0},
    [K_KEY_WALK]       = {"key of a walk", PART_PAGE, key, width_key_walk, ACCESS_READ, 0},
    [K_KEY_HIT]        = {"key of a hit", PART_PAGE, key, width_key_hit, ACCESS_READ, 0},
    [K_PKRU]           = {"PKRU", PART_NONE, key_register, width_pkru, 0, 0},
    [K_PKRS]           = {"PKRS", PART_NONE, key_register, width_pkrs, 0, 0},
    [K_PDPTE]          = {"PDPTE register", PART_NUMBER, pdpte, NULL, 0, 0},
    [K_PDPTE_RSVD]     = {"PDPTE register reserved", PART_NUMBER, pdpte_rsvd, width_pdpte_reserved, 0, 0},
    [K_PDPTE_ABSENT]   = {"PDPTE register not present", PART_NUMBER, pdpte_rsvd, width_pdpte_absent, 0, 0},
    [K_PDPTE_BASE]     = {"CR3 of a PDPTE load", PART_NONE, pdpte_base, width_pdpte_base, 0, 0},
    [K_MTRR_BASE]      = {"MTRR base", PART_NUMBER, mtrr_address, width_mtrr_base, ANY_ACCESS, 0},
    [K_MTRR_MASK]      = {"MTRR mask", PART_NUMBER, mtrr_address, width_mtrr_mask, ANY_ACCESS, 0},
    [K_MTRR_VALID]     = {"MTRR valid", PART_NUMBER, mtrr_bit_11, width_mtrr_valid, ANY_ACCESS, 0},
    [K_MTRR_TYPE]      = {"MTRR type", PART_NUMBER, mtrr_type, width_mtrr_type, ANY_ACCESS, 0},
    [K_MTRR_DEF_TYPE]  = {"MTRR default type", PART_NONE, mtrr_def_type, width_mtrr_def_type, ANY_ACCESS, 0},
};
/* clang-format on */

static const char *part_name(enum part part, unsigned paging, unsigned index)
{
    static const char *const pages[] = {NULL, "4K", "2M", "1G"};
    static const char *const entries[] = {NULL, "PTE", "PDE", "PDPTE", "PML4E", "PML5E"};
    static const char *const numbers[] = {"0", "1", "2", "3", "4", "5", "6", "7"};

    switch (part) {
    case PART_PAGE:
        return index == 2 && is_32(paging) ? "4M" : pages[index];
    case PART_ENTRY:
        return entries[index];
    case PART_NUMBER:
        return numbers[index];
    case PART_NONE:
        break;
    }
    return NULL;
}

/* --- what the experiments share --- */

static unsigned group_number(enum width_kind kind, unsigned paging, unsigned index)
{
    return ((unsigned)kind * PAGINGS + paging) * WIDTH_INDICES + index;
}

struct decide_group *width_group(struct bench *b, enum width_kind kind, unsigned paging,
                                 unsigned index)
{
    return &b->r->groups[group_number(kind, paging, index)];
}

void width_decide(struct bench *b, enum width_kind kind, const struct width_case *c, unsigned bit)
{
    decide_bit(width_group(b, kind, c->paging, 0), bit);
}

struct mmu_req width_request(struct bench *b, const struct width_case *c)
{
    struct mmu_req q = {.user = block_chance(&b->random, 50)};

    if (c->access == ACCESS_FETCH)
        q.access = ACCESS_FETCH;
    else if (c->access == ANY_ACCESS)
        q.access = (uint8_t)block_below(&b->random, 3);
    else
        q.access = block_chance(&b->random, 50) ? ACCESS_READ : ACCESS_WRITE;
    return q;
}

bool width_go(struct bench *b, struct mmu_req q, uint64_t va, struct rec_xlate *x)
{
    q.va = va;
    return mmu_translate_one(b, &q, x);
}

uint64_t width_va(struct bench *b, const struct width_case *c)
{
    return paging_va(c->paging, block_random(&b->random));
}

bool width_settle(struct bench *b)
{
    return !mmu_oracle_alone(b) || mmu_flush_one(b, &(struct mmu_flush_req){.kind = FLUSH_ALL});
}

bool width_load(struct bench *b, bool *good)
{
    if (!mmu_load_one(b, b->ctx.cr3, good))
        return false;
    decide_value(width_group(b, K_PDPTE_BASE, PAGING_PAE, 0), b->ctx.cr3);
    for (unsigned i = 0; *good && i < PDPTES; i++)
        decide_value(width_group(b, K_PDPTE, PAGING_PAE, i), b->model.pdpte[i]);
    return true;
}

/* --- the generator --- */

static bool enter_pae(struct bench *b)
{
    bool good;

    b->ctx.cr3 = block_random(&b->random) & DECIDE_BITS(31, 5);
    for (unsigned i = 0; i < PDPTES; i++) {
        uint64_t more = DECIDE_BITS(39, 9) | DECIDE_BITS(4, 3);

        mmu_poke(b, b->ctx.cr3 + 8 * i, (block_random(&b->random) & more) | PTE_P, 8);
    }
    mmu_set_context(b);
    return width_load(b, &good);
}

/* A context of its own. Without PCIDs what came before is flushed, so that the page is a new one.
 */
static bool enter(struct bench *b, unsigned paging)
{
    static const uint8_t types[] = {MT_UC, MT_WC, MT_WT, MT_WP, MT_WB, MT_UC_MINUS};

    b->ac = false;
    b->ctx = (struct mmu_ctx){.cr0 = MMU_CR0_WP,
                              .cr4 = MMU_CR4_PGE | MMU_CR4_PCIDE,
                              .efer = MMU_EFER_NXE,
                              .mtrr = {.def_type = MTRR_E | MT_WB},
                              .cr3 = block_random(&b->random) & DECIDE_BITS(39, 0)};
    for (unsigned i = 0; i < 8; i++)
        b->ctx.pat |= (uint64_t)types[block_below(&b->random, 6)] << (8 * i);
    paging_choose(&b->ctx, paging);
    if (is_32(paging))
        b->ctx.cr3 &= DECIDE_BITS(31, 12);
    mmu_set_context(b);
    if (!paging_long(paging) && !mmu_flush_one(b, &(struct mmu_flush_req){.kind = FLUSH_ALL}))
        return false;
    return paging != PAGING_PAE || enter_pae(b);
}

static void each_group(struct bench *b, unsigned kind, unsigned paging, unsigned index)
{
    const struct row *r = &rows[kind];
    struct decide_group *g = width_group(b, kind, paging, index);

    *g = (struct decide_group){.name = r->name};
    if (r->part != PART_NUMBER && index > PAGING_MAX_LEVELS)
        return;
    g->wanted = mmu_has_paging(b, paging) ? r->wanted(paging, index) : 0;
    if (r->part == PART_PAGE && !mmu_has_leaf(b, paging, index))
        g->wanted = 0;
    if (g->wanted == 0)
        return;
    g->part = part_name(r->part, paging, index);
    g->mode = kind < K_MTRR_BASE ? pagings[paging].name : NULL; /* MTRRs: in no mode of their own */
}

void mmu_width_setup(struct bench *b)
{
    for (unsigned kind = 0; kind < WIDTH_KINDS; kind++)
        for (unsigned paging = 0; paging < PAGINGS; paging++)
            for (unsigned index = 0; index < WIDTH_INDICES; index++)
                each_group(b, kind, paging, index);
    b->r->group_count = WIDTH_KINDS * PAGINGS * WIDTH_INDICES;
}

/* Experiments stand in a row, one for each bit of each group that has some. */
static void advance(struct bench *b)
{
    unsigned bits = b->r->group_count * 64, group;

    do {
        b->experiment = (b->experiment + 1) % bits;
        group = b->experiment / 64;
        if (rows[group / (PAGINGS * WIDTH_INDICES)].run == NULL || b->r->groups[group].wanted == 0)
            b->experiment |= 63;
    } while (rows[group / (PAGINGS * WIDTH_INDICES)].run == NULL ||
             !(b->r->groups[group].wanted >> b->experiment % 64 & 1));
}

bool mmu_width_next(struct bench *b)
{
    struct width_case c;
    const struct row *r;

    if (block_memory_crowded(&b->rtl_memory))
        mmu_forget(b);
    advance(b);
    c.group = &b->r->groups[b->experiment / 64];
    c.bit = b->experiment % 64;
    c.index = b->experiment / 64 % WIDTH_INDICES;
    c.paging = b->experiment / 64 / WIDTH_INDICES % PAGINGS;
    r = &rows[b->experiment / 64 / WIDTH_INDICES / PAGINGS];
    c.access = r->access;
    c.flush = r->flush;
    return enter(b, c.paging) && r->run(b, &c);
}
