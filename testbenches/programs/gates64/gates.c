// SPDX-License-Identifier: Apache-2.0
// 64-bit call gates by far CALL and JMP, from each mode and ring; docs/cpu.md G1 to G5, S14. SDM
// Vol. 3A "IA-32e Mode Call Gates", "Stack Switching in IA-32e Mode".
#include "gates64.h"

#define GATE    0xC0u /* the gate that every probe uses */
#define CODE_1  0xD8u /* 64-bit code of ring 1, not accessed */
#define LDT     0xE0u
#define AT_END  0xF8u /* a gate whose high half is beyond the table */
#define TSS     0x30u
#define P_DPL_3 UINT64_C(0xE000)

/* What the code behind the gate saw. */
static volatile uint64_t in_rsp, in_cs, in_ss, in_frame[4];
void gate_entry(void);
void gate_conforming(void);
__asm__(".text\ngate_entry:\n"
        "movq %rsp, in_rsp(%rip)\npush %rax\nmovl %cs, %eax\nmovq %rax, in_cs(%rip)\n"
        "movl %ss, %eax\nmovq %rax, in_ss(%rip)\n"
        "movq 8(%rsp), %rax\nmovq %rax, in_frame(%rip)\nmovq 16(%rsp), %rax\n"
        "movq %rax, in_frame+8(%rip)\nmovq 24(%rsp), %rax\nmovq %rax, in_frame+16(%rip)\n"
        "movq 32(%rsp), %rax\nmovq %rax, in_frame+24(%rip)\npop %rax\nlretq\n"
        ".section .user.text, \"ax\"\ngate_conforming: movl %cs, %esi\nlretq\n.previous\n");

static volatile uint32_t *tss;
static uint8_t ring_stack[2][8192] __attribute__((aligned(4096)));

static uint64_t stack_top(unsigned n)
{
    return (uint64_t)ring_stack[n] + 4096;
}

static void set_rsp(unsigned ring, uint64_t rsp)
{
    tss[1 + 2 * ring] = (uint32_t)rsp;
    tss[2 + 2 * ring] = (uint32_t)(rsp >> 32);
}

static void set_gate(unsigned selector, uint64_t target)
{
    gdt[GATE / 8] = (target & 0xFFFF) | (uint64_t)selector << 16 | UINT64_C(0xEC) << 40 |
                    (target >> 16 & 0xFFFF) << 48;
    gdt[GATE / 8 + 1] = target >> 32;
}

/* From 64-bit code at ring 3 and 0. EBX and RDI: RSP before and after. */
#define POINTER(name, offset, selector) ".data\n" name ": " offset "\n.word " selector "\n.text\n"
__asm__(POINTER("gate_32", ".long 0xDEADBEEF", "0xC3") POINTER("gate_16", ".word 0xBEEF", "0xC3")
            POINTER("gate_64", ".quad 0xDEADBEEF", "0xC3")
                POINTER("gate_rpl_0", ".long 0xDEADBEEF", "0xC0")
                    POINTER("gate_end", ".long 0", "0xF8"));
#define USER_CALL(name, form)                                                                      \
    USER_PROBE(name, "subq $32, %rsp\nmovl $0xDEADBEEF, (%rsp)\n" form                             \
                     "\nmovq %rsp, %rcx\naddq $32, %rsp\nint $0x80")
USER_CALL(call_32, "movw $0xC3, 4(%rsp)\nlcall *(%rsp)\n1: nop");
USER_CALL(call_16, "movw $0xC3, 2(%rsp)\nlcallw *(%rsp)\n1: nop");
USER_CALL(call_64, "movl $0, 4(%rsp)\nmovw $0xC3, 8(%rsp)\n.byte 0x48\nlcall *(%rsp)\n1: nop");
USER_CALL(call_rpl_0, "movw $0xC0, 4(%rsp)\nlcall *(%rsp)\n1: nop");
USER_CALL(jump, "movw $0xC3, 4(%rsp)\nljmp *(%rsp)\n1: nop");
PROBE(call_0, "movq %rsp, %rdi\nlcall *gate_rpl_0(%rip)\nxorl %eax, %eax\n"
              "cmpq %rsp, %rdi\njne 1f\nmovq %rdi, %rax\nsubq in_rsp(%rip), %rax");
PROBE(call_0_rpl_3, "lcall *gate_32(%rip)");
PROBE(call_end, "lcall *gate_end(%rip)");
PROBE(jump_end, "ljmp *gate_end(%rip)");
PROBE(jump_0, "leaq 1f(%rip), %rax\nljmp *gate_rpl_0(%rip)\nud2");
void gate_jumped(void);
__asm__(".text\ngate_jumped: movl %cs, %eax\nret\n");
/* From compatibility mode, and back there. */
USER_PROBE(call_compat, "pushq $0x23\nleaq -64(%rsp), %rcx\npushq %rcx\npushfq\npushq $0x1B\n"
                        "leaq 2f(%rip), %rcx\npushq %rcx\niretq\n.code32\n"
                        "2: lcall $0xC3, $0xDEADBEEF\n1: movl %cs, %esi\nint $0x80\n.code64");
