// SPDX-License-Identifier: Apache-2.0
// The legality oracle of a remapping unit: every row of its table of invalidations in both
// directions, and laws that are no invalidation. VT-d "Invalidation of Translation Caches".
#include "legality_iommu_bench.h"

/* --- what a cache may hold when the invalidation comes; the invalidation is for 00:02.0, domain 1,
 * the page LI_IOVA, index 5 --- */

enum held {
    CONTEXT_OWN,
    CONTEXT_FUNCTION, /* another function of the device, which FM takes along */
    CONTEXT_DOMAIN,   /* another device, another domain */
    PAGE_OWN,
    PAGE_OTHER, /* the next page of the domain */
    PAGE_DOMAIN,
    TABLE_OWN, /* the level-2 entry */
    TABLE_DOMAIN,
    ENTRY_OWN,
    ENTRY_OTHER, /* the next index */
    HELD
};

static uint16_t sid_of(enum held held)
{
    if (held == CONTEXT_DOMAIN || held == PAGE_DOMAIN || held == TABLE_DOMAIN)
        return 0x18;
    return held == CONTEXT_FUNCTION ? LI_OTHER : LI_SID;
}

static uint16_t did_of(enum held held)
{
    return sid_of(held) == 0x18 ? 2 : 1;
}

static uint64_t iova_of(enum held held)
{
    return held == PAGE_OTHER ? LI_IOVA + 0x1000 : LI_IOVA;
}

/* What it was; it is cached. Then what it is. */
static void replace(struct li *b, enum held held)
{
    uint16_t did = did_of(held);

    switch (held) {
    case CONTEXT_OWN:
    case CONTEXT_FUNCTION:
    case CONTEXT_DOMAIN:
        li_passes(b, sid_of(held), did);
        li_read_gives(b, sid_of(held), LI_IOVA, LI_IOVA);
        li_translates(b, sid_of(held), did);
        return;
    case PAGE_OWN:
    case PAGE_OTHER:
    case PAGE_DOMAIN:
        li_map(b, did, iova_of(held), LI_OLD);
        li_store(b, li_at(did, 1, iova_of(held)), LI_NEW | LI_RW);
        return;
    case TABLE_OWN:
    case TABLE_DOMAIN:
        li_store(b, li_at(did, 2, LI_IOVA), LI_SPARE | LI_RW);
        return;
    default:
        li_remap(b, held == ENTRY_OWN ? LI_INDEX : LI_INDEX + 1, 0x33);
        li_remap(b, held == ENTRY_OWN ? LI_INDEX : LI_INDEX + 1, 0x44);
        return;
    }
}

/* The answer that only what was cached gives. Of a table: its page gets a leaf that the IOTLB
 * cannot have seen, as it came behind the invalidation. */
static enum legality_word old_answer(struct li *b, enum held held)
{
    switch (held) {
    case CONTEXT_OWN:
    case CONTEXT_FUNCTION:
    case CONTEXT_DOMAIN:
        return li_read_gives(b, sid_of(held), LI_IOVA, LI_IOVA);
    case PAGE_OWN:
    case PAGE_OTHER:
    case PAGE_DOMAIN:
        return li_read_gives(b, sid_of(held), iova_of(held), LI_OLD);
    case TABLE_OWN:
    case TABLE_DOMAIN:
        li_store(b, li_at(did_of(held), 1, LI_IOVA), LI_LATE | LI_RW);
        return li_read_gives(b, sid_of(held), LI_IOVA, LI_LATE);
    default:
        return li_interrupt_gives(b, LI_SID, held == ENTRY_OWN ? LI_INDEX : LI_INDEX + 1, 0x33);
    }
}

static const struct legality_invalidation own = {
    .did = 1, .sid = LI_SID, .index = LI_INDEX, .iova = LI_IOVA};

/* By row: the letters of what must be gone, in the order of enum held; '.' may stay. */
static const struct {
    enum legality_iommu_event event;
    const char *gone;
} rows[] = {{UNIT_RESET, "GGGGGGGGGG"},
            {UNIT_CONTEXT_GLOBAL, "GGG......."},
            {UNIT_CONTEXT_DOMAIN, "GG........"},
            {UNIT_CONTEXT_DEVICE, "G........."},
            {UNIT_IOTLB_GLOBAL, "...GGGGG.."},
            {UNIT_IOTLB_DOMAIN, "...GG.G..."},
            {UNIT_IOTLB_PAGE, "...G..G..."},
            {UNIT_IOTLB_PAGE_IH, "...G......"},
            {UNIT_ENTRIES_GLOBAL, "........GG"},
            {UNIT_ENTRIES_INDEX, "........G."},
            {UNIT_SRTP, ".........."},
            {UNIT_SRTP_SELF, "GGGGGGGG.."},
            {UNIT_SIRTP, ".........."},
            {UNIT_SIRTP_SELF, "........GG"},
            {UNIT_TE, ".........."},
            {UNIT_WRITE_BUFFER, ".........."},
            {UNIT_DEVICE_TLB, ".........."}};

