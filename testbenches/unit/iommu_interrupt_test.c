// SPDX-License-Identifier: Apache-2.0
// Interrupt requests on the IOMMU model. VT-d "Interrupt Remapping"; docs/iommu.md I71 to I76, I84.
#include "iommu_bench.h"

#define FORMAT UINT64_C(0x10)
#define SHV    UINT64_C(0x8)

#define IRTE_P   UINT64_C(0x1)
#define IRTE_FPD UINT64_C(0x2)
/* Vector 61h, lowest priority, RH, destination 0x5A as EIME = 0 has it. */
#define IRTE_LO (UINT64_C(0x00005A0000610028) | IRTE_P)

#define EIME UINT64_C(0x800)

/* A table of 16 entries, remapping on; translation is off, which has nothing to do with it. */
static struct bench *remap_bench(uint64_t eime)
{
    struct bench *b = bench_create();

    bench_write8(b, IRTA, BENCH_IRT | eime | 3);
    bench_write4(b, GCMD, GCMD_SIRTP);
    bench_write4(b, GCMD, GCMD_IRE);
    bench_clear_trace(b);
    return b;
}

static void put_irte(struct bench *b, unsigned index, uint64_t lo, uint64_t hi)
{
    bench_put(b, BENCH_IRT + 16 * index, lo);
    bench_put(b, BENCH_IRT + 16 * index + 8, hi);
}

static struct rec_dma request_of(struct bench *b, uint16_t sid, uint64_t low, uint32_t data)
{
    struct rec_dma in = {.sid = sid,
                         .iova = UINT64_C(0xFEE00000) | low,
                         .len = 4,
                         .write = 1,
                         .data = {(uint8_t)data, (uint8_t)(data >> 8), (uint8_t)(data >> 16),
                                  (uint8_t)(data >> 24)}};

    bench_clear_trace(b);
    return bench_run(b, &in);
}

static struct rec_dma request(struct bench *b, uint64_t low, uint32_t data)
{
    return request_of(b, BENCH_SID, low, data);
}

/* Of an index below 32768, without a subhandle. */
static struct rec_dma by_index(struct bench *b, unsigned index)
{
    return request(b, FORMAT | (uint64_t)index << 5, 0);
}

/* I76: the record of a fault, FI 63:48 = index. */
static void expect_fault(struct bench *b, const struct rec_dma *d, uint8_t code, uint64_t index)
{
    EXPECT_U64(DMA_BLOCKED, d->status);
    EXPECT_U64(code, d->fault);
    EXPECT_U64(0, d->pa);
    EXPECT_U64(1, d->recorded);
    EXPECT_U64(IOMMU_FAULT_RECORD, b->last.kind);
    EXPECT_U64(index << 48, b->last.lo);
    EXPECT_U64(UINT64_C(0x8000000000000010) | (uint64_t)code << 32, b->last.hi);
    bench_write8(b, FRCD + 16 * (uint32_t)b->last.addr + 8, UINT64_C(0x8000000000000000));
}

static void expect_unchanged(struct bench *b, uint64_t low, uint64_t latency)
{
    struct rec_dma d = request(b, low, 0x12345678);

    EXPECT_U64(DMA_MESSAGE, d.status);
    EXPECT_STR("M", b->trace);
    EXPECT_U64(UINT64_C(0xFEE00000) | low, d.pa);
    EXPECT_U64(UINT64_C(0xFEE00000) | low, b->sent.addr);
    EXPECT_U64(0x12345678, b->sent.data);
    EXPECT_U64(latency, d.latency);
    EXPECT_U64(0, d.hit);
}

/* I71. */
GT_TEST(iommu_interrupt, without_remapping_every_format_goes_out_unchanged)
{
    struct bench *b = bench_create();

    expect_unchanged(b, 0x5A00C, 1);
    expect_unchanged(b, 0x5A01C, 1);
    bench_destroy(b);
}

/* I71: compatibility format passes with CFIS = 1 and EIME = 0 alone. */
GT_TEST(iommu_interrupt, compatibility_format)
{
    struct bench *b = remap_bench(0);
    struct rec_dma d = request(b, 0x5A00C, 0xFFFF0000);

    expect_fault(b, &d, 0x25, 0);
    EXPECT_U64(2, d.latency);
    bench_write4(b, GCMD, GCMD_IRE | GCMD_CFI);
    EXPECT_U64(UINT32_C(0x43800000), bench_read4(b, GSTS)); /* RTPS and IRTPS stay */
    expect_unchanged(b, 0x5A00C, 2);
    bench_write8(b, IRTA, BENCH_IRT | EIME | 3); /* not latched */
    expect_unchanged(b, 0x5A00C, 2);
    bench_write4(b, GCMD, GCMD_IRE | GCMD_CFI | GCMD_SIRTP);
    d = request(b, 0x5A00C, 0);
    expect_fault(b, &d, 0x25, 0);
    bench_write4(b, GCMD, GCMD_IRE | GCMD_SIRTP);
    d = request(b, 0x5A00C, 0);
    expect_fault(b, &d, 0x25, 0);
    bench_destroy(b);
}

