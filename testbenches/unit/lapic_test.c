// SPDX-License-Identifier: Apache-2.0
// The local APIC model. SDM Vol. 3A "Advanced Programmable Interrupt Controller (APIC)".
#include "devices/lapic.h"

#include "gt.h"

#define SVR           0x0F0u
#define LVT_TIMER     0x320u
#define LVT_LINT0     0x350u
#define TIMER_INITIAL 0x380u
#define TIMER_CURRENT 0x390u
#define TIMER_DIVIDE  0x3E0u

static uint32_t get(struct lapic *a, uint64_t reg)
{
    return (uint32_t)lapic_ops.read(a, reg, 4);
}

static void put(struct lapic *a, uint64_t reg, uint32_t value)
{
    lapic_ops.write(a, reg, 4, value);
}

static struct lapic enabled(void)
{
    struct lapic a;

    lapic_init(&a);
    put(&a, SVR, 0x1FF);
    return a;
}

/* "Local APIC State After It Has Been Software Disabled" */
GT_TEST(lapic, software_disable_masks_every_lvt_entry)
{
    struct lapic a = enabled();

    put(&a, LVT_TIMER, 0x20040);
    put(&a, LVT_LINT0, 0x00700);
    put(&a, SVR, 0x0FF);
    EXPECT_U64(0x30040, get(&a, LVT_TIMER));
    EXPECT_U64(0x10700, get(&a, LVT_LINT0));
    put(&a, LVT_TIMER, 0x20041);
    EXPECT_U64(0x30041, get(&a, LVT_TIMER)); /* the mask cannot be cleared while disabled */
    put(&a, SVR, 0x1FF);
    EXPECT_U64(0x30041, get(&a, LVT_TIMER));
    put(&a, LVT_TIMER, 0x20041);
    EXPECT_U64(0x20041, get(&a, LVT_TIMER));
}

/* "APIC Timer": divide by 2, then by 16 with 60 steps left of 100. */
GT_TEST(lapic, a_new_divisor_acts_on_the_running_count)
{
    struct lapic a = enabled();

    put(&a, LVT_TIMER, 0x40);
    put(&a, TIMER_DIVIDE, 0x0);
    put(&a, TIMER_INITIAL, 100);
    lapic_ops.advance(&a, 80);
    EXPECT_U64(60, get(&a, TIMER_CURRENT));
    put(&a, TIMER_DIVIDE, 0x3);
    EXPECT_U64(60, get(&a, TIMER_CURRENT));
    EXPECT_U64(80 + 60 * 16, lapic_ops.next_event(&a));
    lapic_ops.advance(&a, 80 + 59 * 16);
    EXPECT_U64(1, get(&a, TIMER_CURRENT));
    EXPECT_TRUE(lapic_pending(&a) < 0);
    lapic_ops.advance(&a, 80 + 60 * 16);
    EXPECT_U64(0x40, lapic_pending(&a));
}

GT_TEST(lapic, a_new_divisor_starts_no_stopped_timer)
{
    struct lapic a = enabled();

    put(&a, TIMER_DIVIDE, 0x3);
    EXPECT_U64(DEVICE_NEVER, lapic_ops.next_event(&a));
    EXPECT_U64(0, get(&a, TIMER_CURRENT));
}

/* "Message Address Register Format"; the upper half as remapped messages have it. */
GT_TEST(lapic, a_message_is_taken_by_its_whole_destination)
{
    static const struct {
        uint64_t addr;
        bool taken;
    } rows[] = {{0xFEE00000, true},
                {0xFEEFF000, true},
                {0xFEE01000, false},
                {UINT64_C(0x100FEE00000), false},
                {UINT64_C(0x8000000000000000) | 0xFEE00000, false},
                {UINT64_C(0xFFFFFF0000000000) | 0xFEEFF000, true},
                {UINT64_C(0xFFFFFF0000000000) | 0xFEE00000, false}};

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct lapic a = enabled();

        lapic_message(&a, rows[i].addr, 0x51);
        EXPECT_U64(rows[i].taken, lapic_pending(&a) == 0x51);
    }
}
