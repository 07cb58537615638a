// SPDX-License-Identifier: Apache-2.0
// Every row of the table of invalidations of a remapping unit, in both directions: what a cache may
// hold is legal just before, and just after either still legal or ILLEGAL by that row. VT-d
// "Invalidation of Translation Caches"; what software says: "Register Descriptions", "Queued
// Invalidation Interface".
#include "legality_unit_bench.h"

#define OTHER_PAGE   (UB_IOVA + 0x1000)
#define OTHER_TABLE  (UB_IOVA + 0x200000)
#define OTHER_SID    0x1235 /* of the same domain */
#define STRANGER     0x1200 /* of another one */
#define STRANGER_DID 9
#define LATE         UINT64_C(0xCCC000)

/* What is held when the invalidation comes. */
enum held {
    CONTEXT_OWN,
    CONTEXT_OTHER, /* of another device of the domain */
    CONTEXT_STRANGER,
    PAGE_OWN,
    PAGE_OTHER,
    PAGE_STRANGER,
    TABLE_OWN, /* the level-2 entry that the walk of the address uses */
    TABLE_OTHER,
    TABLE_STRANGER,
    ENTRY_OWN,
    ENTRY_OTHER,
    HELD
};

static uint16_t sid_of(enum held held)
{
    if (held == CONTEXT_OTHER)
        return OTHER_SID;
    return held == CONTEXT_STRANGER || held == PAGE_STRANGER || held == TABLE_STRANGER ? STRANGER
                                                                                       : UB_SID;
}

static uint64_t iova_of(enum held held)
{
    return held == PAGE_OTHER ? OTHER_PAGE : held == TABLE_OTHER ? OTHER_TABLE : UB_IOVA;
}

/* A context entry: it was one of pass-through. */
static void hold(struct ub *b, enum held held)
{
    uint64_t iova = iova_of(held);
    uint16_t sid = sid_of(held);

    ub_map(b, iova, UB_OLD);
    ub_context(b, sid, UB_TABLE(4) | 1, 2, sid == STRANGER ? STRANGER_DID : UB_DID);
    if (held <= CONTEXT_STRANGER) {
        uint16_t did = sid == STRANGER ? STRANGER_DID : UB_DID;

        ub_context(b, sid, 9, 3, did);
        ub_context(b, sid, UB_TABLE(4) | 1, 2, did);
    } else if (held <= PAGE_STRANGER) {
        ub_store(b, ub_at(1, iova), UB_NEW | UB_RW);
    } else if (held <= TABLE_STRANGER) {
        ub_store(b, ub_at(2, iova), UB_SPARE | UB_RW);
    } else {
        unsigned index = held == ENTRY_OWN ? UB_INDEX : UB_INDEX ^ 1;

        ub_store2(b, ub_entry_at(index), ub_irte(0x41), 0);
        ub_store2(b, ub_entry_at(index), ub_irte(0x42), 0);
    }
}

/* Of a level-2 entry the table below gets a new leaf only now, so that no page can have it. */
static enum legality_word use(struct ub *b, enum held held)
{
    uint64_t iova = iova_of(held);
    struct legality_request q = ub_reading(iova);

    q.sid = sid_of(held);
    if (held <= CONTEXT_STRANGER)
        return ub_goes(b, q, iova);
    if (held <= PAGE_STRANGER)
        return ub_goes(b, q, UB_OLD | (iova & 0xFFF));
    if (held <= TABLE_STRANGER) {
        ub_store(b, ub_at(1, iova), LATE | UB_RW);
        return ub_goes(b, q, LATE | (iova & 0xFFF));
    }
    return ub_sent(b, ub_interrupt(held == ENTRY_OWN ? UB_INDEX : UB_INDEX ^ 1), 0xFEE5A000,
                   0x4041);
}

GT_TEST(legality_iommu_rules, each_is_legal_before_any)
{
    for (enum held held = 0; held < HELD; held++) {
        struct ub b;

        ub_open(&b);
        hold(&b, held);
        EXPECT_U64(LEGALITY_STALE, use(&b, held));
        ub_close(&b);
    }
}

