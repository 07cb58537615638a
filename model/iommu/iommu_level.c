// SPDX-License-Identifier: Apache-2.0
// Second-stage paging-structure caches, one for each of the levels 2 to 5: the next table and the
// rights accumulated down to it. docs/iommu.md I8, I9.
#include "iommu/iommu_internal.h"

unsigned level_shift(unsigned level)
{
    return 12 + 9 * (level - 1);
}

static bool covers(const struct level_cache *lc, unsigned i, uint16_t did, uint64_t prefix)
{
    return lc->slots.valid[i] && lc->line[i].did == did && lc->line[i].prefix == prefix;
}

unsigned level_lookup(const struct iommu *u, uint16_t did, uint64_t iova, unsigned top,
                      struct level_entry *out)
{
    for (unsigned level = 2; level <= top; level++) {
        const struct level_cache *lc = &u->levels[level - 2];

        for (unsigned i = 0; i < lc->slots.count; i++) {
            if (covers(lc, i, did, iova >> level_shift(level))) {
                *out = lc->line[i];
                return level;
            }
        }
    }
    return 0;
}

static unsigned fill_slot(struct level_cache *lc, const struct level_entry *e)
{
    for (unsigned i = 0; i < lc->slots.count; i++)
        if (covers(lc, i, e->did, e->prefix))
            return i;
    return slots_victim(&lc->slots);
}

void level_fill(struct iommu *u, unsigned level, const struct level_entry *e)
{
    struct level_cache *lc = &u->levels[level - 2];
    unsigned i;

    if (lc->slots.count == 0)
        return;
    i = fill_slot(lc, e);
    lc->slots.valid[i] = true;
    lc->line[i] = *e;
}

void level_drop_address(struct iommu *u, uint16_t did, uint64_t iova)
{
    for (unsigned level = 2; level < 2 + LEVEL_CACHES; level++) {
        struct level_cache *lc = &u->levels[level - 2];

        for (unsigned i = 0; i < lc->slots.count; i++)
            if (covers(lc, i, did, iova >> level_shift(level)))
                slots_drop(&lc->slots, i);
    }
}

static bool inv_names(const struct iotlb_inv *inv, unsigned level, const struct level_entry *e)
{
    unsigned pages_log2 = level_shift(level) - 12;

    switch (inv->granularity) {
    case 1:
        return true;
    case 2:
        return e->did == inv->did;
    case 3:
        return !inv->ih && e->did == inv->did &&
               ranges_intersect(e->prefix << pages_log2, pages_log2, inv->page, inv->am);
    default:
        return false;
    }
}

unsigned level_invalidate(struct iommu *u, const struct iotlb_inv *inv)
{
    unsigned dropped = 0;

    for (unsigned level = 2; level < 2 + LEVEL_CACHES; level++) {
        struct level_cache *lc = &u->levels[level - 2];

        for (unsigned i = 0; i < lc->slots.count; i++)
            if (lc->slots.valid[i] && inv_names(inv, level, &lc->line[i]))
                dropped += slots_drop(&lc->slots, i);
    }
    return dropped;
}
