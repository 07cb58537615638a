// SPDX-License-Identifier: Apache-2.0
// What the IOMMU model offers, and what is left when a capability is away. docs/iommu.md I1, I3,
// "Configuration"; VT-d "Capability Register", "Extended Capability Register".
#include "iommu_bench.h"

#define CAP  0x008u
#define ECAP 0x010u

#define CAP_ALL  UINT64_C(0x00D2078C20780E66)
#define ECAP_ALL UINT64_C(0xF0105F)

static struct bench *without(uint32_t away)
{
    struct iommu_config config = iommu_default_config();

    config.away = away;
    return bench_create_with(&config);
}

#define AWAY(f) (UINT32_C(1) << IOMMU_##f)

GT_TEST(iommu_config, capabilities_are_those_of_the_document)
{
    struct bench *b = bench_create();

    EXPECT_U64(0x10, bench_read4(b, 0x000));
    EXPECT_U64(CAP_ALL, iommu_reg_read(b->u, CAP, 8));
    EXPECT_U64(ECAP_ALL, iommu_reg_read(b->u, ECAP, 8));
    EXPECT_U64(UINT64_C(0x00D2078C), bench_read4(b, CAP + 4));
    bench_destroy(b);
}

/* I1: what needs something that is away is away. */
GT_TEST(iommu_config, each_capability_taken_away_shows)
{
    static const struct {
        uint32_t away;
        uint64_t cap, ecap;
    } rows[] = {
        {AWAY(QI), CAP_ALL, 0x001041},
        {AWAY(IR), CAP_ALL, 0x001047},
        {AWAY(EIM), CAP_ALL, 0xF0104F},
        {AWAY(PT), CAP_ALL, 0xF0101F},
        {AWAY(DT), CAP_ALL, 0xF0105B},
        {AWAY(PLMR), UINT64_C(0x00D2078C20780E46), ECAP_ALL},
        {AWAY(PHMR), UINT64_C(0x00D2078C20780E26), ECAP_ALL},
        {AWAY(PSI), UINT64_C(0x00C0070C20780E66), ECAP_ALL},
        {AWAY(ZLR), UINT64_C(0x00D2078C20380E66), ECAP_ALL},
        {AWAY(2M), UINT64_C(0x00D2078020780E66), ECAP_ALL},
        {AWAY(1G), UINT64_C(0x00D2078420780E66), ECAP_ALL},
        {AWAY(39), UINT64_C(0x00D2078C20780C66), ECAP_ALL},
        {AWAY(48), UINT64_C(0x00D2078C20780A66), ECAP_ALL},
        {AWAY(57), UINT64_C(0x00D2078C206F0666), ECAP_ALL},
        {AWAY(57) | AWAY(48), UINT64_C(0x00D2078C20660266), ECAP_ALL},
        {(1u << IOMMU_FEATURES) - 1 - AWAY(39), UINT64_C(0x00C0070020260206), 0x001001},
    };

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bench *b = without(rows[i].away);

        EXPECT_U64(rows[i].cap, iommu_reg_read(b->u, CAP, 8));
        EXPECT_U64(rows[i].ecap, iommu_reg_read(b->u, ECAP, 8));
        bench_destroy(b);
    }
}

static void expect_refused(const struct iommu_config *config)
{
    struct iommu_env env = {0};

    EXPECT_TRUE(iommu_create(config, &env) == NULL);
}

/* I1: at least one width stays; 1 to 8 records. */
GT_TEST(iommu_config, what_cannot_be_is_refused)
{
    struct iommu_config wide = iommu_default_config(), many = wide, none = wide, odd = wide,
                        unknown = wide;

    wide.haw = 53;
    many.fault_records = 9;
    none.fault_records = 0;
    odd.away = AWAY(39) | AWAY(48) | AWAY(57);
    unknown.away = 1u << IOMMU_FEATURES;
    expect_refused(&wide);
    expect_refused(&many);
    expect_refused(&none);
    expect_refused(&odd);
    expect_refused(&unknown);
}

GT_TEST(iommu_config, a_unit_without_caches_reads_every_entry_every_time)
{
    struct iommu_config config = {.haw = 40, .fault_records = 8};
    struct bench *b = bench_create_with(&config);

    bench_read(b, 0x1000);
    EXPECT_U64(16, bench_read(b, 0x1000).latency);
    EXPECT_STR("674321A", b->trace);
    bench_destroy(b);
}

