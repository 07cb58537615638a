// SPDX-License-Identifier: Apache-2.0
// The IOMMU alone. Root, context and second-stage tables are pages full of random entries that
// point into their own kind; a few source-ids and addresses meet again and again. Between requests:
// entries change, invalidations of every kind, fault records are read and cleared, odd register
// accesses. Some register accesses are raised beside a request, or while one runs.
#include <stdio.h>

#include "iommu_pool.h"
#include "iommu_width.h"

const char *const block_name = "iommu";
const char *const block_view_place = "TOP.soc_top.u_iommu.";
const bool block_has_source_id = true;
const bool block_has_every = true;
const bool block_has_one_in = true;
const bool block_has_vtd = true; /* what it lacks */
bool (*const block_lacks)(const char *, uint64_t *, char *, size_t) = NULL;
const bool block_has_in_flight = true;
const bool block_has_legality = true;

#define ROOTS    POOL_ROOTS
#define CONTEXTS POOL_CONTEXTS
#define TABLES   POOL_TABLES

#define WIDTH_PERMILLE    20   /* of the turns between requests: experiments of iommu_width.c */
#define INTERRUPT_PERCENT 14   /* of the requests */
#define BESIDE_PERCENT    20   /* of the requests have register accesses beside them */
#define FLY_PERCENT       85   /* of the requests to a unit that takes several: not waited for */
#define RACE_PERCENT      3    /* of the turns with somebody else's unit */
#define RESET_ONE_IN      1000 /* requests */
#define WAIT_DESCRIPTOR   5    /* that writes no status */
#define CUT_CYCLES        40   /* a reset falls into the first so many cycles of a request */

/* --- tables --- */

static void random_root(struct bench *b, unsigned root, unsigned bus)
{
    uint64_t addr = pool_page(root) + bus * 16;
    uint64_t lo = pool_page(ROOTS + block_below(&b->random, CONTEXTS));

    if (block_chance(&b->random, 2)) /* where nobody is */
        lo |= UINT64_C(0x8000000000) >> block_below(&b->random, 17);
    lo |= block_chance(&b->random, 93) ? 1 : 0;
    if (block_chance(&b->random, 4))
        lo |= block_chance(&b->random, 50) ? UINT64_C(2) << block_below(&b->random, 11)
                                           : UINT64_C(1) << (40 + block_below(&b->random, 24));
    iommu_poke(b, addr, lo);
    iommu_poke(b, addr + 8,
               block_chance(&b->random, 3) ? UINT64_C(1) << block_below(&b->random, 64) : 0);
}

static void has_it(const struct bench *b, uint64_t *lo, uint64_t *hi)
{
    unsigned type = *lo >> 2 & 3;
    bool has_type = type == 1 ? iommu_has(b, IOMMU_DT) : type != 2 || iommu_has(b, IOMMU_PT);

    if (!has_type)
        *lo &= ~UINT64_C(0xC);
    if (*hi < 1 || *hi > 3 || !iommu_has(b, (enum iommu_feature)(IOMMU_39 + *hi - 1)))
        *hi = iommu_largest_aw(b);
}

static void random_context(struct bench *b, unsigned table, unsigned devfn)
{
    static const uint8_t widths[] = {1, 2, 2, 3, 3, 0, 5, 4};
    static const uint8_t types[] = {0, 0, 0, 1, 1, 2, 1, 3};
    uint64_t addr = pool_page(ROOTS + table) + devfn * 16;
    uint64_t lo = pool_page(ROOTS + CONTEXTS + block_below(&b->random, 6)), hi;

    lo |= block_chance(&b->random, 94) ? 1 : 0;
    lo |= block_chance(&b->random, 10) ? 2 : 0; /* FPD */
    lo |= (uint64_t)types[block_below(&b->random, block_chance(&b->random, 15) ? 8 : 6)] << 2;
    hi = widths[block_below(&b->random, block_chance(&b->random, 12) ? 8 : 5)];
    if (iommu_own_judged(b) && block_chance(&b->random, 90)) /* mostly what a small unit has */
        has_it(b, &lo, &hi);
    if ((lo & 0xC) == 8 && block_chance(&b->random, 90))
        hi = iommu_largest_aw(b);
    hi |= (uint64_t)(block_below(&b->random, 3) + 1) << 8; /* DID */
    hi |= (uint64_t)block_below(&b->random, 16) << 3;      /* ignored */
    if (block_chance(&b->random, 4))
        lo |= UINT64_C(1) << (block_chance(&b->random, 50) ? 4 + block_below(&b->random, 8)
                                                           : 40 + block_below(&b->random, 24));
    if (block_chance(&b->random, 3))
        hi |= UINT64_C(1) << (block_chance(&b->random, 30) ? 7 : 24 + block_below(&b->random, 40));
    iommu_poke(b, addr, lo);
    iommu_poke(b, addr + 8, hi);
}

