// SPDX-License-Identifier: Apache-2.0
// An entry on the way of a request changes and is invalidated while the request is in flight; then
// the same is asked again. A unit that fills what it has read before, behind the invalidation, has
// the old entry then. For designs of somebody else's: the project's own unit takes one thing at a
// time.
#include "iommu_pool.h"
#include "iommu_width.h"

#define WALK_CYCLES 40
#define WAYS        8

/* The entries that the request's walk reads, of memory as it is. */
struct way {
    uint64_t addr[WAYS];
    unsigned count;
    uint16_t did;
    bool contexts[WAYS]; /* a root or context entry */
};

static void add(struct way *w, uint64_t addr, bool context)
{
    w->contexts[w->count] = context;
    w->addr[w->count++] = addr;
}

static uint64_t word(const struct bench *b, uint64_t addr)
{
    return block_memory_read8(&b->rtl_memory, addr);
}

static struct way way_of(const struct bench *b, const struct rec_dma *d)
{
    struct way w = {.count = 0};
    uint64_t at = (b->rtaddr & PAGE) + (d->sid >> 8) * UINT64_C(16), context;
    unsigned level;

    add(&w, at, true);
    context = (word(b, at) & PAGE) + (d->sid & 0xFF) * UINT64_C(16);
    add(&w, context, true);
    w.did = (uint16_t)(word(b, context + 8) >> 8);
    level = (word(b, context + 8) & 7) == AW_39 ? 3 : (word(b, context + 8) & 7) == AW_57 ? 5 : 4;
    for (at = word(b, context) & PAGE; level != 0; level--) {
        uint64_t entry = at + (d->iova >> (3 + 9 * level) & 511) * 8;

        add(&w, entry, false);
        if ((word(b, entry) & SS_PS) != 0 && level < 4)
            break;
        at = word(b, entry) & PAGE;
    }
    return w;
}

/* Another one of its kind, mostly good: the tables of the pool lead on. */
static uint64_t other(struct bench *b, uint64_t value)
{
    uint64_t flip = block_chance(&b->random, 30) ? SS_W
                    : block_chance(&b->random, 30)
                        ? 1
                        : (uint64_t)(1 + block_below(&b->random, 3)) << 12;

    return value ^ flip;
}

/* Right behind the change; IVA has been written before. */
static bool invalidate(struct bench *b, const struct way *w, bool context)
{
    uint64_t kind = block_below(&b->random, context ? 2 : 3) + 1; /* global, domain, page */

    if (context && !pool_write(b, REG_CCMD, 8, UINT64_C(1) << 63 | kind << 61 | w->did))
        return false;
    return pool_write(b, REG_IOTLB, 8, UINT64_C(1) << 63 | kind << 60 | (uint64_t)w->did << 32);
}

/* What a cache may hold in the same place, and the invalidation leaves: another page with the same
 * lower bits. */
static bool fill_beside(struct bench *b, const struct rec_dma *d)
{
    unsigned shift = block_chance(&b->random, 50) ? 21 : 30;
    uint64_t index = ((d->iova >> shift & 511) + 1 + block_below(&b->random, 2)) % 3;
    struct rec_dma other = *d;
    struct answer a;

    other.iova = (d->iova & ~(UINT64_C(511) << shift)) | index << shift;
    return iommu_request(b, &other, &a);
}

bool pool_race(struct bench *b)
{
    struct rec_dma d = {.iova = pool_iova(b) & ~UINT64_C(15), .sid = pool_sid(b), .len = 4};
    struct answer a;
    struct way w = way_of(b, &d);
    unsigned at = block_chance(&b->random, 80) ? w.count - 1 - block_below(&b->random, 2)
                                               : block_below(&b->random, w.count);

    if ((b->gcmd & GCMD_QIE) != 0 || (b->gcmd & GCMD_TE) == 0)
        return true;
    if ((block_chance(&b->random, 50) && !fill_beside(b, &d)) ||
        !pool_write(b, REG_IVA, 8, d.iova & ~UINT64_C(0xFFF)))
        return false;
    b->ask = (struct viommu_ask){.dma = true, .in = d, .flies = true};
    if (!iommu_step_one(b, &a))
        return false;
    b->ask = (struct viommu_ask){.lasts = block_below(&b->random, WALK_CYCLES)};
    if (!iommu_step_one(b, &a))
        return false;
    iommu_poke(b, w.addr[at], other(b, word(b, w.addr[at])));
    return invalidate(b, &w, w.contexts[at]) && iommu_request(b, &d, &a) &&
           iommu_request(b, &d, &a);
}
