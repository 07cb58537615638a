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

/* --- what is never cached --- */

static const struct legality_access user_read = {.va = LB_VA, .kind = LEGALITY_READ, .user = true};
static const struct legality_access user_write = {
    .va = LB_VA, .kind = LEGALITY_WRITE, .user = true};
static const struct legality_access fetch = {.va = LB_VA, .kind = LEGALITY_FETCH};

GT_TEST(legality, an_absent_entry_is_never_cached)
{
    struct lb b;

    lb_open(&b);
    lb_store(&b, lb_at(1, LB_VA), 0);
    EXPECT_U64(LEGALITY_FRESH, lb_faults(&b, user_read, 4));
    remap(&b);
    EXPECT_U64(LEGALITY_ILLEGAL, lb_faults(&b, user_read, 4));
    EXPECT_STR("page fault", b.v.rule);
    lb_close(&b);
}

GT_TEST(legality, a_reserved_bit_is_never_cached)
{
    struct lb b;

    lb_open(&b);
    lb_store(&b, lb_at(1, LB_VA), LB_OLD | LB_ALL | UINT64_C(1) << 45);
    EXPECT_U64(LEGALITY_FRESH, lb_faults(&b, user_read, 0xD));
    EXPECT_U64(LEGALITY_STALE, lb_reads(&b, LB_VA, OLD)); /* from before */
    remap(&b);
    EXPECT_U64(LEGALITY_ILLEGAL, lb_faults(&b, user_read, 0xD));
    lb_close(&b);
}

/* The walk of this translation may have read what was replaced meanwhile. */
GT_TEST(legality, a_walk_may_have_read_what_changed_under_it)
{
    struct lb b;

    lb_open(&b);
    lb_store(&b, lb_at(1, LB_VA), 0);
    legality_begin(b.l);
    remap(&b);
    EXPECT_U64(LEGALITY_STALE,
               lb_judge(&b, &user_read, &(struct legality_answer){.fault = true, .error_code = 4}));
    lb_close(&b);
}

/* --- A and D --- */

GT_TEST(legality, an_entry_with_a_clear_is_not_used)
{
    struct lb b;

    lb_open(&b);
    lb_drop(&b, EVENT_INVPCID_2, 0, 0);
    lb_store(&b, lb_at(1, LB_VA), (LB_NEW | LB_ALL) & ~LB_A);
    EXPECT_U64(LEGALITY_ILLEGAL, lb_reads(&b, LB_VA, NEW));
    EXPECT_STR("accessed flag", b.v.rule);
    lb_store(&b, lb_at(3, LB_VA), LB_TABLE(2) | LB_P | LB_RW);
    lb_store(&b, lb_at(1, LB_VA), LB_NEW | LB_ALL);
    EXPECT_U64(LEGALITY_STALE, lb_reads(&b, LB_VA, NEW)); /* a cached PDPTE, from before */
    lb_drop(&b, EVENT_INVPCID_2, 0, 0);
    EXPECT_U64(LEGALITY_ILLEGAL, lb_reads(&b, LB_VA, NEW));
    lb_close(&b);
}

GT_TEST(legality, a_may_be_cleared_behind_a_cached_translation)
{
    struct lb b;

    lb_open(&b);
    lb_store(&b, lb_at(1, LB_VA), (LB_OLD | LB_ALL) & ~LB_A);
    EXPECT_U64(LEGALITY_STALE, lb_reads(&b, LB_VA, OLD));
    lb_drop(&b, EVENT_INVLPG, LB_VA, 5);
    EXPECT_U64(LEGALITY_ILLEGAL, lb_reads(&b, LB_VA, OLD));
    lb_close(&b);
}

GT_TEST(legality, a_write_needs_d)
{
    struct lb b;

    lb_open(&b);
    lb_drop(&b, EVENT_INVPCID_2, 0, 0);
    lb_store(&b, lb_at(1, LB_VA), (LB_NEW | LB_ALL) & ~LB_D);
    EXPECT_U64(LEGALITY_ILLEGAL, lb_does(&b, user_write, NEW));
    EXPECT_STR("dirty flag", b.v.rule);
    EXPECT_U64(LEGALITY_FRESH, lb_reads(&b, LB_VA, NEW));
    remap(&b);
    lb_store(&b, lb_at(1, LB_VA), (LB_NEW | LB_ALL) & ~LB_D);
    EXPECT_U64(LEGALITY_STALE, lb_does(&b, user_write, NEW)); /* D = 1 was cached */
    lb_close(&b);
}

