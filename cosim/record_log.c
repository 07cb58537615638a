// SPDX-License-Identifier: Apache-2.0
// The last records of both sides in a ring of cache lines: an entry is a head and its record, in as
// many lines as they take, never over the end of the ring. A new entry takes the place of those
// whose lines it needs.
#include "record_log.h"

#include <stdlib.h>
#include <string.h>

#define LINE_BYTES 64
#define WATCHERS   2

struct head {
    const struct record_type *type;
    bool from_model;
};

struct record_log {
    unsigned char *bytes;
    size_t lines, next; /* in lines */
    uint64_t written;   /* lines ever */
    uint64_t entries;   /* ever */
    uint64_t *began;    /* by entry, modulo slots: what `written` was */
    size_t slots;       /* a power of two, no less than lines */
    struct {
        record_log_seen *seen;
        void *ctx;
    } watch[WATCHERS];
    unsigned watchers;
};

struct record_log *record_log_create(size_t bytes)
{
    struct record_log *log = calloc(1, sizeof(*log));

    if (log == NULL)
        return NULL;
    log->lines = bytes / LINE_BYTES;
    log->bytes = aligned_alloc(LINE_BYTES, log->lines * LINE_BYTES);
    for (log->slots = 1; log->slots < log->lines;)
        log->slots *= 2;
    log->began = calloc(log->slots, sizeof(log->began[0]));
    if (log->bytes == NULL || log->began == NULL) {
        record_log_destroy(log);
        return NULL;
    }
    return log;
}

void record_log_destroy(struct record_log *log)
{
    if (log != NULL) {
        free(log->bytes);
        free(log->began);
    }
    free(log);
}

static struct head *head_at(const struct record_log *log, size_t line)
{
    return (struct head *)(void *)(log->bytes + line * LINE_BYTES);
}

void record_log_add(struct record_log *log, const struct record_type *t, bool from_model,
                    const void *record)
{
    size_t lines = (sizeof(struct head) + t->size + LINE_BYTES - 1) / LINE_BYTES, left;
    struct head *h;

    if (log == NULL)
        return;
    left = log->lines - log->next;
    if (left < lines) {
        log->written += left;
        log->next = 0;
        left = log->lines;
    }
    h = head_at(log, log->next);
    *h = (struct head){t, from_model};
    log->began[log->entries++ & (log->slots - 1)] = log->written;
    log->written += lines;
    log->next = left == lines ? 0 : log->next + lines;
    memcpy(h + 1, record, t->size);
    record_log_show(log, t, from_model, record);
}

void record_log_show(struct record_log *log, const struct record_type *t, bool from_model,
                     const void *record)
{
    for (unsigned i = 0; log != NULL && i < log->watchers; i++)
        log->watch[i].seen(log->watch[i].ctx, t, from_model, record);
}

void record_log_watch(struct record_log *log, record_log_seen *seen, void *ctx)
{
    if (log->watchers == WATCHERS)
        abort();
    log->watch[log->watchers].seen = seen;
    log->watch[log->watchers++].ctx = ctx;
}

/* An entry stands while no line of it was written again. */
bool record_log_next(const struct record_log *log, size_t *at, struct record_log_entry *e)
{
    uint64_t first = log->entries > log->slots ? log->entries - log->slots : 0;

    while (first + *at < log->entries) {
        uint64_t began = log->began[(first + (*at)++) & (log->slots - 1)];
        const struct head *h = head_at(log, began % log->lines);

        if (began + log->lines < log->written)
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
