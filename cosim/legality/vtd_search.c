// SPDX-License-Identifier: Apache-2.0
// What may be cached of root, context and interrupt-remapping entries, and when it was read: VT-d
// "Context-cache", "Interrupt Entry Cache", "Caching Mode".
#include "vtd_search.h"

/* --- for every structure --- */

struct vtd_target vtd_target(const struct vtd_search *s, enum vtd_cache cache)
{
    return (struct vtd_target){.cache = cache,
                               .sid = s->q->sid,
                               .did = s->did,
                               .iova = s->q->addr,
                               .begin = s->l->begin,
                               .moved = s->l->moved,
                               .write = s->q->write};
}

/* Nobody answered when the request was accepted, somebody does now. */
static bool was_silent(const struct legality_iommu *l, uint64_t addr)
{
    unsigned held = l->claims < VTD_CLAIMS ? l->claims : VTD_CLAIMS;

    for (unsigned i = 1; i <= held; i++) {
        const struct vtd_claim *c = &l->claim[(l->claims - i) % VTD_CLAIMS];

        if (c->time <= l->begin)
            break;
        if (c->block == addr >> 4)
            return true;
    }
    return false;
}

unsigned vtd_values(struct vtd_search *s, enum vtd_cache cache, uint64_t addr, unsigned bytes,
                    struct value v[VALUES], struct vtd_answers *answers)
{
    struct legality_iommu *l = s->l;
    uint64_t now[2] = {UINT64_MAX, UINT64_MAX};
    uint64_t floor = vtd_drops_floor(&l->drops, cache, s->did);
    unsigned n;

    answers->now = l->env.read(l->env.ctx, addr, now, bytes);
    answers->silent = !answers->now;
    if (bytes == 8)
        now[1] = 0;
    if (s->now_only) {
        v[0] = (struct value){.v = {now[0], now[1]}, .to = TIME_OPEN};
        return 1;
    }
    if (s->drops_ignored || l->format.write_buffer)
        floor = 0;
    n = values_of(&l->history, addr, bytes, now, floor, v, &s->lost);
    answers->silent = answers->silent || was_silent(l, addr);
    for (unsigned i = 1; l->format.write_buffer && i < n; i++)
        v[i].to = vtd_drops_flush(&l->drops, v[i].to);
    return n;
}

void vtd_step(struct vtd_search *s, enum legality_structure at, uint64_t addr,
              const struct value *v, unsigned i)
{
    unsigned half = v[i].v[0] == v[0].v[0] && v[i].v[1] != v[0].v[1];

    s->step[at] =
        (struct vtd_step){addr + 8 * half, v[i].v[half], v[0].v[half], i != 0, v[i].by, NULL};
}

bool vtd_read_now(const struct vtd_search *s, const struct times *when)
{
    return times_within(when, s->l->begin, s->l->now + 1).count != 0;
}

bool vtd_found(struct vtd_search *s)
{
    s->found = true;
    s->killer = NULL;
    for (unsigned at = 0; s->killer == NULL && at < STRUCTURES; at++)
        s->killer = s->step[at].cut;
    return true;
}

bool vtd_alive(struct vtd_search *s, enum legality_structure at, const struct vtd_target *t,
               const struct times *when)
{
    uint64_t end = times_end(when);
    const struct vtd_drop *by;

    if (end == 0 || end == TIME_OPEN)
        return end != 0;
    if (vtd_drops_last(&s->l->drops, t, &by) < end)
        return true;
    s->step[at].cut = by;
    return s->drops_ignored && by != NULL;
}

struct times vtd_below(struct vtd_search *s, enum legality_structure at, const struct vtd_target *t,
                       const struct vtd_target *below, const struct times *when)
{
    struct times r = {0};

    for (unsigned i = 0; i < when->count; i++) {
        const struct vtd_drop *by = NULL;
        uint64_t until = TIME_OPEN;

        if (when->span[i].to != TIME_OPEN && !s->now_only)
            until = vtd_drops_until(&s->l->drops, when->span[i].to - 1, t, below, &by);
        s->step[at].cut = by;
        times_add(&r, when->span[i].from, s->drops_ignored ? TIME_OPEN : until);
    }
    return r;
}

