// SPDX-License-Identifier: Apache-2.0
// Bit test and scan, counts of bits. SDM Vol. 2 "BT", "BSF", "BSR", "LZCNT", "POPCNT"; undefined
// flags from docs/cpu.md "Results that the SDM leaves undefined".
#include "insn.h"
#include "ops.h"
#include "undefined.h"

/* BT BTS BTR BTC: sub 0 to 3. */
static uint64_t bit_changed(unsigned sub, uint64_t v, uint64_t bit)
{
    switch (sub) {
    case 1:
        return v | bit;
    case 2:
        return v & ~bit;
    case 3:
        return v ^ bit;
    default:
        return v;
    }
}

static void bit_flag(struct cpu *cpu, uint64_t v, uint64_t bit)
{
    set_flags(cpu, RFLAGS_CF, v & bit ? RFLAGS_CF : 0);
}

/* SDM Vol. 2 "BT": with a register offset, memory is a string of cells of the operand size. */
enum exec op_bt_reg(struct cpu *cpu, const struct insn *in)
{
    unsigned bytes = in->size, bits = 8 * bytes;
    uint64_t offset = sign_extend(get_reg(cpu, in->reg, bytes), bytes), v;
    uint64_t bit = UINT64_C(1) << (offset & (bits - 1));
    struct insn cell = *in;
    struct rmw m;

    if (in->is_mem) {
        uint64_t index = (offset & ~(uint64_t)(bits - 1)) >> 3;

        cell.disp += index | (offset >> 63 ? ~(~UINT64_C(0) >> 3) : 0);
    }
    if (in->sub == 0) {
        TRY(rm_read(cpu, &cell, bytes, &v));
        bit_flag(cpu, v, bit);
        return EXEC_OK;
    }
    TRY(rm_begin(cpu, &cell, bytes, &m, &v));
    bit_flag(cpu, v, bit);
    rm_end(cpu, &cell, bytes, &m, bit_changed(in->sub, v, bit));
    return EXEC_OK;
}

enum exec op_bt_imm(struct cpu *cpu, const struct insn *in)
{
    unsigned bytes = in->size;
    uint64_t bit = UINT64_C(1) << (in->imm & (8 * bytes - 1)), v;
    struct rmw m;

    if (in->sub == 0) {
        TRY(rm_read(cpu, in, bytes, &v));
        bit_flag(cpu, v, bit);
        return EXEC_OK;
    }
    TRY(rm_begin(cpu, in, bytes, &m, &v));
    bit_flag(cpu, v, bit);
    rm_end(cpu, in, bytes, &m, bit_changed(in->sub, v, bit));
    return EXEC_OK;
}

static unsigned lowest_bit(uint64_t v)
{
    unsigned n = 0;

    for (; !(v & 1); v >>= 1)
        n++;
    return n;
}

static unsigned highest_bit(uint64_t v)
{
    unsigned n = 0;

    for (; v >>= 1;)
        n++;
    return n;
}

/* BSF, BSR: the source and the bit found in it. */
static void put_scanned(struct cpu *cpu, const struct insn *in, uint64_t v, unsigned bit)
{
    set_status(cpu, undefined_flags(cpu, &cpu->undefined->scan, bit, 1) | (v ? 0 : RFLAGS_ZF));
    if (v)
        put_reg(cpu, in->reg, in->size, bit);
}

/* 0F BC: BSF, with F3 too: TZCNT needs BMI1, which CPUID does not offer. SDM Vol. 2 "TZCNT". */
enum exec op_bsf(struct cpu *cpu, const struct insn *in)
{
    uint64_t v;

    TRY(rm_read(cpu, in, in->size, &v));
    put_scanned(cpu, in, v, v ? lowest_bit(v) : 0);
    return EXEC_OK;
}

/* 0F BD: BSR; with F3 LZCNT: CF when the source is 0, ZF when the result is. */
enum exec op_bsr(struct cpu *cpu, const struct insn *in)
{
    uint64_t v, r;

    TRY(rm_read(cpu, in, in->size, &v));
    if (in->prefix & PFX_REP) {
        r = v ? 8u * in->size - 1 - highest_bit(v) : 8u * in->size;
        set_status(cpu, undefined_flags(cpu, &cpu->undefined->lzcnt, r, in->size) |
                            (v ? 0 : RFLAGS_CF) | (r ? 0 : RFLAGS_ZF));
        put_reg(cpu, in->reg, in->size, r);
        return EXEC_OK;
    }
    put_scanned(cpu, in, v, v ? highest_bit(v) : 0);
    return EXEC_OK;
}

enum exec op_popcnt(struct cpu *cpu, const struct insn *in)
{
    uint64_t v, n = 0;

    if (!(in->prefix & PFX_REP))
        return raise_ud(cpu);
    TRY(rm_read(cpu, in, in->size, &v));
    set_status(cpu, v ? 0 : RFLAGS_ZF);
    for (; v; v &= v - 1)
        n++;
    put_reg(cpu, in->reg, in->size, n);
    return EXEC_OK;
}
