// SPDX-License-Identifier: Apache-2.0
// What software sees of an IOMMU by its fields: registers, invalidation descriptors, fault records.
// VT-d "Register Descriptions", "Queued Invalidation Interface"; a title is that of its section.
#ifndef RW_UNIT_LAYOUT_H
#define RW_UNIT_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

struct unit_field {
    uint8_t hi, lo;
    const char *name, *what;
    const char *(*named)(uint64_t value); /* a value in words; NULL: as a number */
};

struct unit_layout {
    const char *name, *title;
    unsigned bytes;                  /* 4, 8 or 16 */
    const struct unit_field *fields; /* of up to 128 bits; ends with one that has no name */
};

/* The register that holds the byte at `offset` of the window, and that byte's number in it; NULL
 * where there is none. */
const struct unit_layout *unit_register(uint32_t offset, unsigned *within);
/* "IOTLB+4", "FRCD5+12"; "offset 0x60" where there is none. */
void unit_register_text(char *out, size_t bytes, uint32_t offset);
/* Of an invalidation descriptor, by its type; NULL: no such type. */
const struct unit_layout *unit_descriptor(uint64_t low);
/* "invalid descriptor type", as IQERCD.IQEI has it. */
const char *unit_queue_error(uint64_t iqei);

extern const struct unit_layout unit_fault_record, unit_context_command, unit_iotlb_command,
    unit_invalidate_address;

#endif
