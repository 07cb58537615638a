// SPDX-License-Identifier: Apache-2.0
// Modes of the local APIC. SDM Vol. 3A "Local APIC State After Power-Up or Reset", "Enabling or
// Disabling the Local APIC", "x2APIC State Transitions".
#include <string.h>

#include "devices/lapic_internal.h"

#define INITIAL_ID 0u

bool lapic_is_enabled(const struct lapic *a)
{
    return (a->base & LAPIC_BASE_ON) != 0;
}

/* Everything but what stands outside: the board, the pins, the time. */
static void power_up(struct lapic *a)
{
    a->id = INITIAL_ID;
    a->tpr = a->ldr = 0;
    a->dfr = 0xFFFFFFFFu;
    a->svr = 0xFF;
    a->esr = a->esr_pending = 0;
    a->icr_low = a->icr_high = 0;
    for (unsigned i = 0; i < LVT_ENTRIES; i++)
        a->lvt[i] = LVT_MASK;
    memset(a->irr, 0, sizeof(a->irr));
    memset(a->isr, 0, sizeof(a->isr));
    memset(a->tmr, 0, sizeof(a->tmr));
    a->timer_initial = a->timer_divide = 0;
    a->extint_pending = false;
    lapic_timer_stop(a);
}

void lapic_init(struct lapic *a)
{
    *a = (struct lapic){.base = LAPIC_BASE_RST};
    power_up(a);
}

/* What the manual leaves of the state: disabling loses all of it (choice: at once); entering x2APIC
 * mode keeps all but the ID, which is the initial one, LDR, which follows from it, and the ICR's
 * upper half. */
void lapic_base_written(struct lapic *a, uint64_t base)
{
    bool was_x2 = lapic_is_x2(a);

    a->base = base;
    if (!lapic_is_enabled(a)) {
        power_up(a);
    } else if (lapic_is_x2(a) && !was_x2) {
        a->id = INITIAL_ID;
        a->ldr = INITIAL_ID >> 4 << 16 | 1u << (INITIAL_ID & 15);
        a->icr_high = 0;
    }
}
