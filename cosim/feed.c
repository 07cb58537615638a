// SPDX-License-Identifier: Apache-2.0
// The RTL's records on their way to the scoreboard, in batches.
#include "feed.h"

#include <string.h>

void feed_init(struct feed *f, struct scoreboard *sb)
{
    f->sb = sb;
    f->used = 0;
}

static void hand_over(struct scoreboard *sb, enum feed_kind kind, const void *item)
{
    switch (kind) {
    case FEED_BUS:
        scoreboard_bus(sb, item);
        break;
    case FEED_WALK:
        scoreboard_walk(sb, item);
        break;
    case FEED_XLATE:
        scoreboard_xlate(sb, item);
        break;
    case FEED_IWALK:
        scoreboard_iwalk(sb, item);
        break;
    case FEED_IOMMU:
        scoreboard_iommu(sb, item);
        break;
    case FEED_DMA:
        scoreboard_dma(sb, item);
        break;
    case FEED_STIM:
        scoreboard_stim(sb, item);
        break;
    case FEED_RETIRE:
        scoreboard_retire(sb, item);
        break;
    case FEED_SYS:
        scoreboard_sys(sb, item);
        break;
    case FEED_BOARD:
        scoreboard_board(sb, item);
        break;
    }
}

void feed_flush(struct feed *f)
{
    size_t used = f->used;

    f->used = 0;
    for (size_t at = 0; at < used;) {
        struct feed_head head;

        memcpy(&head, f->bytes + at, sizeof(head));
        hand_over(f->sb, (enum feed_kind)head.kind, f->bytes + at + sizeof(head));
        at += sizeof(head) + head.bytes;
    }
}
