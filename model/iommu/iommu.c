// SPDX-License-Identifier: Apache-2.0
// The unit as a whole, and a request from acceptance to its answer. Steps as numbered in
// docs/iommu.md I11 to I21; I12 to I14 are in iommu_context.c, I15 to I19 in iommu_walk.c,
// interrupt requests in iommu_interrupt.c, translation requests in iommu_device_tlb.c.
#include <stdlib.h>
#include <string.h>

#include "iommu/iommu_internal.h"

uint64_t low_bits(unsigned n)
{
    return (UINT64_C(1) << n) - 1;
}

uint64_t page_address(uint64_t entry, const struct iommu_config *c)
{
    return entry & low_bits(c->haw) & ~low_bits(12);
}

uint64_t table_address(const struct iommu *u, uint64_t base, uint64_t offset)
{
    return (base + offset) & low_bits(u->config.haw);
}

bool in_interrupt_range(uint64_t addr)
{
    return addr >> 20 == 0xFEE;
}

void emit_iommu(const struct iommu *u, const struct rec_iommu *r)
{
    if (u->env.iommu != NULL)
        u->env.iommu(u->env.ctx, r);
}

void emit_iwalk(const struct iommu *u, const struct rec_iwalk *r)
{
    if (u->env.iwalk != NULL)
        u->env.iwalk(u->env.ctx, r);
}

static bool caches_create(struct iommu *u)
{
    const struct iommu_config *c = &u->config;
    bool ok = slots_init(&u->contexts.slots, c->context_entries);

    ok &= slots_init(&u->iotlb.slots, c->iotlb_entries);
    ok &= slots_init(&u->interrupts.slots, c->interrupt_entries);
    u->contexts.line = calloc(c->context_entries + 1u, sizeof(*u->contexts.line));
    u->iotlb.line = calloc(c->iotlb_entries + 1u, sizeof(*u->iotlb.line));
    u->interrupts.line = calloc(c->interrupt_entries + 1u, sizeof(*u->interrupts.line));
    ok &= u->contexts.line != NULL && u->iotlb.line != NULL && u->interrupts.line != NULL;
    for (unsigned i = 0; i < LEVEL_CACHES; i++) {
        struct level_cache *lc = &u->levels[i];

        ok &= slots_init(&lc->slots, c->level_entries[i]);
        lc->line = calloc(c->level_entries[i] + 1u, sizeof(*lc->line));
        ok &= lc->line != NULL;
    }
    return ok;
}

struct iommu *iommu_create(const struct iommu_config *config, const struct iommu_env *env)
{
    struct iommu *u;

    if (!config_valid(config) || (u = calloc(1, sizeof(*u))) == NULL)
        return NULL;
    u->config = config_settled(config);
    u->env = *env;
    u->frcd = calloc(config->fault_records, sizeof(*u->frcd));
    if (!caches_create(u) || u->frcd == NULL) {
        iommu_destroy(u);
        return NULL;
    }
    iommu_reset(u);
    return u;
}

void iommu_destroy(struct iommu *u)
{
    slots_free(&u->contexts.slots);
    free(u->contexts.line);
    slots_free(&u->iotlb.slots);
    free(u->iotlb.line);
    slots_free(&u->interrupts.slots);
    free(u->interrupts.line);
    for (unsigned i = 0; i < LEVEL_CACHES; i++) {
        slots_free(&u->levels[i].slots);
        free(u->levels[i].line);
    }
    free(u->frcd);
    free(u);
}

/* A power-good reset: sticky bits are cleared too. */
uint64_t iommu_root(const struct iommu *u)
{
    return u->rtaddr;
}

uint64_t iommu_interrupt_table(const struct iommu *u)
{
    return u->irta;
}

uint32_t iommu_status(const struct iommu *u)
{
    return (uint32_t)u->reg[REG_GSTS];
}

void iommu_reset(struct iommu *u)
{
    regs_reset(u);
    u->rtaddr = 0;
    u->irta = 0;
    u->next_frcd = 0;
    memset(u->event_due, 0, sizeof(u->event_due));
    u->descriptor_last = false;
    u->outstanding = false;
    memset(u->frcd, 0, u->config.fault_records * sizeof(*u->frcd));
    slots_reset(&u->contexts.slots);
    slots_reset(&u->iotlb.slots);
    slots_reset(&u->interrupts.slots);
    for (unsigned i = 0; i < LEVEL_CACHES; i++)
        slots_reset(&u->levels[i].slots);
}

