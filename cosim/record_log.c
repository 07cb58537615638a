// SPDX-License-Identifier: Apache-2.0
// The last records of both sides, in a fixed ring.
#include "record_log.h"

#include <stdlib.h>
#include <string.h>

struct record_log *record_log_create(size_t capacity)
{
    struct record_log *log = calloc(1, sizeof(*log));

    if (log == NULL)
        return NULL;
    log->entries = calloc(capacity, sizeof(*log->entries));
    if (log->entries == NULL) {
        free(log);
        return NULL;
    }
    log->capacity = capacity;
    return log;
}

void record_log_destroy(struct record_log *log)
{
    if (log != NULL)
        free(log->entries);
    free(log);
}

void record_log_add(struct record_log *log, const struct record_type *t, bool from_model,
                    const void *record)
{
    struct record_log_entry *e;

    if (log == NULL)
        return;
    e = &log->entries[log->next];
    e->type = t;
    e->from_model = from_model;
    memcpy(e->bytes, record, t->size);
    log->next = (log->next + 1) % log->capacity;
    if (log->count < log->capacity)
        log->count++;
}

void record_log_print(const struct record_log *log, FILE *out)
{
    for (size_t i = 0; log != NULL && i < log->count; i++) {
        size_t at = (log->next + log->capacity - log->count + i) % log->capacity;
        const struct record_log_entry *e = &log->entries[at];

        fputs(e->from_model ? "model " : "rtl   ", out);
        record_print(out, e->type, e->bytes);
    }
}