/* '.': dropped; k: kept; in the order of enum held. */
static const char *const expected[UNIT_EVENTS] = {
    [UNIT_CONTEXT_GLOBAL] = "...kkkkkkkk", [UNIT_CONTEXT_DOMAIN] = "..kkkkkkkkk",
    [UNIT_CONTEXT_DEVICE] = ".kkkkkkkkkk", [UNIT_IOTLB_GLOBAL] = "kkk......kk",
    [UNIT_IOTLB_DOMAIN] = "kkk..k..kkk",   [UNIT_IOTLB_PAGE] = "kkk.kk.kkkk",
    [UNIT_IOTLB_PAGE_IH] = "kkk.kkkkkkk",  [UNIT_ENTRIES_GLOBAL] = "kkkkkkkkk..",
    [UNIT_ENTRIES_INDEX] = "kkkkkkkkk.k",  [UNIT_SRTP] = "kkkkkkkkkkk",
    [UNIT_SRTP_SELF] = ".........kk",      [UNIT_SIRTP] = "kkkkkkkkkkk",
    [UNIT_SIRTP_SELF] = "kkkkkkkkk..",     [UNIT_TE] = "kkkkkkkkkkk",
    [UNIT_WRITE_BUFFER] = "kkkkkkkkkkk",   [UNIT_DEVICE_TLB] = "kkkkkkkkkkk"};

static char after(enum held held, enum legality_iommu_event event)
{
    struct ub b;
    enum legality_word word;
    bool named;

    ub_open(&b);
    hold(&b, held);
    ub_drop(&b, event);
    word = use(&b, held);
    named = word == LEGALITY_ILLEGAL && strcmp(b.v.rule, legality_iommu_rule(event)->name) == 0;
    ub_close(&b);
    return word == LEGALITY_STALE ? 'k' : named ? '.' : '?';
}

GT_TEST(legality_iommu_rules, each_row_drops_what_it_says_and_no_more)
{
    for (enum legality_iommu_event event = UNIT_RESET + 1; event < UNIT_EVENTS; event++) {
        char seen[HELD + 1] = "";

        for (enum held held = 0; held < HELD; held++)
            seen[held] = after(held, event);
        EXPECT_STR(expected[event], seen);
    }
}

GT_TEST(legality_iommu_rules, a_reset_drops_everything)
{
    for (enum held held = 0; held < HELD; held++) {
        struct ub b;

        ub_open(&b);
        hold(&b, held);
        legality_iommu_reset(b.l, &b.unit);
        ub_registers(&b);
        EXPECT_U64(LEGALITY_ILLEGAL, use(&b, held));
        EXPECT_STR("reset", b.v.rule);
        ub_close(&b);
    }
}

GT_TEST(legality_iommu_rules, rows_have_names_of_their_own)
{
    for (enum legality_iommu_event event = 0; event < UNIT_EVENTS; event++)
        EXPECT_TRUE(legality_iommu_rule_named(legality_iommu_rule(event)->name) ==
                    legality_iommu_rule(event));
    EXPECT_TRUE(legality_iommu_rule_named("INVLPG") == NULL);
}

/* --- masks --- */

/* The entry of the own device, invalidated with these parameters. */
static enum legality_word with(enum held held, const struct legality_invalidation *i)
{
    struct ub b;
    enum legality_word word;

    ub_open(&b);
    hold(&b, held);
    legality_iommu_invalidated(b.l, i);
    word = use(&b, held);
    ub_close(&b);
    return word;
}

/* VT-d "Context Command Register": FM 1 leaves out function bit 2, 2 bits 2:1, 3 bits 2:0. */
GT_TEST(legality_iommu_rules, fm_leaves_function_bits_out)
{
    static const uint16_t left_out[] = {0, 4, 6, 7};

    for (uint8_t fm = 0; fm < 4; fm++)
        for (unsigned bit = 0; bit < 16; bit++) {
            const struct legality_invalidation i = {.event = UNIT_CONTEXT_DEVICE,
                                                    .did = UB_DID,
                                                    .sid = (uint16_t)(UB_SID ^ 1u << bit),
                                                    .fm = fm};

            EXPECT_U64(left_out[fm] >> bit & 1 ? LEGALITY_ILLEGAL : LEGALITY_STALE,
                       with(CONTEXT_OWN, &i));
        }
}

