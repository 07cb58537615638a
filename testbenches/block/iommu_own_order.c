// SPDX-License-Identifier: Apache-2.0
// The order in which an IOMMU that is not the project's moves the data of one requester: PCI
// Express "Transaction Ordering". Posted writes, interrupt messages among them, keep the order in
// which they were accepted, and a read does not pass a write that was accepted before it. A write
// may pass a read, a read a read, and between requesters there is no order.
#include <inttypes.h>
#include <stdio.h>

#include "iommu_step.h"

static const char *kind(const struct own_move *m)
{
    return m->message ? "message" : m->write ? "write" : "read";
}

/* Of one requester, `late` accepted behind `early`, and on the bus before it. */
static void wrong(struct bench *b, const struct own_move *early, const struct own_move *late)
{
    char rtl[BLOCK_TEXT], text[BLOCK_TEXT];

    snprintf(rtl, sizeof(rtl),
             "the %s at 0x%" PRIx64 " of %02x:%02x.%x went before its %s at 0x%" PRIx64, kind(late),
             late->addr, late->sid >> 8, late->sid >> 3 & 31, late->sid & 7, kind(early),
             early->addr);
    snprintf(text, sizeof(text), "behind it: %s",
             late->write ? "posted writes of one requester keep their order"
                         : "a read does not pass an earlier write of its requester");
    iommu_own_wrong(b, "order", late->write ? "write" : "read", rtl, text);
}

void iommu_own_moved(struct bench *b, const struct own_move *m)
{
    struct iommu_own *o = &b->own;

    for (unsigned i = 0; i < OWN_MOVES; i++) {
        const struct own_move *e = &o->move[i];

        if (e->order == 0 || e->sid != m->sid)
            continue;
        if (e->order < m->order && e->write && e->number > m->number)
            wrong(b, e, m);
        if (e->order > m->order && m->write && e->number < m->number)
            wrong(b, m, e);
    }
    o->move[o->moves++ % OWN_MOVES] = *m;
}
