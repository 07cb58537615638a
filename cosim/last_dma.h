// SPDX-License-Identifier: Apache-2.0
// The last DMA request of a record log that both sides have answered, or one of them.
#ifndef RW_LAST_DMA_H
#define RW_LAST_DMA_H

#include "explain_dma.h"
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
/* The request, both answers, the unit. False: it was not for the tables (a message, translation
 * off, a protected region). */
bool last_dma_ask(const struct last_dma *d, const struct rw_vtd *vtd, struct explain_dma_query *q);

#endif
