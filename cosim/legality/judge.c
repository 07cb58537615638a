// SPDX-License-Identifier: Apache-2.0
// The verdict on one translation: first one plain walk of now, which is the usual case; only when
// it gives another answer, every walk over what caches may hold.
#include "oracle.h"

/* Rules of translation that are no invalidation. */
enum law {
    LAW_TRANSLATION,
    LAW_PAGING_OFF,
    LAW_RIGHTS,
    LAW_DIRTY,
    LAW_ACCESSED,
    LAW_MEMTYPE,
    LAW_ERROR_CODE,
    LAW_PCID,
    LAW_PRESENT,
    LAW_FAULT,
    LAW_UPDATE,
    LAW_UPDATE_DIRTY,
    LAW_SPECULATIVE,
    LAWS
};

static const struct {
    const char *name, *section, *what;
} laws[LAWS] = {
    [LAW_TRANSLATION] = {"translation", "4.3 to 4.5", "no walk gives this physical address"},
    [LAW_PAGING_OFF] = {"paging off", "4.1.1", "without paging the address is the linear address"},
    [LAW_RIGHTS] = {"access rights", "4.6", "the registers of now deny the access to this page"},
    [LAW_DIRTY] = {"dirty flag", "4.8", "a write through an entry with D = 0"},
    [LAW_ACCESSED] = {"accessed flag", "4.8", "an entry with A = 0 was used"},
    [LAW_MEMTYPE] = {"memory type", "4.9", "no walk gives this memory type"},
    [LAW_ERROR_CODE] = {"error code", "4.7", "there may be a fault, but not with this error code"},
    [LAW_PCID] = {"PCID", "4.10.1", "only another PCID has this translation, and not as global"},
    [LAW_PRESENT] = {"present flag", "4.10.2.2",
                     "entries that are not present or reserved are never cached"},
    [LAW_FAULT] = {"page fault", "4.7", "no walk gives a fault"},
    [LAW_UPDATE] = {"walker's store", "4.8",
                    "the walker changed more than A and D, cleared one, or the entry had P = 0"},
    [LAW_UPDATE_DIRTY] = {"walker's D", "4.8", "D was set in what no write used to map its page"},
    [LAW_SPECULATIVE] = {"speculative walk", "4.8",
                         "a walk that no request asked for may set A, and nothing else"},
};

static struct legality_verdict illegal(enum law law)
{
    return (struct legality_verdict){.word = LEGALITY_ILLEGAL,
                                     .rule = laws[law].name,
                                     .section = laws[law].section,
                                     .what = laws[law].what};
}

/* --- now --- */

/* One plain walk of the tables of now. */
struct fresh {
    bool fault, accessed, dirty;
    uint32_t error_code;
    uint64_t pa, leaf; /* leaf: address of the entry that maps the page */
    unsigned pat;
};

static struct fresh fault_of(const struct legality *l, const struct legality_access *a,
                             uint32_t cause)
{
    return (struct fresh){.fault = true, .error_code = entry_error(&l->registers, a, cause)};
}

static struct fresh walk_now(const struct legality *l, const struct entry_format *f,
                             const struct legality_access *a)
{
    struct entry_rights rights = {.rw = true, .us = true};
    uint64_t va = entry_linear(f->mode, a->va);
    uint64_t e = entry_root(&l->registers, entry_root_number(f->mode, va)), at = 0;
    struct fresh r = {.accessed = true};
    enum entry_role role = ROLE_TABLE;
    unsigned level = f->mode->levels;

    if (!(e & ENTRY_P))
        return fault_of(l, a, 0);
    for (;; level--) {
        at = entry_address(f->mode, level, entry_table(f, e), va);
        e = l->env.read(l->env.ctx, at, f->mode->bytes);
        role = entry_role(f, level, e);
        if (role == ROLE_ABSENT || role == ROLE_RESERVED)
            return fault_of(l, a, role == ROLE_ABSENT ? 0 : ERROR_P | ERROR_RSVD);
        rights = entry_add(f, rights, e);
        r.accessed = r.accessed && (e & ENTRY_A);
        if (role == ROLE_PAGE)
            break;
    }
    r.error_code = entry_denies(&l->registers, a, rights);
    r.fault = r.error_code != 0;
    r.dirty = (e & ENTRY_D) != 0;
    r.pa = entry_page(f, level, e, va);
    r.pat = entry_pat(level, e);
    r.leaf = at;
    return r;
}

static bool memtype_is(const struct legality *l, unsigned pat, const struct legality_answer *n)
{
    return l->env.memtype == NULL || l->env.memtype(l->env.ctx, pat, n->pa) == n->memtype;
}

static bool gives(const struct legality *l, const struct fresh *f, const struct legality_access *a,
                  const struct legality_answer *n)
{
    if (f->fault || n->fault)
        return f->fault == n->fault && f->error_code == n->error_code;
    return f->pa == n->pa && f->accessed && (f->dirty || a->kind != LEGALITY_WRITE) &&
           memtype_is(l, f->pat, n);
}

