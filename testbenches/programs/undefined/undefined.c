// SPDX-License-Identifier: Apache-2.0
// Every row of docs/cpu.md "Results that the SDM leaves undefined" but the last four, with all
// flags clear before and all set. What is undefined is not looked at here: lockstep compares it, in
// each personality. What is printed is the same on every processor.
#include "../lib/rt.h"

uint64_t shifts_by_cl(uint64_t o, uint64_t s, uint64_t flags, uint64_t count);
uint64_t shifts_by_immediate(uint64_t o, uint64_t s, uint64_t flags);
uint64_t shifts_by_alias(uint64_t o, uint64_t s, uint64_t flags, uint64_t count);
uint64_t products(uint64_t o, uint64_t s, uint64_t flags);
uint64_t quotients(uint64_t o, uint64_t s, uint64_t flags);
uint64_t bits(uint64_t o, uint64_t s, uint64_t flags);
uint32_t decimal(uint32_t step, uint64_t flags);

extern uint64_t boot_gdt[];

static const uint64_t before[] = {0x002, 0x8D7};

static const uint64_t operands[][2] = {
    {UINT64_C(0x8123456789ABCDE5), UINT64_C(0x7FEDCBA987654321)},
    {UINT64_C(0x5A0F0F0F70F00F4A), UINT64_C(0x80000000C0008081)},
    {UINT64_C(0xC000000180014002), UINT64_C(0x0000000000000000)},
    {UINT64_C(0x4000000040007F7F), UINT64_C(0xFFFFFFFFFFFFFFFF)},
};

/* An edge and what lies between: single bits for the scans, and values without any in a width. */
static const uint64_t sources[] = {
    0,
    1,
    0x80,
    0x8000,
    UINT64_C(0x700000000),
    UINT64_C(0x8000000000000000),
    UINT64_C(0x123456789ABCDEF0),
};

int main(void)
{
    const unsigned pairs = sizeof(operands) / sizeof(operands[0]);
    uint64_t by_cl = 0, by_imm = 0, by_alias = 0, product = 0, quotient = 0, bit = 0, adjusted = 0;
    uint64_t user_code = boot_gdt[3];

    boot_gdt[3] = UINT64_C(0x00CF9B000000FFFF); /* 18h: 32-bit code of level 0 for a while */
    for (unsigned f = 0; f < 2; f++) {
        for (unsigned i = 0; i < pairs; i++) {
            uint64_t o = operands[i][0], s = operands[i][1];

            for (unsigned count = 0; count < 64; count++) {
                by_cl = by_cl * 31 + shifts_by_cl(o, s, before[f], count);
                by_alias = by_alias * 31 + shifts_by_alias(o, s, before[f], count);
            }
            by_imm = by_imm * 31 + shifts_by_immediate(o, s, before[f]);
            product = product * 31 + products(o, s, before[f]);
            quotient = quotient * 31 + quotients(o, (s & 63) + 3, before[f]);
        }
        for (unsigned i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
            bit = bit * 31 + bits(UINT64_C(0xA5A5A5A5A5A5A5A5), sources[i], before[f]);
        adjusted = adjusted * 31 + decimal(101, before[f]);
    }
    boot_gdt[3] = user_code;
    line("shifts and rotations by CL", by_cl);
    line("by an immediate", by_imm);
    line("SAL by its second encoding", by_alias);
    line("products", product);
    line("quotients", quotient);
    line("bits", bit);
    line("decimal adjustments", adjusted);
    return 0;
}
