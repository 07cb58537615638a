// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "explain_run.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "disasm.h"
#include "explain_state.h"
#include "last_dma.h"
#include "last_translation.h"
#include "last_unit.h"
#include "system_words.h"

#define LAST_INSTRUCTIONS 8

static bool is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

/* --- a translation --- */

struct story {
    const struct scoreboard *sb;
    struct last_translation last;
};

static uint64_t read_entry(void *ctx, uint64_t addr, unsigned bytes)
{
    const struct story *s = ctx;
    uint64_t value;

    if (last_translation_read(&s->last, addr, &value))
        return value;
    return explain_read((void *)(uintptr_t)&s->sb->mem, addr, bytes);
}

static struct legality_access access_of(const struct rec_xlate *x, uint64_t rflags)
{
    static const enum legality_kind kinds[] = {LEGALITY_FETCH, LEGALITY_READ, LEGALITY_WRITE};

    return (struct legality_access){.va = x->va,
                                    .kind = kinds[x->access % 3],
                                    .user = x->user,
                                    .implicit = x->implicit,
                                    .ac = rflags >> 18 & 1};
}

static void translation(FILE *out, const struct explain_place *p, const struct rw_state *state)
{
    const struct scoreboard *sb = p->sb;
    struct story s = {.sb = sb, .last = last_translation(sb->log, p->cycle, !sb->config.own_mmu)};
    const struct rec_xlate *x = s.last.has_rtl ? &s.last.rtl : &s.last.model;
    /* Of now: behind the instruction, which rarely changes what its own accesses go by. */
    struct explain_query q = {.registers = explain_registers(state, &sb->config.boot.cpuid),
                              .access = access_of(x, state->regs.rflags),
                              .differs = p->field,
                              .ctx = &s,
                              .read = read_entry};

    if (last_translation_ask(&s.last, &q))
        explain_translation(out, &q);
}

/* --- a DMA request --- */

static void dma(FILE *out, const struct explain_place *p)
{
    const struct scoreboard *sb = p->sb;
    struct last_dma last = last_dma(sb->log, p->cycle);
    struct last_dma_memory memory = {(void *)(uintptr_t)&sb->mem, explain_read_words};

    last_dma_explain(out, &last, sb->iommu, &sb->config.boot.vtd, &memory, p->field);
}

/* --- instructions --- */

static void instruction_text(char text[128], const struct rec_retire *r)
{
    snprintf(text, 128, "an instruction");
    if (r->len != 0)
        disasm(text, 128, r->bytes, r->len, r->rip, r->mode);
}

void explain_decision(FILE *out, const struct scoreboard *sb, const struct rec_retire *r)
{
    struct rw_decision d = sb->ops->decided(sb->model);
    const char *file;

    if (r->kind != RETIRE_EXCEPTION || r->vector == 14 || d.function == NULL ||
        d.vector != r->vector) /* a #PF has its walk */
        return;
    file = strstr(d.file, "model/");
    fprintf(out, "  decided by %s, %s:%u of the model\n", d.function, file == NULL ? d.file : file,
            d.line);
}

static void what_it_did(FILE *out, const char *side, const struct rec_retire *r)
{
    char text[128];

    fprintf(out, "  the %-6s", side);
    if (r->kind != RETIRE_INSN) {
        words_event(out, r);
        return;
    }
    instruction_text(text, r);
    fprintf(out, "executes %s at 0x%" PRIx64 ", next 0x%" PRIx64 "\n", text, r->rip, r->next_rip);
}

/* Both sides' retirement, and all that differs, where `first` names one field. */
static void retirement(FILE *out, const struct scoreboard *sb)
{
    const struct record_pair *pair = &sb->diff.pair;
    struct rec_retire rtl, model;

    if (pair->type != &type_retire || !pair->has_rtl || !pair->has_model)
        return;
    memcpy(&rtl, pair->rtl, sizeof(rtl));
    memcpy(&model, pair->model, sizeof(model));
    fputs("the retirement:\n", out);
    what_it_did(out, "RTL", &rtl);
    what_it_did(out, "model", &model);
    explain_decision(out, sb, &model);
    fputs("what differs of it:\n", out);
    for (uint16_t i = 0; i < type_retire.count; i++) {
        const struct record_field *f = &type_retire.fields[i];

        if (f->compared && f->size <= 8 && record_value(&rtl, f) != record_value(&model, f))
            fprintf(out, "  %-10s rtl 0x%" PRIx64 ", model 0x%" PRIx64 "\n", f->name,
                    record_value(&rtl, f), record_value(&model, f));
    }
}

static void instructions(FILE *out, const struct explain_place *p)
{
    const struct scoreboard *sb = p->sb;
    struct rec_retire last[LAST_INSTRUCTIONS], seen;
    struct record_log_entry e;
    unsigned n = 0;

    for (size_t at = 0; record_log_next(sb->log, &at, &e);) {
        if (e.type != &type_retire || e.from_model)
            continue;
        memcpy(&seen, e.record, sizeof(seen));
        if (seen.cycle <= p->cycle)
            last[n++ % LAST_INSTRUCTIONS] = seen;
    }
    if (n == 0)
        return;
    fputs("the last instructions of the RTL:\n", out);
    for (unsigned i = n > LAST_INSTRUCTIONS ? n - LAST_INSTRUCTIONS : 0; i < n; i++) {
        const struct rec_retire *r = &last[i % LAST_INSTRUCTIONS];
        char text[128], name[80];

        symbols_text(p->symbols, r->rip, name, sizeof(name));
        fprintf(out, "  cycle %-9" PRIu64 " ring %u  0x%" PRIx64 "  %s%s%s", r->cycle, r->cpl,
                r->rip, name[0] != 0 ? "<" : "", name, name[0] != 0 ? ">  " : "");
        instruction_text(text, r);
        if (r->kind == RETIRE_INSN)
            fprintf(out, "%s\n", text);
        else
            words_event(out, r);
    }
}

char *explain_run(const struct explain_place *p)
{
    struct rw_state state;
    char *text = NULL;
    size_t bytes = 0;
    FILE *out;

    out = open_memstream(&text, &bytes);
    if (out == NULL)
        return NULL;
    p->sb->ops->get_state(p->sb->model, &state);
    if (is(p->stream, "xlate") || is(p->stream, "walk") ||
        (is(p->stream, "legality") && !p->of_a_device))
        translation(out, p, &state);
    if (is(p->stream, "retire") && p->field != NULL)
        retirement(out, p->sb);
    last_unit_explain(out, &p->sb->diff.pair, p->sb->log);
    if (p->of_a_device)
        dma(out, p);
    else
        instructions(out, p);
    fclose(out);
    return text;
}

char *explain_first(const struct scoreboard *sb, const struct symbols *symbols)
{
    const struct mismatch *m = &sb->diff.first;

    return explain_run(&(struct explain_place){.sb = sb,
                                               .symbols = symbols,
                                               .stream = m->stream,
                                               .field = m->field,
                                               .cycle = m->cycle,
                                               .of_a_device = m->has_source_id});
}
