// SPDX-License-Identifier: Apache-2.0
// The RTL's records on their way to the scoreboard: kept in order and handed over in batches, so
// that the Verilated code and the model each run for a while in a warm cache. What is compared, and
// its outcome, do not depend on the batch.
#ifndef RW_FEED_H
#define RW_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "scoreboard.h"

enum feed_kind {
    FEED_BUS,
    FEED_WALK,
    FEED_XLATE,
    FEED_IWALK,
    FEED_IOMMU,
    FEED_DMA,
    FEED_STIM,
    FEED_RETIRE,
    FEED_SYS,
    FEED_BOARD
};

#define FEED_BYTES (24 * 1024)

struct feed_head {
    uint32_t kind, bytes;
};

struct feed {
    struct scoreboard *sb;
    size_t used;
    _Alignas(8) unsigned char bytes[FEED_BYTES];
};

void feed_init(struct feed *f, struct scoreboard *sb);
/* Hands over everything that is kept. */
void feed_flush(struct feed *f);

static inline void feed_push(struct feed *f, enum feed_kind kind, const void *item, size_t bytes)
{
    struct feed_head head = {(uint32_t)kind, (uint32_t)bytes};

    if (sizeof(f->bytes) - f->used < sizeof(head) + bytes)
        feed_flush(f);
    memcpy(f->bytes + f->used, &head, sizeof(head));
    memcpy(f->bytes + f->used + sizeof(head), item, bytes);
    f->used += sizeof(head) + bytes;
}

#endif
