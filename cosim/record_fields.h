// SPDX-License-Identifier: Apache-2.0
// The fields of each record by name, offset and size: what the scoreboard compares, what a report
// and a record log print. Fields that order or time an event (cycle, seq) are marked and not
// compared.
#ifndef RW_RECORD_FIELDS_H
#define RW_RECORD_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define RECORD_MAX 688 /* bytes: struct rec_sys */

struct record_field {
    const char *name;
    uint16_t offset;
    uint8_t size; /* 1, 2, 4, 8: a number; other: raw bytes */
    bool compared;
};

struct record_type {
    const char *stream;
    uint16_t size;
    uint16_t count;
    const struct record_field *fields;
    uint16_t timing; /* bytes that lead every record and are not compared */
};

extern const struct record_type type_retire, type_sys, type_walk, type_xlate, type_bus, type_iwalk,
    type_dma, type_iommu, type_stim, type_board;

/* The number at a field (of 1 to 8 bytes). */
uint64_t record_value(const void *record, const struct record_field *f);
/* The first compared field in which a and b differ, or NULL. */
const struct record_field *record_field_differs(const struct record_type *t, const void *a,
                                                const void *b);

/* The same; records that agree are found by one comparison. */
static inline const struct record_field *record_differs(const struct record_type *t, const void *a,
                                                        const void *b)
{
    size_t from = t->timing;

    if (memcmp((const uint8_t *)a + from, (const uint8_t *)b + from, t->size - from) == 0)
        return NULL;
    return record_field_differs(t, a, b);
}

/* Two records in which the sides part, or the only one of them. */
struct record_pair {
    const struct record_type *type;
    bool has_rtl, has_model;
    uint8_t rtl[RECORD_MAX], model[RECORD_MAX];
};

/* rtl, model: NULL where a side has none. */
void record_pair_keep(struct record_pair *p, const struct record_type *t, const void *rtl,
                      const void *model);
/* Every compared field in which they part, one a line; nothing when it is only one. */
void record_pair_print(FILE *out, const struct record_pair *p);

/* One line: stream, then name=value of every field that is not zero. */
void record_print(FILE *out, const struct record_type *t, const void *record);

#endif
