// SPDX-License-Identifier: Apache-2.0
// One instruction tried at ring 0 or 3, and what it raised.
#include "probe.h"

volatile struct seen seen;
volatile uint64_t result;
unsigned failures;
uint64_t gdt[32] __attribute__((aligned(16)));
uint64_t idt_copy[512] __attribute__((aligned(16)));
extern uint64_t boot_gdt[];

struct __attribute__((packed)) table_register {
    uint16_t limit;
    uint64_t base;
};

__asm__(".text\n"
        "probe_call:\n" /* (fn, arg) */
        "push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
        "movq %rsp, probe_rsp(%rip)\n"
        "movq %rsi, %rax\n"
        "call *%rdi\n"
        "probe_out:\n"
        "movq probe_rsp(%rip), %rsp\n"
        "movq %rax, result(%rip)\n"
        "movl $0x10, %ecx; movl %ecx, %ss; movl %ecx, %ds; movl %ecx, %es\n"
        "cld\n"
        "pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
        "ret\n"
        ".bss\n.align 8\nprobe_rsp: .skip 8\n.text\n");
void probe_call(void (*fn)(void), uint64_t arg);
extern uint8_t probe_out[];

static void on_event(struct frame *f)
{
    seen.vector = f->vector;
    seen.error = f->error;
    seen.cr2 = read_cr2();
    seen.rip = f->rip;
    seen.cs = f->cs;
    seen.rflags = f->rflags;
    seen.rsp = f->rsp;
    seen.ss = f->ss;
    seen.frame = (uint64_t)f;
    seen.rax = f->rax;
    seen.rcx = f->rcx;
    seen.rsi = f->rsi;
    seen.rdi = f->rdi;
    if ((f->cs & 3) == 3)
        rt_leave_user(f->vector);
    f->rip = (uint64_t)probe_out;
    f->cs = 0x08;
    f->ss = 0x10;
    f->rflags = 2;
}

unsigned try0(void (*fn)(void), uint64_t arg)
{
    seen.vector = NONE;
    probe_call(fn, arg);
    return (unsigned)seen.vector;
}

unsigned try3(uint64_t (*fn)(uint64_t), uint64_t arg)
{
    seen.vector = NONE;
    run_user(fn, arg);
    return (unsigned)seen.vector;
}

void here0(void (*fn)(void), uint64_t arg)
{
    if (is_ringwalk())
        try0(fn, arg);
}

void here3(uint64_t (*fn)(uint64_t), uint64_t arg)
{
    if (is_ringwalk())
        try3(fn, arg);
}

void check(const char *what, bool ok)
{
    put(ok ? "ok   " : "FAIL ");
    put(what);
    if (!ok) {
        put(" vector ");
        put_dec(seen.vector);
        put(" error ");
        put_hex(seen.error);
        put(" result ");
        put_hex(result);
    }
    put("\n");
    failures += !ok;
}

bool is_ringwalk(void)
{
    return inb(0xE9) == 0xE9;
}

void check_here(const char *what, bool ok)
{
    check(what, ok || !is_ringwalk());
}

void probes_open(void)
{
    struct table_register gdtr = {sizeof gdt - 1, (uint64_t)gdt}, idtr;

    for (unsigned v = 0; v < 32; v++)
        on_trap(v, on_event);
    on_trap(0x80, on_event);
    set_ist(12, 1);
    memcpy(gdt, boot_gdt, 64);
    gdt[8] = UINT64_C(0x00CF13000000FFFF);  /* 40 data, not present */
    gdt[9] = UINT64_C(0x00AF1B000000FFFF);  /* 48 64-bit code, not present */
    gdt[10] = UINT64_C(0x00EF9B000000FFFF); /* 50 code, L = D = 1 */
    gdt[11] = UINT64_C(0x00CF91000000FFFF); /* 58 read-only data */
    gdt[12] = UINT64_C(0x00AF98000000FFFF); /* 60 execute-only code, not accessed */
    gdt[13] = UINT64_C(0x00AF9E000000FFFF); /* 68 conforming code */
    gdt[14] = UINT64_C(0x00CF92123456FFFF); /* 70 data, not accessed */
    gdt[15] = UINT64_C(0x00CFF2000000FFFF); /* 78 data of ring 3, not accessed */
    gdt[16] = (uint64_t)gdt << 16 | UINT64_C(0x0000820000000000) | 0x7F; /* 80 LDT: this table */
    gdt[18] = UINT64_C(0x0000810000000067);                              /* 90 16-bit TSS */
    gdt[20] = UINT64_C(0x0000020000000067);                              /* A0 LDT, not present */
    gdt[22] = UINT64_C(0x00AFFA000000FFFF); /* B0 64-bit code of ring 3, not accessed */
    gdt[23] = UINT64_C(0x00CF9B000000FFFF); /* B8 32-bit code of ring 0 */
    __asm__ volatile("lgdt %0" : : "m"(gdtr));
    __asm__ volatile("sidt %0" : "=m"(idtr));
    memcpy(idt_copy, (void *)idtr.base, 4096);
    idtr.base = (uint64_t)idt_copy;
    __asm__ volatile("lidt %0" : : "m"(idtr));
    idt_copy[2 * 0x80] |= UINT64_C(0x600000000000);
    user_open();
}