GT_TEST(legality_iommu, every_row_in_both_directions)
{
    EXPECT_U64(UNIT_EVENTS, sizeof(rows) / sizeof(rows[0]));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (enum held held = CONTEXT_OWN; held < HELD; held++) {
            struct legality_invalidation what = own;
            bool gone = rows[i].gone[held] == 'G';
            static struct li b;

            li_open(&b);
            replace(&b, held);
            EXPECT_TRUE(old_answer(&b, held) == LEGALITY_STALE);
            li_close(&b);

            li_open(&b);
            replace(&b, held);
            what.event = rows[i].event;
            legality_iommu_invalidated(b.l, &what);
            EXPECT_TRUE(old_answer(&b, held) == (gone ? LEGALITY_ILLEGAL : LEGALITY_STALE));
            if (gone)
                EXPECT_STR(legality_iommu_rule(rows[i].event)->name, b.v.rule);
            li_close(&b);
        }
}

/* FM leaves function bits out: 1 bit 2, 2 bits 2:1, 3 all. */
GT_TEST(legality_iommu, the_function_mask)
{
    static const uint16_t devices[] = {0x10, 0x14, 0x12, 0x11, 0x18};
    static const unsigned taken[] = {1, 2, 3, 4}; /* of them, by FM; in their order */

    for (unsigned fm = 0; fm < 4; fm++)
        for (unsigned i = 0; i < 5; i++) {
            struct legality_invalidation what = own;
            static struct li b;

            li_open(&b);
            li_passes(&b, devices[i], 1);
            li_read_gives(&b, devices[i], LI_IOVA, LI_IOVA);
            li_translates(&b, devices[i], 1);
            what.event = UNIT_CONTEXT_DEVICE;
            what.fm = (uint8_t)fm;
            legality_iommu_invalidated(b.l, &what);
            EXPECT_TRUE(li_read_gives(&b, devices[i], LI_IOVA, LI_IOVA) ==
                        (i < taken[fm] ? LEGALITY_ILLEGAL : LEGALITY_STALE));
            li_close(&b);
        }
}

/* 2^AM pages, naturally aligned. */
GT_TEST(legality_iommu, the_address_mask)
{
    for (unsigned am = 0; am < 4; am++)
        for (unsigned page = 0; page < 12; page++) {
            struct legality_invalidation what = own;
            uint64_t iova = 0x40200000 + page * UINT64_C(0x1000);
            static struct li b;

            li_open(&b);
            li_map(&b, 1, iova, LI_OLD);
            li_store(&b, li_at(1, 1, iova), LI_NEW | LI_RW);
            what.event = UNIT_IOTLB_PAGE;
            what.iova = 0x40202000;
            what.am = (uint8_t)am;
            legality_iommu_invalidated(b.l, &what);
            EXPECT_TRUE(li_read_gives(&b, LI_SID, iova, LI_OLD) ==
                        (page >> am == 2u >> am ? LEGALITY_ILLEGAL : LEGALITY_STALE));
            li_close(&b);
        }
}

GT_TEST(legality_iommu, the_index_mask)
{
    for (unsigned im = 0; im < 4; im++)
        for (unsigned index = 0; index < 16; index++) {
            struct legality_invalidation what = own;
            static struct li b;

            li_open(&b);
            li_remap(&b, index, 0x33);
            li_remap(&b, index, 0x44);
            what.event = UNIT_ENTRIES_INDEX;
            what.im = (uint8_t)im;
            legality_iommu_invalidated(b.l, &what);
            EXPECT_TRUE(li_interrupt_gives(&b, LI_SID, index, 0x33) ==
                        (index >> im == LI_INDEX >> im ? LEGALITY_ILLEGAL : LEGALITY_STALE));
            li_close(&b);
        }
}

/* What has begun may have dropped it, and has when a wait says so: VT-d "Invalidation Wait
 * Descriptor". */
