// SPDX-License-Identifier: Apache-2.0
// The legality oracle of a remapping unit: is a fault recorded where, when and as it must be? VT-d
// "Primary Fault Logging", "Fault Recording Registers".
#include "legality_unit_bench.h"

#define F    (UINT64_C(1) << 63)
#define READ (UINT64_C(1) << 62)
#define FI   (UB_IOVA & ~UINT64_C(0xFFF))
#define HI   (F | READ | UINT64_C(6) << 32 | UB_SID)
#define FSTS 0x34u

static struct legality_request reading(void)
{
    return ub_reading(UB_IOVA);
}

/* A read of UB_IOVA is 6h. fpd: in the context entry. */
static void open_denied(struct ub *b, unsigned records, bool fpd)
{
    ub_open_with(b, 1024, (UB_CAP & ~(UINT64_C(0xFF) << 40)) | (uint64_t)(records - 1) << 40,
                 UB_ECAP);
    ub_store(b, ub_at(1, UB_IOVA), 0);
    ub_context(b, UB_SID, UB_TABLE(4) | (fpd ? 3 : 1), 2, UB_DID);
    ub_drop_all(b);
}

/* The next fault, by a source-id of its own so that nothing collapses. */
static struct legality_request of(uint16_t sid)
{
    struct legality_request q = reading();

    q.sid = sid;
    return q;
}

static enum legality_word records_of(struct ub *b, uint16_t sid)
{
    return ub_records(b, of(sid), 1, FI, F | READ | UINT64_C(1) << 32 | sid);
}

GT_TEST(legality_iommu_records, every_field_is_judged)
{
    for (unsigned bit = 0; bit < 128; bit++) {
        uint64_t lo = bit < 64 ? UINT64_C(1) << bit : 0;
        uint64_t hi = bit >= 64 ? UINT64_C(1) << (bit - 64) : 0;
        struct ub b;

        if (bit == 127) /* F */
            continue;
        open_denied(&b, 8, false);
        EXPECT_U64(LEGALITY_ILLEGAL, ub_records(&b, reading(), 6, FI ^ lo, HI ^ hi));
        EXPECT_STR("fault record", b.v.rule);
        ub_close(&b);
    }
}

GT_TEST(legality_iommu_records, a_record_says_write_and_address_type)
{
    struct legality_request q = ub_writing(UB_IOVA);
    struct ub b;

    open_denied(&b, 8, false);
    EXPECT_U64(LEGALITY_FRESH, ub_records(&b, q, 5, FI, F | UINT64_C(5) << 32 | UB_SID));
    q = reading();
    q.at = 2;
    EXPECT_U64(
        LEGALITY_FRESH,
        ub_records(&b, q, 0xD, FI, F | READ | UINT64_C(2) << 60 | UINT64_C(0xD) << 32 | UB_SID));
    ub_close(&b);
}

/* Bits of the address above CAP.MGAW may be left out. */
GT_TEST(legality_iommu_records, bits_beyond_mgaw_may_be_zero)
{
    const uint64_t beyond = UINT64_C(1) << 60 | UINT64_C(1) << 56 | FI,
                   hi = F | READ | UINT64_C(4) << 32 | UB_SID;
    struct legality_request q = ub_reading(beyond | 0x678);
    struct ub b;

    open_denied(&b, 8, false);
    EXPECT_U64(LEGALITY_FRESH, ub_records(&b, q, 4, beyond, hi));
    EXPECT_U64(LEGALITY_FRESH, ub_records(&b, q, 4, UINT64_C(1) << 56 | FI, hi));
    EXPECT_U64(LEGALITY_ILLEGAL, ub_records(&b, q, 4, FI, hi));
    ub_close(&b);
}

GT_TEST(legality_iommu_records, a_fault_must_be_recorded)
{
    struct ub b;

    open_denied(&b, 8, false);
    EXPECT_U64(LEGALITY_ILLEGAL, ub_silent(&b, reading(), 6));
    EXPECT_STR("fault logging", b.v.rule);
    EXPECT_U64(LEGALITY_FRESH, ub_faults(&b, reading(), 6));
    ub_close(&b);
}

GT_TEST(legality_iommu_records, twice_is_once_too_often)
{
    const struct legality_request q = reading();
    struct ub b;

    open_denied(&b, 8, false);
    legality_iommu_begin(b.l);
    legality_iommu_recorded(b.l, 0, FI, HI);
    legality_iommu_recorded(b.l, 1, FI, HI);
    EXPECT_U64(LEGALITY_ILLEGAL,
               ub_judge(&b, &q, &(struct legality_iommu_answer){OUTCOME_BLOCKED, 6, 0, 0}));
    ub_close(&b);
}

