// SPDX-License-Identifier: Apache-2.0
// What a unit that lacks something for the whole bench (--vtd) cannot decide: those bits are not
// wanted. docs/iommu.md I1.
#include "iommu_width.h"

#define BIT(n)     (UINT64_C(1) << (n))
#define LEVEL_4    (BIT(IOMMU_48) | BIT(IOMMU_57))
#define ALL_WIDTHS (LEVEL_4 | BIT(IOMMU_39))

/* Groups from first to last: any of the features in `of` will do. */
static const struct {
    unsigned first, last;
    uint64_t of;
} needs[] = {
    {G_IOTLB_2M, G_IOTLB_2M, BIT(IOMMU_2M)},
    {G_IOTLB_1G, G_IOTLB_1G, BIT(IOMMU_1G)},
    {G_LEVEL_3, G_LEVEL_3, BIT(IOMMU_2M)}, /* pages of 2 MiB show what the level-3 cache holds */
    {G_LEVEL_4, G_LEVEL_4, BIT(IOMMU_1G)},
    {G_LEVEL_4, G_LEVEL_4, LEVEL_4},
    {G_LEVEL_5, G_LEVEL_5, BIT(IOMMU_57)},
    {G_LEVEL_3_DID, G_LEVEL_3_DID, BIT(IOMMU_2M)},
    {G_LEVEL_4_DID, G_LEVEL_4_DID, BIT(IOMMU_1G)},
    {G_LEVEL_4_DID, G_LEVEL_4_DID, LEVEL_4},
    {G_LEVEL_5_DID, G_LEVEL_5_DID, BIT(IOMMU_57)},
    {G_IOTLB_PAGE_DID, G_IOTLB_PAGE_DID, BIT(IOMMU_PSI)},
    {G_LEVEL_2_INV, G_AM_END - 1, BIT(IOMMU_PSI)},
    {G_LEVEL_3_INV, G_LEVEL_3_INV, BIT(IOMMU_2M)},
    {G_LEVEL_4_INV, G_LEVEL_4_INV, BIT(IOMMU_1G)},
    {G_LEVEL_4_INV, G_LEVEL_4_INV, LEVEL_4},
    {G_LEVEL_5_INV, G_LEVEL_5_INV, BIT(IOMMU_57)},
    {G_SS_5, G_SS_5, BIT(IOMMU_57)},
    {G_SS_4, G_SS_4, LEVEL_4},
    {G_SS_3_LEAF, G_SS_3_LEAF, BIT(IOMMU_1G)},
    {G_SS_2_LEAF, G_SS_2_LEAF, BIT(IOMMU_2M)},
    {G_IGNORED_5, G_IGNORED_5, BIT(IOMMU_57)},
    {G_IGNORED_4, G_IGNORED_4, LEVEL_4},
    {G_IGNORED_3, G_IGNORED_3, BIT(IOMMU_1G)},
    {G_IGNORED_2, G_IGNORED_2, BIT(IOMMU_2M)},
    {G_WIDTH_39, G_WIDTH_39, BIT(IOMMU_39)},
    {G_WIDTH_48, G_WIDTH_48, BIT(IOMMU_48)},
    {G_WIDTH_57, G_WIDTH_57, BIT(IOMMU_57)},
    {G_WIDTH_PASS, G_WIDTH_PASS, BIT(IOMMU_PT)},
    {G_RANGE_HIT, G_RANGE_HIT, BIT(IOMMU_1G)},
    {G_TABLE_5, G_TABLE_5, BIT(IOMMU_57)},
    {G_TABLE_4, G_TABLE_4, LEVEL_4},
    {G_CACHED_5, G_CACHED_5, BIT(IOMMU_57)},
    {G_CACHED_4, G_CACHED_4, BIT(IOMMU_1G)},
    {G_CACHED_4, G_CACHED_4, LEVEL_4},
    {G_CACHED_3, G_CACHED_3, BIT(IOMMU_2M)},
    {G_WALK_2M, G_WALK_2M, BIT(IOMMU_2M)},
    {G_WALK_1G, G_WALK_1G, BIT(IOMMU_1G)},
    {G_HIT_2M, G_HIT_2M, BIT(IOMMU_2M)},
    {G_HIT_1G, G_HIT_1G, BIT(IOMMU_1G)},
    {G_PASS, G_PASS, BIT(IOMMU_PT)},
    {G_IEC_TAG, G_INTERRUPT_FI, BIT(IOMMU_IR)},
    {G_MESSAGE_WALK, G_MESSAGE_HIT, BIT(IOMMU_EIM)},
    {G_DESCRIPTOR_LO, G_IQEI, BIT(IOMMU_QI)},
    {G_DESCRIPTOR_LO + 2, G_DESCRIPTOR_LO + 2, BIT(IOMMU_IR)},
    {G_DESCRIPTOR_HI + 2, G_DESCRIPTOR_HI + 2, BIT(IOMMU_IR)},
    {G_DESCRIPTOR_LO + 4, G_DESCRIPTOR_LO + 4, BIT(IOMMU_DT)},
    {G_DESCRIPTOR_HI + 4, G_DESCRIPTOR_HI + 4, BIT(IOMMU_DT)},
    {G_QUEUE_AM, G_QUEUE_AM, BIT(IOMMU_PSI)},
    {G_QUEUE_IM, G_QUEUE_IM, BIT(IOMMU_IR)},
    {G_QUEUE_PAGE_DID, G_QUEUE_PAGE, BIT(IOMMU_PSI)},
    {G_PROTECTED, G_PROTECTED + 1, BIT(IOMMU_PLMR)},
    {G_PROTECTED + 2, G_PROTECTED + 3, BIT(IOMMU_PHMR)},
    {G_PROTECTED_WIDE, G_PROTECTED_WIDE, BIT(IOMMU_PLMR)},
    {G_CPL_WALK, G_TIME, BIT(IOMMU_DT)},
    {G_CPL_WALK + 1, G_CPL_WALK + 1, BIT(IOMMU_2M)},
    {G_CPL_WALK + 2, G_CPL_WALK + 2, BIT(IOMMU_1G)},
    {G_CPL_HIT + 1, G_CPL_HIT + 1, BIT(IOMMU_2M)},
    {G_CPL_HIT + 2, G_CPL_HIT + 2, BIT(IOMMU_1G)},
    {G_CPL_WALK_PA + 1, G_CPL_WALK_PA + 1, BIT(IOMMU_2M)},
    {G_CPL_WALK_PA + 2, G_CPL_WALK_PA + 2, BIT(IOMMU_1G)},
    {G_CPL_HIT_PA + 1, G_CPL_HIT_PA + 1, BIT(IOMMU_2M)},
    {G_CPL_HIT_PA + 2, G_CPL_HIT_PA + 2, BIT(IOMMU_1G)},
};

