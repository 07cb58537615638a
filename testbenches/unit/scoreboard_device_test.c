// SPDX-License-Identifier: Apache-2.0
// Device-TLBs in the scoreboard: what was sent, completions as stimuli, time-outs, and the
// deadlines of both. docs/lockstep.md "Stimuli", "Deadlines"; docs/iommu.md I7, I103 to I106.
#include "scoreboard_bench.h"

#define GCMD        0x18
#define IQT         0x88
#define GCMD_TE_QIE UINT32_C(0x84000000)

#define SENT     7 /* cycle of the record */
#define SID      0x1234
#define TIME_OUT (SENT + 1024 + 2) /* the same, of the time-out */

static const uint64_t descriptor[2] = {UINT64_C(0x123400000003), UINT64_C(0x5001)};

static void expect_first(struct scoreboard *sb, const char *stream, const char *field)
{
    EXPECT_TRUE(sb->diff.failed);
    EXPECT_STR(stream, sb->diff.first.stream);
    EXPECT_STR(field, sb->diff.first.field);
    scoreboard_destroy(sb);
}

static void pins(struct scoreboard *sb, enum board_kind kind, uint64_t cycle, uint16_t sid)
{
    struct board_record r = {.cycle = cycle, .kind = (uint8_t)kind, .sid = sid};

    scoreboard_board(sb, &r);
}

static void record(struct scoreboard *sb, enum rec_iommu_kind kind, uint64_t cycle)
{
    struct rec_iommu r = {.cycle = cycle, .kind = (uint8_t)kind, .lo = SID};

    scoreboard_iommu(sb, &r);
}

/* A descriptor of type 3 is due, in the first bytes of RAM. */
static struct scoreboard *due(void)
{
    struct scoreboard *sb = board();

    memcpy(ram, descriptor, sizeof(descriptor));
    memcpy(rtl_ram, descriptor, sizeof(descriptor));
    sb->model_halted = true; /* the order is drained as it fills */
    iommu_reg_write(sb->iommu, IQT, 4, 0x10);
    iommu_reg_write(sb->iommu, GCMD, 4, GCMD_TE_QIE);
    while (sb->iommu_records.model.count != 0) /* not the RTL's */
        ring_pop(&sb->iommu_records.model);
    return sb;
}

/* The RTL executes it; it is sent in this cycle. */
static void execute(struct scoreboard *sb, uint64_t sent, uint16_t sid)
{
    struct rec_bus beat = {.cycle = 5, .be = 0xFFFF, .src = BUS_IOMMU_WALK};
    struct rec_iwalk walk = {
        .cycle = 5, .value = {descriptor[0], descriptor[1]}, .kind = IWALK_DESCRIPTOR};
    struct board_record pin = {
        .cycle = sent, .kind = BOARD_INVALIDATE, .addr = 0x5000, .sid = sid, .value = 1};
    struct rec_iommu done = {.cycle = SENT,
                             .kind = IOMMU_DESCRIPTOR,
                             .lo = descriptor[0],
                             .hi = descriptor[1],
                             .latency = 3};

    memcpy(beat.data, descriptor, sizeof(descriptor));
    scoreboard_bus(sb, &beat);
    scoreboard_iwalk(sb, &walk);
    scoreboard_board(sb, &pin);
    scoreboard_iommu(sb, &done);
}

static struct scoreboard *outstanding(void)
{
    struct scoreboard *sb = due();

    execute(sb, SENT, SID);
    EXPECT_TRUE(!sb->diff.failed);
    EXPECT_TRUE(iommu_outstanding(sb->iommu));
    return sb;
}

GT_TEST(device, what_is_sent_is_the_models)
{
    struct scoreboard *sb = due();

    execute(sb, SENT, SID ^ 1);
    expect_first(sb, "board", "sid");
}

GT_TEST(device, it_is_sent_in_the_cycle_of_its_record)
{
    struct scoreboard *sb = due();

    execute(sb, SENT - 1, SID);
    expect_first(sb, "iommu", "invalidation");
}

GT_TEST(device, a_completion_is_given_to_the_model)
{
    struct scoreboard *sb = outstanding();

    pins(sb, BOARD_CPL_OFFER, 20, SID);
    pins(sb, BOARD_COMPLETION, 20, SID);
    record(sb, IOMMU_COMPLETION, 23);
    scoreboard_window(sb, 2000, 0, false);
    EXPECT_TRUE(!sb->diff.failed);
    EXPECT_TRUE(!iommu_outstanding(sb->iommu));
    EXPECT_U64(1, sb->counts.stimuli[STIM_COMPLETION]);
    scoreboard_destroy(sb);
}

