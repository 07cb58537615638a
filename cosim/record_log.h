// SPDX-License-Identifier: Apache-2.0
// The last records of both sides, kept so that a failure can show what led to it.
#ifndef RW_RECORD_LOG_H
#define RW_RECORD_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "record_fields.h"

#define RECORD_LOG_MAX_BYTES 688 /* the largest record */

struct record_log_entry {
    const struct record_type *type;
    bool from_model;
    unsigned char bytes[RECORD_LOG_MAX_BYTES];
};

struct record_log {
    struct record_log_entry *entries;
    size_t capacity, next, count;
};

struct record_log *record_log_create(size_t capacity);
void record_log_destroy(struct record_log *log);
void record_log_add(struct record_log *log, const struct record_type *t, bool from_model,
                    const void *record);
void record_log_print(const struct record_log *log, FILE *out);

#endif
