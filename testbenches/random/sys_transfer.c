// SPDX-License-Identifier: Apache-2.0
// Slots of a system program that change ring or code size: call gates, interrupt gates, returns to
// outer rings, far jumps, SYSCALL and SYSRET. What is reached stands in the slot itself and leads
// back, or ends in an event.
#include "sys.h"

/* A vector whose gate leads to the frame, and stays. */
static unsigned plain_vector(struct gen *g)
{
    return chance(g, 70) ? SOFT_FIRST + SOFTS + below(g, 8) : 3;
}

/* The end of a visit: the way back (its operand size drawn) or an event. */
static void leave(struct gen *g, unsigned op, unsigned bytes, unsigned immediate)
{
    bool must = !g->long_mode && chance(g, 30);

    if (chance(g, 40))
        one_instruction(g);
    if (!must && chance(g, 85)) {
        if (g->wide && chance(g, 85))
            put(g, 0x48, 1);
        else if (chance(g, 85))
            op32(g);
        put(g, op, 1);
        put(g, immediate, bytes);
    }
    int_n(g, plain_vector(g));
}

/* A visited ring: inner or the same, and now and then none that it may be. */
static unsigned inner(struct gen *g)
{
    return chance(g, 92) ? below(g, g->ring + 1) : below(g, 4);
}

/* The segment that a gate leads to. */
static unsigned gate_target(struct gen *g, enum size size, unsigned ring)
{
    if (chance(g, 5))
        return sys_selector(g);
    if (chance(g, 15))
        return size == SIZE_64 ? CONF64 : size == SIZE_32 ? CONF32 : CONF16;
    return code_selector(size, ring) & ~(chance(g, 50) ? 3u : 0u);
}

/* SDM Vol. 3A "Call Gates". */
void sys_call_gate(struct gen *g)
{
    enum size from = sys_size(g), to = g->long_mode ? SIZE_64 : chance(g, 75) ? from : SIZE_16;
    bool small = !g->long_mode && to == SIZE_16 && chance(g, 70), call = chance(g, 80);
    unsigned ring = inner(g), ring_before = g->ring, dpl = chance(g, 90) ? 3 : below(g, 4),
             count = below(g, 8);
    unsigned type = chance(g, 4) ? below(g, 16) : small ? 4 : 12, low, high, after, attr;
    uint16_t sel = (uint16_t)(SCRATCH + below(g, SCRATCHES) * 16);
    uint32_t gate = table(g, GDT) + sel;

    if (g->long_mode || chance(g, 40))
        count = g->long_mode && chance(g, 95) ? 0 : chance(g, 20) ? 31 : 0;
    attr = (chance(g, 96) ? 0x80u : 0) | dpl << 5 | type;
    store32(g, gate, gate_target(g, to, ring) << 16);
    low = g->n - 4;
    store32(g, gate + 4, attr << 8 | count);
    high = g->n - 4;
    if (g->long_mode && chance(g, 30)) {
        store32(g, gate + 8, chance(g, 10) ? (uint32_t)rnd(g) : 0);
        store32(g, gate + 12, chance(g, 10) ? (uint32_t)rnd(g) & 0x1fff : 0);
    }
    if (chance(g, 15))
        for (unsigned i = 0; i < 3; i++)
            push32(g, (uint32_t)rnd(g));
    sel = (uint16_t)(sel | (chance(g, 90) ? 0 : below(g, 4)));
    if (g->wide || chance(g, 60)) {
        far_transfer(g, call, sel, (uint32_t)rnd(g));
    } else {
        op32(g);
        put(g, call ? 0x9a : 0xea, 1);
        put(g, rnd(g), 4);
        put(g, sel, 2);
    }
    after = begin_skip(g);
    g->ring = ring;
    sys_code_size(g, to);
    patch(g, low, here(g), 2);
    if (!small)
        patch(g, high + 2, here(g) >> 16, 2);
    count *= small ? 2 : 4;
    if (chance(g, 90) && count == 0)
        leave(g, 0xcb, 0, 0);
    else
        leave(g, 0xca, 2, chance(g, 90) ? count : below(g, 40));
    g->ring = ring_before;
    sys_code_size(g, from);
    end_skip(g, after);
}

