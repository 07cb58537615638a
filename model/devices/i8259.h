// SPDX-License-Identifier: Apache-2.0
// The two 8259A interrupt controllers of a PC (datasheet 8259A; the chipset's edge/level registers
// as in the ICH9): master at 0x20/0x21, slave at 0xA0/0xA1 behind the master's IR2, ELCR at
// 0x4D0/0x4D1. Every access is one byte.
//   even port  W  bit 4: ICW1; bits 4:3 = 00: OCW2, 01: OCW3
//              R  IRR, or ISR after OCW3 asked for it; behind the poll command the poll byte
//   odd port   W  ICW2 to ICW4 behind an ICW1; otherwise OCW1, the mask
//              R  the mask; behind the poll command the poll byte
//   ELCR       RW 1: level; bits 0, 1, 2 of the master and 0, 5 of the slave are 0
// ICW1: LTIM is not looked at (the ELCR has its place), ADI and the call address of an 8080
// neither. At reset: as after ICW1 to ICW4 of 11h, 08h/70h, 04h/02h, 01h, everything masked, all
// edge.
#ifndef RW_I8259_H
#define RW_I8259_H

#include "devices/device.h"

#define I8259_INPUTS  8
#define I8259_CASCADE 2 /* the master's input that the slave drives */

struct i8259 {
    uint8_t lines; /* the inputs as they stand */
    uint8_t edges; /* rises since, of inputs that are still up */
    uint8_t elcr;  /* 1: level */
    uint8_t isr, imr;
    uint8_t first;  /* the input of highest priority */
    uint8_t vector; /* ICW2, bits 7:3 */
    uint8_t icw3;   /* master: inputs with a slave; slave: its number */
    uint8_t icw4;
    uint8_t step; /* the ICW that the odd port takes next; 0: OCW1 */
    bool single, wants_icw4;
    bool read_isr, poll, special_mask, rotate_in_aeoi;
    bool is_master;
};

struct i8259_pair {
    struct i8259 master, slave;
};

/* What an acknowledge would be answered with now. */
struct i8259_offer {
    uint8_t vector;
    int8_t master, slave; /* the input that goes into service; -1: none */
};

void i8259_init(struct i8259_pair *p);
/* An input, 0-7 of the master (but 2) and 8-15 of the slave. */
void i8259_input(struct i8259_pair *p, unsigned line, bool level);
/* The pair's INT pin. */
bool i8259_int(const struct i8259_pair *p);
/* The answer to the two INTA pulses: without a request IR7, of the master or of its slave, which
 * then goes into no service. */
struct i8259_offer i8259_offered(const struct i8259_pair *p);
void i8259_acknowledge(struct i8259_pair *p, const struct i8259_offer *offer);

extern const struct device_ops i8259_master_ops, i8259_slave_ops; /* two ports; self is the pair */
extern const struct device_ops i8259_elcr_ops;                    /* 0x4D0-0x4D1 */

#endif
