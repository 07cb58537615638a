// SPDX-License-Identifier: Apache-2.0
// 4- and 5-level paging side by side: canonical addresses, the PML5E, protection keys, MTRRs. SDM
// Vol. 3A "4-Level Paging and 5-Level Paging", "Protection Keys", "Memory Type Range Registers
// (MTRRs)". QEMU does not look at all that is checked here.
#include "../system64/probe.h"

#define CR0_WP    UINT64_C(0x10000)
#define CR4_LA57  UINT64_C(0x1000)
#define CR4_PKE   UINT64_C(0x400000)
#define CR4_PKS   UINT64_C(0x1000000)
#define MSR_PKRS  0x6E1
#define MSR_CSTAR 0xC0000083

/* A page of ring 3 and one of ring 0, of key 5 and key 6; under 5-level paging all 48-bit addresses
 * are there again from bit 48 and from the top on. */
#define USER  UINT64_C(0x4000000000)
#define KERN  UINT64_C(0x4000001000)
#define HIGH  UINT64_C(0x0001000000000000)
#define TOP   UINT64_C(0xFFFF000000000000)
#define HOLE  UINT64_C(0x0100000000000000) /* canonical in no mode */
#define BELOW UINT64_C(0x00FFFFFFFFFFFFF8) /* the last qword of the lower 57-bit half */

#define KEY(i) ((uint64_t)(i) << 59)
#define AD(i)  (UINT32_C(1) << (2 * (i)))
#define WD(i)  (UINT32_C(2) << (2 * (i)))

extern uint64_t boot_pml4[];
static uint64_t pml5[512] __attribute__((aligned(4096)));
static uint64_t *user_page, *kernel_page;

PROBE(load, "movq (%rax), %rax");
PROBE(store, "movq %rax, 64(%rax)");
PROBE(fetch, "call *%rax");
PROBE(jump, "jmp *%rax");
PROBE(cr0, "movq %rax, %cr0");
PROBE(cr4, "movq %rax, %cr4");
PROBE(rdmsr, "movl %eax, %ecx\nrdmsr\nshlq $32, %rdx\norq %rdx, %rax");
PROBE(wrmsr, "movl msr_index(%rip), %ecx\nmovl msr_value(%rip), %eax\n"
             "movl msr_value+4(%rip), %edx\nwrmsr");
PROBE(rdpkru, "movl %eax, %ecx\nmovq $-1, %rdx\n.byte 0x0F, 1, 0xEE\nshlq $32, %rdx\n"
              "orq %rdx, %rax");
PROBE(rdpkru_f3, "xorl %ecx, %ecx\n.byte 0xF3, 0x0F, 1, 0xEE");
PROBE(wrpkru, "xorl %ecx, %ecx\nxorl %edx, %edx\n.byte 0x0F, 1, 0xEF");
PROBE(wrpkru_rcx, "movl $1, %ecx\nxorl %edx, %edx\n.byte 0x0F, 1, 0xEF");
PROBE(wrpkru_rdx, "xorl %ecx, %ecx\nmovl $1, %edx\n.byte 0x0F, 1, 0xEF");
PROBE(invlpg, "invlpg (%rax)");
PROBE(lgdt, "pushq %rax\npushq $0\nmovw $0xFF, 6(%rsp)\nlgdt 6(%rsp)\naddq $16, %rsp");
PROBE(wrfsbase, "wrfsbase %rax\nrdfsbase %rax");
USER_PROBE(u_load, "movq (%rax), %rax");
USER_PROBE(u_store, "movq %rax, 64(%rax)");
USER_PROBE(u_fetch, "call *%rax");
USER_PROBE(u_wrpkru, "xorl %ecx, %ecx\nxorl %edx, %edx\n.byte 0x0F, 1, 0xEF");
uint32_t msr_index;
uint64_t msr_value;

