// SPDX-License-Identifier: Apache-2.0
// The legality oracle of a remapping unit: interrupt requests. VT-d "Interrupt Remapping".
#include "legality_unit_bench.h"

#define ENTRY   ub_entry_at(UB_INDEX)
#define MESSAGE UINT64_C(0xFEE5A000)
#define DATA    UINT64_C(0x4041)

static struct legality_request request(void)
{
    return ub_interrupt(UB_INDEX);
}

/* With this entry and no other before it. */
static void open_entry(struct ub *b, uint64_t lo, uint64_t hi)
{
    ub_open(b);
    ub_store2(b, ENTRY, lo, hi);
    ub_drop_all(b);
}

GT_TEST(legality_iommu_interrupt, what_the_entry_says_is_fresh)
{
    struct ub b;

    ub_open(&b);
    EXPECT_U64(LEGALITY_FRESH, ub_sent(&b, request(), MESSAGE, DATA));
    EXPECT_U64(LEGALITY_ILLEGAL, ub_sent(&b, request(), MESSAGE, DATA ^ 1));
    EXPECT_STR("interrupt", b.v.rule);
    EXPECT_U64(LEGALITY_ILLEGAL, ub_sent(&b, request(), MESSAGE ^ 0x1000, DATA));
    EXPECT_U64(LEGALITY_ILLEGAL, ub_goes(&b, request(), request().addr));
    ub_close(&b);
}

/* Each field of the entry where it belongs: VT-d "Interrupt Remapping Table Entry". */
GT_TEST(legality_iommu_interrupt, fields_of_the_message)
{
    const struct {
        uint64_t entry, addr, data;
    } rows[] = {
        {1, 0xFEE00000, 0x4000},
        {1 | UINT64_C(0xFF) << 16, 0xFEE00000, 0x40FF},
        {1 | 7 << 5, 0xFEE00000, 0x4700},
        {1 | 1 << 4, 0xFEE00000, 0xC000},
        {1 | 1 << 3, 0xFEE00008, 0x4000},
        {1 | 1 << 2, 0xFEE00004, 0x4000},
        {1 | UINT64_C(0xFF) << 40, 0xFEEFF000, 0x4000},
        {1 | 0xF00, 0xFEE00000, 0x4000},
    };

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ub b;

        open_entry(&b, rows[i].entry, 0);
        EXPECT_U64(LEGALITY_FRESH, ub_sent(&b, request(), rows[i].addr, rows[i].data));
        ub_close(&b);
    }
}

GT_TEST(legality_iommu_interrupt, with_eime_the_destination_has_32_bits)
{
    struct ub b;

    open_entry(&b, 1 | UINT64_C(0x89ABCDEF) << 32, 0);
    EXPECT_U64(LEGALITY_FRESH, ub_refuses(&b, request(), 0x24, UB_INDEX));
    b.r.irta |= 1 << 11;
    ub_registers(&b);
    EXPECT_U64(LEGALITY_FRESH, ub_sent(&b, request(), UINT64_C(0x89ABCD00FEEEF000), 0x4000));
    ub_close(&b);
}

GT_TEST(legality_iommu_interrupt, an_absent_entry_is_never_cached)
{
    struct ub b;

    open_entry(&b, 0, 0);
    EXPECT_U64(LEGALITY_FRESH, ub_refuses(&b, request(), 0x22, UB_INDEX));
    ub_store2(&b, ENTRY, ub_irte(0x41), 0);
    EXPECT_U64(LEGALITY_ILLEGAL, ub_refuses(&b, request(), 0x22, UB_INDEX));
    EXPECT_U64(LEGALITY_FRESH, ub_sent(&b, request(), MESSAGE, DATA));
    ub_store2(&b, ENTRY, 0, 0);
    EXPECT_U64(LEGALITY_STALE, ub_sent(&b, request(), MESSAGE, DATA));
    EXPECT_U64(STRUCTURE_ENTRY, b.v.structure);
    EXPECT_STR("interrupt entries, index", b.v.rule);
    ub_drop(&b, UNIT_ENTRIES_INDEX);
    EXPECT_U64(LEGALITY_ILLEGAL, ub_sent(&b, request(), MESSAGE, DATA));
    ub_close(&b);
}

