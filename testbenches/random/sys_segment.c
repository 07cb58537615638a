// SPDX-License-Identifier: Apache-2.0
// Slots of a system program about segments: loads of segment registers, descriptors that change
// before they are loaded, LDTR, TR, GDTR and IDTR, the fields of a TSS.
#include "sys.h"

/* An access through a segment register, by an offset at or around its edges. */
static void access_through(struct gen *g, unsigned sreg)
{
    static const uint8_t prefix[] = {0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65};
    static const uint16_t edges[] = {0,      0xfff,  0x1000, 0x1fff, 0x2000,
                                     0x2ffc, 0x2ffe, 0x3000, 0x5fff, 0xfffc};
    uint32_t at = chance(g, 40) ? good_target(g) : edges[below(g, 10)] + (chance(g, 50) ? DATA : 0);

    put(g, prefix[sreg], 1);
    if (chance(g, 25))
        put(g, 0x66, 1);
    mem_op(g, 0x88 + below(g, 4), 1, below(g, 8) & (sp_is_free(g) ? 7 : 3), at);
}

/* MOV to a segment register, POP of it, or a far pointer's. */
static void load(struct gen *g, unsigned sreg, uint16_t sel)
{
    static const unsigned pointer[] = {0xc4, 0,      0xb20f,
                                       0xc5, 0xb40f, 0xb50f}; /* LES LSS LDS LFS LGS */
    uint32_t at = SAFE + below(g, 0xff0);

    if (chance(g, 60)) {
        mov_imm(g, 0, sel | (rnd(g) & 0xffff0000));
        put(g, 0x8e, 1);
        put(g, 0xc0 | sreg << 3, 1);
    } else if (chance(g, 50) && (sreg >= 4 || !g->wide)) {
        push32(g, sel);
        op32(g);
        put(g, sreg >= 4 ? 0xa00f + 0x100 + (sreg - 4) * 0x800 : 0x07 + sreg * 8,
            sreg >= 4 ? 2 : 1);
    } else if (sreg >= 4 || sreg == 2 || !g->wide) {
        store32(g, at, (uint32_t)(chance(g, 80) ? STACK_R + g->ring * 0x1000 : value(g)));
        store16(g, at + 4, sel);
        op32(g);
        mem_op(g, pointer[sreg], pointer[sreg] > 0xff ? 2 : 1, sreg == 2 ? 4 : 0, at);
    } else {
        store16(g, at, sel);
        mem_op(g, 0x8e, 1, sreg, at);
    }
}

/* SS at ring 0 outside long mode takes the next event: only what can hold it. */
static uint16_t stack_selector(struct gen *g)
{
    unsigned r = g->ring;

    if (!sp_is_free(g) || chance(g, 70))
        return (uint16_t)((chance(g, 60) ? DATA_R : S16) + r * 9);
    return sys_data_selector(g);
}

static unsigned any_sreg(struct gen *g)
{
    return (unsigned)"\0\0\2\3\3\4\5"[below(g, 7)];
}

void sys_segment_load(struct gen *g)
{
    unsigned sreg = any_sreg(g);

    if (sreg == 2 && !sp_is_free(g)) {
        mov_imm(g, 0, stack_selector(g));
        put(g, 0xd08e, 2);
        return;
    }
    load(g, sreg, sreg == 2 ? stack_selector(g) : sys_data_selector(g));
    if (chance(g, 70))
        access_through(g, sreg);
}

/* A descriptor made new, or some bits of one: limit, type, DPL, P, accessed; then a load of it. */
void sys_descriptor(struct gen *g)
{
    static const uint8_t types[] = {0x90, 0x91, 0x92, 0x93, 0x94, 0x96,
                                    0x97, 0x98, 0x9a, 0x9b, 0x9c, 0x9e};
    bool ldt = chance(g, 30), fresh = chance(g, 50);
    unsigned n = ldt ? 4 + below(g, 12) : SCRATCH / 8 + 2 * below(g, SCRATCHES), sreg = any_sreg(g);
    uint32_t at, limit = chance(g, 50) ? below(g, 0x8000) : (uint32_t)value(g) & 0xfffff;
    uint16_t sel;

    if (!fresh && !ldt &&
        chance(g, 60)) /* of the data segments of rings 1 to 3, and the odd ones */
        n = (chance(g, 50) ? DATA_R / 8 + 1 + below(g, 3) : ODD_FIRST / 8 + below(g, 7));
    at = table(g, ldt ? LDT : GDT) + n * 8;
    sel = (uint16_t)(n * 8 | (ldt ? 4 : 0) | (chance(g, 70) ? g->ring : below(g, 4)));
    if (fresh) {
        unsigned access = types[below(g, sizeof types)] | below(g, 4) << 5;
        uint32_t base = chance(g, 70) ? DATA : chance(g, 50) ? 0 : (uint32_t)rnd(g);

        if (chance(g, 8))
            access ^= 0x80u >> below(g, 2) * 3; /* P, S */
        store32(g, at, (base & 0xffff) << 16 | (limit & 0xffff));
        store32(g, at + 4,
                (base & 0xff000000) | below(g, 16) << 20 | (limit & 0xf0000) | access << 8 |
                    (base >> 16 & 0xff));
    } else {
        switch (below(g, 5)) {
        case 0: /* accessed */
            mem_op(g, 0x80, 1, 4, at + 5);
            put(g, 0xfe, 1);
            break;
        case 1: /* a bit of type, DPL, P */
            mem_op(g, 0x80, 1, 6, at + 5);
            put(g, 1u << below(g, 8), 1);
            break;
        case 2: /* AVL L D/B G, limit 19:16 */
            mem_op(g, 0x80, 1, 6, at + 6);
            put(g, 1u << below(g, 8), 1);
            break;
        case 3:
            store16(g, at, (uint16_t)value(g));
            break;
        default:
            store8(g, at + 5, (uint8_t)(types[below(g, sizeof types)] | g->ring << 5));
            break;
        }
    }
    if (sreg == 2 && !sp_is_free(g))
        sreg = 0;
    load(g, sreg, sel);
    access_through(g, sreg);
}

