// SPDX-License-Identifier: Apache-2.0
// What the oracle is told: stores, registers, invalidations, in their order.
#include "oracle.h"

#include <stdlib.h>

struct legality *legality_create(const struct legality_env *env, size_t values)
{
    struct legality *l = calloc(1, sizeof(*l));

    if (l == NULL)
        return NULL;
    l->env = *env;
    l->contexts.current = -1;
    if (history_init(&l->history, values) && drops_init(&l->drops))
        return l;
    legality_destroy(l);
    return NULL;
}

void legality_destroy(struct legality *l)
{
    history_free(&l->history);
    drops_free(&l->drops);
    free(l);
}

/* While no cache can hold anything, nothing needs a past. */
static bool anything_cached(const struct legality *l)
{
    if (l->contexts.current >= 0)
        return true;
    for (unsigned i = 0; i < l->contexts.count; i++)
        if (times_end(&l->contexts.context[i].when) > l->history.floor)
            return true;
    return false;
}

static void commit_word(struct legality *l, uint64_t word, uint64_t before, uint64_t after,
                        const struct legality_writer *by)
{
    const struct walk_update u = {word, before, after};

    if (before == after)
        return;
    if (anything_cached(l))
        history_end(&l->history, word, before, l->now, by);
    if (by->author == AUTHOR_WALKER && l->updates < WALK_UPDATES)
        l->update[l->updates++] = u;
    if (by->author == AUTHOR_SPECULATIVE && l->ahead.word != LEGALITY_ILLEGAL)
        l->ahead = judge_ahead(&u);
}

void legality_commit(struct legality *l, const struct legality_store *s)
{
    uint64_t first = s->addr & ~UINT64_C(7);

    l->now++;
    for (uint64_t word = first; word < s->addr + s->bytes; word += 8) {
        uint64_t is = l->env.read(l->env.ctx, word, 8);

        commit_word(l, word, history_patched(s, word, is, s->before),
                    history_patched(s, word, is, s->after), &s->by);
    }
}

void legality_registers(struct legality *l, const struct legality_registers *r)
{
    l->registers = *r;
    contexts_set(&l->contexts, r, ++l->now);
}

void legality_invalidate(struct legality *l, enum legality_event event, uint64_t va, uint16_t pcid)
{
    struct drop d = {++l->now, va, event, pcid};

    drops_add(&l->drops, &d);
    if (legality_rule(event)->tlb != DROP_PAGE)
        l->history.floor = drops_floor(&l->drops, &l->contexts, l->now);
}

/* --- a processor's writes of its control registers --- */

static bool changes(uint64_t before, uint64_t after, uint64_t bit)
{
    return ((before ^ after) & bit) != 0;
}

static bool rises(uint64_t before, uint64_t after, uint64_t bit)
{
    return !(before & bit) && (after & bit);
}

void legality_move(struct legality *l, const struct legality_registers *r, bool cr3, bool keep)
{
    const struct legality_registers before = l->registers;
    const struct {
        enum legality_event event;
        bool met;
    } rows[] = {
        {EVENT_MOV_CR3, cr3 && !(keep && (r->cr4 & CR4_PCIDE))},
        {EVENT_MOV_CR3_KEEP, cr3 && keep && (r->cr4 & CR4_PCIDE)},
        {EVENT_CR0_PG, rises(r->cr0, before.cr0, CR0_PG)},
        {EVENT_CR4_PGE, changes(before.cr4, r->cr4, CR4_PGE)},
        {EVENT_CR4_PCIDE, rises(r->cr4, before.cr4, CR4_PCIDE)},
        {EVENT_CR4_PAE, changes(before.cr4, r->cr4, CR4_PAE)},
        {EVENT_CR4_SMEP, rises(before.cr4, r->cr4, CR4_SMEP)},
        {EVENT_CR4_PSE, changes(before.cr4, r->cr4, CR4_PSE)},
        {EVENT_CR4_LA57, changes(before.cr4, r->cr4, CR4_LA57)},
        {EVENT_EFER_NXE, changes(before.efer, r->efer, EFER_NXE)},
    };

    legality_registers(l, r);
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].met)
            legality_invalidate(l, rows[i].event, 0, entry_pcid(r));
}

void legality_begin(struct legality *l)
{
    l->begin = ++l->now;
    l->updates = 0;
}

size_t legality_held(const struct legality *l)
{
    return history_live(&l->history);
}
