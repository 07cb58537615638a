// SPDX-License-Identifier: Apache-2.0
// Loads a program as a PC boot loader would: a Multiboot 1 image (ELF32 or the a.out-style address
// fields), or an ELF64 executable without a Multiboot header. Multiboot Specification 0.6.96;
// System V ABI "Program Loading".
#ifndef RW_IMAGE_H
#define RW_IMAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "devices/acpi.h"
#include "ringwalk.h"
#include "start_option.h"

struct image_options {
    const char *path;
    const char *append;         /* command line behind the file's name, may be NULL */
    const char *const *modules; /* file names */
    unsigned module_count;
    struct rw_cpuid cpuid;
    struct rw_vtd vtd;
    struct start_values start;
    enum rw_undefined undefined;
    uint16_t ioapic_sid; /* 0: IOAPIC_SID */
};

/* What the firmware's tables say. */
struct acpi_config image_firmware(const struct image_options *o, uint64_t memory_bytes);
/* Fills mem (zeroed by the caller) and boot. On failure returns false and one line in error. */
bool image_load(const struct image_options *o, struct rw_mem *mem, struct rw_boot *boot,
                char *error, size_t error_bytes);

#endif
