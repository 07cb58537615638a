// SPDX-License-Identifier: Apache-2.0
// Fault reasons, fault recording and the fault event of the IOMMU model. VT-d "Fault Reason
// Encodings", "Primary Fault Logging", "Fault Event"; docs/iommu.md.
#include "iommu_bench.h"

struct fault_case {
    uint64_t where, value; /* an entry of the bench replaced */
    uint64_t iova;
    uint8_t write, at, code;
    uint32_t latency;
    const char *trace;
};

static void expect_fault(const struct fault_case *c)
{
    struct bench *b = bench_create();
    struct rec_dma in = {
        .sid = BENCH_SID, .iova = c->iova, .len = 8, .write = c->write, .at = c->at};
    struct rec_dma d;

    bench_put(b, c->where, c->value);
    d = bench_run(b, &in);
    EXPECT_U64(DMA_BLOCKED, d.status);
    EXPECT_U64(c->code, d.fault);
    EXPECT_U64(0, d.pa);
    EXPECT_U64(0, d.page_log2);
    EXPECT_U64(1, d.recorded);
    EXPECT_U64(c->latency, d.latency);
    EXPECT_STR(c->trace, b->trace);
    EXPECT_U64(c->code, (b->last.hi >> 32) & 0xFF);
    bench_destroy(b);
}

#define CTX   (BENCH_CONTEXT + 16u * BENCH_SID)
#define BIT40 (UINT64_C(1) << 40)

GT_TEST(iommu_fault, root_and_context_entries)
{
    static const struct fault_case cases[] = {
        {BENCH_ROOT, 0, 0, 0, 0, 0x1, 4, "6F"},
        {BENCH_ROOT, 0xFFE, 0, 0, 0, 0x1, 4, "6F"},
        {BENCH_ROOT, BENCH_CONTEXT | 3, 0, 0, 0, 0xA, 4, "6F"},
        {BENCH_ROOT, BENCH_CONTEXT | 1 | BIT40, 0, 0, 0, 0xA, 4, "6F"},
        {BENCH_ROOT + 8, 1, 0, 0, 0, 0xA, 4, "6F"},
        {CTX, 0, 0, 0, 0, 0x2, 6, "67F"},
        {CTX, BENCH_L4 | 0x11, 0, 0, 0, 0xB, 6, "67F"},
        {CTX, BENCH_L4 | 0x801, 0, 0, 0, 0xB, 6, "67F"},
        {CTX, BENCH_L4 | 1 | BIT40, 0, 0, 0, 0xB, 6, "67F"},
        {CTX + 8, 0x702 | 0x80, 0, 0, 0, 0xB, 6, "67F"},
        {CTX + 8, 0x1000702, 0, 0, 0, 0xB, 6, "67F"},
        {CTX, BENCH_L4 | 0x5, 0, 0, 3, 0xD, 6, "67F"}, /* T = 01 */
        {CTX, BENCH_L4 | 0xD, 0, 0, 1, 0x3, 6, "67F"}, /* T = 11, before AT */
        {CTX + 8, 0x704, 0, 0, 0, 0x3, 6, "67F"},      /* 64 bits */
        {CTX + 8, 0x700, 0, 0, 0, 0x3, 6, "67F"},
        {CTX + 8, 0x700, 0, 0, 1, 0xD, 6, "67F"}, /* AT before AW */
        {CTX, BENCH_L4 | 0x9, 0, 0, 2, 0xD, 6, "67F"},
        {CTX, BENCH_L4 | 0x13, 0, 0, 0, 0xB, 6, "67F"}, /* FPD does not qualify Bh */
        {CTX, BENCH_L4 | 0x1, 0, 0, 3, 0xD, 6, "67F"},
    };

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect_fault(&cases[i]);
}

/* VT-d "Context Entry", AW: pass-through is programmed with the largest width. */
GT_TEST(iommu_fault, pass_through_wants_the_largest_address_width)
{
    struct bench *b = bench_create();

    bench_context(b, BENCH_SID, 0x9, 2);
    EXPECT_U64(0x3, bench_read(b, 0).fault);
    bench_context(b, BENCH_SID, 0x9, 3);
    EXPECT_U64(DMA_PASS_THROUGH, bench_read(b, 0).status);
    bench_destroy(b);
}

