// SPDX-License-Identifier: Apache-2.0
// PCI configuration of bus 0: type 0 headers with one memory BAR and MSI, reached by ports
// 0xCF8/0xCFC and by ECAM at 0xB0000000 (1 MiB for bus 0). PCI Local Bus Specification 3.0,
// chapter 6.
#ifndef RW_PCI_H
#define RW_PCI_H

#include "devices/device.h"

#define PCI_COMMAND_MEMORY 0x0002u
#define PCI_COMMAND_MASTER 0x0004u
#define PCI_INT_PIN        0x3D /* 0: none; 1 to 4: A to D */

struct pci_function {
    uint8_t devfn;
    uint8_t config[256]; /* little-endian registers as software reads them */
    uint32_t bar0_bytes; /* 0: no BAR; otherwise a power of two */
    bool has_msi;        /* capability at 0x40, 64-bit address */
    bool intx;           /* the device asks for its interrupt pin (register 0x3D says which) */
};

#define PCI_FUNCTIONS 4

struct pci_bus {
    struct pci_function *functions[PCI_FUNCTIONS];
    unsigned count;
    uint32_t config_address;
};

void pci_function_init(struct pci_function *f, uint8_t devfn, uint32_t id, uint32_t class_code,
                       uint32_t bar0_bytes, bool has_msi);
uint32_t pci_bar0(const struct pci_function *f);
bool pci_memory_enabled(const struct pci_function *f);
bool pci_master_enabled(const struct pci_function *f);
/* The device's interrupt pin: asked for, and not turned off by MSI or by the command register. */
bool pci_intx_asserted(const struct pci_function *f);
/* The MSI message when MSI is enabled. */
bool pci_msi(const struct pci_function *f, uint64_t *addr, uint16_t *data);

void pci_bus_add(struct pci_bus *b, struct pci_function *f);
extern const struct device_ops pci_port_ops; /* 0xCF8-0xCFF */
extern const struct device_ops pci_ecam_ops;

#endif
