// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "last_dma.h"

#include <string.h>

#include "explain_gate.h"
#include "explain_interrupt.h"
#include "explain_state.h"

#define FIRST_INTERRUPT_REASON 0x20
#define PAGE_MASK              (~UINT64_C(0xFFF))

static void keep_rtl(struct last_dma *d, const struct record_log_entry *e, uint64_t cycle,
                     bool *ended)
{
    struct rec_iwalk w;
    struct rec_dma r;

    if (d->has_rtl && d->rtl.cycle == cycle)
        return;
    if (*ended)
        d->rtl_reads = 0;
    *ended = false;
    if (e->type == &type_iwalk) {
        memcpy(&w, e->record, sizeof(w));
        if (w.kind < IWALK_DESCRIPTOR && d->rtl_reads < LAST_DMA_READS)
            d->rtl_read[d->rtl_reads++] = w.addr;
        return;
    }
    memcpy(&r, e->record, sizeof(r));
    if (r.phase == 0)
        return;
    d->rtl = r;
    d->has_rtl = *ended = true;
}

struct last_dma last_dma(const struct record_log *log, uint64_t cycle)
{
    struct record_log_entry e;
    struct last_dma d;
    bool ended = false;

    memset(&d, 0, sizeof(d));
    for (size_t at = 0; record_log_next(log, &at, &e);) {
        struct rec_dma r;

        if (!e.from_model && (e.type == &type_iwalk || e.type == &type_dma))
            keep_rtl(&d, &e, cycle, &ended);
        if (!e.from_model || e.type != &type_dma)
            continue;
        memcpy(&r, e.record, sizeof(r));
        if (r.phase != 0) {
            d.model = r;
            d.has_model = true;
        }
    }
    return d;
}

static bool of_the_tables(const struct rec_dma *r)
{
    switch (r->status) {
    case DMA_TRANSLATED:
    case DMA_PASS_THROUGH:
    case DMA_COMPLETED:
        return true;
    case DMA_BLOCKED:
        return r->fault < FIRST_INTERRUPT_REASON || r->fault == 0x30;
    default:
        return false;
    }
}

/* Of a translation request the page is the answer. */
static struct explain_dma_answer answer(const struct rec_dma *r)
{
    return (struct explain_dma_answer){.blocked = r->status == DMA_BLOCKED,
                                       .reason = r->fault,
                                       .pa = r->at == 1 ? r->pa & PAGE_MASK : r->pa};
}

static bool same_request(const struct last_dma *d)
{
    return d->rtl.iova == d->model.iova && d->rtl.sid == d->model.sid &&
           d->rtl.write == d->model.write;
}

static void explain_tables(FILE *out, const struct last_dma *d, const struct rec_dma *r,
                           struct explain_dma_query *q)
{
    q->request = (struct explain_dma_request){.sid = r->sid,
                                              .at = r->at,
                                              .write = r->write,
                                              .zero_length = !r->write && r->len == 0,
                                              .address = r->iova};
    q->has_rtl = d->has_rtl && of_the_tables(&d->rtl);
    q->has_model = d->has_model && of_the_tables(&d->model);
    q->rtl = answer(&d->rtl);
    q->model = answer(&d->model);
    q->rtl_hit = d->rtl.hit;
    q->model_hit = d->model.hit;
    q->rtl_read = d->rtl_read;
    q->rtl_reads = d->rtl.hit & 2 ? 0 : d->rtl_reads;
    explain_dma(out, q);
}

/* --- interrupt requests --- */

static bool of_interrupts(const struct rec_dma *r)
{
    return r->status == DMA_MESSAGE || r->status == DMA_REMAPPED ||
           (r->status == DMA_BLOCKED && !of_the_tables(r));
}

static struct explain_interrupt_answer interrupt_answer(const struct rec_dma *r)
{
    return (struct explain_interrupt_answer){.blocked = r->status == DMA_BLOCKED,
                                             .through = r->status == DMA_MESSAGE,
                                             .reason = r->fault,
                                             .address = r->pa};
}

static void explain_message(FILE *out, const struct last_dma *d, const struct rec_dma *r,
                            struct explain_interrupt_query *q)
{
    q->request = (struct explain_interrupt_request){.sid = r->sid, .address = r->iova};
    memcpy(&q->request.data, r->data, sizeof(q->request.data));
    q->has_rtl = d->has_rtl && of_interrupts(&d->rtl);
    q->has_model = d->has_model && of_interrupts(&d->model);
    q->rtl = interrupt_answer(&d->rtl);
    q->model = interrupt_answer(&d->model);
    explain_interrupt(out, q);
}

/* --- requests that no table decides --- */

static bool of_the_gate(bool has, const struct rec_dma *r)
{
    return has && (r->status == DMA_UNTRANSLATED || r->status == DMA_REJECTED);
}

static const char *status_words(bool has, const struct rec_dma *r)
{
    static const char *const rows[] = {[DMA_UNTRANSLATED] = "let through, translation is off",
                                       [DMA_TRANSLATED] = "translated",
                                       [DMA_PASS_THROUGH] = "passed through unchanged",
                                       [DMA_BLOCKED] = "blocked with a fault",
                                       [DMA_MESSAGE] = "an interrupt message, unchanged",
                                       [DMA_REJECTED] = "rejected without a record",
                                       [DMA_REMAPPED] = "an interrupt message, remapped",
                                       [DMA_COMPLETED] = "a translation request, answered"};

    return has && r->status < sizeof(rows) / sizeof(rows[0]) ? rows[r->status] : NULL;
}

static void explain_front(FILE *out, const struct last_dma *d, const struct rec_dma *r,
                          const struct iommu *u, const struct rw_vtd *vtd)
{
    struct explain_gate_query q = explain_gate_of(u, vtd);

    q.sid = r->sid;
    q.at = r->at;
    q.bytes = r->len;
    q.write = r->write;
    q.address = r->iova;
    q.rtl = status_words(d->has_rtl, &d->rtl);
    q.model = status_words(d->has_model, &d->model);
    explain_gate(out, &q);
}

void last_dma_explain(FILE *out, const struct last_dma *last, const struct iommu *u,
                      const struct rw_vtd *vtd, const struct last_dma_memory *memory,
                      const char *differs)
{
    struct last_dma d = *last;
    const struct rec_dma *r = d.has_rtl ? &d.rtl : &d.model;
    struct explain_dma_query tables = {.unit = explain_unit(vtd),
                                       .root = iommu_root(u),
                                       .differs = differs,
                                       .ctx = memory->ctx,
                                       .read = memory->read};
    struct explain_interrupt_query interrupts = explain_interrupts_of(u, vtd);

    interrupts.ctx = memory->ctx;
    interrupts.read = memory->read;
    d.has_model = d.has_model && (!d.has_rtl || same_request(&d));
    if (!d.has_rtl && !d.has_model)
        return;
    if (of_the_gate(d.has_rtl, &d.rtl) || of_the_gate(d.has_model, &d.model))
        explain_front(out, &d, r, u, vtd);
    if (of_the_tables(r))
        explain_tables(out, &d, r, &tables);
    else if (of_interrupts(r))
        explain_message(out, &d, r, &interrupts);
}
