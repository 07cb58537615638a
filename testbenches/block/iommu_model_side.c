// SPDX-License-Identifier: Apache-2.0
// The golden model's side of a step: one thing that the unit takes, with its memory, its records
// and, by docs/iommu.md I61 and I62, its times at the pins.
#include <string.h>

#include "iommu_step.h"

/* One access of the model; what it writes goes to its memory. */
static void model_bus(struct bench *b, uint8_t src, uint64_t addr, unsigned bytes,
                      const void *written)
{
    struct rec_bus r = {.addr = addr & ~UINT64_C(15), .src = src};
    const unsigned *wait = ring_head(&b->waits);

    b->waited += wait != NULL ? *wait : 0;
    ring_pop(&b->waits);
    r.be = (uint16_t)(((UINT32_C(1) << bytes) - 1) << (addr & 15));
    if (written != NULL) {
        r.flags = BUS_WRITE;
        memcpy(r.data + (addr & 15), written, bytes);
        if (b->model_access < b->write_limit)
            block_memory_write(&b->model_memory, addr, written, bytes);
    }
    b->model_access++;
    ring_push(&b->model_bus, &r);
}

static void on_message(void *ctx, uint64_t addr, uint32_t data)
{
    struct bench *b = ctx;

    b->events++;
    b->message_addr = addr;
    b->message_data = data;
    model_bus(b, BUS_MESSAGE, addr, 4, &data);
}

/* --- records --- */

static void on_model_iwalk(void *ctx, const struct rec_iwalk *r)
{
    struct bench *b = ctx;

    b->last_read = r->kind;
    ring_push(&b->model_iwalk, r);
}

static void on_model_inv(void *ctx, const struct iommu_invalidate *i)
{
    struct bench *b = ctx;

    b->invalidation = (struct board_record){
        .kind = BOARD_INVALIDATE, .addr = i->addr, .sid = i->sid, .value = i->size};
    ring_push(&b->model_inv, &b->invalidation);
}

static void on_model_iommu(void *ctx, const struct rec_iommu *r)
{
    struct bench *b = ctx;

    b->last = *r;
    if (r->kind == IOMMU_DESCRIPTOR || r->kind == IOMMU_QUEUE_ERROR)
        b->descriptor = *r;
    if (r->kind == IOMMU_FAULT_RECORD) {
        b->fault = *r;
        if (r->addr == 0 && b->fault_index + 1 == b->vtd.fault_records)
            decide_bit(&b->r->groups[GROUP_RECORDS], b->fault_index);
        b->fault_index = (unsigned)r->addr;
    }
    ring_push(&b->model_iommu, r);
}

bool iommu_new_model(struct bench *b)
{
    struct iommu_env env = {b, on_model_iwalk, on_model_iommu, on_message, on_model_inv};
    struct iommu_config config = iommu_config_of(&b->vtd);

    if (b->model != NULL)
        iommu_destroy(b->model);
    b->model = iommu_create(&config, &env);
    return b->model != NULL;
}

/* --- what it takes --- */

static void model_data(struct bench *b, const struct rec_dma *in, struct rec_dma *out)
{
    model_bus(b, BUS_DMA, out->pa, in->len, in->write ? in->data : NULL);
    if (!in->write)
        block_memory_read(&b->model_memory, out->pa, out->data, in->len);
}

/* What the unit wants of memory, but the data of a request. */
static struct iommu_read model_access(struct bench *b, const struct iommu_step *s)
{
    struct iommu_read read = {.error = false};

    switch (s->action) {
    case IOMMU_DO_READ:
        model_bus(b, BUS_IOMMU_WALK, s->addr, s->bytes, NULL);
        block_memory_read(&b->model_memory, s->addr, read.data, s->bytes);
        read.error = !block_memory_claims(&b->model_memory, s->addr);
        break;
    case IOMMU_DO_WRITE:
        model_bus(b, BUS_IOMMU_WALK, s->addr, 4, &s->data);
        break;
    case IOMMU_DO_MESSAGE:
        b->sent_data = s->data;
        model_bus(b, BUS_MESSAGE, s->addr, 4, &s->data);
        break;
    case IOMMU_DO_EVENT:
        on_message(b, s->addr, s->data);
        break;
    case IOMMU_DO_ACCESS:
    case IOMMU_DO_DONE:
        break;
    }
    return read;
}

static struct rec_dma model_dma(struct bench *b, const struct rec_dma *in)
{
    struct iommu_request q;
    struct iommu_step s = iommu_dma_begin(b->model, &q, in);

