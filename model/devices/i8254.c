// SPDX-License-Identifier: Apache-2.0
// Registers of the 8254 and port 0x61; see the header. 82C54 "Programming the 82C54".
#include "devices/i8254.h"

#include "devices/clock.h"
#include "devices/i8254_counter.h"

#define CONTROL        3
#define SELECT_BACK    3 /* SC of the read-back command */
#define BACK_NO_COUNT  0x20
#define BACK_NO_STATUS 0x10
#define STATUS_OUT     0x80
#define STATUS_NULL    0x40
#define GATE2          0x01
#define REFRESH_TICKS  18

static void drive(struct i8254 *t)
{
    bool out = t->counter[0].out;

    if (out != t->irq)
        t->host->irq(t->host->ctx, I8254_IRQ, out);
    t->irq = out;
}

/* Every change of counter 0's OUT is driven, one after the other. */
static void bring_up(struct i8254 *t, uint64_t tick)
{
    uint64_t next;

    while ((next = i8254_counter_next(&t->counter[0])) <= tick) {
        i8254_counter_advance(&t->counter[0], next);
        drive(t);
    }
    for (unsigned i = 0; i < I8254_COUNTERS; i++)
        i8254_counter_advance(&t->counter[i], tick);
    drive(t);
}

static void i8254_advance(void *self, uint64_t now)
{
    struct i8254 *t = self;

    t->now = now;
    bring_up(t, clock_ticks(now, CLOCK_PIT_HZ));
}

static uint64_t i8254_next_event(const void *self)
{
    const struct i8254 *t = self;
    uint64_t tick = i8254_counter_next(&t->counter[0]);

    return tick == DEVICE_NEVER ? DEVICE_NEVER : clock_cycle(tick, CLOCK_PIT_HZ);
}

static void latch_count(struct i8254_counter *c)
{
    if (c->latched != 0)
        return;
    c->latch = i8254_counter_value(c);
    c->latched = c->control >> 4;
}

static void latch_status(struct i8254_counter *c)
{
    if (c->status_latched)
        return;
    c->status_latched = true;
    c->status =
        (uint8_t)((c->out ? STATUS_OUT : 0) | (c->null_count ? STATUS_NULL : 0) | c->control);
}

static void read_back(struct i8254 *t, uint8_t v)
{
    for (unsigned i = 0; i < I8254_COUNTERS; i++) {
        if (!(v >> (i + 1) & 1))
            continue;
        if (!(v & BACK_NO_COUNT))
            latch_count(&t->counter[i]);
        if (!(v & BACK_NO_STATUS))
            latch_status(&t->counter[i]);
    }
}

static void control(struct i8254 *t, uint8_t v)
{
    if (v >> 6 == SELECT_BACK)
        read_back(t, v);
    else if ((v >> 4 & 3) == 0)
        latch_count(&t->counter[v >> 6]);
    else
        i8254_counter_control(&t->counter[v >> 6], v);
}

/* choice: a latch gives its low byte first, whatever the reads before it have left open. */
static uint8_t read_latch(struct i8254_counter *c)
{
    bool high = c->latched == 2;

    c->latched = c->latched == 3 ? 2 : 0;
    return (uint8_t)(high ? c->latch >> 8 : c->latch);
}

static uint8_t read_counter(struct i8254_counter *c)
{
    bool both = c->control >> 4 == 3;
    bool high = both ? c->read_high_next : c->control >> 4 == 2;

    if (c->status_latched) {
        c->status_latched = false;
        return c->status;
    }
    if (c->latched != 0)
        return read_latch(c);
    c->read_high_next = both && !c->read_high_next;
    return (uint8_t)(i8254_counter_value(c) >> (high ? 8 : 0));
}

static uint64_t i8254_read(void *self, uint64_t offset, unsigned bytes)
{
    struct i8254 *t = self;

    (void)bytes;
    return offset == CONTROL ? UINT64_MAX : read_counter(&t->counter[offset]);
}

static void i8254_write(void *self, uint64_t offset, unsigned bytes, uint64_t value)
{
    struct i8254 *t = self;

    (void)bytes;
    if (offset == CONTROL)
        control(t, (uint8_t)value);
    else
        i8254_counter_write(&t->counter[offset], (uint8_t)value);
    drive(t);
}

static uint64_t port61_read(void *self, uint64_t offset, unsigned bytes)
{
    const struct i8254 *t = self;
    uint64_t refresh = clock_ticks(t->now, CLOCK_PIT_HZ) / REFRESH_TICKS & 1;

    (void)offset;
    (void)bytes;
    return t->port61 | refresh << 4 | (uint64_t)t->counter[2].out << 5;
}

static void port61_write(void *self, uint64_t offset, unsigned bytes, uint64_t value)
{
    struct i8254 *t = self;

    (void)offset;
    (void)bytes;
    t->port61 = value & 0x0F;
    i8254_counter_gate(&t->counter[2], (value & GATE2) != 0);
}

void i8254_init(struct i8254 *t, const struct device_host *host)
{
    *t = (struct i8254){.host = host};
    for (unsigned i = 0; i < I8254_COUNTERS; i++) {
        i8254_counter_control(&t->counter[i], 0x30);
        t->counter[i].gate = i != 2;
    }
}

const struct device_ops i8254_ops = {.name = "8254",
                                     .bytes_max = 1,
                                     .read = i8254_read,
                                     .write = i8254_write,
                                     .advance = i8254_advance,
                                     .next_event = i8254_next_event};
const struct device_ops i8254_port61_ops = {
    .name = "port61", .bytes_max = 1, .read = port61_read, .write = port61_write};
