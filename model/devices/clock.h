// SPDX-License-Identifier: Apache-2.0
// The machine's nominal clock, and the crystals of a PC counted in its cycles. One cycle is 10 ns:
// the time-stamp counter and the local APIC's timer count cycles, everything slower counts ticks
// of its own crystal since cycle 0.
#ifndef RW_CLOCK_H
#define RW_CLOCK_H

#include <stdint.h>

#define CLOCK_MACHINE_HZ UINT64_C(100000000)
#define CLOCK_PIT_HZ     UINT64_C(1193182)
#define CLOCK_PM_HZ      UINT64_C(3579545)

/* Ticks of a crystal (below the machine's clock) that have ended by a cycle. */
static inline uint64_t clock_ticks(uint64_t cycle, uint64_t hz)
{
    return cycle / CLOCK_MACHINE_HZ * hz + cycle % CLOCK_MACHINE_HZ * hz / CLOCK_MACHINE_HZ;
}

/* The first cycle by which so many ticks have ended. */
static inline uint64_t clock_cycle(uint64_t ticks, uint64_t hz)
{
    return ticks / hz * CLOCK_MACHINE_HZ + (ticks % hz * CLOCK_MACHINE_HZ + hz - 1) / hz;
}

#endif