/* LLDT, LTR; GDTR and IDTR of other limits or at another linear address of the same tables. */
void sys_table_register(struct gen *g)
{
    unsigned which = below(g, 5);
    uint32_t at = SAFE + below(g, 0xff0), limit, base;

    if (which < 2 || g->ring != 0) { /* LLDT, LTR, and LAR, LSL, VERR, VERW */
        static const unsigned ops[] = {0x000f, 0x020f, 0x030f};
        unsigned op = ops[g->ring == 0 ? 0 : below(g, 3)];

        mov_imm(g, 0,
                chance(g, 75)   ? (TSS_A + below(g, 4) * 16)
                : chance(g, 30) ? TSS_16
                                : sys_selector(g));
        put(g, op, 2);
        put(g, 0xc0 | (op == 0 ? (g->ring == 0 ? 2 + which : 4 + below(g, 2)) : 2) << 3, 1);
        return;
    }
    limit = which == 2      ? (chance(g, 60) ? GDT_BYTES : SCRATCH + below(g, 0x100)) - 1
            : chance(g, 50) ? (uint32_t)value(g) | 0x3ff
                            : SOFT_FIRST * (g->long_mode ? 16 : 8) + below(g, 256);
    base = which == 2 ? GDT : g->long_mode ? IDT64 : IDT32;
    if (g->long_mode && chance(g, 40))
        base += ALIAS_OWN;
    if (which == 4) { /* SGDT, SIDT, SMSW, STR, SLDT */
        mem_op(g, 0x010f, 2, (unsigned)"\0\1\4"[below(g, 3)], at);
        mem_op(g, 0x000f, 2, below(g, 2), at);
        return;
    }
    store16(g, at, (uint16_t)limit);
    store32(g, at + 2, base);
    if (g->wide)
        store32(g, at + 6, chance(g, 30) ? 0xffffff80u : 0);
    op32(g);
    mem_op(g, 0x010f, 2, which == 2 ? 2 : 3, at);
}

/* Stacks of inner rings, IST entries, the I/O map's base and bits; then what reads them. */
void sys_task_state(struct gen *g)
{
    uint32_t tss = table(g, g->long_mode ? TSS64 : TSS32) + (chance(g, 80) ? 0 : TSS_B_AT), sp;

    sp = STACK_R + (1 + below(g, 2)) * 0x1000 - below(g, 64);
    if (chance(g, 25))
        sp = (uint32_t)target(g);
    switch (below(g, 4)) {
    case 0:
        store16(g, tss + 0x66, (uint16_t)(chance(g, 60) ? 0x60 + below(g, 0x20) : value(g)));
        sys_io(g);
        return;
    case 1:
        store8(g, tss + 0x68 + below(g, 17), (uint8_t)(rnd(g) & rnd(g)));
        sys_io(g);
        return;
    case 2:
        if (g->long_mode && chance(g, 50)) { /* IST1 to IST6; IST7 is the double fault's */
            unsigned field = tss + 0x24 + below(g, 6) * 8;

            store32(g, field, chance(g, 60) ? STACK_R + below(g, 4) * 0x1000 - below(g, 32) : sp);
            if (chance(g, 20))
                store32(g, field + 4, (uint32_t)value(g));
            int_n(g, SOFT_FIRST + below(g, SOFTS));
            return;
        }
        break;
    default:
        break;
    }
    if (g->long_mode) {
        unsigned n = chance(g, 15) ? 0 : 1 + below(g, 2);

        store32(g, tss + 4 + n * 8, sp);
        store32(g, tss + 8 + n * 8, chance(g, 80) ? 0 : (uint32_t)value(g));
    } else {
        unsigned n = 1 + below(g, 2);

        store32(g, tss + 4 + n * 8, sp);
        store16(g, tss + 8 + n * 8,
                chance(g, 60) ? (uint16_t)((chance(g, 50) ? DATA_R : S16) + n * 9)
                              : sys_data_selector(g));
    }
    sys_call_gate(g);
}