GT_TEST(legality_iommu_interrupt, reserved_bits_of_an_entry)
{
    for (unsigned bit = 1; bit < 128; bit++) {
        bool reserved = (bit >= 12 && bit <= 15) || (bit >= 24 && bit < 40) ||
                        (bit >= 48 && bit < 64) || bit >= 84;
        uint64_t lo = 1 | (bit < 64 ? UINT64_C(1) << bit : 0);
        uint64_t hi = bit >= 64 ? UINT64_C(1) << (bit - 64) : 0;
        struct ub b;

        if (bit == 1) /* FPD */
            continue;
        open_entry(&b, lo, hi);
        EXPECT_U64(reserved ? LEGALITY_FRESH : LEGALITY_ILLEGAL,
                   ub_refuses(&b, request(), 0x24, UB_INDEX));
        ub_close(&b);
    }
}

/* SVT, SQ, SID against the source-id, which is 1234h. */
GT_TEST(legality_iommu_interrupt, source_validation)
{
    const struct {
        unsigned svt, sq, sid;
        bool good;
    } rows[] = {
        {0, 0, 0xFFFF, true},  {1, 0, 0x1234, true},  {1, 0, 0x1230, false}, {1, 1, 0x1230, true},
        {1, 1, 0x1236, false}, {1, 2, 0x1232, true},  {1, 2, 0x1235, false}, {1, 3, 0x1233, true},
        {1, 3, 0x123C, false}, {1, 3, 0x1334, false}, {2, 0, 0x1212, true},  {2, 0, 0x1013, true},
        {2, 0, 0x1320, false}, {2, 0, 0x1011, false}, {3, 0, 0x1234, false},
    };

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ub b;

        ub_open(&b);
        ub_store2(&b, ub_entry_at(9), ub_irte(0x41),
                  rows[i].sid | rows[i].sq << 16 | rows[i].svt << 18);
        EXPECT_U64(rows[i].good ? LEGALITY_FRESH : LEGALITY_ILLEGAL,
                   ub_sent(&b, ub_interrupt(9), MESSAGE, DATA));
        EXPECT_STR(rows[i].good ? "none" : "source validation", b.v.rule);
        EXPECT_U64(rows[i].good ? LEGALITY_ILLEGAL : LEGALITY_FRESH,
                   ub_refuses(&b, ub_interrupt(9), 0x26, 9));
        ub_close(&b);
    }
}

/* A cached entry is asked for the source-id again. */
GT_TEST(legality_iommu_interrupt, a_cached_entry_may_refuse)
{
    struct ub b;

    open_entry(&b, ub_irte(0x41), 0x9999 | 1 << 18);
    ub_store2(&b, ENTRY, ub_irte(0x41), 0);
    EXPECT_U64(LEGALITY_STALE, ub_refuses(&b, request(), 0x26, UB_INDEX));
    ub_drop(&b, UNIT_ENTRIES_INDEX);
    EXPECT_U64(LEGALITY_ILLEGAL, ub_refuses(&b, request(), 0x26, UB_INDEX));
    ub_close(&b);
}

