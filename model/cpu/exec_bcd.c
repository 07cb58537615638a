// SPDX-License-Identifier: Apache-2.0
// Decimal arithmetic: DAA DAS AAA AAS AAM AAD. SDM Vol. 2, Operation of each; undefined flags from
// docs/cpu.md "Results that the SDM leaves undefined".
#include "insn.h"
#include "ops.h"
#include "undefined.h"

static bool low_digit_overflows(const struct cpu *cpu)
{
    return (cpu->r[RAX] & 15) > 9 || (cpu->rflags & RFLAGS_AF);
}

/* OF of a sum whose second operand is not negative; of a difference: before and after change
 * places. */
static uint64_t sum_overflow(const struct cpu *cpu, uint64_t before, uint64_t after, unsigned bytes)
{
    return cpu->undefined->decimal_is_sum ? sign_as(~before & after, bytes, 11) : 0;
}

/* The new AL and its flags. */
static void put_packed(struct cpu *cpu, uint64_t al, uint64_t af_cf_of)
{
    put_reg(cpu, RAX, 1, al);
    set_status(cpu, result_flags(al & 0xff, 1) | af_cf_of);
}

enum exec op_daa(struct cpu *cpu, const struct insn *in)
{
    uint64_t old = get_reg(cpu, RAX, 1), al = old, flags = 0;

    (void)in;
    if (low_digit_overflows(cpu)) {
        al += 6;
        flags = RFLAGS_AF;
    }
    if (old > 0x99 || (cpu->rflags & RFLAGS_CF)) {
        al += 0x60;
        flags |= RFLAGS_CF;
    }
    put_packed(cpu, al, flags | sum_overflow(cpu, old, al, 1));
    return EXEC_OK;
}

/* Unlike DAA's, a borrow of the low digit stays in CF. */
enum exec op_das(struct cpu *cpu, const struct insn *in)
{
    uint64_t old = get_reg(cpu, RAX, 1), al = old, flags = 0;

    (void)in;
    if (low_digit_overflows(cpu)) {
        al -= 6;
        flags = RFLAGS_AF | (old < 6 ? RFLAGS_CF : 0);
    }
    if (old > 0x99 || (cpu->rflags & RFLAGS_CF)) {
        al -= 0x60;
        flags |= RFLAGS_CF;
    }
    put_packed(cpu, al, flags | sum_overflow(cpu, al, old, 1));
    return EXEC_OK;
}

/* AX + or - one digit that went over, AL cut to a digit. */
static enum exec adjust_unpacked(struct cpu *cpu, bool down)
{
    bool over = low_digit_overflows(cpu);
    uint64_t old = get_reg(cpu, RAX, 2), step = over ? 0x106 : 0;
    uint64_t ax = (down ? old - step : old + step) & 0xffff;
    uint64_t flags =
        cpu->undefined->decimal_is_sum ? result_flags(ax, 2) : result_flags(ax & 15, 1);

    flags |= down ? sum_overflow(cpu, ax, old, 2) : sum_overflow(cpu, old, ax, 2);
    put_reg(cpu, RAX, 2, ax & 0xff0f);
    set_status(cpu, flags | (over ? RFLAGS_AF | RFLAGS_CF : 0));
    return EXEC_OK;
}

enum exec op_aaa(struct cpu *cpu, const struct insn *in)
{
    (void)in;
    return adjust_unpacked(cpu, false);
}

enum exec op_aas(struct cpu *cpu, const struct insn *in)
{
    (void)in;
    return adjust_unpacked(cpu, true);
}

enum exec op_aam(struct cpu *cpu, const struct insn *in)
{
    uint64_t base = in->imm & 0xff, al = get_reg(cpu, RAX, 1);

    if (base == 0)
        return raise_fault(cpu, VEC_DE);
    put_reg(cpu, RAX, 2, (al / base) << 8 | al % base);
    set_status(cpu, result_flags(al % base, 1));
    return EXEC_OK;
}

enum exec op_aad(struct cpu *cpu, const struct insn *in)
{
    uint64_t base = in->imm & 0xff, ah = get_reg(cpu, REG_HIGH | RAX, 1);
    uint64_t al = add(cpu, get_reg(cpu, RAX, 1), ah * base & 0xff, 0, 1);

    put_reg(cpu, RAX, 2, al);
    if (!cpu->undefined->decimal_is_sum)
        set_status(cpu, result_flags(al, 1));
    return EXEC_OK;
}
