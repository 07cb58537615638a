// SPDX-License-Identifier: Apache-2.0
// Experiments with the bits of entries, with widths and the interrupt range.
#include "iommu_width.h"

/* --- entries --- */

bool width_root_bit(struct bench *b, const struct experiment *e, unsigned group, unsigned bit)
{
    struct device d = width_random_device(b, 0);
    uint64_t at = d.root_entry + e->param, value = block_memory_read8(&b->model_memory, at);
    struct rec_dma x;

    iommu_poke(b, at, value ^ UINT64_C(1) << bit);
    if (!width_go(b, d.sid, width_random_iova(b, &d), &x))
        return false;
    width_decide_if(b, x.fault == 0xA, group, bit);
    iommu_poke(b, at, value);
    return true;
}

bool width_context_bit(struct bench *b, const struct experiment *e, unsigned group, unsigned bit)
{
    struct device d = width_random_device(b, 0);
    uint64_t at = d.context_entry + e->param, iova = width_random_iova(b, &d);
    struct rec_dma x;

    width_map(b, &d, iova, 12);
    iommu_poke(b, at, block_memory_read8(&b->model_memory, at) ^ UINT64_C(1) << bit);
    if (!width_go(b, d.sid, iova, &x))
        return false;
    width_decide_if(b, x.fault == (group == G_CONTEXT_IGNORED ? 0 : 0xB), group, bit);
    return true;
}

bool width_ss_bit(struct bench *b, const struct experiment *e, unsigned group, unsigned bit)
{
    struct device d = width_random_device(b, e->level == 5 ? 57 : 0);
    uint64_t iova = width_random_iova(b, &d);
    struct path p = width_map(b, &d, iova, e->log2);
    uint64_t at = p.entry[e->level];
    struct rec_dma x;

    iommu_poke(b, at, block_memory_read8(&b->model_memory, at) ^ UINT64_C(1) << bit);
    if (!width_go(b, d.sid, iova, &x))
        return false;
    width_decide_if(b, x.fault == e->param, group, bit);
    return true;
}

/* --- what nobody answers --- */

/* What points to the entry points to where nobody is. bit 1 to 5: the second-stage entry of that
 * level of the largest width; 6, 7: the first one of 39 and 48 bits; 8, 9: root and context entry.
 */
bool width_read_error(struct bench *b, const struct experiment *e, unsigned group, unsigned bit)
{
    uint64_t aw = bit == 6   ? AW_39
                  : bit == 7 ? AW_48
                             : iommu_largest_aw(b),
             nowhere = width_random_page(b);
    struct device d = width_add_device(b, width_random_id(b), width_random_id(b), T_SECOND_STAGE,
                                       width_random_page(b), aw);
    uint64_t iova = width_random_iova(b, &d);
    struct path p = width_map(b, &d, iova, 12);
    uint64_t at = d.context_entry, value;
    unsigned code = bit >= 5 && bit <= 7 ? 0x3 : bit < 5 ? 0x7 : bit;
    struct answer a;
    struct rec_dma x;

    (void)e;
    if (bit < 5)
        at = p.entry[bit + 1];
    else if (bit == 9)
        at = d.root_entry;
    value = block_memory_read8(&b->model_memory, at);
    if (bit != 8)
        iommu_poke(b, at, (value & ~PAGE) | nowhere);
    else if (!iommu_write(b, REG_RTADDR, 8, nowhere, &a) || !iommu_command(b, GCMD_TE, GCMD_SRTP))
        return false;
    if (!width_go(b, d.sid, iova, &x) || !iommu_write(b, REG_RTADDR, 8, b->root, &a) ||
        !iommu_command(b, GCMD_TE, GCMD_SRTP))
        return false;
    iommu_poke(b, at, value);
    width_decide_if(b, x.fault == code, group, bit);
    return true;
}

/* --- widths and ranges --- */

