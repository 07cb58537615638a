// SPDX-License-Identifier: Apache-2.0
// Device-TLBs of the pool: translation and translated requests, completions early, late and wrong,
// and invalidations that nobody answers, whose time runs out beside everything else.
// docs/iommu.md I101 to I106.
#include "iommu_pool.h"

#define TYPE_DEVICE   3
#define DEAF_PERCENT  12 /* of the invalidations: nobody answers */
#define AROUND        7  /* cycles before and behind the end of the time */
#define OUT_PERCENT   4  /* of the requests beside a deaf one wait for that end */
#define WRONG_PERCENT 3  /* of the requests with nothing outstanding have a completion */

void pool_device_descriptor(struct bench *b, uint64_t d[2])
{
    uint64_t r = block_random(&b->random);

    d[0] = TYPE_DEVICE | (r & UINT64_C(0xFFF00000001FF000)) | (uint64_t)pool_sid(b) << 32;
    d[1] = block_chance(&b->random, 50)
               ? (pool_iova(b) & ~UINT64_C(0xFFF)) | block_chance(&b->random, 50)
               : block_random(&b->random) & ~UINT64_C(0xFFE);
}

/* d has an address, a length and a direction. */
void pool_device_request(struct bench *b, struct rec_dma *d)
{
    uint32_t dice = block_below(&b->random, 100);

    if (dice < 3) { /* of any kind, malformed ones too */
        d->at = (uint8_t)block_below(&b->random, 4);
    } else if (dice < 11) { /* any low bits, as long as it stays in its 16 bytes */
        d->at = 1;
        d->write = 0;
        d->len = 8;
        d->iova = (d->iova & ~UINT64_C(0xF)) | block_below(&b->random, 9);
    } else if (dice < 16) {
        d->at = 2;
        if (block_chance(&b->random, 90))
            d->iova &= (UINT64_C(1) << 40) - 1;
    }
}

static struct viommu_completion completion(struct bench *b, bool right)
{
    struct viommu_completion c = {.sid = b->invalidation.sid,
                                  .error = block_chance(&b->random, 12),
                                  .after = block_below(&b->random, 24)};

    if (block_chance(&b->random, 40))
        c.after = block_below(&b->random, 3);
    if (!right)
        c.sid = block_chance(&b->random, 50) ? c.sid ^ (uint16_t)(1u << block_below(&b->random, 16))
                                             : (uint16_t)block_random(&b->random);
    return c;
}

/* What was sent since the last look is answered, or is not. */
static bool deaf(struct bench *b)
{
    if (b->deaf_of != b->sent)
        b->deaf = block_chance(&b->random, DEAF_PERCENT);
    b->deaf_of = b->sent;
    return b->deaf;
}

/* Each thing that is asked comes around the end of the time. */
static unsigned about(struct bench *b, unsigned end)
{
    return end + block_below(&b->random, 2 * AROUND) - AROUND;
}

static void aim(struct bench *b)
{
    unsigned end = iommu_time_left(b);

    if (end <= AROUND)
        return;
    if (b->ask.dma && block_chance(&b->random, 70))
        b->ask.dma_after = about(b, end);
    if (b->ask.regs != 0)
        b->ask.reg[0].after = about(b, end);
    if (block_chance(&b->random, 50)) {
        b->ask.completions = 1 + block_chance(&b->random, 30);
        for (unsigned i = 0; i < b->ask.completions; i++)
            b->ask.completion[i] = completion(b, block_chance(&b->random, 70));
        b->ask.completion[0].after = about(b, end);
    }
    if (block_chance(&b->random, 30))
        b->ask.lasts = about(b, end);
}

void pool_device_beside(struct bench *b)
{
    bool outstanding = iommu_awaits(b), silent = deaf(b);

    if (outstanding && silent && block_chance(&b->random, OUT_PERCENT)) {
        aim(b);
        return;
    }
    if (!block_chance(&b->random, outstanding ? 35 : WRONG_PERCENT))
        return;
    b->ask.completions = 1 + block_chance(&b->random, 15);
    for (unsigned i = 0; i < b->ask.completions; i++)
        b->ask.completion[i] = completion(b, !silent && block_chance(&b->random, 70));
}
