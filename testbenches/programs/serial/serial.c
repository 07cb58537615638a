// SPDX-License-Identifier: Apache-2.0
// Says back what arrives at the UART (ringwalk --serial-input), by interrupts of its FIFO, until a
// line that is only a full stop.
#include "../lib/rt.h"

#define UART   0x3F8
#define LAPIC  UINT64_C(0xFEE00000)
#define IOAPIC UINT64_C(0xFEC00000)
#define VECTOR 0x51

static volatile uint8_t text[4096];
static volatile unsigned length, interrupts;

static void on_uart(struct frame *f)
{
    (void)f;
    interrupts++;
    while ((inb(UART + 5) & 1) && length < sizeof(text))
        text[length++] = inb(UART);
    write32(LAPIC + 0xB0, 0);
}

static bool ended(void)
{
    return length >= 2 && text[length - 1] == '\n' && text[length - 2] == '.' &&
           (length == 2 || text[length - 3] == '\n');
}

int main(void)
{
    on_trap(VECTOR, on_uart);
    write32(LAPIC + 0xF0, 0x1FF);
    write32(IOAPIC, 0x19);
    write32(IOAPIC + 0x10, 0);
    write32(IOAPIC, 0x18);
    write32(IOAPIC + 0x10, VECTOR);
    outb(UART + 2, 0x87); /* 8 bytes */
    outb(UART + 1, 0x01);
    outb(UART + 4, 0x0B);
    __asm__ volatile("cli");
    while (!ended())
        __asm__ volatile("sti; hlt; cli");
    for (unsigned i = 0; i < length; i++)
        put_char((char)text[i]);
    line("interrupts", interrupts);
    return 0;
}
