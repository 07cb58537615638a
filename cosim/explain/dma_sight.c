// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "dma_sight.h"

#define BITS(high, low) (UINT64_MAX >> (63 - (high)) & UINT64_MAX << (low))
#define PAGE_OF(value)  ((value)&BITS(51, 12))

const struct dma_entry *dma_last(const struct dma_sight *s)
{
    return &s->entry[s->count - 1];
}

const struct dma_entry *dma_entry_of(const struct dma_sight *s, unsigned kind)
{
    for (unsigned i = 0; i < s->count; i++)
        if (s->entry[i].kind == kind)
            return &s->entry[i];
    return NULL;
}

unsigned dma_type(const struct dma_entry *context)
{
    return (unsigned)(context->word[0] >> 2 & 3);
}

unsigned dma_width(const struct dma_entry *context)
{
    return (unsigned)(context->word[1] & 7);
}

unsigned dma_shift(unsigned level)
{
    return 3 + 9 * level;
}

bool dma_is_leaf(const struct dma_entry *e)
{
    return e->kind == 1 || (e->word[0] & SS_PS) != 0;
}

/* --- reserved bits --- */

static uint64_t reserved_second_stage(const struct dma_sight *s, const struct dma_entry *e)
{
    const struct explain_unit *u = &s->q->unit;
    uint64_t bits = BITS(51, u->haw) | SS_TM | SS_SNP;

    if (e->kind == 1 || !(e->word[0] & SS_PS))
        return bits;
    if ((e->kind == 2 && u->large_2m) || (e->kind == 3 && u->large_1g))
        return bits | BITS(dma_shift(e->kind) - 1, 12);
    return bits | SS_PS;
}

uint64_t dma_reserved(const struct dma_sight *s, const struct dma_entry *e, unsigned word)
{
    uint64_t high = BITS(63, s->q->unit.haw);

    if (e->kind == DMA_ROOT)
        return e->word[word] & (word == 0 ? high | BITS(11, 1) : UINT64_MAX);
    if (e->kind == DMA_CONTEXT)
        return e->word[word] & (word == 0 ? high | BITS(11, 4) : BITS(63, 24) | BITS(7, 7));
    return word == 0 ? e->word[0] & reserved_second_stage(s, e) : 0;
}

/* --- the walk --- */

/* Reads one entry; true: the request goes on behind it. */
static bool reads(struct dma_sight *s, unsigned kind, uint64_t addr, struct dma_turn turn)
{
    struct dma_entry *e = &s->entry[s->count++];
    const struct dma_rule *rule;

    *e = (struct dma_entry){.kind = kind, .addr = addr};
    e->unread = !s->q->read(s->q->ctx, addr, kind <= DMA_SS_5 ? 8 : 16, e->word);
    if (addr == turn.addr)
        e->word[turn.word] ^= turn.mask;
    if (turn.habit == DMA_NO_RESERVED)
        for (unsigned i = 0; i < 2; i++)
            e->word[i] &= ~dma_reserved(s, e, i);
    if (kind <= DMA_SS_5) {
        bool alone = turn.habit == DMA_LEAF_RIGHTS;

        s->r = (alone || s->r) && (e->word[0] & SS_R) != 0;
        s->w = (alone || s->w) && (e->word[0] & SS_W) != 0;
    }
    rule = dma_denied(s);
    if (rule != NULL)
        s->answer = (struct explain_dma_answer){.blocked = true, .reason = rule->reason};
    return rule == NULL;
}

static uint64_t output(const struct dma_sight *s)
{
    const struct dma_entry *leaf = dma_last(s);
    uint64_t offset = BITS(dma_shift(leaf->kind) - 1, 0);

    return (PAGE_OF(leaf->word[0]) & ~offset) | (s->q->request.address & offset);
}

static void second_stage(struct dma_sight *s, struct dma_turn turn)
{
    const struct dma_entry *context = dma_last(s);
    uint64_t table = PAGE_OF(context->word[0]);

    s->r = s->w = true;
    for (unsigned level = dma_width(context) + 2; level != 0; level--) {
        uint64_t index = s->q->request.address >> dma_shift(level) & 511;

        if (!reads(s, level, table + 8 * index, turn))
            return;
        if (dma_is_leaf(dma_last(s)))
            break;
        table = PAGE_OF(dma_last(s)->word[0]);
    }
    s->answer.pa = s->q->request.at == 1 ? PAGE_OF(output(s)) : output(s);
}

struct dma_sight dma_sight_of(const struct explain_dma_query *q, struct dma_turn turn)
{
    struct dma_sight s = {.q = q};
    const struct explain_dma_request *r = &q->request;
    unsigned type;

    if (!reads(&s, DMA_ROOT, PAGE_OF(q->root) + 16 * (r->sid >> 8), turn) ||
        !reads(&s, DMA_CONTEXT, PAGE_OF(dma_last(&s)->word[0]) + 16 * (r->sid & 0xFF), turn))
        return s;
    type = dma_type(dma_last(&s));
    if (type == 2 || (type == 1 && r->at == 2))
        s.answer.pa = r->address;
    else
        second_stage(&s, turn);
    return s;
}

bool dma_same(const struct explain_dma_answer *a, const struct explain_dma_answer *b)
{
    if (a->blocked || b->blocked)
        return a->blocked == b->blocked && a->reason == b->reason;
    return a->pa == b->pa;
}

/* Caches may have given the entries above the first that was read. */
bool dma_read_alike(const struct dma_sight *s)
{
    unsigned at = s->count;

    for (unsigned i = s->q->rtl_reads; i-- > 0;)
        if (at == 0 || s->q->rtl_read[i] != s->entry[--at].addr)
            return false;
    return true;
}
