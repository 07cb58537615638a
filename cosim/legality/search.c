// SPDX-License-Identifier: Apache-2.0
// What may be cached, and when it was read: SDM Vol. 3A "Caching Translation Information".
#include "search.h"

#include <string.h>

static unsigned candidates(struct search *s, uint64_t addr, struct value c[VALUES])
{
    unsigned bytes = s->format.mode->bytes;
    uint64_t now[2] = {s->env->read(s->env->ctx, addr, bytes), 0};

    return values_of(s->history, addr, bytes, now, s->drops_ignored ? 0 : s->history->floor, c,
                     &s->lost);
}

/* A walk reads the entry first and sets A and D in it afterwards (4.8): it may have read a value
 * that differs from the cached one in these alone, just before. */
static uint64_t read_from(const struct value *c, unsigned i, unsigned n)
{
    uint64_t flags = ENTRY_A | ENTRY_D;

    while (i + 1 < n && c[i + 1].to == c[i].from && (c[i].v[0] & ENTRY_A) &&
           (c[i + 1].v[0] | flags) == (c[i].v[0] | flags) && (c[i + 1].v[0] & ~c[i].v[0]) == 0)
        i++;
    return c[i].from;
}

/* --- an answer against what a page entry gives --- */

static bool page_matches(struct search *s, unsigned level, uint64_t e, struct entry_rights rights)
{
    const struct legality_access *a = s->access;
    uint64_t pa = entry_page(&s->format, level, e, s->va);
    uint32_t denied = entry_denies(s->registers, a, rights);

    if (s->answer->fault) {
        if (denied != 0 && denied != s->answer->error_code)
            s->near |= NEAR_ERROR_CODE;
        return denied != 0 && denied == s->answer->error_code;
    }
    if (pa != s->answer->pa || (s->leaf != ANY_LEAF && s->leaf != s->step[level].addr))
        return false;
    if (denied != 0) {
        s->near |= NEAR_RIGHTS;
    } else if (!(e & ENTRY_A) || s->in_walk) {
        s->near |= NEAR_ACCESSED;
    } else if (a->kind == LEGALITY_WRITE && !(e & ENTRY_D)) {
        s->near |= NEAR_DIRTY;
    } else if (s->env->memtype != NULL &&
               s->env->memtype(s->env->ctx, entry_pat(level, e), pa) != s->answer->memtype) {
        s->near |= NEAR_MEMTYPE;
    } else {
        return true;
    }
    return false;
}

/* With EFER.NXE = 0 an XD that was cached before may count or not: nothing says that the change
 * drops it. */
static bool page_gives(struct search *s, unsigned level, uint64_t e, struct entry_rights rights)
{
    if (page_matches(s, level, e, rights))
        return true;
    if (!rights.xd || s->format.nxe)
        return false;
    rights.xd = false;
    return page_matches(s, level, e, rights);
}

static void found(struct search *s, unsigned level, bool global, const struct drop *killer)
{
    s->found = true;
    s->level = level;
    s->global = global;
    s->killer = killer;
}

/* Read at `when` under s->pcid: may a TLB entry filled from it still be there? */
static bool lives(struct search *s, unsigned level, const struct times *when, bool global)
{
    struct drop_tlb t = {
        s->va,  s->format.mode->va_bits, entry_shift(s->format.mode, level), s->pcid,
        global, s->answer->fault};
    const struct drop *by;
    uint64_t end = times_end(when);

    if (end == 0)
        return false;
    if (!global && s->pcid != entry_pcid(s->registers)) {
        s->near |= NEAR_PCID;
        return false;
    }
    if (drops_last_tlb(s->drops, &t, &by) < end) {
        found(s, level, global, NULL);
        return true;
    }
    if (s->drops_ignored && by != NULL)
        found(s, level, global, by);
    return s->found;
}

static struct context_filter of_pcid(const struct search *s)
{
    return (struct context_filter){
        .mode = s->format.mode, .pcid = s->pcid, .floor = s->drops_ignored ? 0 : s->history->floor};
}

static bool at_page(struct search *s, unsigned level, uint64_t e, const struct times *when,
                    struct entry_rights rights)
{
    static const bool yes = true, no = false;
    struct context_filter f = of_pcid(s);
    struct times global, own = *when;

    if (!(e & ENTRY_A) || s->in_walk) {
        /* Not cached: only what this translation's own walk read of it, for a fault. */
        struct times now = times_within(when, s->begin, s->now + 1);

        if (now.count == 0 && s->answer->fault)
            return false;
        if (!page_gives(s, level, e, rights) || now.count == 0 ||
            s->pcid != entry_pcid(s->registers))
            return false;
        found(s, level, false, NULL);
        return true;
    }
    if (!page_gives(s, level, e, rights))
        return false;
    if (e & ENTRY_G) {
        f.global = &no;
        own = contexts_when(s->contexts, &f);
        own = times_both(when, &own);
        f.global = &yes;
        global = contexts_when(s->contexts, &f);
        global = times_both(when, &global);
        if (lives(s, level, &global, true))
            return true;
    }
    return lives(s, level, &own, false);
}

