// SPDX-License-Identifier: Apache-2.0
// DMA traffic generator; see the header.
#include "devices/traffic.h"

#define PCI_ID       0x11E91234u
#define PCI_CLASS    0x00FF00u
#define BAR0_BYTES   0x1000u
#define MAGIC        0x54524146u
#define CMD_GO       1u
#define CMD_STOP     2u
#define CMD_IRQ      4u
#define IRQ_DONE     1u
#define TAG_MSI      0xFF
#define NAMES        10u
#define NAMES_OF_4   8u /* of them, functions of 00:04 */
#define BLOCK        16u
#define WINDOW_MAX   0x80000000u
#define MESSAGES     UINT64_C(0xFEE00000)
#define DELIVER_INIT 5
#define MESSAGE_BITS 0xFFFFCu

enum traffic_kind {
    KIND_READ,
    KIND_WRITE,
    KIND_EMPTY_READ,
    KIND_TRANSLATION,
    KIND_TRANSLATED,
    KIND_INTERRUPT,
    KIND_RESERVED,
    KINDS
};

/* Either way, by the seeded number; and what the address type is, where it is not 0. */
static const uint8_t either[KINDS] = {[KIND_TRANSLATED] = 1, [KIND_RESERVED] = 1};
static const uint8_t address_type[KINDS] = {
    [KIND_TRANSLATION] = 1, [KIND_TRANSLATED] = 2, [KIND_RESERVED] = 3};

enum traffic_reg {
    REG_MAGIC = 0x00,
    REG_COMMAND = 0x04,
    REG_SEED = 0x08,
    REG_ADDRESS = 0x10,
    REG_WINDOW = 0x18,
    REG_REQUESTS = 0x1C,
    REG_MOST = 0x20,
    REG_KINDS = 0x24,
    REG_NAMES = 0x28,
    REG_DONE = 0x30,
    REG_BLOCKED = 0x34,
    REG_SUM = 0x38,
    REG_IRQ = 0x3C
};

void traffic_init(struct traffic *t, const struct device_host *host)
{
    *t = (struct traffic){.host = host};
    pci_function_init(&t->pci, TRAFFIC_SID & 0xFF, PCI_ID, PCI_CLASS);
    pci_bar_init(&t->pci, 0, PCI_BAR_MEMORY, BAR0_BYTES);
    pci_bar_init(&t->pci, 1, PCI_BAR_IO, TRAFFIC_IO_BYTES);
    pci_msi_init(&t->pci);
    t->pci.config[PCI_INT_PIN] = 1;
}

