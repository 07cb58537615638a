// SPDX-License-Identifier: Apache-2.0
// Control flow between rings and modes, single step, shadows, NMI: SDM Vol. 3A "Interrupt and
// Exception Handling", Vol. 3B "Debug Exceptions".
#include "probe.h"

#define LAPIC UINT64_C(0xFEE00000)

/* --- single step: the trap counts, and keeps where it was --- */

static volatile uint64_t steps, step_rip[32], step_cs[32], step_rf[32];

static void on_step(struct frame *f)
{
    if (steps < 32) {
        step_rip[steps] = f->rip;
        step_cs[steps] = f->cs;
        step_rf[steps] = f->rflags >> 16 & 1;
    }
    steps++;
}

/* Between the labels every instruction is stepped; POPF that clears TF is the last. */
#define STEPPED(name, text)                                                                        \
    __asm__(".text\n.globl step_" #name "\nstep_" #name ":\n"                                      \
            "pushfq\npushfq\norq $0x100, (%rsp)\npopfq\n" text "\npopfq\nret\n");                  \
    void step_##name(void)

STEPPED(nops, "nop\nnop\nnop");
STEPPED(mov_ss, "movl %ss, %eax\nmovl %eax, %ss\nnop\nnop");
STEPPED(rep, "movl $4, %ecx\nleaq -128(%rsp), %rdi\nrep stosb\nnop");
STEPPED(lss, "lssl lss_pointer(%rip), %eax\nnop\nnop");
__asm__(".data\nlss_pointer: .long 0\n.word 0x10\n.text\n");
STEPPED(rep_ins, "movl $0x3FF, %edx\nmovl $3, %ecx\nleaq -128(%rsp), %rdi\nrep insb\nnop");
STEPPED(rep_outs, "movl $0x3FF, %edx\nmovl $3, %ecx\nleaq -128(%rsp), %rsi\nrep outsb\nnop");
STEPPED(int3, "int3\nnop");
STEPPED(jump, "jmp 1f\nnop\n1: call 2f\njmp 3f\n2: ret\n3: nop");

static void single_step(void)
{
    on_trap(1, on_step);
    steps = 0;
    step_nops();
    check("TF: one trap an instruction, POPF's own last", steps == 4);
    check("the trap's RF is 0", step_rf[0] == 0);
    steps = 0;
    step_mov_ss();
    check("MOV SS holds its trap for one instruction",
          steps == 4 && step_rip[1] - step_rip[0] == 3);
    steps = 0;
    step_rep();
    check("REP: a trap an iteration", steps == 8);
    check_here("RF is pushed between iterations only",
               step_rf[1] == 0 && step_rf[2] == 1 && step_rf[4] == 1 && step_rf[5] == 0);
    steps = 0;
    step_lss();
    check_here("LSS holds none", steps == 4 && step_rip[1] - step_rip[0] == 1);
    steps = 0;
    step_rep_ins();
    check("REP INSB: a trap an iteration", steps == 8);
    steps = 0;
    step_rep_outs();
    check("REP OUTSB: a trap an iteration", steps == 8);
    on_trap(3, on_step);
    steps = 0;
    step_int3();
    check("INT3 clears TF in its handler; the next instruction traps", steps == 3);
    steps = 0;
    step_jump();
    check("branches trap at their targets", steps == 6);
}

/* --- interrupts: STI's and MOV SS's shadow, NMI until IRET --- */

static volatile uint64_t ticks, tick_rip, nmis, nmi_depth, nmi_nested;

static void on_ipi(struct frame *f)
{
    ticks++;
    tick_rip = f->rip;
    write32(LAPIC + 0x0B0, 0);
}

static void self_ipi(uint32_t icr)
{
    write32(LAPIC + 0x310, 0);
    write32(LAPIC + 0x300, 0x4000 | icr); /* to itself, assert */
    for (unsigned i = 0; i < 200; i++)
        __asm__ volatile("pause");
}

