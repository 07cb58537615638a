// SPDX-License-Identifier: Apache-2.0
// 8254 programmable interval timer (datasheet 82C54) at ports 0x40-0x43, and port 0x61, which holds
// the gate and shows the output of its counter 2. Its clock is CLOCK_PIT_HZ, 83.8 cycles of the
// machine a tick (clock.h). Every access is one byte.
//   0x40-0x42 RW counters 0 to 2     0x43 W control word, counter latch, read-back; reads all ones
//   0x61 RW   bit 0 gate of counter 2, bit 1 speaker; bits 3:2 are kept; R only: bit 4 toggles
//             every 18 ticks (memory refresh), bit 5 OUT of counter 2
// Gates of counters 0 and 1 are up. OUT of counter 0 is IRQ 0. A count or a trigger acts at the
// next tick of the clock. At reset (undefined by the datasheet): mode 0, no count, OUT low; gate 2
// down. A count of 1 in modes 2 and 3, which the datasheet forbids: OUT stays low, high.
#ifndef RW_I8254_H
#define RW_I8254_H

#include "devices/device.h"

#define I8254_COUNTERS 3
#define I8254_IRQ      0

/* One counter. Time is ticks of its clock; the counting element holds `loaded` at `elapsed` 0. */
struct i8254_counter {
    uint8_t control; /* RW, M and BCD as in the control word */
    bool gate, out;
    bool has_count;    /* the count register was written since the control word */
    bool null_count;   /* and the counting element does not have it yet */
    bool running;      /* the counting element was loaded since the control word */
    bool stopped;      /* mode 0: between the two bytes of a count */
    uint32_t count;    /* the count register, 1 to 65536 (10000 in BCD) */
    uint32_t loaded;   /* what the counting element began with */
    uint64_t elapsed;  /* ticks that it has counted, by `tick` */
    uint64_t tick;     /* the tick that this is the state at */
    uint64_t load_at;  /* the tick at which the count register is taken; DEVICE_NEVER */
    uint8_t write_low; /* of a count in two bytes */
    bool write_high_next, read_high_next;
    bool status_latched;
    uint8_t status;
    uint8_t latched; /* what of the latch is still to be read: 1 low, 2 high, 3 both */
    uint16_t latch;
};

struct i8254 {
    const struct device_host *host;
    struct i8254_counter counter[I8254_COUNTERS];
    uint8_t port61; /* bits 3:0 as written */
    uint64_t now;   /* cycle */
    bool irq;       /* as the line was driven last */
};

void i8254_init(struct i8254 *t, const struct device_host *host);
extern const struct device_ops i8254_ops;        /* 0x40-0x43 */
extern const struct device_ops i8254_port61_ops; /* 0x61; self is the timer */

#endif
