// SPDX-License-Identifier: Apache-2.0
// What the board said against the RTL's records, deadlines, locks, fetch traffic and RAM.
// docs/lockstep.md "Stimuli", "Deadlines", "Locks", "Memory".
#include "scoreboard_bench.h"

static void expect_first(struct scoreboard *sb, const char *stream, const char *field)
{
    EXPECT_TRUE(sb->diff.failed);
    EXPECT_STR(stream, sb->diff.first.stream);
    EXPECT_STR(field, sb->diff.first.field);
    scoreboard_destroy(sb);
}

static const struct board_record device_read = {.cycle = 3,
                                                .kind = BOARD_READ,
                                                .addr = UINT64_C(0xFE000004),
                                                .len = 4,
                                                .src = BUS_DATA,
                                                .data = {1, 2, 3, 4}};

static struct rec_bus rtl_read(void)
{
    struct rec_bus b = {.cycle = 3, .addr = UINT64_C(0xFE000000), .be = 0xF0, .src = BUS_DATA};

    memcpy(b.data + 4, device_read.data, 4);
    return b;
}

GT_TEST(board, a_device_read_is_what_the_device_answered)
{
    struct scoreboard *sb = board();
    struct rec_bus b = rtl_read();

    scoreboard_board(sb, &device_read);
    scoreboard_bus(sb, &b);
    EXPECT_TRUE(!sb->diff.failed);
    scoreboard_destroy(sb);
    sb = board();
    b.data[5] ^= 1;
    scoreboard_board(sb, &device_read);
    scoreboard_bus(sb, &b);
    expect_first(sb, "bus", "data");
}

GT_TEST(board, an_access_that_never_reached_the_board_is_seen)
{
    struct scoreboard *sb = board();
    struct rec_bus b = rtl_read();

    scoreboard_bus(sb, &b);
    EXPECT_STR("nothing reached the board", sb->diff.first.model);
    expect_first(sb, "bus", "record");
}

static const struct board_record request = {
    .cycle = 5, .kind = BOARD_DMA, .addr = 0x1000, .sid = 0x10, .len = 4, .tag = 7};

GT_TEST(board, a_request_is_the_one_that_the_device_sent)
{
    struct rec_dma d = {.cycle = 5, .iova = 0x1010, .sid = 0x10, .len = 4, .tag = 7};
    struct scoreboard *sb = board();

    sb->model_halted = true; /* the order is drained as it fills */
    scoreboard_board(sb, &request);
    scoreboard_dma(sb, &d);
    expect_first(sb, "dma", "iova");
}

GT_TEST(board, the_answer_at_the_pins_is_predicted)
{
    struct rec_dma d = {.cycle = 5, .iova = 0x100, .sid = 0x10, .len = 4, .tag = 7, .write = 1};
    struct board_record sent = request, answer = {.cycle = 9, .kind = BOARD_ANSWER, .tag = 7};
    struct rec_bus beat = {
        .cycle = 7, .addr = 0x100, .be = 0xF, .src = BUS_DMA, .flags = BUS_WRITE};
    struct scoreboard *sb = board();

    sb->model_halted = true;
    sent.addr = 0x100;
    sent.flags = BUS_WRITE;
    scoreboard_board(sb, &sent);
    scoreboard_dma(sb, &d);
    scoreboard_bus(sb, &beat);
    scoreboard_board(sb, &answer); /* ok = 0: blocked, it says */
    d.phase = 1;
    d.pa = 0x100;
    d.latency = 1;
    d.cycle = 9;
    d.seq = 1;
    scoreboard_dma(sb, &d);
    expect_first(sb, "board", "ok");
}

GT_TEST(board, the_tsc_is_the_cycle)
{
    struct rec_stim s = {.cycle = 9, .value = 8, .kind = STIM_TSC};
    struct scoreboard *sb = board();

    scoreboard_stim(sb, &s);
    expect_first(sb, "stim", "tsc");
}

GT_TEST(board, a_record_says_its_own_cycle)
{
    struct board_record r = {.cycle = 9, .kind = BOARD_SKEW, .value = 8};
    struct scoreboard *sb = board();

    scoreboard_board(sb, &r);
    expect_first(sb, "record", "cycle");
}

