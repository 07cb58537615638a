// SPDX-License-Identifier: Apache-2.0
// What LAR, LSL, VERR and VERW tell of a selector in long mode, at ring 0 and 3. SDM Vol. 2 "LAR",
// "LSL", "VERR/VERW"; Vol. 3A "Pointer Validation".
#include "probe.h"

/* 0 for ZF = 0 with the register as it was, else what was loaded. */
PROBE(lar, "movq $-1, %rcx\nlar %eax, %ecx\nmovq %rcx, %rax\njz 1f\nnotq %rax");
PROBE(lar16, "movq $-1, %rcx\nlar %ax, %cx\nmovq %rcx, %rax\njz 1f\nnotq %rax");
PROBE(lar64, "movq $-1, %rcx\nlar %rax, %rcx\nmovq %rcx, %rax\njz 1f\nnotq %rax");
PROBE(lsl, "movq $-1, %rcx\nlsl %eax, %ecx\nmovq %rcx, %rax\njz 1f\nnotq %rax");
PROBE(lsl16, "movq $-1, %rcx\nlsl %ax, %cx\nmovq %rcx, %rax\njz 1f\nnotq %rax");
PROBE(lar_m, "lar (%rax), %eax\njz 1f\nxorl %eax, %eax");
PROBE(lsl_m, "lsl (%rax), %eax\njz 1f\nxorl %eax, %eax");
PROBE(verr, "verr %ax\nmovl $0, %eax\njnz 1f\nincl %eax");
PROBE(verw, "verw %ax\nmovl $0, %eax\njnz 1f\nincl %eax");
PROBE(verr_m, "verr (%rax)\nmovl $0, %eax\njnz 1f\nincl %eax");
/* Every other flag keeps its value: all set but ZF, then all clear but ZF. */
#define FLAGS_AROUND(insn)                                                                         \
    "pushq $0x895\npopfq\n" insn "\npushfq\npopq %rcx\npushq $0x40\npopfq\n" insn                  \
    "\npushfq\npopq %rax\nandl $0x8D5, %ecx\nandl $0x8D5, %eax\nshll $16, %ecx\norl %ecx, %eax"
PROBE(lar_flags, FLAGS_AROUND("lar %eax, %edx"));
PROBE(verw_flags, FLAGS_AROUND("verw %ax"));
PROBE(lar_lock, ".byte 0xF0, 0x0F, 0x02, 0xC8");
PROBE(lldt_rights, "lldt %ax");

USER_PROBE(lar3, "movl $0, %ecx\nlar %eax, %ecx\nmovq %rcx, %rax");
USER_PROBE(lsl3, "movl $0, %ecx\nlsl %eax, %ecx\nmovq %rcx, %rax");
USER_PROBE(verr3, "verr %ax\nmovl $0, %eax\njnz 1f\nincl %eax\n1:");
USER_PROBE(verw3, "verw %ax\nmovl $0, %eax\njnz 1f\nincl %eax\n1:");

/* What each answers, 0 for no. LAR's bits 19:16, undefined, are the descriptor's here. */
struct answer {
    const char *what;
    uint16_t selector;
    uint32_t lar, lsl;
    bool verr, verw;
};

static const struct answer ring0[] = {
    {"a null selector", 0x03, 0, 0, 0, 0},
    {"64-bit code", 0x08, 0x00AF9B00, 0xFFFFFFFF, 1, 0},
    {"data", 0x10, 0x00CF9300, 0xFFFFFFFF, 1, 1},
    {"data, RPL 3", 0x13, 0, 0, 0, 0},
    {"code of ring 3", 0x2B, 0x00AFFB00, 0xFFFFFFFF, 1, 0},
    {"a busy TSS", 0x30, 0x00008B00, 0x67, 0, 0},
    {"a busy TSS, RPL 1", 0x31, 0, 0, 0, 0},
    {"the high half of a TSS", 0x38, 0, 0, 0, 0},
    {"data, not present", 0x40, 0x00CF1300, 0xFFFFFFFF, 1, 1},
    {"read-only data", 0x58, 0x00CF9100, 0xFFFFFFFF, 1, 0},
    {"an LDT", 0x80, 0, 0x7F, 0, 0},
    {"an LDT, not present", 0xA0, 0, 0x67, 0, 0},
    {"a call gate", 0xD0, 0x00008C00, 0, 0, 0},
    {"an interrupt gate", 0xD8, 0, 0, 0, 0},
    {"execute-only code", 0xE0, 0x00219800, 0x12345, 0, 0},
    {"conforming code, RPL 3", 0xEB, 0x00AF9E00, 0xFFFFFFFF, 1, 0},
    {"data of 17 pages", 0xF0, 0x00809200, 0x10FFF, 1, 1},
    {"beyond the table", 0x100, 0, 0, 0, 0},
    {"an LDT that is not there", 0x14, 0, 0, 0, 0},
};

