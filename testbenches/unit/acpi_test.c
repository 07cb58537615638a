// SPDX-License-Identifier: Apache-2.0
// The firmware's tables and fw_cfg, found as software finds them. ACPI Specification 6.4 "Finding
// the RSDP on IA-PC Systems", chapter 5; VT-d "DMA Remapping Reporting Structure".
#include "devices/acpi.h"

#include <string.h>

#include "devices/fwcfg.h"
#include "gt.h"

static const struct acpi_config usual = {UINT64_C(256) << 20, 40, true, 0xFF00};

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static unsigned sum(const uint8_t *p, uint32_t bytes)
{
    unsigned s = 0;

    while (bytes-- > 0)
        s += *p++;
    return s & 0xFF;
}

static const uint8_t *at(const uint8_t *tables, uint32_t address)
{
    return tables + (address - 0xE0000);
}

/* By the XSDT and by the RSDT: the same table. */
static const uint8_t *find(const uint8_t *tables, const char *signature)
{
    const uint8_t *rsdt = at(tables, get32(tables + 16)), *xsdt = at(tables, get32(tables + 24));

    for (unsigned i = 0; i < (get32(xsdt + 4) - 36) / 8; i++) {
        const uint8_t *t = at(tables, get32(xsdt + 36 + 8 * i));

        EXPECT_U64(get32(xsdt + 36 + 8 * i), get32(rsdt + 36 + 4 * i));
        EXPECT_U64(0, get32(xsdt + 40 + 8 * i));
        if (memcmp(t, signature, 4) == 0)
            return t;
    }
    return NULL;
}

GT_TEST(acpi, every_checksum_is_right)
{
    static const char *const names[] = {"FACP", "APIC", "MCFG", "DMAR"};
    uint8_t t[ACPI_BYTES];

    acpi_build(t, &usual);
    EXPECT_TRUE(memcmp(t, "RSD PTR ", 8) == 0);
    EXPECT_U64(2, t[15]);
    EXPECT_U64(0, sum(t, 20));
    EXPECT_U64(0, sum(t, 36));
    EXPECT_U64(0, sum(at(t, get32(t + 16)), get32(at(t, get32(t + 16)) + 4)));
    EXPECT_U64(0, sum(at(t, get32(t + 24)), get32(at(t, get32(t + 24)) + 4)));
    for (unsigned i = 0; i < 4; i++) {
        const uint8_t *table = find(t, names[i]);

        EXPECT_TRUE(table != NULL);
        if (table != NULL)
            EXPECT_U64(0, sum(table, get32(table + 4)));
    }
}

/* "Fixed ACPI Description Table": ports, SCI, reset register, DSDT and FACS. */
GT_TEST(acpi, fadt_names_the_fixed_hardware)
{
    uint8_t t[ACPI_BYTES];
    const uint8_t *f, *dsdt;

    acpi_build(t, &usual);
    f = find(t, "FACP");
    EXPECT_U64(9, f[46]);
    EXPECT_U64(0, get32(f + 48)); /* no SMI_CMD */
    EXPECT_U64(0x600, get32(f + 56));
    EXPECT_U64(0x604, get32(f + 64));
    EXPECT_U64(0x608, get32(f + 76));
    EXPECT_U64(0xCF9, get32(f + 120));
    EXPECT_U64(6, f[128]);
    EXPECT_U64(0x10000000 - 0x1000, get32(f + 36));
    dsdt = at(t, get32(f + 40));
    EXPECT_TRUE(memcmp(dsdt, "DSDT", 4) == 0);
    EXPECT_U64(0, sum(dsdt, get32(dsdt + 4)));
    EXPECT_TRUE(memcmp(dsdt + 36, "\x08_S5_\x12\x06\x04\0\0\0\0", 12) == 0);
}

/* "DMA Remapping Reporting Structure": host address width less 1, INTR_REMAP, one unit for all. */
GT_TEST(acpi, dmar_says_what_the_unit_has)
{
    struct acpi_config without = usual;
    uint8_t t[ACPI_BYTES];
    const uint8_t *d;

    acpi_build(t, &usual);
    d = find(t, "DMAR");
    EXPECT_U64(72, get32(d + 4));
    EXPECT_U64(39, d[36]);
    EXPECT_U64(1, d[37]);
    EXPECT_U64(0x00180000, get32(d + 48)); /* DRHD, 24 bytes */
    EXPECT_U64(1, d[52]);
    EXPECT_U64(0xFED90000, get32(d + 56));
    EXPECT_U64(0x00000803, get32(d + 64)); /* an IOAPIC */
    EXPECT_U64(0x0000FF00, get32(d + 68)); /* ID 0, bus FFh, 00.0 */
    without.interrupt_remapping = false;
    without.ioapic_sid = 0xF0F9; /* F0:1F.1 */
    acpi_build(t, &without);
    EXPECT_U64(0, find(t, "DMAR")[37]);
    EXPECT_U64(0x011FF000, get32(find(t, "DMAR") + 68));
}

static uint8_t next(struct fwcfg *f)
{
    return (uint8_t)fwcfg_ops.read(f, 1, 1);
}

static void item(struct fwcfg *f, unsigned key, uint8_t *data, unsigned bytes)
{
    fwcfg_ops.write(f, 0, 2, key);
    for (unsigned i = 0; i < bytes; i++)
        data[i] = next(f);
}

GT_TEST(fwcfg, items_by_key)
{
    struct fwcfg f;
    uint8_t d[8];

    fwcfg_init(&f, &usual);
    for (unsigned i = 0; i < 4; i++)
        EXPECT_U64("QEMU"[i], next(&f)); /* selected from reset on */
    EXPECT_U64(0, next(&f));             /* behind the end */
    item(&f, 1, d, 4);
    EXPECT_U64(1, get32(d));
    item(&f, 3, d, 8);
    EXPECT_U64(0x10000000, get32(d));
    item(&f, 5, d, 2);
    EXPECT_U64(1, d[0]);
    item(&f, 0x1234, d, 1);
    EXPECT_U64(0, d[0]);
    fwcfg_ops.write(&f, 0, 2, 0);
    fwcfg_ops.write(&f, 0, 1, 1); /* no byte selects, and nothing writes data */
    fwcfg_ops.write(&f, 1, 1, 1);
    EXPECT_U64('Q', fwcfg_ops.read(&f, 0, 1));
    EXPECT_U64('E', next(&f));
    EXPECT_U64(UINT64_MAX, fwcfg_ops.read(&f, 0, 2));
}

/* The directory leads to the tables as they lie in memory. */
GT_TEST(fwcfg, the_directory_leads_to_the_tables)
{
    uint8_t dir[132], t[ACPI_BYTES], got[ACPI_BYTES];
    struct fwcfg f;
    uint32_t used = acpi_build(t, &usual);

    fwcfg_init(&f, &usual);
    item(&f, 0x19, dir, sizeof(dir));
    EXPECT_U64(2, dir[3]);
    EXPECT_STR("etc/acpi/rsdp", (const char *)dir + 12);
    EXPECT_STR("etc/acpi/tables", (const char *)dir + 76);
    EXPECT_U64(used, (unsigned)dir[70] << 8 | dir[71]);
    EXPECT_U64(0x21, dir[73]);
    item(&f, 0x21, got, used);
    EXPECT_TRUE(memcmp(t, got, used) == 0);
    EXPECT_U64(0, next(&f));
}
