// SPDX-License-Identifier: Apache-2.0
// The IOMMU alone. Root, context and second-stage tables are pages full of random entries that
// point into their own kind; a few source-ids and addresses meet again and again. Between requests:
// entries change, invalidations of every kind, fault records are read and cleared, odd register
// accesses.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "block.h"
#include "iommu/iommu.h"
#include "verilated_block.h"

const char *const block_name = "iommu";
const char *const block_view_place = "TOP.soc_top.u_iommu.";
const bool block_has_source_id = true;

#define ROOTS      2  /* pages 0.. */
#define CONTEXTS   4  /* pages after the roots */
#define TABLES     40 /* second-stage pages after them */
#define DATA_PAGES 64 /* what leaves point to, after them */
#define BUSES      2
#define DEVFNS     4

struct bench {
    const struct block_options *o;
    struct block_result *r;
    struct block_random random, wait_random;
    struct viommu *rtl;
    struct iommu *model;
    uint8_t *rtl_memory, *model_memory;
    struct ring rtl_dma, rtl_iwalk, rtl_iommu, rtl_bus, model_iwalk, model_iommu, model_bus;
};

/* --- tables --- */

static uint64_t page(unsigned n)
{
    return (uint64_t)n << 12;
}

static void poke(struct bench *b, uint64_t addr, uint64_t value)
{
    memcpy(b->rtl_memory + addr, &value, sizeof(value));
    memcpy(b->model_memory + addr, &value, sizeof(value));
}

static void random_root(struct bench *b, unsigned root, unsigned bus)
{
    uint64_t addr = page(root) + bus * 16;
    uint64_t lo = page(ROOTS + block_below(&b->random, CONTEXTS));

    lo |= block_chance(&b->random, 93) ? 1 : 0;
    if (block_chance(&b->random, 4))
        lo |= block_chance(&b->random, 50) ? UINT64_C(2) << block_below(&b->random, 11)
                                           : UINT64_C(1) << (40 + block_below(&b->random, 24));
    poke(b, addr, lo);
    poke(b, addr + 8, block_chance(&b->random, 3) ? UINT64_C(1) << block_below(&b->random, 64) : 0);
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
    poke(b, addr, lo);
    poke(b, addr + 8, hi);
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

    poke(b, page(ROOTS + CONTEXTS + block_below(&b->random, TABLES)) + index * 8,
         random_ss_entry(b));
}

/* --- memory --- */

static void on_access(void *ctx, struct vblock_access *a)
{
    struct bench *b = ctx;
    struct rec_bus r = {.addr = a->addr, .be = a->be, .src = a->src};
    bool ram = a->addr + 16 <= BLOCK_MEMORY_BYTES;

    r.cycle = viommu_cycle(b->rtl);
    r.flags = a->write ? BUS_WRITE : 0;
    if (a->write)
        memcpy(r.data, a->data, 16);
    ring_push(&b->rtl_bus, &r);
    if (!a->write) {
        if (ram)
            memcpy(a->data, b->rtl_memory + a->addr, 16);
        else
            memset(a->data, 0xFF, 16);
        return;
    }
    for (unsigned i = 0; ram && a->src == BUS_DMA && i < 16; i++)
        if (a->be >> i & 1)
            b->rtl_memory[a->addr + i] = a->data[i];
}

static unsigned on_wait(void *ctx)
{
    struct bench *b = ctx;

    return b->o->wait_states_max == 0 ? 0 : block_below(&b->wait_random, b->o->wait_states_max + 1);
}

static void model_bus(struct bench *b, uint8_t src, uint64_t addr, unsigned bytes,
                      const void *written)
{
    struct rec_bus r = {.addr = addr & ~UINT64_C(15), .src = src};

    r.be = (uint16_t)(((UINT32_C(1) << bytes) - 1) << (addr & 15));
    if (written != NULL) {
        r.flags = BUS_WRITE;
        memcpy(r.data + (addr & 15), written, bytes);
    }
    ring_push(&b->model_bus, &r);
}

static void on_message(void *ctx, uint64_t addr, uint32_t data)
{
    model_bus(ctx, BUS_MESSAGE, addr, 4, &data);
}

/* --- records --- */

#define COLLECT(name, type)                                                                        \
    static void on_##name(void *ctx, const struct type *r)                                         \
    {                                                                                              \
        ring_push(&((struct bench *)ctx)->name, r);                                                \
    }
COLLECT(rtl_iwalk, rec_iwalk)
COLLECT(rtl_iommu, rec_iommu)
COLLECT(model_iwalk, rec_iwalk)
COLLECT(model_iommu, rec_iommu)
#undef COLLECT

