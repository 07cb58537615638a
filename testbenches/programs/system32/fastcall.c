// SPDX-License-Identifier: Apache-2.0
// SYSENTER and SYSEXIT in 32-bit protected mode. SDM Vol. 2 "SYSENTER", "SYSEXIT".
#include "system32.h"

#define SYSENTER_CS  0x174
#define SYSENTER_ESP 0x175
#define SYSENTER_EIP 0x176

volatile uint32_t fast_cs, fast_ss, fast_esp, fast_eflags;

/* Where SYSENTER lands; back to the probe by its saved ESP. */
__asm__(".text\n.globl fast_lands\nfast_lands: movl $0x10, %eax\nmovl %eax, %ds\nmovl %esp, "
        "fast_esp\npushfl\npopl fast_eflags\n"
        "movl %cs, %eax\nmovl %eax, fast_cs\nmovl %ss, %eax\nmovl %eax, fast_ss\n"
        "movl fast_back, %esp\nret\n"
        ".data\nfast_back: .long 0\n.text\n");
extern uint8_t fast_lands[];

PROBE(sysenter, "movl %esp, fast_back\nsti\nsysenter");
PROBE(sysenter_step, "movl %esp, fast_back\npushfl\norl $0x100, (%esp)\npopfl\nsysenter");
PROBE(sysenter_lock, ".byte 0xF0, 0x0F, 0x34");
PROBE(sysexit_lock, ".byte 0xF0, 0x0F, 0x35");
/* By ring 3, whose stack is the probe's, and back. */
PROBE(u_sysenter, "sysenter");
PROBE(sysenter3, "movl %esp, fast_back\npushl $0x23\npushl $user_stack_top\npushl $0x202\n"
                 "pushl $0x1B\npushl $p_u_sysenter\niretl");
PROBE(sysexit, "movl $user_stack_top, %ecx\nmovl $p_u_int80_fast, %edx\nsysexit");
PROBE(u_int80_fast, "int $0x80");
PROBE(u_sysexit, "sysexit");
PROBE(sysexit0, "sysexit");

static void wrmsr(uint32_t msr, uint32_t low, uint32_t high)
{
    __asm__ volatile("wrmsr" : : "c"(msr), "a"(low), "d"(high) : "memory");
}

static bool entered(uint32_t cs, uint32_t ss)
{
    bool ok = fast_cs == cs && fast_ss == ss && fast_esp == 0x9000 && (fast_eflags & 0x200) == 0;

    fast_cs = fast_ss = fast_esp = fast_eflags = 0;
    return ok;
}

void fastcall(void)
{
    wrmsr(SYSENTER_CS, 0x0B, 0);
    wrmsr(SYSENTER_ESP, 0x9000, 0x1234);
    wrmsr(SYSENTER_EIP, (uint32_t)(uintptr_t)fast_lands, 0x1234);
    check("SYSENTER at ring 0", probe(p_sysenter) == NONE && entered(0x08, 0x10));
    check("SYSENTER from ring 3", probe(p_sysenter3) == NONE && entered(0x08, 0x10));
    wrmsr(SYSENTER_CS, 0x1FFFC, 0);
    check("SS wraps at 16 bits", probe(p_sysenter) == NONE && entered(0xFFFC, 0x0004));
    wrmsr(SYSENTER_CS, 0x08, 0);
    check("single step behind SYSENTER: at its target",
          probe(p_sysenter_step) == 1 && seen[2] == (uint32_t)(uintptr_t)fast_lands);
    check("SYSEXIT to ring 3", probe(p_sysexit) == 0x80 && seen[3] == 0x1B && seen[6] == 0x23 &&
                                   seen[5] == (uint32_t)(uintptr_t)user_stack_top);
    probe3(p_u_sysexit);
    check("SYSEXIT at ring 3: #GP(0)", seen[0] == 13 && seen[1] == 0);
    wrmsr(SYSENTER_CS, 0x0A, 0);
    check("SYSEXIT's selectors", probe(p_sysexit) == 0x80 && seen[3] == 0x1B && seen[6] == 0x23);
    wrmsr(SYSENTER_CS, 0x10003, 0);
    fault("SYSENTER, SYSENTER_CS null: #GP(0)", p_sysenter, 13, 0);
    fault("SYSEXIT, SYSENTER_CS null: #GP(0)", p_sysexit0, 13, 0);
    probe3(p_u_sysenter);
    check("and from ring 3: #GP(0)", seen[0] == 13 && seen[1] == 0 && seen[3] == 0x1B);
    fault("LOCK SYSENTER: #UD", p_sysenter_lock, 6, 0);
    fault("LOCK SYSEXIT: #UD", p_sysexit_lock, 6, 0);
    wrmsr(SYSENTER_CS, 0, 0);
}