bool vtd_gives_fault(struct vtd_search *s, enum vtd_reason reason, bool suppressed)
{
    if (s->a == NULL || (s->suppressed_only && !suppressed))
        return false;
    if (s->a->outcome != OUTCOME_BLOCKED) {
        s->near |= NEAR_VTD_ABSENT;
        return false;
    }
    if (s->a->reason != reason) {
        s->near |= NEAR_VTD_REASON;
        return false;
    }
    if (!vtd_log_allows(&s->l->log, s->q->sid, suppressed)) {
        s->near |= NEAR_VTD_RECORD;
        return false;
    }
    return vtd_found(s);
}

/* Ends the walk: not in any cache while CAP.CM = 0. */
static bool ends(struct vtd_search *s, const struct times *when, enum vtd_reason reason,
                 bool suppressed)
{
    return vtd_read_now(s, when) && vtd_gives_fault(s, reason, suppressed);
}

static struct times always(void)
{
    struct times t = {0};

    times_add(&t, 0, TIME_OPEN);
    return t;
}

/* The pointers that were latched, while they were. Of now alone: one. */
static unsigned pointers(const struct vtd_search *s, const struct kept *k)
{
    return s->now_only ? 1 : k->count;
}

static struct times pointer(struct vtd_search *s, const struct kept *k, unsigned i, uint64_t now,
                            uint64_t *value)
{
    *value = s->now_only ? now : k->thing[i].key[0];
    s->step[STRUCTURE_POINTER] =
        (struct vtd_step){.used = *value, .now = now, .replaced = *value != now};
    return s->now_only ? always() : k->thing[i].when;
}

/* --- VT-d "Context Entry" --- */

/* Protected regions and addresses that no host has: docs/choices.md. */
static bool passes(const struct vtd_search *s)
{
    const struct legality_iommu_registers *r = &s->l->registers;
    uint64_t addr = s->q->addr;

    if (addr >> s->l->format.haw != 0)
        return false;
    return !r->epm ||
           ((addr < r->low[0] || addr > r->low[1]) && (addr < r->high[0] || addr > r->high[1]));
}

static bool unchanged(struct vtd_search *s)
{
    enum legality_outcome wanted = passes(s) ? OUTCOME_ADDRESS : OUTCOME_REJECTED;

    if (s->a == NULL || s->a->outcome != wanted ||
        (wanted == OUTCOME_ADDRESS && s->a->addr != s->q->addr))
        return false;
    return vtd_found(s);
}

/* A context entry that is good, at `when`: in the cache, or read now. */
static bool with_context(struct vtd_search *s, const struct times *when)
{
    struct vtd_target t = vtd_target(s, CACHE_CONTEXT);
    unsigned type = vtd_type(s->context), levels = vtd_levels(s->context);

    if (!vtd_alive(s, STRUCTURE_CONTEXT, &t, when))
        return false;
    if (type == 2 || s->q->at == AT_TRANSLATED)
        return unchanged(s);
    s->own = vtd_base(&s->l->format, s->context[0]) | levels;
    if (!vtd_inside(&s->l->format, levels, s->q->addr))
        return vtd_gives_fault(s, REASON_WIDTH, s->fpd);
    if (s->a == NULL) {
        kept_add(&s->l->domains, s->own, s->did, when->span[0].from, s->l->now + 1);
        return false;
    }
    return vtd_second_stage(s);
}

static bool at_context(struct vtd_search *s, const struct value *v, const struct times *root)
{
    const struct vtd_format *f = &s->l->format;
    enum vtd_reason reason = vtd_context_reason(f, v->v, s->q->at);
    struct vtd_target t;
    struct times when;

    s->context[0] = v->v[0];
    s->context[1] = v->v[1];
    s->did = vtd_did(v->v);
    s->fpd = vtd_fpd(v->v);
    t = vtd_target(s, CACHE_CONTEXT);
    when = vtd_below(s, STRUCTURE_ROOT, &t, &t, root);
    when = times_within(&when, v->from, v->to);
    if (when.count == 0)
        return false;
    if (reason == REASON_NONE)
        return with_context(s, &when);
    /* Good but for this address type: it may be in the cache. */
    if (reason == REASON_ADDRESS_TYPE && vtd_context_reason(f, v->v, AT_UNTRANSLATED) == 0)
        return vtd_alive(s, STRUCTURE_CONTEXT, &t, &when) && vtd_gives_fault(s, reason, s->fpd);
    return ends(s, &when, reason, s->fpd && reason != REASON_CONTEXT_RESERVED);
}

