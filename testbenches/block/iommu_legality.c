// SPDX-License-Identifier: Apache-2.0
// The IOMMU bench with the legality oracle beside exact mode, or as the only judge:
// docs/legality-iommu.md. The oracle is told what happens on the design's side, as it happens: its
// memory, the register writes and descriptors that it has finished, its requests.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "iommu_step.h"
#include "vtd_unit.h"

/* MAMV and the like are a design's own. */
static struct legality_unit unit_of(const struct bench *b)
{
    struct legality_unit u = vtd_unit(&b->vtd);

    if (b->own.cap != 0)
        u.cap = b->own.cap;
    if (b->own.ecap != 0)
        u.ecap = b->own.ecap;
    return u;
}

static bool oracle_read(void *ctx, uint64_t addr, uint64_t to[2], unsigned bytes)
{
    const struct block_memory *m = &((struct bench *)ctx)->rtl_memory;

    block_memory_read(m, addr, to, bytes);
    return block_memory_claims(m, addr);
}

bool iommu_oracle_alone(const struct bench *b)
{
    return b->o->legality == BLOCK_LEGALITY_ONLY;
}

bool iommu_legality_open(struct bench *b)
{
    static const char *const modes[] = {"root table", "context", "second stage", "interrupts",
                                        "device-TLB"};
    const struct legality_iommu_env env = {b, oracle_read};
    const struct legality_unit unit = unit_of(b);

    if (b->o->legality == BLOCK_EXACT)
        return true;
    b->oracle = legality_iommu_create(&env, &unit, LEGALITY_VALUES);
    for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
        b->r->legality.mode[i] = modes[i];
    return b->oracle != NULL;
}

void iommu_legality_close(struct bench *b)
{
    if (b->oracle != NULL)
        legality_iommu_destroy(b->oracle);
}

void iommu_legality_reset(struct bench *b)
{
    const struct legality_unit unit = unit_of(b);

    if (b->oracle != NULL)
        legality_iommu_reset(b->oracle, &unit);
}

/* --- memory --- */

static void commit(struct bench *b, uint64_t addr, const void *before, const void *after,
                   unsigned bytes, enum legality_author author)
{
    const struct legality_store s = {
        addr, bytes, before, after, {author, b->ask.in.sid, viommu_cycle(b->rtl)}};

    legality_iommu_commit(b->oracle, &s);
}

void iommu_rtl_write(struct bench *b, uint64_t addr, const void *from, unsigned bytes,
                     enum legality_author author)
{
    bool silent = !block_memory_claims(&b->rtl_memory, addr);
    uint8_t before[16];

    block_memory_read(&b->rtl_memory, addr, before, bytes);
    block_memory_write(&b->rtl_memory, addr, from, bytes);
    if (iommu_oracle_alone(b)) /* without a model its memory follows */
        block_memory_write(&b->model_memory, addr, from, bytes);
    if (b->oracle != NULL)
        commit(b, addr, before, from, bytes, author);
    if (b->oracle != NULL && silent)
        legality_iommu_answers(b->oracle, addr);
}

void iommu_forget(struct bench *b)
{
    uint8_t nothing[16];

    memset(nothing, 0xFF, sizeof(nothing));
    for (size_t i = 0; b->oracle != NULL && i < SPARSE_BLOCKS; i++) {
        const struct sparse_block *s = &b->rtl_memory.sparse[i];

        if (s->used)
            commit(b, s->addr, s->data, nothing, sizeof(nothing), AUTHOR_HARNESS);
    }
    block_memory_forget(&b->rtl_memory);
    block_memory_forget(&b->model_memory);
}

/* --- the unit's own records --- */

void iommu_legality_record(struct bench *b, const struct rec_iommu *r)
{
    if (b->oracle == NULL)
        return;
    if (r->kind == IOMMU_REG_WRITE)
        legality_iommu_write(b->oracle, (uint32_t)r->addr, r->size, r->lo);
    else if (r->kind == IOMMU_FAULT_RECORD)
        legality_iommu_recorded(b->oracle, (unsigned)r->addr, r->lo, r->hi);
    else if (r->kind == IOMMU_DESCRIPTOR)
        legality_iommu_descriptor(b->oracle, r->lo, r->hi);
}

