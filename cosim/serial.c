// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "serial.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices/clock.h"
#include "serial_far.h"
#include "serial_record.h"

#define INPUT_MAX   (UINT32_C(1) << 24)
#define CYCLE_NS    (UINT64_C(1000000000) / CLOCK_MACHINE_HZ)
#define LOOK_CYCLES UINT64_C(100000)

struct serial {
    struct uart_line line;
    char *bytes; /* of a file */
    size_t length, at;
    bool replays;                  /* the file is a record */
    struct serial_record replayed; /* and this is it, up to `at` */
    bool live;
    struct serial_far *far;      /* NULL: not live, or hung up */
    struct serial_record record; /* what arrived */
    bool records;
    uint32_t life; /* 1 more than resets so far */
};

static void line_begin(void *ctx)
{
    struct serial *s = ctx;

    s->life++;
    if (!s->replays)
        s->at = 0;
}

static int next_of_record(struct serial *s, uint64_t cycle)
{
    const struct serial_event *e = &s->replayed.event[s->at];
    uint32_t life = s->life - 1;

    if (s->at == s->replayed.count || e->life > life || (e->life == life && e->cycle > cycle))
        return -1;
    s->at++;
    return e->byte < 0 ? -2 : e->byte;
}

static int next(struct serial *s, uint64_t cycle)
{
    if (s->far != NULL)
        return serial_far_read(s->far);
    if (s->replays)
        return next_of_record(s, cycle);
    return s->at == s->length ? -2 : (uint8_t)s->bytes[s->at++];
}

static enum uart_far line_take(void *ctx, uint64_t cycle, uint8_t *byte)
{
    struct serial *s = ctx;
    int what = next(s, cycle);

    if (what == -1)
        return UART_FAR_SILENT;
    if (s->records)
        serial_record_add(
            &s->record, (struct serial_event){cycle, s->life - 1, (int16_t)(what < 0 ? -1 : what)});
    if (what < 0)
        return UART_FAR_GONE;
    *byte = (uint8_t)what;
    return UART_FAR_BYTE;
}

static void line_send(void *ctx, uint8_t byte)
{
    struct serial *s = ctx;

    if (s->far != NULL)
        serial_far_write(s->far, byte);
}

static bool refuse(const char *path, const char *why, char *error, size_t error_bytes)
{
    snprintf(error, error_bytes, "--serial-input: %s %s", path, why);
    return false;
}

static bool read_file(struct serial *s, const char *path, char *error, size_t error_bytes)
{
    FILE *f = fopen(path, "rb");
    bool ok = false;

    s->bytes = malloc(INPUT_MAX + 1);
    if (f == NULL)
        refuse(path, strerror(errno), error, error_bytes);
    else if (s->bytes == NULL)
        refuse(path, "does not fit into memory", error, error_bytes);
    else if ((s->length = fread(s->bytes, 1, INPUT_MAX + 1, f)) > INPUT_MAX)
        refuse(path, "is longer than 16 MiB", error, error_bytes);
    else if (ferror(f))
        refuse(path, "cannot be read", error, error_bytes);
    else
        ok = true;
    if (f != NULL)
        fclose(f);
    return ok;
}

static bool take_file(struct serial *s, const char *path, char *error, size_t error_bytes)
{
    size_t magic = strlen(SERIAL_RECORD_MAGIC);

    if (!read_file(s, path, error, error_bytes))
        return false;
    s->replays = s->length >= magic && memcmp(s->bytes, SERIAL_RECORD_MAGIC, magic) == 0;
    if (!s->replays)
        return true;
    s->bytes[s->length] = 0;
    if (memchr(s->bytes, 0, s->length) != NULL)
        return refuse(path, "is no record of serial input: it has a byte 0", error, error_bytes);
    return serial_record_parse(&s->replayed, path, s->bytes + magic, error, error_bytes);
}

static bool take_far(struct serial *s, const char *kind, char *error, size_t error_bytes)
{
    s->live = s->records = true;
    s->far = serial_far_open(kind, error, error_bytes);
    if (s->far != NULL && !serial_far_is_console(s->far))
        s->line.send = line_send;
    return s->far != NULL;
}

struct serial *serial_open(const struct serial_options *o, char *error, size_t error_bytes)
{
    struct serial *s = calloc(1, sizeof(*s));
    char unused[200];

    if (s == NULL) {
        snprintf(error, error_bytes, "out of memory for the serial line");
        return NULL;
    }
    s->line = (struct uart_line){.ctx = s, .begin = line_begin, .take = line_take};
    s->records = o->record != NULL;
    serial_record_init(&s->record);
    serial_record_init(&s->replayed);
    if ((o->input == NULL || take_file(s, o->input, error, error_bytes)) &&
        (o->record == NULL || serial_record_to(&s->record, o->record, error, error_bytes)) &&
        (o->far == NULL || take_far(s, o->far, error, error_bytes)))
        return s;
    serial_close(s, unused, sizeof(unused));
    return NULL;
}

const struct uart_line *serial_line(const struct serial *s)
{
    return &s->line;
}

bool serial_is_live(const struct serial *s)
{
    return s->live;
}

bool serial_ends(struct serial *s, uint64_t count)
{
    if (s->far == NULL)
        return count >= s->replayed.stop;
    serial_far_poll(s->far);
    if (!serial_far_quit(s->far))
        return false;
    serial_record_stop(&s->record, count);
    return true;
}

uint64_t serial_left(const struct serial *s, uint64_t count)
{
    if (s->far != NULL)
        return LOOK_CYCLES;
    return count < s->replayed.stop ? s->replayed.stop - count : 0;
}

bool serial_idle(struct serial *s, uint64_t cycles)
{
    if (s->far == NULL)
        return s->replays && s->at < s->replayed.count;
    serial_far_wait(s->far, cycles < LOOK_CYCLES ? cycles * CYCLE_NS : LOOK_CYCLES * CYCLE_NS);
    return !serial_far_gone(s->far);
}

void serial_hang_up(struct serial *s)
{
    if (s->far != NULL)
        serial_far_close(s->far);
    s->far = NULL;
}

bool serial_save(const struct serial *s, const char *path, char *error, size_t error_bytes)
{
    return serial_record_save(&s->record, path, error, error_bytes);
}

bool serial_close(struct serial *s, char *error, size_t error_bytes)
{
    bool ok;

    serial_hang_up(s);
    ok = serial_record_close(&s->record, error, error_bytes);
    free(s->replayed.event);
    free(s->bytes);
    free(s);
    return ok;
}
