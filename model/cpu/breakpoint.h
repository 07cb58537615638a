// SPDX-License-Identifier: Apache-2.0
// Breakpoints of the debug registers. SDM Vol. 3B "Debug Registers", "Debug Exceptions";
// docs/cpu.md T2, V8. Each function answers with bit n for DRn.
#ifndef RW_BREAKPOINT_H
#define RW_BREAKPOINT_H

#include "cpu.h"

/* After any change of DR0 to DR3 or DR7. */
void breakpoint_derive(struct cpu *cpu);

/* An instruction begins at cpu->rip. */
unsigned breakpoint_fetch(const struct cpu *cpu);

/* A data access was made; mask: what its addresses wrap at. */
void breakpoint_data(struct cpu *cpu, uint64_t la, unsigned bytes, uint64_t mask, bool write);
bool breakpoint_on_page(const struct cpu *cpu, uint64_t la);

/* A port was accessed. */
void breakpoint_port(struct cpu *cpu, uint64_t port, unsigned bytes);

#endif
