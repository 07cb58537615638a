// SPDX-License-Identifier: Apache-2.0
// Register window: VT-d "Register Descriptions", capabilities and exceptions of docs/iommu.md.
// Registers of what is not offered have no row, those of what is away none that counts: like a hole
// they read 0 and ignore writes.
#include "iommu/iommu_internal.h"

#define IOTLB_OFFSET (IVA_OFFSET + 8)

/* The feature that a register comes with; one of none is there always. */
#define NONE IOMMU_FEATURES

struct reg_row {
    uint32_t offset, reset;
    uint32_t rw, w1c; /* a bit in neither ignores software writes */
    uint32_t shown;   /* bits that software reads */
    bool upper;       /* bits 63:32 of a host address: RsvdZ from HAW on */
    enum iommu_feature with;
    void (*written)(struct iommu *u, uint32_t value);
};

uint64_t reg_wide(const struct iommu *u, enum reg lower)
{
    return (uint64_t)u->reg[lower + 1] << 32 | u->reg[lower];
}

/* IQEI stands while IQE does; the source-ids above it stay. */
static void fsts_written(struct iommu *u, uint32_t value)
{
    (void)value;
    if ((u->reg[REG_FSTS] & FSTS_IQE) == 0)
        u->reg[REG_IQERCD] = 0;
    fault_status_cleared(u);
}

static void fectl_written(struct iommu *u, uint32_t value)
{
    if ((value & EVENT_IM) == 0)
        event_unmasked(u, EVENT_FAULT);
}

static void ics_written(struct iommu *u, uint32_t value)
{
    (void)value;
    if ((u->reg[REG_ICS] & ICS_IWC) == 0)
        event_serviced(u, EVENT_INVALIDATION);
}

static void iectl_written(struct iommu *u, uint32_t value)
{
    if ((value & EVENT_IM) == 0)
        event_unmasked(u, EVENT_INVALIDATION);
}

static void irta_written(struct iommu *u, uint32_t value)
{
    (void)value;
    if (!config_has(&u->config, IOMMU_EIM))
        u->reg[REG_IRTA] &= ~(uint32_t)IRTA_EIME;
}

#define ALL      UINT32_MAX
#define FSTS_W1C (FSTS_PFO | FSTS_IQE | FSTS_ICE | FSTS_ITE)

/* CAP and ECAP are set from the configuration at reset. */
static const struct reg_row rows[REG_COUNT] = {
    /* clang-format off */
    /*                    offset            reset       rw          w1c      shown upper with written */
    [REG_VER]         = { 0x000,            0x10,       0,          0,       ALL, false, NONE, NULL },
    [REG_CAP]         = { 0x008,            0,          0,          0,       ALL, false, NONE, NULL },
    [REG_CAP_HI]      = { 0x00C,            0,          0,          0,       ALL, false, NONE, NULL },
    [REG_ECAP]        = { 0x010,            0,          0,          0,       ALL, false, NONE, NULL },
    [REG_ECAP_HI]     = { 0x014,            0,          0,          0,       ALL, false, NONE, NULL },
    [REG_GCMD]        = { 0x018,            0,          0,          0,       0,   false, NONE, gcmd_written },
    [REG_GSTS]        = { 0x01C,            0,          0,          0,       ALL, false, NONE, NULL },
    [REG_RTADDR]      = { 0x020,            0,          0xFFFFFC00, 0,       ALL, false, NONE, NULL },
    [REG_RTADDR_HI]   = { 0x024,            0,          ALL,        0,       ALL, true,  NONE, NULL },
    [REG_CCMD]        = { 0x028,            0,          ALL,        0,       ALL, false, NONE, NULL },
    [REG_CCMD_HI]     = { 0x02C,            0,          0x60000003, 0,       ALL, false, NONE, ccmd_hi_written },
    [REG_FSTS]        = { 0x034,            0,          0,          FSTS_W1C, ALL, false, NONE, fsts_written },
    [REG_FECTL]       = { 0x038,            EVENT_IM,   EVENT_IM,   0,       ALL, false, NONE, fectl_written },
    [REG_FEDATA]      = { 0x03C,            0,          0x0000FFFF, 0,       ALL, false, NONE, NULL },
    [REG_FEADDR]      = { 0x040,            0,          0xFFFFFFFC, 0,       ALL, false, NONE, NULL },
    [REG_FEUADDR]     = { 0x044,            0,          ALL,        0,       ALL, false, IOMMU_EIM, NULL },
    [REG_PMEN]        = { 0x064,            0,          0,          0,       ALL, false, NONE, pmen_written },
    [REG_PLMBASE]     = { 0x068,            0,          0xFFE00000, 0,       ALL, false, IOMMU_PLMR, NULL },
    [REG_PLMLIMIT]    = { 0x06C,            0x001FFFFF, 0xFFE00000, 0,       ALL, false, IOMMU_PLMR, NULL },
    [REG_PHMBASE]     = { 0x070,            0,          0xFFE00000, 0,       ALL, false, IOMMU_PHMR, NULL },
    [REG_PHMBASE_HI]  = { 0x074,            0,          ALL,        0,       ALL, true,  IOMMU_PHMR, NULL },
    [REG_PHMLIMIT]    = { 0x078,            0x001FFFFF, 0xFFE00000, 0,       ALL, false, IOMMU_PHMR, NULL },
    [REG_PHMLIMIT_HI] = { 0x07C,            0,          ALL,        0,       ALL, true,  IOMMU_PHMR, NULL },
    [REG_IQH]         = { 0x080,            0,          0,          0,       ALL, false, IOMMU_QI, NULL },
    [REG_IQT]         = { 0x088,            0,          0x0007FFF0, 0,       ALL, false, IOMMU_QI, NULL },
    [REG_IQA]         = { 0x090,            0,          0xFFFFF807, 0,       ALL, false, IOMMU_QI, NULL },
    [REG_IQA_HI]      = { 0x094,            0,          ALL,        0,       ALL, true,  IOMMU_QI, NULL },
    [REG_ICS]         = { 0x09C,            0,          0,          ICS_IWC, ALL, false, IOMMU_QI, ics_written },
    [REG_IECTL]       = { 0x0A0,            EVENT_IM,   EVENT_IM,   0,       ALL, false, IOMMU_QI, iectl_written },
    [REG_IEDATA]      = { 0x0A4,            0,          0x0000FFFF, 0,       ALL, false, IOMMU_QI, NULL },
    [REG_IEADDR]      = { 0x0A8,            0,          0xFFFFFFFC, 0,       ALL, false, IOMMU_QI, NULL },
    [REG_IEUADDR]     = { 0x0AC,            0,          ALL,        0,       ALL, false, IOMMU_EIM, NULL },
    [REG_IQERCD]      = { 0x0B0,            0,          0,          0,       ALL, false, IOMMU_QI, NULL },
    [REG_IQERCD_HI]   = { 0x0B4,            0,          0,          0,       ALL, false, IOMMU_DT, NULL },
    [REG_IRTA]        = { 0x0B8,            0,          0xFFFFF80F, 0,       ALL, false, IOMMU_IR, irta_written },
    [REG_IRTA_HI]     = { 0x0BC,            0,          ALL,        0,       ALL, true,  IOMMU_IR, NULL },
    [REG_IVA]         = { IVA_OFFSET,       0,          0xFFFFF07F, 0,       0,   false, NONE, NULL },
    [REG_IVA_HI]      = { IVA_OFFSET + 4,   0,          ALL,        0,       0,   false, NONE, NULL },
    [REG_IOTLB]       = { IOTLB_OFFSET,     0,          0,          0,       ALL, false, NONE, NULL },
    [REG_IOTLB_HI]    = { IOTLB_OFFSET + 4, 0,          0x3003FFFF, 0,       ALL, false, NONE, iotlb_hi_written },
    /* clang-format on */
};

