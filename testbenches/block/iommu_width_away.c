// SPDX-License-Identifier: Apache-2.0
// Experiments with a unit that has less: what is away is not there. What it does when it is there,
// all other experiments show. docs/iommu.md I1.
#include "iommu_pool.h"
#include "iommu_width.h"

#define EIME         UINT64_C(0x800)
#define TYPE_IRTE    4u
#define TYPE_DEVICE  3u
#define T_DEVICE_TLB UINT64_C(1)

static struct device device(struct bench *b, uint64_t t, uint64_t aw)
{
    return width_add_device(b, width_random_id(b), width_random_id(b), t, width_random_page(b), aw);
}

static bool writes_nothing(struct bench *b, uint32_t offset, uint64_t but, bool *away)
{
    struct answer a;

    if (!iommu_write(b, offset, 4, UINT32_MAX, &a) || !iommu_read(b, offset, 4, &a))
        return false;
    *away = *away && (a.reg[0] & ~but) == 0;
    return iommu_write(b, offset, 4, 0, &a);
}

static bool queue(struct bench *b, unsigned feature, bool *away)
{
    struct answer a;

    (void)feature;
    if (!writes_nothing(b, REG_IQT, 0, away) || !writes_nothing(b, REG_IQA, 0, away) ||
        !writes_nothing(b, REG_IECTL, 0, away) || !writes_nothing(b, REG_IEDATA, 0, away) ||
        !iommu_command(b, GCMD_TE | GCMD_QIE, 0) || !iommu_read(b, REG_GSTS, 4, &a))
        return false;
    *away = *away && (a.reg[0] & GCMD_QIE) == 0;
    return iommu_command(b, GCMD_TE, 0);
}

static bool interrupts(struct bench *b, unsigned feature, bool *away)
{
    struct rec_dma in = {.iova = 0xFEE00010, .write = 1, .len = 4};
    struct answer a;

    (void)feature;
    if (!writes_nothing(b, REG_IRTA, 0, away) ||
        !iommu_command(b, GCMD_TE | GCMD_IRE | GCMD_CFI, GCMD_SIRTP) ||
        !iommu_read(b, REG_GSTS, 4, &a))
        return false;
    *away = *away && (a.reg[0] & (GCMD_IRE | GCMD_SIRTP | GCMD_CFI)) == 0;
    if (!iommu_request(b, &in, &a))
        return false;
    *away = *away && a.dma.status == DMA_MESSAGE;
    if (iommu_has(b, IOMMU_QI)) {
        if (!width_queue(b, TYPE_IRTE, 0))
            return false;
        *away = *away && b->descriptor.size == 3;
    }
    return iommu_command(b, GCMD_TE, 0);
}

static bool extended_interrupts(struct bench *b, unsigned feature, bool *away)
{
    (void)feature;
    return writes_nothing(b, REG_IRTA, ~EIME, away) && writes_nothing(b, REG_FEUADDR, 0, away) &&
           writes_nothing(b, REG_IEUADDR, 0, away);
}

static bool pass_through(struct bench *b, unsigned feature, bool *away)
{
    struct device d = device(b, T_PASS_THROUGH, iommu_largest_aw(b));
    struct rec_dma x;

    (void)feature;
    if (!width_go(b, d.sid, 0x1000, &x))
        return false;
    *away = x.fault == 0x3;
    return true;
}

/* A region that would cover everything. */
static bool protected(struct bench *b, unsigned feature, bool *away)
{
    bool low = feature == IOMMU_PLMR;
    struct rec_dma x;
    struct answer a;

    if (!iommu_write(b, low ? REG_PLMLIMIT : REG_PHMLIMIT, low ? 4 : 8, UINT64_MAX, &a) ||
        !iommu_write(b, low ? REG_PHMBASE : REG_PLMBASE, low ? 8 : 4, UINT64_MAX, &a) ||
        !iommu_write(b, REG_PMEN, 4, 0x80000000, &a) || !iommu_command(b, 0, 0) ||
        !width_go(b, 0, 0x1000, &x) || !iommu_command(b, GCMD_TE, 0) ||
        !iommu_write(b, REG_PMEN, 4, 0, &a))
        return false;
    *away = x.status == DMA_UNTRANSLATED;
    return true;
}

