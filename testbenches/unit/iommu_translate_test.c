// SPDX-License-Identifier: Apache-2.0
// Translation by the IOMMU model: order of the checks, caches, latency. docs/iommu.md "A request,
// step by step", "Latency".
#include "iommu_bench.h"

GT_TEST(iommu_translate, four_levels_missed_cost_16_cycles_and_a_hit_3)
{
    struct bench *b = bench_create();
    struct rec_dma d = bench_read(b, 0x1238);

    EXPECT_STR("674321A", b->trace);
    EXPECT_U64(DMA_TRANSLATED, d.status);
    EXPECT_U64(1, d.phase);
    EXPECT_U64(UINT64_C(0x800001238), d.pa);
    EXPECT_U64(12, d.page_log2);
    EXPECT_U64(0, d.hit);
    EXPECT_U64(0, d.psc);
    EXPECT_U64(16, d.latency);
    d = bench_write(b, 0x1FF8);
    EXPECT_STR("A", b->trace);
    EXPECT_U64(UINT64_C(0x800001FF8), d.pa);
    EXPECT_U64(3, d.hit);
    EXPECT_U64(3, d.latency);
    bench_destroy(b);
}

/* 1 context cache, 1 IOTLB, 1 pass, 2 entry, 1 answer. */
GT_TEST(iommu_translate, the_level_2_cache_leaves_one_entry_to_read)
{
    struct bench *b = bench_create();
    struct rec_dma d;

    bench_read(b, 0x1000);
    d = bench_read(b, 0x2000);
    EXPECT_STR("1A", b->trace);
    EXPECT_U64(BENCH_L1 + 16, b->walk.addr);
    EXPECT_U64(UINT64_C(0x800002003), b->walk.value[0]);
    EXPECT_U64(0, b->walk.value[1]);
    EXPECT_U64(2, d.psc);
    EXPECT_U64(1, d.hit);
    EXPECT_U64(6, d.latency);
    bench_destroy(b);
}

GT_TEST(iommu_translate, a_2_mib_page_keeps_21_bits_of_the_address)
{
    struct bench *b = bench_create();
    struct rec_dma d;

    bench_put(b, BENCH_L2 + 8, UINT64_C(0x40000000) | 0x83);
    d = bench_read(b, 0x2ABCD8);
    EXPECT_STR("67432A", b->trace);
    EXPECT_U64(UINT64_C(0x400ABCD8), d.pa);
    EXPECT_U64(21, d.page_log2);
    EXPECT_U64(14, d.latency);
    d = bench_read(b, 0x3FFFF8);
    EXPECT_U64(UINT64_C(0x401FFFF8), d.pa);
    EXPECT_U64(3, d.hit);
    bench_destroy(b);
}

GT_TEST(iommu_translate, a_1_gib_page_keeps_30_bits_of_the_address)
{
    struct bench *b = bench_create();
    struct rec_dma d;

    bench_put(b, BENCH_L3 + 8, UINT64_C(0x80000000) | 0x83);
    d = bench_read(b, 0x6ABCDEF0);
    EXPECT_STR("6743A", b->trace);
    EXPECT_U64(UINT64_C(0xAABCDEF0), d.pa);
    EXPECT_U64(30, d.page_log2);
    EXPECT_U64(12, d.latency);
    bench_destroy(b);
}

GT_TEST(iommu_translate, address_width_39_starts_at_level_3)
{
    struct bench *b = bench_create();
    struct rec_dma d;

    bench_context(b, BENCH_SID, BENCH_L3 | 1, BENCH_DID << 8 | 1);
    d = bench_read(b, 0x1000);
    EXPECT_STR("67321A", b->trace);
    EXPECT_U64(14, d.latency);
    d = bench_read(b, UINT64_C(0x8000000000));
    EXPECT_U64(0x4, d.fault);
    EXPECT_U64(3, d.latency);
    bench_destroy(b);
}

