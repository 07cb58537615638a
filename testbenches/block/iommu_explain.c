// SPDX-License-Identifier: Apache-2.0
// A failing DMA request of the IOMMU bench in words (cosim/explain), by the tables of the model's
// side as they stand.
#include "iommu_step.h"
#include "last_dma.h"

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

    return b->ask.dma && (strcmp(stream, "dma") == 0 || strcmp(stream, "iwalk") == 0 ||
                          strcmp(stream, "legality") == 0);
}

void iommu_explain(struct bench *b)
{
    struct last_dma last = last_dma(b->r->log, b->r->first.cycle);
    struct explain_dma_query q = {
        .root = iommu_root(b->model), .differs = b->r->first.field, .ctx = b, .read = read_words};
    size_t bytes = 0;
    FILE *out;

    if (!of_a_request(b) || !last_dma_ask(&last, &b->vtd, &q))
        return;
    out = open_memstream(&b->r->why, &bytes);
    if (out == NULL)
        return;
    explain_dma(out, &q);
    fclose(out);
}