static struct legality_verdict without_paging(const struct legality *l,
                                              const struct legality_access *a,
                                              const struct legality_answer *n)
{
    const struct legality_registers *r = &l->registers;
    uint64_t mask = r->efer & EFER_LMA ? UINT64_MAX >> (64 - r->maxphyaddr) : UINT32_MAX;

    if (n->fault || n->pa != (a->va & mask))
        return illegal(LAW_PAGING_OFF);
    return memtype_is(l, LEGALITY_PAT_OFF, n) ? (struct legality_verdict){.word = LEGALITY_FRESH}
                                              : illegal(LAW_MEMTYPE);
}

/* --- the past --- */

static struct search asked(const struct legality *l, const struct legality_access *a,
                           const struct legality_answer *n)
{
    return (struct search){.env = &l->env,
                           .history = &l->history,
                           .contexts = &l->contexts,
                           .drops = &l->drops,
                           .registers = &l->registers,
                           .access = a,
                           .answer = n,
                           .leaf = ANY_LEAF,
                           .begin = l->begin,
                           .now = l->now};
}

static void name_rule(struct legality_verdict *v, enum legality_event event)
{
    v->rule = legality_rule(event)->name;
    v->section = legality_rule(event)->section;
}

/* The uppermost entry that has been replaced; without one the root has. */
static struct legality_verdict stale(const struct search *s)
{
    struct legality_verdict v = {.word = LEGALITY_STALE,
                                 .va = s->access->va,
                                 .pcid = s->pcid,
                                 .global = s->global,
                                 .used = s->root};
    unsigned level = s->format.mode->levels;

    while (level > s->level && !s->step[level].replaced)
        level--;
    name_rule(&v, EVENT_INVLPG);
    if (level <= s->format.mode->levels && level >= 1 && s->step[level].replaced) {
        v.level = level;
        v.entry = s->step[level].addr;
        v.used = s->step[level].value;
        v.now = s->step[level].now;
        v.by = s->step[level].by;
        v.replaced = true;
    } else if (!s->global) {
        name_rule(&v, EVENT_MOV_CR3);
    }
    return v;
}

static enum law nearest(const struct search *s)
{
    static const struct {
        unsigned near;
        enum law law;
    } rows[] = {
        {NEAR_DIRTY, LAW_DIRTY},     {NEAR_ACCESSED, LAW_ACCESSED},     {NEAR_MEMTYPE, LAW_MEMTYPE},
        {NEAR_RIGHTS, LAW_RIGHTS},   {NEAR_ERROR_CODE, LAW_ERROR_CODE}, {NEAR_PCID, LAW_PCID},
        {NEAR_PRESENT, LAW_PRESENT},
    };

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (s->near & rows[i].near)
            return rows[i].law;
    return s->answer->fault ? LAW_FAULT : LAW_TRANSLATION;
}

/* Which invalidation should have removed what the design has used? One that spared a TLB entry is
 * looked for first, then one that spared an upper entry in a paging-structure cache. */
static const struct drop *broken(struct search *s)
{
    const struct search before = *s;

    s->drops_ignored = true;
    search(s);
    if (!s->found) {
        *s = before;
        s->drops_ignored = s->psc_ignored = true;
        search(s);
    }
    if (!s->found)
        return NULL;
    for (unsigned level = s->level + 1; s->killer == NULL && level <= ENTRY_LEVELS; level++)
        s->killer = s->step[level].cut;
    return s->killer;
}

/* A root that was let go may have filled what is still there. */
static bool context_lost(const struct legality *l)
{
    uint16_t pcid = entry_pcid(&l->registers);

    return l->contexts.lost > drops_floor_of(&l->drops, pcid, false) ||
           l->contexts.lost_global > l->drops.all.global;
}

static bool any_replaced(const struct search *s)
{
    for (unsigned level = s->level; level >= 1 && level <= s->format.mode->levels; level++)
        if (s->step[level].replaced)
            return true;
    return false;
}

/* The tables of now lead to this page, but something in the way forbids it. */
static bool forbidden_now(const struct legality *l, const struct legality_access *a,
                          const struct legality_answer *n, enum law *law)
{
    struct entry_format f = entry_format(&l->registers);
    struct fresh now = walk_now(l, &f, a);

    if (n->fault || now.leaf == 0 || now.pa != n->pa)
        return false;
    if (now.fault)
        *law = LAW_RIGHTS;
    else if (!now.accessed)
        *law = LAW_ACCESSED;
    else
        *law = a->kind == LEGALITY_WRITE && !now.dirty ? LAW_DIRTY : LAW_MEMTYPE;
    return true;
}

static struct legality_verdict unexplained(const struct legality *l, const struct search *before)
{
    struct search s = asked(l, before->access, before->answer);
    const struct drop *drop;
    struct legality_verdict v;
    enum law law;