static enum legality_word updates(uint64_t from, uint64_t to, unsigned level, bool write)
{
    struct legality_access a = {.va = LB_VA, .kind = write ? LEGALITY_WRITE : LEGALITY_READ};
    enum legality_word word;
    struct lb b;

    lb_open(&b);
    lb_store(&b, lb_at(level, LB_VA), from);
    legality_begin(b.l);
    lb_store_by(&b, lb_at(level, LB_VA), to, 8, AUTHOR_WALKER);
    word = lb_judge(&b, &a, &(struct legality_answer){.pa = OLD});
    lb_close(&b);
    return word;
}

GT_TEST(legality, the_walker_sets_a_anywhere_and_d_for_a_write)
{
    uint64_t leaf = LB_OLD | LB_P | LB_RW | LB_US, table = LB_TABLE(1) | LB_P | LB_RW | LB_US;

    EXPECT_U64(LEGALITY_FRESH, updates(leaf, leaf | LB_A, 1, false));
    EXPECT_U64(LEGALITY_FRESH, updates(table, table | LB_A, 2, false));
    EXPECT_U64(LEGALITY_FRESH, updates(leaf | LB_A, leaf | LB_A | LB_D, 1, true));
    EXPECT_U64(LEGALITY_ILLEGAL, updates(leaf | LB_A, leaf | LB_A | LB_D, 1, false));
    EXPECT_U64(LEGALITY_ILLEGAL, updates(table | LB_A, table | LB_A | LB_D, 2, true));
    EXPECT_U64(LEGALITY_ILLEGAL, updates(leaf | LB_A | LB_D, leaf | LB_A, 1, false));
    EXPECT_U64(LEGALITY_ILLEGAL, updates(leaf | LB_A, leaf | LB_A | LB_G, 1, false));
    EXPECT_U64(LEGALITY_ILLEGAL, updates(leaf & ~LB_P, (leaf & ~LB_P) | LB_A, 1, false));
}

GT_TEST(legality, a_denied_write_sets_no_d)
{
    struct lb b;

    lb_open(&b);
    lb_store(&b, lb_at(1, LB_VA), LB_OLD | LB_P | LB_US | LB_A);
    legality_begin(b.l);
    lb_store_by(&b, lb_at(1, LB_VA), LB_OLD | LB_P | LB_US | LB_A | LB_D, 8, AUTHOR_WALKER);
    EXPECT_U64(
        LEGALITY_ILLEGAL,
        lb_judge(&b, &user_write, &(struct legality_answer){.fault = true, .error_code = 7}));
    EXPECT_STR("walker's D", b.v.rule);
    lb_close(&b);
}

/* The walk reads, and sets A behind the reading of the level below. */
GT_TEST(legality, a_may_be_set_behind_the_reading)
{
    uint64_t table = LB_TABLE(1) | LB_P | LB_RW | LB_US;
    struct lb b;

    lb_open(&b);
    lb_store(&b, lb_at(2, LB_VA), table);
    lb_drop(&b, EVENT_INVPCID_2, 0, 0);
    legality_begin(b.l);
    remap(&b);
    lb_store_by(&b, lb_at(2, LB_VA), table | LB_A, 8, AUTHOR_WALKER);
    EXPECT_U64(LEGALITY_STALE, lb_judge(&b, &user_read, &(struct legality_answer){.pa = OLD}));
    lb_close(&b);
}

/* --- rights --- */

GT_TEST(legality, a_raised_right_without_a_flush_may_still_fault)
{
    struct lb b;

    lb_open(&b);
    lb_drop(&b, EVENT_INVPCID_2, 0, 0);
    lb_store(&b, lb_at(1, LB_VA), LB_OLD | LB_P | LB_A | LB_D);
    lb_store(&b, lb_at(1, LB_VA), LB_OLD | LB_ALL);
    EXPECT_U64(LEGALITY_STALE, lb_faults(&b, user_write, 7));
    EXPECT_U64(LEGALITY_ILLEGAL, lb_faults(&b, user_write, 6));
    EXPECT_STR("error code", b.v.rule);
    lb_drop(&b, EVENT_INVLPG, LB_VA, 5);
    EXPECT_U64(LEGALITY_ILLEGAL, lb_faults(&b, user_write, 7));
    lb_close(&b);
}

