// SPDX-License-Identifier: Apache-2.0
// Lab 7: a page gets another frame, and the kernel forgets to say so.
#include "../lib/lab.h"

#define VA    UINT64_C(0x8000000000)
#define OTHER UINT64_C(0x9000000000)

int main(void)
{
    uint64_t *old = page_alloc(), *fresh = page_alloc();

    *old = 1;
    *fresh = 2;
    for (uint64_t i = 0; i < 64; i++)
        map_page(OTHER + i * 4096, (uint64_t)page_alloc(), PTE_P | PTE_W);
    map_page(VA, (uint64_t)old, PTE_P | PTE_W);
    line("before", load(VA));
    *entry_of(VA) = (uint64_t)fresh | PTE_P | PTE_W;
    line("the PTE names the new frame", load(VA));
    return 0;
}