/* void toggle_la57(cr3): through 32-bit code without paging; all of it is mapped to itself. */
__asm__(".text\n"
        "toggle_la57:\n"
        "pushq $0xB8\nleaq 1f(%rip), %rax\npushq %rax\nlretq\n"
        ".code32\n"
        "1: movl %cr0, %eax\nbtrl $31, %eax\nmovl %eax, %cr0\n"
        "movl %cr4, %eax\nxorl $0x1000, %eax\nmovl %eax, %cr4\n"
        "movl %edi, %cr3\n"
        "movl %cr0, %eax\nbtsl $31, %eax\nmovl %eax, %cr0\n"
        "ljmp $0x08, $2f\n"
        ".code64\n"
        "2: ret\n");
void toggle_la57(uint64_t cr3);

static uint64_t cr0(void)
{
    uint64_t v;

    __asm__ volatile("movq %%cr0, %0" : "=r"(v));
    return v;
}

static void faults(const char *what, uint64_t va, uint64_t error)
{
    /* SDM: RSVD comes with P; QEMU forgets it */
    if (!is_ringwalk() && (error & 8))
        seen.error |= 1;
    check(what, SEEN(14, error) && seen.cr2 == va);
}

static void fine(const char *what)
{
    check(what, seen.vector == NONE || seen.vector == 0x80);
}

static unsigned try_msr(uint32_t index, uint64_t value)
{
    msr_index = index;
    msr_value = value;
    return try0(probe_wrmsr, 0);
}

static void here_msr(uint32_t index, uint64_t value)
{
    if (is_ringwalk())
        try_msr(index, value);
}

static void pages(void)
{
    uint8_t *user = page_alloc(), *kernel = page_alloc();

    map_page(USER, (uint64_t)user, PTE_P | PTE_W | PTE_U | KEY(5));
    map_page(KERN, (uint64_t)kernel, PTE_P | PTE_W | KEY(6));
    user_page = entry_of(USER);
    kernel_page = entry_of(KERN);
    *(uint64_t *)user = 0x1111;
    *(uint64_t *)kernel = 0x2222;
    user[16] = kernel[16] = 0xC3;
    pml5[0] = pml5[1] = pml5[511] = (uint64_t)boot_pml4 | PTE_P | PTE_W | PTE_U;
}

/* --- canonical addresses --- */

static void registers_take_57_bits(void)
{
    uint64_t cstar = rdmsr(MSR_CSTAR);

    try_msr(MSR_CSTAR, BELOW);
    check("CSTAR of 57 bits", seen.vector == NONE && rdmsr(MSR_CSTAR) == BELOW);
    here_msr(MSR_CSTAR, HOLE);
    check_here("CSTAR, not canonical: #GP(0)", SEEN(13, 0));
    wrmsr(MSR_CSTAR, cstar);
    write_cr4(read_cr4() | 0x10000);
    try0(probe_wrfsbase, BELOW);
    check("FS base of 57 bits", seen.vector == NONE && result == BELOW);
    here0(probe_wrfsbase, HOLE);
    check_here("WRFSBASE, not canonical: #GP(0)", SEEN(13, 0));
    try0(probe_wrfsbase, 0);
    here0(probe_lgdt, HOLE);
    check_here("LGDT, not canonical: #GP(0)", SEEN(13, 0));
    check("INVLPG, not canonical: nothing", try0(probe_invlpg, HOLE) == NONE);
    check("INVLPG of 57 bits", try0(probe_invlpg, HIGH) == NONE);
}

static void four_level_addresses(void)
{
    try0(probe_load, USER);
    check("4-level paging", seen.vector == NONE && result == 0x1111);
    here0(probe_load, HIGH + USER);
    check_here("48 bits: bit 48 alone is not canonical", SEEN(13, 0));
    here0(probe_jump, HIGH);
    check_here("JMP there: #GP(0)", SEEN(13, 0));
    check("LA57 set in long mode: #GP(0)",
          try0(probe_cr4, read_cr4() | CR4_LA57) == 13 && seen.error == 0);
}

