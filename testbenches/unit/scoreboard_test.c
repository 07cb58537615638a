// SPDX-License-Identifier: Apache-2.0
// The scoreboard with hand-made records: a model of one instruction stands in for the golden one,
// so that both sides are under the test's hand. Agreeing records pass; each compared field of each
// record, changed alone, is named.
#include <stdlib.h>
#include <string.h>

#include "gt.h"
#include "scoreboard.h"

/* A model that emits what the test prepared. */
struct rw_model {
    struct rw_env env;
};

struct script {
    struct rec_retire retire;
    struct rec_xlate xlate;
    struct rec_walk walk;
    struct rec_sys sys;
    struct rw_access access;
    bool with_xlate, with_walk, with_sys, with_access, reads, interruptible;
};

static struct script *now; /* the script of the running test */

static struct rw_model *fake_create(const struct rw_model_config *config, const struct rw_env *env)
{
    struct rw_model *m = calloc(1, sizeof(*m));

    (void)config;
    m->env = *env;
    return m;
}

static void fake_destroy(struct rw_model *m)
{
    free(m);
}

static enum rw_step fake_step(struct rw_model *m)
{
    uint8_t data[16];

    if (now->with_walk)
        m->env.walk(m->env.ctx, &now->walk);
    if (now->with_xlate)
        m->env.xlate(m->env.ctx, &now->xlate);
    if (now->with_access)
        m->env.before(m->env.ctx, &now->access);
    if (now->reads)
        m->env.read(m->env.ctx, &now->access, data);
    m->env.retire(m->env.ctx, &now->retire);
    if (now->with_sys)
        m->env.sys(m->env.ctx, &now->sys);
    return RW_STEP_RETIRED;
}

static bool fake_interruptible(const struct rw_model *m, bool nmi)
{
    (void)m;
    (void)nmi;
    return now->interruptible;
}

static enum rw_step fake_interrupt(struct rw_model *m, uint8_t vector, bool nmi)
{
    struct rec_retire r = now->retire;

    (void)nmi;
    r.vector = vector;
    m->env.retire(m->env.ctx, &r);
    return RW_STEP_RETIRED;
}

static const struct rw_model_ops fake = {.name = "fake",
                                         .create = fake_create,
                                         .destroy = fake_destroy,
                                         .step = fake_step,
                                         .interruptible = fake_interruptible,
                                         .interrupt = fake_interrupt};

static uint8_t ram[4096];

static struct scoreboard *board(void)
{
    struct scoreboard_config c = {.ops = &fake, .mem = {ram, sizeof(ram)}};

    return scoreboard_create(&c);
}

static struct script script_of_one(void)
{
    struct script s = {.with_xlate = true, .with_walk = true, .with_sys = true};

    s.retire.rip = 0x1000;
    s.retire.next_rip = 0x1001;
    s.retire.len = 1;
    s.xlate.va = 0x1000;
    s.walk.addr = 0x2000;
    s.sys.cr0 = 0x11;
    return s;
}

/* Feed what the RTL says: the script's records, each possibly changed. */
static void feed(struct scoreboard *sb, const struct script *rtl)
{
    if (rtl->with_walk)
        scoreboard_walk(sb, &rtl->walk);
    if (rtl->with_xlate)
        scoreboard_xlate(sb, &rtl->xlate);
    scoreboard_retire(sb, &rtl->retire);
    if (rtl->with_sys)
        scoreboard_sys(sb, &rtl->sys);
}

GT_TEST(scoreboard, agreeing_records_pass)
{
    struct script s = script_of_one();
    struct scoreboard *sb = board();

    now = &s;
    feed(sb, &s);
    scoreboard_finish(sb);
    EXPECT_TRUE(!sb->failed);
    EXPECT_U64(1, sb->counts.instructions);
    scoreboard_destroy(sb);
}

