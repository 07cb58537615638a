// SPDX-License-Identifier: Apache-2.0
// The local APIC: destinations, interprocessor interrupts, EOI, errors, local pins. SDM Vol. 3A
// "Advanced Programmable Interrupt Controller (APIC)".
#include "devices/lapic.h"

#include "gt.h"

#define TPR      0x080u
#define PPR      0x0A0u
#define EOI      0x0B0u
#define LDR      0x0D0u
#define DFR      0x0E0u
#define SVR      0x0F0u
#define ISR      0x100u
#define TMR      0x180u
#define IRR      0x200u
#define ESR      0x280u
#define ICR      0x300u
#define ICR_HIGH 0x310u
#define LINT0    0x350u
#define LINT1    0x360u
#define ERROR    0x370u

static unsigned eois;
static uint8_t eoi_vector;

static uint32_t get(struct lapic *a, uint64_t reg)
{
    return (uint32_t)lapic_ops.read(a, reg, 4);
}

static void put(struct lapic *a, uint64_t reg, uint32_t value)
{
    lapic_ops.write(a, reg, 4, value);
}

static void on_eoi(void *board, uint8_t vector)
{
    (void)board;
    eois++;
    eoi_vector = vector;
}

static unsigned signals[3];

static void on_signal(void *board, enum lapic_signal s)
{
    (void)board;
    signals[s]++;
}

static struct lapic enabled(void)
{
    struct lapic a;

    lapic_init(&a);
    a.eoi = on_eoi;
    a.signal = on_signal;
    signals[LAPIC_SMI] = signals[LAPIC_INIT] = signals[LAPIC_STARTUP] = 0;
    eois = 0;
    put(&a, SVR, 0x1FF);
    return a;
}

static void take(struct lapic *a)
{
    lapic_acknowledge(a, (uint8_t)lapic_pending(a));
}

static bool message_taken(struct lapic *a, uint32_t dest, bool logical)
{
    lapic_message(a, 0xFEE00000 | dest << 12 | (logical ? 4 : 0), 0x51);
    if (lapic_pending(a) != 0x51)
        return false;
    take(a);
    put(a, EOI, 0);
    return true;
}

/* "Local APIC State After Power-Up or Reset". */
GT_TEST(lapic, state_at_reset)
{
    static const struct {
        uint16_t reg;
        uint32_t value;
    } rows[] = {{0x020, 0},       {0x030, 0x01060014}, {TPR, 0},         {PPR, 0},
                {LDR, 0},         {DFR, 0xFFFFFFFF},   {SVR, 0xFF},      {ESR, 0},
                {ICR, 0},         {ICR_HIGH, 0},       {0x320, 0x10000}, {0x330, 0x10000},
                {0x340, 0x10000}, {LINT0, 0x10000},    {LINT1, 0x10000}, {ERROR, 0x10000},
                {0x380, 0},       {0x390, 0},          {0x3E0, 0},       {0x2F0, 0x10000}};
    struct lapic a;

    lapic_init(&a);
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        EXPECT_U64(rows[i].value, get(&a, rows[i].reg));
    EXPECT_TRUE(lapic_is_enabled(&a));
}

/* "Logical Destination Mode": the flat model has a bit each, FFh is everybody. */
GT_TEST(lapic, flat_logical_destinations)
{
    struct lapic a = enabled();

    EXPECT_TRUE(!message_taken(&a, 0x01, true)); /* LDR is 0 */
    EXPECT_TRUE(message_taken(&a, 0xFF, true));
    put(&a, LDR, 0x12FFFFFF);
    EXPECT_U64(0x12000000, get(&a, LDR));
    EXPECT_TRUE(message_taken(&a, 0x02, true));
    EXPECT_TRUE(message_taken(&a, 0x91, true));
    EXPECT_TRUE(!message_taken(&a, 0x0C, true));
}

/* The cluster model: the upper half is the cluster, the lower a bit each. */
GT_TEST(lapic, cluster_logical_destinations)
{
    struct lapic a = enabled();

    put(&a, DFR, 0);
    EXPECT_U64(0x0FFFFFFF, get(&a, DFR));
    put(&a, LDR, 0x24000000);
    EXPECT_TRUE(message_taken(&a, 0x24, true));
    EXPECT_TRUE(message_taken(&a, 0x2F, true));
    EXPECT_TRUE(!message_taken(&a, 0x2B, true));
    EXPECT_TRUE(!message_taken(&a, 0x34, true));
    EXPECT_TRUE(message_taken(&a, 0xFF, true));
}