GT_TEST(legality_iommu, the_queue_is_done_at_its_wait)
{
    static struct li b;

    li_open(&b);
    replace(&b, PAGE_OWN);
    legality_iommu_descriptor(b.l, 2 | 2 << 4 | UINT64_C(1) << 16, 0); /* IOTLB, domain 1 */
    EXPECT_TRUE(old_answer(&b, PAGE_OWN) == LEGALITY_STALE);
    EXPECT_TRUE(li_read_gives(&b, LI_SID, LI_IOVA, LI_NEW) == LEGALITY_FRESH);
    legality_iommu_descriptor(b.l, 5, 0); /* neither a status nor an event: nobody can see it */
    EXPECT_TRUE(old_answer(&b, PAGE_OWN) == LEGALITY_STALE);
    legality_iommu_descriptor(b.l, 5 | 1 << 5, 0x3F000);
    EXPECT_TRUE(old_answer(&b, PAGE_OWN) == LEGALITY_ILLEGAL);
    li_close(&b);
}

/* CAP.CM = 0: a walk that faults is made again each time. */
GT_TEST(legality_iommu, what_faults_is_not_cached)
{
    static struct li b;

    li_open(&b);
    li_store(&b, li_at(1, 1, LI_IOVA), 0);
    EXPECT_TRUE(li_faults(&b, LI_SID, LI_IOVA, false, 6) == LEGALITY_FRESH);
    li_store(&b, li_at(1, 1, LI_IOVA), LI_NEW | LI_RW);
    legality_iommu_write(b.l, 0x20C, 4, 0x80000000); /* F of the record */
    EXPECT_TRUE(li_faults(&b, LI_SID, LI_IOVA, false, 6) == LEGALITY_ILLEGAL);
    li_close(&b);
    li_open(&b);
    li_store2(&b, li_context_at(LI_SID), 0, 0);
    EXPECT_TRUE(li_faults(&b, LI_SID, LI_IOVA, false, 2) == LEGALITY_FRESH);
    li_translates(&b, LI_SID, 1);
    EXPECT_TRUE(li_faults(&b, LI_SID, LI_IOVA, false, 2) == LEGALITY_ILLEGAL);
    li_close(&b);
}

GT_TEST(legality_iommu, laws_of_now)
{
    static struct li b;

    li_open(&b);
    EXPECT_TRUE(li_read_gives(&b, LI_SID, LI_IOVA, LI_OLD) == LEGALITY_FRESH);
    EXPECT_TRUE(li_read_gives(&b, LI_SID, LI_IOVA, LI_NEW) == LEGALITY_ILLEGAL);
    EXPECT_STR("translation", b.v.rule);
    li_store(&b, li_at(1, 1, LI_IOVA + 0x1000), LI_OLD | 2); /* W alone */
    EXPECT_TRUE(li_read_gives(&b, LI_SID, LI_IOVA + 0x1000, LI_OLD) == LEGALITY_ILLEGAL);
    EXPECT_STR("access rights", b.v.rule);
    EXPECT_TRUE(li_faults(&b, LI_SID, LI_IOVA + 0x1000, false, 6) == LEGALITY_FRESH);
    EXPECT_TRUE(li_faults(&b, LI_SID, LI_IOVA + 0x1000, true, 5) == LEGALITY_ILLEGAL);
    b.r.te = false;
    li_registers(&b);
    EXPECT_TRUE(li_read_gives(&b, LI_SID, LI_IOVA, LI_OLD) == LEGALITY_ILLEGAL);
    EXPECT_STR("no translation", b.v.rule);
    EXPECT_TRUE(li_read_gives(&b, LI_SID, LI_IOVA, LI_IOVA) == LEGALITY_FRESH);
    b.r.epm = true;
    b.r.low[0] = 0x40200000;
    b.r.low[1] = 0x403FFFFF;
    li_registers(&b);
    EXPECT_TRUE(li_read_gives(&b, LI_SID, LI_IOVA, LI_IOVA) == LEGALITY_ILLEGAL);
    li_close(&b);
}

/* The record of a fault that may be suppressed, that is of another reason, that is none's. */
GT_TEST(legality_iommu, fault_records)
{
    const struct legality_request q = {.addr = LI_IOVA, .sid = LI_SID, .bytes = 4};
    const struct legality_iommu_answer fault = {.outcome = OUTCOME_BLOCKED, .reason = 6};
    static struct li b;

    li_open(&b);
    li_store(&b, li_at(1, 1, LI_IOVA), 0);
    EXPECT_TRUE(li_ask(&b, &q, &fault) == LEGALITY_ILLEGAL); /* not recorded */
    li_store(&b, li_context_at(LI_SID), LI_TABLE(1, 3) | 3); /* FPD */
    legality_iommu_invalidated(b.l, &(struct legality_invalidation){.event = UNIT_CONTEXT_GLOBAL});
    EXPECT_TRUE(li_ask(&b, &q, &fault) == LEGALITY_FRESH);
    EXPECT_TRUE(li_faults(&b, LI_SID, LI_IOVA, false, 6) == LEGALITY_ILLEGAL);
    li_close(&b);
    li_open(&b);
    legality_iommu_begin(b.l);
    legality_iommu_recorded(b.l, 0, LI_IOVA, UINT64_C(1) << 63 | LI_SID);
    b.v = legality_iommu_judge(
        b.l, &q, &(struct legality_iommu_answer){.outcome = OUTCOME_ADDRESS, .addr = LI_OLD});
    EXPECT_TRUE(b.v.word == LEGALITY_ILLEGAL);
    EXPECT_STR("fault record", b.v.rule);
    li_close(&b);
}

