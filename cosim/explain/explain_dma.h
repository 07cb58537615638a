// SPDX-License-Identifier: Apache-2.0
// Why a DMA request ends as it does, in words: root, context and second-stage entries decoded by
// name, the checks in the order in which a remapping unit makes them with the fault reason of each,
// the one that decides, and, where the RTL says something else, which single input would make that
// right. VT-d, legacy mode; titles in quotation marks are those of its specification's sections.
#ifndef RW_EXPLAIN_DMA_H
#define RW_EXPLAIN_DMA_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* CAP and ECAP as far as translation goes by them. */
struct explain_unit {
    unsigned haw;
    bool device_tlbs, pass_through, zero_length_reads, large_2m, large_1g;
    bool levels[6]; /* 3 to 5 */
};

struct explain_dma_request {
    uint16_t sid;
    uint8_t at; /* 0 untranslated, 1 translation request, 2 translated */
    bool write, zero_length;
    uint64_t address;
};

struct explain_dma_answer {
    bool blocked;
    uint8_t reason; /* of one that is blocked */
    uint64_t pa;    /* of one that is translated */
};

struct explain_dma_query {
    struct explain_unit unit;
    uint64_t root; /* RTADDR in force */
    struct explain_dma_request request;
    struct explain_dma_answer rtl, model;
    bool has_rtl, has_model;
    uint8_t rtl_hit, model_hit; /* bit 0: the context cache had it, bit 1: the IOTLB */
    const char *differs;        /* the field of the first difference, as in struct rec_dma */
    const uint64_t *rtl_read;   /* where the RTL's walk read, in order; none: not known */
    unsigned rtl_reads;
    void *ctx;
    /* 16 bytes (root, context: two words) or 8; false: nobody answers there. */
    bool (*read)(void *ctx, uint64_t addr, unsigned bytes, uint64_t *words);
};

void explain_dma(FILE *out, const struct explain_dma_query *q);
/* "second-stage entry denies the write", as "Fault Reason Encodings" has it in short. */
const char *explain_dma_reason(uint8_t reason);

#endif
