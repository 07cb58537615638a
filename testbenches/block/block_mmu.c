// SPDX-License-Identifier: Apache-2.0
// The MMU alone, in every paging mode. Page tables are pools of pages full of random entries that
// point into their pool, so that every walk leads somewhere; linear addresses come from a few index
// values, so that they meet again. Between requests: entries change, flushes of every kind, other
// CR3, PCID, rights, keys, MTRRs, PDPTE registers, modes. Entries also change between a walk's read
// and its locked update.
#include <stdio.h>

#include "block_mmu.h"

const char *const block_name = "mmu";
const char *const block_view_place = "TOP.soc_top.u_cpu.u_mmu.";
const bool block_has_source_id = false;
const bool block_has_every = true;
const bool block_has_one_in = false;
const bool block_has_vtd = false;
const bool block_has_in_flight = false;
const bool block_has_legality = true;

#define POOL_PAGES  48
#define LONG_POOL   UINT64_C(0x00000) /* 4- and 5-level */
#define PAE_POOL    UINT64_C(0x40000)
#define POOL_32     UINT64_C(0x80000)
#define PDPTE_TABLE UINT64_C(0xC0000) /* of PAE paging, 32 bytes each */
#define PDPTE_BYTES 32

/* Turns of this many requests, each in one mode, calm or busy: only in a calm one do the TLBs fill
 * up. Each begins with experiments of mmu_width.c. */
#define TURN_REQUESTS    512
#define TURN_EXPERIMENTS 32
#define TURN_AWAY        25 /* percent: some of the features of paging are not there */

#define REUSE_PERCENT 50   /* of the requests repeat one that was translated, or its address */
#define RESET_ONE_IN  1000 /* requests */
#define CUT_CYCLES    24   /* a reset falls into the first so many cycles of a translation */

/* --- tables --- */

static unsigned mode(const struct bench *b)
{
    return paging_of(&b->ctx);
}

/* Index values of each level: few, so that addresses share entries. */
static uint64_t random_va(struct bench *b)
{
    const struct paging *p = &pagings[mode(b)];
    uint64_t va = block_chance(&b->random, 5) ? block_random(&b->random) & 0xFFF
                                              : block_below(&b->random, 16) * 0x101;

    for (unsigned shift = 12; shift < p->va_bits; shift += p->index_bits) {
        uint64_t index = block_below(&b->random, shift == 12 ? 8 : 3);

        if (block_chance(&b->random, 2))
            index = block_below(&b->random, 1u << p->index_bits);
        va |= index << shift;
    }
    return paging_va(mode(b), va);
}

static uint64_t pool_page(struct bench *b, uint64_t pool)
{
    return pool + ((uint64_t)block_below(&b->random, POOL_PAGES) << 12);
}

static uint64_t random_flags(struct bench *b)
{
    uint64_t e = 0;

    e |= block_chance(&b->random, 92) ? PTE_P : 0;
    e |= block_chance(&b->random, 80) ? PTE_RW : 0;
    e |= block_chance(&b->random, 75) ? PTE_US : 0;
    e |= block_chance(&b->random, 50) ? PTE_A : 0;
    e |= block_chance(&b->random, 40) ? PTE_D : 0;
    e |= block_chance(&b->random, 12) ? PTE_PS : 0;
    e |= block_chance(&b->random, 25) ? PTE_G : 0;
    return e | (uint64_t)block_below(&b->random, 4) << 3;
}

/* top: the highest bit that is always reserved. */
static uint64_t random_entry8(struct bench *b, uint64_t pool, unsigned top)
{
    uint64_t e = pool_page(b, pool) | random_flags(b);

    e |= block_chance(&b->random, 12) ? PTE_XD : 0;
    if (block_chance(&b->random, 2))
        e |= block_random(&b->random) & PTE_ADDR;
    if (block_chance(&b->random, 3))
        e |= UINT64_C(1) << (40 + block_below(&b->random, top - 39));
    /* A large page is mostly aligned; its PAT bit is bit 12. */
    if ((e & PTE_PS) && block_chance(&b->random, 85))
        e = (e & ~UINT64_C(0x3FFFE000)) | (block_random(&b->random) & UINT64_C(0x00FFC0000000));
    else if (block_chance(&b->random, 4))
        e |= block_random(&b->random) & UINT64_C(0x00FFC0000000);
    return e;
}

