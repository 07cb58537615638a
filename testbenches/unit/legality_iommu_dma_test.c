// SPDX-License-Identifier: Apache-2.0
// The legality oracle of a remapping unit, DMA: what may be cached of root, context and second
// stage, and what each entry demands. VT-d "Second-Stage Translation", "Fault Reason Encodings".
// Invalidations: legality_iommu_rules_test.c; records: legality_iommu_records_test.c; interrupts:
// legality_iommu_interrupt_test.c.
#include "legality_unit_bench.h"

#define LEAF    ub_at(1, UB_IOVA)
#define OFFSET  (UB_IOVA & 0xFFF)
#define CONTEXT ub_context_at(UB_SID)
#define ROOT    (UB_ROOT + 16 * (UB_SID >> 8))

static struct legality_request reading(void)
{
    return ub_reading(UB_IOVA);
}

static struct legality_request writing(void)
{
    return ub_writing(UB_IOVA);
}

static struct legality_request of_type(unsigned at)
{
    struct legality_request q = ub_reading(UB_IOVA);

    q.at = (uint8_t)at;
    if (at == 1)
        q = (struct legality_request){
            .addr = UB_IOVA & ~UINT64_C(0xFFF), .sid = UB_SID, .at = 1, .bytes = 8};
    return q;
}

GT_TEST(legality_iommu_dma, what_the_tables_give_is_fresh)
{
    struct ub b;

    ub_open(&b);
    EXPECT_U64(LEGALITY_FRESH, ub_reads(&b, UB_OLD));
    EXPECT_U64(LEGALITY_ILLEGAL, ub_reads(&b, UB_NEW));
    EXPECT_STR("translation", b.v.rule);
    ub_close(&b);
}

GT_TEST(legality_iommu_dma, a_replaced_leaf_is_stale_until_its_page_is_invalidated)
{
    char text[400];
    struct ub b;

    ub_open(&b);
    ub_store(&b, LEAF, UB_NEW | UB_RW);
    EXPECT_U64(LEGALITY_FRESH, ub_reads(&b, UB_NEW));
    EXPECT_U64(LEGALITY_STALE, ub_reads(&b, UB_OLD));
    EXPECT_U64(STRUCTURE_LEVEL_1, b.v.structure);
    legality_iommu_tell(&b.v, text, sizeof(text));
    EXPECT_STR(
        "LEGAL-STALE: level-1 entry at 0x11a28 used as 0xaaa003, now 0xbbb003, replaced by the "
        "instruction at 0x401000, cycle 77; \"IOTLB, page\" (source-id 0x1234, DID 0x7) would "
        "have removed it (IOTLB Invalidate)",
        text);
    ub_drop(&b, UNIT_IOTLB_PAGE);
    EXPECT_U64(LEGALITY_ILLEGAL, ub_reads(&b, UB_OLD));
    legality_iommu_tell(&b.v, text, sizeof(text));
    EXPECT_STR(
        "ILLEGAL: IOTLB, page (IOTLB Invalidate): it dropped what was used; level-1 entry at "
        "0x11a28 used as 0xaaa003, now 0xbbb003, replaced by the instruction at 0x401000, "
        "cycle 77",
        text);
    ub_close(&b);
}

/* Each level's entry replaced by one that leads elsewhere: named is the uppermost. */
GT_TEST(legality_iommu_dma, every_level_may_be_stale)
{
    for (unsigned level = 1; level <= 4; level++) {
        struct ub b;

        ub_open(&b);
        ub_store(&b, ub_at(level, UB_IOVA), (level == 1 ? UB_NEW : UB_SPARE) | UB_RW);
        EXPECT_U64(LEGALITY_STALE, ub_reads(&b, UB_OLD));
        EXPECT_U64(level, b.v.structure);
        EXPECT_U64(ub_at(level, UB_IOVA), b.v.entry);
        ub_drop(&b, UNIT_IOTLB_DOMAIN);
        EXPECT_U64(LEGALITY_ILLEGAL, ub_reads(&b, UB_OLD));
        ub_close(&b);
    }
}

GT_TEST(legality_iommu_dma, root_and_context_may_be_stale_in_either_half)
{
    struct ub b;

    ub_open(&b);
    ub_store(&b, ROOT, 0);
    EXPECT_U64(LEGALITY_STALE, ub_reads(&b, UB_OLD));
    EXPECT_U64(STRUCTURE_ROOT, b.v.structure);
    EXPECT_STR("context, device", b.v.rule);
    ub_store(&b, ROOT, UB_CONTEXT | 1);
    ub_drop_all(&b);
    ub_store(&b, LEAF, UB_NEW | UB_RW);
    ub_store(&b, CONTEXT + 8, 2 | 8 << 8); /* another domain */
    EXPECT_U64(LEGALITY_STALE, ub_reads(&b, UB_OLD));
    EXPECT_U64(STRUCTURE_CONTEXT, b.v.structure);
    EXPECT_U64(CONTEXT + 8, b.v.entry);
    EXPECT_U64(7, b.v.did);
    ub_close(&b);
}

/* --- what is never cached --- */