GT_TEST(scoreboard, cycle_and_seq_are_not_compared)
{
    struct script s = script_of_one(), rtl = s;
    struct scoreboard *sb = board();

    now = &s;
    rtl.retire.cycle = 77;
    rtl.retire.seq = 5;
    rtl.xlate.cycle = 76;
    rtl.walk.cycle = 75;
    rtl.sys.cycle = 77;
    feed(sb, &rtl);
    scoreboard_finish(sb);
    EXPECT_TRUE(!sb->failed);
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
        scoreboard_finish(sb);
        EXPECT_U64(f->compared, sb->failed);
        if (f->compared) {
            EXPECT_STR(t->stream, sb->first.stream);
            EXPECT_STR(f->name, sb->first.field);
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
    EXPECT_TRUE(sb->failed);
    EXPECT_STR("xlate", sb->first.stream);
    EXPECT_STR("no record", sb->first.rtl);
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
    EXPECT_TRUE(sb->failed);
    EXPECT_STR("xlate", sb->first.stream);
    EXPECT_STR("no record", sb->first.model);
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
    EXPECT_TRUE(sb->failed);
    EXPECT_STR("sys", sb->first.stream);
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
    failed = sb->failed;
    if (failed)
        EXPECT_STR("bus", sb->first.stream);
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
    EXPECT_TRUE(!sb->failed);
    scoreboard_finish(sb);
    EXPECT_TRUE(sb->failed);
    EXPECT_STR("iommu", sb->first.stream);
    scoreboard_destroy(sb);
}

GT_TEST(scoreboard, an_interrupt_that_the_model_could_not_take_is_seen)
{
    struct script s = script_of_one();
    struct scoreboard *sb = board();

    now = &s;
    s.retire.kind = RETIRE_INTERRUPT;
    s.retire.vector = 0x40;
    scoreboard_inta(sb, 1, 0x40);
    scoreboard_retire(sb, &s.retire);
    EXPECT_TRUE(sb->failed);
    EXPECT_STR("not interruptible", sb->first.model);
    scoreboard_destroy(sb);
}

GT_TEST(scoreboard, an_interrupt_with_a_vector_that_nobody_gave_is_seen)
{
    struct script s = script_of_one(), rtl;
    struct scoreboard *sb = board();

    now = &s;
    s.interruptible = true;
    s.retire.kind = RETIRE_INTERRUPT;
    s.retire.vector = 0x40;
    rtl = s;
    rtl.retire.vector = 0x41;
    scoreboard_inta(sb, 1, 0x40);
    scoreboard_retire(sb, &rtl.retire);
    EXPECT_TRUE(sb->failed);
    EXPECT_STR("vector", sb->first.field);
    scoreboard_destroy(sb);
}

GT_TEST(scoreboard, an_interrupt_that_was_never_acknowledged_is_seen)
{
    struct script s = script_of_one();
    struct scoreboard *sb = board();

    now = &s;
    s.interruptible = true;
    s.retire.kind = RETIRE_INTERRUPT;
    scoreboard_retire(sb, &s.retire);
    EXPECT_TRUE(sb->failed);
    EXPECT_STR("stim", sb->first.stream);
    scoreboard_destroy(sb);
}

GT_TEST(scoreboard, an_nmi_that_nobody_raised_is_seen)
{
    struct script s = script_of_one();
    struct scoreboard *sb = board();

    now = &s;
    s.interruptible = true;
    s.retire.kind = RETIRE_NMI;
    scoreboard_nmi(sb);
    s.with_xlate = s.with_walk = s.with_sys = false;
    s.retire.vector = 2;
    scoreboard_retire(sb, &s.retire);
    EXPECT_TRUE(!sb->failed);
    scoreboard_retire(sb, &s.retire);
    EXPECT_TRUE(sb->failed);
    EXPECT_STR("never raised", sb->first.model);
    scoreboard_destroy(sb);
}

GT_TEST(scoreboard, an_interrupt_that_is_ignored_is_seen)
{
    struct script s = script_of_one();
    struct scoreboard *sb = board();

    now = &s;
    s.interruptible = true;
    s.with_xlate = s.with_walk = s.with_sys = false;
    scoreboard_intr_line(sb, 10, true);
    s.retire.cycle = 20;
    scoreboard_retire(sb, &s.retire);
    EXPECT_TRUE(!sb->failed);
    s.retire.cycle = 40;
    scoreboard_retire(sb, &s.retire);
    s.retire.cycle = 60;
    scoreboard_retire(sb, &s.retire);
    EXPECT_TRUE(sb->failed);
    EXPECT_STR("interrupt due", sb->first.model);
    scoreboard_destroy(sb);
}

/* The line has fallen again by the time the retirement is reported. */
GT_TEST(scoreboard, an_interrupt_that_is_taken_late_is_seen)
{
    struct script s = script_of_one();
    struct scoreboard *sb = board();

    now = &s;
    s.interruptible = true;
    s.with_xlate = s.with_walk = s.with_sys = false;
    scoreboard_intr_line(sb, 10, true);
    s.retire.cycle = 20;
    scoreboard_retire(sb, &s.retire);
    s.retire.cycle = 40;
    scoreboard_retire(sb, &s.retire);
    EXPECT_TRUE(!sb->failed);
    scoreboard_intr_line(sb, 60, false);
    s.retire.cycle = 60;
    scoreboard_retire(sb, &s.retire);
    EXPECT_TRUE(sb->failed);
    EXPECT_STR("interrupt due", sb->first.model);
    scoreboard_destroy(sb);
}

/* docs/lockstep.md "Streams": a lock keeps the bus with the processor until its write. */
GT_TEST(scoreboard, another_master_inside_a_lock_is_seen)
{
    struct script s = script_of_one();
    struct scoreboard *sb = board();
    struct rec_bus read = {.addr = 0x100, .be = 0xF0, .src = BUS_DATA, .flags = BUS_LOCK};
    struct rec_bus dma = {.addr = 0x200, .be = 0x0F, .src = BUS_DMA};

    now = &s;
    scoreboard_bus(sb, &read);
    EXPECT_TRUE(!sb->failed);
    scoreboard_bus(sb, &dma);
    EXPECT_TRUE(sb->failed);
    EXPECT_STR("lock", sb->first.field);
    scoreboard_destroy(sb);
}

/* docs/iommu.md "One thing at a time". */
GT_TEST(scoreboard, a_register_access_inside_a_request_is_seen)
{
    struct script s = script_of_one();
    struct scoreboard *sb = board();
    struct rec_dma request = {.iova = 0x100, .len = 4};
    struct rec_bus access = {.addr = UINT64_C(0xFED90000), .be = 0x0F, .src = BUS_DATA};

    now = &s;
    s.with_xlate = s.with_walk = s.with_sys = false;
    s.with_access = s.reads = true;
    s.access = (struct rw_access){.pa = UINT64_C(0xFED90000), .bytes = 4, .src = BUS_DATA};
    scoreboard_dma(sb, &request);
    scoreboard_bus(sb, &access);
    scoreboard_retire(sb, &s.retire);
    EXPECT_TRUE(sb->failed);
    EXPECT_STR("order", sb->first.field);
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
    EXPECT_U64(248 - 16 - 46, compared_bytes(&type_retire));
    EXPECT_U64(688 - 8 - 8 * 8 - 34 * 8, compared_bytes(&type_sys));
    EXPECT_U64(40 - 8 - 14, compared_bytes(&type_walk));
    EXPECT_U64(56 - 8 - 15, compared_bytes(&type_xlate));
    EXPECT_U64(56 - 16 - 12, compared_bytes(&type_bus));
    EXPECT_U64(48 - 8 - 15, compared_bytes(&type_iwalk));
    EXPECT_U64(72 - 16 - 7, compared_bytes(&type_dma));
    EXPECT_U64(48 - 8 - 8, compared_bytes(&type_iommu));
}
