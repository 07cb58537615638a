// SPDX-License-Identifier: Apache-2.0
// Register window: VT-d "Register Descriptions", capabilities and exceptions of docs/iommu.md.
// Registers of what is not offered have no row: like a hole they read 0 and ignore writes.
#include "iommu/iommu_internal.h"

#define IVA_OFFSET   0x100u /* ECAP.IRO * 16 */
#define IOTLB_OFFSET 0x108u
#define FRCD_OFFSET  0x200u /* CAP.FRO * 16 */
#define FRCD_BYTES   16u

#define CAP_MAMV 18u

#define GCMD_TE   (UINT32_C(1) << 31)
#define GCMD_SRTP (UINT32_C(1) << 30)

#define CCMD_ICC        (UINT32_C(1) << 31) /* of the upper dword */
#define CCMD_CIRG_SHIFT 29
#define CCMD_CAIG_SHIFT 27

#define IOTLB_IVT        (UINT32_C(1) << 31) /* of the upper dword */
#define IOTLB_IIRG_SHIFT 28
#define IOTLB_IAIG_SHIFT 25

#define IVA_AM 0x3Fu
#define IVA_IH (1u << 6)

/* A command register's granularity fields are 2 bits. */
#define GRANULARITY 3u

struct reg_row {
    uint32_t offset, reset;
    uint32_t rw, w1c; /* a bit in neither ignores software writes */
    uint32_t shown;   /* bits that software reads */
    void (*written)(struct iommu *u, uint32_t value);
};

/* GCMD: SRTP before TE when both are written. docs/iommu.md "Configuration". */
static void gcmd_written(struct iommu *u, uint32_t value)
{
    if ((value & GCMD_SRTP) != 0) {
        u->rtaddr = (uint64_t)u->reg[REG_RTADDR_HI] << 32 | u->reg[REG_RTADDR];
        u->reg[REG_GSTS] |= GSTS_RTPS;
    }
    if ((value & GCMD_TE) != 0)
        u->reg[REG_GSTS] |= GSTS_TES;
    else
        u->reg[REG_GSTS] &= ~GSTS_TES;
}

static void rtaddr_hi_written(struct iommu *u, uint32_t value)
{
    (void)value;
    u->reg[REG_RTADDR_HI] &= (uint32_t)(low_bits(u->config.haw) >> 32);
}

static void emit_invalidation(struct iommu *u, enum rec_iommu_kind kind, unsigned dropped)
{
    struct rec_iommu r = {.kind = (uint8_t)kind, .count = (uint16_t)dropped, .latency = 1};

    emit_iommu(u, &r);
}

static void ccmd_hi_written(struct iommu *u, uint32_t value)
{
    uint32_t *hi = &u->reg[REG_CCMD_HI];
    struct context_inv inv = {.granularity = (value >> CCMD_CIRG_SHIFT) & GRANULARITY,
                              .fm = value & 3u,
                              .did = (uint16_t)u->reg[REG_CCMD],
                              .sid = (uint16_t)(u->reg[REG_CCMD] >> 16)};

    if ((value & CCMD_ICC) == 0)
        return;
    *hi &= ~(GRANULARITY << CCMD_CAIG_SHIFT);
    if (inv.granularity == 0)
        return;
    *hi |= (uint32_t)inv.granularity << CCMD_CAIG_SHIFT;
    emit_invalidation(u, IOMMU_CONTEXT_INV, context_cache_invalidate(&u->contexts, &inv));
}

/* AM is looked at in a page-selective request only. */
static bool iotlb_inv_bad(const struct iotlb_inv *inv)
{
    return inv->granularity == 0 || (inv->granularity == 3 && inv->am > CAP_MAMV);
}

static void iotlb_hi_written(struct iommu *u, uint32_t value)
{
    uint32_t *hi = &u->reg[REG_IOTLB_HI];
    uint64_t iva = (uint64_t)u->reg[REG_IVA_HI] << 32 | u->reg[REG_IVA];
    struct iotlb_inv inv = {.granularity = (value >> IOTLB_IIRG_SHIFT) & GRANULARITY,
                            .am = iva & IVA_AM,
                            .ih = (iva & IVA_IH) != 0,
                            .did = (uint16_t)value,
                            .page = iva >> 12};
    unsigned dropped;

    if ((value & IOTLB_IVT) == 0)
        return;
    *hi &= ~(GRANULARITY << IOTLB_IAIG_SHIFT);
    if (iotlb_inv_bad(&inv))
        return;
    *hi |= (uint32_t)inv.granularity << IOTLB_IAIG_SHIFT;
    dropped = iotlb_invalidate(&u->iotlb, &inv);
    dropped += level_invalidate(u, &inv);
    emit_invalidation(u, IOMMU_IOTLB_INV, dropped);
}