/* I11 goes before all of it. */
GT_TEST(iommu_interrupt, what_is_no_request_is_rejected)
{
    struct bench *b = remap_bench(0);
    struct rec_dma in = {.iova = UINT64_C(0xFEE00010), .len = 8, .write = 1}, d;

    d = bench_run(b, &in);
    EXPECT_U64(DMA_REJECTED, d.status);
    EXPECT_U64(1, d.latency);
    EXPECT_STR("", b->trace);
    bench_destroy(b);
}

/* I72: handle in address 2 and 19:5, plus data 15:0 with SHV. */
GT_TEST(iommu_interrupt, the_index_is_handle_plus_subhandle)
{
    struct bench *b = remap_bench(0);

    put_irte(b, 5, IRTE_LO, 0);
    put_irte(b, 15, IRTE_LO, 0);
    EXPECT_U64(DMA_REMAPPED, request(b, FORMAT | 5 << 5, 0xFFFF).status); /* no SHV */
    EXPECT_U64(BENCH_IRT + 16 * 5, b->walk.addr);
    EXPECT_U64(9, b->walk.kind);
    EXPECT_U64(IRTE_LO, b->walk.value[0]);
    EXPECT_U64(DMA_REMAPPED, request(b, FORMAT | SHV | 5 << 5, 10).status);
    EXPECT_U64(BENCH_IRT + 16 * 15, b->walk.addr);
    bench_destroy(b);
}

/* I72, I76: the record has index 15:0. */
GT_TEST(iommu_interrupt, an_index_beyond_the_table_is_21h)
{
    struct bench *b = remap_bench(0);
    struct rec_dma d = by_index(b, 16);

    EXPECT_U64(2, d.latency);
    EXPECT_STR("F", b->trace);
    expect_fault(b, &d, 0x21, 16);
    d = request(b, FORMAT | 0x4, 0); /* handle 15 */
    expect_fault(b, &d, 0x21, 0x8000);
    d = request(b, FORMAT | SHV | 10 << 5, 6);
    expect_fault(b, &d, 0x21, 16);
    bench_write8(b, IRTA, BENCH_IRT | 0xF);
    bench_write4(b, GCMD, GCMD_IRE | GCMD_SIRTP);
    d = request(b, FORMAT | SHV | 0xFFFE4, 1); /* handle FFFFh: 17 bits */
    expect_fault(b, &d, 0x21, 0);
    d = request(b, FORMAT | SHV | 0xFFFE4, 0);
    expect_fault(b, &d, 0x22, 0xFFFF);
    EXPECT_U64(BENCH_IRT + 0xFFFF0, b->walk.addr);
    bench_destroy(b);
}

GT_TEST(iommu_interrupt, the_table_has_two_to_the_s_plus_1_entries)
{
    for (unsigned s = 0; s < 15; s++) {
        struct bench *b = bench_create();
        struct rec_dma d;

        bench_write8(b, IRTA, BENCH_IRT | s);
        bench_write4(b, GCMD, GCMD_SIRTP | GCMD_IRE);
        d = request(b, FORMAT | SHV, (2u << s) - 1);
        expect_fault(b, &d, 0x22, (2u << s) - 1);
        d = request(b, FORMAT | SHV, 2u << s);
        expect_fault(b, &d, 0x21, 2u << s);
        bench_destroy(b);
    }
}

/* I72: also without SHV. */
GT_TEST(iommu_interrupt, data_31_16_is_reserved)
{
    struct bench *b = remap_bench(0);

    put_irte(b, 1, IRTE_LO, 0);
    for (unsigned bit = 0; bit < 32; bit++) {
        struct rec_dma d = request(b, FORMAT | 1 << 5, UINT32_C(1) << bit);

        if (bit < 16)
            EXPECT_U64(DMA_REMAPPED, d.status);
        else
            expect_fault(b, &d, 0x20, 0);
    }
    bench_destroy(b);
}

