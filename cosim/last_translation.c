// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "last_translation.h"

#include <string.h>

static void keep_entry(struct last_translation *t, const void *record)
{
    if (t->count < LAST_ENTRIES)
        memcpy(&t->entry[t->count++], record, sizeof(t->entry[0]));
}

/* Its walk stands before it. */
static void keep_rtl(struct last_translation *t, const struct record_log_entry *e, uint64_t cycle,
                     bool *ended)
{
    struct rec_walk w;

    if (t->has_rtl && t->rtl.cycle == cycle)
        return;
    if (*ended)
        t->rtl_reads = 0;
    *ended = e->type == &type_xlate;
    if (e->type == &type_xlate) {
        memcpy(&t->rtl, e->record, sizeof(t->rtl));
        t->has_rtl = true;
        return;
    }
    memcpy(&w, e->record, sizeof(w));
    if (w.kind != WALK_UPDATE && t->rtl_reads < LAST_ENTRIES)
        t->rtl_read[t->rtl_reads++] = w.addr;
}

static void keep_model(struct last_translation *t, const struct record_log_entry *e, bool *ended)
{
    if (*ended) {
        t->count = 0;
        t->has_model = false;
    }
    *ended = e->type == &type_xlate;
    if (e->type == &type_walk)
        keep_entry(t, e->record);
    else
        memcpy(&t->model, e->record, sizeof(t->model));
    t->has_model = *ended;
}

struct last_translation last_translation(const struct record_log *log, uint64_t cycle, bool model)
{
    bool rtl_ended = false, model_ended = false;
    struct last_translation t;
    struct record_log_entry e;

    memset(&t, 0, sizeof(t));
    for (size_t at = 0; record_log_next(log, &at, &e);) {
        if (e.type != &type_walk && e.type != &type_xlate)
            continue;
        if (e.from_model)
            keep_model(&t, &e, &model_ended);
        else
            keep_rtl(&t, &e, cycle, &rtl_ended);
    }
    t.has_model = t.has_model && model;
    return t;
}

bool last_translation_read(const struct last_translation *t, uint64_t addr, uint64_t *value)
{
    for (unsigned i = t->count; i-- > 0;)
        if (t->entry[i].addr == addr) {
            *value = t->entry[i].value;
            return true;
        }
    return false;
}

static struct legality_answer answer(const struct rec_xlate *x)
{
    return (struct legality_answer){
        .fault = x->fault, .error_code = x->error_code, .pa = x->pa, .memtype = x->memtype};
}

bool last_translation_ask(const struct last_translation *t, struct explain_query *q)
{
    q->has_rtl = t->has_rtl && t->rtl.va == q->access.va;
    q->has_model = t->has_model && t->model.va == q->access.va;
    q->rtl = answer(&t->rtl);
    q->model = answer(&t->model);
    q->model_cached = q->has_model && t->model.hit == XLATE_TLB;
    q->rtl_cached = q->has_rtl && t->rtl.hit == XLATE_TLB;
    q->rtl_read = t->rtl_read;
    q->rtl_reads = q->has_rtl && !q->rtl_cached ? t->rtl_reads : 0;
    return q->has_rtl || q->has_model;
}