static uint64_t random_ss_entry(struct bench *b)
{
    bool leaf = block_chance(&b->random, 18);
    uint64_t e = pool_page(leaf || block_chance(&b->random, 20)
                               ? POOL_DATA + block_below(&b->random, POOL_DATA_PAGES)
                               : ROOTS + CONTEXTS + block_below(&b->random, TABLES));

    e |= block_chance(&b->random, 90) ? 1 : 0;
    e |= block_chance(&b->random, 88) ? 2 : 0;
    e |= leaf ? 0x80 : 0;
    e |= (uint64_t)block_below(&b->random, 16) << 3 & 0x78; /* ignored bits */
    e |= (uint64_t)block_below(&b->random, 8) << 8;
    if (leaf && block_chance(&b->random, 85)) {
        e &= ~UINT64_C(0x3FFFF000);
        if (block_chance(&b->random, 6)) /* a superpage that reaches the interrupt range */
            e |= UINT64_C(0xC0000000) + (block_chance(&b->random, 50) ? 0x3EE00000 : 0);
    }
    if (block_chance(&b->random, 3))
        e = (e & ~UINT64_C(0xFFFFFFF000)) | UINT64_C(0xFEE00000) |
            (uint64_t)block_below(&b->random, 256) << 12;
    if (block_chance(&b->random, 3))
        e |= block_chance(&b->random, 50) ? UINT64_C(1) << 11
                                          : UINT64_C(1) << (40 + block_below(&b->random, 23));
    return e;
}

static void random_ss(struct bench *b)
{
    uint64_t index =
        block_chance(&b->random, 85) ? block_below(&b->random, 6) : block_below(&b->random, 512);

    iommu_poke(b, pool_page(ROOTS + CONTEXTS + block_below(&b->random, TABLES)) + index * 8,
               random_ss_entry(b));
}

/* --- requests --- */

uint64_t pool_iova(struct bench *b)
{
    uint64_t va = block_below(&b->random, 256) * 16;

    for (unsigned shift = 12; shift <= 48; shift += 9) {
        uint64_t index = block_below(&b->random, shift == 12 ? 6 : shift == 39 ? 2 : 3);

        if (shift == 39 && block_chance(&b->random, 70))
            index = 0;
        if (shift == 48 && block_chance(&b->random, 92))
            index = 0;
        /* A large page that reaches the interrupt range: inside it, and beside it. */
        if (shift == 21 && block_chance(&b->random, 6))
            index = 0x1F7;
        if (shift == 12 && block_chance(&b->random, 12))
            index |= 0x100;
        va |= index << shift;
    }
    if (block_chance(&b->random, 3))
        va |= UINT64_C(1) << (39 + block_below(&b->random, 25));
    if (block_chance(&b->random, 3))
        va = UINT64_C(0xFEE00000) + block_below(&b->random, 0x100000);
    return va;
}

uint16_t pool_sid(struct bench *b)
{
    return (uint16_t)(block_below(&b->random, POOL_BUSES) << 8 |
                      block_below(&b->random, POOL_DEVFNS));
}

uint16_t pool_did(struct bench *b)
{
    return (uint16_t)(block_below(&b->random, 4) + 1);
}

unsigned pool_am(struct bench *b)
{
    static const uint8_t orders[] = {0, 0, 1, 2, 3, 9, 10, 18, 17, 19, 40};

    return orders[block_below(&b->random, sizeof(orders))];
}

