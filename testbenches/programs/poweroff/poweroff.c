// SPDX-License-Identifier: Apache-2.0
// Waits in HLT for the power button, as ringwalk run --power-button-at presses it, whose SCI comes
// through the IOAPIC, and powers off by S5. Without it nothing ever wakes the program.
#include "../lib/rt.h"

#define PM1_STS 0x600
#define PM1_EN  0x602
#define PM1_CNT 0x604
#define PWRBTN  0x0100
#define SLP_EN  0x2000
#define IOAPIC  UINT64_C(0xFEC00000)
#define LAPIC   UINT64_C(0xFEE00000)
#define SCI     9
#define VECTOR  0x49
#define LEVEL   0x8000

static volatile unsigned pressed, interrupts;

static void outw(uint16_t port, uint16_t v)
{
    __asm__ volatile("outw %0, %1" : : "a"(v), "Nd"(port));
}

static uint16_t inw(uint16_t port)
{
    uint16_t v;

    __asm__ volatile("inw %1, %0" : "=a"(v) : "Nd"(port));
    return v;
}

/* Level: the line falls with the status bit, before the EOI. */
static void on_sci(struct frame *f)
{
    (void)f;
    interrupts++;
    pressed += (inw(PM1_STS) & PWRBTN) != 0;
    outw(PM1_STS, PWRBTN);
    write32(LAPIC + 0xB0, 0);
}

static void ioapic(uint32_t reg, uint32_t v)
{
    write32(IOAPIC, reg);
    write32(IOAPIC + 0x10, v);
}

int main(void)
{
    on_trap(VECTOR, on_sci);
    write32(LAPIC + 0xF0, 0x1FF);
    ioapic(0x10 + 2 * SCI + 1, 0);
    ioapic(0x10 + 2 * SCI, VECTOR | LEVEL);
    outw(PM1_EN, PWRBTN);
    outw(PM1_CNT, SLP_EN | 5 << 10); /* no state of this machine: goes on */
    while (pressed == 0)
        __asm__ volatile("sti; hlt; cli" : : : "memory");
    put("the power button was pressed\n");
    if (inw(PM1_STS) & PWRBTN || interrupts != 1)
        return 2;
    outw(PM1_CNT, SLP_EN);
    for (;;)
        __asm__ volatile("hlt");
}