static void on_rtl_dma(void *ctx, const struct rec_dma *r)
{
    if (r->phase == 1)
        ring_push(&((struct bench *)ctx)->rtl_dma, r);
}

static bool compare(struct bench *b, const struct rec_dma *mine)
{
    struct ring one;
    bool same;

    ring_init(&one, sizeof(struct rec_dma));
    if (mine != NULL)
        ring_push(&one, mine);
    same = block_same_all(b->r, &type_dma, &b->rtl_dma, &one) &&
           block_same_all(b->r, &type_iwalk, &b->rtl_iwalk, &b->model_iwalk) &&
           block_same_all(b->r, &type_iommu, &b->rtl_iommu, &b->model_iommu) &&
           block_same_all(b->r, &type_bus, &b->rtl_bus, &b->model_bus);
    ring_free(&one);
    return same;
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

static void model_access(struct bench *b, const struct rec_dma *in, struct rec_dma *out)
{
    bool ram = out->pa + in->len <= BLOCK_MEMORY_BYTES;

    model_bus(b, BUS_DMA, out->pa, in->len, in->write ? in->data : NULL);
    if (in->write && ram)
        memcpy(b->model_memory + out->pa, in->data, in->len);
    else if (!in->write && ram)
        memcpy(out->data, b->model_memory + out->pa, in->len);
    else if (!in->write)
        memset(out->data, 0xFF, in->len);
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
            if (s.addr + s.bytes <= BLOCK_MEMORY_BYTES)
                memcpy(data, b->model_memory + s.addr, s.bytes);
            else
                memset(data, 0xFF, s.bytes);
            break;
        case IOMMU_DO_ACCESS:
            model_access(b, in, &q.out);
            break;
        case IOMMU_DO_MESSAGE:
            model_bus(b, BUS_MESSAGE, in->iova, 4, in->data);
            break;
        case IOMMU_DO_EVENT:
            model_bus(b, BUS_MESSAGE, s.addr, 4, &s.data);
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

static bool request(struct bench *b)
{
    struct rec_dma in = random_request(b), mine;
    uint8_t rdata[16];
    bool ok;

    snprintf(b->r->first.request, sizeof(b->r->first.request),
             "%" PRIu64 ": %s of %u bytes at 0x%" PRIx64 " by %02x:%02x.%x, AT %u", b->r->requests,
             in.write ? "write" : "read", in.len, in.iova, in.sid >> 8, in.sid >> 3 & 31,
             in.sid & 7, in.at);
    b->r->first.source_id = in.sid;
    if (!viommu_dma(b->rtl, &in, &ok, rdata)) {
        block_differ(b->r, "dma", "dma_rsp_valid_o", "no answer", "an answer",
                     viommu_cycle(b->rtl));
        return false;
    }
    mine = model_dma(b, &in);
    if (mine.fault != 0)
        b->r->faults[mine.fault]++;
    if (!compare(b, &mine))
        return false;
    if (ok != (mine.status != DMA_BLOCKED && mine.status != DMA_REJECTED) ||
        (!in.write && memcmp(rdata, mine.data, in.len) != 0)) {
        block_differ(b->r, "dma", "dma_rsp_o", ok ? "ok or other data" : "not ok",
                     "the answer of the record", viommu_cycle(b->rtl));
        return false;
    }
    return true;
}

/* --- registers --- */

static bool reg_access(struct bench *b, bool write, uint32_t offset, unsigned bytes, uint64_t value)
{
    uint64_t seen = value, mine = value;

    snprintf(b->r->first.request, sizeof(b->r->first.request),
             "register %s of %u bytes at 0x%x%s%" PRIx64, write ? "write" : "read", bytes, offset,
             write ? " <- 0x" : " #", write ? value : b->r->requests);
    if (!viommu_register(b->rtl, write, offset, bytes, &seen)) {
        block_differ(b->r, "iommu", "reg_ack_o", "no answer", "an answer", viommu_cycle(b->rtl));
        return false;
    }
    if (write)
        iommu_reg_write(b->model, offset, bytes, value);
    else
        mine = iommu_reg_read(b->model, offset, bytes);
    if (bytes < 8) {
        seen &= (UINT64_C(1) << (8 * bytes)) - 1;
        mine &= (UINT64_C(1) << (8 * bytes)) - 1;
    }
    if (!compare(b, NULL))
        return false;
    if (!write && seen != mine) {
        char a[BLOCK_TEXT], c[BLOCK_TEXT];

        snprintf(a, sizeof(a), "0x%" PRIx64, seen);
        snprintf(c, sizeof(c), "0x%" PRIx64, mine);
        block_differ(b->r, "iommu", "reg_rdata_o", a, c, viommu_cycle(b->rtl));
        return false;
    }
    return true;
}

static bool write_reg(struct bench *b, uint32_t offset, unsigned bytes, uint64_t value)
{
    return reg_access(b, true, offset, bytes, value);
}

static bool read_reg(struct bench *b, uint32_t offset, unsigned bytes)
{
    return reg_access(b, false, offset, bytes, 0);
}

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

    if (!write_reg(b, 0x20, 8, page(block_below(&b->random, ROOTS)) | ttm << 10 | junk))
        return false;
    if (b->r->requests != 0 && block_chance(&b->random, 30)) /* does nothing before SRTP */
        return read_reg(b, 0x20, 8);
    return write_reg(b, 0x18, 4, 0xC0000000) && read_reg(b, 0x1C, 4);
}

static bool between(struct bench *b)
{
    uint32_t dice = block_below(&b->random, 1000);

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
    else if (dice < 396)
        return write_reg(b, 0x18, 4, block_chance(&b->random, 85) ? 0x80000000 : 0);
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
    struct iommu_env menv = {b, on_model_iwalk, on_model_iommu, on_message};
    struct iommu_config config = iommu_default_config();

    b->random.state = b->o->seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
    b->wait_random.state = b->random.state ^ UINT64_C(0xD1B54A32D192ED03);
    ring_init(&b->rtl_dma, sizeof(struct rec_dma));
    ring_init(&b->rtl_iwalk, sizeof(struct rec_iwalk));
    ring_init(&b->rtl_iommu, sizeof(struct rec_iommu));
    ring_init(&b->rtl_bus, sizeof(struct rec_bus));
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
        poke(b, page(ROOTS + CONTEXTS) + i * 8, random_ss_entry(b));
    b->model = iommu_create(&config, &menv);
    b->rtl = viommu_create(&env);
    if (b->model == NULL)
        return false;
    if (b->o->wave_path != NULL)
        viommu_wave(b->rtl, b->o->wave_path, b->o->wave_from, b->o->wave_to);
    return write_reg(b, 0x40, 4, 0xFEE00000) && write_reg(b, 0x3C, 4, 0x41) &&
           write_reg(b, 0x38, 4, 0) && set_root(b);
}

static void compare_memory(struct bench *b)
{
    char a[BLOCK_TEXT], c[BLOCK_TEXT];

    for (uint64_t i = 0; i < BLOCK_MEMORY_BYTES && !b->r->failed; i++) {
        if (b->rtl_memory[i] == b->model_memory[i])
            continue;
        snprintf(a, sizeof(a), "%02x at 0x%" PRIx64, b->rtl_memory[i], i);
        snprintf(c, sizeof(c), "%02x", b->model_memory[i]);
        block_differ(b->r, "memory", "byte", a, c, viommu_cycle(b->rtl));
    }
}

static void teardown(struct bench *b)
{
    struct ring *rings[] = {&b->rtl_dma,     &b->rtl_iwalk,   &b->rtl_iommu, &b->rtl_bus,
                            &b->model_iwalk, &b->model_iommu, &b->model_bus};

    if (b->rtl != NULL)
        viommu_destroy(b->rtl);
    if (b->model != NULL)
        iommu_destroy(b->model);
    for (unsigned i = 0; i < sizeof(rings) / sizeof(rings[0]); i++)
        ring_free(rings[i]);
    free(b->rtl_memory);
    free(b->model_memory);
}

bool block_run(const struct block_options *o, struct block_result *r, char *error,
               size_t error_bytes)
{
    struct bench b = {.o = o, .r = r};
    bool ready;

    b.rtl_memory = calloc(1, BLOCK_MEMORY_BYTES);
    b.model_memory = calloc(1, BLOCK_MEMORY_BYTES);
    if (b.rtl_memory == NULL || b.model_memory == NULL) {
        snprintf(error, error_bytes, "out of memory");
        return false;
    }
    ready = setup(&b);
    while (ready && !r->failed && r->requests < o->requests) {
        if (!between(&b) || !request(&b))
            break;
        r->requests++;
        r->cycles = viommu_cycle(b.rtl);
    }
    compare_memory(&b);
    if (o->wave_path != NULL)
        for (unsigned i = 0; i < 10; i++)
            read_reg(&b, 0, 4);
    teardown(&b);
    return true;
}
