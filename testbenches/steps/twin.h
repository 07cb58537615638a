// SPDX-License-Identifier: Apache-2.0
// The golden model beside an emulator: its own memory, and the devices' answers that the emulator
// got.
#ifndef RW_STEPS_TWIN_H
#define RW_STEPS_TWIN_H

#include "emulator.h"

enum { TWIN_CONSOLE = 1 << 16, TWIN_BYTES = 15, TWIN_STORES = 16, TWIN_WROTE = 64 };

enum stimulus {
    STIMULUS_PORT_READ,
    STIMULUS_MMIO_READ,
    STIMULUS_NOBODY,
    STIMULUS_TSC,
    STIMULUS_INTERRUPT,
    STIMULUS_NMI,
    STIMULUS_COUNT
};

struct twin {
    const struct rw_model_ops *ops;
    struct rw_model *model;
    struct rw_mem mem;
    struct emulator *emulator;
    const struct span *span; /* whose device accesses answer the model's */
    unsigned taken;          /* of span->h */
    bool device_differs;     /* the model did an access that the emulator did not, or another one */
    uint64_t device_addr, device_theirs, device_model;
    uint8_t tpr;
    bool exited; /* it wrote to the exit port */
    uint32_t exit_value;
    char *console; /* what the guest wrote to the UART and to port E9, 0-terminated */
    size_t written;
    struct rw_state previous; /* before the last step */
    /* The last retirement. */
    uint64_t data_pa;     /* physical address of its last data access */
    bool unlogged;        /* a read that the emulator shows nothing of */
    bool fetched_nothing; /* its instruction lies where there is no RAM */
    bool cached;          /* a translation came from a TLB */
    struct rec_retire retire;
    uint64_t store[TWIN_STORES]; /* physical addresses of its last data stores */
    unsigned stores;
    struct {
        uint64_t pa;
        unsigned bytes;
        bool walk;
    } wrote[TWIN_WROTE]; /* of all kinds, page walks and descriptors too */
    unsigned writes;
    uint8_t bytes[TWIN_BYTES]; /* where the instruction was fetched last, before it ran */
    unsigned byte_count, fetches;
    /* For a comparison of RAM: which step wrote an 8-byte word last. */
    uint32_t *writer;
    uint8_t *dirty; /* pages that the model wrote */
    uint64_t number;
    uint64_t stimuli[STIMULUS_COUNT];
};

/* Loads the program, whose start is *boot, which says what is away; NULL: one line in error. */
struct twin *twin_create(const char *program, uint64_t memory_bytes, struct rw_boot *boot,
                         char *error, size_t error_bytes);
void twin_destroy(struct twin *t);
/* One retirement, into t->retire; with vector >= 0 the delivery of that interrupt. False: none was
 * made. */
bool twin_step(struct twin *t, int vector);
/* The last step once more, from the same state with empty TLBs; `reload`: and with PDPTE registers
 * loaded from memory. It must not have stored anything. */
void twin_again(struct twin *t, bool reload);
/* QEMU has no PDPTE registers. Would loading them from the table that CR3 points to change them? */
bool twin_pdptes_stale(const struct twin *t);
/* It neither waits nor has an event to deliver: the emulator is about to execute an instruction. */
void twin_awake(struct twin *t);
/* Every device access of the span has been one of the model's too. */
bool twin_answered_all(const struct twin *t);
void twin_shot(const struct twin *t, struct shot *out);
/* The emulator's state becomes the model's, as far as it is shown. */
void twin_take(struct twin *t, const struct shot *theirs);
/* QEMU left accessed bits alone that the last retirement set: so does the model. */
void twin_drop_accessed(struct twin *t);
/* QEMU has no PDPTE registers: the model's are loaded from the table that CR3 points to. */
void twin_load_pdptes(struct twin *t);
/* Did the last retirement store there, by itself and not in a walk? */
bool twin_stored(const struct twin *t, uint64_t pa);
/* These bytes of the emulator's RAM become the model's, whose TLBs are emptied. */
void twin_take_bytes(struct twin *t, uint64_t pa, unsigned bytes);
/* All of the emulator's RAM becomes the model's: it is paused. */
void twin_take_ram(struct twin *t);
const char *stimulus_name(enum stimulus s);

#endif
