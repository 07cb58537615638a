// SPDX-License-Identifier: Apache-2.0
// Device-TLBs: translation and translated requests, the invalidation, its completion and time-out.
// VT-d "Device-TLB Invalidate"; docs/iommu.md I101 to I106.
#include "iommu_bench.h"

#define IQE 0x10u
#define ICE 0x20u
#define ITE 0x40u

#define DEVICE_SID  0x20u
#define T_DEVICE    0x4u /* of a context entry: T = 01 */
#define TRANSLATION 1
#define TRANSLATED  2
#define NW          1u

/* Of one page: type 3, this source-id. */
#define INVALIDATE(sid) (UINT64_C(3) | (uint64_t)(sid) << 32)

/* A device with T = 01 beside the bench's own, the queue on and empty. */
static struct bench *device_bench_without(uint32_t away)
{
    struct iommu_config config = iommu_default_config();
    struct bench *b;

    config.away = away;
    b = bench_create_with(&config);
    bench_context(b, DEVICE_SID, BENCH_L4 | T_DEVICE | 1, BENCH_DID << 8 | 2);
    bench_write8(b, IQA, BENCH_QUEUE);
    bench_write4(b, GCMD, GCMD_TE | GCMD_QIE);
    bench_clear_trace(b);
    return b;
}

static struct bench *device_bench(void)
{
    return device_bench_without(0);
}

static struct rec_dma ask(struct bench *b, unsigned at, uint64_t iova)
{
    struct rec_dma in = {.sid = DEVICE_SID, .iova = iova, .len = 8, .at = (uint8_t)at};

    bench_clear_trace(b);
    return bench_run(b, &in);
}

static uint64_t completion(const struct rec_dma *d)
{
    uint64_t data;

    memcpy(&data, d->data, sizeof(data));
    return data;
}

/* I102: what a translation request of iova is answered. */
static void expect_answer(struct bench *b, uint64_t iova, uint64_t data, uint64_t pa, unsigned log2)
{
    struct rec_dma d = ask(b, TRANSLATION, iova);

    EXPECT_U64(DMA_COMPLETED, d.status);
    EXPECT_U64(data, completion(&d));
    EXPECT_U64(pa, d.pa);
    EXPECT_U64(log2, d.page_log2);
    EXPECT_U64(0, d.fault | d.recorded);
}

/* I101: untranslated as with T = 00, translated as with T = 10. */
GT_TEST(iommu_device_tlb, a_device_may_send_all_three)
{
    struct bench *b = device_bench();
    struct rec_dma d = ask(b, 0, 0x1008);

    EXPECT_U64(DMA_TRANSLATED, d.status);
    EXPECT_U64(UINT64_C(0x800001008), d.pa);
    d = ask(b, TRANSLATED, UINT64_C(0x812345678));
    EXPECT_U64(DMA_PASS_THROUGH, d.status);
    EXPECT_U64(UINT64_C(0x812345678), d.pa);
    EXPECT_U64(2, d.latency);
    EXPECT_STR("A", b->trace);
    EXPECT_U64(DMA_REJECTED, ask(b, TRANSLATED, UINT64_C(0x10000000000)).status);
    EXPECT_U64(DMA_COMPLETED, ask(b, TRANSLATION, 0x1000).status);
    EXPECT_U64(0xD, ask(b, 3, 0x1000).fault); /* I37 */
    bench_destroy(b);
}

/* I37: the same in a hit of the context cache. */
GT_TEST(iommu_device_tlb, other_types_have_untranslated_requests_only)
{
    struct bench *b = device_bench();

    for (unsigned t = 0; t <= 2; t += 2)
        for (unsigned at = 1; at <= 3; at++) {
            bench_context(b, DEVICE_SID, BENCH_L4 | t << 2 | 1, BENCH_DID << 8 | 3);
            EXPECT_U64(0xD, ask(b, at, 0x1000).fault);
            EXPECT_U64((uint64_t)at << 60 | UINT64_C(1) << 62 | UINT64_C(0x8000000D00000000) |
                           DEVICE_SID,
                       b->last.kind == IOMMU_FAULT_RECORD ? b->last.hi : 0);
            bench_write4(b, FRCD + 16 * (uint32_t)b->last.addr + 12, UINT32_C(0x80000000));
        }
    bench_destroy(b);
}

