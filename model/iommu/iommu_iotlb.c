// SPDX-License-Identifier: Apache-2.0
// IOTLB: entries of 4 KiB, 2 MiB and 1 GiB, tagged by DID. docs/iommu.md I8, I9; VT-d "IOTLB
// Invalidation".
#include "iommu/iommu_internal.h"

static bool covers(const struct iotlb *t, unsigned i, uint16_t did, uint64_t iova)
{
    const struct iotlb_entry *e = &t->line[i];

    return t->slots.valid[i] && e->did == did && e->page == iova >> e->page_log2;
}

const struct iotlb_entry *iotlb_lookup(const struct iotlb *t, uint16_t did, uint64_t iova)
{
    for (unsigned i = 0; i < t->slots.count; i++)
        if (covers(t, i, did, iova))
            return &t->line[i];
    return NULL;
}

void iotlb_drop_address(struct iotlb *t, uint16_t did, uint64_t iova)
{
    for (unsigned i = 0; i < t->slots.count; i++)
        if (covers(t, i, did, iova))
            slots_drop(&t->slots, i);
}

void iotlb_fill(struct iotlb *t, const struct iotlb_entry *e, uint64_t iova)
{
    unsigned i;

    if (t->slots.count == 0)
        return;
    iotlb_drop_address(t, e->did, iova);
    i = slots_victim(&t->slots);
    t->slots.valid[i] = true;
    t->line[i] = *e;
}

uint64_t iotlb_hpa(const struct iotlb_entry *e, uint64_t iova)
{
    return e->frame | (iova & low_bits(e->page_log2));
}

bool ranges_intersect(uint64_t page_a, unsigned log2_a, uint64_t page_b, unsigned log2_b)
{
    unsigned larger = log2_a > log2_b ? log2_a : log2_b;

    return page_a >> larger == page_b >> larger;
}

static bool inv_names(const struct iotlb_inv *inv, const struct iotlb_entry *e)
{
    unsigned pages_log2 = e->page_log2 - 12;

    switch (inv->granularity) {
    case 1:
        return true;
    case 2:
        return e->did == inv->did;
    case 3:
        return e->did == inv->did &&
               ranges_intersect(e->page << pages_log2, pages_log2, inv->page, inv->am);
    default:
        return false;
    }
}

unsigned iotlb_invalidate(struct iotlb *t, const struct iotlb_inv *inv)
{
    unsigned dropped = 0;

    for (unsigned i = 0; i < t->slots.count; i++)
        if (t->slots.valid[i] && inv_names(inv, &t->line[i]))
            dropped += slots_drop(&t->slots, i);
    return dropped;
}