GT_TEST(legality_iommu_dma, an_absent_entry_is_never_cached)
{
    const struct {
        uint64_t at, good;
        uint8_t reason;
    } rows[] = {{ROOT, UB_CONTEXT | 1, 0x1},
                {CONTEXT, UB_TABLE(4) | 1, 0x2},
                {ub_at(4, UB_IOVA), UB_TABLE(3) | UB_RW, 0x6},
                {ub_at(2, UB_IOVA), UB_TABLE(1) | UB_RW, 0x6},
                {LEAF, UB_OLD | UB_RW, 0x6}};

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ub b;

        ub_open(&b);
        ub_store(&b, rows[i].at, 0);
        EXPECT_U64(LEGALITY_FRESH, ub_faults(&b, reading(), rows[i].reason));
        ub_store(&b, rows[i].at, rows[i].good);
        EXPECT_U64(LEGALITY_ILLEGAL, ub_faults(&b, reading(), rows[i].reason));
        EXPECT_STR("fault", b.v.rule);
        EXPECT_U64(LEGALITY_FRESH, ub_reads(&b, UB_OLD));
        ub_close(&b);
    }
}

GT_TEST(legality_iommu_dma, a_reserved_bit_is_never_cached)
{
    const struct {
        uint64_t at, bad, good;
        uint8_t reason;
    } rows[] = {{ROOT, UB_CONTEXT | 3, UB_CONTEXT | 1, 0xA},
                {ROOT + 8, 1, 0, 0xA},
                {CONTEXT, UB_TABLE(4) | 0x11, UB_TABLE(4) | 1, 0xB},
                {ub_at(3, UB_IOVA), UB_TABLE(2) | UB_RW | 0x800, UB_TABLE(2) | UB_RW, 0xC},
                {LEAF, UB_OLD | UB_RW | UINT64_C(1) << 51, UB_OLD | UB_RW, 0xC}};

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ub b;

        ub_open(&b);
        ub_store(&b, rows[i].at, rows[i].bad);
        EXPECT_U64(LEGALITY_FRESH, ub_faults(&b, reading(), rows[i].reason));
        EXPECT_U64(LEGALITY_STALE, ub_reads(&b, UB_OLD)); /* from before */
        ub_store(&b, rows[i].at, rows[i].good);
        EXPECT_U64(LEGALITY_ILLEGAL, ub_faults(&b, reading(), rows[i].reason));
        ub_drop_all(&b);
        ub_store(&b, rows[i].at, rows[i].bad);
        EXPECT_U64(LEGALITY_STALE, ub_reads(&b, UB_OLD)); /* of between: it was good */
        ub_drop_all(&b);
        EXPECT_U64(LEGALITY_ILLEGAL, ub_reads(&b, UB_OLD));
        ub_close(&b);
    }
}

/* The request under judgement may have read what was replaced meanwhile. */
GT_TEST(legality_iommu_dma, a_walk_may_have_read_what_changed_under_it)
{
    const struct legality_request q = reading();
    const struct legality_iommu_answer blocked = {OUTCOME_BLOCKED, 6, 0, 0};
    struct ub b;

    ub_open(&b);
    ub_store(&b, LEAF, 0);
    legality_iommu_begin(b.l);
    ub_store(&b, LEAF, UB_NEW | UB_RW);
    legality_iommu_recorded(b.l, 0, q.addr & ~UINT64_C(0xFFF), UINT64_C(0xC000000600001234));
    EXPECT_U64(LEGALITY_STALE, ub_judge(&b, &q, &blocked));
    ub_close(&b);
}

/* Registers too: what they were when it began, or what they are. */
GT_TEST(legality_iommu_dma, registers_may_change_under_a_request)
{
    const struct legality_request q = reading();
    struct ub b;

    ub_open(&b);
    legality_iommu_begin(b.l);
    b.r.te = false;
    ub_registers(&b);
    EXPECT_U64(
        LEGALITY_FRESH,
        ub_judge(&b, &q, &(struct legality_iommu_answer){OUTCOME_ADDRESS, 0, UB_OLD | OFFSET, 0}));
    EXPECT_U64(LEGALITY_ILLEGAL, ub_reads(&b, UB_OLD));
    EXPECT_STR("no translation", b.v.rule);
    EXPECT_U64(LEGALITY_FRESH, ub_goes(&b, reading(), UB_IOVA));
    ub_close(&b);
}

/* --- rights --- */

GT_TEST(legality_iommu_dma, a_right_that_was_taken_may_still_be_used)
{
    struct ub b;

    ub_open(&b);
    ub_store(&b, LEAF, UB_OLD | UB_R);
    EXPECT_U64(LEGALITY_FRESH, ub_faults(&b, writing(), 5));
    EXPECT_U64(LEGALITY_STALE, ub_goes(&b, writing(), UB_OLD | OFFSET));
    ub_drop(&b, UNIT_IOTLB_PAGE);
    EXPECT_U64(LEGALITY_ILLEGAL, ub_goes(&b, writing(), UB_OLD | OFFSET));
    EXPECT_STR("IOTLB, page", b.v.rule);
    EXPECT_U64(LEGALITY_FRESH, ub_reads(&b, UB_OLD));
    ub_close(&b);
}

/* A cached right that denies may be used until it is invalidated. */
GT_TEST(legality_iommu_dma, a_right_that_was_given_may_not_be_seen_yet)
{
    struct ub b;

    ub_open(&b);
    ub_store(&b, LEAF, UB_OLD | UB_R);
    ub_drop_all(&b);
    ub_store(&b, LEAF, UB_OLD | UB_RW);
    EXPECT_U64(LEGALITY_STALE, ub_faults(&b, writing(), 5));
    EXPECT_U64(LEGALITY_ILLEGAL, ub_faults(&b, writing(), 6));
    EXPECT_STR("fault reason", b.v.rule);
    ub_drop(&b, UNIT_IOTLB_PAGE);
    EXPECT_U64(LEGALITY_ILLEGAL, ub_faults(&b, writing(), 5));
    ub_close(&b);
}

