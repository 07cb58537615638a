// SPDX-License-Identifier: Apache-2.0
// Slots of ring 0: control registers, MSRs, table registers, with values that leave the program its
// tables.
#include "randgen.h"

static void opcode_rm(struct gen *g, unsigned op, uint64_t t, unsigned reg)
{
    mov_imm(g, 7, t);
    put(g, 0x0f, 1);
    put(g, op, 1);
    put(g, reg << 3 | 7, 1);
}

/* System registers at ring 0, with values that leave the program its tables. */
void system_registers(struct gen *g)
{
    static const uint32_t msrs[] = {0x174,      0x175,      0x176,      0xc0000081, 0xc0000083,
                                    0xc0000084, 0xc0000102, 0xc0000103, 0x277,      0x1a0,
                                    0x1d9,      0x8b,       0xfe,       0x2ff,      0x10};
    static const uint32_t cr4[] = {4, 8, 0x80, 0x100, 0x800, 0x10000, 0x40};
    static const uint32_t cr0[] = {2, 4, 8, 0x20, 0x40000, 0x10000, 0x20000000};
    uint64_t t = g->data + 0x1000 + below(g, 0x3000), v = value(g);
    bool read;
    unsigned n;

    switch (below(g, 9)) {
    case 0:
    case 1:
        n = below(g, 15); /* 32-bit ring 0 has no stack but SYSENTER's */
        read = chance(g, 30) || (n < 3 && !sp_is_free(g));
        if (n == 1 || n == 2) { /* SYSENTER's stack and entry stay, or nothing comes back */
            mov_imm(g, 1, msrs[n]);
            put(g, 0x320f, 2);
            put(g, 0x300f, 2);
            return;
        }
        mov_imm(g, 1, chance(g, 95) ? msrs[n] : (uint32_t)rnd(g));
        mov_imm(g, 0, v & 0xffffffff);
        mov_imm(g, 2, chance(g, 70) ? 0 : v >> 32);
        put(g, read ? 0x320f : 0x300f, 2);
        put(g, 0x320f, 2);
        return;
    case 2:
        n = below(g, 8);
        mov_imm(g, 0, n >= 4 ? (v & 0xffffdfff) : v);
        put(g, 0x230f, 2);
        put(g, 0xc0 | n << 3, 1);
        put(g, 0x210f, 2);
        put(g, 0xc0 | n << 3 | 3, 1);
        return;
    case 3:
        n = chance(g, 50) ? 0 : 4;
        put(g, 0x200f, 2);
        put(g, 0xc0 | n << 3, 1);
        put(g, 0x35, 1);
        put(g, n ? cr4[below(g, 7)] : cr0[below(g, 7)], 4);
        put(g, 0x220f, 2);
        put(g, 0xc0 | n << 3, 1);
        return;
    case 4: /* SGDT, LGDT or SIDT, LIDT */
        n = below(g, 2);
        opcode_rm(g, 0x01, t, n);
        put(g, 0x010f, 2);
        put(g, (n + 2) << 3 | 7, 1);
        return;
    case 5:
        mov_imm(g, 0, chance(g, 40) ? 0 : below(g, 0x100));
        put(g, 0x000f, 2);
        put(g, 0xd0 | below(g, 2) << 3, 1); /* LLDT, LTR */
        return;
    case 6: /* INVPCID of what lies at t, INVLPG */
        if (chance(g, 50)) {
            opcode_rm(g, 0x01, target(g), 7);
            return;
        }
        mov_imm(g, 0, below(g, 6));
        mov_imm(g, 7, t);
        put(g, 0x82380f66, 4);
        put(g, 7, 1);
        return;
    case 7:
        if (chance(g, 50)) { /* MOV CR8 */
            mov_imm(g, 0, below(g, 20));
            put(g, 0xc0220f44, 4);
            put(g, 0xc3200f44, 4);
            return;
        }
        mov_imm(g, 0, below(g, 16));
        put(g, 0xf0010f, 3); /* LMSW */
        put(g, 0xe3010f, 3);
        return;
    default: /* SWAPGS or CLTS, STAC or CLAC, RDTSCP or RDTSC */
        n = chance(g, 50);
        put(g, n ? 0xf8010f : 0x060f, n ? 3 : 2);
        put(g, chance(g, 50) ? 0xcb010f : 0xca010f, 3);
        n = chance(g, 50);
        put(g, n ? 0xf9010f : 0x310f, n ? 3 : 2);
        return;
    }
}
