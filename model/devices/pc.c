// SPDX-License-Identifier: Apache-2.0
// The board: address decoding and the few ports too small for a device of their own (0x80 POST
// code, 0xE9 console, 0xF4 exit, 0x8900 "Shutdown").
#include "devices/pc_lines.h"
#include "devices/pc_setup.h"

#include <assert.h>
#include <string.h>

#define PORT_POST       0x80
#define PORT_CONSOLE    0xE9
#define PORT_EXIT       0xF4
#define PORT_SERIAL     0x3F8
#define PORT_PCI        0xCF8
#define PORT_SHUTDOWN   0x8900
#define ECAM_BASE       UINT64_C(0xB0000000)
#define ECAM_BYTES      UINT64_C(0x100000)
#define PORT_PIC_MASTER 0x20
#define PORT_PIC_SLAVE  0xA0
#define PORT_ELCR       0x4D0
#define PORT_TIMER      0x40
#define PORT_61         0x61
#define PORT_TEST_LINES 0x2000

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

static void board_dma(void *ctx, const struct device_dma *req)
{
    struct pc *pc = ctx;

    pc->outside.dma(pc->outside.ctx, req);
}

static void board_complete(void *ctx, uint16_t sid, bool error)
{
    const struct pc *pc = ctx;

    pc->outside.complete(pc->outside.ctx, sid, error);
}

static void board_console(void *ctx, uint8_t byte)
{
    struct pc *pc = ctx;

    pc->outside.console(pc->outside.ctx, byte);
}

static void board_exit(void *ctx, uint32_t status)
{
    struct pc *pc = ctx;

    pc->outside.guest_exit(pc->outside.ctx, status);
}

static void board_reset(void *ctx)
{
    struct pc *pc = ctx;

    if (pc->outside.reset != NULL)
        pc->outside.reset(pc->outside.ctx);
}

static void board_irq(void *ctx, unsigned line, bool level)
{
    pc_irq(ctx, line, level);
}

static void add_region(struct pc_regions *r, struct device dev, uint64_t base, uint64_t bytes)
{
    assert(r->count < PC_REGIONS);
    r->row[r->count++] = (struct pc_region){dev, base, bytes};
}

void pc_add_ports(struct pc *pc, struct device dev, uint64_t base, uint64_t bytes)
{
    add_region(&pc->ports, dev, base, bytes);
}

void pc_add_memory(struct pc *pc, struct device dev, uint64_t base, uint64_t bytes)
{
    add_region(&pc->memory, dev, base, bytes);
}

void pc_add_bar(struct pc *pc, struct device dev, const struct pci_function *function,
                unsigned number)
{
    assert(pc->bars < PC_MASTERS);
    pc->bar[pc->bars++] = (struct pc_bar){dev, function, number};
}

void pc_add_timed(struct pc *pc, struct device dev)
{
    assert(pc->timeds < PC_TIMED);
    pc->timed[pc->timeds++] = dev;
}

void pc_add_master(struct pc *pc, struct device dev, uint16_t sid, uint16_t mask)
{
    assert(pc->masters < PC_MASTERS);
    pc->master[pc->masters++] = (struct pc_master){dev, sid, mask};
}

/* Ports and devices of the board itself. */
static void add_board(struct pc *pc)
{
    pc_add_ports(pc, (struct device){&post_ops, pc}, PORT_POST, 1);
    pc_add_ports(pc, (struct device){&e9_ops, pc}, PORT_CONSOLE, 1);
    pc_add_ports(pc, (struct device){&exit_ops, pc}, PORT_EXIT, 4);
    pc_add_ports(pc, (struct device){&shutdown_ops, pc}, PORT_SHUTDOWN, 1);
}

static void add_testdev(struct pc *pc)
{
    testdev_init(&pc->testdev);
    pc_add_ports(pc, (struct device){&testdev_latch_ops, &pc->testdev}, TESTDEV_PORT,
                 TESTDEV_PORTS);
    pc_add_ports(pc, (struct device){&testdev_forget_ops, &pc->testdev}, TESTDEV_FORGET_PORT,
                 TESTDEV_FORGET_PORTS);
    pc_add_memory(pc, (struct device){&testdev_window_ops, &pc->testdev}, TESTDEV_BASE,
                  TESTDEV_BYTES);
}

