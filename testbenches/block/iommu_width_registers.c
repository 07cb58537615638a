// SPDX-License-Identifier: Apache-2.0
// Experiments with fault records, their event, and the offsets of registers.
#include "iommu_width.h"

/* --- faults, their event, registers --- */

/* No fault recorded, no condition of the event left. */
bool width_clear_faults(struct bench *b)
{
    struct answer a;

    for (unsigned i = 0; i < 8; i++)
        if (!iommu_write(b, REG_FRCD + 12 + 16 * i, 4, 0x80000000, &a))
            return false;
    return iommu_write(b, REG_FSTS, 4, FSTS_QUEUE | 1, &a);
}

/* Clears what is recorded, sets FEADDR and FEDATA, makes one fault of a wide address, reads its
 * record back. */
bool width_fault(struct bench *b, const struct experiment *e, unsigned group, unsigned bit)
{
    struct device d = width_random_device(b, 48);
    uint64_t iova = block_random(&b->random) | UINT64_C(1) << (57 + bit % 7);
    uint64_t feaddr = block_random(&b->random) & ~UINT64_C(3) &
                      (iommu_has(b, IOMMU_EIM) ? UINT64_MAX : UINT32_MAX);
    uint32_t fedata = (uint32_t)block_random(&b->random) & 0xFFFF;
    unsigned index;
    struct decide_group *g = b->r->groups;
    struct answer a;
    struct rec_dma x;

    (void)e;
    (void)group;
    if (!width_clear_faults(b) || !iommu_write(b, REG_FECTL, 4, 0, &a) ||
        !iommu_write(b, REG_FEDATA, 4, fedata, &a) || !iommu_write(b, REG_FEADDR, 8, feaddr, &a) ||
        !width_go(b, d.sid, iova & ~UINT64_C(15), &x))
        return false;
    if (x.recorded != 1)
        return true;
    if (b->message_addr == feaddr && b->message_data == fedata) {
        decide_value(&g[G_FEADDR], feaddr);
        decide_value(&g[G_FEDATA], fedata);
    }
    if (!iommu_read(b, REG_FSTS, 4, &a))
        return false;
    index = a.reg[0] >> 8 & 7;
    if (!iommu_read(b, REG_FRCD + 16 * index, 8, &a))
        return false;
    width_decide_if(b, (a.reg[0] ^ iova) >> 12 == 0, G_FRCD_INDEX, index);
    decide_value(&g[G_FRCD_FI], a.reg[0]);
    if (!iommu_read(b, REG_FRCD + 8 + 16 * index, 8, &a))
        return false;
    decide_value(&g[G_FRCD_SID], a.reg[0]);
    return true;
}

/* Some dword of the window, often near one where something is. */
static uint32_t some_dword(struct bench *b)
{
    static const uint16_t offsets[] = {0x000, 0x008, 0x010, 0x020, 0x038, 0x03C,
                                       0x040, 0x100, 0x108, 0x200, 0x208, 0x27C};
    uint32_t at = offsets[block_below(&b->random, sizeof(offsets) / sizeof(offsets[0]))] / 4;

    return block_chance(&b->random, 60) ? at ^ 1u << block_below(&b->random, 10) : at;
}

/* The dwords of the window one after the other, and some beside; written now and then, and read. A
 * neighbour in one bit of the offset that read otherwise shows that the bit counts. */
bool width_register_offset(struct bench *b, const struct experiment *e, unsigned group,
                           unsigned bit)
{
    struct answer a;

    (void)e;
    (void)bit;
    for (unsigned i = 0; i < 48; i++) {
        uint32_t at = i < 32 ? b->next_dword++ % 1024 : some_dword(b);

        if (at != REG_GCMD / 4 && block_chance(&b->random, 30) &&
            !iommu_write(b, at * 4, 4, block_random(&b->random) & 0xFFFFFFFF, &a))
            return false;
        if (!iommu_read(b, at * 4, 4, &a))
            return false;
        b->read_value[at] = (uint32_t)a.reg[0];
        b->was_read[at] = true;
        for (unsigned k = 0; k < 10; k++) {
            uint32_t other = at ^ 1u << k;

            width_decide_if(b, b->was_read[other] && b->read_value[other] != b->read_value[at],
                            group, k + 2);
        }
    }
    return true;
}
