// SPDX-License-Identifier: Apache-2.0
// Local APIC: what it accepts and hands to the processor. SDM Vol. 3A "Handling Interrupts",
// "Issuing Interprocessor Interrupts", "Local Vector Table", "Error Handling".
#include <stddef.h>

#include "devices/lapic_internal.h"

#define ICR_LOGICAL   0x00000800u
#define ICR_ASSERT    0x00004000u
#define ICR_LEVEL     0x00008000u
#define DFR_FLAT      0xFu
#define MESSAGE_MODEL 4u /* address bit 2: logical */

enum shorthand { TO_DESTINATION, TO_SELF, TO_ALL, TO_OTHERS };

static int highest(const uint32_t bits[8])
{
    for (int i = 7; i >= 0; i--)
        if (bits[i] != 0)
            return i * 32 + 31 - __builtin_clz(bits[i]);
    return -1;
}

static uint32_t bit(unsigned vector)
{
    return UINT32_C(1) << (vector % 32);
}

/* "Processor Priority Register (PPR)". */
uint32_t lapic_ppr(const struct lapic *a)
{
    int isrv = highest(a->isr);
    uint32_t service = isrv < 0 ? 0 : (uint32_t)isrv & 0xF0;

    return (a->tpr & 0xF0) >= service ? a->tpr : service;
}

/* The error interrupt comes with the first error since ESR was written. */
void lapic_error(struct lapic *a, uint32_t bits)
{
    bool first = a->esr_pending == 0;

    a->esr_pending |= bits;
    if (first && !(a->lvt[LVT_ERROR] & LVT_MASK))
        lapic_deliver(a, DELIVER_FIXED, (uint8_t)a->lvt[LVT_ERROR], false);
}

static void accept_fixed(struct lapic *a, uint8_t vector, bool level)
{
    if (!(a->svr & SVR_ENABLE))
        return;
    if (vector < 16) {
        lapic_error(a, ESR_RECEIVE_VECTOR);
        return;
    }
    a->irr[vector / 32] |= bit(vector);
    if (level)
        a->tmr[vector / 32] |= bit(vector);
    else
        a->tmr[vector / 32] &= ~bit(vector);
}

static void signal_board(struct lapic *a, enum lapic_signal s)
{
    if (a->signal != NULL)
        a->signal(a->board, s);
}

void lapic_deliver(struct lapic *a, enum delivery mode, uint8_t vector, bool level)
{
    switch (mode) {
    case DELIVER_FIXED:
    case DELIVER_LOWEST:
        accept_fixed(a, vector, level);
        break;
    case DELIVER_NMI:
        a->nmi_pending = true;
        break;
    case DELIVER_EXTINT:
        a->extint_pending |= (a->svr & SVR_ENABLE) != 0;
        break;
    case DELIVER_SMI:
        signal_board(a, LAPIC_SMI);
        break;
    case DELIVER_INIT:
        signal_board(a, LAPIC_INIT);
        break;
    case DELIVER_STARTUP:
        signal_board(a, LAPIC_STARTUP);
        break;
    }
}

/* "Interrupt Command Register (ICR)": INIT level de-assert, which nothing has needed since the
 * Pentium 4, is no INIT. */
static bool is_deassert(uint32_t message)
{
    return (message >> 8 & 7) == DELIVER_INIT && (message & (ICR_LEVEL | ICR_ASSERT)) == ICR_LEVEL;
}

/* "Logical Destination Mode": flat and cluster model; in x2APIC mode clusters of 16. */
static bool logical_is_us(const struct lapic *a, uint32_t dest)
{
    if (lapic_is_x2(a))
        return dest >> 16 == a->ldr >> 16 && (dest & a->ldr & 0xFFFF) != 0;
    if (dest > 0xFF)
        return false;
    if (a->dfr >> 28 == DFR_FLAT)
        return (dest & a->ldr >> 24) != 0;
    return dest >> 4 == a->ldr >> 28 && (dest & a->ldr >> 24 & 0xF) != 0;
}

static bool destination_is_us(const struct lapic *a, uint32_t dest, bool logical)
{
    if (dest == UINT32_MAX || (dest == 0xFF && !lapic_is_x2(a)))
        return true;
    return logical ? logical_is_us(a, dest) : dest == a->id;
}

void lapic_message(struct lapic *a, uint64_t addr, uint32_t data)
{
    /* Address 63:40 is destination 31:8: 0, or all ones for everybody (docs/iommu.md I75). */
    uint32_t dest = (uint32_t)(addr >> 40) << 8 | (uint8_t)(addr >> 12);

    if (lapic_is_enabled(a) && !is_deassert(data) &&
        destination_is_us(a, dest, (addr & MESSAGE_MODEL) != 0))
        lapic_deliver(a, data >> 8 & 7, (uint8_t)data, (data & ICR_LEVEL) != 0);
}

int lapic_pending(const struct lapic *a)
{
    int vector = highest(a->irr);

    return vector >= 0 && ((uint32_t)vector & 0xF0) > (lapic_ppr(a) & 0xF0) ? vector : -1;
}

