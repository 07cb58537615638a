// SPDX-License-Identifier: Apache-2.0
// INS and OUTS: sizes, direction, REP, the I/O permission bitmap, page faults. The ports are the
// UART's scratch register and the PCI configuration address. SDM Vol. 2 "INS", "OUTS"; Vol. 1
// "I/O Permission Bit Map".
#include "probe.h"

#define SCRATCH 0x3FF
#define CONFIG  0xCF8

uint8_t port_bytes[64] __attribute__((aligned(16)));
USER_DATA uint8_t user_port_bytes[16] = {1};

/* RDX and RSI or RDI given, RCX = 3; RAX is how far it moved, RCX in bits 63:32. */
#define OUTS(name, port, text)                                                                     \
    PROBE(name, "movl $" #port ", %edx\nmovl $3, %ecx\nmovq %rax, %rsi\n" text                     \
                "\nsubq %rax, %rsi\nmovl %esi, %eax\nshlq $32, %rcx\norq %rcx, %rax")
#define INS(name, port, text)                                                                      \
    PROBE(name, "movl $" #port ", %edx\nmovl $3, %ecx\nmovq %rax, %rdi\n" text                     \
                "\nsubq %rax, %rdi\nmovl %edi, %eax\nshlq $32, %rcx\norq %rcx, %rax")
OUTS(outsb, 0x3FF, "outsb");
OUTS(outsb_down, 0x3FF, "std\noutsb");
OUTS(rep_outsb, 0x3FF, "rep outsb");
OUTS(repne_outsb, 0x3FF, "repne outsb");
OUTS(outsl, 0xCF8, "outsl");
OUTS(outsl_w, 0xCF8, ".byte 0x48, 0x6F");
INS(insb, 0x3FF, "insb");
INS(insb_down, 0x3FF, "std\ninsb");
INS(rep_insb, 0x3FF, "rep insb");
INS(repne_insb, 0x3FF, "repne insb");
INS(insl, 0xCF8, "insl");
INS(insl_w, 0xCF8, ".byte 0x48, 0x6D");
INS(rep_insl, 0xCF8, "rep insl");
INS(insw, 0xCFC, "insw");
INS(insb_lock, 0x3FF, ".byte 0xF0, 0x6C");
PROBE(insb_67,
      "movl $0x3FF, %edx\nmovq %rax, %rdi\nmovq $0x7777777700000000, %rcx\norq %rcx, %rdi\n"
      ".byte 0x67, 0x6C\nsubq %rax, %rdi\nmovq %rdi, %rax");
PROBE(outsb_fs, "movq %rax, %rsi\nmovl $0xC0000100, %ecx\nmovl $16, %eax\nxorl %edx, %edx\nwrmsr\n"
                "movl $0x3FF, %edx\nfs outsb\nmovl $0xC0000100, %ecx\nxorl %eax, %eax\n"
                "xorl %edx, %edx\nwrmsr");

/* Ring 3: the port is given. */
USER_PROBE(insb3, "movl %eax, %edx\nleaq user_port_bytes(%rip), %rdi\ninsb\nint $0x80");
USER_PROBE(insw3, "movl %eax, %edx\nleaq user_port_bytes(%rip), %rdi\ninsw\nint $0x80");
USER_PROBE(outsb3, "movl %eax, %edx\nleaq user_port_bytes(%rip), %rsi\noutsb\nint $0x80");
USER_PROBE(rep_outsb3, "movl %eax, %edx\nleaq user_port_bytes(%rip), %rsi\nmovl $3, %ecx\n"
                       "rep outsb\nint $0x80");
USER_PROBE(rep_none3, "movl %eax, %edx\nleaq user_port_bytes(%rip), %rdi\nxorl %ecx, %ecx\n"
                      "rep insb\nint $0x80");
USER_PROBE(insb3_bad, "movl %eax, %edx\nmovl $port_bytes, %edi\ninsb\nint $0x80");
PROBE(ltr_ports, "ltr %ax");

