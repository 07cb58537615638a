// SPDX-License-Identifier: Apache-2.0
// QEMU's log as spans. It writes the state before every instruction (cpu), what is delivered with
// the state that it meets (int), and each access to a device (trace:memory_region_ops_*). A line of
// a state that is the same as the last time is not parsed again. QEMU 7.2.
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "qemu.h"

#define BUFFER_BYTES (1u << 16)
#define LINE_BYTES   256
#define SILENT_MS    4000 /* QEMU waits for an interrupt that does not come */

#define SEGMENT_P 0x8000u
#define SLOTS     24

struct qemu_log {
    int fd;
    char *buffer;
    size_t from, to, room;
    bool ended, silent, paused;
    bool fresh;                  /* the next state is parsed from every line */
    char old[SLOTS][LINE_BYTES]; /* the last state's lines, by their place */
    struct shot shot;            /* the last state */
    bool external;               /* "Servicing hardware INT" was seen */
    struct span span;
};

struct qemu_log *qemu_log_open(int fd)
{
    struct qemu_log *log = calloc(1, sizeof(*log));

    if (log == NULL)
        return NULL;
    log->fd = fd;
    log->room = BUFFER_BYTES;
    log->buffer = malloc(log->room);
    if (log->buffer != NULL)
        return log;
    free(log);
    return NULL;
}

void qemu_log_close(struct qemu_log *log)
{
    close(log->fd);
    free(log->buffer);
    free(log);
}

/* Room for `bytes` more behind what is there. */
static bool make_room(struct qemu_log *log, size_t bytes)
{
    char *bigger;

    memmove(log->buffer, log->buffer + log->from, log->to - log->from);
    log->to -= log->from;
    log->from = 0;
    if (log->room - log->to >= bytes)
        return true;
    bigger = realloc(log->buffer, log->room + 2 * bytes);
    if (bigger == NULL)
        return false;
    log->buffer = bigger;
    log->room += 2 * bytes;
    return true;
}

static bool take_in(struct qemu_log *log)
{
    ssize_t n =
        make_room(log, LINE_BYTES) ? read(log->fd, log->buffer + log->to, log->room - log->to) : 0;

    if (n <= 0)
        log->ended = true;
    else
        log->to += (size_t)n;
    return n > 0;
}

static bool refill(struct qemu_log *log)
{
    struct pollfd p = {log->fd, POLLIN, 0};

    if (log->paused || log->ended)
        return false;
    if (poll(&p, 1, SILENT_MS) == 0) {
        log->silent = true;
        return false;
    }
    return take_in(log);
}

void qemu_log_drain(struct qemu_log *log, int other)
{
    struct pollfd p[2] = {{log->fd, POLLIN, 0}, {other, POLLIN, 0}};

    while (poll(p, 2, SILENT_MS) > 0 && p[1].revents == 0)
        if (!take_in(log))
            return;
    while (poll(p, 1, 0) == 1 && take_in(log))
        continue;
}

void qemu_log_pause(struct qemu_log *log, const char *state)
{
    size_t n = strlen(state);

    log->paused = true;
    if (!make_room(log, n))
        return;
    memcpy(log->buffer + log->to, state, n);
    log->to += n;
}

void qemu_log_resume(struct qemu_log *log)
{
    log->paused = log->silent = false;
    log->fresh = true;
    log->from = log->to = 0;
}

/* The next line without its end; NULL when QEMU has ended or says nothing more. */
static char *next_line(struct qemu_log *log)
{
    for (;;) {
        char *start = log->buffer + log->from;
        char *end = memchr(start, '\n', log->to - log->from);

        if (end != NULL) {
            *end = '\0';
            log->from += (size_t)(end - start) + 1;
            return start;
        }
        if (!refill(log))
            return NULL;
    }
}

static uint64_t hex(const char *p, const char **end)
{
    uint64_t v = 0;

    for (;; p++) {
        unsigned c = (unsigned char)*p;

        if (c - '0' < 10)
            v = v << 4 | (c - '0');
        else if ((c | 0x20) - 'a' < 6)
            v = v << 4 | ((c | 0x20) - 'a' + 10);
        else
            break;
    }
    if (end != NULL)
        *end = p;
    return v;
}

/* The number behind NAME in the line, if the name is there. */
static bool number_after(const char *line, const char *name, uint64_t *out)
{
    const char *at = strstr(line, name);

    if (at != NULL)
        *out = hex(at + strlen(name), NULL);
    return at != NULL;
}

