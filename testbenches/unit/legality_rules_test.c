// SPDX-License-Identifier: Apache-2.0
// Every row of the legality oracle's table of invalidations, in both directions: what a cache may
// hold is legal just before, and just after either still legal or ILLEGAL by that row. SDM Vol. 3A
// "Operations that Invalidate TLBs and Paging-Structure Caches".
#include "legality_bench.h"

#define OTHER_PAGE (LB_VA + 0x1000)
#define OTHER_PDE  (LB_VA + 0x200000)
#define LATE       UINT64_C(0xCCC000)
#define NO_TABLES  LB_TABLE(32) /* a root that maps nothing */

/* What is held when the invalidation comes, of PCID 5 and address LB_VA. */
enum held {
    TLB_OWN,
    TLB_OTHER_PAGE,
    TLB_OTHER_PCID,
    GLOBAL_OWN,        /* filled under the PCID */
    GLOBAL_OTHER_PAGE, /* likewise */
    GLOBAL_OTHER_PCID, /* of the page, filled under another PCID */
    PSC_OWN,           /* the PDE that the walk of the address uses */
    PSC_OTHER_PDE,
    PSC_OTHER_PCID,
    HELD
};

static bool is_psc(enum held held)
{
    return held >= PSC_OWN;
}

static uint64_t va_of(enum held held)
{
    if (held == TLB_OTHER_PAGE || held == GLOBAL_OTHER_PAGE)
        return OTHER_PAGE;
    return held == PSC_OTHER_PDE ? OTHER_PDE : LB_VA;
}

static bool is_global(enum held held)
{
    return held >= GLOBAL_OWN && held <= GLOBAL_OTHER_PCID;
}

static bool of_other_pcid(enum held held)
{
    return held == TLB_OTHER_PCID || held == GLOBAL_OTHER_PCID || held == PSC_OTHER_PCID;
}

static void under(struct lb *b, uint64_t root, uint16_t pcid)
{
    b->r.cr3 = root | pcid;
    lb_registers(b);
}

/* A TLB entry: the leaf is replaced. A cached PDE: it is replaced, and its old table gets a new
 * leaf only after the invalidation, so that no TLB entry can have it. */
static enum legality_word asked(struct lb *b, enum held held, const enum legality_event *event)
{
    uint64_t va = va_of(held);

    lb_open(b);
    if (of_other_pcid(held))
        under(b, LB_TABLE(4), 6);
    lb_map(b, 4, va, LB_OLD | (is_global(held) ? LB_G : 0));
    if (of_other_pcid(held))
        under(b, NO_TABLES, 5);
    if (is_psc(held))
        lb_store(b, lb_at(2, va), LB_TABLE(16) | LB_UP);
    else
        lb_store(b, lb_at(1, va), LB_NEW | LB_ALL);
    if (event != NULL)
        lb_drop(b, *event, LB_VA, 5);
    if (is_psc(held))
        lb_store(b, lb_at(1, va), LATE | LB_ALL);
    if (of_other_pcid(held) && !is_global(held))
        under(b, LB_TABLE(4), 6);
    return lb_reads(b, va, (is_psc(held) ? LATE : LB_OLD) | (va & 0xFFF));
}

/* '.': dropped; k: kept; in the order of enum held. */
static const char *const expected[EVENTS] = {
    [EVENT_RESET] = ".........",         [EVENT_INVLPG] = ".kk.k...k",
    [EVENT_INVPCID_0] = ".kkkkk.kk",     [EVENT_INVPCID_1] = "..kkkk..k",
    [EVENT_INVPCID_2] = ".........",     [EVENT_INVPCID_3] = "...kkk...",
    [EVENT_MOV_CR3] = "..kkkk..k",       [EVENT_MOV_CR3_KEEP] = "kkkkkkkkk",
    [EVENT_CR0_PG] = ".........",        [EVENT_CR4_PGE] = ".........",
    [EVENT_CR4_PCIDE] = ".........",     [EVENT_CR4_PAE] = "..k..k..k",
    [EVENT_CR4_SMEP] = "..k..k..k",      [EVENT_CR4_PSE] = "kkkkkkkkk",
    [EVENT_CR4_LA57] = "kkkkkkkkk",      [EVENT_EFER_NXE] = "kkkkkkkkk",
    [EVENT_TASK_SWITCH] = "..kkkk..k",   [EVENT_PAGE_FAULT] = ".kk.kk.kk",
    [EVENT_FAULT_ANSWERED] = "kkkkkkkkk"};

