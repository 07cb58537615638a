// SPDX-License-Identifier: Apache-2.0
// The IOMMU alone. Root, context and second-stage tables are pages full of random entries that
// point into their own kind; a few source-ids and addresses meet again and again. Between requests:
// entries change, invalidations of every kind, fault records are read and cleared, odd register
// accesses. Some register accesses are raised beside a request, or while one runs.
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "block_iommu.h"

const char *const block_name = "iommu";
const char *const block_view_place = "TOP.soc_top.u_iommu.";
const bool block_has_source_id = true;

#define ROOTS      2  /* pages 0.. */
#define CONTEXTS   4  /* pages after the roots */
#define TABLES     40 /* second-stage pages after them */
#define DATA_PAGES 64 /* what leaves point to, after them */
#define BUSES      2
#define DEVFNS     4

#define WIDTH_PERMILLE 8    /* of the turns between requests: experiments of iommu_width.c */
#define BESIDE_PERCENT 20   /* of the requests have register accesses beside them */
#define RESET_ONE_IN   1000 /* requests */
#define CUT_CYCLES     40   /* a reset falls into the first so many cycles of a request */

/* --- tables --- */

static uint64_t page(unsigned n)
{
    return (uint64_t)n << 12;
}

void iommu_poke(struct bench *b, uint64_t addr, uint64_t value)
{
    block_memory_write8(&b->rtl_memory, addr, value);
    block_memory_write8(&b->model_memory, addr, value);
}

static void random_root(struct bench *b, unsigned root, unsigned bus)
{
    uint64_t addr = page(root) + bus * 16;
    uint64_t lo = page(ROOTS + block_below(&b->random, CONTEXTS));

    lo |= block_chance(&b->random, 93) ? 1 : 0;
    if (block_chance(&b->random, 4))
        lo |= block_chance(&b->random, 50) ? UINT64_C(2) << block_below(&b->random, 11)
                                           : UINT64_C(1) << (40 + block_below(&b->random, 24));
    iommu_poke(b, addr, lo);
    iommu_poke(b, addr + 8,
               block_chance(&b->random, 3) ? UINT64_C(1) << block_below(&b->random, 64) : 0);
}

static void random_context(struct bench *b, unsigned table, unsigned devfn)
{
    static const uint8_t widths[] = {1, 2, 2, 2, 1, 0, 3, 4};
    static const uint8_t types[] = {0, 0, 0, 0, 0, 2, 1, 3};
    uint64_t addr = page(ROOTS + table) + devfn * 16;
    uint64_t lo = page(ROOTS + CONTEXTS + block_below(&b->random, 6)), hi;

    lo |= block_chance(&b->random, 94) ? 1 : 0;
    lo |= block_chance(&b->random, 10) ? 2 : 0; /* FPD */
    lo |= (uint64_t)types[block_below(&b->random, block_chance(&b->random, 15) ? 8 : 6)] << 2;
    hi = widths[block_below(&b->random, block_chance(&b->random, 12) ? 8 : 5)];
    hi |= (uint64_t)(block_below(&b->random, 3) + 1) << 8; /* DID */
    hi |= (uint64_t)block_below(&b->random, 16) << 3;      /* ignored */
    if (block_chance(&b->random, 4))
        lo |= UINT64_C(1) << (block_chance(&b->random, 50) ? 4 + block_below(&b->random, 8)
                                                           : 40 + block_below(&b->random, 24));
    if (block_chance(&b->random, 3))
        hi |= UINT64_C(1) << (block_chance(&b->random, 30) ? 7 : 24 + block_below(&b->random, 40));
    iommu_poke(b, addr, lo);
    iommu_poke(b, addr + 8, hi);
}

static uint64_t random_ss_entry(struct bench *b)
{
    bool leaf = block_chance(&b->random, 18);
    uint64_t e = page(leaf || block_chance(&b->random, 20)
                          ? ROOTS + CONTEXTS + TABLES + block_below(&b->random, DATA_PAGES)
                          : ROOTS + CONTEXTS + block_below(&b->random, TABLES));

    e |= block_chance(&b->random, 90) ? 1 : 0;
    e |= block_chance(&b->random, 88) ? 2 : 0;
    e |= leaf ? 0x80 : 0;
    e |= (uint64_t)block_below(&b->random, 16) << 3 & 0x78; /* ignored bits */
    e |= (uint64_t)block_below(&b->random, 8) << 8;
    if (leaf && block_chance(&b->random, 85)) {
        e &= ~UINT64_C(0x3FFFF000);
        if (block_chance(&b->random, 6)) /* a superpage that reaches the interrupt range */
            e |= UINT64_C(0xC0000000) + (block_chance(&b->random, 50) ? 0x3EE00000 : 0);
    }
    if (block_chance(&b->random, 3))
        e = (e & ~UINT64_C(0xFFFFFFF000)) | UINT64_C(0xFEE00000) |
            (uint64_t)block_below(&b->random, 256) << 12;
    if (block_chance(&b->random, 3))
        e |= block_chance(&b->random, 50) ? UINT64_C(1) << 11
                                          : UINT64_C(1) << (40 + block_below(&b->random, 23));
    return e;
}