GT_TEST(legality_iommu_rules, a_device_is_invalidated_under_its_domain)
{
    for (unsigned bit = 0; bit < 16; bit++) {
        const struct legality_invalidation i = {
            .event = UNIT_CONTEXT_DEVICE, .did = (uint16_t)(UB_DID ^ 1u << bit), .sid = UB_SID};
        const struct legality_invalidation page = {
            .event = UNIT_IOTLB_PAGE, .did = (uint16_t)(UB_DID ^ 1u << bit), .iova = UB_IOVA};

        EXPECT_U64(LEGALITY_STALE, with(CONTEXT_OWN, &i));
        EXPECT_U64(LEGALITY_STALE, with(PAGE_OWN, &page));
    }
}

/* VT-d "Invalidate Address Register": 2^AM pages, naturally aligned. Of a level-2 entry any page
 * below it counts. */
GT_TEST(legality_iommu_rules, am_widens_the_range)
{
    for (uint8_t am = 0; am <= 18; am++)
        for (unsigned bit = 12; bit < 57; bit++) {
            const struct legality_invalidation i = {.event = UNIT_IOTLB_PAGE,
                                                    .did = UB_DID,
                                                    .am = am,
                                                    .iova = UB_IOVA ^ UINT64_C(1) << bit};

            EXPECT_U64(bit < 12u + am ? LEGALITY_ILLEGAL : LEGALITY_STALE, with(PAGE_OWN, &i));
            EXPECT_U64(bit < 21 || bit < 12u + am ? LEGALITY_ILLEGAL : LEGALITY_STALE,
                       with(TABLE_OWN, &i));
        }
}

GT_TEST(legality_iommu_rules, im_widens_the_index)
{
    for (uint8_t im = 0; im < 16; im++)
        for (unsigned bit = 0; bit < 16; bit++) {
            const struct legality_invalidation i = {
                .event = UNIT_ENTRIES_INDEX, .index = (uint16_t)(UB_INDEX ^ 1u << bit), .im = im};

            EXPECT_U64(bit < im ? LEGALITY_ILLEGAL : LEGALITY_STALE, with(ENTRY_OWN, &i));
        }
}

/* A page of 2 MBytes may be cached in pieces: one of them is dropped. */
GT_TEST(legality_iommu_rules, a_large_page_may_be_dropped_in_pieces)
{
    uint64_t old = UINT64_C(0x40000000) | (UB_IOVA & 0x1FFFFF);
    struct legality_invalidation i = {
        .event = UNIT_IOTLB_PAGE, .did = UB_DID, .iova = UB_IOVA ^ 0x1000};
    struct ub b;

    ub_open(&b);
    ub_store(&b, ub_at(2, UB_IOVA), UINT64_C(0x40000000) | UB_RW | UB_PS);
    ub_store(&b, ub_at(2, UB_IOVA), UB_TABLE(1) | UB_RW);
    legality_iommu_invalidated(b.l, &i);
    EXPECT_U64(LEGALITY_STALE, ub_goes(&b, ub_reading(UB_IOVA), old));
    i.am = 9;
    legality_iommu_invalidated(b.l, &i);
    EXPECT_U64(LEGALITY_ILLEGAL, ub_goes(&b, ub_reading(UB_IOVA), old));
    EXPECT_STR("IOTLB, page", b.v.rule);
    ub_close(&b);
}

/* --- begun, and complete --- */

/* One that has begun may have dropped it or not; a request that began before it is complete may use
 * what it had. */
GT_TEST(legality_iommu_rules, until_it_is_complete_all_is_legal)
{
    const struct legality_invalidation i = {.event = UNIT_IOTLB_GLOBAL};
    struct ub b;

    ub_open(&b);
    hold(&b, PAGE_OWN);
    legality_iommu_invalidate(b.l, &i);
    EXPECT_U64(LEGALITY_FRESH, ub_reads(&b, UB_NEW));
    EXPECT_U64(LEGALITY_STALE, ub_reads(&b, UB_OLD));
    legality_iommu_begin(b.l);
    legality_iommu_complete(b.l);
    EXPECT_U64(LEGALITY_STALE,
               ub_judge(&b, &(struct legality_request){.addr = UB_IOVA, .sid = UB_SID, .bytes = 4},
                        &(struct legality_iommu_answer){OUTCOME_ADDRESS, 0,
                                                        UB_OLD | (UB_IOVA & 0xFFF), 0}));
    EXPECT_U64(LEGALITY_ILLEGAL, ub_reads(&b, UB_OLD));
    ub_close(&b);
}

