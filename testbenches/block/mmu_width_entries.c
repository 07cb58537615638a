// SPDX-License-Identifier: Apache-2.0
// One bit at a time through the entries: reserved and ignored bits, XD, protection keys.
// docs/mmu.md M7, M9, M14, M21, M24.
#include "mmu_width.h"

/* A 4-KByte page, or a leaf of this level, with one bit of the entry of this level turned. */
static bool entry_bit(struct bench *b, const struct width_case *c, bool leaf, struct rec_xlate *x)
{
    struct path p = paging_map(b, width_va(b, c), leaf ? c->index : 1, false);
    uint64_t value = paging_read(b, c->paging, p.entry[c->index]);

    mmu_poke(b, p.entry[c->index], value ^ UINT64_C(1) << c->bit, pagings[c->paging].entry_bytes);
    return width_settle(b) && width_go(b, width_request(b, c), p.va, x);
}

static bool reserved(struct bench *b, const struct width_case *c, bool leaf)
{
    struct rec_xlate x;

    if (c->bit == 63) {
        b->ctx.efer &= ~MMU_EFER_NXE;
        mmu_set_context(b);
    }
    if (!entry_bit(b, c, leaf, &x))
        return false;
    if (x.fault && (x.error_code & PF_RSVD))
        decide_bit(c->group, c->bit);
    return true;
}

bool width_reserved_table(struct bench *b, const struct width_case *c)
{
    return reserved(b, c, false);
}

bool width_reserved_leaf(struct bench *b, const struct width_case *c)
{
    return reserved(b, c, true);
}

/* A leaf that has this one of the feature's bits, without the feature. */
static bool without(struct bench *b, const struct width_case *c, uint64_t feature)
{
    struct path p = paging_map(b, width_va(b, c), c->index, false);
    uint64_t value = paging_read(b, c->paging, p.entry[c->index]) & ~c->group->wanted;
    struct rec_xlate x;

    mmu_poke(b, p.entry[c->index], value | UINT64_C(1) << c->bit, pagings[c->paging].entry_bytes);
    b->ctx.away = feature;
    mmu_set_context(b);
    if (!width_settle(b) || !width_go(b, width_request(b, c), p.va, &x))
        return false;
    if (x.fault && (x.error_code & PF_RSVD))
        decide_bit(c->group, c->bit);
    return true;
}

bool width_no_pat(struct bench *b, const struct width_case *c)
{
    return without(b, c, MMU_NO_PAT);
}

bool width_no_pse36(struct bench *b, const struct width_case *c)
{
    return without(b, c, MMU_NO_PSE36);
}

bool width_no_pdpe1gb(struct bench *b, const struct width_case *c)
{
    return without(b, c, MMU_NO_PDPE1GB);
}

static bool ignored(struct bench *b, const struct width_case *c, bool leaf)
{
    struct rec_xlate x;

    if (!entry_bit(b, c, leaf, &x))
        return false;
    if (!x.fault)
        decide_bit(c->group, c->bit);
    return true;
}

bool width_ignored_table(struct bench *b, const struct width_case *c)
{
    return ignored(b, c, false);
}

bool width_ignored_leaf(struct bench *b, const struct width_case *c)
{
    return ignored(b, c, true);
}

/* Of every level: a fetch is denied. */
bool width_xd(struct bench *b, const struct width_case *c)
{
    struct rec_xlate x;

    if (!entry_bit(b, c, c->index == 1, &x))
        return false;
    if (x.fault && !(x.error_code & PF_RSVD))
        decide_bit(c->group, c->bit);
    return true;
}

/* --- keys --- */

#define KEY_SHIFT 59

static void set_pkru(struct bench *b, uint32_t pkru)
{
    b->ctx.cr4 |= MMU_CR4_PKE;
    b->ctx.pkru = pkru;
    mmu_set_context(b);
}

/* AD of the key. */
static uint32_t denies(unsigned key)
{
    return UINT32_C(1) << (2 * key);
}

static uint64_t map_key(struct bench *b, const struct width_case *c, unsigned key)
{
    struct path p = paging_map(b, width_va(b, c), c->index, false);
    uint64_t value = paging_read(b, c->paging, p.entry[c->index]);

    mmu_poke(b, p.entry[c->index], value | (uint64_t)key << KEY_SHIFT, 8);
    return p.va;
}

/* A page of the key, one of its neighbour, which is denied. */
bool width_key_walk(struct bench *b, const struct width_case *c)
{
    struct mmu_req q = width_request(b, c);
    unsigned key = block_below(&b->random, 16), other = key ^ 1u << (c->bit - KEY_SHIFT);
    uint64_t va = map_key(b, c, key), denied = map_key(b, c, other);
    struct rec_xlate x[2];

    set_pkru(b, denies(other));
    if (!width_settle(b) || !width_go(b, q, va, &x[0]) || !width_go(b, q, denied, &x[1]))
        return false;
    if (!x[0].fault && x[1].fault && (x[1].error_code & PF_PK))
        decide_bit(c->group, c->bit);
    return true;
}

/* The key in the TLB: the page while its neighbour is denied, then while it is; held: a hit, a
 * fault. */
static bool cached_key(struct bench *b, const struct width_case *c, unsigned key, bool *held)
{
    struct mmu_req q = width_request(b, c);
    uint64_t va = map_key(b, c, key);
    struct rec_xlate x[3];

    set_pkru(b, 0);
    if (!width_settle(b) || !width_go(b, q, va, &x[0]))
        return false;
    set_pkru(b, denies(key ^ 1u << (c->bit - KEY_SHIFT)));
    if (!width_go(b, q, va, &x[1]))
        return false;
    set_pkru(b, denies(key));
    if (!width_go(b, q, va, &x[2]))
        return false;
    *held = x[1].hit == XLATE_TLB && x[2].fault;
    return true;
}

/* Both values of the bit. */
bool width_key_hit(struct bench *b, const struct width_case *c)
{
    unsigned key = block_below(&b->random, 16);
    bool held[2];

    if (!cached_key(b, c, key, &held[0]) ||
        !cached_key(b, c, key ^ 1u << (c->bit - KEY_SHIFT), &held[1]))
        return false;
    if (held[0] && held[1])
        decide_bit(c->group, c->bit);
    return true;
}

/* Somebody else turns a bit of an entry between its read and the locked read that sets A: M15. */
bool width_race(struct bench *b, const struct width_case *c)
{
    const struct paging *m = &pagings[c->paging];
    struct path p = paging_map(b, width_va(b, c), 1, false);
    uint64_t at = p.entry[c->index], value = paging_read(b, c->paging, at) & ~PTE_A;
    struct mmu_req q = width_request(b, c);
    struct rec_xlate x;

    mmu_poke(b, at, value, m->entry_bytes);
    b->races[0] = (struct race){.access = m->levels - c->index + 1,
                                .bytes = m->entry_bytes,
                                .addr = at,
                                .value = value ^ UINT64_C(1) << c->bit};
    b->race_count = 1;
    if (c->bit == 6)
        q.access = ACCESS_READ; /* a write would set D again */
    if (!width_go(b, q, p.va, &x))
        return false;
    if ((paging_read(b, c->paging, at) ^ value) >> c->bit & 1)
        decide_bit(c->group, c->bit);
    return true;
}
