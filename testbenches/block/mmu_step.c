// SPDX-License-Identifier: Apache-2.0
// One translation, flush or load of the MMU bench on both sides, compared: records, answer, time at
// the pins. Somebody else may write to memory between two accesses of the walk (struct race).
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "block_mmu.h"

#define LOAD_CYCLES 5 /* of the PDPTE registers: docs/mmu.md M44 */

void mmu_poke(struct bench *b, uint64_t addr, uint64_t value, unsigned bytes)
{
    value = mmu_lacks_entry(b, value, bytes);
    mmu_rtl_write(b, addr, &value, bytes, AUTHOR_HARNESS);
    block_memory_write(&b->model_memory, addr, &value, bytes);
}

/* --- memory of both sides --- */

static uint64_t race_addr(const struct race *r, uint64_t last_entry)
{
    return (r->last_entry ? last_entry : r->addr) & ~(uint64_t)(r->bytes - 1);
}

/* True: somebody wrote. Under the lock of a design that is not the project's nobody does. */
static bool rtl_race(struct bench *b, unsigned access)
{
    bool any = false;

    if (mmu_own_judged(b) && b->locked)
        return false;
    for (unsigned i = 0; i < b->race_count; i++) {
        const struct race *r = &b->races[i];
        uint64_t value = mmu_lacks_entry(b, r->value, r->bytes);

        if (r->access != access)
            continue;
        mmu_rtl_write(b, race_addr(r, b->rtl_entry), &value, r->bytes, AUTHOR_HARNESS);
        any = true;
    }
    return any;
}

/* Run by run of enabled lanes. */
static void write_lanes(struct bench *b, const struct vblock_access *a, enum legality_author author)
{
    for (unsigned lane = 0; lane < 16; lane++) {
        unsigned run = (unsigned)__builtin_ctz(~(a->be >> lane));

        if (run != 0)
            mmu_rtl_write(b, a->addr + lane, &a->data[lane], run, author);
        lane += run;
    }
}

static void on_access(void *ctx, struct vblock_access *a)
{
    struct bench *b = ctx;
    bool raced = rtl_race(b, b->rtl_access++);
    enum legality_author author = a->speculative ? AUTHOR_SPECULATIVE : AUTHOR_WALKER;

    mmu_own_access(b, a);
    b->rtl_entry = a->addr + (a->be == 0 ? 0 : (unsigned)__builtin_ctz(a->be));
    if (!a->write)
        block_memory_read(&b->rtl_memory, a->addr, a->data, 16);
    else /* what somebody wrote under the lock is overwritten: not the walker's doing */
        write_lanes(b, a, raced && !mmu_own_judged(b) ? AUTHOR_HARNESS : author);
}

static unsigned on_wait(void *ctx)
{
    struct bench *b = ctx;

    return b->o->wait_states_max == 0 || b->o->every
               ? 0
               : block_below(&b->wait_random, b->o->wait_states_max + 1);
}

static void model_race(struct bench *b, uint64_t pa)
{
    for (unsigned i = 0; i < b->race_count && b->model_access < b->model_write_limit; i++) {
        const struct race *r = &b->races[i];
        uint64_t value = mmu_lacks_entry(b, r->value, r->bytes);

        if (r->access == b->model_access)
            block_memory_write(&b->model_memory, race_addr(r, b->model_entry), &value, r->bytes);
    }
    b->model_access++;
    b->model_entry = pa;
}

static uint64_t model_read(void *ctx, uint64_t pa, unsigned bytes)
{
    struct bench *b = ctx;
    uint64_t value = 0;

    model_race(b, pa);
    block_memory_read(&b->model_memory, pa, &value, bytes);
    return value;
}

static void model_write(void *ctx, uint64_t pa, unsigned bytes, uint64_t value)
{
    struct bench *b = ctx;

    model_race(b, pa);
    if (b->model_access <= b->model_write_limit)
        block_memory_write(&b->model_memory, pa, &value, bytes);
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

    snprintf(b->r->first.state, sizeof(b->r->first.state), "%s%s", pagings[paging_of(&b->ctx)].name,
             b->loading ? ", load" : "");
    if (b->loading) {
        snprintf(b->r->first.request, sizeof(b->r->first.request),
                 "%" PRIu64 ": load of the PDPTE registers, CR3 0x%" PRIx64 "%s", b->r->requests,
                 q->va, b->place);
        return;
    }
    snprintf(b->r->first.request, sizeof(b->r->first.request),
             "%" PRIu64 ": %s of 0x%" PRIx64 ", %s%s, %s, CR3 0x%" PRIx64 "%s", b->r->requests,
             q->access == ACCESS_FETCH  ? "fetch"
             : q->access == ACCESS_READ ? "read"
                                        : "write",
             q->va, q->user ? "user" : "supervisor", q->implicit ? ", implicit" : "",
             pagings[paging_of(&b->ctx)].name, b->ctx.cr3, b->place);
}

