// SPDX-License-Identifier: Apache-2.0
// Every walk that a processor could have made into what answers now: level by level, each value
// that the entry had, at the times at which it could be read.
#ifndef RW_LEGALITY_SEARCH_H
#define RW_LEGALITY_SEARCH_H

#include "drops.h"
#include "values.h"

#define ANY_LEAF UINT64_MAX

struct search_step {
    uint64_t addr, value, now;
    bool replaced;
    struct legality_writer by;
    const struct drop *cut; /* drops_next_psc() behind its reading */
};

/* Bits of search.near: an answer that differs from a walk in one thing only. */
enum {
    NEAR_RIGHTS = 1,
    NEAR_DIRTY = 2,
    NEAR_ACCESSED = 4,
    NEAR_MEMTYPE = 8,
    NEAR_ERROR_CODE = 16,
    NEAR_PCID = 32,
    NEAR_PRESENT = 64
};

struct search {
    /* what is asked */
    const struct legality_env *env;
    const struct history *history;
    const struct contexts *contexts;
    const struct drops *drops;
    const struct legality_registers *registers; /* of now */
    const struct legality_access *access;
    const struct legality_answer *answer;
    uint64_t begin, now; /* of the translation */
    bool drops_ignored;  /* as if there had been no invalidation of the TLBs */
    bool psc_ignored;    /* nor any of the paging-structure caches */
    uint64_t leaf;       /* the entry that maps the page stands there; ANY_LEAF */
    /* where it is */
    struct entry_format format; /* of now */
    uint64_t va;                /* the bits that are translated */
    uint64_t root;
    uint16_t pcid;
    bool in_walk; /* an entry above has A = 0: it is in no cache */
    /* what it found */
    bool found, global;
    unsigned level; /* of the last step */
    struct search_step step[ENTRY_LEVELS + 1];
    const struct drop *killer; /* drops_ignored: what should have removed it */
    unsigned near;
    bool lost; /* a value of a word on the way may be missing */
};

void search(struct search *s);

#endif
