// SPDX-License-Identifier: Apache-2.0
// --serial-input, --serial, --serial-record: who stands at the far end of the UART, and that what
// comes from there can come again. Live input is recorded where it arises, at the cycle at which
// the UART asked (uart16550.h); the same record gives the same run.
#ifndef RW_SERIAL_H
#define RW_SERIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "devices/uart16550.h"

struct serial; /* opaque */

struct serial_options {
    const char *input;  /* a file: bytes, or a record of serial input */
    const char *far;    /* a live far end; of the two at most one */
    const char *record; /* a file for what arrives */
};

/* NULL with one line in error. Connects; may wait for who connects. */
struct serial *serial_open(const struct serial_options *o, char *error, size_t error_bytes);
const struct uart_line *serial_line(const struct serial *s);
bool serial_is_live(const struct serial *s);
/* Between two pieces of the run: looks at the far end; true when the user ends it here, behind so
 * many cycles (of the model alone: retirements), or did so in the run that is replayed. */
bool serial_ends(struct serial *s, uint64_t count);
/* How much further the run may go before it must ask serial_ends. */
uint64_t serial_left(const struct serial *s, uint64_t count);
/* The processor sleeps for so many cycles: time passes. True: somebody may still wake it. */
bool serial_idle(struct serial *s, uint64_t cycles);
/* The run has ended; the terminal is given back. */
void serial_hang_up(struct serial *s);
/* What arrived, as a file that --serial-input takes. */
bool serial_save(const struct serial *s, const char *path, char *error, size_t error_bytes);
bool serial_close(struct serial *s, char *error, size_t error_bytes);

#endif
