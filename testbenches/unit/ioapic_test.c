// SPDX-License-Identifier: Apache-2.0
// The I/O APIC: 82093AA; the address and data of a message as in SDM Vol. 3A "Message Signalled
// Interrupts" and VT-d "I/OxAPIC Programming".
#include "devices/ioapic.h"

#include <string.h>

#include "gt.h"

#define MASKED UINT64_C(0x10000)
#define LEVEL  UINT64_C(0x08000)
#define IRR    UINT64_C(0x04000)
#define LOW    UINT64_C(0x02000)
#define STATUS UINT64_C(0x01000)

struct bench {
    struct ioapic io;
    struct device_host host;
    struct device_dma last;
    unsigned sent;
};

static void on_dma(void *ctx, const struct device_dma *req)
{
    struct bench *b = ctx;

    b->last = *req;
    b->sent++;
}

static void begin(struct bench *b)
{
    memset(b, 0, sizeof(*b));
    b->host = (struct device_host){.ctx = b, .dma = on_dma};
    ioapic_init(&b->io, &b->host, IOAPIC_SID);
}

static uint32_t get(struct bench *b, uint8_t index)
{
    ioapic_ops.write(&b->io, 0x00, 4, index);
    return (uint32_t)ioapic_ops.read(&b->io, 0x10, 4);
}

static void put(struct bench *b, uint8_t index, uint32_t v)
{
    ioapic_ops.write(&b->io, 0x00, 4, index);
    ioapic_ops.write(&b->io, 0x10, 4, v);
}

static void set_entry(struct bench *b, unsigned i, uint64_t v)
{
    put(b, (uint8_t)(0x11 + 2 * i), (uint32_t)(v >> 32));
    put(b, (uint8_t)(0x10 + 2 * i), (uint32_t)v);
}

static uint64_t entry(struct bench *b, unsigned i)
{
    return get(b, (uint8_t)(0x10 + 2 * i)) | (uint64_t)get(b, (uint8_t)(0x11 + 2 * i)) << 32;
}

static void done(struct bench *b)
{
    struct device_dma_done d = {.sid = IOAPIC_SID, .tag = b->last.tag, .ok = true};

    ioapic_ops.dma_done(&b->io, &d);
}

static uint32_t data_of(const struct bench *b)
{
    return (uint32_t)(b->last.data[0] | b->last.data[1] << 8 | b->last.data[2] << 16);
}

GT_TEST(ioapic, registers_at_reset)
{
    struct bench b;

    begin(&b);
    EXPECT_U64(0, get(&b, 0));
    EXPECT_U64(0x00170020, get(&b, 1));
    put(&b, 0, 0xFFFFFFFF);
    EXPECT_U64(0x0F000000, get(&b, 0));
    EXPECT_U64(0x0F000000, get(&b, 2));
    for (unsigned i = 0; i < 24; i++)
        EXPECT_U64(MASKED, entry(&b, i));
    EXPECT_U64(0, get(&b, 0x40));
    EXPECT_U64(UINT64_MAX, ioapic_ops.read(&b.io, 0x10, 1));
}

GT_TEST(ioapic, an_entry_keeps_what_is_writable)
{
    struct bench b;

    begin(&b);
    set_entry(&b, 3, UINT64_MAX);
    EXPECT_U64(UINT64_C(0xFFFF00000001AFFF), entry(&b, 3));
}

GT_TEST(ioapic, an_edge_is_one_message)
{
    struct bench b;

    begin(&b);
    set_entry(&b, 4, UINT64_C(0x5A00000000000000) | 0x933); /* logical, lowest priority */
    ioapic_input(&b.io, 4, true);
    EXPECT_U64(1, b.sent);
    EXPECT_U64(UINT64_C(0xFEE5A004), b.last.addr);
    EXPECT_U64(0x4133, data_of(&b));
    EXPECT_U64(0xFF00, b.last.sid);
    EXPECT_U64(4, b.last.len);
    EXPECT_TRUE(b.last.write);
    EXPECT_U64(STATUS, entry(&b, 4) & STATUS);
    done(&b);
    EXPECT_U64(0, entry(&b, 4) & STATUS);
    ioapic_input(&b.io, 4, false);
    EXPECT_U64(1, b.sent);
    ioapic_input(&b.io, 4, true);
    EXPECT_U64(2, b.sent);
}

GT_TEST(ioapic, a_masked_edge_is_lost)
{
    struct bench b;

    begin(&b);
    set_entry(&b, 4, MASKED | 0x33);
    ioapic_input(&b.io, 4, true);
    set_entry(&b, 4, 0x33);
    EXPECT_U64(0, b.sent);
}

