// SPDX-License-Identifier: Apache-2.0
// 32-bit paging with and without PSE, PSE-36, PAE paging and its PDPTE registers, and the ways from
// one to the other. SDM Vol. 3A "32-Bit Paging", "PAE Paging", "Paging-Mode Modification". QEMU
// reads the PDPTEs at each walk: what only their registers explain is checked on this machine
// alone.
#include "paging32.h"

static void check_here(const char *what, bool ok)
{
    check(what, ok || !is_ringwalk());
}

static uint32_t here(uint32_t (*to_cr)(uint32_t), uint32_t v)
{
    return is_ringwalk() ? to_cr(v) : NONE;
}

static uint32_t address(const volatile void *p)
{
    return (uint32_t)(uintptr_t)p;
}

/* --- 32-bit paging --- */

static void small_pages(void)
{
    set_pte(1023, address(page[3]) | P | W);
    supervisor(READ, WINDOW + 0x3FF000);
    check("the last page of the table", result == MARK + 3);
    set_pde(to_table(P | W | U | PS));
    set_pte(0, to_page(0, P | W));
    supervisor(READ, WINDOW);
    check("PS without CR4.PSE refers to a table", result == MARK);
    set_pde(to_table(P | W | U));
}

static void large_pages(void)
{
    uint32_t at = address(page[1]) & 0x3FFFFF, base = address(page[1]) & ~0x3FFFFFu;

    to_cr4(cr4() | CR4_PSE);
    set_pde(base | P | W | PS);
    supervisor(READ, WINDOW + at);
    check("4 MBytes", result == MARK + 1);
    check("A, and not D", (pde() & (A | D)) == A);
    supervisor(WRITE, WINDOW + at + 64);
    check("D in the PDE", seen[0] == NONE && (pde() & D));
    user(READ, WINDOW + at);
    check("U/S = 0, read by ring 3", seen[0] == 14 && (seen[1] & 5) == 5);
    set_pde(base | P | W | PS | 1u << 12);
    supervisor(READ, WINDOW + at);
    check("bit 12 is PAT", result == MARK + 1);
    set_pde(base | P | W | PS | 1u << 21);
    supervisor(READ, WINDOW + at);
    faults("bit 21 is reserved", WINDOW + at, 9);
    for (unsigned bit = 13; bit <= 20; bit++) {
        set_pde(base | P | W | PS | 1u << bit);
        supervisor(READ, WINDOW + at);
        check("PSE-36: elsewhere", seen[0] == NONE && result != MARK + 1);
    }
    set_pde(base | P | W | PS);
    to_cr4(cr4() & ~CR4_PSE);
    set_pde(to_table(P | W | U));
}

static void xd_is_not_there(void)
{
    set_efer(EFER_NXE);
    set_pte(0, to_page(0, W | U));
    supervisor(EXEC, WINDOW + 16);
    faults("32-bit paging, NXE: no I/D", WINDOW + 16, 0);
    set_efer(0);
}

/* --- PAE paging --- */

static void pae_pages(void)
{
    uint32_t at = address(page[1]) & 0x1FFFFF, base = address(page[1]) & ~0x1FFFFFu;

    set_pde(base | P | W | PS);
    supervisor(READ, WINDOW + at);
    check("2 MBytes", result == MARK + 1 && (pde() & (A | D)) == A);
    for (unsigned bit = 13; bit <= 20; bit++) {
        set_pde(base | P | W | PS | 1u << bit);
        supervisor(READ, WINDOW + at);
        faults("reserved in 2 MBytes", WINDOW + at, 9);
    }
    for (unsigned bit = 40; bit <= 63; bit++) {
        set_pde(base | P | W | PS | UINT64_C(1) << bit);
        supervisor(READ, WINDOW + at);
        faults("reserved in a PDE", WINDOW + at, 9);
        set_pde(to_table(P | W | U));
        set_pte(0, P | W | UINT64_C(1) << bit | address(page[0]));
        supervisor(WRITE, WINDOW + 64);
        faults("reserved in a PTE", WINDOW + 64, 11);
    }
    supervisor(READ, 0xC0000000);
    faults("PDPTE not present", 0xC0000000, 0);
    user(READ, 0x80000000);
    faults("PDPTE not present, user read", 0x80000000, 4);
}

static void pae_xd(void)
{
    set_efer(EFER_NXE);
    set_pte(0, to_page(0, P | W | U | XD));
    supervisor(READ, WINDOW);
    check("XD, read", result == MARK);
    supervisor(EXEC, WINDOW + 16);
    faults("XD, fetch", WINDOW + 16, 0x11);
    set_pte(0, to_page(0, W | XD));
    user(EXEC, WINDOW + 32);
    faults("NXE shows I/D", WINDOW + 32, 0x14);
    set_pte(0, to_page(0, P | W | U));
    set_pde(to_table(P | W | U | XD));
    user(EXEC, WINDOW + 32);
    faults("XD in the PDE", WINDOW + 32, 0x15);
    set_pde(to_table(P | W | U));
    set_efer(0);
}

static void reload(const char *what, uint32_t (*to_cr)(uint32_t), uint32_t v)
{
    pdpt[1] &= ~UINT64_C(1);
    if (is_ringwalk()) {
        __asm__ volatile("invlpg %0" : : "m"(*(uint8_t *)WINDOW));
        supervisor(READ, WINDOW);
    }
    check_here("the PDPTE in memory is not looked at", seen[0] == NONE);
    to_cr(v);
    __asm__ volatile("invlpg %0" : : "m"(*(uint8_t *)WINDOW));
    supervisor(READ, WINDOW);
    faults(what, WINDOW, 0);
    pdpt[1] |= 1;
    to_cr3(cr3());
}