static void on_nmi(struct frame *f)
{
    (void)f;
    nmis++;
    if (nmi_depth++ == 0) {
        self_ipi(0x400);
        nmi_nested = nmis;
    }
}

/* MOVS stores the command and is not done yet: its single step and the interrupt are both due
 * behind it. */
static void stepped_ipi(void)
{
    static const uint32_t command = 0x44050;
    const uint32_t *from = &command;
    uint64_t to = LAPIC + 0x300, before = ticks, after;

    on_trap(1, on_step);
    steps = 0;
    __asm__ volatile("pushfq\n\torq $0x300, (%%rsp)\n\tleaq 1f(%%rip), %0\n\tpopfq\n\tmovsl\n"
                     "1:\tnop\n\tpushfq\n\tandq $~0x300, (%%rsp)\n\tpopfq"
                     : "=&r"(after), "+S"(from), "+D"(to)
                     :
                     : "memory");
    check_here("single step before an interrupt", steps == 5 && step_rip[0] == after);
    check("then the interrupt", ticks == before + 1);
}

/* An interrupt that waits for IF, and REP OUTSB or INSB of four behind STI: it comes between. */
static void interrupted_ports(void)
{
    static uint8_t bytes[4] = {1, 2, 3, 4};
    uint8_t *si = bytes, *di = bytes;
    uint64_t count = 4, at;

    self_ipi(0x50);
    __asm__ volatile("leaq 1f(%%rip), %0\n\tsti\n1:\trep outsb\n\tcli"
                     : "=&r"(at), "+S"(si), "+c"(count)
                     : "d"(0x3FF)
                     : "memory");
    check("REP OUTSB, interrupted, goes on",
          ticks == 4 && count == 0 && si == bytes + 4 && inb(0x3FF) == 4);
    check_here("between two of its iterations", tick_rip == at);
    self_ipi(0x50);
    count = 4;
    __asm__ volatile("leaq 1f(%%rip), %0\n\tsti\n1:\trep insb\n\tcli"
                     : "=&r"(at), "+D"(di), "+c"(count)
                     : "d"(0x3FF)
                     : "memory");
    check("REP INSB, interrupted, goes on",
          ticks == 5 && count == 0 && di == bytes + 4 && bytes[0] == 4 && bytes[3] == 4);
    check_here("between two of its iterations", tick_rip == at);
}

static void interrupts(void)
{
    uint64_t after;

    on_trap(0x50, on_ipi);
    on_trap(0xFF, on_ipi);
    write32(LAPIC + 0x0F0, 0x1FF);
    __asm__ volatile("cli");
    self_ipi(0x50);
    check("IF = 0 keeps an interrupt out", ticks == 0);
    __asm__ volatile("leaq 1f(%%rip), %0\n\tsti\n\tnop\n1:\tnop\n\tcli" : "=r"(after) : : "memory");
    check("STI lets it in after one instruction", ticks == 1 && tick_rip == after);
    self_ipi(0x50);
    __asm__ volatile("sti\n\tcli" : : : "memory");
    check("STI, CLI lets nothing in", ticks == 1);
    __asm__ volatile("leaq 1f(%%rip), %0\n\tmovl %%ss, %%ecx\n\tsti\n\tmovl %%ecx, %%ss\n\tnop\n"
                     "1:\tnop\n\tcli"
                     : "=r"(after)
                     :
                     : "rcx", "memory");
    check_here("STI, MOV SS: after one more", ticks == 2 && tick_rip == after);
    self_ipi(0x50);
    __asm__ volatile("leaq 1f(%%rip), %0\n\tsti\n\thlt\n1:\tcli" : "=r"(after) : : "memory");
    check("STI, HLT: woken behind HLT", ticks == 3 && tick_rip == after);
    interrupted_ports();
    stepped_ipi();
    on_trap(2, on_nmi);
    self_ipi(0x400);
    check("NMI is blocked until IRET, then comes", nmis == 2 && nmi_nested == 1);
}

