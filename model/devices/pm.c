// SPDX-License-Identifier: Apache-2.0
// ACPI fixed hardware; see the header.
#include "devices/pm.h"

#include "devices/clock.h"

#define STS_TMR     0x0001u
#define STS_GBL     0x0020u
#define STS_PWRBTN  0x0100u
#define STS_RTC     0x0400u
#define STS_WAK     0x8000u
#define EN_BITS     (STS_TMR | STS_GBL | STS_PWRBTN | STS_RTC)
#define STS_BITS    (EN_BITS | STS_WAK)
#define CNT_SCI_EN  0x0001u
#define CNT_BITS    0x1C02u /* SLP_TYP, BM_RLD */
#define CNT_SLP_TYP 0x1C00u
#define CNT_SLP_EN  0x2000u
#define S5_SLP_TYP  0u
#define TIMER_BITS  24
#define HALF_LOG2   (TIMER_BITS - 1)

void pm_init(struct pm *p, const struct device_host *host, uint64_t power_button_at)
{
    *p = (struct pm){.host = host,
                     .press = power_button_at == 0 ? DEVICE_NEVER : power_button_at,
                     .control = CNT_SCI_EN};
}

static void update_sci(struct pm *p)
{
    p->host->irq(p->host->ctx, PM_IRQ, (p->status & p->enable & EN_BITS) != 0);
}

static void pm_advance(void *self, uint64_t now)
{
    struct pm *p = self;
    uint64_t ticks = clock_ticks(now, CLOCK_PM_HZ);

    if (ticks >> HALF_LOG2 != p->ticks >> HALF_LOG2)
        p->status |= STS_TMR;
    p->ticks = ticks;
    if (p->press <= now) {
        p->status |= STS_PWRBTN;
        p->press = DEVICE_NEVER;
    }
    update_sci(p);
}

static uint64_t pm_next_event(const void *self)
{
    const struct pm *p = self;
    uint64_t half = ((p->ticks >> HALF_LOG2) + 1) << HALF_LOG2;
    uint64_t next = p->enable & STS_PWRBTN ? p->press : DEVICE_NEVER, toggle;

    if (!(p->enable & STS_TMR) || (p->status & STS_TMR))
        return next;
    toggle = clock_cycle(half, CLOCK_PM_HZ);
    return toggle < next ? toggle : next;
}

static uint8_t byte_read(const struct pm *p, uint64_t offset)
{
    const uint16_t words[] = {p->status, p->enable, p->control};
    uint32_t timer = (uint32_t)p->ticks & ((1u << TIMER_BITS) - 1);

    if (offset < 6)
        return (uint8_t)(words[offset / 2] >> (8 * (offset % 2)));
    return offset >= 8 && offset < 12 ? (uint8_t)(timer >> (8 * (offset - 8))) : 0;
}

static uint64_t pm_read(void *self, uint64_t offset, unsigned bytes)
{
    uint64_t value = 0;

    if (offset + bytes > PM_BYTES)
        return UINT64_MAX;
    for (unsigned i = 0; i < bytes; i++)
        value |= (uint64_t)byte_read(self, offset + i) << (8 * i);
    return value;
}

/* What a write of some bytes makes of a 16-bit register. */
static uint16_t merged(uint16_t old, uint16_t written, uint16_t lanes)
{
    return (uint16_t)((old & ~lanes) | (written & lanes));
}

static void write_control(struct pm *p, uint16_t v, uint16_t lanes)
{
    p->control = merged(p->control, v & CNT_BITS, lanes) | CNT_SCI_EN;
    if ((v & lanes & CNT_SLP_EN) && (p->control & CNT_SLP_TYP) == S5_SLP_TYP)
        p->host->guest_exit(p->host->ctx, 0);
}

static void pm_write(void *self, uint64_t offset, unsigned bytes, uint64_t value)
{
    struct pm *p = self;
    uint64_t lanes = bytes < 8 ? (UINT64_C(1) << (8 * bytes)) - 1 : UINT64_MAX;

    if (offset + bytes > PM_BYTES || offset > 5)
        return;
    value <<= 8 * offset;
    lanes <<= 8 * offset;
    p->status &= (uint16_t) ~(value & lanes & STS_BITS);
    p->enable = merged(p->enable, (uint16_t)(value >> 16) & EN_BITS, (uint16_t)(lanes >> 16));
    write_control(p, (uint16_t)(value >> 32), (uint16_t)(lanes >> 32));
    update_sci(p);
}

const struct device_ops pm_ops = {.name = "acpi-pm",
                                  .read = pm_read,
                                  .write = pm_write,
                                  .advance = pm_advance,
                                  .next_event = pm_next_event};