/* WP, SMEP, SMAP with AC, PKRU and PKRS are looked at as the access is made. */
GT_TEST(legality, registers_are_those_of_now)
{
    struct legality_access write = {.va = LB_VA, .kind = LEGALITY_WRITE};
    struct lb b;

    lb_open(&b);
    lb_store(&b, lb_at(1, LB_VA), (LB_OLD | LB_ALL) & ~LB_RW);
    b.r.cr0 = LB_PG;
    lb_registers(&b);
    EXPECT_U64(LEGALITY_FRESH, lb_does(&b, write, OLD));
    b.r.cr0 = LB_PG | LB_WP;
    lb_registers(&b);
    lb_drop(&b, EVENT_INVLPG, LB_VA, 5);
    EXPECT_U64(LEGALITY_ILLEGAL, lb_does(&b, write, OLD));
    EXPECT_STR("INVLPG", b.v.rule); /* before it the page was writable */
    b.r.cr4 |= LB_SMEP;
    lb_registers(&b);
    EXPECT_U64(LEGALITY_FRESH, lb_faults(&b, fetch, 0x11));
    EXPECT_U64(LEGALITY_ILLEGAL, lb_does(&b, fetch, OLD));
    EXPECT_STR("access rights", b.v.rule);
    b.r.cr4 ^= LB_SMEP | LB_SMAP;
    lb_registers(&b);
    EXPECT_U64(LEGALITY_FRESH,
               lb_faults(&b, (struct legality_access){.va = LB_VA, .kind = LEGALITY_READ}, 1));
    EXPECT_U64(
        LEGALITY_FRESH,
        lb_does(&b, (struct legality_access){.va = LB_VA, .kind = LEGALITY_READ, .ac = true}, OLD));
    EXPECT_U64(LEGALITY_ILLEGAL,
               lb_does(&b,
                       (struct legality_access){
                           .va = LB_VA, .kind = LEGALITY_READ, .ac = true, .implicit = true},
                       OLD));
    lb_close(&b);
}

GT_TEST(legality, keys_are_those_of_the_entry_and_of_the_registers_of_now)
{
    uint64_t key = UINT64_C(3) << 59;
    struct lb b;

    lb_open(&b);
    lb_store(&b, lb_at(1, LB_VA), LB_OLD | LB_ALL | key);
    lb_drop(&b, EVENT_INVPCID_2, 0, 0);
    b.r.cr4 |= LB_PKE;
    b.r.pkru = 2 << 6; /* WD of key 3 */
    lb_registers(&b);
    EXPECT_U64(LEGALITY_FRESH, lb_does(&b, user_read, OLD));
    EXPECT_U64(LEGALITY_FRESH, lb_faults(&b, user_write, 0x27));
    b.r.pkru = 1 << 6; /* AD */
    lb_registers(&b);
    EXPECT_U64(LEGALITY_ILLEGAL, lb_does(&b, user_read, OLD));
    EXPECT_U64(LEGALITY_FRESH, lb_faults(&b, user_read, 0x25));
    lb_store(&b, lb_at(1, LB_VA), LB_OLD | LB_ALL);
    EXPECT_U64(LEGALITY_STALE, lb_faults(&b, user_read, 0x25)); /* the key was cached */
    b.r.pkru = 0;
    lb_registers(&b);
    EXPECT_U64(LEGALITY_ILLEGAL, lb_faults(&b, user_read, 0x25));
    lb_close(&b);
}

/* WD of a supervisor page's key counts with CR0.WP alone, whoever accesses. */
GT_TEST(legality, wd_of_pkrs_needs_wp)
{
    uint64_t e = ((LB_OLD | LB_ALL) & ~LB_US) | UINT64_C(3) << 59;
    struct lb b;

    lb_open(&b);
    lb_store(&b, lb_at(1, LB_VA), e);
    b.r.cr4 |= LB_PKS;
    b.r.pkrs = 2 << 6;
    b.r.cr0 = LB_PG;
    lb_registers(&b);
    EXPECT_U64(LEGALITY_FRESH, lb_faults(&b, user_write, 7));
    b.r.cr0 = LB_PG | LB_WP;
    lb_registers(&b);
    EXPECT_U64(LEGALITY_FRESH, lb_faults(&b, user_write, 0x27));
    lb_close(&b);
}

