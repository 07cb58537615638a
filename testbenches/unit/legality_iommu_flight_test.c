// SPDX-License-Identifier: Apache-2.0
// The legality oracle of a remapping unit with several requests in flight: each is judged by what
// was so at some time between its own acceptance and its answer. VT-d "Draining of Requests to
// Memory", "Primary Fault Logging".
#include "legality_unit_bench.h"

#define F    (UINT64_C(1) << 63)
#define READ (UINT64_C(1) << 62)
#define FSTS 0x34u

static struct legality_request by(uint16_t sid, bool write)
{
    return (struct legality_request){.addr = UB_IOVA, .sid = sid, .bytes = 4, .write = write};
}

static void accept(struct ub *b, uint8_t ticket, uint16_t sid)
{
    const struct legality_request q = by(sid, false);

    legality_iommu_accept(b->l, ticket, &q);
}

static enum legality_word goes(struct ub *b, uint8_t ticket, struct legality_request q,
                               uint64_t frame)
{
    const struct legality_iommu_answer a = {OUTCOME_ADDRESS, 0, frame | (UB_IOVA & 0xFFF), 0};

    b->v = legality_iommu_judge_of(b->l, ticket, &q, &a);
    return b->v.word;
}

static enum legality_word blocked(struct ub *b, uint8_t ticket, struct legality_request q,
                                  uint8_t reason)
{
    const struct legality_iommu_answer a = {OUTCOME_BLOCKED, reason, 0, 0};

    b->v = legality_iommu_judge_of(b->l, ticket, &q, &a);
    if (b->v.rule == NULL)
        b->v.rule = "none";
    return b->v.word;
}

static void record(struct ub *b, unsigned index, uint16_t sid, uint8_t reason)
{
    legality_iommu_recorded(b->l, index, UB_IOVA & ~UINT64_C(0xFFF),
                            F | READ | (uint64_t)reason << 32 | sid);
}

static void other_page(struct ub *b)
{
    ub_store(b, ub_at(1, UB_IOVA), UB_NEW | UB_RW);
}

/* Two in flight, one accepted before the page was replaced and dropped, one behind: the older one
 * may have the old page, whichever is answered first. */
GT_TEST(legality_iommu_flight, an_interval_of_its_own)
{
    for (unsigned first = 0; first < 2; first++) {
        struct ub b;

        ub_open(&b);
        EXPECT_U64(LEGALITY_FRESH, ub_reads(&b, UB_OLD));
        accept(&b, 1, UB_SID);
        other_page(&b);
        ub_drop_all(&b);
        accept(&b, 2, UB_SID);
        if (first == 0)
            EXPECT_U64(LEGALITY_STALE, goes(&b, 1, by(UB_SID, false), UB_OLD));
        EXPECT_U64(LEGALITY_ILLEGAL, goes(&b, 2, by(UB_SID, false), UB_OLD));
        if (first == 1)
            EXPECT_U64(LEGALITY_STALE, goes(&b, 1, by(UB_SID, false), UB_OLD));
        ub_close(&b);
    }
}

/* A younger one that is answered takes nothing from an older one that is not. */
GT_TEST(legality_iommu_flight, the_oldest_holds_what_it_may_use)
{
    struct ub b;

    ub_open(&b);
    EXPECT_U64(LEGALITY_FRESH, ub_reads(&b, UB_OLD));
    accept(&b, 1, UB_SID);
    for (unsigned i = 0; i < 20; i++) {
        ub_store(&b, ub_at(1, UB_IOVA), (UB_NEW + (i << 12)) | UB_RW);
        ub_drop_all(&b);
        accept(&b, 2, UB_SID);
        EXPECT_U64(LEGALITY_FRESH, goes(&b, 2, by(UB_SID, false), UB_NEW + (i << 12)));
    }
    EXPECT_U64(LEGALITY_STALE, goes(&b, 1, by(UB_SID, false), UB_OLD));
    ub_close(&b);
}

/* What was read since it was accepted, and is dropped again, is its own; what came and went before
 * is not. */