GT_TEST(lapic, physical_destinations)
{
    struct lapic a = enabled();

    EXPECT_TRUE(message_taken(&a, 0x00, false));
    EXPECT_TRUE(message_taken(&a, 0xFF, false));
    EXPECT_TRUE(!message_taken(&a, 0x01, false));
    put(&a, 0x020, 0x01000000);
    EXPECT_TRUE(message_taken(&a, 0x01, false));
    EXPECT_TRUE(!message_taken(&a, 0x00, false));
}

/* "Task and Processor Priorities". */
GT_TEST(lapic, the_processor_priority_holds_lower_classes_back)
{
    struct lapic a = enabled();

    put(&a, TPR, 0x58);
    lapic_message(&a, 0xFEE00000, 0x5F);
    EXPECT_TRUE(lapic_pending(&a) < 0);
    lapic_message(&a, 0xFEE00000, 0x61);
    EXPECT_U64(0x61, lapic_pending(&a));
    EXPECT_U64(0x58, get(&a, PPR));
    take(&a);
    EXPECT_U64(0x60, get(&a, PPR));
    put(&a, TPR, 0x62);
    EXPECT_U64(0x62, get(&a, PPR));
    put(&a, EOI, 0);
    put(&a, TPR, 0);
    EXPECT_U64(0x5F, lapic_pending(&a));
}

/* "Interrupt Command Register (ICR)". */
GT_TEST(lapic, shorthands)
{
    static const struct {
        uint32_t icr, high;
        bool taken;
    } rows[] = {
        {0x00051, 0, true},           {0x00051, 0x01000000, false}, {0x00051, 0xFF000000, true},
        {0x40051, 0x01000000, true},  {0x80051, 0x01000000, true},  {0xC0051, 0, false},
        {0x00851, 0x80000000, false}, {0x00851, 0x40000000, true},  {0x00151, 0, true}};

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct lapic a = enabled();

        put(&a, LDR, 0x40000000);
        put(&a, ICR_HIGH, rows[i].high);
        put(&a, ICR, rows[i].icr);
        EXPECT_U64(rows[i].taken, lapic_pending(&a) == 0x51);
        EXPECT_U64(rows[i].icr, get(&a, ICR));
    }
}

/* "Valid Combinations for the ... Local xAPIC Interrupt Command Register": none of them is sent to
 * self or to all including self but by fixed delivery. */
GT_TEST(lapic, shorthands_send_fixed_messages_only)
{
    static const uint32_t to[] = {0x40000, 0x80000};

    for (unsigned i = 0; i < 2; i++)
        for (uint32_t mode = 1; mode < 8; mode++) {
            struct lapic a = enabled();

            put(&a, ICR, to[i] | 0x4000 | mode << 8 | 0x51);
            EXPECT_U64(UINT32_MAX, (uint32_t)lapic_pending(&a));
            EXPECT_TRUE(!a.nmi_pending && !lapic_extint(&a));
            EXPECT_U64(0, get(&a, ESR));
        }
}

/* "Local APIC State After It Has Been Software Disabled": each entry of the LVT is masked. */
GT_TEST(lapic, a_software_disable_masks_the_lvt)
{
    static const uint16_t entries[] = {0x2F0, 0x320, 0x330, 0x340, LINT0, LINT1, ERROR};
    struct lapic a = enabled();

    for (unsigned i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
        put(&a, entries[i], 0x51);
        EXPECT_U64(0x51, get(&a, entries[i]));
    }
    put(&a, SVR, 0xFF);
    for (unsigned i = 0; i < sizeof(entries) / sizeof(entries[0]); i++)
        EXPECT_U64(0x10051, get(&a, entries[i]));
}

GT_TEST(lapic, an_nmi_reaches_a_disabled_apic_and_a_vector_does_not)
{
    struct lapic a;

    lapic_init(&a);
    lapic_message(&a, 0xFEE00000, 0x51);
    EXPECT_U64(0, get(&a, IRR + 0x20));
    lapic_message(&a, 0xFEE00000, 0x700);
    EXPECT_TRUE(!lapic_extint(&a));
    lapic_message(&a, 0xFEE00000, 0x400);
    EXPECT_TRUE(a.nmi_pending);
}