GT_TEST(board, each_access_at_the_pins_has_a_record)
{
    struct board_record r = {.cycle = 9, .kind = BOARD_TICK, .value = 1};
    struct scoreboard *sb = board();

    scoreboard_board(sb, &r);
    expect_first(sb, "bus", "record");
}

GT_TEST(deadline, a_request_at_the_pins_is_accepted)
{
    struct board_record r = {.cycle = 9, .kind = BOARD_OFFER};
    struct scoreboard *sb = board();

    sb->model_halted = true;
    scoreboard_board(sb, &r);
    scoreboard_window(sb, 30, 0, false);
    EXPECT_TRUE(!sb->diff.failed);
    scoreboard_window(sb, 200, 0, false);
    expect_first(sb, "dma", "deadline");
}

GT_TEST(deadline, a_request_accepted_late_is_seen)
{
    struct board_record r = {.cycle = 9, .kind = BOARD_OFFER};
    struct scoreboard *sb = board();

    scoreboard_board(sb, &r);
    r.kind = BOARD_DMA;
    r.cycle = 200;
    scoreboard_board(sb, &r);
    expect_first(sb, "dma", "deadline");
}

GT_TEST(deadline, a_request_in_flight_goes_on_while_no_beat_of_the_processor_comes)
{
    struct script s = script_of_one();
    struct rec_dma d = {.cycle = 9};
    struct scoreboard *sb = board();

    now = &s;
    scoreboard_dma(sb, &d);
    for (uint64_t cycle = 20; cycle < 40; cycle += 10)
        retire_at(sb, &s, cycle);
    scoreboard_window(sb, 40, 0, false);
    EXPECT_TRUE(!sb->diff.failed);
    retire_at(sb, &s, 200);
    scoreboard_window(sb, 200, 0, false);
    expect_first(sb, "dma", "deadline");
}

GT_TEST(deadline, a_request_that_is_done_has_none)
{
    struct script s = script_of_one();
    struct rec_dma d = {.cycle = 9};
    struct scoreboard *sb = board();

    now = &s;
    scoreboard_dma(sb, &d);
    d.cycle = 19;
    d.phase = 1;
    scoreboard_dma(sb, &d);
    retire_at(sb, &s, 20);
    retire_at(sb, &s, 200);
    scoreboard_window(sb, 200, 0, false);
    EXPECT_TRUE(!sb->diff.failed);
    scoreboard_destroy(sb);
}

GT_TEST(deadline, register_accesses_do_not_starve_a_request)
{
    struct board_record r = {.cycle = 9, .kind = BOARD_OFFER};
    struct rec_iommu access = {.addr = 0x34, .kind = IOMMU_REG_READ, .size = 4};
    struct scoreboard *sb = board();

    scoreboard_board(sb, &r);
    for (unsigned i = 1; i <= 8; i++) {
        access.cycle = 9 + 6 * i;
        scoreboard_iommu(sb, &access);
        EXPECT_TRUE(!sb->diff.failed);
    }
    access.cycle = 63;
    scoreboard_iommu(sb, &access);
    expect_first(sb, "dma", "deadline");
}

GT_TEST(deadline, an_instruction_goes_on)
{
    struct script s = script_of_one();
    struct scoreboard *sb = board();

    now = &s;
    retire_at(sb, &s, 20);
    retire_at(sb, &s, 210);
    EXPECT_TRUE(!sb->diff.failed);
    retire_at(sb, &s, 500);
    expect_first(sb, "retire", "deadline");
}

GT_TEST(seq, is_that_of_the_last_byte)
{
    struct script s = script_of_one();
    struct scoreboard *sb = board();

    now = &s;
    s.retire.seq = 1;
    retire_at(sb, &s, 20);
    expect_first(sb, "retire", "seq");
}

/* docs/lockstep.md "Locks": nothing comes between the reads and the last write. */
static struct scoreboard *inside_a_lock(uint8_t src)
{
    struct scoreboard *sb = board();
    struct rec_bus read = {.addr = 0x100, .be = 0xF0, .src = BUS_DATA, .flags = BUS_LOCK};
    struct rec_bus other = {.addr = 0x200, .be = 0xFFFF, .src = src, .seq = 1};

    sb->bus.fetch_pages = 1;
    scoreboard_bus(sb, &read);
    EXPECT_TRUE(!sb->diff.failed);
    scoreboard_bus(sb, &other);
    return sb;
}