GT_TEST(legality_iommu_flight, what_was_between)
{
    struct ub b;

    ub_open(&b);
    ub_store(&b, ub_at(1, UB_IOVA), UINT64_C(0xCCC000) | UB_RW);
    ub_drop_all(&b);
    accept(&b, 3, UB_SID);
    other_page(&b);
    ub_drop_all(&b);
    ub_store(&b, ub_at(1, UB_IOVA), UINT64_C(0xDDD000) | UB_RW);
    ub_drop_all(&b);
    EXPECT_U64(LEGALITY_STALE, goes(&b, 3, by(UB_SID, false), UB_NEW));
    accept(&b, 3, UB_SID);
    EXPECT_U64(LEGALITY_ILLEGAL, goes(&b, 3, by(UB_SID, false), UB_OLD));
    ub_close(&b);
}

/* VT-d "Draining of Requests to Memory": a drained invalidation waits for what is in flight. Who
 * has moved its data before that is drained, whenever its answer comes. */
GT_TEST(legality_iommu_flight, drained_by_when_its_data_was_moved)
{
    const struct legality_invalidation i = {
        .event = UNIT_IOTLB_GLOBAL, .did = UB_DID, .drain_reads = true, .drain_writes = true};

    for (unsigned late = 0; late < 2; late++) {
        struct legality_request q = by(UB_SID, true);
        struct ub b;

        ub_open(&b);
        EXPECT_U64(LEGALITY_FRESH, ub_reads(&b, UB_OLD));
        accept(&b, 1, UB_SID);
        other_page(&b);
        q.moved = legality_iommu_now(b.l);
        legality_iommu_invalidated(b.l, &i);
        if (late != 0)
            q.moved = legality_iommu_now(b.l) + 1;
        EXPECT_U64(late != 0 ? LEGALITY_ILLEGAL : LEGALITY_STALE, goes(&b, 1, q, UB_OLD));
        ub_close(&b);
    }
}

/* Nobody answered at the table when it was read; a store of another request has made memory of it
 * since. */
GT_TEST(legality_iommu_flight, nobody_answered_then)
{
    struct ub b;

    ub_open(&b);
    ub_store(&b, UB_SPARE + (UB_IOVA >> 12 & 511) * 8, UB_NEW | UB_RW);
    ub_store(&b, ub_at(2, UB_IOVA), UB_SPARE | UB_RW);
    ub_drop_all(&b);
    b.gone = UB_SPARE;
    accept(&b, 1, UB_SID);
    b.gone = 0;
    legality_iommu_answers(b.l, UB_SPARE + (UB_IOVA >> 12 & 511) * 8);
    accept(&b, 2, UB_SID);
    record(&b, 0, UB_SID, 7);
    EXPECT_U64(LEGALITY_FRESH, goes(&b, 2, by(UB_SID, false), UB_NEW));
    EXPECT_U64(LEGALITY_STALE, blocked(&b, 1, by(UB_SID, false), 7));
    accept(&b, 1, UB_SID);
    record(&b, 1, UB_SID, 7);
    EXPECT_U64(LEGALITY_ILLEGAL, blocked(&b, 1, by(UB_SID, false), 7));
    ub_close(&b);
}

/* Another device of the domain is in flight, by a table of its own: what it has walked may answer
 * already. */
GT_TEST(legality_iommu_flight, a_table_of_one_in_flight)
{
    for (unsigned there = 0; there < 2; there++) {
        struct ub b;

        ub_open(&b);
        ub_context(&b, 0x1235, UB_TABLE(5) | 1, 2, UB_DID);
        ub_store(&b, UB_TABLE(5) + (UB_IOVA >> 39 & 511) * 8, UB_TABLE(6) | UB_RW);
        ub_store(&b, UB_TABLE(6) + (UB_IOVA >> 30 & 511) * 8, UB_TABLE(7) | UB_RW);
        ub_store(&b, UB_TABLE(7) + (UB_IOVA >> 21 & 511) * 8, UB_SPARE | UB_RW);
        ub_store(&b, UB_SPARE + (UB_IOVA >> 12 & 511) * 8, UB_NEW | UB_RW);
        ub_drop_all(&b);
        if (there != 0)
            accept(&b, 2, 0x1235);
        accept(&b, 1, UB_SID);
        EXPECT_U64(there != 0 ? LEGALITY_STALE : LEGALITY_ILLEGAL,
                   goes(&b, 1, by(UB_SID, false), UB_NEW));
        ub_close(&b);
    }
}

