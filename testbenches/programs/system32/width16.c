// SPDX-License-Identifier: Apache-2.0
// 16-bit code, stacks, gates and TSS in protected mode, and what stands at boundaries: the single
// step behind MOV SS, DR7.GD, null selectors on the way out. SDM Vol. 3A "Mixing 16-Bit and 32-Bit
// Code", "16-Bit Task-State Segment (TSS)"; Vol. 2 "IRET", "CALL".
#include "system32.h"

extern uint8_t blob16[], blob16_handler[], blob16_user[], wrapped[];

/* 16-bit code: offset 0 is called far by 32-bit code; the handler of a 16-bit gate; ring 3. */
__asm__(".text\n.align 16\n.globl blob16, blob16_handler, blob16_user, wrapped\n.code16\n"
        "blob16:\n"
        "movw $0x1234, %ax\nmovw $0x1000, %bx\nmovw $0x0234, %si\nleaw 5(%bx,%si), %dx\n"
        "movl $0x10003, %ecx\n1: loop 1b\nxorw %di, %di\nint $0x9A\nlretl\n"
        "blob16_handler:\nincw %di\niretw\n"
        "blob16_user:\nxorw %di, %di\nmovw $3, %ax\nmovw %ax, %fs\nint $0x9A\nmovw %fs, %ax\n"
        "int $0x80\n"
        ".code32\n.byte 0xB8, 0x78\nwrapped: .byte 0x56, 0x34, 0x12\nlret\n");

PROBE(code16, "movl $0xFFFF0000, %eax\nlcall $0x98, $0\ncmpl $0xFFFF1234, %eax\njne 1f\n"
              "cmpw $0x1239, %dx\njne 1f\ncmpl $0x10000, %ecx\njne 1f\ncmpw $1, %di\njne 1f\n"
              "movl $1, %eax\nret\n1: ud2");
PROBE(u_code16, "ljmp $0xAB, $blob16_user - blob16");
PROBE(wraps, "lcall $0xB8, $0xFFFFFFFE");
PROBE(push_carries,
      "movl %esp, %ebp\nmovl $0xA0, %ecx\nmovl %ecx, %ss\nmovl $0xABCD0000, %esp\npushl $5\n"
      "movl %esp, %edx\npopl %eax\nmovl %esp, %ebx\nmovl $0x10, %ecx\nmovl %ecx, %ss\n"
      "movl %ebp, %esp\ncmpl $0xABCDFFFC, %edx\njne 1f\ncmpl $0xABCD0000, %ebx\njne 1f\nret\n"
      "1: ud2");
PROBE(iret_stack16, "pushl $0xB3\npushl $0x12345678\npushl $2\npushl $0x1B\npushl $1f\n"
                    "movl %esp, %ebx\niretl\n1: int $0x80");
PROBE(retf_stack16, "pushl $0xB3\npushl $0x12345678\npushl $0x1B\npushl $1f\n"
                    "movl %esp, %ebx\nlret\n1: int $0x80");
PROBE(u_no_room, "movl $0xB3, %ecx\nmovl %ecx, %ss\nmovl $2, %esp\nlcall $0xAB, $0x10000");
PROBE(u_beyond, "lcall $0xAB, $0x10000");
PROBE(u_in16, "inb $0x60, %al");
/* Ring 3 mends the TSS and tells which handler it is: 12 or 13 in EAX. */
PROBE(u_int_9b, "int $0x9B\nud2");
PROBE(u_on_ss, "movl $12, %eax\njmp p_u_mend");
PROBE(u_on_gp, "movl $13, %eax\njmp p_u_mend");
PROBE(u_mend, "movl $0x10, tss + 8\nmovl $ring0_stack_top, tss + 4\nint $0x80");
PROBE(u_int80, "int $0x80");
PROBE(ltr16, "movl $0x90, %eax\nltr %ax");
PROBE(ltr32, "movl $0x30, %eax\nltr %ax");
PROBE(step_int, "movl $0x10, %eax\npushfl\norl $0x100, (%esp)\npopfl\nmovl %eax, %ss\nint $0x99");
PROBE(step_ud, "movl $0x10, %eax\npushfl\norl $0x100, (%esp)\npopfl\nmovl %eax, %ss\nud2");
PROBE(gd_int1, "movl $0x2400, %eax\nmovl %eax, %dr7\n.byte 0xF1");
PROBE(gd_int_1, "movl $0x2400, %eax\nmovl %eax, %dr7\nint $1");
PROBE(dr7, "movl %dr7, %eax");
PROBE(bsf_rep, "movl $7, %eax\nxorl %ecx, %ecx\n.byte 0xF3, 0x0F, 0xBC, 0xC1");
PROBE(mce, "movl $0x40, %eax\nmovl %eax, %cr4");
PROBE(extended, "movl $0x80000001, %eax\ncpuid\nmovl %edx, %eax");