static uint64_t random_entry4(struct bench *b)
{
    uint64_t e = pool_page(b, POOL_32) | random_flags(b);

    if (block_chance(&b->random, 2))
        e |= block_random(&b->random) & UINT64_C(0xFFFFF000);
    /* Of a 4-MByte page bit 21 is reserved. */
    if (e & PTE_PS) {
        e ^= block_random(&b->random) & UINT64_C(0xFFDFE000);
        e |= block_chance(&b->random, 10) ? UINT64_C(1) << 21 : 0;
    }
    return e;
}

static uint64_t random_entry(struct bench *b, unsigned paging)
{
    if (paging_long(paging))
        return random_entry8(b, LONG_POOL, 51) | (block_random(&b->random) & DECIDE_BITS(62, 59));
    return paging == PAGING_PAE ? random_entry8(b, PAE_POOL, 62) : random_entry4(b);
}

/* Of the PDPTE registers: one in a few loads meets a reserved bit. */
static uint64_t random_pdpte(struct bench *b)
{
    uint64_t e = pool_page(b, PAE_POOL) | (block_random(&b->random) & DECIDE_BITS(11, 9));

    e |= block_chance(&b->random, 90) ? PTE_P : 0;
    e |= (uint64_t)block_below(&b->random, 4) << 3;
    if (block_chance(&b->random, 3))
        e |= UINT64_C(1) << block_below(&b->random, 64);
    return e;
}

/* Mostly at one of the few indices that addresses use. */
static uint64_t random_entry_addr(struct bench *b, unsigned far_percent)
{
    const struct paging *p = &pagings[mode(b)];
    uint64_t pool = paging_long(mode(b)) ? LONG_POOL : mode(b) == PAGING_PAE ? PAE_POOL : POOL_32;
    uint64_t index =
        block_below(&b->random, block_chance(&b->random, far_percent) ? 1u << p->index_bits : 8);

    return pool_page(b, pool) + index * p->entry_bytes;
}

static uint64_t random_cr3_of_pdptes(struct bench *b)
{
    return PDPTE_TABLE + (uint64_t)block_below(&b->random, 16) * PDPTE_BYTES;
}

static void change_entry(struct bench *b)
{
    if (mode(b) == PAGING_PAE && block_chance(&b->random, 10))
        mmu_poke(b, random_cr3_of_pdptes(b) + 8 * block_below(&b->random, PDPTES), random_pdpte(b),
                 8);
    else
        mmu_poke(b, random_entry_addr(b, 10), random_entry(b, mode(b)),
                 pagings[mode(b)].entry_bytes);
}

static void fill_pools(struct bench *b)
{
    for (uint64_t i = 0; i < POOL_PAGES * 512; i++) {
        mmu_poke(b, LONG_POOL + i * 8, random_entry(b, PAGING_4), 8);
        mmu_poke(b, PAE_POOL + i * 8, random_entry(b, PAGING_PAE), 8);
        mmu_poke(b, POOL_32 + i * 8, random_entry(b, PAGING_32), 4);
        mmu_poke(b, POOL_32 + i * 8 + 4, random_entry(b, PAGING_32), 4);
    }
    for (uint64_t i = 0; i < 512; i++)
        mmu_poke(b, PDPTE_TABLE + i * 8, random_pdpte(b), 8);
}

/* --- one request --- */