/* Was a fault without a record suppressed by what a cache may hold? Then PFO may be 0. */
GT_TEST(legality_iommu, an_overflow_that_may_be_none)
{
    const struct legality_iommu_answer fault = {.outcome = OUTCOME_BLOCKED, .reason = 6};

    for (unsigned stale = 0; stale < 2; stale++) {
        static struct li b;

        li_open(&b);
        b.unit.cap &= ~(UINT64_C(0xFF) << 40); /* one record */
        legality_iommu_reset(b.l, &b.unit);
        li_registers(&b);
        li_store(&b, li_context_at(LI_OTHER), LI_TABLE(1, 3) | (stale ? 3 : 1));
        li_read_gives(&b, LI_OTHER, LI_IOVA, LI_OLD);
        li_store(&b, li_context_at(LI_OTHER), LI_TABLE(1, 3) | 1);
        li_store(&b, li_at(1, 1, LI_IOVA), 0);
        legality_iommu_invalidated(b.l,
                                   &(struct legality_invalidation){.event = UNIT_IOTLB_GLOBAL});
        EXPECT_TRUE(li_faults(&b, LI_SID, LI_IOVA, false, 6) == LEGALITY_FRESH);
        EXPECT_TRUE(li_ask(&b,
                           &(struct legality_request){.addr = LI_IOVA, .sid = LI_OTHER, .bytes = 4},
                           &fault) == LEGALITY_FRESH);
        legality_iommu_write(b.l, 0x20C, 4, 0x80000000); /* F, not PFO */
        EXPECT_TRUE(li_faults(&b, LI_SID, LI_IOVA, false, 6) ==
                    (stale ? LEGALITY_FRESH : LEGALITY_ILLEGAL));
        li_close(&b);
    }
}

/* A latched pointer that has been replaced still answers until what it led to is invalidated. */
GT_TEST(legality_iommu, the_root_of_before)
{
    static struct li b;

    li_open(&b);
    li_passes(&b, LI_SID, 1);
    li_read_gives(&b, LI_SID, LI_IOVA, LI_IOVA);
    b.r.rtaddr = LI_SPARE; /* nothing is present there */
    li_registers(&b);
    legality_iommu_invalidated(b.l, &(struct legality_invalidation){.event = UNIT_SRTP});
    EXPECT_TRUE(li_read_gives(&b, LI_SID, LI_IOVA, LI_IOVA) == LEGALITY_STALE);
    legality_iommu_invalidated(b.l, &(struct legality_invalidation){.event = UNIT_CONTEXT_GLOBAL});
    EXPECT_TRUE(li_read_gives(&b, LI_SID, LI_IOVA, LI_IOVA) == LEGALITY_ILLEGAL);
    li_close(&b);
}

/* What no cache of any kind can hold any more is let go; otherwise the bound holds. */
static size_t most_held(bool all)
{
    static const enum legality_iommu_event others[] = {UNIT_CONTEXT_GLOBAL, UNIT_ENTRIES_GLOBAL};
    static struct li b;
    size_t most = 0;

    li_open(&b);
    for (uint64_t i = 0; i < 20000; i++) {
        li_store(&b, li_at(1, 1, LI_IOVA), i << 12 | LI_RW);
        li_read_gives(&b, LI_SID, LI_IOVA, i << 12 & 0xFFFFFFF000);
        if (i % 16 == 0)
            legality_iommu_invalidated(b.l,
                                       &(struct legality_invalidation){.event = UNIT_IOTLB_GLOBAL});
        for (size_t k = 0; i % 16 == 8 && all && k < 2; k++)
            legality_iommu_invalidated(b.l, &(struct legality_invalidation){.event = others[k]});
        if (legality_iommu_held(b.l) > most)
            most = legality_iommu_held(b.l);
    }
    li_close(&b);
    return most;
}

GT_TEST(legality_iommu, memory_is_bounded)
{
    EXPECT_TRUE(most_held(false) <= 256);
    EXPECT_TRUE(most_held(true) <= 64);
}