/* What is stored between beginning and completion was perhaps read before. */
GT_TEST(legality_iommu_rules, what_is_replaced_meanwhile_may_stay)
{
    const struct legality_invalidation i = {.event = UNIT_IOTLB_GLOBAL};
    struct ub b;

    ub_open(&b);
    legality_iommu_invalidate(b.l, &i);
    hold(&b, PAGE_OWN);
    legality_iommu_complete(b.l);
    EXPECT_U64(LEGALITY_STALE, ub_reads(&b, UB_OLD));
    ub_close(&b);
}

/* What was read through an entry that the invalidation ends goes with that, when it is covered too;
 * a page beside it, read meanwhile, may stay. */
GT_TEST(legality_iommu_rules, what_is_derived_goes_with_its_entry)
{
    const struct legality_invalidation own = {
        .event = UNIT_IOTLB_PAGE, .did = UB_DID, .iova = UB_IOVA};
    const uint64_t offset = UB_IOVA & 0xFFF;
    struct ub b;

    ub_open(&b);
    ub_map(&b, OTHER_PAGE, UB_OLD);
    ub_store(&b, ub_at(2, UB_IOVA), UB_SPARE | UB_RW);
    legality_iommu_invalidate(b.l, &own);
    ub_store(&b, ub_at(1, UB_IOVA), LATE | UB_RW);
    ub_store(&b, ub_at(1, OTHER_PAGE), LATE | UB_RW);
    EXPECT_U64(LEGALITY_STALE, ub_reads(&b, LATE)); /* on the way */
    legality_iommu_complete(b.l);
    EXPECT_U64(LEGALITY_ILLEGAL, ub_reads(&b, LATE));
    EXPECT_U64(LEGALITY_STALE, ub_goes(&b, ub_reading(OTHER_PAGE), LATE | offset));
    ub_drop(&b, UNIT_IOTLB_DOMAIN);
    EXPECT_U64(LEGALITY_ILLEGAL, ub_goes(&b, ub_reading(OTHER_PAGE), LATE | offset));
    ub_close(&b);
}

/* VT-d "Draining of Requests to Memory": with DR a read that was on its way has been waited for,
 * with DW a write. */
static enum legality_word drained(bool write, bool dr, bool dw, uint64_t cap)
{
    const struct legality_invalidation i = {
        .event = UNIT_IOTLB_GLOBAL, .drain_reads = dr, .drain_writes = dw};
    struct legality_request q = write ? ub_writing(UB_IOVA) : ub_reading(UB_IOVA);
    enum legality_word word;
    struct ub b;

    ub_open_with(&b, 1024, cap, UB_ECAP);
    hold(&b, PAGE_OWN);
    legality_iommu_begin(b.l);
    legality_iommu_invalidated(b.l, &i);
    word = ub_judge(
        &b, &q, &(struct legality_iommu_answer){OUTCOME_ADDRESS, 0, UB_OLD | (UB_IOVA & 0xFFF), 0});
    ub_close(&b);
    return word;
}

GT_TEST(legality_iommu_rules, draining_counts_for_requests_on_their_way)
{
    const uint64_t no_drain = UB_CAP & ~(UINT64_C(3) << 54);

    EXPECT_U64(LEGALITY_STALE, drained(false, false, true, UB_CAP));
    EXPECT_U64(LEGALITY_ILLEGAL, drained(false, true, false, UB_CAP));
    EXPECT_U64(LEGALITY_STALE, drained(true, true, false, UB_CAP));
    EXPECT_U64(LEGALITY_ILLEGAL, drained(true, false, true, UB_CAP));
    EXPECT_U64(LEGALITY_STALE, drained(false, true, true, no_drain));
    EXPECT_U64(LEGALITY_STALE, drained(true, true, true, no_drain));
}

/* --- as software says it --- */

#define GCMD   0x18u
#define RTADDR 0x20u
#define CCMD   0x28u
#define IRTA   0xB8u
#define IVA    0x100u
#define IOTLB  0x108u
#define TE_IRE UINT64_C(0x82000000)
#define QIE    UINT64_C(0x04000000)
#define SRTP   UINT64_C(0x40000000)
#define SIRTP  UINT64_C(0x01000000)
#define GO     (UINT64_C(1) << 63)