GT_TEST(legality_iommu_dma, every_level_must_grant)
{
    for (unsigned level = 1; level <= 4; level++)
        for (uint64_t rights = 0; rights < 4; rights++) {
            uint64_t to = level == 1 ? UB_OLD : UB_TABLE(level - 1);
            struct legality_request nothing = reading();
            struct ub b;

            nothing.bytes = 0;
            ub_open(&b);
            ub_store(&b, ub_at(level, UB_IOVA), to | rights);
            ub_drop_all(&b);
            EXPECT_U64(rights & 1 ? LEGALITY_FRESH : LEGALITY_ILLEGAL, ub_reads(&b, UB_OLD));
            EXPECT_U64(rights & 1 ? LEGALITY_ILLEGAL : LEGALITY_FRESH, ub_faults(&b, reading(), 6));
            EXPECT_U64(rights & 2 ? LEGALITY_FRESH : LEGALITY_ILLEGAL,
                       ub_goes(&b, writing(), UB_OLD | OFFSET));
            EXPECT_U64(rights & 2 ? LEGALITY_ILLEGAL : LEGALITY_FRESH, ub_faults(&b, writing(), 5));
            EXPECT_U64(rights ? LEGALITY_FRESH : LEGALITY_ILLEGAL,
                       ub_goes(&b, nothing, UB_OLD | OFFSET));
            EXPECT_U64(rights ? LEGALITY_ILLEGAL : LEGALITY_FRESH, ub_faults(&b, nothing, 6));
            ub_close(&b);
        }
}

/* CAP.ZLR = 0: a zero-length read is a read. R of one level and W of another grant nothing. */
GT_TEST(legality_iommu_dma, a_zero_length_read_wants_zlr_for_a_page_of_w_alone)
{
    struct legality_request nothing = ub_reading(UB_IOVA ^ 0x1000);
    struct ub b;

    nothing.bytes = 0;
    ub_open_with(&b, 1024, UB_CAP & ~(UINT64_C(1) << 22), UB_ECAP);
    ub_store(&b, ub_at(1, nothing.addr), UB_OLD | UB_W);
    EXPECT_U64(LEGALITY_ILLEGAL, ub_goes(&b, nothing, UB_OLD | OFFSET));
    EXPECT_STR("access rights", b.v.rule);
    EXPECT_U64(LEGALITY_FRESH, ub_faults(&b, nothing, 6));
    ub_close(&b);
    nothing.addr = UB_IOVA;
    ub_open(&b);
    ub_store(&b, LEAF, UB_OLD | UB_W);
    ub_store(&b, ub_at(2, UB_IOVA), UB_TABLE(1) | UB_R);
    ub_drop_all(&b);
    EXPECT_U64(LEGALITY_ILLEGAL, ub_goes(&b, nothing, UB_OLD | OFFSET));
    EXPECT_U64(LEGALITY_FRESH, ub_faults(&b, nothing, 6));
    ub_close(&b);
}

/* Rights before reserved bits. */
GT_TEST(legality_iommu_dma, a_denial_comes_before_a_reserved_bit)
{
    struct ub b;

    ub_open(&b);
    ub_store(&b, LEAF, UB_OLD | UB_W | UINT64_C(1) << 45);
    ub_drop_all(&b);
    EXPECT_U64(LEGALITY_FRESH, ub_faults(&b, reading(), 6));
    EXPECT_U64(LEGALITY_FRESH, ub_faults(&b, writing(), 0xC));
    EXPECT_U64(LEGALITY_ILLEGAL, ub_faults(&b, reading(), 0xC));
    EXPECT_U64(LEGALITY_ILLEGAL, ub_faults(&b, writing(), 5));
    ub_close(&b);
}

/* --- the second stage --- */

/* Bits of a leaf and of a table's entry: HAW 40, no snoop control. */
GT_TEST(legality_iommu_dma, reserved_bits_of_the_second_stage)
{
    for (unsigned level = 1; level <= 4; level++)
        for (unsigned bit = 2; bit < 64; bit++) {
            bool frame = bit >= 12 && bit < 40;
            bool reserved =
                bit == 11 || (bit >= 40 && bit < 52) || bit == 62 || (bit == 7 && level == 4);
            uint64_t to = level == 1 ? UB_OLD : UB_TABLE(level - 1);
            struct ub b;

            if (frame || (bit == 7 && (level == 2 || level == 3)))
                continue;
            ub_open(&b);
            ub_store(&b, ub_at(level, UB_IOVA), to | UB_RW | UINT64_C(1) << bit);
            ub_drop_all(&b);
            EXPECT_U64(reserved ? LEGALITY_ILLEGAL : LEGALITY_FRESH, ub_reads(&b, UB_OLD));
            EXPECT_U64(reserved ? LEGALITY_FRESH : LEGALITY_ILLEGAL, ub_faults(&b, reading(), 0xC));
            ub_close(&b);
        }
}

