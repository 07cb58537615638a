// SPDX-License-Identifier: Apache-2.0
// Experiments with device-TLBs: what a translation request is answered, which address types a
// context entry lets through, what is sent, completions and the end of the time for one.
// docs/iommu.md I101 to I106.
#include <string.h>

#include "iommu_width.h"

#define T_DEVICE_TLB UINT64_C(1)
#define TRANSLATION  1
#define TRANSLATED   2
#define NW           UINT64_C(1)
#define TYPE_DEVICE  UINT64_C(3)
#define ANY_FIELD    UINT64_C(0xFFF00000001FF000) /* PFSID, MIP */
#define RIGHTS       UINT64_C(3)
#define EVENT_IM     UINT32_C(0x80000000)
#define EVENT_IP     UINT32_C(0x40000000)
#define TIME_OUT     3 /* cycles from its acceptance to the next; a completion takes one more */

/* --- translation requests --- */

static struct device random_device(struct bench *b, uint64_t t, uint64_t aw)
{
    return width_add_device(b, width_random_id(b), width_random_id(b), t, width_random_page(b), aw);
}

static bool ask(struct bench *b, const struct device *d, unsigned at, uint64_t iova,
                struct rec_dma *x)
{
    struct rec_dma in = {
        .sid = d->sid, .iova = iova, .len = 8, .at = (uint8_t)at, .tag = (uint8_t)b->r->requests};
    struct answer a;
    bool same = iommu_request(b, &in, &a);

    *x = a.dma;
    return same;
}

static uint64_t completion(const struct rec_dma *x)
{
    uint64_t data;

    memcpy(&data, x->data, sizeof(data));
    return data;
}

static bool answered(const struct rec_dma *x, uint64_t rights)
{
    return x->status == DMA_COMPLETED && (completion(x) & RIGHTS) == rights;
}

/* The page, walked and hit. param: 0 to 2, the size; as the groups stand. */
bool width_completion(struct bench *b, const struct experiment *e, unsigned group, unsigned bit)
{
    struct decide_group *walk = &b->r->groups[G_CPL_WALK + e->param],
                        *hit = &b->r->groups[G_CPL_HIT + e->param],
                        *walk_pa = &b->r->groups[G_CPL_WALK_PA + e->param],
                        *hit_pa = &b->r->groups[G_CPL_HIT_PA + e->param];
    struct device d = random_device(b, T_DEVICE_TLB, iommu_largest_aw(b));
    uint64_t iova = width_random_iova(b, &d) & ~UINT64_C(0xFFF);
    uint64_t other = iova ^ (block_random(&b->random) & ((UINT64_C(1) << e->log2) - 1) & PAGE);
    struct rec_dma x[2];

    (void)group;
    (void)bit;
    width_map(b, &d, iova, e->log2);
    if (!ask(b, &d, TRANSLATION, iova, &x[0]) || !ask(b, &d, TRANSLATION, other, &x[1]))
        return false;
    if (answered(&x[0], RIGHTS) && !width_iotlb_hit(&x[0])) {
        decide_value(walk, completion(&x[0]));
        decide_value(walk_pa, x[0].pa);
    }
    if (answered(&x[1], RIGHTS) && width_iotlb_hit(&x[1])) {
        decide_value(hit, completion(&x[1]));
        decide_value(hit_pa, x[1].pa);
    }
    return true;
}

/* bits of bit: R, W of the leaf; NW; from the IOTLB. */
bool width_completion_rights(struct bench *b, const struct experiment *e, unsigned group,
                             unsigned bit)
{
    struct device d = random_device(b, T_DEVICE_TLB, iommu_largest_aw(b));
    uint64_t iova = width_random_iova(b, &d) & ~UINT64_C(0xFFF), rights = bit & RIGHTS;
    uint64_t expected = bit & 4 ? rights & SS_R : rights;
    struct path p = width_map(b, &d, iova, width_random_log2(b));
    uint64_t at = p.entry[width_leaf_level(p.log2)];
    bool again = (bit & 8) != 0;
    struct rec_dma x;

    (void)e;
    iommu_poke(b, at, (block_memory_read8(&b->model_memory, at) & ~RIGHTS) | rights);
    if ((again && !ask(b, &d, TRANSLATION, iova, &x)) ||
        !ask(b, &d, TRANSLATION, iova | (bit & 4 ? NW : 0), &x))
        return false;
    width_decide_if(b,
                    answered(&x, expected) && width_iotlb_hit(&x) == again &&
                        (expected != 0 || completion(&x) == 0),
                    group, bit);
    return true;
}

