// SPDX-License-Identifier: Apache-2.0
// Both sides' records of one kind, waiting for their counterpart: compared in the order of
// emission, field by field.
#ifndef RW_STREAM_H
#define RW_STREAM_H

#include "record_fields.h"
#include "ring.h"

struct scoreboard;

struct stream {
    const struct record_type *type;
    struct ring rtl, model;
};

void stream_init(struct stream *s, const struct record_type *t);
void stream_free(struct stream *s);
void stream_rtl(struct scoreboard *sb, struct stream *s, const void *record);
void stream_model(struct scoreboard *sb, struct stream *s, const void *record);
void stream_model_left(struct scoreboard *sb, const struct stream *s);
void stream_rtl_left(struct scoreboard *sb, const struct stream *s, uint64_t cycle);

/* The RTL must have said by now what the model said. */
static inline void stream_model_empty(struct scoreboard *sb, const struct stream *s)
{
    if (s->model.count != 0)
        stream_model_left(sb, s);
}

/* The RTL may not have said anything before `cycle` that the model did not. */
static inline void stream_rtl_empty(struct scoreboard *sb, const struct stream *s, uint64_t cycle)
{
    if (s->rtl.count != 0)
        stream_rtl_left(sb, s, cycle);
}

#endif