/* I13: any AW of SAGAW, unlike T = 10. */
GT_TEST(iommu_device_tlb, every_width_is_good)
{
    struct bench *b = device_bench();

    bench_context(b, DEVICE_SID, BENCH_L3 | T_DEVICE | 1, BENCH_DID << 8 | 1);
    EXPECT_U64(DMA_PASS_THROUGH, ask(b, TRANSLATED, 0x1000).status);
    EXPECT_U64(0x4, ask(b, TRANSLATION, UINT64_C(1) << 39).fault);
    bench_destroy(b);
}

/* I102: R, W, frame; W only without NW; bits 11:1 of the address count for nothing. */
GT_TEST(iommu_device_tlb, a_page_of_4_kib)
{
    struct bench *b = device_bench();

    expect_answer(b, 0x1000, UINT64_C(0x800001003), UINT64_C(0x800001000), 12);
    EXPECT_STR("674321", b->trace);
    expect_answer(b, 0x1000 | NW, UINT64_C(0x800001001), UINT64_C(0x800001000), 12);
    EXPECT_STR("", b->trace);
    expect_answer(b, 0x1FF6, UINT64_C(0x800001003), UINT64_C(0x800001000), 12);
    EXPECT_U64(3, ask(b, TRANSLATION, 0x1000).hit);
    EXPECT_U64(3, ask(b, TRANSLATION, 0x1000).latency);
    bench_destroy(b);
}

/* I102: S, and ones up to the zero that says the size; pa is the page of the address. */
GT_TEST(iommu_device_tlb, large_pages)
{
    struct bench *b = device_bench();

    bench_put(b, BENCH_L2 + 8, UINT64_C(0x900200000) | 0x83);
    bench_put(b, BENCH_L3 + 8, UINT64_C(0xA40000000) | 0x81);
    expect_answer(b, 0x2A5000, UINT64_C(0x9002FF803), UINT64_C(0x9002A5000), 21);
    expect_answer(b, 0x56789000, UINT64_C(0xA5FFFF801), UINT64_C(0xA56789000), 30);
    bench_destroy(b);
}

/* I102: with W alone NW leaves nothing, but the page was translated; with neither the walk denies,
 * and denies again. */
GT_TEST(iommu_device_tlb, what_is_not_granted)
{
    struct bench *b = device_bench();

    bench_put(b, BENCH_L1 + 8, UINT64_C(0x800001000) | 2);
    expect_answer(b, 0x1000, UINT64_C(0x800001002), UINT64_C(0x800001000), 12);
    expect_answer(b, 0x1000 | NW, 0, 0, 12);
    bench_put(b, BENCH_L1 + 16, UINT64_C(0x800002000));
    expect_answer(b, 0x2000, 0, 0, 0);
    EXPECT_STR("14321", b->trace); /* from the level-2 cache, then from the top */
    expect_answer(b, 0x2000, 0, 0, 0);
    EXPECT_U64(0, bench_read4(b, FSTS));
    /* R above, W below: nothing is left. */
    bench_put(b, BENCH_L2 + 16, BENCH_L1 | 1);
    bench_put(b, BENCH_L1, UINT64_C(0x800000000) | 2);
    expect_answer(b, 0x400000, 0, 0, 0);
    bench_destroy(b);
}