/* I72 to I74: everything wrong at once, then one thing less each time. */
GT_TEST(iommu_interrupt, the_order_of_the_checks)
{
    struct bench *b = remap_bench(0);
    struct rec_dma d;

    put_irte(b, 1, UINT64_C(0x7000), UINT64_C(3) << 18);
    b->unclaimed = BENCH_IRT;
    d = request(b, 17 << 5, 0x10000);
    expect_fault(b, &d, 0x25, 0);
    d = request(b, FORMAT | 17 << 5, 0x10000);
    expect_fault(b, &d, 0x20, 0);
    d = by_index(b, 17);
    expect_fault(b, &d, 0x21, 17);
    d = by_index(b, 1);
    expect_fault(b, &d, 0x23, 1);
    EXPECT_U64(UINT64_MAX, b->walk.value[0] & b->walk.value[1]);
    b->unclaimed = 0;
    d = by_index(b, 1);
    expect_fault(b, &d, 0x22, 1);
    put_irte(b, 1, UINT64_C(0x7001), UINT64_C(3) << 18);
    d = by_index(b, 1);
    expect_fault(b, &d, 0x24, 1);
    put_irte(b, 1, 1, UINT64_C(3) << 18);
    d = by_index(b, 1);
    EXPECT_STR("9F", b->trace);
    EXPECT_U64(0, d.hit);
    EXPECT_U64(4, d.latency);
    expect_fault(b, &d, 0x26, 1);
    d = by_index(b, 1); /* it is cached all the same */
    expect_fault(b, &d, 0x26, 1);
    EXPECT_U64(1, d.hit);
    EXPECT_U64(2, d.latency);
    bench_destroy(b);
}

/* I73: which bits of a present entry are reserved. */
static void expect_reserved(uint64_t eime, uint64_t lo, uint64_t hi)
{
    for (unsigned bit = 1; bit < 128; bit++) {
        struct bench *b = remap_bench(eime);
        uint64_t flip[2] = {0, 0}, mask = bit < 64 ? lo : hi;
        bool reserved = (mask >> bit % 64 & 1) != 0;

        flip[bit / 64] = UINT64_C(1) << bit % 64;
        put_irte(b, 2, 1 | flip[0], flip[1]);
        if (bit < 64 || reserved)
            EXPECT_U64(reserved ? 0x24 : 0, by_index(b, 2).fault);
        else /* SVT alone can make it fail otherwise */
            EXPECT_TRUE(by_index(b, 2).fault != 0x24);
        bench_destroy(b);
    }
}

GT_TEST(iommu_interrupt, reserved_bits_of_an_entry)
{
    expect_reserved(0, UINT64_C(0xFFFF00FFFF00F000), UINT64_C(0xFFFFFFFFFFF00000));
    expect_reserved(EIME, UINT64_C(0x00000000FF00F000), UINT64_C(0xFFFFFFFFFFF00000));
}

/* I74: SVT 01 with SQ. */
GT_TEST(iommu_interrupt, a_source_id_is_compared_as_sq_says)
{
    static const uint16_t ignored[] = {0, 0x4, 0x6, 0x7};

    for (unsigned sq = 0; sq < 4; sq++) {
        for (unsigned bit = 0; bit < 16; bit++) {
            struct bench *b = remap_bench(0);
            uint16_t sid = (uint16_t)(BENCH_SID ^ 1u << bit);
            bool same = (ignored[sq] >> bit & 1) != 0;

            put_irte(b, 2, IRTE_LO, UINT64_C(1) << 18 | (uint64_t)sq << 16 | sid);
            EXPECT_U64(same ? 0 : 0x26, by_index(b, 2).fault);
            EXPECT_U64(0, request_of(b, sid, FORMAT | 2 << 5, 0).fault);
            bench_destroy(b);
        }
    }
}

/* I74: SVT 10, bus within first..last; on a hit too. */
GT_TEST(iommu_interrupt, a_bus_range_has_its_ends)
{
    struct bench *b = remap_bench(0);

    put_irte(b, 2, IRTE_LO, UINT64_C(2) << 18 | 0x1020);
    EXPECT_U64(0x26, request_of(b, 0x0FFF, FORMAT | 2 << 5, 0).fault);
    EXPECT_U64(0, request_of(b, 0x1000, FORMAT | 2 << 5, 0).fault);
    EXPECT_U64(0, request_of(b, 0x20FF, FORMAT | 2 << 5, 0).fault);
    EXPECT_U64(0x26, request_of(b, 0x2100, FORMAT | 2 << 5, 0).fault);
    put_irte(b, 3, IRTE_LO, UINT64_C(2) << 18 | 0x2010); /* first above last: none */
    EXPECT_U64(0x26, request_of(b, 0x1800, FORMAT | 3 << 5, 0).fault);
    bench_destroy(b);
}