GT_TEST(iommu_translate, pass_through_keeps_the_address)
{
    struct bench *b = bench_create();
    struct rec_dma d;

    bench_context(b, BENCH_SID, 0x9, 3);
    d = bench_read(b, UINT64_C(0xFFFFFFFFF8));
    EXPECT_STR("67A", b->trace);
    EXPECT_U64(DMA_PASS_THROUGH, d.status);
    EXPECT_U64(UINT64_C(0xFFFFFFFFF8), d.pa);
    EXPECT_U64(0, d.page_log2);
    EXPECT_U64(6, d.latency);
    d = bench_read(b, 0x1000);
    EXPECT_U64(1, d.hit);
    EXPECT_U64(2, d.latency);
    bench_destroy(b);
}

/* The host's width is 40 bits: beyond it nothing is there, and nothing is recorded. */
static void expect_beyond_the_width(struct bench *b, const char *trace)
{
    struct rec_dma d = bench_read(b, UINT64_C(0x10000000000));

    EXPECT_U64(DMA_REJECTED, d.status);
    EXPECT_U64(0, d.pa);
    EXPECT_U64(0, d.recorded);
    EXPECT_STR(trace, b->trace);
    d = bench_read(b, UINT64_C(0x8000000000000000));
    EXPECT_U64(DMA_REJECTED, d.status);
}

GT_TEST(iommu_translate, an_untranslated_address_beyond_40_bits_is_rejected)
{
    struct bench *b = bench_create();

    bench_context(b, BENCH_SID, 0x9, 3);
    expect_beyond_the_width(b, "67");
    bench_write4(b, GCMD, 0);
    expect_beyond_the_width(b, "");
    bench_destroy(b);
}

/* VT-d "Address Translation Services": with TES = 0 nobody answers a translation request. */
GT_TEST(iommu_translate, disabled_translation_passes_untranslated_requests_only)
{
    struct bench *b = bench_create();
    struct rec_dma in = {.iova = UINT64_C(0x5678901238), .len = 8}, d;

    bench_write4(b, GCMD, 0);
    bench_clear_trace(b);
    d = bench_run(b, &in);
    EXPECT_STR("A", b->trace);
    EXPECT_U64(DMA_UNTRANSLATED, d.status);
    EXPECT_U64(UINT64_C(0x5678901238), d.pa);
    EXPECT_U64(1, d.latency);
    for (in.at = 1; in.at < 4; in.at++) {
        d = bench_run(b, &in);
        EXPECT_U64(DMA_REJECTED, d.status);
        EXPECT_U64(0, d.recorded);
    }
    bench_destroy(b);
}

/* VT-d "Interrupt Address Range". */
GT_TEST(iommu_translate, an_aligned_dword_write_to_fee_is_a_message)
{
    struct bench *b = bench_create();
    struct rec_dma in = {.iova = UINT64_C(0xFEE01004), .len = 4, .write = 1}, d;

    d = bench_run(b, &in);
    EXPECT_STR("M", b->trace);
    EXPECT_U64(DMA_MESSAGE, d.status);
    EXPECT_U64(UINT64_C(0xFEE01004), d.pa);
    EXPECT_U64(1, d.latency);
    bench_destroy(b);
}

static void expect_rejected(const struct rec_dma *in)
{
    struct bench *b = bench_create();
    struct rec_dma d = bench_run(b, in);

    EXPECT_STR("", b->trace);
    EXPECT_U64(DMA_REJECTED, d.status);
    EXPECT_U64(0, d.pa);
    EXPECT_U64(0, d.recorded);
    EXPECT_U64(0, d.fault);
    EXPECT_U64(1, d.latency);
    bench_destroy(b);
}

GT_TEST(iommu_translate, everything_else_at_fee_is_rejected_without_a_record)
{
    struct rec_dma read = {.iova = UINT64_C(0xFEE00000), .len = 4};
    struct rec_dma wide = {.iova = UINT64_C(0xFEEFFFF8), .len = 8, .write = 1};
    struct rec_dma odd = {.iova = UINT64_C(0xFEE00002), .len = 4, .write = 1};
    struct rec_dma translated = {.iova = UINT64_C(0xFEE00000), .len = 4, .write = 1, .at = 2};
    struct rec_dma empty = {.iova = UINT64_C(0xFEE00000)};

    expect_rejected(&read);
    expect_rejected(&wide);
    expect_rejected(&odd);
    expect_rejected(&translated);
    expect_rejected(&empty);
}

