// SPDX-License-Identifier: Apache-2.0
#include "contexts.h"

#include <string.h>

static struct context context_of(const struct legality_registers *r)
{
    struct context c = {
        .format = entry_format(r), .pcid = entry_pcid(r), .global = (r->cr4 & CR4_PGE) != 0};

    for (unsigned i = 0; i < 4; i++)
        c.root[i] = entry_root(r, c.format.mode->roots4 ? i : 0);
    return c;
}

static bool same(const struct context *a, const struct context *b)
{
    return a->pcid == b->pcid && a->global == b->global &&
           memcmp(a->root, b->root, sizeof(a->root)) == 0 &&
           entry_same_format(&a->format, &b->format);
}

/* The slot of the one that was in force least lately. */
static unsigned oldest(const struct contexts *c)
{
    unsigned best = 0;

    for (unsigned i = 1; i < c->count; i++)
        if (times_end(&c->context[i].when) < times_end(&c->context[best].when))
            best = i;
    return best;
}

static void let_go(struct contexts *c, const struct context *x)
{
    uint64_t end = times_end(&x->when);

    c->lost = end > c->lost ? end : c->lost;
    if (x->global && end > c->lost_global)
        c->lost_global = end;
}

static unsigned slot(struct contexts *c, const struct context *wanted)
{
    unsigned i = 0;

    while (i < c->count && !same(&c->context[i], wanted))
        i++;
    if (i < c->count)
        return i;
    if (c->count < LEGALITY_CONTEXTS) {
        i = c->count++;
    } else {
        i = oldest(c);
        let_go(c, &c->context[i]);
    }
    c->context[i] = *wanted;
    return i;
}

/* The last span of the one in force is open. */
static void leave(struct contexts *c, uint64_t time)
{
    struct times *when;

    if (c->current < 0)
        return;
    when = &c->context[c->current].when;
    when->span[when->count - 1].to = time;
    c->current = -1;
}

void contexts_set(struct contexts *c, const struct legality_registers *r, uint64_t time)
{
    struct context wanted = context_of(r);

    if (c->current >= 0 && same(&c->context[c->current], &wanted))
        return;
    leave(c, time);
    if (wanted.format.mode->levels == 0)
        return;
    c->current = (int)slot(c, &wanted);
    times_add(&c->context[c->current].when, time, TIME_OPEN);
}

static bool passes(const struct context *c, const struct context_filter *f)
{
    if (c->format.mode != f->mode || c->pcid != f->pcid || times_end(&c->when) <= f->floor)
        return false;
    if (f->root != NULL && c->root[f->number] != *f->root)
        return false;
    if (f->global != NULL && c->global != *f->global)
        return false;
    return f->entry == NULL || entry_role(&c->format, f->level, *f->entry) == f->role;
}

struct times contexts_when(const struct contexts *c, const struct context_filter *f)
{
    struct times t = {0};

    for (unsigned i = 0; i < c->count; i++)
        for (unsigned k = 0; passes(&c->context[i], f) && k < c->context[i].when.count; k++)
            times_add(&t, c->context[i].when.span[k].from, c->context[i].when.span[k].to);
    return t;
}