GT_TEST(legality_iommu_dma, snp_is_for_leaves_with_snoop_control)
{
    struct ub b;

    ub_open_with(&b, 1024, UB_CAP, UB_ECAP | 0x80);
    ub_store(&b, LEAF, UB_OLD | UB_RW | 0x800);
    ub_drop_all(&b);
    EXPECT_U64(LEGALITY_FRESH, ub_reads(&b, UB_OLD));
    ub_store(&b, ub_at(2, UB_IOVA), UB_TABLE(1) | UB_RW | 0x800);
    ub_drop_all(&b);
    EXPECT_U64(LEGALITY_FRESH, ub_faults(&b, reading(), 0xC));
    ub_close(&b);
}

static void large(unsigned level, uint64_t cap, uint64_t extra, bool good)
{
    uint64_t page = UINT64_C(0x40000000), offset = (UINT64_C(1) << (3 + 9 * level)) - 1;
    struct ub b;

    ub_open_with(&b, 1024, cap, UB_ECAP);
    ub_store(&b, ub_at(level, UB_IOVA), page | extra | UB_RW | UB_PS);
    ub_drop_all(&b);
    EXPECT_U64(good ? LEGALITY_FRESH : LEGALITY_ILLEGAL,
               ub_goes(&b, reading(), page | (UB_IOVA & offset)));
    EXPECT_U64(good ? LEGALITY_ILLEGAL : LEGALITY_FRESH, ub_faults(&b, reading(), 0xC));
    ub_close(&b);
}

GT_TEST(legality_iommu_dma, large_pages)
{
    large(2, UB_CAP, 0, true);
    large(3, UB_CAP, 0, true);
    large(2, UB_CAP & ~(UINT64_C(1) << 34), 0, false);
    large(3, UB_CAP & ~(UINT64_C(1) << 35), 0, false);
    for (unsigned bit = 12; bit < 30; bit++) {
        large(3, UB_CAP, UINT64_C(1) << bit, false);
        if (bit < 21)
            large(2, UB_CAP, UINT64_C(1) << bit, false);
    }
}

/* VT-d "Handling Requests to Interrupt Address Range": no page leads there, and it is not cached;
 * the rest of a large page may be. */
GT_TEST(legality_iommu_dma, no_request_is_translated_into_the_interrupt_range)
{
    struct ub b;

    ub_open(&b);
    ub_store(&b, LEAF, UINT64_C(0xFEE01000) | UB_RW);
    ub_drop_all(&b);
    EXPECT_U64(LEGALITY_FRESH, ub_faults(&b, reading(), 0xE));
    EXPECT_U64(LEGALITY_ILLEGAL, ub_reads(&b, 0xFEE01000));
    EXPECT_STR("output in interrupt range", b.v.rule);
    ub_store(&b, LEAF, UINT64_C(0xFEF00000) | UB_RW);
    EXPECT_U64(LEGALITY_FRESH, ub_reads(&b, 0xFEF00000));
    EXPECT_U64(LEGALITY_ILLEGAL, ub_faults(&b, reading(), 0xE));
    ub_close(&b);
}

/* Two devices under one domain with tables of their own: a mistake of software, and legal. */
GT_TEST(legality_iommu_dma, pages_are_tagged_by_domain)
{
    struct legality_request q = reading();
    struct ub b;

    q.sid = 0x1235;
    ub_open(&b);
    EXPECT_U64(LEGALITY_FRESH, ub_reads(&b, UB_OLD));
    ub_context(&b, 0x1235, UB_SPARE | 1, 2, UB_DID);
    EXPECT_U64(LEGALITY_STALE, ub_goes(&b, q, UB_OLD | OFFSET));
    EXPECT_U64(STRUCTURE_SHARED, b.v.structure);
    EXPECT_STR("IOTLB, domain", b.v.rule);
    ub_context(&b, 0x1235, UB_SPARE | 1, 2, UB_DID + 1);
    ub_drop(&b, UNIT_CONTEXT_GLOBAL);
    EXPECT_U64(LEGALITY_ILLEGAL, ub_goes(&b, q, UB_OLD | OFFSET));
    ub_context(&b, 0x1235, UB_SPARE | 1, 2, UB_DID);
    ub_drop(&b, UNIT_IOTLB_DOMAIN);
    ub_context(&b, UB_SID, 0, 0, 0);
    ub_drop(&b, UNIT_CONTEXT_GLOBAL);
    ub_drop(&b, UNIT_IOTLB_DOMAIN);
    EXPECT_U64(LEGALITY_ILLEGAL, ub_goes(&b, q, UB_OLD | OFFSET));
    ub_close(&b);
}

/* --- context entries --- */

/* Reason of each T by AT, 0: goes on. VT-d "Context Entry", "Fault Reason Encodings". */
static void of_types(uint64_t ecap, const char *const expected[4])
{
    for (unsigned t = 0; t < 4; t++)
        for (unsigned at = 0; at < 4; at++) {
            char is = expected[t][at];
            uint8_t reason = is == 'D' ? 0xD : 3;
            struct ub b;

            ub_open_with(&b, 1024, UB_CAP, ecap);
            ub_context(&b, UB_SID, UB_TABLE(4) | t << 2 | 1, t == 2 ? 3 : 2, UB_DID);
            ub_drop_all(&b);
            EXPECT_U64(is == '-' ? LEGALITY_ILLEGAL : LEGALITY_FRESH,
                       ub_faults(&b, of_type(at), reason));
            EXPECT_U64(LEGALITY_ILLEGAL, ub_faults(&b, of_type(at), reason ^ 0xE));
            ub_close(&b);
        }
}

