// SPDX-License-Identifier: Apache-2.0
// Why a load of the PDPTE registers ends as it does, in words. SDM Vol. 3A 4.4.1 "PDPTE Registers".
#ifndef RW_EXPLAIN_LOAD_H
#define RW_EXPLAIN_LOAD_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct explain_load_query {
    uint64_t cr3;
    unsigned maxphyaddr;
    uint64_t entry[4]; /* as memory has them */
    bool rtl_fault, model_fault;
    uint64_t rtl[4]; /* the RTL's registers behind it */
};

/* Where the four entries stand. */
uint64_t explain_load_table(uint64_t cr3);
void explain_load(FILE *out, const struct explain_load_query *q);

#endif
