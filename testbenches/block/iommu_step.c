// SPDX-License-Identifier: Apache-2.0
// One step of the IOMMU bench on both sides: what is asked goes to the RTL and, in the order of
// docs/iommu.md I6, I7, to the golden model; records, answers and times are
// compared.
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "block_iommu.h"

void iommu_poke(struct bench *b, uint64_t addr, uint64_t value)
{
    block_memory_write8(&b->rtl_memory, addr, value);
    block_memory_write8(&b->model_memory, addr, value);
}

/* --- memory --- */

static void on_access(void *ctx, struct vblock_access *a)
{
    struct bench *b = ctx;
    struct rec_bus r = {.addr = a->addr, .be = a->be, .src = a->src};

    r.cycle = viommu_cycle(b->rtl) - b->r->cycle_base;
    r.flags = a->write ? BUS_WRITE : 0;
    if (a->write)
        memcpy(r.data, a->data, 16);
    ring_push(&b->rtl_bus, &r);
    if (!a->write)
        block_memory_read(&b->rtl_memory, a->addr, a->data, 16);
    a->error = !a->write && !block_memory_claims(&b->rtl_memory, a->addr);
    for (unsigned i = 0; a->write && i < 16; i++)
        if (a->be >> i & 1)
            block_memory_write(&b->rtl_memory, a->addr + i, &a->data[i], 1);
}

static unsigned on_wait(void *ctx)
{
    struct bench *b = ctx;

    unsigned wait =
        b->o->wait_states_max == 0 ? 0 : block_below(&b->wait_random, b->o->wait_states_max + 1);

    ring_push(&b->waits, &wait);
    return wait;
}

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

#define COLLECT(name, type)                                                                        \
    static void on_##name(void *ctx, const struct type *r)                                         \
    {                                                                                              \
        ring_push(&((struct bench *)ctx)->name, r);                                                \
    }
COLLECT(rtl_dma, rec_dma)
COLLECT(rtl_iwalk, rec_iwalk)
COLLECT(model_iwalk, rec_iwalk)
#undef COLLECT

/* Of the invalidation of a device-TLB: VT-d "Device-TLB Invalidate". */
static bool invalidates_device(const struct rec_iommu *r)
{
    return r->kind == IOMMU_DESCRIPTOR && (r->lo & 0xE0F) == 3;
}

static void on_rtl_iommu(void *ctx, const struct rec_iommu *r)
{
    struct bench *b = ctx;

    if (invalidates_device(r))
        b->rtl_sent = viommu_cycle(b->rtl);
    ring_push(&b->rtl_iommu, r);
}

static void on_rtl_inv(void *ctx, const struct vblock_invalidation *i)
{
    struct bench *b = ctx;
    struct board_record r = {.cycle = viommu_cycle(b->rtl),
                             .kind = BOARD_INVALIDATE,
                             .addr = i->addr,
                             .sid = i->sid,
                             .value = i->size};

    ring_push(&b->rtl_inv, &r);
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
        if (r->addr == 0 && b->fault_index + 1 == b->vtd.fault_records)
            decide_bit(&b->r->groups[GROUP_RECORDS], b->fault_index);
        b->fault_index = (unsigned)r->addr;
    }
    ring_push(&b->model_iommu, r);
}

static bool compare(struct bench *b)
{
    block_log(b->r, &type_iwalk, &b->rtl_iwalk, &b->model_iwalk);
    block_log(b->r, &type_dma, &b->rtl_dma, &b->model_dma);
    block_log(b->r, &type_iommu, &b->rtl_iommu, &b->model_iommu);
    block_log(b->r, &type_bus, &b->rtl_bus, &b->model_bus);
    block_log(b->r, &type_board, &b->rtl_inv, &b->model_inv);
    return block_same_all(b->r, &type_dma, &b->rtl_dma, &b->model_dma) &&
           block_same_all(b->r, &type_iwalk, &b->rtl_iwalk, &b->model_iwalk) &&
           block_same_all(b->r, &type_iommu, &b->rtl_iommu, &b->model_iommu) &&
           block_same_all(b->r, &type_bus, &b->rtl_bus, &b->model_bus) &&
           block_same_all(b->r, &type_board, &b->rtl_inv, &b->model_inv);
}

