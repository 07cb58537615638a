// SPDX-License-Identifier: Apache-2.0
// The guest resets the machine by each port that can, and by an INIT of its processor, which it
// sends itself or a device sends while it sleeps; a byte of CMOS RAM, which a battery keeps,
// counts the lives. Each life finds memory, paging state and devices as the first one did.
#include "../lib/pci.h"

#define LIVES     0x40 /* CMOS */
#define MAGIC     0x52
#define LAPIC     UINT64_C(0xFEE00000)
#define EDU_AT    0xFEB00000 /* where firmware has put its BAR */
#define EDU_DEVFN 0x10

static uint32_t data = 0x11111111, bss;

static uint8_t cmos(uint8_t index)
{
    outb(0x70, index);
    return inb(0x71);
}

static void cmos_put(uint8_t index, uint8_t v)
{
    outb(0x70, index);
    outb(0x71, v);
}

static void outw(uint16_t port, uint16_t v)
{
    __asm__ volatile("outw %0, %1" : : "a"(v), "Nd"(port));
}

/* A DMA is under way when the reset comes. */
static void start_dma(void)
{
    pci_write(EDU_DEVFN, 0x10, 0xC0000000);
    pci_write(EDU_DEVFN, 0x04, 6);
    write64(0xC0000000 + 0x80, 0x200000);
    write64(0xC0000000 + 0x88, 0x40000);
    write64(0xC0000000 + 0x90, 4096);
    write64(0xC0000000 + 0x98, 1);
}

/* The device's MSI. */
static void message(uint32_t data)
{
    pci_write(EDU_DEVFN, 0x04, 6);
    pci_write(EDU_DEVFN, 0x44, (uint32_t)LAPIC);
    pci_write(EDU_DEVFN, 0x48, 0);
    pci_write(EDU_DEVFN, 0x4C, data);
    pci_write(EDU_DEVFN, 0x40, 0x10000);
}

static void reset(unsigned life)
{
    switch (life) {
    case 0:
        outb(0xCF9, 0x02);
        outb(0xCF9, 0x06);
        break;
    case 1:
        outb(0x64, 0xFE);
        break;
    case 2:
        write32(LAPIC + 0x300, 0x8500); /* INIT level de-assert: nothing */
        write32(LAPIC + 0x300, 0x0608); /* start-up: of one that does not wait for it */
        write32(LAPIC + 0x300, 0x0200); /* SMI */
        write32(LAPIC + 0x300, 0xC500); /* INIT */
        break;
    case 3:
        message(0x500);
        write32(EDU_AT + 0x60, 1);
        break;
    default:
        start_dma();
        outb(0x92, inb(0x92) | 1);
        break;
    }
    for (;;)
        __asm__ volatile("hlt");
}

int main(void)
{
    unsigned life = cmos(LIVES + 1) == MAGIC ? cmos(LIVES) : 0;
    bool fresh = data == 0x11111111 && bss == 0 && inb(0x80) == 0;

    put(fresh ? "ok   life " : "FAIL life ");
    put_dec(life);
    put("\n");
    if (!fresh || pci_read(EDU_DEVFN, 0x10) != EDU_AT)
        return 1;
    if (life == 5)
        return 0;
    cmos_put(LIVES, (uint8_t)(life + 1));
    cmos_put(LIVES + 1, MAGIC);
    outb(0x80, 0x77);
    data = bss = life + 1;
    outw(0x602, 0x0100);
    reset(life);
    return 2;
}
