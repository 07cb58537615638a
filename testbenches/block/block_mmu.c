// SPDX-License-Identifier: Apache-2.0
// The MMU alone. Page tables are a pool of pages full of random entries that point into the pool,
// so that every walk leads somewhere; linear addresses come from a few index values, so that they
// meet again. Between requests: entries change, flushes of every kind, other CR3, PCID, rights.
// Entries also change between a walk's read and its locked update.
#include <stdio.h>

#include "block_mmu.h"

const char *const block_name = "mmu";
const char *const block_view_place = "TOP.soc_top.u_cpu.u_mmu.";
const bool block_has_source_id = false;

#define POOL_PAGES    48 /* from physical 0 */
#define ENTRIES_BELOW (POOL_PAGES * 512)

/* Turns of this many requests, each calm or busy: only in a calm one do the TLBs fill up. */
#define TURN_REQUESTS 512

#define REUSE_PERCENT 50   /* of the requests repeat one that was translated, or its address */
#define WIDTH_PERCENT 3    /* of the turns between requests: an experiment of mmu_width.c */
#define RESET_ONE_IN  1000 /* requests */
#define CUT_CYCLES    24   /* a reset falls into the first so many cycles of a translation */

/* --- tables --- */

/* Index values of each level: few, so that addresses share entries. */
static uint64_t random_va(struct bench *b)
{
    uint64_t va = block_chance(&b->random, 5) ? block_random(&b->random) & 0xFFF
                                              : block_below(&b->random, 16) * 0x101;

    for (unsigned shift = 12; shift <= 39; shift += 9) {
        uint64_t index = block_below(&b->random, shift == 12 ? 8 : 3);

        if (block_chance(&b->random, 2))
            index = block_below(&b->random, 512);
        va |= index << shift;
    }
    return va & (UINT64_C(1) << 47) ? va | UINT64_C(0xFFFF000000000000) : va;
}

static uint64_t random_entry(struct bench *b)
{
    uint64_t e = (uint64_t)block_below(&b->random, POOL_PAGES) << 12;

    e |= block_chance(&b->random, 92) ? PTE_P : 0;
    e |= block_chance(&b->random, 80) ? PTE_RW : 0;
    e |= block_chance(&b->random, 75) ? PTE_US : 0;
    e |= block_chance(&b->random, 50) ? PTE_A : 0;
    e |= block_chance(&b->random, 40) ? PTE_D : 0;
    e |= block_chance(&b->random, 12) ? PTE_PS : 0;
    e |= block_chance(&b->random, 25) ? PTE_G : 0;
    e |= block_chance(&b->random, 12) ? PTE_XD : 0;
    e |= (uint64_t)block_below(&b->random, 4) << 3;
    if (block_chance(&b->random, 2))
        e |= block_random(&b->random) & PTE_ADDR;
    if (block_chance(&b->random, 3))
        e |= UINT64_C(1) << (40 + block_below(&b->random, 12));
    /* A large page is mostly aligned; its PAT bit is bit 12. */
    if ((e & PTE_PS) && block_chance(&b->random, 85))
        e = (e & ~UINT64_C(0x3FFFE000)) | (block_random(&b->random) & UINT64_C(0x00FFC0000000));
    else if (block_chance(&b->random, 4))
        e |= block_random(&b->random) & UINT64_C(0x00FFC0000000);
    return e;
}

static void change_entry(struct bench *b)
{
    /* Mostly at one of the few indices that addresses use. */
    uint64_t index =
        block_chance(&b->random, 90) ? block_below(&b->random, 8) : block_below(&b->random, 512);
    uint64_t addr = (uint64_t)block_below(&b->random, POOL_PAGES) * 4096 + index * 8;
    uint64_t value = random_entry(b);

    mmu_poke(b, addr, value);
}

/* --- one request --- */

static void plan_races(struct bench *b)
{
    while (b->race_count < MAX_RACES && block_chance(&b->random, 8)) {
        struct race *race = &b->races[b->race_count++];

        race->access = block_below(&b->random, 6);
        race->last_entry = block_chance(&b->random, 50);
        race->addr = (uint64_t)block_below(&b->random, POOL_PAGES) * 4096 +
                     (uint64_t)block_below(&b->random, 8) * 8;
        race->value = random_entry(b);
    }
}

static struct mmu_req random_request(struct bench *b)
{
    struct mmu_req q = {.va = random_va(b),
                        .access = (uint8_t)block_below(&b->random, 3),
                        .user = block_chance(&b->random, 40)};

