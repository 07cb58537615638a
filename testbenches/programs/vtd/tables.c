// SPDX-License-Identifier: Apache-2.0
// The structures: two roots, two context tables, a pool of tables for each level that point at each
// other at random. Whatever changes is invalidated as VT-d "Guidance to Software for Invalidations"
// asks, in one of the ways that it allows.
#include "vtd.h"

#define PS   UINT64_C(0x80)
#define MAMV 18

static const uint16_t at4[] = {0, 1, 0x100, 0x1FF};
static const uint16_t at3[] = {0, 1, 2, 0x100, 0x1FF};
static const uint16_t pages[HOT_PAGES] = {0, 1, 0x80, 0x100, 0x1FF};
#define FIRST2 (HOT_BASE >> 21 & 0x1FF) /* and the next */

static const unsigned pool_size[5] = {0, 6, 5, 4, 3};
static uint64_t *pool[5][6];
static uint64_t *roots[2], *contexts[2], *root;
static uint64_t rtaddr;

uint64_t table_of_level(unsigned level)
{
    return (uint64_t)pool[level][below_n(pool_size[level])];
}

uint64_t hot_page(unsigned region, unsigned page)
{
    return HOT_BASE + region * UINT64_C(0x200000) + (uint64_t)pages[page] * 4096;
}

void tables_make(void)
{
    for (unsigned level = 1; level <= 4; level++)
        for (unsigned i = 0; i < pool_size[level]; i++)
            pool[level][i] = page_alloc();
    for (unsigned i = 0; i < 2; i++) {
        roots[i] = page_alloc();
        contexts[i] = page_alloc();
    }
}

static void draw_table(unsigned level, uint64_t *table)
{
    for (unsigned i = 0; level == 4 && i < 4; i++)
        table[at4[i]] = draw_entry(level);
    for (unsigned i = 0; level == 3 && i < 5; i++)
        table[at3[i]] = draw_entry(level);
    for (unsigned i = 0; level == 2 && i < 2; i++)
        table[FIRST2 + i] = draw_entry(level);
    for (unsigned i = 0; level == 1 && i < HOT_PAGES; i++)
        table[pages[i]] = draw_entry(level);
}

/* Everything anew; the caller invalidates everything. */
void tables_draw(void)
{
    for (unsigned level = 1; level <= 4; level++)
        for (unsigned i = 0; i < pool_size[level]; i++)
            draw_table(level, pool[level][i]);
    for (unsigned i = 0; i < 2; i++) {
        for (unsigned fn = 0; fn < 8; fn++) /* neighbours share the domains */
            draw_context(&contexts[i][(EDU_DEVFN + fn) * 2], true);
        roots[i][0] = (uint64_t)contexts[below_n(2)] | 1;
        roots[i][1] = 0;
    }
}

/* 2 is one that nobody answers. The caller invalidates. */
void use_root(unsigned which, unsigned ttm)
{
    root = which == 2 ? NULL : roots[which];
    rtaddr = (root == NULL ? NOWHERE : (uint64_t)root) | ttm << 10;
    write64(IOMMU + REG_RTADDR, rtaddr);
    gcmd(GCMD_SRTP, true);
}

static uint64_t *followed(uint64_t address)
{
    return address < RAM_END ? (uint64_t *)address : NULL;
}

/* NULL when no table is there. */
uint64_t *context_entry(void)
{
    uint64_t *table =
        root == NULL || (root[0] & 1) == 0 ? NULL : followed(root[0] & ~UINT64_C(0xFFF));

    return table == NULL ? NULL : &table[EDU_DEVFN * 2];
}

struct space space_now(void)
{
    uint64_t *e = context_entry();
    struct space s = {0};

    if (e == NULL || (e[0] & 1) == 0)
        return s;
    s.did = (uint16_t)(e[1] >> 8);
    s.top = followed(e[0] & ~UINT64_C(0xFFF));
    s.levels = (unsigned)(e[1] & 7) + 2;
    s.paged = (e[0] & 8) == 0 && (s.levels == 3 || s.levels == 4) && s.top != NULL;
    return s;
}

