// SPDX-License-Identifier: Apache-2.0
// The scoreboard's streams with hand-made records. Agreeing records pass; each compared field of
// each record, changed alone, is named.
#include "scoreboard_bench.h"

GT_TEST(scoreboard, agreeing_records_pass)
{
    struct script s = script_of_one();
    struct scoreboard *sb = board();

    now = &s;
    feed(sb, &s);
    scoreboard_finish(sb, UINT64_MAX);
    EXPECT_TRUE(!sb->diff.failed);
    EXPECT_U64(1, sb->counts.instructions);
    scoreboard_destroy(sb);
}

GT_TEST(scoreboard, cycles_are_not_compared)
{
    struct script s = script_of_one(), rtl = s;
    struct scoreboard *sb = board();

    now = &s;
    rtl.retire.cycle = 77;
    rtl.xlate.cycle = 76;
    rtl.walk.cycle = 75;
    rtl.sys.cycle = 77;
    feed(sb, &rtl);
    scoreboard_finish(sb, UINT64_MAX);
    EXPECT_TRUE(!sb->diff.failed);
    scoreboard_destroy(sb);
}

/* Changes every compared field of the record at `offset` of the script, one at a time. */
static void each_field(const struct record_type *t, size_t offset)
{
    for (uint16_t i = 0; i < t->count; i++) {
        struct script s = script_of_one(), rtl = s;
        struct scoreboard *sb = board();
        const struct record_field *f = &t->fields[i];

        now = &s;
        ((uint8_t *)&rtl)[offset + f->offset] ^= 0x40;
        feed(sb, &rtl);
        scoreboard_finish(sb, UINT64_MAX);
        /* seq orders, and has bounds of its own */
        EXPECT_U64(f->compared || strcmp(f->name, "seq") == 0, sb->diff.failed);
        if (f->compared) {
            EXPECT_STR(t->stream, sb->diff.first.stream);
            EXPECT_STR(f->name, sb->diff.first.field);
        }
        scoreboard_destroy(sb);
    }
}

GT_TEST(scoreboard, each_field_of_retire_is_compared)
{
    each_field(&type_retire, offsetof(struct script, retire));
}

GT_TEST(scoreboard, each_field_of_xlate_is_compared)
{
    each_field(&type_xlate, offsetof(struct script, xlate));
}

GT_TEST(scoreboard, each_field_of_walk_is_compared)
{
    each_field(&type_walk, offsetof(struct script, walk));
}

GT_TEST(scoreboard, each_field_of_sys_is_compared)
{
    each_field(&type_sys, offsetof(struct script, sys));
}

GT_TEST(scoreboard, a_translation_that_the_rtl_left_out_is_missed)
{
    struct script s = script_of_one(), rtl = s;
    struct scoreboard *sb = board();

    now = &s;
    rtl.with_xlate = false;
    feed(sb, &rtl);
    EXPECT_TRUE(sb->diff.failed);
    EXPECT_STR("xlate", sb->diff.first.stream);
    EXPECT_STR("no record", sb->diff.first.rtl);
    scoreboard_destroy(sb);
}

GT_TEST(scoreboard, a_translation_that_the_rtl_made_up_is_seen)
{
    struct script s = script_of_one(), rtl = s;
    struct scoreboard *sb = board();

    now = &s;
    s.with_xlate = false;
    rtl.retire.cycle = 10;
    feed(sb, &rtl);
    EXPECT_TRUE(sb->diff.failed);
    EXPECT_STR("xlate", sb->diff.first.stream);
    EXPECT_STR("no record", sb->diff.first.model);
    scoreboard_destroy(sb);
}

GT_TEST(scoreboard, system_state_that_only_one_side_changed_is_seen)
{
    struct script s = script_of_one(), rtl = s;
    struct scoreboard *sb = board();

    now = &s;
    rtl.with_sys = false;
    feed(sb, &rtl);
    feed(sb, &rtl); /* the next retirement looks back */
    EXPECT_TRUE(sb->diff.failed);
    EXPECT_STR("sys", sb->diff.first.stream);
    scoreboard_destroy(sb);
}

/* A store: data, lanes, address and direction each differ alone. */
static bool store_differs(const struct rec_bus *rtl)
{
    struct script s = script_of_one();
    struct scoreboard *sb = board();
    bool failed;

    now = &s;
    s.with_access = true;
    s.access = (struct rw_access){
        .pa = 0x104, .bytes = 4, .src = BUS_DATA, .flags = BUS_WRITE, .data = {1, 2, 3, 4}};
    scoreboard_bus(sb, rtl);
    feed(sb, &s);
    failed = sb->diff.failed;
    if (failed)
        EXPECT_STR("bus", sb->diff.first.stream);
    scoreboard_destroy(sb);
    return failed;
}

static struct rec_bus the_store(void)
{
    struct rec_bus b = {.addr = 0x100, .be = 0xF0, .src = BUS_DATA, .flags = BUS_WRITE};

    memcpy(b.data + 4, (uint8_t[]){1, 2, 3, 4}, 4);
    return b;
}

GT_TEST(scoreboard, a_store_is_compared_by_address_lanes_data_and_direction)
{
    struct rec_bus b = the_store();

    EXPECT_TRUE(!store_differs(&b));
    b.addr = 0x110;
    EXPECT_TRUE(store_differs(&b));
    b = the_store();
    b.be = 0x70;
    EXPECT_TRUE(store_differs(&b));
    b = the_store();
    b.data[7] = 5;
    EXPECT_TRUE(store_differs(&b));
    b = the_store();
    b.flags = 0;
    EXPECT_TRUE(store_differs(&b));
    b = the_store();
    b.src = BUS_WALK;
    EXPECT_TRUE(store_differs(&b));
}

GT_TEST(scoreboard, an_iommu_record_that_the_model_never_made_is_seen_at_the_end)
{
    struct script s = script_of_one();
    struct scoreboard *sb = board();
    struct rec_iommu fault = {.cycle = 3, .kind = IOMMU_FAULT_RECORD, .lo = 0x1000};

    now = &s;
    scoreboard_iommu(sb, &fault);
    s.retire.cycle = 9;
    feed(sb, &s);
    EXPECT_TRUE(!sb->diff.failed);
    scoreboard_finish(sb, UINT64_MAX);
    EXPECT_TRUE(sb->diff.failed);
    EXPECT_STR("iommu", sb->diff.first.stream);
    scoreboard_destroy(sb);
}

/* docs/record.md: all of a record is compared but its cycle, seq and zeros. */
static uint64_t compared_bytes(const struct record_type *t)
{
    uint64_t bytes = 0;

    for (uint16_t i = 0; i < t->count; i++)
        bytes += t->fields[i].compared ? t->fields[i].size : 0;
    return bytes;
}

GT_TEST(scoreboard, no_field_is_left_out)
{
    EXPECT_U64(248 - 16 - 43, compared_bytes(&type_retire));
    EXPECT_U64(688 - 8 - 8 * 8 - 12 * 8 + 1, compared_bytes(&type_sys));
    EXPECT_U64(40 - 8 - 13, compared_bytes(&type_walk));
    EXPECT_U64(56 - 8 - 14, compared_bytes(&type_xlate));
    EXPECT_U64(56 - 16 - 11, compared_bytes(&type_bus));
    EXPECT_U64(48 - 8 - 15, compared_bytes(&type_iwalk));
    EXPECT_U64(72 - 16 - 7, compared_bytes(&type_dma));
    EXPECT_U64(48 - 8 - 8, compared_bytes(&type_iommu));
}