/* bit: a level less 1, R or W; that level does not grant it. */
bool width_completion_level(struct bench *b, const struct experiment *e, unsigned group,
                            unsigned bit)
{
    struct device d = random_device(b, T_DEVICE_TLB, iommu_largest_aw(b));
    uint64_t iova = width_random_iova(b, &d) & ~UINT64_C(0xFFF);
    uint64_t away = UINT64_C(1) << bit % 2;
    struct path p = width_map(b, &d, iova, 12);
    uint64_t at = p.entry[bit / 2 + 1];
    struct rec_dma x;

    (void)e;
    iommu_poke(b, at, block_memory_read8(&b->model_memory, at) & ~away);
    if (!ask(b, &d, TRANSLATION, iova, &x))
        return false;
    width_decide_if(b, answered(&x, RIGHTS & ~away), group, bit);
    return true;
}

/* Bits of the address that are not looked at. */
bool width_completion_ignored(struct bench *b, const struct experiment *e, unsigned group,
                              unsigned bit)
{
    struct device d = random_device(b, T_DEVICE_TLB, iommu_largest_aw(b));
    uint64_t iova = width_random_iova(b, &d) & ~UINT64_C(0xFFF);
    struct rec_dma x[2];

    (void)e;
    width_map(b, &d, iova, 12);
    if (!ask(b, &d, TRANSLATION, iova, &x[0]) ||
        !ask(b, &d, TRANSLATION, iova | UINT64_C(1) << bit, &x[1]))
        return false;
    width_decide_if(b, answered(&x[1], RIGHTS) && completion(&x[0]) == completion(&x[1]), group,
                    bit);
    return true;
}

/* bit: the length; 17: a write. */
bool width_completion_shape(struct bench *b, const struct experiment *e, unsigned group,
                            unsigned bit)
{
    struct device d = random_device(b, T_DEVICE_TLB, iommu_largest_aw(b));
    struct rec_dma in = {.sid = d.sid,
                         .iova = width_random_iova(b, &d) & ~UINT64_C(0xFFF),
                         .len = bit == 17 ? 8 : (uint8_t)bit,
                         .write = bit == 17,
                         .at = TRANSLATION};
    struct answer a;

    (void)e;
    width_map(b, &d, in.iova, 12);
    if (!iommu_request(b, &in, &a))
        return false;
    width_decide_if(b, a.dma.status == (bit == 8 ? DMA_COMPLETED : DMA_REJECTED), group, bit);
    return true;
}

/* By T and AT: the status, or the fault. */
static bool type_counts(const struct rec_dma *x, unsigned t, unsigned at)
{
    if (t == 3)
        return x->fault == 0x3;
    if (at == 0)
        return x->status == (t == T_PASS_THROUGH ? DMA_PASS_THROUGH : DMA_TRANSLATED);
    if (t != T_DEVICE_TLB || at == 3)
        return x->fault == 0xD;
    return x->status == (at == TRANSLATION ? DMA_COMPLETED : DMA_PASS_THROUGH);
}

/* bit: T and AT; param 1: in a hit of the context cache. */
bool width_address_type(struct bench *b, const struct experiment *e, unsigned group, unsigned bit)
{
    unsigned t = bit / 4, at = bit % 4;
    struct device d = random_device(b, t, iommu_largest_aw(b));
    uint64_t iova = width_random_iova(b, &d) & PAGE;
    struct rec_dma x;

    width_map(b, &d, iova, 12);
    if ((e->param != 0 && !ask(b, &d, 0, iova, &x)) || !ask(b, &d, at, iova, &x))
        return false;
    width_decide_if(b, type_counts(&x, t, at) && width_context_hit(&x) == (e->param != 0), group,
                    bit);
    return true;
}

/* --- invalidations --- */

/* One is outstanding, of any device; the fault event is masked. */
static bool begin(struct bench *b)
{
    struct answer a;

    return iommu_write(b, REG_FECTL, 4, EVENT_IM, &a) &&
           width_queue_sent(b, TYPE_DEVICE | (uint64_t)width_random_id(b) << 32, 0);
}

static uint16_t outstanding_sid(const struct bench *b)
{
    return b->invalidation.sid;
}

bool width_invalidation(struct bench *b, const struct experiment *e, unsigned group, unsigned bit)
{
    uint64_t lo = TYPE_DEVICE | (uint64_t)width_random_id(b) << 32;
    uint64_t hi = block_random(&b->random) & ~UINT64_C(0xFFE);

    (void)e;
    if (group == G_INV_IGNORED)
        lo |= UINT64_C(1) << bit;
    else
        lo |= block_random(&b->random) & ANY_FIELD;
    if (!width_queue(b, lo, hi))
        return false;
    if (b->descriptor.kind != IOMMU_DESCRIPTOR)
        return true;
    decide_value(&b->r->groups[G_INV_SID], b->invalidation.sid);
    decide_value(&b->r->groups[G_INV_ADDRESS], b->invalidation.addr | b->invalidation.value);
    width_decide_if(b, group == G_INV_IGNORED, group, bit);
    return true;
}

