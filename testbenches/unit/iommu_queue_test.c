// SPDX-License-Identifier: Apache-2.0
// The invalidation queue of the IOMMU model. VT-d "Queued Invalidation Interface"; docs/iommu.md
// I7, I81 to I87.
#include "iommu_bench.h"

#define IQE 0x10u

/* Descriptors: VT-d "Context-Cache Invalidate", "IOTLB Invalidate", "Interrupt Entry Cache
 * Invalidate", "Invalidation Wait". */
#define CONTEXT_GLOBAL UINT64_C(0x11)
#define IOTLB_GLOBAL   UINT64_C(0x12)
#define INTERRUPTS_ALL UINT64_C(0x04)
#define WAIT           UINT64_C(0x05)
#define WAIT_IF        UINT64_C(0x15)
#define WAIT_SW        UINT64_C(0x25)
#define WAIT_BOTH      UINT64_C(0x35)

/* A queue of 4 KiB, enabled and empty. */
static struct bench *queue_bench_without(uint32_t away)
{
    struct iommu_config config = iommu_default_config();
    struct bench *b;

    config.away = away;
    b = bench_create_with(&config);
    bench_write8(b, IQA, BENCH_QUEUE);
    bench_write4(b, GCMD, GCMD_TE | GCMD_QIE);
    bench_clear_trace(b);
    return b;
}

static struct bench *queue_bench(void)
{
    return queue_bench_without(0);
}

static void put(struct bench *b, unsigned at, uint64_t lo, uint64_t hi)
{
    bench_put(b, BENCH_QUEUE + at, lo);
    bench_put(b, BENCH_QUEUE + at + 8, hi);
}

/* The next descriptor is written and executed. */
static struct iommu_command submit(struct bench *b, uint64_t lo, uint64_t hi)
{
    uint32_t at = bench_read4(b, IQH);

    put(b, at, lo, hi);
    bench_write4(b, IQT, (at + 16) & 0xFFF);
    EXPECT_TRUE(iommu_queue_due(b->u));
    return bench_command(b);
}

/* I82, I85: stopped with this IQEI at this place. */
static void expect_error(struct bench *b, uint32_t iqei, uint64_t at, const char *trace)
{
    struct iommu_command c = bench_command(b);

    EXPECT_STR(trace, b->trace);
    EXPECT_U64(IOMMU_QUEUE_ERROR, b->command.kind);
    EXPECT_U64(at, b->command.addr);
    EXPECT_U64(iqei, b->command.size);
    EXPECT_U64(0, b->command.count);
    EXPECT_U64(iqei, iommu_reg_read(b->u, IQERCD, 8));
    EXPECT_U64(IQE, bench_read4(b, FSTS));
    EXPECT_U64(at, bench_read4(b, IQH));
    EXPECT_U64(trace[0] == '8' ? 2 : 1, c.latency);
    EXPECT_U64(c.latency, b->command.latency);
    EXPECT_TRUE(!iommu_queue_due(b->u));
}

/* I81. */
GT_TEST(iommu_queue, a_descriptor_is_due_when_the_queue_is_on_and_not_empty)
{
    struct bench *b = bench_create();

    bench_write8(b, IQA, BENCH_QUEUE);
    bench_write4(b, IQT, 0x20);
    EXPECT_TRUE(!iommu_queue_due(b->u));
    bench_write4(b, GCMD, GCMD_TE | GCMD_QIE);
    EXPECT_U64(UINT32_C(0xC4000000), bench_read4(b, GSTS));
    EXPECT_TRUE(iommu_queue_due(b->u));
    bench_write4(b, IQT, 0);
    EXPECT_TRUE(!iommu_queue_due(b->u));
    bench_destroy(b);
}

