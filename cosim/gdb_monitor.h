// SPDX-License-Identifier: Apache-2.0
// What gdb passes on as `monitor ...`: what gdb itself has no words for.
#ifndef RW_GDB_MONITOR_H
#define RW_GDB_MONITOR_H

#include <stdio.h>

#include "control.h"
#include "gdb.h"

/* Answers on `out`, always with a line at least. */
void gdb_monitor(FILE *out, struct control *c, const struct gdb_options *o, const char *line);

#endif
