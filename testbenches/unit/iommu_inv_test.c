// SPDX-License-Identifier: Apache-2.0
// Registers and register-based invalidation of the IOMMU model. VT-d "Register Descriptions",
// "Register-based Invalidation Interface"; docs/iommu.md "Configuration", "Invalidation".
#include "iommu_bench.h"

#define ICC    UINT64_C(0x8000000000000000)
#define IVT    UINT64_C(0x8000000000000000)
#define GLOBAL UINT64_C(1)
#define DOMAIN UINT64_C(2)
#define NARROW UINT64_C(3) /* device, page */

static unsigned invalidate_context(struct bench *b, uint64_t cirg, uint64_t low)
{
    bench_clear_trace(b);
    bench_write8(b, CCMD, ICC | cirg << 61 | low);
    return b->last.count;
}

static unsigned invalidate_iotlb(struct bench *b, uint64_t iirg, uint64_t did, uint64_t iva)
{
    bench_write8(b, IVA, iva);
    bench_clear_trace(b);
    bench_write8(b, IOTLB, IVT | iirg << 60 | did << 32);
    return b->last.count;
}

GT_TEST(iommu_regs, reset_masks_the_event_and_disables_translation)
{
    struct bench *b = bench_create();

    bench_read(b, 0x10000);
    iommu_reset(b->u);
    EXPECT_U64(0, bench_read4(b, GSTS));
    EXPECT_U64(UINT32_C(0x80000000), bench_read4(b, FECTL));
    EXPECT_U64(0, bench_read4(b, FSTS));
    EXPECT_U64(0, iommu_reg_read(b->u, FRCD + 8, 8));
    EXPECT_U64(DMA_UNTRANSLATED, bench_read(b, 0x1000).status);
    bench_destroy(b);
}

GT_TEST(iommu_regs, gsts_follows_gcmd_and_what_is_not_offered_stays_0)
{
    struct bench *b = bench_create();

    EXPECT_U64(UINT32_C(0xC0000000), bench_read4(b, GSTS));
    bench_write4(b, GCMD, UINT32_C(0x387FFFFF)); /* SFL, EAFL, WBF, the reserved bits */
    EXPECT_U64(UINT32_C(0x40000000), bench_read4(b, GSTS));
    EXPECT_U64(0, bench_read4(b, GCMD));
    bench_write4(b, GSTS, UINT32_C(0xFFFFFFFF));
    EXPECT_U64(UINT32_C(0x40000000), bench_read4(b, GSTS));
    bench_destroy(b);
}

GT_TEST(iommu_regs, writable_bits)
{
    static const struct {
        uint32_t offset;
        uint64_t reads;
    } rows[] = {
        {RTADDR, UINT64_C(0x000000FFFFFFFC00)},
        {FEADDR, UINT64_C(0xFFFFFFFFFFFFFFFC)},
        {PLMBASE, UINT64_C(0xFFFFFFFFFFE00000)}, /* and PLMLIMIT */
        {PHMBASE, UINT64_C(0x000000FFFFE00000)},
        {PHMLIMIT, UINT64_C(0x000000FFFFFFFFFF)},
        {IQH, 0},
        {IQT, UINT64_C(0x000000000007FFF0)},
        {IQA, UINT64_C(0x000000FFFFFFF807)},
        {ICS - 4, 0},
        {IECTL, UINT64_C(0x0000FFFF80000000)},
        {IEADDR, UINT64_C(0xFFFFFFFFFFFFFFFC)},
        {IQERCD, 0},
        {IRTA, UINT64_C(0x000000FFFFFFF80F)},
        {PMEN - 4, UINT64_C(0x8000000100000000)},
        {IVA, 0},
        {0x0C0, 0},
        {0xFF8, 0},
    };
    struct bench *b = bench_create();

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bench_write8(b, rows[i].offset, UINT64_MAX);
        EXPECT_U64(rows[i].reads, iommu_reg_read(b->u, rows[i].offset, 8));
    }
    bench_write8(b, FECTL, UINT64_MAX);
    EXPECT_U64(UINT64_C(0x0000FFFF80000000), iommu_reg_read(b->u, FECTL, 8));
    bench_destroy(b);
}

