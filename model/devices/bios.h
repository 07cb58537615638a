// SPDX-License-Identifier: Apache-2.0
// What a PC's firmware leaves for software that does not ask ACPI: the BIOS data area at 0x400, and
// the tables of Intel's MultiProcessor Specification 1.4, which lie at 0xF0000 where the guest
// cannot write.
//   BIOS data area: COM1 is at 0x3F8 (0x400), one serial port and nothing else in the equipment
//   word (0x410), 640 KiB of base memory (0x413), no extended area (0x40E is 0). The rest is 0.
//   MP tables: one processor, APIC id 0; PCI as bus 0, ISA as bus 1; I/O APIC 0 at 0xFEC00000 with
//   the inputs of docs/devices.md; LINT0 ExtINT, LINT1 NMI. The 8259s are there too (no IMCR).
#ifndef RW_BIOS_H
#define RW_BIOS_H

#include <stdint.h>

#define BIOS_DATA       UINT64_C(0x400)
#define BIOS_DATA_BYTES 256u
#define BIOS_MP         UINT64_C(0xF0000) /* of the floating pointer */
#define BIOS_MP_BYTES   512u

struct bios_processor {
    uint32_t signature, features; /* EAX, EDX of CPUID leaf 1 */
};

void bios_build_data(uint8_t data[BIOS_DATA_BYTES]);
/* The floating pointer, the configuration table behind it; the answer: bytes used. */
uint32_t bios_build_mp(uint8_t area[BIOS_MP_BYTES], const struct bios_processor *p);

#endif