static const struct answer ring3[] = {
    {"data of ring 0", 0x10, 0, 0, 0, 0},
    {"data of ring 3", 0x23, 0x00CFF300, 0xFFFFFFFF, 1, 1},
    {"the same, RPL 0", 0x20, 0x00CFF300, 0xFFFFFFFF, 1, 1},
    {"code of ring 3", 0x28, 0x00AFFB00, 0xFFFFFFFF, 1, 0},
    {"conforming code of ring 0", 0xE8, 0x00AF9E00, 0xFFFFFFFF, 1, 0},
    {"an execute-only one", 0xE0, 0, 0, 0, 0},
    {"a TSS of ring 0", 0x30, 0, 0, 0, 0},
};

static void descriptors(void)
{
    gdt[26] = UINT64_C(0x00008C0000080000); /* D0 call gate */
    gdt[27] = UINT64_C(0x00008E0000080000); /* D8 interrupt gate */
    gdt[28] = UINT64_C(0x0021980000002345); /* E0 execute-only code of 12346 bytes */
    gdt[29] = UINT64_C(0x00AF9E000000FFFF); /* E8 conforming code */
    gdt[30] = UINT64_C(0x0080920000000010); /* F0 data of 17 pages */
}

/* "lar data" */
static void check_answer(const char *insn, const char *what, bool ok)
{
    char text[64];
    size_t n = 0;

    for (; *insn; insn++)
        text[n++] = *insn;
    for (; *what && n + 1 < sizeof text; what++)
        text[n++] = *what;
    text[n] = 0;
    check(text, ok);
}

static bool lar_is(uint64_t got, uint32_t want)
{
    if (is_ringwalk())
        return got == want;
    return (got & 0xF0FF00) == (want & 0xF0FF00) || (got & 0x1F00) == 0x0200;
}

static void at_ring_0(void)
{
    for (size_t i = 0; i < sizeof ring0 / sizeof *ring0; i++) {
        const struct answer *a = &ring0[i];

        check_answer("LAR of ", a->what,
                     try0(probe_lar, a->selector) == NONE && lar_is(result, a->lar));
        check_answer("LSL of ", a->what, try0(probe_lsl, a->selector) == NONE && result == a->lsl);
        check_answer("VERR of ", a->what,
                     try0(probe_verr, a->selector) == NONE && result == a->verr);
        check_answer("VERW of ", a->what,
                     try0(probe_verw, a->selector) == NONE && result == a->verw);
    }
}

static void at_ring_3(void)
{
    for (size_t i = 0; i < sizeof ring3 / sizeof *ring3; i++) {
        const struct answer *a = &ring3[i];

        check_answer("ring 3: LAR of ", a->what, lar_is(run_user(probe_lar3, a->selector), a->lar));
        check_answer("ring 3: LSL of ", a->what, run_user(probe_lsl3, a->selector) == a->lsl);
        check_answer("ring 3: VERR of ", a->what, run_user(probe_verr3, a->selector) == a->verr);
        check_answer("ring 3: VERW of ", a->what, run_user(probe_verw3, a->selector) == a->verw);
    }
}

static void forms(void)
{
    static const uint16_t data = 0x10;
    const uint64_t hole = UINT64_C(0x0000800000000000);

    try0(probe_lar16, 0x10);
    check("LAR of 16 bits merges", result == UINT64_C(0xFFFFFFFFFFFF9300));
    check("LAR of 64 bits", try0(probe_lar64, 0x10) == NONE && lar_is(result, 0x00CF9300));
    try0(probe_lsl16, 0xF0);
    check("LSL of 16 bits merges", result == UINT64_C(0xFFFFFFFFFFFF0FFF));
    check("LAR of memory", try0(probe_lar_m, (uint64_t)&data) == NONE && lar_is(result, 0xCF9300));
    check("LSL of memory", try0(probe_lsl_m, (uint64_t)&data) == NONE && result == 0xFFFFFFFF);
    check("VERR of memory", try0(probe_verr_m, (uint64_t)&data) == NONE && result == 1);
    here0(probe_verr_m, hole);
    check_here("VERR, not canonical: #GP(0)", SEEN(13, 0));
    check("LAR sets ZF alone", try0(probe_lar_flags, 0x10) == NONE && result == 0x08D50040);
    check("LAR clears ZF alone", try0(probe_lar_flags, 0) == NONE && result == 0x08950000);
    check("VERW sets ZF alone", try0(probe_verw_flags, 0x10) == NONE && result == 0x08D50040);
    check("VERW clears ZF alone", try0(probe_verw_flags, 8) == NONE && result == 0x08950000);
    here0(probe_lar_lock, 0x10);
    check_here("LOCK LAR: #UD", seen.vector == 6);
    here0(probe_lar, 0x90);
    check_here("LAR of a 16-bit TSS in long mode", seen.vector == NONE && result == 0);
    here0(probe_lsl, 0x90);
    check_here("LSL of one", seen.vector == NONE && result == 0);
    try0(probe_lldt_rights, 0x80);
    check("LAR in the LDT", try0(probe_lar, 0x14) == NONE && lar_is(result, 0xCF9300));
    check("LSL beyond the LDT", try0(probe_lsl, 0x84) == NONE && result == 0);
    try0(probe_lldt_rights, 0);
    check("no accessed bit is set", (gdt[28] >> 40 & 1) == 0 && (gdt[30] >> 40 & 1) == 0);
}

void rights_tests(void)
{
    descriptors();
    at_ring_0();
    at_ring_3();
    forms();
}
