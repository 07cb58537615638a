// SPDX-License-Identifier: Apache-2.0
// What may be cached of the second stage, and when it was read: VT-d "IOTLB", "Caches for Paging
// Structures". Both are tagged by domain: what another context entry of the domain has led to
// answers too.
#include "vtd_search.h"

/* Added up from the top. */
struct rights {
    bool r, w;
};

/* The pass that is under way: from which top table. */
struct pass {
    unsigned levels;
    bool own; /* the table of the context that answers: this request may have read it */
};

static struct rights with(struct rights above, uint64_t e)
{
    return (struct rights){above.r && (e & 1) != 0, above.w && (e & 2) != 0};
}

/* VT-d "Requests": a zero-length read wants a page that is there, with CAP.ZLR. */
static bool allows(const struct vtd_search *s, struct rights r)
{
    if (s->q->write)
        return r.w;
    if (s->q->at == AT_REQUEST || (s->q->bytes == 0 && s->l->format.zlr))
        return r.r || r.w;
    return r.r;
}

static enum vtd_reason denial(const struct vtd_search *s)
{
    return s->q->write ? REASON_WRITE : REASON_READ;
}

/* --- what a page gives --- */

/* PCI Express "Translation Completion": R, W, S and the ones that code a size. A piece of the page
 * is good too. A request with NW may be answered without W. */
static bool completes(const struct vtd_search *s, unsigned level, uint64_t e, struct rights r)
{
    uint64_t d = s->a->data, mask;
    bool read = (d & 1) != 0, write = (d & 2) != 0, no_write = (s->q->addr & 1) != 0;
    unsigned log2 = 12;

    if (read != r.r || (write != r.w && !(no_write && !write)))
        return false;
    if (!read && !write)
        return d == 0;
    if ((d & 0x7FC) != 0)
        return false;
    if ((d & 0x800) != 0)
        for (log2 = 13; log2 < 64 && (d >> (log2 - 1) & 1) != 0; log2++)
            ;
    if (log2 > vtd_shift(level))
        return false;
    mask = UINT64_MAX << log2;
    return (d & mask) == (vtd_output(&s->l->format, level, e, s->q->addr) & mask);
}

static bool gives_page(struct vtd_search *s, unsigned level, uint64_t e, struct rights r)
{
    if (s->q->at == AT_REQUEST) {
        if (s->a->outcome != OUTCOME_COMPLETED)
            return false;
        if (!completes(s, level, e, r)) {
            s->near |= NEAR_VTD_COMPLETION;
            return false;
        }
        return vtd_found(s);
    }
    if (s->a->outcome != OUTCOME_ADDRESS ||
        s->a->addr != vtd_output(&s->l->format, level, e, s->q->addr))
        return false;
    return vtd_found(s);
}

/* The entry, or all of them together, deny. A translation request is told so: it has no fault. */
static bool gives_denial(struct vtd_search *s, unsigned level, uint64_t e)
{
    if (s->q->at == AT_REQUEST)
        return s->a->outcome == OUTCOME_COMPLETED && s->a->data == 0 && vtd_found(s);
    if (s->a->outcome == OUTCOME_ADDRESS && vtd_leaf(level, e) &&
        s->a->addr == vtd_output(&s->l->format, level, e, s->q->addr))
        s->near |= NEAR_VTD_RIGHTS;
    return vtd_gives_fault(s, denial(s), s->fpd);
}

/* --- one entry --- */

static struct vtd_target cached(const struct vtd_search *s, enum vtd_cache cache, unsigned level)
{
    struct vtd_target t = vtd_target(s, cache);

    t.shift = vtd_shift(level);
    return t;
}

static bool at_leaf(struct vtd_search *s, unsigned level, uint64_t e, const struct times *when,
                    struct rights r)
{
    struct vtd_target t = cached(s, CACHE_PAGE, level);
    bool range = vtd_interrupt_range(vtd_output(&s->l->format, level, e, s->q->addr));

    if (!vtd_alive(s, level, &t, when))
        return false;
    if (!allows(s, r))
        return gives_denial(s, level, e);
    if (!range)
        return gives_page(s, level, e, r);
    /* Of a large page the rest may be cached. */
    if (s->a->outcome == OUTCOME_ADDRESS)
        s->near |= NEAR_VTD_RANGE;
    return (level > 1 || vtd_read_now(s, when)) &&
           vtd_gives_fault(s, REASON_INTERRUPT_RANGE, s->fpd);
}

