// SPDX-License-Identifier: Apache-2.0
// Writes a random guest program: the body and the tables that frame.S includes.
//
//   randgen --seed N --mode 64|32|compat [--ring 0|3] [--fuzz] [--slots N]
//           [--paging 32|pae|4|5] -o prog.S
//
// A program is a row of slots of 64 bytes. A slot holds the set-up of some registers, one random
// instruction, and a way to the next slot; with --fuzz (ring 3 only) any bytes at all. Every event
// (fault, INT n, single step, timer) resumes at the slot after the one that it interrupted, so the
// program ends whatever happens; frame.S holds the handler. The program checks nothing itself: it
// is run in lockstep, see run.sh. Memory operands aim at a window of data pages in which the page
// table (or, in 32-bit mode, a segment limit) ends after a few pages. With --paging the tables are
// random too, and the program changes them (rand_paging.c).
#include "randgen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t rnd(struct gen *g)
{
    uint64_t z = g->state += UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

unsigned below(struct gen *g, unsigned n)
{
    return (unsigned)(rnd(g) % n);
}

bool chance(struct gen *g, unsigned percent)
{
    return below(g, 100) < percent;
}

void put(struct gen *g, uint64_t v, unsigned bytes)
{
    for (unsigned i = 0; i < bytes && g->n < sizeof g->b; i++)
        g->b[g->n++] = (uint8_t)(v >> (8 * i));
}

/* A value that finds edges: small, near a power of two, or anything. */
static uint64_t value(struct gen *g)
{
    switch (below(g, 6)) {
    case 0:
        return rnd(g) & 0xff;
    case 1:
        return UINT64_C(0) - (rnd(g) & 0xff);
    case 2:
        return (UINT64_C(1) << below(g, 64)) + (uint64_t)(rnd(g) % 3) - 1;
    case 3:
        return rnd(g) & 0xffffffff;
    default:
        return rnd(g);
    }
}

/* MOV r, v in the shortest form that holds it. */
void mov_imm(struct gen *g, unsigned r, uint64_t v)
{
    if (!g->wide) {
        put(g, 0xb8u | r, 1);
        put(g, v, 4);
    } else if (v >> 32 == 0) {
        if (r >= 8)
            put(g, 0x41, 1);
        put(g, 0xb8u | (r & 7), 1);
        put(g, v, 4);
    } else {
        put(g, 0x48u | r >> 3, 1);
        put(g, 0xb8u | (r & 7), 1);
        put(g, v, 8);
    }
}

static unsigned reg_count(const struct gen *g)
{
    return g->wide ? 16 : 8;
}

/* A handler without a stack of its own (32-bit ring 0) needs ESP as it is. */
bool sp_is_free(const struct gen *g)
{
    return g->wide || g->ring == 3;
}

static unsigned any_reg(struct gen *g)
{
    unsigned r;

    do
        r = below(g, reg_count(g));
    while (r == 4 && !sp_is_free(g));
    return r;
}

/* Where an operand may lie: mostly inside, often across a page or a 16-byte block, now and then
 * at the end of the window or nowhere. */
static uint64_t target(struct gen *g)
{
    uint64_t base = g->data, page = below(g, WINDOW_PAGES);

    if (g->wide && chance(g, 6))
        base |= UINT64_C(0xffffff8000000000); /* the same pages, upper half */
    switch (below(g, 20)) {
    case 0:
        return base + WINDOW_PAGES * 4096 - below(g, 20);
    case 1:
        return g->wide && chance(g, 40) ? value(g) | UINT64_C(0x1000000000000)
                                        : base - below(g, 20);
    case 2:
    case 3:
    case 4:
        return base + (page ? page : 1) * 4096 - below(g, 18);
    case 5:
    case 6:
    case 7:
        return base + page * 4096 + 256 + below(g, 64) * 16 - below(g, 18);
    case 8:
        return base + (WINDOW_PAGES + below(g, 2)) * 4096 +
               below(g, 4000); /* read-only, kernel's */
    default:
        return base + page * 4096 + 64 + below(g, 3900) / 8 * 8;
    }
}

static uint32_t slot_address(const struct gen *g, unsigned slot)
{
    return g->body + slot * SLOT;
}

static unsigned ahead(struct gen *g)
{
    return g->slot + 1 + below(g, 3);
}

/* --- one instruction --- */

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

static const struct form forms[] = {
    /* ADD .. CMP: the row is chosen by op |= 8 * n in pick() */
    {0, 0x00, -1, 30, F_M | F_B | F_LOCK},
    {0, 0x01, -1, 40, F_M | F_LOCK},
    {0, 0x02, -1, 20, F_M | F_B},
    {0, 0x03, -1, 30, F_M},
    {0, 0x04, -1, 6, F_B | F_I8},
    {0, 0x05, -1, 8, F_IZ},
    {0, 0x80, 8, 16, F_M | F_B | F_I8 | F_LOCK},
    {0, 0x81, 8, 16, F_M | F_IZ | F_LOCK},
    {0, 0x83, 8, 16, F_M | F_I8 | F_LOCK},
    {0, 0x82, 8, 2, F_M | F_B | F_I8 | F_LOCK | F_NO64},
    {0, 0x84, -1, 6, F_M | F_B},
    {0, 0x85, -1, 6, F_M},
    {0, 0xa8, -1, 3, F_B | F_I8},
    {0, 0xa9, -1, 3, F_IZ},
    {0, 0x86, -1, 6, F_M | F_B | F_LOCK},
    {0, 0x87, -1, 8, F_M | F_LOCK},
    {0, 0x88, -1, 6, F_M | F_B},
    {0, 0x89, -1, 8, F_M},
    {0, 0x8a, -1, 6, F_M | F_B},
    {0, 0x8b, -1, 8, F_M},
    {0, 0x8d, -1, 10, F_M | F_MEM},
    {0, 0x8c, -1, 6, F_M},
    {0, 0x8e, -1, 10, F_M | F_SREG},
    {0, 0x90, -1, 6, F_OPREG},
    {0, 0xb0, -1, 4, F_OPREG | F_B | F_I8},
    {0, 0xb8, -1, 4, F_OPREG | F_IV},
    {0, 0xc6, 0, 4, F_M | F_B | F_I8},
    {0, 0xc7, 0, 4, F_M | F_IZ},
    {0, 0xa0, -1, 2, F_MOFFS | F_B},
    {0, 0xa1, -1, 3, F_MOFFS},
    {0, 0xa2, -1, 2, F_MOFFS | F_B},
    {0, 0xa3, -1, 3, F_MOFFS},
    {0, 0x40, -1, 6, F_OPREG | F_NO64},
    {0, 0x48, -1, 6, F_OPREG | F_NO64},
    {0, 0xfe, 0, 5, F_M | F_B | F_LOCK},
    {0, 0xfe, 1, 5, F_M | F_B | F_LOCK},
    {0, 0xff, 0, 5, F_M | F_LOCK},
    {0, 0xff, 1, 5, F_M | F_LOCK},
    {0, 0xf6, 2, 3, F_M | F_B | F_LOCK},
    {0, 0xf7, 2, 4, F_M | F_LOCK},
    {0, 0xf6, 3, 3, F_M | F_B | F_LOCK},
    {0, 0xf7, 3, 4, F_M | F_LOCK},
    {0, 0xf6, 0, 3, F_M | F_B | F_I8},
    {0, 0xf7, 1, 3, F_M | F_IZ},
    {0, 0xf6, 4, 4, F_M | F_B},
    {0, 0xf7, 4, 6, F_M},
    {0, 0xf6, 5, 4, F_M | F_B},
    {0, 0xf7, 5, 6, F_M},
    {0, 0xf6, 6, 6, F_M | F_B | F_DIV},
    {0, 0xf7, 6, 10, F_M | F_DIV},
    {0, 0xf6, 7, 6, F_M | F_B | F_DIV},
    {0, 0xf7, 7, 10, F_M | F_DIV},
    {0, 0x69, -1, 6, F_M | F_IZ},
    {0, 0x6b, -1, 6, F_M | F_I8},
    {1, 0xaf, -1, 8, F_M},
    {0, 0xc0, 8, 12, F_M | F_B | F_I8},
    {0, 0xc1, 8, 16, F_M | F_I8},
    {0, 0xd0, 8, 6, F_M | F_B},
    {0, 0xd1, 8, 8, F_M},
    {0, 0xd2, 8, 12, F_M | F_B | F_COUNT},
    {0, 0xd3, 8, 16, F_M | F_COUNT},
    {1, 0xa4, -1, 8, F_M | F_I8},
    {1, 0xa5, -1, 8, F_M | F_COUNT},
    {1, 0xac, -1, 8, F_M | F_I8},
    {1, 0xad, -1, 8, F_M | F_COUNT},
    {1, 0xa3, -1, 6, F_M | F_BITS},
    {1, 0xab, -1, 6, F_M | F_BITS | F_LOCK},
    {1, 0xb3, -1, 6, F_M | F_BITS | F_LOCK},
    {1, 0xbb, -1, 6, F_M | F_BITS | F_LOCK},
    {1, 0xba, 4, 3, F_M | F_I8},
    {1, 0xba, 5, 3, F_M | F_I8 | F_LOCK},
    {1, 0xba, 6, 3, F_M | F_I8 | F_LOCK},
    {1, 0xba, 7, 3, F_M | F_I8 | F_LOCK},
    {1, 0xbc, -1, 5, F_M},
    {1, 0xbd, -1, 5, F_M},
    {1, 0xbc, -1, 5, F_M | F_F3},
    {1, 0xbd, -1, 5, F_M | F_F3},
    {1, 0xb8, -1, 5, F_M | F_F3},
    {1, 0xb6, -1, 5, F_M},
    {1, 0xb7, -1, 5, F_M},
    {1, 0xbe, -1, 5, F_M},
    {1, 0xbf, -1, 5, F_M},
    {0, 0x63, -1, 5, F_M | F_ONLY64},
    {1, 0x40, 9, 16, F_M},
    {1, 0x90, 9, 12, F_M | F_B},
    {1, 0xb0, -1, 6, F_M | F_B | F_LOCK},
    {1, 0xb1, -1, 10, F_M | F_LOCK},
    {1, 0xc0, -1, 6, F_M | F_B | F_LOCK},
    {1, 0xc1, -1, 8, F_M | F_LOCK},
    {1, 0xc7, 1, 8, F_M | F_MEM | F_LOCK},
    {1, 0xc8, -1, 5, F_OPREG},
    {2, 0xf0, -1, 5, F_M | F_MEM},
    {2, 0xf1, -1, 5, F_M | F_MEM},
    {0, 0x98, -1, 4, 0},
    {0, 0x99, -1, 4, 0},
    {0, 0x9e, -1, 4, 0},
    {0, 0x9f, -1, 4, 0},
    {0, 0xf5, -1, 3, 0},
    {0, 0xf8, -1, 3, 0},
    {0, 0xf9, -1, 3, 0},
    {0, 0xfc, -1, 4, 0},
    {0, 0xfd, -1, 4, 0},
    {0, 0x27, -1, 3, F_NO64},
    {0, 0x2f, -1, 3, F_NO64},
    {0, 0x37, -1, 3, F_NO64},
    {0, 0x3f, -1, 3, F_NO64},
    {0, 0xd4, -1, 5, F_I8 | F_NO64},
    {0, 0xd5, -1, 4, F_I8 | F_NO64},
    {0, 0x62, -1, 8, F_M | F_MEM | F_NO64 | F_BOUNDS},
    {0, 0x62, -1, 1, F_M | F_REG | F_NO64},
    {0, 0xc4, -1, 1, F_M | F_NO64},
    {0, 0xc5, -1, 1, F_M | F_NO64},
    {1, 0xb2, -1, 1, F_M | F_REG},
    {1, 0xb4, -1, 2, F_M},
    {0, 0x63, -1, 8, F_M | F_NO64},
    {1, 0x02, -1, 8, F_M | F_SELECTOR},
    {1, 0x03, -1, 8, F_M | F_SELECTOR},
    {1, 0x00, 4, 5, F_M | F_SELECTOR},
    {1, 0x00, 5, 5, F_M | F_SELECTOR},
    {2, 0xf6, -1, 6, F_M | F_66},
    {2, 0xf6, -1, 6, F_M | F_F3},
    {2, 0xf6, -1, 1, F_M},
    {0, 0xd7, -1, 4, F_RBX},
    {0, 0x6c, -1, 5, F_STRING | F_PORT | F_B},
    {0, 0x6d, -1, 6, F_STRING | F_PORT},
    {0, 0x6e, -1, 5, F_STRING | F_PORT | F_B},
    {0, 0x6f, -1, 6, F_STRING | F_PORT},
    {0, 0xa4, -1, 8, F_STRING | F_B},
    {0, 0xa5, -1, 12, F_STRING},
    {0, 0xa6, -1, 8, F_STRING | F_B},
    {0, 0xa7, -1, 10, F_STRING},
    {0, 0xaa, -1, 6, F_STRING | F_B},
    {0, 0xab, -1, 8, F_STRING},
    {0, 0xac, -1, 6, F_STRING | F_B},
    {0, 0xad, -1, 8, F_STRING},
    {0, 0xae, -1, 8, F_STRING | F_B},
    {0, 0xaf, -1, 8, F_STRING},
    {0, 0x50, -1, 8, F_OPREG | F_STACK},
    {0, 0x58, -1, 8, F_OPREG | F_STACK},
    {0, 0x68, -1, 4, F_IZ | F_STACK},
    {0, 0x6a, -1, 4, F_I8 | F_STACK},
    {0, 0xff, 6, 6, F_M | F_STACK},
    {0, 0x8f, 0, 6, F_M | F_STACK},
    {0, 0x9c, -1, 4, F_STACK},
    {0, 0x9d, -1, 4, F_STACK},
    {0, 0x60, -1, 4, F_STACK | F_NO64},
    {0, 0x61, -1, 4, F_STACK | F_NO64},
    {0, 0x06, -1, 1, F_STACK | F_NO64},
    {0, 0x0e, -1, 1, F_STACK | F_NO64},
    {0, 0x16, -1, 1, F_STACK | F_NO64},
    {0, 0x1e, -1, 1, F_STACK | F_NO64},
    {1, 0xa0, -1, 2, F_STACK},
    {1, 0xa8, -1, 2, F_STACK},
    {0, 0xc9, -1, 4, F_STACK},
    {1, 0xa2, -1, 2, 0},
    {1, 0x31, -1, 2, 0},
    {0, 0xcc, -1, 2, 0},
    {0, 0xcd, -1, 3, F_I8},
    {0, 0xce, -1, 2, F_NO64},
    {0, 0xf1, -1, 1, 0},
    {1, 0x0b, -1, 1, 0},
    {1, 0xb9, -1, 1, F_M},
    {1, 0x1f, -1, 3, F_M},
    {1, 0x18, -1, 2, F_M},
    {1, 0x0d, -1, 2, F_M},
    {1, 0xae, 7, 3, F_M},
    {1, 0xae, 7, 2, F_M | F_66},
    {1, 0xae, 6, 2, F_M | F_66},
    {1, 0xae, 5, 1, F_M},
    {1, 0xae, 0, 2, F_M | F_REG | F_F3},
    {1, 0xae, 1, 2, F_M | F_REG | F_F3},
    {1, 0xc7, 7, 2, F_M | F_REG | F_F3 | F_NOSP},
    {1, 0x00, 0, 2, F_M},
    {1, 0x00, 1, 2, F_M},
    {1, 0x01, 0, 2, F_M | F_MEM},
    {1, 0x01, 1, 2, F_M | F_MEM},
    {1, 0x01, 4, 2, F_M},
    {1, 0x01, 7, 2, F_M | F_MEM},
    {1, 0x20, -1, 2, F_M | F_REG | F_NOSP},
    {1, 0x21, -1, 2, F_M | F_REG | F_NOSP},
    {1, 0x33, -1, 1, 0},
    {1, 0x09, -1, 1, 0},
    {0, 0xfa, -1, 1, 0},
    {0, 0xfb, -1, 1, 0},
    {0, 0x9b, -1, 2, 0},
    {0, 0xd8, 9, 4, F_M},
    {1, 0x60, 9, 3, F_M},
    {1, 0xd0, 9, 3, F_M},
    {1, 0x10, 9, 2, F_M},
    {0, 0xec, -1, 2, F_RING3 | F_B},
    {0, 0xed, -1, 2, F_RING3},
    {0, 0xee, -1, 2, F_RING3 | F_B},
    {0, 0xe5, -1, 2, F_RING3 | F_I8},
    {0, 0xf4, -1, 1, F_RING3},
    {1, 0x22, -1, 2, F_M | F_REG | F_RING3},
    {1, 0x23, -1, 2, F_M | F_REG | F_RING3},
    {1, 0x01, 2, 1, F_M | F_MEM | F_RING3},
    {1, 0x01, 6, 1, F_M | F_RING3},
    {1, 0x30, -1, 1, F_RING3},
    {1, 0x32, -1, 1, F_RING3},
    {1, 0x06, -1, 1, F_RING3},
    {1, 0x05, -1, 1, F_RING3},
    {1, 0x07, -1, 1, F_RING3},
};

struct head {
    uint8_t prefix[8];
    unsigned prefixes;
    bool p66, p67, rep;
    uint8_t rex; /* W R X B; no REX byte when 0 and !keep_rex */
    bool keep_rex;
    int seg;
};

static void add_prefix(struct head *h, uint8_t p)
{
    if (h->prefixes < sizeof h->prefix)
        h->prefix[h->prefixes++] = p;
}

static void sizes(struct gen *g, const struct form *f, struct head *h)
{
    static const uint8_t overrides[] = {0x26, 0x2e, 0x36, 0x3e};

    h->seg = -1;
    if (f->flags & F_66 || (!(f->flags & F_B) && chance(g, 22)))
        h->p66 = true;
    if (g->wide && chance(g, (f->flags & F_B) ? 5 : 40))
        h->rex |= 8;
    if (g->wide && chance(g, 15))
        h->keep_rex = true;
    if ((f->flags & (F_M | F_STRING | F_MOFFS | F_RBX)) && chance(g, 8))
        h->p67 = true;
    if (!g->wide && h->p67 && (f->flags & (F_M | F_STRING | F_MOFFS | F_RBX)))
        h->p67 = false; /* 16-bit addresses: only with FS, see memory() */
    if (f->flags & F_F3)
        add_prefix(h, 0xf3);
    else if (!(f->flags & F_STRING) && chance(g, 2))
        add_prefix(h, chance(g, 50) ? 0xf2 : 0xf3);
    if ((f->flags & F_M) && chance(g, (f->flags & F_LOCK) ? 20 : 3))
        add_prefix(h, 0xf0);
    if (chance(g, 5))
        add_prefix(h, overrides[below(g, g->wide || g->ring == 3 ? 4 : 2)]);
    if (h->p66)
        add_prefix(h, 0x66);
}

struct rm {
    uint8_t bytes[8];
    unsigned n;
};

static void rm_put(struct rm *m, uint64_t v, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        m->bytes[m->n++] = (uint8_t)(v >> (8 * i));
}

static void rm_register(struct rm *m, struct head *h, unsigned reg, unsigned rm)
{
    rm_put(m, 0xc0u | (reg & 7) << 3 | (rm & 7), 1);
    h->rex |= (uint8_t)((reg >> 3) << 2 | rm >> 3);
}

/* 16-bit addressing forms: FS, whose base is the window in 32-bit code. */
static void memory_16(struct gen *g, struct rm *m, struct head *h, unsigned reg)
{
    static const uint8_t base[8] = {3, 3, 5, 5, 6, 7, 5, 3};
    static const int8_t index[8] = {6, 7, 6, 7, -1, -1, -1, -1};
    unsigned rm = below(g, 8), mod = below(g, 3), at = 16 + below(g, 0x5f00);
    unsigned disp = mod == 1 ? (unsigned)below(g, 256) : below(g, 0x10000);

    add_prefix(h, 0x64);
    add_prefix(h, 0x67);
    rm_put(m, mod << 6 | (reg & 7) << 3 | rm, 1);
    if (mod == 0 && rm == 6) {
        rm_put(m, at, 2);
        return;
    }
    at -= mod == 0 ? 0 : mod == 1 ? (unsigned)(int8_t)disp : disp;
    if (index[rm] >= 0) {
        unsigned x = below(g, 0x10000);

        mov_imm(g, (unsigned)index[rm], x | rnd(g) << 16);
        at -= x;
    }
    mov_imm(g, base[rm], (at & 0xffff) | rnd(g) << 16);
    if (mod)
        rm_put(m, disp, mod);
}

/* A memory operand at t; its registers are set up before the instruction. */
static void memory(struct gen *g, struct rm *m, struct head *h, unsigned reg, uint64_t t)
{
    unsigned base, index, scale = below(g, 4), mod = below(g, 3);
    bool sib = chance(g, 45), has_index;
    uint64_t disp = mod == 1 ? (uint64_t)(int8_t)rnd(g) : mod == 2 ? (uint64_t)(int32_t)rnd(g) : 0;
    uint64_t mask = g->wide && !h->p67 ? ~UINT64_C(0) : 0xffffffff, x = 0;

    h->rex |= (uint8_t)((reg >> 3) << 2);
    if (!g->wide && g->mode != MODE_64 && chance(g, 10)) {
        memory_16(g, m, h, reg);
        return;
    }
    if (h->p67)
        add_prefix(h, 0x67);
    if (t >> 31 == 0 && chance(g, 8)) { /* absolute */
        if (g->wide) {
            rm_put(m, (reg & 7) << 3 | 4, 1);
            rm_put(m, 0x25, 1);
        } else {
            rm_put(m, (reg & 7) << 3 | 5, 1);
        }
        rm_put(m, t, 4);
        return;
    }
    do {
        base = any_reg(g);
        index = any_reg(g);
    } while (base == index || index == 4);
    if ((base & 7) == 4)
        sib = true;
    if ((base & 7) == 5 && mod == 0)
        mod = 1, disp = (uint64_t)(int8_t)rnd(g);
    has_index = sib && chance(g, 75);
    if (has_index) {
        x = chance(g, 70) ? below(g, 64) : value(g);
        mov_imm(g, index, x);
        if (!g->wide)
            x &= 0xffffffff;
    }
    mov_imm(g, base, ((t - disp - (x << scale)) & mask) | (g->wide && h->p67 ? rnd(g) << 32 : 0));
    rm_put(m, mod << 6 | (reg & 7) << 3 | (sib ? 4 : base & 7), 1);
    if (sib) {
        rm_put(m, scale << 6 | (has_index ? index & 7 : 4) << 3 | (base & 7), 1);
        h->rex |= has_index ? (uint8_t)(index >> 3 << 1) : 0;
    }
    h->rex |= (uint8_t)(base >> 3);
    if (mod)
        rm_put(m, disp, mod == 1 ? 1 : 4);
}

static const struct form *pick(struct gen *g, uint8_t *op)
{
    static unsigned total;
    const struct form *f = forms;
    unsigned w;

    if (!total)
        for (unsigned i = 0; i < sizeof forms / sizeof forms[0]; i++)
            total += forms[i].weight;
    w = below(g, total);
    while (w >= f->weight)
        w -= f++->weight;
    *op = f->op;
    if (f->map == 0 && f->op < 6)
        *op = (uint8_t)(f->op + 8 * below(g, 8));
    if (f->ext == 9)
        *op = (uint8_t)(f->op + below(g, f->op == 0xd8 ? 8 : 16));
    if (f->flags & F_OPREG)
        *op = f->op; /* the register is added by finish() */
    if (g->wide ? f->flags & F_NO64 : f->flags & F_ONLY64)
        return NULL;
    if ((f->flags & F_RING3) && g->ring == 0)
        return NULL;
    return f;
}

/* Of the GDT of frame.S. */
static uint16_t selector(struct gen *g)
{
    static const uint16_t selectors[] = {0,    3,    0x10, 0x20, 0x23, 0x23, 0x23, 0x48, 0x4b,
                                         0x53, 0x5b, 0x63, 0x6b, 0x33, 0x7b, 0x0c, 0x73, 0x1b};

    return selectors[below(g, sizeof selectors / sizeof selectors[0])];
}

/* Any entry of it, the gates and system segments too, with any RPL; now and then of the LDT. */
static uint16_t any_selector(struct gen *g)
{
    return (uint16_t)(below(g, 30) * 8 + below(g, 4) + (chance(g, 10) ? 4u : 0u));
}

/* A place in the window that can be written. */
static uint32_t good_target(struct gen *g)
{
    return g->data + below(g, WINDOW_PAGES) * 4096 + 64 + below(g, 3900);
}

/* MOV word [rDI + disp], v with rDI = t. */
static void store_word(struct gen *g, uint32_t t, unsigned disp, uint16_t v)
{
    mov_imm(g, 7, t);
    put(g, 0x47c766, 3);
    put(g, disp, 1);
    put(g, v, 2);
}

/* Bounds at t that hold half of all values. */
static void store_bounds(struct gen *g, uint32_t t)
{
    mov_imm(g, 7, t);
    put(g, 0x07c7, 2);
    put(g, 0x80008000 | rnd(g), 4);
    put(g, 0x0447c7, 3);
    put(g, rnd(g) & 0x7fff7fff, 4);
}

static void set_up(struct gen *g, const struct form *f)
{
    if (f->flags & F_STRING) {
        mov_imm(g, 6, target(g));
        mov_imm(g, 7, target(g));
        mov_imm(g, 1, below(g, 10));
    }
    if (f->flags & F_PORT) /* in reach of the TSS's map; the board has nothing there */
        mov_imm(g, 2, below(g, 128) | rnd(g) << 16);
    if (f->flags & F_STACK) {
        uint32_t at = g->data + 0x800 + below(g, 0x4000);

        if (sp_is_free(g) && chance(g, 20))
            mov_imm(g, 4, target(g));
        else
            mov_imm(g, 4, chance(g, 70) ? at & ~7u : at);
        if (f->op == 0xc9)
            mov_imm(g, 5, g->data + 0x800 + below(g, 0x4000));
    }
    if (f->flags & F_RBX) {
        mov_imm(g, 3, target(g) - below(g, 128));
    }
    if ((f->flags & F_DIV) && chance(g, 70)) {
        mov_imm(g, 2, chance(g, 50) ? 0 : below(g, 3));
        if (chance(g, 30))
            put(g, 0x99, 1);
    }
    if ((f->flags & F_COUNT) && chance(g, 70))
        mov_imm(g, 1, chance(g, 80) ? below(g, 70) : rnd(g));
    if (f->flags & F_SREG)
        mov_imm(g, 0, selector(g));
    if (f->map == 1 && f->op == 0xa2)
        mov_imm(g, 0, (chance(g, 50) ? 0u : 0x80000000u) + below(g, 10));
}

/* Prefixes, REX, opcode. */
static void opcode(struct gen *g, const struct form *f, const struct head *h, uint8_t op)
{
    for (unsigned i = 0; i < h->prefixes; i++)
        put(g, h->prefix[i], 1);
    if (g->wide && (h->rex || h->keep_rex))
        put(g, 0x40u | h->rex, 1);
    if (f->map)
        put(g, 0x0f, 1);
    if (f->map == 2)
        put(g, 0x38, 1);
    put(g, op, 1);
}

static void immediates(struct gen *g, const struct form *f, const struct head *h)
{
    bool word = h->p66 && !(h->rex & 8);

    if ((f->flags & F_I8) && f->map == 0 && f->op == 0xcd)
        put(g, 0x80 + rnd(g) % 24, 1);
    else if ((f->flags & F_I8) && f->map == 0 && (f->op & ~1) == 0xd4)
        put(g, chance(g, 40) ? 10 : chance(g, 20) ? 0 : rnd(g), 1); /* the base of AAM, AAD */
    else if (f->flags & F_I8)
        put(g, rnd(g), 1);
    if (f->flags & F_IZ)
        put(g, value(g), word ? 2 : 4);
    if (f->flags & F_IV)
        put(g, value(g), h->rex & 8 ? 8 : word ? 2 : 4);
}

static bool instruction(struct gen *g)
{
    struct head h = {0};
    struct rm m = {.n = 0};
    uint8_t op;
    const struct form *f = pick(g, &op);

    if (!f)
        return false;
    set_up(g, f);
    sizes(g, f, &h);
    if (f->flags & F_STRING) {
        if (h.p67)
            add_prefix(&h, 0x67);
        if (chance(g, 65))
            add_prefix(&h, chance(g, 50) ? 0xf2 : 0xf3);
    }
    if (f->flags & F_MOFFS) {
        uint64_t t = target(g);

        if (h.p67)
            add_prefix(&h, 0x67);
        opcode(g, f, &h, op);
        put(g, t, g->wide && !h.p67 ? 8 : 4);
        return true;
    }
    if (f->flags & F_M) {
        unsigned reg = f->ext == 8                 ? below(g, 8)
                       : f->ext >= 0 && f->ext < 8 ? (unsigned)f->ext
                                                   : any_reg(g);
        bool mem = !(f->flags & F_REG) && ((f->flags & F_MEM) || chance(g, 55));
        unsigned rm = f->flags & F_SREG ? 0 : any_reg(g);
        uint64_t t = target(g);

        if (f->flags & F_SREG)
            reg = g->ring == 0 ? (unsigned)"\0\3\4\5"[below(g, 4)] : below(g, 8);
        if (f->op == 0x20 && f->map == 1)
            reg = (unsigned)"\0\2\3\4\1\7"[below(g, 6)];
        if ((f->flags & F_BITS) && mem) {
            if (reg == 4)
                reg = 0;
            mov_imm(g, reg, below(g, 3000) - (chance(g, 50) ? 1500u : 0u));
        }
        if ((f->flags & F_NOSP) && rm == 4)
            rm = 0;
        if ((f->flags & F_SELECTOR) && mem && chance(g, 70)) {
            t = good_target(g);
            store_word(g, (uint32_t)t, 0, any_selector(g));
        } else if ((f->flags & F_SELECTOR) && !mem && (rm != 4 || sp_is_free(g))) {
            mov_imm(g, rm, any_selector(g) | rnd(g) << 16);
        }
        if ((f->flags & F_BOUNDS) && chance(g, 60)) {
            t = good_target(g);
            store_bounds(g, (uint32_t)t);
        }
        if (mem)
            memory(g, &m, &h, reg, t);
        else
            rm_register(&m, &h, reg, rm);
    }
    if (f->flags & F_OPREG) {
        unsigned r = any_reg(g);

        op = (uint8_t)(op | (r & 7));
        h.rex |= (uint8_t)(r >> 3);
    }
    opcode(g, f, &h, op);
    for (unsigned i = 0; i < m.n; i++)
        put(g, m.bytes[i], 1);
    immediates(g, f, &h);
    return true;
}

/* --- instructions whose parts belong together --- */

static void push_imm(struct gen *g, uint32_t v)
{
    put(g, 0x68, 1);
    put(g, v, 4);
}

static void stack_here(struct gen *g)
{
    mov_imm(g, 4, g->data + 0x2000 + below(g, 0x200) * 8);
}

/* Jcc, LOOPcc, JrCXZ: forward, to the start of a slot. */
static void branch(struct gen *g)
{
    uint32_t here, to = slot_address(g, ahead(g));

    if (chance(g, 30)) {
        mov_imm(g, 1, below(g, 3));
        if (chance(g, 20))
            put(g, 0x67, 1);
        put(g, 0xe0 + below(g, 4), 1);
        put(g, SLOT - (g->n + 1), 1); /* the next slot */
        return;
    }
    put(g, 0x0f, 1);
    put(g, 0x80 + below(g, 16), 1);
    here = slot_address(g, g->slot) + g->n + 4;
    put(g, to - here, 4);
}

static void call_or_jump(struct gen *g)
{
    uint32_t to = slot_address(g, ahead(g)), here;
    unsigned r = chance(g, 50) ? 0 : 3;

    stack_here(g);
    switch (below(g, 6)) {
    case 0:
    case 1:
        put(g, chance(g, 50) ? 0xe8 : 0xe9, 1);
        here = slot_address(g, g->slot) + g->n + 4;
        put(g, to - here, 4);
        return;
    case 2:
        mov_imm(g, r, g->wide && chance(g, 10) ? UINT64_C(0x800000000000) + value(g) / 2 : to);
        put(g, 0xff, 1);
        put(g, (chance(g, 50) ? 0xd0u : 0xe0u) | r, 1);
        return;
    case 3:
        push_imm(g, to);
        mov_imm(g, r, g->data + 0x2000);
        put(g, 0x54, 1); /* PUSH rSP, POP r; CALL or JMP [r] */
        put(g, 0x58 | r, 1);
        put(g, 0xff, 1);
        put(g, (chance(g, 50) ? 0x10u : 0x20u) | r, 1);
        return;
    case 4:
        push_imm(g, to);
        put(g, 0xc3, 1);
        return;
    default:
        push_imm(g, to);
        put(g, 0xc2, 1);
        put(g, below(g, 64), 2);
        return;
    }
}

/* RETF and IRET to this level, with now and then a selector that faults. */
static void far_return(struct gen *g)
{
    unsigned code = g->wide ? (g->ring ? 0x2b : 0x08) : g->ring ? 0x1b : 0x08;
    unsigned data = g->ring ? 0x23 : 0x10, to = slot_address(g, ahead(g));

    if (chance(g, 15))
        code = below(g, 18) * 8 + g->ring;
    if (chance(g, 10) && g->ring == 3)
        data = below(g, 18) * 8 + below(g, 4);
    stack_here(g);
    if (chance(g, 50)) {
        push_imm(g, code);
        push_imm(g, to);
        if (g->wide)
            put(g, 0x48, 1);
        put(g, 0xcb, 1);
        return;
    }
    if (g->wide) {
        push_imm(g, data);
        push_imm(g, g->data + 0x3000);
    }
    push_imm(g, (uint32_t)(rnd(g) & 0x240cd5) | (chance(g, 5) ? 0x100u : 0u) | 2);
    push_imm(g, code);
    push_imm(g, to);
    if (g->wide)
        put(g, 0x48, 1);
    put(g, 0xcf, 1);
}

static void enter(struct gen *g)
{
    stack_here(g);
    mov_imm(g, 5, g->data + 0x1000 + below(g, 0x3000));
    if (chance(g, 20))
        put(g, 0x66, 1);
    put(g, 0xc8, 1);
    put(g, below(g, 600), 2);
    put(g, chance(g, 70) ? below(g, 4) : below(g, 256), 1);
}

/* A store into the instruction that follows it, at once or by REP STOS. */
static void self_modify(struct gen *g)
{
    uint32_t at;

    if (chance(g, 50)) {
        put(g, 0xc6, 1);
        put(g, g->wide ? 0x2504 : 0x05, g->wide ? 2 : 1);
        at = slot_address(g, g->slot) + g->n + 5 + 1 + below(g, 4);
        put(g, at, 4);
        put(g, rnd(g), 1);
        put(g, 0xb8 + below(g, 4), 1);
        put(g, rnd(g), 4);
        return;
    }
    put(g, 0xfc, 1);
    mov_imm(g, 0, 0x40 + below(g, 8) + (g->wide ? 0x50u : 0u)); /* INC r; NOP, XCHG */
    mov_imm(g, 1, 1 + below(g, 4));
    at = slot_address(g, g->slot) + g->n + 5 + 2;
    mov_imm(g, 7, at);
    put(g, 0xaaf3, 2);
    for (unsigned i = 0; i < 4; i++)
        put(g, 0xf5, 1);
}

static void opcode_rm(struct gen *g, unsigned op, uint64_t t, unsigned reg)
{
    mov_imm(g, 7, t);
    put(g, 0x0f, 1);
    put(g, op, 1);
    put(g, reg << 3 | 7, 1);
}

/* LES LDS LSS LFS LGS of a pointer that is put there first, or of any bytes. */
static void far_pointer(struct gen *g)
{
    static const uint16_t opcodes[] = {0xc4, 0xc5, 0xb20f, 0xb40f, 0xb50f};
    unsigned n = g->wide ? 2 + below(g, 3) : below(g, 5), reg = any_reg(g) & 7;
    bool word = chance(g, 25), quad = g->wide && chance(g, 40), own_stack = !sp_is_free(g);
    uint16_t s = n == 2 && own_stack ? (chance(g, 60) ? 0x10 : 0x48) : selector(g);

    if (chance(g, 80))
        store_word(g, good_target(g), quad ? 8 : word ? 2 : 4, s);
    else
        mov_imm(g, 7, own_stack && n == 2 ? g->data - 8 : target(g));
    if (chance(g, 3))
        put(g, 0xf0, 1);
    if (word)
        put(g, 0x66, 1);
    if (quad)
        put(g, 0x48, 1);
    put(g, opcodes[n], n < 2 ? 1 : 2);
    put(g, reg << 3 | 7, 1);
}

/* SYSENTER, SYSEXIT: EDX is where to go on, ECX the stack; frame.S returns to EDX. */
static void fast_call(struct gen *g)
{
    bool leave = chance(g, g->ring == 0 && g->mode == MODE_32 ? 20 : 40);

    if (g->ring == 0) { /* SYSENTER_CS: the kernel's, null, anything */
        uint64_t v = chance(g, 80) || !g->wide ? 8 : value(g);

        mov_imm(g, 1, 0x174);
        mov_imm(g, 0, chance(g, 20) ? rnd(g) & 0xffff0003 : v & 0xffffffff);
        mov_imm(g, 2, 0);
        put(g, 0x300f, 2);
    }
    mov_imm(g, 2, g->wide && chance(g, 20) ? value(g) : slot_address(g, ahead(g)));
    mov_imm(g, 1, g->wide && chance(g, 10) ? value(g) : g->data + 0x3000);
    if (chance(g, 3))
        put(g, 0xf0, 1);
    if (chance(g, 10))
        put(g, 0x66, 1);
    if (g->wide && chance(g, 60))
        put(g, 0x48, 1);
    put(g, leave ? 0x350f : 0x340f, 2);
}

/* System registers at ring 0, with values that leave the program its tables. */
static void system_registers(struct gen *g)
{
    static const uint32_t msrs[] = {0x174,      0x175,      0x176,      0xc0000081, 0xc0000083,
                                    0xc0000084, 0xc0000102, 0xc0000103, 0x277,      0x1a0,
                                    0x1d9,      0x8b,       0xfe,       0x2ff,      0x10};
    static const uint32_t cr4[] = {4, 8, 0x80, 0x100, 0x800, 0x10000, 0x40};
    static const uint32_t cr0[] = {2, 4, 8, 0x20, 0x40000, 0x10000, 0x20000000};
    uint64_t t = g->data + 0x1000 + below(g, 0x3000), v = value(g);
    bool read;
    unsigned n;

    switch (below(g, 9)) {
    case 0:
    case 1:
        n = below(g, 15); /* 32-bit ring 0 has no stack but SYSENTER's */
        read = chance(g, 30) || (n < 3 && !sp_is_free(g));
        if (n == 1 || n == 2) { /* SYSENTER's stack and entry stay, or nothing comes back */
            mov_imm(g, 1, msrs[n]);
            put(g, 0x320f, 2);
            put(g, 0x300f, 2);
            return;
        }
        mov_imm(g, 1, chance(g, 95) ? msrs[n] : (uint32_t)rnd(g));
        mov_imm(g, 0, v & 0xffffffff);
        mov_imm(g, 2, chance(g, 70) ? 0 : v >> 32);
        put(g, read ? 0x320f : 0x300f, 2);
        put(g, 0x320f, 2);
        return;
    case 2:
        n = below(g, 8);
        mov_imm(g, 0, n >= 4 ? (v & 0xffffdfff) : v);
        put(g, 0x230f, 2);
        put(g, 0xc0 | n << 3, 1);
        put(g, 0x210f, 2);
        put(g, 0xc0 | n << 3 | 3, 1);
        return;
    case 3:
        n = chance(g, 50) ? 0 : 4;
        put(g, 0x200f, 2);
        put(g, 0xc0 | n << 3, 1);
        put(g, 0x35, 1);
        put(g, n ? cr4[below(g, 7)] : cr0[below(g, 7)], 4);
        put(g, 0x220f, 2);
        put(g, 0xc0 | n << 3, 1);
        return;
    case 4: /* SGDT, LGDT or SIDT, LIDT */
        n = below(g, 2);
        opcode_rm(g, 0x01, t, n);
        put(g, 0x010f, 2);
        put(g, (n + 2) << 3 | 7, 1);
        return;
    case 5:
        mov_imm(g, 0, chance(g, 40) ? 0 : below(g, 0x100));
        put(g, 0x000f, 2);
        put(g, 0xd0 | below(g, 2) << 3, 1); /* LLDT, LTR */
        return;
    case 6: /* INVPCID of what lies at t, INVLPG */
        if (chance(g, 50)) {
            opcode_rm(g, 0x01, target(g), 7);
            return;
        }
        mov_imm(g, 0, below(g, 6));
        mov_imm(g, 7, t);
        put(g, 0x82380f66, 4);
        put(g, 7, 1);
        return;
    case 7:
        if (chance(g, 50)) { /* MOV CR8 */
            mov_imm(g, 0, below(g, 20));
            put(g, 0xc0220f44, 4);
            put(g, 0xc3200f44, 4);
            return;
        }
        mov_imm(g, 0, below(g, 16));
        put(g, 0xf0010f, 3); /* LMSW */
        put(g, 0xe3010f, 3);
        return;
    default: /* SWAPGS or CLTS, STAC or CLAC, RDTSCP or RDTSC */
        n = chance(g, 50);
        put(g, n ? 0xf8010f : 0x060f, n ? 3 : 2);
        put(g, chance(g, 50) ? 0xcb010f : 0xca010f, 3);
        n = chance(g, 50);
        put(g, n ? 0xf9010f : 0x310f, n ? 3 : 2);
        return;
    }
}

/* --- anything --- */

static void any_bytes(struct gen *g)
{
    static const uint8_t prefixes[] = {0x66, 0x67, 0xf2, 0xf3, 0xf0, 0x2e,
                                       0x36, 0x64, 0x65, 0x26, 0x3e, 0x48};

    while (chance(g, 30))
        put(g, prefixes[below(g, sizeof prefixes)], 1);
    if (g->wide && chance(g, 35))
        put(g, 0x40 + below(g, 16), 1);
    if (chance(g, 45)) {
        put(g, 0x0f, 1);
        if (chance(g, 8))
            put(g, chance(g, 80) ? 0x38 : 0x3a, 1);
    }
    put(g, rnd(g), 1);
    put(g, rnd(g), 1);
    if (chance(g, 50))
        put(g, rnd(g), 1 + below(g, 8));
    else
        put(g, rnd(g) & 0xff00ff, below(g, 5));
}

static void one_slot(struct gen *g)
{
    if (g->fuzz && chance(g, 60)) {
        unsigned until = 10 + below(g, SLOT - 12);

        while (g->n < until)
            any_bytes(g);
        g->n = g->n > SLOT ? SLOT : g->n;
        return;
    }
    if (g->changes_pages && chance(g, 12)) {
        paging_slot(g);
        return;
    }
    if (chance(g, 25)) {
        mov_imm(g, any_reg(g), value(g));
    }
    switch (below(g, 40)) {
    case 0:
    case 1:
        branch(g);
        break;
    case 2:
        call_or_jump(g);
        break;
    case 3:
        far_return(g);
        break;
    case 4:
        enter(g);
        break;
    case 5:
        self_modify(g);
        break;
    case 6:
    case 7:
        if (g->ring == 0)
            system_registers(g);
        else
            g->n = SLOT + 1;
        break;
    case 8:
        far_pointer(g);
        break;
    case 9:
        fast_call(g);
        break;
    default:
        if (!instruction(g))
            g->n = SLOT + 1;
        break;
    }
}

/* The rest of a slot: NOPs of every length, or a jump to the next. */
static void fill(struct gen *g)
{
    static const uint8_t nops[9][9] = {
        {0x90},
        {0x66, 0x90},
        {0x0f, 0x1f, 0x00},
        {0x0f, 0x1f, 0x40, 0x00},
        {0x0f, 0x1f, 0x44, 0x00, 0x00},
        {0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00},
        {0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00},
        {0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00},
        {0x66, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00},
    };

    if (SLOT - g->n >= 2 && chance(g, 40)) {
        put(g, 0xeb, 1);
        put(g, SLOT - g->n - 1, 1);
        while (g->n < SLOT)
            put(g, 0xcc, 1);
    }
    while (g->n < SLOT) {
        unsigned left = SLOT - g->n, k = 1 + below(g, left < 9 ? left : 9);

        if (left >= 9 && chance(g, 70))
            k = 9;
        for (unsigned i = 0; i < k; i++)
            put(g, nops[k - 1][i], 1);
    }
}

/* --- the file --- */

static void print_bytes(FILE *f, const uint8_t *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        fprintf(f, "%s%u%s", i % 32 == 0 ? "\t.byte " : ",", b[i],
                i % 32 == 31 || i + 1 == n ? "\n" : "");
}

static void print_registers(struct gen *g, FILE *f)
{
    fprintf(f, "\t.section .tables, \"aw\"\n\t.align 16\nregister_table:\n");
    for (unsigned i = 0; i < TABLES * 18; i++) {
        unsigned r = i % 18;
        uint64_t v = r == 1          ? (chance(g, 80) ? below(g, 16) : value(g))
                     : r == 16       ? (rnd(g) & 0x200cd5) | 0x202
                     : r == 17       ? 0
                     : r == 4        ? g->data + 0x2000 + below(g, 0x200) * 8
                     : chance(g, 75) ? g->data + below(g, 0x6000)
                                     : value(g);

        if (r == 16)
            v |= (chance(g, 8) ? 0x40000u : 0u) | (chance(g, 4) ? 0x100u : 0u);
        fprintf(f, "\t.quad 0x%llx\n", (unsigned long long)v);
    }
}

static void print_program(struct gen *g, FILE *f, uint64_t seed)
{
    static uint8_t body[MAX_PAGES * 4096], data[(WINDOW_PAGES + 2) * 4096];
    unsigned order[MAX_PAGES], data_order[WINDOW_PAGES], start = below(g, 64);
    unsigned cr4 = (1u << 16) + (chance(g, 30) ? 0x800u : 0) + (chance(g, 20) ? 4u : 0) +
                   (chance(g, 30) ? 8u : 0);
    unsigned cr0 = chance(g, 40) ? 0x40000u : 0; /* AM */

    if (g->ring == 3 && chance(g, 15))
        cr0 |= 8u << below(g, 1); /* TS */
    cr4 |= paging_cr4(g);
    memset(body, 0xcc, sizeof body);
    g->body += start;
    for (g->slot = 0; g->slot < g->slots; g->slot++) {
        do {
            g->n = 0;
            one_slot(g);
        } while (g->n > SLOT);
        fill(g);
        memcpy(body + start + g->slot * SLOT, g->b, SLOT);
    }
    unsigned pages = (start + (g->slots + 4) * SLOT + 4095) / 4096;

    for (unsigned i = 0; i < sizeof data / 8; i++) {
        uint64_t v = value(g);

        memcpy(data + 8 * i, &v, 8);
    }
    paging_shuffle(g, order, pages);
    paging_shuffle(g, data_order, WINDOW_PAGES);
    fprintf(f, "# Written by randgen, seed %llu.\n", (unsigned long long)seed);
    fprintf(f, "#define MODE %d\n#define RING %u\n#define FUZZ %d\n#define BODY 0x%x\n",
            (int)g->mode, g->ring, g->fuzz, g->body);
    fprintf(f, "#define SLOTS %u\n#define DATA 0x%x\n#define STACK 0x%x\n", g->slots, g->data,
            g->data + 0x3000);
    fprintf(f, "#define CR4_BITS 0x%x\n#define CR0_BITS 0x%x\n#define PAGING %u\n", cr4, cr0,
            g->paging);
    fprintf(f, "#include \"frame.S\"\n");
    print_registers(g, f);
    fprintf(f, "\t.section .region, \"awx\"\n\t.globl body_pages, data_pages\nbody_pages:\n");
    for (unsigned at = 0; at < pages; at++)
        for (unsigned i = 0; i < pages; i++)
            if (order[i] == at)
                print_bytes(f, body + i * 4096, 4096);
    fprintf(f, "\t.org 0x%x\ndata_pages:\n", MAX_PAGES * 4096);
    print_bytes(f, data, sizeof data);
    if (g->paging != PAGING_OFF)
        paging_print(g, f, order, pages, data_order);
}

static int usage(void)
{
    fprintf(stderr, "usage: randgen --seed N --mode 64|32|compat [--ring 0|3] [--fuzz] [--slots N] "
                    "[--paging 32|pae|4|5] -o prog.S\n");
    return 2;
}

int main(int argc, char **argv)
{
    struct gen g = {.slots = 1500, .mode = MODE_64};
    const char *out = NULL, *paging = NULL;
    uint64_t seed = 1;

    for (int i = 1; i < argc; i++) {
        const char *a = argv[i], *v = i + 1 < argc ? argv[i + 1] : NULL;

        if (strcmp(a, "--fuzz") == 0) {
            g.fuzz = true;
            continue;
        }
        if (!v)
            return usage();
        i++;
        if (strcmp(a, "--seed") == 0)
            seed = strtoull(v, NULL, 0);
        else if (strcmp(a, "--ring") == 0)
            g.ring = strtoul(v, NULL, 0) == 3 ? 3 : 0;
        else if (strcmp(a, "--slots") == 0)
            g.slots = (unsigned)strtoul(v, NULL, 0);
        else if (strcmp(a, "--mode") == 0)
            g.mode = strcmp(v, "32") == 0 ? MODE_32 : v[0] == 'c' ? MODE_COMPAT : MODE_64;
        else if (strcmp(a, "--paging") == 0)
            paging = v;
        else if (strcmp(a, "-o") == 0)
            out = v;
        else
            return usage();
    }
    if (!out || g.slots == 0 || g.slots > (MAX_PAGES - 2) * 4096 / SLOT)
        return usage();
    if (g.fuzz || g.mode == MODE_COMPAT)
        g.ring = 3; /* the handlers are 64-bit code, and must outlive the body */
    g.state = seed * 64 + (unsigned)g.mode * 8 + g.ring + g.fuzz;
    g.wide = g.mode == MODE_64;
    if (!paging_choose(&g, paging))
        return usage();
    /* 32-bit: at ring 3 the segments begin at the region. */
    g.body = g.mode != MODE_32 ? 0x40100000 : g.ring == 3 ? 0 : 0x400000;
    g.data = g.mode != MODE_32 ? 0x40001000 : g.body + MAX_PAGES * 4096;

    FILE *f = fopen(out, "w");

    if (!f) {
        perror(out);
        return 1;
    }
    print_program(&g, f, seed);
    return fclose(f) == 0 ? 0 : 1;
}
