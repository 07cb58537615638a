// SPDX-License-Identifier: Apache-2.0
// QEMU as it runs a program one instruction at a time: started here, brought to the program's entry
// by its gdb stub, and then read from its log, which is a pipe. Its RAM is a file that both map.
//   qemu.c      the process and its machine      qemu_gdb.c   to the entry
//   qemu_log.c  the log, as spans
#ifndef RW_STEPS_QEMU_H
#define RW_STEPS_QEMU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "shot.h"

struct qemu_config {
    const char *binary, *program;
    uint64_t memory_bytes, entry;
    bool stub;  /* not loaded by QEMU: it refuses images that begin below 1 MByte */
    bool brand; /* CPUID says that it is Ringwalk's processor */
};

enum happening_kind {
    H_DEVICE_READ,  /* the processor read from a device */
    H_DEVICE_WRITE, /* ... wrote to it */
    H_DELIVER,      /* an exception or interrupt; shot: the state that it met */
    H_SHUTDOWN      /* a fault while delivering #DF */
};

struct happening {
    enum happening_kind kind;
    uint64_t addr, value; /* device; a port is its number */
    unsigned size;
    uint8_t vector; /* deliver */
    uint32_t error;
    bool software; /* INT n, INT3, INTO */
    bool external; /* an interrupt from the local APIC, or an NMI */
    struct shot shot;
};

#define SPAN_MAX 64

/* From one instruction that QEMU is about to execute to the next one. */
struct span {
    struct shot before, after;
    struct happening h[SPAN_MAX];
    unsigned count;
    bool last;    /* QEMU has ended: no `after` */
    bool silent;  /* QEMU waits: no `after` */
    bool paused;  /* QEMU stands at `before`: no `after` */
    bool crowded; /* more happened than fits */
};

struct qemu; /* opaque */

/* NULL: *why says in one line what is wrong. */
struct qemu *qemu_start(const struct qemu_config *config, const char **why);
void qemu_close(struct qemu *q);
/* To the program's entry, paused; why as above. */
bool qemu_reach_entry(struct qemu *q, const char **why);
/* With `stub`, at the entry: what is not zero in this RAM goes into QEMU's, and it begins as boot
 * says. */
bool qemu_load(struct qemu *q, const struct rw_mem *mem, const struct rw_boot *boot);
/* Lets it go; *at is the state at the entry. */
bool qemu_go(struct qemu *q, struct shot *at, const char **why);
const struct span *qemu_next(struct qemu *q);
/* Stop between two instructions. What was done until then still comes out of qemu_next, the last of
 * it `paused`: now RAM is as the state says. False: QEMU has ended meanwhile. */
bool qemu_pause(struct qemu *q);
void qemu_resume(struct qemu *q);
const uint8_t *qemu_ram(const struct qemu *q);
int qemu_ram_file(const struct qemu *q);
/* Behind the last span: its exit status, or minus the signal that ended it. */
int qemu_status(struct qemu *q);
/* The last line that it wrote to standard error, empty if none. */
const char *qemu_complaint(struct qemu *q);

/* --- between the files --- */
struct qemu_log;

/* Over the stub's socket: stop at the entry, then log every instruction. */
bool gdb_to_entry(int socket, uint64_t entry, const char **why);
/* At most GDB_WRITE bytes. */
#define GDB_WRITE 512u
bool gdb_write(int socket, uint64_t pa, const uint8_t *data, unsigned bytes);
bool gdb_describe(int socket); /* before gdb_set_register */
bool gdb_set_register(int socket, unsigned number, uint32_t value);
bool gdb_continue(int socket);
bool gdb_interrupt(int socket);
bool gdb_stopped(int socket); /* reads the answer to gdb_interrupt */
/* The monitor's "info registers" as text of at most `bytes`, 0-terminated. */
bool gdb_registers(int socket, char *out, size_t bytes);
struct qemu_log *qemu_log_open(int fd);
void qemu_log_close(struct qemu_log *log);
bool qemu_log_first(struct qemu_log *log, struct shot *at);
const struct span *qemu_log_next(struct qemu_log *log);
/* Takes in what QEMU writes until the other file has something to say. */
void qemu_log_drain(struct qemu_log *log, int other);
/* A state as text, behind all that was taken in; then nothing more is read until log_resume. */
void qemu_log_pause(struct qemu_log *log, const char *state);
void qemu_log_resume(struct qemu_log *log);

#endif
