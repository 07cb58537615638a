// SPDX-License-Identifier: Apache-2.0
// One counter of the 8254: its six modes, by ticks of its clock.
#ifndef RW_I8254_COUNTER_H
#define RW_I8254_COUNTER_H

#include "devices/i8254.h"

/* 0 to 5; the control word's modes 6 and 7 are 2 and 3. */
unsigned i8254_mode(const struct i8254_counter *c);
void i8254_counter_control(struct i8254_counter *c, uint8_t control);
/* A byte written to the counter's port, in the order that its control word asks for. */
void i8254_counter_write(struct i8254_counter *c, uint8_t v);
void i8254_counter_gate(struct i8254_counter *c, bool gate);
/* Brings the state to a tick, not beyond the next change of OUT. */
void i8254_counter_advance(struct i8254_counter *c, uint64_t tick);
/* The tick at which OUT changes, or may; DEVICE_NEVER. */
uint64_t i8254_counter_next(const struct i8254_counter *c);
/* The counting element as a program reads it, in BCD if so programmed. */
uint16_t i8254_counter_value(const struct i8254_counter *c);

#endif
