// SPDX-License-Identifier: Apache-2.0
// Why a request that no table decides ends as it does, in words: the interrupt address range,
// translation that is off, the width of the host's addresses, protected memory. What these reject
// is not recorded. VT-d; titles in quotation marks are those of its specification's sections.
#ifndef RW_EXPLAIN_GATE_H
#define RW_EXPLAIN_GATE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct explain_gate_query {
    bool translation; /* GSTS.TES */
    unsigned haw;
    struct {
        uint64_t base, limit; /* a limit below the base covers nothing */
    } region[2];              /* PLMBASE and PLMLIMIT, PHMBASE and PHMLIMIT; as PMEN has it */
    uint16_t sid;
    uint8_t at, bytes;
    bool write;
    uint64_t address;
    /* Told of each side in words; NULL: it has not answered. */
    const char *rtl, *model;
};

void explain_gate(FILE *out, const struct explain_gate_query *q);

#endif
