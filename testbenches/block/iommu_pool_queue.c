// SPDX-License-Identifier: Apache-2.0
// The invalidation queue of the pool: batches of random descriptors, good and bad, a tail that
// jumps, errors and what software does about them, the event. docs/iommu.md I81 to I87.
#include "iommu_pool.h"

#define IQA_DW        UINT64_C(0x800)
#define DESCRIPTOR    16u
#define SMALL         8192 /* bytes of a queue */
#define FAR_JUMP      40   /* descriptors */
#define BATCH         4
#define AM_MOST       18
#define SETUP_ENTRIES (2 * 4096 / DESCRIPTOR)

enum { TYPE_CONTEXT = 1, TYPE_IOTLB = 2, TYPE_INTERRUPT = 4, TYPE_WAIT = 5 };

/* --- descriptors --- */

static void context_descriptor(struct bench *b, uint64_t d[2])
{
    d[0] = TYPE_CONTEXT | (uint64_t)block_below(&b->random, 4) << 48 | (uint64_t)pool_sid(b) << 32 |
           (uint64_t)pool_did(b) << 16;
    d[0] |= (block_chance(&b->random, 98) ? 1 + block_below(&b->random, 3) : 0) << 4;
}

static void iotlb_descriptor(struct bench *b, uint64_t d[2])
{
    unsigned g = block_chance(&b->random, 65) ? 3 : 1 + block_below(&b->random, 2);
    unsigned am = pool_am(b);

    if (am > AM_MOST && block_chance(&b->random, 80))
        am = 0;
    d[0] = TYPE_IOTLB | (block_chance(&b->random, 98) ? g << 4 : 0) | (uint64_t)pool_did(b) << 16;
    d[0] |= (uint64_t)block_below(&b->random, 4) << 6; /* DW, DR */
    d[1] = (pool_iova(b) & ~UINT64_C(0xFFF)) | (block_chance(&b->random, 30) ? 0x40 : 0) | am;
}

static void interrupt_descriptor(struct bench *b, uint64_t d[2])
{
    unsigned im = block_below(&b->random, block_chance(&b->random, 85)   ? 4
                                          : block_chance(&b->random, 80) ? 16
                                                                         : 32);

    d[0] = TYPE_INTERRUPT | (block_chance(&b->random, 85) ? 0x10 : 0) | (uint64_t)im << 27 |
           (uint64_t)pool_interrupt_index(b) << 32;
}

/* The status goes to a page of data; now and then to the next descriptor, to where nobody is, or
 * beyond 40 bits. */
static uint64_t status_address(struct bench *b, uint64_t at)
{
    uint32_t dice = block_below(&b->random, 100);

    if (dice < 6)
        return at + 16 + block_below(&b->random, 4) * 4;
    if (dice < 9)
        return block_random(&b->random) >> 24 & ~UINT64_C(3);
    if (dice < 11)
        return UINT64_C(1) << (40 + block_below(&b->random, 24));
    return pool_page(POOL_DATA + block_below(&b->random, POOL_DATA_PAGES)) +
           block_below(&b->random, 1024) * 4;
}

static void wait_descriptor(struct bench *b, uint64_t d[2], uint64_t at)
{
    d[0] = TYPE_WAIT | block_below(&b->random, 8) << 4 | block_random(&b->random) >> 32 << 32;
    d[1] = status_address(b, at);
}

static void random_descriptor(struct bench *b, uint64_t at)
{
    uint64_t d[2] = {0, 0};
    uint32_t dice = block_below(&b->random, 100);

    if (dice < 22)
        context_descriptor(b, d);
    else if (dice < 52)
        iotlb_descriptor(b, d);
    else if (dice < 70)
        interrupt_descriptor(b, d);
    else if (dice < 92)
        wait_descriptor(b, d, at);
    else if (dice < 98)
        pool_device_descriptor(b, d);
    else
        d[0] = block_below(&b->random, 16); /* PASID, unknown */
    if (block_chance(&b->random, 2))
        d[block_below(&b->random, 2)] ^= UINT64_C(1) << block_below(&b->random, 64);
    if (block_chance(&b->random, 1))
        d[0] |= UINT64_C(0x200) << block_below(&b->random, 3);
    iommu_poke(b, at, d[0]);
    iommu_poke(b, at + 8, d[1]);
}

