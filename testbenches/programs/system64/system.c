// SPDX-License-Identifier: Apache-2.0
// Checks of system instructions and registers: SDM Vol. 2, "Exceptions" of each; Vol. 3A
// "Control Registers", "Protection".
#include "probe.h"

PROBE(ud2, "ud2");
PROBE(lock_mov, ".byte 0xF0, 0x89, 0xD8");
PROBE(lock_cmp, ".byte 0xF0, 0x39, 0x18");
PROBE(long_15, ".fill 14, 1, 0x66\n.byte 0x90");
PROBE(long_16, ".fill 15, 1, 0x66\n.byte 0x90");
PROBE(div0, "xorl %ecx, %ecx\ndivl %ecx");
PROBE(load, "movq (%rax), %rcx");
PROBE(load_ss, "movq %rbp, %rdx\nmovq %rax, %rbp\nmovq 0(%rbp), %rcx\nmovq %rdx, %rbp");
PROBE(load_ss_ds, "movq %rax, %rbp\n.byte 0x3E\nmovq 0(%rbp), %rcx");
PROBE(load_36, ".byte 0x36\nmovq (%rax), %rcx");
PROBE(jump, "jmp *%rax");
PROBE(push_far, "movq %rax, %rsp\npushq %rcx");
PROBE(cr0, "movq %rax, %cr0");
PROBE(cr3, "movq %rax, %cr3");
PROBE(cr4, "movq %rax, %cr4");
PROBE(cr8, "movq %rax, %cr8\nmovq %cr8, %rax");
PROBE(cr1, ".byte 0x0F, 0x20, 0xC8");
PROBE(dr6, "movq %rax, %dr6\nmovq %dr6, %rax");
PROBE(dr7, "movq %rax, %dr7\nmovq %dr7, %rax");
PROBE(dr4, ".byte 0x0F, 0x21, 0xE0");
PROBE(dr0, "movq %rax, %dr0\nmovq %dr0, %rax");
PROBE(rd_dr7, "movq %dr7, %rax");
PROBE(lldt, "lldt %ax");
PROBE(ltr, "ltr %ax");
PROBE(mov_ds, "movl %eax, %ds");
PROBE(mov_ss, "movl %eax, %ss");
PROBE(mov_fs, "movl %eax, %fs\nxorl %eax, %eax\nmovl %eax, %fs");
PROBE(mov_cs, ".byte 0x8E, 0xC8");
PROBE(ljmp, "subq $16, %rsp\nleaq 1f(%rip), %rcx\nmovl %ecx, (%rsp)\nmovw %ax, 4(%rsp)\n"
            "addq $16, %rsp\nljmpl *-16(%rsp)\n1: nop\n");
PROBE(lcall, "subq $16, %rsp\nleaq 1f(%rip), %rcx\nmovl %ecx, (%rsp)\nmovw %ax, 4(%rsp)\n"
             "addq $16, %rsp\nlcalll *-16(%rsp)\njmp 2f\n1: lretl\n2: nop\n");
PROBE(int_90, "int $0x90");
PROBE(int_ff, "int $0xFF");
PROBE(fninit, "fninit");
PROBE(fwait, "fwait");
PROBE(emms, ".byte 0x0F, 0x77");
PROBE(xorps, "xorps %xmm0, %xmm0");
PROBE(xgetbv, "xorl %ecx, %ecx\nxgetbv");
PROBE(cx16, "cmpxchg16b (%rax)");
PROBE(invpcid, "movq %rax, %rcx\nsubq $16, %rsp\nmovq $0, (%rsp)\nmovq $0, 8(%rsp)\n"
               "invpcid (%rsp), %rcx\naddq $16, %rsp");
PROBE(invlpg_far, "invlpg (%rax)");
PROBE(clflush, "clflush (%rax)");
PROBE(wrfsbase, "wrfsbase %rax\nrdfsbase %rax");
PROBE(swapgs, "movl $0xC0000102, %ecx\nxorl %edx, %edx\nwrmsr\nswapgs\nrdgsbase %rax\nswapgs");
PROBE(smsw, "smsw %rax");
PROBE(iret_nt, "pushfq\norq $0x4000, (%rsp)\npopfq\niretq");
PROBE(rdpmc, "xorl %ecx, %ecx\nrdpmc");
PROBE(lar_prefixes, ".byte 0xF3, 0x48, 0x0F, 0xC7, 0xF8");

