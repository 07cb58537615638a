// SPDX-License-Identifier: Apache-2.0
// Why an interrupt request ends as it does, in words, as explain_dma.h does for a DMA request.
// VT-d "Interrupt Remapping".
#ifndef RW_EXPLAIN_INTERRUPT_H
#define RW_EXPLAIN_INTERRUPT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct explain_interrupt_request {
    uint16_t sid;
    uint64_t address;
    uint32_t data;
};

/* Blocked for a reason, let through as it is, or remapped to an address. */
struct explain_interrupt_answer {
    bool blocked, through;
    uint8_t reason;
    uint64_t address;
};

struct explain_interrupt_query {
    bool enabled;       /* GSTS.IRES */
    bool compatibility; /* GSTS.CFIS */
    bool x2apic;        /* the unit has it: EIME counts */
    uint64_t table;     /* IRTA in force */
    struct explain_interrupt_request request;
    struct explain_interrupt_answer rtl, model;
    bool has_rtl, has_model;
    void *ctx;
    bool (*read)(void *ctx, uint64_t addr, unsigned bytes, uint64_t *words);
};

void explain_interrupt(FILE *out, const struct explain_interrupt_query *q);

#endif
