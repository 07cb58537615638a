// SPDX-License-Identifier: Apache-2.0
// An MMU that is not the model's: its caches, its time and what it walks are its own. The model
// asks for the same translations in the same order and takes the RTL's answers, each of which the
// legality oracle has to permit; A and D are set in the model's memory where the RTL's walker sets
// them, which the oracle judges too. docs/lockstep.md "An MMU of your own".
#include <string.h>

#include "scoreboard.h"

/* What was asked, without the answer. */
static struct rec_xlate asked(const struct rec_xlate *x)
{
    return (struct rec_xlate){.va = x->va,
                              .access = x->access,
                              .requester = x->requester,
                              .user = x->user,
                              .implicit = x->implicit};
}

/* Judged in the hook of its record (processor.c), which follows. */
void own_mmu_translate(void *ctx, struct rec_xlate *x)
{
    struct scoreboard *sb = ctx;
    const struct rec_xlate *rtl = ring_head(&sb->xlate.rtl);
    struct rec_xlate question;

    if (sb->diff.failed)
        return;
    if (rtl != NULL)
        question = asked(rtl);
    if (rtl == NULL || record_differs(&type_xlate, &question, x) != NULL) {
        scoreboard_differ(sb, &type_xlate, rtl == NULL ? NULL : &question, x);
        return;
    }
    if (!sb->diff.held)
        order_until(sb, rtl->cycle);
    *x = *rtl;
    sb->counts.stimuli[STIM_LEGAL_ANSWER]++;
}

/* A device that answers a walk says so to the board alone. */
void own_mmu_beat(struct scoreboard *sb, const struct rec_bus *b)
{
    unsigned first = (unsigned)__builtin_ctz(b->be);
    struct rw_access a = {.pa = b->addr + first,
                          .bytes = (uint8_t)__builtin_popcount(b->be),
                          .src = BUS_WALK,
                          .flags = b->flags};
    struct stale_place at = processor_place(sb);

    if (!rw_mem_is_ram(&sb->mem, a.pa, a.bytes))
        return;
    memcpy(a.data, b->data + first, a.bytes);
    at.cycle = b->cycle;
    if (!(a.flags & BUS_WRITE) && memcmp(a.data, sb->mem.ram + a.pa, a.bytes) != 0) {
        struct rec_bus mine = *b;

        memcpy(mine.data + first, sb->mem.ram + a.pa, a.bytes);
        scoreboard_differ(sb, &type_bus, b, &mine);
        return;
    }
    stale_beat(sb->stale, &a, &at);
    if ((a.flags & BUS_WRITE) && sb->own != NULL)
        own_iommu_store(sb, a.pa, a.data, a.bytes,
                        (struct legality_writer){AUTHOR_WALKER, at.rip, at.cycle});
    if ((a.flags & BUS_WRITE) && rw_mem_keeps(a.pa)) {
        memcpy(sb->mem.ram + a.pa, a.data, a.bytes);
        sb->ops->mem_changed(sb->model, a.pa, a.bytes);
    }
}
