// SPDX-License-Identifier: Apache-2.0
// Why a translation ends as it does, in words: the walk level by level with its entries decoded by
// name, the rights that add up, the checks in the order in which a processor makes them, the one
// that decides, and, where the RTL says something else, which single input would make that right.
// SDM Vol. 3A chapter "Paging"; sections by the numbers of the edition in docs/architecture.md.
#ifndef RW_EXPLAIN_H
#define RW_EXPLAIN_H

#include <stdio.h>

#include "legality.h"

struct explain_query {
    struct legality_registers registers;
    struct legality_access access;
    struct legality_answer rtl, model;
    bool has_rtl, has_model;
    bool rtl_cached,
        model_cached; /* answered from a TLB: the tables may say something else by now */
    /* Where the RTL's walk read entries, in order; none: it is not known. */
    const uint64_t *rtl_read;
    unsigned rtl_reads;
    const char *differs; /* the field of the first difference, as in struct rec_xlate; or NULL */
    void *ctx;
    /* Paging structures as the walk had them; aligned 4 or 8 bytes. */
    uint64_t (*read)(void *ctx, uint64_t addr, unsigned bytes);
};

/* Writes nothing where paging is off. */
void explain_translation(FILE *out, const struct explain_query *q);

#endif
