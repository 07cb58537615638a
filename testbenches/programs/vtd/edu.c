// SPDX-License-Identifier: Apache-2.0
// The DMA device at 02.0, the same on both machines.
#include "../lib/pci.h"
#include "vtd.h"

#define EDU_BAR UINT64_C(0xC0000000)

void edu_message(uint32_t address, uint16_t data)
{
    pci_write(EDU_DEVFN, 0x44, address);
    pci_write(EDU_DEVFN, 0x48, 0);
    pci_write(EDU_DEVFN, 0x4C, data);
}

void edu_start(void)
{
    pci_write(EDU_DEVFN, 0x10, (uint32_t)EDU_BAR);
    pci_write(EDU_DEVFN, 0x04, 6);
    edu_message((uint32_t)LAPIC, 0xFF);
    pci_write(EDU_DEVFN, 0x40, pci_read(EDU_DEVFN, 0x40) | 0x10000);
}

void edu_raise(void)
{
    write32(EDU_BAR + 0x60, 1);
    write32(EDU_BAR + 0x64, 1);
}

/* QEMU's takes 100 ms of the guest's time. */
void edu_copy(uint64_t from, uint64_t to, unsigned bytes)
{
    bool inside = to >= EDU_BUFFER && to < EDU_BUFFER + 4096;

    write64(EDU_BAR + 0x80, from);
    write64(EDU_BAR + 0x88, to);
    write64(EDU_BAR + 0x90, bytes);
    write64(EDU_BAR + 0x98, 1u | (inside ? 0 : 2u));
    for (unsigned polls = 0; (read32(EDU_BAR + 0x98) & 1) != 0; polls++)
        if (polls > 4)
            for (unsigned i = 0; i < 10000; i++)
                __asm__ volatile("");
}