static bool page_selective(struct bench *b, unsigned feature, bool *away)
{
    struct answer a;

    (void)feature;
    if (!iommu_write(b, REG_IVA, 8, 0x1000, &a) ||
        !iommu_write(b, REG_IOTLB, 8, UINT64_C(0xB) << 60, &a) || !iommu_read(b, REG_IOTLB, 8, &a))
        return false;
    *away = a.reg[0] >> 57 == UINT64_C(0x30) >> 1; /* IIRG; IAIG 0 */
    if (!iommu_has(b, IOMMU_QI))
        return true;
    if (!width_queue(b, 0x32, 0))
        return false;
    *away = *away && b->descriptor.size == 4;
    return true;
}

/* A zero-length read of a page that may be written only. */
static bool zero_length(struct bench *b, unsigned feature, bool *away)
{
    struct device d = device(b, T_SECOND_STAGE, iommu_largest_aw(b));
    struct path p = width_map(b, &d, 0x1000, 12);
    struct rec_dma in = {.sid = d.sid, .iova = 0x1000};
    struct answer a;

    (void)feature;
    iommu_poke(b, p.entry[1], block_memory_read8(&b->model_memory, p.entry[1]) & ~SS_R);
    if (!iommu_request(b, &in, &a))
        return false;
    *away = a.dma.fault == 0x6;
    return true;
}

static bool large_page(struct bench *b, unsigned feature, bool *away)
{
    struct device d = device(b, T_SECOND_STAGE, iommu_largest_aw(b));
    struct rec_dma x;

    width_map(b, &d, 0x1000, feature == IOMMU_2M ? 21 : 30);
    if (!width_go(b, d.sid, 0x1000, &x))
        return false;
    *away = x.fault == 0xC;
    return true;
}

static bool width(struct bench *b, unsigned feature, bool *away)
{
    struct device d = device(b, T_SECOND_STAGE, AW_39 + feature - IOMMU_39);
    struct rec_dma x;

    width_map(b, &d, 0x1000, 12);
    if (!width_go(b, d.sid, 0x1000, &x))
        return false;
    *away = x.fault == 0x3;
    return true;
}

/* With T = 01 nothing passes, type 3 is unknown, a completion leaves no trace. */
static bool device_tlb(struct bench *b, unsigned feature, bool *away)
{
    struct device d = device(b, T_DEVICE_TLB, iommu_largest_aw(b));
    struct rec_dma x;
    struct answer a;

    (void)feature;
    if (!width_go(b, d.sid, 0x1000, &x) || !iommu_completion(b, width_random_id(b), true, &a) ||
        !iommu_read(b, REG_FSTS, 4, &a))
        return false;
    *away = x.fault == 0x3 && (a.reg[0] & (FSTS_ICE | FSTS_ITE)) == 0;
    if (!writes_nothing(b, REG_IQERCD + 4, 0, away))
        return false;
    if (!iommu_has(b, IOMMU_QI))
        return true;
    if (!width_queue(b, TYPE_DEVICE, 0))
        return false;
    *away = *away && b->descriptor.size == 3;
    return true;
}

static bool (*const probes[IOMMU_FEATURES])(struct bench *b, unsigned feature, bool *away) = {
    [IOMMU_QI] = queue,           [IOMMU_IR] = interrupts,   [IOMMU_EIM] = extended_interrupts,
    [IOMMU_PT] = pass_through,    [IOMMU_PLMR] = protected,  [IOMMU_PHMR] = protected,
    [IOMMU_PSI] = page_selective, [IOMMU_ZLR] = zero_length, [IOMMU_2M] = large_page,
    [IOMMU_1G] = large_page,      [IOMMU_39] = width,        [IOMMU_48] = width,
    [IOMMU_57] = width,           [IOMMU_DT] = device_tlb};

bool iommu_width_away(struct bench *b)
{
    struct answer a;

    b->root = width_random_page(b);
    if (!iommu_write(b, REG_RTADDR, 8, b->root, &a) || !iommu_command(b, GCMD_TE, GCMD_SRTP))
        return false;
    for (unsigned i = 0; i < IOMMU_FEATURES; i++) {
        bool away = true;

        if (iommu_has(b, (enum iommu_feature)i))
            continue;
        if (!probes[i](b, i, &away))
            return false;
        width_decide_if(b, away, G_AWAY, i);
    }
    return true;
}