GT_TEST(legality, xd_is_cached_with_its_entry)
{
    struct lb b;

    lb_open(&b);
    lb_store(&b, lb_at(3, LB_VA), LB_TABLE(2) | LB_UP | LB_XD);
    lb_drop(&b, EVENT_INVPCID_2, 0, 0);
    EXPECT_U64(LEGALITY_FRESH, lb_faults(&b, fetch, 0x11));
    lb_store(&b, lb_at(3, LB_VA), LB_TABLE(2) | LB_UP);
    EXPECT_U64(LEGALITY_STALE, lb_faults(&b, fetch, 0x11));
    EXPECT_U64(3, b.v.level);
    lb_drop(&b, EVENT_INVLPG, LB_VA, 5);
    EXPECT_U64(LEGALITY_ILLEGAL, lb_faults(&b, fetch, 0x11));
    lb_close(&b);
}

/* --- roots, PCIDs, order --- */

GT_TEST(legality, a_root_has_a_history_per_pcid)
{
    char text[300];
    struct lb b;

    lb_open(&b);
    b.r.cr3 = LB_TABLE(32) | 5; /* maps nothing */
    lb_registers(&b);
    EXPECT_U64(LEGALITY_FRESH, lb_faults(&b, user_read, 4));
    EXPECT_U64(LEGALITY_STALE, lb_reads(&b, LB_VA, OLD));
    legality_tell(&b.v, text, sizeof(text));
    EXPECT_STR("LEGAL-STALE: the root 0x4001 of PCID 5; MOV CR3 of 0x12345678 under PCID 5 would "
               "have removed it (4.10.4.1)",
               text);
    b.r.cr3 = LB_TABLE(32) | 6;
    lb_registers(&b);
    EXPECT_U64(LEGALITY_ILLEGAL, lb_reads(&b, LB_VA, OLD));
    EXPECT_STR("PCID", b.v.rule);
    lb_close(&b);
}

/* A value is used only with what could be read beside it. */
GT_TEST(legality, values_of_different_times_do_not_mix)
{
    uint64_t late = UINT64_C(0xDDD000);
    struct lb b;

    lb_open(&b);
    lb_store(&b, lb_at(2, LB_VA), LB_TABLE(16) | LB_UP);
    lb_drop(&b, EVENT_INVLPG, LB_VA, 5);
    lb_store(&b, lb_at(1, LB_VA), late | LB_ALL); /* of the table that nothing refers to */
    EXPECT_U64(LEGALITY_ILLEGAL, lb_reads(&b, LB_VA, late | (LB_VA & 0xFFF)));
    lb_close(&b);
}

GT_TEST(legality, a_global_page_is_filled_as_global_with_pge_alone)
{
    struct lb b;

    lb_open(&b);
    b.r.cr4 &= ~LB_PGE;
    lb_registers(&b);
    lb_drop(&b, EVENT_INVPCID_2, 0, 0);
    lb_store(&b, lb_at(1, LB_VA), LB_OLD | LB_ALL | LB_G);
    remap(&b);
    EXPECT_U64(LEGALITY_STALE, lb_reads(&b, LB_VA, OLD));
    lb_drop(&b, EVENT_INVPCID_1, 0, 5);
    EXPECT_U64(LEGALITY_ILLEGAL, lb_reads(&b, LB_VA, OLD));
    lb_close(&b);
}

/* --- the other modes --- */

GT_TEST(legality, paging_off)
{
    struct lb b;

    lb_open(&b);
    b.r.cr0 = LB_WP;
    lb_registers(&b);
    EXPECT_U64(LEGALITY_FRESH, lb_reads(&b, LB_VA, LB_VA));
    EXPECT_U64(LEGALITY_ILLEGAL, lb_reads(&b, LB_VA, OLD));
    EXPECT_STR("paging off", b.v.rule);
    lb_close(&b);
}

GT_TEST(legality, five_levels)
{
    struct lb b;

    lb_open(&b);
    b.r.cr4 |= LB_LA57;
    b.r.cr3 = LB_TABLE(5) | 5;
    lb_map(&b, 5, LB_VA, LB_OLD);
    lb_registers(&b);
    EXPECT_U64(LEGALITY_FRESH, lb_reads(&b, LB_VA, OLD));
    lb_store(&b, lb_at(5, LB_VA), 0);
    EXPECT_U64(LEGALITY_STALE, lb_reads(&b, LB_VA, OLD));
    EXPECT_U64(5, b.v.level);
    lb_drop(&b, EVENT_INVLPG, LB_VA, 5);
    EXPECT_U64(LEGALITY_ILLEGAL, lb_reads(&b, LB_VA, OLD));
    lb_close(&b);
}

