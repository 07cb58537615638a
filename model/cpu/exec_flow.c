// SPDX-License-Identifier: Apache-2.0
// Near transfers of control: JMP CALL RET, Jcc JCXZ LOOPcc, and BOUND. SDM Vol. 2, Operation of
// each.
#include "insn.h"
#include "ops.h"

/* A near target, checked against the limit of CS or the canonical range. */
static enum exec check_target(struct cpu *cpu, const struct insn *in, uint64_t *rip)
{
    *rip &= size_mask(in->size);
    if (cpu_is_64(cpu) ? !is_canonical(cpu, *rip) : *rip > cpu->rip_limit)
        return raise_gp(cpu, 0);
    return EXEC_OK;
}

static enum exec jump_relative(struct cpu *cpu, const struct insn *in)
{
    uint64_t rip = cpu->r[R_NEXT] + in->imm;

    TRY(check_target(cpu, in, &rip));
    take(cpu, rip);
    return EXEC_OK;
}

enum exec op_jmp_rel(struct cpu *cpu, const struct insn *in)
{
    return jump_relative(cpu, in);
}

enum exec op_jcc(struct cpu *cpu, const struct insn *in)
{
    return condition(cpu, in->opcode & 15) ? jump_relative(cpu, in) : EXEC_OK;
}

enum exec op_jcxz(struct cpu *cpu, const struct insn *in)
{
    return cpu->r[RCX] & in->addr_mask ? EXEC_OK : jump_relative(cpu, in);
}

/* E0 LOOPNE, E1 LOOPE, E2 LOOP. */
enum exec op_loop(struct cpu *cpu, const struct insn *in)
{
    uint64_t count = (cpu->r[RCX] - 1) & in->addr_mask;
    bool zf = (cpu->rflags & RFLAGS_ZF) != 0;

    if (count && (in->opcode == 0xe2 || zf == (in->opcode == 0xe1)))
        TRY(jump_relative(cpu, in));
    put_reg(cpu, RCX, in->addr, count);
    return EXEC_OK;
}

static enum exec call_near(struct cpu *cpu, const struct insn *in, uint64_t rip)
{
    TRY(check_target(cpu, in, &rip));
    TRY(push(cpu, cpu->r[R_NEXT], in->size));
    take(cpu, rip);
    return EXEC_OK;
}

enum exec op_call_rel(struct cpu *cpu, const struct insn *in)
{
    return call_near(cpu, in, cpu->r[R_NEXT] + in->imm);
}

enum exec op_call_rm(struct cpu *cpu, const struct insn *in)
{
    uint64_t rip;

    TRY(rm_read(cpu, in, in->size, &rip));
    return call_near(cpu, in, rip);
}

enum exec op_jmp_rm(struct cpu *cpu, const struct insn *in)
{
    uint64_t rip;

    TRY(rm_read(cpu, in, in->size, &rip));
    TRY(check_target(cpu, in, &rip));
    take(cpu, rip);
    return EXEC_OK;
}

/* C3, C2 imm16. */
enum exec op_ret(struct cpu *cpu, const struct insn *in)
{
    uint64_t sp = cpu->r[RSP] & cpu->sp_mask, rip;

    TRY(mem_read(cpu, SEG_SS, sp, in->size, &rip));
    TRY(check_target(cpu, in, &rip));
    set_sp(cpu, sp + in->size + in->imm);
    take(cpu, rip);
    return EXEC_OK;
}

/* Lower bound, then upper; a register outside of them is #BR, a fault. */
enum exec op_bound(struct cpu *cpu, const struct insn *in)
{
    uint64_t off = ea(cpu, in), lower, upper;
    int64_t index = (int64_t)sign_extend(get_reg(cpu, in->reg, in->size), in->size);

    TRY(mem_read(cpu, in->seg, off, in->size, &lower));
    TRY(mem_read(cpu, in->seg, (off + in->size) & in->addr_mask, in->size, &upper));
    if (index < (int64_t)sign_extend(lower, in->size) ||
        index > (int64_t)sign_extend(upper, in->size))
        return raise_fault(cpu, VEC_BR);
    return EXEC_OK;
}
