// SPDX-License-Identifier: Apache-2.0
// A unit of which somebody else does the walking: its registers, fault records, queue head and
// events are this model's, and go on with what the other one says it did. Whoever tells has judged
// it. VT-d "Primary Fault Logging", "Queued Invalidation Error".
#include "iommu/iommu_internal.h"

#define FRCD_SID       UINT64_C(0xFFFF)
#define FRCD_FR_SHIFT  32
#define FRCD_AT_SHIFT  60
#define FRCD_T1        (UINT64_C(1) << 62)
#define CAP_MAMV_SHIFT 48
#define CAP_MAMV_MASK  0x3F
#define MHMV_SHIFT     20
#define MHMV_MASK      0xF

void iommu_told_offer(struct iommu *u, uint64_t cap, uint64_t ecap)
{
    u->reg[REG_CAP] = (uint32_t)cap;
    u->reg[REG_CAP_HI] = (uint32_t)(cap >> 32);
    u->reg[REG_ECAP] = (uint32_t)ecap;
    u->reg[REG_ECAP_HI] = (uint32_t)(ecap >> 32);
    u->config.mamv = cap >> CAP_MAMV_SHIFT & CAP_MAMV_MASK;
    u->config.mhmv = ecap >> MHMV_SHIFT & MHMV_MASK;
}

bool iommu_told_fault(struct iommu *u, unsigned index, uint64_t lo, uint64_t hi)
{
    const struct fault_desc f = {.info = lo,
                                 .sid = (uint16_t)(hi & FRCD_SID),
                                 .reason = (uint8_t)(hi >> FRCD_FR_SHIFT),
                                 .at = hi >> FRCD_AT_SHIFT & 3,
                                 .write = (hi & FRCD_T1) == 0};

    if (index != u->next_frcd || (u->frcd[index].hi & FRCD_F) != 0 ||
        (u->reg[REG_FSTS] & FSTS_PFO) != 0)
        return false;
    fault_record(u, &f);
    event_send(u);
    return true;
}

void iommu_told_queue_error(struct iommu *u, unsigned code)
{
    u->reg[REG_IQERCD] = code;
    fault_queue_error(u, FSTS_IQE);
    event_send(u);
}

void iommu_told_overflow(struct iommu *u)
{
    u->reg[REG_FSTS] |= FSTS_PFO;
}
