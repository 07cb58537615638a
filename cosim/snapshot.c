// SPDX-License-Identifier: Apache-2.0
// See the header. A snapshot reads orders from a pipe; for each it forks once more, and that copy
// goes on with the run while the snapshot waits for its end and answers with its status.
#include "snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define KEPT    3 /* the first one, and the last two */
#define SECONDS 1.0

struct snapshot {
    pid_t pid; /* 0: none */
    uint64_t cycle;
    int orders, answers; /* ends of pipes */
};

struct snapshots {
    struct snapshot kept[KEPT]; /* oldest first */
    double last;
};

static double now_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

struct snapshots *snapshots_create(void)
{
    struct snapshots *s = calloc(1, sizeof(*s));

    if (s != NULL)
        s->last = now_seconds();
    return s;
}

static void end_one(struct snapshot *one)
{
    if (one->pid == 0)
        return;
    kill(one->pid, SIGKILL);
    while (waitpid(one->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    close(one->orders);
    close(one->answers);
    one->pid = 0;
}

void snapshots_destroy(struct snapshots *s)
{
    if (s == NULL)
        return;
    for (unsigned i = 0; i < KEPT; i++)
        end_one(&s->kept[i]);
    free(s);
}

bool snapshots_due(struct snapshots *s)
{
    return now_seconds() - s->last >= SECONDS;
}

/* Dies with its parent, also when that was gone before this call. */
static void follow(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(0);
}

static bool read_all(int fd, void *to, size_t bytes)
{
    char *at = to;

    while (bytes != 0) {
        ssize_t n = read(fd, at, bytes);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        bytes -= (size_t)n;
    }
    return true;
}

static bool write_all(int fd, const void *from, size_t bytes)
{
    const char *at = from;

    while (bytes != 0) {
        ssize_t n = write(fd, at, bytes);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        bytes -= (size_t)n;
    }
    return true;
}

/* The snapshot itself: returns in each copy that is to go on, and never else. */
static void serve(int orders, int answers, struct snapshot_order *order)
{
    pid_t self = getpid();

    while (read_all(orders, order, sizeof(*order))) {
        int status = 0;
        pid_t copy = fork();

        if (copy == 0) {
            follow(self);
            close(orders);
            close(answers);
            return;
        }
        if (copy < 0)
            break;
        while (waitpid(copy, &status, 0) < 0 && errno == EINTR)
            continue;
        status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        if (!write_all(answers, &status, sizeof(status)))
            break;
    }
    _exit(0);
}

/* A place at the end; what has to give way has gone. */
static struct snapshot *place(struct snapshots *s, bool keep_first)
{
    unsigned oldest = keep_first ? 1 : 0;

    for (unsigned i = 0; i < KEPT; i++)
        if (s->kept[i].pid == 0 && (keep_first || i < KEPT - 1))
            return &s->kept[i];
    end_one(&s->kept[oldest]);
    for (unsigned i = oldest; i + 1 < (keep_first ? KEPT : KEPT - 1); i++) {
        s->kept[i] = s->kept[i + 1];
        s->kept[i + 1].pid = 0;
    }
    return &s->kept[keep_first ? KEPT - 1 : KEPT - 2];
}

bool snapshots_take(struct snapshots *s, uint64_t cycle, bool keep_first,
                    struct snapshot_order *order)
{
    struct snapshot one = {.cycle = cycle};
    int down[2], up[2];
    pid_t self = getpid();

    s->last = now_seconds();
    if (pipe2(down, O_CLOEXEC) != 0)
        return false;
    if (pipe2(up, O_CLOEXEC) != 0) {
        close(down[0]);
        close(down[1]);
        return false;
    }
    fflush(NULL); /* what is buffered is said once */
    one.pid = fork();
    if (one.pid == 0) {
        follow(self);
        close(down[1]);
        close(up[0]);
        serve(down[0], up[1], order);
        return true;
    }
    close(down[0]);
    close(up[1]);
    one.orders = down[1];
    one.answers = up[0];
    if (one.pid < 0) {
        close(one.orders);
        close(one.answers);
        return false;
    }
    *place(s, keep_first) = one;
    return false;
}

void snapshot_end(int status)
{
    _exit(status);
}

static struct snapshot *before(struct snapshots *s, uint64_t cycle)
{
    struct snapshot *best = NULL;

    for (unsigned i = 0; i < KEPT; i++) {
        struct snapshot *one = &s->kept[i];

        if (one->pid != 0 && one->cycle <= cycle && (best == NULL || one->cycle > best->cycle))
            best = one;
    }
    return best;
}

bool snapshots_reach(const struct snapshots *s, uint64_t cycle)
{
    return before((struct snapshots *)(uintptr_t)s, cycle) != NULL;
}

int snapshots_wake(struct snapshots *s, const struct snapshot_order *order)
{
    struct snapshot *one = before(s, order->from);
    void (*was)(int) = signal(SIGPIPE, SIG_IGN);
    int status = -1;

    if (one != NULL && (!write_all(one->orders, order, sizeof(*order)) ||
                        !read_all(one->answers, &status, sizeof(status))))
        status = -1;
    signal(SIGPIPE, was);
    return status;
}