/* Registers of any time since: TE went off and on again. */
GT_TEST(legality_iommu_flight, registers_of_between)
{
    const struct legality_iommu_answer straight = {OUTCOME_ADDRESS, 0, UB_IOVA, 0};
    struct legality_request q = by(UB_SID, false);
    struct ub b;

    ub_open(&b);
    accept(&b, 1, UB_SID);
    b.r.te = false;
    ub_registers(&b);
    b.r.te = true;
    ub_registers(&b);
    accept(&b, 2, UB_SID);
    EXPECT_U64(LEGALITY_ILLEGAL, legality_iommu_judge_of(b.l, 2, &q, &straight).word);
    EXPECT_U64(LEGALITY_FRESH, legality_iommu_judge_of(b.l, 1, &q, &straight).word);
    ub_close(&b);
}

/* Each record is that of its own request, in whichever order they are answered. */
GT_TEST(legality_iommu_flight, each_its_own_record)
{
    for (unsigned order = 0; order < 2; order++) {
        struct ub b;

        ub_open(&b);
        ub_context(&b, 0x1235, 0, 0, 0); /* not present: 2h */
        ub_store(&b, ub_at(1, UB_IOVA), 0);
        ub_drop_all(&b);
        accept(&b, 1, UB_SID);
        accept(&b, 2, UB_SID);
        record(&b, 0, 0x1235, 2);
        record(&b, 1, UB_SID, 6);
        if (order == 0)
            EXPECT_U64(LEGALITY_FRESH, blocked(&b, 1, by(UB_SID, false), 6));
        EXPECT_U64(LEGALITY_FRESH, blocked(&b, 2, by(0x1235, false), 2));
        if (order == 1)
            EXPECT_U64(LEGALITY_FRESH, blocked(&b, 1, by(UB_SID, false), 6));
        ub_close(&b);
    }
}

/* One record for two faults, and room: the one without is found; a record of nobody too, when the
 * last one has ended. */
GT_TEST(legality_iommu_flight, a_record_is_missing_or_of_nobody)
{
    struct ub b;

    ub_open(&b);
    ub_context(&b, 0x1235, 0, 0, 0);
    ub_context(&b, 0x1236, 0, 0, 0);
    ub_drop_all(&b);
    accept(&b, 1, UB_SID);
    accept(&b, 2, UB_SID);
    record(&b, 0, 0x1235, 2);
    EXPECT_U64(LEGALITY_FRESH, blocked(&b, 1, by(0x1235, false), 2));
    EXPECT_U64(LEGALITY_ILLEGAL, blocked(&b, 2, by(0x1236, false), 2));
    EXPECT_STR("fault logging", b.v.rule);
    accept(&b, 1, UB_SID);
    accept(&b, 2, UB_SID);
    record(&b, 1, 0x4444, 2);
    EXPECT_U64(LEGALITY_FRESH, goes(&b, 1, by(UB_SID, false), UB_OLD));
    EXPECT_U64(LEGALITY_ILLEGAL, goes(&b, 2, by(UB_SID, false), UB_OLD));
    EXPECT_STR("fault record", b.v.rule);
    ub_close(&b);
}

/* The last free record goes to the other one while this one is in flight: it may have found none,
 * though software has cleared it since; PFO is then not known. */
GT_TEST(legality_iommu_flight, no_record_was_free_between)
{
    struct ub b;

    ub_open_with(&b, 1024, UB_CAP & ~(UINT64_C(0xFF) << 40), UB_ECAP); /* one record */
    ub_context(&b, 0x1235, 0, 0, 0);
    ub_context(&b, 0x1236, 0, 0, 0);
    ub_drop_all(&b);
    accept(&b, 1, UB_SID);
    accept(&b, 2, UB_SID);
    record(&b, 0, 0x1235, 2);
    EXPECT_U64(LEGALITY_FRESH, blocked(&b, 1, by(0x1235, false), 2));
    ub_clear(&b, 0);
    legality_iommu_write(b.l, FSTS, 4, 1);
    EXPECT_U64(LEGALITY_FRESH, blocked(&b, 2, by(0x1236, false), 2));
    accept(&b, 1, UB_SID);
    record(&b, 0, 0x1235, 2);
    EXPECT_U64(LEGALITY_FRESH, blocked(&b, 1, by(0x1235, false), 2));
    ub_close(&b);
}
