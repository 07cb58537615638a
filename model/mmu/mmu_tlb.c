// SPDX-License-Identifier: Apache-2.0
// One TLB, fully associative. docs/mmu.md M1 to M6, "Flushes"; SDM Vol. 3A "Translation Lookaside
// Buffers (TLBs)".
#include <string.h>

#include "mmu.h"

void tlb_init(struct tlb *t, unsigned size)
{
    memset(t, 0, sizeof *t);
    t->size = size;
}

static bool same_page(const struct tlb_entry *e, uint64_t va)
{
    return ((e->page ^ va) & MMU_VA_MASK) >> e->page_log2 == 0;
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

/* Do two entries answer for one address? Only after a page changed its size, or became global,
 * without a flush: then the lower-numbered one answers where the other did before. */
static bool overlap(const struct tlb_entry *a, const struct tlb_entry *b)
{
    const struct tlb_entry *larger = a->page_log2 > b->page_log2 ? a : b;
    const struct tlb_entry *smaller = larger == a ? b : a;

    return same_page(larger, smaller->page) && (a->global || b->global || a->pcid == b->pcid);
}

void tlb_fill(struct tlb *t, uint64_t va, uint16_t pcid, const struct tlb_entry *e)
{
    tlb_drop_match(t, va, pcid);
    for (unsigned i = 0; i < t->size; i++)
        if (t->entry[i].valid && overlap(&t->entry[i], e))
            t->epoch++;
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