static void stacks(void)
{
    fine("push on a 16-bit stack carries into nothing", p_push_carries);
    check("IRET to a 16-bit stack loads SP only",
          probe(p_iret_stack16) == 0x80 && seen[6] == 0xB3 &&
              seen[5] == ((saved(4) & 0xFFFF0000) | 0x5678));
    check("far RET as well", probe(p_retf_stack16) == 0x80 && seen[6] == 0xB3 &&
                                 seen[5] == ((saved(4) & 0xFFFF0000) | 0x5678));
    probe3(p_u_no_room);
    check("far CALL without room: #SS(0) before EIP", seen[0] == 12 && seen[1] == 0);
    probe3(p_u_beyond);
    check("far CALL beyond the limit: #GP(0)", seen[0] == 13 && seen[1] == 0);
}

static uint64_t gate_to(const void *offset, uint64_t selector, uint64_t access)
{
    uint64_t at = (uint32_t)(uintptr_t)offset;

    return (at & 0xFFFF) | selector << 16 | access << 40 | (at >> 16) << 48;
}

/* A gate whose stack has no room and whose offset is beyond its segment. */
static void room(void)
{
    uint64_t ss = idt[12], gp = idt[13];

    idt[12] = gate_to((const void *)p_u_on_ss, 0x1B, 0xEE);
    idt[13] = gate_to((const void *)p_u_on_gp, 0x1B, 0xEE);
    idt[0x9B] = gate_to((const void *)0x20000, 0x98, 0xEE);
    tss[1] = 0x800;
    tss[2] = 0x80;
    check("a handler beyond its segment: #GP", probe3(p_u_int_9b) == 0x80 && saved(7) == 13);
    tss[1] = 4;
    tss[2] = 0x80;
    check("no room on its stack: #SS before that", probe3(p_u_int_9b) == 0x80 && saved(7) == 12);
    idt[12] = ss;
    idt[13] = gp;
}

static void task16(void)
{
    static volatile uint16_t tss16[22];

    tss16[1] = 0x8000;
    tss16[2] = 0x10;
    set_base(&gdt[18], (const void *)tss16);
    gdt[18] &= ~(UINT64_C(2) << 40);
    fine("LTR of a 16-bit TSS", p_ltr16);
    check("stack by a 16-bit TSS", probe3(p_u_int80) == 0x80 && seen[6] == 0x23 &&
                                       seen[5] == (uint32_t)(uintptr_t)user_stack_top &&
                                       seen[7] == 0x8000 - 20 - 8 - 32);
    probe3(p_u_in16);
    check("it has no I/O map: #GP(0)", seen[0] == 13 && seen[1] == 0);
    gdt[6] &= ~(UINT64_C(2) << 40);
    fine("the 32-bit TSS again", p_ltr32);
}

static void boundaries(void)
{
    check("single step behind MOV SS, INT n: at the handler",
          probe(p_step_int) == 1 && seen[2] == (uint32_t)(uintptr_t)stubs + 0x99 * 16);
    check("dropped by a fault", probe(p_step_ud) == 6);
    check("INT1 clears DR7.GD", probe(p_gd_int1) == 1 && probe(p_dr7) == NONE && result == 0x400);
    check("INT 1 does not", probe(p_gd_int_1) == 1 && probe(p_dr7) == 1);
    check("its #DB does", probe(p_dr7) == NONE && result == 0x400);
}

void width16(void)
{
    uint64_t gate = (uint32_t)(blob16_handler - blob16) | UINT64_C(0x98) << 16;

    set_base(&gdt[19], blob16);
    set_base(&gdt[21], blob16);
    set_base(&gdt[23], wrapped);
    idt[0x9A] = gate | UINT64_C(0xE6) << 40;
    check("16-bit code, gate, IRETW", probe(p_code16) == NONE && result == 1);
    check("16-bit frame from ring 3 and back",
          probe3(p_u_code16) == 0x80 && seen[3] == 0xAB && (saved(0) & 0xFFFF) == 1 &&
              seen[6] == 0x23 && seen[5] == ((uint32_t)(uintptr_t)user_stack_top & 0xFFFF));
    check("a null selector comes back as 0", (saved(7) & 0xFFFF) == 0);
    check("an instruction over EIP 0xFFFFFFFF", probe(p_wraps) == NONE && result == 0x12345678);
    stacks();
    room();
    task16();
    boundaries();
    check("F3 0F BC is BSF", probe(p_bsf_rep) == NONE && result == 7);
    fault("CR4.MCE: #GP(0)", p_mce, 13, 0);
    check("no SYSCALL in CPUID", probe(p_extended) == NONE && !(result >> 11 & 1));
}