    while (s.action != IOMMU_DO_DONE) {
        struct iommu_read read = model_access(b, &s);

        if (s.action == IOMMU_DO_ACCESS)
            model_data(b, in, &q.out);
        s = iommu_dma_next(b->model, &q, s.action == IOMMU_DO_READ ? &read : NULL);
    }
    q.out.phase = 1;
    q.out.tag = in->tag;
    if (in->write)
        memcpy(q.out.data, in->data, in->len);
    else if (q.out.status == DMA_BLOCKED || q.out.status == DMA_REJECTED)
        memset(q.out.data, 0xFF, in->len);
    return q.out;
}

/* docs/iommu.md I61, I62, at the pins: the cycles behind the answer of the translation. */
static unsigned cycles_to_answer(const struct rec_dma *d, unsigned events)
{
    bool moves = d->status != DMA_REJECTED && d->status != DMA_COMPLETED && d->len != 0;

    return d->status == DMA_BLOCKED || moves ? 2 + 2 * events : 1;
}

unsigned iommu_model_request(struct bench *b, unsigned accepted, struct viommu_told *mine,
                             struct answer *a)
{
    const struct rec_dma *in = &b->ask.in;
    struct rec_dma taken = {.iova = in->iova,
                            .sid = in->sid,
                            .len = in->len,
                            .write = in->write,
                            .tag = in->tag,
                            .at = in->at};

    if (in->write)
        memcpy(taken.data, in->data, in->len);
    ring_push(&b->model_dma, &taken);
    b->events = 0;
    a->dma = model_dma(b, in);
    ring_push(&b->model_dma, &a->dma);
    if (a->dma.fault != 0)
        b->r->faults[a->dma.fault]++;
    mine->accepted = accepted;
    mine->answered = accepted + a->dma.latency + cycles_to_answer(&a->dma, b->events);
    mine->ok = a->dma.status != DMA_BLOCKED && a->dma.status != DMA_REJECTED;
    if (!in->write)
        memcpy(mine->rdata, a->dma.data, in->len);
    return mine->answered + 1;
}

unsigned iommu_model_register(struct bench *b, unsigned i, unsigned accepted,
                              struct viommu_told *mine, struct answer *a)
{
    const struct viommu_reg *g = &b->ask.reg[i];

    b->events = 0;
    if (g->write)
        iommu_reg_write(b->model, g->offset, g->bytes, g->wdata);
    else
        a->reg[i] = iommu_reg_read(b->model, g->offset, g->bytes);
    if (g->bytes < 8)
        a->reg[i] &= (UINT64_C(1) << (8 * g->bytes)) - 1;
    mine->reg_rdata[i] = a->reg[i];
    mine->acked[i] = accepted + (g->bytes == 8 ? 4 : 3);
    return mine->acked[i] + 1 + 2 * b->events;
}

/* docs/iommu.md I62, I81 to I86, I103 to I106: a descriptor, a completion, a time-out. */
static unsigned model_command(struct bench *b, struct iommu_command *c, struct iommu_step s,
                              unsigned accepted)
{
    while (s.action != IOMMU_DO_DONE) {
        struct iommu_read read = model_access(b, &s);

        s = iommu_queue_next(b->model, c, s.action == IOMMU_DO_READ ? &read : NULL);
    }
    return accepted + c->latency + 1 + 2 * b->events;
}

unsigned iommu_model_descriptor(struct bench *b, unsigned accepted)
{
    bool outstanding = iommu_outstanding(b->model);
    struct iommu_command c;
    unsigned idle;

    b->events = 0;
    idle = model_command(b, &c, iommu_queue_begin(b->model, &c), accepted);
    if (!outstanding && iommu_outstanding(b->model))
        b->sent = b->step_cycle + accepted + c.latency + b->waited;
    return idle;
}

unsigned iommu_model_completion(struct bench *b, unsigned i, unsigned accepted,
                                struct viommu_told *mine, struct answer *a)
{
    const struct viommu_completion *k = &b->ask.completion[i];
    struct iommu_command c;

    b->events = 0;
    mine->completed[i] = a->completed[i] = accepted;
    return model_command(b, &c, iommu_complete(b->model, &c, k->sid, k->error), accepted);
}

unsigned iommu_model_time_out(struct bench *b, unsigned accepted, struct answer *a)
{
    struct iommu_command c;

    b->events = 0;
    a->timed_out = accepted;
    a->time_outs++;
    return model_command(b, &c, iommu_time_out(b->model, &c), accepted);
}
