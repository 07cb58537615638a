// SPDX-License-Identifier: Apache-2.0
// See the header. One descriptor to read, one to write, neither of which ever blocks.
#include "serial_far.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "far_socket.h"
#include "terminal.h"

#define BUFFER_BYTES  65536
#define PATIENCE_MS   5000
#define DRAIN_MOMENTS 200
#define ESCAPE        0x01 /* Ctrl-A */

enum kind { FAR_STDIO, FAR_SOCKET, FAR_PTY };

struct serial_far {
    enum kind kind;
    int fd;
    bool terminal; /* stdio: it is one, and raw */
    bool escaped;  /* an ESCAPE waits for its second key */
    bool quit;
    bool says_no_more, takes_no_more;
    uint8_t buffer[BUFFER_BYTES]; /* what has come and nobody has read */
    size_t head, count;
};

static bool make_pty(struct serial_far *f, char *error, size_t error_bytes)
{
    struct termios raw;
    const char *name;

    f->fd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (f->fd < 0 || grantpt(f->fd) != 0 || unlockpt(f->fd) != 0 ||
        (name = ptsname(f->fd)) == NULL || tcgetattr(f->fd, &raw) != 0) {
        snprintf(error, error_bytes, "--serial pty: %s", strerror(errno));
        return false;
    }
    cfmakeraw(&raw);
    tcsetattr(f->fd, TCSANOW, &raw);
    fprintf(stderr, "ringwalk: the serial line is %s\n", name);
    return true;
}

static bool begin(struct serial_far *f, const char *kind, char *error, size_t error_bytes)
{
    f->fd = -1;
    if (strcmp(kind, "stdio") == 0) {
        f->kind = FAR_STDIO;
        f->fd = STDIN_FILENO;
        f->terminal = terminal_raw();
        return true;
    }
    if (strcmp(kind, "pty") == 0) {
        f->kind = FAR_PTY;
        return make_pty(f, error, error_bytes);
    }
    f->kind = FAR_SOCKET;
    f->fd =
        far_socket(&(struct far_socket){.option = "--serial",
                                        .given = kind,
                                        .place = kind,
                                        .what = "the serial line",
                                        .kinds = "is none of stdio, unix:PATH, tcp:HOST:PORT, pty"},
                   error, error_bytes);
    return f->fd >= 0;
}

struct serial_far *serial_far_open(const char *kind, char *error, size_t error_bytes)
{
    struct serial_far *f = calloc(1, sizeof(*f));

    if (f == NULL) {
        snprintf(error, error_bytes, "out of memory for the serial line");
        return NULL;
    }
    if (begin(f, kind, error, error_bytes))
        return f;
    serial_far_close(f);
    return NULL;
}

static void keep(struct serial_far *f, uint8_t byte)
{
    if (f->count < BUFFER_BYTES)
        f->buffer[(f->head + f->count++) % BUFFER_BYTES] = byte;
}

/* Keys of a terminal: what stands behind an ESCAPE is for us. */
static void key(struct serial_far *f, uint8_t byte)
{
    if (!f->escaped && byte == ESCAPE) {
        f->escaped = true;
        return;
    }
    if (f->escaped && (byte == 'x' || byte == 'X'))
        f->quit = true;
    else if (!f->escaped || byte == ESCAPE)
        keep(f, byte);
    f->escaped = false;
}

static void gone(struct serial_far *f, bool *which, const char *what)
{
    if (!*which && f->kind == FAR_SOCKET)
        fprintf(stderr, "ringwalk: the far end of the serial line %s; the run goes on\n", what);
    *which = true;
}

/* A pseudo-terminal that nobody has open answers EIO. */
static void read_failed(struct serial_far *f, ssize_t n)
{
    if (n < 0 && (errno == EAGAIN || errno == EINTR || (f->kind == FAR_PTY && errno == EIO)))
        return;
    if (f->kind != FAR_PTY)
        gone(f, &f->says_no_more, "says no more");
}