uint32_t msr_index;
uint64_t msr_value;
PROBE(wrmsr, "movl msr_index, %ecx\nmovl msr_value, %eax\nmovl msr_value+4, %edx\nwrmsr\n"
             "rdmsr\nshlq $32, %rdx\norq %rdx, %rax");

static unsigned try_msr(uint32_t index, uint64_t value)
{
    msr_index = index;
    msr_value = value;
    return try0(probe_wrmsr, 0);
}
static void here_msr(uint32_t index, uint64_t value)
{
    if (is_ringwalk())
        try_msr(index, value);
}

static uint64_t read_cr0(void)
{
    uint64_t v;

    __asm__ volatile("movq %%cr0, %0" : "=r"(v));
    return v;
}

static void addresses(void)
{
    const uint64_t unmapped = UINT64_C(0x4000000000), upper = UINT64_C(0xFFFFC00000000000);
    const uint64_t hole = UINT64_C(0x0000800000000000);

    check("UD2", try0(probe_ud2, 0) == 6);
    here0(probe_lock_mov, 0);
    check_here("LOCK MOV: #UD", seen.vector == 6);
    check("LOCK CMP: #UD", try0(probe_lock_cmp, 0) == 6);
    check("15 bytes", try0(probe_long_15, 0) == NONE);
    here0(probe_long_16, 0);
    check_here("16 bytes: #GP(0)", SEEN(13, 0));
    check("DIV by 0: #DE", try0(probe_div0, 0) == 0);
    here0(probe_load, hole);
    check_here("load, not canonical: #GP(0)", SEEN(13, 0));
    here0(probe_load, hole - 4);
    check_here("load, last byte not canonical: #GP(0)", SEEN(13, 0));
    here0(probe_load_ss, hole);
    check_here("load by RBP, not canonical: #SS(0)", SEEN(12, 0));
    here0(probe_load_ss_ds, hole);
    check_here("a DS override changes nothing: #SS(0)", SEEN(12, 0));
    here0(probe_load_36, hole);
    check_here("an SS override changes nothing: #GP(0)", SEEN(13, 0));
    here0(probe_jump, hole);
    check_here("JMP, not canonical: #GP(0)", SEEN(13, 0));
    here0(probe_push_far, hole + 8);
    check_here("PUSH, not canonical: #SS(0)", SEEN(12, 0));
    here0(probe_cx16, 0x300008);
    check_here("CMPXCHG16B misaligned: #GP(0)", SEEN(13, 0));
    here0(probe_cx16, hole + 1);
    check_here("CMPXCHG16B, neither: #GP(0)", SEEN(13, 0));
    check("INVLPG, not canonical: nothing", try0(probe_invlpg_far, hole) == NONE);
    here0(probe_clflush, hole);
    check_here("CLFLUSH, not canonical: #GP(0)", SEEN(13, 0));
    check("CLFLUSH", try0(probe_clflush, 0x300000) == NONE);
    here0(probe_clflush, unmapped);
    check_here("CLFLUSH, not present: #PF", SEEN(14, 0) && seen.cr2 == unmapped);
    check("load from the upper half, not present: #PF",
          try0(probe_load, upper) == 14 && seen.error == 0 && seen.cr2 == upper);
}

