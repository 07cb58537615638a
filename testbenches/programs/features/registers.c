// SPDX-License-Identifier: Apache-2.0
// Bits of CR4 and EFER that are reserved, MSRs that are not there without their feature. SDM
// Vol. 3A "Control Registers", "Extended Feature Enable Register"; Vol. 4 "Architectural MSRs".
#include "features.h"

#define EFER        0xC0000080
#define APIC_BASE   0x1B
#define MISC_ENABLE 0x1A0
#define LVT_TIMER   0x832

static volatile uint32_t msr_index, msr_low, msr_high;
PROBE(rdmsr, "movl msr_index, %ecx\nrdmsr\nmovl %eax, msr_low\nmovl %edx, msr_high");
PROBE(wrmsr, "movl msr_index, %ecx\nmovl msr_low, %eax\nmovl msr_high, %edx\nwrmsr");

static const struct {
    const char *name;
    uint8_t bit;
    enum feature needs;
} cr4_bits[] = {
    {"CR4.TSD", 2, F_TSC},    {"CR4.DE", 3, F_DE},      {"CR4.PSE", 4, F_PSE},
    {"CR4.PAE", 5, F_PAE},    {"CR4.PGE", 7, F_PGE},    {"CR4.PCE", 8, F_NONE},
    {"CR4.UMIP", 11, F_UMIP}, {"CR4.LA57", 12, F_LA57}, {"CR4.FSGSBASE", 16, F_FSGSBASE},
    {"CR4.SMEP", 20, F_SMEP}, {"CR4.SMAP", 21, F_SMAP}, {"CR4.PKE", 22, F_PKU},
    {"CR4.PKS", 24, F_PKS},
};

static const struct {
    const char *name;
    uint8_t bit;
    enum feature needs;
} efer_bits[] = {
    {"EFER.SCE", 0, F_SYSCALL},
    {"EFER.LME", 8, F_LM},
    {"EFER.NXE", 11, F_NX},
};

static const struct {
    const char *name;
    uint32_t first, last;
    enum feature needs, or ; /* the one or the other */
    bool constant;
} msrs[] = {
    {"APIC_BASE", 0x1B, 0x1B, F_NONE, F_NONE, false},
    {"TSC", 0x10, 0x10, F_TSC, F_TSC, false},
    {"TSC_ADJUST", 0x3B, 0x3B, F_TSC_ADJUST, F_TSC_ADJUST, false},
    {"MTRRCAP", 0xFE, 0xFE, F_MTRR, F_MTRR, true},
    {"SYSENTER_CS, ESP, EIP", 0x174, 0x176, F_SEP, F_SEP, false},
    {"MISC_ENABLE", 0x1A0, 0x1A0, F_NONE, F_NONE, false},
    {"MTRR_PHYSBASE, PHYSMASK", 0x200, 0x20F, F_MTRR, F_MTRR, false},
    {"PAT", 0x277, 0x277, F_PAT, F_PAT, false},
    {"MTRR_DEF_TYPE", 0x2FF, 0x2FF, F_MTRR, F_MTRR, false},
    {"TSC_DEADLINE", 0x6E0, 0x6E0, F_TSC_DEADLINE, F_TSC_DEADLINE, false},
    {"PKRS", 0x6E1, 0x6E1, F_PKS, F_PKS, false},
    {"EFER", EFER, EFER, F_LM, F_NX, false},
    {"STAR, LSTAR, CSTAR, FMASK", 0xC0000081, 0xC0000084, F_SYSCALL, F_SYSCALL, false},
    {"FS, GS, KERNEL_GS base", 0xC0000100, 0xC0000102, F_LM, F_LM, false},
    {"TSC_AUX", 0xC0000103, 0xC0000103, F_RDTSCP, F_RDPID, false},
};

static void one_cr4(const char *name, uint32_t bit, bool there)
{
    uint32_t was = cr4();

    to_cr4(was | bit);
    if (there)
        check_of(name, "can be set", seen[0] == NONE && cr4() == (was | bit));
    else
        check_here_of(name, "can be set", seen[0] == 13 && seen[1] == 0 && cr4() == was);
    to_cr4(was);
}

/* RDMSR, or WRMSR of what was read. */
static void one_msr(const char *name, const char *what, void (*fn)(void), bool there)
{
    probe(fn);
    if (!has(F_MSR))
        check_here_of(name, what, seen[0] == 6);
    else if (there)
        check_of(name, what, seen[0] == NONE);
    else
        check_here_of(name, what, seen[0] == 13 && seen[1] == 0);
}

static void one_efer(const char *name, uint32_t bit, bool there)
{
    uint32_t was;

    msr_index = EFER;
    probe(p_rdmsr);
    was = msr_low;
    msr_low |= bit;
    one_msr(name, "can be set", p_wrmsr, there);
    if (there) {
        probe(p_rdmsr);
        check_of(name, "is set", msr_low == (was | bit));
    }
    msr_low = was;
    probe(p_wrmsr);
}

