// SPDX-License-Identifier: Apache-2.0
// Experiments with interrupt remapping: the tag of the interrupt-entry cache and what invalidates
// it, the index, the table's address and size, the bits of an entry, the source, the message.
// docs/iommu.md I71 to I76.
#include "iommu_width.h"

#define EIME         UINT64_C(0x800)
#define S_LARGEST    15u
#define ENTRIES      65536u
#define IRTE_FREE    UINT64_C(0xFF0FFC) /* DM RH TM DLM, available bits, vector */
#define SVT_SOURCE   (UINT64_C(1) << 18)
#define SVT_BUSES    (UINT64_C(2) << 18)
#define ADDRESS_MASK ((UINT64_C(1) << 40) - 1)

struct table {
    uint64_t base;
    bool eime;
};

static struct table random_table(struct bench *b)
{
    return (struct table){.base = width_random_page(b),
                          .eime = block_chance(&b->random, 50) && iommu_has(b, IOMMU_EIM)};
}

static bool begin(struct bench *b, const struct table *t, unsigned s)
{
    struct answer a;

    return iommu_write(b, REG_IRTA, 8, t->base | (t->eime ? EIME : 0) | s, &a) &&
           iommu_command(b, GCMD_TE | GCMD_IRE, GCMD_SIRTP);
}

static bool end(struct bench *b)
{
    return iommu_command(b, GCMD_TE, 0);
}

static uint64_t entry_address(const struct table *t, uint32_t index)
{
    return (t->base + index * UINT64_C(16)) & ADDRESS_MASK;
}

/* An entry that every source may use; SID and SQ are anything. */
static uint64_t random_lo(struct bench *b, const struct table *t)
{
    uint64_t r = block_random(&b->random);

    return (r & IRTE_FREE) | 1 | (t->eime ? r >> 32 << 32 : (r >> 56) << 40);
}

static void put(struct bench *b, const struct table *t, uint32_t index, uint64_t lo, uint64_t hi)
{
    iommu_poke(b, entry_address(t, index), lo);
    iommu_poke(b, entry_address(t, index) + 8, hi);
}

static uint64_t put_random(struct bench *b, const struct table *t, uint32_t index)
{
    uint64_t lo = random_lo(b, t);

    put(b, t, index, lo, block_random(&b->random) & 0x3FFFF);
    return lo;
}

static bool go(struct bench *b, uint16_t sid, uint32_t handle, bool shv, uint32_t data,
               struct rec_dma *x)
{
    struct rec_dma in = {.sid = sid, .write = 1, .len = 4, .tag = (uint8_t)b->r->requests};
    struct answer a;
    bool same;

    in.iova = UINT64_C(0xFEE00010) | (handle & 0x7FFF) << 5 | (shv ? 8 : 0) | handle >> 15 << 2;
    for (unsigned i = 0; i < 4; i++)
        in.data[i] = (uint8_t)(data >> (8 * i));
    same = iommu_request(b, &in, &a);
    *x = a.dma;
    return same;
}

static bool go_index(struct bench *b, uint32_t index, struct rec_dma *x)
{
    return go(b, width_random_id(b), index, false, 0, x);
}

static bool hit(const struct rec_dma *x)
{
    return (x->hit & 1) != 0;
}

static void decide_message(struct bench *b, const struct table *t, uint64_t lo,
                           const struct rec_dma *x)
{
    struct decide_group *g = b->r->groups;

    if (x->status != DMA_REMAPPED)
        return;
    decide_value(&g[!t->eime ? G_MESSAGE_NARROW : hit(x) ? G_MESSAGE_HIT : G_MESSAGE_WALK], x->pa);
    decide_value(&g[G_MESSAGE_DATA], (lo >> 16 & 0xFF) | (lo >> 5 & 7) << 8 | (lo >> 4 & 1) << 15);
}

/* --- the cache --- */

