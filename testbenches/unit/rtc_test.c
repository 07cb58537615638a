// SPDX-License-Identifier: Apache-2.0
// The real-time clock: MC146818A data sheet. 100,000,000 cycles are a second.
#include "devices/rtc.h"

#include "host_bench.h"

#define SECOND UINT64_C(100000000)
#define TICK   3052u /* cycles of 1/32768 s, rounded up */

struct rtc_bench {
    struct host_bench b;
    struct rtc r;
};

static void begin(struct rtc_bench *t)
{
    host_bench_init(&t->b);
    rtc_init(&t->r, &t->b.host, UINT64_C(256) << 20);
}

static uint8_t get(struct rtc_bench *t, unsigned reg)
{
    rtc_ops.write(&t->r, 0, 1, reg);
    return (uint8_t)rtc_ops.read(&t->r, 1, 1);
}

static void put(struct rtc_bench *t, unsigned reg, unsigned v)
{
    rtc_ops.write(&t->r, 0, 1, reg);
    rtc_ops.write(&t->r, 1, 1, v);
}

static void at(struct rtc_bench *t, uint64_t cycle)
{
    rtc_ops.advance(&t->r, cycle);
}

/* Hours, minutes and seconds in one number. */
static uint32_t hms(struct rtc_bench *t)
{
    return (uint32_t)get(t, 4) << 16 | (uint32_t)get(t, 2) << 8 | get(t, 0);
}

static uint32_t date(struct rtc_bench *t)
{
    return (uint32_t)get(t, 0x32) << 24 | (uint32_t)get(t, 9) << 16 | (uint32_t)get(t, 8) << 8 |
           get(t, 7);
}

static void set_time(struct rtc_bench *t, unsigned h, unsigned m, unsigned s)
{
    put(t, 4, h);
    put(t, 2, m);
    put(t, 0, s);
}

GT_TEST(rtc, begins_at_its_fixed_date_and_counts_seconds)
{
    struct rtc_bench t;

    begin(&t);
    EXPECT_U64(0x20240101, date(&t));
    EXPECT_U64(2, get(&t, 6));
    EXPECT_U64(0, hms(&t));
    at(&t, SECOND - 1);
    EXPECT_U64(0, hms(&t));
    at(&t, SECOND);
    EXPECT_U64(0x000001, hms(&t));
    at(&t, 61 * SECOND);
    EXPECT_U64(0x000101, hms(&t));
    EXPECT_U64(0x80, get(&t, 0x0D));
}

/* "Update Cycle", UIP: 244 us before the registers change. */
GT_TEST(rtc, uip_announces_the_update)
{
    struct rtc_bench t;

    begin(&t);
    at(&t, SECOND - 9 * TICK);
    EXPECT_U64(0x26, get(&t, 0x0A));
    at(&t, SECOND - 7 * TICK);
    EXPECT_U64(0xA6, get(&t, 0x0A));
    at(&t, SECOND);
    EXPECT_U64(0x26, get(&t, 0x0A));
}

GT_TEST(rtc, the_last_second_of_a_leap_day_and_of_a_century)
{
    struct rtc_bench t;

    begin(&t);
    set_time(&t, 0x23, 0x59, 0x59);
    put(&t, 7, 0x28);
    put(&t, 8, 0x02);
    put(&t, 6, 7);
    at(&t, SECOND);
    EXPECT_U64(0x20240229, date(&t));
    EXPECT_U64(1, get(&t, 6));
    put(&t, 7, 0x31);
    put(&t, 8, 0x12);
    put(&t, 9, 0x99);
    set_time(&t, 0x23, 0x59, 0x59);
    at(&t, 2 * SECOND);
    EXPECT_U64(0x21000101, date(&t));
    EXPECT_U64(0, hms(&t));
}

/* "Data Mode", "24/12": bit 7 of the hours is PM. */
GT_TEST(rtc, twelve_hours_and_binary)
{
    struct rtc_bench t;

    begin(&t);
    put(&t, 0x0B, 0x00); /* 12-hour, BCD */
    set_time(&t, 0x11, 0x59, 0x59);
    at(&t, SECOND);
    EXPECT_U64(0x920000, hms(&t)); /* noon */
    set_time(&t, 0x92, 0x59, 0x59);
    at(&t, 2 * SECOND);
    EXPECT_U64(0x810000, hms(&t));
    set_time(&t, 0x91, 0x59, 0x59);
    at(&t, 3 * SECOND);
    EXPECT_U64(0x120000, hms(&t)); /* midnight */
    EXPECT_U64(0x20240102, date(&t));
    put(&t, 0x0B, 0x06); /* 24-hour, binary */
    set_time(&t, 9, 59, 59);
    at(&t, 4 * SECOND);
    EXPECT_U64(0x0A0000, hms(&t));
}

GT_TEST(rtc, set_holds_the_time_still)
{
    struct rtc_bench t;

    begin(&t);
    put(&t, 0x0B, 0x92);
    EXPECT_U64(0x82, get(&t, 0x0B)); /* and clears UIE */
    at(&t, 5 * SECOND - 1);
    EXPECT_U64(0x26, get(&t, 0x0A)); /* no UIP */
    EXPECT_U64(0, hms(&t));
    put(&t, 0x0B, 0x02);
    at(&t, 5 * SECOND);
    EXPECT_U64(0x000001, hms(&t));
}