/* --- the lines of a state, in QEMU's order --- */

static void parse_gprs(struct shot *s, const char *line, bool wide)
{
    static const struct {
        const char *wide, *narrow;
    } names[16] = {{"RAX=", "EAX="}, {"RCX=", "ECX="}, {"RDX=", "EDX="}, {"RBX=", "EBX="},
                   {"RSP=", "ESP="}, {"RBP=", "EBP="}, {"RSI=", "ESI="}, {"RDI=", "EDI="},
                   {"R8 =", NULL},   {"R9 =", NULL},   {"R10=", NULL},   {"R11=", NULL},
                   {"R12=", NULL},   {"R13=", NULL},   {"R14=", NULL},   {"R15=", NULL}};

    for (unsigned i = 0; i < 16; i++) {
        const char *name = wide ? names[i].wide : names[i].narrow;

        if (name != NULL)
            number_after(line, name, &s->f[F_GPR + i]);
    }
}

static void parse_rip(struct shot *s, const char *line)
{
    s->f[F_RIP] = hex(line + 4, NULL);
    number_after(line, s->wide ? "RFL=" : "EFL=", &s->f[F_RFLAGS]);
    s->f[F_RFLAGS] |= 2; /* bit 1 reads as 1; QEMU shows it only when flags were loaded */
    number_after(line, "CPL=", &s->f[F_CPL]);
    number_after(line, "II=", &s->f[F_SHADOW]);
}

static void parse_segment(struct shot *s, const char *line, enum rec_seg seg)
{
    const char *p = line + 4;
    uint64_t flags;

    s->f[F_SELECTOR(seg)] = hex(p, &p);
    s->f[F_BASE(seg)] = hex(p + 1, &p);
    s->f[F_LIMIT(seg)] = hex(p + 1, &p);
    flags = hex(p + 1, &p);
    s->f[F_ATTR(seg)] = flags >> 8 & 0xf0ff;
    if (s->f[F_SELECTOR(seg)] < 4 && (!(flags & SEGMENT_P) || seg == SEG_LDTR || seg == SEG_SS) &&
        seg != SEG_CS && seg != SEG_TR)
        s->f[F_LIMIT(seg)] = s->f[F_ATTR(seg)] = 0; /* unusable: nothing of them counts */
}

static void parse_table(struct shot *s, const char *line, enum field base, enum field limit)
{
    const char *p = line + 4;

    while (*p == ' ')
        p++;
    s->f[base] = hex(p, &p);
    s->f[limit] = hex(p + 1, NULL);
}

static void parse_control(struct shot *s, const char *line)
{
    number_after(line, "CR0=", &s->f[F_CR0]);
    number_after(line, "CR2=", &s->f[F_CR2]);
    number_after(line, "CR3=", &s->f[F_CR3]);
    number_after(line, "CR4=", &s->f[F_CR4]);
}

static void parse_debug(struct shot *s, const char *line)
{
    number_after(line, "DR0=", &s->f[F_DR]);
    number_after(line, "DR1=", &s->f[F_DR + 1]);
    number_after(line, "DR2=", &s->f[F_DR + 2]);
    number_after(line, "DR3=", &s->f[F_DR + 3]);
    number_after(line, "DR6=", &s->f[F_DR6]);
    number_after(line, "DR7=", &s->f[F_DR7]);
}

static void parse_state_line(struct shot *s, const char *line)
{
    static const struct {
        char name[5];
        enum rec_seg seg;
    } segments[] = {{"ES =", SEG_ES}, {"CS =", SEG_CS}, {"SS =", SEG_SS},   {"DS =", SEG_DS},
                    {"FS =", SEG_FS}, {"GS =", SEG_GS}, {"LDT=", SEG_LDTR}, {"TR =", SEG_TR}};

    for (unsigned i = 0; i < sizeof(segments) / sizeof(segments[0]); i++)
        if (memcmp(line, segments[i].name, 4) == 0) {
            parse_segment(s, line, segments[i].seg);
            return;
        }
    if (memcmp(line, "GDT=", 4) == 0)
        parse_table(s, line, F_GDTR_BASE, F_GDTR_LIMIT);
    else if (memcmp(line, "IDT=", 4) == 0)
        parse_table(s, line, F_IDTR_BASE, F_IDTR_LIMIT);
    else if (memcmp(line, "RIP=", 4) == 0 || memcmp(line, "EIP=", 4) == 0)
        parse_rip(s, line);
    else if (memcmp(line, "CR0=", 4) == 0)
        parse_control(s, line);
    else if (line[0] == 'D' && line[1] == 'R')
        parse_debug(s, line);
    else if (memcmp(line, "EFER", 4) == 0)
        s->f[F_EFER] = hex(line + 5, NULL);
    else
        parse_gprs(s, line, s->wide);
}

