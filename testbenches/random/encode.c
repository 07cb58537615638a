// SPDX-License-Identifier: Apache-2.0
// Encodes one instruction, SDM Vol. 2 "Instruction Format": what is left open (sizes, prefixes,
// form of the address) is drawn.
#include "encode.h"

void put(struct gen *g, uint64_t v, unsigned bytes)
{
    for (unsigned i = 0; i < bytes && g->n < sizeof g->b; i++)
        g->b[g->n++] = (uint8_t)(v >> (8 * i));
}

/* MOV r, v in the shortest form that holds it. */
void mov_imm(struct gen *g, unsigned r, uint64_t v)
{
    if (!g->wide) {
        if (g->narrow)
            put(g, 0x66, 1);
        put(g, 0xb8u | r, 1);
        put(g, v, 4);
    } else if (v >> 32 == 0) {
        if (r >= 8)
            put(g, 0x41, 1);
        put(g, 0xb8u | (r & 7), 1);
        put(g, v, 4);
    } else {
        put(g, 0x48u | r >> 3, 1);
        put(g, 0xb8u | (r & 7), 1);
        put(g, v, 8);
    }
}

void add_prefix(struct head *h, uint8_t p)
{
    if (h->prefixes < sizeof h->prefix)
        h->prefix[h->prefixes++] = p;
}

void encode_sizes(struct gen *g, const struct form *f, struct head *h)
{
    static const uint8_t overrides[] = {0x26, 0x2e, 0x36, 0x3e};

    h->seg = -1;
    if (f->flags & F_66 || (!(f->flags & F_B) && chance(g, 22)))
        h->p66 = true;
    if (g->wide && chance(g, (f->flags & F_B) ? 5 : 40))
        h->rex |= 8;
    if (g->wide && chance(g, 15))
        h->keep_rex = true;
    if ((f->flags & (F_M | F_STRING | F_MOFFS | F_RBX)) && chance(g, 8))
        h->p67 = true;
    if (!g->wide && h->p67 && (f->flags & (F_M | F_STRING | F_MOFFS | F_RBX)))
        h->p67 = false; /* 16-bit addresses: only with FS, see rm_memory() */
    if (g->narrow && (f->flags & (F_M | F_STRING | F_MOFFS | F_RBX)))
        h->p67 = true;
    if (f->flags & F_F3)
        add_prefix(h, 0xf3);
    else if (!(f->flags & F_STRING) && chance(g, 2))
        add_prefix(h, chance(g, 50) ? 0xf2 : 0xf3);
    if ((f->flags & F_M) && chance(g, (f->flags & F_LOCK) ? 20 : 3))
        add_prefix(h, 0xf0);
    if (chance(g, 5))
        add_prefix(h, overrides[below(g, g->wide || g->ring == 3 ? 4 : 2)]);
    if (h->p66)
        add_prefix(h, 0x66);
}

static void rm_put(struct rm *m, uint64_t v, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        m->bytes[m->n++] = (uint8_t)(v >> (8 * i));
}

void rm_register(struct rm *m, struct head *h, unsigned reg, unsigned rm)
{
    rm_put(m, 0xc0u | (reg & 7) << 3 | (rm & 7), 1);
    h->rex |= (uint8_t)((reg >> 3) << 2 | rm >> 3);
}

/* 16-bit addressing forms: FS, whose base is the window in 32-bit code. */
static void memory_16(struct gen *g, struct rm *m, struct head *h, unsigned reg)
{
    static const uint8_t base[8] = {3, 3, 5, 5, 6, 7, 5, 3};
    static const int8_t index[8] = {6, 7, 6, 7, -1, -1, -1, -1};
    unsigned rm = below(g, 8), mod = below(g, 3), at = 16 + below(g, 0x5f00);
    unsigned disp = mod == 1 ? (unsigned)below(g, 256) : below(g, 0x10000);

    add_prefix(h, 0x64);
    if (!g->narrow)
        add_prefix(h, 0x67);
    rm_put(m, mod << 6 | (reg & 7) << 3 | rm, 1);
    if (mod == 0 && rm == 6) {
        rm_put(m, at, 2);
        return;
    }
    at -= mod == 0 ? 0 : mod == 1 ? (unsigned)(int8_t)disp : disp;
    if (index[rm] >= 0) {
        unsigned x = below(g, 0x10000);

        mov_imm(g, (unsigned)index[rm], x | rnd(g) << 16);
        at -= x;
    }
    mov_imm(g, base[rm], (at & 0xffff) | rnd(g) << 16);
    if (mod)
        rm_put(m, disp, mod);
}