GT_TEST(iommu_fault, second_stage_entries)
{
    static const struct fault_case cases[] = {
        {0, 0, UINT64_C(1) << 48, 0, 0, 0x4, 7, "67F"},
        {BENCH_L1, 0x80001, 0, 1, 0, 0x5, 16, "674321F"},
        {BENCH_L1, 0x80002, 0, 0, 0, 0x6, 16, "674321F"},
        {BENCH_L1, 0x80800, 0, 0, 0, 0x6, 16, "674321F"}, /* permission before reserved bits */
        {BENCH_L4, 0, 0, 1, 0, 0x5, 10, "674F"},
        {BENCH_L4, BENCH_L3 | 0x83, 0, 0, 0, 0xC, 10, "674F"}, /* PS */
        {BENCH_L4, BENCH_L3 | 0x803, 0, 0, 0, 0xC, 10, "674F"},
        {BENCH_L3, BENCH_L2 | 3 | BIT40, 0, 0, 0, 0xC, 12, "6743F"},
        {BENCH_L3, 0x20000083, 0, 0, 0, 0xC, 12, "6743F"}, /* bit 29 of a 1-GiB page */
        {BENCH_L2, 0x1083, 0, 0, 0, 0xC, 14, "67432F"},    /* bit 12 of a 2-MiB page */
        {BENCH_L1, 0x80003 | UINT64_C(1) << 62, 0, 0, 0, 0xC, 16, "674321F"},
        {BENCH_L1, 0x80003 | UINT64_C(1) << 51, 0, 0, 0, 0xC, 16, "674321F"},
        {BENCH_L1, 0xFEE01003, 0, 1, 0, 0xE, 16, "674321F"},
        {BENCH_L2, 0xFEE00083, 0, 1, 0, 0xE, 14, "67432F"},
    };

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect_fault(&cases[i]);
}

/* Bits 61:52, 63, and 10:2 of a leaf are ignored (7 too at level 1). */
GT_TEST(iommu_fault, ignored_bits_of_a_leaf_do_not_fault)
{
    struct bench *b = bench_create();

    bench_put(b, BENCH_L1, UINT64_C(0xBFF00000000807FF));
    EXPECT_U64(0x80000, bench_read(b, 0).pa);
    bench_destroy(b);
}

GT_TEST(iommu_fault, a_latched_ttm_faults_every_request_that_would_read_the_root_entry)
{
    struct bench *b = bench_create();
    struct rec_dma d;

    bench_read(b, 0);
    bench_write8(b, RTADDR, BENCH_ROOT | 0x400);
    EXPECT_U64(1, bench_read(b, 0).status);
    bench_write4(b, GCMD, UINT32_C(0xC0000000));
    EXPECT_U64(1, bench_read(b, 0).status); /* a context-cache hit never sees it */
    d = bench_read_of(b, 0, 0);
    EXPECT_U64(0x30, d.fault);
    EXPECT_U64(2, d.latency);
    EXPECT_STR("F", b->trace);
    bench_destroy(b);
}

GT_TEST(iommu_fault, the_address_type_is_checked_on_a_context_cache_hit_too)
{
    struct bench *b = bench_create();
    struct rec_dma in = {.sid = BENCH_SID, .len = 8, .at = 1}, d;

    bench_read(b, 0);
    d = bench_run(b, &in);
    EXPECT_U64(0xD, d.fault);
    EXPECT_U64(1, d.hit);
    EXPECT_U64(2, d.latency);
    bench_destroy(b);
}

