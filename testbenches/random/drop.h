// SPDX-License-Identifier: Apache-2.0
// Parts of a program that are left out.
#ifndef RW_DROP_H
#define RW_DROP_H

#include "randgen.h"
#include "sys_layout.h"

struct drops {
    bool slot[MAX_SLOTS];
    bool byte[MAX_SLOTS][SYS_SLOT];
};

/* NULL: the file cannot be read, or a line of it. */
struct drops *drops_read(const char *path);
bool dropped(const struct gen *g, unsigned slot);
/* Leaves out of g->b what is to be. */
void drop_from_slot(struct gen *g);
/* The slot as a comment, for reduce.py. */
void drop_comment(const struct gen *g, FILE *f);

#endif
