// SPDX-License-Identifier: Apache-2.0
// The features that CPUID shows as data: where it shows them, and the control bits, MSRs and
// instructions that are there with them. SDM Vol. 2 "CPUID", and "CPUID Feature Flag" of each
// instruction; docs/cpu.md C1 to C3. What paging makes of a feature is in model/mmu.
#include "feature.h"

#include "ops.h"

struct feature {
    uint32_t leaf;
    uint8_t reg, bit; /* reg: enum cpuid_register */
    uint64_t cr4, efer;
};

#define LEAF_1      1u, CPUID_EDX
#define LEAF_1_ECX  1u, CPUID_ECX
#define LEAF_7      7u, CPUID_EBX
#define LEAF_7_ECX  7u, CPUID_ECX
#define EXTENDED    0x80000001u, CPUID_EDX
#define EXTENDED_CX 0x80000001u, CPUID_ECX

static const struct feature features[RW_FEATURES] = {
    [RW_DE] = {LEAF_1, 2, CR4_DE, 0},
    [RW_PSE] = {LEAF_1, 3, CR4_PSE, 0},
    [RW_TSC] = {LEAF_1, 4, CR4_TSD, 0},
    [RW_MSR] = {LEAF_1, 5, 0, 0},
    [RW_PAE] = {LEAF_1, 6, CR4_PAE, 0},
    [RW_CX8] = {LEAF_1, 8, 0, 0},
    [RW_SEP] = {LEAF_1, 11, 0, 0},
    [RW_MTRR] = {LEAF_1, 12, 0, 0},
    [RW_PGE] = {LEAF_1, 13, CR4_PGE, 0},
    [RW_CMOV] = {LEAF_1, 15, 0, 0},
    [RW_PAT] = {LEAF_1, 16, 0, 0},
    [RW_PSE36] = {LEAF_1, 17, 0, 0},
    [RW_CLFLUSH] = {LEAF_1, 19, 0, 0},
    [RW_CX16] = {LEAF_1_ECX, 13, 0, 0},
    [RW_PCID] = {LEAF_1_ECX, 17, CR4_PCIDE, 0},
    [RW_MOVBE] = {LEAF_1_ECX, 22, 0, 0},
    [RW_POPCNT] = {LEAF_1_ECX, 23, 0, 0},
    [RW_FSGSBASE] = {LEAF_7, 0, CR4_FSGSBASE, 0},
    [RW_TSC_ADJUST] = {LEAF_7, 1, 0, 0},
    [RW_SMEP] = {LEAF_7, 7, CR4_SMEP, 0},
    [RW_INVPCID] = {LEAF_7, 10, 0, 0},
    [RW_ADX] = {LEAF_7, 19, 0, 0},
    [RW_SMAP] = {LEAF_7, 20, CR4_SMAP, 0},
    [RW_CLFLUSHOPT] = {LEAF_7, 23, 0, 0},
    [RW_CLWB] = {LEAF_7, 24, 0, 0},
    [RW_UMIP] = {LEAF_7_ECX, 2, CR4_UMIP, 0},
    [RW_PKU] = {LEAF_7_ECX, 3, CR4_PKE, 0},
    [RW_LA57] = {LEAF_7_ECX, 16, CR4_LA57, 0},
    [RW_RDPID] = {LEAF_7_ECX, 22, 0, 0},
    [RW_PKS] = {LEAF_7_ECX, 31, CR4_PKS, 0},
    [RW_LAHF_LM] = {EXTENDED_CX, 0, 0, 0},
    [RW_ABM] = {EXTENDED_CX, 5, 0, 0},
    [RW_PREFETCHW] = {EXTENDED_CX, 8, 0, 0},
    [RW_SYSCALL] = {EXTENDED, 11, 0, EFER_SCE},
    [RW_NX] = {EXTENDED, 20, 0, EFER_NXE},
    [RW_PDPE1GB] = {EXTENDED, 26, 0, 0},
    [RW_RDTSCP] = {EXTENDED, 27, 0, 0},
    [RW_LM] = {EXTENDED, 29, 0, EFER_LME},
    [RW_X2APIC] = {LEAF_1_ECX, 21, 0, 0},
    [RW_TSC_DEADLINE] = {LEAF_1_ECX, 24, 0, 0},
};

static bool is_away(uint64_t away, unsigned feature)
{
    return away >> feature & 1;
}

uint32_t feature_cpuid(uint64_t away, uint32_t leaf, enum cpuid_register reg)
{
    uint32_t bits = 0;

    for (unsigned i = 0; i < RW_FEATURES; i++)
        if (is_away(away, i) && features[i].leaf == leaf && features[i].reg == reg)
            bits |= UINT32_C(1) << features[i].bit;
    return bits;
}

uint64_t feature_cr4(uint64_t away)
{
    uint64_t bits = 0;

    for (unsigned i = 0; i < RW_FEATURES; i++)
        bits |= is_away(away, i) ? features[i].cr4 : 0;
    return bits;
}

uint64_t feature_efer(uint64_t away)
{
    uint64_t bits = 0;

    for (unsigned i = 0; i < RW_FEATURES; i++)
        bits |= is_away(away, i) ? features[i].efer : 0;
    return bits;
}

/* --- MSRs --- */

struct msr_range {
    uint32_t first, last;
    uint64_t features; /* it is there with any of them */
};

