// SPDX-License-Identifier: Apache-2.0
// 32-bit protected mode as software without paging uses it: limits, types, expand-down segments,
// descriptor and gate checks, the stack switch by the TSS, PUSHA, INTO. SDM Vol. 3A "Protection",
// "Interrupt and Exception Handling". Runs only here: QEMU checks no limits.
#include "system32.h"

static void fault3(const char *what, void (*fn)(void), uint32_t vector, uint32_t error)
{
    probe3(fn);
    check(what, seen[0] == vector && seen[1] == error && seen[3] == 0x1B && seen[6] == 0x23);
}

PROBE(last_byte, WITH(fs, 0x28, "movb %fs:0xFFF, %al"));
PROBE(past, WITH(fs, 0x28, "movb %fs:0x1000, %al"));
PROBE(straddle, WITH(fs, 0x28, "movl %fs:0xFFD, %eax"));
PROBE(last_dword, WITH(fs, 0x28, "movl %fs:0xFFC, %eax"));
PROBE(wrap, WITH(fs, 0x10, "movl %fs:0xFFFFFFFE, %eax"));
PROBE(down_low, WITH(fs, 0x38, "movb %fs:0xFFF, %al"));
PROBE(down_first, WITH(fs, 0x38, "movb %fs:0x1000, %al"));
PROBE(down_16, WITH(fs, 0x78, "movb %fs:0x10000, %al"));
PROBE(down_16_in, WITH(fs, 0x78, "movb %fs:0xFFFF, %al"));
PROBE(read_only, WITH(fs, 0x48, "movb %al, %fs:0x300000"));
PROBE(read_only_ok, WITH(fs, 0x48, "movb %fs:0x300000, %al"));
PROBE(code_write, "movb %al, %cs:p_code_write");
PROBE(code_read, "movb %cs:p_code_read, %al");
PROBE(exec_read, WITH(fs, 0x58, "movb %fs:0x300000, %al"));
PROBE(null_load, WITH(fs, 0, "movb %fs:0, %al"));
PROBE(null_ss, WITH(ss, 0, "nop"));
PROBE(exec_ds, WITH(ds, 0x50, "nop"));
PROBE(absent_ds, WITH(ds, 0x40, "nop"));
PROBE(absent_ss, WITH(ss, 0x40, "nop"));
PROBE(ro_ss, WITH(ss, 0x48, "nop"));
PROBE(ring1_ss, WITH(ss, 0x69, "nop"));
PROBE(beyond, WITH(ds, 0x108, "nop"));
PROBE(accessed, WITH(fs, 0x60, "nop"));
PROBE(ljmp_data, "ljmp $0x10, $1f\n1: nop");
PROBE(ljmp_null, "ljmp $0, $1f\n1: nop");
PROBE(ljmp_ring1, "ljmp $0x70, $1f\n1: nop");
PROBE(ljmp_absent, "ljmp $0x40, $1f\n1: nop");
PROBE(ljmp_tss, "ljmp $0x30, $1f\n1: nop");
PROBE(ljmp_conforming, "ljmp $0x58, $1f\n1: nop");
PROBE(lcall, "lcall $0x08, $1f\njmp 2f\n1: lret\n2: nop");
PROBE(lret_imm, "pushl $7\npushl $7\npushl %cs\npushl $1f\nlret $8\n1: nop");
PROBE(retf_data, "pushl $0x10\npushl $1f\nlret\n1: nop");
PROBE(iret_same, "pushfl\npushl %cs\npushl $1f\niretl\n1: nop");
PROBE(iret_nt, "pushfl\norl $0x4000, (%esp)\npopfl\niretl");
PROBE(iret_vm, "pushl $0x20002\npushl %cs\npushl $1f\niretl\n1: nop");
PROBE(pusha, "movl %esp, %edx\npushal\ncmpl %edx, 12(%esp)\njne 1f\nmovl $5, (%esp)\npopal\n"
             "cmpl $5, %edi\njne 1f\ncmpl %edx, %esp\njne 1f\nmovl $1, %eax\nret\n1: ud2");
