// SPDX-License-Identifier: Apache-2.0
// What belongs to the processor alone and what an emulator leaves out: its local APIC wherever
// APIC_BASE puts it, IRET with a 16-bit operand, SYSCALL's SS, NMIs behind an IRET that faults.
// SDM Vol. 3A "Local APIC Status and Location", "Handling Multiple NMIs"; Vol. 2 "IRET", "SYSCALL".
#include "probe.h"

#define LAPIC     UINT64_C(0xFEE00000)
#define IOMMU     "0xFED90000"
#define APIC_BASE 0x1B
#define APIC_BSP  0x100
#define APIC_ON   0x800
#define LOW_CODE  UINT64_C(0x7000)
#define LOW_STACK 0x7800
#define MSR_STAR  0xC0000081
#define MSR_LSTAR 0xC0000082
#define MSR_FMASK 0xC0000084

/* Nothing on the console unless it fails: QEMU runs none of these. */
static void must(const char *what, bool ok)
{
    if (!ok)
        check(what, ok);
}

static uint64_t get_cr8(void)
{
    uint64_t v;

    __asm__ volatile("movq %%cr8, %0" : "=r"(v));
    return v;
}

static void set_cr8(uint64_t v)
{
    __asm__ volatile("movq %0, %%cr8" : : "r"(v) : "memory");
}

static void local_apic(void)
{
    uint64_t moved = LAPIC + 0x1000;

    wrmsr(APIC_BASE, moved | APIC_ON | APIC_BSP);
    write32(moved + 0x80, 0x50);
    must("a moved APIC is where APIC_BASE says", get_cr8() == 5);
    must("and nowhere else", read32(LAPIC + 0x80) == 0xFFFFFFFF);
    set_cr8(3);
    must("MOV CR8 reaches it", read32(moved + 0x80) == 0x30);
    wrmsr(APIC_BASE, LAPIC | APIC_BSP);
    must("without its enable bit it has no window", read32(LAPIC + 0x80) == 0xFFFFFFFF);
    set_cr8(0);
    wrmsr(APIC_BASE, LAPIC | APIC_ON | APIC_BSP);
    must("with it again", read32(LAPIC + 0x80) == 0);
}

PROBE(cmpxchg16b_window, "movl $" IOMMU ", %esi\nxorl %eax, %eax\nxorl %edx, %edx\n"
                         "lock cmpxchg16b (%rsi)\nandq %rdx, %rax");
PROBE(iretw, "movq %rsp, %rbx\npushw $0x10\npushw $0x7800\npushw $2\npushw $8\npushw $0x7000\n"
             "iretw");
PROBE(iretw_rf, "movq %rsp, %rbx\npushq $0x10\npushq %rbx\npushq $0x10002\npushq $8\n"
                "leaq 2f(%rip), %rcx\npushq %rcx\niretq\n2: ud2");
PROBE(syscall_ss, "leaq 2f(%rip), %rax\nmovq %rax, %rdx\nshrq $32, %rdx\nmovl $0xC0000082, %ecx\n"
                  "wrmsr\nsyscall\n2: xorl %eax, %eax\nmovw %ss, %ax");
PROBE(syscall_step, "leaq 2f(%rip), %rax\nmovq %rax, %rdx\nshrq $32, %rdx\nmovl $0xC0000082, %ecx\n"
                    "wrmsr\nmovl $0x10, %eax\npushfq\norq $0x100, (%rsp)\npopfq\nmovl %eax, %ss\n"
                    "syscall\n2: ud2");

static volatile uint64_t step_rip;

static void on_step(struct frame *f)
{
    step_rip = f->rip;
}

static void transfers(void)
{
    /* movq %rsp, %rax; movq %rbx, %rsp; ret */
    static const uint8_t code[] = {0x48, 0x89, 0xE0, 0x48, 0x89, 0xDC, 0xC3};
    uint64_t star = rdmsr(MSR_STAR), lstar = rdmsr(MSR_LSTAR), fmask = rdmsr(MSR_FMASK);

    memcpy((void *)LOW_CODE, code, sizeof code);
    must("IRETW: RSP is the popped SP", try0(probe_iretw, 0) == NONE && result == LOW_STACK);
    must("RF that IRET loads is pushed by the fault behind it",
         try0(probe_iretw_rf, 0) == 6 && (seen.rflags >> 16 & 1));
    wrmsr(MSR_STAR, (star & UINT64_C(0xFFFF0000FFFFFFFF)) | UINT64_C(0x0B) << 32);
    must("SYSCALL: SS = STAR[47:32] + 8", try0(probe_syscall_ss, 0) == NONE && result == 0x13);
    wrmsr(MSR_STAR, (star & UINT64_C(0xFFFF0000FFFFFFFF)) | UINT64_C(0x08) << 32);
    wrmsr(MSR_FMASK, 0x100);
    on_trap(1, on_step);
    must("single step behind MOV SS, SYSCALL: at its target",
         try0(probe_syscall_step, 0) == 6 && step_rip == seen.rip);
    wrmsr(MSR_STAR, star);
    wrmsr(MSR_LSTAR, lstar);
    wrmsr(MSR_FMASK, fmask);
    must("16 bytes of the IOMMU's registers read as ones",
         try0(probe_cmpxchg16b_window, 0) == NONE && result == UINT64_MAX);
}

static volatile unsigned nmis, nmis_before;

static void raise_nmi(void)
{
    write32(LAPIC + 0x310, 0);
    write32(LAPIC + 0x300, 0x4400);
    for (unsigned i = 0; i < 200; i++)
        __asm__ volatile("pause");
}

static void on_nmi(struct frame *f)
{
    (void)f;
    if (nmis++ != 0)
        return;
    raise_nmi();
    nmis_before = nmis;
    __asm__ volatile("pushq $0\npushq $0\npushq $2\npushq $0\npushq $0\niretq");
}

static void nmi_probe(void)
{
    raise_nmi();
}

static void nmi(void)
{
    on_trap(2, on_nmi);
    try0(nmi_probe, 0);
    must("an IRET that faults ends NMI blocking", SEEN(13, 0) && nmis_before == 1 && nmis == 2);
}

void core_tests(void)
{
    unsigned before = failures;

    if (is_ringwalk()) {
        local_apic();
        transfers();
        nmi();
    }
    check("the processor's own", failures == before);
}
