// SPDX-License-Identifier: Apache-2.0
// The events of the invalidation queue on the IOMMU model: queue errors as fault events, completed
// waits as invalidation events. VT-d "Fault Event Registers", "Invalidation Event Registers";
// docs/iommu.md I38, I56, I85, I86.
#include "iommu_bench.h"

#define IQE 0x10u
#define IM  UINT32_C(0x80000000)
#define IP  UINT32_C(0x40000000)

#define BAD     UINT64_C(0x7)
#define WAIT_IF UINT64_C(0x15)

/* Both events unmasked, each with an upper address. */
static struct bench *event_bench(void)
{
    struct bench *b = bench_create();

    bench_write8(b, IQA, BENCH_QUEUE);
    bench_write4(b, GCMD, GCMD_TE | GCMD_QIE);
    bench_write8(b, FEADDR, UINT64_C(0xABCDEF00FEE01000));
    bench_write8(b, FECTL, UINT64_C(0x0000004100000000));
    bench_write8(b, IEADDR, UINT64_C(0x12345600FEE02000));
    bench_write8(b, IECTL, UINT64_C(0x0000004200000000));
    return b;
}

static void submit(struct bench *b, uint64_t lo)
{
    uint32_t at = bench_read4(b, IQH);

    bench_put(b, BENCH_QUEUE + at, lo);
    bench_put(b, BENCH_QUEUE + at + 8, 0);
    bench_write4(b, IQT, at + 16);
    bench_command(b);
}

/* I86: after the record; count 1. */
GT_TEST(iommu_event, a_wait_that_sets_iwc_sends_the_invalidation_event)
{
    struct bench *b = event_bench();

    submit(b, WAIT_IF);
    EXPECT_STR("8DEe", b->trace);
    EXPECT_U64(IOMMU_EVENT, b->last.kind);
    EXPECT_U64(1, b->last.count);
    EXPECT_U64(UINT64_C(0x12345600FEE02000), b->last.addr);
    EXPECT_U64(0x42, b->last.lo);
    EXPECT_U64(UINT64_C(0x12345600FEE02000), b->event.addr);
    EXPECT_U64(0x42, b->event.data);
    EXPECT_U64(4, b->event.bytes);
    EXPECT_U64(0, bench_read4(b, IECTL));
    submit(b, WAIT_IF);
    EXPECT_STR("8D", b->trace); /* IWC was set: no new condition */
    bench_write4(b, ICS, 1);
    submit(b, WAIT_IF);
    EXPECT_STR("8DEe", b->trace);
    bench_destroy(b);
}

/* I86, I41: unmasking sends what IEDATA now holds, and clears IP. */
GT_TEST(iommu_event, a_masked_invalidation_event_goes_out_when_unmasked)
{
    struct bench *b = event_bench();

    bench_write4(b, IECTL, IM);
    submit(b, WAIT_IF);
    EXPECT_STR("8D", b->trace);
    EXPECT_U64(IM | IP, bench_read4(b, IECTL));
    EXPECT_U64(0, bench_read4(b, FECTL));
    bench_clear_trace(b);
    bench_write4(b, FECTL, 0); /* the other event's mask */
    EXPECT_STR("w", b->trace);
    bench_clear_trace(b);
    bench_write8(b, IECTL, UINT64_C(0x7700000000));
    EXPECT_STR("wEm", b->trace);
    EXPECT_U64(1, b->last.count);
    EXPECT_U64(UINT64_C(0x12345600FEE02000), b->message_addr);
    EXPECT_U64(0x77, b->message_data);
    EXPECT_U64(0, bench_read4(b, IECTL));
    bench_clear_trace(b);
    bench_write4(b, IECTL, 0);
    EXPECT_STR("w", b->trace);
    bench_destroy(b);
}

/* I86. */
GT_TEST(iommu_event, clearing_iwc_clears_ip)
{
    struct bench *b = event_bench();

    bench_write4(b, IECTL, IM);
    submit(b, WAIT_IF);
    bench_write4(b, ICS, 0);
    EXPECT_U64(IM | IP, bench_read4(b, IECTL));
    bench_write4(b, ICS, 1);
    EXPECT_U64(IM, bench_read4(b, IECTL));
    bench_clear_trace(b);
    bench_write4(b, IECTL, 0);
    EXPECT_STR("w", b->trace);
    bench_destroy(b);
}

/* I56, I85: after the record of the error; count 0. */
GT_TEST(iommu_event, a_queue_error_sends_the_fault_event)
{
    struct bench *b = event_bench();

    submit(b, BAD);
    EXPECT_STR("8QEe", b->trace);
    EXPECT_U64(0, b->last.count);
    EXPECT_U64(UINT64_C(0xABCDEF00FEE01000), b->last.addr);
    EXPECT_U64(UINT64_C(0xABCDEF00FEE01000), b->event.addr);
    EXPECT_U64(0x41, b->event.data);
    bench_read(b, 0x10000);
    EXPECT_STR("674321F", b->trace); /* IQE is set: no new condition */
    EXPECT_U64(0x12, bench_read4(b, FSTS));
    bench_write4(b, FSTS, IQE);
    bench_command(b);
    EXPECT_STR("8Q", b->trace); /* PPF is set: none either */
    bench_destroy(b);
}

/* I38: IP falls with the last of PPF, PFO, IQE. */
GT_TEST(iommu_event, a_masked_queue_error_is_pending_until_all_is_serviced)
{
    struct bench *b = event_bench();

    bench_write4(b, FECTL, IM);
    submit(b, BAD);
    EXPECT_U64(IM | IP, bench_read4(b, FECTL));
    bench_read(b, 0x10000);
    bench_write4(b, FSTS, IQE);
    EXPECT_U64(IM | IP, bench_read4(b, FECTL));
    bench_write4(b, FRCD + 12, UINT32_C(0x80000000));
    EXPECT_U64(IM, bench_read4(b, FECTL));
    bench_command(b);
    EXPECT_U64(IM | IP, bench_read4(b, FECTL));
    bench_read(b, 0x10000);
    bench_write4(b, FRCD + 16 + 12, UINT32_C(0x80000000));
    EXPECT_U64(IM | IP, bench_read4(b, FECTL));
    bench_clear_trace(b);
    bench_write4(b, FECTL, 0);
    EXPECT_STR("wEm", b->trace);
    EXPECT_U64(0, b->last.count);
    EXPECT_U64(UINT64_C(0xABCDEF00FEE01000), b->message_addr);
    bench_destroy(b);
}

GT_TEST(iommu_event, reset_masks_both_and_forgets_what_was_pending)
{
    struct bench *b = event_bench();

    bench_write4(b, FECTL, IM);
    bench_write4(b, IECTL, IM);
    submit(b, WAIT_IF);
    submit(b, BAD);
    iommu_reset(b->u);
    EXPECT_U64(IM, bench_read4(b, FECTL));
    EXPECT_U64(IM, bench_read4(b, IECTL));
    EXPECT_U64(0, bench_read4(b, ICS) | bench_read4(b, FSTS) | bench_read4(b, IQERCD));
    EXPECT_U64(0, iommu_reg_read(b->u, IQA, 8) | bench_read4(b, IQT) | bench_read4(b, IQH));
    bench_destroy(b);
}