/* SDM Vol. 3A "Interrupt and Trap Gates". */
void sys_soft_gate(struct gen *g)
{
    enum size from = sys_size(g), to = g->long_mode ? SIZE_64 : chance(g, 75) ? from : SIZE_16;
    bool small = !g->long_mode && to == SIZE_16 && chance(g, 70);
    unsigned v = SOFT_FIRST + below(g, SOFTS), ring = inner(g), ring_before = g->ring, low, high,
             after;
    unsigned dpl = chance(g, 85) ? 3 : below(g, 4), type = (small ? 6u : 14u) + below(g, 2);
    uint32_t gate = g->long_mode ? table(g, IDT64) + v * 16 : table(g, IDT32) + v * 8;

    if (chance(g, 4))
        type = below(g, 16) == 5 ? 0 : below(g, 16) & 10;
    store32(g, gate, gate_target(g, to, ring) << 16);
    low = g->n - 4;
    store32(g, gate + 4,
            ((chance(g, 96) ? 0x80u : 0) | dpl << 5 | type) << 8 |
                (g->long_mode && chance(g, 30) ? below(g, 8) : 0));
    high = g->n - 4;
    if (g->long_mode && chance(g, 10))
        store32(g, gate + 8, chance(g, 50) ? (uint32_t)value(g) : 0);
    int_n(g, v);
    after = begin_skip(g);
    g->ring = ring;
    sys_code_size(g, to);
    patch(g, low, here(g), 2);
    if (!small)
        patch(g, high + 2, here(g) >> 16, 2);
    leave(g, 0xcf, 0, 0);
    g->ring = ring_before;
    sys_code_size(g, from);
    end_skip(g, after);
}

/* IRET or RETF to this ring or an outer one, to what follows; now and then with a defect. */
void sys_outer_return(struct gen *g)
{
    enum size size = sys_size(g);
    unsigned ring = chance(g, 90) ? g->ring + below(g, 4 - g->ring) : below(g, 4), hole;
    unsigned cs = code_selector(size, ring), ss = (chance(g, 80) ? DATA_R : S16) + ring * 9;
    uint32_t sp = chance(g, 85) ? STACK_R + ring * 0x1000 : (uint32_t)target(g);
    uint32_t flags = (uint32_t)rnd(g) & 0x257fd5 & (chance(g, 80) ? ~0x4100u : ~0u);
    bool iret = chance(g, 60);

    if (chance(g, 8))
        cs = sys_selector(g);
    if (chance(g, 8))
        ss = sys_selector(g);
    if (ring != g->ring || g->wide || chance(g, 5)) {
        push32(g, ss);
        push32(g, sp);
    }
    if (iret)
        push32(g, flags | 2 | (chance(g, 80) ? 0x200u : 0));
    push32(g, cs);
    push32(g, 0);
    hole = g->n - 4;
    if (g->wide && chance(g, 95))
        put(g, 0x48, 1);
    else
        op32(g);
    put(g, iret ? 0xcf : 0xcb, 1);
    patch(g, hole, chance(g, 96) ? here(g) : (uint32_t)value(g), 4);
}

/* JMP or CALL to what follows, by a segment of this ring, a conforming one, or any. */
void sys_far_jump(struct gen *g)
{
    enum size size = sys_size(g);
    unsigned sel = chance(g, 45)   ? code_selector(size, g->ring)
                   : chance(g, 60) ? (size == SIZE_64   ? CONF64
                                      : size == SIZE_32 ? CONF32
                                                        : CONF16)
                   : chance(g, 30) ? CONF_3 + 3u
                                   : sys_selector(g);
    bool call = chance(g, 50);
    unsigned hole;

    if (!g->wide && chance(g, 50)) {
        op32(g);
        put(g, call ? 0x9a : 0xea, 1);
        hole = g->n;
        put(g, 0, 4);
        put(g, sel, 2);
    } else {
        hole = far_transfer(g, call, (uint16_t)sel, 0);
    }
    patch(g, hole, here(g), 4);
}

/* An instruction in another code size of this mode, by far jumps there and back. */
void sys_other_size(struct gen *g)
{
    enum size from = sys_size(g), to;
    unsigned ring = g->ring, n;

    do
        to = (enum size)below(g, g->long_mode ? 3 : 2);
    while (to == from);
    for (unsigned leg = 0; leg < 2; leg++) {
        enum size next = leg == 0 ? to : from;
        enum size now = sys_size(g);

        if (now == SIZE_64) {
            push32(g, code_selector(next, ring));
            push32(g, 0);
            n = g->n - 4;
            put(g, 0xcb48, 2);
        } else {
            op32(g);
            put(g, 0xea, 1);
            n = g->n;
            put(g, 0, 4);
            put(g, code_selector(next, ring), 2);
        }
        sys_code_size(g, next);
        patch(g, n, here(g), 4);
        if (leg == 0)
            one_instruction(g);
    }
}

/* SYSCALL, or SYSRET to the next slot. */
void sys_syscall(struct gen *g)
{
    unsigned to = ahead(g);

    if (g->ring != 0 || chance(g, 30)) {
        put(g, 0x050f, 2);
        return;
    }
    mov_imm(g, 1, g->wide && chance(g, 8) ? value(g) : slot_address(g, to));
    if (g->wide)
        mov_imm(g, 11, rnd(g) & 0x240ad5);
    if (g->wide && chance(g, 70))
        put(g, 0x48, 1);
    put(g, 0x070f, 2);
}
