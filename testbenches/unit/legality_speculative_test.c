// SPDX-License-Identifier: Apache-2.0
// Stores of a walk that no request asked for, and which invalidation is named. SDM Vol. 3A
// "Accessed and Dirty Flags", "Invalidation of TLBs and Paging-Structure Caches".
#include "legality_bench.h"

#define OLD (LB_OLD | (LB_VA & 0xFFF))

/* Such a store to the entry of this level, between two translations; then a read. */
static struct legality_verdict ahead(unsigned level, uint64_t from, uint64_t to)
{
    struct lb b;

    lb_open(&b);
    lb_store(&b, lb_at(level, LB_VA), from);
    lb_store_by(&b, lb_at(level, LB_VA), to, 8, AUTHOR_SPECULATIVE);
    lb_store(&b, lb_at(1, LB_VA), LB_OLD | LB_ALL);
    lb_reads(&b, LB_VA, OLD);
    lb_close(&b);
    return b.v;
}

GT_TEST(legality_speculative, a_walk_ahead_may_set_a)
{
    uint64_t leaf = LB_OLD | LB_P | LB_RW | LB_US, table = LB_TABLE(1) | LB_P | LB_RW | LB_US;

    EXPECT_U64(LEGALITY_FRESH, ahead(1, leaf, leaf | LB_A).word);
    EXPECT_U64(LEGALITY_FRESH, ahead(2, table, table | LB_A).word);
}

GT_TEST(legality_speculative, a_walk_ahead_sets_nothing_else)
{
    uint64_t leaf = LB_OLD | LB_P | LB_RW | LB_US;
    struct legality_verdict v = ahead(1, leaf | LB_A, leaf | LB_A | LB_D);

    EXPECT_U64(LEGALITY_ILLEGAL, v.word);
    EXPECT_STR("speculative walk", v.rule == NULL ? "" : v.rule);
    EXPECT_STR("4.8", v.section == NULL ? "" : v.section);
    EXPECT_U64(LEGALITY_ILLEGAL, ahead(1, leaf & ~LB_P, (leaf & ~LB_P) | LB_A).word);
    EXPECT_U64(LEGALITY_ILLEGAL, ahead(1, leaf | LB_A, leaf).word);
    EXPECT_U64(LEGALITY_ILLEGAL, ahead(1, leaf, (leaf & ~LB_RW) | LB_A).word);
}

/* The translation that is judged may be a write that sets D itself. */
GT_TEST(legality_speculative, it_is_told_once)
{
    uint64_t leaf = LB_OLD | LB_P | LB_RW | LB_US | LB_A;
    struct lb b;

    lb_open(&b);
    lb_store(&b, lb_at(1, LB_VA), leaf);
    legality_begin(b.l);
    lb_store_by(&b, lb_at(1, LB_VA), leaf | LB_D, 8, AUTHOR_SPECULATIVE);
    EXPECT_U64(LEGALITY_ILLEGAL, lb_reads(&b, LB_VA, OLD));
    EXPECT_U64(LEGALITY_FRESH, lb_reads(&b, LB_VA, OLD));
    lb_close(&b);
}

/* A walk ahead that sets no A may not be cached, whatever the entry is now. */
GT_TEST(legality_speculative, an_entry_with_a_clear_is_named)
{
    struct lb b;

    lb_open(&b);
    lb_store(&b, lb_at(1, LB_VA), LB_NEW | LB_P | LB_RW | LB_US);
    lb_store(&b, lb_at(1, LB_VA), 0);
    EXPECT_U64(LEGALITY_ILLEGAL, lb_reads(&b, LB_VA, LB_NEW | (LB_VA & 0xFFF)));
    EXPECT_STR("accessed flag", b.v.rule);
    lb_close(&b);
}

/* The table's entry has been replaced: a structure cache that kept it would explain the answer too.
 */
GT_TEST(legality_speculative, a_flush_that_spared_a_tlb_entry_is_named_first)
{
    struct lb b;

    lb_open(&b);
    lb_store(&b, lb_at(1, LB_VA), LB_OLD | LB_ALL | LB_G);
    lb_store(&b, lb_at(2, LB_VA), LB_TABLE(6) | LB_UP);
    lb_drop(&b, EVENT_INVPCID_1, 0, 5);
    lb_drop(&b, EVENT_INVPCID_2, 0, 0);
    EXPECT_U64(LEGALITY_ILLEGAL, lb_reads(&b, LB_VA, OLD));
    EXPECT_STR("INVPCID 2", b.v.rule);
    lb_close(&b);
}