static uint64_t queue_base(const struct bench *b)
{
    return b->iqa & UINT64_C(0xFFFFFFF000);
}

static uint32_t queue_bytes(const struct bench *b)
{
    return 4096u << (b->iqa & 7);
}

void pool_queue_setup(struct bench *b)
{
    b->iqa = pool_page(POOL_QUEUE);
    for (unsigned i = 0; i < SETUP_ENTRIES + POOL_QUEUES * 256; i++)
        random_descriptor(b, pool_page(POOL_QUEUE) + i * DESCRIPTOR);
}

/* --- the tail --- */

static uint32_t around(const struct bench *b, uint32_t offset)
{
    return offset & (queue_bytes(b) - 1) & ~(DESCRIPTOR - 1);
}

/* Waits that do nothing, from the tail to a few before the end: what follows goes round it. */
static void stretch(struct bench *b)
{
    uint32_t end = queue_bytes(b) - (1 + block_below(&b->random, BATCH)) * DESCRIPTOR;

    for (; b->iqt < end && queue_base(b) < BLOCK_MEMORY_BYTES; b->iqt += DESCRIPTOR) {
        iommu_poke(b, queue_base(b) + b->iqt, TYPE_WAIT);
        iommu_poke(b, queue_base(b) + b->iqt + 8, 0);
    }
}

/* New descriptors behind the tail. Returns the tail to be written. */
static uint32_t batch(struct bench *b)
{
    unsigned n = 1 + block_below(&b->random, BATCH);

    if (queue_bytes(b) <= SMALL && block_chance(&b->random, 4))
        stretch(b);
    if (block_chance(&b->random, 4)) /* old ones, through the end too */
        b->iqt = around(b, b->iqt + block_below(&b->random, FAR_JUMP) * DESCRIPTOR);
    for (unsigned i = 0; i < n; i++) {
        if (queue_base(b) < BLOCK_MEMORY_BYTES)
            random_descriptor(b, queue_base(b) + b->iqt);
        b->iqt = around(b, b->iqt + DESCRIPTOR);
    }
    if (block_chance(&b->random, 2)) /* beyond the end, mostly */
        return block_below(&b->random, 0x8000) * DESCRIPTOR;
    return b->iqt;
}

/* 8 bytes: IQT and the hole above it. */
static bool submit(struct bench *b)
{
    uint32_t tail = batch(b);

    return pool_write(b, REG_IQT, block_chance(&b->random, 30) ? 8 : 4,
                      tail | (block_chance(&b->random, 10) ? UINT64_C(0xFFFFFFFFFFF8000F) : 0));
}

/* --- the queue as a whole --- */

static bool set_base(struct bench *b)
{
    static const uint8_t sizes[] = {0, 0, 0, 0, 0, 1, 2, 7};

    b->iqa = pool_page(POOL_QUEUE + block_below(&b->random, POOL_QUEUES)) |
             sizes[block_below(&b->random, 8)];
    if (block_chance(&b->random, 5))
        b->iqa |= block_below(&b->random, 8);
    if (block_chance(&b->random, 4)) /* where nobody is */
        b->iqa |= UINT64_C(0x8000000000) >> block_below(&b->random, 17);
    b->iqt = around(b, b->iqt);
    return pool_write(b, REG_IQA, 8, b->iqa | (block_chance(&b->random, 5) ? IQA_DW : 0)) &&
           (block_chance(&b->random, 70) || pool_read(b, REG_IQA, 8));
}

/* IQH goes to 0, and the tail goes there first, mostly. */
static bool turn(struct bench *b)
{
    if (block_chance(&b->random, 85)) {
        b->iqt = block_chance(&b->random, 80) ? 0 : around(b, block_below(&b->random, 64) * 16);
        if (!pool_write(b, REG_IQT, 4, b->iqt))
            return false;
    }
    return iommu_command(b, b->gcmd ^ GCMD_QIE, 0) && pool_read(b, REG_IQH, 8);
}

bool pool_queue_restore(struct bench *b)
{
    return pool_write(b, REG_IQA, 8, b->iqa) && pool_write(b, REG_IQT, 4, b->iqt);
}

/* --- errors --- */

