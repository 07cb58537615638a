// SPDX-License-Identifier: Apache-2.0
// Bits of page-table entries that are reserved without their feature: PAT, PSE-36, XD. SDM Vol. 3A
// "32-Bit Paging", "PAE Paging".
#include "features.h"

#define PAT_LARGE 0x1000u

static uint32_t address(const volatile void *p)
{
    return (uint32_t)(uintptr_t)p;
}

/* A read that finds the page's word, or one with a reserved bit in its way. */
static void reads(const char *name, const char *what, bool there, uint32_t va, uint32_t value)
{
    supervisor(READ, va);
    check_here_of(name, what,
                  there ? seen[0] == NONE && result == value : seen[0] == 14 && seen[1] == 9);
}

static void small_page(const char *what)
{
    set_pde(to_table(P | W | U));
    set_pte(0, to_page(0, P | W | PS));
    reads("PAT bit", what, has(F_PAT), WINDOW, MARK);
    set_pte(0, to_page(0, P | W));
    reads("no PAT bit", what, true, WINDOW, MARK);
}

static void large_page(const char *what, uint32_t offset_mask)
{
    uint32_t at = address(page[1]) & offset_mask, base = address(page[1]) & ~offset_mask;

    set_pde(base | P | W | PS);
    reads("no PAT bit", what, true, WINDOW + at, MARK + 1);
    set_pde(base | P | W | PS | PAT_LARGE);
    reads("PAT bit", what, has(F_PAT), WINDOW + at, MARK + 1);
}

static void pse36(void)
{
    uint32_t at = address(page[1]) & 0x3FFFFF, base = address(page[1]) & ~0x3FFFFFu;

    for (unsigned bit = 13; bit <= 20; bit++) {
        set_pde(base | P | W | PS | 1u << bit);
        supervisor(READ, WINDOW + at);
        check_here_of("PSE-36", "bits 20:13",
                      has(F_PSE36) ? seen[0] == NONE && result != MARK + 1
                                   : seen[0] == 14 && seen[1] == 9);
    }
}

static void bits_32(void)
{
    pae = false;
    to_cr3(address(directory));
    to_cr0(cr0() | CR0_PG);
    small_page("of a 4-KByte page, 32-bit paging");
    if (has(F_PSE)) {
        to_cr4(cr4() | CR4_PSE);
        large_page("of a 4-MByte page", 0x3FFFFF);
        pse36();
        to_cr4(cr4() & ~CR4_PSE);
    }
    to_cr0(cr0() & ~CR0_PG);
}

static void xd(void)
{
    if (has(F_NX))
        set_efer(EFER_NXE);
    set_pde(to_table(P | W | U));
    set_pte(0, to_page(0, P | W | XD));
    reads("XD", "of a page that is read", has(F_NX), WINDOW, MARK);
    supervisor(EXEC, WINDOW + 16);
    check_here_of("XD", "of a page that is fetched",
                  seen[0] == 14 && seen[1] == (has(F_NX) ? 0x11 : 9));
    if (has(F_NX))
        set_efer(0);
}

static void pae_paging(void)
{
    pae = true;
    to_cr4(cr4() | CR4_PAE);
    to_cr3(address(pdpt));
    to_cr0(cr0() | CR0_PG);
    small_page("of a 4-KByte page, PAE paging");
    large_page("of a 2-MByte page", 0x1FFFFF);
    xd();
    to_cr0(cr0() & ~CR0_PG);
    to_cr4(cr4() & ~CR4_PAE);
}

void pages(void)
{
    bits_32();
    if (has(F_PAE))
        pae_paging();
}
