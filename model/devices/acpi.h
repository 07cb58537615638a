// SPDX-License-Identifier: Apache-2.0
// The ACPI tables that the firmware of this machine would have left between 0xE0000 and 0xFFFFF,
// which the guest cannot write. ACPI Specification 6.4, chapters 5 and 20; VT-d "BIOS
// Considerations" for DMAR; PCI Firmware Specification for MCFG.
//   RSDP (revision 2) at 0xE0000; behind it, 16-byte aligned: RSDT, XSDT, FADT (revision 3), MADT,
//   MCFG, DMAR, DSDT.
//   FADT: no SMI_CMD, so ACPI mode is always on; PM1a event 0x600, control 0x604, timer 0x608 with
//   24 bits; reset register port 0xCF9, value 6; SCI 9.
//   MADT: local APIC 0, IOAPIC 0 at 0xFEC00000 from GSI 0, IRQ 0 on GSI 2, IRQ 9 level and active
//   high, LINT1 is NMI.
//   DMAR: one unit at 0xFED90000, INCLUDE_PCI_ALL, the IOAPIC by its source-id.
//   DSDT: \_S5 (SLP_TYP 0), \_SB.PCI0 with its bus number, ports, windows and interrupt pins.
// The FACS lies in the last page of RAM, since software writes to it.
#ifndef RW_ACPI_H
#define RW_ACPI_H

#include <stdbool.h>
#include <stdint.h>

#define ACPI_BASE       UINT64_C(0xE0000) /* of the RSDP */
#define ACPI_BYTES      2048u             /* room for all the tables */
#define ACPI_RSDP_BYTES 36u
#define ACPI_FACS_BYTES 64u
#define ACPI_FACS_BELOW 0x1000u /* so far below the end of RAM */

struct acpi_config {
    uint64_t memory_bytes;    /* of RAM, below 4 GiB */
    unsigned haw;             /* host address width of the IOMMU, in bits */
    bool interrupt_remapping; /* the IOMMU has it */
    uint16_t ioapic_sid;      /* the source-id of its messages */
};

/* Fills tables, which are to lie at ACPI_BASE; the answer: bytes used, RSDP included. */
uint32_t acpi_build(uint8_t tables[ACPI_BYTES], const struct acpi_config *c);
void acpi_build_facs(uint8_t facs[ACPI_FACS_BYTES]);

#endif