/* I102: the other faults are those of a request, recorded with AT 1. */
GT_TEST(iommu_device_tlb, faults_of_translation_requests)
{
    struct bench *b = device_bench();
    struct rec_dma d;

    bench_put(b, BENCH_L1 + 8, UINT64_C(0x800001803));
    d = ask(b, TRANSLATION, 0x1000);
    EXPECT_U64(0xC, d.fault);
    EXPECT_U64(DMA_BLOCKED, d.status);
    EXPECT_U64(UINT64_C(0xD000000C00000020), b->last.hi);
    bench_put(b, BENCH_L1 + 8, UINT64_C(0xFEE01003));
    EXPECT_U64(0xE, ask(b, TRANSLATION, 0x1000).fault);
    EXPECT_U64(0x4, ask(b, TRANSLATION, UINT64_C(1) << 48).fault);
    b->unclaimed = BENCH_L1;
    EXPECT_U64(0x7, ask(b, TRANSLATION, 0x3000).fault);
    bench_destroy(b);
}

/* I11, I102. */
GT_TEST(iommu_device_tlb, malformed_ones_are_rejected)
{
    struct bench *b = device_bench();
    struct rec_dma in = {.sid = DEVICE_SID, .iova = 0x1000, .len = 8, .at = 1, .write = 1};

    bench_clear_trace(b);
    EXPECT_U64(DMA_REJECTED, bench_run(b, &in).status);
    in.write = 0;
    for (in.len = 0; in.len <= 16; in.len++)
        if (in.len != 8)
            EXPECT_U64(DMA_REJECTED, bench_run(b, &in).status);
    EXPECT_U64(1, bench_run(b, &in).latency);
    EXPECT_STR("", b->trace);
    bench_write4(b, GCMD, GCMD_QIE);
    EXPECT_U64(DMA_REJECTED, ask(b, TRANSLATION, 0x1000).status);
    EXPECT_U64(DMA_REJECTED, ask(b, TRANSLATED, 0x1000).status);
    bench_destroy(b);
}

/* --- the invalidation --- */

/* The next descriptor is written and executed. */
static struct iommu_command submit(struct bench *b, uint64_t lo, uint64_t hi)
{
    uint32_t at = bench_read4(b, IQH);

    bench_put(b, BENCH_QUEUE + at, lo);
    bench_put(b, BENCH_QUEUE + at + 8, hi);
    bench_write4(b, IQT, (at + 16) & 0xFFF);
    EXPECT_TRUE(iommu_queue_due(b->u));
    return bench_command(b);
}

/* An invalidation is outstanding, and one more descriptor waits behind it. */
static struct bench *outstanding_bench(void)
{
    struct bench *b = device_bench();

    bench_write4(b, FEADDR, UINT32_C(0xFEE00000));
    bench_write4(b, FEDATA, 0x41);
    bench_write4(b, FECTL, 0);
    submit(b, INVALIDATE(DEVICE_SID), 0x5000);
    bench_put(b, BENCH_QUEUE + 0x10, 5);
    bench_write4(b, IQT, 0x20);
    return b;
}

static uint32_t icesid(struct bench *b)
{
    return bench_read4(b, IQERCD + 4) >> 16;
}

static uint32_t itesid(struct bench *b)
{
    return bench_read4(b, IQERCD + 4) & 0xFFFF;
}

/* I103. */
GT_TEST(iommu_device_tlb, an_invalidation_is_sent_and_outstanding)
{
    struct bench *b = device_bench();
    struct iommu_command c =
        submit(b, UINT64_C(0xABC01234001F5003), UINT64_C(0x123456789ABCD001)); /* PFSID, MIP */

    EXPECT_STR("8VD", b->trace);
    EXPECT_U64(3, c.latency);
    EXPECT_U64(3, b->command.latency);
    EXPECT_U64(0, b->command.count);
    EXPECT_U64(0x1234, b->invalidate.sid);
    EXPECT_U64(UINT64_C(0x123456789ABCD000), b->invalidate.addr);
    EXPECT_TRUE(b->invalidate.size);
    EXPECT_U64(0x10, bench_read4(b, IQH));
    EXPECT_TRUE(iommu_outstanding(b->u));
    bench_write4(b, IQT, 0x20);
    EXPECT_TRUE(!iommu_queue_due(b->u));
    bench_write4(b, GCMD, GCMD_TE);
    bench_write4(b, GCMD, GCMD_TE | GCMD_QIE);
    EXPECT_TRUE(iommu_outstanding(b->u));
    EXPECT_TRUE(!iommu_queue_due(b->u));
    bench_destroy(b);
}