static enum legality_word by_registers(enum held held, uint32_t offset, uint64_t value,
                                       uint64_t iva, bool halves)
{
    struct ub b;
    enum legality_word word;

    ub_open(&b);
    hold(&b, held);
    legality_iommu_write(b.l, IVA, 8, iva);
    if (halves) {
        legality_iommu_write(b.l, offset, 4, (uint32_t)value);
        legality_iommu_write(b.l, offset + 4, 4, value >> 32);
    } else {
        legality_iommu_write(b.l, offset, 8, value);
    }
    word = use(&b, held);
    ub_close(&b);
    return word;
}

static uint64_t ccmd(unsigned cirg, unsigned fm, unsigned sid, unsigned did)
{
    return GO | (uint64_t)cirg << 61 | (uint64_t)fm << 32 | sid << 16 | did;
}

static uint64_t iotlb(unsigned iirg, unsigned did)
{
    return GO | (uint64_t)iirg << 60 | (uint64_t)did << 32;
}

GT_TEST(legality_iommu_rules, commands_by_registers)
{
    for (unsigned halves = 0; halves < 2; halves++) {
        EXPECT_U64(LEGALITY_STALE,
                   by_registers(CONTEXT_OWN, CCMD, ccmd(0, 0, UB_SID, UB_DID), 0, halves));
        EXPECT_U64(LEGALITY_ILLEGAL, by_registers(CONTEXT_OWN, CCMD, ccmd(1, 0, 0, 0), 0, halves));
        EXPECT_U64(LEGALITY_ILLEGAL,
                   by_registers(CONTEXT_OWN, CCMD, ccmd(2, 0, 0, UB_DID), 0, halves));
        EXPECT_U64(LEGALITY_STALE,
                   by_registers(CONTEXT_OWN, CCMD, ccmd(2, 0, 0, UB_DID ^ 1), 0, halves));
        EXPECT_U64(LEGALITY_ILLEGAL,
                   by_registers(CONTEXT_OWN, CCMD, ccmd(3, 1, UB_SID ^ 4, UB_DID), 0, halves));
        EXPECT_U64(LEGALITY_STALE,
                   by_registers(CONTEXT_OWN, CCMD, ccmd(3, 0, UB_SID ^ 4, UB_DID), 0, halves));
        EXPECT_U64(LEGALITY_STALE,
                   by_registers(CONTEXT_OWN, CCMD, ccmd(1, 0, 0, 0) & ~GO, 0, halves));
        EXPECT_U64(LEGALITY_ILLEGAL, by_registers(PAGE_OWN, IOTLB, iotlb(1, 0), 0, halves));
        EXPECT_U64(LEGALITY_ILLEGAL, by_registers(PAGE_OWN, IOTLB, iotlb(2, UB_DID), 0, halves));
        EXPECT_U64(LEGALITY_STALE,
                   by_registers(PAGE_OWN, IOTLB, iotlb(0, UB_DID), UB_IOVA, halves));
        EXPECT_U64(LEGALITY_ILLEGAL,
                   by_registers(PAGE_OWN, IOTLB, iotlb(3, UB_DID), UB_IOVA & ~0xFFFu, halves));
        EXPECT_U64(LEGALITY_STALE,
                   by_registers(PAGE_OWN, IOTLB, iotlb(3, UB_DID), OTHER_PAGE & ~0xFFFu, halves));
        EXPECT_U64(LEGALITY_ILLEGAL, by_registers(PAGE_OWN, IOTLB, iotlb(3, UB_DID),
                                                  ((UB_IOVA ^ 0x1000) & ~0xFFFu) | 1, halves));
        EXPECT_U64(LEGALITY_STALE, by_registers(PAGE_OWN, IOTLB, iotlb(3, UB_DID), 19, halves));
        EXPECT_U64(LEGALITY_ILLEGAL,
                   by_registers(TABLE_OWN, IOTLB, iotlb(3, UB_DID), UB_IOVA & ~0xFFFu, halves));
        EXPECT_U64(LEGALITY_STALE, by_registers(TABLE_OWN, IOTLB, iotlb(3, UB_DID),
                                                (UB_IOVA & ~0xFFFu) | 0x40, halves));
    }
}

