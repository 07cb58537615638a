// SPDX-License-Identifier: Apache-2.0
// Registers of the local APIC, as memory and as MSRs. SDM Vol. 3A "Local APIC Register Address
// Map", "x2APIC Register Address Space".
#include <stddef.h>

#include "devices/lapic_internal.h"

enum lapic_reg {
    REG_ID = 0x020,
    REG_VERSION = 0x030,
    REG_TPR = 0x080,
    REG_APR = 0x090,
    REG_PPR = 0x0A0,
    REG_EOI = 0x0B0,
    REG_REMOTE = 0x0C0,
    REG_LDR = 0x0D0,
    REG_DFR = 0x0E0,
    REG_SVR = 0x0F0,
    REG_ISR = 0x100,
    REG_TMR = 0x180,
    REG_IRR = 0x200,
    REG_ESR = 0x280,
    REG_LVT_CMCI = 0x2F0,
    REG_ICR_LOW = 0x300,
    REG_ICR_HIGH = 0x310,
    REG_LVT = 0x320,
    REG_TIMER_INITIAL = 0x380,
    REG_TIMER_CURRENT = 0x390,
    REG_TIMER_DIVIDE = 0x3E0,
    REG_SELF_IPI = 0x3F0 /* x2APIC mode */
};

#define MSR_TSC_DEADLINE 0xF0
#define MSR_TSC_ADJUST   0xF1
#define MSR_APIC_BASE    0xF2

/* Bits of an LVT entry that software writes. */
static const uint32_t lvt_writable[LVT_ENTRIES] = {
    [LVT_TIMER] = 0x000700FF, [LVT_THERMAL] = 0x000107FF, [LVT_PMC] = 0x000107FF,
    [LVT_LINT0] = 0x0001A7FF, [LVT_LINT1] = 0x0001A7FF,   [LVT_ERROR] = 0x000100FF,
    [LVT_CMCI] = 0x000107FF};

/* --- reads --- */

static uint32_t read_id(const struct lapic *a)
{
    return lapic_is_x2(a) ? a->id : a->id << 24;
}

/* Eight registers of 32 vectors each. */
static bool vectors(const struct lapic *a, uint64_t reg, uint32_t *v)
{
    if (reg < REG_ISR || reg >= REG_ESR)
        return false;
    *v = (reg < REG_TMR ? a->isr : reg < REG_IRR ? a->tmr : a->irr)[reg / 16 % 8];
    return true;
}

/* True unless nothing is there. */
static bool read_register(const struct lapic *a, uint64_t reg, uint32_t *v)
{
    *v = 0;
    if (vectors(a, reg, v))
        return true;
    if (reg >= REG_LVT && reg < REG_TIMER_INITIAL) {
        *v = a->lvt[(reg - REG_LVT) / 16];
        return true;
    }
    switch (reg) {
    case REG_ID:
        *v = read_id(a);
        break;
    case REG_VERSION:
        *v = LAPIC_VERSION;
        break;
    case REG_TPR:
        *v = a->tpr;
        break;
    case REG_PPR:
        *v = lapic_ppr(a);
        break;
    case REG_LDR:
        *v = a->ldr;
        break;
    case REG_DFR:
        *v = a->dfr;
        break;
    case REG_SVR:
        *v = a->svr;
        break;
    case REG_ESR:
        *v = a->esr;
        break;
    case REG_LVT_CMCI:
        *v = a->lvt[LVT_CMCI];
        break;
    case REG_ICR_LOW:
        *v = a->icr_low;
        break;
    case REG_ICR_HIGH:
        *v = a->icr_high;
        break;
    case REG_TIMER_INITIAL:
        *v = a->timer_initial;
        break;
    case REG_TIMER_CURRENT:
        *v = lapic_timer_current(a);
        break;
    case REG_TIMER_DIVIDE:
        *v = a->timer_divide;
        break;
    case REG_APR:
    case REG_REMOTE:
    case REG_EOI:
        break;
    default:
        return false;
    }
    return true;
}

/* --- writes --- */

/* "Local APIC State After It Has Been Software Disabled": every LVT entry is masked, and stays so.
 */
static void mask_if_disabled(struct lapic *a)
{
    for (unsigned i = 0; i < LVT_ENTRIES && !(a->svr & SVR_ENABLE); i++)
        a->lvt[i] |= LVT_MASK;
}

static void write_lvt(struct lapic *a, enum lapic_lvt i, uint32_t v)
{
    uint32_t before = a->lvt[i];

    a->lvt[i] = (before & ~lvt_writable[i]) | (v & lvt_writable[i]);
    mask_if_disabled(a);
    if (i == LVT_TIMER)
        lapic_timer_lvt(a, before);
    if (i == LVT_LINT0 || i == LVT_LINT1)
        lapic_lint_written(a, i - LVT_LINT0);
}

