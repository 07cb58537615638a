// SPDX-License-Identifier: Apache-2.0
// A failing step of the IOMMU bench in words (cosim/explain): a request by the tables of the
// model's side as they stand, anything else by the records in which the sides part.
#include "iommu_step.h"
#include "last_dma.h"
#include "last_unit.h"

#include <stdlib.h>
#include <string.h>

static bool read_words(void *ctx, uint64_t addr, unsigned bytes, uint64_t *words)
{
    const struct bench *b = ctx;

    block_memory_read(&b->model_memory, addr, words, bytes);
    return block_memory_claims(&b->model_memory, addr);
}

/* Is it about the request, and not about a register, the queue, a property? */
static bool of_a_request(const struct bench *b)
{
    const char *stream = b->r->first.stream;

    return b->ask.dma && (strcmp(stream, "dma") == 0 || strcmp(stream, "legality") == 0 ||
                          (strcmp(stream, "iwalk") == 0 && last_unit_of_a_request(&b->r->pair)));
}

/* Without a model beside the RTL there is none to explain by, and the verdict says what is broken;
 * of a design of somebody else's the registers are those that it has taken. */
void iommu_explain(struct bench *b)
{
    struct last_dma last = last_dma(b->r->log, b->r->first.cycle);
    struct last_dma_memory memory = {b, read_words};
    size_t bytes = 0;
    FILE *out;

    if (b->own.blamed)
        last = (struct last_dma){.rtl = b->own.blame, .has_rtl = true};
    if (iommu_oracle_alone(b) && (!b->o->own || !of_a_request(b)))
        return;
    out = open_memstream(&b->r->why, &bytes);
    if (out == NULL)
        return;
    if (of_a_request(b))
        last_dma_explain(out, &last, b->model, &b->vtd, &memory, b->r->first.field);
    else
        last_unit_explain(out, &b->r->pair, b->r->log);
    if (fflush(out) == 0 && bytes == 0)
        record_pair_print(out, &b->r->pair);
    fclose(out);
    if (bytes == 0) {
        free(b->r->why);
        b->r->why = NULL;
    }
}