    q.implicit = !q.user && q.access != ACCESS_FETCH && block_chance(&b->random, 15);
    if (block_chance(&b->random, REUSE_PERCENT)) {
        const struct mmu_req *before = &b->recent[block_below(&b->random, RECENT)];

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
        b->recent[b->recent_next++ % RECENT] = q;
    return true;
}

/* A reset, mostly in the middle of a translation. What was cached before is asked for again: a
 * cache that kept it shows. */
static bool reset(struct bench *b)
{
    struct mmu_req q = random_request(b), cut;
    struct rec_xlate x;

    b->ctx.cr0 |= MMU_CR0_PG;
    mmu_set_context(b);
    if (!mmu_translate_one(b, &q, &x))
        return false;
    cut = random_request(b);
    return mmu_reset_during(b, &cut,
                            block_chance(&b->random, 80) ? 1 + block_below(&b->random, CUT_CYCLES)
                                                         : 0) &&
           mmu_translate_one(b, &q, &x);
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

static void other_cr3(struct bench *b)
{
    b->ctx.cr3 = (uint64_t)block_below(&b->random, 3) << 12;
    if (b->ctx.cr4 & MMU_CR4_PCIDE)
        b->ctx.cr3 |= block_below(&b->random, 4);
    else if (block_chance(&b->random, 30))
        b->ctx.cr3 |= (uint64_t)block_below(&b->random, 4) << 3; /* PWT, PCD: not a PCID */
}

/* A control register changes; most changes flush as the processor would, some do not: the caches
 * then hold what they hold, on both sides alike. */
static bool other_context(struct bench *b)
{
    switch (block_below(&b->random, 9)) {
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
        b->ac = !b->ac;
        break;
    case 4:
        b->ctx.cr4 ^= MMU_CR4_PGE;
        break;
    case 5:
        b->ctx.cr4 ^= MMU_CR4_PCIDE;
        other_cr3(b);
        break;
    case 6:
        if (block_chance(&b->random, 25))
            b->ctx.efer ^= MMU_EFER_NXE;
        break;
    case 7:
        /* Off only for a while: nothing else is tried then. */
        if (!(b->ctx.cr0 & MMU_CR0_PG) || block_chance(&b->random, 10))
            b->ctx.cr0 ^= MMU_CR0_PG;
        break;
    default:
        b->ctx.pat = 0;
        for (unsigned i = 0; i < 8; i++) {
            static const uint8_t types[] = {0, 1, 4, 5, 6, 7};

            b->ctx.pat |= (uint64_t)types[block_below(&b->random, 6)] << (8 * i);
        }
        break;
    }
    mmu_set_context(b);
    return block_chance(&b->random, 70) ? flush(b, FLUSH_ALL) : true;
}

static bool between(struct bench *b)
{
    uint32_t dice = block_below(&b->random, 100);

    if (block_memory_crowded(&b->rtl_memory)) {
        block_memory_forget(&b->rtl_memory);
        block_memory_forget(&b->model_memory);
    }
    if (block_below(&b->random, RESET_ONE_IN) == 0)
        return reset(b);
    if (block_chance(&b->random, WIDTH_PERCENT))
        return mmu_width_next(b);
    if (b->r->requests % TURN_REQUESTS == 0)
        b->calm = block_chance(&b->random, 50);
    if (dice < 12)
        change_entry(b);
    else if (b->calm && block_chance(&b->random, 95))
        return true;
    else if (dice < 18)
        return flush(b, FLUSH_PAGE);
    else if (dice < 24)
        return flush(b, (enum mmu_flush_kind)block_below(&b->random, 5));
    else if (dice < 28)
        return other_context(b);
    else if (dice < 32) {
        other_cr3(b);
        mmu_set_context(b);
        if (block_chance(&b->random, 50))
            return flush(b, FLUSH_PCID);
    }
    return true;
}

static void setup(struct bench *b)
{
    b->random.state = b->o->seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
    b->wait_random.state = b->random.state ^ UINT64_C(0xD1B54A32D192ED03);
    for (uint64_t i = 0; i < ENTRIES_BELOW; i++)
        mmu_poke(b, i * 8, random_entry(b));
    mmu_width_setup(b);
    b->ctx = (struct mmu_ctx){.cr0 = MMU_CR0_PG | MMU_CR0_WP,
                              .cr4 = MMU_CR4_PAE | MMU_CR4_PGE,
                              .efer = MMU_EFER_LMA | MMU_EFER_NXE,
                              .pat = UINT64_C(0x0007040600070406),
                              .mtrr = {.def_type = MTRR_E | MT_WB}};
    mmu_set_context(b);
}

bool block_run(const struct block_options *o, struct block_result *r, char *error,
               size_t error_bytes)
{
    struct bench b = {.o = o, .r = r};

    if (!mmu_bench_open(&b)) {
        snprintf(error, error_bytes, "out of memory");
        return false;
    }
    setup(&b);
    while (!r->failed && r->requests < o->requests)
        if (!between(&b) || !translate(&b))
            break;
    mmu_bench_end(&b);
    if (o->wave_path != NULL)
        for (unsigned i = 0; i < 20; i++)
            vmmu_flush(b.rtl, FLUSH_PAGE, 0, 0);
    mmu_bench_close(&b);
    return true;
}