static struct rec_dma random_request(struct bench *b)
{
    struct rec_dma d = {.iova = pool_iova(b), .tag = (uint8_t)b->r->requests};
    unsigned room;

    d.sid = pool_sid(b);
    d.write = block_chance(&b->random, 50);
    if (block_chance(&b->random, 30))
        d.iova += block_below(&b->random, 16) & (block_chance(&b->random, 50) ? ~3u : ~0u);
    room = 16 - (unsigned)(d.iova & 15);
    d.len = (uint8_t)(block_chance(&b->random, 50) ? 4 : block_below(&b->random, room) + 1);
    if (d.len > room)
        d.len = (uint8_t)room;
    if (block_chance(&b->random, 3)) {
        d.len = 0;
        d.write = block_chance(&b->random, 30);
    }
    for (unsigned i = 0; i < d.len && d.write; i++)
        d.data[i] = (uint8_t)block_random(&b->random);
    pool_device_request(b, &d);
    if (block_chance(&b->random, INTERRUPT_PERCENT))
        pool_interrupt_request(b, &d);
    return d;
}

bool pool_write(struct bench *b, uint32_t offset, unsigned bytes, uint64_t value)
{
    struct answer a;

    return iommu_write(b, offset, bytes, value, &a);
}

bool pool_read(struct bench *b, uint32_t offset, unsigned bytes)
{
    struct answer a;

    return iommu_read(b, offset, bytes, &a);
}

/* One of what stays changes, or a pointer is latched again. */
static struct viommu_reg command_beside(struct bench *b, unsigned after)
{
    static const uint32_t bits[] = {GCMD_QIE, GCMD_QIE,   GCMD_QIE, GCMD_IRE,
                                    GCMD_CFI, GCMD_SIRTP, GCMD_TE,  GCMD_SRTP};
    uint32_t bit = bits[block_below(&b->random, sizeof(bits) / sizeof(bits[0]))];

    return (struct viommu_reg){true, REG_GCMD, block_chance(&b->random, 20) ? 8 : 4, b->gcmd ^ bit,
                               after};
}

/* Register accesses that software makes while devices are at work. */
static struct viommu_reg register_beside(struct bench *b)
{
    static const uint16_t reads[] = {0x00, REG_FSTS, REG_FECTL, 0x1C, REG_FRCD, REG_CCMD + 4};
    struct viommu_reg g = {.bytes = 4, .after = block_below(&b->random, 24)};
    unsigned index = block_below(&b->random, 8);

    if (block_chance(&b->random, 40))
        g.after = block_below(&b->random, 3);
    if (block_chance(&b->random, 2))
        return command_beside(b, g.after);
    if ((b->gcmd & GCMD_QIE) != 0 && block_chance(&b->random, 40))
        return pool_queue_beside(b, g.after);
    switch (block_below(&b->random, 8)) {
    case 0:
        g = (struct viommu_reg){true, REG_FECTL, 4, block_chance(&b->random, 50) ? 0x80000000 : 0,
                                g.after};
        break;
    case 1:
        g = (struct viommu_reg){true, REG_FRCD + 12 + 16 * index, 4, 0x80000000, g.after};
        break;
    case 2:
        g = (struct viommu_reg){
            true, REG_CCMD, 8,
            UINT64_C(1) << 63 | UINT64_C(2) << 61 | (block_below(&b->random, 4) + 1), g.after};
        break;
    case 3:
        g = (struct viommu_reg){true, REG_IOTLB + 4, 4,
                                0xA0000000u | (block_below(&b->random, 4) + 1), g.after};
        break;
    case 4:
        g = (struct viommu_reg){false, REG_FRCD + 16 * index, 8, 0, g.after};
        break;
    default:
        g.offset = reads[block_below(&b->random, sizeof(reads) / sizeof(reads[0]))];
        break;
    }
    return g;
}

