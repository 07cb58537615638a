// SPDX-License-Identifier: Apache-2.0
// One TLB, fully associative, and the front of a translation. docs/mmu.md "Shapes", "Flushes";
// SDM Vol. 3A "Caching Translation Information".
#include <string.h>

#include "mmu.h"

void tlb_init(struct tlb *t, unsigned size)
{
    memset(t, 0, sizeof *t);
    t->size = size;
}

static bool same_page(const struct tlb_entry *e, uint64_t va)
{
    return ((e->page ^ va) & UINT64_C(0xffffffffffff)) >> e->page_log2 == 0;
}

static bool matches(const struct tlb_entry *e, uint64_t va, uint16_t pcid)
{
    return e->valid && same_page(e, va) && (e->global || e->pcid == pcid);
}

/* The lowest-numbered match: there is at most one unless page sizes were changed without a flush.
 */
struct tlb_entry *tlb_find(struct tlb *t, uint64_t va, uint16_t pcid)
{
    for (unsigned i = 0; i < t->size; i++)
        if (matches(&t->entry[i], va, pcid))
            return &t->entry[i];
    return NULL;
}

static void drop(struct tlb *t, struct tlb_entry *e)
{
    e->valid = false;
    t->epoch++;
}

void tlb_drop_match(struct tlb *t, uint64_t va, uint16_t pcid)
{
    for (unsigned i = 0; i < t->size; i++)
        if (matches(&t->entry[i], va, pcid))
            drop(t, &t->entry[i]);
}

static struct tlb_entry *victim(struct tlb *t)
{
    for (unsigned i = 0; i < t->size; i++)
        if (!t->entry[i].valid)
            return &t->entry[i];

    struct tlb_entry *e = &t->entry[t->next];

    t->next = (t->next + 1) % t->size;
    t->epoch++;
    return e;
}

void tlb_fill(struct tlb *t, uint64_t va, uint16_t pcid, const struct tlb_entry *e)
{
    tlb_drop_match(t, va, pcid);
    *victim(t) = *e;
}

static bool flush_hits(const struct tlb_entry *e, const struct mmu_flush_req *req)
{
    switch (req->kind) {
    case FLUSH_PAGE:
        return same_page(e, req->va) && (e->global || e->pcid == req->pcid);
    case FLUSH_PAGE_NONGLOBAL:
        return same_page(e, req->va) && !e->global && e->pcid == req->pcid;
    case FLUSH_PCID:
        return !e->global && e->pcid == req->pcid;
    case FLUSH_ALL_NONGLOBAL:
        return !e->global;
    case FLUSH_ALL:
        return true;
    }
    return true;
}

void tlb_flush(struct tlb *t, const struct mmu_flush_req *req)
{
    for (unsigned i = 0; i < t->size; i++)
        if (t->entry[i].valid && flush_hits(&t->entry[i], req))
            drop(t, &t->entry[i]);
}

uint16_t mmu_pcid(const struct mmu_ctx *ctx)
{
    return ctx->cr4 & MMU_CR4_PCIDE ? (uint16_t)(ctx->cr3 & 0xfff) : 0;
}

void mmu_init(struct mmu *m, const struct mmu_mem *mem)
{
    m->mem = *mem;
    tlb_init(&m->code, 16);
    tlb_init(&m->data, 32);
    psc_init(&m->psc[2], 4, 39);
    psc_init(&m->psc[1], 4, 30);
    psc_init(&m->psc[0], 8, 21);
}

void mmu_flush(struct mmu *m, const struct mmu_flush_req *req)
{
    bool all = req->kind == FLUSH_ALL || req->kind == FLUSH_ALL_NONGLOBAL;

    tlb_flush(&m->code, req);
    tlb_flush(&m->data, req);
    for (unsigned i = 0; i < 3; i++)
        psc_flush(&m->psc[i], all, req->pcid);
}

static void translate_unpaged(const struct mmu_ctx *ctx, const struct mmu_req *req,
                              struct mmu_rsp *rsp)
{
    uint64_t mask = ctx->efer & MMU_EFER_LMA ? UINT64_C(0xffffffffff) : UINT64_C(0xffffffff);

    rsp->pa = req->va & mask;
    rsp->memtype = 6;
    rsp->hit = XLATE_PAGING_OFF;
    rsp->latency = 1;
}

static void answer_from_tlb(const struct tlb_entry *e, const struct mmu_ctx *ctx, uint64_t va,
                            struct mmu_rsp *rsp)
{
    uint64_t offset = va & ((UINT64_C(1) << e->page_log2) - 1);

    rsp->pa = e->frame | offset;
    rsp->page_log2 = e->page_log2;
    rsp->memtype = (uint8_t)(ctx->pat >> (8 * e->pat_index)) & 7;
    rsp->hit = XLATE_TLB;
    rsp->latency = 1;
}

void mmu_translate(struct mmu *m, const struct mmu_ctx *ctx, const struct mmu_req *req,
                   struct mmu_rsp *rsp)
{
    memset(rsp, 0, sizeof *rsp);
    if (!(ctx->cr0 & MMU_CR0_PG)) {
        translate_unpaged(ctx, req, rsp);
        return;
    }

    struct tlb *t = req->access == ACCESS_FETCH ? &m->code : &m->data;
    uint16_t pcid = mmu_pcid(ctx);
    const struct tlb_entry *e = tlb_find(t, req->va, pcid);

    if (e) {
        bool stale_d = req->access == ACCESS_WRITE && !e->dirty;

        if (!stale_d && mmu_rights_allow(ctx, req, e->rights)) {
            answer_from_tlb(e, ctx, req->va, rsp);
            return;
        }
        tlb_drop_match(t, req->va, pcid);
    }
    mmu_walk(m, ctx, req, rsp);
}