static void fsts_written(struct iommu *u, uint32_t value)
{
    (void)value;
    fault_status_cleared(u);
}

static void fectl_written(struct iommu *u, uint32_t value)
{
    if ((value & FECTL_IM) == 0)
        fault_event_unmasked(u);
}

#define ALL UINT32_MAX

/* CAP and ECAP are set from the configuration at reset. */
static const struct reg_row rows[REG_COUNT] = {
    /* clang-format off */
    /*                  offset            reset      rw          w1c       shown written */
    [REG_VER]       = { 0x000,            0x10,      0,          0,        ALL, NULL },
    [REG_CAP]       = { 0x008,            0,         0,          0,        ALL, NULL },
    [REG_CAP_HI]    = { 0x00C,            0,         0,          0,        ALL, NULL },
    [REG_ECAP]      = { 0x010,            0,         0,          0,        ALL, NULL },
    [REG_ECAP_HI]   = { 0x014,            0,         0,          0,        ALL, NULL },
    [REG_GCMD]      = { 0x018,            0,         0,          0,        0,   gcmd_written },
    [REG_GSTS]      = { 0x01C,            0,         0,          0,        ALL, NULL },
    [REG_RTADDR]    = { 0x020,            0,         0xFFFFFC00, 0,        ALL, NULL },
    [REG_RTADDR_HI] = { 0x024,            0,         ALL,        0,        ALL, rtaddr_hi_written },
    [REG_CCMD]      = { 0x028,            0,         ALL,        0,        ALL, NULL },
    [REG_CCMD_HI]   = { 0x02C,            0,         0x60000003, 0,        ALL, ccmd_hi_written },
    [REG_FSTS]      = { 0x034,            0,         0,          FSTS_PFO, ALL, fsts_written },
    [REG_FECTL]     = { 0x038,            FECTL_IM,  FECTL_IM,   0,        ALL, fectl_written },
    [REG_FEDATA]    = { 0x03C,            0,         0x0000FFFF, 0,        ALL, NULL },
    [REG_FEADDR]    = { 0x040,            0,         0xFFFFFFFC, 0,        ALL, NULL },
    [REG_IVA]       = { IVA_OFFSET,       0,         0xFFFFF07F, 0,        0,   NULL },
    [REG_IVA_HI]    = { IVA_OFFSET + 4,   0,         ALL,        0,        0,   NULL },
    [REG_IOTLB]     = { IOTLB_OFFSET,     0,         0,          0,        ALL, NULL },
    [REG_IOTLB_HI]  = { IOTLB_OFFSET + 4, 0,         0x3003FFFF, 0,        ALL, iotlb_hi_written },
    /* clang-format on */
};

/* VT-d "Capability Register", "Extended Capability Register". */
static uint64_t cap_value(const struct iommu_config *c)
{
    uint64_t sagaw = c->mgaw >= 48 ? 6 : 2;

    return UINT64_C(6)                              /* ND: 16-bit domain-ids */
           | sagaw << 8                             /* SAGAW */
           | (uint64_t)(c->mgaw - 1) << 16          /* MGAW */
           | UINT64_C(1) << 22                      /* ZLR */
           | (uint64_t)(FRCD_OFFSET / 16) << 24     /* FRO */
           | UINT64_C(3) << 34                      /* SLLPS: 2 MiB, 1 GiB */
           | UINT64_C(1) << 39                      /* PSI */
           | (uint64_t)(c->fault_records - 1) << 40 /* NFR */
           | (uint64_t)CAP_MAMV << 48               /* MAMV */
           | UINT64_C(3) << 54;                     /* DWD, DRD */
}

static uint64_t ecap_value(void)
{
    return UINT64_C(1)                         /* C */
           | UINT64_C(1) << 6                  /* PT */
           | (uint64_t)(IVA_OFFSET / 16) << 8; /* IRO */
}