/* FSTS and IQERCD[63:32]. */
static bool read_status(struct bench *b, uint32_t *fsts, uint32_t *sids)
{
    struct answer a;

    if (!iommu_read(b, REG_FSTS, 4, &a))
        return false;
    *fsts = (uint32_t)a.reg[0] & FSTS_QUEUE;
    if (!iommu_read(b, REG_IQERCD + 4, 4, &a))
        return false;
    *sids = (uint32_t)a.reg[0];
    return true;
}

/* A completion of a source-id that differs in one bit, then the right one. */
bool width_completion_sid(struct bench *b, const struct experiment *e, unsigned group, unsigned bit)
{
    uint16_t other;
    uint32_t fsts, sids;
    struct answer a;
    bool held;

    (void)e;
    if (!begin(b))
        return false;
    other = (uint16_t)(outstanding_sid(b) ^ 1u << bit);
    if (!iommu_completion(b, other, false, &a) || !read_status(b, &fsts, &sids))
        return false;
    held = iommu_awaits(b) && fsts == FSTS_ICE && sids >> 16 == other;
    if (held)
        decide_value(&b->r->groups[G_ICESID], sids >> 16);
    if (!iommu_completion(b, outstanding_sid(b), false, &a))
        return false;
    width_decide_if(b, held && !iommu_awaits(b), group, bit);
    return iommu_quiet(b);
}

/* bit 0: right; 1: with an error; 2: nothing is outstanding; 3: translation is off; 4: of another
 * source with an error; 5: the newest source-id is kept; 6: it stays when ICE is cleared. */
bool width_completion_kind(struct bench *b, const struct experiment *e, unsigned group,
                           unsigned bit)
{
    uint32_t fsts, sids, before;
    bool held, ends = bit <= 1;
    uint16_t sid;
    struct answer a;

    (void)e;
    if (!begin(b) || !read_status(b, &fsts, &before))
        return false;
    sid = bit == 4 ? (uint16_t)~outstanding_sid(b) : outstanding_sid(b);
    if ((bit == 2 && !iommu_completion(b, sid, false, &a)) ||
        (bit == 3 && !iommu_command(b, 0, 0)) ||
        (bit >= 5 && !iommu_completion(b, sid ^ 1, false, &a)))
        return false;
    if (bit >= 5)
        sid ^= 2;
    if (!iommu_completion(b, sid, bit != 0 && bit != 2, &a) ||
        (bit == 6 && !iommu_write(b, REG_FSTS, 4, FSTS_ICE, &a)) || !read_status(b, &fsts, &sids))
        return false;
    held = iommu_awaits(b) == !(ends || bit == 2);
    if (bit == 0 || bit == 3)
        held = held && fsts == 0 && sids == before;
    else
        held = held && fsts == (bit == 6 ? 0 : FSTS_ICE) && sids >> 16 == sid;
    width_decide_if(b, held, group, bit);
    return iommu_quiet(b);
}

/* The step lasts until the time is over. */
static bool let_time_pass(struct bench *b, struct answer *a)
{
    b->ask = (struct viommu_ask){.lasts = iommu_time_left(b)};
    return iommu_step_one(b, a);
}

bool width_time_out_sid(struct bench *b, const struct experiment *e, unsigned group, unsigned bit)
{
    uint32_t fsts, sids;
    struct answer a;

    (void)e;
    (void)bit;
    if (!begin(b) || !let_time_pass(b, &a) || !read_status(b, &fsts, &sids))
        return false;
    if (a.time_outs == 1 && fsts == FSTS_ITE && (sids & 0xFFFF) == outstanding_sid(b))
        decide_value(&b->r->groups[group], sids);
    return iommu_quiet(b);
}

/* --- the event --- */

/* ICE or ITE; of both the other one comes first. */
static bool make_conditions(struct bench *b, bool time_out, bool both, struct answer *a)
{
    uint16_t wrong = width_random_id(b) | 1;

    if ((time_out || both) && !width_queue_sent(b, TYPE_DEVICE, 0))
        return false;
    if (time_out)
        return (!both || iommu_completion(b, wrong, true, a)) && let_time_pass(b, a);
    return (!both || let_time_pass(b, a)) && iommu_completion(b, wrong, true, a);
}

