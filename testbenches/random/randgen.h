// SPDX-License-Identifier: Apache-2.0
// What the parts of the generator of random programs share.
#ifndef RW_RANDGEN_H
#define RW_RANDGEN_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { SLOT = 64, WINDOW_PAGES = 6, MAX_PAGES = 200, TABLES = 16 };
enum mode { MODE_64, MODE_32, MODE_COMPAT };
enum paging { PAGING_OFF = 0, PAGING_32 = 2, PAGING_PAE = 3, PAGING_4 = 4, PAGING_5 = 5 };

struct gen {
    uint64_t state;
    enum mode mode;
    unsigned paging;            /* enum paging */
    bool changes_pages;         /* --paging: random tables, which the program changes */
    unsigned ring, slots, slot; /* slot: being made */
    bool fuzz, wide;            /* wide: 64-bit code */
    uint32_t body, data;        /* addresses as the program sees them */
    uint8_t b[160];             /* the slot */
    unsigned n;
};

/* randgen.c */
uint64_t rnd(struct gen *g);
unsigned below(struct gen *g, unsigned n);
bool chance(struct gen *g, unsigned percent);
void put(struct gen *g, uint64_t v, unsigned bytes);
void mov_imm(struct gen *g, unsigned r,
             uint64_t v); /* MOV r, v in the shortest form that holds it */
bool sp_is_free(const struct gen *g);

/* rand_paging.c */
bool paging_choose(struct gen *g,
                   const char *name); /* NULL: as the mode has it; false: not in it */
unsigned paging_cr4(struct gen *g);
/* A random physical order of the program's pages; order[i] is where page i lies. */
void paging_shuffle(struct gen *g, unsigned *order, unsigned n);
void paging_print(struct gen *g, FILE *f, const unsigned *order, unsigned pages,
                  const unsigned *data_order);
/* A slot that changes an entry of the window, or the rights of the protection keys. */
void paging_slot(struct gen *g);

#endif