bool width_interrupt_tag(struct bench *b, const struct experiment *e, unsigned group, unsigned bit)
{
    struct table t = random_table(b);
    uint32_t index = width_random_id(b), other = index ^ 1u << bit;
    uint64_t lo = put_random(b, &t, index);
    struct rec_dma x[3];

    (void)e;
    put_random(b, &t, other);
    if (!begin(b, &t, S_LARGEST) || !go_index(b, index, &x[0]) || !go_index(b, other, &x[1]) ||
        !go_index(b, index, &x[2]) || !end(b))
        return false;
    width_decide_if(b, !hit(&x[1]) && hit(&x[2]), group, bit);
    if (!hit(&x[0])) {
        decide_value(&b->r->groups[G_IRTA], t.base);
        decide_value(&b->r->groups[G_IRTE_ADDRESS], entry_address(&t, index));
        decide_value(&b->r->groups[G_HANDLE], index);
        decide_message(b, &t, lo, &x[0]);
        decide_message(b, &t, lo, &x[2]);
    }
    return true;
}

/* An invalidation of 2^IM entries around the neighbour. */
bool width_interrupt_invalidate(struct bench *b, const struct experiment *e, unsigned group,
                                unsigned bit)
{
    struct table t = random_table(b);
    uint32_t index = width_random_id(b);
    uint32_t of = index ^ 1u << bit ^ block_below(&b->random, 1u << e->param);
    struct rec_dma x[2];

    put_random(b, &t, index);
    if (!begin(b, &t, S_LARGEST) || !go_index(b, index, &x[0]) ||
        !width_queue(b, 4 | 0x10 | (uint64_t)e->param << 27 | (uint64_t)(of & 0xFFFF) << 32, 0) ||
        !go_index(b, index, &x[1]) || !end(b))
        return false;
    /* Inside it goes, whatever the bits below IM are; it was there. */
    width_decide_if(b, x[0].status == DMA_REMAPPED && hit(&x[1]) == (bit >= e->param), group, bit);
    return true;
}

/* --- the index --- */

bool width_subhandle(struct bench *b, const struct experiment *e, unsigned group, unsigned bit)
{
    struct table t = random_table(b);
    uint32_t sub = width_random_id(b), handle = block_below(&b->random, ENTRIES - sub);
    struct rec_dma x;

    (void)e;
    (void)bit;
    put_random(b, &t, handle + sub);
    if (!begin(b, &t, S_LARGEST) || !go(b, width_random_id(b), handle, true, sub, &x) || !end(b))
        return false;
    if (x.status == DMA_REMAPPED && !hit(&x))
        decide_value(&b->r->groups[group], sub);
    return true;
}

/* Without SHV the data counts for nothing. */
bool width_no_shv(struct bench *b, const struct experiment *e, unsigned group, unsigned bit)
{
    struct table t = random_table(b);
    uint32_t index = width_random_id(b);
    struct rec_dma x[2];

    (void)e;
    put_random(b, &t, index);
    if (!begin(b, &t, S_LARGEST) || !go_index(b, index, &x[0]) ||
        !go(b, 0, index, false, 1u << bit, &x[1]) || !end(b))
        return false;
    width_decide_if(b, hit(&x[1]) && x[1].status == DMA_REMAPPED, group, bit);
    return true;
}

bool width_data_high(struct bench *b, const struct experiment *e, unsigned group, unsigned bit)
{
    struct table t = random_table(b);
    uint32_t index = width_random_id(b);
    struct rec_dma x;

    (void)e;
    put_random(b, &t, index);
    if (!begin(b, &t, S_LARGEST) ||
        !go(b, 0, index, false, width_random_id(b) | UINT32_C(1) << bit, &x) || !end(b))
        return false;
    width_decide_if(b, x.fault == 0x20, group, bit);
    return true;
}

/* bit: S. The last entry, and one beyond: the next, or one with a higher bit. */
bool width_table_size(struct bench *b, const struct experiment *e, unsigned group, unsigned bit)
{
    struct table t = random_table(b);
    uint32_t last = (2u << bit) - 1, beyond = last;
    bool next = bit == S_LARGEST || block_chance(&b->random, 50);
    struct rec_dma x[2];

    (void)e;
    if (!next)
        beyond = (block_below(&b->random, 2u << bit)) | 2u << bit
                                                           << block_below(&b->random, 15 - bit);
    put_random(b, &t, last);
    put_random(b, &t, 0);
    if (!begin(b, &t, bit) || !go_index(b, last, &x[0]) ||
        !go(b, width_random_id(b), beyond, next, next, &x[1]) || !end(b))
        return false;
    width_decide_if(b, x[0].fault == 0 && x[1].fault == 0x21, group, bit);
    return true;
}

