// SPDX-License-Identifier: Apache-2.0
// Protected memory regions of the IOMMU model. VT-d "Protected Memory Enable Register";
// docs/iommu.md I11, I14, I91.
#include "iommu_bench.h"

#define EPM UINT32_C(0x80000000)

static uint8_t untranslated(struct bench *b, uint64_t addr)
{
    return bench_read(b, addr).status;
}

static void expect_blocked(struct bench *b, uint64_t addr)
{
    struct rec_dma d = bench_read(b, addr);

    EXPECT_U64(DMA_REJECTED, d.status);
    EXPECT_U64(0, d.pa);
    EXPECT_U64(0, d.fault);
    EXPECT_U64(0, d.recorded);
    EXPECT_U64(0, bench_read4(b, FSTS));
}

/* Translation off; low region 0x400000 to 0x7FFFFF, high region 0x1200000000 to 0x12001FFFFF. */
static struct bench *region_bench(void)
{
    struct bench *b = bench_create();

    bench_write4(b, GCMD, 0);
    bench_write8(b, PLMBASE, UINT64_C(0x0060000000400000));
    bench_write8(b, PHMBASE, UINT64_C(0x1200000000));
    bench_write8(b, PHMLIMIT, UINT64_C(0x1200000000));
    bench_write4(b, PMEN, EPM);
    return b;
}

/* I91: EPM shows in PRS at once. */
GT_TEST(iommu_protected, the_registers)
{
    struct bench *b = bench_create();

    EXPECT_U64(0, bench_read4(b, PMEN));
    EXPECT_U64(0, bench_read4(b, PLMBASE));
    EXPECT_U64(0x1FFFFF, bench_read4(b, PLMLIMIT));
    EXPECT_U64(0, iommu_reg_read(b->u, PHMBASE, 8));
    EXPECT_U64(0x1FFFFF, iommu_reg_read(b->u, PHMLIMIT, 8));
    bench_write4(b, PMEN, UINT32_MAX);
    EXPECT_U64(0x80000001, bench_read4(b, PMEN));
    bench_write4(b, PMEN, 0x7FFFFFFF);
    EXPECT_U64(0, bench_read4(b, PMEN));
    bench_write8(b, PLMBASE, 0);
    EXPECT_U64(UINT64_C(0x001FFFFF00000000), iommu_reg_read(b->u, PLMBASE, 8));
    bench_destroy(b);
}

/* I91: base to limit, inclusive; PRS = 0 covers nothing. */
GT_TEST(iommu_protected, first_and_last_byte)
{
    struct bench *b = region_bench();
    struct rec_dma last = {.iova = 0x7FFFFF, .len = 1};

    EXPECT_U64(DMA_UNTRANSLATED, untranslated(b, 0x3FFFF8));
    expect_blocked(b, 0x400000);
    EXPECT_U64(1, bench_read(b, 0x400000).latency);
    EXPECT_STR("", b->trace);
    expect_blocked(b, 0x7FFFF8);
    EXPECT_U64(DMA_REJECTED, bench_run(b, &last).status);
    EXPECT_U64(DMA_UNTRANSLATED, untranslated(b, 0x800000));
    EXPECT_U64(DMA_UNTRANSLATED, untranslated(b, UINT64_C(0x11FFFFFFF8)));
    expect_blocked(b, UINT64_C(0x1200000000));
    expect_blocked(b, UINT64_C(0x12001FFFF8));
    EXPECT_U64(DMA_UNTRANSLATED, untranslated(b, UINT64_C(0x1200200000)));
    EXPECT_U64(DMA_REJECTED, bench_write(b, 0x400000).status);
    EXPECT_U64(DMA_REJECTED, bench_read_zero(b, 0x400000).status);
    bench_write4(b, PMEN, 0);
    EXPECT_U64(DMA_UNTRANSLATED, untranslated(b, 0x400000));
    EXPECT_U64(DMA_UNTRANSLATED, untranslated(b, UINT64_C(0x1200000000)));
    bench_destroy(b);
}

/* I91: the low region ends below 4 GiB. */
GT_TEST(iommu_protected, the_low_region_has_32_bits)
{
    struct bench *b = region_bench();

    bench_write4(b, PLMLIMIT, UINT32_MAX);
    expect_blocked(b, 0xFFFFFFF8);
    EXPECT_U64(DMA_UNTRANSLATED, untranslated(b, UINT64_C(0x100400000)));
    bench_destroy(b);
}

GT_TEST(iommu_protected, a_limit_below_its_base_covers_nothing)
{
    struct bench *b = region_bench();

    bench_write4(b, PLMLIMIT, 0x200000);
    bench_write8(b, PHMLIMIT, UINT64_C(0x11FFE00000));
    EXPECT_U64(DMA_UNTRANSLATED, untranslated(b, 0x200000));
    EXPECT_U64(DMA_UNTRANSLATED, untranslated(b, 0x3FFFF8));
    EXPECT_U64(DMA_UNTRANSLATED, untranslated(b, 0x400000));
    EXPECT_U64(DMA_UNTRANSLATED, untranslated(b, UINT64_C(0x11FFFFFFF8)));
    EXPECT_U64(DMA_UNTRANSLATED, untranslated(b, UINT64_C(0x1200000000)));
    bench_destroy(b);
}

/* I14, I91: pass-through is looked at, a translation into a region is not. */
GT_TEST(iommu_protected, with_translation_on_pass_through_alone_is_looked_at)
{
    struct bench *b = region_bench();

    bench_write4(b, GCMD, GCMD_TE);
    bench_context(b, 1, 0x9, 3);
    EXPECT_U64(DMA_REJECTED, bench_read_of(b, 1, 0x400000).status);
    EXPECT_STR("67", b->trace);
    EXPECT_U64(DMA_REJECTED, bench_read_of(b, 1, UINT64_C(0x12001FFFF8)).status);
    EXPECT_U64(2, bench_read_of(b, 1, 0x400000).latency);
    EXPECT_U64(DMA_PASS_THROUGH, bench_read_of(b, 1, 0x800000).status);
    bench_put(b, BENCH_L1 + 8, 0x400003);
    EXPECT_U64(0x400000, bench_read(b, 0x1000).pa);
    bench_destroy(b);
}

/* I91: neither interrupt requests nor what the unit does by itself. */
GT_TEST(iommu_protected, messages_and_the_unit_itself_are_not_looked_at)
{
    struct bench *b = region_bench();
    struct rec_dma in = {.iova = UINT64_C(0xFEE00000), .len = 4, .write = 1};

    bench_write8(b, PLMBASE, UINT64_C(0xFFFFFFFF00000000));
    EXPECT_U64(DMA_MESSAGE, bench_run(b, &in).status);
    bench_write4(b, GCMD, GCMD_TE);
    EXPECT_U64(DMA_TRANSLATED, bench_read(b, 0x1000).status); /* tables at 0x10000 */
    bench_destroy(b);
}
