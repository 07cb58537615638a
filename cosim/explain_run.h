// SPDX-License-Identifier: Apache-2.0
// Why the two sides of a run differ, in words.
#ifndef RW_EXPLAIN_RUN_H
#define RW_EXPLAIN_RUN_H

#include "scoreboard.h"

/* The first difference of sb, while its model stands where it was found: a translation by its walk
 * (explain.h), a retirement by every field that differs and the instructions before it. The
 * caller's to free; NULL: nothing to say. */
char *explain_run(const struct scoreboard *sb);

#endif