static void begin_request(struct bench *b, const struct mmu_req *q)
{
    b->request = *q;
    b->loading = false;
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

    block_log(b->r, &type_walk, &b->rtl_walk, &b->model_walk);
    if (seen != NULL)
        record_log_add(b->r->log, &type_xlate, false, seen);
    record_log_add(b->r->log, &type_xlate, true, mine);
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

static void forget_walks(struct bench *b)
{
    while (b->rtl_walk.count != 0)
        ring_pop(&b->rtl_walk);
    while (b->model_walk.count != 0)
        ring_pop(&b->model_walk);
}

/* Without a model: what the RTL says of its answer, which must be one record. */
static bool told_by_rtl(struct bench *b, struct rec_xlate *x)
{
    bool one = b->rtl_xlate.count == 1;

    block_log(b->r, &type_walk, &b->rtl_walk, &b->model_walk);
    forget_walks(b);
    if (!one) {
        block_differ(b->r, "xlate", "record", b->rtl_xlate.count == 0 ? "none" : "several", "one",
                     vmmu_cycle(b->rtl));
        return false;
    }
    *x = *(const struct rec_xlate *)ring_head(&b->rtl_xlate);
    record_log_add(b->r->log, &type_xlate, false, x);
    ring_pop(&b->rtl_xlate);
    return true;
}

static bool exact(const struct bench *b)
{
    return !mmu_oracle_alone(b);
}

/* The oracle alone judges answers, not properties of this RTL; somebody else's are their own. True:
 * one failed, or a pin broke the contract. */
static bool asserted(struct bench *b)
{
    if ((exact(b) || b->o->own) && block_asserted(b->r, vmmu_cycle(b->rtl)))
        return true;
    return !mmu_own_good(b);
}

static void no_answer(struct bench *b, const char *stream, const char *port)
{
    char text[BLOCK_TEXT];

    snprintf(text, sizeof(text), "no answer in %u cycles, %u accesses of memory in them",
             VBLOCK_HANG_CYCLES, b->rtl_access);
    block_differ(b->r, stream, port, text, "an answer", vmmu_cycle(b->rtl));
}

bool mmu_translate_one(struct bench *b, const struct mmu_req *q, struct rec_xlate *x)
{
    unsigned latency;
    bool answered, same;

    mmu_own_idle(b);
    begin_request(b, q);
    mmu_legality_begin(b);
    if (b->flush_waits)
        vmmu_flush_wait(b->rtl, b->flush.kind, b->flush.va, b->flush.pcid);
    b->asking = true;
    answered = vmmu_translate(b->rtl, q->va, q->access, q->user, q->implicit, VBLOCK_HANG_CYCLES,
                              &latency);
    b->asking = false;
    if (asserted(b))
        return false;
    if (!answered) {
        no_answer(b, "xlate", "rsp_valid_o");
        return false;
    }
    if (exact(b))
        *x = model_translate(b, q);
    else if (!told_by_rtl(b, x))
        return false;
    if (x->fault)
        b->r->faults[x->error_code & 0xFF]++;
    same = (!exact(b) || compare(b, x, latency)) && mmu_legality_judge(b, q, x);
    b->race_count = 0;
    b->r->requests++;
    b->r->cycles = vmmu_cycle(b->rtl);
    if (!same || !b->flush_waits)
        return same;
    b->flush_waits = false;
    return mmu_flush_one(b, &b->flush);
}

void mmu_set_context(struct bench *b)
{
    const struct mmu_mtrrs *mtrr = &b->ctx.mtrr;
    struct vmmu_ctx c;

    mmu_lacks_registers(b, &b->ctx);
    c = (struct vmmu_ctx){.pg = (b->ctx.cr0 & MMU_CR0_PG) != 0,
                          .pse = (b->ctx.cr4 & MMU_CR4_PSE) != 0,
                          .pae = (b->ctx.cr4 & MMU_CR4_PAE) != 0,
                          .lma = (b->ctx.efer & MMU_EFER_LMA) != 0,
                          .la57 = (b->ctx.cr4 & MMU_CR4_LA57) != 0,
                          .wp = (b->ctx.cr0 & MMU_CR0_WP) != 0,
                          .pge = (b->ctx.cr4 & MMU_CR4_PGE) != 0,
                          .pcide = (b->ctx.cr4 & MMU_CR4_PCIDE) != 0,
                          .smep = (b->ctx.cr4 & MMU_CR4_SMEP) != 0,
                          .smap = (b->ctx.cr4 & MMU_CR4_SMAP) != 0,
                          .pke = (b->ctx.cr4 & MMU_CR4_PKE) != 0,
                          .pks = (b->ctx.cr4 & MMU_CR4_PKS) != 0,
                          .nxe = (b->ctx.efer & MMU_EFER_NXE) != 0,
                          .ac = b->ac,
                          .no_pat = (b->ctx.away & MMU_NO_PAT) != 0,
                          .no_pse36 = (b->ctx.away & MMU_NO_PSE36) != 0,
                          .no_pdpe1gb = (b->ctx.away & MMU_NO_PDPE1GB) != 0,
                          .pkru = (uint32_t)b->ctx.pkru,
                          .pkrs = (uint32_t)b->ctx.pkrs,
                          .cr3 = b->ctx.cr3,
                          .pat = b->ctx.pat,
                          .mtrr_def_type = mtrr->def_type};

    memcpy(c.mtrr_base, mtrr->base, sizeof(c.mtrr_base));
    memcpy(c.mtrr_mask, mtrr->mask, sizeof(c.mtrr_mask));
    vmmu_context(b->rtl, &c);
    if (b->r->coverage != NULL)
        coverage_paging(b->r->coverage, b->ctx.cr0, b->ctx.cr4, b->ctx.efer);
    mmu_legality_registers(b);
    if (b->mode != paging_bits(&b->ctx))
        mmu_flush_one(b, &(struct mmu_flush_req){.kind = FLUSH_ALL});
    b->mode = paging_bits(&b->ctx);
}

bool mmu_flush_one(struct bench *b, const struct mmu_flush_req *asked)
{
    unsigned cycles = mmu_own_judged(b) ? VBLOCK_HANG_CYCLES : 1;
    struct mmu_flush_req f = *asked;
    bool taken;

    if (mmu_own_judged(b) && !(b->ctx.cr4 & MMU_CR4_PCIDE))
        f.pcid = 0;
    taken = vmmu_flush(b->rtl, f.kind, f.va, f.pcid, cycles);
    mmu_flush(&b->model, &f);
    mmu_legality_flush(b, &f);
    if (asserted(b))
        return false;
    if (!taken && mmu_own_judged(b))
        block_differ(b->r, "pins", "flush_ready_o", "never high, nothing in flight", "high",
                     vmmu_cycle(b->rtl));
    if (taken || !exact(b))
        return !b->r->failed;
    block_differ(b->r, "flush", "flush_ready_o", "not taken, or beside a request",
                 "taken between two requests", vmmu_cycle(b->rtl));
    return false;
}

/* --- PDPTE registers: docs/mmu.md M8, M44 --- */

#define CR3_PDPTES UINT64_C(0xFFFFFFE0)

static void begin_load(struct bench *b, uint64_t cr3)
{
    begin_request(b, &(struct mmu_req){.va = cr3});
    b->loading = true;
    if (!exact(b)) /* in which order the four are read is the design's: nobody writes then */
        b->race_count = 0;
}

static bool same_load(struct bench *b, unsigned latency)
{
    uint64_t rtl[PDPTES];
    char a[BLOCK_TEXT], c[BLOCK_TEXT];

    block_log(b->r, &type_walk, &b->rtl_walk, &b->model_walk);
    if (!exact(b)) /* how they are read is the design's; what comes of it is not */
        forget_walks(b);
    else if (!block_same_all(b->r, &type_walk, &b->rtl_walk, &b->model_walk))
        return false;
    if (b->rtl_good != b->model_good)
        block_differ(b->r, "pdpte", "pdpte_fault_o", b->rtl_good ? "0" : "1",
                     b->model_good ? "0" : "1", vmmu_cycle(b->rtl));
    if (exact(b) && latency != LOAD_CYCLES) {
        snprintf(a, sizeof(a), "%u cycles after the request", latency);
        block_differ(b->r, "pdpte", "pdpte_done_o", a, "5", vmmu_cycle(b->rtl));
    }
    vmmu_pdpte(b->rtl, rtl);
    for (unsigned i = 0; i < PDPTES; i++) {
        if (rtl[i] == b->model.pdpte[i])
            continue;
        snprintf(a, sizeof(a), "%u: 0x%" PRIx64, i, rtl[i]);
        snprintf(c, sizeof(c), "0x%" PRIx64, b->model.pdpte[i]);
        block_differ(b->r, "pdpte", "pdpte_o", a, c, vmmu_cycle(b->rtl));
    }
    return !b->r->failed;
}

bool mmu_load_one(struct bench *b, uint64_t cr3, bool *loaded)
{
    unsigned latency;
    bool fault, done;

    begin_load(b, cr3);
    b->asking = true;
    done = vmmu_load_pdpte(b->rtl, cr3, VBLOCK_HANG_CYCLES, &latency, &fault);
    b->asking = false;
    if (asserted(b))
        return false;
    if (!done) {
        no_answer(b, "pdpte", "pdpte_done_o");
        return false;
    }
    *loaded = mmu_load_pdptes(&b->model, cr3 & CR3_PDPTES);
    b->race_count = 0;
    mmu_legality_registers(b);
    b->rtl_good = !fault;
    b->model_good = *loaded;
    return same_load(b, latency);
}

/* --- the bench around them --- */

/* What was cut short: the model has made more accesses than the RTL came to. It is then a new one.
 */
static bool reset_both(struct bench *b, bool answered)
{
    struct mmu_mem mem = b->model.mem;

    while (!answered && b->model_walk.count > b->rtl_walk.count)
        b->model_walk.count--;
    b->race_count = 0;
    while (b->rtl_xlate.count != 0)
        ring_pop(&b->rtl_xlate);
    b->flush_waits = b->asking = b->locked = false;
    vmmu_reset(b->rtl, 1 + block_below(&b->random, 3));
    mmu_init(&b->model, &mem);
    mmu_legality_reset(b);
    if (!exact(b))
        forget_walks(b);
    if (!block_same_all(b->r, &type_walk, &b->rtl_walk, &b->model_walk))
        return false;
    b->r->cycle_base = vmmu_cycle(b->rtl);
    return true;
}

bool mmu_reset_during(struct bench *b, const struct mmu_req *q, unsigned cycles)
{
    unsigned latency;
    bool answered = false;

    begin_request(b, q);
    b->asking = true;
    if (cycles != 0) {
        answered = vmmu_translate(b->rtl, q->va, q->access, q->user, q->implicit, cycles, &latency);
        b->model_write_limit = b->rtl_access;
        if (exact(b))
            model_translate(b, q);
    }
    return reset_both(b, answered);
}

bool mmu_reset_during_load(struct bench *b, unsigned cycles)
{
    unsigned latency;
    bool fault, done;

    begin_load(b, b->ctx.cr3);
    b->asking = true;
    done = vmmu_load_pdpte(b->rtl, b->ctx.cr3, cycles, &latency, &fault);
    b->model_write_limit = b->rtl_access;
    mmu_load_pdptes(&b->model, b->ctx.cr3 & CR3_PDPTES);
    return reset_both(b, done);
}

bool mmu_bench_open(struct bench *b)
{
    struct mmu_mem mem = {b, model_read, model_read, model_write, on_model_walk};
    struct vblock_env env = {.ctx = b,
                             .seed = b->o->seed,
                             .strict = b->o->own,
                             .access = on_access,
                             .wait_states = on_wait,
                             .xlate = on_xlate,
                             .walk = on_walk};

    ring_init(&b->rtl_xlate, sizeof(struct rec_xlate));
    ring_init(&b->rtl_walk, sizeof(struct rec_walk));
    ring_init(&b->model_walk, sizeof(struct rec_walk));
    if (!block_memory_init(&b->rtl_memory) || !block_memory_init(&b->model_memory) ||
        !mmu_legality_open(b))
        return false;
    mmu_init(&b->model, &mem);
    b->rtl = vmmu_create(&env);
    mmu_bench_wave(b);
    return true;
}

void mmu_bench_wave(struct bench *b)
{
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

void mmu_bench_end(struct bench *b)
{
    /* What decided is not known of a design whose hits are its own, and nothing may of what lacks.
     */
    if (mmu_own_judged(b) || b->o->lacks != 0)
        b->r->group_count = 0;
    if (b->r->failed) {
        describe(b);
        mmu_explain(b);
    } else if (exact(b)) {
        compare_memory(b);
    }
}

void mmu_bench_close(struct bench *b)
{
    mmu_legality_close(b);
    vmmu_destroy(b->rtl);
    ring_free(&b->rtl_xlate);
    ring_free(&b->rtl_walk);
    ring_free(&b->model_walk);
    block_memory_free(&b->rtl_memory);
    block_memory_free(&b->model_memory);
}