static char after(enum held held, enum legality_event event)
{
    struct lb b;
    enum legality_word word = asked(&b, held, &event);
    bool named = word == LEGALITY_ILLEGAL && strcmp(b.v.rule, legality_rule(event)->name) == 0;

    lb_close(&b);
    return word == LEGALITY_STALE ? 'k' : named ? '.' : '?';
}

GT_TEST(legality_rules, each_is_legal_before_any)
{
    for (enum held held = 0; held < HELD; held++) {
        struct lb b;

        EXPECT_U64(LEGALITY_STALE, asked(&b, held, NULL));
        lb_close(&b);
    }
}

GT_TEST(legality_rules, each_row_drops_what_it_says_and_no_more)
{
    for (enum legality_event event = 0; event < EVENTS; event++) {
        char seen[HELD + 1] = "";

        for (enum held held = 0; held < HELD; held++)
            seen[held] = after(held, event);
        EXPECT_STR(expected[event], seen);
    }
}

GT_TEST(legality_rules, rows_have_names_of_their_own)
{
    for (enum legality_event event = 0; event < EVENTS; event++)
        EXPECT_TRUE(legality_rule_named(legality_rule(event)->name) == legality_rule(event));
    EXPECT_TRUE(legality_rule_named("INVLPGA") == NULL);
}

/* --- a fault that was answered --- */

static const struct legality_access user_write = {
    .va = LB_VA, .kind = LEGALITY_WRITE, .user = true};

GT_TEST(legality_rules, a_fault_out_of_a_cache_comes_once)
{
    struct lb b;

    lb_open(&b);
    lb_store(&b, lb_at(1, LB_VA), (LB_OLD | LB_ALL) & ~LB_RW);
    lb_store(&b, lb_at(1, LB_VA), LB_OLD | LB_ALL);
    EXPECT_U64(LEGALITY_STALE, lb_faults(&b, user_write, 7));
    lb_drop(&b, EVENT_FAULT_ANSWERED, LB_VA, 5);
    EXPECT_U64(LEGALITY_ILLEGAL, lb_faults(&b, user_write, 7));
    EXPECT_STR("fault answered", b.v.rule);
    lb_close(&b);
}

GT_TEST(legality_rules, a_fault_out_of_a_structure_cache_comes_once)
{
    struct lb b;

    lb_open(&b);
    lb_store(&b, lb_at(2, LB_VA), LB_TABLE(16) | LB_UP);
    lb_store(&b, lb_at(1, LB_VA), 0);
    EXPECT_U64(LEGALITY_FRESH, lb_faults(&b, user_write, 6)); /* the new table is empty too */
    lb_store(&b, UINT64_C(0x10000) + (LB_VA >> 12 & 511) * 8, LB_NEW | LB_ALL);
    EXPECT_U64(LEGALITY_STALE, lb_faults(&b, user_write, 6)); /* by the old PDE */
    lb_drop(&b, EVENT_FAULT_ANSWERED, LB_VA, 5);
    EXPECT_U64(LEGALITY_ILLEGAL, lb_faults(&b, user_write, 6));
    EXPECT_STR("fault answered", b.v.rule);
    lb_close(&b);
}

/* --- the processor's moves to control registers --- */

/* The leaf is global: only rows that drop those of everybody, or of the PCID, take it. */
static enum legality_word after_move(uint64_t cr0, uint64_t cr4_before, uint64_t cr4_after,
                                     uint64_t efer, uint64_t global)
{
    struct lb b;
    enum legality_word word;

    lb_open(&b);
    b.r.cr4 = cr4_before;
    lb_registers(&b);
    lb_store(&b, lb_at(1, LB_VA), LB_OLD | LB_ALL | global);
    lb_store(&b, lb_at(1, LB_VA), LB_NEW | LB_ALL);
    b.r.cr0 = cr0;
    b.r.cr4 = cr4_after;
    b.r.efer = efer;
    legality_move(b.l, &b.r, false, false);
    b.r.cr0 = LB_PG | LB_WP;
    legality_move(b.l, &b.r, false, false);
    word = lb_reads(&b, LB_VA, LB_OLD | (LB_VA & 0xFFF));
    lb_close(&b);
    return word;
}

