# SPDX-License-Identifier: Apache-2.0
"""Where QEMU 7.2 and the board answer differently: the accesses (with `step CYCLES` between them in a Timed sequence),
QEMU's last answer, the board's, and who says so. The random sequences stay out of these places."""
import collections

Row = collections.namedtuple("Row", "what accesses qemu board source")

MASTER = "outb 0x20 0x11; outb 0x21 0x20; outb 0x21 4; outb 0x21 1; outb 0x21 0; "
BOTH_AEOI = ("outb 0x20 0x11; outb 0x21 0x20; outb 0x21 4; outb 0x21 3; outb 0x21 0; "
             "outb 0xa0 0x11; outb 0xa1 0x28; outb 0xa1 2; outb 0xa1 3; outb 0xa1 0; ")
TICKS_10 = "step 882; "  # and a half

ROWS = [
    Row("8259: a request that falls before it is acknowledged is gone",
        MASTER + "outb 0x2003 1; outb 0x2003 0; outb 0x20 0x0a; inb 0x20", 0x08, 0x00,
        "8259A, Edge and Level Triggered Modes: it must stay until the first INTA"),
    Row("8259: in special mask mode a non-specific EOI passes over what is masked",
        MASTER + "outb 0x2003 1; outb 0x20 0x0c; inb 0x20; outb 0x21 8; outb 0x20 0x68; outb 0x20 0x20; outb 0x20 0x0b; "
        "inb 0x20", 0x00, 0x08, "8259A, End of Interrupt"),
    Row("8259: the slave's INT falls with its acknowledge, and its next request is a new edge",
        BOTH_AEOI + "outb 0x2009 1; outb 0x200a 1; outb 0x20 0x0c; inb 0x20; outb 0xa0 0x0c; inb 0xa0; outb 0x20 0x0c; "
        "inb 0x20", 0x00, 0x82, "8259A, Interrupt Sequence"),
    Row("8259: an input that is up is a request as soon as it is made a level",
        MASTER + "outb 0x2003 1; outb 0x20 0x0c; inb 0x20; outb 0x4d0 8; outb 0x20 0x0a; inb 0x20", 0x00, 0x08,
        "8259A, Edge and Level Triggered Modes"),
    Row("IOAPIC: polarity", "writel 0xfec00000 0x1e; writel 0xfec00010 0xa061; readl 0xfec00010", 0xA061, 0xE061,
        "82093AA, bit 13: with 1 an input that is low is active"),
    Row("IOAPIC: reserved bits of an entry", "writel 0xfec00000 0x1f; writel 0xfec00010 0xffffff; readl 0xfec00010",
        0xFFFFFF, 0xFF0000, "82093AA: reserved; ICH9: 55:48 are the extended destination"),
    Row("8254: OUT of a rate generator is high but for the last tick",
        "outb 0x43 0x34; outb 0x40 100; outb 0x40 0; " + TICKS_10 + "outb 0x43 0xe2; inb 0x40", 0x34, 0xB4,
        "82C54, Mode 2"),
    Row("8254: a count is taken with the next tick", "outb 0x43 0x30; outb 0x40 100; outb 0x40 0; step 90; outb 0x43 0; "
        "inb 0x40", 99, 100, "82C54, Mode 0: N + 1 CLK pulses"),
    Row("8254: NULL COUNT until then", "outb 0x43 0x30; outb 0x40 100; outb 0x40 0; outb 0x43 0xe2; inb 0x40", 0x30, 0x70,
        "82C54, Read-Back Command"),
    Row("8254: a new count of a rate generator waits for the end of the period",
        "outb 0x43 0x34; outb 0x40 0; outb 0x40 1; " + TICKS_10 + "outb 0x40 0; outb 0x40 0x10; " + TICKS_10 +
        "outb 0x43 0; inb 0x40; inb 0x40", 0x0F, 0x00, "82C54, Mode 2"),
    Row("8254: an odd count of a square wave goes by two from an even number",
        "outb 0x43 0x36; outb 0x40 5; outb 0x40 0; step 294; outb 0x43 0; inb 0x40", 4, 0, "82C54, Mode 3"),
    Row("8254: decimal counts", "outb 0x43 0x31; outb 0x40 0; outb 0x40 0x10; " + TICKS_10 + "outb 0x43 0; inb 0x40",
        0xF6, 0x91, "82C54, Control Word: BCD"),
    Row("8254: a low gate stops mode 0", "outb 0x61 1; outb 0x43 0xb0; outb 0x42 0; outb 0x42 1; " + TICKS_10 +
        "outb 0x61 0; step 840; outb 0x43 0x80; inb 0x42", 0xEC, 0xF7, "82C54, Gate Pin Operations"),
    Row("UART: MCR at reset", "inb 0x3fc", 0x08, 0x00, "PC16550D, Reset Configuration"),
    Row("UART: the divisor at reset", "outb 0x3fb 0x80; inb 0x3f8", 0x0C, 0x01, "PC16550D: undefined; choice"),
    Row("UART: emptying an empty transmitter is no interrupt",
        "outb 0x3fa 1; outb 0x3f9 2; inb 0x3fa; outb 0x3fa 5; inb 0x3fa", 0xC2, 0xC1,
        "PC16550D, Interrupt Enable: when it becomes empty"),
    Row("UART: modem status changes in loopback", "outb 0x3fc 8; inb 0x3fe; outb 0x3fc 0x10; inb 0x3fe", 0x00, 0x0B,
        "PC16550D, MCR bit 4: modem control interrupts are operational"),
    Row("UART: FCR without bit 0 empties nothing",
        "outb 0x3fc 0x10; outb 0x3f8 0x55; outb 0x3fa 2; inb 0x3fd", 0x60, 0x61,
        "PC16550D, FCR bit 0: must be 1 when other bits are written"),
]
