// SPDX-License-Identifier: Apache-2.0
// Real-time clock; see the header. Time is made up for lazily: rtc_advance goes through the seconds
// that have passed.
#include "devices/rtc.h"

#include <string.h>

#include "devices/clock.h"

#define TICK_HZ   UINT64_C(32768)
#define UIP_TICKS 8

enum rtc_reg {
    REG_SECONDS = 0x00,
    REG_SECONDS_ALARM = 0x01,
    REG_MINUTES = 0x02,
    REG_MINUTES_ALARM = 0x03,
    REG_HOURS = 0x04,
    REG_HOURS_ALARM = 0x05,
    REG_WEEKDAY = 0x06,
    REG_DAY = 0x07,
    REG_MONTH = 0x08,
    REG_YEAR = 0x09,
    REG_A = 0x0A,
    REG_B = 0x0B,
    REG_C = 0x0C,
    REG_D = 0x0D,
    REG_BASE_KB = 0x15,
    REG_ABOVE_1M = 0x17,
    REG_ABOVE_1M_TOO = 0x30,
    REG_CENTURY = 0x32,
    REG_ABOVE_16M = 0x34
};

#define A_UIP     0x80
#define A_DIVIDER 0x70
#define A_RUNS    0x20
#define A_RATE    0x0F
#define B_SET     0x80
#define B_PIE     0x40
#define B_AIE     0x20
#define B_UIE     0x10
#define B_SQWE    0x08
#define B_BINARY  0x04
#define B_24      0x02
#define C_IRQF    0x80
#define C_PF      0x40
#define C_AF      0x20
#define C_UF      0x10
#define D_VRT     0x80
#define HOURS_PM  0x80
#define ALARM_ANY 0xC0
#define BASE_KB   640
#define MBYTE     (UINT64_C(1) << 20)

static bool runs(const struct rtc *r)
{
    return (r->cmos[REG_A] & A_DIVIDER) == A_RUNS;
}

/* Ticks between two PF; 0: never. Rates 1 and 2 are those of 8 and 9. */
static uint64_t period(const struct rtc *r)
{
    unsigned rate = r->cmos[REG_A] & A_RATE;

    if (rate == 0 || !runs(r))
        return 0;
    return UINT64_C(1) << (rate < 3 ? rate + 6 : rate - 1);
}

/* The first multiple of the period, counted from the divider's start, behind now. */
static uint64_t next_periodic(const struct rtc *r)
{
    uint64_t p = period(r);

    return p == 0 ? DEVICE_NEVER : r->divider + ((r->now - r->divider) / p + 1) * p;
}

static void update_irq(struct rtc *r)
{
    uint8_t *c = &r->cmos[REG_C];
    uint8_t enabled = *c & r->cmos[REG_B] & (C_PF | C_AF | C_UF); /* the same bits */

    *c = (uint8_t)((*c & ~C_IRQF) | (enabled != 0 ? C_IRQF : 0));
    r->host->irq(r->host->ctx, RTC_IRQ, enabled != 0);
}

static void put_memory_size(struct rtc *r, uint64_t bytes)
{
    uint64_t above = (bytes - MBYTE) >> 10;
    uint64_t above_16m = bytes > 16 * MBYTE ? (bytes - 16 * MBYTE) >> 16 : 0;

    if (above > 0xFFFF)
        above = 0xFFFF;
    r->cmos[REG_BASE_KB] = (uint8_t)BASE_KB;
    r->cmos[REG_BASE_KB + 1] = BASE_KB >> 8;
    r->cmos[REG_ABOVE_1M] = r->cmos[REG_ABOVE_1M_TOO] = (uint8_t)above;
    r->cmos[REG_ABOVE_1M + 1] = r->cmos[REG_ABOVE_1M_TOO + 1] = (uint8_t)(above >> 8);
    r->cmos[REG_ABOVE_16M] = (uint8_t)above_16m;
    r->cmos[REG_ABOVE_16M + 1] = (uint8_t)(above_16m >> 8);
}

void rtc_init(struct rtc *r, const struct device_host *host, uint64_t memory_bytes)
{
    *r = (struct rtc){.host = host, .update = TICK_HZ};
    r->cmos[REG_WEEKDAY] = 2;
    r->cmos[REG_DAY] = 1;
    r->cmos[REG_MONTH] = 1;
    r->cmos[REG_YEAR] = 0x24;
    r->cmos[REG_CENTURY] = 0x20;
    r->cmos[REG_A] = 0x26;
    r->cmos[REG_B] = B_24;
    r->cmos[REG_D] = D_VRT;
    r->periodic = next_periodic(r);
    put_memory_size(r, memory_bytes);
}

void rtc_reset(struct rtc *r)
{
    r->cycle_start = r->now;
    r->index = 0;
    r->cmos[REG_B] &= (uint8_t) ~(B_PIE | B_AIE | B_UIE | B_SQWE);
    r->cmos[REG_C] = 0;
}

/* --- the calendar: registers keep what software wrote, in the format of register B --- */

static unsigned from_register(const struct rtc *r, uint8_t v)
{
    return r->cmos[REG_B] & B_BINARY ? v : (v >> 4) * 10u + (v & 15);
}

static uint8_t to_register(const struct rtc *r, unsigned v)
{
    return (uint8_t)(r->cmos[REG_B] & B_BINARY ? v : v / 10 << 4 | v % 10);
}

/* One more; true: it was the last value and the register is first again. */
static bool count(struct rtc *r, unsigned reg, unsigned first, unsigned last)
{
    unsigned v = from_register(r, r->cmos[reg]);
    bool carry = v >= last;

    r->cmos[reg] = to_register(r, carry ? first : v + 1);
    return carry;
}

