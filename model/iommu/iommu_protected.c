// SPDX-License-Identifier: Apache-2.0
// Protected low and high memory region. VT-d "Protected Memory Enable Register" and the base and
// limit registers; docs/iommu.md I91.
#include "iommu/iommu_internal.h"

/* The registers hold the 0s and 1s of the bits that are not theirs. */
static bool covers(struct iommu_region r, uint64_t addr)
{
    return addr >= r.base && addr <= r.limit;
}

struct iommu_region iommu_protected(const struct iommu *u, unsigned high)
{
    if ((u->reg[REG_PMEN] & PMEN_PRS) == 0 ||
        !config_has(&u->config, high ? IOMMU_PHMR : IOMMU_PLMR))
        return (struct iommu_region){1, 0};
    if (high)
        return (struct iommu_region){reg_wide(u, REG_PHMBASE), reg_wide(u, REG_PHMLIMIT)};
    return (struct iommu_region){u->reg[REG_PLMBASE], u->reg[REG_PLMLIMIT]};
}

bool protected_address(const struct iommu *u, uint64_t addr)
{
    return covers(iommu_protected(u, 0), addr) || covers(iommu_protected(u, 1), addr);
}

/* EPM shows in PRS at once. Without a region there is no such register. */
void pmen_written(struct iommu *u, uint32_t value)
{
    bool offered = config_has(&u->config, IOMMU_PLMR) || config_has(&u->config, IOMMU_PHMR);

    u->reg[REG_PMEN] = offered && (value & PMEN_EPM) != 0 ? PMEN_EPM | PMEN_PRS : 0;
}