/* CAP.ZLR: allowed where only W is granted; moves nothing. */
GT_TEST(iommu_translate, a_zero_length_read_needs_r_or_w_and_moves_nothing)
{
    struct bench *b = bench_create();
    struct rec_dma d;

    bench_put(b, BENCH_L1 + 8, UINT64_C(0x900000) | 2);
    d = bench_read_zero(b, 0x1000);
    EXPECT_STR("674321", b->trace);
    EXPECT_U64(DMA_TRANSLATED, d.status);
    EXPECT_U64(0x900000, d.pa);
    d = bench_read_zero(b, 0x1000);
    EXPECT_U64(3, d.hit);
    d = bench_read(b, 0x1000);
    EXPECT_U64(0x6, d.fault);
    bench_destroy(b);
}

/* VT-d "Second-Stage Translation": R and W are ANDed over the levels, so R above and W below leave
 * nothing, and nothing of it is cached. */
GT_TEST(iommu_translate, a_zero_length_read_needs_one_right_at_all_levels)
{
    struct bench *b = bench_create();
    struct rec_dma d;

    bench_put(b, BENCH_L2, BENCH_L1 | 1);
    bench_put(b, BENCH_L1 + 8, UINT64_C(0x900000) | 2);
    for (unsigned i = 0; i < 2; i++) {
        d = bench_read_zero(b, 0x1000);
        EXPECT_U64(DMA_BLOCKED, d.status);
        EXPECT_U64(0x6, d.fault);
        EXPECT_U64(0, d.hit & 2);
    }
    bench_put(b, BENCH_L1 + 8, UINT64_C(0x900000) | 3);
    EXPECT_U64(DMA_TRANSLATED, bench_read_zero(b, 0x1000).status);
    bench_destroy(b);
}

/* VT-d "IOTLB": with CM = 0 an upgrade of rights needs no invalidation; docs/iommu.md I15. */
GT_TEST(iommu_translate, a_denying_iotlb_entry_is_dropped_and_walked_again)
{
    struct bench *b = bench_create();
    struct rec_dma d;

    bench_put(b, BENCH_L1 + 8, UINT64_C(0x900000) | 1);
    bench_read(b, 0x1000);
    bench_put(b, BENCH_L1 + 8, UINT64_C(0x900000) | 3);
    d = bench_write(b, 0x1000);
    EXPECT_STR("1A", b->trace);
    EXPECT_U64(DMA_TRANSLATED, d.status);
    EXPECT_U64(1, d.hit);
    EXPECT_U64(6, d.latency);
    bench_destroy(b);
}

/* 1 context cache, 1 IOTLB, 1 + 2 from the level cache, 1 + 8 from the top, 1 to answer. */
GT_TEST(iommu_translate, a_fault_behind_a_level_cache_is_walked_again_from_the_top)
{
    struct bench *b = bench_create();
    struct rec_dma d;

    bench_read(b, 0x1000);
    d = bench_read(b, 0x10000);
    EXPECT_STR("14321F", b->trace);
    EXPECT_U64(0x6, d.fault);
    EXPECT_U64(2, d.psc);
    EXPECT_U64(15, d.latency);
    bench_put(b, BENCH_L2, 0x24000 | 3);
    bench_put(b, 0x24000 + 8 * 17, 0x900000 | 3);
    d = bench_read(b, 0x11000);
    EXPECT_STR("14321A", b->trace);
    EXPECT_U64(0x900000, d.pa);
    EXPECT_U64(2, d.psc);
    bench_destroy(b);
}

/* 1 context cache, 1 IOTLB, 1 for the pass that reads nothing, 1 + 8, 1 to answer. */
GT_TEST(iommu_translate, a_denying_level_cache_entry_costs_one_cycle)
{
    struct bench *b = bench_create();
    struct rec_dma d;

    bench_put(b, BENCH_L2, BENCH_L1 | 1);
    bench_read(b, 0x1000);
    bench_put(b, BENCH_L2, BENCH_L1 | 3);
    d = bench_write(b, 0x2000);
    EXPECT_STR("4321A", b->trace);
    EXPECT_U64(2, d.psc);
    EXPECT_U64(13, d.latency);
    bench_destroy(b);
}