/* I81: QIE 0 to 1 and 1 to 0 set IQH to 0, QIE as it was does not; a write of IQA changes IQA. */
GT_TEST(iommu_queue, the_head_is_reset_by_a_change_of_qie_alone)
{
    struct bench *b = queue_bench();

    submit(b, CONTEXT_GLOBAL, 0);
    EXPECT_U64(0x10, bench_read4(b, IQH));
    bench_write4(b, GCMD, GCMD_TE | GCMD_QIE);
    bench_write8(b, IQA, UINT64_C(0xAB00030003));
    EXPECT_U64(UINT64_C(0xAB00030003), iommu_reg_read(b->u, IQA, 8));
    EXPECT_U64(0x10, bench_read4(b, IQH));
    EXPECT_U64(0x10, bench_read4(b, IQT));
    bench_write4(b, GCMD, GCMD_TE);
    EXPECT_U64(UINT32_C(0xC0000000), bench_read4(b, GSTS));
    EXPECT_U64(0, bench_read4(b, IQH));
    EXPECT_U64(0x10, bench_read4(b, IQT));
    EXPECT_TRUE(!iommu_queue_due(b->u));
    bench_write4(b, GCMD, GCMD_TE | GCMD_QIE);
    EXPECT_U64(0, bench_read4(b, IQH));
    EXPECT_TRUE(iommu_queue_due(b->u));
    bench_destroy(b);
}

/* I84: as a register would, but with the queue's record. */
GT_TEST(iommu_queue, context_descriptors_drop_what_they_name)
{
    struct bench *b = queue_bench();
    struct iommu_command c;

    for (unsigned sid = 0x11; sid < 0x14; sid++) {
        bench_context(b, sid, 0x9, sid == 0x13 ? 0x803 : 0x703);
        bench_read_of(b, sid, 0);
    }
    /* device: SID 0x10, FM 3 ignores the function, but the DID must match */
    c = submit(b, UINT64_C(0x0003001000070031), 0);
    EXPECT_STR("8D", b->trace);
    EXPECT_U64(2, b->command.count);
    EXPECT_U64(3, c.latency);
    EXPECT_U64(3, b->command.latency);
    EXPECT_U64(0, b->command.addr);
    EXPECT_U64(UINT64_C(0x0003001000070031), b->command.lo);
    EXPECT_U64(0, b->command.hi | b->command.size);
    EXPECT_U64(8, b->walk.kind);
    EXPECT_U64(BENCH_QUEUE, b->walk.addr);
    EXPECT_U64(0x10, bench_read4(b, IQH));
    submit(b, UINT64_C(0x00080021), 0); /* domain 8 */
    EXPECT_U64(1, b->command.count);
    EXPECT_U64(0x10, b->command.addr);
    bench_read(b, 0x1000);
    submit(b, CONTEXT_GLOBAL, 0);
    EXPECT_U64(1, b->command.count);
    EXPECT_U64(2, bench_read(b, 0x1000).hit); /* I54 */
    bench_destroy(b);
}

GT_TEST(iommu_queue, iotlb_descriptors_drop_what_they_name)
{
    struct bench *b = queue_bench();

    for (unsigned i = 0; i < 8; i++)
        bench_read(b, 0x1000 * i);
    submit(b, UINT64_C(0x00070032), UINT64_C(0x0100000100003000)); /* another page */
    EXPECT_U64(0, b->command.count);
    submit(b, UINT64_C(0x00070032), 0x3000 | 0x40); /* page, IH */
    EXPECT_STR("8D", b->trace);
    EXPECT_U64(1, b->command.count);
    EXPECT_U64(0x3040, b->command.hi);
    submit(b, UINT64_C(0x00080032), 0x4000);
    EXPECT_U64(0, b->command.count);
    submit(b, UINT64_C(0x00070032), 0x7000 | 2); /* pages 4 to 7, and the three level caches */
    EXPECT_U64(7, b->command.count);
    submit(b, UINT64_C(0x000700E2), 0); /* domain, DW and DR change nothing */
    EXPECT_U64(3, b->command.count);
    bench_read(b, 0x1000);
    submit(b, IOTLB_GLOBAL, 0);
    EXPECT_U64(4, b->command.count);
    bench_destroy(b);
}