/* A memory operand at t; its registers are set up before the instruction. */
void rm_memory(struct gen *g, struct rm *m, struct head *h, unsigned reg, uint64_t t)
{
    unsigned base, index, scale = below(g, 4), mod = below(g, 3);
    bool sib = chance(g, 45), has_index;
    uint64_t disp = mod == 1 ? (uint64_t)(int8_t)rnd(g) : mod == 2 ? (uint64_t)(int32_t)rnd(g) : 0;
    uint64_t mask = g->wide && !h->p67 ? ~UINT64_C(0) : 0xffffffff, x = 0;

    h->rex |= (uint8_t)((reg >> 3) << 2);
    if (!g->wide && g->mode != MODE_64 && chance(g, 10)) {
        memory_16(g, m, h, reg);
        return;
    }
    if (h->p67)
        add_prefix(h, 0x67);
    if (t >> 31 == 0 && chance(g, 8)) { /* absolute */
        if (g->wide) {
            rm_put(m, (reg & 7) << 3 | 4, 1);
            rm_put(m, 0x25, 1);
        } else {
            rm_put(m, (reg & 7) << 3 | 5, 1);
        }
        rm_put(m, t, 4);
        return;
    }
    do {
        base = any_reg(g);
        index = any_reg(g);
    } while (base == index || index == 4);
    if ((base & 7) == 4)
        sib = true;
    if ((base & 7) == 5 && mod == 0)
        mod = 1, disp = (uint64_t)(int8_t)rnd(g);
    has_index = sib && chance(g, 75);
    if (has_index) {
        x = chance(g, 70) ? below(g, 64) : value(g);
        mov_imm(g, index, x);
        if (!g->wide)
            x &= 0xffffffff;
    }
    mov_imm(g, base, ((t - disp - (x << scale)) & mask) | (g->wide && h->p67 ? rnd(g) << 32 : 0));
    rm_put(m, mod << 6 | (reg & 7) << 3 | (sib ? 4 : base & 7), 1);
    if (sib) {
        rm_put(m, scale << 6 | (has_index ? index & 7 : 4) << 3 | (base & 7), 1);
        h->rex |= has_index ? (uint8_t)(index >> 3 << 1) : 0;
    }
    h->rex |= (uint8_t)(base >> 3);
    if (mod)
        rm_put(m, disp, mod == 1 ? 1 : 4);
}

/* Prefixes, REX, opcode. */
void encode_opcode(struct gen *g, const struct form *f, const struct head *h, uint8_t op)
{
    for (unsigned i = 0; i < h->prefixes; i++)
        put(g, h->prefix[i], 1);
    if (g->wide && (h->rex || h->keep_rex))
        put(g, 0x40u | h->rex, 1);
    if (f->map)
        put(g, 0x0f, 1);
    if (f->map == 2)
        put(g, 0x38, 1);
    put(g, op, 1);
}

void encode_immediates(struct gen *g, const struct form *f, const struct head *h)
{
    bool word = h->p66 != g->narrow && !(h->rex & 8);

    if ((f->flags & F_I8) && f->map == 0 && f->op == 0xcd)
        put(g, (g->mode == MODE_SYSTEM ? 0x40 : 0x80) + rnd(g) % 24, 1);
    else if ((f->flags & F_I8) && f->map == 0 && (f->op & ~1) == 0xd4)
        put(g, chance(g, 40) ? 10 : chance(g, 20) ? 0 : rnd(g), 1); /* the base of AAM, AAD */
    else if (f->flags & F_I8)
        put(g, rnd(g), 1);
    if (f->flags & F_IZ)
        put(g, value(g), word ? 2 : 4);
    if (f->flags & F_IV)
        put(g, value(g), h->rex & 8 ? 8 : word ? 2 : 4);
}