/* A good one in the place of the bad one, or the tail goes back to the head. */
static bool repair(struct bench *b, uint32_t code, uint32_t head)
{
    switch (code) {
    case 1:
        b->iqt = around(b, block_chance(&b->random, 50) ? head : b->iqt);
        return pool_write(b, REG_IQT, 4, b->iqt);
    case 2:
    case 5:
        return set_base(b);
    default:
        break;
    }
    if (block_chance(&b->random, 20)) {
        b->iqt = around(b, head);
        return pool_write(b, REG_IQT, 4, b->iqt);
    }
    if (queue_base(b) + head < BLOCK_MEMORY_BYTES) {
        iommu_poke(b, queue_base(b) + head, TYPE_WAIT | 0x40);
        iommu_poke(b, queue_base(b) + head + 8, 0);
    }
    return true;
}

/* All of the conditions, or some. */
static uint32_t some_status(struct bench *b)
{
    uint32_t all = FSTS_QUEUE | block_chance(&b->random, 20);

    return block_chance(&b->random, 70) ? all : all & block_below(&b->random, 0x80);
}

static bool service(struct bench *b)
{
    struct answer a, error, head;

    if (!iommu_own_queue(b) || !iommu_read(b, REG_FSTS, 4, &a) ||
        !iommu_read(b, REG_IQERCD, 8, &error) ||
        !iommu_read(b, REG_IQH, block_chance(&b->random, 50) ? 8 : 4, &head))
        return false;
    if ((a.reg[0] & FSTS_QUEUE) == 0 || block_chance(&b->random, 10))
        return true;
    if ((a.reg[0] & FSTS_IQE) != 0 && block_chance(&b->random, 90) &&
        !repair(b, (uint32_t)error.reg[0], (uint32_t)head.reg[0]))
        return false;
    return block_chance(&b->random, 5) || pool_write(b, REG_FSTS, 4, some_status(b));
}

/* --- the event --- */

static bool event_registers(struct bench *b)
{
    switch (block_below(&b->random, 8)) {
    case 0:
        return pool_write(b, REG_IEDATA, 4, block_random(&b->random) & UINT32_MAX);
    case 1:
        return pool_write(b, REG_IEADDR, 4, 0xFEE00000 | (block_below(&b->random, 256) << 12));
    case 2:
        return pool_write(b, REG_IEUADDR, 4,
                          block_chance(&b->random, 60) ? 0 : block_random(&b->random) & UINT32_MAX);
    case 3:
        return pool_write(b, REG_FEUADDR, 4,
                          block_chance(&b->random, 60) ? 0 : block_random(&b->random) & UINT32_MAX);
    case 4:
        return pool_read(b, REG_ICS, 4) && pool_read(b, REG_IECTL, 8) &&
               pool_read(b, REG_IEADDR, 8);
    case 5: /* unmasks and changes the data */
        return pool_write(b, REG_IECTL, 8,
                          block_below(&b->random, 0x10000) * (UINT64_C(1) << 32) |
                              (block_chance(&b->random, 40) ? 0x80000000u : 0));
    default:
        return pool_write(b, REG_IECTL, 4, block_chance(&b->random, 40) ? 0x80000000u : 0);
    }
}

bool pool_queue(struct bench *b)
{
    uint32_t dice = block_below(&b->random, 100);

    if (dice < 4)
        return turn(b);
    if ((b->gcmd & GCMD_QIE) == 0 && dice < 80)
        return true;
    if (dice < 62)
        return submit(b);
    if (dice < 82)
        return service(b);
    if (dice < 85)
        return set_base(b);
    if (dice < 92)
        return event_registers(b);
    return pool_write(b, REG_ICS, 4, block_chance(&b->random, 90) ? 1 : 0) &&
           pool_read(b, REG_ICS, 4);
}

struct viommu_reg pool_queue_beside(struct bench *b, unsigned after)
{
    struct viommu_reg g = {.write = true, .bytes = 4, .after = after};

    switch (block_below(&b->random, 8)) {
    case 0:
        g.offset = REG_ICS;
        g.wdata = 1;
        break;
    case 1:
        g.offset = REG_IECTL;
        g.wdata = block_chance(&b->random, 50) ? 0x80000000 : 0;
        break;
    case 2:
        g.offset = REG_FSTS;
        g.wdata = some_status(b);
        break;
    case 3:
        g = (struct viommu_reg){.offset = REG_IQH, .bytes = 8, .after = after};
        break;
    default:
        g.offset = REG_IQT;
        g.bytes = block_chance(&b->random, 25) ? 8 : 4;
        g.wdata = batch(b);
        break;
    }
    return g;
}