static void five_level_addresses(void)
{
    try0(probe_load, USER);
    check("5-level paging", seen.vector == NONE && result == 0x1111);
    try0(probe_load, HIGH + USER);
    check("bit 48", seen.vector == NONE && result == 0x1111);
    try0(probe_load, TOP + USER);
    check("the upper half", seen.vector == NONE && result == 0x1111);
    try0(probe_fetch, HIGH + USER + 16);
    fine("code at bit 48");
    try3(probe_u_fetch, TOP + USER + 16);
    check("ring 3 calls into the upper half", seen.vector == NONE);
    try0(probe_load, BELOW);
    faults("PML5E not present", BELOW, 0);
    here0(probe_load, HOLE);
    check_here("bit 56 alone is not canonical", SEEN(13, 0));
    here0(probe_load, BELOW + 1);
    check_here("the last byte is not", SEEN(13, 0));
    here0(probe_jump, HOLE);
    check_here("JMP there, 5-level: #GP(0)", SEEN(13, 0));
    check("LA57 clear in long mode: #GP(0)",
          try0(probe_cr4, read_cr4() & ~CR4_LA57) == 13 && seen.error == 0);
}

/* The second 256 TBytes are the first again, by an entry of their own. */
static void pml5e(void)
{
    uint64_t good = pml5[1];

    check("A in the PML5E", pml5[1] & PTE_A);
    for (unsigned bit = 40; bit < 52; bit++) {
        pml5[1] = good | UINT64_C(1) << bit;
        write_cr3(read_cr3());
        try0(probe_load, HIGH + USER);
        faults("reserved in the PML5E", HIGH + USER, 9);
    }
    pml5[1] = good | PTE_PS;
    write_cr3(read_cr3());
    try0(probe_store, HIGH + USER);
    faults("PS in the PML5E", HIGH + USER + 64, 11);
    pml5[1] = good | PTE_XD;
    write_cr3(read_cr3());
    try0(probe_fetch, HIGH + USER + 16);
    faults("XD in the PML5E", HIGH + USER + 16, 0x11);
    pml5[1] = good & ~PTE_W;
    write_cr3(read_cr3());
    try0(probe_store, HIGH + USER);
    faults("R/W = 0 in the PML5E", HIGH + USER + 64, 3);
    pml5[1] = good & ~PTE_U;
    write_cr3(read_cr3());
    try3(probe_u_load, HIGH + USER);
    faults("U/S = 0 in the PML5E", HIGH + USER, 5);
    pml5[1] = good | KEY(15);
    write_cr3(read_cr3());
    try0(probe_load, HIGH + USER);
    fine("bits 62:59 of a PML5E are ignored");
    pml5[1] = good;
    write_cr3(read_cr3());
}

/* Tables by addresses that 4-level paging does not have. */
static void tables_at_57_bits(void)
{
    struct __attribute__((packed)) {
        uint16_t limit;
        uint64_t base;
    } gdtr = {sizeof gdt - 1, HIGH + (uint64_t)gdt}, idtr = {0xFFF, TOP + (uint64_t)idt_copy};

    __asm__ volatile("lgdt %0\nlidt %1" : : "m"(gdtr), "m"(idtr));
    try0(probe_load, BELOW);
    faults("GDT and IDT beyond 48 bits", BELOW, 0);
    gdtr.base = (uint64_t)gdt;
    idtr.base = (uint64_t)idt_copy;
    __asm__ volatile("lgdt %0\nlidt %1" : : "m"(gdtr), "m"(idtr));
}

/* --- protection keys --- */