/* When a table could be read: for an entry that maps a page, for one that leads on. */
struct reach {
    struct times page, table;
};

static bool descend(struct vtd_search *s, struct pass p, unsigned level, uint64_t table,
                    const struct reach *reach, struct rights above);

static bool at_table(struct vtd_search *s, struct pass p, unsigned level, uint64_t e,
                     const struct times *when, struct rights r)
{
    struct vtd_target t = cached(s, CACHE_TABLE, level), page = cached(s, CACHE_PAGE, level - 1);
    struct vtd_target table = cached(s, CACHE_TABLE, level - 1);
    struct reach next;

    if (!allows(s, r) && vtd_alive(s, level, &t, when) && gives_denial(s, level, e))
        return true;
    next.page = vtd_below(s, level, &t, &page, when);
    next.table = vtd_below(s, level, &t, &table, when);
    return descend(s, p, level - 1, vtd_base(&s->l->format, e), &next, r);
}

/* Rights first, then reserved bits. What grants nothing or has a reserved bit is in no cache. */
static bool at_entry(struct vtd_search *s, struct pass p, unsigned level, uint64_t e,
                     const struct times *when, struct rights above)
{
    struct rights alone = with((struct rights){true, true}, e), r = with(above, e);
    bool reserved = vtd_reserved(&s->l->format, level, e);

    if ((!r.r && !r.w) || reserved) {
        if (!vtd_read_now(s, when) || (level == p.levels && !p.own))
            return false;
        if (!allows(s, alone) || !allows(s, r))
            return gives_denial(s, level, e);
        return vtd_gives_fault(s, REASON_RESERVED, s->fpd);
    }
    return vtd_leaf(level, e) ? at_leaf(s, level, e, when, r) : at_table(s, p, level, e, when, r);
}

static bool unreadable(struct vtd_search *s, struct pass p, unsigned level,
                       const struct reach *reach, struct rights above)
{
    bool top = level == p.levels;

    if (!allows(s, above) || !vtd_read_now(s, &reach->table) || (top && !p.own))
        return false;
    return vtd_gives_fault(s, top ? REASON_CONTEXT_INVALID : REASON_TABLE_READ, s->fpd);
}

static bool descend(struct vtd_search *s, struct pass p, unsigned level, uint64_t table,
                    const struct reach *reach, struct rights above)
{
    uint64_t addr = vtd_slot(level, table, s->q->addr);
    struct value v[VALUES];
    struct vtd_answers answers;
    unsigned n;

    if (reach->page.count == 0 && reach->table.count == 0)
        return false;
    n = vtd_values(s, CACHE_PAGE, addr, 8, v, &answers);
    if (answers.silent && unreadable(s, p, level, reach, above))
        return true;
    for (unsigned i = answers.now ? 0 : 1; i < n; i++) {
        bool leaf = vtd_leaf(level, v[i].v[0]);
        struct times when = times_within(leaf ? &reach->page : &reach->table, v[i].from, v[i].to);

        vtd_step(s, level, addr, v, i);
        if (when.count != 0 && at_entry(s, p, level, v[i].v[0], &when, above))
            return true;
    }
    return false;
}

static bool from(struct vtd_search *s, uint64_t pointer, bool own, const struct times *when)
{
    const struct reach reach = {*when, *when};
    const struct rights all = {true, true};
    struct pass p = {pointer & 7, own};

    if (!vtd_inside(&s->l->format, p.levels, s->q->addr))
        return false;
    for (unsigned level = 1; level <= 5; level++)
        s->step[level] = (struct vtd_step){0};
    s->step[STRUCTURE_SHARED] = (struct vtd_step){.used = pointer, .now = s->own, .replaced = !own};
    return descend(s, p, p.levels, vtd_base(&s->l->format, pointer), &reach, all);
}

bool vtd_second_stage(struct vtd_search *s)
{
    const struct kept *k = &s->l->domains;
    struct times reach = {0};

    times_add(&reach, 0, TIME_OPEN);
    if (s->now_only)
        return from(s, s->own, true, &reach);
    for (unsigned i = 0; i < 2 * k->count; i++) {
        const struct kept_thing *t = &k->thing[i % k->count];
        bool own = i < k->count; /* these first */

        if (t->key[1] == s->did && (t->key[0] == s->own) == own &&
            from(s, t->key[0], own, &t->when))
            return true;
    }
    return false;
}
