// SPDX-License-Identifier: Apache-2.0
// What the panes of ringwalk step show, as text.
#ifndef RW_STEP_PANES_H
#define RW_STEP_PANES_H

#include <stdio.h>

#include "control.h"
#include "symbols.h"

#define PANE_REGISTERS_COLUMNS 41

/* The last instructions and events, the one that is next ('>'), and those behind it in memory. */
void pane_code(FILE *out, const struct control *c, const struct symbols *symbols, unsigned past,
               unsigned next);
/* What is not as in `before` has a '*'; before may be NULL. */
void pane_registers(FILE *out, const struct rw_state *now, const struct rw_state *before);
void pane_ucode(FILE *out, const struct control *c);
/* The last retirement cycle by cycle: the microcode word that executes, and what else is recorded
 * in it. From a little before this one ('>') on, counted since the last reset. */
void pane_cycles(FILE *out, const struct control *c, uint64_t cycle);
/* The last `count` translations, each with the entries that its walk read. */
void pane_translations(FILE *out, const struct control *c, unsigned count);
void pane_tlb(FILE *out, const struct control *c);
void pane_walk(FILE *out, const struct control *c, uint64_t va);

#endif
