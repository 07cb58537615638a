// SPDX-License-Identifier: Apache-2.0
// The live far end of the UART: this terminal, a socket, a pseudo-terminal.
//   stdio               standard input; a terminal is made raw, and is as it was at every exit.
//                       Ctrl-A x ends the run, Ctrl-A Ctrl-A sends one Ctrl-A
//   unix:PATH           connects to who listens there; with ",server" listens there for one who
//   tcp:HOST:PORT       connects, and the run begins when it has come
//   pty                 makes one and says which; who opens it may come and go
#ifndef RW_SERIAL_FAR_H
#define RW_SERIAL_FAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct serial_far; /* opaque */

/* NULL with one line in error. */
struct serial_far *serial_far_open(const char *kind, char *error, size_t error_bytes);
/* Looks at what has come. */
void serial_far_poll(struct serial_far *f);
/* The next byte: 0 to 255; -1 nothing yet; -2 nothing any more. */
int serial_far_read(struct serial_far *f);
/* One who has gone, or takes nothing for 5 seconds, gets nothing more. */
void serial_far_write(struct serial_far *f, uint8_t byte);
/* What is sent is the console's to show. */
bool serial_far_is_console(const struct serial_far *f);
/* The user has asked for the end of the run. */
bool serial_far_quit(const struct serial_far *f);
bool serial_far_gone(const struct serial_far *f);
/* Lets so much time pass, or less when something comes. */
void serial_far_wait(struct serial_far *f, uint64_t nanoseconds);
void serial_far_close(struct serial_far *f);

#endif
