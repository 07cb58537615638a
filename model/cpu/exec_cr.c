// SPDX-License-Identifier: Apache-2.0
// Control and debug registers: MOV, SMSW LMSW CLTS. SDM Vol. 2, Operation of each; Vol. 3A
// "Control Registers", Vol. 3B "Debug Registers"; docs/cpu.md S1 to S5, S13.
#include "breakpoint.h"
#include "feature.h"
#include "insn.h"
#include "ops.h"

/* choice: a register destination takes as much of CR0 as it holds. */
enum exec exec_smsw(struct cpu *cpu, const struct insn *in)
{
    if (umip_denies(cpu))
        return raise_gp(cpu, 0);
    return rm_write(cpu, in, in->is_mem ? 2 : in->size, cpu->sys.cr0);
}

/* LMSW cannot clear PE. */
enum exec exec_lmsw(struct cpu *cpu, const struct insn *in)
{
    uint64_t v, low = CR0_PE | CR0_MP | CR0_EM | CR0_TS;

    if (cpu->cpl > 0)
        return raise_gp(cpu, 0);
    TRY(rm_read(cpu, in, 2, &v));
    cpu->sys.cr0 = (cpu->sys.cr0 & ~(low & ~CR0_PE)) | (v & low);
    cpu_derive(cpu);
    return serialised(cpu);
}

enum exec op_clts(struct cpu *cpu, const struct insn *in)
{
    (void)in;
    if (cpu->cpl > 0)
        return raise_gp(cpu, 0);
    cpu->sys.cr0 &= ~CR0_TS;
    cpu_derive(cpu);
    return serialised(cpu);
}

/* SDM Vol. 3A "Use of CR3 with PAE Paging". */
#define CR3_PDPTES UINT64_C(0xffffffe0)

static unsigned cr_bytes(const struct cpu *cpu)
{
    return cpu_is_64(cpu) ? 8 : 4;
}

static bool cr_exists(const struct cpu *cpu, unsigned n)
{
    return n == 0 || n == 2 || n == 3 || n == 4 || (n == 8 && cpu_is_64(cpu));
}

static uint64_t read_cr(struct cpu *cpu, unsigned n)
{
    switch (n) {
    case 0:
        return cpu->sys.cr0;
    case 2:
        return cpu->cr2;
    case 3:
        return cpu->sys.cr3;
    case 4:
        return cpu->sys.cr4;
    default:
        /* CR8 is bits 7:4 of the local APIC's TPR, wherever APIC_BASE has its page */
        return lsu_phys_read(cpu, APIC_BUS_PAGE | APIC_TPR, 4, BUS_APIC, 0) >> 4 & 15;
    }
}

enum exec op_mov_from_cr(struct cpu *cpu, const struct insn *in)
{
    if (!cr_exists(cpu, in->reg))
        return raise_ud(cpu);
    if (cpu->cpl > 0)
        return raise_gp(cpu, 0);
    put_reg(cpu, in->rm, cr_bytes(cpu), read_cr(cpu, in->reg));
    return EXEC_OK;
}

static void flush_all(struct cpu *cpu)
{
    cpu_flush(cpu, FLUSH_ALL, 0, 0);
}

/* S13: the PDPTE registers, when the registers as they are to be want PAE paging. Changes nothing
 * else. */
static enum exec load_pdptes(struct cpu *cpu, const struct mmu_ctx *next)
{
    if (!mmu_pae_paging(next))
        return EXEC_OK;
    if (!mmu_load_pdptes(&cpu->mmu, next->cr3 & CR3_PDPTES))
        return raise_gp(cpu, 0);
    memcpy(cpu->sys.pdpte, cpu->mmu.pdpte, sizeof cpu->sys.pdpte);
    return EXEC_OK;
}

/* SDM Vol. 3A "Initializing IA-32e Mode": setting CR0.PG with EFER.LME = 1 enters it. */
static bool may_set_paging(const struct cpu *cpu)
{
    uint16_t tr = cpu->sys.seg[SEG_TR].attr;

    if (!(cpu->sys.efer & EFER_LME))
        return true;
    return (cpu->sys.cr4 & CR4_PAE) && !(cpu->sys.seg[SEG_CS].attr & 0x2000) && (tr & 0x1d) != 1;
}

static bool may_clear_paging(const struct cpu *cpu)
{
    return !cpu_is_64(cpu) && !(cpu->sys.cr4 & CR4_PCIDE);
}

static enum exec write_cr0(struct cpu *cpu, uint64_t v)
{
    uint64_t known =
        CR0_PE | CR0_MP | CR0_EM | CR0_TS | CR0_NE | CR0_WP | CR0_AM | CR0_NW | CR0_CD | CR0_PG;
    struct mmu_ctx next = cpu->mmu_ctx;
    uint64_t old = cpu->sys.cr0;

    /* choice: PE stays set while there is no real mode */
    if (v >> 32 || !(v & CR0_PE) || ((v & CR0_NW) && !(v & CR0_CD)))
        return raise_gp(cpu, 0);
    if ((v & CR0_PG) && !(old & CR0_PG) && !may_set_paging(cpu))
        return raise_gp(cpu, 0);
    if (!(v & CR0_PG) && (old & CR0_PG) && !may_clear_paging(cpu))
        return raise_gp(cpu, 0);
    next.cr0 = (v & known) | CR0_ET;
    next.efer &= ~EFER_LMA;
    next.efer |= (v & CR0_PG) && (next.efer & EFER_LME) ? EFER_LMA : 0;
    if ((old ^ v) & (CR0_PG | CR0_CD | CR0_NW))
        TRY(load_pdptes(cpu, &next));
    cpu->sys.cr0 = next.cr0;
    cpu->sys.efer = next.efer;
    cpu_derive(cpu);
    if ((old ^ v) & (CR0_PG | CR0_WP))
        flush_all(cpu);
    return EXEC_OK;
}