/* I1: CAP.NFR; the records beyond are holes, and the next wraps behind the last. */
GT_TEST(iommu_config, one_to_eight_fault_records)
{
    for (unsigned n = 1; n <= 8; n++) {
        struct iommu_config config = iommu_default_config();
        struct bench *b;

        config.fault_records = n;
        b = bench_create_with(&config);
        EXPECT_U64(n - 1, bench_read4(b, CAP + 4) >> 8 & 0xFF);
        for (unsigned i = 0; i < n; i++) {
            EXPECT_U64(1, bench_read(b, 0x10000).recorded);
            EXPECT_U64(i, b->last.addr);
        }
        EXPECT_U64(2, bench_read(b, 0x10000).recorded);
        EXPECT_U64(0xC0000006, bench_read4(b, FRCD + 16 * n - 4));
        EXPECT_U64(0, bench_read4(b, FRCD + 16 * n + 12));
        bench_write4(b, FRCD + 12, UINT32_C(0x80000000));
        bench_write4(b, FSTS, 1);
        EXPECT_U64(1, bench_read(b, 0x10000).recorded);
        EXPECT_U64(0, b->last.addr);
        bench_destroy(b);
    }
}

/* I1: the registers that go with a capability; each pair is written with all ones. */
static void expect_registers(uint32_t away, const uint32_t *gone, const uint32_t *left)
{
    struct bench *b = without(away);

    for (; *gone != 0; gone++) {
        bench_write4(b, *gone, UINT32_MAX);
        EXPECT_U64(0, bench_read4(b, *gone));
    }
    for (; *left != 0; left++) {
        bench_write4(b, *left, UINT32_MAX);
        EXPECT_TRUE(bench_read4(b, *left) != 0);
    }
    bench_destroy(b);
}

GT_TEST(iommu_config, registers_of_what_is_away_are_holes)
{
    static const uint32_t queue[] = {IQT,    IQA,     IQA + 4, ICS,      IECTL,   IEDATA,
                                     IEADDR, IEUADDR, IRTA,    IRTA + 4, FEUADDR, 0};
    static const uint32_t table[] = {IRTA, IRTA + 4, FEUADDR, IEUADDR, 0};
    static const uint32_t upper[] = {FEUADDR, IEUADDR, 0};
    static const uint32_t low[] = {PLMBASE, PLMLIMIT, 0};
    static const uint32_t high[] = {PHMBASE, PHMBASE + 4, PHMLIMIT, PHMLIMIT + 4, 0};
    static const uint32_t regions[] = {PMEN, PLMBASE, PLMLIMIT, PHMBASE, PHMLIMIT, 0};
    static const uint32_t no_queue[] = {FECTL, FEADDR, PMEN, PLMBASE, PHMBASE, 0};
    static const uint32_t no_table[] = {IQT, IQA, IECTL, IEADDR, 0};
    static const uint32_t no_upper[] = {IRTA, IRTA + 4, IQT, IEADDR, 0};
    static const uint32_t no_low[] = {PMEN, PHMBASE, PHMLIMIT, 0};
    static const uint32_t no_high[] = {PMEN, PLMBASE, PLMLIMIT, 0};
    static const uint32_t no_regions[] = {IQT, IRTA, 0};

    expect_registers(AWAY(QI), queue, no_queue);
    expect_registers(AWAY(IR), table, no_table);
    expect_registers(AWAY(EIM), upper, no_upper);
    expect_registers(AWAY(PLMR), low, no_low);
    expect_registers(AWAY(PHMR), high, no_high);
    expect_registers(AWAY(PLMR) | AWAY(PHMR), regions, no_regions);
}

GT_TEST(iommu_config, commands_of_what_is_away_are_ignored)
{
    struct bench *b = without(AWAY(QI));
    uint32_t all = GCMD_QIE | GCMD_IRE | GCMD_SIRTP | GCMD_CFI;

    bench_write4(b, GCMD, all);
    EXPECT_U64(0x40000000, bench_read4(b, GSTS));
    bench_write4(b, IQT, 0x10);
    EXPECT_TRUE(!iommu_queue_due(b->u));
    bench_destroy(b);
    b = without(AWAY(IR));
    bench_write4(b, GCMD, all);
    EXPECT_U64(0x44000000, bench_read4(b, GSTS));
    bench_destroy(b);
    b = without(AWAY(EIM));
    bench_write4(b, GCMD, all);
    EXPECT_U64(0x47800000, bench_read4(b, GSTS));
    bench_write8(b, IRTA, UINT64_MAX);
    EXPECT_U64(UINT64_C(0x000000FFFFFFF00F), iommu_reg_read(b->u, IRTA, 8));
    bench_destroy(b);
}

/* I1, I71: as with IRES = 0. */
GT_TEST(iommu_config, without_ir_interrupt_requests_pass)
{
    struct bench *b = without(AWAY(IR));
    struct rec_dma in = {.iova = UINT64_C(0xFEE00010), .len = 4, .write = 1, .data = {0x41}};

    bench_write4(b, GCMD, GCMD_IRE);
    bench_clear_trace(b);
    EXPECT_U64(DMA_MESSAGE, bench_run(b, &in).status);
    EXPECT_STR("M", b->trace);
    EXPECT_U64(0x41, b->sent.data);
    bench_destroy(b);
}

