// SPDX-License-Identifier: Apache-2.0
// A step in words, for the report of a difference.
#include <inttypes.h>
#include <stdio.h>

#include "iommu_step.h"
#include "unit_layout.h"

/* What was asked, without its numbers. */
static void describe_state(struct bench *b)
{
    const struct viommu_ask *k = &b->ask;
    char *out = b->r->first.state, name[24] = "";
    size_t room = sizeof(b->r->first.state);

    if (k->regs != 0)
        unit_register_text(name, sizeof(name), k->reg[0].offset);
    if (k->dma)
        snprintf(out, room, "%s, AT %u", k->in.write ? "write" : "read", k->in.at);
    else if (k->regs != 0)
        snprintf(out, room, "%s %s", k->reg[0].write ? "write to" : "read of", name);
    else
        snprintf(out, room, "%s", k->completions != 0 ? "completion" : "no request");
}

void iommu_describe(struct bench *b)
{
    const struct viommu_ask *k = &b->ask;
    const struct rec_dma *d = &k->in;
    char *out = b->r->first.request, name[24];
    size_t room = sizeof(b->r->first.request), n;

    n = (size_t)snprintf(out, room, "%" PRIu64 ":", b->r->requests);
    if (k->dma)
        n += (size_t)snprintf(out + n, room - n,
                              " %s of %u bytes at 0x%" PRIx64 " by %02x:%02x.%x, AT %u",
                              d->write ? "write" : "read", d->len, d->iova, d->sid >> 8,
                              d->sid >> 3 & 31, d->sid & 7, d->at);
    for (unsigned i = 0; i < k->regs && n < room; i++) {
        const struct viommu_reg *g = &k->reg[i];

        unit_register_text(name, sizeof(name), g->offset);
        n += (size_t)snprintf(out + n, room - n, "%s %s of %u bytes %s %s",
                              k->dma || i != 0 ? ";" : "", g->write ? "write" : "read", g->bytes,
                              g->write ? "to" : "of", name);
        if (g->write && n < room)
            n += (size_t)snprintf(out + n, room - n, " <- 0x%" PRIx64, g->wdata);
        if (k->dma && n < room)
            n += (size_t)snprintf(out + n, room - n, " (%u cycles %s)", g->after,
                                  i == 0 ? "on" : "later");
    }
    for (unsigned i = 0; i < k->completions && n < room; i++)
        n += (size_t)snprintf(out + n, room - n, "; completion of %04x%s (%u cycles %s)",
                              k->completion[i].sid, k->completion[i].error ? ", error" : "",
                              k->completion[i].after, i == 0 ? "on" : "later");
    if (k->lasts != 0 && n < room)
        n += (size_t)snprintf(out + n, room - n, "; for %u cycles", k->lasts);
    if (n < room)
        snprintf(out + n, room - n, "%s", b->place);
    b->r->first.source_id = d->sid;
    describe_state(b);
}
