// SPDX-License-Identifier: Apache-2.0
// What a unit with some of the capabilities of docs/iommu.md shows, for the legality oracle: a
// reading beside the model's and the RTL's.
#include "vtd_unit.h"

#include <stddef.h>

#include "iommu/iommu.h"

/* docs/iommu.md "Configuration". */
#define HAW           40
#define PROTECTED_BIT 21
#define CAP_ALL       UINT64_C(0x00D2078C20780E66)
#define ECAP_ALL      UINT64_C(0x0000000000F0105F)

static const struct {
    enum iommu_feature feature;
    uint64_t cap, ecap; /* what its absence clears */
} features[] = {{IOMMU_QI, 0, 1u << 1},
                {IOMMU_IR, 0, 1u << 3 | 0xFu << 20},
                {IOMMU_EIM, 0, 1u << 4},
                {IOMMU_PT, 0, 1u << 6},
                {IOMMU_PLMR, 1u << 5, 0},
                {IOMMU_PHMR, 1u << 6, 0},
                {IOMMU_PSI, UINT64_C(1) << 39 | UINT64_C(0x3F) << 48, 0},
                {IOMMU_ZLR, 1u << 22, 0},
                {IOMMU_2M, UINT64_C(1) << 34, 0},
                {IOMMU_1G, UINT64_C(1) << 35, 0},
                {IOMMU_39, 1u << 9, 0},
                {IOMMU_48, 1u << 10, 0},
                {IOMMU_57, 1u << 11, 0},
                {IOMMU_DT, 0, 1u << 2}};

struct legality_unit vtd_unit(const struct rw_vtd *vtd)
{
    struct legality_unit u = {CAP_ALL, ECAP_ALL, HAW, PROTECTED_BIT};
    uint64_t mgaw;

    for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++)
        if (vtd->away >> features[i].feature & 1) {
            u.cap &= ~features[i].cap;
            u.ecap &= ~features[i].ecap;
        }
    mgaw = !(vtd->away >> IOMMU_57 & 1) ? 56 : !(vtd->away >> IOMMU_48 & 1) ? 47 : 38;
    u.cap = (u.cap & ~(UINT64_C(0x3F) << 16)) | mgaw << 16; /* of the widest that is left */
    u.cap = (u.cap & ~(UINT64_C(0xFF) << 40)) | (uint64_t)(vtd->fault_records - 1) << 40;
    return u;
}