void regs_reset(struct iommu *u)
{
    uint64_t cap = config_cap(&u->config), ecap = config_ecap(&u->config);

    for (unsigned i = 0; i < REG_COUNT; i++)
        u->reg[i] = rows[i].reset;
    u->reg[REG_CAP] = (uint32_t)cap;
    u->reg[REG_CAP_HI] = (uint32_t)(cap >> 32);
    u->reg[REG_ECAP] = (uint32_t)ecap;
    u->reg[REG_ECAP_HI] = (uint32_t)(ecap >> 32);
}

/* REG_COUNT if no register is there. */
static enum reg find_row(const struct iommu *u, uint32_t offset)
{
    for (unsigned i = 0; i < REG_COUNT; i++)
        if (rows[i].offset == offset && config_has(&u->config, rows[i].with))
            return (enum reg)i;
    return REG_COUNT;
}

/* The fault record that holds the dword, NULL outside of the records. */
static struct frcd *find_frcd(const struct iommu *u, uint32_t offset)
{
    if (offset < FRCD_OFFSET || offset >= FRCD_OFFSET + FRCD_BYTES * u->config.fault_records)
        return NULL;
    return &u->frcd[(offset - FRCD_OFFSET) / FRCD_BYTES];
}

uint32_t iommu_register(const struct iommu *u, uint32_t offset)
{
    const struct frcd *frcd = find_frcd(u, offset);
    enum reg i = find_row(u, offset);

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

static uint32_t writable(const struct iommu *u, const struct reg_row *row)
{
    return row->upper ? row->rw & (uint32_t)(low_bits(u->config.haw) >> 32) : row->rw;
}

static void dword_write(struct iommu *u, uint32_t offset, uint32_t value)
{
    struct frcd *frcd = find_frcd(u, offset);
    enum reg i = find_row(u, offset);
    const struct reg_row *row;
    uint32_t rw;

    if (frcd != NULL) {
        frcd_write(u, frcd, offset, value);
        return;
    }
    if (i == REG_COUNT)
        return;
    row = &rows[i];
    rw = writable(u, row);
    u->reg[i] = ((u->reg[i] & ~rw) | (value & rw)) & ~(value & row->w1c);
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
        r.lo = iommu_register(u, offset);
        if (bytes == 8)
            r.lo |= (uint64_t)iommu_register(u, offset + 4) << 32;
    }
    emit_iommu(u, &r);
    return r.lo;
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
    event_send(u);
}
