// SPDX-License-Identifier: Apache-2.0
// Decimal arithmetic: DAA DAS AAA AAS AAM AAD. SDM Vol. 2, Operation of each; flags that the SDM
// leaves undefined are 0, or for AAA and AAS from the new AL.
#include "flags.h"
#include "insn.h"
#include "ops.h"

static bool low_digit_overflows(const struct cpu *cpu)
{
    return (cpu->r[RAX] & 15) > 9 || (cpu->rflags & RFLAGS_AF);
}

/* The new AL and its flags; adjust is what a digit or both went over. */
static void put_packed(struct cpu *cpu, uint64_t al, uint64_t af_cf)
{
    put_reg(cpu, RAX, 1, al);
    set_status(cpu, result_flags(al & 0xff, 1) | af_cf);
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
    put_packed(cpu, al, flags);
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
    put_packed(cpu, al, flags);
    return EXEC_OK;
}

/* AX + or - one digit that went over, AL cut to a digit. */
static enum exec adjust_unpacked(struct cpu *cpu, uint64_t ax)
{
    bool over = low_digit_overflows(cpu);

    if (!over)
        ax = get_reg(cpu, RAX, 2);
    put_reg(cpu, RAX, 2, ax & 0xff0f);
    set_status(cpu, result_flags(ax & 15, 1) | (over ? RFLAGS_AF | RFLAGS_CF : 0));
    return EXEC_OK;
}

enum exec op_aaa(struct cpu *cpu, const struct insn *in)
{
    (void)in;
    return adjust_unpacked(cpu, cpu->r[RAX] + 0x106);
}

enum exec op_aas(struct cpu *cpu, const struct insn *in)
{
    (void)in;
    return adjust_unpacked(cpu, cpu->r[RAX] - 0x106);
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
    uint64_t al = (get_reg(cpu, RAX, 1) + ah * base) & 0xff;

    put_reg(cpu, RAX, 2, al);
    set_status(cpu, result_flags(al, 1));
    return EXEC_OK;
}
