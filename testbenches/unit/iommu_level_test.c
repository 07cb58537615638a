// SPDX-License-Identifier: Apache-2.0
// Five levels and the level-5 cache on the IOMMU model. VT-d "Second-Stage Translation";
// docs/iommu.md I14, I16 to I18, I36, I52.
#include "iommu_bench.h"

/* The bench's device with 57 bits: its 4-level table stands at the bottom, and again at entry 1. */
static struct bench *five_levels(void)
{
    struct bench *b = bench_create();

    bench_context(b, BENCH_SID, BENCH_L5 | 1, BENCH_DID << 8 | 3);
    bench_put(b, BENCH_L5, BENCH_L4 | 3);
    bench_put(b, BENCH_L5 + 8, BENCH_L4 | 3);
    bench_put(b, BENCH_L5 + 8 * 511, BENCH_L4 | 3);
    return b;
}

#define ENTRY_1 (UINT64_C(1) << 48)

/* 1 context cache, 4 root and context, 1 IOTLB, 1 pass, 10, 1 to answer. */
GT_TEST(iommu_level, five_levels_missed_cost_18_cycles)
{
    struct bench *b = five_levels();
    struct rec_dma d = bench_read(b, ENTRY_1 | 0x1238);

    EXPECT_STR("6754321A", b->trace);
    EXPECT_U64(UINT64_C(0x800001238), d.pa);
    EXPECT_U64(18, d.latency);
    EXPECT_U64(0, d.psc);
    d = bench_read(b, ENTRY_1 | 0x1FF8);
    EXPECT_U64(3, d.hit);
    EXPECT_U64(3, d.latency);
    EXPECT_U64(1, bench_read(b, 0x1FF8).hit); /* another page: bits 56:48 are in the tag */
    bench_destroy(b);
}

/* I14. */
GT_TEST(iommu_level, the_width_is_57_bits)
{
    struct bench *b = five_levels();

    EXPECT_U64(DMA_TRANSLATED, bench_read(b, UINT64_C(0x1FF000000001000)).status);
    EXPECT_U64(0x4, bench_read(b, UINT64_C(0x200000000001000)).fault);
    EXPECT_U64(0x4, bench_read(b, UINT64_C(0x8000000000001000)).fault);
    bench_destroy(b);
}

/* I16: level 5 is looked up last. */
GT_TEST(iommu_level, the_level_5_cache_leaves_four_entries_to_read)
{
    struct bench *b = five_levels();
    struct rec_dma d;

    bench_read(b, 0x1000);
    bench_put(b, BENCH_L4 + 8, BENCH_L3 | 3);
    d = bench_read(b, UINT64_C(0x8000001000));
    EXPECT_STR("4321A", b->trace);
    EXPECT_U64(5, d.psc);
    EXPECT_U64(12, d.latency);
    d = bench_read(b, UINT64_C(0x8000002000));
    EXPECT_U64(2, d.psc);
    bench_destroy(b);
}

/* I16: of one DID a 48-bit device does not use a level-5 entry, nor a 39-bit one a level-4 entry.
 */
GT_TEST(iommu_level, a_level_cache_above_the_top_table_is_not_looked_up)
{
    struct bench *b = five_levels();

    bench_put(b, BENCH_L4, 0); /* the walk leaves a level-5 entry alone behind */
    bench_read(b, 0x1000);
    bench_put(b, BENCH_L4, BENCH_L3 | 3);
    bench_context(b, 1, BENCH_L4 | 1, BENCH_DID << 8 | 2);
    EXPECT_U64(0, bench_read_of(b, 1, 0x1000).psc);
    EXPECT_STR("674321A", b->trace);
    bench_write8(b, IOTLB, UINT64_C(0x9000000000000000));
    bench_put(b, BENCH_L3, 0);
    bench_read_of(b, 1, 0x1000); /* level 4 alone */
    bench_put(b, BENCH_L3, BENCH_L2 | 3);
    bench_context(b, 2, BENCH_L3 | 1, BENCH_DID << 8 | 1);
    EXPECT_U64(0, bench_read_of(b, 2, 0x1000).psc);
    EXPECT_STR("67321A", b->trace);
    bench_destroy(b);
}

