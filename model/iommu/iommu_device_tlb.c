// SPDX-License-Identifier: Apache-2.0
// Device-TLBs: the completion of a translation request, the invalidation that is outstanding, its
// completion and its time-out. VT-d "Device-TLB Invalidate", "Invalidation Queue Error Record
// Register"; docs/iommu.md I101 to I106.
#include <string.h>

#include "iommu/iommu_internal.h"

/* A translation request: bit 0 of the address. A completion: R and W are bits 0 and 1. */
#define REQUEST_NW       UINT64_C(1)
#define COMPLETION_S     UINT64_C(0x800)
#define COMPLETION_BYTES 8

#define COMPLETION_LATENCY 3
#define TIME_OUT_LATENCY   2

/* IQERCD, high dword: ICESID above ITESID */
#define ICESID_SHIFT 16
#define ICESID       UINT32_C(0xFFFF0000)
#define ITESID       UINT32_C(0x0000FFFF)

bool completion_wanted(const struct iommu_request *q)
{
    return q->out.at == AT_TRANSLATION;
}

bool completion_malformed(const struct iommu_request *q)
{
    return completion_wanted(q) && (q->out.write != 0 || q->out.len != COMPLETION_BYTES);
}

static struct iommu_step answer(struct iommu_request *q, unsigned page_log2)
{
    q->out.latency += 1;
    q->out.status = DMA_COMPLETED;
    q->out.page_log2 = (uint8_t)page_log2;
    return (struct iommu_step){.action = IOMMU_DO_DONE};
}

struct iommu_step completion_empty(struct iommu_request *q)
{
    return answer(q, 0);
}

/* The lowest zero bit from bit 12 on says the size, where S is set. */
static uint64_t completion_size(unsigned page_log2)
{
    return page_log2 == 12 ? 0 : COMPLETION_S | (low_bits(page_log2 - 1) & ~low_bits(12));
}

struct iommu_step completion_answer(struct iommu_request *q, const struct iotlb_entry *e)
{
    bool no_write = (q->out.iova & REQUEST_NW) != 0;
    uint64_t rights = no_write ? e->rights & RIGHT_R : e->rights & RIGHTS_ALL;
    uint64_t data = e->frame | completion_size(e->page_log2) | rights;

    if (rights != 0) {
        memcpy(q->out.data, &data, sizeof(data));
        q->out.pa = iotlb_hpa(e, q->out.iova) & ~low_bits(12);
    }
    return answer(q, e->page_log2);
}

bool iommu_outstanding(const struct iommu *u)
{
    return u->outstanding;
}

void device_invalidate(struct iommu *u, const struct iommu_invalidate *i)
{
    u->outstanding = true;
    u->outstanding_sid = i->sid;
    if (u->env.invalidate != NULL)
        u->env.invalidate(u->env.ctx, i);
}

/* What is dropped: with translation off, or without device-TLBs, everything. */
static bool completion_counts(const struct iommu *u)
{
    return config_has(&u->config, IOMMU_DT) && (u->reg[REG_GSTS] & GSTS_TES) != 0;
}

struct iommu_step iommu_complete(struct iommu *u, struct iommu_command *c, uint16_t sid, bool error)
{
    struct rec_iommu r = {.kind = IOMMU_COMPLETION, .lo = sid, .size = error};
    bool expected = u->outstanding && u->outstanding_sid == sid;
    uint32_t *sids = &u->reg[REG_IQERCD_HI];

    *c = (struct iommu_command){.latency = COMPLETION_LATENCY};
    if (completion_counts(u)) {
        if (expected)
            u->outstanding = false;
        if (error || !expected) {
            *sids = (*sids & ~ICESID) | (uint32_t)sid << ICESID_SHIFT;
            fault_queue_error(u, FSTS_ICE);
        }
    }
    emit_iommu(u, &r);
    return command_end(u, c);
}

struct iommu_step iommu_time_out(struct iommu *u, struct iommu_command *c)
{
    struct rec_iommu r = {.kind = IOMMU_TIME_OUT, .lo = u->outstanding_sid};
    uint32_t *sids = &u->reg[REG_IQERCD_HI];

    *c = (struct iommu_command){.latency = TIME_OUT_LATENCY};
    u->outstanding = false;
    *sids = (*sids & ~ITESID) | u->outstanding_sid;
    fault_queue_error(u, FSTS_ITE);
    emit_iommu(u, &r);
    return command_end(u, c);
}