GT_TEST(locks, another_master_inside_one_is_seen)
{
    expect_first(inside_a_lock(BUS_DMA), "bus", "lock");
}

GT_TEST(locks, a_fetch_inside_one_is_seen)
{
    expect_first(inside_a_lock(BUS_FETCH), "bus", "lock");
}

GT_TEST(locks, the_lock_of_a_beat_is_the_models_word)
{
    struct script s = script_of_one();
    struct scoreboard *sb = board();
    struct rec_bus read = {.addr = 0x100, .be = 0xF, .src = BUS_DATA};

    now = &s;
    s.with_access = true;
    s.access = (struct rw_access){.pa = 0x100, .bytes = 4, .src = BUS_DATA, .flags = BUS_LOCK};
    scoreboard_bus(sb, &read);
    feed(sb, &s);
    expect_first(sb, "bus", "flags");
}

GT_TEST(fetch, a_line_outside_the_translated_page_is_seen)
{
    struct scoreboard *sb = board();
    struct rec_xlate here = {.access = ACCESS_FETCH, .pa = 0x123};
    struct rec_xlate elsewhere = {.access = ACCESS_FETCH, .pa = 0x5123};
    struct rec_bus line_read = {.addr = 0x120, .be = 0xFFFF, .src = BUS_FETCH};

    scoreboard_xlate(sb, &here);
    scoreboard_bus(sb, &line_read);
    EXPECT_TRUE(!sb->diff.failed);
    for (unsigned i = 0; i < SCOREBOARD_FETCH_PAGES; i++)
        scoreboard_xlate(sb, &elsewhere);
    line_read.seq = 1;
    scoreboard_bus(sb, &line_read);
    expect_first(sb, "bus", "fetch");
}

/* docs/iommu.md I6, I7. */
GT_TEST(iommu_order, a_register_access_inside_a_request_is_seen)
{
    struct script s = script_of_one();
    struct scoreboard *sb = board();
    struct rec_dma d = {.cycle = 5, .iova = 0x1000, .sid = 0x10, .len = 4, .tag = 7};
    struct rec_bus access = {.addr = UINT64_C(0xFED90000), .be = 0x0F, .src = BUS_DATA};

    now = &s;
    s.with_access = s.reads = true;
    s.access = (struct rw_access){.pa = UINT64_C(0xFED90000), .bytes = 4, .src = BUS_DATA};
    scoreboard_board(sb, &request);
    scoreboard_dma(sb, &d);
    scoreboard_bus(sb, &access);
    retire_at(sb, &s, 0);
    expect_first(sb, "iommu", "order");
}

GT_TEST(memory, what_only_the_rtls_ram_holds_is_seen)
{
    struct scoreboard *sb = board();

    rtl_ram[0x123] = 1;
    dirty[0] = 1;
    scoreboard_window(sb, 10, UINT64_MAX, true);
    expect_first(sb, "memory", "0x120");
}

GT_TEST(memory, a_write_that_the_model_has_still_to_make_is_no_difference)
{
    struct scoreboard *sb = board();
    struct rec_bus store = {.addr = 0x120, .be = 0x8, .src = BUS_DATA, .flags = BUS_WRITE};

    rtl_ram[0x123] = 1;
    dirty[0] = 1;
    scoreboard_bus(sb, &store);
    scoreboard_window(sb, 10, UINT64_MAX, true);
    EXPECT_TRUE(!sb->diff.failed);
    EXPECT_U64(1, dirty[0]);
    scoreboard_destroy(sb);
}

GT_TEST(memory, the_whole_of_it_is_compared_at_the_end)
{
    struct scoreboard *sb = board();

    rtl_ram[0x456] = 1;
    dirty[0] = 0;
    scoreboard_finish(sb, UINT64_MAX);
    expect_first(sb, "memory", "0x450");
}

GT_TEST(sys, what_was_asked_for_is_the_models_state)
{
    struct script s = script_of_one();
    struct scoreboard *sb = board();
    struct rec_sys state = s.sys;

    now = &s;
    state.asked = 1;
    scoreboard_sys(sb, &state);
    EXPECT_TRUE(!sb->diff.failed);
    state.cr4 = 1;
    scoreboard_sys(sb, &state);
    expect_first(sb, "sys", "cr4");
}
