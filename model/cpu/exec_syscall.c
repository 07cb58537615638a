// SPDX-License-Identifier: Apache-2.0
// SYSCALL SYSRET, SYSENTER SYSEXIT. SDM Vol. 2, Operation of each; docs/cpu.md S9, T3.
#include "insn.h"
#include "ops.h"
#include "segment.h"

static void set_fixed(struct cpu *cpu, unsigned s, unsigned selector, unsigned attr)
{
    cpu->sys.seg[s] = (struct rec_seg_state){
        .limit = 0xffffffff, .selector = (uint16_t)selector, .attr = (uint16_t)attr};
    cpu_derive(cpu);
}

enum exec op_syscall(struct cpu *cpu, const struct insn *in)
{
    unsigned base = (unsigned)(cpu->sys.star >> 32) & 0xffff;

    (void)in;
    if (!cpu_is_64(cpu) || !(cpu->sys.efer & EFER_SCE))
        return raise_ud(cpu);
    cpu->r[RCX] = cpu->r[R_NEXT];
    cpu->r[11] = cpu->rflags;
    cpu->rflags = (cpu->rflags & ~cpu->sys.fmask) | RFLAGS_ONE;
    cpu->leaving.step_by_new_tf = (cpu->r[11] & RFLAGS_TF) != 0;
    cpu->attention = true;
    cpu->cpl = 0;
    set_fixed(cpu, SEG_CS, base & 0xfffc, 0xa09b);
    set_fixed(cpu, SEG_SS, base + 8, 0xc093);
    take(cpu, cpu->sys.lstar);
    return EXEC_OK;
}

enum exec op_sysret(struct cpu *cpu, const struct insn *in)
{
    unsigned base = (unsigned)(cpu->sys.star >> 48) & 0xffff;
    bool to_64 = in->size == 8;

    if (!cpu_is_64(cpu) || !(cpu->sys.efer & EFER_SCE))
        return raise_ud(cpu);
    if (cpu->cpl != 0)
        return raise_gp(cpu, 0);
    if (to_64 && !is_canonical(cpu, cpu->r[RCX]))
        return raise_gp(cpu, 0);
    cpu->leaving.step_by_new_tf = ((cpu->rflags | cpu->r[11]) & RFLAGS_TF) != 0;
    cpu->attention = true;
    cpu->rflags = (cpu->r[11] & 0x3c7fd7) | RFLAGS_ONE;
    cpu->cpl = 3;
    set_fixed(cpu, SEG_CS, (to_64 ? base + 16 : base) | 3, to_64 ? 0xa0fb : 0xc0fb);
    set_fixed(cpu, SEG_SS, (base + 8) | 3, 0xc0f3);
    take(cpu, to_64 ? cpu->r[RCX] : cpu->r[RCX] & 0xffffffff);
    return EXEC_OK;
}

static bool sysenter_cs_is_null(const struct cpu *cpu)
{
    return selector_is_null((uint16_t)cpu->sys.sysenter_cs);
}

enum exec op_sysenter(struct cpu *cpu, const struct insn *in)
{
    unsigned cs = (unsigned)cpu->sys.sysenter_cs & 0xfffc;
    bool to_64 = cpu_is_long(cpu);
    unsigned bytes = to_64 ? 8 : 4;

    (void)in;
    if (sysenter_cs_is_null(cpu))
        return raise_gp(cpu, 0);
    cpu->rflags &= ~(RFLAGS_IF | RFLAGS_VM | RFLAGS_RF);
    cpu->cpl = 0;
    set_fixed(cpu, SEG_CS, cs, to_64 ? 0xa09b : 0xc09b);
    set_fixed(cpu, SEG_SS, cs + 8, 0xc093);
    put_reg(cpu, RSP, bytes, cpu->sys.sysenter_esp);
    take(cpu, cpu->sys.sysenter_eip & size_mask(bytes));
    return EXEC_OK;
}

enum exec op_sysexit(struct cpu *cpu, const struct insn *in)
{
    unsigned base = (unsigned)cpu->sys.sysenter_cs & 0xffff;
    bool to_64 = in->size == 8;
    unsigned bytes = to_64 ? 8 : 4;

    if (cpu->cpl > 0 || sysenter_cs_is_null(cpu))
        return raise_gp(cpu, 0);
    if (to_64 && !(is_canonical(cpu, cpu->r[RCX]) && is_canonical(cpu, cpu->r[RDX])))
        return raise_gp(cpu, 0);
    cpu->cpl = 3;
    set_fixed(cpu, SEG_CS, (base + (to_64 ? 32 : 16)) | 3, to_64 ? 0xa0fb : 0xc0fb);
    set_fixed(cpu, SEG_SS, (base + (to_64 ? 40 : 24)) | 3, 0xc0f3);
    put_reg(cpu, RSP, bytes, cpu->r[RCX]);
    take(cpu, get_reg(cpu, RDX, bytes));
    return EXEC_OK;
}