GT_TEST(legality_iommu_records, what_is_no_fault_is_not_recorded)
{
    const struct legality_request q = reading();
    struct ub b;

    ub_open(&b);
    legality_iommu_begin(b.l);
    legality_iommu_recorded(b.l, 0, FI, HI);
    EXPECT_U64(LEGALITY_ILLEGAL, ub_judge(&b, &q,
                                          &(struct legality_iommu_answer){
                                              OUTCOME_ADDRESS, 0, UB_OLD | (UB_IOVA & 0xFFF), 0}));
    EXPECT_STR("a request without a fault was recorded", b.v.what);
    ub_close(&b);
}

/* --- FPD --- */

/* Qualified are the reasons from the context entry on, but not Bh. */
GT_TEST(legality_iommu_records, fpd_suppresses_what_is_qualified)
{
    struct ub b;

    open_denied(&b, 8, true);
    EXPECT_U64(LEGALITY_FRESH, ub_silent(&b, reading(), 6));
    EXPECT_U64(LEGALITY_ILLEGAL, ub_faults(&b, reading(), 6));
    EXPECT_STR("fault logging", b.v.rule);
    ub_close(&b);
    open_denied(&b, 8, true);
    ub_context(&b, UB_SID, 2, 2, UB_DID); /* P = 0 */
    ub_drop_all(&b);
    EXPECT_U64(LEGALITY_FRESH, ub_silent(&b, reading(), 2));
    ub_context(&b, UB_SID, UB_TABLE(4) | 0x13, 2, UB_DID);
    ub_drop_all(&b);
    EXPECT_U64(LEGALITY_ILLEGAL, ub_silent(&b, reading(), 0xB));
    EXPECT_U64(LEGALITY_FRESH, ub_faults(&b, reading(), 0xB));
    ub_store(&b, UB_ROOT + 16 * (UB_SID >> 8), 0);
    ub_drop_all(&b);
    EXPECT_U64(LEGALITY_ILLEGAL, ub_silent(&b, reading(), 1));
    EXPECT_U64(LEGALITY_FRESH, ub_faults(&b, reading(), 1));
    ub_close(&b);
}

/* FPD is cached with its entry. */
GT_TEST(legality_iommu_records, an_fpd_of_before_counts_until_its_context_is_invalidated)
{
    struct ub b;

    open_denied(&b, 8, true);
    ub_context(&b, UB_SID, UB_TABLE(4) | 1, 2, UB_DID);
    EXPECT_U64(LEGALITY_FRESH, ub_faults(&b, reading(), 6));
    EXPECT_U64(LEGALITY_STALE, ub_silent(&b, reading(), 6));
    ub_drop(&b, UNIT_CONTEXT_DEVICE);
    EXPECT_U64(LEGALITY_ILLEGAL, ub_silent(&b, reading(), 6));
    ub_close(&b);
}

GT_TEST(legality_iommu_records, fpd_of_an_interrupt_entry)
{
    struct ub b;

    ub_open(&b);
    ub_store2(&b, ub_entry_at(UB_INDEX), 2, 0);
    ub_drop_all(&b);
    EXPECT_U64(LEGALITY_FRESH, ub_silent(&b, ub_interrupt(UB_INDEX), 0x22));
    EXPECT_U64(LEGALITY_ILLEGAL, ub_refuses(&b, ub_interrupt(UB_INDEX), 0x22, UB_INDEX));
    EXPECT_U64(LEGALITY_ILLEGAL, ub_silent(&b, ub_interrupt(256), 0x21));
    ub_close(&b);
}

GT_TEST(legality_iommu_records, an_interrupt_is_recorded_by_its_index)
{
    struct ub b;

    ub_open(&b);
    EXPECT_U64(LEGALITY_FRESH, ub_refuses(&b, ub_interrupt(0x1234), 0x21, 0x1234));
    EXPECT_U64(LEGALITY_ILLEGAL, ub_refuses(&b, ub_interrupt(0x1234), 0x21, 0x1235));
    EXPECT_STR("fault record", b.v.rule);
    ub_close(&b);
}

/* --- which record, and when there is none --- */

GT_TEST(legality_iommu_records, records_are_taken_in_turn)
{
    struct ub b;

    open_denied(&b, 2, false);
    EXPECT_U64(LEGALITY_FRESH, ub_faults(&b, reading(), 6));
    EXPECT_U64(LEGALITY_FRESH, ub_faults(&b, reading(), 6));
    EXPECT_U64(LEGALITY_FRESH, ub_faults(&b, reading(), 6));
    b.next = 0;
    EXPECT_U64(LEGALITY_ILLEGAL, ub_faults(&b, reading(), 6));
    EXPECT_STR("fault logging", b.v.rule);
    ub_close(&b);
}