static void broadcast_eoi(void *board, uint8_t vector)
{
    ioapic_eoi(&((struct pc *)board)->ioapic, vector);
}

static void processor_signal(void *board, enum lapic_signal s)
{
    struct pc *pc = board;

    if (s == LAPIC_INIT)
        board_reset(pc);
    else
        pc->signals_ignored++;
}

static void add_lapic(struct pc *pc)
{
    lapic_init(&pc->lapic);
    pc->lapic.board = pc;
    pc->lapic.eoi = broadcast_eoi;
    pc->lapic.signal = processor_signal;
    pc_add_timed(pc, (struct device){&lapic_ops, &pc->lapic});
}

static void add_ioapic(struct pc *pc)
{
    struct device dev = {&ioapic_ops, &pc->ioapic};

    ioapic_init(&pc->ioapic, &pc->host, pc->config.firmware.ioapic_sid);
    for (unsigned i = PC_FIRST_PCI_LINE; i < PC_LINES; i++)
        ioapic_input(&pc->ioapic, i, true);
    pc_add_memory(pc, dev, IOAPIC_BASE, IOAPIC_BYTES);
    pc_add_master(pc, dev, pc->ioapic.sid, 0xFFFF);
}

static void add_pic(struct pc *pc)
{
    i8259_init(&pc->pic);
    pc_add_ports(pc, (struct device){&i8259_master_ops, &pc->pic}, PORT_PIC_MASTER, 2);
    pc_add_ports(pc, (struct device){&i8259_slave_ops, &pc->pic}, PORT_PIC_SLAVE, 2);
    pc_add_ports(pc, (struct device){&i8259_elcr_ops, &pc->pic}, PORT_ELCR, 2);
    pc_add_ports(pc, (struct device){&pc_test_line_ops, pc}, PORT_TEST_LINES, PC_LINES);
}

static void add_timer(struct pc *pc)
{
    struct device dev = {&i8254_ops, &pc->timer};

    i8254_init(&pc->timer, &pc->host);
    pc_add_ports(pc, dev, PORT_TIMER, 4);
    pc_add_ports(pc, (struct device){&i8254_port61_ops, &pc->timer}, PORT_61, 1);
    pc_add_timed(pc, dev);
}

static void add_serial(struct pc *pc, const struct pc_config *config)
{
    struct device dev = {&uart16550_ops, &pc->uart};

    uart16550_init(&pc->uart, &pc->host, config->serial);
    pc_add_ports(pc, dev, PORT_SERIAL, 8);
    pc_add_timed(pc, dev);
}

/* What the firmware and a PC's chipset leave beside the interrupt controllers. */
static void add_firmware(struct pc *pc)
{
    fwcfg_init(&pc->fwcfg, &pc->config.firmware);
    pc_add_ports(pc, (struct device){&fwcfg_ops, &pc->fwcfg}, FWCFG_PORT, 2);
}

static void add_rtc(struct pc *pc)
{
    struct device dev = {&rtc_ops, &pc->rtc};

    rtc_init(&pc->rtc, &pc->host, pc->config.firmware.memory_bytes);
    pc_add_ports(pc, dev, RTC_PORT, 2);
    pc_add_timed(pc, dev);
}

static void add_pm(struct pc *pc)
{
    struct device dev = {&pm_ops, &pc->pm};

    pm_init(&pc->pm, &pc->host, pc->config.power_button_at);
    pc_add_ports(pc, dev, PM_PORT, PM_BYTES);
    pc_add_timed(pc, dev);
}

/* Before PCI's ports: 0xCF9 lies among them. */
static void add_reset(struct pc *pc)
{
    reset_ports_init(&pc->reset, &pc->host);
    pc_add_ports(pc, (struct device){&reset_keyboard_ops, &pc->reset}, RESET_PORT_KEYBOARD, 1);
    pc_add_ports(pc, (struct device){&reset_port92_ops, &pc->reset}, RESET_PORT_92, 1);
    pc_add_ports(pc, (struct device){&reset_cf9_ops, &pc->reset}, RESET_PORT_CF9, 1);
}