/* VT-d "Fault Recording Registers". */
GT_TEST(iommu_fault, a_record_holds_page_source_id_reason_and_type)
{
    struct bench *b = bench_create();
    struct rec_dma in = {.sid = BENCH_SID, .iova = UINT64_C(0xFEDCBA9876543218), .len = 8, .at = 2};

    bench_read(b, UINT64_C(0xFEDCBA9876543218));
    EXPECT_U64(0, b->last.addr);
    EXPECT_U64(UINT64_C(0xFEDCBA9876543000), b->last.lo);
    EXPECT_U64(UINT64_C(0xC000000400000010), b->last.hi); /* read: T1 = 1 */
    bench_write(b, 0x10000);
    EXPECT_U64(1, b->last.addr);
    EXPECT_U64(UINT64_C(0x8000000500000010), b->last.hi);
    bench_run(b, &in);
    EXPECT_U64(UINT64_C(0xE000000D00000010), b->last.hi);
    EXPECT_U64(UINT64_C(0xE000000D00000010), iommu_reg_read(b->u, FRCD + 0x28, 8));
    EXPECT_U64(0x0000000D, iommu_reg_read(b->u, FRCD + 0x2C, 4) & 0xFF);
    bench_destroy(b);
}

GT_TEST(iommu_fault, fpd_hides_faults_from_the_context_entry_on)
{
    struct bench *b = bench_create();
    struct rec_dma d;

    bench_context(b, BENCH_SID, 2, 0);
    d = bench_read(b, 0);
    EXPECT_U64(0x2, d.fault);
    EXPECT_U64(DMA_BLOCKED, d.status);
    EXPECT_U64(0, d.recorded);
    EXPECT_STR("67", b->trace);
    bench_context(b, BENCH_SID, BENCH_L4 | 3, BENCH_DID << 8 | 2);
    bench_put(b, BENCH_L4, 0);
    EXPECT_U64(0, bench_read(b, 0).recorded);
    d = bench_read(b, 0);
    EXPECT_U64(1, d.hit);
    EXPECT_U64(0, d.recorded);
    EXPECT_U64(0, bench_read4(b, FSTS));
    bench_put(b, BENCH_ROOT + 16, 0);
    EXPECT_U64(1, bench_read_of(b, 0x100, 0).recorded);
    bench_destroy(b);
}

/* VT-d "Primary Fault Logging": PFO stops the log until software clears it. */
GT_TEST(iommu_fault, the_ninth_fault_overflows_and_later_ones_are_dropped)
{
    struct bench *b = bench_create();

    for (unsigned i = 0; i < 8; i++)
        EXPECT_U64(1, bench_read(b, 0x10000).recorded);
    EXPECT_U64(0x02, bench_read4(b, FSTS));
    EXPECT_U64(2, bench_read(b, 0x10000).recorded);
    EXPECT_U64(0x03, bench_read4(b, FSTS));
    EXPECT_U64(3, bench_read(b, 0x10000).recorded);
    bench_write4(b, FRCD + 12, UINT32_C(0x80000000));
    EXPECT_U64(3, bench_read(b, 0x10000).recorded);
    bench_write4(b, FSTS, 0x1);
    EXPECT_U64(0x02, bench_read4(b, FSTS));
    EXPECT_U64(1, bench_read(b, 0x10000).recorded);
    EXPECT_U64(0, b->last.addr);
    bench_destroy(b);
}

static void clear_f(struct bench *b, unsigned i)
{
    bench_write4(b, FRCD + 16 * i + 12, UINT32_C(0x80000000));
}

GT_TEST(iommu_fault, fri_names_the_record_that_raised_ppf_and_wraps)
{
    struct bench *b = bench_create();

    for (unsigned i = 0; i < 3; i++)
        bench_read(b, 0x10000);
    for (unsigned i = 0; i < 3; i++)
        clear_f(b, i);
    EXPECT_U64(0, bench_read4(b, FSTS));
    bench_read(b, 0x10000);
    EXPECT_U64(0x302, bench_read4(b, FSTS));
    bench_read(b, 0x10000);
    EXPECT_U64(0x302, bench_read4(b, FSTS));
    clear_f(b, 3);
    EXPECT_U64(0x302, bench_read4(b, FSTS));
    clear_f(b, 4);
    EXPECT_U64(0x300, bench_read4(b, FSTS)); /* FRI stays when PPF falls */
    for (unsigned i = 5; i < 8; i++) {
        bench_read(b, 0x10000);
        clear_f(b, i);
    }
    bench_read(b, 0x10000);
    EXPECT_U64(0, b->last.addr);
    EXPECT_U64(0x002, bench_read4(b, FSTS));
    bench_destroy(b);
}

