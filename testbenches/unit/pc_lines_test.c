// SPDX-License-Identifier: Apache-2.0
// Who is wired to whom: ISA and PCI lines, 8259, IOAPIC, LINT0 and the processor's INTR pin.
#include "devices/pc.h"

#include <string.h>

#include "gt.h"

#define LAPIC_EOI   0x0B0u
#define LAPIC_SVR   0x0F0u
#define LAPIC_LINT0 0x350u
#define BASE_OFF    UINT64_C(0xFEE00100)

struct bench {
    struct pc pc;
    struct device_dma last;
    unsigned sent;
};

static void on_dma(void *ctx, const struct device_dma *req)
{
    struct bench *b = ctx;

    b->last = *req;
    b->sent++;
}

static void on_console(void *ctx, uint8_t byte)
{
    (void)ctx;
    (void)byte;
}

static void on_exit_port(void *ctx, uint32_t status)
{
    (void)ctx;
    (void)status;
}

static void begin(struct bench *b)
{
    struct device_host host = {
        .ctx = b, .dma = on_dma, .console = on_console, .guest_exit = on_exit_port};

    memset(&b->last, 0, sizeof(b->last));
    b->sent = 0;
    pc_init(&b->pc, &host, NULL);
}

static void out(struct bench *b, uint16_t port, uint8_t v)
{
    pc_write(&b->pc, port, 1, v, true);
}

static void entry(struct bench *b, unsigned input, uint32_t low)
{
    pc_write(&b->pc, IOAPIC_BASE, 4, 0x10 + 2 * input, false);
    pc_write(&b->pc, IOAPIC_BASE + 0x10, 4, low, false);
}

static void apic(struct bench *b, uint64_t reg, unsigned bytes, uint64_t v)
{
    struct pc_beat beat = {.addr = LAPIC_BASE + reg, .bytes = bytes, .write = true, .apic = true};

    memcpy(beat.data, &v, sizeof(v));
    pc_beat_run(&b->pc, &beat);
}

/* What the IOMMU lets through unchanged; the host's answer to the device behind it. */
static void deliver(struct bench *b)
{
    struct device_dma_done done = {.sid = b->last.sid, .tag = b->last.tag, .ok = true};

    pc_message(&b->pc, b->last.addr, (uint32_t)(b->last.data[0] | b->last.data[1] << 8));
    pc_dma_done(&b->pc, &done);
}

/* The 8259 is programmed as firmware leaves it, masked: a program has only to unmask. */
GT_TEST(pc_lines, a_program_begins_in_virtual_wire_mode)
{
    struct bench b;
    int32_t offer;

    begin(&b);
    EXPECT_TRUE(pc_interrupt(&b.pc) < 0);
    pc_irq(&b.pc, 4, true);
    EXPECT_TRUE(pc_interrupt(&b.pc) < 0);
    out(&b, 0x21, 0x00);
    offer = pc_interrupt(&b.pc);
    EXPECT_U64(0x0C, (uint8_t)offer);
    EXPECT_U64(0x0C, pc_acknowledge(&b.pc, offer));
    EXPECT_TRUE(pc_interrupt(&b.pc) < 0);
    EXPECT_U64(0, b.sent);
}

GT_TEST(pc_lines, the_slave_is_behind_the_master)
{
    struct bench b;
    int32_t offer;

    begin(&b);
    out(&b, 0x21, 0xFB);
    out(&b, 0xA1, 0xFE);
    pc_irq(&b.pc, 8, true);
    offer = pc_interrupt(&b.pc);
    EXPECT_U64(0x70, pc_acknowledge(&b.pc, offer));
    out(&b, 0x20, 0x0B);
    EXPECT_U64(0x04, pc_read(&b.pc, 0x20, 1, true));
    out(&b, 0xA0, 0x0B);
    EXPECT_U64(0x01, pc_read(&b.pc, 0xA0, 1, true));
}

/* The pins may be a cycle old: what was offered is what is taken. */
GT_TEST(pc_lines, a_request_that_comes_meanwhile_does_not_change_the_offer)
{
    struct bench b;
    int32_t offer;

    begin(&b);
    out(&b, 0x21, 0x00);
    pc_irq(&b.pc, 5, true);
    offer = pc_interrupt(&b.pc);
    pc_irq(&b.pc, 3, true);
    EXPECT_U64(0x0D, pc_acknowledge(&b.pc, offer));
    offer = pc_interrupt(&b.pc);
    EXPECT_U64(0x0B, (uint8_t)offer); /* above IR5 in service */
}

