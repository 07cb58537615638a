// SPDX-License-Identifier: Apache-2.0
// The UART's interrupts, in loopback: the console is quiet meanwhile, results are told afterwards.
#include "platform.h"

#define UART   0x3F8
#define VECTOR 0xD1

static volatile uint8_t iir[8], data[8];
static volatile unsigned reads, bytes;

static void on_uart(void)
{
    uint8_t which = inb(UART + 2);

    iir[reads++ % 8] = which;
    while ((which & 0x04) != 0 && (inb(UART + 5) & 1) != 0)
        data[bytes++ % 8] = inb(UART);
}

void the_uart(void)
{
    bool thre, received, trigger;

    expect_apic(VECTOR, on_uart);
    ioapic_entry(4, VECTOR);
    outb(UART + 4, 0x18); /* loop, OUT2 */
    outb(UART + 1, 0x02);
    thre = comes(VECTOR, 1) && iir[0] == 0xC2 && inb(UART + 2) == 0xC1;
    outb(UART + 1, 0x01);
    outb(UART, 'u');
    received = comes(VECTOR, 1) && iir[1] == 0xC4 && bytes == 1 && data[0] == 'u';
    outb(UART + 1, 0);
    outb(UART + 2, 0x41); /* 4 bytes */
    outb(UART + 1, 0x01);
    for (unsigned i = 0; i < 3; i++)
        outb(UART, (uint8_t)('a' + i));
    trigger = inb(UART + 2) == 0xC1;
    outb(UART, 'd');
    trigger &= comes(VECTOR, 1) && bytes == 5 && data[4] == 'd';
    outb(UART + 1, 0);
    outb(UART + 4, 0x08);
    outb(UART + 2, 0x01);
    ioapic_entry(4, 0x10000);
    check("uart: an empty transmitter interrupts, once", thre);
    check("uart: a byte in loopback interrupts", received);
    check("uart: four bytes do, three do not", trigger);
    check("uart: scratch", (outb(UART + 7, 0x5A), inb(UART + 7)) == 0x5A);
}
