// SPDX-License-Identifier: Apache-2.0
// The board: which device answers which physical address or port, and who interrupts the processor.
// RAM and the IOMMU's register window are not here: they belong to whoever owns the bus.
#ifndef RW_PC_H
#define RW_PC_H

#include "devices/edu.h"
#include "devices/lapic.h"
#include "devices/uart16550.h"

#define PC_EXIT_NONE UINT32_MAX

struct pc {
    struct device_host
        host; /* what the board offers its devices; dma and console come from outside */
    struct uart16550 uart;
    struct lapic lapic;
    struct edu edu;
    struct pci_function host_bridge, isa_bridge;
    struct pci_bus pci;
    uint8_t post_code;
    uint64_t unclaimed;      /* accesses that no device claimed */
    uint32_t shutdown_match; /* letters of "Shutdown" seen at port 0x8900 */
};

/* One decoded region. */
struct pc_region {
    struct device dev;
    uint64_t base, bytes;
};

void pc_init(struct pc *pc, const struct device_host *outside);
/* The device at an address (io: a port) now, BAR moves included; ops NULL when unclaimed. */
struct pc_region pc_decode(struct pc *pc, uint64_t addr, bool io);
uint64_t pc_read(struct pc *pc, uint64_t addr, unsigned bytes, bool io);
void pc_write(struct pc *pc, uint64_t addr, unsigned bytes, uint64_t value, bool io);
/* One bus beat of 1..16 bytes: done as naturally aligned pieces of at most 8 bytes, low first. */
struct pc_beat {
    uint64_t addr;
    unsigned bytes;
    bool write, io;
    bool apic;        /* the processor at its own local APIC; no other access reaches that */
    uint8_t data[16]; /* from the first byte */
};
void pc_beat_run(struct pc *pc, struct pc_beat *beat);
unsigned pc_piece_bytes(uint64_t addr, unsigned left);
void pc_message(struct pc *pc, uint64_t addr,
                uint32_t data); /* interrupt message that got through */
/* An invalidation for the device-TLB of this source-id; only one that is there answers. */
void pc_invalidate(struct pc *pc, uint16_t sid, uint64_t addr, bool size);
void pc_dma_done(struct pc *pc, const struct device_dma_done *done);
void pc_advance(struct pc *pc, uint64_t now);
uint64_t pc_next_event(const struct pc *pc);

#endif