GT_TEST(pc_lines, with_the_apic_disabled_int_is_the_processors_pin)
{
    struct bench b;

    begin(&b);
    apic(&b, LAPIC_LINT0, 4, 0x10000);
    out(&b, 0x21, 0x00);
    pc_irq(&b.pc, 4, true);
    EXPECT_TRUE(pc_interrupt(&b.pc) < 0);
    apic(&b, 0x1000 + 0xF2 * 16, 8, BASE_OFF);
    EXPECT_U64(0x0C, (uint8_t)pc_interrupt(&b.pc));
}

/* Input 0 of the IOAPIC, entry with delivery mode ExtINT. */
GT_TEST(pc_lines, the_8259_reaches_the_processor_through_the_ioapic)
{
    struct bench b;
    int32_t offer;

    begin(&b);
    apic(&b, LAPIC_LINT0, 4, 0x10000);
    entry(&b, 0, 0x700);
    out(&b, 0x21, 0x00);
    pc_irq(&b.pc, 4, true);
    EXPECT_U64(1, b.sent);
    EXPECT_TRUE(pc_interrupt(&b.pc) < 0);
    deliver(&b);
    pc_irq(&b.pc, 6, true);
    offer = pc_interrupt(&b.pc);
    EXPECT_U64(0x0C, pc_acknowledge(&b.pc, offer));
    EXPECT_TRUE(pc_interrupt(&b.pc) < 0);
    out(&b, 0x20, 0x20);
    EXPECT_U64(2, b.sent); /* INT rose again for IR6 */
    deliver(&b);
    EXPECT_U64(0x0E, (uint8_t)pc_interrupt(&b.pc));
}

/* INT falls with the acknowledge: a request of higher priority that waits is an edge of its own. */
GT_TEST(pc_lines, int_pulses_between_two_requests)
{
    struct bench b;
    int32_t offer;

    begin(&b);
    apic(&b, LAPIC_LINT0, 4, 0x10000);
    entry(&b, 0, 0x700);
    out(&b, 0x21, 0x00);
    pc_irq(&b.pc, 4, true);
    deliver(&b);
    offer = pc_interrupt(&b.pc);
    pc_irq(&b.pc, 3, true);
    EXPECT_U64(1, b.sent);
    EXPECT_U64(0x0C, pc_acknowledge(&b.pc, offer));
    EXPECT_U64(2, b.sent);
}

/* IRQ 0 is input 2; the others are inputs of their own number. */
GT_TEST(pc_lines, isa_lines_at_the_ioapic)
{
    for (unsigned line = 0; line < 16; line++) {
        struct bench b;

        if (line == 2)
            continue;
        begin(&b);
        entry(&b, line == 0 ? 2 : line, 0x51);
        pc_irq(&b.pc, line, true);
        EXPECT_U64(1, b.sent);
        EXPECT_U64(IOAPIC_SID, b.last.sid);
        deliver(&b);
        EXPECT_U64(0x51, pc_interrupt(&b.pc));
    }
}

/* A level from line to EOI: device 2, pin A is line 22, a wire that is active low. */
GT_TEST(pc_lines, a_pci_pin_is_an_active_low_level)
{
    struct bench b;
    int32_t offer;

    begin(&b);
    entry(&b, 22, 0xA061);
    EXPECT_U64(0, b.sent);
    pc_write(&b.pc, 0xCF8, 4, 0x80001010, true);
    pc_write(&b.pc, 0xCFC, 4, 0xC0000000, true);
    pc_write(&b.pc, 0xCF8, 4, 0x80001004, true);
    pc_write(&b.pc, 0xCFC, 2, 0x0006, true);
    pc_write(&b.pc, 0xC0000060, 4, 0x10, false);
    EXPECT_U64(1, b.sent);
    EXPECT_U64(0x0008, pc_read(&b.pc, 0xCFE, 2, true) & 0x0008); /* status: interrupt */
    deliver(&b);
    offer = pc_interrupt(&b.pc);
    EXPECT_U64(0x61, pc_acknowledge(&b.pc, offer));
    pc_write(&b.pc, 0xCFC, 2, 0x0406, true); /* interrupt disable */
    apic(&b, LAPIC_EOI, 4, 0);
    EXPECT_U64(1, b.sent);
    pc_write(&b.pc, 0xCFC, 2, 0x0006, true);
    EXPECT_U64(2, b.sent);
    pc_write(&b.pc, 0xC0000064, 4, 0x10, false);
    deliver(&b);
    pc_acknowledge(&b.pc, pc_interrupt(&b.pc));
    apic(&b, LAPIC_EOI, 4, 0);
    EXPECT_U64(2, b.sent);
}

