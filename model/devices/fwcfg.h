// SPDX-License-Identifier: Apache-2.0
// Firmware configuration as QEMU has it (its docs/specs/fw_cfg), ports 0x510 and 0x511, without the
// DMA interface.
//   0x510 W, 2 bytes: selects an item and begins at its first byte
//   0x511 R, 1 byte: the next byte of the item; 0 behind its end, and of an item that is not there
// Port 0x510 read as a byte does the same as 0x511; other accesses read all ones and do nothing.
// Items, little-endian but for the directory, whose numbers are big-endian:
//   0x0000 "QEMU"            0x0001 4 bytes, 1: no DMA    0x0003 8 bytes: RAM in bytes
//   0x0005 2 bytes: 1 CPU    0x000F 2 bytes: 1 CPU at most
//   0x0019 directory: 0x0020 etc/acpi/rsdp, 0x0021 etc/acpi/tables, byte for byte what lies at
//          0xE0000, the checksums and addresses in them right (there is no etc/table-loader)
// Reset: item 0 from its first byte.
#ifndef RW_FWCFG_H
#define RW_FWCFG_H

#include "devices/acpi.h"
#include "devices/device.h"

#define FWCFG_PORT 0x510u

struct fwcfg {
    uint64_t memory_bytes;
    uint32_t tables_bytes;
    uint16_t key;
    uint32_t at; /* next byte */
    uint8_t tables[ACPI_BYTES];
};

void fwcfg_init(struct fwcfg *f, const struct acpi_config *firmware);
extern const struct device_ops fwcfg_ops; /* 2 bytes */

#endif