#define CR0  (LB_PG | LB_WP)
#define CR4  (LB_PAE | LB_PGE | LB_PCID)
#define EFER (LB_LMA | LB_NXE)

GT_TEST(legality_rules, moves_to_control_registers_meet_their_rows)
{
    EXPECT_U64(LEGALITY_STALE, after_move(CR0, CR4, CR4, EFER, LB_G));
    EXPECT_U64(LEGALITY_STALE, after_move(LB_PG, CR4, CR4, EFER, LB_G)); /* WP */
    EXPECT_U64(LEGALITY_ILLEGAL, after_move(LB_WP, CR4, CR4, EFER, LB_G));
    EXPECT_U64(LEGALITY_ILLEGAL, after_move(CR0, CR4, CR4 & ~LB_PGE, EFER, LB_G));
    EXPECT_U64(LEGALITY_ILLEGAL, after_move(CR0, CR4 & ~LB_PGE, CR4, EFER, 0));
    EXPECT_U64(LEGALITY_ILLEGAL, after_move(CR0, CR4, CR4 & ~LB_PCID, EFER, LB_G));
    EXPECT_U64(LEGALITY_STALE, after_move(CR0, CR4 & ~LB_PCID, CR4, EFER, LB_G));
    EXPECT_U64(LEGALITY_ILLEGAL, after_move(CR0, CR4, CR4 | LB_SMEP, EFER, 0));
    EXPECT_U64(LEGALITY_STALE, after_move(CR0, CR4 | LB_SMEP, CR4, EFER, 0));
    EXPECT_U64(LEGALITY_STALE, after_move(CR0, CR4, CR4 | LB_PSE, EFER, 0));
    EXPECT_U64(LEGALITY_STALE, after_move(CR0, CR4, CR4, LB_LMA, 0)); /* NXE */
}

static enum legality_word after_cr3(bool pcide, bool keep)
{
    struct lb b;
    enum legality_word word;

    lb_open(&b);
    b.r.cr4 = LB_PAE | (pcide ? LB_PCID : 0);
    lb_registers(&b);
    lb_store(&b, lb_at(1, LB_VA), LB_NEW | LB_ALL);
    legality_move(b.l, &b.r, true, keep);
    word = lb_reads(&b, LB_VA, LB_OLD | (LB_VA & 0xFFF));
    lb_close(&b);
    return word;
}

GT_TEST(legality_rules, bit_63_of_mov_cr3_keeps_with_pcids_alone)
{
    EXPECT_U64(LEGALITY_STALE, after_cr3(true, true));
    EXPECT_U64(LEGALITY_ILLEGAL, after_cr3(true, false));
    EXPECT_U64(LEGALITY_ILLEGAL, after_cr3(false, true));
    EXPECT_U64(LEGALITY_ILLEGAL, after_cr3(false, false));
}

/* A large page is dropped by INVLPG of any address in it, and its neighbour is not. */
GT_TEST(legality_rules, invlpg_of_any_address_of_a_large_page)
{
    uint64_t old = UINT64_C(0x40000000) | (LB_VA & 0x1FFFFF);
    struct lb b;

    lb_open(&b);
    lb_store(&b, lb_at(2, LB_VA), UINT64_C(0x40000000) | LB_ALL | LB_PS);
    lb_store(&b, lb_at(2, LB_VA), LB_TABLE(1) | LB_UP); /* splintered */
    EXPECT_U64(LEGALITY_STALE, lb_reads(&b, LB_VA, old));
    EXPECT_U64(LEGALITY_FRESH, lb_reads(&b, LB_VA, LB_OLD | (LB_VA & 0xFFF)));
    lb_drop(&b, EVENT_INVLPG, LB_VA ^ 0x200000, 5);
    EXPECT_U64(LEGALITY_STALE, lb_reads(&b, LB_VA, old));
    lb_drop(&b, EVENT_INVLPG, LB_VA ^ 0x1FF000, 5);
    EXPECT_U64(LEGALITY_ILLEGAL, lb_reads(&b, LB_VA, old));
    lb_close(&b);
}