/* bit 0: ITE, not ICE; bit 1: masked; bit 2: the other one is set already, and is cleared last. */
bool width_device_event(struct bench *b, const struct experiment *e, unsigned group, unsigned bit)
{
    bool time_out = (bit & 1) != 0, masked = (bit & 2) != 0, both = (bit & 4) != 0, held;
    uint32_t control = masked ? EVENT_IM : 0;
    struct answer a;

    (void)e;
    if (!width_clear_faults(b) || !iommu_write(b, REG_FECTL, 4, control, &a) ||
        !make_conditions(b, time_out, both, &a))
        return false;
    held = a.events == (masked || both ? 0 : 1);
    if (!iommu_read(b, REG_FSTS, 4, &a))
        return false;
    held = held && (a.reg[0] & FSTS_QUEUE) == (both       ? FSTS_ICE | FSTS_ITE
                                               : time_out ? FSTS_ITE
                                                          : FSTS_ICE);
    if (!iommu_write(b, REG_FSTS, 4, both ? time_out ? FSTS_ITE : FSTS_ICE : 0, &a) ||
        !iommu_read(b, REG_FECTL, 4, &a))
        return false;
    held = held && a.reg[0] == (masked ? EVENT_IM | EVENT_IP : 0);
    if (!iommu_write(b, REG_FSTS, 4, FSTS_QUEUE, &a) || !iommu_read(b, REG_FECTL, 4, &a))
        return false;
    width_decide_if(b, held && a.reg[0] == control, group, bit);
    return iommu_quiet(b);
}

/* --- time --- */

static struct rec_dma some_request(struct bench *b, const struct device *d, uint64_t iova)
{
    return (struct rec_dma){.sid = d->sid, .iova = iova, .len = 1, .tag = (uint8_t)b->r->requests};
}

/* What comes around the end of the time, in cycle `end` of the step; and what follows from that. */
static void arrange(struct bench *b, unsigned bit, unsigned end, const struct rec_dma *in)
{
    struct viommu_ask *k = &b->ask;

    *k = (struct viommu_ask){.in = *in};
    switch (bit) {
    case 1: /* the last cycle before it */
        k->lasts = end - 1;
        break;
    case 2: /* a register access in the same cycle; 3: one that runs */
    case 3:
        k->regs = 1;
        k->reg[0] = (struct viommu_reg){.offset = REG_FSTS, .bytes = 4, .after = end - (bit == 3)};
        break;
    case 4: /* the completion in the same cycle; 5: with an error; 6: of another; 7: later */
    case 5:
    case 6:
    case 7:
        k->completions = 1;
        k->completion[0] = (struct viommu_completion){outstanding_sid(b) ^ (uint16_t)(bit == 6),
                                                      bit == 5, end + (bit == 7)};
        break;
    case 8: /* a request in the same cycle; 9: one that runs */
    case 9:
        k->dma = true;
        k->dma_after = end - 2 * (bit == 9);
        break;
    default: /* nothing */
        break;
    }
    if (bit != 1)
        k->lasts = end;
}

static bool came(const struct bench *b, unsigned bit, unsigned end, const struct answer *a)
{
    bool outstanding = iommu_awaits(b);

    switch (bit) {
    case 1:
        return a->time_outs == 0 && outstanding;
    case 2:
        return a->timed_out == end + 4;
    case 3:
        return a->timed_out == end + 3;
    case 4:
    case 5:
        return a->time_outs == 0 && !outstanding && a->completed[0] == end;
    case 6:
        return a->timed_out == end + 4 && a->completed[0] == end;
    case 7:
        return a->timed_out == end && a->completed[0] == end + TIME_OUT;
    case 9:
        return a->timed_out > end;
    default:
        return a->timed_out == end;
    }
}

/* bit 0: nothing else; 1 to 9: arrange(); 10: translation is off; 11: with the bus waiting on the
 * way; 12: the queue is on. */
bool width_time(struct bench *b, const struct experiment *e, unsigned group, unsigned bit)
{
    struct device d = random_device(b, T_SECOND_STAGE, iommu_largest_aw(b));
    uint64_t iova = width_random_iova(b, &d);
    struct rec_dma in = some_request(b, &d, iova);
    unsigned end, waited = 0;
    struct answer a;

    (void)e;
    width_map(b, &d, iova, 12);
    if (!begin(b))
        return false;
    for (unsigned i = 0; bit == 11 && i < 4; i++) {
        if (!iommu_request(b, &in, &a))
            return false;
        waited += b->waited;
    }
    if ((bit == 10 && !iommu_command(b, 0, 0)) ||
        (bit == 12 && !iommu_command(b, b->gcmd | GCMD_QIE, 0)))
        return false;
    end = iommu_time_left(b);
    if (end > 2) { /* without a model: nothing may have been sent */
        arrange(b, bit, end, &in);
        if (!iommu_step_one(b, &a))
            return false;
        width_decide_if(b, came(b, bit, end, &a) && (bit != 11 || waited != 0), group, bit);
    }
    return (bit != 12 || iommu_command(b, b->gcmd & ~GCMD_QIE, 0)) && iommu_quiet(b);
}