GT_TEST(device, one_that_the_board_did_not_send_is_seen)
{
    struct scoreboard *sb = outstanding();

    record(sb, IOMMU_COMPLETION, 23);
    expect_first(sb, "iommu", "kind");
}

GT_TEST(device, it_is_the_one_that_the_board_sent)
{
    struct scoreboard *sb = outstanding();

    pins(sb, BOARD_COMPLETION, 20, SID ^ 0x100);
    record(sb, IOMMU_COMPLETION, 23);
    expect_first(sb, "iommu", "lo");
}

GT_TEST(deadline, a_completions_record_comes_3_cycles_after_it)
{
    struct scoreboard *sb = outstanding();

    pins(sb, BOARD_COMPLETION, 20, SID);
    record(sb, IOMMU_COMPLETION, 24);
    expect_first(sb, "iommu", "cycle");
}

GT_TEST(deadline, a_completion_at_the_pins_is_accepted)
{
    struct scoreboard *sb = outstanding();

    pins(sb, BOARD_CPL_OFFER, 20, SID);
    scoreboard_window(sb, 40, 0, false);
    EXPECT_TRUE(!sb->diff.failed);
    scoreboard_window(sb, 200, 0, false);
    EXPECT_STR("the completion at the pins is accepted", sb->diff.first.model);
    expect_first(sb, "dma", "deadline");
}

GT_TEST(deadline, an_accepted_completion_is_done)
{
    struct scoreboard *sb = outstanding();

    pins(sb, BOARD_CPL_OFFER, 20, SID);
    pins(sb, BOARD_COMPLETION, 20, SID);
    scoreboard_window(sb, 200, 0, false);
    EXPECT_STR("the completion is done", sb->diff.first.model);
    expect_first(sb, "dma", "deadline");
}

GT_TEST(deadline, register_accesses_do_not_starve_a_completion)
{
    struct rec_iommu access = {.addr = 0x34, .kind = IOMMU_REG_READ, .size = 4};
    struct scoreboard *sb = outstanding();

    pins(sb, BOARD_CPL_OFFER, 20, SID);
    for (unsigned i = 1; i <= 9; i++) {
        EXPECT_TRUE(!sb->diff.failed);
        access.cycle = 20 + 6 * i;
        scoreboard_iommu(sb, &access);
    }
    expect_first(sb, "dma", "deadline");
}

GT_TEST(deadline, a_completion_goes_before_a_request)
{
    struct scoreboard *sb = outstanding();

    pins(sb, BOARD_CPL_OFFER, 20, SID);
    pins(sb, BOARD_OFFER, 20, 0);
    pins(sb, BOARD_DMA, 20, 0);
    expect_first(sb, "dma", "order");
}

GT_TEST(deadline, a_time_out_comes_when_the_time_is_over)
{
    struct scoreboard *sb = outstanding();

    scoreboard_window(sb, TIME_OUT - 1, 0, false);
    record(sb, IOMMU_TIME_OUT, TIME_OUT);
    EXPECT_TRUE(!sb->diff.failed);
    EXPECT_TRUE(!iommu_outstanding(sb->iommu));
    scoreboard_destroy(sb);
    sb = outstanding();
    record(sb, IOMMU_TIME_OUT, TIME_OUT - 1);
    expect_first(sb, "iommu", "time-out");
}

GT_TEST(deadline, a_time_out_that_does_not_come_is_seen)
{
    struct scoreboard *sb = outstanding();

    scoreboard_window(sb, TIME_OUT + 10, 0, false);
    EXPECT_TRUE(!sb->diff.failed);
    scoreboard_window(sb, TIME_OUT + 100, 0, false);
    expect_first(sb, "iommu", "deadline");
}

GT_TEST(deadline, a_time_out_goes_before_a_request)
{
    struct rec_dma d = {.cycle = TIME_OUT - 2, .sid = 0x10, .len = 4};
    struct board_record sent = {.cycle = TIME_OUT - 2, .kind = BOARD_DMA, .sid = 0x10, .len = 4};
    struct scoreboard *sb = outstanding();

    scoreboard_board(sb, &sent);
    scoreboard_dma(sb, &d);
    expect_first(sb, "dma", "order");
}

GT_TEST(deadline, a_completion_goes_before_a_time_out)
{
    struct scoreboard *sb = outstanding();

    pins(sb, BOARD_CPL_OFFER, TIME_OUT - 2, SID);
    record(sb, IOMMU_TIME_OUT, TIME_OUT);
    expect_first(sb, "iommu", "order");
}

GT_TEST(device, a_time_out_of_nothing_is_seen)
{
    struct scoreboard *sb = board();

    sb->model_halted = true;
    record(sb, IOMMU_TIME_OUT, TIME_OUT);
    expect_first(sb, "iommu", "kind");
}
