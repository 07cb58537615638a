// SPDX-License-Identifier: Apache-2.0
// PCI configuration space of bus 0; see the header.
#include "devices/pci.h"

#include <assert.h>
#include <string.h>

#define CFG_COMMAND    0x04
#define CFG_STATUS     0x06
#define CFG_BAR0       0x10
#define CFG_CAP_PTR    0x34
#define CAPABILITIES   0x40 /* the first of them */
#define STATUS_CAPS    0x10
#define STATUS_INTX    0x08
#define INTX_DISABLE   0x04 /* of the command register's upper byte */
#define MSI_BYTES      14
#define MSI_ENABLE     0x01
#define MSI_64BIT      0x80
#define MSIX_ENABLE    0x80 /* of the upper byte of its control */
#define BAR_IO         0x1u
#define BAR_IO_BITS    0x3u
#define BAR_64         0x4u
#define BAR_MEMORY_LOW 0xFu

static void store32(uint8_t *p, uint32_t v)
{
    for (unsigned i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> (8 * i));
}

static uint32_t load32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

void pci_put16(struct pci_function *f, unsigned offset, uint32_t v)
{
    f->config[offset] = (uint8_t)v;
    f->config[offset + 1] = (uint8_t)(v >> 8);
}

void pci_put32(struct pci_function *f, unsigned offset, uint32_t v)
{
    store32(f->config + offset, v);
}

uint32_t pci_get32(const struct pci_function *f, unsigned offset)
{
    return load32(f->config + offset);
}

void pci_function_init(struct pci_function *f, uint8_t devfn, uint32_t id, uint32_t class_code)
{
    memset(f, 0, sizeof(*f));
    f->devfn = devfn;
    f->capabilities_end = CAPABILITIES;
    pci_put32(f, 0, id);
    pci_put32(f, 8, class_code << 8);
    f->writable[CFG_COMMAND] = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
    f->writable[CFG_COMMAND + 1] = INTX_DISABLE;
    f->writable[PCI_INT_LINE] = 0xFF;
}

void pci_bar_init(struct pci_function *f, unsigned n, enum pci_bar_kind kind, uint32_t bytes)
{
    unsigned at = CFG_BAR0 + 4 * n;

    f->bar[n] = (struct pci_bar){kind, bytes};
    store32(f->writable + at, ~(bytes - 1));
    if (kind == PCI_BAR_IO) {
        pci_put32(f, at, BAR_IO);
        f->writable[CFG_COMMAND] |= PCI_COMMAND_IO;
    } else if (kind == PCI_BAR_MEMORY64) {
        pci_put32(f, at, BAR_64);
        store32(f->writable + at + 4, UINT32_MAX);
    }
}

uint8_t pci_capability_init(struct pci_function *f, uint8_t id, uint8_t bytes)
{
    uint8_t at = f->capabilities_end;

    f->capabilities_end = (uint8_t)((at + bytes + 3) & ~3);
    f->config[at] = id;
    f->config[at + 1] = f->config[CFG_CAP_PTR];
    f->config[CFG_CAP_PTR] = at;
    f->config[CFG_STATUS] |= STATUS_CAPS;
    return at;
}

void pci_msi_init(struct pci_function *f)
{
    uint8_t at = pci_capability_init(f, PCI_CAP_MSI, MSI_BYTES);

    f->msi = at;
    f->config[at + 2] = MSI_64BIT;
    f->writable[at + 2] = MSI_ENABLE;
    f->writable[at + 4] = 0xFC;
    memset(f->writable + at + 5, 0xFF, MSI_BYTES - 5);
}

static bool command_has(const struct pci_function *f, unsigned bit)
{
    return (f->config[CFG_COMMAND] & bit) != 0;
}

struct pci_window pci_bar_window(const struct pci_function *f, unsigned n)
{
    const uint8_t *at = f->config + CFG_BAR0 + 4 * n;
    const struct pci_bar *bar = &f->bar[n];
    struct pci_window w = {.io = bar->kind == PCI_BAR_IO};

    if (bar->kind == PCI_BAR_NONE)
        return w;
    w.base = load32(at) & ~(w.io ? BAR_IO_BITS : BAR_MEMORY_LOW);
    if (bar->kind == PCI_BAR_MEMORY64)
        w.base |= (uint64_t)load32(at + 4) << 32;
    if (w.base != 0 && command_has(f, w.io ? PCI_COMMAND_IO : PCI_COMMAND_MEMORY))
        w.bytes = bar->bytes;
    return w;
}

bool pci_master_enabled(const struct pci_function *f)
{
    return command_has(f, PCI_COMMAND_MASTER);
}

bool pci_intx_asserted(const struct pci_function *f)
{
    bool msi = f->msi != 0 && (f->config[f->msi + 2] & MSI_ENABLE);
    bool msix = f->msix != 0 && (f->config[f->msix + 3] & MSIX_ENABLE);

    return f->intx && !msi && !msix && !(f->config[CFG_COMMAND + 1] & INTX_DISABLE);
}

bool pci_msi(const struct pci_function *f, uint64_t *addr, uint16_t *data)
{
    const uint8_t *msi = f->config + f->msi;

    if (f->msi == 0 || !(msi[2] & MSI_ENABLE) || !pci_master_enabled(f))
        return false;
    *addr = load32(msi + 4) | (uint64_t)load32(msi + 8) << 32;
    *data = (uint16_t)(msi[12] | msi[13] << 8);
    return true;
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

    if (f != NULL && f->reading != NULL)
        f->reading(f->owner, offset, bytes);
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

    if (f == NULL)
        return;
    for (unsigned i = 0; i < bytes && offset + i < 256; i++) {
        uint8_t mask = f->writable[offset + i];
        uint8_t *at = &f->config[offset + i];

        *at = (uint8_t)((*at & ~mask) | ((uint8_t)(value >> (8 * i)) & mask));
    }
    if (f->written != NULL)
        f->written(f->owner, offset, bytes);
}

void pci_bus_add(struct pci_bus *b, struct pci_function *f)
{
    assert(b->count < PCI_FUNCTIONS);
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
