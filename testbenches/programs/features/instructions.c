// SPDX-License-Identifier: Apache-2.0
// Instructions that are there or #UD by a bit of CPUID, at ring 0 and 3 and in 64-bit mode, and
// those that are something else without it. SDM Vol. 2, each "CPUID Feature Flag".
#include "features.h"

#define UD   6
#define GP   13
#define DONE 0x80 /* at ring 3: the INT 80 behind it */

uint8_t code[16] __attribute__((aligned(16))), scratch[16] __attribute__((aligned(16)));

PROBE(code0, "movl $scratch, %ebx\nxorl %eax, %eax\nxorl %edx, %edx\nmovl $0x8B, %ecx\njmp code");
PROBE(code3, "movl $scratch, %ebx\nxorl %eax, %eax\nxorl %edx, %edx\nmovl $0x8B, %ecx\ncall code\n"
             "int $0x80");

void set_scratch(uint32_t v)
{
    for (unsigned i = 0; i < 4; i++)
        ((uint32_t *)scratch)[i] = i == 0 ? v : 0;
}

void put_code(const uint8_t *bytes, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        code[i] = bytes[i];
    code[n] = 0xC3;
    set_scratch(0);
}

static const struct {
    const char *name;
    enum feature needs;
    uint8_t ring0, ring3; /* with it */
    uint8_t length, bytes[7];
} gated[] = {
    {"RDTSC", F_TSC, NONE, DONE, 2, {0x0F, 0x31}},
    {"RDMSR", F_MSR, NONE, GP, 2, {0x0F, 0x32}},
    {"WRMSR", F_MSR, NONE, GP, 2, {0x0F, 0x30}},
    {"CMPXCHG8B", F_CX8, NONE, DONE, 3, {0x0F, 0xC7, 0x0B}},
    {"LOCK CMPXCHG8B", F_CX8, NONE, DONE, 4, {0xF0, 0x0F, 0xC7, 0x0B}},
    {"SYSENTER", F_SEP, GP, GP, 2, {0x0F, 0x34}},
    {"SYSEXIT", F_SEP, GP, GP, 2, {0x0F, 0x35}},
    {"CLFLUSH", F_CLFLUSH, NONE, DONE, 3, {0x0F, 0xAE, 0x3B}},
    {"CLFLUSHOPT", F_CLFLUSHOPT, NONE, DONE, 4, {0x66, 0x0F, 0xAE, 0x3B}},
    {"CLWB", F_CLWB, NONE, DONE, 4, {0x66, 0x0F, 0xAE, 0x33}},
    {"MOVBE load", F_MOVBE, NONE, DONE, 4, {0x0F, 0x38, 0xF0, 0x03}},
    {"MOVBE store", F_MOVBE, NONE, DONE, 4, {0x0F, 0x38, 0xF1, 0x03}},
    {"MOVBE of 16 bits", F_MOVBE, NONE, DONE, 5, {0x66, 0x0F, 0x38, 0xF0, 0x03}},
    {"POPCNT", F_POPCNT, NONE, DONE, 4, {0xF3, 0x0F, 0xB8, 0xC3}},
    {"POPCNT of memory", F_POPCNT, NONE, DONE, 4, {0xF3, 0x0F, 0xB8, 0x03}},
    {"INVPCID", F_INVPCID, NONE, GP, 5, {0x66, 0x0F, 0x38, 0x82, 0x03}},
    {"ADCX", F_ADX, NONE, DONE, 5, {0x66, 0x0F, 0x38, 0xF6, 0xC3}},
    {"ADOX", F_ADX, NONE, DONE, 5, {0xF3, 0x0F, 0x38, 0xF6, 0xC3}},
    {"CLAC", F_SMAP, NONE, UD, 3, {0x0F, 0x01, 0xCA}},
    {"STAC", F_SMAP, NONE, UD, 3, {0x0F, 0x01, 0xCB}},
    {"RDPID", F_RDPID, NONE, DONE, 4, {0xF3, 0x0F, 0xC7, 0xF8}},
    {"RDTSCP", F_RDTSCP, NONE, DONE, 3, {0x0F, 0x01, 0xF9}},
    {"PREFETCHW", F_NONE, NONE, DONE, 3, {0x0F, 0x0D, 0x0B}},
    {"SFENCE", F_NONE, NONE, DONE, 3, {0x0F, 0xAE, 0xF8}},
    {"MFENCE", F_NONE, NONE, DONE, 3, {0x0F, 0xAE, 0xF0}},
    {"BSR", F_NONE, NONE, DONE, 3, {0x0F, 0xBD, 0xC3}},
};

static bool came(uint32_t vector)
{
    return seen[0] == vector && (vector != GP || seen[1] == 0);
}

static void one(const char *name, bool there, uint32_t ring0, uint32_t ring3)
{
    probe(p_code0);
    check_here_of(name, "as its bit says", came(there ? ring0 : UD));
    set_scratch(0);
    probe3(p_code3);
    check_here_of(name, "at ring 3", came(there ? ring3 : UD));
    if (!has(F_LM))
        return;
    set_scratch(0);
    long_run(long_code);
    check_here_of(name, "in 64-bit mode", came(there ? ring0 : UD));
}

/* With the feature that a prefix needs it is another instruction. */
static void lzcnt(void)
{
    static const uint8_t memory[] = {0xF3, 0x0F, 0xBD, 0x03};
    static const uint8_t memory16[] = {0x66, 0xF3, 0x0F, 0xBD, 0x03};
    static const uint8_t memory64[] = {0xF3, 0x48, 0x0F, 0xBD, 0x03};
    static const uint8_t of_zero[] = {0xF3, 0x0F, 0xBD, 0xC2};

    put_code(memory, sizeof memory);
    set_scratch(0x1000);
    probe(p_code0);
    check_here_of("F3 BSR", "is LZCNT or BSR", result == (has(F_ABM) ? 19 : 12));
    put_code(memory16, sizeof memory16);
    set_scratch(0x1000);
    probe(p_code0);
    check_here_of("F3 BSR", "of 16 bits", result == (has(F_ABM) ? 3 : 12));
    put_code(of_zero, sizeof of_zero);
    probe(p_code0);
    check_here_of("F3 BSR", "of 0", result == (has(F_ABM) ? 32 : 0));
    if (!has(F_LM))
        return;
    put_code(memory64, sizeof memory64);
    set_scratch(0x1000);
    long_run(long_code);
    check_here_of("F3 BSR", "of 64 bits", result == (has(F_ABM) ? 51 : 12));
}

void instructions(void)
{
    for (unsigned i = 0; i < sizeof gated / sizeof *gated; i++) {
        put_code(gated[i].bytes, gated[i].length);
        one(gated[i].name, has(gated[i].needs), gated[i].ring0, gated[i].ring3);
    }
    for (unsigned cc = 0; cc < 16; cc++) {
        put_code((const uint8_t[]){0x0F, (uint8_t)(0x40 + cc), 0x03}, 3);
        one("CMOVcc", has(F_CMOV), NONE, DONE);
    }
    lzcnt();
    for (unsigned opcode = 0x9E; opcode <= 0x9F; opcode++) {
        put_code((const uint8_t[]){(uint8_t)opcode}, 1);
        probe(p_code0);
        check_of("LAHF, SAHF", "in 32-bit mode", seen[0] == NONE);
    }
}