/* I84: FN changes nothing; status first, then IWC, head, record, event. */
GT_TEST(iommu_queue, a_wait_writes_its_status_or_sets_iwc_or_both_or_neither)
{
    struct bench *b = queue_bench();
    struct iommu_command c;

    c = submit(b, WAIT | UINT64_C(0x1234567800000000), UINT64_C(0xFFFFFFFFFFFFFFFC));
    EXPECT_STR("8D", b->trace);
    EXPECT_U64(3, c.latency);
    c = submit(b, WAIT_SW | 0x40 | UINT64_C(0x1234567800000000), UINT64_C(0xFFFFFFFFFC));
    EXPECT_STR("8SD", b->trace);
    EXPECT_U64(4, c.latency);
    EXPECT_U64(UINT64_C(0xFFFFFFFFFC), b->status.addr);
    EXPECT_U64(UINT32_C(0x12345678), b->status.data);
    EXPECT_U64(4, b->status.bytes);
    EXPECT_U64(0, bench_read4(b, ICS));
    submit(b, WAIT_IF, 0);
    EXPECT_STR("8D", b->trace); /* the event is masked */
    EXPECT_U64(1, bench_read4(b, ICS));
    bench_write4(b, ICS, 1);
    EXPECT_U64(0, bench_read4(b, ICS));
    c = submit(b, WAIT_BOTH, 0x20);
    EXPECT_STR("8SD", b->trace);
    EXPECT_U64(4, c.latency);
    EXPECT_U64(1, bench_read4(b, ICS));
    EXPECT_U64(0x40, bench_read4(b, IQH));
    bench_destroy(b);
}

/* I83: a reserved bit of any type, and no other, stops the queue with 4. */
static void expect_fields(uint64_t good_lo, uint64_t lo, uint64_t hi)
{
    for (unsigned bit = 0; bit < 128; bit++) {
        uint64_t flip[2] = {0, 0}, mask = bit < 64 ? lo : hi;
        struct bench *b;

        flip[bit / 64] = UINT64_C(1) << bit % 64;
        if ((flip[0] & 0xE0F) != 0) /* the type */
            continue;
        b = queue_bench();
        submit(b, good_lo ^ flip[0], flip[1]);
        EXPECT_U64((mask >> bit % 64 & 1) != 0 ? 0 : 4, b->command.size);
        bench_destroy(b);
    }
}

GT_TEST(iommu_queue, reserved_bits_of_each_type)
{
    expect_fields(UINT64_C(0x31), UINT64_C(0x0003FFFFFFFF0030), 0);
    expect_fields(UINT64_C(0x32), UINT64_C(0x00000000FFFF00F0),
                  UINT64_C(0xFFFFFFFFFFFFF05F)); /* AM 32 is above MAMV */
    expect_fields(UINT64_C(0x04), UINT64_C(0x0000FFFFF8000010), 0);
    expect_fields(UINT64_C(0x05), UINT64_C(0xFFFFFFFF00000070), UINT64_C(0xFFFFFFFFFFFFFFFC));
}

static void expect_code(uint32_t away, uint64_t lo, uint64_t hi, uint32_t iqei)
{
    struct bench *b = queue_bench_without(away);

    put(b, 0, lo, hi);
    bench_write4(b, IQT, 0x10);
    if (iqei != 0)
        expect_error(b, iqei, 0, "8Q");
    else
        bench_command(b);
    EXPECT_U64(lo, b->command.lo);
    EXPECT_U64(hi, b->command.hi);
    EXPECT_U64(iqei, b->command.size);
    bench_destroy(b);
}

/* I82, I83. */
GT_TEST(iommu_queue, bad_types_are_3)
{
    static const uint8_t known[16] = {[1] = 1, [2] = 1, [3] = 1, [4] = 1, [5] = 1};

    for (uint64_t type = 0; type < 16; type++) {
        uint64_t g = type == 1 || type == 2 ? 0x30 : 0;

        expect_code(0, type | g, 0, known[type] ? 0 : 3);
        for (unsigned bit = 9; bit < 12; bit++) /* type 6:4 */
            expect_code(0, type | g | UINT64_C(1) << bit, 0, 3);
    }
    expect_code(UINT32_C(1) << IOMMU_IR, INTERRUPTS_ALL, 0, 3);
    expect_code(UINT32_C(1) << IOMMU_DT, UINT64_C(3), 0, 3);
    expect_code(0, UINT64_C(0x8006), UINT64_C(0xF00), 3); /* the type goes before reserved bits */
}

