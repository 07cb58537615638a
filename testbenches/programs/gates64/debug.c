// SPDX-License-Identifier: Apache-2.0
// What breakpoints meet: single step, MOV SS, faults, event delivery, system structures, DR7.GD;
// docs/cpu.md T2 to T5, V8. SDM Vol. 3B "Debug Exception (#DB)".
#include "gates64.h"

static uint8_t cell[64] __attribute__((aligned(64)));
static volatile uint64_t other_hits; /* of an event that is no #DB */

static void on_other(struct frame *f)
{
    (void)f;
    other_hits = hits;
}

#define LABEL(name)                                                                                \
    extern uint8_t name[];                                                                         \
    void name##_code(uint64_t va)
LABEL(d_tf);
LABEL(d_ss);
LABEL(d_ss_int);
LABEL(d_ss_int1);
LABEL(d_tf_int1);
extern uint8_t d_tf_int1_again[];
LABEL(d_int);
LABEL(d_fs);
LABEL(d_gd);
LABEL(d_int1);
LABEL(d_tf_fetch);
LABEL(d_split);
extern uint8_t trap_stubs[];

__asm__(
    ".text\n"
    /* the single step of a store that hits, and of one that does not */
    "d_tf_code: pushfq\norq $0x100, (%rsp)\npopfq\nmovb %al, (%rdi)\nd_tf: pushfq\n"
    "andq $~0x100, (%rsp)\npopfq\nret\n"
    /* the same, with an instruction breakpoint behind it */
    "d_tf_fetch_code: pushfq\norq $0x100, (%rsp)\npopfq\nnop\nd_tf_fetch: pushfq\n"
    "andq $~0x100, (%rsp)\npopfq\nret\n"
    "d_ss_code: movw (%rdi), %ss\nnop\nd_ss: nop\nret\n"
    "d_ss_int_code: movw (%rdi), %ss\nint $0x81\nd_ss_int: ret\n"
    "d_ss_int1_code: movw (%rdi), %ss\n.byte 0xF1\nd_ss_int1: ret\n"
    "d_tf_int1_code: movl %ss, %edx\npushfq\norl $0x100, (%rsp)\npopfq\nmovl %edx, %ss\n"
    ".byte 0xF1\nd_tf_int1: .byte 0xF1\nd_tf_int1_again: pushfq\nandl $~0x100, (%rsp)\npopfq\nret\n"
    "d_int_code: int $0x81\nd_int: nop\nret\n"
    "d_fs_code: movl $0x70, %eax\nmovl %eax, %fs\nd_fs: nop\nret\n"
    "d_gd_code: nop\nd_gd: movq %dr6, %rax\nret\n"
    "d_int1_code: .byte 0xF1\nd_int1: nop\nret\n"
    "d_split_code: movq (%rdi), %rax\nd_split: nop\nret\n");

/* Nothing on the console unless it fails: QEMU runs none of these. */
static void must(const char *what, bool ok)
{
    if (!ok)
        check(what, false);
}

static void steps(void)
{
    break_at(0, (uint64_t)cell);
    break_on(BP(0, WRITE, LEN_1));
    d_tf_code((uint64_t)cell);
    check_here("TF: each instruction", hits == 4);
    check_here("single step and data in one #DB",
               hit[0].rip == (uint64_t)d_tf && hit[0].dr6 == (DR6_NONE | DR6_BS | 1));
    check_here("single step alone", hit[1].dr6 == (DR6_NONE | DR6_BS));
    break_at(0, (uint64_t)d_tf_fetch);
    break_on(BP(0, FETCH, LEN_1));
    d_tf_fetch_code(0);
    check_here("single step, then the instruction breakpoint at the same place",
               hits == 5 && hit[0].rip == (uint64_t)d_tf_fetch &&
                   hit[1].rip == (uint64_t)d_tf_fetch && hit[0].dr6 == (DR6_NONE | DR6_BS) &&
                   hit[1].dr6 == (DR6_NONE | 1));
}