static void control_registers(void)
{
    uint64_t cr0 = read_cr0(), cr3 = read_cr3(), cr4 = read_cr4();

    here0(probe_cr0, cr0 | UINT64_C(1) << 32);
    check_here("CR0 bit 32: #GP(0)", SEEN(13, 0));
    here0(probe_cr0, cr0 & ~UINT64_C(0x80000000));
    check_here("CR0.PG clear in 64-bit mode: #GP(0)", SEEN(13, 0));
    here0(probe_cr0, cr0 | 0x20000000);
    check_here("CR0.NW without CD: #GP(0)", SEEN(13, 0));
    here0(probe_cr0, cr0 & ~UINT64_C(1));
    check_here("CR0.PG without PE: #GP(0)", SEEN(13, 0));
    check("CR0 as it is", try0(probe_cr0, cr0) == NONE);
    here0(probe_cr4, cr4 | 0x80000000);
    check_here("CR4 reserved: #GP(0)", SEEN(13, 0));
    here0(probe_cr4, cr4 & ~UINT64_C(0x20));
    check_here("CR4.PAE clear: #GP(0)", SEEN(13, 0));
    here0(probe_cr3, cr3 | UINT64_C(1) << 51);
    check_here("CR3 above MAXPHYADDR: #GP(0)", SEEN(13, 0));
    here0(probe_cr3, cr3 | UINT64_C(1) << 63);
    check_here("CR3 bit 63 without PCIDE: #GP(0)", SEEN(13, 0));
    check("CR1: #UD", try0(probe_cr1, 0) == 6);
    check("CR8", try0(probe_cr8, 5) == NONE && result == 5);
    check("CR8 back", try0(probe_cr8, 0) == NONE && result == 0);
    here0(probe_cr8, 16);
    check_here("CR8 = 16: #GP(0)", SEEN(13, 0));
    check("SMSW takes all of CR0", try0(probe_smsw, 0) == NONE && result == cr0);
    here0(probe_rdpmc, 0);
    check_here("RDPMC, no counter: #GP(0)", SEEN(13, 0));
    check("IRET with NT: #GP(0)", try0(probe_iret_nt, 0) == 13 && seen.error == 0);
    try0(probe_cr0, cr0 | 8);
    check("x87 with TS: #NM", try0(probe_fninit, 0) == 7);
    check("FWAIT with TS, MP = 0", try0(probe_fwait, 0) == NONE);
    try0(probe_cr0, cr0 | 10);
    check("FWAIT with TS and MP: #NM", try0(probe_fwait, 0) == 7);
    here0(probe_emms, 0);
    check_here("MMX with TS: #NM", seen.vector == 7);
    try0(probe_cr0, cr0 | 4);
    check("x87 with EM: #NM", try0(probe_fninit, 0) == 7);
    here0(probe_emms, 0);
    check_here("MMX with EM: #UD", seen.vector == 6);
    try0(probe_cr0, cr0);
    check("SSE without OSFXSR: #UD", try0(probe_xorps, 0) == 6);
    check("XGETBV without OSXSAVE: #UD", try0(probe_xgetbv, 0) == 6);
}

static void debug_registers(void)
{
    uint64_t cr4 = read_cr4();

    check("DR0", try0(probe_dr0, UINT64_C(0x123456789ABCDEF0)) == NONE &&
                     result == UINT64_C(0x123456789ABCDEF0));
    here0(probe_dr6, UINT64_C(1) << 32);
    check_here("DR6 bit 32: #GP(0)", SEEN(13, 0));
    here0(probe_dr7, UINT64_C(1) << 32);
    check_here("DR7 bit 32: #GP(0)", SEEN(13, 0));
    here0(probe_dr6, 0xFFFFFFFF);
    check_here("DR6 reads its fixed bits", seen.vector == NONE && result == 0xFFFFEFFF);
    here0(probe_dr6, 0);
    check_here("DR6 of 0", result == 0xFFFF0FF0);
    check("DR4 is DR6", try0(probe_dr4, 0) == NONE);
    write_cr4(cr4 | 8);
    check("DR4 with DE: #UD", try0(probe_dr4, 0) == 6);
    write_cr4(cr4);
    here0(probe_dr7, 0x2400);
    check_here("DR7.GD: #DB before the next access", seen.vector == 1);
    here0(probe_rd_dr7, 0);
    check_here("the handler is entered with GD clear", seen.vector == NONE && result == 0x400);
    try0(probe_dr6, 0xFFFF0FF0);
}

/* docs/cpu.md S16. */
static void time_stamp(void)
{
    uint64_t far = UINT64_C(1) << 44;

    here_msr(0x3B, far);
    check_here("TSC_ADJUST takes a value", seen.vector == NONE && result == far);
    check_here("and moves TSC", rdmsr(0x10) > far);
    here_msr(0x10, 5);
    check_here("TSC takes a value", seen.vector == NONE && result >= 5 && result < 1000);
    check_here("and TSC_ADJUST the difference", rdmsr(0x3B) >> 63 == 1);
    here_msr(0x3B, 0);
    check_here("TSC_ADJUST back", rdmsr(0x10) > 1000 && rdmsr(0x10) < far);
}

