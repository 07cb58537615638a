// SPDX-License-Identifier: Apache-2.0
// Tables that nobody claims, on the IOMMU model. VT-d "Fault Reason Encodings"; docs/iommu.md I95.
#include "iommu_bench.h"

struct error_case {
    uint64_t unclaimed;
    uint8_t code;
    uint32_t latency;
    const char *trace;
};

/* The entry reads as all ones, and its record says so. */
GT_TEST(iommu_read_error, each_table_has_its_reason)
{
    static const struct error_case cases[] = {
        {BENCH_ROOT, 0x8, 4, "6F"},    {BENCH_CONTEXT, 0x9, 6, "67F"},
        {BENCH_L4, 0x3, 10, "674F"},   {BENCH_L3, 0x7, 12, "6743F"},
        {BENCH_L2, 0x7, 14, "67432F"}, {BENCH_L1, 0x7, 16, "674321F"},
    };

    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct bench *b = bench_create();
        struct rec_dma d;

        b->unclaimed = cases[i].unclaimed;
        d = bench_read(b, 0x1000);
        EXPECT_U64(DMA_BLOCKED, d.status);
        EXPECT_U64(cases[i].code, d.fault);
        EXPECT_U64(cases[i].latency, d.latency);
        EXPECT_U64(1, d.recorded);
        EXPECT_STR(cases[i].trace, b->trace);
        EXPECT_U64(UINT64_MAX, b->walk.value[0]);
        EXPECT_U64(i < 2 ? UINT64_MAX : 0, b->walk.value[1]);
        b->unclaimed = 0;
        EXPECT_U64(DMA_TRANSLATED, bench_read(b, 0x1000).status); /* nothing of it is cached */
        bench_destroy(b);
    }
}

/* 8h and 9h are not qualified, though all ones has FPD set; 3h and 7h are. */
GT_TEST(iommu_read_error, fpd_hides_those_of_the_second_stage)
{
    static const uint64_t tables[] = {BENCH_L4, BENCH_L1};

    for (unsigned i = 0; i < 2; i++) {
        struct bench *b = bench_create();
        struct rec_dma d;

        bench_context(b, BENCH_SID, BENCH_L4 | 3, BENCH_DID << 8 | 2);
        b->unclaimed = tables[i];
        d = bench_read(b, 0x1000);
        EXPECT_U64(i == 0 ? 0x3 : 0x7, d.fault);
        EXPECT_U64(0, d.recorded);
        EXPECT_U64(0, bench_read4(b, FSTS));
        bench_destroy(b);
    }
}

/* 3h goes by the level of SLPTPTR, not by a number. */
GT_TEST(iommu_read_error, the_top_table_is_that_of_the_context_entry)
{
    struct bench *b = bench_create();

    bench_context(b, BENCH_SID, BENCH_L3 | 1, BENCH_DID << 8 | 1);
    b->unclaimed = BENCH_L3;
    EXPECT_U64(0x3, bench_read(b, 0x1000).fault);
    b->unclaimed = BENCH_L2;
    EXPECT_U64(0x7, bench_read(b, 0x1000).fault);
    bench_destroy(b);
}

/* I18: one behind a level-cache entry is walked again from the top, and only then final. */
GT_TEST(iommu_read_error, one_behind_a_level_cache_is_not_final)
{
    struct bench *b = bench_create();
    struct rec_dma d;

    bench_read(b, 0x1000);
    b->unclaimed = BENCH_L1;
    d = bench_read(b, 0x2000);
    EXPECT_STR("14321F", b->trace);
    EXPECT_U64(0x7, d.fault);
    EXPECT_U64(2, d.psc);
    b->unclaimed = 0;
    bench_read(b, 0x2000);
    bench_put(b, BENCH_L2, 0x24000 | 3);
    bench_put(b, 0x24000 + 8 * 3, 0x900000 | 3);
    b->unclaimed = BENCH_L1;
    d = bench_read(b, 0x3000);
    EXPECT_STR("14321A", b->trace);
    EXPECT_U64(0x900000, d.pa);
    bench_destroy(b);
}
