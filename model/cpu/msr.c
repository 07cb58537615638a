// SPDX-License-Identifier: Apache-2.0
// Model-specific registers as rows. SDM Vol. 4 "Architectural MSRs"; values and writable bits from
// docs/cpu.md "Control registers and MSRs".
#include "feature.h"
#include "insn.h"
#include "ops.h"

enum msr_kind {
    MSR_BITS,      /* writable: bits; another bit set is #GP(0) */
    MSR_LOW32,     /* 32 bits are kept, the rest ignored */
    MSR_CANONICAL, /* a linear address */
    MSR_PAT,
    MSR_MTRR, /* a memory type in bits 7:0; writable: bits */
    MSR_EFER,
    MSR_TSC,
    MSR_CONSTANT, /* reads as bits; a write is #GP(0) */
    MSR_ZERO,     /* reads 0; only 0 may be written */
    MSR_IGNORED,  /* reads 0; writes are ignored */
};

struct msr_row {
    uint32_t index;
    enum msr_kind kind;
    uint64_t bits;
    size_t at; /* in struct rec_sys */
};

#define AT(field) offsetof(struct rec_sys, field)
/* SDM Vol. 3A "Variable Range MTRRs": a pair. */
#define MTRR(n)                                                                                    \
    {0x200 + 2 * (n), MSR_MTRR, MTRR_ADDR, AT(mtrr_base[n])},                                      \
    {                                                                                              \
        0x201 + 2 * (n), MSR_BITS, MTRR_ADDR | MTRR_VALID, AT(mtrr_mask[n])                        \
    }
#define SEG_BASE(s) (offsetof(struct rec_sys, seg) + (s) * sizeof(struct rec_seg_state))

static const struct msr_row rows[] = {
    {0x010, MSR_TSC, 0, AT(tsc_adjust)},
    {0x01b, MSR_BITS, UINT64_C(0xfffffff900), AT(apic_base)},
    {0x03a, MSR_CONSTANT, 1, 0}, /* FEATURE_CONTROL */
    {0x03b, MSR_BITS, ~UINT64_C(0), AT(tsc_adjust)},
    {0x08b, MSR_IGNORED, 0, 0},                  /* BIOS_SIGN_ID */
    {0x0fe, MSR_CONSTANT, 0x400 | MMU_MTRRS, 0}, /* MTRRCAP: WC, no fixed ranges */
    {0x174, MSR_LOW32, 0, AT(sysenter_cs)},
    {0x175, MSR_CANONICAL, 0, AT(sysenter_esp)},
    {0x176, MSR_CANONICAL, 0, AT(sysenter_eip)},
    {0x179, MSR_CONSTANT, 0, 0}, /* MCG_CAP */
    {0x1a0, MSR_BITS, 1, AT(misc_enable)},
    {0x1d9, MSR_ZERO, 0, 0}, /* DEBUGCTL */
    MTRR(0),
    MTRR(1),
    MTRR(2),
    MTRR(3),
    MTRR(4),
    MTRR(5),
    MTRR(6),
    MTRR(7),
    {0x277, MSR_PAT, 0, AT(pat)},
    {0x2ff, MSR_MTRR, MTRR_E, AT(mtrr_def_type)},
    {0x6e1, MSR_BITS, 0xffffffff, AT(pkrs)},
    {0xc0000080, MSR_EFER, 0, AT(efer)},
    {0xc0000081, MSR_BITS, ~UINT64_C(0), AT(star)},
    {0xc0000082, MSR_CANONICAL, 0, AT(lstar)},
    {0xc0000083, MSR_CANONICAL, 0, AT(cstar)},
    {0xc0000084, MSR_BITS, 0xffffffff, AT(fmask)},
    {0xc0000100, MSR_CANONICAL, 0, SEG_BASE(SEG_FS)},
    {0xc0000101, MSR_CANONICAL, 0, SEG_BASE(SEG_GS)},
    {0xc0000102, MSR_CANONICAL, 0, AT(kernel_gs_base)},
    {0xc0000103, MSR_BITS, 0xffffffff, AT(tsc_aux)},
};

static const struct msr_row *find(const struct cpu *cpu, uint32_t index)
{
    if (!feature_has_msr(cpu->cpuid.away, index))
        return NULL;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].index == index)
            return &rows[i];
    return NULL;
}

static uint64_t load(const struct cpu *cpu, const struct msr_row *row)
{
    uint64_t v;

    memcpy(&v, (const char *)&cpu->sys + row->at, sizeof v);
    return v;
}

