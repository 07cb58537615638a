// SPDX-License-Identifier: Apache-2.0
// ACPI tables; see the header. Offsets inside a table are those of the specification's figures.
#include "devices/acpi.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#define HEADER_BYTES 36u
#define ALIGN        16u

#define FADT_BYTES      244u
#define FADT_SCI        9u
#define FADT_LEGACY     0x0001u /* IAPC_BOOT_ARCH: the devices of a PC are there */
#define FADT_WBINVD     0x0001u
#define FADT_PROC_C1    0x0004u
#define FADT_NO_SLEEP   0x0020u /* no fixed sleep button; the power button is a fixed one */
#define FADT_NO_RTC     0x0040u /* the RTC's wake status is not in PM1 */
#define FADT_RESET      0x0400u /* RESET_REG is there */
#define GAS_IO          1u
#define PM1_EVENT       0x600u
#define PM1_CONTROL     0x604u
#define PM_TIMER        0x608u
#define RESET_PORT      0xCF9u
#define RESET_VALUE     6u
#define CMOS_CENTURY    0x32u
#define LAPIC_ADDRESS   0xFEE00000u
#define IOAPIC_ADDRESS  0xFEC00000u
#define LEVEL_HIGH      0x000Du /* MPS INTI flags */
#define ECAM_ADDRESS    0xB0000000u
#define IOMMU_ADDRESS   0xFED90000u
#define DMAR_INTR_REMAP 1u
#define DRHD_INCLUDE    1u
#define SCOPE_IOAPIC    3u

/* AML. \_S5: four times 0. PCI0: bus 0, the ports but for CF8 to CFF, the windows of BARs. */
static const uint8_t dsdt[] = {
    /* Name (_S5, Package (4) {0, 0, 0, 0}) */
    0x08, '_', 'S', '5', '_', 0x12, 0x06, 0x04, 0x00, 0x00, 0x00, 0x00,
    /* Scope (\_SB), Device (PCI0) */
    0x10, 0x49, 0x0B, '\\', '_', 'S', 'B', '_', 0x5B, 0x82, 0x40, 0x0B, 'P', 'C', 'I', '0',
    /* Name (_HID, EisaId ("PNP0A08")), Name (_CID, EisaId ("PNP0A03")) */
    0x08, '_', 'H', 'I', 'D', 0x0C, 0x41, 0xD0, 0x0A, 0x08, 0x08, '_', 'C', 'I', 'D', 0x0C, 0x41,
    0xD0, 0x0A, 0x03,
    /* Name (_UID, 0), Name (_BBN, 0) */
    0x08, '_', 'U', 'I', 'D', 0x00, 0x08, '_', 'B', 'B', 'N', 0x00,
    /* Name (_PRT, Package (3) {...}): pin A of devices 2, 3, 4 is GSI 22, 23, 20 */
    0x08, '_', 'P', 'R', 'T', 0x12, 0x26, 0x03, 0x12, 0x0B, 0x04, 0x0C, 0xFF, 0xFF, 0x02, 0x00,
    0x00, 0x00, 0x0A, 0x16, 0x12, 0x0B, 0x04, 0x0C, 0xFF, 0xFF, 0x03, 0x00, 0x00, 0x00, 0x0A, 0x17,
    0x12, 0x0B, 0x04, 0x0C, 0xFF, 0xFF, 0x04, 0x00, 0x00, 0x00, 0x0A, 0x14,
    /* Name (_CRS, ResourceTemplate () {...}): a buffer of 84 bytes */
    0x08, '_', 'C', 'R', 'S', 0x11, 0x48, 0x05, 0x0A, 0x54,
    /* WordBusNumber: 0 to 0 */
    0x88, 0x0D, 0x00, 0x02, 0x0C, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00,
    /* IO: CF8 to CFF */
    0x47, 0x01, 0xF8, 0x0C, 0xF8, 0x0C, 0x01, 0x08,
    /* WordIO: 0 to CF7 */
    0x88, 0x0D, 0x00, 0x01, 0x0C, 0x03, 0x00, 0x00, 0x00, 0x00, 0xF7, 0x0C, 0x00, 0x00, 0xF8, 0x0C,
    /* WordIO: D00 to FFFF */
    0x88, 0x0D, 0x00, 0x01, 0x0C, 0x03, 0x00, 0x00, 0x00, 0x0D, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0xF3,
    /* DWordMemory: C0000000 to FEBFFFFF, not cached, writable; end tag */
    0x87, 0x17, 0x00, 0x00, 0x0C, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xC0, 0xFF, 0xFF,
    0xBF, 0xFE, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xC0, 0x3E, 0x79, 0x00};

