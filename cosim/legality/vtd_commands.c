// SPDX-License-Identifier: Apache-2.0
// What software's register writes and descriptors come to: VT-d "Register Descriptions", "Queued
// Invalidation Interface".
#include "vtd_oracle.h"

#define GCMD     0x018
#define RTADDR   0x020
#define CCMD     0x028
#define FSTS     0x034
#define PMEN     0x064
#define PLMBASE  0x068
#define PLMLIMIT 0x06C
#define PHMBASE  0x070
#define PHMLIMIT 0x078
#define IRTA     0x0B8

#define GCMD_TE    UINT32_C(0x80000000)
#define GCMD_SRTP  UINT32_C(0x40000000)
#define GCMD_WBF   UINT32_C(0x08000000)
#define GCMD_QIE   UINT32_C(0x04000000)
#define GCMD_IRE   UINT32_C(0x02000000)
#define GCMD_SIRTP UINT32_C(0x01000000)
#define GCMD_CFI   UINT32_C(0x00800000)
#define GO         UINT32_C(0x80000000) /* CCMD.ICC, IOTLB.IVT, PMEN.EPM, FRCD.F */

static uint64_t both(const uint32_t half[2])
{
    return (uint64_t)half[1] << 32 | half[0];
}

static void done(struct legality_iommu *l, enum legality_iommu_event event)
{
    const struct legality_invalidation i = {.event = event};

    legality_iommu_invalidated(l, &i);
}

/* --- Global Command Register --- */

static uint64_t root_pointer(const struct legality_iommu *l)
{
    uint64_t v = both(l->commands.rtaddr);

    return vtd_base(&l->format, v) | (v & VTD_TTM);
}

static uint64_t entry_pointer(const struct legality_iommu *l)
{
    uint64_t v = both(l->commands.irta);

    return vtd_base(&l->format, v) | (v & (0xF | (l->format.eim ? VTD_EIME : 0)));
}

static void command(struct legality_iommu *l, uint32_t v)
{
    const struct vtd_format *f = &l->format;
    struct legality_iommu_registers r = l->registers;
    bool te = (v & GCMD_TE) != 0;
    bool srtp = (v & GCMD_SRTP) != 0, sirtp = f->ir && (v & GCMD_SIRTP) != 0;
    bool turned = te != r.te;

    l->commands.qie = f->qi && (v & GCMD_QIE) != 0;
    r.rtaddr = srtp ? root_pointer(l) : r.rtaddr;
    r.irta = sirtp ? entry_pointer(l) : r.irta;
    r.cfi = f->ir && (v & GCMD_CFI) != 0;
    r.ire = f->ir && (v & GCMD_IRE) != 0;
    r.te = te;
    legality_iommu_registers(l, &r);
    if (srtp)
        done(l, f->esrtps ? UNIT_SRTP_SELF : UNIT_SRTP);
    if (sirtp)
        done(l, f->esirtps ? UNIT_SIRTP_SELF : UNIT_SIRTP);
    if (f->write_buffer && (v & GCMD_WBF) != 0)
        done(l, UNIT_WRITE_BUFFER);
    if (turned)
        done(l, UNIT_TE);
}

/* --- invalidations: by the registers, by the queue --- */

typedef void (*told)(struct legality_iommu *l, const struct legality_invalidation *i);

/* granularity: 1 global, 2 domain, 3 device; 0 asks for nothing. */
static void context(struct legality_iommu *l, told tell, unsigned granularity,
                    struct legality_invalidation i)
{
    static const enum legality_iommu_event events[] = {
        [1] = UNIT_CONTEXT_GLOBAL, [2] = UNIT_CONTEXT_DOMAIN, [3] = UNIT_CONTEXT_DEVICE};

    if (granularity == 0)
        return;
    i.event = events[granularity];
    tell(l, &i);
}

/* granularity: 1 global, 2 domain, 3 page. What the unit cannot do it does not do. */
static void iotlb(struct legality_iommu *l, told tell, unsigned granularity, uint64_t address,
                  struct legality_invalidation i)
{
    i.am = (uint8_t)(address & 0x3F);
    i.iova = address & ~UINT64_C(0xFFF);
    if (granularity == 0)
        return;
    if (granularity == 3 && (!l->format.page_selective || i.am > l->format.mamv))
        return;
    i.event = granularity == 1   ? UNIT_IOTLB_GLOBAL
              : granularity == 2 ? UNIT_IOTLB_DOMAIN
              : address & 0x40   ? UNIT_IOTLB_PAGE_IH
                                 : UNIT_IOTLB_PAGE;
    tell(l, &i);
}

/* The write of a command is told when the command has ended. While queued invalidation is on, these
 * must not be used: nothing is demanded. */
static void context_command(struct legality_iommu *l)
{
    uint64_t v = both(l->commands.ccmd);
    const struct legality_invalidation i = {
        .did = (uint16_t)v, .sid = (uint16_t)(v >> 16), .fm = v >> 32 & 3};

    if (!l->commands.qie)
        context(l, legality_iommu_invalidated, v >> 61 & 3, i);
}

static void iotlb_command(struct legality_iommu *l)
{
    uint64_t v = both(l->commands.iotlb);
    const struct legality_invalidation i = {
        .did = (uint16_t)(v >> 32), .drain_writes = v >> 48 & 1, .drain_reads = v >> 49 & 1};

    if (!l->commands.qie)
        iotlb(l, legality_iommu_invalidated, v >> 60 & 3, both(l->commands.iva), i);
}

