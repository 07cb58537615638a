// SPDX-License-Identifier: Apache-2.0
// Lab 2: three ways into the kernel and back, in clock cycles, and what the kernel finds in RSP.
// The kernel's part of each is as short as it can be.
#include "../lib/lab.h"

#define END 0x81 /* the gate by which ring 3 ends here */

uint64_t kernel_rsp;
void way_int(void), way_syscall(void), way_sysenter(void);
__asm__(".text\n"
        "way_int:\n"
        "    movq %rsp, kernel_rsp(%rip)\n"
        "    iretq\n"
        "way_syscall:\n"
        "    movq %rsp, kernel_rsp(%rip)\n"
        "    sysretq\n"
        "way_sysenter:\n"
        "    movq %rsp, kernel_rsp(%rip)\n"
        "    sysexitq\n");

/* Twice, so that nothing is fetched or translated for the first time. */
#define TIMED(name, instructions, clobbers...)                                                     \
    USER_TEXT static uint64_t name(uint64_t unused)                                                \
    {                                                                                              \
        uint64_t begin = 0, end = unused;                                                          \
                                                                                                   \
        for (unsigned i = 0; i < 2; i++) {                                                         \
            begin = __builtin_ia32_rdtsc();                                                        \
            __asm__ volatile(instructions : : : "memory", ##clobbers);                             \
            end = __builtin_ia32_rdtsc();                                                          \
        }                                                                                          \
        __asm__ volatile("int $0x81" : : "D"(end - begin));                                        \
        return 0;                                                                                  \
    }

TIMED(nothing, "")
TIMED(by_int, "int $0x80")
TIMED(by_syscall, "syscall", "rcx", "r11")
/* SYSEXIT takes the way back from RCX and RDX. */
TIMED(by_sysenter, "leaq 1f(%%rip), %%rdx\n\tmovq %%rsp, %%rcx\n\tsysenter\n1:", "rcx", "rdx")

static uint64_t user_rsp;

static void on_end(struct frame *f)
{
    user_rsp = f->rsp;
    rt_leave_user(f->rdi);
}

static void time(const char *what, uint64_t (*fn)(uint64_t), uint64_t without)
{
    kernel_rsp = 0;
    put(what);
    put(": ");
    put_dec(run_user(fn, 0) - without);
    put(" cycles, RSP of ");
    put(kernel_rsp == user_rsp ? "ring 3\n" : "the kernel's own\n");
}

int main(void)
{
    static uint8_t stack[4096];
    uint64_t without;

    lab_open();
    open_gate(0x80, way_int);
    gate_at(END)[5] |= 3 << 5;
    on_trap(END, on_end);
    wrmsr(0xC0000082, (uint64_t)way_syscall);      /* IA32_LSTAR */
    wrmsr(0x174, 0x08);                            /* IA32_SYSENTER_CS */
    wrmsr(0x175, (uint64_t)stack + sizeof(stack)); /* IA32_SYSENTER_ESP */
    wrmsr(0x176, (uint64_t)way_sysenter);          /* IA32_SYSENTER_EIP */
    without = run_user(nothing, 0);
    time("INT, IRET", by_int, without);
    time("SYSENTER, SYSEXIT", by_sysenter, without);
    time("SYSCALL, SYSRET", by_syscall, without);
    return 0;
}
