// SPDX-License-Identifier: Apache-2.0
// CPUID: the table of docs/cpu.md. SDM Vol. 2 "CPUID".
#include "insn.h"
#include "ops.h"

#define ANY 0xffffffffu

#define EXTENDED_FEATURES 0x80000001u
#define SYSCALL           0x00000800u /* EDX: shown in 64-bit mode only */

#define STRUCTURED_FEATURES 7u
#define OSPKE               0x00000010u /* ECX: CR4.PKE */

struct cpuid_row {
    uint32_t leaf, subleaf; /* subleaf ANY: ECX is not looked at */
    uint32_t eax, ebx, ecx, edx;
};

#define TEXT(a, b, c, d)                                                                           \
    ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)

/* A leaf without a row reads as zeros. */
static const struct cpuid_row rows[] = {
    {0, ANY, 7, TEXT('G', 'e', 'n', 'u'), TEXT('n', 't', 'e', 'l'), TEXT('i', 'n', 'e', 'I')},
    {1, ANY, 0x000506e3, 0x00010800, 0x00c22000, 0x000bbb7c},
    {STRUCTURED_FEATURES, 0, 0, 0x01980481, 0x8041000c | OSPKE, 0},
    {0x80000000, ANY, 0x80000008, 0, 0, 0},
    {EXTENDED_FEATURES, ANY, 0, 0, 0x00000121, 0x2c100000 | SYSCALL},
    {0x80000002, ANY, TEXT('R', 'i', 'n', 'g'), TEXT('w', 'a', 'l', 'k'), TEXT(' ', 'x', '8', '6'),
     TEXT('-', '6', '4', ' ')},
    {0x80000003, ANY, TEXT('r', 'e', 'f', 'e'), TEXT('r', 'e', 'n', 'c'), TEXT('e', ' ', 'p', 'r'),
     TEXT('o', 'c', 'e', 's')},
    {0x80000004, ANY, TEXT('s', 'o', 'r', 0), 0, 0, 0},
    {0x80000007, ANY, 0, 0, 0, 0x100},
    {0x80000008, ANY, 0x3928, 0, 0, 0},
};

static const struct cpuid_row *find(uint32_t leaf, uint32_t subleaf)
{
    static const struct cpuid_row zeros = {0, ANY, 0, 0, 0, 0};

    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].leaf == leaf && (rows[i].subleaf == ANY || rows[i].subleaf == subleaf))
            return &rows[i];
    return &zeros;
}

enum exec op_cpuid(struct cpu *cpu, const struct insn *in)
{
    const struct cpuid_row *row = find((uint32_t)cpu->r[RAX], (uint32_t)cpu->r[RCX]);
    uint32_t edx = row->edx, ecx = row->ecx;

    (void)in;
    if (row->leaf == EXTENDED_FEATURES && !cpu_is_64(cpu))
        edx &= ~SYSCALL;
    if (row->leaf == STRUCTURED_FEATURES && !(cpu->sys.cr4 & CR4_PKE))
        ecx &= ~OSPKE;
    cpu->r[RAX] = row->eax;
    cpu->r[RBX] = row->ebx;
    cpu->r[RCX] = ecx;
    cpu->r[RDX] = edx;
    cpu->window.valid = false;
    return EXEC_OK;
}