/* SplitMix64: a sequence that is the seed's alone. */
static uint64_t next_random(struct traffic *t)
{
    uint64_t z = t->random += UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

/* One of the bits of a mask that is not 0. */
static unsigned pick(struct traffic *t, uint32_t mask)
{
    unsigned n = (unsigned)(next_random(t) % (unsigned)__builtin_popcount(mask));

    while (n-- > 0)
        mask &= mask - 1;
    return (unsigned)__builtin_ctz(mask);
}

static uint16_t name(unsigned n)
{
    if (n < NAMES_OF_4)
        return (uint16_t)(TRAFFIC_SID + n);
    return n == NAMES_OF_4 ? 0x0100 : 0x01FF;
}

static struct device_dma make_request(struct traffic *t)
{
    enum traffic_kind kind = (enum traffic_kind)pick(t, t->kinds);
    struct device_dma r = {.sid = name(pick(t, t->names))};
    uint64_t where = next_random(t), data = next_random(t);
    unsigned room;

    r.addr = t->address + (where & (t->window - 1));
    room = BLOCK - (unsigned)(r.addr % BLOCK);
    r.len = (uint8_t)(1 + (where >> 40) % room);
    r.write = kind == KIND_WRITE || (either[kind] && (where >> 60 & 1));
    r.at = address_type[kind];
    if (kind == KIND_EMPTY_READ)
        r.len = 0;
    if (kind == KIND_INTERRUPT) {
        r.addr = MESSAGES + (where & MESSAGE_BITS);
        r.len = 4;
        r.write = true;
        data &= (data >> 8 & 7) == DELIVER_INIT ? 0xFBFF : 0xFFFF;
    }
    for (unsigned i = 0; i < r.len && r.write; i++)
        r.data[i] = (uint8_t)(data >> (8 * (i % 8)));
    return r;
}

static void issue(struct traffic *t)
{
    struct device_dma r = make_request(t);

    while (t->piece[r.tag].busy)
        r.tag++;
    t->piece[r.tag].busy = true;
    t->piece[r.tag].read = !r.write;
    t->piece[r.tag].len = r.len;
    t->outstanding++;
    t->issued++;
    t->host->dma(t->host->ctx, &r);
}

static void finish(struct traffic *t)
{
    struct device_dma msg = {.sid = TRAFFIC_SID, .len = 4, .tag = TAG_MSI, .write = true};
    uint16_t data;

    t->command &= ~(CMD_GO | CMD_STOP);
    if (!(t->command & CMD_IRQ))
        return;
    t->irq_status |= IRQ_DONE;
    t->pci.intx = true;
    if (!pci_msi(&t->pci, &msg.addr, &data))
        return;
    msg.data[0] = (uint8_t)data;
    msg.data[1] = (uint8_t)(data >> 8);
    t->host->dma(t->host->ctx, &msg);
}

static unsigned most(const struct traffic *t)
{
    return t->most == 0 ? 1 : t->most < TRAFFIC_OUTSTANDING ? t->most : TRAFFIC_OUTSTANDING;
}

static void pump(struct traffic *t)
{
    bool more = !(t->command & CMD_STOP) && pci_master_enabled(&t->pci);

    while (more && t->issued < t->requests && t->outstanding < most(t))
        issue(t);
    if (t->outstanding == 0)
        finish(t);
}

static bool possible(const struct traffic *t)
{
    return t->kinds != 0 && t->names != 0 && t->window != 0 && t->window <= WINDOW_MAX &&
           (t->window & (t->window - 1)) == 0;
}

static void go(struct traffic *t)
{
    t->random = t->seed;
    t->issued = t->done = t->blocked = t->sum = 0;
    if (possible(t))
        pump(t);
    else
        finish(t);
}

static void traffic_dma_done(void *self, const struct device_dma_done *done)
{
    struct traffic *t = self;

    if (done->tag >= TRAFFIC_OUTSTANDING || !t->piece[done->tag].busy)
        return;
    t->piece[done->tag].busy = false;
    t->outstanding--;
    t->done++;
    t->blocked += !done->ok;
    for (unsigned i = 0; done->ok && t->piece[done->tag].read && i < t->piece[done->tag].len; i++)
        t->sum += done->data[i] * (i + 1);
    pump(t);
}

/* --- registers --- */

static uint32_t reg_read(const struct traffic *t, uint64_t offset)
{
    switch (offset) {
    case REG_MAGIC:
        return MAGIC;
    case REG_COMMAND:
        return t->command;
    case REG_SEED:
        return (uint32_t)t->seed;
    case REG_SEED + 4:
        return (uint32_t)(t->seed >> 32);
    case REG_ADDRESS:
        return (uint32_t)t->address;
    case REG_ADDRESS + 4:
        return (uint32_t)(t->address >> 32);
    case REG_WINDOW:
        return t->window;
    case REG_REQUESTS:
        return t->requests;
    case REG_MOST:
        return t->most;
    case REG_KINDS:
        return t->kinds;
    case REG_NAMES:
        return t->names;
    case REG_DONE:
        return t->done;
    case REG_BLOCKED:
        return t->blocked;
    case REG_SUM:
        return t->sum;
    case REG_IRQ:
        return t->irq_status;
    default:
        return 0;
    }
}

static void put_half(uint64_t *reg, bool high, uint32_t v)
{
    *reg = high ? (*reg & UINT32_MAX) | (uint64_t)v << 32 : (*reg & ~UINT64_C(0xFFFFFFFF)) | v;
}

static void write_command(struct traffic *t, uint32_t v)
{
    if (t->command & CMD_GO) {
        t->command |= v & CMD_STOP;
        return;
    }
    t->command = v & (CMD_GO | CMD_IRQ);
    if (v & CMD_GO)
        go(t);
}

static void reg_write(struct traffic *t, uint64_t offset, uint32_t v)
{
    if ((t->command & CMD_GO) && offset != REG_COMMAND && offset != REG_IRQ)
        return;
    switch (offset) {
    case REG_COMMAND:
        write_command(t, v);
        break;
    case REG_SEED:
    case REG_SEED + 4:
        put_half(&t->seed, offset != REG_SEED, v);
        break;
    case REG_ADDRESS:
    case REG_ADDRESS + 4:
        put_half(&t->address, offset != REG_ADDRESS, v);
        break;
    case REG_WINDOW:
        t->window = v;
        break;
    case REG_REQUESTS:
        t->requests = v;
        break;
    case REG_MOST:
        t->most = v;
        break;
    case REG_KINDS:
        t->kinds = v & ((1u << KINDS) - 1);
        break;
    case REG_NAMES:
        t->names = v & ((1u << NAMES) - 1);
        break;
    case REG_IRQ:
        t->irq_status &= ~v;
        t->pci.intx = t->irq_status != 0;
        break;
    default:
        break;
    }
}

static bool good(uint64_t offset, unsigned bytes)
{
    return (bytes == 4 || bytes == 8) && offset % bytes == 0;
}

static uint64_t traffic_read(void *self, uint64_t offset, unsigned bytes)
{
    uint64_t value;

    if (!good(offset, bytes))
        return UINT64_MAX;
    value = reg_read(self, offset);
    return bytes == 4 ? value : value | (uint64_t)reg_read(self, offset + 4) << 32;
}

static void traffic_write(void *self, uint64_t offset, unsigned bytes, uint64_t value)
{
    if (!good(offset, bytes))
        return;
    reg_write(self, offset, (uint32_t)value);
    if (bytes == 8)
        reg_write(self, offset + 4, (uint32_t)(value >> 32));
}

const struct device_ops traffic_ops = {
    .name = "traffic", .read = traffic_read, .write = traffic_write, .dma_done = traffic_dma_done};
