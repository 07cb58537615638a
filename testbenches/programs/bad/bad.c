// SPDX-License-Identifier: Apache-2.0
// Guests that go wrong, each in its own way (BAD selects it): what the harness says of them is
// tested by testbenches/cli/bad_input.sh.
#include "../lib/rt.h"

#define TRIPLE 1
#define HALT   2
#define LOOP   3
#define JUMP   4
#define DMA    5
#define CHECK  6
#define RESET  7
#define REAL   8

#define EDU_BAR   UINT64_C(0xC0000000)
#define EDU_DEVFN 0x10

/* No interrupt table: the first exception cannot be delivered, nor the double fault. */
static void __attribute__((unused)) triple_fault(void)
{
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) none = {0, 0};

    __asm__ volatile("lidt %0; ud2" : : "m"(none));
}

/* Device registers are no program: what is fetched there is all ones, #UD. */
static void __attribute__((unused)) jump_to_mmio(void)
{
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) none = {0, 0};

    __asm__ volatile("lidt %0; jmp *%1" : : "m"(none), "r"(UINT64_C(0xFED80000)));
}

static void __attribute__((unused)) pci_write(unsigned reg, uint32_t v)
{
    outl(0xCF8, 0x80000000u | EDU_DEVFN << 8 | reg);
    outl(0xCFC, v);
}

/* The IOMMU is off: the requests go to addresses that nothing claims. */
static void __attribute__((unused)) dma_to_nowhere(void)
{
    pci_write(0x10, (uint32_t)EDU_BAR);
    pci_write(0x04, 6);
    write64(EDU_BAR + 0x80, UINT64_C(0x700000000));
    write64(EDU_BAR + 0x88, 0x40000);
    write64(EDU_BAR + 0x90, 64);
    write64(EDU_BAR + 0x98, 1);
    while (read64(EDU_BAR + 0x98) & 1)
        continue;
    write64(EDU_BAR + 0x80, 0x40000);
    write64(EDU_BAR + 0x88, UINT64_C(0x7F00000000));
    write64(EDU_BAR + 0x98, 3);
    while (read64(EDU_BAR + 0x98) & 1)
        continue;
}

int main(void)
{
#if BAD == TRIPLE
    triple_fault();
#elif BAD == HALT
    __asm__ volatile("cli; hlt");
#elif BAD == LOOP
    for (;;)
        continue;
#elif BAD == JUMP
    jump_to_mmio();
#elif BAD == DMA
    dma_to_nowhere();
#elif BAD == CHECK
    return 7;
#elif BAD == RESET
    outb(0xCF9, 6);
    for (;;)
        continue;
#elif BAD == REAL
    outb(0x70, 0x0F);
    outb(0x71, 0x0A);
    write32(UINT64_C(0xFEE00300), 0x4500); /* INIT to itself */
    for (;;)
        continue;
#endif
    return 0;
}
