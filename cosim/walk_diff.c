// SPDX-License-Identifier: Apache-2.0
// The two walks of a failing translation, level by level, in words.
#include "walk_diff.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "record.h"
#include "record_fields.h"

#define MAX_STEPS 24

/* The steps of the last walk that one side made, and what it ended in. */
struct side {
    const void *steps[MAX_STEPS];
    unsigned count;
    const void *result;
};

static const char *const cpu_levels[] = {"?", "PTE", "PDE", "PDPTE", "PML4E", "PML5E"};
static const char *const cpu_kinds[] = {"read", "locked read", "update"};

/* A `dma` record of phase 0: the request, not what it ended in. */
static bool is_request(const struct record_log_entry *e)
{
    struct rec_dma d;

    if (e->type != &type_dma)
        return false;
    memcpy(&d, e->record, sizeof(d));
    return d.phase == 0;
}

static void collect(const struct record_log *log, const struct record_type *step,
                    const struct record_type *result, bool model, struct side *s)
{
    struct record_log_entry e;

    memset(s, 0, sizeof(*s));
    for (size_t at = 0; record_log_next(log, &at, &e);) {
        if (e.from_model != model || (e.type != step && e.type != result) || is_request(&e))
            continue;
        if (s->result != NULL) { /* a new walk begins */
            s->result = NULL;
            s->count = 0;
        }
        if (e.type == result)
            s->result = e.record;
        else if (s->count < MAX_STEPS)
            s->steps[s->count++] = e.record;
    }
}

static void print_entry(FILE *out, uint64_t v)
{
    fprintf(out, "0x%016" PRIx64 " (P%u W%u U%u A%u D%u PS%u XD%u)", v, (unsigned)(v & 1),
            (unsigned)(v >> 1 & 1), (unsigned)(v >> 2 & 1), (unsigned)(v >> 5 & 1),
            (unsigned)(v >> 6 & 1), (unsigned)(v >> 7 & 1), (unsigned)(v >> 63));
}

static void print_cpu_step(FILE *out, const void *step)
{
    struct rec_walk w;

    if (step == NULL) {
        fputs("nothing\n", out);
        return;
    }
    memcpy(&w, step, sizeof(w));
    fprintf(out, "%s of the %s at 0x%" PRIx64 ": ", cpu_kinds[w.kind % 3],
            cpu_levels[w.level <= 5 ? w.level : 0], w.addr);
    print_entry(out, w.value);
    fputc('\n', out);
}

static void print_iommu_step(FILE *out, const void *step)
{
    struct rec_iwalk w;

    if (step == NULL) {
        fputs("nothing\n", out);
        return;
    }
    memcpy(&w, step, sizeof(w));
    if (w.kind == IWALK_ROOT || w.kind == IWALK_CONTEXT)
        fprintf(out, "%s entry at 0x%" PRIx64 ": 0x%016" PRIx64 " 0x%016" PRIx64 "\n",
                w.kind == IWALK_ROOT ? "root" : "context", w.addr, w.value[0], w.value[1]);
    else
        fprintf(out, "level %u entry at 0x%" PRIx64 ": 0x%016" PRIx64 " (R%u W%u PS%u)\n", w.kind,
                w.addr, w.value[0], (unsigned)(w.value[0] & 1), (unsigned)(w.value[0] >> 1 & 1),
                (unsigned)(w.value[0] >> 7 & 1));
}

static bool is(const char *stream, const char *name)
{
    return strcmp(stream, name) == 0;
}

void walk_diff(FILE *out, const struct record_log *log, const char *stream)
{
    bool cpu = is(stream, "xlate") || is(stream, "walk");
    bool dma = is(stream, "dma") || is(stream, "iwalk");
    const struct record_type *step = cpu ? &type_walk : &type_iwalk;
    const struct record_type *result = cpu ? &type_xlate : &type_dma;
    void (*print)(FILE *, const void *) = cpu ? print_cpu_step : print_iommu_step;
    struct side rtl, model;

    if (log == NULL || (!cpu && !dma))
        return;
    collect(log, step, result, false, &rtl);
    collect(log, step, result, true, &model);
    fprintf(out, "\nthe two walks, step by step:\n");
    for (unsigned i = 0; i < rtl.count || i < model.count; i++) {
        const void *a = i < rtl.count ? rtl.steps[i] : NULL;
        const void *b = i < model.count ? model.steps[i] : NULL;
        bool same = a != NULL && b != NULL && record_differs(step, a, b) == NULL;

        fprintf(out, "%2u %s ", i + 1, same ? "both " : "rtl  ");
        print(out, a);
        if (!same) {
            fputs("   model ", out);
            print(out, b);
        }
    }
    if (rtl.count == 0 && model.count == 0)
        fputs("   neither side read an entry\n", out);
    fputs("they ended in:\n", out);
    if (rtl.result != NULL) {
        fputs("  rtl   ", out);
        record_print(out, result, rtl.result);
    }
    if (model.result != NULL) {
        fputs("  model ", out);
        record_print(out, result, model.result);
    }
}
