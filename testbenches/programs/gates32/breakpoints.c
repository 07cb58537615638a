// SPDX-License-Identifier: Apache-2.0
// Breakpoints outside 64-bit mode: linear addresses are the segment's base and the offset, in 32
// bits; a breakpoint ends its probe. SDM Vol. 3B "Debug Registers"; docs/cpu.md T2, V8.
#include "gates32.h"

#define BASED 0xB8u /* code */
#define DATA  0xE0u

uint8_t bp_cell[32] __attribute__((aligned(16)));
extern uint8_t bp_far[], bp_far_hit[], bp_near_hit[], bp_behind[];

#define ARM(dr7) "movl $0xFFFF0FF0, %eax\nmovl %eax, %dr6\nmovl $" #dr7 ", %eax\nmovl %eax, %dr7\n"
#define NEAR     "movl $bp_near_hit, %eax\nmovl %eax, %dr0\n"
#define CELL     "movl $bp_cell, %eax\nmovl %eax, %dr1\n"

PROBE(bp_near, NEAR ARM(0x401) "nop\nbp_near_hit: nop");
PROBE(bp_based, "movl $bp_far_hit, %eax\nmovl %eax, %dr3\n" ARM(
                    0x440) "lcall $0xB8, $0\njmp 1f\n"
                           "bp_far: nop\nbp_far_hit: lret\n1: nop");
PROBE(bp_store, CELL ARM(0x100404) "movb %al, bp_cell\nbp_behind: nop");
PROBE(bp_fs, "movl $0xE0, %eax\nmovl %eax, %fs\n" CELL ARM(0x300404) "movb %fs:0, %al\nnop");
PROBE(bp_off, CELL ARM(0x100400) "movb %al, bp_cell");
PROBE(bp_pusha,
      "movl %esp, %ebx\nleal bp_cell + 32, %esp\n" CELL ARM(0xD00404) "pushal\nmovl %ebx, %esp");
PROBE(dr_off, "movl $0x400, %eax\nmovl %eax, %dr7\nmovl %dr6, %eax\nmovl $0xFFFF0FF0, %ecx\n"
              "movl %ecx, %dr6");

/* Vector 1 at that place, with these bits of DR6. */
static bool hit(void (*fn)(void), const uint8_t *at, uint32_t bits)
{
    uint32_t vector, eip;

    probe(fn);
    vector = seen[0];
    eip = seen[2];
    probe(p_dr_off);
    return vector == 1 && (!at || eip == (uint32_t)(uintptr_t)at) && result == (0xFFFF0FF0 | bits);
}

/* QEMU 7.2 crashes at the first of these. */
static bool others(void)
{
    bool ok;

    gdt[BASED / 8] = UINT64_C(0x00CF9B000000FFFF);
    set_base(&gdt[BASED / 8], bp_far);
    ok = hit(p_bp_based, (const uint8_t *)(bp_far_hit - bp_far), 8);
    ok = hit(p_bp_store, bp_behind, 2) && ok;
    gdt[DATA / 8] = UINT64_C(0x00CF93000000FFFF);
    set_base(&gdt[DATA / 8], bp_cell);
    ok = hit(p_bp_fs, 0, 2) && ok;
    return hit(p_bp_pusha, 0, 2) && ok;
}

void breakpoints(void)
{
    check("instruction breakpoint", hit(p_bp_near, bp_near_hit, 1));
    fine("not enabled", p_bp_off);
    check("at CS base + EIP; store, load at FS base, PUSHA", !is_ringwalk() || others());
}