/* Reserved bits do not end this walk; it is a list of what a walk may look at. */
uint64_t *slot_at(const struct space *s, uint64_t iova, unsigned level)
{
    uint64_t *table = s->top;

    if (!s->paged || level > s->levels)
        return NULL;
    for (unsigned l = s->levels;; l--) {
        uint64_t *slot = &table[iova >> (3 + 9 * l) & 511];

        if (l == level)
            return slot;
        if ((*slot & 3) == 0 || ((*slot & PS) != 0 && l < 4))
            return NULL;
        table = followed(*slot & UINT64_C(0xFFFFFFFFFF000));
        if (table == NULL)
            return NULL;
    }
}

uint64_t draw_iova(void)
{
    static uint64_t recent[4];
    unsigned which = below_n(4);
    uint64_t iova = hot_page(below_n(2), below_n(HOT_PAGES)) | (draw() & 0xFC0);

    if (chance(55) && recent[which] != 0)
        return (recent[which] & ~UINT64_C(0xFC0)) | (iova & 0xFC0);
    if (chance(70))
        iova |= (uint64_t)ONE_OF(at3) << 30;
    if (widest == 4 ? chance(40) : chance(4))
        iova |= (uint64_t)ONE_OF(at4) << 39;
    if (chance(2))
        iova |= UINT64_C(1) << (12 + 9 * widest + below_n(52 - 9 * widest)); /* beyond the width */
    recent[which] = iova;
    return iova;
}

void path_print(uint64_t iova)
{
    uint64_t *context = context_entry();
    struct space s = space_now();

    field("r", rtaddr);
    if (root != NULL)
        pair("R", root[0], root[1]);
    if (context != NULL)
        pair("C", context[0], context[1]);
    put(" P=");
    if (!s.paged)
        put("-");
    for (unsigned l = s.levels; s.paged && l >= 1; l--) {
        uint64_t *slot = slot_at(&s, iova, l);

        if (slot == NULL)
            break;
        put(l == s.levels ? "" : ",");
        hex(*slot);
    }
}

/* --- changes and what they need --- */

static void cover_context(uint16_t did)
{
    unsigned fm = below_n(4);

    switch (below_n(3)) {
    case 0:
        inv_context(1, 0, 0, 0);
        break;
    case 1:
        inv_context(2, did, 0, 0);
        break;
    default: /* with function bits masked, by the name of a neighbour */
        inv_context(3, did,
                    (uint16_t)(EDU_DEVFN | (draw() & (fm == 0   ? 0u
                                                      : fm == 1 ? 4u
                                                      : fm == 2 ? 6u
                                                                : 7u))),
                    fm);
        break;
    }
    if (chance(70))
        inv_iotlb(2, did, 0, 0, false);
    else
        inv_iotlb(1, 0, 0, 0, false);
}

/* Every address that the cases use and that a walk takes through the entry: page by page, when they
 * are few. */
static unsigned ways(const struct space *s, const uint64_t *slot, unsigned level, uint64_t found[4])
{
    unsigned n = 0;

    for (unsigned i = 0; i < (s->levels == 4 ? 4u : 1u); i++)
        for (unsigned j = 0; j < 5; j++)
            for (unsigned k = 0; k < 2; k++) {
                uint64_t va = (s->levels == 4 ? (uint64_t)at4[i] << 39 : 0) |
                              (uint64_t)at3[j] << 30 | (FIRST2 + k) << 21;

                if (level == 1)
                    va |= (uint64_t)((uint64_t)slot >> 3 & 511) << 12;
                if (slot_at(s, va, level) != slot || (level == 3 && k == 1))
                    continue;
                if (n < 4)
                    found[n] = va;
                n++;
            }
    return n;
}