static bool moved(int32_t bytes, uint32_t rcx)
{
    return seen.vector == NONE && result == ((uint64_t)rcx << 32 | (uint32_t)bytes);
}

static void bytes(void)
{
    memcpy(port_bytes, "\x11\x22\x33\x44", 4);
    try0(probe_outsb, (uint64_t)port_bytes);
    check("OUTSB", moved(1, 3) && inb(SCRATCH) == 0x11);
    try0(probe_outsb_down, (uint64_t)port_bytes + 1);
    check("OUTSB down", moved(-1, 3) && inb(SCRATCH) == 0x22);
    try0(probe_rep_outsb, (uint64_t)port_bytes + 1);
    check("REP OUTSB", moved(3, 0) && inb(SCRATCH) == 0x44);
    try0(probe_repne_outsb, (uint64_t)port_bytes);
    check("REPNE OUTSB is the same", moved(3, 0) && inb(SCRATCH) == 0x33);
    try0(probe_insb, (uint64_t)port_bytes);
    check("INSB", moved(1, 3) && memcmp(port_bytes, "\x33\x22\x33\x44", 4) == 0);
    outb(SCRATCH, 0x55);
    try0(probe_insb_down, (uint64_t)port_bytes + 3);
    check("INSB down", moved(-1, 3) && memcmp(port_bytes, "\x33\x22\x33\x55", 4) == 0);
    try0(probe_rep_insb, (uint64_t)port_bytes + 1);
    check("REP INSB", moved(3, 0) && memcmp(port_bytes, "\x33\x55\x55\x55\0", 5) == 0);
    outb(SCRATCH, 0x66);
    try0(probe_repne_insb, (uint64_t)port_bytes);
    check("REPNE INSB is the same", moved(3, 0) && memcmp(port_bytes, "\x66\x66\x66\x55", 4) == 0);
    outb(SCRATCH, 0x77);
    check("67 INSB takes EDI", try0(probe_insb_67, (uint64_t)port_bytes) == NONE && result == 1 &&
                                   port_bytes[0] == 0x77 && port_bytes[1] == 0x66);
    port_bytes[16 + 2] = 0x88;
    check("FS OUTSB",
          try0(probe_outsb_fs, (uint64_t)port_bytes + 2) == NONE && inb(SCRATCH) == 0x88);
    here0(probe_insb_lock, (uint64_t)port_bytes);
    check_here("LOCK INSB: #UD", seen.vector == 6);
}

static void words(void)
{
    uint32_t *p = (uint32_t *)port_bytes;
    uint16_t id;

    memset(port_bytes, 0, sizeof port_bytes);
    p[0] = 0x80001200;
    p[1] = 0x80000000;
    try0(probe_outsl, (uint64_t)port_bytes);
    check("OUTSL", moved(4, 3) && inl(CONFIG) == 0x80001200);
    try0(probe_outsl_w, (uint64_t)port_bytes + 4);
    check("REX.W OUTSL: 4 bytes", moved(4, 3) && inl(CONFIG) == 0x80000000);
    __asm__ volatile("inw %1, %0" : "=a"(id) : "Nd"((uint16_t)0xCFC));
    try0(probe_insw, (uint64_t)port_bytes + 8);
    check("INSW", moved(2, 3) && p[2] == id);
    try0(probe_insl, (uint64_t)port_bytes + 12);
    check("INSL", moved(4, 3) && p[3] == 0x80000000 && p[4] == 0);
    p[3] = 0;
    try0(probe_insl_w, (uint64_t)port_bytes + 12);
    check("REX.W INSL: 4 bytes", moved(4, 3) && p[3] == 0x80000000 && p[4] == 0);
    try0(probe_rep_insl, (uint64_t)port_bytes + 20);
    check("REP INSL",
          moved(12, 0) && p[4] == 0 && p[5] == 0x80000000 && p[7] == 0x80000000 && p[8] == 0);
}