static void random_ask(struct bench *b)
{
    b->ask = (struct viommu_ask){.dma = true, .in = random_request(b)};
    if (block_chance(&b->random, BESIDE_PERCENT)) {
        b->ask.dma_after = block_below(&b->random, 7);
        b->ask.regs = 1 + block_chance(&b->random, 40);
        for (unsigned i = 0; i < b->ask.regs; i++)
            b->ask.reg[i] = register_beside(b);
    }
    pool_device_beside(b);
}

static bool request(struct bench *b)
{
    struct answer a;

    random_ask(b);
    b->ask.flies =
        iommu_own_judged(b) && b->o->in_flight > 1 && block_chance(&b->random, FLY_PERCENT);
    return iommu_step_one(b, &a);
}

/* --- registers --- */

static bool invalidate_context(struct bench *b)
{
    uint64_t sid =
        block_below(&b->random, POOL_BUSES) << 8 | block_below(&b->random, POOL_DEVFNS + 2);
    uint64_t v = UINT64_C(1) << 63 | (uint64_t)block_below(&b->random, 4) << 61 |
                 (uint64_t)block_below(&b->random, 4) << 32 | sid << 16 |
                 (block_below(&b->random, 4) + 1);

    return pool_write(b, 0x28, 8, v) && (block_chance(&b->random, 50) || pool_read(b, 0x28, 8));
}

static bool invalidate_iotlb(struct bench *b)
{
    uint64_t iva =
        (pool_iova(b) & ~UINT64_C(0xFFF)) | pool_am(b) | (block_chance(&b->random, 30) ? 0x40 : 0);
    uint64_t v = UINT64_C(1) << 63 |
                 (uint64_t)(block_chance(&b->random, 60) ? 3 : block_below(&b->random, 4)) << 60 |
                 (uint64_t)block_below(&b->random, 4) << 48 |
                 (uint64_t)(block_below(&b->random, 4) + 1) << 32;

    return pool_write(b, 0x100, 8, iva) && pool_write(b, 0x108, 8, v) &&
           (block_chance(&b->random, 50) || pool_read(b, 0x108, 8));
}

/* Software's loop over the fault records, or a part of it. */
static bool service_faults(struct bench *b)
{
    bool ok = pool_read(b, 0x34, 4);

    for (unsigned i = 0; i < 8 && ok; i++) {
        if (block_chance(&b->random, 50))
            ok = pool_read(b, 0x200 + 16 * i, 8) && pool_read(b, 0x208 + 16 * i, 8);
        if (ok && block_chance(&b->random, 80))
            ok = pool_write(b, 0x20C + 16 * i, 4, 0x80000000);
    }
    if (ok && block_chance(&b->random, 70))
        ok = pool_write(b, 0x34, 4, block_chance(&b->random, 90) ? 1 : 0xFF);
    return ok && pool_read(b, 0x38, 4);
}

static bool odd_register(struct bench *b)
{
    static const uint16_t offsets[] = {
        0x000, 0x008, 0x00C, 0x010, 0x014, 0x018, 0x01C, 0x020, 0x028, 0x034, 0x038, 0x03C,
        0x040, 0x044, 0x058, 0x060, 0x064, 0x068, 0x070, 0x074, 0x078, 0x080, 0x088, 0x090,
        0x094, 0x098, 0x09C, 0x0A0, 0x0A4, 0x0A8, 0x0AC, 0x0B0, 0x0B4, 0x0B8, 0x0BC, 0x100,
        0x108, 0x10C, 0x200, 0x208, 0x20C, 0x278, 0x280, 0x300, 0xFF8};
    static const uint8_t sizes[] = {4, 4, 4, 8, 8, 1, 2, 16, 3};
    uint32_t offset = offsets[block_below(&b->random, sizeof(offsets) / sizeof(offsets[0]))];
    unsigned bytes = sizes[block_below(&b->random, block_chance(&b->random, 80) ? 5 : 9)];

    if (block_chance(&b->random, 10))
        offset = block_below(&b->random, 0x400);
    if (offset % 16 + bytes > 16)
        bytes = 16 - offset % 16;
    if (block_chance(&b->random, 75))
        return pool_read(b, offset, bytes);
    if (offset <= 0x24 && offset + bytes > 0x18) /* GCMD, RTADDR have their own turn */
        return true;
    return pool_write(b, offset, bytes, block_random(&b->random) >> block_below(&b->random, 60));
}

