// SPDX-License-Identifier: Apache-2.0
// A failing translation of the MMU bench in words (cosim/explain): the entries as the model's walk
// read them, or as they stand in its memory.
#include "block_mmu.h"
#include "explain.h"

#include <string.h>

#define MAX_ENTRIES 24

struct story {
    struct bench *b;
    struct rec_walk entry[MAX_ENTRIES]; /* of the model's last walk */
    unsigned count;
    struct rec_xlate rtl, model;
    bool has_rtl, has_model;
};

static void keep_entry(struct story *s, const void *record)
{
    if (s->count < MAX_ENTRIES)
        memcpy(&s->entry[s->count++], record, sizeof(s->entry[0]));
}

/* The log's last translation: each ends in the model's record of it, or in the RTL's where that is
 * alone. */
static void collect(struct story *s)
{
    bool alone = mmu_oracle_alone(s->b), ended = false;
    struct record_log_entry e;

    for (size_t at = 0; record_log_next(s->b->r->log, &at, &e);) {
        bool walk = e.type == &type_walk, xlate = e.type == &type_xlate;

        if (ended && (walk || xlate)) {
            *s = (struct story){.b = s->b};
            ended = false;
        }
        if (walk && e.from_model)
            keep_entry(s, e.record);
        if (xlate && e.from_model) {
            memcpy(&s->model, e.record, sizeof(s->model));
            s->has_model = true;
        }
        if (xlate && !e.from_model) {
            memcpy(&s->rtl, e.record, sizeof(s->rtl));
            s->has_rtl = true;
        }
        ended = xlate && (e.from_model || alone);
    }
}

static uint64_t read_entry(void *ctx, uint64_t addr, unsigned bytes)
{
    const struct story *s = ctx;
    uint64_t value = 0;

    for (unsigned i = s->count; i-- > 0;)
        if (s->entry[i].addr == addr)
            return s->entry[i].value;
    block_memory_read(&s->b->model_memory, addr, &value, bytes);
    return value;
}

void mmu_explain(struct bench *b)
{
    struct story s = {.b = b};
    struct explain_query q;
    size_t bytes = 0;
    FILE *out;

    if (b->loading)
        return;
    collect(&s);
    q = (struct explain_query){.registers = mmu_registers(b),
                               .access = mmu_access(b, &b->request),
                               .rtl = mmu_answer(&s.rtl),
                               .model = mmu_answer(&s.model),
                               .has_rtl = s.has_rtl && s.rtl.va == b->request.va,
                               .has_model = s.has_model && s.model.va == b->request.va,
                               .cached = s.model.hit == XLATE_TLB,
                               .ctx = &s,
                               .read = read_entry};
    out = open_memstream(&b->r->why, &bytes);
    if (out == NULL)
        return;
    explain_translation(out, &q);
    fclose(out);
}
