// SPDX-License-Identifier: Apache-2.0
// A window of linear addresses, whose page-directory and page-table entries each test chooses, and
// the accesses it makes there. Everything else is mapped to itself, for ring 0.
#ifndef PAGING32_H
#define PAGING32_H

#include "../system32/system32.h"

#define P  0x001u
#define W  0x002u
#define U  0x004u
#define A  0x020u
#define D  0x040u
#define PS 0x080u
#define G  0x100u
#define XD (UINT64_C(1) << 63)

#define CR0_WP 0x00010000u
#define CR0_CD 0x40000000u
#define CR0_PG 0x80000000u

#define CR4_PSE  0x00000010u
#define CR4_PAE  0x00000020u
#define CR4_PGE  0x00000080u
#define CR4_SMEP 0x00100000u
#define CR4_SMAP 0x00200000u

#define EFER_NXE 0x800u

#define WINDOW 0x40000000u /* of 4 MBytes */

/* Physical pages to look at: a word of their own, RET at +16, INT 80 at +32. */
#define PAGES 4
#define MARK  0x5A5A0000u
extern uint8_t page[PAGES][4096];

extern uint32_t directory[1024], table[1024];
extern uint64_t pdpt[4], pae_directory[2][512], pae_table[512];
extern bool pae; /* which of the two */

enum access { READ, WRITE, EXEC };

extern volatile uint32_t probe_arg; /* what a probe works on */
bool is_ringwalk(void);
void tables_open(void);
uint64_t to_table(uint64_t flags); /* a PDE that refers to the table, a PTE to a page */
uint64_t to_page(unsigned n, uint64_t flags);
void set_pde(uint64_t v);
void set_pte(unsigned n, uint64_t v);
uint64_t pde(void);
uint64_t pte(unsigned n);

/* The vector, or 255; 0x80 when ring 3 came to its end. */
uint32_t supervisor(enum access access, uint32_t va);
uint32_t user(enum access access, uint32_t va);
void faults(const char *what, uint32_t va, uint32_t error); /* the last access: #PF */
void passes(const char *what);                              /* the last access did */

uint32_t cr0(void);
uint32_t cr3(void);
uint32_t cr4(void);
uint32_t to_cr0(uint32_t v); /* the vector, or 255 */
uint32_t to_cr3(uint32_t v);
uint32_t to_cr4(uint32_t v);
void set_efer(uint32_t v);

void rights_tests(void);

#endif
