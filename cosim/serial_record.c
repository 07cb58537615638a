// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "serial_record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void serial_record_init(struct serial_record *r)
{
    *r = (struct serial_record){.stop = UINT64_MAX};
}

static void print_event(FILE *f, const struct serial_event *e)
{
    fprintf(f, "%" PRIu32 " %" PRIu64, e->life, e->cycle);
    if (e->byte < 0)
        fputs(" gone\n", f);
    else
        fprintf(f, " %02x\n", (unsigned)e->byte);
}

/* Flushed line by line: a run that is killed leaves what it was given. */
bool serial_record_to(struct serial_record *r, const char *path, char *error, size_t error_bytes)
{
    r->out = fopen(path, "w");
    if (r->out != NULL && fputs(SERIAL_RECORD_MAGIC, r->out) >= 0 && fflush(r->out) == 0)
        return true;
    snprintf(error, error_bytes, "--serial-record: %s: %s", path, strerror(errno));
    return false;
}

static bool append(struct serial_record *r, struct serial_event e)
{
    if (r->count == r->room) {
        size_t room = r->room == 0 ? 256 : 2 * r->room;
        struct serial_event *more = realloc(r->event, room * sizeof(*more));

        if (more == NULL)
            return false;
        r->event = more;
        r->room = room;
    }
    r->event[r->count++] = e;
    return true;
}

void serial_record_add(struct serial_record *r, struct serial_event e)
{
    if (!append(r, e)) {
        fputs("ringwalk: out of memory for the serial line\n", stderr);
        exit(2);
    }
    if (r->out != NULL) {
        print_event(r->out, &e);
        fflush(r->out);
    }
}

void serial_record_stop(struct serial_record *r, uint64_t count)
{
    r->stop = count;
    if (r->out != NULL) {
        fprintf(r->out, "stop %" PRIu64 "\n", count);
        fflush(r->out);
    }
}

bool serial_record_save(const struct serial_record *r, const char *path, char *error,
                        size_t error_bytes)
{
    FILE *f = fopen(path, "w");
    bool ok = f != NULL;

    if (ok) {
        fputs(SERIAL_RECORD_MAGIC, f);
        for (size_t i = 0; i < r->count; i++)
            print_event(f, &r->event[i]);
        if (r->stop != UINT64_MAX)
            fprintf(f, "stop %" PRIu64 "\n", r->stop);
        ok = !ferror(f);
        ok = fclose(f) == 0 && ok;
    }
    if (!ok)
        snprintf(error, error_bytes, "%s: cannot be written: %s", path, strerror(errno));
    return ok;
}

/* A number in decimal or hexadecimal digits and the space behind it, if there is one. */
static bool number(char **at, int base, uint64_t most, uint64_t *value)
{
    char *end;

    errno = 0;
    if (**at == '-' || **at == '+' || **at == ' ')
        return false;
    *value = strtoull(*at, &end, base);
    if (end == *at || errno != 0 || *value > most)
        return false;
    *at = *end == ' ' ? end + 1 : end;
    return true;
}

static bool parse_line(struct serial_record *r, char *line)
{
    uint64_t life, cycle, byte;

    if (strncmp(line, "stop ", 5) == 0) {
        line += 5;
        return number(&line, 10, UINT64_MAX - 1, &r->stop) && *line == 0;
    }
    if (!number(&line, 10, UINT32_MAX, &life) || !number(&line, 10, UINT64_MAX, &cycle))
        return false;
    if (strcmp(line, "gone") == 0)
        return append(r, (struct serial_event){cycle, (uint32_t)life, -1});
    return number(&line, 16, 0xFF, &byte) && *line == 0 &&
           append(r, (struct serial_event){cycle, (uint32_t)life, (int16_t)byte});
}

bool serial_record_parse(struct serial_record *r, const char *path, char *text, char *error,
                         size_t error_bytes)
{
    unsigned n = 2;

    for (char *line = text, *next; *line != 0; line = next, n++) {
        next = line + strcspn(line, "\n");
        if (*next != 0)
            *next++ = 0;
        if (!parse_line(r, line)) {
            snprintf(error, error_bytes,
                     "--serial-input: %s: line %u is none of a record of serial input", path, n);
            return false;
        }
    }
    return true;
}

bool serial_record_close(struct serial_record *r, char *error, size_t error_bytes)
{
    bool ok = true;

    if (r->out != NULL) {
        ok = !ferror(r->out);
        ok = fclose(r->out) == 0 && ok;
    }
    free(r->event);
    serial_record_init(r);
    if (!ok)
        snprintf(error, error_bytes, "--serial-record: the file cannot be written");
    return ok;
}
