// SPDX-License-Identifier: Apache-2.0
// Firmware configuration; see the header.
#include "devices/fwcfg.h"

#include <string.h>

#define KEY_SIGNATURE 0x0000
#define KEY_ID        0x0001
#define KEY_RAM_SIZE  0x0003
#define KEY_CPUS      0x0005
#define KEY_MAX_CPUS  0x000F
#define KEY_DIRECTORY 0x0019
#define KEY_RSDP      0x0020
#define KEY_TABLES    0x0021

#define ENTRY_BYTES     64u
#define ENTRY_NAME      8u
#define FILES           2u
#define DIRECTORY_BYTES (4 + FILES * ENTRY_BYTES)

struct file {
    uint16_t key;
    uint32_t bytes;
    const char *name;
};

void fwcfg_init(struct fwcfg *f, const struct acpi_config *firmware)
{
    *f = (struct fwcfg){.memory_bytes = firmware->memory_bytes};
    f->tables_bytes = acpi_build(f->tables, firmware);
}

/* Byte i of the entry of a file: size and key, 2 bytes reserved, name. */
static uint8_t entry_byte(const struct file *file, uint32_t i)
{
    const uint8_t head[ENTRY_NAME] = {(uint8_t)(file->bytes >> 24), (uint8_t)(file->bytes >> 16),
                                      (uint8_t)(file->bytes >> 8),  (uint8_t)file->bytes,
                                      (uint8_t)(file->key >> 8),    (uint8_t)file->key};

    if (i < ENTRY_NAME)
        return head[i];
    return i - ENTRY_NAME < strlen(file->name) ? (uint8_t)file->name[i - ENTRY_NAME] : 0;
}

static uint8_t directory_byte(const struct fwcfg *f, uint32_t i)
{
    const struct file files[FILES] = {{KEY_RSDP, ACPI_RSDP_BYTES, "etc/acpi/rsdp"},
                                      {KEY_TABLES, f->tables_bytes, "etc/acpi/tables"}};

    if (i < 4)
        return i == 3 ? FILES : 0;
    return entry_byte(&files[(i - 4) / ENTRY_BYTES], (i - 4) % ENTRY_BYTES);
}

static uint8_t number_byte(uint64_t value, uint32_t i)
{
    return (uint8_t)(value >> (8 * i));
}

static uint32_t item_bytes(const struct fwcfg *f)
{
    switch (f->key) {
    case KEY_SIGNATURE:
    case KEY_ID:
        return 4;
    case KEY_RAM_SIZE:
        return 8;
    case KEY_CPUS:
    case KEY_MAX_CPUS:
        return 2;
    case KEY_DIRECTORY:
        return DIRECTORY_BYTES;
    case KEY_RSDP:
        return ACPI_RSDP_BYTES;
    case KEY_TABLES:
        return f->tables_bytes;
    default:
        return 0;
    }
}

static uint8_t item_byte(const struct fwcfg *f, uint32_t i)
{
    switch (f->key) {
    case KEY_SIGNATURE:
        return (uint8_t) "QEMU"[i];
    case KEY_RAM_SIZE:
        return number_byte(f->memory_bytes, i);
    case KEY_ID:
    case KEY_CPUS:
    case KEY_MAX_CPUS:
        return number_byte(1, i);
    case KEY_DIRECTORY:
        return directory_byte(f, i);
    default:
        return f->tables[i];
    }
}

static uint64_t fwcfg_read(void *self, uint64_t offset, unsigned bytes)
{
    struct fwcfg *f = self;

    (void)offset;
    if (bytes != 1)
        return UINT64_MAX;
    return f->at < item_bytes(f) ? item_byte(f, f->at++) : 0;
}

static void fwcfg_write(void *self, uint64_t offset, unsigned bytes, uint64_t value)
{
    struct fwcfg *f = self;

    if (offset != 0 || bytes != 2)
        return;
    f->key = (uint16_t)value;
    f->at = 0;
}

const struct device_ops fwcfg_ops = {.name = "fw-cfg", .read = fwcfg_read, .write = fwcfg_write};