struct context_entry request_context(const struct iommu_request *q)
{
    return (struct context_entry){q->scratch[SCRATCH_CONTEXT_LO], q->scratch[SCRATCH_CONTEXT_HI]};
}

void request_set_context(struct iommu_request *q, struct context_entry e)
{
    q->scratch[SCRATCH_CONTEXT_LO] = e.lo;
    q->scratch[SCRATCH_CONTEXT_HI] = e.hi;
}

struct iommu_step request_read(struct iommu_request *q, unsigned state, uint64_t addr,
                               unsigned bytes)
{
    q->state = state;
    return (struct iommu_step){.action = IOMMU_DO_READ, .addr = addr, .bytes = bytes};
}

static struct iommu_step done(void)
{
    return (struct iommu_step){.action = IOMMU_DO_DONE};
}

/* The one place where a request is blocked. */
struct iommu_step request_block(struct iommu *u, struct iommu_request *q,
                                const struct fault_desc *f)
{
    struct iommu_step s = done();

    q->out.latency += 1;
    q->out.status = DMA_BLOCKED;
    q->out.fault = f->reason;
    q->out.recorded = fault_record(u, f);
    q->state = ST_LAST;
    event_take(u, &s);
    return s;
}

struct iommu_step request_fault(struct iommu *u, struct iommu_request *q, enum iommu_fault code)
{
    bool qualified = code != FAULT_CONTEXT_RESERVED;
    struct fault_desc f = {.info = q->out.iova,
                           .sid = q->out.sid,
                           .reason = (uint8_t)code,
                           .at = q->out.at,
                           .write = q->out.write != 0,
                           .hidden = qualified && context_fpd(request_context(q))};

    return request_block(u, q, &f);
}

/* The request may go to memory; length 0 moves nothing. */
struct iommu_step request_answer(struct iommu_request *q, enum rec_dma_status status, uint64_t pa,
                                 unsigned page_log2)
{
    q->out.latency += 1;
    q->out.status = (uint8_t)status;
    q->out.pa = pa;
    q->out.page_log2 = (uint8_t)page_log2;
    if (q->out.len == 0)
        return done();
    q->state = ST_LAST;
    return (struct iommu_step){.action = IOMMU_DO_ACCESS, .addr = pa, .bytes = q->out.len};
}

struct iommu_step request_reject(struct iommu_request *q)
{
    q->out.latency += 1;
    q->out.status = DMA_REJECTED;
    return done();
}

/* The address goes out as it is; beyond the host's width nothing is there, and a protected region
 * lets nothing in. */
struct iommu_step request_unchanged(const struct iommu *u, struct iommu_request *q,
                                    enum rec_dma_status status)
{
    if (q->out.iova >> u->config.haw != 0 || protected_address(u, q->out.iova))
        return request_reject(q);
    return request_answer(q, status, q->out.iova, 0);
}

struct iommu_step iommu_dma_begin(struct iommu *u, struct iommu_request *q,
                                  const struct rec_dma *in)
{
    uint32_t data;

    *q = (struct iommu_request){.out = {.iova = in->iova,
                                        .sid = in->sid,
                                        .len = in->len,
                                        .write = in->write,
                                        .at = in->at,
                                        .tag = in->tag,
                                        .phase = 1}};
    memcpy(&data, in->data, sizeof(data));
    u->descriptor_last = false;
    if (in_interrupt_range(in->iova))
        return interrupt_begin(u, q, data);
    if (completion_malformed(q))
        return request_reject(q);
    if ((u->reg[REG_GSTS] & GSTS_TES) != 0)
        return context_begin(u, q);
    return in->at == AT_UNTRANSLATED ? request_unchanged(u, q, DMA_UNTRANSLATED)
                                     : request_reject(q);
}

struct iommu_step iommu_dma_next(struct iommu *u, struct iommu_request *q,
                                 const struct iommu_read *read)
{
    switch ((enum request_state)q->state) {
    case ST_ROOT:
        return context_root_read(u, q, read);
    case ST_CONTEXT:
        return context_entry_read(u, q, read);
    case ST_SLPTE:
        return walk_slpte_read(u, q, read);
    case ST_IRTE:
        return interrupt_irte_read(u, q, read);
    case ST_LAST:
        break;
    }
    return done();
}
