// SPDX-License-Identifier: Apache-2.0
// The page walk with its A and D updates, for every paging mode. SDM Vol. 3A "Hierarchical Paging
// Structures: an Overview", "Accessed and Dirty Flags"; order and latency from docs/mmu.md, M13
// to M17.
#include <string.h>

#include "mmu.h"

enum walk_end { END_LEAF, END_FAULT, END_RESTART };

/* One paging-structure entry: where it stands, and what was read there. */
struct entry {
    uint64_t pa, value;
};

struct walk {
    struct mmu *m;
    const struct mmu_ctx *ctx;
    const struct mmu_req *req;
    struct mmu_rsp *rsp;
    struct paging_mode mode;
    uint16_t pcid;
    bool from_psc;            /* this pass began from a PSC entry */
    unsigned level;           /* of the entry to read next */
    uint64_t table;           /* that holds it, and PTE_P if there is one */
    struct mmu_rights rights; /* accumulated so far */
    uint64_t leaf;            /* END_LEAF: its value after the update */
    uint32_t cause;           /* END_FAULT: PF_P, PF_RSVD, PF_PK */
};

static void record(const struct walk *w, uint64_t pa, uint64_t value, enum rec_walk_kind kind)
{
    if (!w->m->mem.walk)
        return;

    struct rec_walk r;

    memset(&r, 0, sizeof r);
    r.addr = pa;
    r.value = value;
    r.kind = (uint8_t)kind;
    r.level = (uint8_t)w->level;
    w->m->mem.walk(w->m->mem.ctx, &r);
}

static struct psc *cache(const struct walk *w, unsigned level)
{
    return &w->m->psc[level - 2];
}

static struct psc_tag tag(const struct walk *w, unsigned level)
{
    return (struct psc_tag){w->req->va, paging_shift(&w->mode, level), w->pcid};
}

/* M13: where the pass begins. */
static void start(struct walk *w, bool use_psc)
{
    w->from_psc = false;
    w->level = w->mode.levels;
    w->table = paging_root(&w->mode, w->req->va);
    w->rights = (struct mmu_rights){.rw = true, .us = true, .xd = false};
    w->rsp->latency += 1;
    if (!use_psc)
        return;
    for (unsigned level = 2; level <= w->mode.levels; level++) {
        struct psc_tag t = tag(w, level);
        const struct psc_entry *e = psc_find(cache(w, level), &t);

        if (e) {
            w->from_psc = true;
            w->level = level - 1;
            w->table = e->table;
            w->rights = e->rights;
            return;
        }
    }
}

/* The entry of this level that the address selects. Its address is a physical one: with EPT it
 * would be translated here. */
static struct entry read_entry(struct walk *w)
{
    const struct mmu_mem *mem = &w->m->mem;
    uint64_t mask = (UINT64_C(1) << w->mode.index_bits) - 1;
    uint64_t index = w->req->va >> paging_shift(&w->mode, w->level) & mask;
    struct entry e = {.pa = (w->table & PTE_ADDR) + w->mode.entry_bytes * index};

    e.value = mem->read(mem->ctx, e.pa, w->mode.entry_bytes);
    record(w, e.pa, e.value, WALK_READ);
    w->rsp->latency += 2;
    return e;
}

/* M15. False: the entry changed since it was read, the translation restarts. */
static bool update(struct walk *w, const struct entry *e, uint64_t bits)
{
    const struct mmu_mem *mem = &w->m->mem;
    uint64_t now = mem->locked_read(mem->ctx, e->pa, w->mode.entry_bytes);
    uint64_t value = now == e->value ? now | bits : now;

    record(w, e->pa, now, WALK_LOCKED_READ);
    mem->locked_write(mem->ctx, e->pa, w->mode.entry_bytes, value);
    record(w, e->pa, value, WALK_UPDATE);
    w->rsp->latency += 2;
    return now == e->value;
}

static enum walk_end finish_leaf(struct walk *w, const struct entry *e)
{
    uint64_t bits = PTE_A | (w->req->access == ACCESS_WRITE ? PTE_D : 0);