GT_TEST(legality_iommu_dma, types_of_translation_and_of_requests)
{
    const char *const with_all[4] = {"-DDD", "---D", "-DDD", "3333"};
    const char *const without[4] = {"-DDD", "3333", "3333", "3333"};

    of_types(UB_ECAP, with_all);
    of_types(UB_ECAP & ~UINT64_C(0x44), without);
}

/* A request that its type forbids, by a context entry that is still cached. */
GT_TEST(legality_iommu_dma, a_cached_context_refuses_a_type)
{
    struct ub b;

    ub_open(&b);
    ub_context(&b, UB_SID, UB_TABLE(4) | 5, 2, UB_DID);
    EXPECT_U64(LEGALITY_STALE, ub_faults(&b, of_type(1), 0xD));
    ub_drop(&b, UNIT_CONTEXT_DEVICE);
    EXPECT_U64(LEGALITY_ILLEGAL, ub_faults(&b, of_type(1), 0xD));
    ub_close(&b);
}

GT_TEST(legality_iommu_dma, pass_through_and_translated_requests_keep_their_address)
{
    struct legality_request q = reading();
    struct ub b;

    ub_open(&b);
    ub_context(&b, UB_SID, 9, 3, UB_DID);
    ub_drop_all(&b);
    EXPECT_U64(LEGALITY_FRESH, ub_goes(&b, q, UB_IOVA));
    EXPECT_U64(LEGALITY_ILLEGAL, ub_reads(&b, UB_OLD));
    q.addr = UINT64_C(1) << 40; /* no host address */
    EXPECT_U64(LEGALITY_FRESH, ub_rejected(&b, q));
    EXPECT_U64(LEGALITY_ILLEGAL, ub_goes(&b, q, q.addr));
    ub_context(&b, UB_SID, UB_TABLE(4) | 5, 2, UB_DID);
    ub_drop_all(&b);
    EXPECT_U64(LEGALITY_FRESH, ub_goes(&b, of_type(2), UB_IOVA));
    EXPECT_U64(LEGALITY_FRESH, ub_reads(&b, UB_OLD));
    ub_close(&b);
}

/* AW: 1 to 3 of SAGAW; with pass-through the largest alone. */
GT_TEST(legality_iommu_dma, widths_of_a_context_entry)
{
    for (unsigned aw = 0; aw < 8; aw++)
        for (unsigned t = 0; t <= 2; t += 2) {
            bool good = t == 2 ? aw == 3 : aw >= 1 && aw <= 3;
            struct ub b;

            ub_open(&b);
            ub_context(&b, UB_SID, UB_TABLE(4) | t << 2 | 1, aw, UB_DID);
            ub_drop_all(&b);
            EXPECT_U64(good ? LEGALITY_ILLEGAL : LEGALITY_FRESH, ub_faults(&b, reading(), 3));
            ub_close(&b);
        }
}

GT_TEST(legality_iommu_dma, reserved_bits_of_a_context_entry)
{
    for (unsigned bit = 4; bit < 128; bit++) {
        bool reserved = bit < 12 || (bit >= 40 && bit < 64) || bit == 71 || bit >= 88;
        struct ub b;

        if (bit >= 64 && bit < 67)
            continue;
        ub_open(&b);
        ub_store2(&b, CONTEXT, UB_TABLE(4) | 1 | (bit < 64 ? UINT64_C(1) << bit : 0),
                  2 | (bit >= 64 ? UINT64_C(1) << (bit - 64) : 0));
        ub_drop_all(&b);
        EXPECT_U64(reserved ? LEGALITY_FRESH : LEGALITY_ILLEGAL, ub_faults(&b, reading(), 0xB));
        ub_close(&b);
    }
}

GT_TEST(legality_iommu_dma, an_address_wider_than_aw_is_4h)
{
    for (unsigned aw = 1; aw <= 3; aw++)
        for (unsigned bit = 38; bit < 58; bit++) {
            bool beyond = bit >= 30 + 9 * aw || bit >= 57;
            struct legality_request q = ub_reading(UINT64_C(1) << bit);
            struct ub b;

            ub_open(&b);
            ub_context(&b, UB_SID, UB_SPARE | 1, aw, UB_DID);
            ub_drop_all(&b);
            EXPECT_U64(beyond ? LEGALITY_FRESH : LEGALITY_ILLEGAL, ub_faults(&b, q, 4));
            EXPECT_U64(beyond ? LEGALITY_ILLEGAL : LEGALITY_FRESH, ub_faults(&b, q, 6));
            ub_close(&b);
        }
}

GT_TEST(legality_iommu_dma, mgaw_narrows_it_too)
{
    struct legality_request q = ub_reading(UINT64_C(1) << 45);
    struct ub b;

    ub_open_with(&b, 1024, (UB_CAP & ~(UINT64_C(0x3F) << 16)) | UINT64_C(44) << 16, UB_ECAP);
    EXPECT_U64(LEGALITY_FRESH, ub_faults(&b, q, 4));
    EXPECT_U64(LEGALITY_ILLEGAL, ub_faults(&b, q, 6));
    q.addr >>= 1;
    EXPECT_U64(LEGALITY_FRESH, ub_faults(&b, q, 6));
    ub_close(&b);
}