void regs_reset(struct iommu *u)
{
    uint64_t cap = cap_value(&u->config), ecap = ecap_value();

    for (unsigned i = 0; i < REG_COUNT; i++)
        u->reg[i] = rows[i].reset;
    u->reg[REG_CAP] = (uint32_t)cap;
    u->reg[REG_CAP_HI] = (uint32_t)(cap >> 32);
    u->reg[REG_ECAP] = (uint32_t)ecap;
    u->reg[REG_ECAP_HI] = (uint32_t)(ecap >> 32);
}

/* REG_COUNT if no row is there. */
static enum reg find_row(uint32_t offset)
{
    unsigned i = 0;

    while (i < REG_COUNT && rows[i].offset != offset)
        i++;
    return (enum reg)i;
}

/* The fault record that holds the dword, NULL outside of the records. */
static struct frcd *find_frcd(struct iommu *u, uint32_t offset)
{
    if (offset < FRCD_OFFSET || offset >= FRCD_OFFSET + FRCD_BYTES * u->config.fault_records)
        return NULL;
    return &u->frcd[(offset - FRCD_OFFSET) / FRCD_BYTES];
}

static uint32_t dword_read(struct iommu *u, uint32_t offset)
{
    const struct frcd *frcd = find_frcd(u, offset);
    enum reg i = find_row(offset);

    if (frcd != NULL)
        return (uint32_t)(((offset & 8) != 0 ? frcd->hi : frcd->lo) >> 8 * (offset & 4));
    return i < REG_COUNT ? u->reg[i] & rows[i].shown : 0;
}

/* F is the only bit of a record that software can change. */
static void frcd_write(struct iommu *u, struct frcd *frcd, uint32_t offset, uint32_t value)
{
    if ((offset & 12) != 12 || ((uint64_t)value << 32 & FRCD_F) == 0 || (frcd->hi & FRCD_F) == 0)
        return;
    frcd->hi &= ~FRCD_F;
    fault_record_cleared(u);
}

static void dword_write(struct iommu *u, uint32_t offset, uint32_t value)
{
    struct frcd *frcd = find_frcd(u, offset);
    enum reg i = find_row(offset);
    const struct reg_row *row;

    if (frcd != NULL) {
        frcd_write(u, frcd, offset, value);
        return;
    }
    if (i == REG_COUNT)
        return;
    row = &rows[i];
    u->reg[i] = ((u->reg[i] & ~row->rw) | (value & row->rw)) & ~(value & row->w1c);
    if (row->written != NULL)
        row->written(u, value);
}

static bool well_formed(uint32_t offset, unsigned bytes)
{
    return (bytes == 4 || bytes == 8) && offset % bytes == 0 && offset + bytes <= IOMMU_BYTES;
}

static uint64_t cut(uint64_t value, unsigned bytes)
{
    return bytes < 8 ? value & low_bits(8 * bytes) : value;
}

uint64_t iommu_reg_read(struct iommu *u, uint32_t offset, unsigned bytes)
{
    struct rec_iommu r = {.kind = IOMMU_REG_READ, .addr = offset, .size = (uint8_t)bytes};

    r.lo = cut(UINT64_MAX, bytes);
    if (well_formed(offset, bytes)) {
        r.lo = dword_read(u, offset);
        if (bytes == 8)
            r.lo |= (uint64_t)dword_read(u, offset + 4) << 32;
    }
    emit_iommu(u, &r);
    return r.lo;
}

static void send_due_event(struct iommu *u)
{
    struct event_message m;

    if (fault_event_take(u, &m) && u->env.message != NULL)
        u->env.message(u->env.ctx, m.addr, m.data);
}

void iommu_reg_write(struct iommu *u, uint32_t offset, unsigned bytes, uint64_t value)
{
    struct rec_iommu r = {
        .kind = IOMMU_REG_WRITE, .addr = offset, .size = (uint8_t)bytes, .lo = cut(value, bytes)};

    emit_iommu(u, &r);
    if (!well_formed(offset, bytes))
        return;
    dword_write(u, offset, (uint32_t)value);
    if (bytes == 8)
        dword_write(u, offset + 4, (uint32_t)(value >> 32));
    send_due_event(u);
}
