// SPDX-License-Identifier: Apache-2.0
// What CPUID says of this machine, and the way through 64-bit mode and back.
#ifndef FEATURES_H
#define FEATURES_H

#include "../paging32/paging32.h"

enum feature {
    F_NONE, /* something that is always there */
    F_DE,
    F_PSE,
    F_TSC,
    F_MSR,
    F_PAE,
    F_CX8,
    F_SEP,
    F_MTRR,
    F_PGE,
    F_CMOV,
    F_PAT,
    F_PSE36,
    F_CLFLUSH,
    F_CX16,
    F_PCID,
    F_MOVBE,
    F_POPCNT,
    F_FSGSBASE,
    F_TSC_ADJUST,
    F_SMEP,
    F_INVPCID,
    F_ADX,
    F_SMAP,
    F_CLFLUSHOPT,
    F_CLWB,
    F_UMIP,
    F_PKU,
    F_LA57,
    F_RDPID,
    F_PKS,
    F_LAHF_LM,
    F_ABM,
    F_SYSCALL,
    F_NX,
    F_PDPE1GB,
    F_RDTSCP,
    F_LM,
    F_X2APIC,
    F_TSC_DEADLINE,
    F_COUNT
};

void features_read(void);
bool has(enum feature f);

/* check() with a name in two parts; that of a fault that an emulator does not look for. */
void check_of(const char *name, const char *what, bool ok);
void check_here_of(const char *name, const char *what, bool ok);

/* Ring 0, ring 3 and 64-bit mode run the bytes here, then come back. EAX = EDX = 0, ECX = 8B, EBX
 * is the address of the 16 bytes of scratch. */
extern uint8_t code[16], scratch[16];
void put_code(const uint8_t *bytes, unsigned n); /* and zeros in scratch */
void set_scratch(uint32_t v);                    /* zero-extended */

/* As probe(), in 64-bit mode: from 32-bit mode without paging, and back to it. Only with F_LM. */
uint32_t long_run(void (*fn)(void));
void long_code(void); /* what is in code[] */
void long_open(void);

void instructions(void);
void registers(void);
void pages(void);
void long_mode(void);

#endif