    if (before->lost || context_lost(l))
        return (struct legality_verdict){.word = LEGALITY_UNJUDGED,
                                         .what = "values that a cache may hold were let go"};
    drop = broken(&s);
    if (drop == NULL)
        return illegal(nearest(before));
    if (!any_replaced(&s) && forbidden_now(l, before->access, before->answer, &law))
        return illegal(law);
    v = (struct legality_verdict){.word = LEGALITY_ILLEGAL,
                                  .what = "it dropped what was used",
                                  .va = drop->va,
                                  .pcid = drop->pcid,
                                  .entry = s.step[s.level].addr,
                                  .used = s.step[s.level].value,
                                  .now = s.step[s.level].now,
                                  .level = s.level,
                                  .by = s.step[s.level].by,
                                  .replaced = s.step[s.level].replaced};
    name_rule(&v, drop->event);
    return v;
}

/* --- the walker's own stores --- */

/* In which entry of the word D was set; ANY_LEAF: in none. */
static uint64_t dirtied(const struct walk_update *u, unsigned bytes)
{
    uint64_t set = u->after & ~u->before;

    if (set & ENTRY_D)
        return u->addr;
    return bytes == 4 && (set >> 32 & ENTRY_D) ? u->addr + 4 : ANY_LEAF;
}

static bool only_flags(const struct walk_update *u, unsigned bytes)
{
    uint64_t mask = UINT64_MAX >> (64 - 8 * bytes);

    for (unsigned at = 0; at < 64; at += 8 * bytes) {
        uint64_t before = u->before >> at & mask, after = u->after >> at & mask;
        uint64_t set = after & ~before;

        if (before != after &&
            ((before & ~after) != 0 || (set & ~(ENTRY_A | ENTRY_D)) != 0 || !(before & ENTRY_P)))
            return false;
    }
    return true;
}

static struct legality_verdict bad_update(const struct walk_update *u, enum law law)
{
    struct legality_verdict v = illegal(law);

    v.update = true;
    v.entry = u->addr;
    v.used = u->after;
    v.now = u->before;
    return v;
}

/* Which paging mode a speculative walk began in is not known: either size of an entry will do. */
struct legality_verdict judge_ahead(const struct walk_update *u)
{
    if (!((u->after & ~u->before) & (ENTRY_D | ENTRY_D << 32)) &&
        (only_flags(u, 8) || only_flags(u, 4)))
        return (struct legality_verdict){.word = LEGALITY_FRESH};
    return bad_update(u, LAW_SPECULATIVE);
}

/* FRESH: all of them are legal, if the entry at *leaf maps the page; ANY_LEAF: no D was set. */
static struct legality_verdict updates(const struct legality *l, const struct entry_format *f,
                                       bool writes, uint64_t *leaf)
{
    *leaf = ANY_LEAF;
    for (unsigned i = 0; i < l->updates; i++) {
        const struct walk_update *u = &l->update[i];
        uint64_t dirty;

        if (f->mode->levels == 0 || !only_flags(u, f->mode->bytes))
            return bad_update(u, LAW_UPDATE);
        dirty = dirtied(u, f->mode->bytes);
        if (dirty != ANY_LEAF && (!writes || (*leaf != ANY_LEAF && *leaf != dirty)))
            return bad_update(u, LAW_UPDATE_DIRTY);
        if (dirty != ANY_LEAF)
            *leaf = dirty;
    }
    return (struct legality_verdict){.word = LEGALITY_FRESH};
}

/* The entry whose D was set does not explain the answer; does another? */
static struct legality_verdict elsewhere(const struct legality *l, struct search s)
{
    struct search any = asked(l, s.access, s.answer);

    if (s.leaf != ANY_LEAF) {
        search(&any);
        if (any.found)
            return illegal(LAW_UPDATE_DIRTY);
        return unexplained(l, &any);
    }
    return unexplained(l, &s);
}

struct legality_verdict legality_judge(struct legality *l, const struct legality_access *access,
                                       const struct legality_answer *answer)
{
    struct entry_format f = entry_format(&l->registers);
    bool writes = access->kind == LEGALITY_WRITE && !answer->fault;
    struct search s = asked(l, access, answer);
    struct legality_verdict v = updates(l, &f, writes, &s.leaf);
    struct fresh now;

    if (l->ahead.word == LEGALITY_ILLEGAL) {
        v = l->ahead;
        l->ahead.word = LEGALITY_FRESH;
    }
    if (v.word == LEGALITY_ILLEGAL)
        return v;
    if (f.mode->levels == 0)
        return without_paging(l, access, answer);
    now = walk_now(l, &f, access);
    if (gives(l, &now, access, answer) && (s.leaf == ANY_LEAF || s.leaf == now.leaf))
        return v;
    search(&s);
    return s.found ? stale(&s) : elsewhere(l, s);
}
