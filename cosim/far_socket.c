// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "far_socket.h"

#include <errno.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

struct place {
    const struct far_socket *wish;
    char name[512]; /* path, or host */
    char port[16];
    bool server;
    char *error;
    size_t error_bytes;
};

static int refuse(const struct place *p, const char *why)
{
    snprintf(p->error, p->error_bytes, "%s %s: %s", p->wish->option, p->wish->given, why);
    return -1;
}

static int refuse_and_close(const struct place *p, int fd, const char *why)
{
    refuse(p, why);
    close(fd);
    return -1;
}

/* --- unix --- */

static bool is_stale(const struct sockaddr_un *at)
{
    struct stat s;
    int fd;
    bool stale;

    if (lstat(at->sun_path, &s) != 0 || !S_ISSOCK(s.st_mode))
        return false;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    stale = fd >= 0 && connect(fd, (const struct sockaddr *)at, sizeof(*at)) != 0 &&
            errno == ECONNREFUSED;
    if (fd >= 0)
        close(fd);
    return stale;
}

static int accept_one(const struct place *p, int listener, const char *where)
{
    int fd;

    if (listen(listener, 1) != 0)
        return refuse_and_close(p, listener, strerror(errno));
    fprintf(stderr, "ringwalk: %s waits for a connection at %s\n", p->wish->what, where);
    do
        fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    while (fd < 0 && errno == EINTR);
    close(listener);
    return fd < 0 ? refuse(p, strerror(errno)) : fd;
}

static int unix_socket(const struct place *p)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd;

    if (p->name[0] == 0 || strlen(p->name) >= sizeof(at.sun_path))
        return refuse(p, p->name[0] == 0 ? "no path" : "the path is too long for a socket");
    strcpy(at.sun_path, p->name);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return refuse(p, strerror(errno));
    if (!p->server) {
        if (connect(fd, (const struct sockaddr *)&at, sizeof(at)) == 0)
            return fd;
        return refuse_and_close(p, fd, strerror(errno));
    }
    if (is_stale(&at))
        unlink(at.sun_path);
    if (bind(fd, (const struct sockaddr *)&at, sizeof(at)) != 0)
        return refuse_and_close(p, fd, errno == EADDRINUSE ? "the path exists" : strerror(errno));
    fd = accept_one(p, fd, p->wish->place);
    unlink(at.sun_path);
    return fd;
}

/* --- tcp --- */

static int tcp_listen(const struct place *p, int fd, const struct addrinfo *a)
{
    struct sockaddr_storage at;
    socklen_t length = sizeof(at);
    char port[16] = "", where[600];
    int yes = 1;

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    if (bind(fd, a->ai_addr, a->ai_addrlen) != 0)
        return refuse_and_close(p, fd, strerror(errno));
    if (getsockname(fd, (struct sockaddr *)&at, &length) == 0)
        getnameinfo((struct sockaddr *)&at, length, NULL, 0, port, sizeof(port), NI_NUMERICSERV);
    snprintf(where, sizeof(where), "tcp:%s:%s", p->name, port);
    return accept_one(p, fd, where);
}

static int tcp_socket(const struct place *p)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = p->server ? AI_PASSIVE : 0};
    struct addrinfo *all, *a;
    int why = getaddrinfo(p->name[0] == 0 ? NULL : p->name, p->port, &hints, &all), fd = -1;

    if (why != 0)
        return refuse(p, gai_strerror(why));
    refuse(p, "no such address");
    for (a = all; a != NULL && fd < 0; a = a->ai_next) {
        fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0)
            refuse(p, strerror(errno));
        else if (p->server)
            fd = tcp_listen(p, fd, a);
        else if (connect(fd, a->ai_addr, a->ai_addrlen) != 0)
            fd = refuse_and_close(p, fd, strerror(errno));
    }
    freeaddrinfo(all);
    return fd;
}

/* HOST:PORT, the host perhaps in brackets. */
static bool host_and_port(struct place *p)
{
    char *colon = strrchr(p->name, ':');
    size_t length;

    if (colon == NULL || colon[1] == 0 || strlen(colon + 1) >= sizeof(p->port))
        return false;
    strcpy(p->port, colon + 1);
    *colon = 0;
    length = strlen(p->name);
    if (length >= 2 && p->name[0] == '[' && p->name[length - 1] == ']') {
        memmove(p->name, p->name + 1, length - 2);
        p->name[length - 2] = 0;
    }
    return true;
}

int far_socket(const struct far_socket *wish, char *error, size_t error_bytes)
{
    struct place p = {.wish = wish, .error = error, .error_bytes = error_bytes};
    const char *kind = wish->place, *colon = strchr(kind, ':');
    size_t length;

    if (colon == NULL || strlen(colon) > sizeof(p.name))
        return refuse(&p, wish->kinds);
    strcpy(p.name, colon + 1);
    length = strlen(p.name);
    if (length >= 7 && strcmp(p.name + length - 7, ",server") == 0) {
        p.server = true;
        p.name[length - 7] = 0;
    }
    if (strncmp(kind, "unix:", 5) == 0)
        return unix_socket(&p);
    if (strncmp(kind, "tcp:", 4) == 0)
        return host_and_port(&p) ? tcp_socket(&p) : refuse(&p, "is not tcp:HOST:PORT");
    return refuse(&p, wish->kinds);
}
