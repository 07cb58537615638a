// SPDX-License-Identifier: Apache-2.0
// Things that were in force, each under two words that name it, and when. A table that does not
// grow: the one that was in force least lately makes room.
#ifndef RW_LEGALITY_KEPT_H
#define RW_LEGALITY_KEPT_H

#include "times.h"

struct kept_thing {
    uint64_t key[2];
    struct times when;
};

struct kept {
    struct kept_thing *thing;
    unsigned count, capacity, last; /* last: the one looked at last */
    uint64_t lost;                  /* until when one was in force that was let go */
};

bool kept_init(struct kept *k, unsigned capacity);
void kept_free(struct kept *k);
/* It is in force in [from, to) too. */
void kept_add(struct kept *k, uint64_t key0, uint64_t key1, uint64_t from, uint64_t to);
/* The one that is in force without an end is so no more. */
void kept_end(struct kept *k, uint64_t time);
/* Those of which nothing counts any more; `floor` is theirs alone. */
void kept_forget(struct kept *k, uint64_t floor);

#endif