static bool begins_state(const char *line)
{
    return memcmp(line, "RAX=", 4) == 0 || memcmp(line, "EAX=", 4) == 0;
}

/* `line` begins a state; the rest of it is read. False: QEMU ended inside. */
static bool read_state(struct qemu_log *log, const char *line)
{
    bool wide = line[0] == 'R';
    bool fresh = log->fresh || wide != log->shot.wide; /* other lines: parse all */

    log->fresh = log->paused;
    log->shot.wide = wide;
    for (unsigned slot = 0; line != NULL; slot++) {
        bool last = memcmp(line, "EFER", 4) == 0;

        if (slot >= SLOTS || strlen(line) >= LINE_BYTES)
            return false;
        if (fresh || strcmp(line, log->old[slot]) != 0) {
            strcpy(log->old[slot], line);
            parse_state_line(&log->shot, line);
        }
        if (last)
            return true;
        line = next_line(log);
    }
    return false;
}

/* --- the other lines --- */

static struct happening *add(struct span *s, enum happening_kind kind)
{
    if (s->count == SPAN_MAX) {
        s->crowded = true;
        s->count--;
    }
    s->h[s->count] = (struct happening){.kind = kind};
    return &s->h[s->count++];
}

static void device_line(struct qemu_log *log, const char *line)
{
    bool write = strncmp(line + 18, "write", 5) == 0;
    uint64_t addr = 0, value = 0, size = 0;

    /* "cpu -1": a device of its own accord */
    if (strstr(line, "cpu 0 ") == NULL || !number_after(line, " addr 0x", &addr) ||
        !number_after(line, " value 0x", &value) || !number_after(line, " size ", &size))
        return;
    struct happening *h = add(&log->span, write ? H_DEVICE_WRITE : H_DEVICE_READ);

    h->addr = addr;
    h->value = value;
    h->size = (unsigned)size;
}

/* "     3: v=0e e=0002 i=0 cpl=0 IP=..."; the state that it meets follows. */
static bool deliver_line(struct qemu_log *log, const char *line)
{
    struct happening *h = add(&log->span, H_DELIVER);
    uint64_t v = 0;

    number_after(line, " v=", &v);
    h->vector = (uint8_t)v;
    number_after(line, " e=", &v);
    h->error = (uint32_t)v;
    number_after(line, " i=", &v);
    h->software = v != 0;
    h->external = log->external || (h->vector == 2 && !h->software);
    log->external = false;
    line = next_line(log);
    if (line == NULL || !begins_state(line) || !read_state(log, line))
        return false;
    h->shot = log->shot;
    return true;
}

/* Reads on to the next state that is an instruction's. */
static bool read_on(struct qemu_log *log)
{
    char *line;

    while ((line = next_line(log)) != NULL) {
        if (begins_state(line))
            return read_state(log, line);
        if (strncmp(line, "memory_region_ops_", 18) == 0)
            device_line(log, line);
        else if (strncmp(line, "Servicing hardware INT", 22) == 0)
            log->external = true;
        else if (strncmp(line, "Triple fault", 12) == 0)
            add(&log->span, H_SHUTDOWN);
        else if (strstr(line, ": v=") != NULL && !deliver_line(log, line))
            return false;
    }
    return false;
}

bool qemu_log_first(struct qemu_log *log, struct shot *at)
{
    bool ok;

    log->fresh = true;
    ok = read_on(log);
    log->span = (struct span){.after = log->shot};
    *at = log->shot;
    return ok;
}

const struct span *qemu_log_next(struct qemu_log *log)
{
    struct span *s = &log->span;

    s->before = s->after;
    s->count = 0;
    s->crowded = s->silent = s->paused = s->last = false;
    if (read_on(log)) {
        s->after = log->shot;
    } else {
        s->paused = log->paused;
        s->silent = log->silent && !log->paused;
        s->last = !s->paused && !s->silent;
    }
    return s;
}
