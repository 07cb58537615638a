// SPDX-License-Identifier: Apache-2.0
// Lab 9: an interrupt waits while IF is 0. When is it taken behind STI?
#include "../lib/lab.h"

#define LAPIC  UINT64_C(0xFEE00000)
#define VECTOR 0x40

static volatile uint64_t taken;

static void on_interrupt(struct frame *f)
{
    (void)f;
    taken++;
    write32(LAPIC + 0x0B0, 0); /* EOI */
}

/* An interrupt of this processor to itself; it waits. */
static void send(void)
{
    write32(LAPIC + 0x300, 0x40000 | VECTOR); /* ICR: to self, fixed */
    while ((read32(LAPIC + 0x220) & 1) == 0)  /* IRR, vectors 95 to 64 */
        continue;
}

int main(void)
{
    lab_open();
    on_trap(VECTOR, on_interrupt);
    write32(LAPIC + 0x0F0, 0x1FF); /* enabled */
    __asm__ volatile("cli");
    send();
    line("while IF is 0", taken);
    __asm__ volatile("sti; cli" : : : "memory");
    line("behind STI, CLI", taken);
    __asm__ volatile("sti; nop; cli" : : : "memory");
    line("behind STI, NOP, CLI", taken);
    return 0;
}
