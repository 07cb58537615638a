// SPDX-License-Identifier: Apache-2.0
// Memory types of the golden model. SDM Vol. 3A "MTRR Precedences", "Effective Page-Level Memory
// Types for Pentium III and More Recent Processor Families"; docs/mmu.md M23, M25.
#include "gt.h"
#include "mmu/mmu.h"

#define ON  UINT64_C(0x800) /* IA32_MTRR_DEF_TYPE.E, IA32_MTRR_PHYSMASKn.V */
#define ALL UINT64_C(0xFFFFFFF000)

enum { UC = 0, WC = 1, WT = 4, WP = 5, WB = 6, UC_MINUS = 7 };

GT_TEST(mmu_mtrr, disabled_everything_is_uncached)
{
    struct mmu_mtrrs m = {.def_type = WB, .base = {0x1000 | WT}, .mask = {ALL | ON}};

    EXPECT_U64(UC, mmu_mtrr_type(&m, 0));
    EXPECT_U64(UC, mmu_mtrr_type(&m, 0x1000));
}

GT_TEST(mmu_mtrr, a_range_is_its_mask_on_bits_39_to_12)
{
    struct mmu_mtrrs m = {.def_type = ON | WB,
                          .base = {UINT64_C(0x8000200000) | WC},
                          .mask = {UINT64_C(0xFFFFE00000) | ON}};

    EXPECT_U64(WC, mmu_mtrr_type(&m, UINT64_C(0x8000200000)));
    EXPECT_U64(WC, mmu_mtrr_type(&m, UINT64_C(0x80003FFFFF)));
    EXPECT_U64(WB, mmu_mtrr_type(&m, UINT64_C(0x80001FFFFF)));
    EXPECT_U64(WB, mmu_mtrr_type(&m, UINT64_C(0x8000400000)));
    EXPECT_U64(WB, mmu_mtrr_type(&m, 0x200000));
}

GT_TEST(mmu_mtrr, a_mask_need_not_be_contiguous)
{
    struct mmu_mtrrs m = {
        .def_type = ON | WB, .base = {0x1000 | WP}, .mask = {UINT64_C(0x1000) | ON}};

    EXPECT_U64(WP, mmu_mtrr_type(&m, 0x1234));
    EXPECT_U64(WP, mmu_mtrr_type(&m, UINT64_C(0xFFFFFFF000)));
    EXPECT_U64(WB, mmu_mtrr_type(&m, 0x2000));
}

GT_TEST(mmu_mtrr, a_range_without_v_is_not_there)
{
    struct mmu_mtrrs m = {.def_type = ON | WT, .base = {WC}, .mask = {ALL}};

    EXPECT_U64(WT, mmu_mtrr_type(&m, 0));
}

/* Two ranges hold the same page, in the first and the last pair, in both orders. */
GT_TEST(mmu_mtrr, overlap)
{
    static const uint8_t rows[][3] = {
        {UC, UC, UC}, {UC, WC, UC}, {UC, WT, UC}, {UC, WP, UC}, {UC, WB, UC},
        {WC, WC, WC}, {WC, WT, UC}, {WC, WP, UC}, {WC, WB, UC}, {WT, WT, WT},
        {WT, WP, UC}, {WT, WB, WT}, {WP, WP, WP}, {WP, WB, UC}, {WB, WB, WB},
    };

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct mmu_mtrrs m = {.def_type = ON | WB, .mask = {[0] = ALL | ON, [7] = ALL | ON}};

        m.base[0] = rows[i][0];
        m.base[7] = rows[i][1];
        EXPECT_U64(rows[i][2], mmu_mtrr_type(&m, 0));
        m.base[0] = rows[i][1];
        m.base[7] = rows[i][0];
        EXPECT_U64(rows[i][2], mmu_mtrr_type(&m, 0));
        EXPECT_U64(WB, mmu_mtrr_type(&m, 0x1000));
    }
}

GT_TEST(mmu_mtrr, three_ranges_of_which_one_is_uncached)
{
    struct mmu_mtrrs m = {
        .def_type = ON | WB, .base = {WT, UC, WB}, .mask = {ALL | ON, ALL | ON, ALL | ON}};

    EXPECT_U64(UC, mmu_mtrr_type(&m, 0));
}

/* The table of the SDM, row by row. */
GT_TEST(mmu_mtrr, effective_type)
{
    static const uint8_t rows[][3] = {
        /* MTRR, PAT, effective */
        {UC, UC, UC}, {UC, UC_MINUS, UC}, {UC, WC, WC}, {UC, WT, UC}, {UC, WB, UC}, {UC, WP, UC},
        {WC, UC, UC}, {WC, UC_MINUS, WC}, {WC, WC, WC}, {WC, WT, UC}, {WC, WB, WC}, {WC, WP, UC},
        {WT, UC, UC}, {WT, UC_MINUS, UC}, {WT, WC, WC}, {WT, WT, WT}, {WT, WB, WT}, {WT, WP, WP},
        {WB, UC, UC}, {WB, UC_MINUS, UC}, {WB, WC, WC}, {WB, WT, WT}, {WB, WB, WB}, {WB, WP, WP},
        {WP, UC, UC}, {WP, UC_MINUS, WC}, {WP, WC, WC}, {WP, WT, WT}, {WP, WB, WP}, {WP, WP, WP},
    };

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        EXPECT_U64(rows[i][2],
                   mmu_effective_type((enum memtype)rows[i][0], (enum memtype)rows[i][1]));
}
