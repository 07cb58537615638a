// SPDX-License-Identifier: Apache-2.0
// The device's side of the local APIC's MSRs: x2APIC registers, the deadline timer, the modes. SDM
// Vol. 3A "Extended XAPIC (x2APIC)", "TSC-Deadline Mode".
#include "devices/lapic.h"

#include "gt.h"

#define N_ID       0x02
#define N_TPR      0x08
#define N_EOI      0x0B
#define N_LDR      0x0D
#define N_SVR      0x0F
#define N_ICR      0x30
#define N_LVT      0x32
#define N_INITIAL  0x38
#define N_CURRENT  0x39
#define N_DIVIDE   0x3E
#define N_SELF     0x3F
#define N_DEADLINE 0xF0
#define N_ADJUST   0xF1
#define N_BASE     0xF2

#define XAPIC  UINT64_C(0xFEE00900)
#define X2APIC UINT64_C(0xFEE00D00)
#define OFF    UINT64_C(0xFEE00100)

static uint64_t get(struct lapic *a, unsigned n)
{
    return lapic_ops.read(a, 0x1000 + n * 16, 8);
}

static void put(struct lapic *a, unsigned n, uint64_t value)
{
    lapic_ops.write(a, 0x1000 + n * 16, 8, value);
}

static struct lapic x2(void)
{
    struct lapic a;

    lapic_init(&a);
    put(&a, N_BASE, X2APIC);
    put(&a, N_SVR, 0x1FF);
    return a;
}

static void take(struct lapic *a)
{
    lapic_acknowledge(a, (uint8_t)lapic_pending(a));
    put(a, N_EOI, 0);
}

/* LDR: cluster in 31:16, a bit of 16 in 15:0. */
GT_TEST(lapic_msr, id_and_ldr_of_x2apic_mode)
{
    struct lapic a;

    lapic_init(&a);
    lapic_ops.write(&a, 0x020, 4, 0x05000000);
    lapic_ops.write(&a, 0x0D0, 4, 0x80000000);
    lapic_ops.write(&a, 0x310, 4, 0x05000000);
    lapic_ops.write(&a, 0x080, 4, 0x35);
    put(&a, N_BASE, X2APIC);
    EXPECT_U64(0, get(&a, N_ID));
    EXPECT_U64(1, get(&a, N_LDR));
    EXPECT_U64(0, get(&a, N_ICR));
    EXPECT_U64(0x35, get(&a, N_TPR)); /* kept */
}

GT_TEST(lapic_msr, the_icr_is_one_register)
{
    static const struct {
        uint64_t icr;
        bool taken;
    } rows[] = {{0x51, true},
                {UINT64_C(0x0000000100000051), false},
                {UINT64_C(0x000000FF00000051), false}, /* no broadcast here */
                {UINT64_C(0xFFFFFFFF00000051), true},
                {UINT64_C(0x0000000100000851), true},
                {UINT64_C(0x0000000200000851), false},
                {UINT64_C(0x0001000100000851), false}};

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct lapic a = x2();

        put(&a, N_ICR, rows[i].icr);
        EXPECT_U64(rows[i].taken, lapic_pending(&a) == 0x51);
        EXPECT_U64(rows[i].icr, get(&a, N_ICR));
    }
}

GT_TEST(lapic_msr, self_ipi)
{
    struct lapic a = x2();

    put(&a, N_SELF, 0x71);
    EXPECT_U64(0x71, lapic_pending(&a));
    EXPECT_U64(0, get(&a, N_ICR));
}

/* A remapped message may name 32 bits; address 63:40 has the upper ones. */
GT_TEST(lapic_msr, a_message_to_an_x2apic)
{
    struct lapic a = x2();

    lapic_message(&a, UINT64_C(0xFFFFFF00FEEFF000), 0x51);
    EXPECT_U64(0x51, lapic_pending(&a));
    take(&a);
    lapic_message(&a, UINT64_C(0xFEE01004), 0x52);
    EXPECT_U64(0x52, lapic_pending(&a));
    take(&a);
    lapic_message(&a, UINT64_C(0x00000100FEE00000), 0x53);
    EXPECT_TRUE(lapic_pending(&a) < 0);
}

GT_TEST(lapic_msr, disabling_loses_the_state)
{
    struct lapic a = x2();

    put(&a, N_SELF, 0x71);
    put(&a, N_LVT, 0x40);
    put(&a, N_INITIAL, 100);
    put(&a, N_BASE, OFF);
    EXPECT_TRUE(!lapic_is_enabled(&a));
    EXPECT_U64(DEVICE_NEVER, lapic_ops.next_event(&a));
    lapic_message(&a, 0xFEE00000, 0x400);
    EXPECT_TRUE(!a.nmi_pending);
    put(&a, N_BASE, XAPIC);
    EXPECT_TRUE(lapic_pending(&a) < 0);
    EXPECT_U64(0xFF, lapic_ops.read(&a, 0x0F0, 4));
    EXPECT_U64(0x10000, lapic_ops.read(&a, 0x320, 4));
}

