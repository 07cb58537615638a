// SPDX-License-Identifier: Apache-2.0
// The interrupt lines of the board, as pc.c sees them.
#ifndef RW_PC_LINES_H
#define RW_PC_LINES_H

#include "devices/pc.h"

#define PC_FIRST_PCI_LINE 16 /* from here on the wires are active low */

/* Where the ISA bridge's register for PCI line 16 to 23 (PIRQA to PIRQH) lies: 0x60 to 0x63, 0x68
 * to 0x6B; bit 7 not routed (the reset), 3:0 the IRQ. A routed line is ORed, active high, to that
 * IRQ's: at the 8259 and, as QEMU's board has it, at the IOAPIC; it stays at its own input too. An
 * IRQ that the ICH9 reserves (0, 1, 2, 8, 13) gets nothing. */
unsigned pc_route_register(unsigned line);
/* The line of a function's pin: pin A of device n is 20 + n % 4, B the next and so on, round
 * (ICH9's default for devices 0 to 24); 0 without a pin. */
unsigned pc_pin_line(const struct pci_function *f);

/* Looks at the pins that nobody calls for: those of the PCI functions and of the 8259. After
 * whatever can change them. */
void pc_settle(struct pc *pc);
extern const struct device_ops pc_test_line_ops; /* self is the board */

#endif