/* "Local APIC State After It Has Been Software Disabled": what is pending is held. */
GT_TEST(lapic, what_was_accepted_stays_after_a_software_disable)
{
    struct lapic a = enabled();

    lapic_message(&a, 0xFEE00000, 0x51);
    put(&a, SVR, 0xFF);
    EXPECT_U64(1u << 17, get(&a, IRR + 0x20));
    EXPECT_U64(0x51, lapic_pending(&a));
}

/* "Signaling Interrupt Servicing Completion": of level-triggered vectors. */
GT_TEST(lapic, an_eoi_is_broadcast_for_a_level)
{
    struct lapic a = enabled();

    lapic_message(&a, 0xFEE00000, 0xC051);
    EXPECT_U64(1u << 17, get(&a, TMR + 0x20));
    take(&a);
    EXPECT_U64(1u << 17, get(&a, ISR + 0x20));
    put(&a, EOI, 0);
    EXPECT_U64(1, eois);
    EXPECT_U64(0x51, eoi_vector);
    lapic_message(&a, 0xFEE00000, 0x4051);
    EXPECT_U64(0, get(&a, TMR + 0x20));
    take(&a);
    put(&a, EOI, 0);
    put(&a, EOI, 0); /* nothing in service */
    EXPECT_U64(1, eois);
    put(&a, SVR, 0x13FF); /* no focus bit */
    EXPECT_U64(0x11FF, get(&a, SVR));
}

/* "Error Handling": latched by a write, one interrupt for all errors until the next write. */
GT_TEST(lapic, errors)
{
    struct lapic a = enabled();

    put(&a, ERROR, 0xE0);
    put(&a, ICR, 0x4000F); /* vector 15 to itself */
    EXPECT_U64(0, get(&a, ESR));
    EXPECT_U64(0xE0, lapic_pending(&a));
    take(&a);
    put(&a, EOI, 0);
    get(&a, 0x3F0); /* no register */
    EXPECT_TRUE(lapic_pending(&a) < 0);
    put(&a, ESR, 0);
    EXPECT_U64(0xE0, get(&a, ESR)); /* sent, received, register */
    put(&a, 0x010, 1);
    EXPECT_U64(0xE0, lapic_pending(&a));
    put(&a, ESR, 0);
    EXPECT_U64(0x80, get(&a, ESR));
    put(&a, ESR, 0);
    EXPECT_U64(0, get(&a, ESR));
}

GT_TEST(lapic, accesses_that_are_no_registers)
{
    struct lapic a = enabled();

    EXPECT_U64(0, lapic_ops.read(&a, 0x030, 8));
    EXPECT_U64(0, lapic_ops.read(&a, 0x034, 4));
    EXPECT_U64(0, lapic_ops.read(&a, 0x030, 1));
    lapic_ops.write(&a, TPR, 1, 0x55);
    lapic_ops.write(&a, TPR + 4, 4, 0x55);
    EXPECT_U64(0, get(&a, TPR));
    put(&a, ESR, 0);
    EXPECT_U64(0, get(&a, ESR));
}

/* "Local Vector Table": the modes of LINT0 and LINT1. */
GT_TEST(lapic, extint_follows_lint0)
{
    struct lapic a = enabled();

    lapic_lint(&a, 0, true);
    EXPECT_TRUE(!lapic_extint(&a));
    put(&a, LINT0, 0x700);
    EXPECT_TRUE(lapic_extint(&a));
    lapic_lint(&a, 0, false);
    EXPECT_TRUE(!lapic_extint(&a));
    put(&a, LINT0, 0x2700); /* active low */
    EXPECT_TRUE(lapic_extint(&a));
}

GT_TEST(lapic, a_fixed_edge_at_lint0)
{
    struct lapic a = enabled();

    put(&a, LINT0, 0x10051);
    lapic_lint(&a, 0, true);
    put(&a, LINT0, 0x00051);
    EXPECT_TRUE(lapic_pending(&a) < 0);
    lapic_lint(&a, 0, false);
    lapic_lint(&a, 0, true);
    EXPECT_U64(0x51, lapic_pending(&a));
    take(&a);
    put(&a, EOI, 0);
    EXPECT_TRUE(lapic_pending(&a) < 0);
}

