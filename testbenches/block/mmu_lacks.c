// SPDX-License-Identifier: Apache-2.0
// What an RTL that is not the project's may lack of the architecture (docs/your-own-rtl.md): the
// bench leaves it out of its stimulus, so nothing that is lacking is ever asked for.
#include <stdio.h>
#include <string.h>

#include "block_mmu.h"

#define MODE(paging) (1u << (paging))
#define MODES_ALL    (MODE(PAGINGS) - 1)

/* SDM Vol. 3A "Programming the PAT": what PCD and PWT alone choose from. */
#define PAT_AT_RESET UINT64_C(0x0007040600070406)

enum { LACK_2M = 1, LACK_MTRR = 2, LACK_TYPES = 4 };

/* Registers and features that never come, paging modes that are never entered. */
static const struct lack {
    const char *name;
    unsigned pagings, more;
    uint64_t cr4, efer, away;
} lacks[] = {
    {.name = "32-bit", .pagings = MODE(PAGING_32) | MODE(PAGING_PSE)},
    {.name = "pse", .pagings = MODE(PAGING_PSE), .cr4 = MMU_CR4_PSE},
    {.name = "pae", .pagings = MODE(PAGING_PAE)},
    {.name = "4-level", .pagings = MODE(PAGING_4)},
    {.name = "5-level", .pagings = MODE(PAGING_5), .cr4 = MMU_CR4_LA57},
    {.name = "2m", .more = LACK_2M, .away = MMU_NO_PDPE1GB},
    {.name = "1g", .away = MMU_NO_PDPE1GB},
    {.name = "pse36", .away = MMU_NO_PSE36},
    {.name = "pat", .away = MMU_NO_PAT},
    {.name = "mtrr", .more = LACK_MTRR},
    {.name = "types", .more = LACK_TYPES | LACK_MTRR},
    {.name = "pcid", .cr4 = MMU_CR4_PCIDE},
    {.name = "global", .cr4 = MMU_CR4_PGE},
    {.name = "smep", .cr4 = MMU_CR4_SMEP},
    {.name = "smap", .cr4 = MMU_CR4_SMAP},
    {.name = "pku", .cr4 = MMU_CR4_PKE},
    {.name = "pks", .cr4 = MMU_CR4_PKS},
    {.name = "nx", .efer = MMU_EFER_NXE},
};

#define LACKS (sizeof(lacks) / sizeof(lacks[0]))

/* All that a set of them takes away. */
static struct lack together(uint64_t set)
{
    struct lack all = {0};

    for (unsigned i = 0; i < LACKS; i++) {
        if (!(set >> i & 1))
            continue;
        all.pagings |= lacks[i].pagings;
        all.more |= lacks[i].more;
        all.cr4 |= lacks[i].cr4;
        all.efer |= lacks[i].efer;
        all.away |= lacks[i].away;
    }
    return all;
}

static bool refuse_name(const char *name, int length, char *error, size_t error_bytes)
{
    int used =
        snprintf(error, error_bytes, "'%.*s' is nothing that an MMU may lack: ", length, name);

    for (unsigned i = 0; i < LACKS && used > 0 && (size_t)used < error_bytes; i++)
        used += snprintf(error + used, error_bytes - (size_t)used, "%s%s", i == 0 ? "" : ", ",
                         lacks[i].name);
    return false;
}

static bool parse(const char *names, uint64_t *set, char *error, size_t error_bytes)
{
    *set = 0;
    for (const char *at = names; *at != 0;) {
        size_t n = strcspn(at, ",");
        unsigned i = 0;

        while (i < LACKS && !(strncmp(lacks[i].name, at, n) == 0 && lacks[i].name[n] == 0))
            i++;
        if (i == LACKS)
            return refuse_name(at, (int)n, error, error_bytes);
        *set |= UINT64_C(1) << i;
        at += n + (at[n] == ',');
    }
    if (together(*set).pagings == MODES_ALL)
        snprintf(error, error_bytes, "lacks every paging mode: nothing is left to ask");
    return together(*set).pagings != MODES_ALL;
}

bool (*const block_lacks)(const char *, uint64_t *, char *, size_t) = parse;

bool mmu_has_paging(const struct bench *b, unsigned paging)
{
    return !(together(b->o->lacks).pagings & MODE(paging));
}

bool mmu_has_leaf(const struct bench *b, unsigned paging, unsigned level)
{
    bool large = level > 1 && pagings[paging].entry_bytes == 8;

    return paging_has_leaf(paging, level) && !(large && (together(b->o->lacks).more & LACK_2M));
}

bool mmu_has_types(const struct bench *b)
{
    return !(together(b->o->lacks).more & LACK_TYPES);
}

void mmu_lacks_registers(const struct bench *b, struct mmu_ctx *ctx)
{
    struct lack all;

    if (mmu_own_judged(b)) /* a design has a feature or it has not: none comes and goes */
        ctx->away = 0;
    if (b->o->lacks == 0)
        return;
    all = together(b->o->lacks);
    ctx->cr4 &= ~all.cr4;
    ctx->efer &= ~all.efer;
    ctx->away |= all.away;
    if (all.away & MMU_NO_PAT)
        ctx->pat = PAT_AT_RESET;
    if (all.more & LACK_MTRR)
        ctx->mtrr = (struct mmu_mtrrs){.def_type = MTRR_E | MT_WB};
}

/* Without large pages no entry of 8 bytes has PS. */
uint64_t mmu_lacks_entry(const struct bench *b, uint64_t value, unsigned bytes)
{
    if (!(together(b->o->lacks).more & LACK_2M))
        return value;
    return bytes == 8 || pagings[paging_of(&b->ctx)].entry_bytes == 8 ? value & ~PTE_PS : value;
}
