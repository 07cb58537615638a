// SPDX-License-Identifier: Apache-2.0
// Lab 5: A and D of a page, and a kernel that clears them to see what is used.
#include "../lib/lab.h"

#define VA UINT64_C(0x8000000000)

static void show(const char *what)
{
    uint64_t pte = *entry_of(VA);

    put(what);
    put(": A ");
    put_dec((pte & PTE_A) != 0);
    put(", D ");
    put_dec((pte & PTE_D) != 0);
    put("\n");
}

int main(void)
{
    lab_open();
    map_page(VA, (uint64_t)page_alloc(), PTE_P | PTE_W);
    show("mapped");
    load(VA);
    show("read");
    store(VA, 1);
    show("written");

    *entry_of(VA) &= ~(PTE_A | PTE_D);
    show("cleared");
    store(VA, 2);
    show("written again");
    line("in memory", load(VA));

    invlpg(VA);
    store(VA, 3);
    show("INVLPG, and written once more");
    return 0;
}