static void cover_entry(const uint64_t *slot, unsigned level, uint64_t before)
{
    struct space s = space_now();
    bool was_leaf = level == 1 || (before & PS) != 0;
    uint64_t found[4];
    unsigned least = level == 1 ? 0 : level == 2 ? 9 : MAMV;
    unsigned n = s.paged && level < 4 ? ways(&s, slot, level, found) : 5;

    if (n > 4 || chance(25)) {
        if (chance(80))
            inv_iotlb(2, s.did, 0, 0, false);
        else
            inv_iotlb(1, 0, 0, 0, false);
        return;
    }
    for (unsigned i = 0; i < n; i++) {
        unsigned am = chance(60)                            ? least
                      : was_leaf && level > 1 && chance(30) ? below_n(least)
                                                            : least + below_n(MAMV + 1 - least);

        inv_iotlb(3, s.did, found[i] ^ (uint64_t)(draw() & ((1u << am) - 1)) << 12, am,
                  was_leaf && chance(50));
    }
}

/* Not one of the bits that would lead a walk or a write out of the tables and the pages. */
static void change(uint64_t *slot, unsigned level)
{
    static const uint16_t turned[] = {0,  0,  0,  1,  1,  1,  2,  3,  6,  8,  9,  10, 11, 30,
                                      36, 38, 39, 40, 41, 45, 47, 48, 50, 51, 52, 61, 62, 63};
    uint64_t before = *slot;

    if (((before & 3) == 1 || (before & 3) == 2) && chance(20)) {
        *slot = before | 3; /* more rights: nothing has to go */
        act_number("up", level);
        return;
    }
    *slot = before != 0 && chance(30) ? before ^ UINT64_C(1) << ONE_OF(turned) : draw_entry(level);
    act_number("pte", level);
    if ((before & 3) != 0 || chance(30))
        cover_entry(slot, level, before);
    else
        act("new");
}

void change_entry(uint64_t iova)
{
    struct space s = space_now();
    unsigned level = 1 + below_n(4);
    uint64_t *slot = NULL;

    for (; slot == NULL && level <= 4; level++)
        if ((slot = slot_at(&s, iova, level)) != NULL)
            change(slot, level);
}

void change_somewhere(void)
{
    unsigned level = 1 + below_n(4);
    uint64_t *table = (uint64_t *)table_of_level(level);

    change(level == 4   ? &table[ONE_OF(at4)]
           : level == 3 ? &table[ONE_OF(at3)]
           : level == 2 ? &table[FIRST2 + below_n(2)]
                        : &table[ONE_OF(pages)],
           level);
}

void change_context(bool good)
{
    uint64_t *e = context_entry(), fresh[2];
    bool was;
    uint16_t did;

    if (e == NULL)
        return;
    was = e[0] & 1;
    did = (uint16_t)(e[1] >> 8);
    draw_context(fresh, good);
    e[1] = fresh[1];
    e[0] = fresh[0];
    act("ctx");
    if (was || chance(30))
        cover_context(did);
    else
        act("new");
}

void change_root(void)
{
    uint16_t did = space_now().did;
    bool was;

    if (root == NULL) {
        switch_root();
        return;
    }
    was = root[0] & 1;
    root[0] = draw_root((uint64_t)contexts[below_n(2)]);
    root[1] = chance(3) ? UINT64_C(1) << below_n(64) : 0;
    act("root");
    if (was || chance(30))
        cover_context(did);
    else
        act("new");
}

void switch_root(void)
{
    use_root(chance(10) ? 2 : below_n(2), chance(5) ? 1 + below_n(3) : 0);
    act("srtp");
    inv_context(1, 0, 0, 0);
    inv_iotlb(1, 0, 0, 0, false);
}

void invalidate_needlessly(void)
{
    uint16_t did = chance(50) ? space_now().did : (uint16_t)draw();

    switch (below_n(queued ? 4 : 6)) {
    case 4: /* bad requests; by the queue they are cases of their own */
        inv_context(0, did, EDU_DEVFN, 0);
        break;
    case 5:
        if (chance(50))
            inv_iotlb(0, did, 0, 0, false);
        else
            inv_iotlb(3, did, draw_iova(), MAMV + 1 + below_n(64 - MAMV - 1), false);
        break;
    case 0:
        inv_context(1 + below_n(3), did, (uint16_t)(EDU_DEVFN + below_n(9)), below_n(4));
        break;
    case 1:
        inv_iotlb(1 + below_n(2), did, 0, 0, false);
        break;
    default:
        inv_iotlb(3, did, draw_iova(), below_n(MAMV + 1), chance(50));
        break;
    }
}
