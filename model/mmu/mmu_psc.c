// SPDX-License-Identifier: Apache-2.0
// One paging-structure cache. docs/mmu.md M1 to M6; SDM Vol. 3A "Paging-Structure Caches".
#include <string.h>

#include "mmu.h"

void psc_init(struct psc *p, unsigned size, unsigned shift)
{
    memset(p, 0, sizeof *p);
    p->size = size;
    p->shift = shift;
}

static uint64_t tag_of(const struct psc *p, uint64_t va)
{
    return (va & UINT64_C(0xffffffffffff)) >> p->shift;
}

const struct psc_entry *psc_find(const struct psc *p, uint64_t va, uint16_t pcid)
{
    for (unsigned i = 0; i < p->size; i++) {
        const struct psc_entry *e = &p->entry[i];

        if (e->valid && e->tag == tag_of(p, va) && e->pcid == pcid)
            return e;
    }
    return NULL;
}

void psc_drop_match(struct psc *p, uint64_t va, uint16_t pcid)
{
    for (unsigned i = 0; i < p->size; i++)
        if (p->entry[i].tag == tag_of(p, va) && p->entry[i].pcid == pcid)
            p->entry[i].valid = false;
}

/* The present tag's entry, else the lowest invalid one, else the round-robin victim. */
static struct psc_entry *place(struct psc *p, uint64_t va, uint16_t pcid)
{
    for (unsigned i = 0; i < p->size; i++) {
        struct psc_entry *e = &p->entry[i];

        if (e->valid && e->tag == tag_of(p, va) && e->pcid == pcid)
            return e;
    }
    for (unsigned i = 0; i < p->size; i++)
        if (!p->entry[i].valid)
            return &p->entry[i];

    struct psc_entry *e = &p->entry[p->next];

    p->next = (p->next + 1) % p->size;
    return e;
}

void psc_fill(struct psc *p, uint64_t va, uint16_t pcid, uint64_t table, struct mmu_rights r)
{
    struct psc_entry *e = place(p, va, pcid);

    e->valid = true;
    e->pcid = pcid;
    e->tag = tag_of(p, va);
    e->table = table;
    e->rights = r;
}

void psc_flush(struct psc *p, bool all, uint16_t pcid)
{
    for (unsigned i = 0; i < p->size; i++)
        if (all || p->entry[i].pcid == pcid)
            p->entry[i].valid = false;
}