static bool at_root(struct vtd_search *s, const struct value *v, const struct times *when)
{
    const struct vtd_format *f = &s->l->format;
    uint64_t addr = vtd_base(f, v->v[0]) + (s->q->sid & 0xFF) * UINT64_C(16);
    enum vtd_reason reason = vtd_root_reason(f, v->v);
    struct value c[VALUES];
    struct vtd_answers answers;
    unsigned n;

    if (reason != REASON_NONE)
        return ends(s, when, reason, false);
    n = vtd_values(s, CACHE_CONTEXT, addr, 16, c, &answers);
    if (answers.silent && ends(s, when, REASON_CONTEXT_READ, false))
        return true;
    for (unsigned i = answers.now ? 0 : 1; i < n; i++) { /* somebody has answered */
        vtd_step(s, STRUCTURE_CONTEXT, addr, c, i);
        if (at_context(s, &c[i], when))
            return true;
    }
    return false;
}

void vtd_search_dma(struct vtd_search *s)
{
    const struct kept *k = &s->l->roots;

    for (unsigned p = 0; p < pointers(s, k); p++) {
        uint64_t rtaddr, addr;
        struct times reach = pointer(s, k, p, s->l->registers.rtaddr, &rtaddr);
        struct value v[VALUES];
        struct vtd_answers answers;
        unsigned n;

        s->did = 0;
        if ((rtaddr & VTD_TTM) != 0) {
            if (ends(s, &reach, REASON_POINTER, false))
                return;
            continue;
        }
        addr = vtd_base(&s->l->format, rtaddr) + (s->q->sid >> 8) * UINT64_C(16);
        n = vtd_values(s, CACHE_CONTEXT, addr, 16, v, &answers);
        if (answers.silent && ends(s, &reach, REASON_ROOT_READ, false))
            return;
        for (unsigned i = answers.now ? 0 : 1; i < n; i++) {
            struct times when = times_within(&reach, v[i].from, v[i].to);

            vtd_step(s, STRUCTURE_ROOT, addr, v, i);
            if (when.count != 0 && at_root(s, &v[i], &when))
                return;
        }
    }
}

/* --- VT-d "Interrupt Remapping Table Entry" --- */

static bool at_irte(struct vtd_search *s, const struct value *v, bool eime_then,
                    const struct times *when, unsigned index)
{
    enum vtd_reason reason = vtd_irte_reason(v->v, eime_then);
    struct vtd_target t = vtd_target(s, CACHE_ENTRY);
    bool eime = (s->l->registers.irta & VTD_EIME) != 0, fpd = vtd_fpd(v->v);

    t.index = (uint16_t)index;
    if (reason != REASON_NONE)
        return ends(s, when, reason, fpd);
    if (!vtd_alive(s, STRUCTURE_ENTRY, &t, when))
        return false;
    if (!vtd_source_good(v->v, s->q->sid)) {
        s->near |= s->a->outcome == OUTCOME_MESSAGE ? NEAR_VTD_SOURCE : 0;
        return vtd_gives_fault(s, REASON_SOURCE, fpd);
    }
    if (s->a->outcome != OUTCOME_MESSAGE || s->a->addr != vtd_message_address(v->v, eime) ||
        s->a->data != vtd_message_data(v->v))
        return false;
    return vtd_found(s);
}

void vtd_search_interrupt(struct vtd_search *s, unsigned index)
{
    const struct kept *k = &s->l->tables;

    for (unsigned p = 0; p < pointers(s, k); p++) {
        uint64_t irta, addr;
        struct times reach = pointer(s, k, p, s->l->registers.irta & ~UINT64_C(0xF), &irta);
        struct value v[VALUES];
        struct vtd_answers answers;
        unsigned n;

        addr = vtd_base(&s->l->format, irta) + index * UINT64_C(16);
        n = vtd_values(s, CACHE_ENTRY, addr, 16, v, &answers);
        if (answers.silent && ends(s, &reach, REASON_ENTRY_READ, false))
            return;
        for (unsigned i = answers.now ? 0 : 1; i < n; i++) {
            struct times when = times_within(&reach, v[i].from, v[i].to);

            vtd_step(s, STRUCTURE_ENTRY, addr, v, i);
            if (when.count != 0 && at_irte(s, &v[i], (irta & VTD_EIME) != 0, &when, index))
                return;
        }
    }
}
