// SPDX-License-Identifier: Apache-2.0
// The few words of the gdb remote protocol that bring QEMU to a program's entry, and its monitor's
// that turn the log on. GDB manual "Remote Protocol"; QEMU "System Emulation", "GDB usage".
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "qemu.h"

#define PACKET_BYTES  2048
#define ANSWER_BYTES  8192
#define ENTRY_WAIT_MS 10000
#define LOGGED        "cpu,int,cpu_reset,trace:memory_region_ops_read,trace:memory_region_ops_write"

static bool send_packet(int fd, const char *text)
{
    char packet[PACKET_BYTES];
    unsigned sum = 0;
    int n;

    for (const char *p = text; *p != '\0'; p++)
        sum += (unsigned char)*p;
    n = snprintf(packet, sizeof(packet), "$%s#%02x", text, sum & 0xff);
    return write(fd, packet, (size_t)n) == n;
}

static bool next_byte(int fd, char *c)
{
    struct pollfd p = {fd, POLLIN, 0};

    return poll(&p, 1, ENTRY_WAIT_MS) == 1 && read(fd, c, 1) == 1;
}

/* The next packet's text; acknowledgements between packets are passed over. */
static bool receive(int fd, char *out)
{
    unsigned n = 0;
    bool inside = false;
    char c;

    while (next_byte(fd, &c)) {
        if (c == '$') {
            inside = true;
            n = 0;
        } else if (inside && c == '#') {
            out[n] = '\0';
            return next_byte(fd, &c) && next_byte(fd, &c) && write(fd, "+", 1) == 1;
        } else if (inside && n + 1 < ANSWER_BYTES) {
            out[n++] = c;
        }
    }
    return false;
}

static bool ask(int fd, const char *text, const char *want)
{
    char answer[ANSWER_BYTES];

    return send_packet(fd, text) && receive(fd, answer) && strncmp(answer, want, strlen(want)) == 0;
}

static unsigned nibble(char c)
{
    return (unsigned)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

/* "O" and text in hexadecimal: appended to out, without carriage returns. */
static size_t append(char *out, size_t used, size_t bytes, const char *answer)
{
    for (const char *p = answer + 1; p[0] != '\0' && p[1] != '\0' && used + 1 < bytes; p += 2) {
        char c = (char)(nibble(p[0]) << 4 | nibble(p[1]));

        if (c != '\r')
            out[used++] = c;
    }
    return used;
}

/* A line for the monitor; what it prints goes to out. */
static bool monitor(int fd, const char *line, char *out, size_t bytes)
{
    char packet[PACKET_BYTES] = "qRcmd,", answer[ANSWER_BYTES] = "O";
    size_t n = strlen(packet), used = 0;

    for (const char *p = line; *p != '\0'; p++, n += 2)
        snprintf(packet + n, sizeof(packet) - n, "%02x", (unsigned char)*p);
    if (!send_packet(fd, packet))
        return false;
    while (receive(fd, answer)) {
        if (answer[0] != 'O' || strcmp(answer, "OK") == 0)
            break;
        used = append(out, used, bytes, answer);
    }
    out[used] = '\0';
    return strcmp(answer, "OK") == 0;
}

bool gdb_to_entry(int socket, uint64_t entry, const char **why)
{
    char set[64], clear[64], said[ANSWER_BYTES];

    snprintf(set, sizeof(set), "Z1,%" PRIx64 ",1", entry);
    snprintf(clear, sizeof(clear), "z1,%" PRIx64 ",1", entry);
    *why = "QEMU did not reach the program's entry";
    if (!ask(socket, set, "OK") || !ask(socket, "c", "T05") || !ask(socket, clear, "OK"))
        return false;
    *why = "QEMU's monitor does not log single instructions";
    return monitor(socket, "singlestep on", said, sizeof(said)) &&
           monitor(socket, "log " LOGGED, said, sizeof(said));
}

static void put_hex(char *out, const uint8_t *data, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        snprintf(out + 2 * i, 3, "%02x", data[i]);
}

bool gdb_write(int socket, uint64_t pa, const uint8_t *data, unsigned bytes)
{
    char packet[PACKET_BYTES];
    int n = snprintf(packet, sizeof(packet), "M%" PRIx64 ",%x:", pa, bytes);

    put_hex(packet + n, data, bytes);
    return ask(socket, packet, "OK");
}

/* Single registers are written only for a client that has asked for their description. */
bool gdb_describe(int socket)
{
    return ask(socket, "qXfer:features:read:target.xml:0,400", "");
}

bool gdb_set_register(int socket, unsigned number, uint32_t value)
{
    char packet[64];
    uint8_t bytes[8] = {0};
    int n = snprintf(packet, sizeof(packet), "P%x=", number);

    memcpy(bytes, &value, sizeof(value));
    put_hex(packet + n, bytes, sizeof(bytes));
    return ask(socket, packet, "OK");
}

bool gdb_continue(int socket)
{
    char c;

    return send_packet(socket, "c") && next_byte(socket, &c) && c == '+';
}

bool gdb_interrupt(int socket)
{
    return write(socket, "\x03", 1) == 1;
}

bool gdb_stopped(int socket)
{
    char answer[ANSWER_BYTES];

    return receive(socket, answer) && answer[0] == 'T';
}

bool gdb_registers(int socket, char *out, size_t bytes)
{
    return monitor(socket, "info registers", out, bytes);
}