static void msrs(void)
{
    check("STAR-like MSR", try_msr(0xC0000083, 0x12345678) == NONE && result == 0x12345678);
    here_msr(0xC0000083, UINT64_C(0x0100000000000000));
    check_here("CSTAR, not canonical: #GP(0)", SEEN(13, 0));
    here_msr(0x277, UINT64_C(0x0007040600070402));
    check_here("PAT type 2: #GP(0)", SEEN(13, 0));
    here_msr(0x12345, 0);
    check_here("no such MSR: #GP(0)", SEEN(13, 0));
    here_msr(0xC0000080, 0x10000);
    check_here("EFER reserved: #GP(0)", SEEN(13, 0));
    here_msr(0xC0000080, rdmsr(0xC0000080) & ~UINT64_C(0x100));
    check_here("EFER.LME clear under paging: #GP(0)", SEEN(13, 0));
    here_msr(0xC0000084, UINT64_C(1) << 32);
    check_here("FMASK bit 32: #GP(0)", SEEN(13, 0));
    user_open();
    here_msr(0x174, UINT64_C(0x1122334455667788));
    check_here("SYSENTER_CS holds 32 bits", seen.vector == NONE && result == 0x55667788);
    write_cr4(read_cr4() | 0x10000);
    check("WRFSBASE, RDFSBASE", try0(probe_wrfsbase, 0x1234500) == NONE && result == 0x1234500);
    here0(probe_wrfsbase, UINT64_C(0x0100000000000000));
    check_here("WRFSBASE, not canonical: #GP(0)", SEEN(13, 0));
    try0(probe_wrfsbase, 0);
    check("SWAPGS", try0(probe_swapgs, 0x5550000) == NONE && result == 0x5550000);
    write_cr4(read_cr4() & ~UINT64_C(0x10000));
    check("FSGSBASE off: #UD", try0(probe_wrfsbase, 0) == 6);
}

static void descriptors(void)
{
    check("MOV CS: #UD", try0(probe_mov_cs, 0) == 6);
    try0(probe_mov_ds, 0x40);
    check("DS not present: #NP(sel)", SEEN(11, 0x40));
    try0(probe_mov_ds, 0x60);
    check("DS execute-only: #GP(sel)", SEEN(13, 0x60));
    try0(probe_mov_ds, 0x300);
    check("DS beyond the table: #GP(sel)", SEEN(13, 0x300));
    try0(probe_mov_ds, 0x13);
    check("DS RPL > DPL: #GP(sel)", SEEN(13, 0x10));
    here0(probe_mov_ds, 0x84);
    check_here("DS in an LDT that is not there: #GP(sel)", SEEN(13, 0x84));
    try0(probe_mov_ss, 0x40);
    check("SS not present: #SS(sel)", SEEN(12, 0x40));
    try0(probe_mov_ss, 0x58);
    check("SS read-only: #GP(sel)", SEEN(13, 0x58));
    try0(probe_mov_ss, 0x23);
    check("SS of ring 3: #GP(sel)", SEEN(13, 0x20));
    here0(probe_mov_ss, 3);
    check_here("SS null with RPL 3: #GP(0)", SEEN(13, 0));
    check("SS null at ring 0", try0(probe_mov_ss, 0) == NONE);
    check("FS loads", try0(probe_mov_fs, 0x70) == NONE);
    check("the accessed bit is set", (gdt[14] >> 40 & 1) == 1);
    try0(probe_lldt, 0x10);
    check("LLDT of data: #GP(sel)", SEEN(13, 0x10));
    try0(probe_lldt, 0xA0);
    check("LLDT not present: #NP(sel)", SEEN(11, 0xA0));
    check("LLDT", try0(probe_lldt, 0x80) == NONE);
    check("DS of the LDT", try0(probe_mov_ds, 0x14) == NONE);
    try0(probe_mov_ds, 0x104);
    check("DS beyond the LDT: #GP(sel)", SEEN(13, 0x104));
    check("LLDT of null", try0(probe_lldt, 0) == NONE);
    here0(probe_ltr, 0);
    check_here("LTR of null: #GP(0)", SEEN(13, 0));
    try0(probe_ltr, 0x30);
    check("LTR of a busy TSS: #GP(sel)", SEEN(13, 0x30));
    here0(probe_ltr, 0x90);
    check_here("LTR of a 16-bit TSS in long mode: #GP(sel)", SEEN(13, 0x90));
    try0(probe_ltr, 0x34);
    check("LTR of the LDT: #GP(sel)", SEEN(13, 0x34));
    try0(probe_ljmp, 0);
    check("far JMP, null: #GP(0)", SEEN(13, 0));
    try0(probe_ljmp, 0x10);
    check("far JMP to data: #GP(sel)", SEEN(13, 0x10));
    try0(probe_ljmp, 0x48);
    check("far JMP, not present: #NP(sel)", SEEN(11, 0x48));
    here0(probe_ljmp, 0x50);
    check_here("far JMP, L = D = 1: #GP(sel)", SEEN(13, 0x50));
    try0(probe_ljmp, 0x2B);
    check("far JMP to ring 3: #GP(sel)", SEEN(13, 0x28));
    here0(probe_ljmp, 0x30);
    check_here("far JMP to a TSS: #GP(sel)", SEEN(13, 0x30));
    check("far JMP", try0(probe_ljmp, 0x60) == NONE);
    check_here("its accessed bit", (gdt[12] >> 40 & 1) == 1);
    check("far JMP to conforming code", try0(probe_ljmp, 0x68) == NONE);
    check("far JMP back", try0(probe_ljmp, 0x08) == NONE);
    gdt[12] &= ~(UINT64_C(1) << 40);
    check("far CALL and RET", try0(probe_lcall, 0x60) == NONE);
    check_here("far CALL sets the accessed bit", (gdt[12] >> 40 & 1) == 1);
}