static bool possible(const struct bench *b, unsigned group)
{
    for (unsigned i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
        if (group >= needs[i].first && group <= needs[i].last &&
            (needs[i].of & ~(uint64_t)b->vtd.away) == 0)
            return false;
    return true;
}

/* The entries that an address of the largest width has. */
static unsigned levels(const struct bench *b)
{
    return iommu_largest_aw(b) + 2;
}

/* Read errors: iommu_width_entries.c says which bit is which. */
static uint64_t read_errors(const struct bench *b)
{
    uint64_t bits = BIT(8) | BIT(9) | DECIDE_BITS(levels(b) - 1, 1);

    bits |= iommu_has(b, IOMMU_57) ? BIT(5) : 0;
    bits |= iommu_has(b, IOMMU_39) ? BIT(6) : 0;
    bits |= iommu_has(b, IOMMU_48) ? BIT(7) : 0;
    return bits;
}

/* A width that is alone is never away. */
static uint64_t can_be_away(const struct bench *b)
{
    uint64_t widths = ALL_WIDTHS & ~(uint64_t)b->vtd.away;

    return (widths & (widths - 1)) == 0 ? ~widths : UINT64_MAX;
}

/* block_iommu.h names the bits. */
static uint64_t together(const struct bench *b)
{
    uint64_t bits = UINT64_MAX;

    if (!iommu_has(b, IOMMU_QI))
        bits &= ~(DECIDE_BITS(7, 5) | BIT(11));
    if (!iommu_has(b, IOMMU_DT))
        bits &= ~(BIT(9) | BIT(10) | BIT(13) | DECIDE_BITS(17, 15));
    return bits;
}

/* Bits of a group that is possible. */
static uint64_t bits(const struct bench *b, unsigned group)
{
    switch (group) {
    case G_TOGETHER:
        return together(b);
    case G_RECORDS:
        return b->o->vtd.fault_records == 0 ? UINT64_MAX : BIT(b->vtd.fault_records - 1);
    case G_FRCD_INDEX:
        return BIT(b->vtd.fault_records) - 1;
    case G_AWAY:
        return can_be_away(b);
    case G_IOTLB_4K:
    case G_IOTLB_2M:
    case G_IOTLB_1G:
    case G_LEVEL_2:
    case G_LEVEL_3:
    case G_LEVEL_4:
    case G_LEVEL_5:
        return BIT(12 + 9 * levels(b)) - 1;
    case G_FEADDR:
    case G_IEADDR:
        return iommu_has(b, IOMMU_EIM) ? UINT64_MAX : UINT32_MAX;
    case G_READ_ERROR:
        return read_errors(b);
    case G_CPL_LEVEL:
        return BIT(2 * levels(b)) - 1;
    case G_ADDRESS_TYPE:
    case G_ADDRESS_TYPE_HIT:
        return iommu_has(b, IOMMU_PT) ? UINT64_MAX : ~DECIDE_BITS(11, 8);
    case G_TIME: /* 11: the bus waits on the way */
        return b->o->wait_states_max != 0 ? UINT64_MAX : ~BIT(11);
    default:
        return UINT64_MAX;
    }
}

uint64_t width_possible(const struct bench *b, unsigned group)
{
    return possible(b, group) ? bits(b, group) : 0;
}