static void random_ss(struct bench *b)
{
    uint64_t index =
        block_chance(&b->random, 85) ? block_below(&b->random, 6) : block_below(&b->random, 512);

    iommu_poke(b, page(ROOTS + CONTEXTS + block_below(&b->random, TABLES)) + index * 8,
               random_ss_entry(b));
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
    for (unsigned i = 0; a->write && i < 16; i++)
        if (a->be >> i & 1)
            block_memory_write(&b->rtl_memory, a->addr + i, &a->data[i], 1);
}

static unsigned on_wait(void *ctx)
{
    struct bench *b = ctx;

    return b->o->wait_states_max == 0 ? 0 : block_below(&b->wait_random, b->o->wait_states_max + 1);
}

/* One access of the model; what it writes goes to its memory. */
static void model_bus(struct bench *b, uint8_t src, uint64_t addr, unsigned bytes,
                      const void *written)
{
    struct rec_bus r = {.addr = addr & ~UINT64_C(15), .src = src};

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
COLLECT(rtl_iommu, rec_iommu)
COLLECT(model_iwalk, rec_iwalk)
#undef COLLECT

static void on_model_iommu(void *ctx, const struct rec_iommu *r)
{
    struct bench *b = ctx;

    b->last = *r;
    ring_push(&b->model_iommu, r);
}

static bool compare(struct bench *b)
{
    return block_same_all(b->r, &type_dma, &b->rtl_dma, &b->model_dma) &&
           block_same_all(b->r, &type_iwalk, &b->rtl_iwalk, &b->model_iwalk) &&
           block_same_all(b->r, &type_iommu, &b->rtl_iommu, &b->model_iommu) &&
           block_same_all(b->r, &type_bus, &b->rtl_bus, &b->model_bus);
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
                 {0x0A8, "IEADDR"},  {0x0AC, "IEUADDR"},  {0x0B8, "IRTA"},    {0x100, "IVA"},
                 {0x108, "IOTLB"}};

/* VT-d "Register Descriptions": the register that holds the byte, and the byte in it. */
static void register_name(char *out, size_t bytes, uint32_t offset)
{
    static const uint16_t wide[] = {0x008, 0x010, 0x020, 0x028, 0x100, 0x108};

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
    b->r->first.source_id = d->sid;
}

/* --- the model's side of a step --- */

static void model_data(struct bench *b, const struct rec_dma *in, struct rec_dma *out)
{
    model_bus(b, BUS_DMA, out->pa, in->len, in->write ? in->data : NULL);
    if (!in->write)
        block_memory_read(&b->model_memory, out->pa, out->data, in->len);
}

static struct rec_dma model_dma(struct bench *b, const struct rec_dma *in)
{
    struct iommu_request q;
    struct iommu_step s = iommu_dma_begin(b->model, &q, in);
    uint64_t data[2];

    while (s.action != IOMMU_DO_DONE) {
        memset(data, 0, sizeof(data));
        switch (s.action) {
        case IOMMU_DO_READ:
            model_bus(b, BUS_IOMMU_WALK, s.addr, s.bytes, NULL);
            block_memory_read(&b->model_memory, s.addr, data, s.bytes);
            break;
        case IOMMU_DO_ACCESS:
            model_data(b, in, &q.out);
            break;
        case IOMMU_DO_MESSAGE:
            model_bus(b, BUS_MESSAGE, in->iova, 4, in->data);
            break;
        case IOMMU_DO_EVENT:
            on_message(b, s.addr, s.data);
            break;
        case IOMMU_DO_DONE:
            break;
        }
        s = iommu_dma_next(b->model, &q, data);
    }
    q.out.phase = 1;
    q.out.tag = in->tag;
    if (in->write)
        memcpy(q.out.data, in->data, in->len);
    else if (q.out.status == DMA_BLOCKED || q.out.status == DMA_REJECTED)
        memset(q.out.data, 0xFF, in->len);
    return q.out;
}

/* docs/iommu.md "Latency", at the pins: the cycles behind the answer of the translation. */
static unsigned cycles_to_answer(const struct rec_dma *d, unsigned events)
{
    bool moves = d->status != DMA_REJECTED && d->len != 0;

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

/* docs/iommu.md "One thing at a time": what is taken when; the unit is idle in cycle 0. */
static void model_step(struct bench *b, struct viommu_told *mine, struct answer *a)
{
    const struct viommu_ask *k = &b->ask;
    bool dma = k->dma;
    unsigned reg = 0, due = k->reg[0].after, idle = 0, now;

    memset(mine, 0, sizeof(*mine));
    memset(a, 0, sizeof(*a));
    memset(&b->last, 0, sizeof(b->last));
    b->model_access = 0;
    while (dma || reg < k->regs) {
        now = dma ? k->dma_after : UINT_MAX;
        if (reg < k->regs && due < now)
            now = due;
        if (now < idle)
            now = idle;
        if (reg < k->regs && due <= now) {
            idle = model_register(b, reg, now, mine, a);
            due = mine->acked[reg] + 1 + (reg + 1 < k->regs ? k->reg[reg + 1].after : 0);
            reg++;
        } else {
            idle = model_request(b, now, mine, a);
            dma = false;
        }
        a->events += b->events;
    }
    mine->idle = idle;
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

bool iommu_step_one(struct bench *b, struct answer *a)
{
    struct viommu_told seen, mine;
    bool done;

    b->ask.cycles = VBLOCK_HANG_CYCLES;
    b->write_limit = UINT_MAX;
    done = viommu_run(b->rtl, &b->ask, &seen);
    model_step(b, &mine, a);
    b->r->cycles = viommu_cycle(b->rtl);
    b->r->requests += b->ask.dma;
    if (!done) {
        block_differ(b->r, b->ask.dma ? "dma" : "iommu",
                     b->ask.dma ? "dma_rsp_valid_o" : "reg_ack_o", "no answer", "an answer",
                     b->r->cycles);
        return false;
    }
    return compare(b) && same_answers(b, &seen, &mine) && !block_asserted(b->r, b->r->cycles);
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

/* --- requests --- */

static uint64_t random_iova(struct bench *b)
{
    uint64_t va = block_below(&b->random, 256) * 16;

    for (unsigned shift = 12; shift <= 39; shift += 9) {
        uint64_t index = block_below(&b->random, shift == 12 ? 6 : shift == 39 ? 2 : 3);

        if (shift == 39 && block_chance(&b->random, 70))
            index = 0;
        /* A large page that reaches the interrupt range: inside it, and beside it. */
        if (shift == 21 && block_chance(&b->random, 6))
            index = 0x1F7;
        if (shift == 12 && block_chance(&b->random, 12))
            index |= 0x100;
        va |= index << shift;
    }
    if (block_chance(&b->random, 3))
        va |= UINT64_C(1) << (39 + block_below(&b->random, 25));
    if (block_chance(&b->random, 3))
        va = UINT64_C(0xFEE00000) + block_below(&b->random, 0x100000);
    return va;
}

static struct rec_dma random_request(struct bench *b)
{
    struct rec_dma d = {.iova = random_iova(b), .tag = (uint8_t)b->r->requests};
    unsigned room;

    d.sid = (uint16_t)(block_below(&b->random, BUSES) << 8 | block_below(&b->random, DEVFNS));
    d.write = block_chance(&b->random, 50);
    d.at = block_chance(&b->random, 4) ? (uint8_t)block_below(&b->random, 3) : 0;
    d.iova += block_chance(&b->random, 30) ? block_below(&b->random, 16) & ~3u : 0;
    room = 16 - (unsigned)(d.iova & 15);
    d.len = (uint8_t)(block_chance(&b->random, 50) ? 4 : block_below(&b->random, room) + 1);
    if (d.len > room)
        d.len = (uint8_t)room;
    if (block_chance(&b->random, 3)) {
        d.len = 0;
        d.write = 0;
    }
    for (unsigned i = 0; i < d.len && d.write; i++)
        d.data[i] = (uint8_t)block_random(&b->random);
    return d;
}

static bool write_reg(struct bench *b, uint32_t offset, unsigned bytes, uint64_t value)
{
    struct answer a;

    return iommu_write(b, offset, bytes, value, &a);
}

static bool read_reg(struct bench *b, uint32_t offset, unsigned bytes)
{
    struct answer a;

    return iommu_read(b, offset, bytes, &a);
}

/* Register accesses that software makes while devices are at work. */
static struct viommu_reg register_beside(struct bench *b)
{
    static const uint16_t reads[] = {0x00, REG_FSTS, REG_FECTL, 0x1C, REG_FRCD, REG_CCMD + 4};
    struct viommu_reg g = {.bytes = 4, .after = block_below(&b->random, 24)};
    unsigned index = block_below(&b->random, 8);

    if (block_chance(&b->random, 40))
        g.after = block_below(&b->random, 3);
    switch (block_below(&b->random, 8)) {
    case 0:
        g = (struct viommu_reg){true, REG_FECTL, 4, block_chance(&b->random, 50) ? 0x80000000 : 0,
                                g.after};
        break;
    case 1:
        g = (struct viommu_reg){true, REG_FRCD + 12 + 16 * index, 4, 0x80000000, g.after};
        break;
    case 2:
        g = (struct viommu_reg){
            true, REG_CCMD, 8,
            UINT64_C(1) << 63 | UINT64_C(2) << 61 | (block_below(&b->random, 4) + 1), g.after};
        break;
    case 3:
        g = (struct viommu_reg){true, REG_IOTLB + 4, 4,
                                0xA0000000u | (block_below(&b->random, 4) + 1), g.after};
        break;
    case 4:
        g = (struct viommu_reg){false, REG_FRCD + 16 * index, 8, 0, g.after};
        break;
    default:
        g.offset = reads[block_below(&b->random, sizeof(reads) / sizeof(reads[0]))];
        break;
    }
    return g;
}

static void random_ask(struct bench *b)
{
    b->ask = (struct viommu_ask){.dma = true, .in = random_request(b)};
    if (!block_chance(&b->random, BESIDE_PERCENT))
        return;
    b->ask.dma_after = block_below(&b->random, 7);
    b->ask.regs = 1 + block_chance(&b->random, 40);
    for (unsigned i = 0; i < b->ask.regs; i++)
        b->ask.reg[i] = register_beside(b);
}

static bool request(struct bench *b)
{
    struct answer a;

    random_ask(b);
    return iommu_step_one(b, &a);
}

/* --- registers --- */

static bool invalidate_context(struct bench *b)
{
    uint64_t sid = block_below(&b->random, BUSES) << 8 | block_below(&b->random, DEVFNS + 2);
    uint64_t v = UINT64_C(1) << 63 | (uint64_t)block_below(&b->random, 4) << 61 |
                 (uint64_t)block_below(&b->random, 4) << 32 | sid << 16 |
                 (block_below(&b->random, 4) + 1);

    return write_reg(b, 0x28, 8, v) && read_reg(b, 0x28, 8);
}

static bool invalidate_iotlb(struct bench *b)
{
    static const uint8_t orders[] = {0, 0, 1, 2, 3, 9, 10, 18, 17, 19, 40};
    uint64_t iva = (random_iova(b) & ~UINT64_C(0xFFF)) |
                   orders[block_below(&b->random, sizeof(orders))] |
                   (block_chance(&b->random, 30) ? 0x40 : 0);
    uint64_t v = UINT64_C(1) << 63 |
                 (uint64_t)(block_chance(&b->random, 60) ? 3 : block_below(&b->random, 4)) << 60 |
                 (uint64_t)block_below(&b->random, 4) << 48 |
                 (uint64_t)(block_below(&b->random, 4) + 1) << 32;

    return write_reg(b, 0x100, 8, iva) && write_reg(b, 0x108, 8, v) && read_reg(b, 0x108, 8);
}

/* Software's loop over the fault records, or a part of it. */
static bool service_faults(struct bench *b)
{
    bool ok = read_reg(b, 0x34, 4);

    for (unsigned i = 0; i < 8 && ok; i++) {
        if (block_chance(&b->random, 50))
            ok = read_reg(b, 0x200 + 16 * i, 8) && read_reg(b, 0x208 + 16 * i, 8);
        if (ok && block_chance(&b->random, 80))
            ok = write_reg(b, 0x20C + 16 * i, 4, 0x80000000);
    }
    if (ok && block_chance(&b->random, 70))
        ok = write_reg(b, 0x34, 4, block_chance(&b->random, 90) ? 1 : 0xFF);
    return ok && read_reg(b, 0x38, 4);
}

static bool odd_register(struct bench *b)
{
    static const uint16_t offsets[] = {0x000, 0x008, 0x00C, 0x010, 0x014, 0x018, 0x01C, 0x020,
                                       0x028, 0x034, 0x038, 0x03C, 0x040, 0x044, 0x058, 0x064,
                                       0x080, 0x090, 0x0A0, 0x0B8, 0x100, 0x108, 0x10C, 0x200,
                                       0x208, 0x20C, 0x278, 0x280, 0x300, 0xFF8};
    static const uint8_t sizes[] = {4, 4, 4, 8, 8, 1, 2, 16, 3};
    uint32_t offset = offsets[block_below(&b->random, sizeof(offsets) / sizeof(offsets[0]))];
    unsigned bytes = sizes[block_below(&b->random, block_chance(&b->random, 80) ? 5 : 9)];

    if (block_chance(&b->random, 10))
        offset = block_below(&b->random, 0x400);
    if (offset % 16 + bytes > 16)
        bytes = 16 - offset % 16;
    if (block_chance(&b->random, 75))
        return read_reg(b, offset, bytes);
    if (offset <= 0x24 && offset + bytes > 0x18) /* GCMD, RTADDR have their own turn */
        return true;
    return write_reg(b, offset, bytes, block_random(&b->random) >> block_below(&b->random, 60));
}

static bool set_root(struct bench *b)
{
    uint64_t ttm = block_chance(&b->random, 5) ? block_below(&b->random, 4) : 0;
    uint64_t junk = block_chance(&b->random, 10) ? block_random(&b->random) & 0x3FF : 0;

    uint64_t value = page(block_below(&b->random, ROOTS)) | ttm << 10 | junk;

    if (!write_reg(b, 0x20, 8, value))
        return false;
    if (b->r->requests != 0 && block_chance(&b->random, 30)) /* does nothing before SRTP */
        return read_reg(b, 0x20, 8);
    b->rtaddr = value;
    b->gcmd = 0x80000000;
    return write_reg(b, 0x18, 4, 0xC0000000) && read_reg(b, 0x1C, 4);
}

/* What software does after a reset. */
static bool configure(struct bench *b)
{
    return write_reg(b, REG_FEADDR, 4, 0xFEE00000) && write_reg(b, REG_FEDATA, 4, 0x41) &&
           write_reg(b, REG_FECTL, 4, 0);
}

static bool new_model(struct bench *b)
{
    struct iommu_env env = {b, on_model_iwalk, on_model_iommu, on_message};
    struct iommu_config config = iommu_default_config();

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

/* A reset, mostly in the middle of a step. The model makes the accesses that the RTL came to, and
 * is then a new one. */
static bool reset_now(struct bench *b)
{
    struct viommu_told seen, mine;
    struct answer a;
    bool same = true;

    random_ask(b);
    if (block_chance(&b->random, 80)) {
        b->ask.cycles = 1 + block_below(&b->random, CUT_CYCLES);
        viommu_run(b->rtl, &b->ask, &seen);
        b->write_limit = (unsigned)b->rtl_bus.count;
        model_step(b, &mine, &a);
        while (b->model_bus.count > b->rtl_bus.count)
            b->model_bus.count--;
        same = block_same_all(b->r, &type_bus, &b->rtl_bus, &b->model_bus);
    }
    empty(&b->rtl_dma);
    empty(&b->rtl_iwalk);
    empty(&b->rtl_iommu);
    viommu_reset(b->rtl, 1 + block_below(&b->random, 3));
    b->r->cycle_base = viommu_cycle(b->rtl);
    empty(&b->model_dma);
    empty(&b->model_iwalk);
    empty(&b->model_iommu);
    return new_model(b) && same;
}

/* What was cached before is asked for again, under the same root: a cache that kept it shows. */
static bool reset(struct bench *b)
{
    struct rec_dma in = random_request(b);
    struct answer a;

    b->gcmd = 0x80000000;
    return iommu_request(b, &in, &a) && reset_now(b) && configure(b) &&
           write_reg(b, REG_RTADDR, 8, b->rtaddr) && write_reg(b, REG_GCMD, 4, 0xC0000000) &&
           iommu_request(b, &in, &a);
}

static bool between(struct bench *b)
{
    uint32_t dice = block_below(&b->random, 1000);

    if (block_memory_crowded(&b->rtl_memory)) {
        block_memory_forget(&b->rtl_memory);
        block_memory_forget(&b->model_memory);
    }
    if (block_below(&b->random, RESET_ONE_IN) == 0)
        return reset(b);
    if (block_below(&b->random, 1000) < WIDTH_PERMILLE) {
        if (!iommu_width_next(b) || !write_reg(b, REG_RTADDR, 8, b->rtaddr))
            return false;
        return write_reg(b, REG_GCMD, 4, 0x40000000 | b->gcmd);
    }
    if (dice < 150)
        random_ss(b);
    else if (dice < 180)
        random_context(b, block_below(&b->random, CONTEXTS), block_below(&b->random, DEVFNS));
    else if (dice < 190)
        random_root(b, block_below(&b->random, ROOTS), block_below(&b->random, BUSES));
    else if (dice < 230)
        return invalidate_context(b);
    else if (dice < 300)
        return invalidate_iotlb(b);
    else if (dice < 340)
        return service_faults(b);
    else if (dice < 370)
        return odd_register(b);
    else if (dice < 385)
        return write_reg(b, 0x38, 4, block_chance(&b->random, 50) ? 0x80000000 : 0);
    else if (dice < 392)
        return set_root(b);
    else if (dice < 396) {
        b->gcmd = block_chance(&b->random, 85) ? 0x80000000 : 0;
        return write_reg(b, REG_GCMD, 4, b->gcmd);
    }
    return true;
}

static bool setup(struct bench *b)
{
    struct vblock_env env = {.ctx = b,
                             .seed = b->o->seed,
                             .access = on_access,
                             .wait_states = on_wait,
                             .dma = on_rtl_dma,
                             .iwalk = on_rtl_iwalk,
                             .iommu = on_rtl_iommu};

    b->random.state = b->o->seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
    b->wait_random.state = b->random.state ^ UINT64_C(0xD1B54A32D192ED03);
    ring_init(&b->rtl_dma, sizeof(struct rec_dma));
    ring_init(&b->rtl_iwalk, sizeof(struct rec_iwalk));
    ring_init(&b->rtl_iommu, sizeof(struct rec_iommu));
    ring_init(&b->rtl_bus, sizeof(struct rec_bus));
    ring_init(&b->model_dma, sizeof(struct rec_dma));
    ring_init(&b->model_iwalk, sizeof(struct rec_iwalk));
    ring_init(&b->model_iommu, sizeof(struct rec_iommu));
    ring_init(&b->model_bus, sizeof(struct rec_bus));
    for (unsigned r = 0; r < ROOTS; r++)
        for (unsigned bus = 0; bus < BUSES; bus++)
            random_root(b, r, bus);
    for (unsigned t = 0; t < CONTEXTS; t++)
        for (unsigned d = 0; d < DEVFNS; d++)
            random_context(b, t, d);
    for (uint64_t i = 0; i < TABLES * UINT64_C(512); i++)
        iommu_poke(b, page(ROOTS + CONTEXTS) + i * 8, random_ss_entry(b));
    b->rtl = viommu_create(&env);
    if (!new_model(b))
        return false;
    iommu_width_setup(b);
    if (b->o->wave_path != NULL)
        viommu_wave(b->rtl, b->o->wave_path, b->o->wave_from, b->o->wave_to);
    return configure(b) && set_root(b);
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

static void teardown(struct bench *b)
{
    struct ring *rings[] = {&b->rtl_dma,   &b->rtl_iwalk,   &b->rtl_iommu,   &b->rtl_bus,
                            &b->model_dma, &b->model_iwalk, &b->model_iommu, &b->model_bus};

    if (b->rtl != NULL)
        viommu_destroy(b->rtl);
    if (b->model != NULL)
        iommu_destroy(b->model);
    for (unsigned i = 0; i < sizeof(rings) / sizeof(rings[0]); i++)
        ring_free(rings[i]);
    block_memory_free(&b->rtl_memory);
    block_memory_free(&b->model_memory);
}

bool block_run(const struct block_options *o, struct block_result *r, char *error,
               size_t error_bytes)
{
    struct bench b = {.o = o, .r = r};
    bool ready;

    if (!block_memory_init(&b.rtl_memory) || !block_memory_init(&b.model_memory)) {
        snprintf(error, error_bytes, "out of memory");
        return false;
    }
    ready = setup(&b);
    while (ready && !r->failed && r->requests < o->requests)
        if (!between(&b) || !request(&b))
            break;
    if (r->failed)
        describe(&b);
    else
        compare_memory(&b);
    if (o->wave_path != NULL)
        for (unsigned i = 0; i < 10; i++)
            read_reg(&b, 0, 4);
    teardown(&b);
    return true;
}