static void add_pci(struct pc *pc)
{
    pci_function_init(&pc->host_bridge, 0x00, 0x29C08086, 0x060000);
    pci_function_init(&pc->isa_bridge, 0xF8, 0x29188086, 0x060100);
    pci_bus_add(&pc->pci, &pc->host_bridge);
    for (unsigned line = PC_FIRST_PCI_LINE; line < PC_LINES; line++) {
        pc->isa_bridge.config[pc_route_register(line)] = 0x80;
        pc->isa_bridge.writable[pc_route_register(line)] = 0x8F;
    }
    pci_bus_add(&pc->pci, &pc->isa_bridge);
    pc_add_ports(pc, (struct device){&pci_port_ops, &pc->pci}, PORT_PCI, 8);
    pc_add_memory(pc, (struct device){&pci_ecam_ops, &pc->pci}, ECAM_BASE, ECAM_BYTES);
}

static void add_edu(struct pc *pc)
{
    struct device dev = {&edu_ops, &pc->edu};

    edu_init(&pc->edu, &pc->host);
    pci_bus_add(&pc->pci, &pc->edu.pci);
    pc_add_bar(pc, dev, &pc->edu.pci, 0);
    pc_add_master(pc, dev, EDU_SID, 0xFFFF);
}

static void add_virtio(struct pc *pc)
{
    struct device dev = {&virtio_blk_ops, &pc->virtio};

    if (pc->config.disk == NULL)
        return;
    virtio_blk_init(&pc->virtio, &pc->host, pc->config.disk);
    pci_bus_add(&pc->pci, &pc->virtio.pci);
    pc_add_bar(pc, dev, &pc->virtio.pci, 4);
    pc_add_bar(pc, (struct device){&virtio_blk_msix_ops, &pc->virtio}, &pc->virtio.pci, 1);
    pc_add_master(pc, dev, VIRTIO_BLK_SID, 0xFFFF);
}

static void add_traffic(struct pc *pc)
{
    struct device dev = {&traffic_ops, &pc->traffic};

    traffic_init(&pc->traffic, &pc->host);
    pci_bus_add(&pc->pci, &pc->traffic.pci);
    pc_add_bar(pc, dev, &pc->traffic.pci, 0);
    pc_add_bar(pc, dev, &pc->traffic.pci, 1);
    pc_add_master(pc, dev, TRAFFIC_SID, 0xFFF8); /* 00:04 */
    pc_add_master(pc, dev, 0x0100, 0xFF00);      /* bus 1 */
}

void pc_init(struct pc *pc, const struct device_host *outside, const struct pc_config *config)
{
    static const struct pc_config plain;

    memset(pc, 0, sizeof(*pc));
    if (config == NULL)
        config = &plain;
    pc->config = *config;
    if (pc->config.firmware.ioapic_sid == 0)
        pc->config.firmware.ioapic_sid = IOAPIC_SID;
    pc->outside = *outside;
    pc->host = (struct device_host){.ctx = pc,
                                    .dma = board_dma,
                                    .complete = board_complete,
                                    .console = board_console,
                                    .guest_exit = board_exit,
                                    .reset = board_reset,
                                    .irq = board_irq};
    add_board(pc);
    add_lapic(pc);
    add_ioapic(pc);
    add_pic(pc);
    add_timer(pc);
    add_serial(pc, config);
    add_firmware(pc);
    add_rtc(pc);
    add_pm(pc);
    add_reset(pc);
    add_pci(pc);
    add_edu(pc);
    add_virtio(pc);
    add_traffic(pc);
    add_testdev(pc);
    pc_setup(pc);
}

void pc_restart(struct pc *pc, uint64_t now)
{
    struct device_host outside = pc->outside;
    struct pc_config config = pc->config;
    struct rtc rtc;
    uint64_t unclaimed = pc->unclaimed, signals_ignored = pc->signals_ignored;

    pc_advance(pc, now);
    rtc = pc->rtc;
    config.power_button_at = pc->pm.press == DEVICE_NEVER ? 0 : pc->pm.press - now;
    pc_init(pc, &outside, &config);
    pc->unclaimed = unclaimed;
    pc->signals_ignored = signals_ignored;
    pc->rtc = rtc;
    rtc_reset(&pc->rtc);
}

bool pc_wants_real_mode(const struct pc *pc)
{
    uint8_t code = pc->rtc.cmos[RTC_SHUTDOWN_CODE];

    return code >= 0x01 && code <= 0x0C;
}

static bool covers(const struct pc_region *r, uint64_t addr)
{
    return addr >= r->base && addr - r->base < r->bytes;
}

struct pc_region pc_decode(const struct pc *pc, uint64_t addr, bool io)
{
    const struct pc_regions *fixed = io ? &pc->ports : &pc->memory;