USER_PROBE(jump_compat, "pushq $0x23\nleaq -64(%rsp), %rcx\npushq %rcx\npushfq\npushq $0x1B\n"
                        "leaq 2f(%rip), %rcx\npushq %rcx\niretq\n.code32\n"
                        "2: ljmp $0xC3, $0xDEADBEEF\n.code64");

static void passes3(const char *what, uint64_t (*fn)(uint64_t))
{
    in_rsp = 0;
    try3(fn, 0);
    check(what, seen.vector == 0x80 && in_rsp != 0);
}

static void fault3(const char *what, uint64_t vector, uint64_t error)
{
    try3(probe_call_32, 0);
    check(what, SEEN(vector, error) && (seen.cs & 3) == 3);
}

static void fault3_here(const char *what, uint64_t vector, uint64_t error)
{
    here3(probe_call_32, 0);
    check_here(what, SEEN(vector, error) && (seen.cs & 3) == 3);
}

static void inner(void)
{
    set_gate(0x0B, (uint64_t)gate_entry); /* its RPL is not looked at */
    set_rsp(0, stack_top(0) - 4);
    passes3("CALL m16:32, ring 3 to 0", probe_call_32);
    check("RSP0 as it is, over a page", in_rsp == stack_top(0) - 4 - 32);
    check("SS is null, CS has RPL 0", in_ss == 0 && in_cs == 8);
    check("frame: CS, RSP, SS of ring 3",
          in_frame[1] == 0x2B && in_frame[2] == seen.rcx && in_frame[3] == 0x23);
    set_rsp(0, stack_top(0));
    passes3("CALL m16:16", probe_call_16);
    passes3("CALL m16:64", probe_call_64);
    passes3("RPL of the gate's selector below DPL", probe_call_rpl_0);
    passes3("CALL ptr16:32 in compatibility mode", probe_call_compat);
    check("comes back there", seen.rsi == 0x1B && in_frame[1] == 0x1B && seen.cs == 0x1B);
    set_gate(CODE_1, (uint64_t)gate_entry);
    set_rsp(1, stack_top(1));
    passes3("ring 3 to 1", probe_call_32);
    check("SS is null with RPL 1",
          in_ss == 1 && in_cs == (CODE_1 | 1) && seen.ss == 0x23 && in_rsp == stack_top(1) - 32);
    check_here("the accessed bit of its CS", gdt[CODE_1 / 8] >> 40 & 1);
}

static void same(void)
{
    set_gate(0x08, (uint64_t)gate_entry);
    try0(probe_call_0, 0);
    check("ring 0 to 0: CS and RIP on the same stack",
          seen.vector == NONE && result == 16 && in_frame[1] == 8 && in_cs == 8);
    set_gate(0x08, (uint64_t)gate_jumped);
    try0(probe_jump_0, 0);
    check("JMP, ring 0 to 0", seen.vector == NONE && result == 8);
    set_gate(0x68, (uint64_t)gate_conforming);
    try3(probe_call_32, 0);
    check_here("conforming: at ring 3", seen.vector == 0x80 && seen.rsi == 0x6B);
}

/* Each fault leaves the caller where it was. */
static void gate_faults(void)
{
    set_gate(0x08, (uint64_t)gate_entry);
    gdt[GATE / 8 + 1] |= UINT64_C(1) << 40;
    fault3_here("a type in the high half: #GP(gate)", 13, GATE);
    gdt[GATE / 8 + 1] = UINT64_C(1) << 44;
    fault3_here("S in the high half: #GP(gate)", 13, GATE);
    gdt[GATE / 8 + 1] = UINT64_C(0xFFFFE0FF) << 32;
    passes3("other bits of the last dword do not matter", probe_call_32);
    set_gate(0x08, (uint64_t)gate_entry);
    gdt[GATE / 8] &= ~(UINT64_C(8) << 40);
    fault3("a 16-bit call gate: #GP(gate)", 13, GATE);
    set_gate(0x08, (uint64_t)gate_entry);
    gdt[GATE / 8] |= UINT64_C(2) << 40;
    fault3("an interrupt gate: #GP(gate)", 13, GATE);
    set_gate(0x08, (uint64_t)gate_entry);
    gdt[GATE / 8] &= ~(UINT64_C(0x80) << 40);
    fault3("not present: #NP(gate)", 11, GATE);
    gdt[GATE / 8] &= ~(UINT64_C(0x60) << 40);
    fault3("DPL below CPL, before P: #GP(gate)", 13, GATE);
    set_gate(0x08, (uint64_t)gate_entry);
    gdt[GATE / 8] &= ~(UINT64_C(0x60) << 40);
    try0(probe_call_0_rpl_3, 0);
    check("DPL below RPL: #GP(gate)", SEEN(13, GATE));
    gdt[AT_END / 8] = gdt[GATE / 8];
    here0(probe_call_end, 0);
    check_here("the high half beyond the table: #GP(gate)", SEEN(13, AT_END));
    here0(probe_jump_end, 0);
    check_here("JMP too", SEEN(13, AT_END));
}

