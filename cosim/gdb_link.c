// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "gdb_link.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define INTERRUPT 0x03
#define ESCAPE    '}'

static void put_out(struct gdb_link *l, const char *bytes, size_t n)
{
    while (n != 0 && !l->gone) {
        ssize_t sent = send(l->fd, bytes, n, MSG_NOSIGNAL);

        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0) { /* also one that takes nothing for as long as SO_SNDTIMEO says */
            l->gone = true;
            return;
        }
        bytes += sent;
        n -= (size_t)sent;
    }
}

static bool readable(const struct gdb_link *l, bool wait)
{
    struct pollfd p = {.fd = l->fd, .events = POLLIN};
    int n;

    do
        n = poll(&p, 1, wait ? -1 : 0);
    while (n < 0 && errno == EINTR && wait);
    return n > 0;
}

/* False: nothing came. */
static bool fill(struct gdb_link *l, bool wait)
{
    ssize_t n;

    if (l->gone || l->came == sizeof(l->in) || !readable(l, wait))
        return false;
    n = recv(l->fd, l->in + l->came, sizeof(l->in) - l->came, MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
        l->gone = true;
    if (n <= 0)
        return false;
    l->came += (size_t)n;
    return true;
}

static void drop(struct gdb_link *l, size_t n)
{
    l->came -= n;
    memmove(l->in, l->in + n, l->came);
}

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool sum_is_right(const char *body, size_t n)
{
    uint8_t sum = 0;

    for (size_t i = 0; i < n; i++)
        sum = (uint8_t)(sum + (uint8_t)body[i]);
    return digit(body[n + 1]) >= 0 && digit(body[n + 2]) >= 0 &&
           sum == digit(body[n + 1]) * 16 + digit(body[n + 2]);
}

static size_t unescape(char *out, const char *body, size_t n)
{
    size_t k = 0;

    for (size_t i = 0; i < n; i++) {
        bool escaped = body[i] == ESCAPE && i + 1 < n;

        out[k++] = escaped ? (char)(body[++i] ^ 0x20) : body[i];
    }
    out[k] = 0;
    return k;
}

/* in[0] is '$'. GDB_NOTHING: not all of it is there yet, or it was no good; *dropped: look again.
 */
static enum gdb_came packet_in(struct gdb_link *l, char *packet, size_t *bytes, bool *dropped)
{
    const char *body = l->in + 1, *hash = memchr(body, '#', l->came - 1);
    size_t n = hash == NULL ? l->came - 1 : (size_t)(hash - body);
    bool right;

    if (n > GDB_PACKET && (hash == NULL || l->came < n + 4)) {
        l->too_long = true;
        drop(l, n + 1);
        *dropped = true;
        return GDB_NOTHING;
    }
    if (hash == NULL || l->came < n + 4)
        return GDB_NOTHING;
    right = sum_is_right(body, n);
    if (!l->no_acks)
        put_out(l, right || n > GDB_PACKET ? "+" : "-", 1);
    if (right && n <= GDB_PACKET)
        *bytes = unescape(packet, body, n);
    drop(l, n + 4);
    *dropped = true;
    if (n > GDB_PACKET)
        return GDB_TOO_LONG;
    return right ? GDB_PACKET_CAME : GDB_NOTHING;
}

/* The rest of what is too long, up to its checksum. */
static enum gdb_came skip(struct gdb_link *l, bool *dropped)
{
    const char *hash = memchr(l->in, '#', l->came);
    size_t n = hash == NULL ? l->came : (size_t)(hash - l->in);

    if (hash == NULL || l->came < n + 3) {
        drop(l, n);
        return GDB_NOTHING;
    }
    drop(l, n + 3);
    l->too_long = false;
    *dropped = true;
    if (!l->no_acks)
        put_out(l, "+", 1);
    return GDB_TOO_LONG;
}

static enum gdb_came take_one(struct gdb_link *l, char *packet, size_t *bytes, bool *dropped)
{
    char first = l->in[0];

    if (l->too_long)
        return skip(l, dropped);
    if (first == '$')
        return packet_in(l, packet, bytes, dropped);
    drop(l, 1);
    *dropped = true;
    if (first == '-')
        put_out(l, l->out, l->last);
    return first == INTERRUPT ? GDB_INTERRUPT : GDB_NOTHING;
}

enum gdb_came gdb_link_take(struct gdb_link *l, bool wait, char *packet, size_t *bytes)
{
    for (;;) {
        bool dropped = true;

        while (l->came != 0 && dropped) {
            enum gdb_came came;

            dropped = false;
            came = take_one(l, packet, bytes, &dropped);
            if (came != GDB_NOTHING)
                return came;
        }
        if (!fill(l, wait) && (l->gone || !wait))
            return l->gone ? GDB_GONE : GDB_NOTHING;
    }
}

static bool is_special(char c)
{
    return c == '$' || c == '#' || c == '*' || c == ESCAPE;
}

void gdb_link_send(struct gdb_link *l, const char *bytes, size_t n)
{
    static const char hex[] = "0123456789abcdef";
    uint8_t sum = 0;
    size_t k = 0;

    l->out[k++] = '$';
    for (size_t i = 0; i < n && k + 6 < sizeof(l->out); i++) {
        if (is_special(bytes[i]))
            l->out[k++] = ESCAPE;
        l->out[k++] = is_special(bytes[i]) ? (char)(bytes[i] ^ 0x20) : bytes[i];
    }
    for (size_t i = 1; i < k; i++)
        sum = (uint8_t)(sum + (uint8_t)l->out[i]);
    l->out[k++] = '#';
    l->out[k++] = hex[sum >> 4];
    l->out[k++] = hex[sum & 15];
    l->last = k;
    put_out(l, l->out, k);
}

void gdb_link_send_text(struct gdb_link *l, const char *text)
{
    gdb_link_send(l, text, strlen(text));
}

void gdb_link_tell(struct gdb_link *l, const char *text)
{
    char line[GDB_PACKET / 2];
    size_t left = strlen(text), most = (sizeof(line) - 2) / 2;

    while (left != 0) {
        size_t n = left < most ? left : most;

        line[0] = 'O';
        for (size_t i = 0; i < n; i++)
            snprintf(line + 1 + 2 * i, 3, "%02x", (unsigned char)text[i]);
        gdb_link_send(l, line, 1 + 2 * n);
        text += n;
        left -= n;
    }
}