uint8_t lapic_acknowledge(struct lapic *a, uint8_t vector)
{
    if (!(a->irr[vector / 32] & bit(vector)))
        return (uint8_t)a->svr;
    a->irr[vector / 32] &= ~bit(vector);
    a->isr[vector / 32] |= bit(vector);
    return vector;
}

/* --- the local interrupt pins --- */

static enum delivery lvt_mode(uint32_t entry)
{
    return entry >> 8 & 7;
}

static bool asserted(const struct lapic *a, unsigned pin)
{
    return a->lint[pin] != ((a->lvt[LVT_LINT0 + pin] & LVT_LOW) != 0);
}

bool lapic_extint(const struct lapic *a)
{
    uint32_t entry = a->lvt[LVT_LINT0];

    if (!lapic_is_enabled(a))
        return a->lint[0];
    return a->extint_pending ||
           (!(entry & LVT_MASK) && lvt_mode(entry) == DELIVER_EXTINT && asserted(a, 0));
}

/* A fixed level interrupt is sent while the pin stands and no EOI is outstanding. ExtINT is a level
 * of its own (lapic_extint); the other modes are edges. */
static void lint_level(struct lapic *a, unsigned pin)
{
    uint32_t *entry = &a->lvt[LVT_LINT0 + pin];

    if (lvt_mode(*entry) != DELIVER_FIXED || !(*entry & LVT_LEVEL) || !asserted(a, pin) ||
        (*entry & (LVT_MASK | LVT_REMOTE_IRR)))
        return;
    *entry |= LVT_REMOTE_IRR;
    lapic_deliver(a, DELIVER_FIXED, (uint8_t)*entry, true);
}

void lapic_lint(struct lapic *a, unsigned pin, bool level)
{
    uint32_t entry = a->lvt[LVT_LINT0 + pin];
    bool before = asserted(a, pin);
    bool edge = lvt_mode(entry) != DELIVER_EXTINT &&
                !(lvt_mode(entry) == DELIVER_FIXED && (entry & LVT_LEVEL));

    a->lint[pin] = level;
    if (!lapic_is_enabled(a))
        return;
    if (edge && !(entry & LVT_MASK) && !before && asserted(a, pin))
        lapic_deliver(a, lvt_mode(entry), (uint8_t)entry, false);
    lint_level(a, pin);
}

void lapic_lint_written(struct lapic *a, unsigned pin)
{
    if (!(a->lvt[LVT_LINT0 + pin] & LVT_LEVEL))
        a->lvt[LVT_LINT0 + pin] &= ~LVT_REMOTE_IRR;
    lint_level(a, pin);
}

static void lint_ended(struct lapic *a, uint8_t vector)
{
    for (unsigned pin = 0; pin < 2; pin++) {
        uint32_t *entry = &a->lvt[LVT_LINT0 + pin];

        if ((*entry & LVT_REMOTE_IRR) && (uint8_t)*entry == vector) {
            *entry &= ~LVT_REMOTE_IRR;
            lint_level(a, pin);
        }
    }
}

/* "Signaling Interrupt Servicing Completion". */
void lapic_end_of_interrupt(struct lapic *a)
{
    int vector = highest(a->isr);

    if (vector < 0)
        return;
    a->isr[vector / 32] &= ~bit((unsigned)vector);
    if (!(a->tmr[vector / 32] & bit((unsigned)vector)))
        return;
    lint_ended(a, (uint8_t)vector);
    if (a->eoi != NULL && !(a->svr & SVR_SUPPRESS))
        a->eoi(a->board, (uint8_t)vector);
}

/* --- interprocessor interrupts --- */

static bool has_vector(enum delivery mode)
{
    return mode == DELIVER_FIXED || mode == DELIVER_LOWEST;
}

/* "Interrupt Command Register (ICR)": the trigger mode counts for INIT only, every other message is
 * an edge. With the shorthands self and all including self only fixed ones are valid; others are
 * not sent. */
void lapic_send_ipi(struct lapic *a, uint32_t low, uint32_t destination)
{
    enum delivery mode = low >> 8 & 7;
    uint8_t vector = (uint8_t)low;

    if (has_vector(mode) && vector < 16)
        lapic_error(a, ESR_SEND_VECTOR);
    if (is_deassert(low))
        return;
    switch (low >> 18 & 3) {
    case TO_DESTINATION:
        if (destination_is_us(a, destination, (low & ICR_LOGICAL) != 0))
            lapic_deliver(a, mode, vector, false);
        break;
    case TO_SELF:
    case TO_ALL:
        if (mode == DELIVER_FIXED)
            lapic_deliver(a, mode, vector, false);
        break;
    case TO_OTHERS: /* nobody */
        break;
    }
}

void lapic_self_ipi(struct lapic *a, uint8_t vector)
{
    lapic_send_ipi(a, TO_SELF << 18 | vector, 0);
}
