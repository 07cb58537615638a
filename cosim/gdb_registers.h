// SPDX-License-Identifier: Apache-2.0
// The registers that gdb sees, and the target description that says so: those of its own features
// for x86 (org.gnu.gdb.i386.core, .segments), and org.ringwalk.system, .msr and .place.
// GDB manual, appendix "Target Descriptions". The processor has no x87: those are unavailable.
#ifndef RW_GDB_REGISTERS_H
#define RW_GDB_REGISTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "ringwalk.h"

/* What they are taken from. */
struct gdb_values {
    struct rw_state state;
    uint64_t retirements, cycle;
};

/* x86-64, or i386 for a 32-bit program. */
void gdb_describe(FILE *out, bool wide);
unsigned gdb_registers(bool wide); /* how many */
/* In hexadecimal, as `g` and `p` want it; false: there is no such register. */
bool gdb_register(FILE *out, bool wide, unsigned n, const struct gdb_values *v);

#endif