GT_TEST(lapic, a_fixed_level_at_lint0_has_a_remote_irr)
{
    struct lapic a = enabled();

    put(&a, LINT0, 0x08051);
    lapic_lint(&a, 0, true);
    EXPECT_U64(0x0C051, get(&a, LINT0));
    take(&a);
    EXPECT_TRUE(lapic_pending(&a) < 0);
    put(&a, EOI, 0);
    EXPECT_U64(0x51, lapic_pending(&a));
    lapic_lint(&a, 0, false);
    take(&a);
    put(&a, EOI, 0);
    EXPECT_TRUE(lapic_pending(&a) < 0);
    EXPECT_U64(0x08051, get(&a, LINT0));
}

GT_TEST(lapic, an_nmi_at_lint1)
{
    struct lapic a = enabled();

    put(&a, LINT1, 0x400);
    lapic_lint(&a, 1, true);
    EXPECT_TRUE(a.nmi_pending);
    a.nmi_pending = false;
    put(&a, LINT1, 0x8400);
    EXPECT_TRUE(!a.nmi_pending);
}

GT_TEST(lapic, extint_by_a_message_stays_until_it_is_acknowledged)
{
    struct lapic a = enabled();

    lapic_message(&a, 0xFEE00000, 0x700);
    EXPECT_TRUE(lapic_extint(&a));
    EXPECT_TRUE(lapic_pending(&a) < 0);
}

/* "Delivery Mode" of the ICR, of messages and of LVT entries: not interrupts, the board's to act
 * on; INIT level de-assert is none. */
GT_TEST(lapic, init_smi_and_startup_are_signals)
{
    struct lapic a = enabled();

    put(&a, ICR, 0x4500);
    EXPECT_U64(1, signals[LAPIC_INIT]);
    put(&a, ICR, 0xC500);
    EXPECT_U64(2, signals[LAPIC_INIT]);
    put(&a, ICR, 0x8500);
    lapic_message(&a, 0xFEE00000, 0x8500);
    EXPECT_U64(2, signals[LAPIC_INIT]);
    lapic_message(&a, 0xFEE00000, 0x500);
    EXPECT_U64(3, signals[LAPIC_INIT]);
    lapic_message(&a, 0xFEE01000, 0x500); /* to another */
    put(&a, ICR, 0xC4500);                /* to the others */
    EXPECT_U64(3, signals[LAPIC_INIT]);
    put(&a, LINT1, 0x500);
    lapic_lint(&a, 1, true);
    EXPECT_U64(4, signals[LAPIC_INIT]);
    put(&a, ICR, 0x608);
    EXPECT_U64(1, signals[LAPIC_STARTUP]);
    put(&a, ICR, 0x200);
    EXPECT_U64(1, signals[LAPIC_SMI]);
    put(&a, SVR, 0xFF); /* software-disabled: it responds to these all the same */
    put(&a, ICR, 0x4500);
    EXPECT_U64(5, signals[LAPIC_INIT]);
    EXPECT_TRUE(lapic_pending(&a) < 0 && !a.nmi_pending);
}

/* "EOI-Broadcast Suppression": the I/O APIC does not hear of the EOI; a local pin's level ends with
 * it all the same. */
GT_TEST(lapic, an_eoi_whose_broadcast_is_suppressed)
{
    struct lapic a = enabled();

    put(&a, SVR, 0x11FF);
    EXPECT_U64(0x11FF, get(&a, SVR));
    lapic_message(&a, 0xFEE00000, 0xC051); /* a level */
    take(&a);
    put(&a, EOI, 0);
    EXPECT_U64(0, eois);
    put(&a, LINT0, 0x8052);
    lapic_lint(&a, 0, true);
    EXPECT_U64(0x0C052, get(&a, LINT0));
    take(&a);
    lapic_lint(&a, 0, false);
    put(&a, EOI, 0);
    EXPECT_U64(0x08052, get(&a, LINT0));
    put(&a, SVR, 0x1FF);
    lapic_message(&a, 0xFEE00000, 0xC051);
    take(&a);
    put(&a, EOI, 0);
    EXPECT_U64(1, eois);
}
