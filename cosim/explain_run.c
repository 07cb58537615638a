// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "explain_run.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "disasm.h"
#include "last_dma.h"
#include "last_translation.h"
#include "mmu/mmu.h"

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
    uint64_t value = UINT64_MAX;

    if (last_translation_read(&s->last, addr, &value))
        return value;
    if (rw_mem_is_ram(&s->sb->mem, addr, bytes)) {
        value = 0;
        memcpy(&value, s->sb->mem.ram + addr, bytes);
    }
    return value;
}

/* Of now: behind the instruction, which itself changes what its own accesses go by rarely. */
static struct legality_registers registers_of(const struct scoreboard *sb,
                                              const struct rw_state *state)
{
    uint64_t away = sb->config.boot.cpuid.away;
    struct legality_registers r = {.cr0 = state->sys.cr0,
                                   .cr3 = state->sys.cr3,
                                   .cr4 = state->sys.cr4,
                                   .efer = state->sys.efer,
                                   .pkru = (uint32_t)state->sys.pkru,
                                   .pkrs = (uint32_t)state->sys.pkrs,
                                   .maxphyaddr = MMU_MAXPHYADDR,
                                   .no_pat = away >> RW_PAT & 1,
                                   .no_pse36 = away >> RW_PSE36 & 1,
                                   .no_page1gb = away >> RW_PDPE1GB & 1};

    memcpy(r.pdpte, state->sys.pdpte, sizeof(r.pdpte));
    return r;
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

static void translation(FILE *out, const struct scoreboard *sb, const struct rw_state *state)
{
    struct story s = {.sb = sb, .last = last_translation(sb->log, sb->diff.first.cycle, true)};
    const struct rec_xlate *x = s.last.has_rtl ? &s.last.rtl : &s.last.model;
    struct explain_query q = {.registers = registers_of(sb, state),
                              .access = access_of(x, state->regs.rflags),
                              .differs = sb->diff.first.field,
                              .ctx = &s,
                              .read = read_entry};

    if (last_translation_ask(&s.last, &q))
        explain_translation(out, &q);
}

/* --- a DMA request --- */

static bool read_words(void *ctx, uint64_t addr, unsigned bytes, uint64_t *words)
{
    const struct scoreboard *sb = ctx;
    bool ram = rw_mem_is_ram(&sb->mem, addr, bytes);

    memset(words, 0xFF, bytes);
    if (ram)
        memcpy(words, sb->mem.ram + addr, bytes);
    return ram;
}

static void dma(FILE *out, const struct scoreboard *sb)
{
    struct last_dma last = last_dma(sb->log, sb->diff.first.cycle);
    struct explain_dma_query q = {.root = iommu_root(sb->iommu),
                                  .differs = sb->diff.first.field,
                                  .ctx = (void *)(uintptr_t)sb,
                                  .read = read_words};

    if (last_dma_ask(&last, &sb->config.boot.vtd, &q))
        explain_dma(out, &q);
}

/* --- instructions --- */

/* The last retirement of one side up to a cycle; the model's have none. */
static bool last_retirement(const struct record_log *log, bool model, uint64_t cycle,
                            struct rec_retire *r)
{
    struct record_log_entry e;
    bool any = false;

    for (size_t at = 0; record_log_next(log, &at, &e);) {
        struct rec_retire seen;

        if (e.type != &type_retire || e.from_model != model)
            continue;
        memcpy(&seen, e.record, sizeof(seen));
        if (!model && seen.cycle > cycle)
            continue;
        *r = seen;
        any = true;
    }
    return any;
}

/* All that differs, where `first` names one field. */
static void retirement(FILE *out, const struct scoreboard *sb)
{
    struct rec_retire rtl, model;

    if (!last_retirement(sb->log, false, sb->diff.first.cycle, &rtl) ||
        !last_retirement(sb->log, true, 0, &model) || rtl.seq != model.seq)
        return;
    fputs("what differs of the retirement:\n", out);
    for (uint16_t i = 0; i < type_retire.count; i++) {
        const struct record_field *f = &type_retire.fields[i];

        if (f->compared && f->size <= 8 && record_value(&rtl, f) != record_value(&model, f))
            fprintf(out, "  %-10s rtl 0x%" PRIx64 ", model 0x%" PRIx64 "\n", f->name,
                    record_value(&rtl, f), record_value(&model, f));
    }
}

static void instructions(FILE *out, const struct scoreboard *sb)
{
    struct rec_retire last[LAST_INSTRUCTIONS], seen;
    struct record_log_entry e;
    unsigned n = 0;

    for (size_t at = 0; record_log_next(sb->log, &at, &e);) {
        if (e.type != &type_retire || e.from_model)
            continue;
        memcpy(&seen, e.record, sizeof(seen));
        if (seen.cycle <= sb->diff.first.cycle)
            last[n++ % LAST_INSTRUCTIONS] = seen;
    }
    if (n == 0)
        return;
    fputs("the last instructions of the RTL:\n", out);
    for (unsigned i = n > LAST_INSTRUCTIONS ? n - LAST_INSTRUCTIONS : 0; i < n; i++) {
        const struct rec_retire *r = &last[i % LAST_INSTRUCTIONS];
        char text[128] = "an event";

        if (r->len != 0)
            disasm(text, sizeof(text), r->bytes, r->len, r->rip, r->mode);
        fprintf(out, "  cycle %-9" PRIu64 " ring %u  0x%" PRIx64 "  %s\n", r->cycle, r->cpl, r->rip,
                text);
    }
}

char *explain_run(const struct scoreboard *sb)
{
    const char *stream = sb->diff.first.stream;
    struct rw_state state;
    char *text = NULL;
    size_t bytes = 0;
    FILE *out;

    out = open_memstream(&text, &bytes);
    if (out == NULL)
        return NULL;
    sb->ops->get_state(sb->model, &state);
    if (is(stream, "xlate") || is(stream, "walk"))
        translation(out, sb, &state);
    if (is(stream, "retire"))
        retirement(out, sb);
    if (sb->diff.first.has_source_id)
        dma(out, sb);
    else
        instructions(out, sb);
    fclose(out);
    return text;
}
