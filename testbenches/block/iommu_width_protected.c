// SPDX-License-Identifier: Apache-2.0
// Experiments with the bounds of the protected memory regions. docs/iommu.md I91.
#include "iommu_width.h"

#define UNIT (UINT64_C(1) << 21)
#define LOW  UINT64_C(0xFFE00000)
#define HIGH UINT64_C(0xFFFFE00000)

struct region {
    uint64_t base, limit;
};

static const struct region nothing = {HIGH, 0};

static bool set_regions(struct bench *b, const struct region *low, const struct region *high)
{
    struct answer a;

    return iommu_write(b, REG_PLMBASE, 4, low->base & LOW, &a) &&
           iommu_write(b, REG_PLMLIMIT, 4, low->limit & LOW, &a) &&
           iommu_write(b, REG_PHMBASE, 8, high->base, &a) &&
           iommu_write(b, REG_PHMLIMIT, 8, high->limit, &a) &&
           iommu_write(b, REG_PMEN, 4, 0x80000000, &a);
}

/* One address inside, one outside; with translation off, or passed through. */
static bool inside_and_outside(struct bench *b, const struct region *low, const struct region *high,
                               uint64_t inside, uint64_t outside, bool *held)
{
    bool off = block_chance(&b->random, 50) || !iommu_has(b, IOMMU_PT);
    struct device d = width_add_device(b, width_random_id(b), width_random_id(b), T_PASS_THROUGH, 0,
                                       iommu_largest_aw(b));
    struct rec_dma x[2];
    struct answer a;

    if (!set_regions(b, low, high) || (off && !iommu_command(b, 0, 0)) ||
        !width_go(b, d.sid, inside, &x[0]) || !width_go(b, d.sid, outside, &x[1]) ||
        !iommu_command(b, GCMD_TE, 0) || !iommu_write(b, REG_PMEN, 4, 0, &a))
        return false;
    *held =
        x[0].status == DMA_REJECTED && x[1].status == (off ? DMA_UNTRANSLATED : DMA_PASS_THROUGH);
    return true;
}

/* param 0: base of the low region, 1: its limit, 2 and 3: of the high one. */
bool width_protected(struct bench *b, const struct experiment *e, unsigned group, unsigned bit)
{
    uint64_t most = e->param < 2 ? LOW : HIGH, at = block_random(&b->random) & most, inside,
             outside;
    struct region r = {0, most};
    bool held;

    if (e->param % 2 == 0) {
        r.base = at | UINT64_C(1) << bit;
        inside =
            r.base | (block_chance(&b->random, 50) ? 0 : block_random(&b->random) & (UNIT - 4));
        outside = (r.base ^ UINT64_C(1) << bit) | (UNIT - 4);
    } else {
        r.limit = at & ~(UINT64_C(1) << bit);
        inside = r.limit | (UNIT - 4);
        outside = r.limit | UINT64_C(1) << bit;
    }
    if (!inside_and_outside(b, e->param < 2 ? &r : &nothing, e->param < 2 ? &nothing : &r, inside,
                            outside, &held))
        return false;
    width_decide_if(b, held, group, bit);
    return true;
}

/* The low region has no addresses above 4 GiB. */
bool width_protected_wide(struct bench *b, const struct experiment *e, unsigned group, unsigned bit)
{
    struct region all = {0, LOW};
    uint64_t at = block_random(&b->random) >> 32 & ~UINT64_C(3);
    bool held;

    (void)e;
    if (!inside_and_outside(b, &all, &nothing, at, at | UINT64_C(1) << bit, &held))
        return false;
    width_decide_if(b, held, group, bit);
    return true;
}
