// SPDX-License-Identifier: Apache-2.0
// Interrupt requests: remapping table, interrupt-entry cache, the message that goes out. VT-d
// "Interrupt Remapping"; docs/iommu.md I71 to I76.
#include "iommu/iommu_internal.h"

/* Address of a request in remappable format */
#define REQUEST_FORMAT     (UINT64_C(1) << 4) /* 0: compatibility format */
#define REQUEST_SHV        (UINT64_C(1) << 3)
#define REQUEST_HANDLE_15  (UINT64_C(1) << 2)
#define REQUEST_HANDLE_LOW 5 /* handle 14:0 in bits 19:5 */
/* Data of it; subhandle in bits 15:0 */
#define REQUEST_DATA_RESERVED UINT32_C(0xFFFF0000)

/* IRTE, low qword */
#define IRTE_P            UINT64_C(1)
#define IRTE_FPD          (UINT64_C(1) << 1)
#define IRTE_DM           2
#define IRTE_RH           3
#define IRTE_TM           4
#define IRTE_DLM          5
#define IRTE_VECTOR       16
#define IRTE_DST          32
#define IRTE_RESERVED_LO  UINT64_C(0x00000000FF00F000) /* 31:24, 14:12; IM, as CAP.PI = 0 */
#define IRTE_RESERVED_DST UINT64_C(0xFFFF00FF00000000) /* without EIME: all but 47:40 */
/* high qword */
#define IRTE_SQ          16
#define IRTE_SVT         18
#define IRTE_RESERVED_HI (~UINT64_C(0xFFFFF)) /* 127:84 */

#define SVT_NONE      0u
#define SVT_SOURCE_ID 1u
#define SVT_BUS_RANGE 2u

#define IRTA_S UINT64_C(0xF)

static bool extended(const struct iommu *u)
{
    return (u->irta & IRTA_EIME) != 0;
}

/* VT-d "Interrupt Address Range": an untranslated dword write is a request, nothing else is let
 * through. */
static bool is_request(const struct rec_dma *r)
{
    return r->write != 0 && r->len == 4 && (r->iova & 3) == 0 && r->at == 0;
}

/* 17 bits: the sum of handle and subhandle is not cut. */
static uint32_t request_index(uint64_t addr, uint32_t data)
{
    uint32_t handle = (uint32_t)(addr >> REQUEST_HANDLE_LOW) & 0x7FFF;

    if ((addr & REQUEST_HANDLE_15) != 0)
        handle |= 0x8000;
    return (addr & REQUEST_SHV) != 0 ? handle + (data & 0xFFFF) : handle;
}

static struct iommu_step request_message(struct iommu_request *q, enum rec_dma_status status,
                                         uint64_t addr, uint32_t data)
{
    q->out.latency += 1;
    q->out.status = (uint8_t)status;
    q->out.pa = addr;
    q->state = ST_LAST;
    return (struct iommu_step){.action = IOMMU_DO_MESSAGE, .addr = addr, .bytes = 4, .data = data};
}

static struct iommu_step interrupt_fault(struct iommu *u, struct iommu_request *q,
                                         enum iommu_fault code, bool hidden)
{
    bool no_index = code == FAULT_REQUEST_RESERVED || code == FAULT_COMPATIBILITY;
    struct fault_desc f = {.info = no_index ? 0 : q->scratch[SCRATCH_INDEX] << 48,
                           .sid = q->out.sid,
                           .reason = (uint8_t)code,
                           .write = true, /* T1 = 0 */
                           .hidden = hidden};

    return request_block(u, q, &f);
}

static bool cache_lookup(const struct interrupt_cache *ic, uint16_t index, struct irte *e)
{
    for (unsigned i = 0; i < ic->slots.count; i++) {
        if (ic->slots.valid[i] && ic->line[i].index == index) {
            *e = ic->line[i].entry;
            return true;
        }
    }
    return false;
}

/* Called after a miss only, so the tag is never present. */
static void cache_fill(struct interrupt_cache *ic, uint16_t index, struct irte e)
{
    unsigned i;

    if (ic->slots.count == 0)
        return;
    i = slots_victim(&ic->slots);
    ic->slots.valid[i] = true;
    ic->line[i] = (struct interrupt_line){.index = index, .entry = e};
}

unsigned interrupt_invalidate(struct interrupt_cache *ic, const struct interrupt_inv *inv)
{
    unsigned dropped = 0;

    for (unsigned i = 0; i < ic->slots.count; i++)
        if (inv->global || (ic->line[i].index ^ inv->index) >> inv->im == 0)
            dropped += slots_drop(&ic->slots, i);
    return dropped;
}

