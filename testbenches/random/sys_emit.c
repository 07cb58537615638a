// SPDX-License-Identifier: Apache-2.0
// Instructions that the slots of a system program are put together from, in 16-, 32- and 64-bit
// code.
#include "sys.h"

void sys_code_size(struct gen *g, enum size size)
{
    g->wide = size == SIZE_64;
    g->narrow = size == SIZE_16;
    g->body = BODY - (g->narrow ? sys_episode(g)->base16 : 0);
}

enum size sys_size(const struct gen *g)
{
    return g->wide ? SIZE_64 : g->narrow ? SIZE_16 : SIZE_32;
}

void op32(struct gen *g)
{
    if (g->narrow)
        put(g, 0x66, 1);
}

void mem_op(struct gen *g, unsigned opcode, unsigned bytes, unsigned reg, uint32_t at)
{
    if (g->narrow)
        put(g, 0x67, 1);
    put(g, opcode, bytes);
    if (g->wide) {
        put(g, reg << 3 | 4, 1);
        put(g, 0x25, 1);
    } else {
        put(g, reg << 3 | 5, 1);
    }
    put(g, at, 4);
}

void store32(struct gen *g, uint32_t at, uint32_t v)
{
    op32(g);
    mem_op(g, 0xc7, 1, 0, at);
    put(g, v, 4);
}

void store16(struct gen *g, uint32_t at, uint16_t v)
{
    if (!g->narrow)
        put(g, 0x66, 1);
    mem_op(g, 0xc7, 1, 0, at);
    put(g, v, 2);
}

void store8(struct gen *g, uint32_t at, uint8_t v)
{
    mem_op(g, 0xc6, 1, 0, at);
    put(g, v, 1);
}

void push32(struct gen *g, uint32_t v)
{
    op32(g);
    put(g, 0x68, 1);
    put(g, v, 4);
}

void int_n(struct gen *g, unsigned vector)
{
    put(g, 0xcd, 1);
    put(g, vector, 1);
}

uint32_t here(const struct gen *g)
{
    return slot_address(g, g->slot) + g->n;
}

uint32_t here_linear(const struct gen *g)
{
    return BODY + g->slot * SYS_SLOT + g->n;
}

void patch(struct gen *g, unsigned at, uint64_t v, unsigned bytes)
{
    for (unsigned i = 0; i < bytes && at + i < sizeof g->b; i++)
        g->b[at + i] = (uint8_t)(v >> (8 * i));
}

unsigned begin_skip(struct gen *g)
{
    put(g, 0xeb, 2);
    return g->n;
}

void end_skip(struct gen *g, unsigned at)
{
    patch(g, at - 1, g->n - at, 1);
}

unsigned far_transfer(struct gen *g, bool call, uint16_t sel, uint32_t off)
{
    uint32_t at = (chance(g, 90) ? SAFE : g->data) + below(g, 0xff0);

    unsigned hole;

    store32(g, at, off);
    hole = g->n - 4;
    store16(g, at + 4, sel);
    op32(g);
    mem_op(g, 0xff, 1, call ? 3 : 5, at);
    return hole;
}

unsigned code_selector(enum size size, unsigned ring)
{
    return C16 + size * 0x20 + ring * 8 + ring;
}

uint32_t table(const struct gen *g, uint32_t at)
{
    return sys_episode(g)->paging == PAGING_OFF ? at : at + ALIAS;
}

uint16_t sys_selector(struct gen *g)
{
    unsigned s = chance(g, 15) ? below(g, 16) * 8 + 4 : below(g, GDT_BYTES / 8 + 1) * 8;

    return (uint16_t)(s | below(g, 4));
}

uint16_t sys_data_selector(struct gen *g)
{
    unsigned r = below(g, 4);

    switch (below(g, 8)) {
    case 0:
        return (uint16_t)below(g, 4);
    case 1:
        return (uint16_t)(S16 + r * 8 + r);
    case 2:
        return (uint16_t)(ODD_FIRST + below(g, 7) * 8 + below(g, 4));
    case 3:
        return (uint16_t)(below(g, 8) * 8 + 4 + below(g, 4));
    case 4:
        return (uint16_t)(SCRATCH + below(g, SCRATCHES) * 16 + below(g, 4));
    case 5:
        return sys_selector(g);
    default:
        return (uint16_t)(DATA_R + r * 8 + (chance(g, 70) ? r : below(g, 4)));
    }
}

void mov_from_eax(struct gen *g, unsigned op, unsigned reg)
{
    put(g, 0x0f, 1);
    put(g, op, 1);
    put(g, 0xc0 | reg << 3, 1);
}

void one_instruction(struct gen *g)
{
    unsigned n = g->n;

    while (!instruction(g))
        g->n = n;
}