GT_TEST(iommu_queue, bad_parameters_are_4_and_what_a_g_does_not_use_is_not_looked_at)
{
    uint32_t psi = UINT32_C(1) << IOMMU_PSI;

    expect_code(0, 0x01, 0, 4); /* G = 0 */
    expect_code(0, 0x02, 0, 4);
    expect_code(0, 0x32, 18, 0); /* AM of MAMV */
    expect_code(0, 0x32, 19, 4);
    expect_code(0, 0x22, 63, 0); /* domain: AM is not looked at */
    expect_code(psi, 0x32, 0, 4);
    expect_code(psi, 0x22, 0, 0);
    expect_code(0, UINT64_C(0x78000014), 0, 0); /* IM 15 of MHMV */
    expect_code(0, UINT64_C(0x80000014), 0, 4);
    expect_code(0, UINT64_C(0xF8000004), 0, 0); /* all: IM is not looked at */
    expect_code(0, UINT64_C(0x0003FFFFFFFF0011), 0, 0);
    expect_code(0, WAIT_SW, UINT64_C(0x10000000000), 4); /* beyond 40 bits */
    expect_code(0, WAIT_SW, UINT64_C(0x8000000000000000), 4);
    expect_code(0, WAIT_IF, UINT64_C(0x8000000000000000), 0);
}

/* I82: DW, then the tail, then the read. */
GT_TEST(iommu_queue, a_bad_width_or_tail_stops_before_the_read)
{
    struct bench *b = queue_bench();

    bench_write8(b, IQA, BENCH_QUEUE | 0x800);
    bench_write4(b, IQT, 0x1000);
    expect_error(b, 5, 0, "Q");
    EXPECT_U64(0, b->command.lo | b->command.hi);
    bench_write8(b, IQA, BENCH_QUEUE);
    bench_write4(b, FSTS, IQE);
    b->unclaimed = BENCH_QUEUE;
    expect_error(b, 1, 0, "Q");
    EXPECT_U64(0, b->command.lo | b->command.hi);
    bench_write4(b, FSTS, IQE);
    bench_write4(b, IQT, 0xFF0);
    expect_error(b, 2, 0, "8Q");
    EXPECT_U64(UINT64_MAX, b->walk.value[0] & b->walk.value[1]);
    b->unclaimed = 0;
    bench_write4(b, FSTS, IQE);
    put(b, 0, 0x8000, 0);
    expect_error(b, 3, 0, "8Q");
    bench_destroy(b);
}

/* I82: 2^(QS+12) bytes. */
GT_TEST(iommu_queue, the_tail_is_below_the_size)
{
    for (uint32_t qs = 0; qs < 7; qs++) {
        struct bench *b = queue_bench();

        bench_write4(b, IQA, BENCH_QUEUE | qs);
        put(b, 0, WAIT, 0);
        bench_write4(b, IQT, UINT32_C(0x1000) << qs);
        expect_error(b, 1, 0, "Q");
        bench_write4(b, FSTS, IQE);
        bench_write4(b, IQT, (UINT32_C(0x1000) << qs) - 16);
        bench_command(b);
        EXPECT_STR("8D", b->trace);
        bench_destroy(b);
    }
}

/* I84. */
GT_TEST(iommu_queue, the_head_wraps_at_the_size_and_from_beyond_it)
{
    struct bench *b = queue_bench();

    for (unsigned i = 0; i < 0x200; i++)
        put(b, 16 * i, WAIT, 0);
    bench_write4(b, IQA, BENCH_QUEUE | 1);
    bench_write4(b, IQT, 0x1800);
    for (unsigned i = 0; i < 0x180; i++) {
        EXPECT_U64(16 * i, bench_read4(b, IQH));
        bench_command(b);
    }
    EXPECT_TRUE(!iommu_queue_due(b->u));
    bench_write4(b, IQA, BENCH_QUEUE); /* the head now lies beyond */
    bench_write4(b, IQT, 0xFF0);
    bench_command(b);
    EXPECT_U64(BENCH_QUEUE + 0x1800, b->walk.addr);
    EXPECT_U64(0x1800, b->command.addr);
    EXPECT_U64(0, bench_read4(b, IQH));
    while (iommu_queue_due(b->u))
        bench_command(b);
    bench_write4(b, IQT, 0);
    bench_command(b);
    EXPECT_U64(0xFF0, b->command.addr);
    EXPECT_U64(0, bench_read4(b, IQH));
    EXPECT_TRUE(!iommu_queue_due(b->u));
    bench_destroy(b);
}

