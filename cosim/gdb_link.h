// SPDX-License-Identifier: Apache-2.0
// Packets of the GDB remote serial protocol on a connected socket: framing, checksums, escapes,
// acknowledgements. GDB manual, appendix "GDB Remote Serial Protocol", "Overview" and "Packet
// Acknowledgment". Run-length encoding is never sent.
#ifndef RW_GDB_LINK_H
#define RW_GDB_LINK_H

#include <stdbool.h>
#include <stddef.h>

#define GDB_PACKET 0x4000 /* bytes between $ and #, either way */

/* Lies in memory that every copy of the run shares. */
struct gdb_link {
    int fd;
    bool gone;    /* the client is */
    bool no_acks; /* QStartNoAckMode */
    size_t came;  /* bytes of in[] that nobody has looked at */
    char in[2 * GDB_PACKET];
    bool too_long; /* the packet that is coming is, and is skipped */
    size_t last;   /* bytes of the last packet that was sent, for a client that wants it again */
    char out[2 * GDB_PACKET];
};

enum gdb_came {
    GDB_NOTHING,
    GDB_PACKET_CAME,
    GDB_INTERRUPT, /* the byte 03 */
    GDB_TOO_LONG,  /* a packet of more than GDB_PACKET bytes */
    GDB_GONE
};

/* What has come next; with `wait` it waits for something. A packet with a wrong checksum is asked
 * for again, or dropped where there are no acknowledgements; bytes outside of packets are dropped.
 * packet: without escapes, ended by 0; GDB_PACKET + 1 bytes. */
enum gdb_came gdb_link_take(struct gdb_link *l, bool wait, char *packet, size_t *bytes);
void gdb_link_send(struct gdb_link *l, const char *bytes, size_t n);
void gdb_link_send_text(struct gdb_link *l, const char *text);
/* O: text for the user's terminal. */
void gdb_link_tell(struct gdb_link *l, const char *text);

#endif
