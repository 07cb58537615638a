// SPDX-License-Identifier: Apache-2.0
// System instructions that have no room of their own: groups 7 and 15, time, FS and GS bases,
// HLT, and what is not there. SDM Vol. 2, Operation of each.
#include "insn.h"
#include "ops.h"
#include "segment.h"

enum exec op_ud(struct cpu *cpu, const struct insn *in)
{
    (void)in;
    return raise_ud(cpu);
}

/* docs/cpu.md "x87 and SSE". */
enum exec op_x87(struct cpu *cpu, const struct insn *in)
{
    (void)in;
    return raise_fault(cpu, cpu->sys.cr0 & (CR0_EM | CR0_TS) ? VEC_NM : VEC_UD);
}

enum exec op_mmx(struct cpu *cpu, const struct insn *in)
{
    bool plain = !(in->prefix & (PFX_66 | PFX_REP | PFX_REPNE));

    if (plain && !(cpu->sys.cr0 & CR0_EM) && (cpu->sys.cr0 & CR0_TS))
        return raise_fault(cpu, VEC_NM);
    return raise_ud(cpu);
}

enum exec op_fwait(struct cpu *cpu, const struct insn *in)
{
    uint64_t both = CR0_MP | CR0_TS;

    (void)in;
    return (cpu->sys.cr0 & both) == both ? raise_fault(cpu, VEC_NM) : EXEC_OK;
}

static enum exec swapgs(struct cpu *cpu)
{
    uint64_t base = cpu->sys.seg[SEG_GS].base;

    if (!cpu_is_64(cpu))
        return raise_ud(cpu);
    if (cpu->cpl > 0)
        return raise_gp(cpu, 0);
    cpu->sys.seg[SEG_GS].base = cpu->sys.kernel_gs_base;
    cpu->sys.kernel_gs_base = base;
    cpu_derive(cpu);
    return serialised(cpu);
}

static enum exec rdtsc(struct cpu *cpu, bool with_aux)
{
    uint64_t tsc;

    if (cpu->cpl > 0 && (cpu->sys.cr4 & CR4_TSD))
        return raise_gp(cpu, 0);
    tsc = cpu_tsc(cpu);
    put_reg(cpu, RAX, 4, tsc);
    put_reg(cpu, RDX, 4, tsc >> 32);
    if (with_aux)
        put_reg(cpu, RCX, 4, cpu->sys.tsc_aux);
    return EXEC_OK;
}

enum exec op_rdtsc(struct cpu *cpu, const struct insn *in)
{
    (void)in;
    return rdtsc(cpu, false);
}

/* choice: no counter exists, so every index is #GP(0). */
enum exec op_rdpmc(struct cpu *cpu, const struct insn *in)
{
    (void)in;
    return raise_gp(cpu, 0);
}

/* What RDPKRU and WRPKRU check. docs/cpu.md S15. */
static enum exec check_pkru(struct cpu *cpu, const struct insn *in, uint32_t zero)
{
    if ((in->prefix & (PFX_66 | PFX_REP | PFX_REPNE)) || !(cpu->sys.cr4 & CR4_PKE))
        return raise_ud(cpu);
    return zero ? raise_gp(cpu, 0) : EXEC_OK;
}

static enum exec rdpkru(struct cpu *cpu, const struct insn *in)
{
    TRY(check_pkru(cpu, in, (uint32_t)cpu->r[RCX]));
    put_reg(cpu, RAX, 4, cpu->sys.pkru);
    put_reg(cpu, RDX, 4, 0);
    return EXEC_OK;
}

static enum exec wrpkru(struct cpu *cpu, const struct insn *in)
{
    TRY(check_pkru(cpu, in, (uint32_t)(cpu->r[RCX] | cpu->r[RDX])));
    cpu->sys.pkru = get_reg(cpu, RAX, 4);
    cpu_derive(cpu);
    return EXEC_OK;
}

static enum exec grp7_register(struct cpu *cpu, const struct insn *in)
{
    switch (in->modrm) {
    case 0xca:
        return exec_set_ac(cpu, in, false);
    case 0xcb:
        return exec_set_ac(cpu, in, true);
    case 0xee:
        return rdpkru(cpu, in);
    case 0xef:
        return wrpkru(cpu, in);
    case 0xf8:
        return swapgs(cpu);
    case 0xf9:
        return rdtsc(cpu, true);
    default:
        break;
    }
    switch (in->modrm >> 3 & 7) {
    case 4:
        return exec_smsw(cpu, in);
    case 6:
        return exec_lmsw(cpu, in);
    default:
        return raise_ud(cpu);
    }
}

/* 0F 01. */
enum exec op_grp7(struct cpu *cpu, const struct insn *in)
{
    if (!in->is_mem)
        return grp7_register(cpu, in);
    switch (in->modrm >> 3 & 7) {
    case 0:
        return exec_store_table(cpu, in, cpu->sys.gdtr_limit, cpu->sys.gdtr_base);
    case 1:
        return exec_store_table(cpu, in, cpu->sys.idtr_limit, cpu->sys.idtr_base);
    case 2:
        return exec_load_table(cpu, in, &cpu->sys.gdtr_limit, &cpu->sys.gdtr_base);
    case 3:
        return exec_load_table(cpu, in, &cpu->sys.idtr_limit, &cpu->sys.idtr_base);
    case 4:
        return exec_smsw(cpu, in);
    case 6:
        return exec_lmsw(cpu, in);
    case 7:
        return exec_invlpg(cpu, in);
    default:
        return raise_ud(cpu);
    }
}

/* RDFSBASE RDGSBASE WRFSBASE WRGSBASE: ModRM.reg 0 to 3. */
static enum exec fs_gs_base(struct cpu *cpu, const struct insn *in)
{
    unsigned op = in->modrm >> 3 & 7, bytes = in->size == 8 ? 8 : 4; /* 66 has no effect */
    struct rec_seg_state *s = &cpu->sys.seg[op & 1 ? SEG_GS : SEG_FS];
    uint64_t v = get_reg(cpu, in->rm, bytes);

    if (!cpu_is_64(cpu) || !(cpu->sys.cr4 & CR4_FSGSBASE))
        return raise_ud(cpu);
    if (op < 2) {
        put_reg(cpu, in->rm, bytes, s->base);
        return EXEC_OK;
    }
    if (!is_canonical_widest(cpu, v))
        return raise_gp(cpu, 0);
    s->base = v;
    cpu_derive(cpu);
    return EXEC_OK;
}

/* 0F AE: fences, FS and GS bases, cache-line flushes; the state of x87 and SSE is not there. */
enum exec op_grp15(struct cpu *cpu, const struct insn *in)
{
    unsigned op = in->modrm >> 3 & 7;
    unsigned prefix = in->prefix & (PFX_66 | PFX_REP | PFX_REPNE);

    if (!in->is_mem) {
        if ((prefix & PFX_REP) && op < 4)
            return fs_gs_base(cpu, in);
        return prefix == 0 && op >= 5 ? EXEC_OK : raise_ud(cpu);
    }
    if ((op == 7 && (prefix == 0 || prefix == PFX_66)) || (op == 6 && prefix == PFX_66))
        return lsu_probe(cpu, in->seg, ea(cpu, in));
    return raise_ud(cpu);
}

enum exec op_hlt(struct cpu *cpu, const struct insn *in)
{
    (void)in;
    if (cpu->cpl > 0)
        return raise_gp(cpu, 0);
    serialised(cpu);
    return EXEC_HLT;
}
