// SPDX-License-Identifier: Apache-2.0
// A step in words, for the report of a difference.
#include <inttypes.h>
#include <stdio.h>

#include "iommu_step.h"

static const struct {
    uint16_t offset;
    const char *name;
} registers[] = {{0x000, "VER"},     {0x008, "CAP"},      {0x010, "ECAP"},    {0x018, "GCMD"},
                 {0x01C, "GSTS"},    {0x020, "RTADDR"},   {0x028, "CCMD"},    {0x034, "FSTS"},
                 {0x038, "FECTL"},   {0x03C, "FEDATA"},   {0x040, "FEADDR"},  {0x044, "FEUADDR"},
                 {0x058, "AFLOG"},   {0x064, "PMEN"},     {0x068, "PLMBASE"}, {0x06C, "PLMLIMIT"},
                 {0x070, "PHMBASE"}, {0x078, "PHMLIMIT"}, {0x080, "IQH"},     {0x088, "IQT"},
                 {0x090, "IQA"},     {0x09C, "ICS"},      {0x0A0, "IECTL"},   {0x0A4, "IEDATA"},
                 {0x0A8, "IEADDR"},  {0x0AC, "IEUADDR"},  {0x0B0, "IQERCD"},  {0x0B8, "IRTA"},
                 {0x100, "IVA"},     {0x108, "IOTLB"}};

/* VT-d "Register Descriptions": the register that holds the byte, and the byte in it. */
static void register_name(char *out, size_t bytes, uint32_t offset)
{
    static const uint16_t wide[] = {0x008, 0x010, 0x020, 0x028, 0x070, 0x078,
                                    0x080, 0x088, 0x090, 0x0B8, 0x100, 0x108};

    if (offset >= REG_FRCD && offset < REG_FRCD + 0x80) {
        snprintf(out, bytes, "FRCD%u+%u", (offset - REG_FRCD) / 16, offset % 16);
        return;
    }
    for (size_t i = 0; i < sizeof(registers) / sizeof(registers[0]); i++) {
        unsigned size = 4, within = offset - registers[i].offset;

        for (size_t k = 0; k < sizeof(wide) / sizeof(wide[0]); k++)
            size = wide[k] == registers[i].offset ? 8 : size;
        if (offset < registers[i].offset || within >= size)
            continue;
        if (within == 0)
            snprintf(out, bytes, "%s", registers[i].name);
        else
            snprintf(out, bytes, "%s+%u", registers[i].name, within);
        return;
    }
    snprintf(out, bytes, "offset 0x%x", offset);
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

        register_name(name, sizeof(name), g->offset);
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
}
