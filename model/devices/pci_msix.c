// SPDX-License-Identifier: Apache-2.0
// MSI-X; see the header.
#include "devices/pci_msix.h"

#include <assert.h>
#include <stddef.h>

#define CAP_BYTES     12
#define CTL_ENABLE    0x80 /* of the upper byte of the control */
#define CTL_MASK      0x40
#define VECTOR_MASK   1u
#define VECTOR_DWORDS 4u
#define DATA          2
#define CONTROL       3

void pci_msix_init(struct pci_msix *m, unsigned bar, uint32_t table, uint32_t pending)
{
    struct pci_function *f = m->function;
    uint8_t at = pci_capability_init(f, PCI_CAP_MSIX, CAP_BYTES);

    assert(m->vectors >= 1 && m->vectors <= PCI_MSIX_VECTORS);
    f->msix = at;
    pci_put16(f, at + 2u, m->vectors - 1);
    pci_put32(f, at + 4u, table | bar);
    pci_put32(f, at + 8u, pending | bar);
    f->writable[at + 3] = CTL_ENABLE | CTL_MASK;
    m->pending = 0;
    for (unsigned i = 0; i < m->vectors; i++) {
        m->table[i][0] = m->table[i][1] = m->table[i][DATA] = 0;
        m->table[i][CONTROL] = VECTOR_MASK;
    }
}

static uint8_t control(const struct pci_msix *m)
{
    return m->function->config[m->function->msix + 3];
}

bool pci_msix_enabled(const struct pci_msix *m)
{
    return (control(m) & CTL_ENABLE) != 0;
}

static void send(struct pci_msix *m, unsigned vector)
{
    const uint32_t *entry = m->table[vector];
    struct device_dma msg = {.addr = (uint64_t)entry[1] << 32 | (entry[0] & ~3u),
                             .sid = m->sid,
                             .len = 4,
                             .tag = m->tag,
                             .write = true};

    for (unsigned i = 0; i < 4; i++)
        msg.data[i] = (uint8_t)(entry[DATA] >> (8 * i));
    if (pci_master_enabled(m->function))
        m->host->dma(m->host->ctx, &msg);
}

static bool masked(const struct pci_msix *m, unsigned vector)
{
    return (control(m) & CTL_MASK) || (m->table[vector][CONTROL] & VECTOR_MASK);
}

void pci_msix_settle(struct pci_msix *m)
{
    for (unsigned v = 0; v < m->vectors && m->pending != 0 && pci_msix_enabled(m); v++) {
        if (!(m->pending >> v & 1) || masked(m, v))
            continue;
        m->pending &= ~(1u << v);
        send(m, v);
    }
}

void pci_msix_raise(struct pci_msix *m, unsigned vector)
{
    if (vector >= m->vectors || !pci_msix_enabled(m))
        return;
    m->pending |= 1u << vector;
    pci_msix_settle(m);
}

static bool good(uint64_t offset, unsigned bytes)
{
    return (bytes == 4 || bytes == 8) && offset % bytes == 0;
}

static uint32_t *dword(struct pci_msix *m, uint64_t offset)
{
    uint64_t vector = offset / (4 * VECTOR_DWORDS);

    return vector < m->vectors ? &m->table[vector][offset / 4 % VECTOR_DWORDS] : NULL;
}

uint64_t pci_msix_table_read(const struct pci_msix *m, uint64_t offset, unsigned bytes)
{
    uint64_t value = 0;

    if (!good(offset, bytes))
        return UINT64_MAX;
    for (unsigned i = 0; i < bytes; i += 4) {
        uint64_t vector = (offset + i) / (4 * VECTOR_DWORDS);

        if (vector < m->vectors)
            value |= (uint64_t)m->table[vector][(offset + i) / 4 % VECTOR_DWORDS] << (8 * i);
    }
    return value;
}

void pci_msix_table_write(struct pci_msix *m, uint64_t offset, unsigned bytes, uint64_t value)
{
    for (unsigned i = 0; good(offset, bytes) && i < bytes; i += 4) {
        uint32_t *at = dword(m, offset + i);
        uint32_t v = (uint32_t)(value >> (8 * i));

        if (at != NULL)
            *at = (offset + i) / 4 % VECTOR_DWORDS == CONTROL ? v & VECTOR_MASK : v;
    }
    pci_msix_settle(m);
}

uint64_t pci_msix_pending_read(const struct pci_msix *m, uint64_t offset, unsigned bytes)
{
    if (!good(offset, bytes))
        return UINT64_MAX;
    return offset == 0 ? m->pending : 0;
}
