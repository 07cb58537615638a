// SPDX-License-Identifier: Apache-2.0
// Streams of records; see the header.
#include "stream.h"

#include "scoreboard.h"

void stream_init(struct stream *s, const struct record_type *t)
{
    s->type = t;
    ring_init(&s->rtl, t->size);
    ring_init(&s->model, t->size);
}

void stream_free(struct stream *s)
{
    ring_free(&s->rtl);
    ring_free(&s->model);
}

/* While a difference is held, only the translation's own record can still name it better. */
static bool listens(const struct scoreboard *sb, const struct stream *s)
{
    return !sb->diff.failed && (!sb->diff.held || s == &sb->xlate);
}

/* A record of one side meets the oldest that waits on the other; where they differ both stay, and
 * nothing behind them is compared. */
static void meet(struct scoreboard *sb, struct stream *s, bool from_model, const void *record)
{
    struct ring *own = from_model ? &s->model : &s->rtl, *other = from_model ? &s->rtl : &s->model;
    const void *head = ring_head(other);
    bool compared = own->count == 0 && listens(sb, s);

    if (compared && record_differs(s->type, head, record) == NULL) {
        ring_pop(other);
        return;
    }
    ring_push(own, record);
    if (compared)
        scoreboard_differ(sb, s->type, from_model ? head : record, from_model ? record : head);
}

void stream_rtl(struct scoreboard *sb, struct stream *s, const void *record)
{
    record_log_add(sb->log, s->type, false, record);
    if (s->model.count == 0)
        ring_push(&s->rtl, record);
    else
        meet(sb, s, false, record);
}

void stream_model(struct scoreboard *sb, struct stream *s, const void *record)
{
    if (sb->diff.failed) /* the log ends with what differed */
        return;
    record_log_add(sb->log, s->type, true, record);
    if (s->rtl.count == 0)
        ring_push(&s->model, record);
    else
        meet(sb, s, true, record);
}

void stream_model_left(struct scoreboard *sb, const struct stream *s)
{
    scoreboard_differ(sb, s->type, NULL, ring_head(&s->model));
}

void stream_rtl_left(struct scoreboard *sb, const struct stream *s, uint64_t cycle)
{
    const void *head = ring_head(&s->rtl);

    if (record_value(head, &s->type->fields[0]) < cycle)
        scoreboard_differ(sb, s->type, head, NULL);
}