GT_TEST(legality, pae_paging_goes_by_its_registers)
{
    uint64_t va = UINT64_C(0x40123000);
    struct lb b;

    lb_open(&b);
    b.r.cr4 = LB_PAE;
    b.r.efer = LB_NXE;
    b.r.pdpte[1] = LB_TABLE(2) | LB_P;
    lb_store(&b, lb_at(2, va & 0x3FFFFFFF), LB_TABLE(1) | LB_UP);
    lb_store(&b, lb_at(1, va), LB_OLD | LB_ALL);
    lb_registers(&b);
    EXPECT_U64(LEGALITY_FRESH, lb_reads(&b, va, LB_OLD));
    EXPECT_U64(LEGALITY_FRESH,
               lb_faults(&b, (struct legality_access){.va = 0x80123000, .kind = LEGALITY_READ}, 0));
    b.r.pdpte[1] = 0;
    lb_registers(&b);
    EXPECT_U64(LEGALITY_STALE, lb_reads(&b, va, LB_OLD));
    lb_drop(&b, EVENT_MOV_CR3, 0, 0);
    EXPECT_U64(LEGALITY_ILLEGAL, lb_reads(&b, va, LB_OLD));
    lb_close(&b);
}

/* Entries of 4 bytes: the neighbour in the same 8 bytes does not count; PSE-36. */
GT_TEST(legality, entries_of_32_bit_paging)
{
    uint64_t va = UINT64_C(0x00403000), pde = LB_TABLE(2) + 4, pte = LB_TABLE(1) + 12;
    struct lb b;

    lb_open(&b);
    b.r.cr4 = LB_PSE;
    b.r.efer = 0;
    b.r.cr3 = LB_TABLE(2);
    lb_store_by(&b, pde, LB_TABLE(1) | LB_UP, 4, AUTHOR_DMA);
    lb_store_by(&b, pte, LB_OLD | LB_ALL, 4, AUTHOR_DMA);
    lb_registers(&b);
    EXPECT_U64(LEGALITY_FRESH, lb_reads(&b, va, LB_OLD));
    lb_store_by(&b, pte - 4, 1, 4, AUTHOR_DMA);
    EXPECT_U64(LEGALITY_FRESH, lb_reads(&b, va, LB_OLD));
    lb_store_by(&b, pte, LB_NEW | LB_ALL, 4, AUTHOR_DMA);
    EXPECT_U64(LEGALITY_STALE, lb_reads(&b, va, LB_OLD));
    EXPECT_U64(pte, b.v.entry);
    EXPECT_U64(LB_OLD | LB_ALL, b.v.used);
    EXPECT_U64(AUTHOR_DMA, b.v.by.author);
    lb_store_by(&b, pde, UINT64_C(0x8C000000) | 0x2000 * 5 | LB_ALL | LB_PS, 4, AUTHOR_DMA);
    EXPECT_U64(LEGALITY_FRESH, lb_reads(&b, va, UINT64_C(0x58C003000)));
    lb_drop(&b, EVENT_INVLPG, va, 0);
    EXPECT_U64(LEGALITY_ILLEGAL, lb_reads(&b, va, LB_OLD));
    lb_close(&b);
}

static uint8_t type_is_index(void *ctx, unsigned pat_index, uint64_t pa)
{
    (void)ctx;
    (void)pa;
    return (uint8_t)pat_index;
}

GT_TEST(legality, the_memory_type_is_that_of_the_entry)
{
    struct legality_access a = {.va = LB_VA, .kind = LEGALITY_READ};
    struct legality_answer n = {.pa = OLD, .memtype = 5};
    struct legality_env env = {.read = lb_read, .memtype = type_is_index};
    struct lb b;

    lb_open(&b);
    legality_destroy(b.l);
    env.ctx = &b;
    b.l = legality_create(&env, 1024);
    lb_registers(&b);
    lb_store(&b, lb_at(1, LB_VA), LB_OLD | LB_ALL | LB_PS | 8); /* PAT, PWT */
    legality_begin(b.l);
    EXPECT_U64(LEGALITY_FRESH, lb_judge(&b, &a, &n));
    n.memtype = 4;
    EXPECT_U64(LEGALITY_ILLEGAL, lb_judge(&b, &a, &n));
    EXPECT_STR("memory type", b.v.rule);
    n.memtype = 0;
    EXPECT_U64(LEGALITY_STALE, lb_judge(&b, &a, &n)); /* as it was mapped first */
    lb_close(&b);
}

