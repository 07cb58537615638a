// SPDX-License-Identifier: Apache-2.0
// The MMU bench with the legality oracle beside exact mode, or as the only judge: docs/legality.md.
// The oracle is told what happens on the design's side: its memory, its registers, its flushes.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "block_mmu.h"

static uint64_t oracle_read(void *ctx, uint64_t addr, unsigned bytes)
{
    uint64_t value = 0;

    block_memory_read(&((struct bench *)ctx)->rtl_memory, addr, &value, bytes);
    return value;
}

/* The memory type is found by the registers of now: docs/mmu.md M23. */
static uint8_t oracle_memtype(void *ctx, unsigned pat_index, uint64_t pa)
{
    const struct mmu_ctx *c = &((struct bench *)ctx)->ctx;

    if (pat_index == LEGALITY_PAT_OFF)
        return (uint8_t)mmu_effective_type(mmu_mtrr_type(&c->mtrr, pa), MT_WB);
    return (uint8_t)mmu_memtype(c, pat_index, pa);
}

bool mmu_oracle_alone(const struct bench *b)
{
    return b->o->legality == BLOCK_LEGALITY_ONLY;
}

bool mmu_legality_open(struct bench *b)
{
    struct legality_env env = {b, oracle_read, mmu_has_types(b) ? oracle_memtype : NULL};

    if (b->o->legality == BLOCK_EXACT)
        return true;
    b->oracle = legality_create(&env, LEGALITY_VALUES);
    for (unsigned i = 0; i < PAGINGS; i++)
        b->r->legality.mode[i] = pagings[i].name;
    return b->oracle != NULL;
}

void mmu_legality_close(struct bench *b)
{
    if (b->oracle != NULL)
        legality_destroy(b->oracle);
}

static void commit(struct bench *b, uint64_t addr, const void *before, const void *after,
                   unsigned bytes, enum legality_author author)
{
    struct legality_store s = {addr, bytes, before, after, {author, 0, vmmu_cycle(b->rtl)}};

    legality_commit(b->oracle, &s);
}

void mmu_rtl_write(struct bench *b, uint64_t addr, const void *from, unsigned bytes,
                   enum legality_author author)
{
    uint8_t before[16];

    block_memory_read(&b->rtl_memory, addr, before, bytes);
    block_memory_write(&b->rtl_memory, addr, from, bytes);
    if (mmu_oracle_alone(b)) /* without a model its memory follows */
        block_memory_write(&b->model_memory, addr, from, bytes);
    if (b->oracle != NULL)
        commit(b, addr, before, from, bytes, author);
}

void mmu_forget(struct bench *b)
{
    uint8_t nothing[16];

    memset(nothing, 0xFF, sizeof(nothing));
    for (size_t i = 0; b->oracle != NULL && i < SPARSE_BLOCKS; i++) {
        const struct sparse_block *s = &b->rtl_memory.sparse[i];

        if (s->used)
            commit(b, s->addr, s->data, nothing, sizeof(nothing), AUTHOR_HARNESS);
    }
    block_memory_forget(&b->rtl_memory);
    block_memory_forget(&b->model_memory);
}

struct legality_registers mmu_registers(const struct bench *b)
{
    struct legality_registers r;

    memset(&r, 0, sizeof(r));
    r.cr0 = b->ctx.cr0;
    r.cr3 = b->ctx.cr3;
    r.cr4 = b->ctx.cr4;
    r.efer = b->ctx.efer;
    r.pkru = (uint32_t)b->ctx.pkru;
    r.pkrs = (uint32_t)b->ctx.pkrs;
    r.maxphyaddr = MMU_MAXPHYADDR;
    r.no_pat = (b->ctx.away & MMU_NO_PAT) != 0;
    r.no_pse36 = (b->ctx.away & MMU_NO_PSE36) != 0;
    r.no_page1gb = (b->ctx.away & MMU_NO_PDPE1GB) != 0;
    memcpy(r.pdpte, b->model.pdpte, sizeof(r.pdpte));
    return r;
}

void mmu_legality_registers(struct bench *b)
{
    struct legality_registers r;

    if (b->oracle == NULL)
        return;
    r = mmu_registers(b);
    if (memcmp(&r, &b->oracle_registers, sizeof(r)) == 0)
        return;
    b->oracle_registers = r;
    legality_registers(b->oracle, &r);
}

void mmu_legality_flush(struct bench *b, const struct mmu_flush_req *f)
{
    static const enum legality_event events[] = {[FLUSH_PAGE] = EVENT_INVLPG,
                                                 [FLUSH_PAGE_NONGLOBAL] = EVENT_INVPCID_0,
                                                 [FLUSH_PCID] = EVENT_INVPCID_1,
                                                 [FLUSH_ALL] = EVENT_INVPCID_2,
                                                 [FLUSH_ALL_NONGLOBAL] = EVENT_INVPCID_3};

    if (b->oracle != NULL)
        legality_invalidate(b->oracle, events[f->kind], f->va, f->pcid);
}

void mmu_legality_reset(struct bench *b)
{
    if (b->oracle == NULL)
        return;
    mmu_legality_registers(b);
    legality_invalidate(b->oracle, EVENT_RESET, 0, 0);
}

void mmu_legality_begin(struct bench *b)
{
    if (b->oracle == NULL)
        return;
    mmu_legality_registers(b);
    legality_begin(b->oracle);
}

static void differ(struct bench *b, const struct rec_xlate *x, const struct legality_verdict *v)
{
    char answer[BLOCK_TEXT], verdict[BLOCK_TEXT];

    if (x->fault)
        snprintf(answer, sizeof(answer), "#PF, error code 0x%x", x->error_code);
    else
        snprintf(answer, sizeof(answer), "pa 0x%" PRIx64 ", memory type %u", x->pa, x->memtype);
    legality_tell(v, verdict, sizeof(verdict));
    block_differ(b->r, "legality", mmu_oracle_alone(b) ? "verdict" : "contradiction", answer,
                 verdict, vmmu_cycle(b->rtl));
}

struct legality_access mmu_access(const struct bench *b, const struct mmu_req *q)
{
    return (struct legality_access){.va = q->va,
                                    .kind = q->access == ACCESS_FETCH   ? LEGALITY_FETCH
                                            : q->access == ACCESS_WRITE ? LEGALITY_WRITE
                                                                        : LEGALITY_READ,
                                    .user = q->user,
                                    .implicit = q->implicit,
                                    .ac = b->ac};
}

struct legality_answer mmu_answer(const struct rec_xlate *x)
{
    return (struct legality_answer){
        .fault = x->fault, .error_code = x->error_code, .pa = x->pa, .memtype = x->memtype};
}

/* A fault comes once out of a cache. The exception itself, which drops more, is the processor's to
 * deliver: here is none. */
bool mmu_legality_judge(struct bench *b, const struct mmu_req *q, const struct rec_xlate *x)
{
    struct legality_access a = mmu_access(b, q);
    struct legality_answer n = mmu_answer(x);
    struct legality_verdict v;

    if (b->oracle == NULL)
        return true;
    v = legality_judge(b->oracle, &a, &n);
    b->r->legality.count[v.word]++;
    if (v.word == LEGALITY_STALE)
        b->r->legality.stale_in[paging_of(&b->ctx)]++;
    if (v.word == LEGALITY_ILLEGAL)
        differ(b, x, &v);
    if (x->fault)
        legality_invalidate(b->oracle, EVENT_FAULT_ANSWERED, q->va, mmu_pcid(&b->ctx));
    return v.word != LEGALITY_ILLEGAL;
}