struct room {
    uint8_t *tables;
    uint32_t used;
};

static void put16(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}

static void put32(uint8_t *p, uint32_t v)
{
    put16(p, v);
    put16(p + 2, v >> 16);
}

static void put_gas(uint8_t *p, unsigned port, unsigned bits)
{
    p[0] = GAS_IO;
    p[1] = (uint8_t)bits;
    p[3] = bits == 8 ? 1 : bits == 16 ? 2 : 3;
    put32(p + 4, port);
}

static uint8_t checksum(const uint8_t *p, uint32_t bytes)
{
    uint8_t sum = 0;

    for (uint32_t i = 0; i < bytes; i++)
        sum = (uint8_t)(sum + p[i]);
    return (uint8_t)-sum;
}

static uint32_t address_of(const struct room *r, const uint8_t *table)
{
    return (uint32_t)ACPI_BASE + (uint32_t)(table - r->tables);
}

static uint8_t *begin(struct room *r, const char *signature, uint8_t revision, uint32_t bytes)
{
    uint8_t *t = r->tables + r->used;

    assert(r->used + bytes <= ACPI_BYTES);
    memcpy(t, signature, 4);
    put32(t + 4, bytes);
    t[8] = revision;
    memcpy(t + 10, "RNGWLKRINGWALK", 14);
    put32(t + 24, 1);
    memcpy(t + 28, "RWLK", 4);
    put32(t + 32, 1);
    r->used = (r->used + bytes + ALIGN - 1) & ~(ALIGN - 1);
    return t;
}

static void end(uint8_t *table, uint32_t bytes)
{
    table[9] = 0;
    table[9] = checksum(table, bytes);
}

static uint8_t *put_dsdt(struct room *r)
{
    uint8_t *t = begin(r, "DSDT", 2, HEADER_BYTES + sizeof(dsdt));

    memcpy(t + HEADER_BYTES, dsdt, sizeof(dsdt));
    end(t, HEADER_BYTES + sizeof(dsdt));
    return t;
}

static uint8_t *put_fadt(struct room *r, uint32_t facs, uint32_t dsdt_at)
{
    uint8_t *t = begin(r, "FACP", 3, FADT_BYTES);

    put32(t + 36, facs);
    put32(t + 40, dsdt_at);
    t[45] = 1; /* desktop */
    put16(t + 46, FADT_SCI);
    put32(t + 56, PM1_EVENT);
    put32(t + 64, PM1_CONTROL);
    put32(t + 76, PM_TIMER);
    t[88] = 4; /* bytes of PM1 event, PM1 control, timer */
    t[89] = 2;
    t[91] = 4;
    put16(t + 96, 0x0FFF); /* no C2, no C3 */
    put16(t + 98, 0x0FFF);
    t[108] = CMOS_CENTURY;
    put16(t + 109, FADT_LEGACY);
    put32(t + 112, FADT_WBINVD | FADT_PROC_C1 | FADT_NO_SLEEP | FADT_NO_RTC | FADT_RESET);
    put_gas(t + 116, RESET_PORT, 8);
    t[128] = RESET_VALUE;
    put32(t + 140, dsdt_at);
    put_gas(t + 148, PM1_EVENT, 32);
    put_gas(t + 172, PM1_CONTROL, 16);
    put_gas(t + 208, PM_TIMER, 32);
    end(t, FADT_BYTES);
    return t;
}

static const uint8_t madt_entries[] = {
    0, 8,  0,    0,  1,  0, 0,    0, /* local APIC: processor 0, ID 0, enabled */
    1, 12, 0,    0,  0,  0, 0xC0, 0xFE, 0,          0, 0, 0, /* IOAPIC: ID 0, 0xFEC00000, GSI 0 */
    2, 10, 0,    0,  2,  0, 0,    0,    0,          0,       /* IRQ 0: GSI 2, as the bus has it */
    2, 10, 0,    9,  9,  0, 0,    0,    LEVEL_HIGH, 0,       /* IRQ 9, the SCI */
    2, 10, 0,    10, 10, 0, 0,    0,    LEVEL_HIGH, 0,       /* IRQ 10, PCI pins */
    2, 10, 0,    11, 11, 0, 0,    0,    LEVEL_HIGH, 0,       /* IRQ 11, PCI pins */
    4, 6,  0xFF, 0,  0,  1                                   /* NMI at LINT1 of every processor */
};

