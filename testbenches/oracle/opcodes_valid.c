// SPDX-License-Identifier: Apache-2.0
// Is an instruction #UD? The model runs it at CPL 0, in each mode, everything mapped, tables where
// no operand reaches them.
#include <stdlib.h>
#include <string.h>

#include "opcodes.h"
#include "ringwalk.h"

enum {
    RAM_BYTES = 1 << 21,
    CODE = 0x50000,
    STACK = 0x60000,
    DATA = 0x4000, /* what the registers hold */
    GDT = 0x100000,
    IDT = 0x101000,    /* 8-byte gates */
    IDT_64 = 0x102000, /* 16-byte gates */
    HANDLER = 0x103000,
    PML4 = 0x104000,
    PDPT = 0x105000,
};

struct ring0 {
    const struct rw_model_ops *ops;
    struct rw_model *model;
    uint8_t *ram;
    struct rec_retire retired;
    struct rw_state start[3]; /* by enum decode_mode */
};

static void put8(struct ring0 *g, uint64_t pa, uint64_t v)
{
    memcpy(g->ram + pa, &v, 8);
}

static void build_tables(struct ring0 *g)
{
    put8(g, GDT + 0x08, UINT64_C(0x00cf9b000000ffff));
    put8(g, GDT + 0x10, UINT64_C(0x00af9b000000ffff));
    for (unsigned v = 0; v < 256; v++) {
        put8(g, IDT + 8 * v,
             HANDLER % 0x10000 | 0x08 << 16 | (uint64_t)(HANDLER >> 16) << 48 |
                 UINT64_C(0x8e) << 40);
        put8(g, IDT_64 + 16 * v,
             HANDLER % 0x10000 | 0x10 << 16 | (uint64_t)(HANDLER >> 16) << 48 |
                 UINT64_C(0x8e) << 40);
    }
    put8(g, PML4, PDPT | 0x63);
    put8(g, PDPT, 0xe3);
}

static void on_retire(void *ctx, const struct rec_retire *r)
{
    ((struct ring0 *)ctx)->retired = *r;
}

static void settle_mode(struct ring0 *g, enum decode_mode mode)
{
    struct rw_state *s = &g->start[mode];
    bool wide = mode == DECODE_64;
    uint16_t code_attr = mode == DECODE_64 ? 0xa09b : mode == DECODE_32 ? 0xc09b : 0x809b;

    g->ops->get_state(g->model, s);
    memset(s->regs.gpr, 0, sizeof(s->regs.gpr));
    for (unsigned i = 0; i < 16; i++)
        s->regs.gpr[i] = i == 4 ? STACK : DATA;
    s->regs.rflags = 2;
    s->regs.cpl = 0;
    s->regs.rip = wide ? CODE : 0;
    s->sys.cr0 = wide ? UINT64_C(0x80000031) : 0x31;
    s->sys.cr3 = wide ? PML4 : 0;
    s->sys.cr4 = wide ? 0x4100a0 : 0x400000; /* what an instruction asks for: PKE, FSGSBASE */
    s->sys.efer = wide ? 0xd01 : 0x001;
    s->sys.gdtr_base = GDT;
    s->sys.gdtr_limit = 0x17;
    s->sys.idtr_base = wide ? IDT_64 : IDT;
    s->sys.idtr_limit = 0xfff;
    for (unsigned i = SEG_ES; i <= SEG_GS; i++)
        s->sys.seg[i] = (struct rec_seg_state){.limit = 0xffffffff, .selector = 8, .attr = 0xc093};
    s->sys.seg[SEG_CS].attr = code_attr;
    s->sys.seg[SEG_CS].base = wide ? 0 : CODE;
    s->sys.seg[SEG_CS].selector = wide ? 0x10 : 8;
}

struct ring0 *ring0_create(void)
{
    struct ring0 *g = calloc(1, sizeof(*g));
    struct rw_env env = {.ctx = g, .retire = on_retire};
    struct rw_model_config config = {0};

    if (g == NULL)
        return NULL;
    g->ram = aligned_alloc(4096, RAM_BYTES);
    if (g->ram == NULL) {
        free(g);
        return NULL;
    }
    memset(g->ram, 0, RAM_BYTES);
    build_tables(g);
    config.mem = (struct rw_mem){g->ram, RAM_BYTES};
    g->ops = rw_golden();
    g->model = g->ops->create(&config, &env);
    settle_mode(g, DECODE_16);
    settle_mode(g, DECODE_32);
    settle_mode(g, DECODE_64);
    return g;
}

void ring0_destroy(struct ring0 *g)
{
    g->ops->destroy(g->model);
    free(g->ram);
    free(g);
}

int ring0_vector(struct ring0 *g, const struct candidate *c)
{
    memcpy(g->ram + CODE, c->bytes, 15);
    g->ops->mem_changed(g->model, CODE, 15);
    g->ops->set_state(g->model, &g->start[c->mode]);
    g->ops->step(g->model);
    if (g->retired.kind == RETIRE_SHUTDOWN)
        return -2;
    return g->retired.kind == RETIRE_EXCEPTION ? g->retired.vector : -1;
}
