// SPDX-License-Identifier: Apache-2.0
// What 32-bit and PAE paging have in common: rights, error codes, A and D, SMEP, SMAP, WP, global
// pages. SDM Vol. 3A "Access Rights", "Page-Fault Exceptions", "Accessed and Dirty Flags".
#include "paging32.h"

#define OTHER (WINDOW + 2 * 4096)

PROBE(stac_read, "stac\nmovl probe_arg, %ecx\nmovl (%ecx), %eax\nclac");

static void not_present(void)
{
    set_pde(to_table(P | W | U));
    set_pte(0, to_page(0, W | U));
    supervisor(READ, WINDOW + 4);
    faults("not present, read", WINDOW + 4, 0);
    supervisor(WRITE, WINDOW + 64);
    faults("not present, write", WINDOW + 64, 2);
    supervisor(EXEC, WINDOW + 16);
    faults("not present, fetch", WINDOW + 16, 0);
    user(READ, WINDOW);
    faults("not present, user read", WINDOW, 4);
    user(WRITE, WINDOW + 64);
    faults("not present, user write", WINDOW + 64, 6);
    user(EXEC, WINDOW + 32);
    faults("not present, user fetch", WINDOW + 32, 4);
    set_pde(to_table(W | U));
    supervisor(READ, WINDOW);
    faults("PDE not present", WINDOW, 0);
    set_pde(to_table(P | W | U));
}

static void accessed(void)
{
    set_pde(to_table(P | W | U));
    set_pte(0, to_page(0, P | W | U));
    set_pte(1, to_page(1, P | U));
    check("entries begin without A", !(pde() & A) && !(pte(0) & A));
    supervisor(READ, WINDOW);
    check("a read", result == MARK && seen[0] == NONE);
    check("sets A in PDE and PTE, not D", (pde() & A) && (pte(0) & (A | D)) == A);
    supervisor(WRITE, WINDOW + 64);
    check("a write sets D", seen[0] == NONE && (pte(0) & (A | D)) == (A | D));
    user(WRITE, WINDOW + 4096 + 64);
    faults("a write that faults", WINDOW + 4096 + 64, 7);
    check("sets neither", !(pte(1) & (A | D)));
}

static void page_rights(void)
{
    set_pte(0, to_page(0, P | U));
    supervisor(WRITE, WINDOW + 64);
    passes("WP = 0, write to a read-only page");
    to_cr0(cr0() | CR0_WP);
    supervisor(WRITE, WINDOW + 64);
    faults("WP = 1", WINDOW + 64, 3);
    user(READ, WINDOW);
    passes("user read");
    set_pte(0, to_page(0, P | W));
    user(READ, WINDOW);
    faults("user read of a supervisor page", WINDOW, 5);
    user(EXEC, WINDOW + 32);
    faults("user fetch of a supervisor page", WINDOW + 32, 5);
    supervisor(WRITE, WINDOW + 64);
    passes("supervisor write");
    to_cr0(cr0() & ~CR0_WP);
    set_pte(0, to_page(0, P | W | U));
    user(EXEC, WINDOW + 32);
    passes("user fetch");
    set_pde(to_table(P | U));
    user(WRITE, WINDOW + 64);
    faults("R/W = 0 in the PDE", WINDOW + 64, 7);
    set_pde(to_table(P | W));
    user(EXEC, WINDOW + 32);
    faults("U/S = 0 in the PDE", WINDOW + 32, 5);
    set_pde(to_table(P | W | U));
}

static void smep_smap(void)
{
    set_pte(0, to_page(0, P | W | U));
    set_pte(1, to_page(1, P | W));
    supervisor(EXEC, WINDOW + 16);
    passes("supervisor fetch of a user page");
    to_cr4(cr4() | CR4_SMEP);
    supervisor(EXEC, WINDOW + 16);
    faults("SMEP: not", WINDOW + 16, 0x11);
    supervisor(EXEC, WINDOW + 4096 + 16);
    passes("SMEP: a supervisor page");
    user(EXEC, WINDOW + 4096 + 32);
    faults("SMEP shows I/D", WINDOW + 4096 + 32, 0x15);
    to_cr4(cr4() & ~CR4_SMEP);
    to_cr4(cr4() | CR4_SMAP);
    supervisor(READ, WINDOW);
    faults("SMAP: supervisor read of a user page", WINDOW, 1);
    supervisor(WRITE, WINDOW + 64);
    faults("SMAP: write", WINDOW + 64, 3);
    supervisor(READ, WINDOW + 4096);
    passes("SMAP: a supervisor page");
    probe_arg = WINDOW;
    probe(p_stac_read);
    passes("SMAP: with AC");
    user(READ, WINDOW);
    passes("SMAP: user read");
    to_cr4(cr4() & ~CR4_SMAP);
}

/* The entry is changed behind the TLB; QEMU keeps no global pages. */
static void global(void)
{
    to_cr4(cr4() | CR4_PGE);
    set_pte(2, to_page(2, P | W | G));
    supervisor(READ, OTHER);
    check("global page", result == MARK + 2);
    if (pae)
        pae_table[2] = (uint32_t)(uintptr_t)page[3] | P | W;
    else
        table[2] = (uint32_t)(uintptr_t)page[3] | P | W;
    to_cr3(cr3());
    supervisor(READ, OTHER);
    check("MOV CR3 keeps it", result == MARK + 2 || !is_ringwalk());
    to_cr4(cr4() & ~CR4_PGE);
    supervisor(READ, OTHER);
    check("a change of PGE does not", result == MARK + 3);
}

void rights_tests(void)
{
    not_present();
    accessed();
    page_rights();
    smep_smap();
    global();
}
