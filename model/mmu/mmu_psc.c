// SPDX-License-Identifier: Apache-2.0
// One paging-structure cache. docs/mmu.md M1 to M6; SDM Vol. 3A "Paging-Structure Caches".
#include <string.h>

#include "mmu.h"

void psc_init(struct psc *p, unsigned size)
{
    memset(p, 0, sizeof *p);
    p->size = size;
}

static bool matches(const struct psc_entry *e, const struct psc_tag *tag)
{
    return ((e->va ^ tag->va) & MMU_VA_MASK) >> tag->shift == 0 && e->pcid == tag->pcid;
}

const struct psc_entry *psc_find(const struct psc *p, const struct psc_tag *tag)
{
    for (unsigned i = 0; i < p->size; i++) {
        const struct psc_entry *e = &p->entry[i];

        if (e->valid && matches(e, tag))
            return e;
    }
    return NULL;
}

void psc_drop_match(struct psc *p, const struct psc_tag *tag)
{
    for (unsigned i = 0; i < p->size; i++)
        if (matches(&p->entry[i], tag))
            p->entry[i].valid = false;
}

/* The present tag's entry, else the lowest invalid one, else the round-robin victim. */
static struct psc_entry *place(struct psc *p, const struct psc_tag *tag)
{
    for (unsigned i = 0; i < p->size; i++) {
        struct psc_entry *e = &p->entry[i];

        if (e->valid && matches(e, tag))
            return e;
    }
    for (unsigned i = 0; i < p->size; i++)
        if (!p->entry[i].valid)
            return &p->entry[i];

    struct psc_entry *e = &p->entry[p->next];

    p->next = (p->next + 1) % p->size;
    return e;
}

void psc_fill(struct psc *p, const struct psc_tag *tag, uint64_t table, struct mmu_rights r)
{
    struct psc_entry *e = place(p, tag);

    e->valid = true;
    e->pcid = tag->pcid;
    e->va = tag->va;
    e->table = table;
    e->rights = r;
}

void psc_flush(struct psc *p, bool all, uint16_t pcid)
{
    for (unsigned i = 0; i < p->size; i++)
        if (all || p->entry[i].pcid == pcid)
            p->entry[i].valid = false;
}
