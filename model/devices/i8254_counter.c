// SPDX-License-Identifier: Apache-2.0
// Counter of the 8254; see the header. 82C54 "Mode Definitions".
#include "devices/i8254_counter.h"

#define CONTROL_BCD 0x01
#define RW_BOTH     3

unsigned i8254_mode(const struct i8254_counter *c)
{
    unsigned mode = c->control >> 1 & 7;

    return mode > 5 ? mode - 4 : mode;
}

static uint32_t range(const struct i8254_counter *c)
{
    return c->control & CONTROL_BCD ? 10000 : 65536;
}

/* Modes that begin with a rise of GATE and not with the count. */
static bool triggered(unsigned mode)
{
    return mode == 1 || mode == 5;
}

static bool periodic(unsigned mode)
{
    return mode == 2 || mode == 3;
}

static bool counting(const struct i8254_counter *c)
{
    return c->running && !c->stopped && (c->gate || triggered(i8254_mode(c)));
}

/* Mode 3: ticks of the half period in which OUT is high. */
static uint64_t high_half(uint32_t n)
{
    return (n + 1) / 2;
}

/* OUT of a counting element that is loaded. */
static bool level(const struct i8254_counter *c)
{
    switch (i8254_mode(c)) {
    case 0:
    case 1:
        return c->elapsed >= c->loaded;
    case 2:
        return c->elapsed + 1 < c->loaded || !c->gate;
    case 3:
        return c->elapsed < high_half(c->loaded) || !c->gate;
    default:
        return c->elapsed != c->loaded;
    }
}

static void update_out(struct i8254_counter *c)
{
    if (c->running && !c->stopped)
        c->out = level(c);
}

static void load(struct i8254_counter *c)
{
    c->load_at = DEVICE_NEVER;
    c->loaded = c->count;
    c->null_count = false;
    c->elapsed = 0;
    c->running = true;
}

/* The end of a period, or of a half: the count register is taken anew. */
static uint64_t reload_after(const struct i8254_counter *c)
{
    uint64_t high = high_half(c->loaded);

    return i8254_mode(c) == 3 && c->elapsed < high ? high : c->loaded;
}

static void reload(struct i8254_counter *c)
{
    bool low_half = i8254_mode(c) == 3 && c->elapsed < c->loaded;

    c->loaded = c->count;
    c->null_count = false;
    c->elapsed = low_half ? high_half(c->loaded) : 0;
    if (c->elapsed == c->loaded)
        c->elapsed = 0; /* a count of 1 has no low half */
}

/* Whole periods change nothing. */
static void skip_periods(struct i8254_counter *c, uint64_t tick)
{
    uint64_t ticks = tick - c->tick;

    if (!c->null_count)
        c->tick += ticks - ticks % c->loaded;
}

static void count_to(struct i8254_counter *c, uint64_t tick)
{
    if (!counting(c)) {
        c->tick = tick;
        return;
    }
    if (!periodic(i8254_mode(c))) {
        c->elapsed += tick - c->tick;
        c->tick = tick;
        return;
    }
    while (c->tick < tick) {
        uint64_t left;

        skip_periods(c, tick);
        left = reload_after(c) - c->elapsed;
        if (left > tick - c->tick) {
            c->elapsed += tick - c->tick;
            c->tick = tick;
        } else {
            c->tick += left;
            c->elapsed += left;
            reload(c);
        }
    }
}

void i8254_counter_advance(struct i8254_counter *c, uint64_t tick)
{
    if (c->load_at <= tick) {
        count_to(c, c->load_at);
        load(c);
    }
    count_to(c, tick);
    update_out(c);
}

uint64_t i8254_counter_next(const struct i8254_counter *c)
{
    unsigned mode = i8254_mode(c);
    uint64_t at;

    if (!counting(c))
        return c->load_at;
    if (mode == 3)
        at = reload_after(c);
    else if (mode == 2)
        at = c->elapsed + 1 < c->loaded ? c->loaded - 1 : c->loaded;
    else if (mode > 3 && c->elapsed == c->loaded)
        at = c->elapsed + 1;
    else if (c->elapsed < c->loaded)
        at = c->loaded;
    else
        return c->load_at;
    at += c->tick - c->elapsed;
    return at < c->load_at ? at : c->load_at;
}

static uint32_t from_bcd(uint16_t v)
{
    return (v & 15u) + (v >> 4 & 15u) * 10 + (v >> 8 & 15u) * 100 + (v >> 12) * 1000u;
}

static uint16_t to_bcd(uint64_t v)
{
    return (uint16_t)(v % 10 | v / 10 % 10 << 4 | v / 100 % 10 << 8 | v / 1000 % 10 << 12);
}

/* Mode 3 counts by two, from an even number, in each half. */
static uint64_t remaining(const struct i8254_counter *c)
{
    uint64_t high = high_half(c->loaded);
    uint64_t done = c->elapsed;

    if (i8254_mode(c) == 3)
        return (c->loaded & ~1u) - 2 * (done < high ? done : done - high);
    return range(c) + c->loaded - done % range(c);
}

uint16_t i8254_counter_value(const struct i8254_counter *c)
{
    uint64_t v = c->running ? remaining(c) : 0;

    return c->control & CONTROL_BCD ? to_bcd(v) : (uint16_t)v;
}

void i8254_counter_control(struct i8254_counter *c, uint8_t control)
{
    c->control = control & 0x3F;
    c->has_count = c->running = c->stopped = false;
    c->null_count = true;
    c->load_at = DEVICE_NEVER;
    c->write_high_next = c->read_high_next = c->status_latched = false;
    c->latched = 0;
    c->out = i8254_mode(c) != 0;
}

/* The count register has a whole count. */
static void counted(struct i8254_counter *c, uint16_t v)
{
    unsigned mode = i8254_mode(c);

    c->count = c->control & CONTROL_BCD ? from_bcd(v) : v;
    if (c->count == 0)
        c->count = range(c);
    c->has_count = c->null_count = true;
    c->stopped = false;
    if (mode == 0)
        c->out = c->running = false;
    if (mode == 0 || mode == 4 || (periodic(mode) && !c->running && c->gate))
        c->load_at = c->tick + 1;
}

void i8254_counter_write(struct i8254_counter *c, uint8_t v)
{
    switch (c->control >> 4) {
    case 1:
        counted(c, v);
        break;
    case 2:
        counted(c, (uint16_t)(v << 8));
        break;
    default:
        if (c->write_high_next) {
            counted(c, (uint16_t)(v << 8 | c->write_low));
        } else {
            c->write_low = v;
            if (i8254_mode(c) == 0) {
                c->stopped = true;
                c->out = false;
            }
        }
        c->write_high_next = !c->write_high_next;
        break;
    }
}

void i8254_counter_gate(struct i8254_counter *c, bool gate)
{
    unsigned mode = i8254_mode(c);
    bool rises = gate && !c->gate;

    c->gate = gate;
    if (rises && c->has_count && (triggered(mode) || periodic(mode)))
        c->load_at = c->tick + 1;
    if (periodic(mode) && !gate) {
        c->out = true;
        c->load_at = DEVICE_NEVER;
    }
    update_out(c);
}
