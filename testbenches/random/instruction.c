// SPDX-License-Identifier: Apache-2.0
// One random instruction of the table in forms.c, behind the set-up of what it reads.
#include "encode.h"

/* MOV word [rDI + disp], v with rDI = t. */
void store_word(struct gen *g, uint32_t t, unsigned disp, uint16_t v)
{
    mov_imm(g, 7, t);
    put(g, 0x47c766, 3);
    put(g, disp, 1);
    put(g, v, 2);
}

/* Bounds at t that hold half of all values. */
static void store_bounds(struct gen *g, uint32_t t)
{
    mov_imm(g, 7, t);
    put(g, 0x07c7, 2);
    put(g, 0x80008000 | rnd(g), 4);
    put(g, 0x0447c7, 3);
    put(g, rnd(g) & 0x7fff7fff, 4);
}

static void set_up(struct gen *g, const struct form *f)
{
    if (f->flags & F_STRING) {
        mov_imm(g, 6, target(g));
        mov_imm(g, 7, target(g));
        mov_imm(g, 1, below(g, 10));
    }
    if (f->flags & F_PORT) /* in reach of the TSS's map; the board has nothing there */
        mov_imm(g, 2, below(g, 128) | rnd(g) << 16);
    if (f->flags & F_STACK) {
        uint32_t at = stack_place(g);

        if (sp_is_free(g) && chance(g, 20))
            mov_imm(g, 4, target(g));
        else if (g->mode != MODE_SYSTEM || sp_is_free(g))
            mov_imm(g, 4, chance(g, 70) ? at & ~7u : at);
        if (f->op == 0xc9)
            mov_imm(g, 5,
                    sp_is_free(g) || g->mode != MODE_SYSTEM ? g->data + 0x800 + below(g, 0x4000)
                                                            : stack_place(g));
    }
    if (f->flags & F_RBX) {
        mov_imm(g, 3, target(g) - below(g, 128));
    }
    if ((f->flags & F_DIV) && chance(g, 70)) {
        mov_imm(g, 2, chance(g, 50) ? 0 : below(g, 3));
        if (chance(g, 30))
            put(g, 0x99, 1);
    }
    if ((f->flags & F_COUNT) && chance(g, 70))
        mov_imm(g, 1, chance(g, 80) ? below(g, 70) : rnd(g));
    if (f->flags & F_SREG)
        mov_imm(g, 0, selector(g));
    if (f->map == 1 && f->op == 0xa2)
        mov_imm(g, 0, (chance(g, 50) ? 0u : 0x80000000u) + below(g, 10));
}

bool instruction(struct gen *g)
{
    struct head h = {0};
    struct rm m = {.n = 0};
    uint8_t op;
    const struct form *f = form_pick(g, &op);

    if (!f)
        return false;
    set_up(g, f);
    encode_sizes(g, f, &h);
    if (f->flags & F_STRING) {
        if (h.p67)
            add_prefix(&h, 0x67);
        if (chance(g, 65))
            add_prefix(&h, chance(g, 50) ? 0xf2 : 0xf3);
    }
    if (f->flags & F_MOFFS) {
        uint64_t t = target(g);

        if (h.p67)
            add_prefix(&h, 0x67);
        encode_opcode(g, f, &h, op);
        put(g, t, g->wide && !h.p67 ? 8 : 4);
        return true;
    }
    if (f->flags & F_M) {
        unsigned reg = f->ext == 8                 ? below(g, 8)
                       : f->ext >= 0 && f->ext < 8 ? (unsigned)f->ext
                                                   : any_reg(g);
        bool mem = !(f->flags & F_REG) && ((f->flags & F_MEM) || chance(g, 55));
        unsigned rm = f->flags & F_SREG ? 0 : any_reg(g);
        uint64_t t = target(g);

        if (f->flags & F_SREG)
            reg = g->ring == 0 && !g->long_mode ? (unsigned)"\0\3\4\5"[below(g, 4)] : below(g, 8);
        if (f->op == 0x20 && f->map == 1)
            reg = (unsigned)"\0\2\3\4\1\7"[below(g, 6)];
        if ((f->flags & F_BITS) && mem) {
            if (reg == 4)
                reg = 0;
            mov_imm(g, reg, below(g, 3000) - (chance(g, 50) ? 1500u : 0u));
        }
        if ((f->flags & F_NOSP) && rm == 4)
            rm = 0;
        if ((f->flags & F_SELECTOR) && mem && chance(g, 70)) {
            t = good_target(g);
            store_word(g, (uint32_t)t, 0, any_selector(g));
        } else if ((f->flags & F_SELECTOR) && !mem && (rm != 4 || sp_is_free(g))) {
            mov_imm(g, rm, any_selector(g) | rnd(g) << 16);
        }
        if ((f->flags & F_BOUNDS) && chance(g, 60)) {
            t = good_target(g);
            store_bounds(g, (uint32_t)t);
        }
        if (mem)
            rm_memory(g, &m, &h, reg, t);
        else
            rm_register(&m, &h, reg, rm);
    }
    if (f->flags & F_OPREG) {
        unsigned r = any_reg(g);

        op = (uint8_t)(op | (r & 7));
        h.rex |= (uint8_t)(r >> 3);
    }
    encode_opcode(g, f, &h, op);
    for (unsigned i = 0; i < m.n; i++)
        put(g, m.bytes[i], 1);
    encode_immediates(g, f, &h);
    return true;
}