/* An address one bit too wide for the device. */
bool width_width(struct bench *b, const struct experiment *e, unsigned group, unsigned bit)
{
    uint64_t aw = group == G_WIDTH_39 ? AW_39 : group == G_WIDTH_48 ? AW_48 : iommu_largest_aw(b);
    uint64_t t = group == G_WIDTH_PASS ? T_PASS_THROUGH : T_SECOND_STAGE;
    struct device d =
        width_add_device(b, width_random_id(b), width_random_id(b), t, width_random_page(b), aw);
    uint64_t iova =
        group == G_WIDTH_PASS ? block_random(&b->random) >> 24 : width_random_iova(b, &d);
    struct rec_dma x[2];

    (void)e;
    width_map(b, &d, iova, 12);
    if (!width_go(b, d.sid, iova, &x[0]) || !width_go(b, d.sid, iova | UINT64_C(1) << bit, &x[1]))
        return false;
    if (group == G_WIDTH_PASS)
        decide_value(&b->r->groups[G_PASS], x[0].pa);
    width_decide_if(b, x[0].fault == 0 && (x[1].fault == 0x4 || x[1].status == DMA_REJECTED), group,
                    bit);
    return true;
}

bool width_translation_off(struct bench *b, const struct experiment *e, unsigned group,
                           unsigned bit)
{
    uint64_t iova = block_random(&b->random) >> 24;
    struct rec_dma x[2];

    (void)e;
    if (!iommu_command(b, 0, 0) || !width_go(b, width_random_id(b), iova, &x[0]) ||
        !width_go(b, width_random_id(b), iova | UINT64_C(1) << bit, &x[1]) ||
        !iommu_command(b, GCMD_TE, 0))
        return false;
    decide_value(&b->r->groups[G_OFF], x[0].pa);
    width_decide_if(b, x[0].status == DMA_UNTRANSLATED && x[1].status == DMA_REJECTED, group, bit);
    return true;
}

static bool in_range(const struct rec_dma *x)
{
    return x->status == DMA_MESSAGE || x->status == DMA_REJECTED;
}

bool width_interrupt_range(struct bench *b, const struct experiment *e, unsigned group,
                           unsigned bit)
{
    struct device d = width_random_device(b, 0);
    uint64_t iova = UINT64_C(0xFEE00000) + (block_random(&b->random) & 0xFFFFC);
    uint64_t other = iova ^ UINT64_C(1) << bit;
    struct rec_dma x[2];

    (void)e;
    width_map(b, &d, other, 12);
    if (!width_go(b, d.sid, iova, &x[0]) || !width_go(b, d.sid, other, &x[1]))
        return false;
    width_decide_if(b, in_range(&x[0]) && !in_range(&x[1]), group, bit);
    return true;
}

/* A leaf that points beside the interrupt range, and one that points into it. */
bool width_interrupt_output(struct bench *b, const struct experiment *e, unsigned group,
                            unsigned bit)
{
    struct device d = width_random_device(b, 0);
    uint64_t frame = UINT64_C(0xFEE00000) + (block_random(&b->random) & 0xFF000);
    uint64_t iova = width_random_iova(b, &d), other = iova ^ 0x1000;
    struct rec_dma x[2];

    (void)e;
    width_map_to(b, &d, iova, 12, frame);
    width_map_to(b, &d, other, 12, frame ^ UINT64_C(1) << bit);
    if (!width_go(b, d.sid, iova, &x[0]) || !width_go(b, d.sid, other, &x[1]))
        return false;
    width_decide_if(b, x[0].fault == 0xE && x[1].status == DMA_TRANSLATED, group, bit);
    return true;
}

/* The same of a hit in a 1-GiB page: first somewhere else in it. */
bool width_interrupt_output_hit(struct bench *b, const struct experiment *e, unsigned group,
                                unsigned bit)
{
    struct device d = width_random_device(b, 0);
    uint64_t pa = (UINT64_C(0xFEE00000) + (block_random(&b->random) & 0xFFFFC)) ^ UINT64_C(1)
                                                                                      << bit;
    uint64_t base = width_random_iova(b, &d) >> 30 << 30;
    struct rec_dma x[2];

    (void)e;
    width_map_to(b, &d, base, 30, pa);
    if (!width_go(b, d.sid, base, &x[0]) || !width_go(b, d.sid, base | (pa & 0x3FFFFFFF), &x[1]))
        return false;
    width_decide_if(b, width_iotlb_hit(&x[1]) && x[1].status == DMA_TRANSLATED, group, bit);
    return true;
}