/* --- read errors, the pointer --- */

GT_TEST(legality_iommu_dma, an_entry_that_nobody_answers_for)
{
    struct ub b;

    ub_open(&b);
    ub_store(&b, ROOT, UB_NOBODY | 1);
    ub_drop_all(&b);
    EXPECT_U64(LEGALITY_FRESH, ub_faults(&b, reading(), 9));
    ub_store(&b, ROOT, UB_CONTEXT | 1);
    ub_context(&b, UB_SID, UB_NOBODY | 1, 2, UB_DID);
    ub_drop_all(&b);
    EXPECT_U64(LEGALITY_FRESH, ub_faults(&b, reading(), 3));
    EXPECT_U64(LEGALITY_ILLEGAL, ub_faults(&b, reading(), 7));
    ub_context(&b, UB_SID, UB_TABLE(4) | 1, 2, UB_DID);
    ub_store(&b, ub_at(3, UB_IOVA), UB_NOBODY | UB_RW);
    ub_drop_all(&b);
    EXPECT_U64(LEGALITY_FRESH, ub_faults(&b, reading(), 7));
    EXPECT_U64(LEGALITY_ILLEGAL, ub_faults(&b, reading(), 3));
    b.r.rtaddr = UB_NOBODY;
    ub_registers(&b);
    ub_drop_all(&b);
    EXPECT_U64(LEGALITY_FRESH, ub_faults(&b, reading(), 8));
    ub_close(&b);
}

/* What was read while somebody answered may be cached. */
GT_TEST(legality_iommu_dma, memory_may_have_gone_behind_a_cached_entry)
{
    const uint64_t pages[] = {UB_ROOT, UB_CONTEXT, UB_TABLE(4), UB_TABLE(1)};
    const uint8_t reasons[] = {8, 9, 3, 7};

    for (unsigned i = 0; i < 4; i++) {
        uint64_t at = i == 0 ? ROOT : i == 1 ? CONTEXT : i == 2 ? ub_at(4, UB_IOVA) : LEAF;
        struct ub b;

        ub_open(&b);
        EXPECT_U64(LEGALITY_FRESH, ub_reads(&b, UB_OLD));
        ub_store2(&b, at & ~UINT64_C(15), UINT64_MAX, UINT64_MAX);
        b.gone = pages[i];
        EXPECT_U64(LEGALITY_FRESH, ub_faults(&b, reading(), reasons[i]));
        EXPECT_U64(LEGALITY_STALE, ub_reads(&b, UB_OLD));
        ub_drop_all(&b);
        EXPECT_U64(LEGALITY_ILLEGAL, ub_reads(&b, UB_OLD));
        ub_close(&b);
    }
}

GT_TEST(legality_iommu_dma, a_table_of_another_mode_is_30h)
{
    for (unsigned ttm = 1; ttm < 4; ttm++) {
        struct ub b;

        ub_open(&b);
        b.r.rtaddr = UB_ROOT | ttm << 10;
        ub_registers(&b);
        EXPECT_U64(LEGALITY_FRESH, ub_faults(&b, reading(), 0x30));
        EXPECT_U64(LEGALITY_STALE, ub_reads(&b, UB_OLD)); /* a context entry from before */
        ub_drop(&b, UNIT_CONTEXT_GLOBAL);
        EXPECT_U64(LEGALITY_ILLEGAL, ub_reads(&b, UB_OLD));
        ub_close(&b);
    }
}

/* --- without translation, protected memory --- */

GT_TEST(legality_iommu_dma, without_translation)
{
    struct legality_request q = reading();
    struct ub b;

    ub_open(&b);
    b.r.te = false;
    ub_registers(&b);
    EXPECT_U64(LEGALITY_FRESH, ub_goes(&b, q, UB_IOVA));
    EXPECT_U64(LEGALITY_ILLEGAL, ub_rejected(&b, q));
    EXPECT_U64(LEGALITY_FRESH, ub_rejected(&b, of_type(1)));
    EXPECT_U64(LEGALITY_FRESH, ub_rejected(&b, of_type(2)));
    q.addr = UINT64_C(1) << 40;
    EXPECT_U64(LEGALITY_FRESH, ub_rejected(&b, q));
    ub_close(&b);
}

/* VT-d "Protected Memory Regions": what software writes, and whom it concerns. */
GT_TEST(legality_iommu_dma, protected_regions)
{
    struct legality_request q = ub_reading(UINT64_C(0x00400000));
    struct ub b;

    ub_open(&b);
    b.r.te = false;
    ub_registers(&b);
    legality_iommu_write(b.l, 0x68, 4, 0x00400000); /* PLMBASE */
    legality_iommu_write(b.l, 0x6C, 4, 0x00500000); /* PLMLIMIT: to 5FFFFFh */
    legality_iommu_write(b.l, 0x70, 8, UINT64_C(0x1200000000));
    legality_iommu_write(b.l, 0x78, 8, UINT64_C(0x1200000000));
    EXPECT_U64(LEGALITY_FRESH, ub_goes(&b, q, q.addr));
    legality_iommu_write(b.l, 0x64, 4, 0x80000000); /* PMEN.EPM */
    EXPECT_U64(LEGALITY_FRESH, ub_rejected(&b, q));
    EXPECT_U64(LEGALITY_ILLEGAL, ub_goes(&b, q, q.addr));
    q.addr = 0x5FFFFF;
    EXPECT_U64(LEGALITY_FRESH, ub_rejected(&b, q));
    q.addr = 0x600000;
    EXPECT_U64(LEGALITY_FRESH, ub_goes(&b, q, q.addr));
    q.addr = 0x3FFFFF;
    EXPECT_U64(LEGALITY_FRESH, ub_goes(&b, q, q.addr));
    q.addr = UINT64_C(0x12001FFFFF);
    EXPECT_U64(LEGALITY_FRESH, ub_rejected(&b, q));
    q.addr++;
    EXPECT_U64(LEGALITY_FRESH, ub_goes(&b, q, q.addr));
    legality_iommu_write(b.l, 0x64, 4, 0);
    q.addr = 0x400000;
    EXPECT_U64(LEGALITY_FRESH, ub_goes(&b, q, q.addr));
    ub_close(&b);
}

