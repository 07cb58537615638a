// SPDX-License-Identifier: Apache-2.0
// What only long mode has: LAHF and SAHF, CMPXCHG16B, CR4.PCIDE, 1-GByte pages. SDM Vol. 3A
// "4-Level Paging and 5-Level Paging"; Vol. 2 "LAHF", "CMPXCHG8B/CMPXCHG16B".
#include "features.h"

#define PAGE_ALIGNED __attribute__((aligned(4096)))
#define CODE_64      UINT64_C(0x00AF9B000000FFFF) /* selector 50 */
#define CR4_PCIDE    0x20000u
#define GBYTE        0x40000000u

uint64_t pml4[512] PAGE_ALIGNED, idt64[2 * 32];
static uint64_t long_pdpt[512] PAGE_ALIGNED, long_directory[512] PAGE_ALIGNED;
extern uint8_t stubs64[];
void long_cr4(void);
void long_1g(void);
void long_compat_lahf(void);

/* The first GByte is mapped to itself by 2-MByte pages; the second one to the first, by one page.
 */
void long_open(void)
{
    pml4[0] = (uintptr_t)long_pdpt | P | W;
    long_pdpt[0] = (uintptr_t)long_directory | P | W;
    long_pdpt[1] = P | W | PS;
    for (unsigned i = 0; i < 512; i++)
        long_directory[i] = (uint64_t)i << 21 | P | W | PS;
    for (unsigned i = 0; i < 32; i++) {
        uint64_t at = (uintptr_t)stubs64 + 16 * i;

        idt64[2 * i] = (at & 0xFFFF) | 0x50u << 16 | UINT64_C(0x8E) << 40 | (at >> 16) << 48;
    }
    gdt[10] = CODE_64;
}

void long_mode(void)
{
    static const uint8_t cx16[] = {0x48, 0x0F, 0xC7, 0x0B};

    if (!has(F_LM))
        return;
    for (unsigned opcode = 0x9E; opcode <= 0x9F; opcode++) {
        put_code((const uint8_t[]){(uint8_t)opcode}, 1);
        long_run(long_code);
        check_here_of("LAHF, SAHF", "in 64-bit mode", seen[0] == (has(F_LAHF_LM) ? NONE : 6));
    }
    long_run(long_compat_lahf);
    check_of("LAHF, SAHF", "in compatibility mode", seen[0] == NONE);
    put_code(cx16, sizeof cx16);
    long_run(long_code);
    check_here_of("CMPXCHG16B", "as its bit says", seen[0] == (has(F_CX16) ? NONE : 6));
    probe_arg = CR4_PCIDE;
    long_run(long_cr4);
    check_here_of("CR4.PCIDE", "can be set",
                  has(F_PCID) ? seen[0] == NONE && (result & CR4_PCIDE)
                              : seen[0] == 13 && seen[1] == 0);
    probe_arg = GBYTE + (uint32_t)(uintptr_t)page[0];
    long_run(long_1g);
    check_here_of("1-GByte page", "is one or reserved",
                  has(F_PDPE1GB) ? seen[0] == NONE && result == MARK
                                 : seen[0] == 14 && seen[1] == 9);
}