static void write_icr(struct lapic *a, uint32_t v)
{
    a->icr_low = v & 0x000CCFFFu;
    lapic_send_ipi(a, v, lapic_is_x2(a) ? a->icr_high : a->icr_high >> 24);
}

/* The errors since the last write become readable, and the next one interrupts again. */
static void write_esr(struct lapic *a)
{
    a->esr = a->esr_pending;
    a->esr_pending = 0;
}

/* True unless nothing is there. What is read-only ignores the write. */
static bool write_register(struct lapic *a, uint64_t reg, uint32_t v)
{
    uint32_t unused;

    if (reg >= REG_LVT && reg < REG_TIMER_INITIAL) {
        write_lvt(a, (enum lapic_lvt)((reg - REG_LVT) / 16), v);
        return true;
    }
    switch (reg) {
    case REG_ID:
        a->id = v >> 24;
        break;
    case REG_TPR:
        a->tpr = v & 0xFF;
        break;
    case REG_EOI:
        lapic_end_of_interrupt(a);
        break;
    case REG_LDR:
        a->ldr = v & 0xFF000000u;
        break;
    case REG_DFR:
        a->dfr = v | 0x0FFFFFFFu;
        break;
    case REG_SVR:
        a->svr = v & (0xFFu | SVR_ENABLE | SVR_SUPPRESS);
        mask_if_disabled(a);
        break;
    case REG_ESR:
        write_esr(a);
        break;
    case REG_LVT_CMCI:
        write_lvt(a, LVT_CMCI, v);
        break;
    case REG_ICR_LOW:
        write_icr(a, v);
        break;
    case REG_ICR_HIGH:
        a->icr_high = v & 0xFF000000u;
        break;
    case REG_TIMER_INITIAL:
        lapic_timer_initial(a, v);
        break;
    case REG_TIMER_DIVIDE:
        lapic_timer_divide(a, v);
        break;
    default:
        return read_register(a, reg, &unused);
    }
    return true;
}

/* --- as MSRs --- */

static uint64_t read_msr(struct lapic *a, unsigned n)
{
    uint32_t v;

    if (n == MSR_TSC_DEADLINE)
        return a->tsc_deadline;
    read_register(a, n * UINT64_C(16), &v);
    return n == REG_ICR_LOW / 16 ? v | (uint64_t)a->icr_high << 32 : v;
}

static void write_msr(struct lapic *a, unsigned n, uint64_t v)
{
    switch (n) {
    case MSR_TSC_DEADLINE:
        lapic_timer_deadline(a, v);
        break;
    case MSR_TSC_ADJUST:
        lapic_timer_adjust(a, v);
        break;
    case MSR_APIC_BASE:
        lapic_base_written(a, v);
        break;
    case REG_SELF_IPI / 16:
        lapic_self_ipi(a, (uint8_t)v);
        break;
    case REG_ICR_LOW / 16:
        a->icr_high = (uint32_t)(v >> 32);
        write_icr(a, (uint32_t)v);
        break;
    default:
        write_register(a, n * UINT64_C(16), (uint32_t)v);
        break;
    }
}

/* --- as memory --- */

static uint64_t lapic_read(void *self, uint64_t offset, unsigned bytes)
{
    struct lapic *a = self;
    uint32_t v;

    if (offset >= LAPIC_MSRS)
        return read_msr(a, (unsigned)(offset - LAPIC_MSRS) / 16);
    if (bytes != 4 || offset % 16 != 0)
        return 0;
    if (!read_register(a, offset, &v))
        lapic_error(a, ESR_REGISTER);
    return v;
}

static void lapic_write(void *self, uint64_t offset, unsigned bytes, uint64_t value)
{
    struct lapic *a = self;

    if (offset >= LAPIC_MSRS)
        write_msr(a, (unsigned)(offset - LAPIC_MSRS) / 16, value);
    else if (bytes == 4 && offset % 16 == 0 && !write_register(a, offset, (uint32_t)value))
        lapic_error(a, ESR_REGISTER);
}

static void lapic_advance(void *self, uint64_t now)
{
    lapic_timer_advance(self, now);
}

static uint64_t lapic_next_event(const void *self)
{
    return ((const struct lapic *)self)->timer_deadline;
}

const struct device_ops lapic_ops = {.name = "lapic",
                                     .read = lapic_read,
                                     .write = lapic_write,
                                     .advance = lapic_advance,
                                     .next_event = lapic_next_event};