GT_TEST(iommu_regs, a_command_without_its_go_bit_is_stored_only)
{
    struct bench *b = bench_create();

    bench_read(b, 0x1000);
    bench_clear_trace(b);
    bench_write8(b, CCMD, ~ICC);
    bench_write8(b, IOTLB, ~IVT);
    EXPECT_STR("ww", b->trace);
    EXPECT_U64(UINT64_C(0x60000003FFFFFFFF), iommu_reg_read(b->u, CCMD, 8));
    EXPECT_U64(UINT64_C(0x3003FFFF00000000), iommu_reg_read(b->u, IOTLB, 8));
    EXPECT_U64(3, bench_read(b, 0x1000).hit);
    bench_destroy(b);
}

GT_TEST(iommu_regs, the_upper_half_of_a_command_acts)
{
    struct bench *b = bench_create();

    bench_read(b, 0x1000);
    bench_write4(b, CCMD, BENCH_SID << 16 | BENCH_DID);
    bench_clear_trace(b);
    bench_write4(b, CCMD + 4, UINT32_C(0xE0000000));
    EXPECT_STR("wC", b->trace);
    EXPECT_U64(1, b->last.count);
    EXPECT_U64(1, b->last.latency);
    EXPECT_U64(UINT32_C(0x78000000), bench_read4(b, CCMD + 4)); /* ICC 0, CIRG 3, CAIG 3 */
    bench_destroy(b);
}

static void expect_bad_access(struct bench *b, uint32_t offset, unsigned bytes, uint64_t ones)
{
    EXPECT_U64(ones, iommu_reg_read(b->u, offset, bytes));
    iommu_reg_write(b->u, offset, bytes, 0x12345678);
    EXPECT_U64(0, bench_read4(b, FEADDR));
}

GT_TEST(iommu_regs, other_sizes_and_alignments_read_ones_and_write_nothing)
{
    struct bench *b = bench_create();

    bench_clear_trace(b);
    expect_bad_access(b, FEADDR, 1, 0xFF);
    expect_bad_access(b, FEADDR, 2, 0xFFFF);
    expect_bad_access(b, FEADDR, 16, UINT64_MAX);
    expect_bad_access(b, FEADDR - 2, 4, 0xFFFFFFFF);
    expect_bad_access(b, FEADDR - 4, 8, UINT64_MAX);
    EXPECT_STR("rwrrwrrwrrwrrwr", b->trace);
    bench_destroy(b);
}

GT_TEST(iommu_regs, root_pointer_is_taken_by_srtp_only)
{
    struct bench *b = bench_create();

    bench_write8(b, RTADDR, 0x2F000);
    EXPECT_U64(1, bench_read(b, 0x1000).status);
    bench_write4(b, GCMD, UINT32_C(0xC0000000));
    EXPECT_U64(1, bench_read(b, 0x1000).status); /* SRTP drops nothing */
    EXPECT_U64(0x1, bench_read_of(b, 1, 0).fault);
    EXPECT_U64(0x2F000, b->walk.addr);
    bench_destroy(b);
}

/* Devices 0x11..0x17 of DID 7, 0x18 of DID 8. */
static struct bench *eight_devices(void)
{
    struct bench *b = bench_create();

    for (unsigned sid = 0x11; sid < 0x18; sid++) {
        bench_context(b, sid, 0x9, BENCH_DID << 8 | 3);
        bench_read_of(b, sid, 0);
    }
    bench_context(b, 0x18, 0x9, 8 << 8 | 3);
    bench_read_of(b, 0x18, 0);
    return b;
}

GT_TEST(iommu_context_inv, global_and_domain)
{
    struct bench *b = eight_devices();

    EXPECT_U64(7, invalidate_context(b, DOMAIN, BENCH_DID));
    EXPECT_STR("wC", b->trace);
    EXPECT_U64(UINT64_C(0x5000000000000007), iommu_reg_read(b->u, CCMD, 8));
    EXPECT_U64(1, bench_read_of(b, 0x18, 0).hit);
    EXPECT_U64(1, invalidate_context(b, GLOBAL, 0));
    EXPECT_U64(0, invalidate_context(b, GLOBAL, 0));
    EXPECT_U64(0, b->last.addr | b->last.lo | b->last.hi | b->last.size);
    bench_destroy(b);
}

/* FM 1 ignores function bit 2, FM 2 bits 2:1, FM 3 bits 2:0. */
GT_TEST(iommu_context_inv, function_mask)
{
    static const unsigned dropped[] = {1, 2, 4, 7}; /* of functions 1 to 7; 1 named */

    for (uint64_t fm = 0; fm < 4; fm++) {
        struct bench *b = eight_devices();
        uint64_t low = fm << 32 | UINT64_C(0x11) << 16;

        EXPECT_U64(0, invalidate_context(b, NARROW, low | 8)); /* the DID must match */
        EXPECT_U64(dropped[fm], invalidate_context(b, NARROW, low | BENCH_DID));
        bench_destroy(b);
    }
}