PROBE(into_no, "xorl %eax, %eax\ninto");
PROBE(into, "movl $0x7FFFFFFF, %eax\nincl %eax\ninto");
PROBE(int_99, "int $0x99");
PROBE(ltr_busy, "movl $0x30, %eax\nltr %ax");
PROBE(ltr_16_busy, "movl $0x88, %eax\nltr %ax");
PROBE(cr0_pe, "movl %cr0, %eax\nandl $~1, %eax\nmovl %eax, %cr0");
PROBE(lmsw, "smsw %ax\nandl $~1, %eax\nlmsw %ax\nsmsw %eax\nandl $1, %eax\nmovl $5, %ecx");
PROBE(syscall32, "syscall");
PROBE(ltr_16, "movl $0x90, %eax\nltr %ax");
PROBE(ltr_32, "movl $0x30, %eax\nltr %ax");
PROBE(enter_long, "movl $0xC0000080, %ecx\nrdmsr\norl $0x100, %eax\nwrmsr\nmovl %cr4, %eax\n"
                  "orl $0x20, %eax\nmovl %eax, %cr4\nmovl %cr0, %eax\norl $0x80000000, %eax\n"
                  "movl %eax, %cr0");
PROBE(leave_long, "movl $0xC0000080, %ecx\nrdmsr\nandl $~0x100, %eax\nwrmsr\n"
                  "movl %cr4, %eax\nandl $~0x20, %eax\nmovl %eax, %cr4");
PROBE(push16, "movl %esp, %edx\npushw $0x1234\nsubl %esp, %edx\ncmpl $2, %edx\njne 1f\npopw %ax\n"
              "ret\n1: ud2");
PROBE(enter, "pushl %ebp\nenter $16, $2\nleave\npopl %ebp");
PROBE(retf_out, "pushl $0x23\npushl $user_stack_top\npushl $0x1B\npushl $p_u_int\nlret");
PROBE(u_int, "int $0x80");
PROBE(u_int30, "int $0x30");
PROBE(u_hlt, "hlt");
PROBE(u_cli, "cli");
PROBE(u_in, "inb $0x60, %al");
PROBE(u_ds, "movl $0x10, %eax\nmovl %eax, %ds");
PROBE(u_into, "movl $0x7FFFFFFF, %eax\nincl %eax\ninto");
PROBE(u_lgdt, "lgdt (%esp)");
PROBE(u_conforming, "ljmp $0x58, $1f\n1: int $0x80");
PROBE(u_retf_in, "pushl $0x08\npushl $1f\nlret\n1: nop");

static void limits(void)
{
    fine("the last byte", p_last_byte);
    fault("past the limit: #GP(0)", p_past, 13, 0);
    fine("the last four", p_last_dword);
    fault("across the limit: #GP(0)", p_straddle, 13, 0);
    fault("across 4 GiB: #GP(0)", p_wrap, 13, 0);
    fault("expand-down, at the limit: #GP(0)", p_down_low, 13, 0);
    fine("expand-down, above", p_down_first);
    fine("expand-down of 64 KiB, inside", p_down_16_in);
    fault("expand-down of 64 KiB, above: #GP(0)", p_down_16, 13, 0);
    fault("store to read-only data: #GP(0)", p_read_only, 13, 0);
    fine("load from it", p_read_only_ok);
    fault("store to code: #GP(0)", p_code_write, 13, 0);
    fine("load from readable code", p_code_read);
    fine("load from conforming code", p_exec_read);
    fault("load by a null selector: #GP(0)", p_null_load, 13, 0);
}

/* The descriptor of ring 1's code lends its place. */
PROBE(short_whole, "lcall $0x08, $short_code");
PROBE(short_cut, "lcall $0x70, $0");
extern uint8_t short_code[];
__asm__("short_code: nop\nnop\nnop\nnop\nnop\nnop\nlret");

static void code_limit(void)
{
    uint64_t kept = gdt[14];

    gdt[14] = UINT64_C(0x00409B0000000003);
    set_base(&gdt[14], short_code);
    for (unsigned turn = 0; turn < 2; turn++) {
        fine("code", p_short_whole);
        fault("the same code with CS's limit in it: #GP(0)", p_short_cut, 13, 0);
        check("at the first instruction beyond", seen[2] == 4 && seen[3] == 0x70);
    }
    gdt[14] = kept;
}

static void loads(void)
{
    fault("SS null: #GP(0)", p_null_ss, 13, 0);
    fault("DS execute-only: #GP(sel)", p_exec_ds, 13, 0x50);
    fault("DS not present: #NP(sel)", p_absent_ds, 11, 0x40);
    fault("SS not present: #SS(sel)", p_absent_ss, 12, 0x40);
    fault("SS read-only: #GP(sel)", p_ro_ss, 13, 0x48);
    fault("SS of ring 1: #GP(sel)", p_ring1_ss, 13, 0x68);
    fault("beyond the table: #GP(sel)", p_beyond, 13, 0x108);
    fine("a load", p_accessed);
    check("sets the accessed bit", gdt[12] >> 40 & 1);
    fault("LTR of a busy TSS: #GP(sel)", p_ltr_busy, 13, 0x30);
    fault("LTR of a busy 16-bit TSS: #GP(sel)", p_ltr_16_busy, 13, 0x88);
}

