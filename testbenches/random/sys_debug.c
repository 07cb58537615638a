// SPDX-License-Identifier: Apache-2.0
// Slots of a system program about events: breakpoints, debug registers, RFLAGS, interrupts and NMIs
// that the local APIC sends. SDM Vol. 3B "Debug Registers".
#include "sys.h"

static void mov_to_dr(struct gen *g, unsigned n, uint64_t v)
{
    mov_imm(g, 0, v);
    mov_from_eax(g, 0x23, n);
}

/* One breakpoint or more, R/W and LEN drawn, and what may meet the first. */
void sys_breakpoint(struct gen *g)
{
    unsigned n = below(g, 4), rw = below(g, 4), len = below(g, 4);
    uint32_t at = chance(g, 70) ? SAFE + below(g, 0xff0) : good_target(g), port = below(g, 136);
    uint64_t dr7 = (1u + below(g, 3)) << 2 * n | (rw | len << 2) << (16 + 4 * n);

    if (g->ring != 0) {
        sys_debug_register(g);
        return;
    }
    if (chance(g, 40)) /* others too, where DR0 to DR3 happen to point */
        dr7 |= rnd(g) & 0xffff00ff;
    if (chance(g, 50))
        dr7 |= 0x300;
    if (chance(g, 4))
        dr7 |= 0x2000; /* GD */
    dr7 |= 0x400;
    if (rw == 0)
        mov_to_dr(g, n, slot_address(g, ahead(g)) + (g->narrow ? sys_episode(g)->base16 : 0));
    else
        mov_to_dr(g, n, rw == 2 ? port : (at & ~7u) + below(g, 8));
    mov_to_dr(g, 7, dr7);
    if (chance(g, 30)) {
        unsigned m = below(g, 4);

        mov_to_dr(g, m, chance(g, 40) ? target(g) : STACK_R + below(g, 4) * 0x1000 - below(g, 64));
    }
    if (rw == 2) {
        mov_imm(g, 2, port - below(g, 3));
        put(g, 0xec + below(g, 4), 1);
    } else if (rw != 0) {
        if (chance(g, 30))
            put(g, 0x66, 1);
        mem_op(g, (unsigned)"\x88\x89\x8a\x8b\x00\x01\x86\x87"[below(g, 8)] & 0xff, 1, below(g, 4),
               at - below(g, 4));
    }
}

/* Any debug register, read or written, DR4, DR5 and reserved bits too. */
void sys_debug_register(struct gen *g)
{
    unsigned n = below(g, 8);
    uint64_t v = n < 4 ? target(g) : rnd(g) & 0xffffdfff;

    if (n >= 4 && g->wide && chance(g, 10))
        v |= UINT64_C(1) << (32 + below(g, 32));
    if (chance(g, 70))
        mov_to_dr(g, n, v);
    if (chance(g, 6))
        mov_to_dr(g, 7, 0x2400); /* GD, which the next meets */
    mov_from_eax(g, 0x21, below(g, 8));
}

/* POPF and IRET-free ways to set TF, RF, NT, AC, IOPL, IF; CLI, STI and shadows. */
void sys_flags(struct gen *g)
{
    static const uint32_t bits[] = {0x100,  0x100,   0x200,   0x400,    0x3000,   0x4000,
                                    0x8000, 0x10000, 0x40000, 0x200000, 0x100000, 0x20000};
    uint32_t v = 2 | (chance(g, 80) ? 0x200u : 0) | ((uint32_t)rnd(g) & 0x8d5);

    for (unsigned i = 0; i < 2; i++)
        v ^= bits[below(g, sizeof bits / sizeof bits[0])];
    push32(g, v);
    if (chance(g, 90))
        op32(g);
    put(g, 0x9d, 1);
    switch (below(g, 6)) {
    case 0:
        put(g, 0xfb, 1); /* STI and its shadow */
        break;
    case 1:
        put(g, 0xfa, 1);
        break;
    case 2:
        put(g, 0xf1, 1);
        break;
    case 3: /* MOV SS and its shadow */
        mov_imm(g, 0, (chance(g, 80) ? DATA_R : S16) + g->ring * 9);
        put(g, 0xd08e, 2);
        if (chance(g, 40))
            int_n(g, SOFT_FIRST + below(g, SOFTS));
        break;
    case 4:
        put(g, 0x9c, 1);
        return;
    default:
        break;
    }
    one_instruction(g);
}

static void apic_write(struct gen *g, unsigned reg, uint32_t v)
{
    mov_imm(g, 7, (sys_episode(g)->paging == PAGING_OFF ? APIC : APIC_USER) + reg);
    op32(g);
    if (g->narrow)
        put(g, 0x67, 1);
    put(g, 0x07c7, 2);
    put(g, v, 4);
}

/* An NMI or an interrupt to itself, the timer in a while, TPR; with what lets it in. */
void sys_interrupt(struct gen *g)
{
    switch (below(g, 6)) {
    case 0:
    case 1:
        apic_write(g, 0x300, 0x4400); /* NMI */
        break;
    case 2:
        apic_write(g, 0x300, 0x44000 | (0x41 + below(g, 7)));
        break;
    case 3:
        if (g->wide && chance(g, 50)) { /* MOV to CR8, and from it */
            mov_imm(g, 0, chance(g, 80) ? below(g, 6) : value(g));
            put(g, 0xc0220f44, 4);
            put(g, 0xc0200f44, 4);
        } else {
            apic_write(g, 0x80, below(g, 6) << 4);
        }
        break;
    default:
        apic_write(g, 0x380, 1 + below(g, 200));
        break;
    }
    if (chance(g, 30))
        put(g, 0xfb, 1);
    if (g->ring == 0 && chance(g, 25)) {
        apic_write(g, 0x80, 0);
        apic_write(g, 0x380, 20 + below(g, 100));
        put(g, 0xf4fb, 2);
    } else if (chance(g, 60)) {
        one_instruction(g);
    }
}