    for (unsigned i = 0; i < fixed->count; i++)
        if (covers(&fixed->row[i], addr))
            return fixed->row[i];
    for (unsigned i = 0; i < pc->bars; i++) {
        struct pci_window w = pci_bar_window(pc->bar[i].function, pc->bar[i].number);
        struct pc_region r = {pc->bar[i].dev, w.base, w.bytes};

        if (w.io == io && covers(&r, addr))
            return r;
    }
    return (struct pc_region){{NULL, NULL}, 0, 0};
}

static uint64_t read_piece(struct pc *pc, uint64_t addr, unsigned bytes, bool io)
{
    struct pc_region r = pc_decode(pc, addr, io);

    if (r.dev.ops == NULL) {
        pc->unclaimed++;
        return UINT64_MAX;
    }
    return r.dev.ops->read(r.dev.self, addr - r.base, bytes);
}

static void write_piece(struct pc *pc, uint64_t addr, unsigned bytes, uint64_t value, bool io)
{
    struct pc_region r = pc_decode(pc, addr, io);

    if (r.dev.ops == NULL)
        pc->unclaimed++;
    else
        r.dev.ops->write(r.dev.self, addr - r.base, bytes, value);
}

/* How wide the device at an address takes an access. */
static unsigned width(const struct pc *pc, uint64_t addr, unsigned bytes, bool io)
{
    struct pc_region r = pc_decode(pc, addr, io);
    unsigned most = r.dev.ops == NULL ? 0 : r.dev.ops->bytes_max;

    return most != 0 && most < bytes ? most : bytes;
}

uint64_t pc_read(struct pc *pc, uint64_t addr, unsigned bytes, bool io)
{
    unsigned n = width(pc, addr, bytes, io);
    uint64_t value = 0;

    if (n == bytes)
        value = read_piece(pc, addr, bytes, io);
    for (unsigned at = 0; n != bytes && at < bytes; at += n)
        value |= (read_piece(pc, addr + at, n, io) & 0xFF) << 8 * at;
    pc_settle(pc);
    return value;
}

void pc_write(struct pc *pc, uint64_t addr, unsigned bytes, uint64_t value, bool io)
{
    unsigned n = width(pc, addr, bytes, io);

    for (unsigned at = 0; at < bytes; at += n)
        write_piece(pc, addr + at, n, value >> 8 * at, io);
    pc_settle(pc);
}

unsigned pc_piece_bytes(uint64_t addr, unsigned left)
{
    unsigned bytes = 8;

    while (bytes > left || addr % bytes != 0)
        bytes /= 2;
    return bytes;
}

/* Its registers are dwords, its MSRs 8 bytes; another beat is none of them (lapic.h). */
static void apic_beat(struct pc *pc, struct pc_beat *beat)
{
    uint64_t offset = beat->addr & LAPIC_OFFSETS, value = 0;
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

/* choice: as on a PC, configuration space is the processor's alone; another master finds nothing.
 */
static bool is_unmapped(const struct pc_beat *beat)
{
    return beat->dma && beat->addr >= ECAM_BASE && beat->addr - ECAM_BASE < ECAM_BYTES;
}

void pc_beat_run(struct pc *pc, struct pc_beat *beat)
{
    if (is_unmapped(beat)) {
        pc->unclaimed++;
        memset(beat->data, 0xFF, sizeof(beat->data));
        return;
    }
    if (beat->apic) {
        apic_beat(pc, beat);
        pc_settle(pc);
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
    for (unsigned i = 0; i < pc->masters; i++)
        if ((done->sid & pc->master[i].mask) == pc->master[i].sid)
            pc->master[i].dev.ops->dma_done(pc->master[i].dev.self, done);
    pc_settle(pc);
}

void pc_advance(struct pc *pc, uint64_t now)
{
    for (unsigned i = 0; i < pc->timeds; i++)
        pc->timed[i].ops->advance(pc->timed[i].self, now);
    pc_settle(pc);
}

uint64_t pc_next_event(const struct pc *pc)
{
    uint64_t first = DEVICE_NEVER;

    for (unsigned i = 0; i < pc->timeds; i++) {
        uint64_t next = pc->timed[i].ops->next_event(pc->timed[i].self);

        if (next < first)
            first = next;
    }
    return first;
}