/* --- between rings and modes --- */

USER_PROBE(compat,
           "pushq $0x23\nleaq -64(%rsp), %rcx\npushq %rcx\npushfq\npushq $0x1B\n"
           "leaq 1f(%rip), %rcx\npushq %rcx\niretq\n.code32\n"
           "1: movl $0x11223344, %eax\npushl %eax\ninc %eax\npopl %ecx\nint $0x80\n.code64");
USER_PROBE(far_compat, "subq $16, %rsp\nleaq 1f(%rip), %rcx\nmovl %ecx, (%rsp)\n"
                       "movl $0x1B, 4(%rsp)\nljmpl *(%rsp)\n.code32\n"
                       "1: movl %esp, %esp\nljmpl $0x2B, $2f\n.code64\n2: int $0x80");
USER_PROBE(retf_in, "pushq $0x08\nleaq 1f(%rip), %rcx\npushq %rcx\nlretq\n1: nop");
USER_PROBE(int_30, "int $0x30");
USER_PROBE(ac, "pushfq\norq $0x40000, (%rsp)\npopfq\nmovl 1(%rsp), %ecx");
USER_PROBE(in_80, "inb $0x80, %al\nint $0x80");
USER_PROBE(in_71, "inb $0x71, %al\nint $0x80");
USER_PROBE(sgdt, "sgdt -64(%rsp)\nint $0x80");
USER_PROBE(sldt, "sldt %eax\nint $0x80");
USER_PROBE(rdtsc3, "rdtsc\nint $0x80");
USER_PROBE(stac3, "stac\nint $0x80");
USER_PROBE(popf3, "pushfq\norq $0x3200, (%rsp)\nandq $~0x200, (%rsp)\npopfq\nint $0x80");
USER_PROBE(null_ds, "xorl %eax, %eax\nmovl %eax, %ds\nmovl (%rsp), %ecx\nint $0x80");
USER_PROBE(ss_null3, "xorl %eax, %eax\nmovl %eax, %ss\nint $0x80");

PROBE(retf_out, "pushq $0x23\nleaq user_landing_stack(%rip), %rcx\npushq %rcx\npushq $0xB3\n"
                "leaq user_landing(%rip), %rcx\npushq %rcx\nlretq");
__asm__(".section .user.text, \"ax\"\nuser_landing: nop\nint $0x80\n.previous\n"
        ".section .user.data, \"aw\"\n.skip 256\nuser_landing_stack: .quad 0\n.previous");

static void on_landing(struct frame *f)
{
    seen.vector = f->vector;
    seen.cs = f->cs;
    seen.ss = f->ss;
    seen.rip = f->rip;
    seen.rflags = f->rflags;
    if ((f->cs & 3) == 3)
        rt_leave_user(f->vector);
}

extern uint64_t rt_kernel_rsp;
uint64_t leave_by_retf(void);
__asm__(".text\nleave_by_retf:\npush %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
        "movq %rsp, rt_kernel_rsp(%rip)\njmp probe_retf_out\n");

