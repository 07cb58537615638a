// SPDX-License-Identifier: Apache-2.0
// Random root, context and second-stage entries. Most are good, so that walks come to their ends.
#include "vtd.h"

#define PS     UINT64_C(0x80)
#define SNP    UINT64_C(0x800)
#define HAW    40
#define BIT(n) (UINT64_C(1) << (n))

unsigned widest;

/* Software's bits of every entry. */
static uint64_t ignored(void)
{
    return chance(60) ? 0 : draw() & UINT64_C(0xBFF0000000000778);
}

/* Where a page of this level may lie: in the two regions, where nobody answers, in 0xFEExxxxx. */
static uint64_t frame(unsigned level)
{
    static const uint64_t size[] = {0, 0x1000, 0x200000, 0x40000000};

    if (chance(4))
        return UINT64_C(0xFEE00000) + (level == 1 ? (draw() & 0xFF) << 12 : 0);
    if (chance(3))
        return level == 3 ? UINT64_C(0xC0000000) : UINT64_C(0x20000000) + below_n(4) * size[level];
    if (level == 3)
        return 0;
    return level == 2 ? hot_page(below_n(2), 0) : hot_page(below_n(2), below_n(HOT_PAGES));
}

/* One reserved bit of an entry that grants something. */
static uint64_t reserved(unsigned level, bool leaf)
{
    switch (below_n(leaf && level > 1 ? 5 : 4)) {
    case 0:
        return SNP;
    case 1:
        return BIT(62);
    case 2:
        return BIT(HAW - 1 + below_n(4));
    case 3:
        return level == 4 && chance(50) ? PS : BIT(HAW + below_n(52 - HAW));
    default:
        return BIT(12 + below_n(level == 2 ? 9 : 18));
    }
}

uint64_t draw_entry(unsigned level)
{
    static const uint16_t rights[] = {3, 3, 3, 3, 3, 1, 2};
    bool leaf = level == 1 || (level < 4 && chance(level == 2 ? 35 : 20));
    uint64_t e = ONE_OF(rights);

    e |= leaf ? frame(level) : table_of_level(level - 1);
    e |= ignored() | (chance(40) ? BIT(2) : 0);
    if (leaf && level > 1)
        e |= PS;
    if (level == 1 && chance(20))
        e |= PS; /* ignored */
    if (chance(2) && !leaf)
        e = (e & ~UINT64_C(0xFFFFFFFFFF000)) | NOWHERE;
    if (chance(6))
        e |= reserved(level, leaf);
    return chance(8) ? e & ~UINT64_C(3) : e;
}

uint64_t draw_root(uint64_t context)
{
    uint64_t e = context | 1;

    if (chance(2))
        e = 1 | NOWHERE;
    if (chance(4))
        e |= chance(50) ? BIT(1 + below_n(11)) : BIT(HAW - 1 + below_n(64 - HAW + 1));
    return chance(6) ? e & ~UINT64_C(1) : e;
}

static void spoil_context(uint64_t entry[2])
{
    switch (below_n(6)) {
    case 0:
        entry[0] |= BIT(4 + below_n(8));
        break;
    case 1:
        entry[0] |= BIT(HAW - 1 + below_n(64 - HAW + 1));
        break;
    case 2:
        entry[1] |= chance(30) ? BIT(7) : BIT(24 + below_n(40));
        break;
    case 3:
        entry[0] |= 0xC;
        break;
    case 4:
        entry[1] = (entry[1] & ~UINT64_C(7)) | below_n(8);
        break;
    default:
        entry[0] &= ~UINT64_C(1);
        break;
    }
}

void draw_context(uint64_t entry[2], bool good)
{
    static const uint16_t dids[] = {1, 1, 2, 3, 0x101, 0x1234, 0xFFFF};
    static const uint16_t types[] = {0, 0, 0, 0, 0, 1, 2, 2};
    unsigned levels = widest == 4 && chance(60) ? 4 : 3;
    unsigned type = good ? 0 : ONE_OF(types);

    entry[0] = table_of_level(levels) | 1 | type << 2 | (chance(15) ? 2 : 0);
    entry[1] = (uint64_t)ONE_OF(dids) << 8 | (levels - 2) | (chance(50) ? (draw() & 15) << 3 : 0);
    if (type == 2 && chance(80))
        entry[1] = (entry[1] & ~UINT64_C(7)) | (widest - 2);
    if (chance(2))
        entry[0] = (entry[0] & 0xFFF) | NOWHERE;
    if (!good && chance(20))
        spoil_context(entry);
}
