// SPDX-License-Identifier: Apache-2.0
// Lab 8: what a kernel may do with the pages of ring 3: SMEP, SMAP, protection keys.
#include "../lib/lab.h"

#define CR4_SMEP (UINT64_C(1) << 20)
#define CR4_SMAP (UINT64_C(1) << 21)
#define CR4_PKE  (UINT64_C(1) << 22)
#define KEY_1    (UINT64_C(1) << 59)
#define AD_1     4u /* PKRU: key 1, access disabled */

#define VA UINT64_C(0x8000000000)

static void wrpkru(uint32_t v)
{
    __asm__ volatile("wrpkru" : : "a"(v), "c"(0), "d"(0) : "memory");
}

USER_TEXT static uint64_t user_load(uint64_t va)
{
    return *(volatile uint64_t *)va;
}

USER_TEXT static uint64_t user_call_it(uint64_t va)
{
    ((void (*)(void))va)();
    return 0;
}

static void kernel(const char *rule)
{
    put(rule);
    put("\n");
    load(VA);
    tell("  load at ring 0");
    call(VA);
    tell("  fetch at ring 0");
}

int main(void)
{
    uint8_t *page = page_alloc();

    *page = 0xC3; /* RET */
    lab_open();
    map_page(VA, (uint64_t)page, PTE_P | PTE_U | KEY_1);
    kernel("nothing on: a page with U/S = 1");
    write_cr4(read_cr4() | CR4_SMEP);
    kernel("SMEP");
    write_cr4(read_cr4() | CR4_SMAP);
    kernel("SMEP, SMAP");
    __asm__ volatile("stac");
    kernel("SMEP, SMAP, behind STAC");
    write_cr4(read_cr4() | CR4_PKE);
    wrpkru(AD_1);
    kernel("the same, PKRU denies its key");
    write_cr4(read_cr4() & ~CR4_SMAP); /* the library knows nothing of it */
    ring3("  load at ring 3", user_load, VA);
    ring3("  fetch at ring 3", user_call_it, VA);
    return 0;
}
