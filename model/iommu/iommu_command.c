// SPDX-License-Identifier: Apache-2.0
// The command registers: GCMD, and invalidation by CCMD and IOTLB. VT-d "Global Command Register",
// "Register-based Invalidation Interface"; docs/iommu.md I4, I51 to I54, I87.
#include "iommu/iommu_internal.h"

#define GCMD_TE    (UINT32_C(1) << 31)
#define GCMD_SRTP  (UINT32_C(1) << 30)
#define GCMD_QIE   (UINT32_C(1) << 26)
#define GCMD_IRE   (UINT32_C(1) << 25)
#define GCMD_SIRTP (UINT32_C(1) << 24)
#define GCMD_CFI   (UINT32_C(1) << 23)

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

static void status_follows(struct iommu *u, uint32_t status, bool on)
{
    if (on)
        u->reg[REG_GSTS] |= status;
    else
        u->reg[REG_GSTS] &= ~status;
}

/* choice (several changes in one write): SRTP, SIRTP, QIE, CFI, IRE, TE. */
void gcmd_written(struct iommu *u, uint32_t value)
{
    bool ir = config_has(&u->config, IOMMU_IR);

    if ((value & GCMD_SRTP) != 0) {
        u->rtaddr = reg_wide(u, REG_RTADDR);
        u->reg[REG_GSTS] |= GSTS_RTPS;
    }
    if (ir && (value & GCMD_SIRTP) != 0) {
        u->irta = reg_wide(u, REG_IRTA);
        u->reg[REG_GSTS] |= GSTS_IRTPS;
    }
    if (config_has(&u->config, IOMMU_QI))
        queue_enable(u, (value & GCMD_QIE) != 0);
    status_follows(u, GSTS_CFIS, ir && (value & GCMD_CFI) != 0);
    status_follows(u, GSTS_IRES, ir && (value & GCMD_IRE) != 0);
    status_follows(u, GSTS_TES, (value & GCMD_TE) != 0);
}

/* The registers invalidate only while the queue does not. */
static bool registers_invalidate(const struct iommu *u)
{
    return (u->reg[REG_GSTS] & GSTS_QIES) == 0;
}

static void emit_invalidation(struct iommu *u, enum rec_iommu_kind kind, unsigned dropped)
{
    struct rec_iommu r = {.kind = (uint8_t)kind, .count = (uint16_t)dropped, .latency = 1};

    emit_iommu(u, &r);
}

void ccmd_hi_written(struct iommu *u, uint32_t value)
{
    uint32_t *hi = &u->reg[REG_CCMD_HI];
    struct context_inv inv = {.granularity = (value >> CCMD_CIRG_SHIFT) & GRANULARITY,
                              .fm = value & 3u,
                              .did = (uint16_t)u->reg[REG_CCMD],
                              .sid = (uint16_t)(u->reg[REG_CCMD] >> 16)};

    if ((value & CCMD_ICC) == 0)
        return;
    *hi &= ~(GRANULARITY << CCMD_CAIG_SHIFT);
    if (inv.granularity == 0 || !registers_invalidate(u))
        return;
    *hi |= (uint32_t)inv.granularity << CCMD_CAIG_SHIFT;
    emit_invalidation(u, IOMMU_CONTEXT_INV, context_cache_invalidate(&u->contexts, &inv));
}

/* AM is looked at in a page-selective request only. */
bool iotlb_inv_bad(const struct iommu_config *c, const struct iotlb_inv *inv)
{
    if (inv->granularity == 3)
        return !config_has(c, IOMMU_PSI) || inv->am > c->mamv;
    return inv->granularity == 0;
}

void iotlb_hi_written(struct iommu *u, uint32_t value)
{
    uint32_t *hi = &u->reg[REG_IOTLB_HI];
    uint64_t iva = reg_wide(u, REG_IVA);
    struct iotlb_inv inv = {.granularity = (value >> IOTLB_IIRG_SHIFT) & GRANULARITY,
                            .am = iva & IVA_AM,
                            .ih = (iva & IVA_IH) != 0,
                            .did = (uint16_t)value,
                            .page = iva >> 12};
    unsigned dropped;

    if ((value & IOTLB_IVT) == 0)
        return;
    *hi &= ~(GRANULARITY << IOTLB_IAIG_SHIFT);
    if (iotlb_inv_bad(&u->config, &inv) || !registers_invalidate(u))
        return;
    *hi |= (uint32_t)inv.granularity << IOTLB_IAIG_SHIFT;
    dropped = iotlb_invalidate(&u->iotlb, &inv);
    dropped += level_invalidate(u, &inv);
    emit_invalidation(u, IOMMU_IOTLB_INV, dropped);
}
