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

static void compare(struct scoreboard *sb, struct stream *s)
{
    while (listens(sb, s) && s->rtl.count != 0 && s->model.count != 0) {
        const void *rtl = ring_head(&s->rtl), *model = ring_head(&s->model);

        if (record_differs(s->type, rtl, model) != NULL) {
            scoreboard_differ(sb, s->type, rtl, model);
            return;
        }
        ring_pop(&s->rtl);
        ring_pop(&s->model);
    }
}

void stream_rtl(struct scoreboard *sb, struct stream *s, const void *record)
{
    record_log_add(sb->log, s->type, false, record);
    ring_push(&s->rtl, record);
    compare(sb, s);
}

void stream_model(struct scoreboard *sb, struct stream *s, const void *record)
{
    if (sb->diff.failed) /* the log ends with what differed */
        return;
    record_log_add(sb->log, s->type, true, record);
    ring_push(&s->model, record);
    compare(sb, s);
}

void stream_model_empty(struct scoreboard *sb, const struct stream *s)
{
    if (s->model.count != 0)
        scoreboard_differ(sb, s->type, NULL, ring_head(&s->model));
}

void stream_rtl_empty(struct scoreboard *sb, const struct stream *s, uint64_t cycle)
{
    const void *head = ring_head(&s->rtl);

    if (head != NULL && record_value(head, &s->type->fields[0]) < cycle)
        scoreboard_differ(sb, s->type, head, NULL);
}
