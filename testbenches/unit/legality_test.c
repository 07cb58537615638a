// SPDX-License-Identifier: Apache-2.0
// The legality oracle: what may be cached, and what a stale answer is called. SDM Vol. 3A "Caching
// Translation Information". Invalidations: legality_rules_test.c.
#include "legality_bench.h"

#define OLD (LB_OLD | (LB_VA & 0xFFF))
#define NEW (LB_NEW | (LB_VA & 0xFFF))

static void remap(struct lb *b)
{
    lb_store(b, lb_at(1, LB_VA), LB_NEW | LB_ALL);
}

GT_TEST(legality, what_the_tables_give_is_fresh)
{
    struct lb b;

    lb_open(&b);
    EXPECT_U64(LEGALITY_FRESH, lb_reads(&b, LB_VA, OLD));
    EXPECT_U64(LEGALITY_ILLEGAL, lb_reads(&b, LB_VA, NEW));
    EXPECT_STR("translation", b.v.rule);
    lb_close(&b);
}

GT_TEST(legality, a_replaced_leaf_is_stale_until_invlpg)
{
    char text[300];
    struct lb b;

    lb_open(&b);
    remap(&b);
    EXPECT_U64(LEGALITY_FRESH, lb_reads(&b, LB_VA, NEW));
    EXPECT_U64(LEGALITY_STALE, lb_reads(&b, LB_VA, OLD));
    EXPECT_U64(1, b.v.level);
    EXPECT_U64(lb_at(1, LB_VA), b.v.entry);
    EXPECT_U64(LB_OLD | LB_ALL, b.v.used);
    EXPECT_U64(LB_NEW | LB_ALL, b.v.now);
    EXPECT_U64(0x401000, b.v.by.id);
    legality_tell(&b.v, text, sizeof(text));
    EXPECT_STR("LEGAL-STALE: PTE at 0x1a28 used as 0xaaa067, now 0xbbb067, replaced by the "
               "instruction at 0x401000, cycle 77; INVLPG of 0x12345678 under PCID 5 would have "
               "removed it (4.10.4.1)",
               text);
    lb_drop(&b, EVENT_INVLPG, LB_VA, 5);
    EXPECT_U64(LEGALITY_ILLEGAL, lb_reads(&b, LB_VA, OLD));
    EXPECT_STR("INVLPG", b.v.rule);
    EXPECT_STR("4.10.4.1", b.v.section);
    lb_close(&b);
}
