// SPDX-License-Identifier: Apache-2.0
// The 8254, from its datasheet: waveforms of the six modes by ticks, the registers.
#include "devices/i8254.h"

#include <string.h>

#include "devices/clock.h"
#include "gt.h"

#define CONTROL 3u

struct bench {
    struct i8254 t;
    struct device_host host;
    uint64_t tick;
    unsigned rises;
    bool irq;
};

static void on_irq(void *ctx, unsigned line, bool level)
{
    struct bench *b = ctx;

    EXPECT_U64(0, line);
    b->rises += level && !b->irq;
    b->irq = level;
}

static void begin(struct bench *b)
{
    memset(b, 0, sizeof(*b));
    b->host = (struct device_host){.ctx = b, .irq = on_irq};
    i8254_init(&b->t, &b->host);
}

static void go(struct bench *b, uint64_t ticks)
{
    b->tick += ticks;
    i8254_ops.advance(&b->t, clock_cycle(b->tick, CLOCK_PIT_HZ));
}

static void out(struct bench *b, unsigned port, uint8_t v)
{
    i8254_ops.write(&b->t, port, 1, v);
}

static uint8_t in(struct bench *b, unsigned port)
{
    return (uint8_t)i8254_ops.read(&b->t, port, 1);
}

static unsigned count(struct bench *b, unsigned counter)
{
    unsigned low;

    out(b, CONTROL, (uint8_t)(counter << 6));
    low = in(b, counter);
    return low | (unsigned)in(b, counter) << 8;
}

static void start(struct bench *b, unsigned counter, unsigned mode, unsigned n)
{
    out(b, CONTROL, (uint8_t)(counter << 6 | 0x30 | mode));
    out(b, counter, (uint8_t)n);
    out(b, counter, (uint8_t)(n >> 8));
}

static void gate2(struct bench *b, bool up)
{
    i8254_port61_ops.write(&b->t, 0, 1, up);
}

static bool out2(struct bench *b)
{
    return i8254_port61_ops.read(&b->t, 0, 1) >> 5 & 1;
}

/* OUT of counter 2 tick by tick, as text. */
static const char *wave(struct bench *b, unsigned ticks, char *text)
{
    for (unsigned i = 0; i < ticks; i++) {
        text[i] = out2(b) ? '1' : '0';
        go(b, 1);
    }
    text[ticks] = 0;
    return text;
}

/* 1.193182 MHz against 100 MHz. */
GT_TEST(i8254, the_clock_ticks_by_its_crystal)
{
    EXPECT_U64(0, clock_ticks(83, CLOCK_PIT_HZ));
    EXPECT_U64(1, clock_ticks(84, CLOCK_PIT_HZ));
    EXPECT_U64(1193182, clock_ticks(100000000, CLOCK_PIT_HZ));
    EXPECT_U64(84, clock_cycle(1, CLOCK_PIT_HZ));
    EXPECT_U64(100000000, clock_cycle(1193182, CLOCK_PIT_HZ));
}

/* "Mode 0": OUT rises N + 1 ticks after the count is written. */
GT_TEST(i8254, mode_0_rises_after_n_plus_1_ticks)
{
    struct bench b;
    char text[16];

    begin(&b);
    gate2(&b, true);
    start(&b, 2, 0, 4);
    EXPECT_STR("0000011", wave(&b, 7, text));
    EXPECT_U64(0xFFFE, count(&b, 2)); /* it counts on */
}

GT_TEST(i8254, mode_0_stops_while_gate_is_low_and_between_two_bytes)
{
    struct bench b;
    char text[16];

    begin(&b);
    gate2(&b, true);
    start(&b, 2, 0, 4);
    go(&b, 2);
    gate2(&b, false);
    go(&b, 100);
    EXPECT_U64(3, count(&b, 2));
    gate2(&b, true);
    out(&b, 2, 2);
    go(&b, 100);
    EXPECT_U64(0, out2(&b));
    out(&b, 2, 0);
    EXPECT_STR("00011", wave(&b, 5, text));
}

/* "Mode 1": a rise of GATE, one tick, then N ticks low; it can be triggered again. */
GT_TEST(i8254, mode_1_is_a_one_shot)
{
    struct bench b;
    char text[16];

    begin(&b);
    start(&b, 2, 2, 3);
    EXPECT_STR("11", wave(&b, 2, text));
    gate2(&b, true);
    EXPECT_STR("1000111", wave(&b, 7, text));
    gate2(&b, false);
    gate2(&b, true);
    EXPECT_STR("10", wave(&b, 2, text));
    gate2(&b, false);
    gate2(&b, true);
    EXPECT_STR("00001", wave(&b, 5, text));
}

/* "Mode 2": low for the tick of count 1; GATE low lifts it, its rise begins anew. */
GT_TEST(i8254, mode_2_divides)
{
    struct bench b;
    char text[16];

    begin(&b);
    gate2(&b, true);
    start(&b, 2, 4, 3);
    EXPECT_STR("1110110110", wave(&b, 10, text));
    gate2(&b, false);
    EXPECT_STR("111", wave(&b, 3, text));
    gate2(&b, true);
    EXPECT_STR("1110110", wave(&b, 7, text));
}

