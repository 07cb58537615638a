// SPDX-License-Identifier: Apache-2.0
// See the header. A copy that is woken makes one of itself, so that it can be woken again. All are
// made by clone with CLONE_PARENT: children of the process that the user started, which takes each
// one's end, and whose death is theirs.
#include "timeline.h"

#include <errno.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define COPIES 24

struct copy {
    pid_t pid; /* 0: none */
    uint64_t place, cycle;
    sem_t wake;
};

struct timeline {
    pid_t keeper; /* the process that the user started */
    pid_t run;    /* 0: a copy is on its way to become it */
    bool over;
    int status;
    bool sending; /* who is woken now is sent on an errand */
    pid_t errand;
    int errand_status;
    sem_t errand_done;
    struct snapshot_order order;
    struct copy copy[COPIES];
};

void *timeline_shared(size_t bytes)
{
    void *m = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    return m == MAP_FAILED ? NULL : m;
}

/* Dies with the keeper, also when that was gone before this call. */
static void follow(const struct timeline *t)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != t->keeper)
        _exit(0);
}

static void forget(struct timeline *t, pid_t pid)
{
    for (unsigned i = 0; i < COPIES; i++)
        if (t->copy[i].pid == pid)
            t->copy[i].pid = 0;
}

static void errand_ended(struct timeline *t, int how)
{
    t->errand_status = WIFEXITED(how) ? WEXITSTATUS(how) : -1;
    t->errand = 0;
    sem_post(&t->errand_done);
}

static _Noreturn void keep(struct timeline *t, void (*lost)(void))
{
    for (;;) {
        int how = 0;
        pid_t pid = wait(&how);

        if (pid < 0 && errno == EINTR)
            continue;
        if (pid >= 0 && pid != t->run) {
            forget(t, pid);
            if (pid == t->errand)
                errand_ended(t, how);
            continue;
        }
        if (t->over)
            _exit(t->status);
        if (lost != NULL)
            lost();
        fprintf(stderr, "ringwalk: the run was lost%s%s\n", WIFSIGNALED(how) ? ": " : "",
                WIFSIGNALED(how) ? strsignal(WTERMSIG(how)) : "");
        _exit(WIFSIGNALED(how) ? 128 + WTERMSIG(how) : 2);
    }
}

struct timeline *timeline_begin(void (*lost)(void), char *error, size_t error_bytes)
{
    struct timeline *t = timeline_shared(sizeof(*t));
    pid_t pid;

    if (t == NULL) {
        snprintf(error, error_bytes, "out of memory for a run that can go back");
        return NULL;
    }
    t->keeper = getpid();
    sem_init(&t->errand_done, 1, 0);
    fflush(NULL); /* what is buffered is said once */
    pid = fork();
    if (pid < 0) {
        snprintf(error, error_bytes, "cannot fork: %s", strerror(errno));
        return NULL;
    }
    if (pid == 0) {
        follow(t);
        t->run = getpid();
        return t;
    }
    t->run = pid;
    keep(t, lost);
}

_Noreturn void timeline_end(struct timeline *t, int status)
{
    fflush(NULL);
    t->status = status;
    t->over = true;
    _exit(0);
}

/* A sibling, with this process's memory as it is. */
static pid_t make(void)
{
    return (pid_t)syscall(SYS_clone, (unsigned long)(CLONE_PARENT | SIGCHLD), NULL, NULL, NULL, 0);
}

/* The copy itself: returns when it, or one of itself, is the run, or is sent. */
static enum timeline_who sleep_until_woken(struct timeline *t, struct copy *c)
{
    for (;;) {
        pid_t pid;

        while (sem_wait(&c->wake) != 0)
            continue;
        pid = make();
        if (pid == 0) {
            follow(t);
            break;
        }
        if (pid < 0) { /* no memory for another: it is the run, and stays behind no more */
            c->pid = 0;
            break;
        }
    }
    if (t->sending) {
        t->errand = getpid();
        return TIMELINE_SENT;
    }
    t->run = getpid();
    return TIMELINE_WOKEN;
}

