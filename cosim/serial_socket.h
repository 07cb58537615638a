// SPDX-License-Identifier: Apache-2.0
// unix:PATH[,server] and tcp:HOST:PORT[,server]: a connected socket.
#ifndef RW_SERIAL_SOCKET_H
#define RW_SERIAL_SOCKET_H

#include <stddef.h>

/* Connects; with ",server" listens and waits for one who connects, and says so on standard error
 * (port 0: any that is free). A socket's file at PATH that nobody listens at is replaced, no other
 * file; it is taken away once somebody has connected. -1 with one line in error. */
int serial_socket(const char *kind, char *error, size_t error_bytes);

#endif
