// SPDX-License-Identifier: Apache-2.0
// QEMU as it runs a program one instruction at a time: started here, brought to the program's entry
// by its gdb stub, and then read from its log, which is a pipe. Its RAM is a file that both map.
// Here is what its files share; the rest sees emulator_qemu.
//   qemu.c      the process and its machine      qemu_gdb.c   to the entry
//   qemu_log.c  the log, as spans
#ifndef RW_STEPS_QEMU_H
#define RW_STEPS_QEMU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "emulator.h"

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
