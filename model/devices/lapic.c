// SPDX-License-Identifier: Apache-2.0
// Local APIC; SDM Vol. 3A "Advanced Programmable Interrupt Controller (APIC)". Level-triggered
// messages set TMR but no EOI is broadcast; x2APIC, TSC-deadline and logical destinations beyond
// the flat model are not here.
#include "devices/lapic.h"

#include <string.h>

enum lapic_reg {
    REG_ID = 0x020,
    REG_VERSION = 0x030,
    REG_TPR = 0x080,
    REG_APR = 0x090,
    REG_PPR = 0x0A0,
    REG_EOI = 0x0B0,
    REG_LDR = 0x0D0,
    REG_DFR = 0x0E0,
    REG_SVR = 0x0F0,
    REG_ISR = 0x100,
    REG_TMR = 0x180,
    REG_IRR = 0x200,
    REG_ESR = 0x280,
    REG_ICR_LOW = 0x300,
    REG_ICR_HIGH = 0x310,
    REG_LVT_TIMER = 0x320,
    REG_LVT_THERMAL = 0x330,
    REG_LVT_PMC = 0x340,
    REG_LVT_LINT0 = 0x350,
    REG_LVT_LINT1 = 0x360,
    REG_LVT_ERROR = 0x370,
    REG_TIMER_INITIAL = 0x380,
    REG_TIMER_CURRENT = 0x390,
    REG_TIMER_DIVIDE = 0x3E0
};

#define LVT_MASK           0x00010000u
#define LVT_PERIODIC       0x00020000u
#define SVR_ENABLE         0x00000100u
#define VERSION            0x00050014u /* 6 LVT entries */
#define ESR_ILLEGAL_VECTOR 0x40u
#define DELIVERY_FIXED     0u
#define DELIVERY_LOWEST    1u
#define DELIVERY_NMI       4u

void lapic_init(struct lapic *a)
{
    *a = (struct lapic){.dfr = 0xFFFFFFFFu,
                        .svr = 0xFF,
                        .lvt_timer = LVT_MASK,
                        .lvt_thermal = LVT_MASK,
                        .lvt_pmc = LVT_MASK,
                        .lvt_lint0 = LVT_MASK,
                        .lvt_lint1 = LVT_MASK,
                        .lvt_error = LVT_MASK,
                        .timer_deadline = DEVICE_NEVER};
}

static int highest(const uint32_t bits[8])
{
    for (int i = 7; i >= 0; i--)
        if (bits[i] != 0)
            return i * 32 + 31 - __builtin_clz(bits[i]);
    return -1;
}

static uint32_t ppr(const struct lapic *a)
{
    int isrv = highest(a->isr);
    uint32_t service = isrv < 0 ? 0 : (uint32_t)isrv & 0xF0;

    return (a->tpr & 0xF0) >= service ? a->tpr : service;
}

static void accept_fixed(struct lapic *a, uint8_t vector, bool level)
{
    uint32_t bit = UINT32_C(1) << (vector % 32);

    if (vector < 16) {
        a->esr_pending |= ESR_ILLEGAL_VECTOR;
        return;
    }
    a->irr[vector / 32] |= bit;
    if (level)
        a->tmr[vector / 32] |= bit;
    else
        a->tmr[vector / 32] &= ~bit;
}

static bool destination_is_us(const struct lapic *a, uint8_t dest, bool logical)
{
    if (dest == 0xFF)
        return true;
    if (!logical)
        return dest == a->id >> 24;
    return (dest & (a->ldr >> 24)) != 0;
}

static void deliver(struct lapic *a, uint32_t mode, uint8_t vector, bool level)
{
    if (mode == DELIVERY_NMI)
        a->nmi_pending = true;
    else if ((mode == DELIVERY_FIXED || mode == DELIVERY_LOWEST) && (a->svr & SVR_ENABLE))
        accept_fixed(a, vector, level);
}