GT_TEST(legality_iommu_dma, protected_regions_stop_what_passes_through)
{
    struct ub b;

    ub_open(&b);
    ub_context(&b, UB_SID, 9, 3, UB_DID);
    ub_drop_all(&b);
    b.r.epm = true;
    b.r.low[0] = UB_IOVA & ~UINT64_C(0x1FFFFF);
    b.r.low[1] = b.r.low[0] | 0x1FFFFF;
    ub_registers(&b);
    EXPECT_U64(LEGALITY_FRESH, ub_rejected(&b, reading()));
    EXPECT_U64(LEGALITY_ILLEGAL, ub_goes(&b, reading(), UB_IOVA));
    ub_context(&b, UB_SID, UB_TABLE(4) | 1, 2, UB_DID);
    ub_drop_all(&b);
    EXPECT_U64(LEGALITY_FRESH, ub_reads(&b, UB_OLD)); /* a translated one is not looked at */
    ub_close(&b);
}

/* --- translation requests: PCI Express "Translation Completion" --- */

#define S UINT64_C(0x800)

static void ask_device(struct ub *b)
{
    ub_context(b, UB_SID, UB_TABLE(4) | 5, 2, UB_DID);
    ub_drop_all(b);
}

GT_TEST(legality_iommu_dma, a_completion_has_rights_page_and_size)
{
    struct legality_request q = of_type(1);
    struct ub b;

    ub_open(&b);
    ask_device(&b);
    EXPECT_U64(LEGALITY_FRESH, ub_completes(&b, q, UB_OLD | UB_RW));
    EXPECT_U64(LEGALITY_ILLEGAL, ub_completes(&b, q, UB_OLD | UB_R));
    EXPECT_STR("completion", b.v.rule);
    EXPECT_U64(LEGALITY_ILLEGAL, ub_completes(&b, q, UB_NEW | UB_RW));
    EXPECT_U64(LEGALITY_ILLEGAL, ub_completes(&b, q, UB_OLD | UB_RW | S)); /* 8 KBytes */
    EXPECT_U64(LEGALITY_ILLEGAL, ub_completes(&b, q, 0));
    q.addr |= 1; /* NW: W may be left out */
    EXPECT_U64(LEGALITY_FRESH, ub_completes(&b, q, UB_OLD | UB_R));
    EXPECT_U64(LEGALITY_FRESH, ub_completes(&b, q, UB_OLD | UB_RW));
    ub_close(&b);
}

GT_TEST(legality_iommu_dma, a_large_page_may_be_answered_in_pieces)
{
    const uint64_t page = UINT64_C(0x40000000), piece = UB_IOVA & 0x1FF000;
    struct legality_request q = of_type(1);
    struct ub b;

    ub_open(&b);
    ub_store(&b, ub_at(2, UB_IOVA), page | UB_RW | UB_PS);
    ask_device(&b);
    EXPECT_U64(LEGALITY_FRESH, ub_completes(&b, q, page | UINT64_C(0xFF000) | S | UB_RW));
    EXPECT_U64(LEGALITY_FRESH, ub_completes(&b, q, page | piece | UB_RW));
    EXPECT_U64(LEGALITY_FRESH, ub_completes(&b, q, page | (piece & ~UINT64_C(0x1000)) | S | UB_RW));
    EXPECT_U64(LEGALITY_ILLEGAL, ub_completes(&b, q, page | UINT64_C(0x1FF000) | S | UB_RW));
    EXPECT_U64(LEGALITY_ILLEGAL, ub_completes(&b, q, page | (piece ^ 0x1000) | UB_RW));
    ub_close(&b);
}

GT_TEST(legality_iommu_dma, a_page_without_rights_is_completed_empty)
{
    struct legality_request q = of_type(1), bad = q;
    struct ub b;

    ub_open(&b);
    ub_store(&b, LEAF, 0);
    ask_device(&b);
    EXPECT_U64(LEGALITY_FRESH, ub_completes(&b, q, 0));
    EXPECT_U64(LEGALITY_ILLEGAL, ub_faults(&b, q, 6));
    ub_store(&b, LEAF, UB_NEW | UB_RW);
    EXPECT_U64(LEGALITY_ILLEGAL, ub_completes(&b, q, 0));
    ub_store(&b, LEAF, UB_NEW | UB_RW | UINT64_C(1) << 50);
    ub_drop_all(&b);
    EXPECT_U64(LEGALITY_FRESH, ub_faults(&b, q, 0xC));
    bad.write = true;
    EXPECT_U64(LEGALITY_FRESH, ub_rejected(&b, bad));
    bad = q;
    bad.bytes = 4;
    EXPECT_U64(LEGALITY_FRESH, ub_rejected(&b, bad));
    ub_close(&b);
}