/* The next one has F = 1: the fault is lost, and all of them while FSTS.PFO = 1. */
GT_TEST(legality_iommu_records, overflow)
{
    struct ub b;

    open_denied(&b, 2, false);
    EXPECT_U64(LEGALITY_FRESH, records_of(&b, 0x100));
    EXPECT_U64(LEGALITY_FRESH, records_of(&b, 0x200));
    EXPECT_U64(LEGALITY_FRESH, ub_silent(&b, of(0x300), 1));
    ub_clear(&b, 0);
    ub_clear(&b, 1);
    EXPECT_U64(LEGALITY_FRESH, ub_silent(&b, of(0x300), 1));
    EXPECT_U64(LEGALITY_ILLEGAL, records_of(&b, 0x300));
    EXPECT_STR("fault logging", b.v.rule);
    ub_close(&b);
}

GT_TEST(legality_iommu_records, behind_an_overflow_logging_begins_again)
{
    struct ub b;

    open_denied(&b, 1, false);
    EXPECT_U64(LEGALITY_FRESH, records_of(&b, 0x100));
    EXPECT_U64(LEGALITY_FRESH, ub_silent(&b, of(0x300), 1));
    ub_clear(&b, 0);
    legality_iommu_write(b.l, FSTS, 4, 1);
    EXPECT_U64(LEGALITY_ILLEGAL, ub_silent(&b, of(0x300), 1));
    EXPECT_U64(LEGALITY_FRESH, records_of(&b, 0x300));
    ub_close(&b);
}

GT_TEST(legality_iommu_records, a_record_that_is_taken_is_not_overwritten)
{
    struct ub b;

    open_denied(&b, 1, false);
    EXPECT_U64(LEGALITY_FRESH, records_of(&b, 0x100));
    EXPECT_U64(LEGALITY_ILLEGAL, records_of(&b, 0x300));
    ub_close(&b);
}

/* VT-d "Primary Fault Logging": a fault of a source-id that is recorded already may go there. Then
 * nobody knows whether PFO was set. */
GT_TEST(legality_iommu_records, one_of_the_same_source_may_collapse)
{
    struct ub b;

    open_denied(&b, 2, false);
    EXPECT_U64(LEGALITY_FRESH, records_of(&b, 0x100));
    EXPECT_U64(LEGALITY_FRESH, ub_silent(&b, of(0x100), 1));
    EXPECT_U64(LEGALITY_ILLEGAL, ub_silent(&b, of(0x200), 1));
    EXPECT_U64(LEGALITY_FRESH, records_of(&b, 0x200));
    EXPECT_U64(LEGALITY_FRESH, ub_silent(&b, of(0x100), 1));
    ub_clear(&b, 0);
    EXPECT_U64(LEGALITY_FRESH, records_of(&b, 0x300)); /* PFO was not set */
    ub_close(&b);
}

/* A fault that may be suppressed, here by a context entry that is still cached, may have set PFO or
 * not. */
GT_TEST(legality_iommu_records, a_fault_that_may_be_suppressed_may_not_overflow)
{
    for (unsigned recorded = 0; recorded < 2; recorded++) {
        struct ub b;

        open_denied(&b, 1, true);
        ub_context(&b, UB_SID, UB_TABLE(4) | 1, 2, UB_DID);
        EXPECT_U64(LEGALITY_FRESH, records_of(&b, 0x100));
        EXPECT_U64(LEGALITY_FRESH, ub_silent(&b, reading(), 6));
        ub_clear(&b, 0);
        if (recorded)
            EXPECT_U64(LEGALITY_FRESH, records_of(&b, 0x300));
        else
            EXPECT_U64(LEGALITY_FRESH, ub_silent(&b, of(0x300), 1));
        ub_close(&b);
    }
}

/* Software clears F while the request is on its way: it may have come before. */
GT_TEST(legality_iommu_records, a_record_may_be_taken_under_a_request)
{
    const struct legality_request q = of(0x300);
    struct ub b;

    open_denied(&b, 1, false);
    EXPECT_U64(LEGALITY_FRESH, records_of(&b, 0x100));
    legality_iommu_begin(b.l);
    ub_clear(&b, 0);
    EXPECT_U64(LEGALITY_FRESH,
               ub_judge(&b, &q, &(struct legality_iommu_answer){OUTCOME_BLOCKED, 1, 0, 0}));
    EXPECT_U64(LEGALITY_FRESH, records_of(&b, 0x400)); /* PFO: nobody knows */
    ub_close(&b);
}
