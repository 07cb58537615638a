// SPDX-License-Identifier: Apache-2.0
// One instruction's bytes: prefixes, REX, opcode, ModRM and its registers, immediates.
#ifndef RW_ENCODE_H
#define RW_ENCODE_H

#include "forms.h"

struct head {
    uint8_t prefix[8];
    unsigned prefixes;
    bool p66, p67, rep;
    uint8_t rex; /* W R X B; no REX byte when 0 and !keep_rex */
    bool keep_rex;
    int seg;
};

struct rm {
    uint8_t bytes[8];
    unsigned n;
};

void add_prefix(struct head *h, uint8_t p);
void encode_sizes(struct gen *g, const struct form *f, struct head *h); /* and prefixes */
void rm_register(struct rm *m, struct head *h, unsigned reg, unsigned rm);
/* A memory operand at t; its registers are set up before the instruction. */
void rm_memory(struct gen *g, struct rm *m, struct head *h, unsigned reg, uint64_t t);
/* Prefixes, REX, opcode. */
void encode_opcode(struct gen *g, const struct form *f, const struct head *h, uint8_t op);
void encode_immediates(struct gen *g, const struct form *f, const struct head *h);

#endif
