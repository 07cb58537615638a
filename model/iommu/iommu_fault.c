// SPDX-License-Identifier: Apache-2.0
// Primary fault logging and the fault status. VT-d "Primary Fault Logging", "Fault Status
// Register"; docs/iommu.md: no collapsing of faults of one source-id.
#include "iommu/iommu_internal.h"

/* FRCD, high qword; T2, PRIV, EXE, PP and PV are 0 for the requests of legacy mode */
#define FRCD_FR_SHIFT 32
#define FRCD_AT_SHIFT 60
#define FRCD_T1       (UINT64_C(1) << 62) /* 1 read, 0 write */
#define FRCD_FI       (~UINT64_C(0xFFF))  /* low qword */

static void write_frcd(struct iommu *u, const struct fault_desc *f)
{
    struct frcd *frcd = &u->frcd[u->next_frcd];
    struct rec_iommu r = {.kind = IOMMU_FAULT_RECORD, .addr = u->next_frcd};

    frcd->lo = f->info & FRCD_FI;
    frcd->hi = f->sid | (uint64_t)f->reason << FRCD_FR_SHIFT |
               (uint64_t)(f->at & 3u) << FRCD_AT_SHIFT | (f->write ? 0 : FRCD_T1) | FRCD_F;
    r.lo = frcd->lo;
    r.hi = frcd->hi;
    emit_iommu(u, &r);
}

uint8_t fault_record(struct iommu *u, const struct fault_desc *f)
{
    uint32_t *fsts = &u->reg[REG_FSTS];
    uint32_t before = *fsts;

    if (f->hidden)
        return 0;
    if ((before & FSTS_PFO) != 0)
        return 3;
    if ((u->frcd[u->next_frcd].hi & FRCD_F) != 0) {
        *fsts |= FSTS_PFO;
        return 2;
    }
    write_frcd(u, f);
    if ((before & FSTS_PPF) == 0)
        *fsts = (before & ~FSTS_FRI) | FSTS_PPF | u->next_frcd << FSTS_FRI_SHIFT;
    u->next_frcd = (u->next_frcd + 1) % u->config.fault_records;
    if ((before & FSTS_CONDITIONS) == 0)
        event_condition(u, EVENT_FAULT);
    return 1;
}

void fault_queue_error(struct iommu *u, uint32_t status)
{
    uint32_t before = u->reg[REG_FSTS];

    u->reg[REG_FSTS] |= status;
    if ((before & FSTS_CONDITIONS) == 0)
        event_condition(u, EVENT_FAULT);
}

/* Software cleared a status: with the last one a held event falls. VT-d "Fault Event Control
 * Register", IP. */
void fault_status_cleared(struct iommu *u)
{
    if ((u->reg[REG_FSTS] & FSTS_PENDING) == 0)
        event_serviced(u, EVENT_FAULT);
}

/* Software cleared an F; with the last one PPF falls. */
void fault_record_cleared(struct iommu *u)
{
    for (unsigned i = 0; i < u->config.fault_records; i++)
        if ((u->frcd[i].hi & FRCD_F) != 0)
            return;
    u->reg[REG_FSTS] &= ~FSTS_PPF;
    fault_status_cleared(u);
}
