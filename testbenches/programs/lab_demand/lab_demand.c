// SPDX-License-Identifier: Apache-2.0
// Lab 6: pages that are made when they are touched. The handler tells each fault.
#include "../lib/lab.h"

#define LAZY UINT64_C(0x8000000000)

static void on_page_fault(struct frame *f)
{
    uint64_t va = read_cr2();

    put("  #PF(");
    put_hex(f->error);
    put(") at ");
    put_hex(va);
    put(", RCX ");
    put_dec(f->rcx);
    put("\n");
    map_page(va & ~UINT64_C(4095), (uint64_t)page_alloc(), PTE_P | PTE_W);
}

static void one_load(uint64_t va)
{
    uint64_t v;

    put("one load of 8 bytes\n");
    __asm__ volatile("movq (%1), %0" : "=r"(v) : "r"(va), "c"(0) : "memory");
}

static void rep_stosb(uint64_t va, uint64_t count)
{
    put("one REP STOSB of 10000 bytes\n");
    __asm__ volatile("rep stosb" : "+D"(va), "+c"(count) : "a"(1) : "memory");
}

int main(void)
{
    on_trap(14, on_page_fault);
    one_load(LAZY + 0xFFC);
    rep_stosb(LAZY + 0x10000, 10000);
    return 0;
}
