// SPDX-License-Identifier: Apache-2.0
// The oracle's state: what it was told, and when.
#ifndef RW_LEGALITY_ORACLE_H
#define RW_LEGALITY_ORACLE_H

#include "search.h"

#define WALK_UPDATES 32 /* of A and D in one translation; the rest is not looked at */

/* A store of the walker in the translation that is under way. */
struct walk_update {
    uint64_t addr, before, after;
};

struct legality {
    struct legality_env env;
    struct legality_registers registers;
    struct history history;
    struct contexts contexts;
    struct drops drops;
    uint64_t now, begin;
    struct walk_update update[WALK_UPDATES];
    unsigned updates;
    struct legality_verdict ahead; /* ILLEGAL: a store of a speculative walk was */
};

/* The verdict on a store of a speculative walk. */
struct legality_verdict judge_ahead(const struct walk_update *u);

#endif
