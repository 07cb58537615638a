// SPDX-License-Identifier: Apache-2.0
// ACPI fixed hardware and the reset ports. ACPI Specification 6.4 "PM1 Event Grouping", "PM1
// Control Grouping", "Power Management Timer".
#include "devices/pm.h"

#include "devices/reset.h"
#include "host_bench.h"

#define SECOND UINT64_C(100000000)
#define SCI    (1u << 9)

static uint64_t get(struct pm *p, uint64_t offset, unsigned bytes)
{
    return pm_ops.read(p, offset, bytes);
}

static void put(struct pm *p, uint64_t offset, unsigned bytes, uint64_t value)
{
    pm_ops.write(p, offset, bytes, value);
}

GT_TEST(pm, the_timer_counts_24_bits_at_3579545_hz)
{
    struct host_bench b;
    struct pm p;

    host_bench_init(&b);
    pm_init(&p, &b.host, 0);
    EXPECT_U64(0, get(&p, 8, 4));
    pm_ops.advance(&p, SECOND);
    EXPECT_U64(3579545, get(&p, 8, 4));
    pm_ops.advance(&p, 5 * SECOND);
    EXPECT_U64(5 * 3579545 - 0x1000000, get(&p, 8, 4));
    EXPECT_U64((5 * 3579545 - 0x1000000) >> 8 & 0xFF, get(&p, 9, 1));
    put(&p, 8, 4, 0);
    EXPECT_U64(5 * 3579545 - 0x1000000, get(&p, 8, 4));
}

/* TMR_STS: bit 23 changes every 2^23 ticks, 2.343 seconds. */
GT_TEST(pm, the_timer_interrupts_when_its_highest_bit_changes)
{
    struct host_bench b;
    struct pm p;

    host_bench_init(&b);
    pm_init(&p, &b.host, 0);
    EXPECT_U64(DEVICE_NEVER, pm_ops.next_event(&p));
    put(&p, 2, 2, 1);
    EXPECT_U64(234348444, pm_ops.next_event(&p));
    pm_ops.advance(&p, 234348443);
    EXPECT_U64(0, b.lines);
    pm_ops.advance(&p, 234348444);
    EXPECT_U64(SCI, b.lines);
    EXPECT_U64(1, get(&p, 0, 2));
    EXPECT_U64(DEVICE_NEVER, pm_ops.next_event(&p));
    put(&p, 0, 2, 0x0100); /* not its bit */
    EXPECT_U64(SCI, b.lines);
    put(&p, 0, 1, 1);
    EXPECT_U64(0, b.lines);
    EXPECT_U64(468696888, pm_ops.next_event(&p));
}

GT_TEST(pm, the_power_button)
{
    struct host_bench b;
    struct pm p;

    host_bench_init(&b);
    pm_init(&p, &b.host, 1000);
    put(&p, 3, 1, 0x01); /* PWRBTN_EN, by its byte */
    EXPECT_U64(0x0100, get(&p, 2, 2));
    EXPECT_U64(1000, pm_ops.next_event(&p));
    pm_ops.advance(&p, 999);
    EXPECT_U64(0, b.lines);
    pm_ops.advance(&p, 1000);
    EXPECT_U64(0x0100, get(&p, 0, 2));
    EXPECT_U64(SCI, b.lines);
    put(&p, 0, 4, 0x01000100); /* status and enable in one access */
    EXPECT_U64(0x01000000, get(&p, 0, 4));
    EXPECT_U64(0, b.lines);
    pm_ops.advance(&p, 2000); /* once */
    EXPECT_U64(0, b.lines);
}

/* "PM1 Control Registers": SLP_EN and GBL_RLS read 0, SCI_EN is 1 without an SMI_CMD. */
GT_TEST(pm, s5_ends_the_run_and_nothing_else_does)
{
    struct host_bench b;
    struct pm p;

    host_bench_init(&b);
    pm_init(&p, &b.host, 0);
    EXPECT_U64(1, get(&p, 4, 2));
    put(&p, 4, 2, 0x3407);
    EXPECT_U64(0x1403, get(&p, 4, 2));
    EXPECT_U64(0, b.exits);
    put(&p, 4, 1, 0x00);
    EXPECT_U64(0x1401, get(&p, 4, 2));
    put(&p, 5, 1, 0x20);
    EXPECT_U64(1, b.exits);
    EXPECT_U64(0, b.exit_status);
    EXPECT_U64(1, get(&p, 4, 2));
    EXPECT_U64(UINT64_MAX, get(&p, 14, 4));
}

GT_TEST(reset_ports, each_resets_by_its_own_bit)
{
    struct host_bench b;
    struct reset_ports r;

    host_bench_init(&b);
    reset_ports_init(&r, &b.host);
    EXPECT_U64(0x1C, reset_keyboard_ops.read(&r, 0, 1));
    reset_keyboard_ops.write(&r, 0, 1, 0xFF); /* pulses nothing */
    reset_keyboard_ops.write(&r, 0, 1, 0xAE);
    EXPECT_U64(0, b.resets);
    reset_keyboard_ops.write(&r, 0, 1, 0xFE);
    EXPECT_U64(1, b.resets);
    EXPECT_U64(2, reset_port92_ops.read(&r, 0, 1));
    reset_port92_ops.write(&r, 0, 1, 0x01);
    EXPECT_U64(2, b.resets);
    reset_port92_ops.write(&r, 0, 1, 0x03); /* no rise */
    EXPECT_U64(2, b.resets);
    EXPECT_U64(3, reset_port92_ops.read(&r, 0, 1));
    reset_cf9_ops.write(&r, 0, 1, 0x02);
    EXPECT_U64(2, b.resets);
    EXPECT_U64(2, reset_cf9_ops.read(&r, 0, 1));
    reset_cf9_ops.write(&r, 0, 2, 0x06);
    EXPECT_U64(2, b.resets);
    reset_cf9_ops.write(&r, 0, 1, 0x06);
    EXPECT_U64(3, b.resets);
}
