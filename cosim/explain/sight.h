// SPDX-License-Identifier: Apache-2.0
// One walk as it is looked at: its entries, what they add up to, what the SDM makes of it.
#ifndef RW_EXPLAIN_SIGHT_H
#define RW_EXPLAIN_SIGHT_H

#include "entry.h"
#include "explain.h"

struct sight_level {
    unsigned number; /* 5: PML5E to 1: PTE */
    uint64_t addr, value;
    enum entry_role role;
};

struct sight {
    const struct explain_query *q;
    struct entry_format format;
    uint64_t root;
    bool rooted; /* false: a PDPTE register with P = 0 */
    struct sight_level level[ENTRY_LEVELS];
    unsigned count;
    struct entry_rights rights;
    bool keys;                     /* they count in this mode */
    struct legality_answer answer; /* no memory type */
};

/* What a broken walker might make of it. */
enum sight_habit {
    HABIT_NONE,
    HABIT_LEAF_RW,
    HABIT_LEAF_US,
    HABIT_LEAF_XD,
    HABIT_RESERVED,
    HABIT_KEYS
};

/* How to look: one entry with these bits turned (mask 0: as it is), or with a habit. */
struct sight_turn {
    uint64_t addr, mask;
    enum sight_habit habit;
};

struct sight sight_of(const struct explain_query *q, struct sight_turn turn);
/* A page at the end, or the entry at which it ends. */
const struct sight_level *sight_last(const struct sight *s);
bool sight_maps(const struct sight *s);
/* Same fault and error code, or same address. */
bool sight_same(const struct legality_answer *a, const struct legality_answer *b);

/* rules.c: a check that a processor makes. */
struct explain_rule {
    const char *name, *section;
    bool (*asked)(const struct sight *s);
    bool (*denies)(const struct sight *s);
    void (*words)(FILE *out, const struct sight *s);
    uint32_t cause; /* P, RSVD, PK of the error code */
};

extern const struct explain_rule explain_rules[];
extern const unsigned explain_rule_count;
/* Error code of all that deny; *fault: does any? */
uint32_t explain_error(const struct sight *s, bool *fault);

/* Would this walk, or its end, have read what the RTL's did? */
bool sight_read_alike(const struct sight *s);

/* suppose.c: each single input that, turned, gives `answer`; none: says so. */
void explain_suppose(FILE *out, const struct explain_query *q,
                     const struct legality_answer *answer);

/* translation.c */
const char *explain_entry_name(unsigned level);
/* Name of a bit of an entry; NULL: it is part of an address, or has none. */
const char *explain_bit_name(const struct entry_format *f, const struct sight_level *l,
                             unsigned bit);

#endif
