// SPDX-License-Identifier: Apache-2.0
// Flags: PUSHF POPF LAHF SAHF SALC, CLC STC CMC CLD STD, CLI STI, CLAC STAC. SDM Vol. 2, Operation
// of each; docs/cpu.md T1, T6.
#include "insn.h"
#include "ops.h"

/* VM and RF are pushed as 0. */
enum exec op_pushf(struct cpu *cpu, const struct insn *in)
{
    return push(cpu, cpu->rflags & ~(RFLAGS_VM | RFLAGS_RF), in->size);
}

/* SDM Vol. 2 "POPF": IOPL only at CPL 0, IF only with CPL <= IOPL, silently kept otherwise. */
enum exec op_popf(struct cpu *cpu, const struct insn *in)
{
    uint64_t writable = RFLAGS_STATUS | RFLAGS_TF | RFLAGS_DF | RFLAGS_NT, v;

    TRY(pop(cpu, in->size, &v));
    if (in->size > 2)
        writable |= RFLAGS_AC | RFLAGS_ID;
    if (cpu->cpl == 0)
        writable |= RFLAGS_IOPL;
    if (cpu->cpl <= cpu_iopl(cpu))
        writable |= RFLAGS_IF;
    cpu->rflags = (cpu->rflags & ~(writable | RFLAGS_RF)) | (v & writable);
    cpu->attention = true; /* TF */
    return EXEC_OK;
}

enum exec op_lahf(struct cpu *cpu, const struct insn *in)
{
    (void)in;
    put_reg(cpu, REG_HIGH | RAX, 1, (cpu->rflags & 0xd5) | RFLAGS_ONE);
    return EXEC_OK;
}

enum exec op_sahf(struct cpu *cpu, const struct insn *in)
{
    (void)in;
    cpu->rflags = (cpu->rflags & ~UINT64_C(0xd5)) | (cpu->r[RAX] >> 8 & 0xd5);
    return EXEC_OK;
}

/* D6, which the SDM does not name but excludes from #UD; docs/cpu.md. */
enum exec op_salc(struct cpu *cpu, const struct insn *in)
{
    (void)in;
    put_reg(cpu, RAX, 1, cpu->rflags & RFLAGS_CF ? 0xff : 0);
    return EXEC_OK;
}

enum exec op_clc(struct cpu *cpu, const struct insn *in)
{
    (void)in;
    cpu->rflags &= ~RFLAGS_CF;
    return EXEC_OK;
}

enum exec op_stc(struct cpu *cpu, const struct insn *in)
{
    (void)in;
    cpu->rflags |= RFLAGS_CF;
    return EXEC_OK;
}

enum exec op_cmc(struct cpu *cpu, const struct insn *in)
{
    (void)in;
    cpu->rflags ^= RFLAGS_CF;
    return EXEC_OK;
}

enum exec op_cld(struct cpu *cpu, const struct insn *in)
{
    (void)in;
    cpu->rflags &= ~RFLAGS_DF;
    return EXEC_OK;
}

enum exec op_std(struct cpu *cpu, const struct insn *in)
{
    (void)in;
    cpu->rflags |= RFLAGS_DF;
    return EXEC_OK;
}

enum exec op_cli(struct cpu *cpu, const struct insn *in)
{
    (void)in;
    if (cpu->cpl > cpu_iopl(cpu))
        return raise_gp(cpu, 0);
    cpu->rflags &= ~RFLAGS_IF;
    return EXEC_OK;
}

enum exec op_sti(struct cpu *cpu, const struct insn *in)
{
    (void)in;
    if (cpu->cpl > cpu_iopl(cpu))
        return raise_gp(cpu, 0);
    cpu->leaving.sti_shadow = !(cpu->rflags & RFLAGS_IF);
    cpu->attention = true;
    cpu->rflags |= RFLAGS_IF;
    return EXEC_OK;
}

enum exec exec_set_ac(struct cpu *cpu, const struct insn *in, bool ac)
{
    if ((in->prefix & (PFX_66 | PFX_REP | PFX_REPNE)) || cpu->cpl > 0)
        return raise_ud(cpu);
    cpu->rflags = (cpu->rflags & ~RFLAGS_AC) | (ac ? RFLAGS_AC : 0);
    return EXEC_OK;
}
