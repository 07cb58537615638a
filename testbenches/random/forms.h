// SPDX-License-Identifier: Apache-2.0
// The rows of forms.c.
#ifndef RW_FORMS_H
#define RW_FORMS_H

#include "randgen.h"

enum {
    F_M = 1 << 0, /* ModRM; ext >= 0 is /n */
    F_B = 1 << 1, /* byte operands */
    F_I8 = 1 << 2,
    F_IZ = 1 << 3,
    F_IV = 1 << 4,
    F_OPREG = 1 << 5,
    F_MEM = 1 << 6, /* memory only */
    F_REG = 1 << 7, /* register only */
    F_NO64 = 1 << 8,
    F_ONLY64 = 1 << 9,
    F_LOCK = 1 << 10,
    F_BITS = 1 << 11, /* a bit offset in reg addresses memory */
    F_STRING = 1 << 12,
    F_STACK = 1 << 13, /* pushes or pops */
    F_DIV = 1 << 14,
    F_COUNT = 1 << 15, /* CL counts */
    F_SREG = 1 << 16,
    F_MOFFS = 1 << 17,
    F_F3 = 1 << 18,       /* mandatory F3 */
    F_NOSP = 1 << 19,     /* RSP is no destination here */
    F_RING3 = 1 << 20,    /* only where it faults */
    F_66 = 1 << 21,       /* mandatory 66 */
    F_RBX = 1 << 22,      /* XLAT */
    F_PORT = 1 << 23,     /* DX is a port */
    F_SELECTOR = 1 << 24, /* r/m is a selector */
    F_BOUNDS = 1 << 25    /* r/m is a pair of bounds */
};

struct form {
    uint8_t map, op; /* map 0: one byte, 1: 0F, 2: 0F 38 */
    int8_t ext;
    uint8_t weight;
    unsigned flags;
};

/* A row by weight, and its opcode; NULL when it is not for this mode. */
const struct form *form_pick(struct gen *g, uint8_t *op);

#endif
