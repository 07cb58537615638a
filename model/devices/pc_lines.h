// SPDX-License-Identifier: Apache-2.0
// The interrupt lines of the board, as pc.c sees them.
#ifndef RW_PC_LINES_H
#define RW_PC_LINES_H

#include "devices/pc.h"

#define PC_FIRST_PCI_LINE 16 /* from here on the wires are active low */

/* Looks at the pins that nobody calls for: those of the PCI functions and of the 8259. After
 * whatever can change them. */
void pc_settle(struct pc *pc);
extern const struct device_ops pc_test_line_ops; /* self is the board */

#endif