/* --- down the levels --- */

/* An entry that ends the walk is never cached: this translation's walk has read it. */
static bool at_end(struct search *s, unsigned level, const struct times *when, uint32_t cause)
{
    struct times now = times_within(when, s->begin, s->now + 1);
    uint32_t code = entry_error(s->registers, s->access, cause);

    if (now.count == 0 || s->pcid != entry_pcid(s->registers))
        return false;
    if (!s->answer->fault || s->answer->error_code != code) {
        s->near |= s->answer->fault ? NEAR_ERROR_CODE : NEAR_PRESENT;
        return false;
    }
    found(s, level, false, NULL);
    return true;
}

/* When the entry below can be read by a walk that has this one: in the same walk, or later out of a
 * paging-structure cache until something drops it there. */
static struct times below(struct search *s, unsigned level, const struct times *when)
{
    struct drop_tlb t = {
        s->va, s->format.mode->va_bits, entry_shift(s->format.mode, level), s->pcid,
        false, s->answer->fault};
    struct times r = {0};

    for (unsigned i = 0; i < when->count; i++) {
        const struct drop *by;
        uint64_t until = drops_next_psc(s->drops, when->span[i].to - 1, &t, &by);

        s->step[level].cut = by;
        times_add(&r, when->span[i].from, s->psc_ignored ? TIME_OPEN : until);
    }
    return r;
}

static bool descend(struct search *s, unsigned level, uint64_t table, const struct times *reach,
                    struct entry_rights rights);

static bool at_entry(struct search *s, unsigned level, enum entry_role role, uint64_t e,
                     const struct times *when, struct entry_rights rights)
{
    bool in_walk = s->in_walk, done;
    struct times next = *when;

    switch (role) {
    case ROLE_ABSENT:
        return at_end(s, level, when, 0);
    case ROLE_RESERVED:
        return at_end(s, level, when, ERROR_P | ERROR_RSVD);
    case ROLE_PAGE:
        return at_page(s, level, e, when, entry_add(&s->format, rights, e));
    case ROLE_TABLE:
        break;
    }
    if (!(e & ENTRY_A)) {
        s->in_walk = true;
        next = times_within(when, s->begin, s->now + 1);
    }
    next = below(s, level, &next);
    done =
        descend(s, level - 1, entry_table(&s->format, e), &next, entry_add(&s->format, rights, e));
    s->in_walk = in_walk;
    return done;
}

static bool descend(struct search *s, unsigned level, uint64_t table, const struct times *reach,
                    struct entry_rights rights)
{
    struct value c[VALUES];
    uint64_t addr = entry_address(s->format.mode, level, table, s->va);
    unsigned n;

    if (reach->count == 0)
        return false;
    n = candidates(s, addr, c);
    for (unsigned i = 0; i < n; i++) {
        struct times readable = times_within(reach, read_from(c, i, n), c[i].to);

        s->step[level] = (struct search_step){addr, c[i].v[0], c[0].v[0], i != 0, c[i].by, NULL};
        for (enum entry_role role = ROLE_ABSENT; readable.count != 0 && role <= ROLE_PAGE; role++) {
            struct context_filter f = of_pcid(s);
            struct times when;

            f.entry = &c[i].v[0];
            f.level = level;
            f.role = role;
            when = contexts_when(s->contexts, &f);
            when = times_both(&readable, &when);
            if (when.count != 0 && at_entry(s, level, role, c[i].v[0], &when, rights))
                return true;
        }
    }
    return false;
}

/* --- the roots --- */

static bool from_root(struct search *s, const struct context *c)
{
    struct context_filter f = of_pcid(s);
    struct entry_rights all = {.rw = true, .us = true};
    struct times when;

    f.number = entry_root_number(s->format.mode, s->va);
    f.root = &c->root[f.number];
    s->root = *f.root;
    when = contexts_when(s->contexts, &f);
    if (!(s->root & ENTRY_P))
        return at_end(s, s->format.mode->levels + 1, &when, 0);
    return descend(s, s->format.mode->levels, entry_table(&s->format, s->root), &when, all);
}

/* In the mode of now, and something that was filled then may still be there. */
static bool counts(const struct search *s, const struct context *c)
{
    return c->format.mode == s->format.mode &&
           (s->drops_ignored || times_end(&c->when) > s->history->floor);
}

static bool seen_before(const struct search *s, unsigned i)
{
    const struct context *c = s->contexts->context;
    unsigned number = entry_root_number(s->format.mode, s->va);

    for (unsigned k = 0; k < i; k++)
        if (counts(s, &c[k]) && c[k].pcid == c[i].pcid && c[k].root[number] == c[i].root[number])
            return true;
    return false;
}

void search(struct search *s)
{
    s->format = entry_format(s->registers);
    s->va = entry_linear(s->format.mode, s->access->va);
    for (unsigned i = 0; i < s->contexts->count; i++) {
        const struct context *c = &s->contexts->context[i];

        if (!counts(s, c) || seen_before(s, i))
            continue;
        s->pcid = c->pcid;
        if (from_root(s, c))
            return;
    }
}
