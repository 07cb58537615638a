// SPDX-License-Identifier: Apache-2.0
// SYSENTER and SYSEXIT in long mode. QEMU's processor has them in compatibility mode only (its
// vendor is AMD). SDM Vol. 2 "SYSENTER", "SYSEXIT".
#include "probe.h"

#define SYSENTER_CS  0x174
#define SYSENTER_ESP 0x175
#define SYSENTER_EIP 0x176

volatile uint64_t fast_cs, fast_ss, fast_rsp, fast_rflags;

/* Where SYSENTER lands: from ring 0 with the old stack in RBX, from ring 3. */
__asm__(".text\nfast_note: movl %cs, %eax\nmovq %rax, fast_cs(%rip)\nmovl %ss, %eax\n"
        "movq %rax, fast_ss(%rip)\nmovq %rsp, %rax\naddq $8, %rax\nmovq %rax, fast_rsp(%rip)\n"
        "pushfq\npopq fast_rflags(%rip)\nret\n"
        "fast_lands0: call fast_note\nmovq %rbx, %rsp\nmovl $7, %eax\nret\n"
        "fast_lands3: call fast_note\nmovl $0x10, %eax\nmovl %eax, %ss\nmovl $7, %edi\n"
        "call rt_leave_user\n");
extern uint8_t fast_lands0[], fast_lands3[];
static uint8_t fast_stack[512] __attribute__((aligned(16)));

PROBE(sysenter, "movq %rsp, %rbx\nsysenter");
PROBE(sysenter_if, "movq %rsp, %rbx\nsti\nsysenter");
PROBE(sysenter_step, "movq %rsp, %rbx\npushfq\norq $0x100, (%rsp)\npopfq\nsysenter");
PROBE(sysenter_lock, ".byte 0xF0, 0x0F, 0x34");
PROBE(sysexit, "movq %rsp, %rcx\nleaq 1f(%rip), %rdx\nsysexitl");
PROBE(sysexit_rcx, "movq %rax, %rcx\nleaq 1f(%rip), %rdx\nsysexitq");
PROBE(sysexit_rdx, "movq %rsp, %rcx\nmovq %rax, %rdx\nsysexitq");
USER_PROBE(sysenter3, "sysenter");
USER_PROBE(sysexit3, "movq %rsp, %rcx\nleaq 1f(%rip), %rdx\nsysexitl\n1: nop");
USER_PROBE(sysenter_compat, "subq $16, %rsp\nleaq 1f(%rip), %rcx\nmovl %ecx, (%rsp)\n"
                            "movl $0x1B, 4(%rsp)\nljmpl *(%rsp)\n.code32\n1: sysenter\n.code64");

/* SYSEXIT to ring 3, that comes back by INT. */
uint64_t leave_by_sysexit64(void);
uint64_t leave_by_sysexit32(void);
__asm__(".text\n"
        ".macro LEAVE insn:vararg\n"
        "push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
        "movq %rsp, rt_kernel_rsp(%rip)\nleaq exit_stack(%rip), %rcx\nleaq exit_lands(%rip), %rdx\n"
        "movq $0x5555555500000000, %rax\n"
        "\\insn\n.endm\n"
        "leave_by_sysexit64: LEAVE .byte 0x48, 0x0F, 0x35\n"
        "leave_by_sysexit32: LEAVE orq %rax, %rcx; orq %rax, %rdx; sysexitl\n"
        ".section .user.text, \"ax\"\nexit_lands: nop\nint $0x80\n.previous\n"
        ".section .user.data, \"aw\"\n.skip 256\nexit_stack: .quad 0\n.previous\n");
extern uint8_t exit_lands[], exit_stack[];

static volatile uint64_t step_rip;

static void on_step(struct frame *f)
{
    step_rip = f->rip;
    f->rflags &= ~UINT64_C(0x100);
}

static void enter_at(uint64_t cs, const void *rip)
{
    wrmsr(SYSENTER_CS, cs);
    wrmsr(SYSENTER_ESP, (uint64_t)(fast_stack + sizeof fast_stack));
    wrmsr(SYSENTER_EIP, (uint64_t)rip);
    fast_cs = fast_ss = fast_rsp = fast_rflags = 0;
}

static bool entered(uint64_t cs, uint64_t ss)
{
    return fast_cs == cs && fast_ss == ss &&
           fast_rsp == (uint64_t)(fast_stack + sizeof fast_stack) && (fast_rflags & 0x200) == 0;
}

static void enters(void)
{
    enter_at(0x08, fast_lands0);
    here0(probe_sysenter, 0);
    check_here("SYSENTER at ring 0", seen.vector == NONE && entered(0x08, 0x10));
    here0(probe_sysenter_if, 0);
    check_here("SYSENTER clears IF", seen.vector == NONE && entered(0x08, 0x10));
    enter_at(0x1230B, fast_lands0);
    here0(probe_sysenter, 0);
    check_here("SYSENTER takes SYSENTER_CS[15:2]", seen.vector == NONE && entered(0x2308, 0x2310));
    enter_at(0x10003, fast_lands0);
    here0(probe_sysenter, 0);
    check_here("SYSENTER_CS null: #GP(0)", SEEN(13, 0));
    enter_at(0x08, fast_lands3);
    if (is_ringwalk())
        run_user(probe_sysenter3, 0);
    check_here("SYSENTER from ring 3", entered(0x08, 0x10));
    enter_at(0x08, fast_lands3);
    check("SYSENTER from compatibility mode",
          run_user(probe_sysenter_compat, 0) == 7 && entered(0x08, 0x10));
    enter_at(0, fast_lands3);
    try3(probe_sysenter_compat, 0);
    check("and SYSENTER_CS null: #GP(0)", SEEN(13, 0) && seen.cs == 0x1B);
    enter_at(0x08, fast_lands0);
    on_trap(1, on_step);
    here0(probe_sysenter_step, 0);
    check_here("single step behind SYSENTER: at its target",
               seen.vector == NONE && step_rip == (uint64_t)fast_lands0);
    check("LOCK SYSENTER: #UD", try0(probe_sysenter_lock, 0) == 6);
}

static void exits(void)
{
    const uint64_t hole = UINT64_C(0x0000800000000000);

    enter_at(0x08, fast_lands0);
    if (is_ringwalk())
        leave_by_sysexit64();
    check_here("SYSEXIT to 64-bit mode", seen.vector == 0x80 && seen.cs == 0x2B &&
                                             seen.ss == 0x33 && seen.rsp == (uint64_t)exit_stack);
    if (is_ringwalk())
        leave_by_sysexit32();
    check_here("SYSEXIT to compatibility mode", seen.vector == 0x80 && seen.cs == 0x1B &&
                                                    seen.ss == 0x23 &&
                                                    seen.rsp == (uint64_t)exit_stack);
    here3(probe_sysexit3, 0);
    check_here("SYSEXIT at ring 3: #GP(0)", SEEN(13, 0) && (seen.cs & 3) == 3);
    here0(probe_sysexit_rcx, hole);
    check_here("SYSEXIT, RCX not canonical: #GP(0)", SEEN(13, 0) && seen.cs == 8);
    here0(probe_sysexit_rdx, hole);
    check_here("SYSEXIT, RDX not canonical: #GP(0)", SEEN(13, 0) && seen.cs == 8);
    enter_at(3, fast_lands0);
    here0(probe_sysexit, 0);
    check_here("SYSEXIT, SYSENTER_CS null: #GP(0)", SEEN(13, 0) && seen.cs == 8);
    wrmsr(SYSENTER_CS, 0);
}

void fastcall_tests(void)
{
    enters();
    exits();
}