static void rings(void)
{
    uint64_t cr4 = read_cr4();

    on_trap(0x80, on_landing);
    try3(probe_compat, 0);
    check("IRET to compatibility mode, INT from there", seen.vector == 0x80 && seen.cs == 0x1B);
    try3(probe_far_compat, 0);
    check("far JMP to compatibility mode and back", seen.vector == 0x80 && seen.cs == 0x2B);
    leave_by_retf();
    check("RETF to ring 3", seen.vector == 0x80 && seen.cs == 0xB3 && seen.ss == 0x23);
    check_here("its accessed bit", (gdt[22] >> 40 & 1) == 1);
    try3(probe_retf_in, 0);
    check("RETF to an inner ring: #GP(sel)", SEEN(13, 8));
    here3(probe_int_30, 0);
    check_here("INT through a gate of ring 0: #GP", SEEN(13, 0x30 * 8 + 2));
    __asm__ volatile("movq %%cr0, %%rax\n\torq $0x40000, %%rax\n\tmovq %%rax, %%cr0" : : : "rax");
    here3(probe_ac, 0);
    check_here("misaligned with AM and AC: #AC(0)", SEEN(17, 0));
    try3(probe_in_80, 0);
    check("port with no I/O map: #GP(0)", SEEN(13, 0));
    try3(probe_in_71, 0);
    check("another: #GP(0)", SEEN(13, 0));
    try3(probe_sgdt, 0);
    check("SGDT at ring 3", seen.vector == 0x80);
    write_cr4(cr4 | 0x800);
    here3(probe_sgdt, 0);
    check_here("SGDT with UMIP: #GP(0)", SEEN(13, 0));
    here3(probe_sldt, 0);
    check_here("SLDT with UMIP: #GP(0)", SEEN(13, 0));
    write_cr4(cr4 | 4);
    try3(probe_rdtsc3, 0);
    check("RDTSC with TSD: #GP(0)", SEEN(13, 0));
    write_cr4(cr4);
    try3(probe_rdtsc3, 0);
    check("RDTSC without", seen.vector == 0x80);
    check("STAC at ring 3: #UD", try3(probe_stac3, 0) == 6);
    try3(probe_popf3, 0);
    check("POPF at ring 3 keeps IF and IOPL", (seen.rflags & 0x3200) == 0x200);
    try3(probe_null_ds, 0);
    check("a null DS does not matter", seen.vector == 0x80);
    try3(probe_ss_null3, 0);
    check("a null SS does, at ring 3: #GP(0)", SEEN(13, 0));
}

/* --- SYSCALL and TF: the trap goes by the TF that SYSCALL leaves --- */

/* SYSCALL with TF to a handler that clears TF with a POPF of the flags saved before. */
void syscall_stepped(void);
__asm__(".text\nsyscall_stepped:\npush %rbx\npushfq\npop %rbx\npushfq\norq $0x100, (%rsp)\n"
        "popfq\nsyscall\n"
        "syscall_lands: push %rbx\npopfq\npop %rbx\nret\n");
extern uint8_t syscall_lands[];

/* SYSRET that sets TF: the trap comes before the first instruction of ring 3. */
uint64_t leave_by_sysret(void);
__asm__(
    ".text\nleave_by_sysret:\npush %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
    "movq %rsp, rt_kernel_rsp(%rip)\nleaq user_landing(%rip), %rcx\nmovl $0x302, %r11d\n"
    "leaq user_landing_stack(%rip), %rsp\nsysretq\n");
extern uint8_t user_landing[];

static void syscall_step(void)
{
    uint64_t fmask = rdmsr(0xC0000084), lstar = rdmsr(0xC0000082);

    wrmsr(0xC0000082, (uint64_t)syscall_lands);
    wrmsr(0xC0000084, 0x700); /* TF IF DF */
    on_trap(1, on_step);
    on_trap(1, on_landing);
    leave_by_sysret();
    check("SYSRET that sets TF traps behind itself",
          seen.vector == 1 && seen.cs == 0x2B && seen.rip == (uint64_t)user_landing);
    on_trap(1, on_step);
    steps = 0;
    syscall_stepped();
    check("SYSCALL that masks TF: no trap", steps == 0);
    wrmsr(0xC0000084, 0);
    steps = 0;
    syscall_stepped();
    check("SYSCALL that keeps TF traps behind itself",
          steps == 3 && step_rip[0] == (uint64_t)syscall_lands);
    wrmsr(0xC0000084, fmask);
    wrmsr(0xC0000082, lstar);
}

void flow_tests(void)
{
    single_step();
    interrupts();
    rings();
    syscall_step();
}