static void code_faults(void)
{
    set_gate(3, (uint64_t)gate_entry);
    fault3("code selector null: #GP(0)", 13, 0);
    set_gate(0x103, (uint64_t)gate_entry);
    fault3("beyond the table: #GP(code)", 13, 0x100);
    set_gate(0x10, (uint64_t)gate_entry);
    fault3("data: #GP(code)", 13, 0x10);
    set_gate(0x48, (uint64_t)gate_entry);
    fault3("code not present: #NP(code)", 11, 0x48);
    set_gate(0xB8, (uint64_t)gate_entry);
    fault3("32-bit code: #GP(code)", 13, 0xB8);
    set_gate(0x50, (uint64_t)gate_entry);
    fault3("L = D = 1: #GP(code)", 13, 0x50);
    set_gate(0x2B, (uint64_t)gate_entry);
    gdt[GATE / 8] |= UINT64_C(0x60) << 40;
    try0(probe_call_0, 0);
    check("DPL above CPL: #GP(code)", SEEN(13, 0x28));
    set_gate(0x08, (uint64_t)gate_entry);
    try3(probe_jump, 0);
    check("JMP to an inner ring: #GP(code)", SEEN(13, 8));
    try3(probe_jump_compat, 0);
    check("from compatibility mode too", SEEN(13, 8) && seen.cs == 0x1B);
    set_gate(0x08, UINT64_C(0x0000800000000000));
    fault3_here("target not canonical: #GP(0)", 13, 0);
    here0(probe_call_0, 0);
    check_here("same ring: #GP(0)", SEEN(13, 0));
    here0(probe_jump_0, 0);
    check_here("JMP: #GP(0)", SEEN(13, 0));
}

static void stack_faults(void)
{
    uint64_t limit = gdt[TSS / 8] & 0xFFFF;

    set_gate(CODE_1, (uint64_t)gate_entry);
    set_rsp(1, UINT64_C(0x0000800000000008));
    fault3_here("RSP1 not canonical: #SS(0)", 12, 0);
    set_rsp(1, UINT64_C(0xFFFF800000000008));
    fault3_here("RSP1 canonical, not the pushes: #PF first", 14, 2);
    set_gate(CODE_1, UINT64_C(0x0000800000000000));
    set_rsp(1, UINT64_C(0x0000800000000008));
    fault3_here("the target is looked at before: #GP(0)", 13, 0);
    set_gate(CODE_1, (uint64_t)gate_entry);
    gdt[TSS / 8] = (gdt[TSS / 8] & ~UINT64_C(0x20000000FFFF)) | 19;
    gdt[TSS / 8] &= ~(UINT64_C(2) << 40);
    __asm__ volatile("ltr %w0" : : "r"(TSS));
    set_rsp(1, stack_top(1));
    passes3("TSS up to RSP1", probe_call_32);
    gdt[TSS / 8]--;
    gdt[TSS / 8] &= ~(UINT64_C(2) << 40);
    __asm__ volatile("ltr %w0" : : "r"(TSS));
    fault3_here("TSS too short: #TS(TR)", 10, TSS);
    gdt[TSS / 8] = (gdt[TSS / 8] & ~UINT64_C(0x02000000FFFF)) | limit;
    gdt[TSS / 8] &= ~(UINT64_C(2) << 40);
    __asm__ volatile("ltr %w0" : : "r"(TSS));
}

PROBE(ldt_far, "movl $0xE0, %eax\nlldt %ax\nmovl $4, %eax\nmovl %eax, %fs");

static void implicit(void)
{
    gdt[LDT / 8] = UINT64_C(0x0000820000000000) | 0x7F;
    gdt[LDT / 8 + 1] = 0x8000;
    here0(probe_ldt_far, 0);
    check_here("a descriptor at an address that is not canonical: #GP(0)", SEEN(13, 0));
    __asm__ volatile("lldt %w0" : : "r"(0));
}

void gate_tests(void)
{
    uint64_t rsp0;

    tss = (volatile uint32_t *)((gdt[TSS / 8] >> 16 & 0xFFFFFF) | (gdt[TSS / 8] >> 56) << 24);
    rsp0 = tss[1];
    gdt[CODE_1 / 8] = UINT64_C(0x00AFBA000000FFFF);
    inner();
    same();
    gate_faults();
    code_faults();
    set_rsp(0, rsp0);
    stack_faults();
    implicit();
}
