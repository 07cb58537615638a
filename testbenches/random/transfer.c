// SPDX-License-Identifier: Apache-2.0
// Slots that transfer control, and others whose instructions belong together: branches, calls, far
// returns, SYSENTER and SYSEXIT, ENTER, far pointers, code that writes code.
#include "sys.h"

static void push_imm(struct gen *g, uint32_t v)
{
    op32(g);
    put(g, 0x68, 1);
    put(g, v, 4);
}

static void stack_here(struct gen *g)
{
    if (g->mode != MODE_SYSTEM)
        mov_imm(g, 4, g->data + 0x2000 + below(g, 0x200) * 8);
}

/* Jcc, LOOPcc, JrCXZ: forward, to the start of a slot. */
void branch(struct gen *g)
{
    uint32_t from, to = slot_address(g, ahead(g));

    if (chance(g, 30)) {
        mov_imm(g, 1, below(g, 3));
        if (chance(g, 20))
            put(g, 0x67, 1);
        put(g, 0xe0 + below(g, 4), 1);
        put(g, g->slot_bytes - (g->n + 1), 1); /* the next slot */
        return;
    }
    op32(g);
    put(g, 0x0f, 1);
    put(g, 0x80 + below(g, 16), 1);
    from = slot_address(g, g->slot) + g->n + 4;
    put(g, to - from, 4);
}

void call_or_jump(struct gen *g)
{
    uint32_t to = slot_address(g, ahead(g)), from;
    unsigned r = chance(g, 50) ? 0 : 3;

    stack_here(g);
    switch (below(g, 6)) {
    case 0:
    case 1:
        op32(g);
        put(g, chance(g, 50) ? 0xe8 : 0xe9, 1);
        from = slot_address(g, g->slot) + g->n + 4;
        put(g, to - from, 4);
        return;
    case 2:
        mov_imm(g, r, g->wide && chance(g, 10) ? UINT64_C(0x800000000000) + value(g) / 2 : to);
        op32(g);
        put(g, 0xff, 1);
        put(g, (chance(g, 50) ? 0xd0u : 0xe0u) | r, 1);
        return;
    case 3:
        push_imm(g, to);
        mov_imm(g, r, g->data + 0x2000);
        put(g, 0x54, 1); /* PUSH rSP, POP r; CALL or JMP [r] */
        put(g, 0x58 | r, 1);
        put(g, 0xff, 1);
        put(g, (chance(g, 50) ? 0x10u : 0x20u) | r, 1);
        return;
    case 4:
        push_imm(g, to);
        op32(g);
        put(g, 0xc3, 1);
        return;
    default:
        push_imm(g, to);
        op32(g);
        put(g, 0xc2, 1);
        put(g, below(g, 64), 2);
        return;
    }
}

/* RETF and IRET to this level, with now and then a selector that faults. */
void far_return(struct gen *g)
{
    unsigned code = g->wide ? (g->ring ? 0x2b : 0x08) : g->ring ? 0x1b : 0x08;
    unsigned data = g->ring ? 0x23 : 0x10, to = slot_address(g, ahead(g));

    if (chance(g, 15))
        code = below(g, 18) * 8 + g->ring;
    if (chance(g, 10) && g->ring == 3)
        data = below(g, 18) * 8 + below(g, 4);
    stack_here(g);
    if (chance(g, 50)) {
        push_imm(g, code);
        push_imm(g, to);
        if (g->wide)
            put(g, 0x48, 1);
        put(g, 0xcb, 1);
        return;
    }
    if (g->wide) {
        push_imm(g, data);
        push_imm(g, g->data + 0x3000);
    }
    push_imm(g, (uint32_t)(rnd(g) & 0x240cd5) | (chance(g, 5) ? 0x100u : 0u) | 2);
    push_imm(g, code);
    push_imm(g, to);
    if (g->wide)
        put(g, 0x48, 1);
    put(g, 0xcf, 1);
}

void enter(struct gen *g)
{
    stack_here(g);
    mov_imm(g, 5, g->data + 0x1000 + below(g, 0x3000));
    if (chance(g, 20))
        put(g, 0x66, 1);
    put(g, 0xc8, 1);
    put(g, below(g, 600), 2);
    put(g, chance(g, 70) ? below(g, 4) : below(g, 256), 1);
}

/* A store into the instruction that follows it, at once or by REP STOS. */
void self_modify(struct gen *g)
{
    uint32_t at;

    if (chance(g, 50)) {
        put(g, 0xc6, 1);
        put(g, g->wide ? 0x2504 : 0x05, g->wide ? 2 : 1);
        at = slot_address(g, g->slot) + g->n + 5 + 1 + below(g, 4);
        put(g, at, 4);
        put(g, rnd(g), 1);
        put(g, 0xb8 + below(g, 4), 1);
        put(g, rnd(g), 4);
        return;
    }
    put(g, 0xfc, 1);
    mov_imm(g, 0, 0x40 + below(g, 8) + (g->wide ? 0x50u : 0u)); /* INC r; NOP, XCHG */
    mov_imm(g, 1, 1 + below(g, 4));
    at = slot_address(g, g->slot) + g->n + 5 + 2;
    mov_imm(g, 7, at);
    put(g, 0xaaf3, 2);
    for (unsigned i = 0; i < 4; i++)
        put(g, 0xf5, 1);
}

/* LES LDS LSS LFS LGS of a pointer that is put there first, or of any bytes. */
void far_pointer(struct gen *g)
{
    static const uint16_t opcodes[] = {0xc4, 0xc5, 0xb20f, 0xb40f, 0xb50f};
    unsigned n = g->wide ? 2 + below(g, 3) : below(g, 5), reg = any_reg(g) & 7;
    bool word = chance(g, 25), quad = g->wide && chance(g, 40), own_stack = !sp_is_free(g);
    uint16_t s = n == 2 && own_stack ? (chance(g, 60) ? 0x10 : 0x48) : selector(g);

    if (chance(g, 80))
        store_word(g, good_target(g), quad ? 8 : word ? 2 : 4, s);
    else
        mov_imm(g, 7, own_stack && n == 2 ? g->data - 8 : target(g));
    if (chance(g, 3))
        put(g, 0xf0, 1);
    if (word)
        put(g, 0x66, 1);
    if (quad)
        put(g, 0x48, 1);
    put(g, opcodes[n], n < 2 ? 1 : 2);
    put(g, reg << 3 | 7, 1);
}

/* SYSENTER, SYSEXIT: EDX is where to go on, ECX the stack; frame.S returns to EDX. */
void fast_call(struct gen *g)
{
    bool leave = chance(g, g->ring == 0 && g->mode == MODE_32 ? 20 : 40);

    if (g->ring == 0) { /* SYSENTER_CS: the kernel's, null, anything */
        uint64_t v = chance(g, 80) || !g->wide ? 8 : value(g);

        mov_imm(g, 1, 0x174);
        mov_imm(g, 0, chance(g, 20) ? rnd(g) & 0xffff0003 : v & 0xffffffff);
        mov_imm(g, 2, 0);
        put(g, 0x300f, 2);
    }
    mov_imm(g, 2, g->wide && chance(g, 20) ? value(g) : slot_address(g, ahead(g)));
    mov_imm(g, 1, g->wide && chance(g, 10) ? value(g) : g->data + 0x3000);
    if (chance(g, 3))
        put(g, 0xf0, 1);
    if (chance(g, 10))
        put(g, 0x66, 1);
    if (g->wide && chance(g, 60))
        put(g, 0x48, 1);
    put(g, leave ? 0x350f : 0x340f, 2);
}
