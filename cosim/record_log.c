// SPDX-License-Identifier: Apache-2.0
// The last records of both sides in a ring of cache lines: an entry is a head and its record, in as
// many lines as they take, never over the end of the ring.
#include "record_log.h"

#include <stdlib.h>
#include <string.h>

#define LINE_BYTES 64

struct head {
    const struct record_type *type; /* NULL: the rest of the ring is unused */
    unsigned lines;
    bool from_model;
};

struct record_log {
    unsigned char *bytes;
    size_t lines, oldest, next, used; /* in lines */
};

struct record_log *record_log_create(size_t bytes)
{
    struct record_log *log = calloc(1, sizeof(*log));

    if (log == NULL)
        return NULL;
    log->lines = bytes / LINE_BYTES;
    log->bytes = aligned_alloc(LINE_BYTES, log->lines * LINE_BYTES);
    if (log->bytes == NULL) {
        free(log);
        return NULL;
    }
    return log;
}

void record_log_destroy(struct record_log *log)
{
    if (log != NULL)
        free(log->bytes);
    free(log);
}

static struct head *head_at(const struct record_log *log, size_t line)
{
    return (struct head *)(void *)(log->bytes + line * LINE_BYTES);
}

/* No entry lies over the end, so the one behind it begins at the end or before. */
static size_t behind(const struct record_log *log, size_t line, size_t lines)
{
    return line + lines == log->lines ? 0 : line + lines;
}

static void drop_oldest(struct record_log *log)
{
    size_t lines = head_at(log, log->oldest)->lines;

    log->oldest = behind(log, log->oldest, lines);
    log->used -= lines;
}

static void *append(struct record_log *log, const struct record_type *t, bool from_model,
                    size_t lines)
{
    struct head *h;

    while (log->lines - log->used < lines)
        drop_oldest(log);
    h = head_at(log, log->next);
    *h = (struct head){t, (unsigned)lines, from_model};
    log->next = behind(log, log->next, lines);
    log->used += lines;
    return h + 1;
}

/* An entry begins at the start of the ring rather than lie over its end. */
static __attribute__((noinline)) void skip_end(struct record_log *log)
{
    append(log, NULL, false, log->lines - log->next);
}

void record_log_add(struct record_log *log, const struct record_type *t, bool from_model,
                    const void *record)
{
    size_t lines = (sizeof(struct head) + t->size + LINE_BYTES - 1) / LINE_BYTES;

    if (log == NULL)
        return;
    if (log->lines - log->next < lines)
        skip_end(log);
    memcpy(append(log, t, from_model, lines), record, t->size);
}

bool record_log_next(const struct record_log *log, size_t *at, struct record_log_entry *e)
{
    while (*at < log->used) {
        const struct head *h = head_at(log, (log->oldest + *at) % log->lines);

        *at += h->lines;
        if (h->type == NULL)
            continue;
        *e = (struct record_log_entry){h->type, h + 1, h->from_model};
        return true;
    }
    return false;
}

void record_log_print(const struct record_log *log, FILE *out)
{
    struct record_log_entry e;
    size_t at = 0;

    while (log != NULL && record_log_next(log, &at, &e)) {
        fputs(e.from_model ? "model " : "rtl   ", out);
        record_print(out, e.type, e.record);
    }
}
