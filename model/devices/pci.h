// SPDX-License-Identifier: Apache-2.0
// PCI configuration of bus 0: type 0 headers with up to six BARs, an interrupt pin and
// capabilities, reached by ports 0xCF8/0xCFC and by ECAM at 0xB0000000 (1 MiB for bus 0), which
// show the same registers. PCI Local Bus Specification 3.0, chapter 6.
//   COMMAND I/O (only with an I/O BAR), memory, bus master, interrupt disable are kept; STATUS
//   shows the capabilities list and the interrupt pin; interrupt line is RAM a BAR keeps the
//   address bits above its size: all ones read back as its size; one at address 0 does not answer,
//   nor one whose space COMMAND turns off MSI: one message, 64-bit address, no mask; MSI-X in
//   pci_msix.h a function that is not there reads all ones; offsets from 256 on, in ECAM, read 0
//   0xCF8 is a dword; other accesses to 0xCF8-0xCFB read all ones and do nothing; 0xCFC-0xCFF takes
//   1, 2 and 4 bytes, and reads all ones while bit 31 of 0xCF8 is 0 or the bus is not 0
#ifndef RW_PCI_H
#define RW_PCI_H

#include "devices/device.h"

#define PCI_COMMAND_IO     0x0001u
#define PCI_COMMAND_MEMORY 0x0002u
#define PCI_COMMAND_MASTER 0x0004u
#define PCI_INT_LINE       0x3C
#define PCI_INT_PIN        0x3D /* 0: none; 1 to 4: A to D */
#define PCI_CAP_MSI        0x05
#define PCI_CAP_VENDOR     0x09
#define PCI_CAP_MSIX       0x11
#define PCI_BARS           6
#define PCI_FUNCTIONS      8

enum pci_bar_kind { PCI_BAR_NONE, PCI_BAR_MEMORY, PCI_BAR_MEMORY64, PCI_BAR_IO };

struct pci_bar {
    enum pci_bar_kind kind; /* of the second half of a 64-bit one: none */
    uint32_t bytes;         /* a power of two, at least 16; an I/O BAR's at least 4 */
};

struct pci_function {
    uint8_t devfn;
    uint8_t config[256];   /* little-endian registers as software reads them */
    uint8_t writable[256]; /* bits of them that software writes */
    struct pci_bar bar[PCI_BARS];
    uint8_t capabilities_end; /* first free byte behind them */
    uint8_t msi, msix;        /* where their capabilities lie; 0: none */
    bool intx;                /* the device asks for its interrupt pin (register 0x3D says which) */
    void *owner;
    /* Before a configuration read of these bytes, and after a write of them; may be NULL. */
    void (*reading)(void *owner, unsigned offset, unsigned bytes);
    void (*written)(void *owner, unsigned offset, unsigned bytes);
};

struct pci_bus {
    struct pci_function *functions[PCI_FUNCTIONS];
    unsigned count;
    uint32_t config_address;
};

/* Where a BAR answers now; bytes 0: nowhere. */
struct pci_window {
    uint64_t base, bytes;
    bool io;
};

void pci_function_init(struct pci_function *f, uint8_t devfn, uint32_t id, uint32_t class_code);
void pci_bar_init(struct pci_function *f, unsigned n, enum pci_bar_kind kind, uint32_t bytes);
/* Room for a capability, first in the list; the answer: its offset. The rest of it is 0. */
uint8_t pci_capability_init(struct pci_function *f, uint8_t id, uint8_t bytes);
void pci_msi_init(struct pci_function *f);
void pci_put16(struct pci_function *f, unsigned offset, uint32_t v);
void pci_put32(struct pci_function *f, unsigned offset, uint32_t v);
uint32_t pci_get32(const struct pci_function *f, unsigned offset);

struct pci_window pci_bar_window(const struct pci_function *f, unsigned n);
bool pci_master_enabled(const struct pci_function *f);
/* The device's interrupt pin: asked for, and not turned off by MSI, MSI-X or the command register.
 */
bool pci_intx_asserted(const struct pci_function *f);
/* The MSI message when MSI is enabled and the function may write to memory. */
bool pci_msi(const struct pci_function *f, uint64_t *addr, uint16_t *data);

void pci_bus_add(struct pci_bus *b, struct pci_function *f);
extern const struct device_ops pci_port_ops; /* 0xCF8-0xCFF */
extern const struct device_ops pci_ecam_ops;

#endif
