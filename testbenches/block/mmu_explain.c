// SPDX-License-Identifier: Apache-2.0
// A failing translation of the MMU bench in words (cosim/explain): the entries as the model's walk
// read them, or as they stand in its memory.
#include "block_mmu.h"
#include "explain_load.h"
#include "last_translation.h"

#include <stdlib.h>
#include <string.h>

struct story {
    const struct bench *b;
    struct last_translation last;
};

static uint64_t read_entry(void *ctx, uint64_t addr, unsigned bytes)
{
    const struct story *s = ctx;
    uint64_t value = 0;

    if (!last_translation_read(&s->last, addr, &value))
        block_memory_read(&s->b->model_memory, addr, &value, bytes);
    return value;
}

/* Is it about the translation, and not about a flush, a property? */
static bool of_a_translation(const struct bench *b)
{
    const char *stream = b->r->first.stream;

    return strcmp(stream, "xlate") == 0 || strcmp(stream, "walk") == 0 ||
           strcmp(stream, "legality") == 0;
}

static void explain_a_load(FILE *text, const struct bench *b)
{
    const struct legality_registers registers = mmu_registers(b);
    struct explain_load_query q = {.cr3 = b->request.va,
                                   .maxphyaddr = registers.maxphyaddr,
                                   .rtl_fault = !b->rtl_good,
                                   .model_fault = !b->model_good};

    for (unsigned i = 0; i < PDPTES; i++)
        block_memory_read(&b->model_memory, explain_load_table(q.cr3) + 8 * i, &q.entry[i],
                          sizeof(q.entry[i]));
    vmmu_pdpte(b->rtl, q.rtl);
    explain_load(text, &q);
}

void mmu_explain(struct bench *b)
{
    struct story s = {.b = b};
    struct explain_query q = {.registers = mmu_registers(b),
                              .access = mmu_access(b, &b->request),
                              .differs = b->r->first.field,
                              .ctx = &s,
                              .read = read_entry};
    size_t bytes = 0;
    FILE *out;

    s.last = last_translation(b->r->log, UINT64_MAX, !mmu_oracle_alone(b));
    out = open_memstream(&b->r->why, &bytes);
    if (out == NULL)
        return;
    if (b->loading && strcmp(b->r->first.stream, "assert") != 0)
        explain_a_load(out, b);
    else if (of_a_translation(b) && last_translation_ask(&s.last, &q))
        explain_translation(out, &q);
    if (fflush(out) == 0 && bytes == 0)
        record_pair_print(out, &b->r->pair);
    fclose(out);
    if (bytes == 0) {
        free(b->r->why);
        b->r->why = NULL;
    }
}