/* Globally disabled, LINT0 is the INTR pin. */
GT_TEST(lapic_msr, a_disabled_apic_lets_intr_through)
{
    struct lapic a;

    lapic_init(&a);
    lapic_lint(&a, 0, true);
    EXPECT_TRUE(!lapic_extint(&a));
    put(&a, N_BASE, OFF);
    EXPECT_TRUE(lapic_extint(&a));
}

GT_TEST(lapic_msr, a_deadline_interrupts_once_and_clears_itself)
{
    struct lapic a = x2();

    put(&a, N_DEADLINE, 500);
    EXPECT_U64(0, get(&a, N_DEADLINE)); /* not in this mode */
    put(&a, N_LVT, 0x40040);
    put(&a, N_INITIAL, 77);
    EXPECT_U64(DEVICE_NEVER, lapic_ops.next_event(&a));
    EXPECT_U64(0, get(&a, N_INITIAL));
    put(&a, N_DEADLINE, 500);
    EXPECT_U64(500, get(&a, N_DEADLINE));
    EXPECT_U64(500, lapic_ops.next_event(&a));
    lapic_ops.advance(&a, 499);
    EXPECT_U64(0, get(&a, N_CURRENT));
    EXPECT_TRUE(lapic_pending(&a) < 0);
    lapic_ops.advance(&a, 500);
    EXPECT_U64(0x40, lapic_pending(&a));
    EXPECT_U64(0, get(&a, N_DEADLINE));
    EXPECT_U64(DEVICE_NEVER, lapic_ops.next_event(&a));
}

GT_TEST(lapic_msr, a_deadline_in_the_past_is_due_and_0_disarms)
{
    struct lapic a = x2();

    lapic_ops.advance(&a, 1000);
    put(&a, N_LVT, 0x40040);
    put(&a, N_DEADLINE, 1);
    EXPECT_U64(0x40, lapic_pending(&a));
    take(&a);
    put(&a, N_DEADLINE, 2000);
    put(&a, N_DEADLINE, 0);
    lapic_ops.advance(&a, 3000);
    EXPECT_TRUE(lapic_pending(&a) < 0);
}

/* The counter that it is compared with is cycle + IA32_TSC_ADJUST. */
GT_TEST(lapic_msr, a_deadline_moves_with_tsc_adjust)
{
    struct lapic a = x2();

    put(&a, N_LVT, 0x40040);
    put(&a, N_ADJUST, 10000);
    put(&a, N_DEADLINE, 10500);
    EXPECT_U64(500, lapic_ops.next_event(&a));
    put(&a, N_ADJUST, 10400);
    EXPECT_U64(100, lapic_ops.next_event(&a));
    put(&a, N_ADJUST, 5000);
    EXPECT_U64(5500, lapic_ops.next_event(&a));
    put(&a, N_ADJUST, 20000);
    EXPECT_U64(0x40, lapic_pending(&a));
}

/* "APIC Timer": to or from TSC-deadline mode the timer is disarmed; one-shot to periodic it is not.
 */
GT_TEST(lapic_msr, a_change_of_mode_disarms)
{
    struct lapic a = x2();

    put(&a, N_LVT, 0x00040);
    put(&a, N_DIVIDE, 0xB);
    put(&a, N_INITIAL, 100);
    put(&a, N_LVT, 0x20040);
    EXPECT_U64(100, lapic_ops.next_event(&a));
    put(&a, N_LVT, 0x40040);
    EXPECT_U64(DEVICE_NEVER, lapic_ops.next_event(&a));
    put(&a, N_DEADLINE, 500);
    put(&a, N_LVT, 0x20040);
    EXPECT_U64(DEVICE_NEVER, lapic_ops.next_event(&a));
    EXPECT_U64(0, get(&a, N_DEADLINE));
}

GT_TEST(lapic_msr, a_masked_timer_counts_without_interrupt)
{
    struct lapic a = x2();

    put(&a, N_LVT, 0x30040);
    put(&a, N_DIVIDE, 0xB);
    put(&a, N_INITIAL, 100);
    lapic_ops.advance(&a, 130);
    EXPECT_U64(70, get(&a, N_CURRENT));
    EXPECT_TRUE(lapic_pending(&a) < 0);
}
