// SPDX-License-Identifier: Apache-2.0
// In a build for it (RW_LINES): which lines of the RTL ran and which signals toggled, by
// Verilator's own counters. docs/coverage-lines.md.
#ifndef RW_LINES_HH
#define RW_LINES_HH

#include "verilated.h"

// The counters of this context, into a new file of the folder that the environment variable
// RW_LINES names. Nothing without it, or in another build. One that cannot be written is one line
// on standard error and ends the process with status 2.
void lines_leave(VerilatedContext &context);

#endif
