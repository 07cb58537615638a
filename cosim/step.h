// SPDX-License-Identifier: Apache-2.0
// ringwalk step: a terminal view of a run in lockstep, forward and back. docs/gdb.md "In a
// terminal".
#ifndef RW_STEP_H
#define RW_STEP_H

#include <stddef.h>
#include <stdio.h>

#include "control.h"
#include "symbols.h"

struct step; /* opaque; lies in memory that every copy of the run shares */

/* The terminal is the view's from here on. NULL with one line in error: it is none, or one that
 * cannot do what is needed. */
struct step *step_open(const char *program, const struct symbols *symbols, char *error,
                       size_t error_bytes);
struct debugger step_debugger(struct step *s);
/* Where the guest's console goes meanwhile. */
FILE *step_console(struct step *s);
/* The terminal is given back; what the guest has said goes to `out`. */
void step_close(struct step *s, FILE *out);
/* The terminal is given back, for a run that was lost. */
void step_lost(void);

#endif
