// SPDX-License-Identifier: Apache-2.0
// The system state in words: bits of registers by name, segments, TLBs. SDM Vol. 1 "EFLAGS
// Register", Vol. 3A "Control Registers", "Extended Feature Enable Register".
#ifndef RW_SYSTEM_WORDS_H
#define RW_SYSTEM_WORDS_H

#include <stdint.h>
#include <stdio.h>

#include "ringwalk.h"

struct mmu;

struct bit_word {
    const char *name; /* NULL: the end */
    unsigned low, bits;
};

extern const struct bit_word words_rflags[], words_cr0[], words_cr4[], words_efer[];

/* "PE PG IOPL=3": what is not 0. */
void words_print(FILE *out, const struct bit_word *words, uint64_t value);
/* All of it, a few lines. */
void words_system(FILE *out, const struct rw_state *state);
/* An event that was delivered: "#PF (14), error code 0x4, CR2 0x...", from where, to where. */
void words_event(FILE *out, const struct rec_retire *r);
/* What the TLBs and the paging-structure caches hold, a line an entry. */
void words_caches(FILE *out, const struct mmu *mmu);

#endif