static const struct copy *beside(const struct timeline *t, const struct copy *c, bool behind)
{
    const struct copy *best = NULL;

    for (unsigned i = 0; i < COPIES; i++) {
        const struct copy *o = &t->copy[i];

        if (o == c || o->pid == 0 || (behind ? o->place < c->place : o->place > c->place))
            continue;
        if (best == NULL || (behind ? o->place < best->place : o->place > best->place))
            best = o;
    }
    return best;
}

/* The gap that it would leave, as a part of its distance from here, is the smallest. */
static struct copy *least_missed(struct timeline *t, uint64_t place)
{
    struct copy *least = NULL;
    double least_loss = 0;

    for (unsigned i = 0; i < COPIES; i++) {
        struct copy *c = &t->copy[i];
        const struct copy *before = beside(t, c, false), *behind = beside(t, c, true);
        uint64_t end = behind == NULL ? place : behind->place, away;
        double loss;

        if (before == NULL)
            continue;
        away = c->place < place ? place - c->place : c->place - place;
        end = end < c->place ? c->place : end;
        loss = (double)(end - before->place) / ((double)away + 1);
        if (least == NULL || loss < least_loss) {
            least = c;
            least_loss = loss;
        }
    }
    return least;
}

static struct copy *room(struct timeline *t, uint64_t place)
{
    struct copy *c;

    for (unsigned i = 0; i < COPIES; i++)
        if (t->copy[i].pid == 0)
            return &t->copy[i];
    c = least_missed(t, place);
    kill(c->pid, SIGKILL);
    c->pid = 0;
    return c;
}

enum timeline_who timeline_leave(struct timeline *t, uint64_t place, uint64_t cycle)
{
    struct copy *c = room(t, place);
    pid_t pid;

    c->place = place;
    c->cycle = cycle;
    sem_init(&c->wake, 1, 0);
    fflush(NULL);
    pid = make();
    if (pid == 0) {
        follow(t);
        c->pid = getpid(); /* so in what is woken before the next line of the run, too */
        return sleep_until_woken(t, c);
    }
    c->pid = pid < 0 ? 0 : pid;
    return TIMELINE_RUN;
}

static const struct copy *last_before(const struct timeline *t, uint64_t place)
{
    const struct copy *best = NULL;

    for (unsigned i = 0; i < COPIES; i++) {
        const struct copy *c = &t->copy[i];

        if (c->pid != 0 && c->place <= place && (best == NULL || c->place > best->place))
            best = c;
    }
    return best;
}

uint64_t timeline_before(const struct timeline *t, uint64_t place)
{
    const struct copy *c = last_before(t, place);

    return c == NULL ? UINT64_MAX : c->place;
}

uint64_t timeline_first(const struct timeline *t)
{
    uint64_t first = UINT64_MAX;

    for (unsigned i = 0; i < COPIES; i++)
        if (t->copy[i].pid != 0 && t->copy[i].place < first)
            first = t->copy[i].place;
    return first;
}

_Noreturn void timeline_go(struct timeline *t, uint64_t place)
{
    struct copy *c = (struct copy *)(uintptr_t)last_before(t, place);

    fflush(NULL);
    if (c == NULL) {
        fputs("ringwalk: no copy of the run is left to go back to\n", stderr);
        timeline_end(t, 2);
    }
    t->run = 0;
    t->sending = false;
    sem_post(&c->wake);
    _exit(0);
}

int timeline_send(struct timeline *t, const struct snapshot_order *order)
{
    struct copy *best = NULL;

    for (unsigned i = 0; i < COPIES; i++) {
        struct copy *c = &t->copy[i];

        if (c->pid != 0 && c->cycle <= order->from && (best == NULL || c->cycle > best->cycle))
            best = c;
    }
    if (best == NULL)
        return -1;
    t->order = *order;
    t->sending = true;
    sem_post(&best->wake);
    while (sem_wait(&t->errand_done) != 0)
        continue;
    return t->errand_status;
}

const struct snapshot_order *timeline_order(const struct timeline *t)
{
    return &t->order;
}
