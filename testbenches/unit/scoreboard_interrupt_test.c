// SPDX-License-Identifier: Apache-2.0
// Interrupts at the boundary before a retirement: possible, given, and due. SDM Vol. 3A "Priority
// Among Concurrent Events"; docs/lockstep.md "Deadlines".
#include "scoreboard_bench.h"

static struct script quiet(void)
{
    struct script s = script_of_one();

    s.with_xlate = s.with_walk = s.with_sys = false;
    return s;
}

static struct script of_kind(uint8_t kind, uint8_t vector)
{
    struct script s = quiet();

    s.interruptible = true;
    s.retire.kind = kind;
    s.retire.vector = vector;
    return s;
}

static void expect_first(struct scoreboard *sb, const char *stream, const char *rtl)
{
    EXPECT_TRUE(sb->diff.failed);
    EXPECT_STR(stream, sb->diff.first.stream);
    EXPECT_STR(rtl, sb->diff.first.rtl);
    scoreboard_destroy(sb);
}

GT_TEST(interrupts, one_that_the_model_could_not_take_is_seen)
{
    struct script s = of_kind(RETIRE_INTERRUPT, 0x40);
    struct scoreboard *sb = board();

    now = &s;
    s.interruptible = false;
    acknowledge(sb, 0, 0x40);
    retire_at(sb, &s, 20);
    EXPECT_STR("not interruptible", sb->diff.first.model);
    expect_first(sb, "stim", "taken");
}

GT_TEST(interrupts, the_vector_is_the_one_that_was_given)
{
    struct script s = of_kind(RETIRE_INTERRUPT, 0x40), rtl = s;
    struct scoreboard *sb = board();

    now = &s;
    rtl.retire.vector = 0x41;
    rtl.retire.cycle = 20;
    acknowledge(sb, 0, 0x40);
    scoreboard_retire(sb, &rtl.retire);
    EXPECT_STR("vector", sb->diff.first.field);
    expect_first(sb, "retire", "0x41");
}

GT_TEST(interrupts, one_that_was_never_acknowledged_is_seen)
{
    struct script s = of_kind(RETIRE_INTERRUPT, 0x40);
    struct scoreboard *sb = board();

    now = &s;
    retire_at(sb, &s, 20);
    expect_first(sb, "stim", "delivered");
}

GT_TEST(interrupts, the_rtl_names_the_vector_that_the_pins_had)
{
    struct script s = quiet();
    struct scoreboard *sb = board();
    struct rec_stim claim = {.cycle = 7, .value = 0x41, .kind = STIM_INTERRUPT};

    now = &s;
    acknowledge(sb, 7, 0x40);
    scoreboard_stim(sb, &claim);
    expect_first(sb, "stim", "another vector");
}

/* A delivery that faults retires as the fault; the interrupt was taken all the same. */
GT_TEST(interrupts, one_whose_delivery_faults_is_taken)
{
    struct script s = of_kind(RETIRE_EXCEPTION, 0);
    struct scoreboard *sb = board();

    now = &s;
    acknowledge(sb, 0, 0);
    retire_at(sb, &s, 20);
    EXPECT_TRUE(!sb->diff.failed);
    EXPECT_U64(0, sb->board.acknowledges.count);
    scoreboard_destroy(sb);
}

GT_TEST(interrupts, one_that_is_not_taken_at_the_boundary_is_seen)
{
    struct script s = of_kind(RETIRE_INSN, 0);
    struct scoreboard *sb = board();

    now = &s;
    retire_at(sb, &s, 20);
    line(sb, 30, true);
    retire_at(sb, &s, 40); /* the boundary at 20 was before it */
    EXPECT_TRUE(!sb->diff.failed);
    retire_at(sb, &s, 60);
    expect_first(sb, "stim", "not taken");
}

/* The line has fallen again by the time the retirement is reported. */
GT_TEST(interrupts, one_whose_line_was_high_at_the_boundary_is_due)
{
    struct script s = of_kind(RETIRE_INSN, 0);
    struct scoreboard *sb = board();

    now = &s;
    line(sb, 10, true);
    retire_at(sb, &s, 20);
    line(sb, 30, false);
    retire_at(sb, &s, 40);
    expect_first(sb, "stim", "not taken");
}

GT_TEST(interrupts, a_line_that_rises_in_the_cycle_of_the_boundary_may_be_seen_or_not)
{
    struct script s = of_kind(RETIRE_INSN, 0);
    struct scoreboard *sb = board();

    now = &s;
    retire_at(sb, &s, 20);
    line(sb, 20, true);
    line(sb, 25, false);
    retire_at(sb, &s, 40);
    EXPECT_TRUE(!sb->diff.failed);
    scoreboard_destroy(sb);
}

GT_TEST(interrupts, hlt_wakes_at_once)
{
    struct script s = of_kind(RETIRE_INSN, 0);
    struct scoreboard *sb = board();

    now = &s;
    s.retire.flags = RETIRE_HLT;
    retire_at(sb, &s, 20);
    line(sb, 1000, true);
    scoreboard_window(sb, 1002, 0, false);
    EXPECT_TRUE(!sb->diff.failed);
    scoreboard_window(sb, 1010, 0, false);
    expect_first(sb, "stim", "still in HLT");
}

GT_TEST(interrupts, an_acknowledge_without_a_delivery_is_seen_at_the_end)
{
    struct script s = quiet();
    struct scoreboard *sb = board();

    now = &s;
    retire_at(sb, &s, 20);
    acknowledge(sb, 10, 0x40);
    scoreboard_finish(sb, UINT64_MAX);
    expect_first(sb, "stim", "acknowledged, never delivered");
}

GT_TEST(interrupts, an_nmi_that_nobody_raised_is_seen)
{
    struct script s = of_kind(RETIRE_NMI, 2);
    struct scoreboard *sb = board();

    now = &s;
    nmi(sb, 0);
    nmi_taken(sb, 5);
    s.retire.cycle = 0;
    sb->last_retire_cycle = 5;
    retire_at(sb, &s, 20);
    EXPECT_TRUE(!sb->diff.failed);
    nmi_taken(sb, 20);
    retire_at(sb, &s, 40);
    EXPECT_STR("never raised", sb->diff.first.model);
    expect_first(sb, "stim", "delivered");
}

GT_TEST(interrupts, an_nmi_raised_while_blocked_is_due_when_it_is_not)
{
    struct script s = of_kind(RETIRE_INSN, 0);
    struct scoreboard *sb = board();

    now = &s;
    s.interruptible = false;
    nmi(sb, 5);
    retire_at(sb, &s, 20);
    retire_at(sb, &s, 40);
    EXPECT_TRUE(!sb->diff.failed);
    s.nmi_possible = true;
    retire_at(sb, &s, 60);
    EXPECT_STR("an NMI due", sb->diff.first.model);
    expect_first(sb, "stim", "not taken");
}

GT_TEST(interrupts, an_nmi_goes_before_an_interrupt)
{
    struct script s = of_kind(RETIRE_INTERRUPT, 0x40);
    struct scoreboard *sb = board();

    now = &s;
    s.interruptible = false;
    retire_at(sb, &(struct script){.retire = {.kind = RETIRE_INSN}}, 0);
    scoreboard_destroy(sb);
    sb = board();
    s.interruptible = true;
    nmi(sb, 5);
    line(sb, 5, true);
    sb->last_retire_cycle = 20;
    acknowledge(sb, 20, 0x40);
    retire_at(sb, &s, 40);
    expect_first(sb, "stim", "an interrupt taken");
}