void lapic_message(struct lapic *a, uint64_t addr, uint32_t data)
{
    /* Address 63:40 is destination 31:8: 0, or all ones for everybody (docs/iommu.md I75). */
    uint32_t high = (uint32_t)(addr >> 40);

    if (high != 0 && !(high == 0xFFFFFF && (uint8_t)(addr >> 12) == 0xFF))
        return;
    if (destination_is_us(a, (uint8_t)(addr >> 12), (addr & 4) != 0))
        deliver(a, (data >> 8) & 7, (uint8_t)data, (data & 0x8000) != 0);
}

int lapic_pending(const struct lapic *a)
{
    int vector = highest(a->irr);

    if (!(a->svr & SVR_ENABLE) || vector < 0)
        return -1;
    return ((uint32_t)vector & 0xF0) > (ppr(a) & 0xF0) ? vector : -1;
}

uint8_t lapic_acknowledge(struct lapic *a, uint8_t vector)
{
    uint32_t bit = UINT32_C(1) << (vector % 32);

    if (!(a->irr[vector / 32] & bit))
        return (uint8_t)a->svr;
    a->irr[vector / 32] &= ~bit;
    a->isr[vector / 32] |= bit;
    return vector;
}

static unsigned divide_log2(const struct lapic *a)
{
    unsigned code = (a->timer_divide & 3) | ((a->timer_divide >> 1) & 4);

    return (code + 1) & 7;
}

static uint32_t timer_current(const struct lapic *a)
{
    uint64_t left;

    if (a->timer_deadline == DEVICE_NEVER)
        return 0;
    left = a->timer_deadline > a->now ? a->timer_deadline - a->now : 0;
    return (uint32_t)((left + (UINT64_C(1) << divide_log2(a)) - 1) >> divide_log2(a));
}

static void timer_start(struct lapic *a, uint64_t from)
{
    a->timer_start = from;
    a->timer_deadline = a->timer_initial == 0
                            ? DEVICE_NEVER
                            : from + ((uint64_t)a->timer_initial << divide_log2(a));
}

/* SDM Vol. 3A "APIC Timer": the count goes on from where it stands, at the new rate. choice: the
 * step in progress begins anew. */
static void timer_continue(struct lapic *a, uint32_t left)
{
    if (a->timer_deadline != DEVICE_NEVER)
        a->timer_deadline = a->now + ((uint64_t)left << divide_log2(a));
}

/* SDM Vol. 3A "Local APIC State After It Has Been Software Disabled": every LVT entry is masked,
 * and stays so while the APIC is disabled. */
static void mask_all(struct lapic *a)
{
    a->lvt_timer |= LVT_MASK;
    a->lvt_thermal |= LVT_MASK;
    a->lvt_pmc |= LVT_MASK;
    a->lvt_lint0 |= LVT_MASK;
    a->lvt_lint1 |= LVT_MASK;
    a->lvt_error |= LVT_MASK;
}

static void lapic_advance(void *self, uint64_t now)
{
    struct lapic *a = self;

    a->now = now;
    while (a->timer_deadline <= now) {
        uint64_t expired = a->timer_deadline;

        if (!(a->lvt_timer & LVT_MASK))
            deliver(a, DELIVERY_FIXED, (uint8_t)a->lvt_timer, false);
        if (a->lvt_timer & LVT_PERIODIC)
            timer_start(a, expired);
        else
            a->timer_deadline = DEVICE_NEVER;
    }
}

static uint64_t lapic_next_event(const void *self)
{
    return ((const struct lapic *)self)->timer_deadline;
}

/* Registers that are plain storage: mask of the bits that software writes. */
struct lapic_storage {
    uint16_t reg;
    uint32_t mask;
    uint32_t *value;
};

