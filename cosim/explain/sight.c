// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "sight.h"

static uint64_t read_entry(const struct sight *s, uint64_t addr, struct sight_turn turn)
{
    uint64_t value = s->q->read(s->q->ctx, addr, s->format.mode->bytes);

    return addr == turn.addr ? value ^ turn.mask : value;
}

static void add_rights(struct sight *s, uint64_t e, enum sight_habit habit)
{
    static const struct entry_rights all = {.rw = true, .us = true};
    struct entry_rights leaf = entry_add(&s->format, all, e);

    s->rights = entry_add(&s->format, s->rights, e);
    if (habit == HABIT_LEAF_RW)
        s->rights.rw = leaf.rw;
    if (habit == HABIT_LEAF_US)
        s->rights.us = leaf.us;
    if (habit == HABIT_LEAF_XD)
        s->rights.xd = leaf.xd;
}

/* As if none of its reserved bits were set. */
static enum entry_role role_of(const struct sight *s, unsigned level, uint64_t e,
                               enum sight_habit habit)
{
    enum entry_role role = entry_role(&s->format, level, e);

    if (role != ROLE_RESERVED || habit != HABIT_RESERVED)
        return role;
    return entry_role(&s->format, level, e & ~entry_reserved(&s->format, level, e));
}

static void walk(struct sight *s, struct sight_turn turn)
{
    const struct entry_mode *m = s->format.mode;
    uint64_t va = entry_linear(m, s->q->access.va), e = s->root;

    for (unsigned level = m->levels; s->rooted && level != 0; level--) {
        struct sight_level *l = &s->level[s->count++];

        l->number = level;
        l->addr = entry_address(m, level, entry_table(&s->format, e), va);
        l->value = e = read_entry(s, l->addr, turn);
        l->role = role_of(s, level, e, turn.habit);
        if (l->role == ROLE_ABSENT || l->role == ROLE_RESERVED)
            return;
        add_rights(s, e, turn.habit);
        if (l->role == ROLE_PAGE)
            return;
    }
}

struct sight sight_of(const struct explain_query *q, struct sight_turn turn)
{
    struct sight s = {
        .q = q, .format = entry_format(&q->registers), .rights = {.rw = true, .us = true}};
    const struct entry_mode *m = s.format.mode;
    const struct sight_level *last;

    if (m->levels == 0)
        return s;
    s.keys = m->keys || turn.habit == HABIT_KEYS;
    s.root = entry_root(&q->registers, entry_root_number(m, q->access.va));
    s.rooted = s.root & ENTRY_P;
    walk(&s, turn);
    s.answer.error_code = explain_error(&s, &s.answer.fault);
    if (s.answer.fault)
        return s;
    last = sight_last(&s);
    s.answer.pa = entry_page(&s.format, last->number, last->value, entry_linear(m, q->access.va));
    return s;
}

const struct sight_level *sight_last(const struct sight *s)
{
    return &s->level[s->count - 1];
}

bool sight_maps(const struct sight *s)
{
    return s->count != 0 && sight_last(s)->role == ROLE_PAGE;
}

bool sight_read_alike(const struct sight *s)
{
    const struct explain_query *q = s->q;
    unsigned at = s->count;

    for (unsigned i = q->rtl_reads; i-- > 0;) {
        if (at < s->count && q->rtl_read[i] == s->level[at].addr)
            continue; /* read again, to set A or D */
        if (at == 0)  /* a walk that began in a cache is made again from the root */
            at = s->count;
        if (at == 0 || q->rtl_read[i] != s->level[--at].addr)
            return false;
    }
    return true;
}

bool sight_same(const struct legality_answer *a, const struct legality_answer *b)
{
    if (a->fault || b->fault)
        return a->fault == b->fault && a->error_code == b->error_code;
    return a->pa == b->pa;
}
