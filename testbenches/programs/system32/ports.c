// SPDX-License-Identifier: Apache-2.0
// INS and OUTS in 32-bit protected mode: segments, address sizes, the I/O permission bitmap. The
// port is the UART's scratch register. SDM Vol. 2 "INS", "OUTS"; Vol. 1 "I/O Permission Bit Map".
#include "system32.h"

#define SCRATCH 0x3FF

#define AT_PORT "movl $0x3FF, %edx\nmovl $3, %ecx\n"
PROBE(insb_last, WITH(es, 0x28, AT_PORT "movl $0xFFF, %edi\ninsb"));
PROBE(insb_past, WITH(es, 0x28, AT_PORT "movl $0x1000, %edi\ninsb"));
PROBE(rep_insb_past, WITH(es, 0x28, AT_PORT "movl $0xFFE, %edi\nrep insb"));
PROBE(insb_ro, WITH(es, 0x48, AT_PORT "movl $0x9000, %edi\ninsb"));
PROBE(insb_null, WITH(es, 0, AT_PORT "movl $0x9000, %edi\ninsb"));
PROBE(insb_fs, WITH(es, 0x28, AT_PORT "movl $0x1000, %edi\n.byte 0x64\ninsb"));
PROBE(outsb_past, WITH(ds, 0x28, AT_PORT "movl $0x1000, %esi\noutsb"));
PROBE(outsb_fs, WITH(ds, 0x28,
                     AT_PORT "movl $0x10, %eax\nmovl %eax, %fs\nmovl $0x9000, %esi\n"
                             "fs outsb\nmovl %esi, %eax\nmovl $0x10, %ecx\n"
                             "movl %ecx, %ds"));
PROBE(insb_16, AT_PORT "movl $0x12349000, %edi\naddr16 insb\nmovl %edi, %eax");
PROBE(insb_16_wraps, AT_PORT "movl $0x1234FFFF, %edi\naddr16 insb\nmovl %edi, %eax");
PROBE(rep_insb_16, "movl $0x3FF, %edx\nmovl $0x10002, %ecx\nmovl $0x9000, %edi\n"
                   "addr16 rep insb\nmovl %ecx, %eax");
PROBE(outsb_down, AT_PORT "movl $0x9001, %esi\nstd\noutsb\ncld\nmovl %esi, %eax");
PROBE(rep_none, WITH(es, 0, "movl $0x3FF, %edx\nxorl %ecx, %ecx\nrep insb"));
PROBE(u_insb, AT_PORT "movl $0x9000, %edi\ninsb\nint $0x80");
PROBE(u_insw, AT_PORT "movl $0x9000, %edi\ninsw\nint $0x80");
PROBE(u_outsb, AT_PORT "movl $0x9000, %esi\nrep outsb\nint $0x80");
PROBE(u_outsb_other, "movl $0x3FE, %edx\nmovl $0x9000, %esi\noutsb\nint $0x80");
PROBE(u_other_null, "xorl %eax, %eax\nmovl %eax, %es\nmovl $0x3FE, %edx\nmovl $0x9000, %edi\n"
                    "insb\nint $0x80");
PROBE(u_iopl, "movl $0x3FE, %edx\nmovl $0x9000, %edi\ninsb\nint $0x80");
PROBE(u_rep_none, "movl $0x3FE, %edx\nxorl %ecx, %ecx\nrep insb\nint $0x80");
PROBE(out_iopl, "pushl $0x23\npushl $user_stack_top\npushl $0x3002\npushl $0x1B\npushl $p_u_iopl\n"
                "movl $0x23, %eax\nmovl %eax, %es\niretl");
PROBE(ltr_f8, "movl $0xF8, %eax\nltr %ax");
PROBE(ltr_30, "movl $0x30, %eax\nltr %ax");

static uint8_t in(uint16_t port)
{
    uint8_t v;

    __asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port));
    return v;
}

static void out(uint16_t port, uint8_t v)
{
    __asm__ volatile("outb %0, %1" : : "a"(v), "Nd"(port));
}

static volatile uint8_t *byte_at(uintptr_t at)
{
    __asm__("" : "+r"(at));
    return (volatile uint8_t *)at;
}

static void segments(void)
{
    fine("INSB to the last byte", p_insb_last);
    fault("past the limit: #GP(0)", p_insb_past, 13, 0);
    fault("REP INSB past the limit: #GP(0)", p_rep_insb_past, 13, 0);
    check("two of it are done", saved(6) == 1 && saved(0) == 0x1000);
    fault("to read-only data: #GP(0)", p_insb_ro, 13, 0);
    fault("to a null ES: #GP(0)", p_insb_null, 13, 0);
    fault("FS does not override ES: #GP(0)", p_insb_fs, 13, 0);
    fault("OUTSB past the limit: #GP(0)", p_outsb_past, 13, 0);
    *byte_at(0x9000) = 0x71;
    check("FS overrides DS", probe(p_outsb_fs) == NONE && result == 0x9001 && in(SCRATCH) == 0x71);
    fine("REP INSB of nothing to a null ES", p_rep_none);
}

static void addresses(void)
{
    out(SCRATCH, 0x42);
    check("INSB by DI",
          probe(p_insb_16) == NONE && result == 0x12349001 && *byte_at(0x9000) == 0x42);
    check("DI wraps",
          probe(p_insb_16_wraps) == NONE && result == 0x12340000 && *byte_at(0xFFFF) == 0x42);
    *byte_at(0x9002) = 0;
    check("REP counts CX", probe(p_rep_insb_16) == NONE && result == 0x10000 &&
                               *byte_at(0x9001) == 0x42 && *byte_at(0x9002) == 0);
    *byte_at(0x9001) = 0x43;
    check("OUTSB down", probe(p_outsb_down) == NONE && result == 0x9000 && in(SCRATCH) == 0x43);
}

/* A TSS whose map lets ring 3 use the scratch register alone. */
static uint8_t tss_map[0x68 + 0x81];

static void permission(void)
{
    for (unsigned i = 0; i < 0x66; i++)
        tss_map[i] = ((volatile uint8_t *)tss)[i];
    tss_map[0x66] = 0x68;
    for (unsigned i = 0x68; i < sizeof tss_map; i++)
        tss_map[i] = 0xFF;
    tss_map[0x68 + SCRATCH / 8] = 0x7F;
    gdt[31] = UINT64_C(0x0000890000000000) | (sizeof tss_map - 1);
    set_base(&gdt[31], tss_map);
    fine("LTR", p_ltr_f8);
    check("the map lets INSB in", probe3(p_u_insb) == 0x80);
    check("and REP OUTSB", probe3(p_u_outsb) == 0x80 && saved(6) == 0);
    probe3(p_u_insw);
    check("INSW needs two bits: #GP(0)", seen[0] == 13 && seen[1] == 0);
    probe3(p_u_outsb_other);
    check("OUTSB of another port: #GP(0)", seen[0] == 13 && seen[1] == 0);
    probe3(p_u_other_null);
    check("INSB of another port: #GP(0)", seen[0] == 13 && seen[1] == 0);
    check("REP INSB of nothing wants the port all the same", probe3(p_u_rep_none) == 13);
    check("IOPL 3 asks no map", probe(p_out_iopl) == 0x80);
    gdt[6] &= ~(UINT64_C(2) << 40);
    fine("the first TSS again", p_ltr_30);
    probe3(p_u_insb);
    check("no map: #GP(0)", seen[0] == 13 && seen[1] == 0);
}

void ports(void)
{
    segments();
    addresses();
    permission();
}
