// SPDX-License-Identifier: Apache-2.0
// The board: address decoding and the few ports too small for a device of their own (0x80 POST
// code, 0xE9 console, 0xF4 exit, 0x8900 "Shutdown").
#include "devices/pc.h"

#include <string.h>

#define PORT_POST     0x80
#define PORT_CONSOLE  0xE9
#define PORT_EXIT     0xF4
#define PORT_SHUTDOWN 0x8900
#define ECAM_BASE     UINT64_C(0xB0000000)
#define ECAM_BYTES    UINT64_C(0x100000)
#define LAPIC_OFFSET  UINT64_C(0xFFF)

static uint64_t post_read(void *self, uint64_t offset, unsigned bytes)
{
    (void)offset;
    return bytes == 1 ? ((struct pc *)self)->post_code : UINT64_MAX;
}

static void post_write(void *self, uint64_t offset, unsigned bytes, uint64_t value)
{
    (void)offset;
    (void)bytes;
    ((struct pc *)self)->post_code = (uint8_t)value;
}

static const struct device_ops post_ops = {
    .name = "post-code", .read = post_read, .write = post_write};

static uint64_t e9_read(void *self, uint64_t offset, unsigned bytes)
{
    (void)self;
    (void)offset;
    (void)bytes;
    return 0xE9; /* how a program detects the port */
}

static void e9_write(void *self, uint64_t offset, unsigned bytes, uint64_t value)
{
    struct pc *pc = self;

    (void)offset;
    (void)bytes;
    pc->host.console(pc->host.ctx, (uint8_t)value);
}

static const struct device_ops e9_ops = {.name = "debug-port", .read = e9_read, .write = e9_write};

static uint64_t ones_read(void *self, uint64_t offset, unsigned bytes)
{
    (void)self;
    (void)offset;
    (void)bytes;
    return UINT64_MAX;
}

static void exit_write(void *self, uint64_t offset, unsigned bytes, uint64_t value)
{
    struct pc *pc = self;

    (void)offset;
    (void)bytes;
    pc->host.guest_exit(pc->host.ctx, (uint32_t)value);
}

static const struct device_ops exit_ops = {.name = "exit", .read = ones_read, .write = exit_write};

static void shutdown_write(void *self, uint64_t offset, unsigned bytes, uint64_t value)
{
    static const char word[] = "Shutdown";
    struct pc *pc = self;

    (void)offset;
    (void)bytes;
    if ((uint8_t)value == (uint8_t)word[pc->shutdown_match])
        pc->shutdown_match++;
    else
        pc->shutdown_match = (uint8_t)value == (uint8_t)word[0];
    if (pc->shutdown_match == sizeof(word) - 1) {
        pc->shutdown_match = 0;
        pc->host.guest_exit(pc->host.ctx, 0);
    }
}

static const struct device_ops shutdown_ops = {
    .name = "shutdown", .read = ones_read, .write = shutdown_write};

void pc_init(struct pc *pc, const struct device_host *outside)
{
    memset(pc, 0, sizeof(*pc));
    pc->host = *outside;
    uart16550_init(&pc->uart, &pc->host);
    lapic_init(&pc->lapic);
    edu_init(&pc->edu, &pc->host);
    pci_function_init(&pc->host_bridge, 0x00, 0x29C08086, 0x060000, 0, false);
    pci_function_init(&pc->isa_bridge, 0xF8, 0x29188086, 0x060100, 0, false);
    pci_bus_add(&pc->pci, &pc->host_bridge);
    pci_bus_add(&pc->pci, &pc->edu.pci);
    pci_bus_add(&pc->pci, &pc->isa_bridge);
}

static bool covers(const struct pc_region *r, uint64_t addr)
{
    return addr >= r->base && addr - r->base < r->bytes;
}