static void pkru_instructions(void)
{
    uint32_t r[4];

    cpuid(7, 0, r);
    check("CPUID: no OSPKE", (r[2] & 0x18) == 8);
    check("RDPKRU without PKE: #UD", try0(probe_rdpkru, 0) == 6);
    check("WRPKRU without PKE: #UD", try0(probe_wrpkru, 0) == 6);
    write_cr4(read_cr4() | CR4_PKE | CR4_PKS);
    cpuid(7, 0, r);
    check("CPUID: OSPKE", (r[2] & 0x18) == 0x18);
    try0(probe_wrpkru, UINT64_C(0xFFFFFFFF00000000) | WD(9));
    fine("WRPKRU");
    try0(probe_rdpkru, 0);
    check("RDPKRU", seen.vector == NONE && result == WD(9));
    check("RDPKRU, ECX not 0: #GP(0)", try0(probe_rdpkru, 1) == 13 && seen.error == 0);
    check("WRPKRU, ECX not 0: #GP(0)", try0(probe_wrpkru_rcx, 0) == 13);
    check("WRPKRU, EDX not 0: #GP(0)", try0(probe_wrpkru_rdx, 0) == 13);
    here0(probe_rdpkru_f3, 0);
    check_here("F3 RDPKRU: #UD", seen.vector == 6);
    try3(probe_u_wrpkru, 0);
    fine("WRPKRU of ring 3");
    try_msr(MSR_PKRS, UINT64_C(1) << 32);
    check("PKRS bit 32: #GP(0)", SEEN(13, 0));
    try_msr(MSR_PKRS, 0xFFFFFFFC); /* not key 0: the stack */
    check("PKRS", seen.vector == NONE && rdmsr(MSR_PKRS) == 0xFFFFFFFC);
    wrmsr(MSR_PKRS, 0);
}

static void user_keys(uint64_t va)
{
    wrmsr(MSR_PKRS, AD(5) | WD(5));
    try0(probe_wrpkru, 0);
    try0(probe_store, va);
    fine("key 5 allows");
    try0(probe_wrpkru, AD(5));
    try0(probe_load, va);
    faults("AD, supervisor read", va, 0x21);
    try0(probe_store, va);
    faults("AD, supervisor write", va + 64, 0x23);
    try3(probe_u_load, va);
    faults("AD, user read", va, 0x25);
    try3(probe_u_store, va);
    faults("AD, user write", va + 64, 0x27);
    try3(probe_u_fetch, va + 16);
    fine("AD, fetch");
    try0(probe_wrpkru, WD(5));
    try3(probe_u_load, va);
    fine("WD, user read");
    try0(probe_store, va);
    faults("WD, supervisor write", va + 64, 0x23);
    try0(probe_cr0, cr0() & ~CR0_WP);
    try0(probe_store, va);
    fine("WD without WP, supervisor write");
    try3(probe_u_store, va);
    faults("WD without WP, user write", va + 64, 0x27);
    try0(probe_cr0, cr0() | CR0_WP);
    try0(probe_store, va);
    faults("WD with WP again", va + 64, 0x23);
    write_cr4(read_cr4() & ~CR4_PKE);
    try3(probe_u_store, va);
    fine("PKE off");
    write_cr4(read_cr4() | CR4_PKE);
    *user_page = (*user_page & ~(KEY(15) | PTE_W)) | KEY(15);
    invlpg(va);
    try3(probe_u_store, va);
    faults("R/W = 0, another key: no PK", va + 64, 7);
    try0(probe_wrpkru, AD(15));
    try3(probe_u_store, va);
    faults("R/W = 0 and AD: PK", va + 64, 0x27);
    *user_page &= ~PTE_P;
    invlpg(va);
    try0(probe_load, va);
    faults("not present: no PK", va, 0);
    *user_page = (*user_page & ~KEY(15)) | PTE_P | PTE_W | KEY(5);
    invlpg(va);
    try0(probe_wrpkru, 0);
    wrmsr(MSR_PKRS, 0);
}

static void supervisor_keys(uint64_t va)
{
    try0(probe_wrpkru, AD(6) | WD(6));
    try0(probe_store, va);
    fine("PKRU says nothing of a supervisor page");
    wrmsr(MSR_PKRS, AD(6));
    try0(probe_load, va);
    faults("PKRS.AD, read", va, 0x21);
    try0(probe_fetch, va + 16);
    fine("PKRS.AD, fetch");
    wrmsr(MSR_PKRS, WD(6));
    try0(probe_load, va);
    fine("PKRS.WD, read");
    try0(probe_store, va);
    faults("PKRS.WD, write", va + 64, 0x23);
    try0(probe_cr0, cr0() & ~CR0_WP);
    try0(probe_store, va);
    fine("PKRS.WD without WP, write");
    try0(probe_cr0, cr0() | CR0_WP);
    write_cr4(read_cr4() & ~CR4_PKS);
    try0(probe_store, va);
    fine("PKS off");
    write_cr4(read_cr4() | CR4_PKS);
    wrmsr(MSR_PKRS, 0);
    try0(probe_wrpkru, 0);
}

