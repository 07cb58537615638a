// SPDX-License-Identifier: Apache-2.0
// The MMU alone. Page tables are a pool of pages full of random entries that point into the pool,
// so that every walk leads somewhere; linear addresses come from a few index values, so that they
// meet again. Between requests: entries change, flushes of every kind, other CR3, PCID, rights.
// Entries also change between a walk's read and its locked update.
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "block_mmu.h"

const char *const block_name = "mmu";
const char *const block_view_place = "TOP.soc_top.u_cpu.u_mmu.";
const bool block_has_source_id = false;

#define POOL_PAGES    48 /* from physical 0 */
#define ENTRIES_BELOW (POOL_PAGES * 512)

/* Turns of this many requests, each calm or busy: only in a calm one do the TLBs fill up. */
#define TURN_REQUESTS 512

#define WIDTH_PERCENT 5    /* of the turns between requests: an experiment of mmu_width.c */
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

void mmu_poke(struct bench *b, uint64_t addr, uint64_t value)
{
    block_memory_write8(&b->rtl_memory, addr, value);
    block_memory_write8(&b->model_memory, addr, value);
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

/* --- memory of both sides --- */

static void race(const struct bench *b, struct block_memory *memory, unsigned access,
                 uint64_t last_entry)
{
    for (unsigned i = 0; i < b->race_count; i++) {
        uint64_t addr = b->races[i].last_entry ? last_entry : b->races[i].addr;

        if (b->races[i].access == access)
            block_memory_write8(memory, addr, b->races[i].value);
    }
}

static void on_access(void *ctx, struct vblock_access *a)
{
    struct bench *b = ctx;

    race(b, &b->rtl_memory, b->rtl_access++, b->rtl_entry);
    b->rtl_entry = a->addr + (a->be & 0xFF ? 0 : 8);
    if (!a->write)
        block_memory_read(&b->rtl_memory, a->addr, a->data, 16);
    for (unsigned i = 0; a->write && i < 16; i++)
        if (a->be >> i & 1)
            block_memory_write(&b->rtl_memory, a->addr + i, &a->data[i], 1);
}

static unsigned on_wait(void *ctx)
{
    struct bench *b = ctx;

    return b->o->wait_states_max == 0 ? 0 : block_below(&b->wait_random, b->o->wait_states_max + 1);
}

static void model_race(struct bench *b, uint64_t pa)
{
    if (b->model_access < b->model_write_limit)
        race(b, &b->model_memory, b->model_access, b->model_entry);
    b->model_access++;
    b->model_entry = pa;
}

static uint64_t model_read(void *ctx, uint64_t pa)
{
    struct bench *b = ctx;

    model_race(b, pa);
    return block_memory_read8(&b->model_memory, pa);
}

static void model_write(void *ctx, uint64_t pa, uint64_t value)
{
    struct bench *b = ctx;

    model_race(b, pa);
    if (b->model_access <= b->model_write_limit)
        block_memory_write8(&b->model_memory, pa, value);
}

/* --- records --- */

static void on_xlate(void *ctx, const struct rec_xlate *r)
{
    ring_push(&((struct bench *)ctx)->rtl_xlate, r);
}

static void on_walk(void *ctx, const struct rec_walk *r)
{
    ring_push(&((struct bench *)ctx)->rtl_walk, r);
}

static void on_model_walk(void *ctx, const struct rec_walk *r)
{
    ring_push(&((struct bench *)ctx)->model_walk, r);
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

static struct rec_xlate model_translate(struct bench *b, const struct mmu_req *q)
{
    struct mmu_rsp rsp;
    struct rec_xlate x = {.va = q->va,
                          .requester = q->access != ACCESS_FETCH,
                          .access = q->access,
                          .user = q->user,
                          .implicit = q->implicit};

    mmu_translate(&b->model, &b->ctx, q, &rsp);
    x.pa = rsp.pa;
    x.error_code = rsp.error_code;
    x.latency = rsp.latency;
    x.fault = rsp.fault;
    x.page_log2 = rsp.page_log2;
    x.memtype = rsp.memtype;
    x.hit = rsp.hit;
    x.psc = rsp.psc;
    return x;
}

static bool only_latency_differs(const struct rec_xlate *rtl, const struct rec_xlate *model)
{
    const struct record_field *f = rtl == NULL ? NULL : record_differs(&type_xlate, rtl, model);

    return f != NULL && strcmp(f->name, "latency") == 0; /* the last field */
}

static void describe(struct bench *b)
{
    const struct mmu_req *q = &b->request;

    snprintf(b->r->first.request, sizeof(b->r->first.request),
             "%" PRIu64 ": %s of 0x%" PRIx64 ", %s%s, CR3 0x%" PRIx64, b->r->requests,
             q->access == ACCESS_FETCH  ? "fetch"
             : q->access == ACCESS_READ ? "read"
                                        : "write",
             q->va, q->user ? "user" : "supervisor", q->implicit ? ", implicit" : "", b->ctx.cr3);
}

static void begin_request(struct bench *b, const struct mmu_req *q)
{
    b->request = *q;
    b->rtl_access = b->model_access = 0;
    b->rtl_entry = b->model_entry = 0;
    b->model_write_limit = UINT_MAX;
}

static bool compare(struct bench *b, const struct rec_xlate *mine, unsigned latency)
{
    const struct rec_xlate *seen = ring_head(&b->rtl_xlate);
    /* Of a translation that differs only in its latency the walk tells more. */
    bool late = only_latency_differs(seen, mine);
    char a[BLOCK_TEXT], c[BLOCK_TEXT];

    if (!late && !block_same(b->r, &type_xlate, seen, mine))
        return false;
    if (!block_same_all(b->r, &type_walk, &b->rtl_walk, &b->model_walk))
        return false;
    if (late && !block_same(b->r, &type_xlate, seen, mine))
        return false;
    ring_pop(&b->rtl_xlate);
    if (b->rtl_xlate.count != 0)
        return block_same(b->r, &type_xlate, ring_head(&b->rtl_xlate), NULL);
    if (latency == mine->latency)
        return true;
    snprintf(a, sizeof(a), "%u cycles after the request", latency);
    snprintf(c, sizeof(c), "%u", mine->latency);
    block_differ(b->r, "xlate", "rsp_valid_o", a, c, vmmu_cycle(b->rtl));
    return false;
}

bool mmu_translate_one(struct bench *b, const struct mmu_req *q, struct rec_xlate *x)
{
    unsigned latency;
    bool same;

    begin_request(b, q);
    if (!vmmu_translate(b->rtl, q->va, q->access, q->user, q->implicit, VBLOCK_HANG_CYCLES,
                        &latency)) {
        block_differ(b->r, "xlate", "rsp_valid_o", "no answer", "an answer", vmmu_cycle(b->rtl));
        return false;
    }
    *x = model_translate(b, q);
    if (x->fault)
        b->r->faults[x->error_code & 0xFF]++;
    same = compare(b, x, latency);
    b->race_count = 0;
    b->r->requests++;
    b->r->cycles = vmmu_cycle(b->rtl);
    return same && !block_asserted(b->r, b->r->cycles);
}

static struct mmu_req random_request(struct bench *b)
{
    struct mmu_req q = {.va = random_va(b),
                        .access = (uint8_t)block_below(&b->random, 3),
                        .user = block_chance(&b->random, 40),
                        .ac = b->ac};

    q.implicit = !q.user && q.access != ACCESS_FETCH && block_chance(&b->random, 15);
    plan_races(b);
    return q;
}

static bool translate(struct bench *b)
{
    struct mmu_req q = random_request(b);
    struct rec_xlate x;

    return mmu_translate_one(b, &q, &x);
}

/* A reset, mostly in the middle of a translation. The model makes the accesses that the RTL came
 * to, and is then a new one. */
static bool reset_now(struct bench *b)
{
    struct mmu_req q = random_request(b);
    struct mmu_mem mem = b->model.mem;
    unsigned latency;
    bool answered = false;

    begin_request(b, &q);
    if (block_chance(&b->random, 80)) {
        answered = vmmu_translate(b->rtl, q.va, q.access, q.user, q.implicit,
                                  1 + block_below(&b->random, CUT_CYCLES), &latency);
        b->model_write_limit = b->rtl_access;
        model_translate(b, &q);
        while (!answered && b->model_walk.count > b->rtl_walk.count)
            b->model_walk.count--;
    }
    b->race_count = 0;
    while (b->rtl_xlate.count != 0)
        ring_pop(&b->rtl_xlate);
    vmmu_reset(b->rtl, 1 + block_below(&b->random, 3));
    mmu_init(&b->model, &mem);
    if (!block_same_all(b->r, &type_walk, &b->rtl_walk, &b->model_walk))
        return false;
    b->r->cycle_base = vmmu_cycle(b->rtl);
    return true;
}

/* What was cached before is asked for again: a cache that kept it shows. */
static bool reset(struct bench *b)
{
    struct mmu_req q = random_request(b);
    struct rec_xlate x;

    b->ctx.cr0 |= MMU_CR0_PG;
    mmu_set_context(b);
    return mmu_translate_one(b, &q, &x) && reset_now(b) && mmu_translate_one(b, &q, &x);
}

/* --- between requests --- */

void mmu_set_context(struct bench *b)
{
    struct vmmu_ctx c = {.pg = (b->ctx.cr0 & MMU_CR0_PG) != 0,
                         .wp = (b->ctx.cr0 & MMU_CR0_WP) != 0,
                         .pge = (b->ctx.cr4 & MMU_CR4_PGE) != 0,
                         .pcide = (b->ctx.cr4 & MMU_CR4_PCIDE) != 0,
                         .smep = (b->ctx.cr4 & MMU_CR4_SMEP) != 0,
                         .smap = (b->ctx.cr4 & MMU_CR4_SMAP) != 0,
                         .nxe = (b->ctx.efer & MMU_EFER_NXE) != 0,
                         .ac = b->ac,
                         .cr3 = b->ctx.cr3,
                         .pat = b->ctx.pat};

    vmmu_context(b->rtl, &c);
}

bool mmu_flush_one(struct bench *b, const struct mmu_flush_req *f)
{
    mmu_flush(&b->model, f);
    if (vmmu_flush(b->rtl, f->kind, f->va, f->pcid))
        return true;
    block_differ(b->r, "flush", "flush_ready_o", "not ready", "ready", vmmu_cycle(b->rtl));
    return false;
}

static bool flush(struct bench *b, enum mmu_flush_kind kind)
{
    struct mmu_flush_req f = {.kind = kind, .va = random_va(b), .pcid = mmu_pcid(&b->ctx)};

    if (kind != FLUSH_PAGE && (b->ctx.cr4 & MMU_CR4_PCIDE))
        f.pcid = (uint16_t)block_below(&b->random, 4);
    return mmu_flush_one(b, &f);
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
        b->calm = block_chance(&b->random, 40);
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
    struct mmu_mem mem = {b, model_read, model_read, model_write, on_model_walk};
    struct vblock_env env = {.ctx = b,
                             .seed = b->o->seed,
                             .access = on_access,
                             .wait_states = on_wait,
                             .xlate = on_xlate,
                             .walk = on_walk};

    b->random.state = b->o->seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
    b->wait_random.state = b->random.state ^ UINT64_C(0xD1B54A32D192ED03);
    ring_init(&b->rtl_xlate, sizeof(struct rec_xlate));
    ring_init(&b->rtl_walk, sizeof(struct rec_walk));
    ring_init(&b->model_walk, sizeof(struct rec_walk));
    for (uint64_t i = 0; i < ENTRIES_BELOW; i++)
        mmu_poke(b, i * 8, random_entry(b));
    mmu_init(&b->model, &mem);
    mmu_width_setup(b);
    b->ctx = (struct mmu_ctx){.cr0 = MMU_CR0_PG | MMU_CR0_WP,
                              .cr4 = MMU_CR4_PGE,
                              .efer = MMU_EFER_LMA | MMU_EFER_NXE,
                              .pat = UINT64_C(0x0007040600070406)};
    b->rtl = vmmu_create(&env);
    mmu_set_context(b);
    if (b->o->wave_path != NULL)
        vmmu_wave(b->rtl, b->o->wave_path, b->o->wave_from, b->o->wave_to);
}

static void compare_memory(struct bench *b)
{
    char a[BLOCK_TEXT], c[BLOCK_TEXT];
    uint64_t addr;
    uint8_t rtl, model;

    if (!block_memory_differs(&b->rtl_memory, &b->model_memory, &addr))
        return;
    block_memory_read(&b->rtl_memory, addr, &rtl, 1);
    block_memory_read(&b->model_memory, addr, &model, 1);
    snprintf(a, sizeof(a), "%02x at 0x%" PRIx64, rtl, addr);
    snprintf(c, sizeof(c), "%02x", model);
    block_differ(b->r, "memory", "byte", a, c, vmmu_cycle(b->rtl));
}

bool block_run(const struct block_options *o, struct block_result *r, char *error,
               size_t error_bytes)
{
    struct bench b = {.o = o, .r = r};

    if (!block_memory_init(&b.rtl_memory) || !block_memory_init(&b.model_memory)) {
        snprintf(error, error_bytes, "out of memory");
        return false;
    }
    setup(&b);
    while (!r->failed && r->requests < o->requests)
        if (!between(&b) || !translate(&b))
            break;
    if (r->failed)
        describe(&b);
    else
        compare_memory(&b);
    if (o->wave_path != NULL)
        for (unsigned i = 0; i < 20; i++)
            vmmu_flush(b.rtl, FLUSH_PAGE, 0, 0);
    vmmu_destroy(b.rtl);
    ring_free(&b.rtl_xlate);
    ring_free(&b.rtl_walk);
    ring_free(&b.model_walk);
    block_memory_free(&b.rtl_memory);
    block_memory_free(&b.model_memory);
    return true;
}