/* 12-hour mode: 12 AM, 1 AM to 11 AM, 12 PM, 1 PM to 11 PM. */
static bool count_hours_12(struct rtc *r)
{
    uint8_t pm = r->cmos[REG_HOURS] & HOURS_PM;
    unsigned v = from_register(r, r->cmos[REG_HOURS] & 0x7F);
    bool turns = v == 11;

    v = v >= 12 ? 1 : v + 1;
    if (turns)
        pm ^= HOURS_PM;
    r->cmos[REG_HOURS] = to_register(r, v) | pm;
    return turns && pm == 0;
}

static unsigned days_of_month(const struct rtc *r)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    unsigned month = from_register(r, r->cmos[REG_MONTH]);
    bool leap = from_register(r, r->cmos[REG_YEAR]) % 4 == 0;

    if (month < 1 || month > 12)
        return 31;
    return days[month - 1] + (month == 2 && leap ? 1u : 0u);
}

static void count_second(struct rtc *r)
{
    bool carry = count(r, REG_SECONDS, 0, 59) && count(r, REG_MINUTES, 0, 59) &&
                 (r->cmos[REG_B] & B_24 ? count(r, REG_HOURS, 0, 23) : count_hours_12(r));

    if (!carry)
        return;
    count(r, REG_WEEKDAY, 1, 7);
    if (count(r, REG_DAY, 1, days_of_month(r)) && count(r, REG_MONTH, 1, 12) &&
        count(r, REG_YEAR, 0, 99))
        count(r, REG_CENTURY, 0, 99);
}

static bool alarm_matches(const struct rtc *r)
{
    for (unsigned reg = REG_SECONDS; reg <= REG_HOURS; reg += 2)
        if (r->cmos[reg + 1] < ALARM_ANY && r->cmos[reg + 1] != r->cmos[reg])
            return false;
    return true;
}

/* "Update Cycle": none while SET is 1. */
static void update(struct rtc *r)
{
    if (r->cmos[REG_B] & B_SET)
        return;
    count_second(r);
    r->cmos[REG_C] |= C_UF;
    if (alarm_matches(r))
        r->cmos[REG_C] |= C_AF;
}

static void go_to(struct rtc *r, uint64_t now)
{
    r->now = now;
    for (; r->update <= now; r->update += TICK_HZ)
        update(r);
    if (r->periodic <= now) {
        r->cmos[REG_C] |= C_PF;
        r->periodic = next_periodic(r);
    }
}

static void rtc_advance(void *self, uint64_t now)
{
    struct rtc *r = self;
    uint64_t ticks = r->cycle_start + clock_ticks(now, TICK_HZ);

    if (ticks <= r->now)
        return;
    go_to(r, ticks);
    update_irq(r);
}

/* Only an interrupt that is enabled and not yet raised needs the clock. */
static uint64_t rtc_next_event(const void *self)
{
    const struct rtc *r = self;
    uint64_t tick = DEVICE_NEVER;

    if (r->cmos[REG_C] & C_IRQF)
        return DEVICE_NEVER;
    if ((r->cmos[REG_B] & (B_AIE | B_UIE)) && !(r->cmos[REG_B] & B_SET))
        tick = r->update;
    if ((r->cmos[REG_B] & B_PIE) && r->periodic < tick)
        tick = r->periodic;
    return tick == DEVICE_NEVER ? tick : clock_cycle(tick - r->cycle_start, TICK_HZ);
}

/* --- registers --- */

/* "Divider control": out of reset the first update comes after half a second. */
static void write_a(struct rtc *r, uint8_t v)
{
    bool ran = runs(r);

    r->cmos[REG_A] = v & (uint8_t)~A_UIP;
    if (!runs(r)) {
        r->update = DEVICE_NEVER;
    } else if (!ran) {
        r->divider = r->now;
        r->update = r->now + TICK_HZ / 2;
    }
    r->periodic = next_periodic(r);
}

static uint8_t read_a(const struct rtc *r)
{
    bool soon = runs(r) && !(r->cmos[REG_B] & B_SET) && r->update - r->now <= UIP_TICKS;

    return (uint8_t)(r->cmos[REG_A] | (soon ? A_UIP : 0));
}

/* "SET": a write of 1 clears UIE. */
static void write_b(struct rtc *r, uint8_t v)
{
    r->cmos[REG_B] = v & B_SET ? v & (uint8_t)~B_UIE : v;
    update_irq(r);
}

static uint8_t read_c(struct rtc *r)
{
    uint8_t v = r->cmos[REG_C];

    r->cmos[REG_C] = 0;
    update_irq(r);
    return v;
}

static uint64_t rtc_read(void *self, uint64_t offset, unsigned bytes)
{
    struct rtc *r = self;

    if (offset != 1 || bytes != 1)
        return UINT64_MAX;
    if (r->index == REG_A)
        return read_a(r);
    return r->index == REG_C ? read_c(r) : r->cmos[r->index];
}

static void rtc_write(void *self, uint64_t offset, unsigned bytes, uint64_t value)
{
    struct rtc *r = self;
    uint8_t v = (uint8_t)value;

    if (bytes != 1)
        return;
    if (offset == 0)
        r->index = v & 0x7F;
    else if (r->index == REG_A)
        write_a(r, v);
    else if (r->index == REG_B)
        write_b(r, v);
    else if (r->index != REG_C && r->index != REG_D)
        r->cmos[r->index] = v;
}

const struct device_ops rtc_ops = {.name = "rtc",
                                   .read = rtc_read,
                                   .write = rtc_write,
                                   .advance = rtc_advance,
                                   .next_event = rtc_next_event};