GT_TEST(iommu_translate, a_denied_write_reads_on_no_further_than_the_denying_entry)
{
    struct bench *b = bench_create();
    struct rec_dma d;

    bench_put(b, BENCH_L3, BENCH_L2 | 1);
    d = bench_write(b, 0x1000);
    EXPECT_STR("6743F", b->trace);
    EXPECT_U64(0x5, d.fault);
    EXPECT_U64(1 + 4 + 1 + 1 + 4 + 1, d.latency);
    bench_destroy(b);
}

/* Level caches are filled on the way down, whatever the walk ends with. */
GT_TEST(iommu_translate, a_faulting_walk_leaves_the_tables_above_the_fault_cached)
{
    struct bench *b = bench_create();
    struct rec_dma d;

    bench_put(b, BENCH_L2, 0);
    bench_read(b, 0x1000);
    bench_put(b, BENCH_L2, BENCH_L1 | 3);
    d = bench_read(b, 0x1000);
    EXPECT_STR("21A", b->trace);
    EXPECT_U64(3, d.psc);
    bench_destroy(b);
}

/* A mapping can be moved without being seen until the IOTLB entry is dropped. */
GT_TEST(iommu_translate, the_iotlb_holds_32_pages_and_evicts_in_turn)
{
    struct bench *b = bench_create();

    for (unsigned i = 0; i < 33; i++)
        bench_put(b, BENCH_L1 + 8 * i, (UINT64_C(0x900000) + 0x1000 * i) | 3);
    for (unsigned i = 0; i < 33; i++)
        bench_read(b, 0x1000 * i);
    EXPECT_U64(3, bench_read(b, 0x1000).hit);
    EXPECT_U64(3, bench_read(b, 0x20000).hit);
    EXPECT_U64(1, bench_read(b, 0).hit); /* was in slot 0; now takes slot 1 */
    EXPECT_U64(1, bench_read(b, 0x1000).hit);
    EXPECT_U64(3, bench_read(b, 0x3000).hit);
    bench_destroy(b);
}

GT_TEST(iommu_translate, the_context_cache_holds_8_devices)
{
    struct bench *b = bench_create();

    for (unsigned sid = 0; sid < 9; sid++)
        bench_context(b, sid, 0x9, 3);
    for (unsigned sid = 0; sid < 9; sid++)
        EXPECT_U64(0, bench_read_of(b, sid, 0).hit);
    EXPECT_U64(1, bench_read_of(b, 1, 0).hit);
    EXPECT_U64(1, bench_read_of(b, 8, 0).hit);
    EXPECT_U64(0, bench_read_of(b, 0, 0).hit);
    EXPECT_U64(0, bench_read_of(b, 1, 0).hit);
    bench_destroy(b);
}

/* 4 KiB and 2 MiB entries of one address stand together; the lowest-numbered answers. */
GT_TEST(iommu_translate, the_lowest_numbered_of_overlapping_entries_answers)
{
    struct bench *b = bench_create();
    struct rec_dma d;

    bench_read(b, 0x1000);
    bench_put(b, BENCH_L2, UINT64_C(0x40000000) | 0x81);
    bench_write8(b, IVA, UINT64_C(0x1FF000));
    bench_write8(b, IOTLB, UINT64_C(0xB000000000000000) | (uint64_t)BENCH_DID << 32);
    EXPECT_U64(21, bench_read(b, 0x2000).page_log2);
    d = bench_read(b, 0x1000);
    EXPECT_U64(12, d.page_log2);
    EXPECT_U64(UINT64_C(0x800001000), d.pa);
    bench_destroy(b);
}

/* docs/iommu.md I17, I32: the request's own 4-KiB page decides, not the page of the entry. */
GT_TEST(iommu_translate, a_cached_superpage_over_fee_faults_for_the_pages_inside_only)
{
    struct bench *b = bench_create();
    struct rec_dma d;

    bench_put(b, BENCH_L3, UINT64_C(0xC0000000) | 0x83);
    d = bench_read(b, 0x1000);
    EXPECT_U64(UINT64_C(0xC0001000), d.pa);
    d = bench_read(b, 0x3EE00000);
    EXPECT_STR("343F", b->trace);
    EXPECT_U64(0xE, d.fault);
    EXPECT_U64(1, d.hit);
    EXPECT_U64(4, d.psc);
    EXPECT_U64(1, bench_read(b, 0x1000).hit);
    bench_destroy(b);
}
