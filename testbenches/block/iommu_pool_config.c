// SPDX-License-Identifier: Apache-2.0
// What the unit of the pool has: mostly everything, at times only a part. docs/iommu.md I1.
#include "iommu_pool.h"

#define WHOLE_PERCENT 60
#define AWAY_PERCENT  15 /* of each capability */

#define BIT(n) (UINT32_C(1) << (n))

static const struct {
    enum iommu_feature feature, needs;
} needs[] = {
    {IOMMU_IR, IOMMU_QI}, {IOMMU_EIM, IOMMU_IR}, {IOMMU_1G, IOMMU_2M}, {IOMMU_DT, IOMMU_QI}};

struct rw_vtd pool_config(struct bench *b)
{
    const struct rw_vtd *most = &b->o->vtd;
    struct rw_vtd vtd = {.away = most->away, .fault_records = 8};
    unsigned stays;

    if (most->fault_records != 0)
        vtd.fault_records = most->fault_records;
    if (iommu_own_judged(b) || block_chance(&b->random, WHOLE_PERCENT))
        return vtd;
    for (unsigned i = 0; i < IOMMU_FEATURES; i++)
        vtd.away |= block_chance(&b->random, AWAY_PERCENT) ? BIT(i) : 0;
    for (unsigned i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
        if (vtd.away & BIT(needs[i].needs))
            vtd.away |= BIT(needs[i].feature);
    do
        stays = block_below(&b->random, 3); /* one width */
    while (most->away & BIT(IOMMU_39 + stays));
    vtd.away &= ~BIT(IOMMU_39 + stays);
    if (block_chance(&b->random, 85) && most->fault_records == 0)
        vtd.fault_records = (uint8_t)(1 + block_below(&b->random, 8));
    return vtd;
}
