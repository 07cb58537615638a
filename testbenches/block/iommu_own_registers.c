// SPDX-License-Identifier: Apache-2.0
// What software sees of an IOMMU that is not the project's: its registers against what was written
// into them and what it has told of, and whether its queue goes on.
#include <inttypes.h>
#include <stdio.h>

#include "iommu_step.h"
#include "vtd_unit.h"

static void queue_register(struct iommu_own *o, uint32_t offset, uint32_t v)
{
    bool on = (o->gcmd & GCMD_QIE) != 0;

    if (offset == REG_IQT)
        o->iqt = v & 0x7FFF0;
    if (offset == REG_IQA || offset == REG_IQA + 4) {
        o->iqa = offset == REG_IQA ? (o->iqa & ~UINT64_C(0xFFFFFFFF)) | v
                                   : (o->iqa & UINT32_MAX) | (uint64_t)v << 32;
        o->moved = o->moved || on;
    }
    if (offset == REG_GCMD && ((v & GCMD_QIE) != 0) != on) {
        o->head = 0;
        o->moved = false;
    }
}

static void command_register(struct iommu_own *o, uint32_t offset, uint32_t v)
{
    if (offset != REG_GCMD)
        return;
    o->gcmd = v & GCMD_STAYS;
    o->gsts |= v & (GCMD_SRTP | GCMD_SIRTP);
}

static void event_register(struct bench *b, uint32_t offset, uint32_t v)
{
    for (unsigned i = 0; i < 2; i++) {
        struct own_event *e = &b->own.event[i];
        uint32_t base = i == 0 ? REG_FEDATA : REG_IEDATA;

        if (offset == base)
            e->data = v & 0xFFFF;
        else if (offset == base + 4)
            e->addr = v & ~3u;
        else if (offset == base + 8)
            e->above = iommu_has(b, IOMMU_EIM) ? v : 0;
    }
}

static void drop_records(struct ring *r)
{
    while (r->count != 0)
        ring_pop(r);
}

/* A unit with these registers and nothing else, for the report: iommu_explain.c. */
static void follow_pointers(struct bench *b, uint32_t offset, uint32_t v)
{
    bool pointer = (offset & ~4u) == REG_RTADDR || (offset & ~4u) == REG_IRTA;
    bool region = offset >= REG_PMEN && offset < REG_IQH;

    if (offset == REG_GCMD)
        v &= ~GCMD_QIE;
    if (!pointer && !region && offset != REG_GCMD)
        return;
    iommu_reg_write(b->model, offset, 4, v);
    drop_records(&b->model_iommu);
    drop_records(&b->model_bus);
}

static void write4(struct bench *b, uint32_t offset, uint32_t v)
{
    uint32_t record = (offset - REG_FRCD) / 16;

    follow_pointers(b, offset, v);
    queue_register(&b->own, offset, v);
    command_register(&b->own, offset, v);
    event_register(b, offset, v);
    if (offset >= REG_FRCD && record < OWN_RECORDS && offset % 16 == 12 && v >> 31 != 0) {
        b->own.record[record].told = false;
        b->own.cleared = viommu_cycle(b->rtl);
    }
}

static bool same_register(struct bench *b, const char *name, uint64_t is, uint64_t wanted)
{
    char rtl[48], text[48];

    if (is == wanted)
        return true;
    snprintf(rtl, sizeof(rtl), "0x%" PRIx64, is);
    snprintf(text, sizeof(text), "0x%" PRIx64, wanted);
    return iommu_own_wrong(b, "registers", name, rtl, text);
}

static void learn(struct bench *b, const struct rec_iommu *r)
{
    struct legality_unit unit = vtd_unit(&b->vtd);
    struct iommu_own *o = &b->own;

    if (r->addr == REG_CAP && r->size == 8) {
        if (o->cap == 0)
            o->cap = (unit.cap & ~VTD_CAP_OWN) | (r->lo & VTD_CAP_OWN);
        same_register(b, "CAP", r->lo, o->cap);
    }
    if (r->addr == REG_ECAP && r->size == 8) {
        if (o->ecap == 0)
            o->ecap = (unit.ecap & ~VTD_ECAP_OWN) | (r->lo & VTD_ECAP_OWN);
        same_register(b, "ECAP", r->lo, o->ecap);
    }
}

/* What was told of must stand in the record, until software clears it. */
static void read_record(struct bench *b, const struct rec_iommu *r)
{
    unsigned index = (unsigned)(r->addr - REG_FRCD) / 16, byte = r->addr & 15;
    const struct own_record *w;
    uint64_t wanted;
    char name[16];

    if (r->addr < REG_FRCD || index >= b->vtd.fault_records || (r->size != 4 && r->size != 8) ||
        byte % r->size != 0)
        return;
    w = &b->own.record[index];
    if (!w->told || w->step == b->own.step)
        return;
    wanted = (byte < 8 ? w->lo : w->hi) >> 8 * (byte & 7);
    if (r->size == 4)
        wanted &= UINT32_MAX;
    snprintf(name, sizeof(name), "FRCD[%u]", index);
    same_register(b, name, r->lo, wanted);
}