/* SDM Vol. 3A "Extended Feature Enable Register": LMA is read-only; a write is ignored. */
static void efer_lma(void)
{
    uint32_t was;

    if (!has(F_LM) && !has(F_NX))
        return;
    msr_index = EFER;
    probe(p_rdmsr);
    was = msr_low;
    msr_low |= 0x400;
    one_msr("EFER.LMA", "can be written", p_wrmsr, true);
    probe(p_rdmsr);
    check_of("EFER.LMA", "stays 0", msr_low == was && !(was & 0x400));
}

/* An address in an MSR may be as wide as the processor can be: 57 bits with LA57, else 48. SDM Vol.
 * 3A "Canonicality Checking". QEMU looks at CR4.LA57. */
static void one_width(uint32_t msr)
{
    static const struct {
        uint32_t high;
        bool wide, narrow; /* canonical with 57 and with 48 bits */
    } rows[] = {{0x00007FFF, true, true},   {0x00008000, true, false},  {0x00FFFFFF, true, false},
                {0x01000000, false, false}, {0xFEFFFFFF, false, false}, {0xFF000000, true, false},
                {0xFFFF7FFF, true, false},  {0xFFFF8000, true, true}};

    msr_index = msr;
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool taken = has(F_LA57) ? rows[i].wide : rows[i].narrow;

        msr_low = 8;
        msr_high = rows[i].high;
        probe(p_wrmsr);
        check_here_of("an address in an MSR", "has the width of the processor",
                      taken ? seen[0] == NONE : seen[0] == 13 && seen[1] == 0);
    }
    msr_low = msr_high = 0;
    probe(p_wrmsr);
}

static void write(uint32_t msr, uint32_t low, uint32_t high)
{
    msr_index = msr;
    msr_low = low;
    msr_high = high;
    probe(p_wrmsr);
}

/* x2APIC mode and back, by way of no APIC; TSC-deadline mode of its timer. SDM Vol. 3A "x2APIC
 * State Transitions", "LVT Timer Register". */
static void x2apic(void)
{
    write(APIC_BASE, 0xFEE00D00, 0);
    check_here_of("APIC_BASE.EXTD", "can be set",
                  has(F_X2APIC) ? seen[0] == NONE : seen[0] == 13 && seen[1] == 0);
    msr_index = LVT_TIMER;
    probe(p_rdmsr);
    check_here_of("RDMSR of the LVT", "in x2APIC mode",
                  has(F_X2APIC) ? seen[0] == NONE : seen[0] == 13 && seen[1] == 0);
    if (!has(F_X2APIC))
        return;
    write(LVT_TIMER, 0x50000, 0);
    check_here_of("LVT timer", "TSC-deadline mode",
                  has(F_TSC_DEADLINE) ? seen[0] == NONE : seen[0] == 13 && seen[1] == 0);
    write(LVT_TIMER, 0x10000, 0);
    write(APIC_BASE, 0xFEE00100, 0);
    write(APIC_BASE, 0xFEE00900, 0);
    check_here_of("xAPIC mode", "again", seen[0] == NONE);
}

/* SDM Vol. 4, IA32_MISC_ENABLE bit 34. */
static void xd_disable(void)
{
    write(MISC_ENABLE, 0x1801, 4);
    check_here_of("MISC_ENABLE, XD disable", "can be set",
                  has(F_NX) ? seen[0] == NONE : seen[0] == 13 && seen[1] == 0);
    if (has(F_NX)) {
        write(EFER, EFER_NXE, 0);
        check_here_of("EFER.NXE", "with XD disable", seen[0] == 13 && seen[1] == 0);
    }
    write(MISC_ENABLE, 0x1801, 0);
    check_here_of("MISC_ENABLE", "as it was", seen[0] == NONE);
}

void registers(void)
{
    for (unsigned i = 0; i < sizeof cr4_bits / sizeof *cr4_bits; i++)
        one_cr4(cr4_bits[i].name, UINT32_C(1) << cr4_bits[i].bit, has(cr4_bits[i].needs));
    for (unsigned i = 0; i < sizeof efer_bits / sizeof *efer_bits; i++)
        one_efer(efer_bits[i].name, UINT32_C(1) << efer_bits[i].bit, has(efer_bits[i].needs));
    efer_lma();
    for (unsigned i = 0; i < sizeof msrs / sizeof *msrs; i++)
        for (uint32_t at = msrs[i].first; at <= msrs[i].last; at++) {
            bool there = has(msrs[i].needs) || has(msrs[i].or);

            msr_index = at;
            msr_low = msr_high = 0;
            one_msr(msrs[i].name, "RDMSR", p_rdmsr, there);
            one_msr(msrs[i].name, "WRMSR", p_wrmsr, there && !msrs[i].constant);
        }
    if (has(F_MSR) && is_ringwalk()) {
        x2apic();
        xd_disable();
    }
    if (has(F_LM) && has(F_MSR)) {
        one_width(0xC0000100); /* FS.base */
        one_width(0xC0000102); /* KERNEL_GS_BASE */
    }
}
