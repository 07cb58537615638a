// SPDX-License-Identifier: Apache-2.0
// The guest kernel: ring-3 code that takes itself for one. It writes page tables with plain stores,
// loads CR3 and invalidates pages.
#include "hiding.h"

USER_DATA struct guest_order guest_order;

USER_TEXT uint64_t guest_load(uint64_t va)
{
    return *(volatile uint64_t *)va;
}

USER_TEXT uint64_t guest_store(uint64_t va)
{
    *(volatile uint64_t *)va = UINT64_C(0xBADBADBADBADBAD);
    return 0;
}

USER_TEXT uint64_t guest_call(uint64_t va)
{
    ((void (*)(void))va)();
    return 0;
}

USER_TEXT uint64_t guest_service(uint64_t va)
{
    return user_call(SYS_SUM, va, 0, 0);
}

USER_TEXT static void entry_store(uint64_t at, uint64_t value)
{
    __asm__ volatile("movq %1, (%0)" : : "D"(at), "S"(value) : "memory");
}

USER_TEXT static void page_invalidate(uint64_t va)
{
    __asm__ volatile("invlpg (%0)" : : "D"(va) : "memory");
}

USER_TEXT uint64_t guest_map(uint64_t order)
{
    const struct guest_order *o = (const struct guest_order *)order;

    entry_store(o->at, o->value);
    page_invalidate(o->then);
    return *(volatile uint64_t *)o->then;
}

USER_TEXT uint64_t guest_map_or(uint64_t order)
{
    const struct guest_order *o = (const struct guest_order *)order;

    __asm__ volatile("lock orq %1, (%0)" : : "D"(o->at), "S"(o->value) : "memory");
    return *(volatile uint64_t *)o->then;
}

USER_TEXT uint64_t guest_map_string(uint64_t order)
{
    const struct guest_order *o = (const struct guest_order *)order;
    uint64_t at = o->at, n = 1;

    __asm__ volatile("rep stosq" : "+D"(at), "+c"(n) : "a"(o->value) : "memory");
    return *(volatile uint64_t *)o->then;
}

USER_TEXT uint64_t guest_cr3(uint64_t value)
{
    __asm__ volatile("movq %0, %%cr3" : : "a"(value) : "memory");
    return 0;
}

/* The four pages of the second tables, as the guest has them in its first. */
USER_TEXT static void second_are(uint64_t rights)
{
    for (uint64_t pa = SECOND; pa < SECOND + 0x4000; pa += 4096) {
        entry_store(VA(PT) + (pa - GUEST_TABLES) / 4096 * 8, pa | rights);
        page_invalidate(VA(pa));
    }
}

/* Order: at, the index in the second PT; value, the entry there; then, the rights that the pages of
 * the second tables keep while CR3 is loaded. */
USER_TEXT uint64_t guest_second(uint64_t order)
{
    const struct guest_order *o = (const struct guest_order *)order;
    volatile uint64_t *pml4 = (volatile uint64_t *)VA(SECOND), *pdpt = pml4 + 512, *pd = pdpt + 512,
                      *pt = pd + 512;

    second_are(PTE_P | PTE_W | PTE_U);
    pml4[1] = (SECOND + 0x1000) | PTE_P | PTE_W | PTE_U;
    pdpt[0] = (SECOND + 0x2000) | PTE_P | PTE_W | PTE_U;
    pd[0] = GUEST_LOW | PTE_P | PTE_W | PTE_U | PTE_PS;
    pd[2] = (SECOND + 0x3000) | PTE_P | PTE_W | PTE_U;
    for (uint64_t i = 0; i < PAGES; i++)
        pt[i] = (GUEST_TABLES + i * 4096) | PTE_P | PTE_U; /* all of them read-only */
    pt[NO_PAGE] = 0;
    pt[o->at] = o->value;
    second_are(o->then);
    return guest_cr3(SECOND);
}

USER_TEXT uint64_t guest_look_at_map(uint64_t list)
{
    uint64_t bytes = 0;

    for (const struct range *r = (const struct range *)list; r->end != 0; r++) {
        if (r->base < HIDDEN_END && r->end > HIDDEN)
            return UINT64_MAX;
        bytes += r->end - r->base;
    }
    return bytes;
}
