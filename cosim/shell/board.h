// SPDX-License-Identifier: Apache-2.0
// What the board's side of the pins says: what it sent, what it answered, what it was told. These
// records are the stimuli of the golden model; the RTL's own records of the same things are held
// against them (docs/lockstep.md "Stimuli"). `cycle` is the shell's own count.
#ifndef RW_BOARD_H
#define RW_BOARD_H

#include <stdint.h>

enum board_kind {
    BOARD_READ,        /* a device answered: addr, len, flags, src, data */
    BOARD_WRITE,       /* a device was written: the same; src BUS_MESSAGE: an interrupt message */
    BOARD_OFFER,       /* a DMA request stands at the pins: addr, sid, at, len, tag, flags, data */
    BOARD_DMA,         /* the unit accepted it: the same */
    BOARD_ANSWER,      /* the unit answered: tag, ok, data; somebody else's: addr, value is fault */
    BOARD_INVALIDATE,  /* the unit sent an invalidation to a device-TLB: sid, addr, value is S */
    BOARD_CPL_OFFER,   /* a device-TLB's completion stands at the pins: sid, value is error */
    BOARD_COMPLETION,  /* the unit accepted it: the same */
    BOARD_LINE,        /* the interrupt line changed: value */
    BOARD_NMI,         /* an NMI was raised */
    BOARD_ACKNOWLEDGE, /* the processor acknowledged: value is the vector that it was given */
    BOARD_TICK,        /* now and then: value is the number of accesses answered at mem_* so far */
    BOARD_SKEW,        /* a record of the RTL with a wrong cycle: value */
    BOARD_RECORDED,    /* somebody else's unit has written a fault record: tag is its index, data */
    BOARD_DESCRIPTOR,  /* somebody else's unit has done a descriptor: data */
};

struct board_record { /* 56 bytes */
    uint64_t cycle, addr;
    uint8_t data[16];
    uint64_t value;
    uint16_t sid;
    uint8_t kind, len, flags, src, tag, at, ok;
    uint8_t zero[7];
};

#endif
