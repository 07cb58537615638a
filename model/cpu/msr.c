// SPDX-License-Identifier: Apache-2.0
// Model-specific registers as rows. SDM Vol. 4 "Architectural MSRs"; values and writable bits from
// docs/cpu.md "Control registers and MSRs".
#include "feature.h"
#include "insn.h"
#include "ops.h"
#include "x2apic.h"

enum msr_kind {
    MSR_BITS,      /* writable: bits; another bit set is #GP(0) */
    MSR_LOW32,     /* 32 bits are kept, the rest ignored */
    MSR_CANONICAL, /* a linear address */
    MSR_PAT,
    MSR_MTRR, /* a memory type in bits 7:0; writable: bits */
    MSR_EFER,
    MSR_TSC,
    MSR_TSC_ADJUST,
    MSR_TSC_DEADLINE, /* the local APIC holds it */
    MSR_APIC_BASE,
    MSR_MISC_ENABLE,
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
    {0x01b, MSR_APIC_BASE, 0, AT(apic_base)},
    {0x03a, MSR_CONSTANT, 1, 0}, /* FEATURE_CONTROL */
    {0x03b, MSR_TSC_ADJUST, 0, AT(tsc_adjust)},
    {0x08b, MSR_IGNORED, 0, 0},                  /* BIOS_SIGN_ID */
    {0x0fe, MSR_CONSTANT, 0x400 | MMU_MTRRS, 0}, /* MTRRCAP: WC, no fixed ranges */
    {0x174, MSR_LOW32, 0, AT(sysenter_cs)},
    {0x175, MSR_CANONICAL, 0, AT(sysenter_esp)},
    {0x176, MSR_CANONICAL, 0, AT(sysenter_eip)},
    {0x179, MSR_CONSTANT, 0, 0}, /* MCG_CAP */
    {0x1a0, MSR_MISC_ENABLE, 0, AT(misc_enable)},
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
    {0x6e0, MSR_TSC_DEADLINE, 0, 0},
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
    case MSR_TSC_DEADLINE:
        return apic_access_read(cpu, APIC_TSC_DEADLINE);
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
    if ((v & EFER_NXE) && (cpu->sys.misc_enable & MISC_XD_DISABLE))
        return false;
    return !(cpu->sys.cr0 & CR0_PG) || !((old ^ v) & EFER_LME);
}

/* SDM Vol. 4 "Architectural MSRs", IA32_MISC_ENABLE: "If the execute-disable bit feature is not
 * available, the XD bit disable bit must be 0". Without it in MISC_ENABLE alone: docs/cpu.md S18.
 */
static uint64_t misc_stored(const struct cpu *cpu)
{
    bool xd = !(cpu->cpuid.away & FEATURE(RW_NX));

    return MISC_PLAIN | MISC_LIMIT_CPUID | (xd ? MISC_XD_DISABLE : 0);
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
    case MSR_APIC_BASE:
        return apic_base_valid(cpu, v);
    case MSR_MISC_ENABLE:
        return !(v & ~(misc_stored(cpu) | MISC_READ_ONLY));
    case MSR_ZERO:
        return v == 0;
    case MSR_CONSTANT:
        return false;
    case MSR_TSC:
    case MSR_TSC_ADJUST:
    case MSR_TSC_DEADLINE:
    case MSR_LOW32:
    case MSR_IGNORED:
        return true;
    }
    return false;
}

/* docs/cpu.md S17: what the local APIC is told of, behind the write. */
static void tell_apic(struct cpu *cpu, enum msr_kind kind)
{
    if (kind == MSR_TSC || kind == MSR_TSC_ADJUST)
        apic_access_write(cpu, APIC_TSC_ADJUST, cpu->sys.tsc_adjust);
    else if (kind == MSR_APIC_BASE)
        apic_access_write(cpu, APIC_BASE, cpu->sys.apic_base);
}

static void write_row(struct cpu *cpu, const struct msr_row *row, uint64_t v)
{
    uint64_t efer = cpu->sys.efer;

    switch (row->kind) {
    case MSR_ZERO:
    case MSR_IGNORED:
        return;
    case MSR_TSC_DEADLINE:
        apic_access_write(cpu, APIC_TSC_DEADLINE, v);
        return;
    case MSR_MISC_ENABLE:
        v = (v & misc_stored(cpu)) | (cpu->sys.misc_enable & MISC_READ_ONLY);
        break;
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
    tell_apic(cpu, row->kind);
}

/* EDX:EAX of the MSR, and whether it can be read. */
static bool read_msr(struct cpu *cpu, uint32_t index, uint64_t *v)
{
    const struct msr_row *row = find(cpu, index);

    if (x2apic_is(index))
        return x2apic_read(cpu, index, v);
    if (!row)
        return false;
    *v = read_row(cpu, row);
    return true;
}

static bool write_msr(struct cpu *cpu, uint32_t index, uint64_t v)
{
    const struct msr_row *row = find(cpu, index);

    if (x2apic_is(index))
        return x2apic_write(cpu, index, v);
    if (!row || !value_valid(cpu, row, v))
        return false;
    write_row(cpu, row, v);
    return true;
}

enum exec op_rdmsr(struct cpu *cpu, const struct insn *in)
{
    uint64_t v;

    (void)in;
    if (cpu->cpl > 0 || !read_msr(cpu, (uint32_t)cpu->r[RCX], &v))
        return raise_gp(cpu, 0);
    put_reg(cpu, RAX, 4, v);
    put_reg(cpu, RDX, 4, v >> 32);
    return EXEC_OK;
}

enum exec op_wrmsr(struct cpu *cpu, const struct insn *in)
{
    uint64_t v = get_reg(cpu, RAX, 4) | cpu->r[RDX] << 32;

    (void)in;
    if (cpu->cpl > 0 || !write_msr(cpu, (uint32_t)cpu->r[RCX], v))
        return raise_gp(cpu, 0);
    cpu->window.valid = false;
    return EXEC_OK;
}