/* --- the report's words --- */

static const struct {
    uint16_t offset;
    const char *name;
} registers[] = {{0x000, "VER"},     {0x008, "CAP"},      {0x010, "ECAP"},    {0x018, "GCMD"},
                 {0x01C, "GSTS"},    {0x020, "RTADDR"},   {0x028, "CCMD"},    {0x034, "FSTS"},
                 {0x038, "FECTL"},   {0x03C, "FEDATA"},   {0x040, "FEADDR"},  {0x044, "FEUADDR"},
                 {0x058, "AFLOG"},   {0x064, "PMEN"},     {0x068, "PLMBASE"}, {0x06C, "PLMLIMIT"},
                 {0x070, "PHMBASE"}, {0x078, "PHMLIMIT"}, {0x080, "IQH"},     {0x088, "IQT"},
                 {0x090, "IQA"},     {0x09C, "ICS"},      {0x0A0, "IECTL"},   {0x0A4, "IEDATA"},
                 {0x0A8, "IEADDR"},  {0x0AC, "IEUADDR"},  {0x0B0, "IQERCD"},  {0x0B8, "IRTA"},
                 {0x100, "IVA"},     {0x108, "IOTLB"}};

/* VT-d "Register Descriptions": the register that holds the byte, and the byte in it. */
static void register_name(char *out, size_t bytes, uint32_t offset)
{
    static const uint16_t wide[] = {0x008, 0x010, 0x020, 0x028, 0x070, 0x078,
                                    0x080, 0x088, 0x090, 0x0B8, 0x100, 0x108};

    if (offset >= REG_FRCD && offset < REG_FRCD + 0x80) {
        snprintf(out, bytes, "FRCD%u+%u", (offset - REG_FRCD) / 16, offset % 16);
        return;
    }
    for (size_t i = 0; i < sizeof(registers) / sizeof(registers[0]); i++) {
        unsigned size = 4, within = offset - registers[i].offset;

        for (size_t k = 0; k < sizeof(wide) / sizeof(wide[0]); k++)
            size = wide[k] == registers[i].offset ? 8 : size;
        if (offset < registers[i].offset || within >= size)
            continue;
        if (within == 0)
            snprintf(out, bytes, "%s", registers[i].name);
        else
            snprintf(out, bytes, "%s+%u", registers[i].name, within);
        return;
    }
    snprintf(out, bytes, "offset 0x%x", offset);
}

static void describe(struct bench *b)
{
    const struct viommu_ask *k = &b->ask;
    const struct rec_dma *d = &k->in;
    char *out = b->r->first.request, name[24];
    size_t room = sizeof(b->r->first.request), n;

    n = (size_t)snprintf(out, room, "%" PRIu64 ":", b->r->requests);
    if (k->dma)
        n += (size_t)snprintf(out + n, room - n,
                              " %s of %u bytes at 0x%" PRIx64 " by %02x:%02x.%x, AT %u",
                              d->write ? "write" : "read", d->len, d->iova, d->sid >> 8,
                              d->sid >> 3 & 31, d->sid & 7, d->at);
    for (unsigned i = 0; i < k->regs && n < room; i++) {
        const struct viommu_reg *g = &k->reg[i];

        register_name(name, sizeof(name), g->offset);
        n += (size_t)snprintf(out + n, room - n, "%s %s of %u bytes %s %s",
                              k->dma || i != 0 ? ";" : "", g->write ? "write" : "read", g->bytes,
                              g->write ? "to" : "of", name);
        if (g->write && n < room)
            n += (size_t)snprintf(out + n, room - n, " <- 0x%" PRIx64, g->wdata);
        if (k->dma && n < room)
            n += (size_t)snprintf(out + n, room - n, " (%u cycles %s)", g->after,
                                  i == 0 ? "on" : "later");
    }
    for (unsigned i = 0; i < k->completions && n < room; i++)
        n += (size_t)snprintf(out + n, room - n, "; completion of %04x%s (%u cycles %s)",
                              k->completion[i].sid, k->completion[i].error ? ", error" : "",
                              k->completion[i].after, i == 0 ? "on" : "later");
    if (k->lasts != 0 && n < room)
        snprintf(out + n, room - n, "; for %u cycles", k->lasts);
    b->r->first.source_id = d->sid;
}

