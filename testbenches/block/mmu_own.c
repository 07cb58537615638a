// SPDX-License-Identifier: Apache-2.0
// The pins of a design that is not the project's: what its walker may do on the bus, and what the
// shell has seen at its other ports (docs/your-own-rtl.md). The first breach ends the run; its
// stream is "pins", its field the port.
#include <inttypes.h>
#include <stdio.h>

#include "block_mmu.h"

#define IDLE_PERCENT 30 /* of the requests: cycles before them in which nothing is asked */
#define IDLE_CYCLES  48

bool mmu_own_judged(const struct bench *b)
{
    return b->o->own && mmu_oracle_alone(b);
}

void mmu_own_idle(struct bench *b)
{
    if (mmu_own_judged(b) && !b->o->every && block_chance(&b->wait_random, IDLE_PERCENT))
        vmmu_idle(b->rtl, 1 + block_below(&b->wait_random, IDLE_CYCLES));
}

/* Aligned lanes: an entry of 4 or 8 bytes; a read may be of a whole block. */
static bool lanes_formed(const struct vblock_access *a)
{
    unsigned first = a->be == 0 ? 0 : (unsigned)__builtin_ctz(a->be);
    unsigned lanes = (unsigned)__builtin_popcount(a->be);

    if ((a->addr & 15) != 0 || (unsigned)a->be >> first != (1u << lanes) - 1)
        return false;
    return (lanes == 4 || lanes == 8 || (lanes == 16 && !a->write)) && first % lanes == 0;
}

static const char *access_breach(const struct bench *b, const struct vblock_access *a)
{
    if (!a->walk)
        return "not memory: src is not SrcWalk, or io or high is set";
    if (!lanes_formed(a))
        return "not an entry: addr is no multiple of 16, or be no aligned 4 or 8 lanes";
    if (!b->asking && !a->speculative)
        return "a walk without a request, and spec_o is low";
    if (a->write && !block_memory_claims(&b->rtl_memory, a->addr))
        return "not memory: a write where nobody answers";
    return NULL;
}

void mmu_own_access(struct bench *b, const struct vblock_access *a)
{
    const char *what;
    char text[BLOCK_TEXT];

    if (!mmu_own_judged(b))
        return;
    what = access_breach(b, a);
    b->locked = a->lock;
    b->locked_ahead = a->speculative;
    if (what == NULL)
        return;
    snprintf(text, sizeof(text), "%s; %s of lanes %04x at 0x%" PRIx64, what,
             a->write ? "write" : "read", a->be, a->addr);
    block_differ(b->r, "pins", "bus_req_o", text, "a walk's access", vmmu_cycle(b->rtl));
}

bool mmu_own_good(struct bench *b)
{
    const struct vblock_breach *breach;

    if (!b->o->own)
        return true;
    breach = vmmu_first_breach(b->rtl);
    if (breach != NULL)
        block_differ(b->r, "pins", breach->port, breach->seen, breach->wanted, breach->cycle);
    else if (mmu_own_judged(b) && b->locked && !b->locked_ahead && !b->asking)
        block_differ(b->r, "pins", "bus_req_o", "the bus is still locked", "unlocked",
                     vmmu_cycle(b->rtl));
    return !b->r->failed;
}