GT_TEST(i8254, mode_2_takes_a_new_count_at_the_end_of_the_period)
{
    struct bench b;

    begin(&b);
    start(&b, 0, 4, 10);
    go(&b, 3);
    EXPECT_U64(8, count(&b, 0));
    out(&b, 0, 100);
    out(&b, 0, 0);
    EXPECT_U64(8, count(&b, 0));
    go(&b, 8);
    EXPECT_U64(100, count(&b, 0));
}

/* "Mode 3": (N + 1) / 2 high, the rest low; the count goes by two, from an even number. */
GT_TEST(i8254, mode_3_is_a_square_wave)
{
    struct bench b;
    char text[20];

    begin(&b);
    gate2(&b, true);
    start(&b, 2, 6, 4);
    EXPECT_STR("1110011001", wave(&b, 10, text));
    start(&b, 2, 6, 5);
    EXPECT_STR("11110011100", wave(&b, 11, text));
    start(&b, 2, 6, 5);
    go(&b, 1);
    EXPECT_U64(4, count(&b, 2));
    go(&b, 2);
    EXPECT_U64(0, count(&b, 2));
    go(&b, 1);
    EXPECT_U64(4, count(&b, 2));
    go(&b, 1);
    EXPECT_U64(2, count(&b, 2));
}

/* "Mode 4", "Mode 5": one tick low when the count has ended. */
GT_TEST(i8254, modes_4_and_5_strobe)
{
    struct bench b;
    char text[16];

    begin(&b);
    gate2(&b, true);
    start(&b, 2, 8, 3);
    EXPECT_STR("1111011", wave(&b, 7, text));
    gate2(&b, false);
    start(&b, 2, 10, 2);
    EXPECT_STR("111", wave(&b, 3, text));
    gate2(&b, true);
    EXPECT_STR("111011", wave(&b, 6, text));
}

GT_TEST(i8254, bcd_counts_in_decimal)
{
    struct bench b;

    begin(&b);
    start(&b, 0, 1, 0x1000);
    go(&b, 2);
    EXPECT_U64(0x0999, count(&b, 0));
    start(&b, 0, 5, 0); /* mode 2, 10000 */
    go(&b, 1);
    EXPECT_U64(0x0000, count(&b, 0));
    go(&b, 1);
    EXPECT_U64(0x9999, count(&b, 0));
}

/* "Counter Latch Command": held until read, a second one is ignored. */
GT_TEST(i8254, a_latch_is_held)
{
    struct bench b;

    begin(&b);
    start(&b, 0, 4, 0x1234);
    go(&b, 5);
    out(&b, CONTROL, 0x00);
    go(&b, 5);
    out(&b, CONTROL, 0x00);
    EXPECT_U64(0x30, in(&b, 0));
    EXPECT_U64(0x12, in(&b, 0));
    EXPECT_U64(0x2B, in(&b, 0));
    EXPECT_U64(0x12, in(&b, 0));
}

GT_TEST(i8254, one_byte_counts)
{
    struct bench b;

    begin(&b);
    out(&b, CONTROL, 0x14);
    out(&b, 0, 0x20);
    go(&b, 2);
    EXPECT_U64(0x1F, in(&b, 0));
    EXPECT_U64(0x1F, in(&b, 0));
    out(&b, CONTROL, 0x24);
    out(&b, 0, 0x20);
    go(&b, 2);
    EXPECT_U64(0x1F, in(&b, 0)); /* of 0x1FFF */
}

/* "Read-Back Command": status first, then the count; NULL COUNT until the count is loaded. */
GT_TEST(i8254, read_back_latches_status_and_count)
{
    struct bench b;

    begin(&b);
    start(&b, 0, 4, 0x1234);
    out(&b, CONTROL, 0xE2);
    EXPECT_U64(0xF4, in(&b, 0));
    go(&b, 3);
    out(&b, CONTROL, 0xC2);
    go(&b, 3);
    out(&b, CONTROL, 0xC2); /* both are latched already */
    EXPECT_U64(0xB4, in(&b, 0));
    EXPECT_U64(0x32, in(&b, 0));
    EXPECT_U64(0x12, in(&b, 0));
}

/* The line is OUT of counter 0: each rise of a rate generator is one interrupt. */
GT_TEST(i8254, counter_0_interrupts)
{
    struct bench b;

    begin(&b);
    EXPECT_U64(DEVICE_NEVER, i8254_ops.next_event(&b.t));
    start(&b, 0, 4, 100);
    b.rises = 0;
    EXPECT_U64(clock_cycle(1, CLOCK_PIT_HZ), i8254_ops.next_event(&b.t));
    go(&b, 1);
    EXPECT_U64(clock_cycle(100, CLOCK_PIT_HZ), i8254_ops.next_event(&b.t));
    go(&b, 99);
    EXPECT_U64(0, b.rises);
    EXPECT_TRUE(!b.irq);
    go(&b, 1);
    EXPECT_U64(1, b.rises);
    go(&b, 1000);
    EXPECT_U64(11, b.rises);
}

GT_TEST(i8254, port_61_keeps_its_low_bits_and_toggles_with_refresh)
{
    struct bench b;
    uint64_t before;

    begin(&b);
    i8254_port61_ops.write(&b.t, 0, 1, 0xFE);
    before = i8254_port61_ops.read(&b.t, 0, 1);
    EXPECT_U64(0x0E, before & 0xCF);
    go(&b, 18);
    EXPECT_U64(before ^ 0x10, i8254_port61_ops.read(&b.t, 0, 1));
}
