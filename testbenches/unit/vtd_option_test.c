// SPDX-License-Identifier: Apache-2.0
// --vtd. docs/iommu.md I1.
#include "vtd_option.h"

#include <stddef.h>

#include "gt.h"
#include "iommu/iommu.h"

#define BIT(n) (UINT32_C(1) << (n))

static struct rw_vtd read_list(const char *list)
{
    struct rw_vtd v = {0};
    char error[VTD_HELP_BYTES + 80];

    EXPECT_TRUE(vtd_option(list, &v, error, sizeof(error)));
    return v;
}

GT_TEST(vtd_option, what_needs_something_away_goes_too)
{
    EXPECT_U64(BIT(IOMMU_EIM), read_list("-eim").away);
    EXPECT_U64(BIT(IOMMU_IR) | BIT(IOMMU_EIM), read_list("-ir").away);
    EXPECT_U64(BIT(IOMMU_DT), read_list("-dt").away);
    EXPECT_U64(BIT(IOMMU_QI) | BIT(IOMMU_IR) | BIT(IOMMU_EIM) | BIT(IOMMU_DT),
               read_list("-qi").away);
    EXPECT_U64(BIT(IOMMU_2M) | BIT(IOMMU_1G), read_list("-2m").away);
    EXPECT_U64(BIT(IOMMU_39) | BIT(IOMMU_57), read_list("-57,-39").away);
    EXPECT_U64(0, read_list("-pt,+pt").away);
    EXPECT_U64(3, read_list("records=3").fault_records);
}

GT_TEST(vtd_option, nonsense_is_refused)
{
    static const char *const lists[] = {"",          "qi",        "-",    "-frob",
                                        "records=0", "records=9", "-qi,", "-39,-48,-57"};

    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        struct rw_vtd v = {0};
        char error[VTD_HELP_BYTES + 80] = "";

        EXPECT_TRUE(!vtd_option(lists[i], &v, error, sizeof(error)));
        EXPECT_TRUE(error[0] != 0);
    }
}