static uint32_t *storage(struct lapic *a, uint64_t reg, uint32_t *mask)
{
    const struct lapic_storage rows[] = {
        {REG_ID, 0xFF000000u, &a->id},
        {REG_TPR, 0x000000FFu, &a->tpr},
        {REG_LDR, 0xFF000000u, &a->ldr},
        {REG_DFR, 0xF0000000u, &a->dfr},
        {REG_SVR, 0x000001FFu, &a->svr},
        {REG_ICR_HIGH, 0xFF000000u, &a->icr_high},
        {REG_LVT_TIMER, 0x000300FFu, &a->lvt_timer},
        {REG_LVT_THERMAL, 0x000107FFu, &a->lvt_thermal},
        {REG_LVT_PMC, 0x000107FFu, &a->lvt_pmc},
        {REG_LVT_LINT0, 0x0001A7FFu, &a->lvt_lint0},
        {REG_LVT_LINT1, 0x0001A7FFu, &a->lvt_lint1},
        {REG_LVT_ERROR, 0x000100FFu, &a->lvt_error},
        {REG_TIMER_DIVIDE, 0x0000000Bu, &a->timer_divide},
    };

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].reg == reg) {
            *mask = rows[i].mask;
            return rows[i].value;
        }
    }
    return NULL;
}

static uint64_t lapic_read(void *self, uint64_t offset, unsigned bytes)
{
    struct lapic *a = self;
    uint32_t mask;
    uint32_t *plain;

    if (bytes != 4 || offset % 16 != 0)
        return 0;
    plain = storage(a, offset, &mask);
    if (plain != NULL)
        return *plain;
    if (offset >= REG_ISR && offset < REG_ISR + 0x80)
        return a->isr[(offset - REG_ISR) / 16];
    if (offset >= REG_TMR && offset < REG_TMR + 0x80)
        return a->tmr[(offset - REG_TMR) / 16];
    if (offset >= REG_IRR && offset < REG_IRR + 0x80)
        return a->irr[(offset - REG_IRR) / 16];
    switch (offset) {
    case REG_VERSION:
        return VERSION;
    case REG_PPR:
        return ppr(a);
    case REG_ESR:
        return a->esr;
    case REG_ICR_LOW:
        return a->icr_low;
    case REG_TIMER_INITIAL:
        return a->timer_initial;
    case REG_TIMER_CURRENT:
        return timer_current(a);
    default:
        return 0;
    }
}

static void end_of_interrupt(struct lapic *a)
{
    int vector = highest(a->isr);

    if (vector >= 0)
        a->isr[vector / 32] &= ~(UINT32_C(1) << (vector % 32));
}

static void send_ipi(struct lapic *a, uint32_t icr)
{
    uint32_t shorthand = (icr >> 18) & 3;

    a->icr_low = icr & 0x000CCFFFu;
    if (shorthand == 3)
        return; /* all excluding self: nobody */
    if (shorthand != 0 || destination_is_us(a, (uint8_t)(a->icr_high >> 24), (icr & 0x800) != 0))
        deliver(a, (icr >> 8) & 7, (uint8_t)icr, false);
}

static void lapic_write(void *self, uint64_t offset, unsigned bytes, uint64_t value)
{
    struct lapic *a = self;
    uint32_t v = (uint32_t)value;
    uint32_t mask;
    uint32_t *plain;

    if (bytes != 4 || offset % 16 != 0)
        return;
    plain = storage(a, offset, &mask);
    if (plain != NULL) {
        uint32_t left = timer_current(a);

        *plain = (*plain & ~mask) | (v & mask);
        if (offset == REG_TIMER_DIVIDE)
            timer_continue(a, left);
        if (!(a->svr & SVR_ENABLE))
            mask_all(a);
        return;
    }
    switch (offset) {
    case REG_EOI:
        end_of_interrupt(a);
        break;
    case REG_ESR:
        a->esr = a->esr_pending;
        a->esr_pending = 0;
        break;
    case REG_ICR_LOW:
        send_ipi(a, v);
        break;
    case REG_TIMER_INITIAL:
        a->timer_initial = v;
        timer_start(a, a->now);
        break;
    default:
        break;
    }
}

const struct device_ops lapic_ops = {.name = "lapic",
                                     .read = lapic_read,
                                     .write = lapic_write,
                                     .advance = lapic_advance,
                                     .next_event = lapic_next_event};