static uint8_t *put_madt(struct room *r)
{
    const uint32_t bytes = HEADER_BYTES + 8 + sizeof(madt_entries);
    uint8_t *t = begin(r, "APIC", 2, bytes);

    put32(t + 36, LAPIC_ADDRESS);
    put32(t + 40, 1); /* the 8259 pair is there too */
    memcpy(t + 44, madt_entries, sizeof(madt_entries));
    end(t, bytes);
    return t;
}

static uint8_t *put_mcfg(struct room *r)
{
    uint8_t *t = begin(r, "MCFG", 1, 60);

    put32(t + 44, ECAM_ADDRESS); /* segment 0, buses 0 to 0 */
    end(t, 60);
    return t;
}

static uint8_t *put_dmar(struct room *r, const struct acpi_config *c)
{
    uint8_t *t = begin(r, "DMAR", 1, 72);

    t[36] = (uint8_t)(c->haw - 1);
    t[37] = c->interrupt_remapping ? DMAR_INTR_REMAP : 0;
    put16(t + 50, 24); /* DRHD: segment 0 */
    t[52] = DRHD_INCLUDE;
    put32(t + 56, IOMMU_ADDRESS);
    t[64] = SCOPE_IOAPIC; /* IOAPIC 0: start bus, path of one device and function */
    t[65] = 8;
    t[69] = (uint8_t)(c->ioapic_sid >> 8);
    t[70] = (uint8_t)c->ioapic_sid >> 3;
    t[71] = c->ioapic_sid & 7;
    end(t, 72);
    return t;
}

/* RSDT and XSDT: room first, since they come before the tables that they list. */
static void list(const struct room *r, uint8_t *sdt, unsigned entry_bytes,
                 const uint8_t *const tables[4])
{
    for (unsigned i = 0; i < 4; i++)
        put32(sdt + HEADER_BYTES + i * entry_bytes, address_of(r, tables[i]));
    end(sdt, HEADER_BYTES + 4 * entry_bytes);
}

static void put_rsdp(struct room *r, const uint8_t *rsdt, const uint8_t *xsdt)
{
    uint8_t *p = r->tables;

    memcpy(p, "RSD PTR ", 8);
    memcpy(p + 9, "RNGWLK", 6);
    p[15] = 2;
    put32(p + 16, address_of(r, rsdt));
    put32(p + 20, ACPI_RSDP_BYTES);
    put32(p + 24, address_of(r, xsdt));
    p[8] = checksum(p, 20);
    p[32] = checksum(p, ACPI_RSDP_BYTES);
}

uint32_t acpi_build(uint8_t tables[ACPI_BYTES], const struct acpi_config *c)
{
    struct room r = {tables, 48};
    uint8_t *rsdt, *xsdt;
    const uint8_t *listed[4];

    memset(tables, 0, ACPI_BYTES);
    rsdt = begin(&r, "RSDT", 1, HEADER_BYTES + 16);
    xsdt = begin(&r, "XSDT", 1, HEADER_BYTES + 32);
    listed[0] =
        put_fadt(&r, (uint32_t)(c->memory_bytes - ACPI_FACS_BELOW), address_of(&r, put_dsdt(&r)));
    listed[1] = put_madt(&r);
    listed[2] = put_mcfg(&r);
    listed[3] = put_dmar(&r, c);
    list(&r, rsdt, 4, listed);
    list(&r, xsdt, 8, listed);
    put_rsdp(&r, rsdt, xsdt);
    return r.used;
}

void acpi_build_facs(uint8_t facs[ACPI_FACS_BYTES])
{
    memset(facs, 0, ACPI_FACS_BYTES);
    memcpy(facs, "FACS", 4);
    put32(facs + 4, ACPI_FACS_BYTES);
    facs[32] = 1; /* version */
}
