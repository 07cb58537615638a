// SPDX-License-Identifier: Apache-2.0
// Talks with whoever is at the far end of the UART (ringwalk --serial): says each line back with
// its number, sleeping in between, until one is "quit"; counts ticks of the local APIC's timer
// meanwhile so that a byte's arrival shows in what follows.
#include "../lib/rt.h"

#define UART   0x3F8
#define LAPIC  UINT64_C(0xFEE00000)
#define IOAPIC UINT64_C(0xFEC00000)
#define SERIAL 0x51
#define TICK   0x41

static volatile uint8_t text[256];
static volatile unsigned length, lines, ticks;

static void on_uart(struct frame *f)
{
    (void)f;
    while (inb(UART + 5) & 1) {
        uint8_t byte = inb(UART);

        if (length < sizeof(text))
            text[length++] = byte;
        lines += byte == '\n';
    }
    write32(LAPIC + 0xB0, 0);
}

static void on_tick(struct frame *f)
{
    (void)f;
    ticks++;
    write32(LAPIC + 0xB0, 0);
}

static bool quit(void)
{
    return length == 5 && text[0] == 'q' && text[1] == 'u' && text[2] == 'i' && text[3] == 't';
}

int main(void)
{
    unsigned said = 0;
    bool ended = false;

    on_trap(SERIAL, on_uart);
    on_trap(TICK, on_tick);
    write32(LAPIC + 0xF0, 0x1FF);
    write32(LAPIC + 0x3E0, 0xB);
    write32(LAPIC + 0x320, 0x20000 | TICK);
    write32(LAPIC + 0x380, 50000);
    write32(IOAPIC, 0x19);
    write32(IOAPIC + 0x10, 0);
    write32(IOAPIC, 0x18);
    write32(IOAPIC + 0x10, SERIAL);
    outb(UART + 2, 0x07);
    outb(UART + 1, 0x01);
    outb(UART + 4, 0x0B);
    put("ready\n");
    __asm__ volatile("cli");
    while (!ended) {
        while (lines == said)
            __asm__ volatile("sti; hlt; cli");
        said++;
        ended = quit();
        put_dec(said);
        put(" ");
        for (unsigned i = 0; i < length; i++)
            put_char((char)text[i]);
        length = 0;
    }
    put(ticks != 0 ? "ticked\n" : "no tick\n");
    return 0;
}
