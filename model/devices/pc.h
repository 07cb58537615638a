// SPDX-License-Identifier: Apache-2.0
// The board: which device answers which physical address or port, and who interrupts the processor.
// RAM and the IOMMU's register window are not here: they belong to whoever owns the bus.
#ifndef RW_PC_H
#define RW_PC_H

#include "devices/acpi.h"
#include "devices/edu.h"
#include "devices/fwcfg.h"
#include "devices/i8254.h"
#include "devices/i8259.h"
#include "devices/ioapic.h"
#include "devices/lapic.h"
#include "devices/pm.h"
#include "devices/reset.h"
#include "devices/rtc.h"
#include "devices/testdev.h"
#include "devices/traffic.h"
#include "devices/uart16550.h"
#include "devices/virtio_blk.h"

#define PC_EXIT_NONE UINT32_MAX
#define PC_LINES     24
#define PC_REGIONS   32 /* of ports, and as many of memory */
#define PC_TIMED     12
#define PC_MASTERS   8

/* One decoded region. */
struct pc_region {
    struct device dev;
    uint64_t base, bytes;
};

struct pc_regions {
    struct pc_region row[PC_REGIONS];
    unsigned count;
};

/* A BAR of a PCI function: where it answers is looked up at each access. */
struct pc_bar {
    struct device dev;
    const struct pci_function *function;
    unsigned number;
};

/* Whose DMA it is: the source-ids that are `sid` under `mask`. */
struct pc_master {
    struct device dev;
    uint16_t sid, mask;
};

/* What the machine is made of, and what happens to it from outside. */
struct pc_config {
    struct acpi_config firmware;    /* ioapic_sid 0: IOAPIC_SID */
    uint64_t power_button_at;       /* the cycle at which it is pressed; 0: not at all */
    const struct disk *disk;        /* borrowed; NULL: there is no virtio block device */
    const struct uart_line *serial; /* the far end of the UART; borrowed; NULL: there is none */
    bool bare; /* no firmware was there before: PCI and ELCR are as a reset leaves them */
};

struct pc {
    struct pc_config config;
    struct device_host outside; /* dma, console and exit as the owner gave them */
    struct device_host host;    /* what the board offers its devices; ctx is the board */
    struct pc_regions ports, memory;
    struct pc_bar bar[PC_MASTERS];
    struct device timed[PC_TIMED];
    struct pc_master master[PC_MASTERS];
    unsigned bars, timeds, masters;
    struct uart16550 uart;
    struct lapic lapic;
    struct ioapic ioapic;
    struct i8259_pair pic;
    struct i8254 timer;
    struct edu edu;
    struct fwcfg fwcfg;
    struct rtc rtc;
    struct virtio_blk virtio;
    struct traffic traffic;
    struct testdev testdev;
    struct pm pm;
    struct reset_ports reset;
    struct pci_function host_bridge, isa_bridge;
    struct pci_bus pci;
    uint8_t post_code;
    uint64_t unclaimed;       /* accesses that no device claimed */
    uint64_t signals_ignored; /* SMI and start-up messages */
    uint32_t shutdown_match;  /* letters of "Shutdown" seen at port 0x8900 */
    uint32_t lines;           /* levels of the interrupt lines, one bit a line */
    uint32_t pci_lines;       /* those of them that PCI interrupt pins drive */
    uint32_t routed_lines;    /* ISA lines that those drive by way of the ISA bridge */
    uint32_t test_lines;      /* levels that the test ports add */
    bool pic_int;             /* the 8259's INT, as its followers know it */
};

/* config may be NULL. */
void pc_init(struct pc *pc, const struct device_host *outside, const struct pc_config *config);
/* The machine is reset at cycle `now` and its cycles begin again at 0: everything but what a
 * battery keeps and what still waits outside is as pc_init left it. */
void pc_restart(struct pc *pc, uint64_t now);
/* What pc_init calls for each device; a region, a clock and a master are separate things. */
void pc_add_ports(struct pc *pc, struct device dev, uint64_t base, uint64_t bytes);
void pc_add_memory(struct pc *pc, struct device dev, uint64_t base, uint64_t bytes);
void pc_add_bar(struct pc *pc, struct device dev, const struct pci_function *function,
                unsigned number);
void pc_add_timed(struct pc *pc, struct device dev);
void pc_add_master(struct pc *pc, struct device dev, uint16_t sid, uint16_t mask);
/* A device drives its line: 0-15 are ISA's IRQs, 16-23 PCI's; true is the active level, whatever
 * polarity the wire has. IRQ n is input n of the 8259 pair and of the IOAPIC, but IRQ 0 is the
 * IOAPIC's input 2, and IRQ 2 the cascade. The pins of PCI functions need no call: they are looked
 * at after whatever can change them, and pin A to D of device n drives line 20 + (n + pin) % 4. */
void pc_irq(struct pc *pc, unsigned line, bool level);
/* A reset ends at the reset vector, where a PC's firmware looks at CMOS byte 0Fh: 01h to 0Ch ask it
 * to go on in real mode where the program says. There is none here; any other value is a start. An
 * INIT of the one processor is such a reset; a start-up message is for a processor that waits for
 * one, and an SMI finds a handler that does nothing: both are counted. */
bool pc_wants_real_mode(const struct pc *pc);
/* What stands at the processor's INTR pin: -1 nothing, otherwise the vector in bits 7:0 and above
 * them the board's note of whose it is. */
int32_t pc_interrupt(const struct pc *pc);
/* The processor takes what pc_interrupt offered; returns the vector that it is given. */
uint8_t pc_acknowledge(struct pc *pc, int32_t offered);
/* The device at an address (io: a port) now, BAR moves included; ops NULL when unclaimed. */
struct pc_region pc_decode(const struct pc *pc, uint64_t addr, bool io);
uint64_t pc_read(struct pc *pc, uint64_t addr, unsigned bytes, bool io);
void pc_write(struct pc *pc, uint64_t addr, unsigned bytes, uint64_t value, bool io);
/* One bus beat of 1..16 bytes: done as naturally aligned pieces of at most 8 bytes, low first. */
struct pc_beat {
    uint64_t addr;
    unsigned bytes;
    bool write, io;
    bool apic;        /* the processor at its own local APIC; no other access reaches that */
    bool dma;         /* of another master than the processor */
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