static bool set_root(struct bench *b)
{
    uint64_t ttm = block_chance(&b->random, 5) ? block_below(&b->random, 4) : 0;
    uint64_t junk = block_chance(&b->random, 10) ? block_random(&b->random) & 0x3FF : 0;

    uint64_t value = pool_page(block_below(&b->random, ROOTS)) | ttm << 10 | junk;

    if (block_chance(&b->random, 2)) /* where nobody is */
        value |= UINT64_C(0x8000000000) >> block_below(&b->random, 17);

    if (!pool_write(b, 0x20, 8, value))
        return false;
    if (b->r->requests != 0 && block_chance(&b->random, 30)) /* does nothing before SRTP */
        return pool_read(b, 0x20, 8);
    b->rtaddr = value;
    return iommu_command(b, b->gcmd | GCMD_TE, GCMD_SRTP) && pool_read(b, 0x1C, 4);
}

/* Every register as the reset left it. */
static bool read_all(struct bench *b)
{
    bool ok = true;

    for (uint32_t offset = 0; ok && offset < 0x300; offset += 4)
        ok = pool_read(b, offset, 4);
    return ok;
}

/* What software does after a reset. */
static bool configure(struct bench *b)
{
    return pool_write(b, REG_FEADDR, 4, 0xFEE00000) && pool_write(b, REG_FEDATA, 4, 0x41) &&
           pool_write(b, REG_FECTL, 4, 0);
}

/* QIE in half of the time, IRE in more, TE in most. */
static bool random_command(struct bench *b)
{
    uint32_t stays = block_chance(&b->random, 85) ? GCMD_TE : 0;

    stays |= block_chance(&b->random, 50) ? GCMD_QIE : 0;
    stays |= block_chance(&b->random, 80) ? GCMD_IRE : 0;
    stays |= block_chance(&b->random, 40) ? GCMD_CFI : 0;
    return iommu_command(b, stays, 0) && pool_read(b, 0x1C, 4);
}

/* The first things that are accepted after a reset: a descriptor and a request are there together,
 * and no table is latched yet (I87). */
static bool first_together(struct bench *b)
{
    uint32_t stays = GCMD_QIE | (block_chance(&b->random, 50) ? GCMD_TE : 0) |
                     (block_chance(&b->random, 50) ? GCMD_IRE : 0);
    struct answer a;
    bool same;

    if (!pool_write(b, REG_IQT, 4, 16) || !pool_write(b, REG_IQA, 8, b->iqa))
        return false;
    b->ask = (struct viommu_ask){
        .dma = true, .in = random_request(b), .regs = 1, .reg = {{true, REG_GCMD, 4, stays, 0}}};
    same = iommu_step_one(b, &a);
    for (unsigned i = 0; same && i < 3; i++) {
        struct rec_dma in = random_request(b);

        if (i != 0)
            pool_interrupt_request(b, &in);
        same = iommu_request(b, &in, &a);
    }
    return same && iommu_quiet(b) && iommu_command(b, 0, 0);
}

/* A reset, mostly in the middle of a step. What was cached before is asked for again, under the
 * same root: a cache that kept it shows. */
static bool reset(struct bench *b)
{
    struct rec_dma in = random_request(b);
    struct answer a;
    unsigned cycles = block_chance(&b->random, 80) ? 1 + block_below(&b->random, CUT_CYCLES) : 0;

    if (!iommu_request(b, &in, &a))
        return false;
    random_ask(b);
    if (block_chance(&b->random, 15)) { /* the last thing accepted is a descriptor: I7 */
        if (!iommu_quiet(b) || !width_queue(b, WAIT_DESCRIPTOR, 0))
            return false;
        cycles = 0;
    }
    b->vtd = pool_config(b);
    return iommu_reset_during(b, cycles) && read_all(b) &&
           (block_chance(&b->random, 50) || first_together(b)) && configure(b) &&
           (b->vtd.away == 0 || iommu_width_away(b)) && pool_write(b, REG_RTADDR, 8, b->rtaddr) &&
           iommu_command(b, GCMD_TE, GCMD_SRTP) && pool_interrupts_restore(b) &&
           pool_queue_restore(b) && random_command(b) && iommu_request(b, &in, &a);
}