/* While queued invalidation is on, these must not be used: nothing is demanded of them. */
GT_TEST(legality_iommu_rules, commands_while_the_queue_is_on_demand_nothing)
{
    struct ub b;

    ub_open(&b);
    hold(&b, PAGE_OWN);
    legality_iommu_write(b.l, RTADDR, 8, UB_ROOT);
    legality_iommu_write(b.l, GCMD, 4, TE_IRE | QIE);
    legality_iommu_write(b.l, IOTLB, 8, iotlb(1, 0));
    EXPECT_U64(LEGALITY_STALE, ub_reads(&b, UB_OLD));
    legality_iommu_write(b.l, GCMD, 4, TE_IRE);
    legality_iommu_write(b.l, IOTLB, 8, iotlb(1, 0));
    EXPECT_U64(LEGALITY_ILLEGAL, ub_reads(&b, UB_OLD));
    ub_close(&b);
}

#define WAIT_SW UINT64_C(0x25)
#define WAIT_IF UINT64_C(0x15)
#define WAIT_FN UINT64_C(0x45)

/* The descriptor, then this wait. */
static enum legality_word by_queue(enum held held, uint64_t lo, uint64_t hi, uint64_t wait)
{
    struct ub b;
    enum legality_word word;

    ub_open(&b);
    hold(&b, held);
    legality_iommu_descriptor(b.l, lo, hi);
    if (wait != 0)
        legality_iommu_descriptor(b.l, wait, 0x3000);
    word = use(&b, held);
    ub_close(&b);
    return word;
}

/* Done is what a later wait says that is done: its status, or its event. */
GT_TEST(legality_iommu_rules, a_descriptor_counts_when_a_wait_has_said_so)
{
    const uint64_t global = 0x12;

    EXPECT_U64(LEGALITY_STALE, by_queue(PAGE_OWN, global, 0, 0));
    EXPECT_U64(LEGALITY_STALE, by_queue(PAGE_OWN, global, 0, WAIT_FN));
    EXPECT_U64(LEGALITY_ILLEGAL, by_queue(PAGE_OWN, global, 0, WAIT_IF));
    EXPECT_U64(LEGALITY_ILLEGAL, by_queue(PAGE_OWN, global, 0, WAIT_SW));
}

GT_TEST(legality_iommu_rules, descriptors_by_their_fields)
{
    const uint64_t did = (uint64_t)UB_DID << 16, page = UB_IOVA & ~UINT64_C(0xFFF);
    const uint64_t sid = (uint64_t)UB_SID << 32, function = UINT64_C(4) << 32;
    const struct {
        enum held held;
        uint64_t lo, hi;
        bool drops;
    } rows[] = {
        {CONTEXT_OWN, 0x11, 0, true},
        {CONTEXT_OWN, 0x21 | did, 0, true},
        {CONTEXT_OWN, 0x21 | (did ^ 0x10000), 0, false},
        {CONTEXT_OWN, 0x31 | did | sid, 0, true},
        {CONTEXT_OWN, 0x31 | did | (sid ^ function), 0, false},
        {CONTEXT_OWN, 0x31 | did | (sid ^ function) | UINT64_C(1) << 48, 0, true},
        {CONTEXT_OWN, 0x31 | (did ^ 0x10000) | sid, 0, false},
        {CONTEXT_OWN, 0x12, 0, false},
        {PAGE_OWN, 0x22 | did, 0, true},
        {PAGE_OWN, 0x22 | (did ^ 0x10000), 0, false},
        {PAGE_OWN, 0x32 | did, page, true},
        {PAGE_OWN, 0x32 | did, page ^ 0x1000, false},
        {PAGE_OWN, 0x32 | did, (page ^ 0x1000) | 1, true},
        {PAGE_OWN, 0x11, 0, false},
        {TABLE_OWN, 0x32 | did, page, true},
        {TABLE_OWN, 0x32 | did, page | 0x40, false},
        {ENTRY_OWN, 0x04, 0, true},
        {ENTRY_OWN, 0x14 | (uint64_t)UB_INDEX << 32, 0, true},
        {ENTRY_OWN, 0x14 | (uint64_t)(UB_INDEX ^ 1) << 32, 0, false},
        {ENTRY_OWN, 0x14 | (uint64_t)(UB_INDEX ^ 1) << 32 | UINT64_C(1) << 27, 0, true},
        {ENTRY_OWN, 0x03 | sid, page, false},
    };

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        EXPECT_U64(rows[i].drops ? LEGALITY_ILLEGAL : LEGALITY_STALE,
                   by_queue(rows[i].held, rows[i].lo, rows[i].hi, WAIT_SW));
}

