// SPDX-License-Identifier: Apache-2.0
// I/O APIC; see the header. 82093AA "I/O APIC Registers".
#include "devices/ioapic.h"

#define REG_INDEX  0x00
#define REG_WINDOW 0x10
#define REG_EOI    0x40

#define INDEX_ID          0x00
#define INDEX_VERSION     0x01
#define INDEX_ARBITRATION 0x02
#define INDEX_ENTRY       0x10

/* No device has a request of this tag: the source-id may be one of theirs. */
#define TAG_MESSAGE 0xFE

#define VERSION ((IOAPIC_ENTRIES - 1) << 16 | 0x20u)

#define ENTRY_MASK       UINT64_C(0x10000)
#define ENTRY_LEVEL      UINT64_C(0x08000)
#define ENTRY_REMOTE_IRR UINT64_C(0x04000)
#define ENTRY_LOW        UINT64_C(0x02000)
#define ENTRY_STATUS     UINT64_C(0x01000)
#define ENTRY_LOGICAL    UINT64_C(0x00800)
#define ENTRY_WRITABLE   UINT64_C(0xFFFF00000001AFFF)

static uint32_t bit(unsigned input)
{
    return UINT32_C(1) << input;
}

/* Delivery modes fixed and lowest priority; the others are edges whatever bit 15 says. */
static bool level_triggered(uint64_t entry)
{
    return (entry & ENTRY_LEVEL) && (entry >> 8 & 7) <= 1;
}

static bool active(const struct ioapic *io, unsigned input)
{
    return (io->wires >> input & 1) != ((io->entry[input] & ENTRY_LOW) != 0);
}

static void send(struct ioapic *io, unsigned input)
{
    uint64_t entry = io->entry[input];
    uint16_t data = (uint16_t)((entry & 0x7FF) | 0x4000 | (entry & ENTRY_LEVEL));
    struct device_dma message = {.addr = UINT64_C(0xFEE00000) | (entry >> 48) << 4 |
                                         (entry & ENTRY_LOGICAL ? 4 : 0),
                                 .sid = io->sid,
                                 .tag = TAG_MESSAGE,
                                 .len = 4,
                                 .write = true,
                                 .data = {(uint8_t)data, (uint8_t)(data >> 8)}};

    if (level_triggered(entry))
        io->entry[input] |= ENTRY_REMOTE_IRR;
    io->due &= ~bit(input);
    io->in_flight = true;
    io->sending = (uint8_t)input;
    io->host->dma(io->host->ctx, &message);
}

/* A level is due as long as it stands, unmasked, and no EOI is outstanding. */
static void look_at_levels(struct ioapic *io)
{
    for (unsigned i = 0; i < IOAPIC_ENTRIES; i++) {
        if (!level_triggered(io->entry[i]))
            continue;
        if (active(io, i) && !(io->entry[i] & (ENTRY_MASK | ENTRY_REMOTE_IRR)))
            io->due |= bit(i);
        else
            io->due &= ~bit(i);
    }
}

static void service(struct ioapic *io)
{
    look_at_levels(io);
    if (io->in_flight || io->due == 0)
        return;
    send(io, (unsigned)__builtin_ctz(io->due));
}

void ioapic_input(struct ioapic *io, unsigned input, bool high)
{
    bool before = active(io, input);

    io->wires = high ? io->wires | bit(input) : io->wires & ~bit(input);
    if (!level_triggered(io->entry[input]) && !(io->entry[input] & ENTRY_MASK) && !before &&
        active(io, input))
        io->due |= bit(input);
    service(io);
}

void ioapic_eoi(struct ioapic *io, uint8_t vector)
{
    for (unsigned i = 0; i < IOAPIC_ENTRIES; i++)
        if (level_triggered(io->entry[i]) && (uint8_t)io->entry[i] == vector)
            io->entry[i] &= ~ENTRY_REMOTE_IRR;
    service(io);
}

/* An entry made edge-triggered forgets its remote IRR, and one that is masked its edge. */
static void write_entry(struct ioapic *io, unsigned half, uint32_t v)
{
    unsigned i = half / 2, shift = half % 2 * 32;
    uint64_t mask = ENTRY_WRITABLE & UINT64_C(0xFFFFFFFF) << shift;

    io->entry[i] = (io->entry[i] & ~mask) | ((uint64_t)v << shift & mask);
    if (!level_triggered(io->entry[i]))
        io->entry[i] &= ~ENTRY_REMOTE_IRR;
    if (io->entry[i] & ENTRY_MASK)
        io->due &= ~bit(i);
    service(io);
}

static uint32_t read_window(const struct ioapic *io)
{
    unsigned half = io->index - INDEX_ENTRY, i = half / 2;
    uint64_t entry;

    switch (io->index) {
    case INDEX_ID:
    case INDEX_ARBITRATION:
        return (uint32_t)io->id << 24;
    case INDEX_VERSION:
        return VERSION;
    default:
        break;
    }
    if (io->index < INDEX_ENTRY || i >= IOAPIC_ENTRIES)
        return 0;
    entry = io->entry[i];
    if ((io->due & bit(i)) || (io->in_flight && io->sending == i))
        entry |= ENTRY_STATUS;
    return (uint32_t)(entry >> half % 2 * 32);
}

static uint64_t ioapic_read(void *self, uint64_t offset, unsigned bytes)
{
    const struct ioapic *io = self;

    if (bytes != 4)
        return UINT64_MAX;
    switch (offset) {
    case REG_INDEX:
        return io->index;
    case REG_WINDOW:
        return read_window(io);
    default:
        return 0;
    }
}

static void write_window(struct ioapic *io, uint32_t v)
{
    if (io->index == INDEX_ID)
        io->id = v >> 24 & 0xF;
    else if (io->index >= INDEX_ENTRY && io->index < INDEX_ENTRY + 2 * IOAPIC_ENTRIES)
        write_entry(io, io->index - INDEX_ENTRY, v);
}

static void ioapic_write(void *self, uint64_t offset, unsigned bytes, uint64_t value)
{
    struct ioapic *io = self;

    if (bytes != 4)
        return;
    if (offset == REG_INDEX)
        io->index = (uint8_t)value;
    else if (offset == REG_WINDOW)
        write_window(io, (uint32_t)value);
    else if (offset == REG_EOI)
        ioapic_eoi(io, (uint8_t)value);
}

static void ioapic_dma_done(void *self, const struct device_dma_done *done)
{
    struct ioapic *io = self;

    if (done->tag != TAG_MESSAGE)
        return;
    io->in_flight = false; /* a write: blocked or not, nobody tells the I/O APIC */
    service(io);
}

void ioapic_init(struct ioapic *io, const struct device_host *host, uint16_t sid)
{
    *io = (struct ioapic){.host = host, .sid = sid};
    for (unsigned i = 0; i < IOAPIC_ENTRIES; i++)
        io->entry[i] = ENTRY_MASK;
}

const struct device_ops ioapic_ops = {
    .name = "ioapic", .read = ioapic_read, .write = ioapic_write, .dma_done = ioapic_dma_done};
