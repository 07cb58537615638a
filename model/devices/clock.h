// SPDX-License-Identifier: Apache-2.0
// A device's own clock, made from the machine's cycles: its ticks are whole numbers, tick n falls on
// the first cycle at which n / tick_hz seconds have passed.
#ifndef RW_CLOCK_H
#define RW_CLOCK_H

#include <stdint.h>

static inline uint64_t clock_ticks(uint64_t cycle, uint64_t cycle_hz, uint64_t tick_hz)
{
    return cycle / cycle_hz * tick_hz + cycle % cycle_hz * tick_hz / cycle_hz;
}

static inline uint64_t clock_cycle_of(uint64_t tick, uint64_t cycle_hz, uint64_t tick_hz)
{
    return tick / tick_hz * cycle_hz + (tick % tick_hz * cycle_hz + tick_hz - 1) / tick_hz;
}

#endif