GT_TEST(iommu_fault, clearing_f_keeps_the_rest_of_the_record)
{
    struct bench *b = bench_create();

    bench_read(b, 0x10000);
    bench_write8(b, FRCD, 0);
    bench_write4(b, FRCD + 12, UINT32_C(0x7FFFFFFF));
    EXPECT_U64(UINT64_C(0xC000000600000010), iommu_reg_read(b->u, FRCD + 8, 8));
    bench_write8(b, FRCD + 8, UINT64_C(0x8000000000000000));
    EXPECT_U64(UINT64_C(0x4000000600000010), iommu_reg_read(b->u, FRCD + 8, 8));
    EXPECT_U64(0x10000, iommu_reg_read(b->u, FRCD, 8));
    bench_destroy(b);
}

static struct bench *unmasked_bench(void)
{
    struct bench *b = bench_create();

    bench_write4(b, FEDATA, 0xFFFF0041);
    bench_write4(b, FEADDR, 0xFEE01003);
    bench_write4(b, FECTL, 0);
    bench_clear_trace(b);
    return b;
}

GT_TEST(iommu_fault, the_event_follows_the_record_that_raises_ppf)
{
    struct bench *b = unmasked_bench();

    bench_read(b, 0x10000);
    EXPECT_STR("674321FEe", b->trace);
    EXPECT_U64(0xFEE01000, b->event.addr);
    EXPECT_U64(0x41, b->event.data);
    EXPECT_U64(IOMMU_EVENT, b->last.kind);
    EXPECT_U64(0xFEE01000, b->last.addr);
    EXPECT_U64(0x41, b->last.lo);
    EXPECT_U64(0, bench_read4(b, FECTL));
    bench_read(b, 0x11000);
    EXPECT_STR("14321F", b->trace); /* PPF is set: no new condition */
    clear_f(b, 0);
    clear_f(b, 1);
    bench_read(b, 0x12000);
    EXPECT_STR("14321FEe", b->trace);
    bench_destroy(b);
}

GT_TEST(iommu_fault, a_masked_event_is_pending_and_goes_out_when_unmasked)
{
    struct bench *b = unmasked_bench();

    bench_write4(b, FECTL, UINT32_C(0x80000000));
    bench_read(b, 0x10000);
    EXPECT_STR("674321F", b->trace);
    EXPECT_U64(UINT32_C(0xC0000000), bench_read4(b, FECTL));
    bench_clear_trace(b);
    bench_write8(b, FECTL, UINT64_C(0x7700000000));
    EXPECT_STR("wEm", b->trace);
    EXPECT_U64(0xFEE01000, b->message_addr);
    EXPECT_U64(0x77, b->message_data); /* the new FEDATA */
    EXPECT_U64(0, bench_read4(b, FECTL));
    bench_destroy(b);
}

GT_TEST(iommu_fault, ip_falls_with_the_last_f)
{
    struct bench *b = bench_create();

    bench_read(b, 0x10000);
    bench_read(b, 0x10000);
    clear_f(b, 0);
    EXPECT_U64(UINT32_C(0xC0000000), bench_read4(b, FECTL));
    clear_f(b, 1);
    EXPECT_U64(UINT32_C(0x80000000), bench_read4(b, FECTL));
    bench_clear_trace(b);
    bench_write4(b, FECTL, 0);
    EXPECT_STR("w", b->trace);
    bench_destroy(b);
}

/* VT-d "Fault Event Control Register", IP: all status fields have to be serviced. */
GT_TEST(iommu_fault, ip_stays_until_the_overflow_is_cleared_too)
{
    struct bench *b = bench_create();

    for (unsigned i = 0; i < 9; i++)
        bench_read(b, 0x10000);
    EXPECT_U64(0x03, bench_read4(b, FSTS));
    for (unsigned i = 0; i < 8; i++)
        clear_f(b, i);
    EXPECT_U64(0x01, bench_read4(b, FSTS));
    EXPECT_U64(UINT32_C(0xC0000000), bench_read4(b, FECTL));
    bench_write4(b, FSTS, 0x1);
    EXPECT_U64(UINT32_C(0x80000000), bench_read4(b, FECTL));
    bench_destroy(b);
}