/* I104, I105. */
GT_TEST(iommu_device_tlb, a_good_completion_ends_it)
{
    struct bench *b = outstanding_bench();

    EXPECT_TRUE(!iommu_queue_due(b->u));
    EXPECT_U64(3, bench_complete(b, DEVICE_SID, false).latency);
    EXPECT_STR("K", b->trace);
    EXPECT_U64(IOMMU_COMPLETION, b->last.kind);
    EXPECT_U64(DEVICE_SID, b->last.lo);
    EXPECT_U64(0, b->last.addr | b->last.hi | b->last.size | b->last.count | b->last.latency);
    EXPECT_TRUE(!iommu_outstanding(b->u));
    EXPECT_TRUE(iommu_queue_due(b->u));
    EXPECT_U64(0, bench_read4(b, FSTS));
    bench_destroy(b);
}

GT_TEST(iommu_device_tlb, one_with_an_error_ends_it_too)
{
    struct bench *b = outstanding_bench();

    bench_complete(b, DEVICE_SID, true);
    EXPECT_STR("KEe", b->trace);
    EXPECT_U64(0x41, b->event.data);
    EXPECT_U64(ICE, bench_read4(b, FSTS));
    EXPECT_U64(DEVICE_SID, icesid(b));
    EXPECT_TRUE(iommu_queue_due(b->u)); /* ICE does not stop the queue */
    bench_destroy(b);
}

/* I105: the newest wrong one; not again an event while ICE is set. */
GT_TEST(iommu_device_tlb, one_of_another_source_does_not_end_it)
{
    struct bench *b = outstanding_bench();

    bench_complete(b, DEVICE_SID ^ 0x8000, false);
    EXPECT_STR("KEe", b->trace);
    EXPECT_TRUE(iommu_outstanding(b->u));
    EXPECT_U64(DEVICE_SID ^ 0x8000, icesid(b));
    bench_complete(b, 0x77, true);
    EXPECT_STR("K", b->trace);
    EXPECT_U64(1, b->last.size);
    EXPECT_U64(0x77, icesid(b));
    bench_write4(b, FSTS, ICE);
    EXPECT_U64(0, bench_read4(b, FSTS));
    EXPECT_U64(0x77, icesid(b));
    bench_complete(b, DEVICE_SID, false);
    EXPECT_TRUE(!iommu_outstanding(b->u));
    bench_complete(b, DEVICE_SID, false); /* none is outstanding */
    EXPECT_U64(ICE, bench_read4(b, FSTS));
    EXPECT_U64(DEVICE_SID, icesid(b));
    bench_destroy(b);
}

GT_TEST(iommu_device_tlb, with_translation_off_a_completion_is_dropped)
{
    struct bench *b = outstanding_bench();

    bench_write4(b, GCMD, GCMD_QIE);
    bench_complete(b, DEVICE_SID, true);
    EXPECT_STR("K", b->trace);
    EXPECT_TRUE(iommu_outstanding(b->u));
    EXPECT_U64(0, bench_read4(b, FSTS) | icesid(b));
    bench_destroy(b);
}

