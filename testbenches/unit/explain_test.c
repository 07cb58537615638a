// SPDX-License-Identifier: Apache-2.0
// cosim/explain: its checks against the oracle's for walks at random, its words on walks made by
// hand.
#include "explain.h"

#include <stdlib.h>
#include <string.h>

#include "gt.h"
#include "sight.h"

#define VA    UINT64_C(0x0000123456789ABC)
#define ROOT  UINT64_C(0x1000)
#define WORDS 4096 /* from ROOT on: four tables */

static uint64_t memory[WORDS];

static uint64_t read_memory(void *ctx, uint64_t addr, unsigned bytes)
{
    uint64_t at = addr - ROOT;

    (void)ctx;
    if (at / 8 >= WORDS)
        return 0;
    return bytes == 8 ? memory[at / 8] : memory[at / 8] >> (at & 4) * 8 & UINT32_MAX;
}

static uint64_t *entry(unsigned level)
{
    return &memory[(4 - level) * 512 + (VA >> (12 + 9 * (level - 1)) & 511)];
}

/* A 4-KByte page of VA, everything allowed. */
static struct explain_query mapped(void)
{
    memset(memory, 0, sizeof(memory));
    for (unsigned level = 4; level > 1; level--)
        *entry(level) = (ROOT + (5 - level) * 0x1000) | 0x27;
    *entry(1) = UINT64_C(0xABCDE000) | 0x67;
    return (struct explain_query){
        .registers = {.cr0 = CR0_PG | CR0_WP,
                      .cr3 = ROOT,
                      .cr4 = CR4_PAE,
                      .efer = EFER_LMA | EFER_NXE,
                      .maxphyaddr = 40},
        .access = {.va = VA, .kind = LEGALITY_READ},
        .model = {.pa = UINT64_C(0xABCDEABC)},
        .has_model = true,
        .read = read_memory,
    };
}

static bool says(const struct explain_query *q, const char *words)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    bool found;

    explain_translation(out, q);
    fclose(out);
    found = strstr(text, words) != NULL;
    if (!found)
        fprintf(stderr, "no '%s' in:\n%s", words, text);
    free(text);
    return found;
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

GT_TEST(explain, the_checks_give_what_the_oracle_says)
{
    uint64_t state = 88172645463325252u;
    unsigned denied = 0;

    for (unsigned i = 0; i < 200000; i++) {
        struct explain_query q = mapped();
        uint64_t bits = next_random(&state);
        uint32_t expected;
        struct sight s;

        q.registers.cr4 |= (bits & (CR4_SMEP | CR4_SMAP | CR4_PKE | CR4_PKS));
        q.registers.cr0 ^= bits >> 40 & CR0_WP;
        q.registers.pkru = (uint32_t)next_random(&state);
        q.registers.pkrs = (uint32_t)next_random(&state);
        q.access = (struct legality_access){.va = VA,
                                            .kind = (enum legality_kind)(bits % 3),
                                            .user = bits >> 8 & 1,
                                            .implicit = (bits >> 8 & 3) == 2,
                                            .ac = bits >> 10 & 1};
        for (unsigned level = 1; level <= 4; level++) {
            uint64_t turned = next_random(&state) & next_random(&state);

            *entry(level) ^= turned & (ENTRY_RW | ENTRY_US | ENTRY_XD);
        }
        *entry(1) |= next_random(&state) & (UINT64_C(15) << 59);
        s = sight_of(&q, (struct sight_turn){0});
        expected = entry_denies(&q.registers, &q.access, s.rights);
        EXPECT_U64(expected, s.answer.error_code);
        EXPECT_TRUE(s.answer.fault == (expected != 0));
        denied += expected != 0;
    }
    EXPECT_TRUE(denied > 50000 && denied < 190000);
}

GT_TEST(explain, each_entry_is_decoded_by_name)
{
    struct explain_query q = mapped();

    *entry(1) |= ENTRY_XD | UINT64_C(3) << 59 | ENTRY_G;
    EXPECT_TRUE(says(&q, "PML4E [ 36] at 0x0000001120"));
    EXPECT_TRUE(says(&q, "P R/W U/S A D G XD key 3  -> page 0xabcde000 of 2^12 bytes"));
    EXPECT_TRUE(
        says(&q, "so the tables give physical address 0xabcdeabc.\nThe model says the same."));
}