static void store(struct cpu *cpu, const struct msr_row *row, uint64_t v)
{
    memcpy((char *)&cpu->sys + row->at, &v, sizeof v);
}

/* SDM Vol. 3B "IA32_TSC_ADJUST MSR"; docs/cpu.md S16. */
uint64_t cpu_tsc(struct cpu *cpu)
{
    return cpu->env.tsc ? cpu->env.tsc(cpu->env.ctx, cpu->sys.tsc_adjust) : cpu->sys.tsc_adjust;
}

static uint64_t read_row(struct cpu *cpu, const struct msr_row *row)
{
    switch (row->kind) {
    case MSR_TSC:
        return cpu_tsc(cpu);
    case MSR_CONSTANT:
        return row->bits;
    case MSR_ZERO:
    case MSR_IGNORED:
        return 0;
    default:
        return load(cpu, row);
    }
}

/* Types 0 1 4 5 6 7 in each byte. */
static bool pat_valid(uint64_t v)
{
    for (unsigned i = 0; i < 64; i += 8) {
        unsigned type = (unsigned)(v >> i) & 0xff;

        if (type > 7 || type == 2 || type == 3)
            return false;
    }
    return true;
}

static bool mtrr_valid(uint64_t v, uint64_t writable)
{
    uint64_t type = v & MTRR_TYPE;
    bool known = type == MT_UC || type == MT_WC || type == MT_WT || type == MT_WP || type == MT_WB;

    return known && !(v & ~(writable | MTRR_TYPE));
}

static bool efer_valid(const struct cpu *cpu, uint64_t v)
{
    uint64_t old = cpu->sys.efer;
    uint64_t known = EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE;

    if (v & (~known | feature_efer(cpu->cpuid.away)))
        return false;
    return !(cpu->sys.cr0 & CR0_PG) || !((old ^ v) & EFER_LME);
}

static bool value_valid(const struct cpu *cpu, const struct msr_row *row, uint64_t v)
{
    switch (row->kind) {
    case MSR_BITS:
        return !(v & ~row->bits);
    case MSR_CANONICAL:
        return is_canonical_widest(cpu, v);
    case MSR_PAT:
        return pat_valid(v);
    case MSR_MTRR:
        return mtrr_valid(v, row->bits);
    case MSR_EFER:
        return efer_valid(cpu, v);
    case MSR_ZERO:
        return v == 0;
    case MSR_CONSTANT:
        return false;
    case MSR_TSC:
    case MSR_LOW32:
    case MSR_IGNORED:
        return true;
    }
    return false;
}

static void write_row(struct cpu *cpu, const struct msr_row *row, uint64_t v)
{
    uint64_t efer = cpu->sys.efer;

    switch (row->kind) {
    case MSR_ZERO:
    case MSR_IGNORED:
        return;
    case MSR_TSC: /* the row is TSC_ADJUST, which takes the difference */
        v = cpu->sys.tsc_adjust + (v - cpu_tsc(cpu));
        break;
    case MSR_LOW32:
        v &= 0xffffffff;
        break;
    case MSR_EFER:
        v = (v & ~EFER_LMA) | (efer & EFER_LMA);
        break;
    default:
        break;
    }
    store(cpu, row, v);
    cpu_derive(cpu);
    if ((efer ^ cpu->sys.efer) & (EFER_NXE | EFER_LME))
        cpu_flush(cpu, FLUSH_ALL, 0, 0);
}

enum exec op_rdmsr(struct cpu *cpu, const struct insn *in)
{
    const struct msr_row *row = find(cpu, (uint32_t)cpu->r[RCX]);
    uint64_t v;

    (void)in;
    if (cpu->cpl > 0 || !row)
        return raise_gp(cpu, 0);
    v = read_row(cpu, row);
    put_reg(cpu, RAX, 4, v);
    put_reg(cpu, RDX, 4, v >> 32);
    return EXEC_OK;
}

enum exec op_wrmsr(struct cpu *cpu, const struct insn *in)
{
    const struct msr_row *row = find(cpu, (uint32_t)cpu->r[RCX]);
    uint64_t v = get_reg(cpu, RAX, 4) | cpu->r[RDX] << 32;

    (void)in;
    if (cpu->cpl > 0 || !row || !value_valid(cpu, row, v))
        return raise_gp(cpu, 0);
    write_row(cpu, row, v);
    cpu->window.valid = false;
    return EXEC_OK;
}