/* Mostly a whole entry; half of one, or two of 4 bytes, too. */
static void plan_races(struct bench *b)
{
    while (b->race_count < MAX_RACES && block_chance(&b->random, 8)) {
        struct race *race = &b->races[b->race_count++];

        race->access = block_below(&b->random, 6);
        race->last_entry = block_chance(&b->random, 50);
        race->addr = random_entry_addr(b, 0);
        race->value = random_entry(b, mode(b));
        race->bytes = pagings[mode(b)].entry_bytes;
        if (block_chance(&b->random, 10))
            race->bytes ^= 12;
    }
}

static struct mmu_req random_request(struct bench *b)
{
    struct mmu_req q = {.va = random_va(b),
                        .access = (uint8_t)block_below(&b->random, 3),
                        .user = block_chance(&b->random, 40)};

    q.implicit = !q.user && q.access != ACCESS_FETCH && block_chance(&b->random, 15);
    if (block_chance(&b->random, REUSE_PERCENT)) {
        const struct mmu_req *before = &b->recent[mode(b)][block_below(&b->random, RECENT)];

        if (block_chance(&b->random, 75))
            q = *before;
        else
            q.va = before->va;
    }
    q.ac = b->ac;
    plan_races(b);
    return q;
}

static bool translate(struct bench *b)
{
    struct mmu_req q = random_request(b);
    struct rec_xlate x;

    if (!mmu_translate_one(b, &q, &x))
        return false;
    if (!x.fault && x.hit == XLATE_WALKED)
        b->recent[mode(b)][b->recent_next++ % RECENT] = q;
    return true;
}

/* --- between requests --- */

static bool flush(struct bench *b, enum mmu_flush_kind kind)
{
    struct mmu_flush_req f = {.kind = kind, .va = random_va(b), .pcid = mmu_pcid(&b->ctx)};

    if (kind != FLUSH_PAGE && (b->ctx.cr4 & MMU_CR4_PCIDE))
        f.pcid = (uint16_t)block_below(&b->random, 4);
    if (block_chance(&b->random, 75))
        return mmu_flush_one(b, &f);
    b->flush = f; /* asked for together with the next request */
    b->flush_waits = true;
    return true;
}

/* PAE paging: a load that fails leaves CR3 and the registers as they are. */
static bool other_pdptes(struct bench *b)
{
    uint64_t cr3 = random_cr3_of_pdptes(b);
    bool loaded;

    plan_races(b);
    if (!mmu_load_one(b, cr3, &loaded))
        return false;
    if (loaded)
        b->ctx.cr3 = cr3;
    return true;
}

static bool other_cr3(struct bench *b)
{
    uint64_t page = (uint64_t)block_below(&b->random, 3) << 12;

    if (mode(b) == PAGING_PAE)
        return other_pdptes(b);
    b->ctx.cr3 = page + (paging_long(mode(b)) ? LONG_POOL : POOL_32);
    if (b->ctx.cr4 & MMU_CR4_PCIDE)
        b->ctx.cr3 |= block_below(&b->random, 4);
    else if (block_chance(&b->random, 30))
        b->ctx.cr3 |= (uint64_t)block_below(&b->random, 4) << 3; /* PWT, PCD: not a PCID */
    return true;
}

/* Most ranges lie over the pools and overlap. */
static void other_mtrrs(struct bench *b)
{
    static const uint8_t types[] = {MT_UC, MT_WC, MT_WT, MT_WP, MT_WB, MT_WB};
    struct mmu_mtrrs *m = &b->ctx.mtrr;

    m->def_type = types[block_below(&b->random, 6)] | (block_chance(&b->random, 90) ? MTRR_E : 0);
    for (unsigned i = 0; i < MMU_MTRRS; i++) {
        uint64_t mask = UINT64_MAX << (12 + block_below(&b->random, 12));

        if (block_chance(&b->random, 20))
            mask = block_random(&b->random) & block_random(&b->random);
        m->base[i] =
            ((uint64_t)block_below(&b->random, 256) << 12) | types[block_below(&b->random, 6)];
        m->mask[i] = (mask & MTRR_ADDR) | (block_chance(&b->random, 30) ? MTRR_VALID : 0);
    }
}

