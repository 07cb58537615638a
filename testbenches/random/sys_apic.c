// SPDX-License-Identifier: Apache-2.0
// Slots of a system program about x2APIC mode: into it, its registers with values that keep the
// frame's timer going, or with a reserved bit. The frame goes back to xAPIC mode at the next event.
// SDM Vol. 3A "Extended XAPIC (x2APIC)".
#include "sys.h"

#include <stddef.h>

#define APIC_BASE 0x1b
#define X2APIC    0x800

/* value: a base, and a random number below `free` beside it; reserved: bits that are #GP(0). */
static const struct reg {
    uint8_t n;
    uint32_t base, free;
    uint64_t reserved;
} regs[] = {
    {0x08, 0, 0x60, ~UINT64_C(0xff)},
    {0x0b, 0, 1, ~UINT64_C(0)},
    {0x0f, 0x12f, 1, ~UINT64_C(0x11ff)},
    {0x28, 0, 1, ~UINT64_C(0)},
    {0x2f, 0x10000, 0x800, ~UINT64_C(0x117ff)},
    {0x30, 0x44041, 7, 0xfff33000},      /* an interrupt to itself */
    {0x30, 0x4400, 1, 0xfff33000},       /* an NMI */
    {0x30, 0xc0000, 0x1000, 0xfff33000}, /* to all but itself */
    {0x32, 0x20000 + TIMER, 1, ~UINT64_C(0x710ff)},
    {0x33, 0x10000, 0x800, ~UINT64_C(0x117ff)},
    {0x36, 0x10000, 0x800, ~UINT64_C(0x1f7ff)},
    {0x37, 0x10000, 0x100, ~UINT64_C(0x110ff)},
    {0x38, 1, 200, ~UINT64_C(0xffffffff)},
    {0x3e, 0xb, 1, ~UINT64_C(0xb)},
    {0x3f, 0x41, 7, ~UINT64_C(0xff)},
};

/* Registers that are read, or there is none. */
static const uint8_t no_write[] = {0x00, 0x02, 0x03, 0x09, 0x0a, 0x0c, 0x0d, 0x0e, 0x10, 0x17, 0x18,
                                   0x20, 0x27, 0x29, 0x2e, 0x31, 0x39, 0x3d, 0x40, 0xf0, 0xff};

static void rdmsr(struct gen *g)
{
    put(g, 0x320f, 2);
}

static void wrmsr(struct gen *g)
{
    put(g, 0x300f, 2);
}

static void write_register(struct gen *g)
{
    const struct reg *r = &regs[below(g, sizeof regs / sizeof regs[0])];
    uint64_t v = r->base + below(g, r->free);
    unsigned bit = below(g, 64);

    if (chance(g, 30) && (r->reserved >> bit & 1))
        v ^= UINT64_C(1) << bit;
    mov_imm(g, 1, X2APIC + r->n);
    mov_imm(g, 0, v & 0xffffffff);
    mov_imm(g, 2, r->n == 0x30 && chance(g, 30) ? below(g, 4) : v >> 32);
    wrmsr(g);
}

static void change_mode(struct gen *g)
{
    mov_imm(g, 1, APIC_BASE);
    rdmsr(g);
    op32(g);
    put(g, chance(g, 80) ? 0x0d : 0x35, 1); /* mostly on; XOR: a change that is refused */
    put(g, 0x400, 4);
    wrmsr(g);
}

void sys_x2apic(struct gen *g)
{
    if (chance(g, 60))
        change_mode(g);
    for (unsigned i = 0; i < 2; i++) {
        unsigned n = chance(g, 50) ? no_write[below(g, sizeof no_write)] : below(g, 0x100);

        if (chance(g, 60)) {
            write_register(g);
            continue;
        }
        mov_imm(g, 1, X2APIC + n);
        rdmsr(g);
    }
    if (chance(g, 10)) {
        mov_imm(g, 1, X2APIC + no_write[below(g, sizeof no_write)]);
        mov_imm(g, 0, 0);
        mov_imm(g, 2, 0);
        wrmsr(g);
    }
}