static bool source_valid(struct irte e, uint16_t sid)
{
    uint16_t of_entry = (uint16_t)e.hi;
    unsigned bus = sid >> 8;

    switch (e.hi >> IRTE_SVT & 3) {
    case SVT_NONE:
        return true;
    case SVT_SOURCE_ID:
        return source_id_matches(of_entry, sid, e.hi >> IRTE_SQ & 3);
    case SVT_BUS_RANGE:
        return of_entry >> 8 <= bus && bus <= (of_entry & 0xFF);
    default:
        return false;
    }
}

/* With EIME the destination's bits 31:8 stand in address bits 63:40, where the entry has them. */
static uint64_t message_address(const struct iommu *u, struct irte e)
{
    uint64_t dst = e.lo >> IRTE_DST;
    uint64_t low = extended(u) ? dst & 0xFF : dst >> 8 & 0xFF;
    uint64_t high = extended(u) ? dst >> 8 : 0;

    return high << 40 | UINT64_C(0xFEE00000) | low << 12 | (e.lo >> IRTE_RH & 1) << 3 |
           (e.lo >> IRTE_DM & 1) << 2;
}

static uint32_t message_data(struct irte e)
{
    uint32_t lo = (uint32_t)e.lo;

    return (lo >> IRTE_TM & 1) << 15 | UINT32_C(1) << 14 | (lo >> IRTE_DLM & 7) << 8 |
           (lo >> IRTE_VECTOR & 0xFF);
}

/* I74, I75. */
static struct iommu_step interrupt_known(struct iommu *u, struct iommu_request *q, struct irte e)
{
    if (!source_valid(e, q->out.sid))
        return interrupt_fault(u, q, FAULT_SOURCE, (e.lo & IRTE_FPD) != 0);
    return request_message(q, DMA_REMAPPED, message_address(u, e), message_data(e));
}

static uint64_t irte_address(const struct iommu *u, const struct iommu_request *q)
{
    return table_address(u, page_address(u->irta, &u->config), 16 * q->scratch[SCRATCH_INDEX]);
}

static struct iommu_step lookup(struct iommu *u, struct iommu_request *q)
{
    struct irte e;

    if (cache_lookup(&u->interrupts, (uint16_t)q->scratch[SCRATCH_INDEX], &e)) {
        q->out.hit |= 1;
        return interrupt_known(u, q, e);
    }
    return request_read(q, ST_IRTE, irte_address(u, q), 16);
}

/* I11 (is it one?), I71, I72: what ends here ends in the cycle of the lookup. */
struct iommu_step interrupt_begin(struct iommu *u, struct iommu_request *q, uint32_t data)
{
    uint32_t gsts = u->reg[REG_GSTS];

    if (!is_request(&q->out))
        return request_reject(q);
    if ((gsts & GSTS_IRES) == 0)
        return request_message(q, DMA_MESSAGE, q->out.iova, data);
    q->out.latency += 1;
    if ((q->out.iova & REQUEST_FORMAT) == 0) {
        if (extended(u) || (gsts & GSTS_CFIS) == 0)
            return interrupt_fault(u, q, FAULT_COMPATIBILITY, false);
        return request_message(q, DMA_MESSAGE, q->out.iova, data);
    }
    if ((data & REQUEST_DATA_RESERVED) != 0)
        return interrupt_fault(u, q, FAULT_REQUEST_RESERVED, false);
    q->scratch[SCRATCH_INDEX] = request_index(q->out.iova, data);
    if (q->scratch[SCRATCH_INDEX] >= UINT64_C(2) << (u->irta & IRTA_S))
        return interrupt_fault(u, q, FAULT_INDEX, false);
    return lookup(u, q);
}

static enum iommu_fault irte_check(const struct iommu *u, struct irte e)
{
    if ((e.lo & IRTE_P) == 0)
        return FAULT_IRTE_NOT_PRESENT;
    if ((e.lo & IRTE_RESERVED_LO) != 0 || (e.hi & IRTE_RESERVED_HI) != 0)
        return FAULT_IRTE_RESERVED;
    if (!extended(u) && (e.lo & IRTE_RESERVED_DST) != 0)
        return FAULT_IRTE_RESERVED;
    return FAULT_NONE;
}

/* I73: an entry is cached before its source is validated. */
struct iommu_step interrupt_irte_read(struct iommu *u, struct iommu_request *q,
                                      const struct iommu_read *read)
{
    struct irte e = {read->data[0], read->data[1]};
    struct rec_iwalk r = {.addr = irte_address(u, q), .value = {e.lo, e.hi}, .kind = IWALK_IRTE};
    enum iommu_fault code = irte_check(u, e);

    q->out.latency += 2;
    emit_iwalk(u, &r);
    if (read->error)
        return interrupt_fault(u, q, FAULT_IRTE_UNREAD, false);
    if (code != FAULT_NONE)
        return interrupt_fault(u, q, code, (e.lo & IRTE_FPD) != 0);
    cache_fill(&u->interrupts, (uint16_t)q->scratch[SCRATCH_INDEX], e);
    return interrupt_known(u, q, e);
}
