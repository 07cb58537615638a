// SPDX-License-Identifier: Apache-2.0
// Three mistakes in page tables, for `ringwalk run --legality`: an unmapping, a protection and a
// new frame of a global page, each without the INVLPG that it needs; and beside each the same done
// well. Whether a mistake shows depends on the processor's caches, so the program itself judges
// nothing.
#include "../lib/rt.h"

#define CR4_PGE (UINT64_C(1) << 7)

#define UNMAPPED  UINT64_C(0x40000000)
#define PROTECTED UINT64_C(0x40002000)
#define GLOBAL    UINT64_C(0x40004000)
#define SAMPLED   UINT64_C(0x40006000)
#define NEXT      UINT64_C(0x1000) /* the page beside it, for the same done well */

static volatile uint64_t faults;
static volatile uint64_t resume;

static void on_page_fault(struct frame *f)
{
    faults++;
    f->rip = resume;
}

static inline void flush_page(uint64_t va)
{
    __asm__ volatile("invlpg (%0)" : : "r"(va) : "memory");
}

__attribute__((noinline)) static void touch(uint64_t va)
{
    __asm__ volatile("leaq 1f(%%rip), %%rax\n\t"
                     "movq %%rax, %0\n\t"
                     "movb (%1), %%al\n"
                     "1:"
                     : "=m"(resume)
                     : "r"(va)
                     : "rax", "memory");
}

__attribute__((noinline)) static void dirty(uint64_t va)
{
    __asm__ volatile("leaq 1f(%%rip), %%rax\n\t"
                     "movq %%rax, %0\n\t"
                     "movb $1, (%1)\n"
                     "1:"
                     : "=m"(resume)
                     : "r"(va)
                     : "rax", "memory");
}

/* --- each with its mistake, and well --- */

__attribute__((noinline)) static void unmap(uint64_t va, bool well)
{
    *entry_of(va) = 0;
    if (well)
        flush_page(va);
}

__attribute__((noinline)) static void protect(uint64_t va, bool well)
{
    *entry_of(va) &= ~PTE_W;
    if (well)
        flush_page(va);
}

/* MOV CR3 does not reach a global page. */
__attribute__((noinline)) static void exchange(uint64_t va, bool well)
{
    *entry_of(va) = (uint64_t)page_alloc() | PTE_P | PTE_W | PTE_G | PTE_A | PTE_D;
    write_cr3(read_cr3());
    if (well)
        flush_page(va);
}

/* How a system learns what is in use: no mistake, A and D are set again when they are needed. */
__attribute__((noinline)) static void sample(uint64_t va)
{
    *entry_of(va) &= ~(PTE_A | PTE_D);
}

static void prepare(uint64_t va, uint64_t flags)
{
    map_page(va, (uint64_t)page_alloc(), PTE_P | PTE_W | flags);
    dirty(va);
}

int main(void)
{
    on_trap(14, on_page_fault);
    write_cr4(read_cr4() | CR4_PGE);
    for (unsigned well = 0; well < 2; well++) {
        uint64_t to = well * NEXT;

        prepare(UNMAPPED + to, 0);
        unmap(UNMAPPED + to, well);
        touch(UNMAPPED + to);

        prepare(PROTECTED + to, 0);
        protect(PROTECTED + to, well);
        dirty(PROTECTED + to);

        prepare(GLOBAL + to, PTE_G);
        exchange(GLOBAL + to, well);
        touch(GLOBAL + to);
    }
    prepare(SAMPLED, 0);
    sample(SAMPLED);
    touch(SAMPLED);
    line("page faults", faults);
    return 0;
}
