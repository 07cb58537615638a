// SPDX-License-Identifier: Apache-2.0
// Protected low and high memory region. VT-d "Protected Memory Enable Register" and the base and
// limit registers; docs/iommu.md I91.
#include "iommu/iommu_internal.h"

/* The registers hold the 0s and 1s of the bits that are not theirs. */
static bool covers(uint64_t base, uint64_t limit, uint64_t addr)
{
    return addr >= base && addr <= limit;
}

bool protected_address(const struct iommu *u, uint64_t addr)
{
    if ((u->reg[REG_PMEN] & PMEN_PRS) == 0)
        return false;
    if (config_has(&u->config, IOMMU_PLMR) &&
        covers(u->reg[REG_PLMBASE], u->reg[REG_PLMLIMIT], addr))
        return true;
    return config_has(&u->config, IOMMU_PHMR) &&
           covers(reg_wide(u, REG_PHMBASE), reg_wide(u, REG_PHMLIMIT), addr);
}

/* EPM shows in PRS at once. Without a region there is no such register. */
void pmen_written(struct iommu *u, uint32_t value)
{
    bool offered = config_has(&u->config, IOMMU_PLMR) || config_has(&u->config, IOMMU_PHMR);

    u->reg[REG_PMEN] = offered && (value & PMEN_EPM) != 0 ? PMEN_EPM | PMEN_PRS : 0;
}