GT_TEST(iommu_config, without_pt_pass_through_is_invalid)
{
    struct bench *b = without(AWAY(PT));

    bench_context(b, BENCH_SID, 0x9, 3);
    EXPECT_U64(0x3, bench_read(b, 0).fault);
    EXPECT_STR("67F", b->trace);
    bench_destroy(b);
}

/* I1, I91: no region is there, though its limit would cover the first 2 MiB. */
GT_TEST(iommu_config, without_a_region_nothing_is_protected)
{
    struct bench *b = without(AWAY(PLMR));

    bench_write4(b, GCMD, 0);
    bench_write8(b, PHMBASE, UINT64_C(0x100000000));
    bench_write4(b, PMEN, UINT32_C(0x80000000));
    EXPECT_U64(0x80000001, bench_read4(b, PMEN));
    EXPECT_U64(DMA_UNTRANSLATED, bench_read(b, 0x1000).status);
    bench_destroy(b);
    b = without(AWAY(PHMR));
    bench_write4(b, GCMD, 0);
    bench_write4(b, PLMBASE, 0x200000);
    bench_write4(b, PMEN, UINT32_C(0x80000000));
    EXPECT_U64(DMA_UNTRANSLATED, bench_read(b, 0x1000).status);
    bench_destroy(b);
}

GT_TEST(iommu_config, without_psi_a_page_is_a_bad_request)
{
    struct bench *b = without(AWAY(PSI));

    bench_read(b, 0x1000);
    bench_write8(b, IVA, 0x1000);
    bench_clear_trace(b);
    bench_write8(b, IOTLB, UINT64_C(0xB000000700000000));
    EXPECT_STR("w", b->trace);
    EXPECT_U64(UINT64_C(0x3000000700000000), iommu_reg_read(b->u, IOTLB, 8));
    bench_write8(b, IOTLB, UINT64_C(0xA000000700000000));
    EXPECT_U64(4, b->last.count);
    bench_destroy(b);
}

/* I1, I15, I34: with the read of a write-only page, 6h; with W nowhere needed, it passes. */
GT_TEST(iommu_config, without_zlr_a_zero_length_read_needs_r)
{
    struct bench *b = without(AWAY(ZLR));
    struct rec_dma d;

    bench_put(b, BENCH_L1 + 8, UINT64_C(0x900000) | 2);
    EXPECT_U64(DMA_TRANSLATED, bench_write(b, 0x1000).status);
    d = bench_read_zero(b, 0x1000);
    EXPECT_U64(0x6, d.fault);
    EXPECT_U64(1, d.hit); /* the IOTLB's match denies */
    bench_put(b, BENCH_L1 + 8, UINT64_C(0x900000) | 1);
    EXPECT_U64(DMA_TRANSLATED, bench_read_zero(b, 0x1000).status);
    bench_destroy(b);
}

GT_TEST(iommu_config, without_a_page_size_its_ps_is_reserved)
{
    struct bench *b = without(AWAY(1G));

    bench_put(b, BENCH_L3 + 8, UINT64_C(0x80000000) | 0x83);
    EXPECT_U64(0xC, bench_read(b, 0x40000000).fault);
    bench_put(b, BENCH_L2 + 8, UINT64_C(0x40000000) | 0x83);
    EXPECT_U64(21, bench_read(b, 0x200000).page_log2);
    bench_destroy(b);
    b = without(AWAY(2M));
    bench_put(b, BENCH_L3 + 8, UINT64_C(0x80000000) | 0x83);
    EXPECT_U64(0xC, bench_read(b, 0x40000000).fault);
    bench_put(b, BENCH_L2 + 8, UINT64_C(0x40000000) | 0x83);
    EXPECT_U64(0xC, bench_read(b, 0x200000).fault);
    EXPECT_U64(DMA_TRANSLATED, bench_read(b, 0x1000).status); /* PS of level 1 is ignored */
    bench_destroy(b);
}

/* I13: AW in SAGAW; pass-through wants the largest that is left. */
GT_TEST(iommu_config, without_a_width_its_aw_is_invalid)
{
    static const uint32_t width[] = {0, AWAY(39), AWAY(48), AWAY(57)};

    for (unsigned aw = 1; aw <= 3; aw++) {
        struct bench *b = without(width[aw]);

        for (unsigned other = 1; other <= 3; other++) {
            unsigned largest = aw == 3 ? 2 : 3;

            bench_context(b, other, BENCH_L4 | 1, other);
            EXPECT_U64(other == aw ? 0x3 : 0x6, bench_read_of(b, other, 0x10000).fault);
            bench_context(b, 8 + other, 0x9, other);
            EXPECT_U64(other == largest ? 0 : 0x3, bench_read_of(b, 8 + other, 0).fault);
        }
        bench_destroy(b);
    }
}
