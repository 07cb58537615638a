// SPDX-License-Identifier: Apache-2.0
// What a user wants to see though both sides agree: a condition on the RTL's records, the how
// manyth time, and how much around it.
//   STREAM.FIELD[OP VALUE] [and FIELD[OP VALUE]]... [,nth=N] [,before=N] [,after=N]
// Streams and fields are those of docs/record.md; OP is = != < <= > or >=; without it the field is
// not 0. A value is a number or a symbol of the program, with an offset: main+0x10. Of `xlate`,
// fault=N is a fault with the error code N.
#ifndef RW_TRIGGER_H
#define RW_TRIGGER_H

#include "record_fields.h"
#include "symbols.h"

#define TRIGGERS      8
#define TRIGGER_TERMS 6

enum trigger_op {
    TRIGGER_SET,
    TRIGGER_EQ,
    TRIGGER_NE,
    TRIGGER_LT,
    TRIGGER_LE,
    TRIGGER_GT,
    TRIGGER_GE
};

struct trigger {
    const char *text; /* as it was written; borrowed */
    const struct record_type *type;
    struct trigger_term {
        const struct record_field *field;
        enum trigger_op op;
        uint64_t value;
    } term[TRIGGER_TERMS];
    unsigned terms;
    uint64_t nth, before, after; /* the first; cycles: 400, 60 */
    uint64_t seen;
};

/* False and one line in error when it is not one. */
bool trigger_parse(const char *text, const struct symbols *symbols, struct trigger *t, char *error,
                   size_t error_bytes);
/* True: this record of the RTL is the nth that meets the condition. */
bool trigger_met(struct trigger *t, const struct record_type *type, const void *record);

#endif
