// SPDX-License-Identifier: Apache-2.0
// Timer of the local APIC. SDM Vol. 3A "APIC Timer", "TSC-Deadline Mode".
#include "devices/lapic_internal.h"

/* 11b is reserved. choice: it is one-shot. */
static enum timer_mode mode_of(uint32_t entry)
{
    unsigned mode = entry >> 17 & 3;

    return mode == 3 ? TIMER_ONE_SHOT : mode;
}

static enum timer_mode mode(const struct lapic *a)
{
    return mode_of(a->lvt[LVT_TIMER]);
}

static unsigned divide_log2(const struct lapic *a)
{
    unsigned code = (a->timer_divide & 3) | ((a->timer_divide >> 1) & 4);

    return (code + 1) & 7;
}

void lapic_timer_stop(struct lapic *a)
{
    a->timer_deadline = DEVICE_NEVER;
    a->tsc_deadline = 0;
}

static void start(struct lapic *a, uint64_t from, uint32_t count)
{
    a->timer_deadline = count == 0 ? DEVICE_NEVER : from + ((uint64_t)count << divide_log2(a));
}

uint32_t lapic_timer_current(const struct lapic *a)
{
    uint64_t left, step = UINT64_C(1) << divide_log2(a);

    if (mode(a) == TIMER_DEADLINE || a->timer_deadline == DEVICE_NEVER)
        return 0;
    left = a->timer_deadline > a->now ? a->timer_deadline - a->now : 0;
    return (uint32_t)((left + step - 1) >> divide_log2(a));
}

void lapic_timer_initial(struct lapic *a, uint32_t count)
{
    if (mode(a) == TIMER_DEADLINE)
        return;
    a->timer_initial = count;
    start(a, a->now, count);
}

/* The count goes on from where it stands, at the new rate. choice: the step in progress begins
 * anew. */
void lapic_timer_divide(struct lapic *a, uint32_t v)
{
    uint32_t left = lapic_timer_current(a);

    a->timer_divide = v & 0xB;
    if (mode(a) != TIMER_DEADLINE)
        start(a, a->now, left);
}

/* A change to or from TSC-deadline mode disarms the timer. */
void lapic_timer_lvt(struct lapic *a, uint32_t before)
{
    if ((mode_of(before) == TIMER_DEADLINE) != (mode(a) == TIMER_DEADLINE))
        lapic_timer_stop(a);
}

/* The cycle in which cycle + adjust reaches the deadline; one that is past is due now. */
static void aim(struct lapic *a)
{
    uint64_t tsc = a->now + a->tsc_adjust;

    if (a->tsc_deadline == 0)
        a->timer_deadline = DEVICE_NEVER;
    else if (a->tsc_deadline <= tsc)
        a->timer_deadline = a->now;
    else if (a->tsc_deadline - tsc >= DEVICE_NEVER - a->now)
        a->timer_deadline = DEVICE_NEVER;
    else
        a->timer_deadline = a->now + (a->tsc_deadline - tsc);
}

void lapic_timer_deadline(struct lapic *a, uint64_t tsc)
{
    if (mode(a) != TIMER_DEADLINE)
        return;
    a->tsc_deadline = tsc;
    aim(a);
    lapic_timer_advance(a, a->now);
}

void lapic_timer_adjust(struct lapic *a, uint64_t adjust)
{
    a->tsc_adjust = adjust;
    if (mode(a) != TIMER_DEADLINE)
        return;
    aim(a);
    lapic_timer_advance(a, a->now);
}

void lapic_timer_advance(struct lapic *a, uint64_t now)
{
    a->now = now;
    while (a->timer_deadline <= now) {
        uint64_t expired = a->timer_deadline;

        if (mode(a) == TIMER_PERIODIC)
            start(a, expired, a->timer_initial);
        else
            lapic_timer_stop(a);
        if (!(a->lvt[LVT_TIMER] & LVT_MASK))
            lapic_deliver(a, DELIVER_FIXED, (uint8_t)a->lvt[LVT_TIMER], false);
    }
}