static bool experiments(struct bench *b)
{
    uint32_t stays = b->gcmd;

    return iommu_quiet(b) && iommu_width_next(b) && pool_write(b, REG_RTADDR, 8, b->rtaddr) &&
           pool_interrupts_restore(b) && pool_queue_restore(b) &&
           iommu_command(b, stays, GCMD_SRTP);
}

static bool between(struct bench *b)
{
    uint32_t dice = block_below(&b->random, 1000);

    if (block_memory_crowded(&b->rtl_memory))
        iommu_forget(b);
    if (block_below(&b->random, RESET_ONE_IN) == 0)
        return reset(b);
    if (b->vtd.away == b->o->vtd.away && block_below(&b->random, 1000) < WIDTH_PERMILLE)
        return experiments(b);
    if (iommu_own_judged(b) && block_chance(&b->random, RACE_PERCENT))
        return pool_race(b);
    if (dice < 150)
        random_ss(b);
    else if (dice < 180)
        random_context(b, block_below(&b->random, CONTEXTS), block_below(&b->random, POOL_DEVFNS));
    else if (dice < 190)
        random_root(b, block_below(&b->random, ROOTS), block_below(&b->random, POOL_BUSES));
    else if (dice < 230)
        return invalidate_context(b);
    else if (dice < 300)
        return invalidate_iotlb(b);
    else if (dice < 340)
        return service_faults(b);
    else if (dice < 370)
        return odd_register(b);
    else if (dice < 385)
        return pool_write(b, 0x38, 4, block_chance(&b->random, 50) ? 0x80000000 : 0);
    else if (dice < 392)
        return set_root(b);
    else if (dice < 396)
        return random_command(b);
    else if (dice < 500)
        return pool_queue(b);
    else if (dice < 520)
        pool_interrupt_entry(b);
    else if (dice < 526)
        return pool_interrupt_table(b);
    else if (dice < 536)
        return pool_protected(b);
    return true;
}

static bool setup(struct bench *b)
{
    b->random.state = b->o->seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
    b->wait_random.state = b->random.state ^ UINT64_C(0xD1B54A32D192ED03);
    for (unsigned r = 0; r < ROOTS; r++)
        for (unsigned bus = 0; bus < POOL_BUSES; bus++)
            random_root(b, r, bus);
    for (unsigned t = 0; t < CONTEXTS; t++)
        for (unsigned d = 0; d < POOL_DEVFNS; d++)
            random_context(b, t, d);
    for (uint64_t i = 0; i < TABLES * UINT64_C(512); i++)
        iommu_poke(b, pool_page(ROOTS + CONTEXTS) + i * 8, random_ss_entry(b));
    pool_interrupts_setup(b);
    pool_queue_setup(b);
    iommu_width_setup(b);
    if (iommu_own_judged(b)) /* what decides is not known of a design whose hits are its own */
        b->r->group_count = 0;
    return iommu_own_opens(b) && configure(b) && set_root(b) && pool_interrupt_table(b) &&
           pool_queue_restore(b);
}

bool block_run(const struct block_options *o, struct block_result *r, char *error,
               size_t error_bytes)
{
    struct bench b = {.o = o, .r = r};
    bool ready;

    if (!iommu_bench_open(&b)) {
        snprintf(error, error_bytes, "out of memory");
        return false;
    }
    if (o->every)
        iommu_every(&b);
    ready = !o->every && setup(&b);
    while (ready && !r->failed && r->requests < o->requests) {
        if (block_left_copy(&b.o, r, viommu_cycle(b.rtl)))
            iommu_bench_wave(&b);
        if (!between(&b) || !request(&b))
            break;
    }
    iommu_bench_end(&b);
    if (b.o->wave_path != NULL)
        for (unsigned i = 0; i < 10; i++)
            pool_read(&b, 0, 4);
    if (r->woken)
        viommu_wave_close(b.rtl);
    else
        iommu_bench_close(&b);
    return true;
}
