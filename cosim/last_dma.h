// SPDX-License-Identifier: Apache-2.0
// The last DMA request of a record log that both sides have answered, or one of them.
#ifndef RW_LAST_DMA_H
#define RW_LAST_DMA_H

#include <stdio.h>

#include "iommu/iommu.h"
#include "record.h"
#include "record_log.h"
#include "ringwalk.h"

#define LAST_DMA_READS 16

struct last_dma {
    struct rec_dma rtl, model;
    bool has_rtl, has_model;
    uint64_t rtl_read[LAST_DMA_READS]; /* addresses of entries */
    unsigned rtl_reads;
};

/* cycle: of the RTL's record, if one has it; else its last one. */
struct last_dma last_dma(const struct record_log *log, uint64_t cycle);
/* Where the entries of a request are read: struct explain_dma_query.read. */
struct last_dma_memory {
    void *ctx;
    bool (*read)(void *ctx, uint64_t addr, unsigned bytes, uint64_t *words);
};

/* Why it ends as it does, by the unit u that has what vtd leaves it: a DMA request or an interrupt
 * request. Nothing of what was for no table: translation off, a protected region. differs: the
 * field of the first difference. */
void last_dma_explain(FILE *out, const struct last_dma *d, const struct iommu *u,
                      const struct rw_vtd *vtd, const struct last_dma_memory *memory,
                      const char *differs);

#endif
