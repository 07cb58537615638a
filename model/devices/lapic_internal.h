// SPDX-License-Identifier: Apache-2.0
// Bits and functions that the files of the local APIC share.
#ifndef RW_LAPIC_INTERNAL_H
#define RW_LAPIC_INTERNAL_H

#include "devices/lapic.h"

#define LVT_MASK       0x00010000u
#define LVT_LEVEL      0x00008000u
#define LVT_REMOTE_IRR 0x00004000u
#define LVT_LOW        0x00002000u
#define SVR_ENABLE     0x00000100u
#define SVR_SUPPRESS   0x00001000u /* "EOI-Broadcast Suppression" */

#define ESR_SEND_VECTOR    0x20u
#define ESR_RECEIVE_VECTOR 0x40u
#define ESR_REGISTER       0x80u

enum delivery {
    DELIVER_FIXED = 0,
    DELIVER_LOWEST = 1,
    DELIVER_SMI = 2,
    DELIVER_NMI = 4,
    DELIVER_INIT = 5,
    DELIVER_STARTUP = 6,
    DELIVER_EXTINT = 7
};

enum timer_mode { TIMER_ONE_SHOT = 0, TIMER_PERIODIC = 1, TIMER_DEADLINE = 2 };

static inline bool lapic_is_x2(const struct lapic *a)
{
    return (a->base & LAPIC_BASE_X2) != 0;
}

/* lapic.c */
void lapic_deliver(struct lapic *a, enum delivery mode, uint8_t vector, bool level);
void lapic_send_ipi(struct lapic *a, uint32_t low, uint32_t destination);
void lapic_self_ipi(struct lapic *a, uint8_t vector);
void lapic_end_of_interrupt(struct lapic *a);
void lapic_error(struct lapic *a, uint32_t bits);
uint32_t lapic_ppr(const struct lapic *a);
/* After a write of LINT0's or LINT1's entry. */
void lapic_lint_written(struct lapic *a, unsigned pin);

/* lapic_timer.c */
void lapic_timer_stop(struct lapic *a);
void lapic_timer_initial(struct lapic *a, uint32_t count);
void lapic_timer_divide(struct lapic *a, uint32_t v);
void lapic_timer_lvt(struct lapic *a, uint32_t before); /* the entry was written */
uint32_t lapic_timer_current(const struct lapic *a);
void lapic_timer_deadline(struct lapic *a, uint64_t tsc);
void lapic_timer_adjust(struct lapic *a, uint64_t adjust);
void lapic_timer_advance(struct lapic *a, uint64_t now);

/* lapic_base.c */
void lapic_base_written(struct lapic *a, uint64_t base);

#endif