static void gate(unsigned vector, uint64_t clear, uint64_t set)
{
    idt_copy[2 * vector] = (idt_copy[2 * vector] & ~clear) | set;
}

static void gates(void)
{
    uint64_t low = idt_copy[2 * 0x90], high = idt_copy[2 * 0x90 + 1];
    struct __attribute__((packed)) {
        uint16_t limit;
        uint64_t base;
    } idtr = {0xFEF, (uint64_t)idt_copy};

    gate(0x90, UINT64_C(1) << 47, 0);
    here0(probe_int_90, 0);
    check_here("gate not present: #NP", SEEN(11, 0x90 * 8 + 2));
    idt_copy[2 * 0x90] = low;
    gate(0x90, UINT64_C(15) << 40, UINT64_C(5) << 40);
    here0(probe_int_90, 0);
    check_here("task gate in long mode: #GP", SEEN(13, 0x90 * 8 + 2));
    idt_copy[2 * 0x90] = low;
    gate(0x90, UINT64_C(0xFFFF) << 16, 0);
    try0(probe_int_90, 0);
    check("gate to a null selector: #GP(0)", SEEN(13, 0));
    gate(0x90, UINT64_C(0xFFFF) << 16, UINT64_C(0x10) << 16);
    try0(probe_int_90, 0);
    check("gate to data: #GP(sel)", SEEN(13, 0x10));
    gate(0x90, UINT64_C(0xFFFF) << 16, UINT64_C(0xB8) << 16);
    try0(probe_int_90, 0);
    check("gate to 32-bit code: #GP(sel)", SEEN(13, 0xB8));
    gate(0x90, UINT64_C(0xFFFF) << 16, UINT64_C(0x48) << 16);
    try0(probe_int_90, 0);
    check("gate to code not present: #NP(sel)", SEEN(11, 0x48));
    gate(0x90, UINT64_C(0xFFFF) << 16, UINT64_C(0x28) << 16);
    try0(probe_int_90, 0);
    check("gate to code of ring 3: #GP(sel)", SEEN(13, 0x28));
    idt_copy[2 * 0x90] = low;
    idt_copy[2 * 0x90 + 1] = 0x9000;
    here0(probe_int_90, 0);
    check_here("gate to an address not canonical: #GP(0)", SEEN(13, 0));
    idt_copy[2 * 0x90 + 1] = high;
    __asm__ volatile("lidt %0" : : "m"(idtr));
    here0(probe_int_ff, 0);
    check_here("vector beyond the table: #GP", SEEN(13, 0xFF * 8 + 2));
    idtr.limit = 0xFFF;
    __asm__ volatile("lidt %0" : : "m"(idtr));
}

static void invpcid(void)
{
    here0(probe_invpcid, 4);
    check_here("INVPCID type 4: #GP(0)", SEEN(13, 0));
    here0(probe_invpcid, 2);
    check_here("INVPCID type 2", seen.vector == NONE);
    here0(probe_lar_prefixes, 0);
    check_here("RDPID", seen.vector == NONE);
}

void system_tests(void)
{
    addresses();
    control_registers();
    debug_registers();
    msrs();
    time_stamp();
    descriptors();
    gates();
    invpcid();
}