static enum exec write_cr3(struct cpu *cpu, uint64_t v)
{
    bool pcide = (cpu->sys.cr4 & CR4_PCIDE) != 0, keep = pcide && v >> 63;
    struct mmu_ctx next = cpu->mmu_ctx;

    if (v >> 63 && !pcide)
        return raise_gp(cpu, 0);
    if (v >> MMU_MAXPHYADDR & 0x7fffff)
        return raise_gp(cpu, 0);
    next.cr3 = v & ~(UINT64_C(1) << 63);
    TRY(load_pdptes(cpu, &next));
    cpu->sys.cr3 = next.cr3;
    cpu_derive(cpu);
    if (!keep)
        cpu_flush(cpu, FLUSH_PCID, 0, mmu_pcid(&cpu->mmu_ctx));
    cpu_invalidated(cpu, (struct rw_invalidate){.what = keep ? RW_MOV_CR3_KEEP : RW_MOV_CR3,
                                                .pcid = mmu_pcid(&cpu->mmu_ctx)});
    return EXEC_OK;
}

static enum exec write_cr4(struct cpu *cpu, uint64_t v)
{
    uint64_t known = CR4_TSD | CR4_DE | CR4_PSE | CR4_PAE | CR4_PGE | CR4_PCE | CR4_UMIP |
                     CR4_LA57 | CR4_FSGSBASE | CR4_PCIDE | CR4_SMEP | CR4_SMAP | CR4_PKE | CR4_PKS;
    uint64_t old = cpu->sys.cr4, set = v & ~old, cleared = old & ~v, changed = old ^ v;
    struct mmu_ctx next = cpu->mmu_ctx;

    if (v & (~known | feature_cr4(cpu->cpuid.away)))
        return raise_gp(cpu, 0);
    if (cpu_is_long(cpu) && (!(v & CR4_PAE) || (changed & CR4_LA57)))
        return raise_gp(cpu, 0);
    if ((set & CR4_PCIDE) && (!cpu_is_long(cpu) || (cpu->sys.cr3 & 0xfff)))
        return raise_gp(cpu, 0);
    next.cr4 = v;
    if (changed & (CR4_PAE | CR4_PGE | CR4_PSE | CR4_SMEP))
        TRY(load_pdptes(cpu, &next));
    cpu->sys.cr4 = v;
    cpu_derive(cpu);
    if ((changed & (CR4_PGE | CR4_PAE | CR4_PSE | CR4_LA57 | CR4_SMAP)) || (cleared & CR4_PCIDE) ||
        (set & CR4_SMEP))
        flush_all(cpu);
    return EXEC_OK;
}

static enum exec write_cr(struct cpu *cpu, unsigned n, uint64_t v)
{
    switch (n) {
    case 0:
        return write_cr0(cpu, v);
    case 2:
        cpu->cr2 = v;
        return EXEC_OK;
    case 3:
        return write_cr3(cpu, v);
    case 4:
        return write_cr4(cpu, v);
    default:
        if (v > 15)
            return raise_gp(cpu, 0);
        lsu_phys_write(cpu, APIC_BUS_PAGE | APIC_TPR, 4, BUS_APIC, 0, v << 4);
        return EXEC_OK;
    }
}

enum exec op_mov_to_cr(struct cpu *cpu, const struct insn *in)
{
    if (!cr_exists(cpu, in->reg))
        return raise_ud(cpu);
    if (cpu->cpl > 0)
        return raise_gp(cpu, 0);
    TRY(write_cr(cpu, in->reg, get_reg(cpu, in->rm, cr_bytes(cpu))));
    return serialised(cpu);
}

/* DR4 and DR5 are DR6 and DR7 unless CR4.DE; DR7.GD makes every access a #DB. */
static enum exec check_dr(struct cpu *cpu, const struct insn *in)
{
    if (in->reg > 7 || ((in->reg & 6) == 4 && (cpu->sys.cr4 & CR4_DE)))
        return raise_ud(cpu);
    if (cpu->cpl > 0)
        return raise_gp(cpu, 0);
    if (cpu->sys.dr7 & DR7_GD)
        return raise_exception(cpu, (struct fault){.vector = VEC_DB, .dr6 = DR6_BD});
    return EXEC_OK;
}

static uint64_t *dr_at(struct cpu *cpu, unsigned n)
{
    if (n < 4)
        return &cpu->sys.dr[n];
    return n & 1 ? &cpu->sys.dr7 : &cpu->sys.dr6;
}

enum exec op_mov_from_dr(struct cpu *cpu, const struct insn *in)
{
    TRY(check_dr(cpu, in));
    put_reg(cpu, in->rm, cr_bytes(cpu), *dr_at(cpu, in->reg));
    return EXEC_OK;
}

enum exec op_mov_to_dr(struct cpu *cpu, const struct insn *in)
{
    uint64_t v = get_reg(cpu, in->rm, cr_bytes(cpu));

    TRY(check_dr(cpu, in));
    if (in->reg >= 4 && v >> 32)
        return raise_gp(cpu, 0);
    if (in->reg >= 4)
        v = in->reg & 1 ? (v & ~UINT64_C(0xd800)) | 0x400 : (v & 0xe00f) | 0xffff0ff0;
    *dr_at(cpu, in->reg) = v;
    breakpoint_derive(cpu);
    cpu->sys_touched = true;
    return serialised(cpu);
}