/* I106, I81: ITE stops the queue. */
GT_TEST(iommu_device_tlb, a_time_out)
{
    struct bench *b = outstanding_bench();

    EXPECT_U64(2, bench_time_out(b).latency);
    EXPECT_STR("TEe", b->trace);
    EXPECT_TRUE(!iommu_outstanding(b->u));
    EXPECT_U64(ITE, bench_read4(b, FSTS));
    EXPECT_U64(DEVICE_SID, itesid(b));
    EXPECT_U64(0, icesid(b));
    EXPECT_TRUE(!iommu_queue_due(b->u));
    bench_write4(b, FSTS, ITE);
    EXPECT_U64(0, bench_read4(b, FSTS));
    EXPECT_U64(DEVICE_SID, itesid(b));
    EXPECT_TRUE(iommu_queue_due(b->u));
    bench_destroy(b);
}

/* I85: IQEI goes with IQE, the source-ids stay; I38: IP falls with the last condition. */
GT_TEST(iommu_device_tlb, the_conditions_of_the_event_together)
{
    struct bench *b = outstanding_bench();

    bench_write4(b, FECTL, UINT32_C(0x80000000));
    bench_time_out(b);
    EXPECT_STR("T", b->trace);
    EXPECT_U64(UINT32_C(0xC0000000), bench_read4(b, FECTL));
    bench_complete(b, 0x55, false);
    bench_write4(b, FSTS, ITE);
    EXPECT_U64(UINT32_C(0xC0000000), bench_read4(b, FECTL));
    bench_put(b, BENCH_QUEUE + 0x10, 15);
    bench_command(b);
    EXPECT_STR("8Q", b->trace);
    EXPECT_U64(UINT64_C(0x0055002000000003), iommu_reg_read(b->u, IQERCD, 8));
    bench_write4(b, FSTS, IQE);
    EXPECT_U64(UINT64_C(0x0055002000000000), iommu_reg_read(b->u, IQERCD, 8));
    EXPECT_U64(UINT32_C(0xC0000000), bench_read4(b, FECTL));
    bench_write4(b, FSTS, ICE);
    EXPECT_U64(UINT32_C(0x80000000), bench_read4(b, FECTL));
    bench_destroy(b);
}

GT_TEST(iommu_device_tlb, a_reset_forgets_it)
{
    struct bench *b = outstanding_bench();

    iommu_reset(b->u);
    EXPECT_TRUE(!iommu_outstanding(b->u));
    bench_destroy(b);
}

/* I83, I103. */
GT_TEST(iommu_device_tlb, reserved_bits_of_the_descriptor)
{
    static const uint64_t lo = UINT64_C(0x000F0000FFE001F0);

    for (unsigned bit = 0; bit < 128; bit++) {
        struct bench *b = device_bench();
        bool high = bit >= 64;
        bool reserved = high ? bit - 64 >= 1 && bit - 64 <= 11 : (lo >> bit & 1) != 0;

        if (high || (bit >= 4 && (bit < 9 || bit > 11))) {
            submit(b, INVALIDATE(5) | (high ? 0 : UINT64_C(1) << bit),
                   high ? UINT64_C(1) << (bit - 64) : 0);
            EXPECT_U64(reserved ? IOMMU_QUEUE_ERROR : IOMMU_DESCRIPTOR, b->command.kind);
            EXPECT_U64(reserved ? 4 : 0, b->command.size);
        }
        bench_destroy(b);
    }
}

/* I1. */
GT_TEST(iommu_device_tlb, without_dt)
{
    struct bench *b = device_bench_without(UINT32_C(1) << IOMMU_DT);

    EXPECT_U64(0x3, ask(b, 0, 0x1000).fault);
    EXPECT_U64(0x3, ask(b, TRANSLATION, 0x1000).fault);
    submit(b, INVALIDATE(5), 0);
    EXPECT_U64(3, b->command.size);
    bench_complete(b, 5, true);
    EXPECT_STR("K", b->trace);
    EXPECT_U64(UINT64_C(3), iommu_reg_read(b->u, IQERCD, 8));
    EXPECT_U64(IQE, bench_read4(b, FSTS) & (IQE | ICE | ITE));
    bench_destroy(b);
}
