// SPDX-License-Identifier: Apache-2.0
// What LAR, LSL, VERR and VERW tell of a selector outside long mode: every system type, the LDT,
// rings. SDM Vol. 2 "LAR", "LSL", "VERR/VERW"; Vol. 3A "Pointer Validation".
#include "system32.h"

static volatile uint64_t ldt[3] = {0, UINT64_C(0x00CF93000000FFFF), UINT64_C(0x00CFF3000000FFFF)};

PROBE(lldt_c0, "movl $0xC0, %eax\nlldt %ax");
PROBE(lldt_null, "xorl %eax, %eax\nlldt %ax");
/* BX; CX bits 0 to 3 are ZF of VERR, VERW, LAR, LSL; EDX LAR's, EAX LSL's; 5 without an answer. */
#define ASK                                                                                        \
    "xorl %ecx, %ecx\nverr %bx\nsetz %cl\nverw %bx\nsetz %ch\nmovl $5, %edx\nmovl $5, %eax\n"      \
    "lar %ebx, %edx\njnz 1f\norl $0x10000, %ecx\n1: lsl %ebx, %eax\njnz 1f\n"                      \
    "orl $0x20000, %ecx\n1:\n"
PROBE(ask_lsl, "movl selector_word, %ebx\n" ASK);
PROBE(ask_lar, "movl selector_word, %ebx\n" ASK "movl %edx, %eax");
PROBE(ask_bits, "movl selector_word, %ebx\n" ASK "movl %ecx, %eax");
PROBE(u_ask, "movl selector_word, %ebx\n" ASK "int $0x80");
volatile uint32_t selector_word;
PROBE(lar_16, "movl $0x77777777, %eax\nmovl $0x10, %ecx\nlar %cx, %ax");
PROBE(lsl_16, "movl $0x77777777, %eax\nmovl $0x10, %ecx\nlsl %cx, %ax");
PROBE(lar_m, "pushl $0x00CD0010\nlar (%esp), %eax\npopl %ecx");
PROBE(verw_last, WITH(fs, 0x28,
                      "movw $0x10, %fs:0xFFE\nverw %fs:0xFFE\nsetz %al\n"
                      "movzbl %al, %eax"));
PROBE(verr_past, WITH(fs, 0x28, "verr %fs:0xFFF"));
PROBE(verr_lock, ".byte 0xF0, 0x0F, 0x00, 0xE0");
PROBE(group_6_6, ".byte 0x0F, 0x00, 0xF0");

#define VERR 0x00001
#define VERW 0x00100
#define LAR  0x10000
#define LSL  0x20000
#define SEG  (VERR | VERW | LAR | LSL)

static const struct {
    const char *what;
    uint16_t selector;
    uint32_t bits, lar, lsl;
} ring0[] = {
    {"null", 0x02, 0, 5, 5},
    {"code", 0x08, VERR | LAR | LSL, 0x00CF9B00, 0xFFFFFFFF},
    {"data", 0x10, SEG, 0x00CF9300, 0xFFFFFFFF},
    {"data, RPL 1", 0x11, 0, 5, 5},
    {"code of ring 3", 0x1B, VERR | LAR | LSL, 0x00CFFB00, 0xFFFFFFFF},
    {"data of 4096 bytes", 0x28, SEG, 0x00409300, 0xFFF},
    {"a busy TSS", 0x30, LAR | LSL, 0x00008B00, 0x67},
    {"expand-down", 0x38, SEG, 0x00409700, 0xFFF},
    {"data, not present", 0x40, SEG, 0x00CF1300, 0xFFFFFFFF},
    {"read-only data", 0x48, VERR | LAR | LSL, 0x00CF9100, 0xFFFFFFFF},
    {"execute-only code", 0x50, LAR | LSL, 0x00CF9900, 0xFFFFFFFF},
    {"conforming code, RPL 3", 0x5B, VERR | LAR | LSL, 0x00CF9F00, 0xFFFFFFFF},
    {"data of ring 1", 0x69, SEG, 0x00CFB300, 0xFFFFFFFF},
    {"a busy 16-bit TSS", 0x88, LAR | LSL, 0x00008300, 0x67},
    {"a 16-bit TSS", 0xF0, LAR | LSL, 0x00008100, 0x67},
    {"a TSS", 0xF8, LAR | LSL, 0x00008900, 0x67},
    {"a TSS, RPL 2", 0xFA, 0, 5, 5},
    {"an LDT", 0xC0, LAR | LSL, 0x00008200, 0x17},
    {"a call gate", 0xC8, LAR, 0x00008C00, 5},
    {"a 16-bit call gate", 0xD0, LAR, 0x00008400, 5},
    {"a task gate", 0xD8, LAR, 0x00008500, 5},
    {"an interrupt gate", 0xE0, 0, 5, 5},
    {"an LDT, not present", 0xE8, LAR | LSL, 0x00000200, 0x17},
    {"beyond the table", 0x100, 0, 5, 5},
    {"in no LDT", 0x0C, 0, 5, 5},
};

static void answers(void)
{
    for (unsigned i = 0; i < sizeof ring0 / sizeof *ring0; i++) {
        bool ok;

        selector_word = ring0[i].selector;
        ok = probe(p_ask_bits) == NONE && result == ring0[i].bits;
        ok = probe(p_ask_lar) == NONE && result == ring0[i].lar && ok;
        ok = probe(p_ask_lsl) == NONE && result == ring0[i].lsl && ok;
        check(ring0[i].what, ok);
    }
}

static bool asked(uint16_t selector, uint32_t bits)
{
    selector_word = selector;
    return probe(p_ask_bits) == NONE && result == bits;
}

static bool asked3(uint16_t selector, uint32_t bits)
{
    selector_word = selector;
    return probe3(p_u_ask) == 0x80 && saved(6) == bits;
}

void rights(void)
{
    set_base(&gdt[24], (const void *)ldt);
    answers();
    fine("LLDT", p_lldt_c0);
    check("the LDT's null is none", asked(0x04, 0));
    check("data in the LDT", asked(0x0C, SEG));
    check("beyond the LDT", asked(0x1C, 0));
    check("ring 3: data of the LDT", asked3(0x17, SEG));
    check("ring 3: data of ring 0 in it", asked3(0x0C, 0));
    fine("LLDT of null", p_lldt_null);
    check("ring 3: data of ring 0", asked3(0x10, 0));
    check("ring 3: data of ring 1", asked3(0x69, 0));
    check("ring 3: its own", asked3(0x20, SEG));
    check("ring 3: conforming code", asked3(0x58, VERR | LAR | LSL));
    check("ring 3: a call gate of ring 0", asked3(0xC8, 0));
    check("LAR of 16 bits", probe(p_lar_16) == NONE && result == 0x77779300);
    check("LSL of 16 bits", probe(p_lsl_16) == NONE && result == 0x7777FFFF);
    check("LAR of 2 bytes of memory", probe(p_lar_m) == NONE && result == 0x00CF9300);
    check("VERW of the last 2 bytes", probe(p_verw_last) == NONE && result == 1);
    fault("VERR across the limit: #GP(0)", p_verr_past, 13, 0);
    fault("LOCK VERR: #UD", p_verr_lock, 6, 0);
    fault("0F 00 /6: #UD", p_group_6_6, 6, 0);
}
