// SPDX-License-Identifier: Apache-2.0
// PCI configuration space of bus 0; see the header.
#include "devices/pci.h"

#include <string.h>

#define CFG_COMMAND  0x04
#define CFG_STATUS   0x06
#define CFG_BAR0     0x10
#define CFG_CAP_PTR  0x34
#define CFG_INT_LINE 0x3C
#define CFG_MSI      0x40
#define STATUS_CAPS  0x10
#define MSI_ENABLE   0x01
#define INTX_DISABLE 0x04 /* of the command register's upper byte */
#define STATUS_INTX  0x08
#define MSI_64BIT    0x80

static void put32(uint8_t *p, uint32_t v)
{
    for (unsigned i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> (8 * i));
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

void pci_function_init(struct pci_function *f, uint8_t devfn, uint32_t id, uint32_t class_code,
                       uint32_t bar0_bytes, bool has_msi)
{
    memset(f, 0, sizeof(*f));
    f->devfn = devfn;
    f->bar0_bytes = bar0_bytes;
    f->has_msi = has_msi;
    put32(f->config, id);
    put32(f->config + 8, class_code << 8);
    if (has_msi) {
        f->config[CFG_STATUS] = STATUS_CAPS;
        f->config[CFG_CAP_PTR] = CFG_MSI;
        f->config[CFG_MSI] = 0x05;
        f->config[CFG_MSI + 2] = MSI_64BIT;
    }
}

uint32_t pci_bar0(const struct pci_function *f)
{
    return get32(f->config + CFG_BAR0) & ~15u;
}

bool pci_memory_enabled(const struct pci_function *f)
{
    return (f->config[CFG_COMMAND] & PCI_COMMAND_MEMORY) != 0;
}

bool pci_master_enabled(const struct pci_function *f)
{
    return (f->config[CFG_COMMAND] & PCI_COMMAND_MASTER) != 0;
}

bool pci_intx_asserted(const struct pci_function *f)
{
    return f->intx && !(f->has_msi && (f->config[CFG_MSI + 2] & MSI_ENABLE)) &&
           !(f->config[CFG_COMMAND + 1] & INTX_DISABLE);
}

bool pci_msi(const struct pci_function *f, uint64_t *addr, uint16_t *data)
{
    const uint8_t *msi = f->config + CFG_MSI;

    if (!f->has_msi || !(msi[2] & MSI_ENABLE))
        return false;
    *addr = get32(msi + 4) | (uint64_t)get32(msi + 8) << 32;
    *data = (uint16_t)(msi[12] | msi[13] << 8);
    return true;
}

/* Bits of one byte of the configuration space that software can write. */
static uint8_t writable(const struct pci_function *f, unsigned offset)
{
    if (offset == CFG_COMMAND)
        return PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
    if (offset == CFG_COMMAND + 1)
        return INTX_DISABLE;
    if (offset == CFG_INT_LINE)
        return 0xFF;
    if (offset >= CFG_BAR0 && offset < CFG_BAR0 + 4 && f->bar0_bytes != 0)
        return (uint8_t)((~(f->bar0_bytes - 1)) >> (8 * (offset - CFG_BAR0)));
    if (f->has_msi && offset == CFG_MSI + 2)
        return MSI_ENABLE;
    if (f->has_msi && offset >= CFG_MSI + 4 && offset < CFG_MSI + 14)
        return offset == CFG_MSI + 4 ? 0xFC : 0xFF;
    return 0;
}

static struct pci_function *find(const struct pci_bus *b, uint32_t devfn)
{
    for (unsigned i = 0; i < b->count; i++)
        if (b->functions[i]->devfn == devfn)
            return b->functions[i];
    return NULL;
}

static uint64_t config_read(const struct pci_bus *b, uint32_t devfn, unsigned offset,
                            unsigned bytes)
{
    const struct pci_function *f = find(b, devfn);
    uint64_t value = 0;

    for (unsigned i = 0; i < bytes; i++) {
        uint8_t byte = f == NULL ? 0xFF : offset + i < 256 ? f->config[offset + i] : 0;

        if (f != NULL && offset + i == CFG_STATUS && f->intx)
            byte |= STATUS_INTX;
        value |= (uint64_t)byte << (8 * i);
    }
    return value;
}

static void config_write(const struct pci_bus *b, uint32_t devfn, unsigned offset, unsigned bytes,
                         uint64_t value)
{
    struct pci_function *f = find(b, devfn);

    for (unsigned i = 0; f != NULL && i < bytes && offset + i < 256; i++) {
        uint8_t mask = writable(f, offset + i);
        uint8_t *at = &f->config[offset + i];

        *at = (uint8_t)((*at & ~mask) | ((uint8_t)(value >> (8 * i)) & mask));
    }
}

void pci_bus_add(struct pci_bus *b, struct pci_function *f)
{
    b->functions[b->count++] = f;
}

/* CF8: bit 31 enable, 23:16 bus, 15:8 devfn, 7:2 register. */
static uint64_t port_read(void *self, uint64_t offset, unsigned bytes)
{
    const struct pci_bus *b = self;
    uint32_t a = b->config_address;

    if (offset == 0 && bytes == 4)
        return a;
    if (offset < 4 || !(a >> 31) || ((a >> 16) & 0xFF) != 0)
        return UINT64_MAX;
    return config_read(b, (a >> 8) & 0xFF, (a & 0xFC) + (unsigned)(offset & 3), bytes);
}

static void port_write(void *self, uint64_t offset, unsigned bytes, uint64_t value)
{
    struct pci_bus *b = self;
    uint32_t a = b->config_address;

    if (offset == 0 && bytes == 4)
        b->config_address = (uint32_t)value & 0x80FFFFFC;
    else if (offset >= 4 && (a >> 31) && ((a >> 16) & 0xFF) == 0)
        config_write(b, (a >> 8) & 0xFF, (a & 0xFC) + (unsigned)(offset & 3), bytes, value);
}

const struct device_ops pci_port_ops = {
    .name = "pci-config", .read = port_read, .write = port_write};

static uint64_t ecam_read(void *self, uint64_t offset, unsigned bytes)
{
    return config_read(self, (uint32_t)(offset >> 12) & 0xFF, (unsigned)(offset & 0xFFF), bytes);
}

static void ecam_write(void *self, uint64_t offset, unsigned bytes, uint64_t value)
{
    config_write(self, (uint32_t)(offset >> 12) & 0xFF, (unsigned)(offset & 0xFFF), bytes, value);
}

const struct device_ops pci_ecam_ops = {.name = "pci-ecam", .read = ecam_read, .write = ecam_write};