/* --- bounds --- */

GT_TEST(legality, what_no_cache_can_hold_is_let_go)
{
    struct lb b;

    lb_open(&b);
    for (unsigned i = 0; i < 100; i++)
        lb_store(&b, lb_at(1, LB_VA), (LB_OLD + i * UINT64_C(0x1000)) | LB_ALL);
    EXPECT_U64(99, legality_held(b.l)); /* the first changed nothing */
    lb_drop(&b, EVENT_INVPCID_1, 0, 5);
    EXPECT_U64(99, legality_held(b.l)); /* one of them may be global */
    lb_drop(&b, EVENT_INVPCID_2, 0, 0);
    EXPECT_U64(0, legality_held(b.l));
    b.r.cr4 &= ~LB_PGE;
    lb_registers(&b);
    lb_drop(&b, EVENT_INVPCID_2, 0, 0);
    remap(&b);
    EXPECT_U64(1, legality_held(b.l));
    lb_drop(&b, EVENT_INVPCID_1, 0, 5);
    EXPECT_U64(0, legality_held(b.l));
    lb_close(&b);
}

/* A long run holds no more than it was created for; what had to be let go is never ILLEGAL. */
GT_TEST(legality, at_the_bound_it_says_that_it_cannot_judge)
{
    struct lb b;

    lb_open_with(&b, 64);
    remap(&b);
    for (unsigned i = 0; i < 62; i++)
        lb_store(&b, 0x30000 + 8 * i, 1 + i);
    EXPECT_U64(LEGALITY_STALE, lb_reads(&b, LB_VA, OLD));
    for (unsigned i = 0; i < 1000; i++)
        lb_store(&b, 0x30000 + 8 * i, 1000 + i);
    EXPECT_U64(64, legality_held(b.l));
    EXPECT_U64(LEGALITY_UNJUDGED, lb_reads(&b, LB_VA, OLD));
    EXPECT_U64(LEGALITY_FRESH, lb_reads(&b, LB_VA, NEW));
    lb_drop(&b, EVENT_INVPCID_2, 0, 0);
    EXPECT_U64(LEGALITY_ILLEGAL, lb_reads(&b, LB_VA, OLD));
    lb_close(&b);
}

/* The others are invalidated, so that all values that they could hold are let go. */
GT_TEST(legality, a_root_that_was_let_go_makes_nothing_illegal)
{
    struct lb b;

    lb_open(&b);
    b.r.cr4 &= ~LB_PGE;
    lb_registers(&b);
    lb_drop(&b, EVENT_INVPCID_2, 0, 0);
    remap(&b);
    for (uint16_t i = 0; i < LEGALITY_CONTEXTS; i++) {
        b.r.cr3 = LB_TABLE(32) | (100u + i);
        lb_registers(&b);
    }
    for (uint16_t i = 0; i < LEGALITY_CONTEXTS; i++)
        lb_drop(&b, EVENT_INVPCID_1, 0, (uint16_t)(100 + i));
    b.r.cr3 = LB_TABLE(4) | 5;
    lb_registers(&b);
    EXPECT_U64(LEGALITY_UNJUDGED, lb_reads(&b, LB_VA, OLD));
    lb_drop(&b, EVENT_INVPCID_1, 0, 5);
    EXPECT_U64(LEGALITY_ILLEGAL, lb_reads(&b, LB_VA, OLD));
    lb_close(&b);
}

GT_TEST(legality, as_many_roots_as_there_are_contexts)
{
    struct lb b;

    lb_open(&b);
    for (unsigned i = 0; i < LEGALITY_CONTEXTS - 1; i++) {
        b.r.cr3 = LB_TABLE(32) | (100 + i);
        lb_registers(&b);
    }
    b.r.cr3 = LB_TABLE(32) | 5;
    lb_registers(&b); /* of the first PCID, one more than there is room for */
    EXPECT_U64(LEGALITY_UNJUDGED, lb_reads(&b, LB_VA, OLD));
    EXPECT_U64(LEGALITY_FRESH, lb_faults(&b, user_read, 4));
    lb_drop(&b, EVENT_INVPCID_2, 0, 0);
    EXPECT_U64(LEGALITY_ILLEGAL, lb_reads(&b, LB_VA, OLD));
    lb_close(&b);
}