struct pc_region pc_decode(struct pc *pc, uint64_t addr, bool io)
{
    const struct pc_region ports[] = {
        {{&post_ops, pc}, PORT_POST, 1},       {{&e9_ops, pc}, PORT_CONSOLE, 1},
        {{&exit_ops, pc}, PORT_EXIT, 4},       {{&uart16550_ops, &pc->uart}, 0x3F8, 8},
        {{&pci_port_ops, &pc->pci}, 0xCF8, 8}, {{&shutdown_ops, pc}, PORT_SHUTDOWN, 1},
    };
    const struct pc_region memory[] = {
        {{&pci_ecam_ops, &pc->pci}, ECAM_BASE, ECAM_BYTES},
        {{&edu_ops, &pc->edu},
         pci_bar0(&pc->edu.pci),
         pci_memory_enabled(&pc->edu.pci) && pci_bar0(&pc->edu.pci) != 0 ? pc->edu.pci.bar0_bytes
                                                                         : 0},
    };
    const struct pc_region *rows = io ? ports : memory;
    unsigned count = io ? sizeof(ports) / sizeof(ports[0]) : sizeof(memory) / sizeof(memory[0]);

    for (unsigned i = 0; i < count; i++)
        if (covers(&rows[i], addr))
            return rows[i];
    return (struct pc_region){{NULL, NULL}, 0, 0};
}

uint64_t pc_read(struct pc *pc, uint64_t addr, unsigned bytes, bool io)
{
    struct pc_region r = pc_decode(pc, addr, io);

    if (r.dev.ops == NULL) {
        pc->unclaimed++;
        return UINT64_MAX;
    }
    return r.dev.ops->read(r.dev.self, addr - r.base, bytes);
}

void pc_write(struct pc *pc, uint64_t addr, unsigned bytes, uint64_t value, bool io)
{
    struct pc_region r = pc_decode(pc, addr, io);

    if (r.dev.ops == NULL)
        pc->unclaimed++;
    else
        r.dev.ops->write(r.dev.self, addr - r.base, bytes, value);
}

unsigned pc_piece_bytes(uint64_t addr, unsigned left)
{
    unsigned bytes = 8;

    while (bytes > left || addr % bytes != 0)
        bytes /= 2;
    return bytes;
}

/* Its registers are dwords; a longer or misaligned beat is none of them (lapic.h). */
static void apic_beat(struct pc *pc, struct pc_beat *beat)
{
    uint64_t offset = beat->addr & LAPIC_OFFSET, value = 0;
    unsigned n = beat->bytes < sizeof(value) ? beat->bytes : sizeof(value);

    if (beat->write) {
        memcpy(&value, beat->data, n);
        lapic_ops.write(&pc->lapic, offset, beat->bytes, value);
    } else {
        value = lapic_ops.read(&pc->lapic, offset, beat->bytes);
        memset(beat->data, 0, sizeof(beat->data));
        memcpy(beat->data, &value, n);
    }
}

void pc_beat_run(struct pc *pc, struct pc_beat *beat)
{
    if (beat->apic) {
        apic_beat(pc, beat);
        return;
    }
    for (unsigned at = 0, n; at < beat->bytes; at += n) {
        uint64_t value = 0;

        n = beat->io ? beat->bytes : pc_piece_bytes(beat->addr + at, beat->bytes - at);
        if (beat->write) {
            memcpy(&value, &beat->data[at], n);
            pc_write(pc, beat->addr + at, n, value, beat->io);
        } else {
            value = pc_read(pc, beat->addr + at, n, beat->io);
            memcpy(&beat->data[at], &value, n);
        }
    }
}

void pc_message(struct pc *pc, uint64_t addr, uint32_t data)
{
    lapic_message(&pc->lapic, addr, data);
}

void pc_invalidate(struct pc *pc, uint16_t sid, uint64_t addr, bool size)
{
    if (sid == EDU_SID)
        edu_invalidate(&pc->edu, addr, size);
}

void pc_dma_done(struct pc *pc, const struct device_dma_done *done)
{
    edu_ops.dma_done(&pc->edu, done);
}

void pc_advance(struct pc *pc, uint64_t now)
{
    lapic_ops.advance(&pc->lapic, now);
}

uint64_t pc_next_event(const struct pc *pc)
{
    return lapic_ops.next_event(&pc->lapic);
}