static void other_pat(struct bench *b)
{
    static const uint8_t types[] = {MT_UC, MT_WC, MT_WT, MT_WP, MT_WB, MT_UC_MINUS};

    b->ctx.pat = 0;
    for (unsigned i = 0; i < 8; i++)
        b->ctx.pat |= (uint64_t)types[block_below(&b->random, 6)] << (8 * i);
}

/* What is looked at as the access is made: nothing is flushed. M23, M24. */
static void other_looks(struct bench *b)
{
    switch (block_below(&b->random, 7)) {
    case 0:
        b->ctx.cr4 ^= MMU_CR4_PKE;
        break;
    case 1:
        b->ctx.cr4 ^= MMU_CR4_PKS;
        break;
    case 2:
        b->ctx.pkru = (uint32_t)(block_random(&b->random) & block_random(&b->random));
        break;
    case 3:
        b->ctx.pkrs = (uint32_t)(block_random(&b->random) & block_random(&b->random));
        break;
    case 4:
        b->ac = !b->ac;
        break;
    case 5:
        other_mtrrs(b);
        break;
    default:
        other_pat(b);
        break;
    }
    mmu_set_context(b);
}

/* A control register changes; most changes flush as the processor would, some do not: the caches
 * then hold what they hold, on both sides alike. PSE and LA57 always flush (mmu_set_context). */
static bool other_context(struct bench *b)
{
    bool same = true;

    switch (block_below(&b->random, 8)) {
    case 0:
        b->ctx.cr0 ^= MMU_CR0_WP;
        break;
    case 1:
        b->ctx.cr4 ^= MMU_CR4_SMEP;
        break;
    case 2:
        b->ctx.cr4 ^= MMU_CR4_SMAP;
        break;
    case 3:
        b->ctx.cr4 ^= MMU_CR4_PGE;
        break;
    case 4:
        if (paging_long(mode(b)))
            b->ctx.cr4 ^= MMU_CR4_PCIDE;
        same = other_cr3(b);
        break;
    case 5:
        if (block_chance(&b->random, 25))
            b->ctx.efer ^= MMU_EFER_NXE;
        break;
    case 6:
        /* Off only for a while: nothing else is tried then. */
        if (!(b->ctx.cr0 & MMU_CR0_PG) || block_chance(&b->random, 10))
            b->ctx.cr0 ^= MMU_CR0_PG;
        break;
    default:
        b->ctx.cr4 ^= MMU_CR4_PSE;
        if (!paging_long(mode(b)))
            b->ctx.cr4 ^= block_chance(&b->random, 50) ? MMU_CR4_LA57 : 0;
        break;
    }
    mmu_set_context(b);
    return same && (block_chance(&b->random, 70) ? flush(b, FLUSH_ALL) : true);
}

/* Another mode, with tables of its own. */
static bool other_mode(struct bench *b)
{
    static const uint8_t modes[] = {PAGING_4, PAGING_4,  PAGING_4,   PAGING_4,   PAGING_5,
                                    PAGING_5, PAGING_32, PAGING_PSE, PAGING_PAE, PAGING_PAE};
    unsigned paging;

    do
        paging = modes[block_below(&b->random, sizeof(modes))];
    while (!mmu_has_paging(b, paging));
    paging_choose(&b->ctx, paging);
    if (!other_cr3(b))
        return false;
    mmu_set_context(b);
    return true;
}

/* The PDPTE registers are gone after a reset. */
static bool load_again(struct bench *b)
{
    return mode(b) != PAGING_PAE || other_pdptes(b);
}

/* A reset, mostly in the middle of a translation or a load. What was cached before is asked for
 * again: a cache that kept it shows. */