/* --- bounds --- */

GT_TEST(legality_iommu_dma, what_was_invalidated_is_let_go)
{
    struct ub b;

    ub_open(&b);
    for (unsigned i = 0; i < 100; i++) {
        ub_store(&b, LEAF, UB_NEW + 0x1000 * i | UB_RW);
        EXPECT_U64(LEGALITY_FRESH, ub_reads(&b, UB_NEW + 0x1000 * i));
    }
    EXPECT_TRUE(legality_iommu_held(b.l) >= 100);
    ub_drop_all(&b);
    EXPECT_U64(LEGALITY_FRESH, ub_reads(&b, UB_NEW + 0x1000 * 99));
    EXPECT_U64(0, legality_iommu_held(b.l));
    ub_close(&b);
}

/* A long run holds no more than it was created for; what had to be let go is never ILLEGAL. */
GT_TEST(legality_iommu_dma, at_the_bound_it_says_that_it_cannot_judge)
{
    struct ub b;

    ub_open_with(&b, 64, UB_CAP, UB_ECAP);
    ub_store(&b, LEAF, UB_NEW | UB_RW);
    for (unsigned i = 0; i < 62; i++)
        ub_store(&b, 0x30000 + 8 * i, 1 + i);
    EXPECT_U64(LEGALITY_STALE, ub_reads(&b, UB_OLD));
    for (unsigned i = 0; i < 1000; i++)
        ub_store(&b, 0x30000 + 8 * i, 1000 + i);
    EXPECT_U64(64, legality_iommu_held(b.l));
    EXPECT_U64(LEGALITY_UNJUDGED, ub_reads(&b, UB_OLD));
    EXPECT_U64(LEGALITY_FRESH, ub_reads(&b, UB_NEW));
    ub_drop_all(&b);
    EXPECT_U64(LEGALITY_ILLEGAL, ub_reads(&b, UB_OLD));
    ub_close(&b);
}

/* Other caches are invalidated: a page of the domain may still be in the IOTLB. */
GT_TEST(legality_iommu_dma, what_a_domain_may_hold_is_not_let_go)
{
    struct ub b;

    ub_open_with(&b, 64, UB_CAP, UB_ECAP);
    EXPECT_U64(LEGALITY_FRESH, ub_reads(&b, UB_OLD));
    ub_store(&b, LEAF, UB_NEW | UB_RW);
    ub_drop(&b, UNIT_CONTEXT_GLOBAL);
    ub_drop(&b, UNIT_ENTRIES_GLOBAL);
    EXPECT_U64(LEGALITY_FRESH, ub_reads(&b, UB_NEW));
    for (unsigned i = 0; i < 1000; i++)
        ub_store(&b, 0x30000, 1000 + i);
    EXPECT_U64(LEGALITY_UNJUDGED, ub_reads(&b, UB_OLD));
    ub_drop(&b, UNIT_IOTLB_DOMAIN);
    EXPECT_U64(LEGALITY_ILLEGAL, ub_reads(&b, UB_OLD));
    ub_close(&b);
}

GT_TEST(legality_iommu_dma, a_root_table_that_was_let_go_makes_nothing_illegal)
{
    struct ub b;

    ub_open(&b);
    for (unsigned i = 0; i < LEGALITY_ROOT_TABLES; i++) {
        b.r.rtaddr = 0x30000 + 0x1000 * i;
        ub_registers(&b);
    }
    EXPECT_U64(LEGALITY_UNJUDGED, ub_reads(&b, UB_OLD));
    ub_drop(&b, UNIT_CONTEXT_GLOBAL);
    EXPECT_U64(LEGALITY_ILLEGAL, ub_reads(&b, UB_OLD));
    ub_close(&b);
}

GT_TEST(legality_iommu_dma, a_table_that_was_let_go_makes_nothing_illegal)
{
    struct ub b;

    ub_open(&b);
    EXPECT_U64(LEGALITY_FRESH, ub_reads(&b, UB_OLD));
    ub_context(&b, UB_SID, UB_SPARE | 1, 2, UB_DID);
    ub_drop(&b, UNIT_CONTEXT_GLOBAL);
    EXPECT_U64(LEGALITY_STALE, ub_reads(&b, UB_OLD));
    for (unsigned i = 0; i < LEGALITY_DOMAINS; i++) {
        ub_context(&b, UB_SID, UB_SPARE | 1, 2, (uint16_t)(100 + i));
        ub_drop(&b, UNIT_CONTEXT_GLOBAL);
        EXPECT_U64(LEGALITY_FRESH, ub_faults(&b, reading(), 6));
    }
    ub_context(&b, UB_SID, UB_SPARE | 1, 2, UB_DID);
    ub_drop(&b, UNIT_CONTEXT_GLOBAL);
    EXPECT_U64(LEGALITY_UNJUDGED, ub_reads(&b, UB_OLD));
    ub_drop(&b, UNIT_IOTLB_GLOBAL);
    EXPECT_U64(LEGALITY_ILLEGAL, ub_reads(&b, UB_OLD));
    ub_close(&b);
}