GT_TEST(iommu_context_inv, granularity_0_does_nothing)
{
    struct bench *b = eight_devices();

    invalidate_context(b, DOMAIN, 8);
    invalidate_context(b, 0, 0);
    EXPECT_STR("w", b->trace);
    EXPECT_U64(0, iommu_reg_read(b->u, CCMD, 8));
    EXPECT_U64(1, bench_read_of(b, 0x17, 0).hit);
    bench_destroy(b);
}

/* One 4-KiB page leaves one IOTLB entry and one entry in each level cache. */
GT_TEST(iommu_iotlb_inv, global_and_domain_drop_level_caches_too)
{
    struct bench *b = bench_create();

    bench_read(b, 0x1000);
    EXPECT_U64(0, invalidate_iotlb(b, DOMAIN, 8, 0));
    EXPECT_U64(4, invalidate_iotlb(b, DOMAIN, BENCH_DID, 0));
    EXPECT_STR("wI", b->trace);
    EXPECT_U64(UINT64_C(0x2400000700000000), iommu_reg_read(b->u, IOTLB, 8));
    bench_read(b, 0x1000);
    EXPECT_STR("4321A", b->trace);
    EXPECT_U64(4, invalidate_iotlb(b, GLOBAL, 0, 0));
    bench_destroy(b);
}

GT_TEST(iommu_iotlb_inv, page_drops_what_intersects_and_ih_keeps_the_level_caches)
{
    struct bench *b = bench_create();

    for (unsigned i = 0; i < 8; i++)
        bench_read(b, 0x1000 * i);
    EXPECT_U64(1, invalidate_iotlb(b, NARROW, BENCH_DID, 0x3000 | 0x40));
    EXPECT_U64(1, bench_read(b, 0x3000).hit);
    EXPECT_STR("1A", b->trace);
    EXPECT_U64(0, invalidate_iotlb(b, NARROW, 8, 0x3000));
    EXPECT_U64(4, invalidate_iotlb(b, NARROW, BENCH_DID, 0x7000 | 0x40 | 2)); /* pages 4 to 7 */
    EXPECT_U64(3, bench_read(b, 0x3000).hit);
    EXPECT_U64(0, invalidate_iotlb(b, NARROW, BENCH_DID, UINT64_C(0x1000000003000)));
    EXPECT_U64(4, invalidate_iotlb(b, NARROW, BENCH_DID, 0x3000));
    EXPECT_U64(0, bench_read(b, 0x4000).psc);
    bench_destroy(b);
}

GT_TEST(iommu_iotlb_inv, a_page_inside_a_superpage_drops_it)
{
    struct bench *b = bench_create();

    bench_put(b, BENCH_L2 + 8, UINT64_C(0x40000000) | 0x83);
    bench_read(b, 0x200000);
    EXPECT_U64(0, invalidate_iotlb(b, NARROW, BENCH_DID, 0x1FF000 | 0x40));
    EXPECT_U64(1, invalidate_iotlb(b, NARROW, BENCH_DID, 0x3FF000 | 0x40));
    bench_read(b, 0x200000);
    EXPECT_U64(1, invalidate_iotlb(b, NARROW, BENCH_DID, 0x40 | 18));
    bench_destroy(b);
}

static void expect_bad_request(uint64_t iirg, uint64_t iva)
{
    struct bench *b = bench_create();

    bench_read(b, 0x1000);
    invalidate_iotlb(b, iirg, BENCH_DID, iva);
    EXPECT_STR("w", b->trace);
    EXPECT_U64(iirg << 60 | (uint64_t)BENCH_DID << 32, iommu_reg_read(b->u, IOTLB, 8));
    EXPECT_U64(3, bench_read(b, 0x1000).hit);
    bench_destroy(b);
}

GT_TEST(iommu_iotlb_inv, a_bad_request_drops_nothing)
{
    expect_bad_request(0, 0);
    expect_bad_request(NARROW, 19); /* AM > MAMV */
}

/* docs/iommu.md I51 to I54: CCMD touches the context cache only. */
GT_TEST(iommu_context_inv, leaves_the_iotlb_alone)
{
    struct bench *b = bench_create();

    bench_read(b, 0x1000);
    EXPECT_U64(1, invalidate_context(b, GLOBAL, 0));
    EXPECT_U64(2, bench_read(b, 0x1000).hit);
    EXPECT_STR("67A", b->trace);
    bench_destroy(b);
}
