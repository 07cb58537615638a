// SPDX-License-Identifier: Apache-2.0
// MSI-X of a PCI function: PCI Local Bus Specification 3.0 "MSI-X Capability and Table Structures".
// The table (16 bytes a vector: address low, high, data, control with bit 0 mask) and behind it the
// pending bits lie in a BAR of the device, whose ops hand accesses on. Dwords and aligned qwords;
// others read all ones and do nothing. Reset: every vector masked.
// A vector that is raised while it or the function is masked waits in its pending bit and is sent
// when the mask falls; with MSI-X off it is lost.
#ifndef RW_PCI_MSIX_H
#define RW_PCI_MSIX_H

#include "devices/pci.h"

#define PCI_MSIX_VECTORS 8

struct pci_msix {
    struct pci_function *function;
    const struct device_host *host;
    uint16_t sid;
    uint8_t tag; /* of its messages among the device's requests */
    unsigned vectors;
    uint32_t table[PCI_MSIX_VECTORS][4];
    uint32_t pending;
};

/* Adds the capability; table and pending bits are to lie in BAR `bar` at these offsets. */
void pci_msix_init(struct pci_msix *m, unsigned bar, uint32_t table, uint32_t pending);
bool pci_msix_enabled(const struct pci_msix *m);
void pci_msix_raise(struct pci_msix *m, unsigned vector);
/* After a configuration write that may have let go of pending vectors. */
void pci_msix_settle(struct pci_msix *m);
uint64_t pci_msix_table_read(const struct pci_msix *m, uint64_t offset, unsigned bytes);
void pci_msix_table_write(struct pci_msix *m, uint64_t offset, unsigned bytes, uint64_t value);
uint64_t pci_msix_pending_read(const struct pci_msix *m, uint64_t offset, unsigned bytes);

#endif
