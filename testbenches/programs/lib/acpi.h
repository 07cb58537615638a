// SPDX-License-Identifier: Apache-2.0
// Finds the firmware's tables: the RSDP by scanning, RSDT or XSDT, entries of a table. ACPI
// Specification, "System Description Tables".
#ifndef ACPI_H
#define ACPI_H

#include "rt.h"

static inline uint32_t acpi_get32(const uint8_t *p)
{
    uint32_t v;

    memcpy(&v, p, 4);
    return v;
}

static inline uint64_t acpi_get64(const uint8_t *p)
{
    uint64_t v;

    memcpy(&v, p, 8);
    return v;
}

static inline uint8_t acpi_sum(const uint8_t *p, uint32_t bytes)
{
    uint8_t s = 0;

    while (bytes-- > 0)
        s = (uint8_t)(s + *p++);
    return s;
}

static inline const uint8_t *acpi_rsdp(void)
{
    for (uint64_t at = 0xE0000; at < 0x100000; at += 16)
        if (memcmp((const void *)at, "RSD PTR ", 8) == 0 && acpi_sum((const uint8_t *)at, 20) == 0)
            return (const uint8_t *)at;
    return NULL;
}

/* NULL: not listed, or its checksum is wrong. */
static inline const uint8_t *acpi_table(const uint8_t *rsdp, const char *signature)
{
    bool extended = rsdp[15] >= 2 && acpi_get64(rsdp + 24) != 0;
    const uint8_t *list =
        (const uint8_t *)(extended ? acpi_get64(rsdp + 24) : acpi_get32(rsdp + 16));
    unsigned step = extended ? 8 : 4;

    for (uint32_t at = 36; at < acpi_get32(list + 4); at += step) {
        const uint8_t *t =
            (const uint8_t *)(uint64_t)(extended ? acpi_get64(list + at) : acpi_get32(list + at));

        if (memcmp(t, signature, 4) == 0 && acpi_sum(t, acpi_get32(t + 4)) == 0)
            return t;
    }
    return NULL;
}

/* The first entry of a type in a table of entries with a 1- or 2-byte type and length. */
static inline const uint8_t *acpi_entry(const uint8_t *t, uint32_t from, unsigned width,
                                        unsigned type)
{
    for (uint32_t at = from; at < acpi_get32(t + 4);) {
        const uint8_t *e = t + at;
        unsigned is = width == 1 ? e[0] : e[0] | e[1] << 8;

        if (is == type)
            return e;
        at += width == 1 ? e[1] : e[2] | (uint32_t)e[3] << 8;
    }
    return NULL;
}

/* The source-id of the I/O APIC in DMAR: the first scope of its first unit; 0: there is none. */
static inline uint16_t acpi_ioapic_source(void)
{
    const uint8_t *rsdp = acpi_rsdp();
    const uint8_t *dmar = rsdp == NULL ? NULL : acpi_table(rsdp, "DMAR");
    const uint8_t *unit = dmar == NULL ? NULL : acpi_entry(dmar, 48, 2, 0);

    if (unit == NULL || unit[2] <= 16 || unit[16] != 3)
        return 0;
    return (uint16_t)(unit[21] << 8 | unit[22] << 3 | unit[23]);
}

#endif
