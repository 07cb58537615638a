// SPDX-License-Identifier: Apache-2.0
// A shot: the processor's state between two instructions, as far as the emulator shows it, as a row
// of numbered fields. SDM Vol. 3A "System Architecture Overview".
#ifndef RW_STEPS_SHOT_H
#define RW_STEPS_SHOT_H

#include <stdbool.h>
#include <stdint.h>

#include "ringwalk.h"

enum field {
    F_GPR, /* 16, in the order of the record */
    F_RIP = F_GPR + 16,
    F_RFLAGS,
    F_CPL,
    F_SHADOW, /* interrupts are held back behind STI, MOV SS, POP SS */
    F_CR0,
    F_CR2,
    F_CR3,
    F_CR4,
    F_EFER,
    F_GDTR_BASE,
    F_GDTR_LIMIT,
    F_IDTR_BASE,
    F_IDTR_LIMIT,
    F_DR, /* DR0 to DR3 */
    F_DR6 = F_DR + 4,
    F_DR7,
    F_SEG, /* by enum rec_seg: selector, base, limit, attributes */
    F_STATE_COUNT = F_SEG + 4 * SEG_COUNT,
    /* Not state: what an event was. */
    F_VECTOR = F_STATE_COUNT,
    F_ERROR,
    F_WHERE,  /* the RIP that it met */
    F_DEVICE, /* an access to a device */
    F_RAM,    /* what was stored */
    F_COUNT
};

#define F_SELECTOR(s) (F_SEG + 4 * (unsigned)(s))
#define F_BASE(s)     (F_SEG + 4 * (unsigned)(s) + 1)
#define F_LIMIT(s)    (F_SEG + 4 * (unsigned)(s) + 2)
#define F_ATTR(s)     (F_SEG + 4 * (unsigned)(s) + 3)

struct shot {
    uint64_t f[F_STATE_COUNT];
    bool wide; /* 64-bit mode; QEMU shows all of each register only there */
    bool full; /* Bochs: all of each register always, but not the shadow */
};

const char *field_name(unsigned field);
/* The bits of a field that are shown in this mode. */
uint64_t shot_mask(const struct shot *s, unsigned field);

/* The model's state as a shot, and a shot put into the model's state: what is not shown
 * stays. */
void shot_of_state(struct shot *out, const struct rw_state *s);
void shot_into_state(const struct shot *in, struct rw_state *s);

#endif
