// SPDX-License-Identifier: Apache-2.0
// What the parts of the generator of random programs share.
#ifndef RW_RANDGEN_H
#define RW_RANDGEN_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { SLOT = 64, WINDOW_PAGES = 6, MAX_PAGES = 200, TABLES = 16 };
enum { MAX_SLOTS = MAX_PAGES * 4096 / SLOT };
enum mode { MODE_64, MODE_32, MODE_COMPAT, MODE_SYSTEM };
enum paging { PAGING_OFF = 0, PAGING_32 = 2, PAGING_PAE = 3, PAGING_4 = 4, PAGING_5 = 5 };

struct drops; /* drop.c */
struct sys;   /* sys.h */

struct gen {
    uint64_t state;
    enum mode mode;
    unsigned paging;                /* enum paging */
    bool changes_pages;             /* --paging: random tables, which the program changes */
    unsigned ring, slots, slot;     /* slot: being made */
    unsigned slot_bytes, last_slot; /* branches go no further than last_slot */
    bool fuzz, wide, narrow;        /* wide: 64-bit code; narrow: 16-bit code */
    uint32_t body, data;            /* addresses as the program sees them */
    bool long_mode;                 /* --mode system: of this slot */
    struct sys *sys;                /* --mode system: its plan */
    const struct drops *drops;      /* parts left out; NULL: none */
    uint8_t b[256];                 /* the slot */
    unsigned n;
};

/* draw.c */
uint64_t rnd(struct gen *g);
unsigned below(struct gen *g, unsigned n);
bool chance(struct gen *g, unsigned percent);
/* A value that finds edges: small, near a power of two, or anything. */
uint64_t value(struct gen *g);
unsigned any_reg(struct gen *g);
/* A handler without a stack of its own (32-bit ring 0) needs ESP as it is. */
bool sp_is_free(const struct gen *g);
/* Where an operand may lie, now and then nowhere; a place in the window that can be written. */
uint64_t target(struct gen *g);
uint32_t good_target(struct gen *g);
uint32_t slot_address(const struct gen *g, unsigned slot);
/* A slot not far ahead, to go on with. */
unsigned ahead(struct gen *g);
/* Of the GDT of frame.S: for data; any of them. */
uint16_t selector(struct gen *g);
uint16_t any_selector(struct gen *g);

/* encode.c, instruction.c */
void put(struct gen *g, uint64_t v, unsigned bytes);
/* MOV r, v in the shortest form that holds it. */
void mov_imm(struct gen *g, unsigned r, uint64_t v);
/* Room on the stack of this ring. */
uint32_t stack_place(struct gen *g);
/* MOV word [rDI + disp], v with rDI = t. */
void store_word(struct gen *g, uint32_t t, unsigned disp, uint16_t v);
/* One of forms.c; false: none that this mode has. */
bool instruction(struct gen *g);

/* transfer.c, registers.c: what a slot can be */
void branch(struct gen *g);
void call_or_jump(struct gen *g);
void far_return(struct gen *g);
void enter(struct gen *g);
void self_modify(struct gen *g);
void far_pointer(struct gen *g);
void fast_call(struct gen *g);
void system_registers(struct gen *g);

/* slots.c: an instruction, or what might be one; the slot g->slot, filled to its end, in g->b. */
void any_bytes(struct gen *g);
void make_slot(struct gen *g);
void fill(struct gen *g);

/* output.c */
void print_bytes(FILE *f, const uint8_t *b, size_t n);
void print_program(struct gen *g, FILE *f, uint64_t seed);

/* rand_paging.c */
/* NULL: as the mode has it; false: not in it */
bool paging_choose(struct gen *g, const char *name);
unsigned paging_cr4(struct gen *g);
/* A random physical order of the program's pages; order[i] is where page i lies. */
void paging_shuffle(struct gen *g, unsigned *order, unsigned n);
void paging_print(struct gen *g, FILE *f, const unsigned *order, unsigned pages,
                  const unsigned *data_order);
/* An entry for a page of the window, most of which can be used. */
uint64_t paging_random_entry(struct gen *g);
/* A slot that changes an entry of the window, or the rights of the protection keys. */
void paging_slot(struct gen *g);

#endif