static void entries(struct legality_iommu *l, uint64_t lo)
{
    const struct legality_invalidation i = {.event = lo & 0x10 ? UNIT_ENTRIES_INDEX
                                                               : UNIT_ENTRIES_GLOBAL,
                                            .index = (uint16_t)(lo >> 32),
                                            .im = lo >> 27 & 0x1F};

    if (i.event == UNIT_ENTRIES_GLOBAL || i.im <= l->format.mhmv)
        legality_iommu_invalidate(l, &i);
}

/* Software knows that the descriptors before a wait are done when it sees the wait's status or its
 * event. The head says only what has been fetched. */
void legality_iommu_descriptor(struct legality_iommu *l, uint64_t lo, uint64_t hi)
{
    const struct legality_invalidation i = {
        .did = (uint16_t)(lo >> 16), .sid = (uint16_t)(lo >> 32), .fm = lo >> 48 & 3};
    const struct legality_invalidation pages = {
        .did = (uint16_t)(lo >> 16), .drain_writes = lo >> 6 & 1, .drain_reads = lo >> 7 & 1};
    const struct legality_invalidation device = {.event = UNIT_DEVICE_TLB};

    switch (lo & 0xF) {
    case 1:
        context(l, legality_iommu_invalidate, lo >> 4 & 3, i);
        break;
    case 2:
        iotlb(l, legality_iommu_invalidate, lo >> 4 & 3, hi, pages);
        break;
    case 3:
        legality_iommu_invalidate(l, &device);
        break;
    case 4:
        entries(l, lo);
        break;
    case 5:
        if ((lo & 0x30) != 0)
            legality_iommu_complete(l);
        break;
    default:
        break;
    }
}

/* --- protected memory regions, fault records --- */

static void regions(struct legality_iommu *l, bool epm)
{
    const struct vtd_commands *c = &l->commands;
    uint64_t ones = (UINT64_C(1) << l->unit.protected_bit) - 1;
    uint64_t top = (UINT64_C(1) << l->unit.haw) - 1;
    struct legality_iommu_registers r = l->registers;

    r.epm = epm && (l->format.low || l->format.high);
    r.low[0] = c->plm[0] & ~ones;
    r.low[1] = c->plm[1] | ones;
    r.high[0] = both(&c->phm[0]) & ~ones & top;
    r.high[1] = (both(&c->phm[2]) | ones) & top;
    if (!l->format.low)
        r.low[0] = UINT64_MAX;
    if (!l->format.high)
        r.high[0] = UINT64_MAX;
    legality_iommu_registers(l, &r);
}

static void fault_record(struct legality_iommu *l, uint32_t at, uint32_t v)
{
    if (at % 16 == 12 && (v & GO) != 0 && at / 16 < l->log.count)
        vtd_log_clear(&l->log, at / 16, ++l->now);
}

/* --- the register file, by 4 bytes --- */

static void hold(uint32_t half[2], uint32_t base, uint32_t offset, uint32_t v)
{
    half[(offset - base) / 4] = v;
}

static bool within(uint32_t offset, uint32_t base, uint32_t bytes)
{
    return offset >= base && offset < base + bytes;
}

static void invalidation_register(struct legality_iommu *l, uint32_t offset, uint32_t v)
{
    uint32_t iva = l->format.iva_offset;

    if (within(offset, CCMD, 8)) {
        hold(l->commands.ccmd, CCMD, offset, v);
        if (offset == CCMD + 4 && (v & GO) != 0)
            context_command(l);
    } else if (within(offset, iva, 8)) {
        hold(l->commands.iva, iva, offset, v);
    } else if (within(offset, iva + 8, 8)) {
        hold(l->commands.iotlb, iva + 8, offset, v);
        if (offset == iva + 12 && (v & GO) != 0)
            iotlb_command(l);
    }
}

static void write4(struct legality_iommu *l, uint32_t offset, uint32_t v)
{
    uint32_t records = l->format.fault_offset;

    if (offset == GCMD) {
        command(l, v);
    } else if (within(offset, RTADDR, 8)) {
        hold(l->commands.rtaddr, RTADDR, offset, v);
    } else if (within(offset, IRTA, 8)) {
        hold(l->commands.irta, IRTA, offset, v);
    } else if (offset == FSTS) {
        if (v & 1)
            vtd_log_clear_overflow(&l->log, ++l->now);
    } else if (offset == PMEN) {
        regions(l, (v & GO) != 0);
    } else if (within(offset, PLMBASE, 8)) {
        hold(l->commands.plm, PLMBASE, offset, v);
        regions(l, l->registers.epm);
    } else if (within(offset, PHMBASE, 16)) {
        hold(l->commands.phm, PHMBASE, offset, v);
        regions(l, l->registers.epm);
    } else if (within(offset, records, 16 * l->log.count)) {
        fault_record(l, offset - records, v);
    } else {
        invalidation_register(l, offset, v);
    }
}

/* VT-d "Software Access to Registers": 8 bytes are the two halves, the lower one first. */
void legality_iommu_write(struct legality_iommu *l, uint32_t offset, unsigned bytes, uint64_t value)
{
    if ((bytes != 4 && bytes != 8) || offset % bytes != 0)
        return;
    write4(l, offset, (uint32_t)value);
    if (bytes == 8)
        write4(l, offset + 4, (uint32_t)(value >> 32));
}
