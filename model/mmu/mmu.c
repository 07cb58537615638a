// SPDX-License-Identifier: Apache-2.0
// The MMU's front door: a translation from its request to its answer, and the flushes. docs/mmu.md
// "A translation, step by step", "Flushes"; SDM Vol. 3A "Caching Translation Information".
#include <string.h>

#include "mmu.h"

uint16_t mmu_pcid(const struct mmu_ctx *ctx)
{
    return ctx->cr4 & MMU_CR4_PCIDE ? (uint16_t)(ctx->cr3 & 0xfff) : 0;
}

void mmu_init(struct mmu *m, const struct mmu_mem *mem)
{
    m->mem = *mem;
    tlb_init(&m->code, 16);
    tlb_init(&m->data, 32);
    psc_init(&m->psc[3], 4); /* PML5E */
    psc_init(&m->psc[2], 4); /* PML4E */
    psc_init(&m->psc[1], 4); /* PDPTE */
    psc_init(&m->psc[0], 8); /* PDE */
    memset(m->pdpte, 0, sizeof m->pdpte);
}

void mmu_flush(struct mmu *m, const struct mmu_flush_req *req)
{
    bool all = req->kind == FLUSH_ALL || req->kind == FLUSH_ALL_NONGLOBAL;

    tlb_flush(&m->code, req);
    tlb_flush(&m->data, req);
    for (unsigned i = 0; i < PAGING_MAX_LEVELS - 1; i++)
        psc_flush(&m->psc[i], all, req->pcid);
}

/* All four are read, whatever the first ones hold. */
bool mmu_load_pdptes(struct mmu *m, uint64_t base)
{
    uint64_t pdpte[PDPTES];
    bool good = true;

    for (unsigned i = 0; i < PDPTES; i++) {
        struct rec_walk r = {.addr = base + 8 * i, .kind = WALK_READ, .level = 3};

        r.value = pdpte[i] = m->mem.read(m->mem.ctx, r.addr, 8);
        if (m->mem.walk)
            m->mem.walk(m->mem.ctx, &r);
        good = good && !pdpte_reserved(pdpte[i]);
    }
    if (good)
        memcpy(m->pdpte, pdpte, sizeof pdpte);
    return good;
}

static void translate_unpaged(const struct mmu_ctx *ctx, const struct mmu_req *req,
                              struct mmu_rsp *rsp)
{
    uint64_t mask = ctx->efer & MMU_EFER_LMA ? UINT64_C(0xffffffffff) : UINT64_C(0xffffffff);

    rsp->pa = req->va & mask;
    rsp->memtype = (uint8_t)mmu_effective_type(mmu_mtrr_type(&ctx->mtrr, rsp->pa), MT_WB);
    rsp->hit = XLATE_PAGING_OFF;
    rsp->latency = 1;
}

static void answer_from_tlb(const struct tlb_entry *e, const struct mmu_ctx *ctx, uint64_t va,
                            struct mmu_rsp *rsp)
{
    uint64_t offset = va & ((UINT64_C(1) << e->page_log2) - 1);

    rsp->pa = e->frame | offset;
    rsp->page_log2 = e->page_log2;
    rsp->memtype = (uint8_t)mmu_memtype(ctx, e->pat_index, rsp->pa);
    rsp->hit = XLATE_TLB;
    rsp->latency = 1;
}

void mmu_translate(struct mmu *m, const struct mmu_ctx *ctx, const struct mmu_req *req,
                   struct mmu_rsp *rsp)
{
    memset(rsp, 0, sizeof *rsp);
    if (!mmu_paging(ctx)) {
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
