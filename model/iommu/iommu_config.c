// SPDX-License-Identifier: Apache-2.0
// What the unit offers, as software sees it: VT-d "Capability Register", "Extended Capability
// Register"; what can be taken away: docs/iommu.md I1.
#include "iommu/iommu_internal.h"

#define BIT(n) (UINT64_C(1) << (n))

struct iommu_config iommu_default_config(void)
{
    return (struct iommu_config){.haw = 40,
                                 .context_entries = 8,
                                 .iotlb_entries = 32,
                                 .level_entries = {8, 4, 4, 4},
                                 .interrupt_entries = 8,
                                 .fault_records = 8,
                                 .mamv = CAP_MAMV,
                                 .mhmv = ECAP_MHMV};
}

struct iommu_config iommu_config_of(const struct rw_vtd *vtd)
{
    struct iommu_config c = iommu_default_config();

    c.away = vtd->away;
    if (vtd->fault_records != 0)
        c.fault_records = vtd->fault_records;
    return c;
}

bool config_has(const struct iommu_config *c, enum iommu_feature f)
{
    return (c->away >> f & 1) == 0;
}

static const struct {
    unsigned bits, sagaw; /* the bit of CAP.SAGAW */
    enum iommu_feature feature;
} widths[] = {{39, 1, IOMMU_39}, {48, 2, IOMMU_48}, {57, 3, IOMMU_57}};

bool config_has_width(const struct iommu_config *c, unsigned bits)
{
    for (unsigned i = 0; i < sizeof(widths) / sizeof(widths[0]); i++)
        if (widths[i].bits == bits)
            return config_has(c, widths[i].feature);
    return false;
}

/* 0 when none is left. */
unsigned config_largest_width(const struct iommu_config *c)
{
    unsigned largest = 0;

    for (unsigned i = 0; i < sizeof(widths) / sizeof(widths[0]); i++)
        if (config_has(c, widths[i].feature))
            largest = widths[i].bits;
    return largest;
}

/* A cache may be absent (0 entries). */
bool config_valid(const struct iommu_config *c)
{
    return c->haw >= 33 && c->haw <= 52 && c->fault_records >= 1 && c->fault_records <= 8 &&
           c->away >> IOMMU_FEATURES == 0 && config_largest_width(c) != 0;
}

/* A row whose need is itself in need stands below it. */
struct iommu_config config_settled(const struct iommu_config *c)
{
    static const struct {
        enum iommu_feature feature, needs;
    } rows[] = {
        {IOMMU_IR, IOMMU_QI}, {IOMMU_EIM, IOMMU_IR}, {IOMMU_1G, IOMMU_2M}, {IOMMU_DT, IOMMU_QI}};
    struct iommu_config settled = *c;

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (!config_has(&settled, rows[i].needs))
            settled.away |= UINT32_C(1) << rows[i].feature;
    return settled;
}

/* The bit of a feature, if it is there. */
static uint64_t shown(const struct iommu_config *c, enum iommu_feature f, unsigned bit)
{
    return config_has(c, f) ? BIT(bit) : 0;
}

uint64_t config_cap(const struct iommu_config *c)
{
    uint64_t cap = UINT64_C(6)                                       /* ND: 16-bit domain-ids */
                   | shown(c, IOMMU_PLMR, 5)                         /* PLMR */
                   | shown(c, IOMMU_PHMR, 6)                         /* PHMR */
                   | (uint64_t)(config_largest_width(c) - 1) << 16   /* MGAW */
                   | shown(c, IOMMU_ZLR, 22)                         /* ZLR */
                   | (uint64_t)(FRCD_OFFSET / 16) << 24              /* FRO */
                   | shown(c, IOMMU_2M, 34) | shown(c, IOMMU_1G, 35) /* SLLPS */
                   | shown(c, IOMMU_PSI, 39)                         /* PSI */
                   | (uint64_t)(c->fault_records - 1) << 40          /* NFR */
                   | BIT(54) | BIT(55);                              /* DWD, DRD */

    for (unsigned i = 0; i < sizeof(widths) / sizeof(widths[0]); i++)
        cap |= shown(c, widths[i].feature, 8 + widths[i].sagaw);
    if (config_has(c, IOMMU_PSI))
        cap |= (uint64_t)c->mamv << 48;
    return cap;
}

uint64_t config_ecap(const struct iommu_config *c)
{
    return BIT(0)                                                     /* C */
           | shown(c, IOMMU_QI, 1) | shown(c, IOMMU_DT, 2)            /* QI, DT */
           | shown(c, IOMMU_IR, 3)                                    /* IR */
           | shown(c, IOMMU_EIM, 4) | shown(c, IOMMU_PT, 6)           /* EIM, PT */
           | (uint64_t)(IVA_OFFSET / 16) << 8                         /* IRO */
           | (config_has(c, IOMMU_IR) ? (uint64_t)c->mhmv << 20 : 0); /* MHMV */
}
