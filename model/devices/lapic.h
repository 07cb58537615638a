// SPDX-License-Identifier: Apache-2.0
// Local APIC of the one processor, xAPIC at 0xFEE00000 (SDM Vol. 3A "Advanced Programmable
// Interrupt Controller"): ID, version, TPR/PPR, EOI, LDR/DFR, spurious, ISR/TMR/IRR, ICR (self and
// fixed), LVT timer (one-shot, periodic), LINT0/1, error. Registers are 4 bytes at multiples of 16;
// other sizes read 0. The timer counts machine cycles through the divider.
#ifndef RW_LAPIC_H
#define RW_LAPIC_H

#include "devices/device.h"

struct lapic {
    uint32_t id, tpr, ldr, dfr, svr, esr, esr_pending, icr_low, icr_high;
    uint32_t lvt_timer, lvt_thermal, lvt_pmc, lvt_lint0, lvt_lint1, lvt_error;
    uint32_t irr[8], isr[8], tmr[8];
    uint32_t timer_initial, timer_divide;
    uint64_t timer_start, timer_deadline; /* cycles; DEVICE_NEVER when stopped */
    uint64_t now;
    bool nmi_pending;
};

void lapic_init(struct lapic *a);
/* An interrupt message as written to 0xFEExxxxx: address bits 19:12 destination, 3 RH, 2 DM; data
 * 7:0 vector, 10:8 delivery mode. Fixed, lowest priority and NMI are delivered when they name us.
 */
void lapic_message(struct lapic *a, uint64_t addr, uint32_t data);
/* The vector that the processor would be given now, or -1: above PPR, software-enabled. */
int lapic_pending(const struct lapic *a);
/* The processor takes the vector that it was offered: IRR to ISR. A newer one of higher priority
 * that arrived since stays pending. Returns the spurious vector when this one is not requested any
 * more. */
uint8_t lapic_acknowledge(struct lapic *a, uint8_t vector);
extern const struct device_ops lapic_ops;

#endif
