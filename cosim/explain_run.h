// SPDX-License-Identifier: Apache-2.0
// Why the two sides of a run differ, or why what the user wanted to see was so, in words.
#ifndef RW_EXPLAIN_RUN_H
#define RW_EXPLAIN_RUN_H

#include <stdio.h>

#include "scoreboard.h"
#include "symbols.h"

struct explain_place {
    const struct scoreboard *sb;   /* its model stands where it was found */
    const struct symbols *symbols; /* of the program */
    const char *stream;
    const char *field; /* in which they differ; NULL: they do not */
    uint64_t cycle;
    bool of_a_device; /* by its last DMA request, not by its last instructions */
};

/* A translation by its walk (explain.h), a request of a device by its tables, a retirement by every
 * field that differs and the instructions before it. The caller's to free; NULL: nothing to say. */
char *explain_run(const struct explain_place *p);
/* The check of the model that this exception comes from, where the model stands behind it: a line,
 * or nothing. */
void explain_decision(FILE *out, const struct scoreboard *sb, const struct rec_retire *r);
/* The first difference of sb. */
char *explain_first(const struct scoreboard *sb, const struct symbols *symbols);

#endif