static void pdpte_registers(void)
{
    uint32_t off = cr4();

    set_pte(0, to_page(0, P | W));
    reload("MOV CR3 loads the PDPTEs", to_cr3, cr3());
    reload("a change of PGE does", to_cr4, off | CR4_PGE);
    reload("a change of PSE does", to_cr4, off | CR4_PGE | CR4_PSE);
    reload("a change of SMEP does", to_cr4, off | CR4_PGE | CR4_PSE | CR4_SMEP);
    to_cr4(off);
    reload("a change of CD does", to_cr0, cr0() | CR0_CD);
    to_cr0(cr0() & ~CR0_CD);
    to_cr4(off | CR4_SMAP);
    pdpt[1] &= ~UINT64_C(1);
    if (is_ringwalk())
        to_cr4(off);
    supervisor(READ, WINDOW);
    check_here("a change of SMAP does not", seen[0] == NONE);
    pdpt[1] |= 1;
    to_cr4(off);
}

static void reserved_pdptes(void)
{
    uint64_t good = pdpt[2];
    uint32_t was = cr0();

    for (unsigned bit = 1; bit < 64; bit++) {
        bool reserved = bit <= 2 || (bit >= 5 && bit <= 8) || bit >= 40;

        pdpt[2] = 1 | UINT64_C(1) << bit;
        here(to_cr3, address(pdpt));
        check_here(reserved ? "reserved in a PDPTE: #GP(0)" : "not reserved in a PDPTE",
                   reserved ? seen[0] == 13 && seen[1] == 0 : seen[0] == NONE);
        pdpt[2] &= ~UINT64_C(1);
        to_cr3(address(pdpt));
        check("without P", seen[0] == NONE);
    }
    pdpt[2] = 3;
    here(to_cr4, cr4() | CR4_PGE);
    check_here("MOV CR4, a bad PDPTE: #GP(0)", seen[0] == 13 && !(cr4() & CR4_PGE));
    here(to_cr0, was | CR0_CD);
    check_here("MOV CR0, a bad PDPTE: #GP(0)", seen[0] == 13 && cr0() == was);
    here(to_cr0, was | CR0_WP);
    check_here("MOV CR0 of WP loads nothing", seen[0] == NONE);
    to_cr0(was);
    set_pte(0, to_page(0, P | W));
    supervisor(READ, WINDOW);
    check("translations are what they were", is_ringwalk() ? result == MARK : true);
    pdpt[2] = good;
    to_cr3(address(pdpt));
}

/* --- from one mode to the other --- */

/* MOV CR4 under paging: the page of the PDPTEs is a page directory too, the upper half of the first
 * PAE page directory a page table that maps 2 to 4 MBytes to themselves. R/W = 0 in what is both a
 * PDPTE and a PDE does no harm with WP = 0; A does. */
static void without_turning_off(void)
{
    uint32_t *both = (uint32_t *)pae_directory[0];

    for (unsigned i = 512; i < 1024; i++)
        both[i] = i << 12 | P | W;
    to_cr4(cr4() & ~CR4_PAE);
    check("PAE to 32-bit paging by MOV CR4", seen[0] == NONE && !(cr4() & CR4_PAE));
    check("A in what was a PDPTE", pdpt[0] & A);
    here(to_cr4, cr4() | CR4_PAE);
    check_here("A is reserved there: #GP(0)", seen[0] == 13 && !(cr4() & CR4_PAE));
    pdpt[0] &= ~(uint64_t)A;
    /* the TLB holds it: nothing sets A again */
    to_cr4(cr4() | CR4_PAE);
    check_here("32-bit to PAE paging by MOV CR4", seen[0] == NONE && (cr4() & CR4_PAE));
    if (!(cr4() & CR4_PAE))
        to_cr4(cr4() | CR4_PAE);
    supervisor(READ, WINDOW);
    check("PAE paging", result == MARK);
}

static void to_32_bit(void)
{
    pae = false;
    to_cr0(cr0() & ~CR0_PG);
    to_cr4(cr4() & ~CR4_PAE);
    to_cr3(address(directory));
    to_cr0(cr0() | CR0_PG);
    check("32-bit paging", seen[0] == NONE && (cr0() & CR0_PG));
}

static void to_pae(void)
{
    pae = true;
    to_cr0(cr0() & ~CR0_PG);
    to_cr4(cr4() | CR4_PAE);
    to_cr3(address(pdpt));
    if (is_ringwalk()) {
        pdpt[3] = 5;
        to_cr0(cr0() | CR0_PG);
    }
    check_here("PG with a bad PDPTE: #GP(0)", seen[0] == 13 && !(cr0() & CR0_PG));
    pdpt[3] = 0;
    to_cr0(cr0() | CR0_PG);
    check("PAE paging", seen[0] == NONE && (cr0() & CR0_PG));
}

int main(void)
{
    tables_open();
    for (unsigned round = 0; round < 2; round++) {
        to_32_bit();
        rights_tests();
        small_pages();
        large_pages();
        xd_is_not_there();
        to_pae();
        rights_tests();
        pae_pages();
        pae_xd();
        pdpte_registers();
        reserved_pdptes();
    }
    set_pte(0, to_page(0, P | W));
    without_turning_off();
    to_32_bit();
    set_pde(to_table(P | W | U));
    set_pte(0, to_page(0, P | W));
    supervisor(READ, WINDOW);
    check("and back", result == MARK);
    to_cr0(cr0() & ~CR0_PG);
    return (int)verdict();
}