/* I74: FPD qualifies 22h (P = 0 too), 24h and 26h, and no other. */
GT_TEST(iommu_interrupt, fpd_hides_the_faults_of_its_entry)
{
    struct bench *b = remap_bench(0);
    struct rec_dma d;

    put_irte(b, 1, IRTE_FPD, 0);
    put_irte(b, 2, IRTE_FPD | 0x1001, 0);
    put_irte(b, 3, IRTE_FPD | IRTE_LO, UINT64_C(3) << 18);
    for (unsigned i = 1; i <= 4; i++) {
        static const uint8_t code[] = {0, 0x22, 0x24, 0x26, 0x26};

        d = by_index(b, i < 4 ? i : 3);
        EXPECT_U64(code[i], d.fault);
        EXPECT_U64(DMA_BLOCKED, d.status);
        EXPECT_U64(0, d.recorded);
        EXPECT_U64(i == 4, d.hit);
    }
    EXPECT_U64(0, bench_read4(b, FSTS));
    b->unclaimed = BENCH_IRT; /* all ones: FPD too */
    d = by_index(b, 1);
    expect_fault(b, &d, 0x23, 1);
    bench_destroy(b);
}

/* I75: destination 7:0 in IRTE 47:40, everything above it 0. */
GT_TEST(iommu_interrupt, the_message_without_eime)
{
    struct bench *b = remap_bench(0);
    struct rec_dma d;

    put_irte(b, 2, IRTE_LO, 0);
    d = by_index(b, 2);
    EXPECT_STR("9M", b->trace);
    EXPECT_U64(DMA_REMAPPED, d.status);
    EXPECT_U64(0xFEE5A008, d.pa);
    EXPECT_U64(0xFEE5A008, b->sent.addr);
    EXPECT_U64(0x4161, b->sent.data);
    EXPECT_U64(4, b->sent.bytes);
    EXPECT_U64(0, d.hit);
    EXPECT_U64(0, d.page_log2);
    EXPECT_U64(4, d.latency);
    d = by_index(b, 2);
    EXPECT_STR("M", b->trace);
    EXPECT_U64(1, d.hit);
    EXPECT_U64(2, d.latency);
    EXPECT_U64(0xFEE5A008, d.pa);
    put_irte(b, 3, UINT64_C(0x0000FF0000FF0FF5), 0); /* DM, TM, DLM 7; 11:8 are software's */
    d = by_index(b, 3);
    EXPECT_U64(0xFEEFF004, d.pa);
    EXPECT_U64(0xC7FF, b->sent.data);
    bench_destroy(b);
}

/* I75: address 63:40 is DST 31:8. */
GT_TEST(iommu_interrupt, the_message_with_eime)
{
    struct bench *b = remap_bench(EIME);
    struct rec_dma d;

    put_irte(b, 2, UINT64_C(0x1234565A00610001), 0);
    d = by_index(b, 2);
    EXPECT_U64(UINT64_C(0x12345600FEE5A000), d.pa);
    EXPECT_U64(UINT64_C(0x12345600FEE5A000), b->sent.addr);
    EXPECT_U64(0x4061, b->sent.data);
    bench_destroy(b);
}

/* I73: a hit looks at neither P nor the reserved bits; SIRTP drops nothing (I87). */
GT_TEST(iommu_interrupt, a_cached_entry_serves_until_it_is_invalidated)
{
    struct bench *b = remap_bench(EIME);

    put_irte(b, 2, UINT64_C(0x1234565A00610001), 0);
    by_index(b, 2);
    put_irte(b, 2, 0, 0);
    EXPECT_U64(DMA_REMAPPED, by_index(b, 2).status);
    bench_write8(b, IRTA, BENCH_IRT | 3);
    bench_write4(b, GCMD, GCMD_IRE | GCMD_SIRTP);
    EXPECT_U64(0xFEE56000, by_index(b, 2).pa); /* with the EIME that is latched now */
    bench_destroy(b);
}

/* I73: a fault leaves nothing behind. */
GT_TEST(iommu_interrupt, entries_that_fault_are_not_cached)
{
    struct bench *b = remap_bench(0);

    by_index(b, 1);
    put_irte(b, 1, UINT64_C(0x8001), 0); /* IM */
    EXPECT_U64(0x24, by_index(b, 1).fault);
    put_irte(b, 1, IRTE_LO, 0);
    EXPECT_U64(0, by_index(b, 1).hit);
    EXPECT_U64(1, by_index(b, 1).hit);
    bench_destroy(b);
}

