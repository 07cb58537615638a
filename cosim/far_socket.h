// SPDX-License-Identifier: Apache-2.0
// unix:PATH[,server] and tcp:HOST:PORT[,server]: a connected socket.
#ifndef RW_FAR_SOCKET_H
#define RW_FAR_SOCKET_H

#include <stddef.h>

struct far_socket {
    const char *option; /* for the line in error: its name, and what the user gave it */
    const char *given;
    const char *place; /* unix:PATH or tcp:HOST:PORT, perhaps with ",server" */
    const char *what;  /* that waits for a connection */
    const char *kinds; /* "is none of ...": the complaint about anything else */
};

/* Connects; with ",server" listens and waits for one who connects, and says so on standard error
 * (port 0: any that is free). A socket's file at PATH that nobody listens at is replaced, no other
 * file; it is taken away once somebody has connected. -1 with one line in error. */
int far_socket(const struct far_socket *wish, char *error, size_t error_bytes);

#endif
