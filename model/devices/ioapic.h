// SPDX-License-Identifier: Apache-2.0
// I/O APIC at 0xFEC00000 (datasheet 82093AA; the EOI register and bits 55:48 of an entry as in the
// ICH9). Registers are 4 bytes; other sizes read all ones and write nothing.
//   0x00 RW index (8 bits)   0x10 RW window   0x40 WO EOI: a vector; reads 0
//   index 0x00 RW ID, bits 27:24   0x01 RO version: 24 entries, 0x20   0x02 RO arbitration ID
//   index 0x10 + 2n, 0x11 + 2n: entry n, low and high half
//     63:48 destination (63:56) or interrupt-remapping index and format, 16 mask, 15 level,
//     14 remote IRR (RO), 13 active low, 12 delivery status (RO), 11 logical, 10:8 mode, 7:0 vector
// The rest reads 0. At reset ID 0, every entry 0x10000.
// An interrupt is a 4-byte write of its source-id to 0xFEExxxxx, one at a time: entry
// bits 63:48 are address bits 19:4, bit 11 is bit 2; data as in "Message Data Register Format" with
// the level bit set. A masked edge is lost. A level is sent again after an EOI while it stands;
// only the modes fixed and lowest priority have levels, the others are sent at an edge.
#ifndef RW_IOAPIC_H
#define RW_IOAPIC_H

#include "devices/device.h"

#define IOAPIC_BASE    UINT64_C(0xFEC00000)
#define IOAPIC_BYTES   UINT64_C(0x1000)
#define IOAPIC_ENTRIES 24
#define IOAPIC_SID     0xFF00 /* unless the machine is made with another */

struct ioapic {
    const struct device_host *host;
    uint16_t sid;
    uint8_t index, id;
    uint64_t entry[IOAPIC_ENTRIES];
    uint32_t wires; /* high or low */
    uint32_t due;   /* edges and levels to be sent */
    bool in_flight; /* the message of entry `sending`; its delivery status is 1, too */
    uint8_t sending;
};

void ioapic_init(struct ioapic *io, const struct device_host *host, uint16_t sid);
/* What stands on the wire of an input, high or low. */
void ioapic_input(struct ioapic *io, unsigned input, bool high);
/* A local APIC's EOI of a level-triggered vector. */
void ioapic_eoi(struct ioapic *io, uint8_t vector);
extern const struct device_ops ioapic_ops;

#endif