/* --- the model's side of a step --- */

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

static unsigned model_request(struct bench *b, unsigned accepted, struct viommu_told *mine,
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

static unsigned model_register(struct bench *b, unsigned i, unsigned accepted,
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

static unsigned model_descriptor(struct bench *b, unsigned accepted)
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

static unsigned model_completion(struct bench *b, unsigned i, unsigned accepted,
                                 struct viommu_told *mine, struct answer *a)
{
    const struct viommu_completion *k = &b->ask.completion[i];
    struct iommu_command c;

    b->events = 0;
    mine->completed[i] = a->completed[i] = accepted;
    return model_command(b, &c, iommu_complete(b->model, &c, k->sid, k->error), accepted);
}

static unsigned model_time_out(struct bench *b, unsigned accepted, struct answer *a)
{
    struct iommu_command c;

    b->events = 0;
    a->timed_out = accepted;
    a->time_outs++;
    return model_command(b, &c, iommu_time_out(b->model, &c), accepted);
}

static void decide_together(struct bench *b, bool held, unsigned bit)
{
    if (held)
        decide_bit(&b->r->groups[GROUP_TOGETHER], bit);
}

/* What is to come in a step. Times are cycles of it: when something is raised or falls due. */
struct schedule {
    unsigned reg, reg_due, completion, completion_due, idle;
    bool dma;        /* still to be accepted */
    bool descriptor; /* one was executed */
};

static bool reg_waits(const struct bench *b, const struct schedule *s, unsigned now)
{
    return s->reg < b->ask.regs && s->reg_due <= now;
}

static bool completion_waits(const struct bench *b, const struct schedule *s, unsigned now)
{
    return s->completion < b->ask.completions && s->completion_due <= now;
}

static bool dma_waits(const struct bench *b, const struct schedule *s, unsigned now)
{
    return s->dma && b->ask.dma_after <= now;
}

/* I106: the cycles in which the bus let the unit wait count too. */
static unsigned time_out_due(const struct bench *b)
{
    uint64_t due = b->sent + IOMMU_TIME_OUT_CYCLES, begun = b->step_cycle + b->waited;

    if (!iommu_outstanding(b->model))
        return UINT_MAX;
    return due > begun ? (unsigned)(due - begun) : 0;
}

static unsigned earlier(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* docs/iommu.md I7: the next cycle in which something is accepted; false when the step is over
 * before: nothing is left to be asked, and the unit stays idle, for two cycles if it may have
 * things of its own to do. */
static bool next_cycle(const struct bench *b, const struct schedule *s, unsigned *now)
{
    const struct viommu_ask *k = &b->ask;
    unsigned asked = s->dma ? k->dma_after : UINT_MAX, due = time_out_due(b);
    unsigned over = k->lasts > s->idle ? k->lasts : s->idle;

    if (s->reg < k->regs)
        asked = earlier(asked, s->reg_due);
    if (s->completion < k->completions)
        asked = earlier(asked, s->completion_due);
    if (iommu_queue_due(b->model))
        asked = s->idle;
    *now = earlier(asked, due);
    if (*now < s->idle)
        *now = s->idle;
    return asked != UINT_MAX || (due != UINT_MAX && *now <= over + (k->settles ? 1 : 0));
}

static void count_register(struct bench *b, const struct viommu_told *mine,
                           const struct schedule *s, unsigned now)
{
    struct decide_group *g = &b->r->groups[GROUP_TOGETHER];
    const struct viommu_ask *k = &b->ask;
    unsigned due = s->reg_due;

    if (s->dma && k->dma_after == due && now == due)
        decide_bit(g, 0);
    if (s->dma && k->dma_after < due)
        decide_bit(g, 1);
    if (k->dma && !s->dma && due > mine->accepted && due < mine->answered)
        decide_bit(g, 2);
    if (s->dma && k->dma_after > now && k->dma_after < mine->acked[s->reg])
        decide_bit(g, 3);
}

static void take_register(struct bench *b, struct schedule *s, unsigned now,
                          struct viommu_told *mine, struct answer *a)
{
    const struct viommu_ask *k = &b->ask;
    unsigned due = time_out_due(b);

    decide_together(b, s->descriptor && iommu_queue_due(b->model), 7);
    decide_together(b, completion_waits(b, s, now), 8);
    decide_together(b, due <= now, 9);
    s->idle = model_register(b, s->reg, now, mine, a);
    decide_together(b, due > now && due < s->idle, 16);
    count_register(b, mine, s, now);
    s->reg_due = mine->acked[s->reg] + 1 + (s->reg + 1 < k->regs ? k->reg[s->reg + 1].after : 0);
    s->reg++;
}

static void take_completion(struct bench *b, struct schedule *s, unsigned now,
                            struct viommu_told *mine, struct answer *a)
{
    const struct viommu_ask *k = &b->ask;
    unsigned next = s->completion + 1;

    decide_together(b, time_out_due(b) <= now, 10);
    decide_together(b, iommu_queue_first(b->model), 11);
    decide_together(b, dma_waits(b, s, now), 12);
    decide_together(
        b, k->dma && !s->dma && s->completion_due > mine->accepted && now > s->completion_due, 14);
    s->idle = model_completion(b, s->completion, now, mine, a);
    s->completion_due = now + 1 + (next < k->completions ? k->completion[next].after : 0);
    s->completion = next;
}

static void take_time_out(struct bench *b, struct schedule *s, unsigned now,
                          const struct viommu_told *mine, struct answer *a)
{
    unsigned due = time_out_due(b);
    bool ran = b->ask.dma && !s->dma;

    decide_together(b, dma_waits(b, s, now), 13);
    decide_together(b, ran && due > mine->accepted && due < now, 15);
    decide_together(b, due == now && due > s->idle, 17);
    s->idle = model_time_out(b, now, a);
}

/* docs/iommu.md I6, I7: what is taken when; the unit is idle in cycle 0. */
static void model_step(struct bench *b, struct viommu_told *mine, struct answer *a)
{
    const struct viommu_ask *k = &b->ask;
    struct schedule s = {
        .dma = k->dma, .reg_due = k->reg[0].after, .completion_due = k->completion[0].after};
    unsigned now;

    memset(mine, 0, sizeof(*mine));
    memset(a, 0, sizeof(*a));
    memset(&b->last, 0, sizeof(b->last));
    b->model_access = 0;
    b->waited = 0;
    while (next_cycle(b, &s, &now)) {
        bool queue = iommu_queue_due(b->model), dma = dma_waits(b, &s, now);

        if (reg_waits(b, &s, now)) {
            take_register(b, &s, now, mine, a);
        } else if (completion_waits(b, &s, now)) {
            take_completion(b, &s, now, mine, a);
        } else if (time_out_due(b) <= now) {
            take_time_out(b, &s, now, mine, a);
        } else if (queue && (iommu_queue_first(b->model) || !dma)) {
            decide_together(b, dma, 5);
            s.idle = model_descriptor(b, now);
            s.descriptor = true;
        } else {
            decide_together(b, s.descriptor && queue, 6);
            s.idle = model_request(b, now, mine, a);
            s.dma = false;
        }
        a->events += b->events;
    }
    mine->idle = k->lasts > s.idle ? k->lasts : s.idle;
    a->last = b->last;
}

/* --- a step on both sides --- */

static bool same_number(struct bench *b, const char *stream, const char *field, uint64_t rtl,
                        uint64_t model)
{
    char a[BLOCK_TEXT], c[BLOCK_TEXT];

    if (rtl == model)
        return true;
    snprintf(a, sizeof(a), "0x%" PRIx64, rtl);
    snprintf(c, sizeof(c), "0x%" PRIx64, model);
    block_differ(b->r, stream, field, a, c, viommu_cycle(b->rtl));
    return false;
}

/* Times are cycles from the beginning of the step. */
static bool same_answers(struct bench *b, const struct viommu_told *seen,
                         const struct viommu_told *mine)
{
    const struct viommu_ask *k = &b->ask;

    for (unsigned i = 0; i < k->regs; i++) {
        uint64_t mask =
            k->reg[i].bytes < 8 ? (UINT64_C(1) << (8 * k->reg[i].bytes)) - 1 : ~UINT64_C(0);

        if (!k->reg[i].write &&
            !same_number(b, "iommu", "reg_rdata_o", seen->reg_rdata[i] & mask, mine->reg_rdata[i]))
            return false;
        if (!same_number(b, "iommu", "reg_ack_o", seen->acked[i], mine->acked[i]))
            return false;
    }
    for (unsigned i = 0; i < k->completions; i++)
        if (!same_number(b, "iommu", "cpl_ready_o", seen->completed[i], mine->completed[i]))
            return false;
    if (!same_number(b, "iommu", "inv_*_o, cpl_ready_o", seen->stray, false))
        return false;
    if (k->dma) {
        if (!same_number(b, "dma", "dma_ready_o", seen->accepted, mine->accepted) ||
            !same_number(b, "dma", "dma_rsp_valid_o", seen->answered, mine->answered) ||
            !same_number(b, "dma", "dma_rsp_ok_o", seen->ok, mine->ok))
            return false;
        for (unsigned i = 0; !k->in.write && i < k->in.len; i++)
            if (!same_number(b, "dma", "dma_rsp_rdata_o", seen->rdata[i], mine->rdata[i]))
                return false;
    }
    return same_number(b, k->dma ? "dma" : "iommu", "idle", seen->idle, mine->idle);
}

/* GCMD after the step. Returns whether QIES may be 1 at some time in it: then the unit may go on by
 * itself. */
static bool follow_gcmd(struct bench *b)
{
    bool queued = (b->gcmd & GCMD_QIE) != 0;

    for (unsigned i = 0; i < b->ask.regs; i++) {
        const struct viommu_reg *g = &b->ask.reg[i];

        if (!g->write || g->offset != REG_GCMD || (g->bytes != 4 && g->bytes != 8))
            continue;
        b->gcmd = (uint32_t)g->wdata & GCMD_STAYS;
        queued = queued || (b->gcmd & GCMD_QIE) != 0;
    }
    return queued;
}

bool iommu_step_one(struct bench *b, struct answer *a)
{
    const struct board_record *newest;
    struct viommu_told seen, mine;
    uint64_t pins;
    bool done, sent;

    b->step_cycle = viommu_cycle(b->rtl);
    b->ask.cycles = VBLOCK_HANG_CYCLES;
    b->ask.settles = follow_gcmd(b);
    b->write_limit = UINT_MAX;
    done = viommu_run(b->rtl, &b->ask, &seen);
    model_step(b, &mine, a);
    b->r->cycles = viommu_cycle(b->rtl);
    b->r->requests += b->ask.dma;
    if (block_asserted(b->r, b->r->cycles))
        return false;
    if (!done) {
        block_differ(b->r, b->ask.dma ? "dma" : "iommu",
                     b->ask.dma ? "dma_rsp_valid_o" : "reg_ack_o", "no answer", "an answer",
                     b->r->cycles);
        return false;
    }
    newest = ring_newest(&b->rtl_inv);
    pins = newest != NULL ? newest->cycle : 0;
    sent = b->model_inv.count != 0;
    /* I103: what was sent, was sent in the cycle of its record, which is the model's. */
    return compare(b) && same_answers(b, &seen, &mine) &&
           (!sent || (same_number(b, "iommu", "inv_valid_o", pins, b->rtl_sent) &&
                      same_number(b, "iommu", "inv_valid_o", pins, b->sent)));
}

bool iommu_request(struct bench *b, const struct rec_dma *in, struct answer *a)
{
    b->ask = (struct viommu_ask){.dma = true, .in = *in};
    return iommu_step_one(b, a);
}

static bool reg_access(struct bench *b, bool write, uint32_t offset, unsigned bytes, uint64_t value,
                       struct answer *a)
{
    b->ask = (struct viommu_ask){.regs = 1, .reg = {{write, offset, bytes, value, 0}}};
    return iommu_step_one(b, a);
}

bool iommu_write(struct bench *b, uint32_t offset, unsigned bytes, uint64_t value, struct answer *a)
{
    return reg_access(b, true, offset, bytes, value, a);
}

bool iommu_read(struct bench *b, uint32_t offset, unsigned bytes, struct answer *a)
{
    return reg_access(b, false, offset, bytes, 0, a);
}

bool iommu_completion(struct bench *b, uint16_t sid, bool error, struct answer *a)
{
    b->ask = (struct viommu_ask){.completions = 1, .completion = {{sid, error, 0}}};
    return iommu_step_one(b, a);
}

unsigned iommu_time_left(const struct bench *b)
{
    uint64_t due = b->sent + IOMMU_TIME_OUT_CYCLES, now = viommu_cycle(b->rtl);

    return iommu_outstanding(b->model) && due > now ? (unsigned)(due - now) : 0;
}

bool iommu_quiet(struct bench *b)
{
    struct answer a;

    return iommu_command(b, b->gcmd | GCMD_TE, 0) &&
           (!iommu_outstanding(b->model) || iommu_completion(b, b->invalidation.sid, false, &a)) &&
           iommu_write(b, REG_FSTS, 4, FSTS_QUEUE, &a);
}

bool iommu_command(struct bench *b, uint32_t stays, uint32_t once)
{
    struct answer a;

    return iommu_write(b, REG_GCMD, 4, stays | once, &a);
}

/* --- the bench around the steps --- */

static bool new_model(struct bench *b)
{
    struct iommu_env env = {b, on_model_iwalk, on_model_iommu, on_message, on_model_inv};
    struct iommu_config config = iommu_config_of(&b->vtd);

    if (b->model != NULL)
        iommu_destroy(b->model);
    b->model = iommu_create(&config, &env);
    return b->model != NULL;
}

static void empty(struct ring *r)
{
    while (r->count != 0)
        ring_pop(r);
}

/* The model makes the accesses that the RTL came to, and is then a new one. */
bool iommu_reset_during(struct bench *b, unsigned cycles)
{
    struct viommu_told seen, mine;
    struct answer a;
    bool same = true;

    if (cycles != 0) {
        b->step_cycle = viommu_cycle(b->rtl);
        b->ask.cycles = cycles;
        b->ask.settles = follow_gcmd(b);
        viommu_run(b->rtl, &b->ask, &seen);
        b->write_limit = (unsigned)b->rtl_bus.count;
        if (b->write_limit != 0)
            decide_bit(&b->r->groups[GROUP_TOGETHER], 4);
        model_step(b, &mine, &a);
        while (b->model_bus.count > b->rtl_bus.count)
            b->model_bus.count--;
        same = block_same_all(b->r, &type_bus, &b->rtl_bus, &b->model_bus);
    }
    empty(&b->rtl_dma);
    empty(&b->rtl_iwalk);
    empty(&b->rtl_iommu);
    empty(&b->rtl_inv);
    empty(&b->waits);
    viommu_config(b->rtl, &b->vtd);
    viommu_reset(b->rtl, 1 + block_below(&b->random, 3));
    b->r->cycle_base = viommu_cycle(b->rtl);
    empty(&b->model_dma);
    empty(&b->model_iwalk);
    empty(&b->model_iommu);
    empty(&b->model_inv);
    b->gcmd = 0;
    b->fault_index = 0;
    return new_model(b) && same;
}

bool iommu_bench_open(struct bench *b)
{
    struct vblock_env env = {.ctx = b,
                             .seed = b->o->seed,
                             .access = on_access,
                             .wait_states = on_wait,
                             .dma = on_rtl_dma,
                             .iwalk = on_rtl_iwalk,
                             .iommu = on_rtl_iommu,
                             .invalidate = on_rtl_inv};

    ring_init(&b->rtl_dma, sizeof(struct rec_dma));
    ring_init(&b->rtl_iwalk, sizeof(struct rec_iwalk));
    ring_init(&b->rtl_iommu, sizeof(struct rec_iommu));
    ring_init(&b->rtl_bus, sizeof(struct rec_bus));
    ring_init(&b->rtl_inv, sizeof(struct board_record));
    ring_init(&b->model_inv, sizeof(struct board_record));
    ring_init(&b->waits, sizeof(unsigned));
    ring_init(&b->model_dma, sizeof(struct rec_dma));
    ring_init(&b->model_iwalk, sizeof(struct rec_iwalk));
    ring_init(&b->model_iommu, sizeof(struct rec_iommu));
    ring_init(&b->model_bus, sizeof(struct rec_bus));
    b->vtd = b->o->vtd;
    if (b->vtd.fault_records == 0)
        b->vtd.fault_records = 8;
    if (!block_memory_init(&b->rtl_memory) || !block_memory_init(&b->model_memory))
        return false;
    b->rtl = viommu_create(&env);
    viommu_config(b->rtl, &b->vtd);
    viommu_reset(b->rtl, 2);
    b->r->cycle_base = viommu_cycle(b->rtl);
    if (b->o->wave_path != NULL)
        viommu_wave(b->rtl, b->o->wave_path, b->o->wave_from, b->o->wave_to);
    return new_model(b);
}

static void compare_memory(struct bench *b)
{
    char a[BLOCK_TEXT], c[BLOCK_TEXT];
    uint64_t addr;
    uint8_t rtl, model;

    if (!block_memory_differs(&b->rtl_memory, &b->model_memory, &addr))
        return;
    block_memory_read(&b->rtl_memory, addr, &rtl, 1);
    block_memory_read(&b->model_memory, addr, &model, 1);
    snprintf(a, sizeof(a), "%02x at 0x%" PRIx64, rtl, addr);
    snprintf(c, sizeof(c), "%02x", model);
    block_differ(b->r, "memory", "byte", a, c, viommu_cycle(b->rtl));
}

void iommu_bench_end(struct bench *b)
{
    if (b->r->failed)
        describe(b);
    else
        compare_memory(b);
}

void iommu_bench_close(struct bench *b)
{
    struct ring *rings[] = {&b->rtl_dma,   &b->rtl_iwalk, &b->rtl_iommu,   &b->rtl_bus,
                            &b->rtl_inv,   &b->model_dma, &b->model_iwalk, &b->model_iommu,
                            &b->model_bus, &b->model_inv, &b->waits};

    if (b->rtl != NULL)
        viommu_destroy(b->rtl);
    if (b->model != NULL)
        iommu_destroy(b->model);
    for (unsigned i = 0; i < sizeof(rings) / sizeof(rings[0]); i++)
        ring_free(rings[i]);
    block_memory_free(&b->rtl_memory);
    block_memory_free(&b->model_memory);
}