GT_TEST(explain, the_check_that_denies_is_named)
{
    struct explain_query q = mapped();

    q.access.kind = LEGALITY_WRITE;
    *entry(3) &= ~ENTRY_RW;
    EXPECT_TRUE(
        says(&q, "DENIES R/W (4.6.1): supervisor write, R/W = 0 of all entries, CR0.WP = 1"));
    q = mapped();
    q.registers.cr4 |= CR4_SMAP;
    q.access.implicit = true;
    q.access.ac = true;
    EXPECT_TRUE(says(&q, "DENIES SMAP (4.6.1): implicit supervisor read of a page with U/S = 1, "
                         "CR4.SMAP = 1, RFLAGS.AC = 1, which does not count"));
    q = mapped();
    *entry(2) = 0;
    EXPECT_TRUE(says(&q, "DENIES present flag (4.3 to 4.5): P = 0 in the PDE"));
    EXPECT_TRUE(says(&q, "so the tables give #PF(0x0: not present)"));
    q = mapped();
    *entry(4) |= UINT64_C(1) << 45;
    EXPECT_TRUE(says(&q, "DENIES reserved bits (4.3 to 4.5): set in the PML4E: 45"));
    EXPECT_TRUE(says(&q, "#PF(0x9: P RSVD)"));
}

GT_TEST(explain, what_would_make_the_rtl_right)
{
    struct explain_query q = mapped();

    q.has_rtl = true;
    q.rtl = (struct legality_answer){.fault = true, .error_code = 1};
    q.registers.cr4 |= CR4_SMAP;
    q.access.ac = true;
    EXPECT_TRUE(
        says(&q, "The RTL says #PF(0x1: P). That would be right\n    if RFLAGS.AC were 0\n"));
    q.rtl = (struct legality_answer){.pa = UINT64_C(0xABCDEABC) ^ 1u << 20};
    EXPECT_TRUE(says(&q, "physical address 0xabddeabc, other in bit 20. That would be right\n"
                         "    if bit 20 of the PTE were 1\n"));
    memory[3 * 512 + (VA >> 12 & 511) + 4] = UINT64_C(0x55555000) | 0x67;
    q.rtl.pa = UINT64_C(0x55555ABC);
    EXPECT_TRUE(says(&q, "    if bit 14 of the linear address were 1\n"));
    q.rtl.pa = 0x777;
    EXPECT_TRUE(says(&q, "    no single input, turned, makes it right\n"));
    q.rtl = q.model;
    EXPECT_TRUE(says(&q, "The RTL says the same."));
}

GT_TEST(explain, a_tlb_entry_that_the_tables_no_longer_give)
{
    struct explain_query q = mapped();

    *entry(1) = UINT64_C(0x11111000) | 0x67;
    q.model_cached = true;
    EXPECT_TRUE(says(&q, "The model, from a TLB entry, says physical address 0xabcdeabc"));
}

GT_TEST(explain, nothing_without_paging)
{
    struct explain_query q = mapped();
    char *text = NULL;
    size_t bytes = 0;
    FILE *out;

    q.registers.cr0 &= ~CR0_PG;
    out = open_memstream(&text, &bytes);
    explain_translation(out, &q);
    fclose(out);
    EXPECT_U64(0, bytes);
    free(text);
}

GT_TEST(explain, names_a_rule_that_does_not_hold_in_this_mode)
{
    struct explain_query q = mapped();

    q.registers.efer = 0;
    q.registers.cr4 |= CR4_PKE;
    q.registers.pkru = 1;
    q.registers.pdpte[0] = ROOT | ENTRY_P;
    q.access = (struct legality_access){.va = 0x201ABC, .kind = LEGALITY_READ, .user = true};
    memory[1] = (ROOT + 0x1000) | 0x27;
    memory[512 + 1] = UINT64_C(0xABCDE067);
    q.rtl = (struct legality_answer){.fault = true, .error_code = ERROR_P | ERROR_US | ERROR_PK};
    q.has_rtl = true;
    EXPECT_TRUE(says(&q, "so the tables give physical address 0xabcdeabc."));
    EXPECT_TRUE(says(&q, "if protection keys counted outside 4-level and 5-level paging\n"));
}
