// SPDX-License-Identifier: Apache-2.0
// What a PC's firmware has done to the board by the time that it starts a program:
//   "virtual wire mode" (MultiProcessor Specification): the local APIC enabled by software, the
//   8259 through LINT0, NMI at LINT1
//   every BAR has a place: memory below 0xFEC00000 downwards, ports from 0xC000 upwards, in the
//   order of the functions; COMMAND has the decoders of the BARs on, and not bus master
//   PIRQA, B, E, F are routed to IRQ 10, PIRQC, D, G, H to IRQ 11, which the ELCR makes levels;
//   the interrupt line register of a function that has a pin says which
// A bare board (pc.h) has only the first.
#ifndef RW_PC_SETUP_H
#define RW_PC_SETUP_H

#include "devices/pc.h"

void pc_setup(struct pc *pc);

#endif