/* --- the pointers --- */

/* VT-d "Set Root Table Pointer": the old table may be used until the context cache is invalidated,
 * and with CAP.ESRTPS = 1 no longer. */
static enum legality_word behind_srtp(uint64_t cap, enum legality_iommu_event event)
{
    struct ub b;
    enum legality_word word;

    ub_open_with(&b, 1024, cap, UB_ECAP);
    legality_iommu_write(b.l, RTADDR, 8, UB_SPARE);
    EXPECT_U64(LEGALITY_FRESH, ub_reads(&b, UB_OLD)); /* not latched yet */
    legality_iommu_write(b.l, GCMD, 4, TE_IRE | SRTP);
    EXPECT_U64(LEGALITY_FRESH, ub_faults(&b, ub_reading(UB_IOVA), 1));
    ub_drop(&b, event);
    word = ub_reads(&b, UB_OLD);
    ub_close(&b);
    return word;
}

GT_TEST(legality_iommu_rules, the_root_table_of_before_srtp)
{
    EXPECT_U64(LEGALITY_STALE, behind_srtp(UB_CAP, UNIT_IOTLB_GLOBAL));
    EXPECT_U64(LEGALITY_ILLEGAL, behind_srtp(UB_CAP, UNIT_CONTEXT_GLOBAL));
    EXPECT_U64(LEGALITY_ILLEGAL, behind_srtp(UB_CAP | UINT64_C(1) << 63, UNIT_TE));
}

static enum legality_word behind_sirtp(uint64_t cap, enum legality_iommu_event event)
{
    struct ub b;
    enum legality_word word;

    ub_open_with(&b, 1024, cap, UB_ECAP);
    legality_iommu_write(b.l, RTADDR, 8, UB_ROOT);
    legality_iommu_write(b.l, IRTA, 8, UB_SPARE | 7);
    legality_iommu_write(b.l, GCMD, 4, TE_IRE | SRTP | SIRTP);
    EXPECT_U64(LEGALITY_FRESH, ub_refuses(&b, ub_interrupt(UB_INDEX), 0x22, UB_INDEX));
    ub_drop(&b, event);
    word = ub_sent(&b, ub_interrupt(UB_INDEX), 0xFEE5A000, 0x4041);
    if (word == LEGALITY_STALE) {
        EXPECT_U64(STRUCTURE_POINTER, b.v.structure);
        EXPECT_STR("interrupt entries, global", b.v.rule);
    }
    ub_close(&b);
    return word;
}

GT_TEST(legality_iommu_rules, the_interrupt_table_of_before_sirtp)
{
    EXPECT_U64(LEGALITY_STALE, behind_sirtp(UB_CAP, UNIT_IOTLB_GLOBAL));
    EXPECT_U64(LEGALITY_ILLEGAL, behind_sirtp(UB_CAP, UNIT_ENTRIES_GLOBAL));
    EXPECT_U64(LEGALITY_ILLEGAL, behind_sirtp(UB_CAP | UINT64_C(1) << 62, UNIT_TE));
}

/* VT-d "Write Buffer Flushing": with CAP.RWBF = 1 a store waits until a flush, or a command. */
GT_TEST(legality_iommu_rules, a_store_waits_in_the_write_buffer)
{
    struct ub b;

    ub_open_with(&b, 1024, UB_CAP | 1u << 4, UB_ECAP);
    ub_store(&b, ub_at(1, UB_IOVA), UB_NEW | UB_RW);
    ub_store(&b, ub_at(1, OTHER_PAGE), UB_NEW | UB_RW);
    ub_drop(&b, UNIT_TE);
    EXPECT_U64(LEGALITY_FRESH, ub_goes(&b, ub_reading(OTHER_PAGE), UB_NEW | (UB_IOVA & 0xFFF)));
    EXPECT_U64(LEGALITY_STALE, ub_faults(&b, ub_reading(OTHER_PAGE), 6));
    legality_iommu_write(b.l, RTADDR, 8, UB_ROOT);
    legality_iommu_write(b.l, GCMD, 4, TE_IRE | 0x08000000);
    EXPECT_U64(LEGALITY_ILLEGAL, ub_faults(&b, ub_reading(OTHER_PAGE), 6));
    EXPECT_U64(LEGALITY_STALE, ub_reads(&b, UB_OLD));
    ub_close(&b);
}