static bool reset(struct bench *b)
{
    unsigned cycles = block_chance(&b->random, 80) ? 1 + block_below(&b->random, CUT_CYCLES) : 0;
    struct mmu_req q = random_request(b), cut;
    struct rec_xlate x;
    bool same;

    b->ctx.cr0 |= MMU_CR0_PG;
    mmu_set_context(b);
    if (!mmu_translate_one(b, &q, &x))
        return false;
    cut = random_request(b);
    if (mode(b) == PAGING_PAE && block_chance(&b->random, 50))
        same = mmu_reset_during_load(b, cycles);
    else
        same = mmu_reset_during(b, &cut, cycles);
    return same && mmu_translate_one(b, &q, &x) && load_again(b) && mmu_translate_one(b, &q, &x);
}

static bool turn(struct bench *b)
{
    struct mmu_ctx ctx = b->ctx;

    b->calm = block_chance(&b->random, 50);
    for (unsigned i = 0; i < TURN_EXPERIMENTS; i++)
        if (!mmu_width_next(b))
            return false;
    b->ctx = ctx;
    b->ctx.away = block_chance(&b->random, TURN_AWAY) ? block_below(&b->random, 8) : 0;
    b->turn_ends = b->r->requests + TURN_REQUESTS;
    return other_mode(b);
}

static bool between(struct bench *b)
{
    uint32_t dice = block_below(&b->random, 100);

    if (b->r->requests >= b->turn_ends)
        return turn(b);
    if (block_below(&b->random, RESET_ONE_IN) == 0)
        return reset(b);
    if (dice < 12)
        change_entry(b);
    else if (dice < 15)
        other_looks(b);
    else if (b->calm && block_chance(&b->random, 95))
        return true;
    else if (dice < 20)
        return flush(b, FLUSH_PAGE);
    else if (dice < 26)
        return flush(b, (enum mmu_flush_kind)block_below(&b->random, 5));
    else if (dice < 30)
        return other_context(b);
    else if (dice < 34) {
        if (!other_cr3(b))
            return false;
        mmu_set_context(b);
        if (block_chance(&b->random, 50))
            return flush(b, FLUSH_PCID);
    }
    return true;
}

static void seed(struct bench *b)
{
    b->random.state = b->o->seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
    b->wait_random.state = b->random.state ^ UINT64_C(0xD1B54A32D192ED03);
}

static void setup(struct bench *b)
{
    fill_pools(b);
    mmu_width_setup(b);
    b->ctx = (struct mmu_ctx){.cr0 = MMU_CR0_PG | MMU_CR0_WP,
                              .cr4 = MMU_CR4_PAE | MMU_CR4_PGE,
                              .efer = MMU_EFER_LMA | MMU_EFER_NXE,
                              .pat = UINT64_C(0x0007040600070406),
                              .mtrr = {.def_type = MTRR_E | MT_WB}};
    for (unsigned i = 0; !mmu_has_paging(b, mode(b)); i++)
        paging_choose(&b->ctx, i);
    mmu_set_context(b);
}

static void at_random(struct bench *b)
{
    setup(b);
    if (b->o->lacks != 0 && !other_mode(b))
        return;
    while (!b->r->failed && b->r->requests < b->o->requests) {
        if (block_left_copy(&b->o, b->r, vmmu_cycle(b->rtl)))
            mmu_bench_wave(b);
        if (!between(b) || !translate(b))
            break;
    }
}

bool block_run(const struct block_options *o, struct block_result *r, char *error,
               size_t error_bytes)
{
    struct bench b = {.o = o, .r = r};

    if (!mmu_bench_open(&b)) {
        snprintf(error, error_bytes, "out of memory");
        return false;
    }
    seed(&b);
    if (o->every)
        mmu_every(&b);
    else
        at_random(&b);
    mmu_bench_end(&b);
    if (b.o->wave_path != NULL)
        vmmu_idle(b.rtl, 20);
    if (r->woken)
        vmmu_wave_close(b.rtl);
    else
        mmu_bench_close(&b);
    return true;
}
