// SPDX-License-Identifier: Apache-2.0
// BOUND, LDS LES LSS LFS LGS and ARPL in 32-bit protected mode. SDM Vol. 2 "BOUND",
// "LDS/LES/LFS/LGS/LSS", "ARPL".
#include "system32.h"

#define BOUNDS(name, index)                                                                        \
    PROBE(name, "pushl $7\npushl $-3\nmovl $" #index ", %eax\nboundl %eax, (%esp)\naddl $8, %esp")
BOUNDS(bound_low, -3);
BOUNDS(bound_high, 7);
BOUNDS(bound_below, -4);
BOUNDS(bound_above, 8);
BOUNDS(bound_far, 0x80000000);
PROBE(bound_16, "pushl $0x0007FFFD\nmovl $0x12340005, %eax\nboundw %ax, (%esp)\naddl $4, %esp");
PROBE(bound_16_out, "pushl $0x0007FFFD\nmovl $0x00058000, %eax\nboundw %ax, (%esp)\naddl $4, %esp");
PROBE(bound_last, WITH(fs, 0x28, "movl %fs:0xFF8, %eax\nboundl %eax, %fs:0xFF8"));
PROBE(bound_past, WITH(fs, 0x28, "xorl %eax, %eax\nboundl %eax, %fs:0xFFC"));
PROBE(bound_wraps, "movl $-3, 0xFFFC\nmovl $7, 0\nmovl $0x10000, 4\nmovl $7, %eax\n"
                   "movl $0xFFFC, %ebx\naddr16 boundl %eax, (%bx)");
PROBE(bound_wraps_out, "movl $8, %eax\nmovl $0xFFFC, %ebx\naddr16 boundl %eax, (%bx)");
PROBE(bound_reg, ".byte 0x62, 0xC0");
PROBE(bound_lock, ".byte 0xF0, 0x62, 0x04, 0x24");

/* The pointer sel:12345678 on the stack; EAX 5 before, and a fault leaves it. */
#define LOAD(name, sel, insn)                                                                      \
    PROBE(name, "pushl $" #sel "\npushl $0x12345678\nmovl $5, %eax\n" insn " (%esp), %eax\n"       \
                "addl $8, %esp")
LOAD(les, 0x60, "lesl");
LOAD(les_null, 3, "lesl");
LOAD(lds, 0x60, "ldsl");
LOAD(lds_exec, 0x50, "ldsl");
LOAD(lds_absent, 0x40, "ldsl");
LOAD(lds_beyond, 0x108, "ldsl");
LOAD(lfs, 0x60, "lfsl");
LOAD(lgs_ring, 0x13, "lgsl");
LOAD(lss, 0x10, "lssl");
LOAD(lss_null, 0, "lssl");
LOAD(lss_absent, 0x40, "lssl");
LOAD(lss_ro, 0x48, "lssl");
LOAD(lss_ring1, 0x69, "lssl");
PROBE(les_sel, "pushl $0x28\npushl $0x12345678\nlesl (%esp), %eax\naddl $8, %esp\nmovl %es, %eax");
PROBE(lds_sel, "pushl $0x28\npushl $0x12345678\nldsl (%esp), %eax\naddl $8, %esp\nmovl %ds, %eax\n"
               "movl $0x10, %ecx\nmovl %ecx, %ds");
PROBE(lfs_sel, "pushl $0x28\npushl $0x12345678\nlfsl (%esp), %eax\naddl $8, %esp\nmovl %fs, %eax");
PROBE(lgs_sel, "pushl $0x28\npushl $0x12345678\nlgsl (%esp), %eax\naddl $8, %esp\nmovl %gs, %eax");
PROBE(les_16, "pushl $0x00105678\nmovl $0x99990000, %eax\nlesw (%esp), %ax\naddl $4, %esp");
PROBE(lfs_limit, WITH(gs, 0x28, "movw $0x10, %gs:0xFFE\nlfsl %gs:0xFFA, %eax"));
PROBE(lfs_past, WITH(gs, 0x28, "movl $5, %eax\nlfsl %gs:0xFFC, %eax"));
PROBE(lfs_base,
      "pushl $0x28\npushl $0x12345678\nmovl %esp, %eax\nlfsl (%eax), %eax\naddl $8, %esp");
PROBE(null_then_load, "pushl $0\npushl $0\nlesl (%esp), %eax\naddl $8, %esp\nmovl %es:0, %eax");
PROBE(lds_reg, ".byte 0xC5, 0xC0");
PROBE(les_reg, ".byte 0xC4, 0xC0");
PROBE(lss_reg, ".byte 0x0F, 0xB2, 0xC0");
PROBE(lfs_reg, ".byte 0x0F, 0xB4, 0xC0");
PROBE(lgs_reg, ".byte 0x0F, 0xB5, 0xC0");
PROBE(les_lock, ".byte 0xF0, 0xC4, 0x04, 0x24");
PROBE(lss_step, "pushfl\npushl $0x10\npushl $0\norl $0x100, 8(%esp)\npushl 8(%esp)\npopfl\n"
                "lssl (%esp), %eax\nnop\nnop\nnop");

/* EAX after, ZF in bit 31 by SETZ into EDX. */
#define ZF_OUT "\nsetz %dl\nmovzbl %dl, %edx\nshll $31, %edx\nxorl %edx, %eax"
PROBE(arpl_up, "movl $0x11110020, %eax\nmovl $0x22220003, %ecx\narpl %cx, %ax" ZF_OUT);
PROBE(arpl_same, "movl $0x11110022, %eax\nmovl $2, %ecx\ncmpl %eax, %eax\narpl %cx, %ax" ZF_OUT);
PROBE(arpl_above, "movl $0x11110023, %eax\nmovl $1, %ecx\ncmpl %eax, %eax\narpl %cx, %ax" ZF_OUT);
PROBE(arpl_m, "pushl $0x33330008\nmovl $2, %ecx\narpl %cx, (%esp)\nsetz %dl\npopl %eax\n"
              "movzbl %dl, %edx\nshll $31, %edx\nxorl %edx, %eax");
PROBE(arpl_m_same, "pushl $0x3333000B\nmovl $2, %ecx\narpl %cx, (%esp)\nsetz %dl\npopl %eax\n"
                   "movzbl %dl, %edx\nshll $31, %edx\nxorl %edx, %eax");
PROBE(arpl_flags, "movl $0x20, %eax\nmovl $3, %ecx\npushl $0x895\npopfl\narpl %cx, %ax\npushfl\n"
                  "popl %edx\npushl $0x40\npopfl\narpl %cx, %ax\npushfl\npopl %eax\n"
                  "andl $0x8D5, %eax\nandl $0x8D5, %edx\nshll $16, %edx\norl %edx, %eax");
PROBE(arpl_ro, WITH(fs, 0x48, "movl $8, 0x300000\nmovl $3, %ecx\narpl %cx, %fs:0x300000"));
PROBE(arpl_ro_same, WITH(fs, 0x48, "movl $0xB, 0x300000\nmovl $3, %ecx\narpl %cx, %fs:0x300000"));
PROBE(arpl_past, WITH(fs, 0x28, "arpl %cx, %fs:0xFFF"));
PROBE(arpl_lock, ".byte 0xF0, 0x63, 0x0C, 0x24");

/* The same with 16-bit operands and addresses by default. */
extern uint8_t pointers16[];
__asm__(".text\n.align 16\n.code16\npointers16:\n"
        "movw $0x9000, %bx\nlesw (%bx), %ax\nboundw %cx, 4(%bx)\narpl %dx, 8(%bx)\n"
        "setz %dl\nlsl 10(%bx), %si\nlretl\n.code32\n");
PROBE(wide16, "movl $0x00104321, 0x9000\nmovl $0x0003FFFE, 0x9004\nmovl $0x00100020, 0x9008\n"
              "movl $0xAAAA0000, %eax\nmovl $3, %ecx\nmovl $0x7702, %edx\n"
              "lcall $0x98, $0\ncmpw $0x22, 0x9008\njne 1f\ncmpb $1, %dl\njne 1f\n"
              "cmpw $0xFFFF, %si\njne 1f\nret\n1: ud2");

static void bound(void)
{
    fine("BOUND at the lower bound", p_bound_low);
    fine("at the upper one", p_bound_high);
    fault("below: #BR", p_bound_below, 5, 0);
    check("it is a fault, with RF", seen[4] >> 16 & 1);
    check("of the instruction itself", *(volatile uint8_t *)(uintptr_t)seen[2] == 0x62);
    fault("above: #BR", p_bound_above, 5, 0);
    fault("signed: #BR", p_bound_far, 5, 0);
    fine("BOUND of 16 bits", p_bound_16);
    fault("outside: #BR", p_bound_16_out, 5, 0);
    fine("bounds that end with the segment", p_bound_last);
    fault("beyond it: #GP(0)", p_bound_past, 13, 0);
    fine("the upper bound wraps at 64 KiB", p_bound_wraps);
    fault("and is looked at: #BR", p_bound_wraps_out, 5, 0);
    fault("BOUND of a register: #UD", p_bound_reg, 6, 0);
    fault("LOCK BOUND: #UD", p_bound_lock, 6, 0);
}

static void loads(const char *what, void (*fn)(void), uint32_t vector, uint32_t error)
{
    fault(what, fn, vector, error);
    check("EAX is as before", saved(7) == 5);
}

static void far_pointers(void)
{
    gdt[12] &= ~(UINT64_C(1) << 40);
    check("LES", probe(p_les) == NONE && result == 0x12345678);
    check("sets the accessed bit", gdt[12] >> 40 & 1);
    check("LES of null", probe(p_les_null) == NONE && result == 0x12345678);
    fault("a null ES cannot be used: #GP(0)", p_null_then_load, 13, 0);
    check("LDS", probe(p_lds) == NONE && result == 0x12345678);
    loads("LDS execute-only: #GP(sel)", p_lds_exec, 13, 0x50);
    loads("LDS not present: #NP(sel)", p_lds_absent, 11, 0x40);
    loads("LDS beyond the table: #GP(sel)", p_lds_beyond, 13, 0x108);
    check("LFS", probe(p_lfs) == NONE && result == 0x12345678);
    loads("LGS RPL > DPL: #GP(sel)", p_lgs_ring, 13, 0x10);
    check("LSS", probe(p_lss) == NONE && result == 0x12345678);
    loads("LSS null: #GP(0)", p_lss_null, 13, 0);
    loads("LSS not present: #SS(sel)", p_lss_absent, 12, 0x40);
    loads("LSS read-only: #GP(sel)", p_lss_ro, 13, 0x48);
    loads("LSS of ring 1: #GP(sel)", p_lss_ring1, 13, 0x68);
    loads("LFS across the limit: #GP(0)", p_lfs_past, 13, 0);
    fine("LFS up to the limit", p_lfs_limit);
    check("LFS into its own base", probe(p_lfs_base) == NONE && result == 0x12345678);
    check("LES loads ES", probe(p_les_sel) == NONE && result == 0x28);
    check("LDS loads DS", probe(p_lds_sel) == NONE && result == 0x28);
    check("LFS loads FS", probe(p_lfs_sel) == NONE && result == 0x28);
    check("LGS loads GS", probe(p_lgs_sel) == NONE && result == 0x28);
    check("LES of 16 bits merges", probe(p_les_16) == NONE && result == 0x99995678);
    fault("LDS of a register: #UD", p_lds_reg, 6, 0);
    fault("LES of a register: #UD", p_les_reg, 6, 0);
    fault("LSS of a register: #UD", p_lss_reg, 6, 0);
    fault("LFS of a register: #UD", p_lfs_reg, 6, 0);
    fault("LGS of a register: #UD", p_lgs_reg, 6, 0);
    fault("LOCK LES: #UD", p_les_lock, 6, 0);
    check("LSS holds no trap",
          probe(p_lss_step) == 1 && *(volatile uint8_t *)(uintptr_t)(seen[2] - 4) == 0x0F);
}

static void arpl(void)
{
    check("ARPL raises RPL", probe(p_arpl_up) == NONE && result == 0x91110023);
    check("ARPL of the same", probe(p_arpl_same) == NONE && result == 0x11110022);
    check("ARPL of a higher one", probe(p_arpl_above) == NONE && result == 0x11110023);
    check("ARPL of memory", probe(p_arpl_m) == NONE && result == 0xB333000A);
    check("ARPL of memory, a higher one", probe(p_arpl_m_same) == NONE && result == 0x3333000B);
    check("ARPL changes ZF alone", probe(p_arpl_flags) == NONE && result == 0x08D50000);
    fault("ARPL of read-only data: #GP(0)", p_arpl_ro, 13, 0);
    check("ARPL of read-only data, nothing to raise", probe(p_arpl_ro_same) == NONE);
    fault("ARPL across the limit: #GP(0)", p_arpl_past, 13, 0);
    fault("LOCK ARPL: #UD", p_arpl_lock, 6, 0);
}

void pointers(void)
{
    bound();
    far_pointers();
    arpl();
    set_base(&gdt[19], pointers16);
    check("all of it in 16-bit code", probe(p_wide16) == NONE && result == 0xAAAA4321);
}
