// SPDX-License-Identifier: Apache-2.0
// An emulator beside the golden model: what it did, as spans, and the operations behind which QEMU
// (qemu.c) and Bochs (bochs.c) stand.
#ifndef RW_STEPS_EMULATOR_H
#define RW_STEPS_EMULATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shot.h"

/* Which emulators a row of known differences is about. */
enum { ON_QEMU = 1, ON_BOCHS = 2, ON_BOTH = 3 };

struct emulator_config {
    const char *binary, *program;
    uint64_t memory_bytes;
    bool brand; /* CPUID says that it is Ringwalk's processor */
};

enum happening_kind {
    H_DEVICE_READ,  /* the processor read from a device */
    H_DEVICE_WRITE, /* ... wrote to it */
    H_STORE,        /* it wrote to RAM: shown by Bochs */
    H_DELIVER,      /* an exception or interrupt; shot: the state that it met */
    H_SHUTDOWN      /* a fault while delivering #DF */
};

struct happening {
    enum happening_kind kind;
    uint64_t addr, value; /* device, store; a port is its number */
    unsigned size;
    uint8_t vector; /* deliver */
    uint32_t error;
    bool software; /* INT n, INT3, INTO */
    bool external; /* an interrupt from the local APIC, or an NMI */
    struct shot shot;
};

#define SPAN_MAX 64

/* From one instruction that the emulator is about to execute to the next one. */
struct span {
    struct shot before, after;
    struct happening h[SPAN_MAX];
    unsigned count;
    bool last;     /* it has ended: no `after` */
    bool silent;   /* it waits: no `after` */
    bool paused;   /* it stands at `before`: no `after` */
    bool crowded;  /* more happened than fits */
    bool single;   /* just what one retirement of the model is */
    bool boundary; /* single: an event was delivered, no instruction begun */
    bool unseen;   /* the state behind it is not shown: no `after`, and no `before` in the next */
};

struct emulator {
    const struct emulator_ops *ops;
};

struct emulator_ops {
    const char *name;
    unsigned bit;        /* ON_... */
    uint64_t away;       /* features that it does not have: the model has them not either */
    bool shows_ports;    /* else the data of IN and INS are those that they leave behind */
    bool shows_stores;   /* as H_STORE: RAM is compared after each instruction */
    bool drops_rf;       /* pushes RFLAGS.RF as it is */
    bool ends_with_exit; /* at a write to the exit port it is gone */

    /* NULL: *why says in one line what is wrong. */
    struct emulator *(*start)(const struct emulator_config *config, const char **why);
    /* To the program's entry, paused, with this RAM (as the loader left it); why as above. */
    bool (*enter)(struct emulator *e, const struct rw_mem *mem, const struct rw_boot *boot,
                  const char **why);
    /* Lets it go; *at is the state at the entry. */
    bool (*go)(struct emulator *e, struct shot *at, const char **why);
    const struct span *(*next)(struct emulator *e);
    /* Stop between two instructions. What was done until then still comes out of next, the last of
     * it `paused`: now RAM is as the state says. False: it has ended meanwhile. */
    bool (*pause)(struct emulator *e);
    void (*resume)(struct emulator *e);
    /* RAX, RBX, RCX, RDX of this state become its own; NULL: they cannot. */
    bool (*give)(struct emulator *e, const struct shot *s);
    /* RAM from pa on, at most one page; good until the next call. NULL: it is gone. */
    const uint8_t *(*ram)(struct emulator *e, uint64_t pa, unsigned bytes);
    /* The first part of RAM at or above `from` that may hold anything but zeros. */
    bool (*ram_part)(struct emulator *e, uint64_t from, uint64_t *begin, uint64_t *end);
    /* Behind the last span: its exit status, or minus the signal that ended it. */
    int (*status)(struct emulator *e);
    /* The last line that it wrote to standard error, empty if none. */
    const char *(*complaint)(struct emulator *e);
    void (*close)(struct emulator *e);
};

extern const struct emulator_ops emulator_qemu, emulator_bochs;

#endif
