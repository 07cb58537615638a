// SPDX-License-Identifier: Apache-2.0
// Which interrupts came, and whether level-triggered.
#include "vtd.h"

#define NMI 2

static volatile uint8_t times[256], level[256];

static void on_interrupt(struct frame *f)
{
    unsigned v = (unsigned)f->vector;

    times[v]++;
    if (v == NMI)
        return;
    level[v] = read32(LAPIC + 0x180 + (v >> 5) * 16) >> (v & 31) & 1;
    write32(LAPIC + 0xB0, 0);
}

void taken_start(void)
{
    on_trap(NMI, on_interrupt);
    for (unsigned v = 0x20; v < 256; v++)
        on_trap(v, on_interrupt);
    write32(LAPIC + 0xF0, 0x1FF);
    write32(LAPIC + 0xD0, 0x01000000); /* logical destination, flat */
    write32(LAPIC + 0xE0, 0xFFFFFFFF);
}

void taken_settle(void)
{
    __asm__ volatile("sti" : : : "memory");
    for (unsigned i = 0; i < 60; i++)
        __asm__ volatile("pause");
    __asm__ volatile("cli" : : : "memory");
}

void taken_print(void)
{
    bool any = false;

    taken_settle();
    put(" V=");
    for (unsigned v = 0; v < 256; v++)
        for (; times[v] != 0; times[v]--) {
            put(any ? "," : "");
            hex(v);
            put(level[v] ? "l" : "");
            any = true;
            if (times[v] == 1)
                level[v] = 0;
        }
    put(any ? "" : "-");
}