static const struct msr_range msrs[] = {
    {0x010, 0x010, FEATURE(RW_TSC)},
    {0x03b, 0x03b, FEATURE(RW_TSC_ADJUST)},
    {0x0fe, 0x0fe, FEATURE(RW_MTRR)},
    {0x174, 0x176, FEATURE(RW_SEP)},
    {0x200, 0x20f, FEATURE(RW_MTRR)},
    {0x277, 0x277, FEATURE(RW_PAT)},
    {0x2ff, 0x2ff, FEATURE(RW_MTRR)},
    {0x6e0, 0x6e0, FEATURE(RW_TSC_DEADLINE)},
    {0x6e1, 0x6e1, FEATURE(RW_PKS)},
    {0xc0000080, 0xc0000080, FEATURE(RW_LM) | FEATURE(RW_NX)},
    {0xc0000081, 0xc0000084, FEATURE(RW_SYSCALL)},
    {0xc0000100, 0xc0000102, FEATURE(RW_LM)},
    {0xc0000103, 0xc0000103, FEATURE(RW_RDTSCP) | FEATURE(RW_RDPID)},
};

bool feature_has_msr(uint64_t away, uint32_t index)
{
    for (unsigned i = 0; i < sizeof msrs / sizeof msrs[0]; i++)
        if (index >= msrs[i].first && index <= msrs[i].last)
            return (msrs[i].features & ~away) != 0;
    return true;
}

/* --- instructions --- */

#define ANY_MODRM  0, 0
#define REG(n)     0x38, (n) << 3
#define MODRM(v)   0xff, v
#define ANY_PREFIX 0, 0
#define WITH(p)    p, p
#define WITHOUT(p) p, 0

enum { ANYWHERE, IN_MEMORY, IN_64 }; /* where a row counts: with a memory operand, in 64-bit mode */

/* A row may take in what is #UD anyway. */
struct gate {
    uint8_t feature, map, first, last; /* map as in struct insn; opcodes */
    uint8_t modrm_mask, modrm, prefix_mask, prefix, where;
};

static const struct gate gates[] = {
    {RW_LAHF_LM, 0, 0x9e, 0x9f, ANY_MODRM, ANY_PREFIX, IN_64},
    {RW_SMAP, 1, 0x01, 0x01, MODRM(0xca), ANY_PREFIX, ANYWHERE}, /* CLAC */
    {RW_SMAP, 1, 0x01, 0x01, MODRM(0xcb), ANY_PREFIX, ANYWHERE}, /* STAC */
    {RW_RDTSCP, 1, 0x01, 0x01, MODRM(0xf9), ANY_PREFIX, ANYWHERE},
    {RW_MSR, 1, 0x30, 0x30, ANY_MODRM, ANY_PREFIX, ANYWHERE}, /* WRMSR */
    {RW_TSC, 1, 0x31, 0x31, ANY_MODRM, ANY_PREFIX, ANYWHERE}, /* RDTSC */
    {RW_MSR, 1, 0x32, 0x32, ANY_MODRM, ANY_PREFIX, ANYWHERE}, /* RDMSR */
    {RW_SEP, 1, 0x34, 0x35, ANY_MODRM, ANY_PREFIX, ANYWHERE}, /* SYSENTER, SYSEXIT */
    {RW_CMOV, 1, 0x40, 0x4f, ANY_MODRM, ANY_PREFIX, ANYWHERE},
    {RW_CLWB, 1, 0xae, 0xae, REG(6), WITH(PFX_66), IN_MEMORY},
    {RW_CLFLUSH, 1, 0xae, 0xae, REG(7), WITHOUT(PFX_66), IN_MEMORY},
    {RW_CLFLUSHOPT, 1, 0xae, 0xae, REG(7), WITH(PFX_66), IN_MEMORY},
    {RW_POPCNT, 1, 0xb8, 0xb8, ANY_MODRM, ANY_PREFIX, ANYWHERE},
    {RW_CX8, 1, 0xc7, 0xc7, REG(1), WITHOUT(PFX_REX_W), ANYWHERE},
    {RW_CX16, 1, 0xc7, 0xc7, REG(1), WITH(PFX_REX_W), ANYWHERE},
    {RW_RDPID, 1, 0xc7, 0xc7, REG(7), ANY_PREFIX, ANYWHERE},
    {RW_INVPCID, 2, 0x82, 0x82, ANY_MODRM, ANY_PREFIX, ANYWHERE},
    {RW_MOVBE, 2, 0xf0, 0xf1, ANY_MODRM, ANY_PREFIX, ANYWHERE},
    {RW_ADX, 2, 0xf6, 0xf6, ANY_MODRM, ANY_PREFIX, ANYWHERE},
};

static bool counts_for(const struct gate *g, const struct insn *in)
{
    if (g->map != in->map || in->opcode < g->first || in->opcode > g->last)
        return false;
    if ((in->modrm & g->modrm_mask) != g->modrm || (in->prefix & g->prefix_mask) != g->prefix)
        return false;
    return g->where == ANYWHERE || (g->where == IN_64 ? in->mode == DECODE_64 : in->is_mem);
}

void feature_settle(uint64_t away, struct insn *in)
{
    for (unsigned i = 0; i < sizeof gates / sizeof gates[0]; i++)
        if (is_away(away, gates[i].feature) && counts_for(&gates[i], in))
            in->op = op_ud;
    if (is_away(away, RW_ABM) && in->op == op_bsr)
        in->prefix &= (uint8_t)~PFX_REP;
}