static void transfers(void)
{
    fault("far JMP to data: #GP(sel)", p_ljmp_data, 13, 0x10);
    fault("far JMP to null: #GP(0)", p_ljmp_null, 13, 0);
    fault("far JMP to ring 1: #GP(sel)", p_ljmp_ring1, 13, 0x70);
    fault("far JMP to what is no code: #GP(sel)", p_ljmp_absent, 13, 0x40);
    fault("far JMP to a TSS: #GP(sel)", p_ljmp_tss, 13, 0x30);
    fine("far JMP to conforming code", p_ljmp_conforming);
    fine("far CALL, RET", p_lcall);
    fine("far RET with parameters", p_lret_imm);
    fault("far RET to data: #GP(sel)", p_retf_data, 13, 0x10);
    fine("IRET to the same ring", p_iret_same);
    fault("IRET with NT: #GP(0)", p_iret_nt, 13, 0);
    fault("IRET to virtual-8086 mode: #GP(0)", p_iret_vm, 13, 0);
    fault("CR0.PE clear: #GP(0)", p_cr0_pe, 13, 0);
    fine("LTR of a 16-bit TSS", p_ltr_16);
    check("makes it busy", gdt[18] >> 41 & 1);
    fault("CR0.PG with LME and a 16-bit TSS: #GP(0)", p_enter_long, 13, 0);
    gdt[6] &= ~(UINT64_C(2) << 40);
    fine("LTR of the 32-bit TSS again", p_ltr_32);
    fine("LME off", p_leave_long);
    check("LMSW cannot clear PE", probe(p_lmsw) == NONE && result == 1);
    fault("SYSCALL outside 64-bit mode: #UD", p_syscall32, 6, 0);
    check("PUSHA, POPA", probe(p_pusha) == NONE && result == 1);
    fine("PUSHW", p_push16);
    fine("ENTER, LEAVE", p_enter);
    fine("INTO without overflow", p_into_no);
    check("INTO", probe(p_into) == 4);
}

static void gates(void)
{
    uint64_t gate = idt[0x99];

    idt[0x99] = gate & ~(UINT64_C(1) << 47);
    fault("gate not present: #NP", p_int_99, 11, 0x99 * 8 + 2);
    idt[0x99] = (gate & ~(UINT64_C(31) << 40)) | UINT64_C(12) << 40;
    fault("call gate in the IDT: #GP", p_int_99, 13, 0x99 * 8 + 2);
    idt[0x99] = gate & ~(UINT64_C(0xFFFF) << 16);
    fault("gate to null: #GP(0)", p_int_99, 13, 0);
    idt[0x99] = (gate & ~(UINT64_C(0xFFFF) << 16)) | UINT64_C(0x10) << 16;
    fault("gate to data: #GP(sel)", p_int_99, 13, 0x10);
    idt[0x99] = (gate & ~(UINT64_C(0xFFFF) << 16)) | UINT64_C(0x70) << 16;
    fault("gate to an outer ring: #GP(sel)", p_int_99, 13, 0x70);
    idt[0x99] = gate;
    check("the gate itself", probe(p_int_99) == 0x99);
}

static void rings(void)
{
    check("INT at ring 3: stack by the TSS, frame with SS:ESP",
          probe3(p_u_int) == 0x80 && seen[3] == 0x1B && seen[6] == 0x23 &&
              seen[5] == (uint32_t)user_stack_top && seen[7] < tss[1] && seen[7] > tss[1] - 80);
    check("RETF to ring 3", probe(p_retf_out) == 0x80 && seen[3] == 0x1B && seen[6] == 0x23);
    fault3("INT through a gate of ring 0: #GP", p_u_int30, 13, 0x30 * 8 + 2);
    fault3("HLT: #GP(0)", p_u_hlt, 13, 0);
    fault3("CLI: #GP(0)", p_u_cli, 13, 0);
    fault3("IN: #GP(0)", p_u_in, 13, 0);
    fault3("LGDT: #GP(0)", p_u_lgdt, 13, 0);
    fault3("DS of ring 0: #GP(sel)", p_u_ds, 13, 0x10);
    fault3("RETF to ring 0: #GP(sel)", p_u_retf_in, 13, 8);
    check("INTO at ring 3", probe3(p_u_into) == 4);
    probe3(p_u_conforming);
    check("conforming code runs at the caller's ring", seen[0] == 0x80 && seen[3] == 0x5B);
}

int main(void)
{
    limits();
    code_limit();
    loads();
    transfers();
    gates();
    rings();
    width16();
    decimal();
    pointers();
    rights();
    ports();
    fastcall();
    return verdict();
}