static void config(struct bench *b, unsigned devfn, unsigned reg, unsigned bytes, uint32_t v)
{
    pc_write(&b->pc, 0xCF8, 4, 0x80000000 | devfn << 8 | (reg & 0xFC), true);
    pc_write(&b->pc, 0xCFC + (reg & 3), bytes, v, true);
}

/* ICH9, "Steering PCI Interrupts", "PIRQ[n]_ROUT": the pin of device 2 is PIRQG, register 6Ah. */
GT_TEST(pc_lines, the_isa_bridge_routes_a_pin_to_an_irq)
{
    struct bench b;
    int32_t offer;

    begin(&b);
    config(&b, 0xF8, 0x6A, 1, 0x0B);
    out(&b, 0x4D1, 0x08);
    out(&b, 0x21, 0xFB);
    out(&b, 0xA1, 0xF7);
    entry(&b, 11, 0x52);
    config(&b, 0x10, 0x10, 4, 0xC0000000);
    config(&b, 0x10, 0x04, 2, 0x0006);
    pc_write(&b.pc, 0xC0000060, 4, 1, false);
    EXPECT_U64(1, b.sent); /* input 11 rises */
    offer = pc_interrupt(&b.pc);
    EXPECT_U64(0x73, pc_acknowledge(&b.pc, offer));
    out(&b, 0xA0, 0x20);
    out(&b, 0x20, 0x20);
    EXPECT_U64(0x73, (uint8_t)pc_interrupt(&b.pc)); /* a level: it is still up */
    config(&b, 0xF8, 0x6A, 1, 0x8B);
    EXPECT_TRUE(pc_interrupt(&b.pc) < 0);
    config(&b, 0xF8, 0x6A, 1, 0x0B);
    EXPECT_U64(0x73, (uint8_t)pc_interrupt(&b.pc));
    pc_write(&b.pc, 0xC0000064, 4, 1, false);
    EXPECT_TRUE(pc_interrupt(&b.pc) < 0);
}

/* Bits 6:4 are not there, IRQ 0, 1, 2, 8 and 13 are reserved, and the other PIRQs lie elsewhere. */
GT_TEST(pc_lines, a_route_that_does_not_exist_leads_nowhere)
{
    static const uint8_t reserved[] = {0, 1, 2, 8, 13};
    struct bench b;

    begin(&b);
    config(&b, 0x10, 0x10, 4, 0xC0000000);
    config(&b, 0x10, 0x04, 2, 0x0006);
    pc_write(&b.pc, 0xC0000060, 4, 1, false);
    for (unsigned i = 0; i < sizeof reserved; i++) {
        config(&b, 0xF8, 0x6A, 1, reserved[i]);
        EXPECT_U64(0, b.pc.routed_lines);
    }
    for (unsigned reg = 0x60; reg < 0x6C; reg++) {
        config(&b, 0xF8, reg, 1, 0x75);
        EXPECT_U64((reg & 4) ? 0 : 0x05, pc_read(&b.pc, 0xCFC + (reg & 3), 1, true));
        EXPECT_U64(reg < 0x6A ? 0 : 0x20, b.pc.routed_lines);
    }
}

GT_TEST(pc_lines, test_ports_add_to_the_lines)
{
    struct bench b;

    begin(&b);
    for (unsigned line = 0; line < 24; line++) {
        unsigned before = b.sent;

        entry(&b, line, line < 16 ? 0x51 : 0x2051);
        out(&b, (uint16_t)(0x2000 + line), 1);
        EXPECT_U64(before + 1, b.sent);
        EXPECT_U64(1, pc_read(&b.pc, 0x2000 + line, 1, true));
        deliver(&b);
        out(&b, (uint16_t)(0x2000 + line), 0);
        EXPECT_U64(before + 1, b.sent);
    }
}

/* Byte devices take a wider access as bytes at the ports behind each other. */
GT_TEST(pc_lines, a_word_to_byte_ports)
{
    struct bench b;

    begin(&b);
    pc_write(&b.pc, 0x4D0, 2, 0xFFFF, true);
    EXPECT_U64(0xDEF8, pc_read(&b.pc, 0x4D0, 2, true));
}

GT_TEST(pc_lines, the_timer_interrupts_through_both_controllers)
{
    struct bench b;

    begin(&b);
    out(&b, 0x21, 0xFE);
    entry(&b, 2, 0x51);
    out(&b, 0x43, 0x30);
    out(&b, 0x40, 10);
    out(&b, 0x40, 0);
    pc_advance(&b.pc, pc_next_event(&b.pc));
    pc_advance(&b.pc, pc_next_event(&b.pc));
    EXPECT_U64(1, b.sent);
    EXPECT_U64(0x08, (uint8_t)pc_interrupt(&b.pc));
}
