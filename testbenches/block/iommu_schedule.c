// SPDX-License-Identifier: Apache-2.0
// What the unit takes when: docs/iommu.md I6, I7.
#include <limits.h>
#include <string.h>

#include "iommu_step.h"

static void decide_together(struct bench *b, bool held, unsigned bit)
{
    if (held)
        decide_bit(&b->r->groups[GROUP_TOGETHER], bit);
}

/* What is to come in a step. Times are cycles of it: when something is raised or falls due. */
struct schedule {
    unsigned reg, reg_due, completion, completion_due, idle;
    bool dma;        /* still to be accepted */
    bool descriptor; /* one was executed */
};

static bool reg_waits(const struct bench *b, const struct schedule *s, unsigned now)
{
    return s->reg < b->ask.regs && s->reg_due <= now;
}

static bool completion_waits(const struct bench *b, const struct schedule *s, unsigned now)
{
    return s->completion < b->ask.completions && s->completion_due <= now;
}

static bool dma_waits(const struct bench *b, const struct schedule *s, unsigned now)
{
    return s->dma && b->ask.dma_after <= now;
}

/* I106: the cycles in which the bus let the unit wait count too. */
static unsigned time_out_due(const struct bench *b)
{
    uint64_t due = b->sent + IOMMU_TIME_OUT_CYCLES, begun = b->step_cycle + b->waited;

    if (!iommu_outstanding(b->model))
        return UINT_MAX;
    return due > begun ? (unsigned)(due - begun) : 0;
}

static unsigned earlier(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* docs/iommu.md I7: the next cycle in which something is accepted; false when the step is over
 * before: nothing is left to be asked, and the unit is idle. */
static bool next_cycle(const struct bench *b, const struct schedule *s, unsigned *now)
{
    const struct viommu_ask *k = &b->ask;
    unsigned asked = s->dma ? k->dma_after : UINT_MAX, due = time_out_due(b);
    unsigned over = k->lasts > s->idle ? k->lasts : s->idle;

    if (s->reg < k->regs)
        asked = earlier(asked, s->reg_due);
    if (s->completion < k->completions)
        asked = earlier(asked, s->completion_due);
    if (iommu_queue_due(b->model))
        asked = s->idle;
    *now = earlier(asked, due);
    if (*now < s->idle)
        *now = s->idle;
    return asked != UINT_MAX || (due != UINT_MAX && *now <= over);
}

static void count_register(struct bench *b, const struct viommu_told *mine,
                           const struct schedule *s, unsigned now)
{
    struct decide_group *g = &b->r->groups[GROUP_TOGETHER];
    const struct viommu_ask *k = &b->ask;
    unsigned due = s->reg_due;

    if (s->dma && k->dma_after == due && now == due)
        decide_bit(g, 0);
    if (s->dma && k->dma_after < due)
        decide_bit(g, 1);
    if (k->dma && !s->dma && due > mine->accepted && due < mine->answered)
        decide_bit(g, 2);
    if (s->dma && k->dma_after > now && k->dma_after < mine->acked[s->reg])
        decide_bit(g, 3);
}

static void take_register(struct bench *b, struct schedule *s, unsigned now,
                          struct viommu_told *mine, struct answer *a)
{
    const struct viommu_ask *k = &b->ask;
    unsigned due = time_out_due(b);

    decide_together(b, s->descriptor && iommu_queue_due(b->model), 7);
    decide_together(b, completion_waits(b, s, now), 8);
    decide_together(b, due <= now, 9);
    s->idle = iommu_model_register(b, s->reg, now, mine, a);
    decide_together(b, due > now && due < s->idle, 16);
    count_register(b, mine, s, now);
    s->reg_due = mine->acked[s->reg] + 1 + (s->reg + 1 < k->regs ? k->reg[s->reg + 1].after : 0);
    s->reg++;
}

static void take_completion(struct bench *b, struct schedule *s, unsigned now,
                            struct viommu_told *mine, struct answer *a)
{
    const struct viommu_ask *k = &b->ask;
    unsigned next = s->completion + 1;

    decide_together(b, time_out_due(b) <= now, 10);
    decide_together(b, iommu_queue_first(b->model), 11);
    decide_together(b, dma_waits(b, s, now), 12);
    decide_together(
        b, k->dma && !s->dma && s->completion_due > mine->accepted && now > s->completion_due, 14);
    s->idle = iommu_model_completion(b, s->completion, now, mine, a);
    s->completion_due = now + 1 + (next < k->completions ? k->completion[next].after : 0);
    s->completion = next;
}

static void take_time_out(struct bench *b, struct schedule *s, unsigned now,
                          const struct viommu_told *mine, struct answer *a)
{
    unsigned due = time_out_due(b);
    bool ran = b->ask.dma && !s->dma;

    decide_together(b, dma_waits(b, s, now), 13);
    decide_together(b, ran && due > mine->accepted && due < now, 15);
    decide_together(b, due == now && due > s->idle, 17);
    s->idle = iommu_model_time_out(b, now, a);
}

/* docs/iommu.md I6, I7: what is taken when; the unit is idle in cycle 0. */
void iommu_model_step(struct bench *b, struct viommu_told *mine, struct answer *a)
{
    const struct viommu_ask *k = &b->ask;
    struct schedule s = {
        .dma = k->dma, .reg_due = k->reg[0].after, .completion_due = k->completion[0].after};
    unsigned now;

    memset(mine, 0, sizeof(*mine));
    memset(a, 0, sizeof(*a));
    memset(&b->last, 0, sizeof(b->last));
    b->last_read = 0;
    b->model_access = 0;
    b->waited = 0;
    while (next_cycle(b, &s, &now)) {
        bool queue = iommu_queue_due(b->model), dma = dma_waits(b, &s, now);

        if (reg_waits(b, &s, now)) {
            take_register(b, &s, now, mine, a);
        } else if (completion_waits(b, &s, now)) {
            take_completion(b, &s, now, mine, a);
        } else if (time_out_due(b) <= now) {
            take_time_out(b, &s, now, mine, a);
        } else if (queue && (iommu_queue_first(b->model) || !dma)) {
            decide_together(b, dma, 5);
            s.idle = iommu_model_descriptor(b, now);
            s.descriptor = true;
        } else {
            decide_together(b, s.descriptor && queue, 6);
            s.idle = iommu_model_request(b, now, mine, a);
            s.dma = false;
        }
        a->events += b->events;
    }
    mine->idle = k->lasts > s.idle ? k->lasts : s.idle;
    a->last = b->last;
}