GT_TEST(ioapic, an_active_low_input_interrupts_as_it_falls)
{
    struct bench b;

    begin(&b);
    ioapic_input(&b.io, 4, true);
    set_entry(&b, 4, LOW | 0x33);
    EXPECT_U64(0, b.sent);
    ioapic_input(&b.io, 4, false);
    EXPECT_U64(1, b.sent);
}

GT_TEST(ioapic, a_level_waits_for_its_eoi_and_comes_again)
{
    struct bench b;

    begin(&b);
    set_entry(&b, 9, LEVEL | 0x61);
    ioapic_input(&b.io, 9, true);
    EXPECT_U64(1, b.sent);
    EXPECT_U64(0xC061, data_of(&b));
    done(&b);
    EXPECT_U64(LEVEL | IRR | 0x61, entry(&b, 9));
    ioapic_input(&b.io, 9, false);
    ioapic_input(&b.io, 9, true);
    EXPECT_U64(1, b.sent);
    ioapic_eoi(&b.io, 0x62);
    EXPECT_U64(1, b.sent);
    ioapic_eoi(&b.io, 0x61);
    EXPECT_U64(2, b.sent);
    done(&b);
    ioapic_input(&b.io, 9, false);
    ioapic_eoi(&b.io, 0x61);
    EXPECT_U64(2, b.sent);
    EXPECT_U64(LEVEL | 0x61, entry(&b, 9));
}

GT_TEST(ioapic, a_masked_level_comes_when_it_is_unmasked)
{
    struct bench b;

    begin(&b);
    set_entry(&b, 9, LEVEL | MASKED | 0x61);
    ioapic_input(&b.io, 9, true);
    EXPECT_U64(0, b.sent);
    set_entry(&b, 9, LEVEL | 0x61);
    EXPECT_U64(1, b.sent);
}

/* The EOI register, and the way of older software: edge and back. */
GT_TEST(ioapic, remote_irr_is_ended_by_the_eoi_register_and_by_the_trigger_mode)
{
    struct bench b;

    begin(&b);
    for (unsigned way = 0; way < 2; way++) {
        set_entry(&b, 9, LEVEL | 0x61);
        ioapic_input(&b.io, 9, true);
        done(&b);
        ioapic_input(&b.io, 9, false);
        EXPECT_U64(IRR, entry(&b, 9) & IRR);
        if (way == 0)
            ioapic_ops.write(&b.io, 0x40, 4, 0x61);
        else
            set_entry(&b, 9, MASKED | 0x61);
        EXPECT_U64(0, entry(&b, 9) & IRR);
    }
}

/* One at a time, the lowest input first; a level that goes meanwhile is not sent. */
GT_TEST(ioapic, messages_go_one_by_one)
{
    struct bench b;

    begin(&b);
    set_entry(&b, 7, 0x37);
    set_entry(&b, 6, 0x36);
    set_entry(&b, 5, 0x35);
    set_entry(&b, 8, LEVEL | 0x38);
    ioapic_input(&b.io, 7, true);
    ioapic_input(&b.io, 6, true);
    ioapic_input(&b.io, 5, true);
    ioapic_input(&b.io, 8, true);
    EXPECT_U64(1, b.sent);
    EXPECT_U64(STATUS, entry(&b, 8) & STATUS);
    done(&b);
    EXPECT_U64(0x4035, data_of(&b));
    ioapic_input(&b.io, 8, false);
    done(&b);
    EXPECT_U64(0x4036, data_of(&b));
    done(&b);
    EXPECT_U64(3, b.sent);
}

/* Handle 8123h: bit 15 is entry bit 11, the rest and the format bit are 63:48. */
GT_TEST(ioapic, a_remappable_entry_carries_its_index)
{
    struct bench b;

    begin(&b);
    set_entry(&b, 4, (UINT64_C(0x0123) << 1 | 1) << 48 | 0x800 | 0x33);
    ioapic_input(&b.io, 4, true);
    EXPECT_U64(UINT64_C(0xFEE02474), b.last.addr);
}

GT_TEST(ioapic, nmi_and_extint_are_edges_whatever_the_entry_says)
{
    static const unsigned modes[] = {4, 7};

    for (unsigned i = 0; i < 2; i++) {
        struct bench b;

        begin(&b);
        set_entry(&b, 0, LEVEL | modes[i] << 8);
        ioapic_input(&b.io, 0, true);
        EXPECT_U64(1, b.sent);
        EXPECT_U64(modes[i], data_of(&b) >> 8 & 7);
        EXPECT_U64(0, entry(&b, 0) & IRR);
        done(&b);
        EXPECT_U64(1, b.sent);
    }
}
