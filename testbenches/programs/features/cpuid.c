// SPDX-License-Identifier: Apache-2.0
// CPUID's bits by name. SDM Vol. 2 "CPUID".
#include "features.h"

enum { EBX = 1, ECX = 2, EDX = 3 };

static const struct {
    uint32_t leaf;
    uint8_t reg, bit;
} bits[F_COUNT] = {
    [F_DE] = {1, EDX, 2},
    [F_PSE] = {1, EDX, 3},
    [F_TSC] = {1, EDX, 4},
    [F_MSR] = {1, EDX, 5},
    [F_PAE] = {1, EDX, 6},
    [F_CX8] = {1, EDX, 8},
    [F_SEP] = {1, EDX, 11},
    [F_MTRR] = {1, EDX, 12},
    [F_PGE] = {1, EDX, 13},
    [F_CMOV] = {1, EDX, 15},
    [F_PAT] = {1, EDX, 16},
    [F_PSE36] = {1, EDX, 17},
    [F_CLFLUSH] = {1, EDX, 19},
    [F_CX16] = {1, ECX, 13},
    [F_PCID] = {1, ECX, 17},
    [F_MOVBE] = {1, ECX, 22},
    [F_POPCNT] = {1, ECX, 23},
    [F_FSGSBASE] = {7, EBX, 0},
    [F_TSC_ADJUST] = {7, EBX, 1},
    [F_SMEP] = {7, EBX, 7},
    [F_INVPCID] = {7, EBX, 10},
    [F_ADX] = {7, EBX, 19},
    [F_SMAP] = {7, EBX, 20},
    [F_CLFLUSHOPT] = {7, EBX, 23},
    [F_CLWB] = {7, EBX, 24},
    [F_UMIP] = {7, ECX, 2},
    [F_PKU] = {7, ECX, 3},
    [F_LA57] = {7, ECX, 16},
    [F_RDPID] = {7, ECX, 22},
    [F_PKS] = {7, ECX, 31},
    [F_LAHF_LM] = {0x80000001, ECX, 0},
    [F_ABM] = {0x80000001, ECX, 5},
    [F_SYSCALL] = {0x80000001, EDX, 11},
    [F_NX] = {0x80000001, EDX, 20},
    [F_PDPE1GB] = {0x80000001, EDX, 26},
    [F_RDTSCP] = {0x80000001, EDX, 27},
    [F_LM] = {0x80000001, EDX, 29},
    [F_X2APIC] = {1, ECX, 21},
    [F_TSC_DEADLINE] = {1, ECX, 24},
};

static bool there[F_COUNT];

static void cpuid(uint32_t leaf, uint32_t r[4])
{
    __asm__ volatile("cpuid" : "=a"(r[0]), "=b"(r[1]), "=c"(r[2]), "=d"(r[3]) : "a"(leaf), "c"(0));
}

bool has(enum feature f)
{
    return there[f];
}

void long_extended(void);

/* In 64-bit mode alone CPUID tells of SYSCALL. */
void features_read(void)
{
    uint32_t r[4];
    bool leaf_b;

    there[F_NONE] = true;
    cpuid(0xB, r);
    leaf_b = r[EBX] != 0 || r[ECX] != 0;
    for (unsigned f = F_NONE + 1; f < F_COUNT; f++) {
        cpuid(bits[f].leaf, r);
        there[f] = r[bits[f].reg] >> bits[f].bit & 1;
    }
    check_here_of("leaf B", "with x2APIC alone", leaf_b == has(F_X2APIC));
    if (!has(F_LM))
        return;
    long_open();
    check_of("64-bit mode", "and back", long_run(long_extended) == NONE);
    there[F_SYSCALL] = result >> 11 & 1;
}