/* GSTS as GCMD was written, less the commands of what the unit has not. */
static void read_status(struct bench *b, const struct rec_iommu *r)
{
    uint32_t has = GCMD_TE | GCMD_SRTP, is;

    if (r->addr + r->size != REG_GSTS + 4 || (r->size != 4 && r->size != 8))
        return;
    is = (uint32_t)(r->size == 8 ? r->lo >> 32 : r->lo);
    has |= iommu_has(b, IOMMU_QI) ? GCMD_QIE : 0;
    has |= iommu_has(b, IOMMU_IR) ? GCMD_IRE | GCMD_CFI | GCMD_SIRTP : 0;
    same_register(b, "GSTS", is, (b->own.gcmd | b->own.gsts) & has);
}

/* FSTS.PPF and FRI as the records were told of. Not in the step in which one was. */
static void read_faults(struct bench *b, const struct rec_iommu *r)
{
    bool ppf = false;

    if (r->addr != REG_FSTS || r->size != 4 || b->own.told == b->own.step)
        return;
    for (unsigned i = 0; i < OWN_RECORDS; i++)
        ppf = ppf || b->own.record[i].told;
    if (same_register(b, "FSTS.PPF", r->lo >> 1 & 1, ppf) && ppf && b->own.first_known)
        same_register(b, "FSTS.FRI", r->lo >> 8 & 0xFF, b->own.first);
}

static void keep_record(struct bench *b, const struct rec_iommu *r)
{
    struct iommu_own *o = &b->own;
    bool ppf = false;

    for (unsigned i = 0; i < OWN_RECORDS; i++)
        ppf = ppf || o->record[i].told;
    if (!ppf) { /* with one that was cleared in this cycle, PPF may have stayed */
        o->first = (unsigned)r->addr;
        o->first_known = o->cleared != viommu_cycle(b->rtl);
    }
    o->told = o->step;
    o->record[r->addr] = (struct own_record){true, r->lo, r->hi, o->step};
}

void iommu_own_record(struct bench *b, const struct rec_iommu *r)
{
    if (!iommu_own_judged(b))
        return;
    if (r->kind == IOMMU_REG_WRITE && (r->size == 4 || r->size == 8) && r->addr % r->size == 0) {
        write4(b, (uint32_t)r->addr, (uint32_t)r->lo);
        if (r->size == 8)
            write4(b, (uint32_t)r->addr + 4, (uint32_t)(r->lo >> 32));
    }
    if (r->kind == IOMMU_REG_READ) {
        learn(b, r);
        read_record(b, r);
        read_status(b, r);
        read_faults(b, r);
    }
    if (r->kind == IOMMU_FAULT_RECORD && r->addr < OWN_RECORDS)
        keep_record(b, r);
    if (r->kind == IOMMU_DESCRIPTOR)
        iommu_own_descriptor(b, r);
}

bool iommu_own_opens(struct bench *b)
{
    struct answer a;

    if (!iommu_own_judged(b))
        return true;
    if (!iommu_read(b, REG_CAP, 8, &a) || !iommu_read(b, REG_ECAP, 8, &a))
        return false;
    iommu_legality_reset(b);
    return true;
}

/* --- the queue --- */

#define QUEUE_LOOKS 400

static bool stands(struct bench *b, uint32_t head)
{
    char rtl[64], text[64];

    snprintf(rtl, sizeof(rtl), "stands at 0x%x", head);
    snprintf(text, sizeof(text), "goes on to IQT = 0x%x, or sets FSTS.IQE", b->own.iqt);
    return iommu_own_wrong(b, "registers", "IQH", rtl, text);
}

static bool all_told(struct bench *b)
{
    char rtl[80], text[64];

    if (b->own.head == b->own.iqt)
        return true;
    snprintf(rtl, sizeof(rtl), "descriptors up to 0x%x were told of, IQH is 0x%x", b->own.head,
             b->own.iqt);
    snprintf(text, sizeof(text), "each is told of when it is done");
    return iommu_own_wrong(b, "pins", "desc_valid_o", rtl, text);
}

bool iommu_own_queue(struct bench *b)
{
    struct answer status, head;

    if (!iommu_own_judged(b) || !iommu_has(b, IOMMU_QI))
        return true;
    for (unsigned i = 0; i < QUEUE_LOOKS; i++) {
        if (!iommu_read(b, REG_FSTS, 4, &status) || !iommu_read(b, REG_IQH, 8, &head))
            return false;
        if ((b->own.gcmd & GCMD_QIE) == 0 || b->own.moved || iommu_awaits(b) ||
            (status.reg[0] & (FSTS_IQE | FSTS_ITE)) != 0)
            return true;
        if (head.reg[0] == b->own.iqt)
            return all_told(b);
    }
    return stands(b, (uint32_t)head.reg[0]);
}
