// SPDX-License-Identifier: Apache-2.0
// An MMU of somebody else's in the scoreboard: its answers, judged, are the model's.
// docs/lockstep.md "An MMU of your own".
#include "scoreboard_bench.h"

static void expect_first(struct scoreboard *sb, const char *stream, const char *field)
{
    EXPECT_TRUE(sb->diff.failed);
    EXPECT_STR(stream, sb->diff.first.stream);
    EXPECT_STR(field, sb->diff.first.field);
    scoreboard_destroy(sb);
}

/* Paging is off: an address is its own. */
static struct script asks(void)
{
    struct script s = script_of_one();

    s.with_walk = s.with_sys = false;
    s.translates = true;
    s.sys.cr0 = 0;
    s.xlate = (struct rec_xlate){.va = 0x123, .pa = 0x123, .memtype = 6, .access = ACCESS_READ};
    return s;
}

/* The RTL answered so; the model asks. */
static struct scoreboard *answers(struct script *model, const struct rec_xlate *rtl)
{
    struct scoreboard *sb;

    now = model;
    sb = board_of(true, false);
    scoreboard_xlate(sb, rtl);
    model->xlate.pa = model->xlate.memtype = 0; /* not known yet */
    scoreboard_retire(sb, &model->retire);
    return sb;
}

GT_TEST(own_mmu, a_permitted_answer_is_the_models)
{
    struct script s = asks();
    struct rec_xlate rtl = s.xlate;
    struct scoreboard *sb = answers(&s, &rtl);

    EXPECT_TRUE(!sb->diff.failed);
    EXPECT_U64(0x123, s.xlate.pa);
    EXPECT_U64(1, sb->counts.stimuli[STIM_LEGAL_ANSWER]);
    scoreboard_destroy(sb);
}

GT_TEST(own_mmu, another_answer_is_a_difference)
{
    struct script s = asks();
    struct rec_xlate rtl = s.xlate;

    rtl.pa = 0x1123;
    expect_first(answers(&s, &rtl), "legality", "verdict");
}

GT_TEST(own_mmu, both_ask_for_the_same)
{
    struct script s = asks();
    struct rec_xlate rtl = s.xlate;

    rtl.va = rtl.pa = 0x124;
    expect_first(answers(&s, &rtl), "xlate", "va");
    s = asks();
    rtl = s.xlate;
    rtl.user = 1;
    expect_first(answers(&s, &rtl), "xlate", "user");
}

GT_TEST(own_mmu, without_an_answer_there_is_none)
{
    struct script s = asks();
    struct scoreboard *sb;

    now = &s;
    sb = board_of(true, false);
    scoreboard_retire(sb, &s.retire);
    expect_first(sb, "xlate", "record");
}

static struct scoreboard *walker(bool write, uint64_t addr, uint32_t value)
{
    struct scoreboard *sb;
    struct rec_bus b = {.cycle = 20,
                        .addr = addr & ~UINT64_C(15),
                        .be = (uint16_t)(0xF << (addr & 15)),
                        .src = BUS_WALK,
                        .flags = write ? BUS_WRITE : 0};

    now = NULL;
    sb = board_of(true, false);
    sb->model_halted = true;
    memcpy(b.data + (addr & 15), &value, sizeof(value));
    scoreboard_bus(sb, &b);
    order_handle(sb, UINT64_MAX);
    return sb;
}

GT_TEST(own_mmu, the_walker_reads_what_memory_holds)
{
    expect_first(walker(false, 0x104, 1), "bus", "data");
}

GT_TEST(own_mmu, what_the_walker_writes_is_in_the_models_memory)
{
    struct scoreboard *sb = walker(true, 0x104, 0x21);

    EXPECT_U64(0x21, ram[0x104]);
    EXPECT_TRUE(!sb->diff.failed);
    scoreboard_destroy(sb);
}

GT_TEST(own_mmu, an_answer_has_5000_cycles)
{
    struct scoreboard *sb;
    uint64_t last;

    now = NULL;
    sb = board_of(true, false);
    last = WATCH_PROCESSOR_CYCLES + sb->watch.bus_cycles;
    EXPECT_TRUE(last > 5000 && last < 5300);
    scoreboard_window(sb, last, 0, false);
    EXPECT_TRUE(!sb->diff.failed);
    scoreboard_window(sb, last + 1, 0, false);
    expect_first(sb, "retire", "deadline");
}
