// SPDX-License-Identifier: Apache-2.0
// Configuration space of bus 0 through ports 0xCF8 and 0xCFC; devfn is device * 8 + function.
#ifndef PCI_H
#define PCI_H

#include "rt.h"

static inline uint32_t pci_read(unsigned devfn, unsigned reg)
{
    outl(0xCF8, 0x80000000u | devfn << 8 | reg);
    return inl(0xCFC);
}

static inline void pci_write(unsigned devfn, unsigned reg, uint32_t v)
{
    outl(0xCF8, 0x80000000u | devfn << 8 | reg);
    outl(0xCFC, v);
}

static inline uint8_t pci_byte(unsigned devfn, unsigned reg)
{
    return (uint8_t)(pci_read(devfn, reg & ~3u) >> 8 * (reg & 3));
}

#endif