/* I17: PS is reserved at levels 4 and 5, and so are the other reserved bits. */
GT_TEST(iommu_level, reserved_bits_of_level_5)
{
    static const uint64_t bits[] = {0x80, 0x800, UINT64_C(1) << 40, UINT64_C(1) << 51,
                                    UINT64_C(1) << 62};

    for (unsigned i = 0; i < 5; i++) {
        struct bench *b = five_levels();

        bench_put(b, BENCH_L5, BENCH_L4 | 3 | bits[i]);
        EXPECT_U64(0xC, bench_read(b, 0x1000).fault);
        EXPECT_STR("675F", b->trace);
        bench_destroy(b);
    }
}

GT_TEST(iommu_level, rights_are_anded_over_five_levels)
{
    struct bench *b = five_levels();

    bench_put(b, BENCH_L5, BENCH_L4 | 1);
    EXPECT_U64(0x5, bench_write(b, 0x1000).fault);
    EXPECT_STR("675F", b->trace);
    EXPECT_U64(DMA_TRANSLATED, bench_read(b, 0x1000).status);
    EXPECT_U64(0x5, bench_write(b, 0x1000).fault);
    EXPECT_STR("5F", b->trace); /* the level-2 entry denies, then the walk from the top */
    bench_destroy(b);
}

/* I8: four entries; I18, I36: a fault drops those that cover the address. */
GT_TEST(iommu_level, the_level_5_cache_holds_4_entries)
{
    struct bench *b = five_levels();

    bench_put(b, BENCH_L4, 0);
    for (uint64_t i = 0; i < 5; i++) {
        bench_put(b, BENCH_L5 + 8 * i, BENCH_L4 | 3);
        EXPECT_U64(0, bench_read(b, i << 48).psc);
    }
    /* A fault behind an entry drops it and fills its slot again: what is there stays there. */
    EXPECT_U64(5, bench_read(b, UINT64_C(4) << 48).psc);
    EXPECT_STR("454F", b->trace);
    EXPECT_U64(5, bench_read(b, UINT64_C(1) << 48).psc);
    EXPECT_U64(0, bench_read(b, 0).psc); /* entry 4 took its slot */
    EXPECT_U64(0, bench_read(b, UINT64_C(1) << 48).psc);
    bench_destroy(b);
}

static unsigned invalidated(struct bench *b, uint64_t iirg, uint64_t did, uint64_t iva)
{
    bench_write8(b, IVA, iva);
    bench_write8(b, IOTLB, UINT64_C(0x8000000000000000) | iirg << 60 | did << 32);
    return b->last.count;
}

/* I52: one IOTLB entry and one in each of four level caches. */
GT_TEST(iommu_level, an_invalidation_drops_level_5_too)
{
    struct bench *b = five_levels();

    bench_read(b, ENTRY_1 | 0x1000);
    EXPECT_U64(0, invalidated(b, 2, 8, 0));
    EXPECT_U64(0, invalidated(b, 3, BENCH_DID, 0x1000));
    EXPECT_U64(1, invalidated(b, 3, BENCH_DID, ENTRY_1 | UINT64_C(0x8000000000))); /* level 5 */
    bench_read(b, ENTRY_1 | 0x1000);
    EXPECT_U64(4, invalidated(b, 3, BENCH_DID, ENTRY_1 | 0x1000)); /* all but level 5: it hit */
    bench_read(b, ENTRY_1 | 0x1000);
    EXPECT_U64(1, invalidated(b, 3, BENCH_DID, ENTRY_1 | 0x1000 | 0x40));
    EXPECT_U64(4, invalidated(b, 2, BENCH_DID, 0));
    bench_read(b, ENTRY_1 | 0x1000);
    EXPECT_U64(5, invalidated(b, 1, 0, 0));
    bench_destroy(b);
}

/* I36: whatever the width, all four are dropped. A 48-bit device of the same DID faults. */
GT_TEST(iommu_level, a_fault_drops_the_entries_of_all_level_caches)
{
    struct bench *b = five_levels();

    bench_context(b, 1, BENCH_L4 | 1, BENCH_DID << 8 | 2);
    bench_read(b, 0x1000);
    EXPECT_U64(0x6, bench_read_of(b, 1, 0x10000).fault);
    EXPECT_STR("6714321F", b->trace);
    EXPECT_U64(2, bench_read(b, 0x2000).psc); /* filled again by the walk from the top */
    bench_put(b, BENCH_L4 + 8, BENCH_L3 | 3);
    EXPECT_U64(0, bench_read(b, UINT64_C(0x8000001000)).psc); /* level 5 is gone */
    bench_destroy(b);
}
