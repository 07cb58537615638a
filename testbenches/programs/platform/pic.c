// SPDX-License-Identifier: Apache-2.0
// The 8259 pair, through LINT0 of the local APIC.
#include "platform.h"

#define BASE      0x40
#define APIC_BASE 0x1B
#define FIXED     0x93 /* what LINT0 has in place of ExtINT */

static void program(void)
{
    outb(0x20, 0x11);
    outb(0x21, BASE);
    outb(0x21, 0x04);
    outb(0x21, 0x01);
    outb(0xA0, 0x11);
    outb(0xA1, BASE + 8);
    outb(0xA1, 0x02);
    outb(0xA1, 0x01);
    outb(0x21, 0xFF);
    outb(0xA1, 0xFF);
    for (unsigned i = 0; i < 16; i++)
        expect_pic(BASE + i, i >= 8, NULL);
}

static void pulse(unsigned line)
{
    outb((uint16_t)(LINES + line), 1);
    outb((uint16_t)(LINES + line), 0);
}

static uint8_t ocw3(uint16_t port, uint8_t command)
{
    outb(port, command);
    return inb(port);
}

/* The firmware of QEMU has left the timer running at line 0. */
static uint8_t requested(void)
{
    return ocw3(0x20, 0x0A) & 0xFE;
}

static void requests(void)
{
    outb(LINES + 5, 1);
    outb(LINES + 3, 1);
    check("8259: requests wait behind the mask", requested() == 0x28);
    settle();
    check("8259: and interrupt nobody", taken[BASE + 3] == 0 && taken[BASE + 5] == 0);
    outb(0x21, 0xD3); /* 2, 3, 5 */
    ordered = 0;
    check("8259: unmasked, both come, by priority",
          comes(BASE + 5, 1) && ordered == 2 && order[0] == BASE + 3 && order[1] == BASE + 5);
    outb(LINES + 5, 0);
    outb(LINES + 3, 0);
    check("8259: nothing is left", requested() == 0 && ocw3(0x20, 0x0B) == 0);

    outb(0xA1, 0xEF);
    outb(LINES + 12, 1);
    check("8259: a request of the slave", comes(BASE + 12, 1));
    outb(LINES + 12, 0);
    check("8259: ended at both", ocw3(0x20, 0x0B) == 0 && ocw3(0xA0, 0x0B) == 0);
}

static void poll(void)
{
    outb(LINES + 3, 1);
    check("8259: a poll is an acknowledge", ocw3(0x20, 0x0C) == 0x83);
    check("8259: in service then", ocw3(0x20, 0x0B) == 0x08);
    outb(LINES + 3, 0);
    outb(0x20, 0x63);
    check("8259: until its specific EOI", inb(0x20) == 0);
}

static void drop_at_the_third(void)
{
    static unsigned times;

    if (++times == 3)
        outb(LINES + 5, 0);
}

static void levels(void)
{
    expect_pic(BASE + 5, false, drop_at_the_third);
    outb(0x4D0, 0x20);
    outb(LINES + 5, 1);
    check("8259: a level comes as long as it stands", comes(BASE + 5, 3));
    settle();
    outb(0x4D0, 0);
}

static void wire(void)
{
    uint32_t before = read32(APIC_LINT0);
    uint64_t n = taken[BASE + 3];

    write32(APIC_LINT0, before | 0x10000);
    outb(LINES + 3, 1);
    settle();
    check("8259: with LINT0 masked it is not heard", taken[BASE + 3] == n);
    write32(APIC_LINT0, before);
    check("8259: and then it is", comes(BASE + 3, 1));
    outb(LINES + 3, 0);
    expect_apic(FIXED, NULL);
    n = taken[BASE + 3];
    write32(APIC_LINT0, FIXED);
    outb(LINES + 3, 1);
    check("8259: an LINT0 of its own vector", comes(FIXED, 1));
    if (!on_qemu())
        check("unlike QEMU: 8259: and that acknowledges nothing",
              taken[BASE + 3] == n && requested() == 0x08);
    outb(LINES + 3, 0);
    settle();
    write32(APIC_LINT0, before);
}

/* Without a local APIC the 8259 is at the processor's pin. */
void the_bare_8259(void)
{
    uint64_t base = rdmsr(APIC_BASE), n = taken[BASE + 3];

    wrmsr(APIC_BASE, base & ~UINT64_C(0x800));
    outb(0x21, 0xF7);
    outb(LINES + 3, 1);
    check("8259: with the local APIC off it is at the pin", comes(BASE + 3, 1));
    outb(LINES + 3, 0);
    outb(0x21, 0xFF);
    wrmsr(APIC_BASE, base);
    check("8259: one interrupt", taken[BASE + 3] == n + 1);
}

void the_8259(void)
{
    program();
    requests();
    poll();
    levels();
    wire();
    pulse(3);
    settle();
    rate(1200);
    outb(0x21, 0xFE);
    check("8254: its interrupts come and come", comes(BASE, 3));
    outb(0x21, 0xFF);
    outb(0xA1, 0xFF);
    no_rate();
}