static void page_faults(void)
{
    uint8_t *page = page_alloc();
    uint64_t va = UINT64_C(0x8000050000);

    map_page(va, (uint64_t)page, PTE_P | PTE_W);
    outb(SCRATCH, 0x5A);
    try0(probe_rep_insb, va + 4094);
    check("REP INSB over a page's end: #PF, two are done",
          SEEN(14, 2) && seen.cr2 == va + 4096 && seen.rcx == 1 && seen.rdi == va + 4096 &&
              page[4094] == 0x5A && page[4095] == 0x5A);
    page[4095] = 0xA5;
    try0(probe_rep_outsb, va + 4095);
    check("REP OUTSB: #PF, one is done", SEEN(14, 0) && seen.cr2 == va + 4096 && seen.rcx == 2 &&
                                             seen.rsi == va + 4096 && inb(SCRATCH) == 0xA5);
    try0(probe_insl, va + 4094);
    check("INSL over a page's end: #PF",
          SEEN(14, 2) && seen.cr2 == va + 4096 && seen.rdi == va + 4094);
    here0(probe_outsb, UINT64_C(0x0000800000000000));
    check_here("OUTSB, not canonical: #GP(0)", SEEN(13, 0));
    here0(probe_insb, UINT64_C(0x0000800000000000));
    check_here("INSB, not canonical: #GP(0)", SEEN(13, 0));
}

/* A TSS with a map that lets ring 3 use the scratch register alone; ring 0's stack as before. */
static uint8_t tss[0x68 + 0x81] __attribute__((aligned(16)));

static void load_tss(uint64_t limit)
{
    gdt[24] = limit | (uint64_t)tss << 16 | UINT64_C(0x89) << 40;
    gdt[25] = 0;
    try0(probe_ltr_ports, 0xC0);
}

static void permission(void)
{
    uint64_t old = gdt[6];
    uint16_t map = 0x68;

    memcpy(tss, (void *)((old >> 16 & 0xFFFFFF) | (old >> 56) << 24), 0x68);
    memcpy(tss + 0x66, &map, 2);
    memset(tss + 0x68, 0xFF, 0x81);
    tss[0x68 + SCRATCH / 8] = 0x7F;
    load_tss(sizeof tss - 1);
    outb(SCRATCH, 0x3C);
    try3(probe_insb3, SCRATCH);
    check("the map lets INSB in", seen.vector == 0x80 && user_port_bytes[0] == 0x3C);
    try3(probe_insw3, SCRATCH);
    check("INSW needs two bits: #GP(0)", SEEN(13, 0));
    try3(probe_insb3, SCRATCH - 1);
    check("INSB of another port: #GP(0)", SEEN(13, 0));
    try3(probe_outsb3, SCRATCH - 1);
    check("OUTSB of another port: #GP(0)", SEEN(13, 0));
    memcpy(user_port_bytes, "\x01\x02\x03", 3);
    try3(probe_rep_outsb3, SCRATCH);
    check("REP OUTSB", seen.vector == 0x80 && seen.rcx == 0 && inb(SCRATCH) == 3);
    try3(probe_insb3_bad, SCRATCH);
    check("INSB to ring 0's page: #PF", SEEN(14, 7) && seen.cr2 == (uint64_t)port_bytes);
    try3(probe_insb3_bad, SCRATCH - 1);
    check("but the port comes first: #GP(0)", SEEN(13, 0));
    here3(probe_rep_none3, SCRATCH - 1);
    check("REP INSB of nothing wants the port all the same", seen.vector == 13);
    load_tss(sizeof tss - 2);
    try3(probe_insb3, SCRATCH);
    check("the byte behind the map's is needed: #GP(0)", SEEN(13, 0));
    gdt[6] &= ~(UINT64_C(2) << 40);
    try0(probe_ltr_ports, 0x30);
}

void port_tests(void)
{
    bytes();
    words();
    page_faults();
    permission();
}
