// SPDX-License-Identifier: Apache-2.0
// The 8254: counter 2 behind its gate, what a latch shows.
#include "platform.h"

static unsigned latched(unsigned counter)
{
    unsigned low;

    outb(0x43, (uint8_t)(counter << 6));
    low = inb((uint16_t)(0x40 + counter));
    return low | (unsigned)inb((uint16_t)(0x40 + counter)) << 8;
}

static bool out2(void)
{
    return inb(0x61) >> 5 & 1;
}

static bool rises(void)
{
    for (unsigned i = 0; i < 20000000; i++)
        if (out2())
            return true;
    return false;
}

static bool toggles(void)
{
    uint8_t before = inb(0x61);

    for (unsigned i = 0; i < 1000000; i++)
        if ((inb(0x61) ^ before) & 0x10)
            return true;
    return false;
}

void the_timer(void)
{
    unsigned before;

    outb(0x61, 1);
    outb(0x43, 0xB0);
    outb(0x42, 0x00);
    outb(0x42, 0x20);
    check("8254: OUT is low while it counts", !out2());
    before = latched(2);
    check("8254: from its count downwards", before <= 0x2000 && latched(2) <= before);
    check("8254: and rises at the end", rises());
    outb(0x43, 0xE8);
    check("8254: the status says the same", inb(0x42) == 0xB0);
    outb(0x43, 0xB4);
    outb(0x42, 0x10);
    outb(0x42, 0x00);
    for (unsigned i = 0; i < 100; i++) {
        before = latched(2);
        if (before > 0x10)
            break;
    }
    check("8254: a rate generator stays within its count", before <= 0x10);
    outb(0x61, 0);
    check("8254: the refresh bit toggles", toggles());
}