static struct legality_iommu_answer answer_of(const struct bench *b, const struct rec_dma *d)
{
    static const enum legality_outcome outcomes[] = {
        [DMA_UNTRANSLATED] = OUTCOME_ADDRESS, [DMA_TRANSLATED] = OUTCOME_ADDRESS,
        [DMA_PASS_THROUGH] = OUTCOME_ADDRESS, [DMA_BLOCKED] = OUTCOME_BLOCKED,
        [DMA_MESSAGE] = OUTCOME_MESSAGE,      [DMA_REJECTED] = OUTCOME_REJECTED,
        [DMA_REMAPPED] = OUTCOME_MESSAGE,     [DMA_COMPLETED] = OUTCOME_COMPLETED};
    struct legality_iommu_answer a = {
        .outcome = outcomes[d->status & 7], .reason = d->fault, .addr = d->pa};

    if (a.outcome == OUTCOME_COMPLETED)
        memcpy(&a.data, d->data, sizeof(a.data));
    if (a.outcome == OUTCOME_MESSAGE)
        a.data = b->message_sent;
    return a;
}

static void differ(struct bench *b, const struct legality_iommu_answer *a,
                   const struct legality_iommu_verdict *v)
{
    static const char *const names[] = {[OUTCOME_ADDRESS] = "address",
                                        [OUTCOME_MESSAGE] = "message",
                                        [OUTCOME_COMPLETED] = "completion",
                                        [OUTCOME_BLOCKED] = "blocked",
                                        [OUTCOME_REJECTED] = "rejected"};
    char answer[BLOCK_TEXT], verdict[2 * BLOCK_TEXT];

    if (a->outcome == OUTCOME_BLOCKED)
        snprintf(answer, sizeof(answer), "%s, reason %xh", names[a->outcome], a->reason);
    else
        snprintf(answer, sizeof(answer), "%s 0x%" PRIx64 ", data 0x%" PRIx64, names[a->outcome],
                 a->addr, a->data);
    legality_iommu_tell(v, verdict, sizeof(verdict));
    block_differ(b->r, "legality", iommu_oracle_alone(b) ? "verdict" : "contradiction", answer,
                 verdict, viommu_cycle(b->rtl));
}

static void count(struct bench *b, const struct rec_dma *d, const struct legality_iommu_verdict *v)
{
    unsigned mode = v->structure == STRUCTURE_POINTER || v->structure == STRUCTURE_ROOT ? 0
                    : v->structure == STRUCTURE_CONTEXT                                 ? 1
                    : v->structure == STRUCTURE_ENTRY                                   ? 3
                                                                                        : 2;

    b->r->legality.count[v->word]++;
    if (v->word == LEGALITY_STALE)
        b->r->legality.stale_in[mode]++;
    if (v->word == LEGALITY_STALE && d->status == DMA_COMPLETED)
        b->r->legality.stale_in[4]++;
}

void iommu_legality_dma(struct bench *b, const struct rec_dma *d)
{
    const struct rec_dma *in = iommu_own_judged(b) ? d : &b->ask.in;
    struct legality_request q = {
        .addr = in->iova, .sid = in->sid, .at = in->at, .bytes = in->len, .write = in->write};
    struct legality_iommu_answer a;
    struct legality_iommu_verdict v;

    if (b->oracle == NULL)
        return;
    if (in->write && in->len == 4)
        memcpy(&q.data, in->data, sizeof(q.data));
    if (d->phase == 0) {
        if (iommu_own_judged(b))
            legality_iommu_accept(b->oracle, d->tag, &q);
        else
            legality_iommu_begin(b->oracle);
        return;
    }
    a = answer_of(b, d);
    q.moved = iommu_own_judged(b) ? b->own.moved_time : 0;
    v = legality_iommu_judge_of(b->oracle, iommu_own_judged(b) ? d->tag : 0, &q, &a);
    count(b, d, &v);
    if (v.word == LEGALITY_ILLEGAL)
        differ(b, &a, &v);
}
