// SPDX-License-Identifier: Apache-2.0
// The teaching device; see edu.h.
#include "edu.h"

#include "../lib/pci.h"

#define REG_SOURCE  0x80
#define REG_TARGET  0x88
#define REG_COUNT   0x90
#define REG_COMMAND 0x98

#define GO        1u
#define TO_MEMORY 2u
#define BY_TLB    8u

USER_DATA struct order edu_order;

void edu_start(void)
{
    pci_write(EDU_SID, 0x10, (uint32_t)EDU_BAR);
    pci_write(EDU_SID, 0x04, 6);
}

void edu_give(void)
{
    map_page(EDU_BAR, EDU_BAR, PTE_P | PTE_W | PTE_U);
}

USER_TEXT uint64_t edu_carry_out(uint64_t order)
{
    const struct order *o = (const struct order *)order;
    volatile uint64_t *source = (volatile uint64_t *)(EDU_BAR + REG_SOURCE);
    volatile uint64_t *target = (volatile uint64_t *)(EDU_BAR + REG_TARGET);
    volatile uint64_t *count = (volatile uint64_t *)(EDU_BAR + REG_COUNT);
    volatile uint64_t *command = (volatile uint64_t *)(EDU_BAR + REG_COMMAND);

    *source = o->write ? EDU_BUFFER : o->iova;
    *target = o->write ? o->iova : EDU_BUFFER;
    *count = o->bytes;
    *command = GO | (o->write ? TO_MEMORY : 0) | (o->by_tlb ? BY_TLB : 0);
    while (*command & GO)
        continue;
    return 0;
}

void edu_as_user(struct order o)
{
    edu_order = o;
    run_user(edu_carry_out, (uint64_t)&edu_order);
}

void edu_as_kernel(struct order o)
{
    edu_order = o;
    edu_carry_out((uint64_t)&edu_order);
}