/* --- the bits of an entry --- */

bool width_irte_bit(struct bench *b, const struct experiment *e, unsigned group, unsigned bit)
{
    struct table t = random_table(b);
    uint32_t index = width_random_id(b);
    uint64_t at = entry_address(&t, index) + (group == G_IRTE_HI ? 8 : 0);
    struct rec_dma x;

    if (group == G_IRTE_LO_EIME_0)
        t.eime = false;
    put_random(b, &t, index);
    iommu_poke(b, at, block_memory_read8(&b->model_memory, at) ^ UINT64_C(1) << bit);
    if (!begin(b, &t, S_LARGEST) || !go_index(b, index, &x) || !end(b))
        return false;
    width_decide_if(b, x.fault == e->param && !hit(&x), group, bit);
    return true;
}

/* Two sources, the second one not the entry's; mostly the first has put it into the cache. */
static bool two_sources(struct bench *b, uint64_t hi, uint16_t first, uint16_t second,
                        struct rec_dma *x)
{
    struct table t = random_table(b);
    uint32_t index = width_random_id(b);

    put(b, &t, index, random_lo(b, &t), hi);
    return begin(b, &t, S_LARGEST) &&
           (block_chance(&b->random, 30) || go(b, first, index, false, 0, &x[0])) &&
           go(b, second, index, false, 0, &x[1]) && go(b, first, index, false, 0, &x[0]) && end(b);
}

bool width_source(struct bench *b, const struct experiment *e, unsigned group, unsigned bit)
{
    static const uint8_t ignored[] = {0, 4, 6, 7}; /* by SQ */
    uint16_t sid = width_random_id(b);
    struct rec_dma x[2];

    if (!two_sources(b, sid | (uint64_t)e->param << 16 | SVT_SOURCE, sid,
                     (uint16_t)(sid ^ 1u << bit), x))
        return false;
    width_decide_if(b, x[0].fault == 0 && (x[1].fault == 0) == (ignored[e->param] >> bit & 1),
                    group, bit);
    return true;
}

/* The first bus, and the one below it by this bit; the last, and the one above. */
bool width_buses(struct bench *b, const struct experiment *e, unsigned group, unsigned bit)
{
    unsigned of = block_below(&b->random, 256), other;
    uint64_t range;
    struct rec_dma x[2];

    (void)e;
    if (group == G_BUS_FIRST) {
        of |= 1u << bit;
        range = of << 8 | 0xFF;
    } else {
        of &= ~(1u << bit);
        range = of;
    }
    other = of ^ 1u << bit;
    if (!two_sources(b, range | SVT_BUSES | (block_random(&b->random) & 0x30000),
                     (uint16_t)(of << 8 | block_below(&b->random, 256)),
                     (uint16_t)(other << 8 | block_below(&b->random, 256)), x))
        return false;
    width_decide_if(b, x[0].fault == 0 && x[1].fault == 0x26, group, bit);
    return true;
}

/* --- its fault --- */

bool width_interrupt_fault(struct bench *b, const struct experiment *e, unsigned group,
                           unsigned bit)
{
    struct table t = random_table(b);
    uint32_t index = width_random_id(b);
    struct answer a;
    struct rec_dma x;

    (void)e;
    (void)bit;
    put(b, &t, index, 0, 0);
    if (!width_clear_faults(b) || !begin(b, &t, S_LARGEST) || !go_index(b, index, &x) || !end(b) ||
        !iommu_read(b, REG_FSTS, 4, &a) ||
        !iommu_read(b, REG_FRCD + 16 * (a.reg[0] >> 8 & 7), 8, &a))
        return false;
    if (x.recorded == 1 && x.fault == 0x22)
        decide_value(&b->r->groups[group], a.reg[0]);
    return true;
}