/* I85: at the same descriptor, which software has rewritten. */
GT_TEST(iommu_queue, clearing_iqe_resumes_at_the_same_descriptor)
{
    struct bench *b = queue_bench();

    submit(b, WAIT, 0);
    put(b, 0x10, 0x7, 0);
    bench_write4(b, IQT, 0x20);
    expect_error(b, 3, 0x10, "8Q");
    bench_write4(b, FSTS, 0x1); /* PFO is another bit */
    EXPECT_U64(3, bench_read4(b, IQERCD));
    EXPECT_TRUE(!iommu_queue_due(b->u));
    bench_write4(b, FSTS, IQE);
    EXPECT_U64(0, bench_read4(b, FSTS));
    EXPECT_U64(0, bench_read4(b, IQERCD));
    EXPECT_TRUE(iommu_queue_due(b->u));
    put(b, 0x10, WAIT, 0);
    bench_command(b);
    EXPECT_STR("8D", b->trace);
    EXPECT_U64(0x20, bench_read4(b, IQH));
    bench_destroy(b);
}

/* I87. */
GT_TEST(iommu_queue, the_registers_invalidate_nothing_while_the_queue_is_on)
{
    struct bench *b = queue_bench();

    bench_read(b, 0x1000);
    bench_clear_trace(b);
    bench_write8(b, CCMD, UINT64_C(0xA000000000000000));
    bench_write8(b, IOTLB, UINT64_C(0x9000000000000000));
    EXPECT_STR("ww", b->trace);
    EXPECT_U64(UINT64_C(0x2000000000000000), iommu_reg_read(b->u, CCMD, 8));
    EXPECT_U64(UINT64_C(0x1000000000000000), iommu_reg_read(b->u, IOTLB, 8));
    EXPECT_U64(3, bench_read(b, 0x1000).hit);
    bench_write4(b, GCMD, GCMD_TE);
    bench_clear_trace(b);
    bench_write8(b, CCMD, UINT64_C(0xA000000000000000));
    EXPECT_STR("wC", b->trace);
    bench_destroy(b);
}

/* I7: descriptors and requests in turn, whatever registers are accessed between them. */
GT_TEST(iommu_queue, a_descriptor_goes_first_unless_one_went_last)
{
    struct bench *b = queue_bench();

    EXPECT_TRUE(!iommu_queue_first(b->u));
    put(b, 0, WAIT, 0);
    put(b, 0x10, WAIT, 0);
    bench_write4(b, IQT, 0x20);
    EXPECT_TRUE(iommu_queue_first(b->u));
    bench_command(b);
    EXPECT_TRUE(iommu_queue_due(b->u));
    EXPECT_TRUE(!iommu_queue_first(b->u));
    bench_read4(b, GSTS);
    EXPECT_TRUE(!iommu_queue_first(b->u));
    bench_read(b, 0x1000);
    EXPECT_TRUE(iommu_queue_first(b->u));
    bench_command(b);
    iommu_reset(b->u);
    EXPECT_TRUE(!iommu_queue_due(b->u));
    bench_write8(b, IQA, BENCH_QUEUE);
    bench_write4(b, IQT, 0x10);
    bench_write4(b, GCMD, GCMD_QIE);
    EXPECT_TRUE(iommu_queue_first(b->u));
    bench_destroy(b);
}

/* A queue that reaches beyond 2^40 goes on at 0. */
GT_TEST(iommu_queue, addresses_have_40_bits)
{
    struct bench *b = queue_bench();

    for (unsigned i = 0; i < 0x100; i++)
        put(b, 16 * i, WAIT, 0);
    bench_write4(b, IQA, BENCH_QUEUE | 1);
    bench_write4(b, IQT, 0x1010);
    for (unsigned i = 0; i < 0x100; i++)
        bench_command(b);
    bench_put(b, 0, WAIT);
    bench_write8(b, IQA, UINT64_C(0xFFFFFFF001));
    bench_command(b);
    EXPECT_STR("8D", b->trace);
    EXPECT_U64(0, b->walk.addr);
    EXPECT_U64(0x1000, b->command.addr);
    bench_destroy(b);
}
