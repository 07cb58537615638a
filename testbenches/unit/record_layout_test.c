// SPDX-License-Identifier: Apache-2.0
// docs/record.md against model/record.h, offset by offset; rtl/record_pkg.sv is held against the
// same numbers by record_layout.sv's elaboration (testbenches/unit/record_layout.sv).
#include <stddef.h>

#include "gt.h"
#include "record.h"

GT_TEST(record_layout, sizes)
{
    EXPECT_U64(248, sizeof(struct rec_retire));
    EXPECT_U64(688, sizeof(struct rec_sys));
    EXPECT_U64(40, sizeof(struct rec_walk));
    EXPECT_U64(56, sizeof(struct rec_xlate));
    EXPECT_U64(56, sizeof(struct rec_bus));
    EXPECT_U64(48, sizeof(struct rec_iwalk));
    EXPECT_U64(72, sizeof(struct rec_dma));
    EXPECT_U64(48, sizeof(struct rec_iommu));
    EXPECT_U64(32, sizeof(struct rec_stim));
}

GT_TEST(record_layout, retire)
{
    EXPECT_U64(40, offsetof(struct rec_retire, gpr));
    EXPECT_U64(168, offsetof(struct rec_retire, bytes));
    EXPECT_U64(184, offsetof(struct rec_retire, len));
    EXPECT_U64(189, offsetof(struct rec_retire, flags));
    EXPECT_U64(190, offsetof(struct rec_retire, boundary));
    EXPECT_U64(192, offsetof(struct rec_retire, error_code));
    EXPECT_U64(196, offsetof(struct rec_retire, core));
    EXPECT_U64(200, offsetof(struct rec_retire, cr2));
}

GT_TEST(record_layout, sys)
{
    EXPECT_U64(56, offsetof(struct rec_sys, dr));
    EXPECT_U64(88, offsetof(struct rec_sys, gdtr_base));
    EXPECT_U64(104, offsetof(struct rec_sys, gdtr_limit));
    EXPECT_U64(112, offsetof(struct rec_sys, seg));
    EXPECT_U64(24, sizeof(struct rec_seg_state));
    EXPECT_U64(12, offsetof(struct rec_seg_state, selector));
    EXPECT_U64(14, offsetof(struct rec_seg_state, attr));
    EXPECT_U64(304, offsetof(struct rec_sys, star));
    EXPECT_U64(408, offsetof(struct rec_sys, pkrs));
    EXPECT_U64(416, offsetof(struct rec_sys, core));
    EXPECT_U64(417, offsetof(struct rec_sys, asked));
    EXPECT_U64(424, offsetof(struct rec_sys, pkru));
    EXPECT_U64(432, offsetof(struct rec_sys, pdpte));
    EXPECT_U64(464, offsetof(struct rec_sys, mtrr_def_type));
    EXPECT_U64(472, offsetof(struct rec_sys, mtrr_base));
    EXPECT_U64(536, offsetof(struct rec_sys, mtrr_mask));
    EXPECT_U64(600, offsetof(struct rec_sys, zero));
}

GT_TEST(record_layout, translations)
{
    EXPECT_U64(24, offsetof(struct rec_walk, kind));
    EXPECT_U64(25, offsetof(struct rec_walk, level));
    EXPECT_U64(26, offsetof(struct rec_walk, core));
    EXPECT_U64(24, offsetof(struct rec_xlate, error_code));
    EXPECT_U64(28, offsetof(struct rec_xlate, latency));
    EXPECT_U64(32, offsetof(struct rec_xlate, requester));
    EXPECT_U64(40, offsetof(struct rec_xlate, psc));
    EXPECT_U64(41, offsetof(struct rec_xlate, core));
}

GT_TEST(record_layout, bus_and_iommu)
{
    EXPECT_U64(24, offsetof(struct rec_bus, data));
    EXPECT_U64(40, offsetof(struct rec_bus, be));
    EXPECT_U64(42, offsetof(struct rec_bus, src));
    EXPECT_U64(44, offsetof(struct rec_bus, core));
    EXPECT_U64(16, offsetof(struct rec_iwalk, value));
    EXPECT_U64(32, offsetof(struct rec_iwalk, kind));
    EXPECT_U64(48, offsetof(struct rec_dma, latency));
    EXPECT_U64(52, offsetof(struct rec_dma, sid));
    EXPECT_U64(54, offsetof(struct rec_dma, phase));
    EXPECT_U64(63, offsetof(struct rec_dma, tag));
    EXPECT_U64(64, offsetof(struct rec_dma, at));
    EXPECT_U64(32, offsetof(struct rec_iommu, kind));
    EXPECT_U64(34, offsetof(struct rec_iommu, count));
    EXPECT_U64(36, offsetof(struct rec_iommu, latency));
    EXPECT_U64(16, offsetof(struct rec_stim, kind));
    EXPECT_U64(17, offsetof(struct rec_stim, core));
}
