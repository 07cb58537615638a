// SPDX-License-Identifier: Apache-2.0
// Lab 4: one page, mapped by hand in a branch of the tables of its own. The PTE allows writes, the
// PDE does not.
#include "../lib/lab.h"

#define VA UINT64_C(0x123456789000)

static uint64_t *table_of(uint64_t entry)
{
    return (uint64_t *)(entry & UINT64_C(0x000FFFFFFFFFF000));
}

USER_TEXT static uint64_t user_load(uint64_t va)
{
    return *(volatile uint64_t *)va;
}

USER_TEXT static uint64_t user_store(uint64_t va)
{
    *(volatile uint64_t *)va = 1;
    return 0;
}

int main(void)
{
    uint64_t *pml4 = table_of(read_cr3()), *pdpt, *directory;

    lab_open();
    map_page(VA, (uint64_t)page_alloc(), PTE_P | PTE_W | PTE_U);
    pdpt = table_of(pml4[VA >> 39 & 511]);
    directory = table_of(pdpt[VA >> 30 & 511]);
    directory[VA >> 21 & 511] &= ~PTE_W;
    invlpg(VA);
    ring3("read at ring 3", user_load, VA);
    ring3("write at ring 3", user_store, VA);
    store(VA, 1);
    tell("write at ring 0");
    return 0;
}