/* "Divider control": the first update comes half a second after its reset ends. */
GT_TEST(rtc, the_divider_starts_anew)
{
    struct rtc_bench t;

    begin(&t);
    put(&t, 0x0A, 0x70);
    at(&t, 3 * SECOND);
    EXPECT_U64(0, hms(&t));
    put(&t, 0x0A, 0x26);
    at(&t, 3 * SECOND + SECOND / 2 - TICK);
    EXPECT_U64(0, hms(&t));
    at(&t, 3 * SECOND + SECOND / 2);
    EXPECT_U64(0x000001, hms(&t));
    at(&t, 4 * SECOND + SECOND / 2);
    EXPECT_U64(0x000002, hms(&t));
}

/* "Register C": flags without enables; the read clears them. */
GT_TEST(rtc, flags_rise_without_enables_and_fall_by_the_read)
{
    struct rtc_bench t;

    begin(&t);
    put(&t, 1, 0x07);
    put(&t, 3, 0xC0);
    put(&t, 5, 0xFF);
    at(&t, 6 * SECOND);
    EXPECT_U64(0x50, get(&t, 0x0C));
    EXPECT_U64(0x00, get(&t, 0x0C));
    at(&t, 7 * SECOND);
    EXPECT_U64(0x70, get(&t, 0x0C)); /* the alarm too */
    EXPECT_U64(0, t.b.lines);
}

GT_TEST(rtc, the_interrupt_is_level_until_register_c_is_read)
{
    struct rtc_bench t;

    begin(&t);
    EXPECT_U64(DEVICE_NEVER, rtc_ops.next_event(&t.r));
    put(&t, 0x0B, 0x12); /* UIE */
    EXPECT_U64(SECOND, rtc_ops.next_event(&t.r));
    at(&t, SECOND);
    EXPECT_U64(1u << 8, t.b.lines);
    EXPECT_U64(DEVICE_NEVER, rtc_ops.next_event(&t.r));
    EXPECT_U64(0xD0, get(&t, 0x0C));
    EXPECT_U64(0, t.b.lines);
    EXPECT_U64(2 * SECOND, rtc_ops.next_event(&t.r));
}

/* "Periodic Interrupt Rate": 6 is 1024 Hz, 15 is 2 Hz, 1 is 256 Hz. */
GT_TEST(rtc, periodic_rates)
{
    struct rtc_bench t;

    begin(&t);
    put(&t, 0x0B, 0x42);
    EXPECT_U64(97657, rtc_ops.next_event(&t.r)); /* 976.5625 us */
    at(&t, 97656);
    EXPECT_U64(0, t.b.lines);
    at(&t, 97657);
    EXPECT_U64(1u << 8, t.b.lines);
    EXPECT_U64(0xC0, get(&t, 0x0C));
    EXPECT_U64(195313, rtc_ops.next_event(&t.r));
    put(&t, 0x0A, 0x2F);
    EXPECT_U64(SECOND / 2, rtc_ops.next_event(&t.r));
    put(&t, 0x0A, 0x21);
    EXPECT_U64(390625, rtc_ops.next_event(&t.r));
    put(&t, 0x0A, 0x20);
    EXPECT_U64(DEVICE_NEVER, rtc_ops.next_event(&t.r));
}

/* A reset leaves time and RAM; the clock goes on from where it stood. */
GT_TEST(rtc, a_reset_leaves_time_and_ram)
{
    struct rtc_bench t;

    begin(&t);
    put(&t, 0x40, 0xA5);
    put(&t, 0x0B, 0x7A);
    at(&t, 3 * SECOND + SECOND / 2);
    rtc_reset(&t.r);
    EXPECT_U64(0x02, get(&t, 0x0B));
    EXPECT_U64(0x00, get(&t, 0x0C));
    EXPECT_U64(0xA5, get(&t, 0x40));
    at(&t, SECOND / 2 - TICK);
    EXPECT_U64(0x000003, hms(&t));
    at(&t, SECOND / 2 + TICK);
    EXPECT_U64(0x000004, hms(&t));
}

GT_TEST(rtc, the_bytes_of_the_memory_size)
{
    struct rtc_bench t;

    begin(&t);
    EXPECT_U64(0x80, get(&t, 0x15)); /* 640 */
    EXPECT_U64(0x02, get(&t, 0x16));
    EXPECT_U64(0xFF, get(&t, 0x17));
    EXPECT_U64(0xFF, get(&t, 0x31));
    EXPECT_U64(0x00, get(&t, 0x34)); /* 240 MByte by 64 Kbytes */
    EXPECT_U64(0x0F, get(&t, 0x35));
    rtc_init(&t.r, &t.b.host, UINT64_C(8) << 20);
    EXPECT_U64(0x1C, get(&t, 0x18)); /* 7 MByte */
    EXPECT_U64(0x00, get(&t, 0x35));
}

GT_TEST(rtc, odd_accesses)
{
    struct rtc_bench t;

    begin(&t);
    EXPECT_U64(UINT64_MAX, rtc_ops.read(&t.r, 0, 1));
    EXPECT_U64(UINT64_MAX, rtc_ops.read(&t.r, 1, 2));
    put(&t, 0xC1, 0x12); /* bit 7 of the index is no part of it */
    EXPECT_U64(0x12, get(&t, 0x41));
    put(&t, 0x0D, 0);
    EXPECT_U64(0x80, get(&t, 0x0D));
}
