// SPDX-License-Identifier: Apache-2.0
// What the experiments of the IOMMU are made of: devices, paths through tables, requests,
// invalidations.
#include <string.h>

#include "iommu_width.h"

void width_decide(struct bench *b, unsigned group, unsigned bit)
{
    decide_bit(&b->r->groups[group], bit);
}

void width_decide_if(struct bench *b, bool held, unsigned group, unsigned bit)
{
    if (held)
        width_decide(b, group, bit);
}

/* --- tables --- */

uint64_t width_random_page(struct bench *b)
{
    return block_random(&b->random) & PAGE;
}

uint16_t width_random_id(struct bench *b)
{
    return (uint16_t)block_random(&b->random);
}

uint64_t width_random_iova(struct bench *b, const struct device *d)
{
    return block_random(&b->random) >> (52 - 9 * d->levels);
}

unsigned width_leaf_level(unsigned log2)
{
    return (log2 - 12) / 9 + 1;
}

unsigned width_random_log2(struct bench *b)
{
    unsigned log2 = 12 + 9 * block_below(&b->random, 3);

    if (log2 == 30 && !iommu_has(b, IOMMU_1G))
        log2 = 21;
    return log2 == 21 && !iommu_has(b, IOMMU_2M) ? 12 : log2;
}

static void poke16(struct bench *b, uint64_t addr, uint64_t lo, uint64_t hi)
{
    iommu_poke(b, addr, lo);
    iommu_poke(b, addr + 8, hi);
}

/* Root and context entry of a device; the context table is made where there is none. */
struct device width_add_device(struct bench *b, uint16_t sid, uint16_t did, uint64_t t,
                               uint64_t table, uint64_t aw)
{
    struct device d = {.sid = sid, .did = did, .table = table, .levels = (unsigned)aw + 2};
    uint64_t lo;

    d.root_entry = b->root + (sid >> 8) * UINT64_C(16);
    lo = block_memory_read8(&b->model_memory, d.root_entry);
    if (lo == UINT64_MAX) {
        lo = width_random_page(b) | 1;
        poke16(b, d.root_entry, lo, 0);
    }
    d.context_entry = (lo & PAGE) + (sid & 0xFF) * UINT64_C(16);
    poke16(b, d.context_entry, table | t << 2 | 1, (uint64_t)did << 8 | aw);
    return d;
}

struct device width_random_device(struct bench *b, unsigned bits)
{
    uint64_t aw = bits > 48 || block_chance(&b->random, 60) ? AW_57 : AW_48;

    if (!iommu_has(b, aw == AW_57 ? IOMMU_57 : IOMMU_48))
        aw = iommu_largest_aw(b);

    return width_add_device(b, width_random_id(b), width_random_id(b), T_SECOND_STAGE,
                            width_random_page(b), aw);
}

/* Tables are made where there are none; the leaf is new. Everything is allowed. */
struct path width_map_to(struct bench *b, const struct device *d, uint64_t iova, unsigned log2,
                         uint64_t frame)
{
    struct path p = {.iova = iova, .log2 = log2};
    uint64_t table = d->table, v;

    for (unsigned level = d->levels;; level--) {
        p.entry[level] = table + (iova >> (3 + 9 * level) & 0x1FF) * 8;
        if (level == width_leaf_level(log2))
            break;
        v = block_memory_read8(&b->model_memory, p.entry[level]);
        if (v == UINT64_MAX || (v & SS_PS)) {
            v = width_random_page(b) | SS_R | SS_W;
            iommu_poke(b, p.entry[level], v);
        }
        table = v & PAGE;
    }
    iommu_poke(b, p.entry[width_leaf_level(log2)],
               (frame >> log2 << log2) | SS_R | SS_W | (log2 == 12 ? 0 : SS_PS));
    return p;
}

struct path width_map(struct bench *b, const struct device *d, uint64_t iova, unsigned log2)
{
    return width_map_to(b, d, iova, log2, width_random_page(b));
}

/* --- requests and registers --- */

bool width_go(struct bench *b, uint16_t sid, uint64_t iova, struct rec_dma *x)
{
    struct rec_dma in = {.sid = sid, .iova = iova, .tag = (uint8_t)b->r->requests};
    unsigned room = 16 - (unsigned)(iova & 15);
    struct answer a;
    bool same;

    in.len = (uint8_t)(room < 4 ? room : 4);
    in.write = block_chance(&b->random, 50);
    for (unsigned i = 0; in.write && i < in.len; i++)
        in.data[i] = (uint8_t)block_random(&b->random);
    same = iommu_request(b, &in, &a);
    *x = a.dma;
    return same;
}

bool width_iotlb_hit(const struct rec_dma *x)
{
    return (x->hit & 2) != 0;
}

bool width_context_hit(const struct rec_dma *x)
{
    return (x->hit & 1) != 0;
}

/* Walked, and from that level's cache. */
bool width_from_cache(const struct rec_dma *x, unsigned level)
{
    return x->status == DMA_TRANSLATED && !width_iotlb_hit(x) && x->psc == level;
}

/* dropped: what the record of the invalidation counts. */
bool width_invalidate_contexts(struct bench *b, bool queue, unsigned kind, uint16_t did,
                               uint16_t sid, unsigned fm, unsigned *dropped)
{
    uint64_t who = (uint64_t)sid << 16 | did;
    struct answer a;
    bool same;

    if (queue)
        same = width_queue(b, 1 | kind << 4 | (uint64_t)fm << 48 | who << 16, 0);
    else
        same = iommu_write(b, REG_CCMD, 8,
                           UINT64_C(1) << 63 | (uint64_t)kind << 61 | (uint64_t)fm << 32 | who, &a);
    *dropped = queue ? b->descriptor.count : b->last.count;
    return same;
}

/* iva: as the register IVA, which the descriptor's high qword is too. */
bool width_invalidate_iotlb(struct bench *b, bool queue, unsigned kind, uint16_t did, uint64_t iva,
                            unsigned *dropped)
{
    struct answer a;
    bool same;

    if (queue)
        same = width_queue(b, 2 | kind << 4 | (uint64_t)did << 16, iva);
    else
        same = iommu_write(b, REG_IVA, 8, iva, &a) &&
               iommu_write(b, REG_IOTLB, 8,
                           UINT64_C(1) << 63 | (uint64_t)kind << 60 | (uint64_t)did << 32, &a);
    *dropped = queue ? b->descriptor.count : b->last.count;
    return same;
}