GT_TEST(legality_iommu_interrupt, index_of_handle_and_subhandle)
{
    struct legality_request q = request();
    struct ub b;

    ub_open(&b);
    q.addr |= 8; /* SHV */
    q.data = 0;
    EXPECT_U64(LEGALITY_FRESH, ub_sent(&b, q, MESSAGE, DATA));
    q.addr = UINT64_C(0xFEE00018) | 3 << 5;
    q.data = 2;
    EXPECT_U64(LEGALITY_FRESH, ub_sent(&b, q, MESSAGE, DATA));
    q.data = 0x10002;
    EXPECT_U64(LEGALITY_FRESH, ub_refuses(&b, q, 0x20, 0));
    EXPECT_U64(LEGALITY_ILLEGAL, ub_refuses(&b, q, 0x21, 0));
    EXPECT_U64(LEGALITY_FRESH, ub_refuses(&b, ub_interrupt(256), 0x21, 256));
    EXPECT_U64(LEGALITY_FRESH, ub_refuses(&b, ub_interrupt(255), 0x22, 255));
    EXPECT_U64(LEGALITY_FRESH, ub_refuses(&b, ub_interrupt(0x8005), 0x21, 0x8005));
    ub_close(&b);
}

/* VT-d "Interrupt Requests in Compatibility Format". */
GT_TEST(legality_iommu_interrupt, compatibility_format)
{
    struct legality_request q = request();
    struct ub b;

    ub_open(&b);
    q.addr = UINT64_C(0xFEE12000);
    q.data = 0x77;
    EXPECT_U64(LEGALITY_FRESH, ub_refuses(&b, q, 0x25, 0));
    b.r.cfi = true;
    ub_registers(&b);
    EXPECT_U64(LEGALITY_FRESH, ub_sent(&b, q, q.addr, 0x77));
    EXPECT_U64(LEGALITY_ILLEGAL, ub_refuses(&b, q, 0x25, 0));
    b.r.irta |= 1 << 11;
    ub_registers(&b);
    EXPECT_U64(LEGALITY_FRESH, ub_refuses(&b, q, 0x25, 0));
    b.r.ire = false;
    ub_registers(&b);
    EXPECT_U64(LEGALITY_FRESH, ub_sent(&b, q, q.addr, 0x77));
    EXPECT_U64(LEGALITY_FRESH, ub_sent(&b, request(), request().addr, 0));
    ub_close(&b);
}

GT_TEST(legality_iommu_interrupt, what_is_no_interrupt_request_is_rejected)
{
    struct legality_request q = request();
    struct ub b;

    ub_open(&b);
    q.write = false;
    EXPECT_U64(LEGALITY_FRESH, ub_rejected(&b, q));
    EXPECT_U64(LEGALITY_ILLEGAL, ub_goes(&b, q, q.addr));
    EXPECT_STR("interrupt range", b.v.rule);
    q = request();
    q.bytes = 8;
    EXPECT_U64(LEGALITY_FRESH, ub_rejected(&b, q));
    q = request();
    q.at = 2;
    EXPECT_U64(LEGALITY_FRESH, ub_rejected(&b, q));
    q = request();
    q.addr += 2;
    EXPECT_U64(LEGALITY_FRESH, ub_rejected(&b, q));
    ub_close(&b);
}

GT_TEST(legality_iommu_interrupt, memory_may_have_gone_behind_a_cached_entry)
{
    struct ub b;

    ub_open(&b);
    ub_store2(&b, ENTRY, UINT64_MAX, UINT64_MAX);
    b.gone = UB_ENTRIES;
    EXPECT_U64(LEGALITY_FRESH, ub_refuses(&b, request(), 0x23, UB_INDEX));
    EXPECT_U64(LEGALITY_STALE, ub_sent(&b, request(), MESSAGE, DATA));
    EXPECT_U64(LEGALITY_ILLEGAL, ub_refuses(&b, request(), 0x24, UB_INDEX));
    ub_drop(&b, UNIT_ENTRIES_GLOBAL);
    EXPECT_U64(LEGALITY_ILLEGAL, ub_sent(&b, request(), MESSAGE, DATA));
    ub_close(&b);
}

GT_TEST(legality_iommu_interrupt, an_entry_that_nobody_answers_for)
{
    struct ub b;

    ub_open(&b);
    b.r.irta = UB_NOBODY | 7;
    ub_registers(&b);
    EXPECT_U64(LEGALITY_FRESH, ub_refuses(&b, request(), 0x23, UB_INDEX));
    ub_close(&b);
}