    if (!mmu_rights_allow(w->ctx, w->req, w->rights)) {
        w->cause = PF_P | (mmu_key_allows(w->ctx, w->req, w->rights) ? 0 : PF_PK);
        return END_FAULT;
    }
    if ((e->value & bits) != bits && !update(w, e, bits))
        return END_RESTART;
    w->leaf = e->value | bits;
    return END_LEAF;
}

/* M14, what is looked at before an entry is used. */
static bool entry_faults(struct walk *w, const struct entry *e)
{
    if (!(e->value & PTE_P))
        w->cause = 0;
    else if (paging_reserved(&w->mode, w->level, e->value))
        w->cause = PF_P | PF_RSVD;
    else
        return false;
    return true;
}

/* The entry just read refers to w->table. */
static void remember(const struct walk *w)
{
    struct psc_tag t = tag(w, w->level);

    psc_fill(cache(w, w->level), &t, w->table, w->rights);
}

/* M14, one pass from the start chosen to a leaf, a fault or a changed entry. */
static enum walk_end pass(struct walk *w)
{
    if (!(w->table & PTE_P)) {
        w->cause = 0;
        return END_FAULT;
    }
    for (;; w->level--) {
        struct entry e = read_entry(w);

        if (entry_faults(w, &e))
            return END_FAULT;
        w->rights = mmu_rights_add(&w->mode, w->rights, e.value);
        if (paging_is_leaf(&w->mode, w->level, e.value))
            return finish_leaf(w, &e);
        if (!(e.value & PTE_A) && !update(w, &e, PTE_A))
            return END_RESTART;
        w->table = e.value;
        remember(w);
    }
}

/* M16. */
static void forget(const struct walk *w)
{
    for (unsigned level = 2; level <= w->mode.levels; level++) {
        struct psc_tag t = tag(w, level);

        psc_drop_match(cache(w, level), &t);
    }
}

static unsigned pat_index(uint64_t leaf, unsigned level)
{
    uint64_t pat = level == 1 ? leaf & PTE_PS : leaf & PTE_PAT_LARGE;

    return (pat ? 4u : 0u) | (leaf & PTE_PCD ? 2u : 0u) | (leaf & PTE_PWT ? 1u : 0u);
}

/* M17. */
static void fill(struct walk *w)
{
    unsigned page_log2 = paging_shift(&w->mode, w->level);
    uint64_t low = (UINT64_C(1) << page_log2) - 1;
    struct tlb *t = w->req->access == ACCESS_FETCH ? &w->m->code : &w->m->data;
    struct tlb_entry e = {
        .valid = true,
        .global = (w->leaf & PTE_G) && (w->ctx->cr4 & MMU_CR4_PGE),
        .dirty = (w->leaf & PTE_D) != 0,
        .page_log2 = (uint8_t)page_log2,
        .pat_index = (uint8_t)pat_index(w->leaf, w->level),
        .pcid = w->pcid,
        .rights = w->rights,
        .page = w->req->va & ~low,
        .frame = paging_frame(&w->mode, w->level, w->leaf),
    };

    tlb_fill(t, w->req->va, w->pcid, &e);
    w->rsp->pa = e.frame | (w->req->va & low);
    w->rsp->page_log2 = e.page_log2;
    w->rsp->memtype = (uint8_t)mmu_memtype(w->ctx, e.pat_index, w->rsp->pa);
}

void mmu_walk(struct mmu *m, const struct mmu_ctx *ctx, const struct mmu_req *req,
              struct mmu_rsp *rsp)
{
    struct walk w = {.m = m, .ctx = ctx, .req = req, .rsp = rsp, .pcid = mmu_pcid(ctx)};
    enum walk_end end;

    w.mode = mmu_paging_mode(ctx, m->pdpte);
    rsp->hit = XLATE_WALKED;
    start(&w, true);
    rsp->psc = w.from_psc ? (uint8_t)(w.level + 1) : 0;
    while ((end = pass(&w)) == END_RESTART || (end == END_FAULT && w.from_psc)) {
        if (end == END_FAULT)
            forget(&w);
        start(&w, end == END_RESTART);
    }
    rsp->latency += 1;
    if (end == END_FAULT) {
        rsp->fault = true;
        rsp->error_code = mmu_error_code(ctx, req, w.cause);
        return;
    }
    fill(&w);
}