/* --- memory types --- */

static void mtrrs(void)
{
    static const uint8_t types[] = {0, 1, 4, 5, 6};
    uint64_t def_type = rdmsr(0x2FF);

    check("MTRRCAP: 8 ranges and WC", (rdmsr(0xFE) & 0x4FF) == 0x408);
    here_msr(0xFE, 0x408);
    check_here("MTRRCAP is read-only: #GP(0)", SEEN(13, 0));
    for (uint32_t n = 0; n < 8; n++) {
        try_msr(0x200 + 2 * n, UINT64_C(0xFFFFFFF000) | types[n % 5]);
        check("PHYSBASE", seen.vector == NONE &&
                              rdmsr(0x200 + 2 * n) == (UINT64_C(0xFFFFFFF000) | types[n % 5]));
        try_msr(0x201 + 2 * n, UINT64_C(0xFFFFFFF800));
        check("PHYSMASK", seen.vector == NONE && rdmsr(0x201 + 2 * n) == UINT64_C(0xFFFFFFF800));
        here_msr(0x200 + 2 * n, 2);
        check_here("PHYSBASE, type 2: #GP(0)", SEEN(13, 0));
        here_msr(0x200 + 2 * n, 0x806);
        check_here("PHYSBASE, bit 11: #GP(0)", SEEN(13, 0));
        here_msr(0x201 + 2 * n, UINT64_C(1) << 40);
        check_here("PHYSMASK, bit 40: #GP(0)", SEEN(13, 0));
        wrmsr(0x201 + 2 * n, 0);
        wrmsr(0x200 + 2 * n, 0);
    }
    here_msr(0x2FF, 0xC06);
    check_here("DEF_TYPE, fixed ranges: #GP(0)", SEEN(13, 0));
    here_msr(0x2FF, 0x807);
    check_here("DEF_TYPE, type 7: #GP(0)", SEEN(13, 0));
    wrmsr(0x200, (*user_page & UINT64_C(0xFFFFFFF000)) | 4);
    wrmsr(0x201, UINT64_C(0xFFFFFFF800));
    try0(probe_load, USER);
    fine("a page that is WT");
    wrmsr(0x2FF, 0);
    try0(probe_load, KERN);
    fine("MTRRs off");
    wrmsr(0x2FF, 0x806);
    wrmsr(0x202, (*user_page & UINT64_C(0xFFFFFFF000)) | 0);
    wrmsr(0x203, UINT64_C(0xFFFFFFF800));
    try0(probe_load, USER);
    fine("UC over it");
    for (uint32_t index = 0x200; index < 0x204; index++)
        wrmsr(index, 0);
    wrmsr(0x2FF, def_type);
}

int main(void)
{
    probes_open();
    pages();
    registers_take_57_bits();
    four_level_addresses();
    pkru_instructions();
    user_keys(USER);
    supervisor_keys(KERN);
    mtrrs();
    toggle_la57((uint64_t)pml5);
    check("LA57", (read_cr4() & CR4_LA57) && read_cr3() == (uint64_t)pml5);
    registers_take_57_bits();
    five_level_addresses();
    pml5e();
    tables_at_57_bits();
    user_keys(HIGH + USER);
    supervisor_keys(TOP + KERN);
    mtrrs();
    toggle_la57((uint64_t)boot_pml4);
    check("LA57 off", !(read_cr4() & CR4_LA57));
    four_level_addresses();
    line("failures", failures);
    return failures == 0 ? 0 : 1;
}
