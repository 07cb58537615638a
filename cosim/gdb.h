// SPDX-License-Identifier: Apache-2.0
// ringwalk run --gdb: stock gdb as the debugger of a run in lockstep, by the GDB remote serial
// protocol. docs/gdb.md.
#ifndef RW_GDB_H
#define RW_GDB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "control.h"
#include "symbols.h"

struct gdb; /* opaque; lies in memory that every copy of the run shares */

struct gdb_options {
    const char *place;   /* a port of this machine (0: any that is free), or unix:PATH */
    const char *program; /* 32-bit code is debugged as such */
    const struct symbols *symbols;
    void *ctx; /* of `wave`: a bundle of the cycles around this one; says where, or why not */
    void (*wave)(void *ctx, FILE *out, const struct control *c, uint64_t before, uint64_t after);
};

/* Waits for the one client, and says where on standard error. NULL with one line in error. */
struct gdb *gdb_open(const struct gdb_options *o, char *error, size_t error_bytes);
struct debugger gdb_debugger(struct gdb *g);
/* The run has ended with this status: the client is told. */
void gdb_close(struct gdb *g, int status);

#endif