static void shadow(void)
{
    *(uint16_t *)cell = 0x10;
    break_at(3, (uint64_t)cell);
    break_on(BP(3, READ_WRITE, LEN_2));
    d_ss_code((uint64_t)cell);
    must("MOV SS holds its #DB for one instruction", hit_once((uint64_t)d_ss, DR6_NONE | 8));
    break_on(BP(3, READ_WRITE, LEN_2));
    d_ss_int1_code((uint64_t)cell);
    must("MOV SS, INT1: one #DB", hit_once((uint64_t)d_ss_int1, DR6_NONE));
    break_on(0);
    d_tf_int1_code(0);
    must("TF, MOV SS, INT1, INT1: a #DB each, no single step between",
         hits == 5 && hit[0].rip == (uint64_t)d_tf_int1 && hit[0].dr6 == DR6_NONE &&
             hit[1].rip == (uint64_t)d_tf_int1_again && hit[1].dr6 == DR6_NONE &&
             hit[2].dr6 == (DR6_NONE | DR6_BS));
    on_trap(0x81, on_other);
    break_on(BP(3, READ_WRITE, LEN_2));
    other_hits = 9;
    d_ss_int_code((uint64_t)cell);
    must("over INT n: at the handler's first instruction",
         hit_once((uint64_t)trap_stubs + 0x81 * 16, DR6_NONE | 8) && other_hits == 1);
}

PROBE(push_fault, "movq %rax, %rdi\nmovabsq $0x7FFFFFFFF000, %rsp\n"
                  "pushq (%rdi)");
PROBE(ss_ud, "movq %rax, %rdi\nmovw (%rdi), %ss\nud2");

static void dropped(void)
{
    break_at(3, (uint64_t)cell);
    break_on(BP(3, READ_WRITE, LEN_2));
    idt_copy[2 * 14] |= UINT64_C(1) << 32; /* IST 1 */
    try0(probe_ss_ud, (uint64_t)cell);
    must("a fault drops what MOV SS holds", seen.vector == 6 && hits == 0);
    try0(probe_push_fault, (uint64_t)cell);
    must("and what the instruction itself met", seen.vector == 14 && hits == 0);
}

static void events(void)
{
    uint64_t top = (uint64_t)rt_ist_stack[1] + sizeof rt_ist_stack[1];

    idt_copy[2 * 0x81] |= UINT64_C(2) << 32; /* IST 2 */
    break_at(0, top - 8);                    /* the SS that is pushed */
    break_on(BP(0, WRITE, LEN_8));
    d_int_code(0);
    must("the pushes of INT n: at the handler's first instruction",
         hits >= 1 && hit[0].rip == (uint64_t)trap_stubs + 0x81 * 16);
    idt_copy[2 * 0x81] &= ~(UINT64_C(7) << 32);
    break_at(0, (uint64_t)&idt_copy[2 * 0x81]);
    break_on(BP(0, READ_WRITE, LEN_8));
    d_int_code(0);
    must("its gate too", hits == 1 && hit[0].rip == (uint64_t)trap_stubs + 0x81 * 16 &&
                             hit[0].dr6 == (DR6_NONE | 1));
    break_at(0, (uint64_t)&gdt[14] + 4);
    break_on(BP(0, READ_WRITE, LEN_4));
    d_fs_code(0);
    must("a descriptor", hit_once((uint64_t)d_fs, DR6_NONE | 1));
    break_off();
}

static uint64_t read_dr7(void)
{
    uint64_t v;

    __asm__ volatile("movq %%dr7, %0" : "=r"(v));
    return v;
}

static void general_detect(void)
{
    break_on(0x2000); /* GD */
    d_gd_code(0);
    must("GD: a fault before MOV DR",
         hits == 1 && hit[0].rip == (uint64_t)d_gd && hit[0].dr6 == (DR6_NONE | DR6_BD));
    must("RF is pushed as 1", hit[0].rflags & FLAG_RF);
    must("and GD is clear", read_dr7() == 0x400);
    break_off();
    hits = 0;
    __asm__ volatile("movq %0, %%dr6" : : "r"(DR6_NONE | 6));
    d_int1_code(0);
    must("INT1 leaves DR6", hit_once((uint64_t)d_int1, DR6_NONE | 6));
}

static void split(void)
{
    static uint8_t two[8192] __attribute__((aligned(4096)));

    break_at(1, (uint64_t)two + 4096);
    break_on(BP(1, READ_WRITE, LEN_1));
    d_split_code((uint64_t)two + 4092);
    check("a load over a page, its second part", hit_once((uint64_t)d_split, DR6_NONE | 2));
    break_at(1, (uint64_t)two + 4095);
    break_on(BP(1, READ_WRITE, LEN_1));
    d_split_code((uint64_t)two + 4092);
    check("its first part", hit_once((uint64_t)d_split, DR6_NONE | 2));
    break_off();
}

void debug_tests(void)
{
    unsigned before = failures;

    steps();
    if (is_ringwalk()) { /* QEMU 7.2 ends in an assertion of its own */
        shadow();
        dropped();
        events();
        general_detect();
    }
    check("shadows, faults, events, GD", failures == before);
    split();
    break_off();
}