/* I8. */
GT_TEST(iommu_interrupt, the_cache_holds_8_entries_and_evicts_in_turn)
{
    struct bench *b = remap_bench(0);

    for (unsigned i = 0; i < 9; i++) {
        put_irte(b, i, IRTE_LO, 0);
        EXPECT_U64(0, by_index(b, i).hit);
    }
    EXPECT_U64(1, by_index(b, 8).hit);
    EXPECT_U64(1, by_index(b, 1).hit);
    EXPECT_U64(0, by_index(b, 0).hit); /* was in slot 0; now takes slot 1 */
    EXPECT_U64(0, by_index(b, 1).hit);
    EXPECT_U64(1, by_index(b, 3).hit);
    bench_destroy(b);
}

/* I87: IRE without a latched pointer uses 0, that is two entries at 0. */
GT_TEST(iommu_interrupt, remapping_without_a_pointer_uses_0)
{
    struct bench *b = bench_create();
    struct rec_dma d;

    bench_write4(b, GCMD, GCMD_IRE);
    EXPECT_U64(UINT32_C(0x42000000), bench_read4(b, GSTS));
    bench_put(b, 16, IRTE_LO);
    EXPECT_U64(DMA_REMAPPED, by_index(b, 1).status);
    EXPECT_U64(16, b->walk.addr);
    d = by_index(b, 2);
    expect_fault(b, &d, 0x21, 2);
    bench_destroy(b);
}

/* I87: SIRTP takes effect before IRE, of one write. */
GT_TEST(iommu_interrupt, the_pointer_is_taken_before_remapping_is_on)
{
    struct bench *b = bench_create();

    put_irte(b, 2, IRTE_LO, 0);
    bench_write8(b, IRTA, BENCH_IRT | 3);
    bench_write4(b, GCMD, GCMD_SIRTP | GCMD_IRE | GCMD_CFI);
    EXPECT_U64(UINT32_C(0x43800000), bench_read4(b, GSTS));
    EXPECT_U64(DMA_REMAPPED, by_index(b, 2).status);
    bench_write4(b, GCMD, 0);
    EXPECT_U64(UINT32_C(0x41000000), bench_read4(b, GSTS));
    bench_destroy(b);
}

/* I20: a fault of an interrupt sets off the event like any other. */
GT_TEST(iommu_interrupt, a_fault_sends_the_event)
{
    struct bench *b = remap_bench(0);

    bench_write4(b, FEADDR, 0xFEE01000);
    bench_write4(b, FECTL, 0);
    by_index(b, 16);
    EXPECT_STR("FEe", b->trace);
    bench_destroy(b);
}

/* Entries 0 to 7 cached; one descriptor through the queue. */
static uint16_t invalidated(uint64_t descriptor)
{
    struct bench *b = remap_bench(0);
    uint16_t count;

    for (unsigned i = 0; i < 8; i++) {
        put_irte(b, i, IRTE_LO, 0);
        by_index(b, i);
    }
    bench_put(b, BENCH_QUEUE, descriptor);
    bench_put(b, BENCH_QUEUE + 8, 0);
    bench_write8(b, IQA, BENCH_QUEUE);
    bench_write4(b, IQT, 0x10);
    bench_write4(b, GCMD, GCMD_QIE | GCMD_IRE);
    bench_command(b);
    EXPECT_STR("8D", b->trace);
    count = b->command.count;
    for (unsigned i = 8; i-- > 0;)
        count = (uint16_t)(count + (by_index(b, i).hit == 1));
    EXPECT_U64(8, count); /* what is not dropped still hits */
    count = b->command.count;
    bench_destroy(b);
    return count;
}

/* I84: all, or those whose index agrees above bit IM. */
GT_TEST(iommu_interrupt, the_queue_invalidates_entries)
{
    EXPECT_U64(8, invalidated(0x4));
    EXPECT_U64(1, invalidated(UINT64_C(0x0000000500000014)));
    EXPECT_U64(2, invalidated(UINT64_C(0x000000050C000014) & ~UINT64_C(0x04000000)));
    EXPECT_U64(4, invalidated(UINT64_C(0x0000000210000014)));
    EXPECT_U64(8, invalidated(UINT64_C(0x0000000718000014)));
    EXPECT_U64(8, invalidated(UINT64_C(0x00007FFF78000014)));
    EXPECT_U64(0, invalidated(UINT64_C(0x0000800078000014))); /* bit 15 */
    EXPECT_U64(0, invalidated(UINT64_C(0x0000000800000014)));
}
