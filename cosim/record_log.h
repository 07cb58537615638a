// SPDX-License-Identifier: Apache-2.0
// The last records of both sides, kept so that a failure can show what led to it. Small on purpose:
// it is written all the time, and what it takes from the processor's cache the RTL pays for.
#ifndef RW_RECORD_LOG_H
#define RW_RECORD_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "record_fields.h"

struct record_log; /* opaque */

struct record_log *record_log_create(size_t bytes);
void record_log_destroy(struct record_log *log);
/* log may be NULL */
void record_log_add(struct record_log *log, const struct record_type *t, bool from_model,
                    const void *record);
/* Each record is shown to it from now on, as it is added; two may watch. */
typedef void record_log_seen(void *ctx, const struct record_type *t, bool from_model,
                             const void *record);
void record_log_watch(struct record_log *log, record_log_seen *seen, void *ctx);
/* Shown and not added: what the model says of a record that agrees and is logged once. */
void record_log_show(struct record_log *log, const struct record_type *t, bool from_model,
                     const void *record);
void record_log_print(const struct record_log *log, FILE *out);

/* Oldest first: *at is 0 at the start; false when there is no more. */
struct record_log_entry {
    const struct record_type *type;
    const void *record;
    bool from_model;
};
bool record_log_next(const struct record_log *log, size_t *at, struct record_log_entry *e);

#endif