static bool has_something(const struct serial_far *f)
{
    struct pollfd p = {.fd = f->fd, .events = POLLIN};

    return poll(&p, 1, 0) == 1 && (p.revents & (POLLIN | POLLHUP | POLLERR)) != 0;
}

/* Standard input stays as its other users know it: it is asked before it is read. A terminal is
 * read although there is no room: an ESCAPE must not wait behind what nobody takes. */
void serial_far_poll(struct serial_far *f)
{
    uint8_t chunk[512];
    ssize_t n;

    if (f->says_no_more || (!f->terminal && BUFFER_BYTES - f->count < sizeof(chunk)) ||
        !has_something(f))
        return;
    n = read(f->fd, chunk, sizeof(chunk));
    if (n <= 0)
        read_failed(f, n);
    for (ssize_t i = 0; i < n; i++) {
        if (f->terminal)
            key(f, chunk[i]);
        else
            keep(f, chunk[i]);
    }
}

int serial_far_read(struct serial_far *f)
{
    uint8_t byte;

    if (f->count == 0)
        serial_far_poll(f);
    if (f->count == 0)
        return f->says_no_more ? -2 : -1;
    byte = f->buffer[f->head];
    f->head = (f->head + 1) % BUFFER_BYTES;
    f->count--;
    return byte;
}

static ssize_t put(const struct serial_far *f, uint8_t byte)
{
    if (f->kind == FAR_SOCKET)
        return send(f->fd, &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    return write(f->fd, &byte, 1);
}

void serial_far_write(struct serial_far *f, uint8_t byte)
{
    struct pollfd p = {.fd = f->fd, .events = POLLOUT};

    while (!f->takes_no_more && put(f, byte) != 1) {
        if (errno == EINTR)
            continue;
        if (f->kind == FAR_PTY)
            return; /* nobody reads it */
        if (errno != EAGAIN || poll(&p, 1, PATIENCE_MS) == 0)
            gone(f, &f->takes_no_more, "takes no more");
    }
}

bool serial_far_is_console(const struct serial_far *f)
{
    return f->kind == FAR_STDIO;
}

bool serial_far_quit(const struct serial_far *f)
{
    return f->quit;
}

bool serial_far_gone(const struct serial_far *f)
{
    return f->says_no_more && f->count == 0;
}

void serial_far_wait(struct serial_far *f, uint64_t nanoseconds)
{
    struct timespec t = {(time_t)(nanoseconds / 1000000000), (long)(nanoseconds % 1000000000)};
    struct pollfd p = {.fd = f->fd, .events = POLLIN};

    if (f->count != 0 || f->says_no_more)
        return;
    if (ppoll(&p, 1, &t, NULL) == 1 && (p.revents & POLLIN) == 0)
        nanosleep(&t, NULL); /* a pseudo-terminal that nobody has open */
}

/* When the master side is closed, what the other has not read is lost: it gets a moment. */
static void drain_pty(const struct serial_far *f)
{
    const struct timespec moment = {0, 5000000};
    struct pollfd p = {.fd = f->fd, .events = POLLIN};
    int slave, unread = 1;

    if (poll(&p, 1, 0) == 1 && (p.revents & POLLHUP))
        return; /* nobody has it open */
    slave = open(ptsname(f->fd), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    for (unsigned i = 0; slave >= 0 && unread != 0 && i < DRAIN_MOMENTS; i++) {
        nanosleep(&moment, NULL);
        if (ioctl(slave, FIONREAD, &unread) != 0)
            break;
    }
    if (slave >= 0)
        close(slave);
}

void serial_far_close(struct serial_far *f)
{
    if (f->kind == FAR_PTY && f->fd >= 0)
        drain_pty(f);
    if (f->terminal)
        terminal_restore();
    if (f->kind != FAR_STDIO && f->fd >= 0)
        close(f->fd);
    free(f);
}
