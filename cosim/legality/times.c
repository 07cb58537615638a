// SPDX-License-Identifier: Apache-2.0
#include "times.h"

#include <string.h>

static void join(struct times *t, unsigned i)
{
    if (t->span[i + 1].to > t->span[i].to)
        t->span[i].to = t->span[i + 1].to;
    memmove(&t->span[i + 1], &t->span[i + 2], (t->count - i - 2) * sizeof(t->span[0]));
    t->count--;
}

/* The two that lie next to each other become one. */
static void make_room(struct times *t)
{
    unsigned best = 0;

    for (unsigned i = 0; i + 1 < t->count; i++)
        if (t->span[i + 1].from - t->span[i].to < t->span[best + 1].from - t->span[best].to)
            best = i;
    join(t, best);
}

void times_add(struct times *t, uint64_t from, uint64_t to)
{
    unsigned i = 0;

    if (from >= to)
        return;
    if (t->count == TIMES_SPANS)
        make_room(t);
    while (i < t->count && t->span[i].from <= from)
        i++;
    memmove(&t->span[i + 1], &t->span[i], (t->count - i) * sizeof(t->span[0]));
    t->span[i] = (struct span){from, to};
    t->count++;
    if (i > 0 && t->span[i - 1].to >= from)
        join(t, --i);
    while (i + 1 < t->count && t->span[i + 1].from <= t->span[i].to)
        join(t, i);
}

struct times times_within(const struct times *t, uint64_t from, uint64_t to)
{
    struct times r = {0};

    for (unsigned i = 0; i < t->count; i++) {
        uint64_t a = t->span[i].from > from ? t->span[i].from : from;

        times_add(&r, a, t->span[i].to < to ? t->span[i].to : to);
    }
    return r;
}

struct times times_both(const struct times *a, const struct times *b)
{
    struct times r = {0};

    for (unsigned i = 0; i < b->count; i++) {
        struct times part = times_within(a, b->span[i].from, b->span[i].to);

        for (unsigned k = 0; k < part.count; k++)
            times_add(&r, part.span[k].from, part.span[k].to);
    }
    return r;
}

uint64_t times_end(const struct times *t)
{
    return t->count == 0 ? 0 : t->span[t->count - 1].to;
}
