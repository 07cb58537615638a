// SPDX-License-Identifier: Apache-2.0
// What the oracle of a remapping unit is told: stores, registers, invalidations, in their order.
#include "vtd_oracle.h"

#include <stdlib.h>
#include <string.h>

static bool init(struct legality_iommu *l, size_t values)
{
    return history_init(&l->history, values) && vtd_drops_init(&l->drops) &&
           kept_init(&l->roots, LEGALITY_ROOT_TABLES) &&
           kept_init(&l->tables, LEGALITY_ROOT_TABLES) && kept_init(&l->domains, LEGALITY_DOMAINS);
}

struct legality_iommu *legality_iommu_create(const struct legality_iommu_env *env,
                                             const struct legality_unit *unit, size_t values)
{
    struct legality_iommu *l = calloc(1, sizeof(*l));

    if (l == NULL)
        return NULL;
    l->env = *env;
    if (init(l, values)) {
        legality_iommu_reset(l, unit);
        return l;
    }
    legality_iommu_destroy(l);
    return NULL;
}

void legality_iommu_destroy(struct legality_iommu *l)
{
    history_free(&l->history);
    vtd_drops_free(&l->drops);
    kept_free(&l->roots);
    kept_free(&l->tables);
    kept_free(&l->domains);
    free(l);
}

/* --- what may be let go --- */

static uint64_t least(uint64_t floor, const struct kept *k, uint64_t own)
{
    for (unsigned i = 0; i < k->count; i++)
        if (times_end(&k->thing[i].when) > own && own < floor)
            floor = own;
    return floor;
}

/* Nothing that ended until then is in any cache. */
static void forget(struct legality_iommu *l)
{
    const struct vtd_drops *d = &l->drops;
    uint64_t context = vtd_drops_floor(d, CACHE_CONTEXT, 0);
    uint64_t entry = vtd_drops_floor(d, CACHE_ENTRY, 0), floor = l->now;

    floor = least(floor, &l->roots, context);
    floor = least(floor, &l->tables, entry);
    for (unsigned i = 0; i < l->domains.count; i++) {
        const struct kept_thing *t = &l->domains.thing[i];
        uint64_t own = vtd_drops_floor(d, CACHE_PAGE, (uint16_t)t->key[1]);

        if (times_end(&t->when) > own && own < floor)
            floor = own;
    }
    if (!l->format.write_buffer)
        l->history.floor = floor;
    kept_forget(&l->roots, context);
    kept_forget(&l->tables, entry);
    kept_forget(&l->domains, d->floors.all[CACHE_PAGE]);
}

/* --- stores --- */

static void commit_word(struct legality_iommu *l, uint64_t word, uint64_t before, uint64_t after,
                        const struct legality_writer *by)
{
    if (before != after && l->active)
        history_end(&l->history, word, before, l->now, by);
}

void legality_iommu_commit(struct legality_iommu *l, const struct legality_store *s)
{
    l->now++;
    for (uint64_t word = s->addr & ~UINT64_C(7); word < s->addr + s->bytes; word += 8) {
        uint64_t is[2] = {UINT64_MAX};

        l->env.read(l->env.ctx, word, is, 8);
        commit_word(l, word, history_patched(s, word, is[0], s->before),
                    history_patched(s, word, is[0], s->after), &s->by);
    }
}

void legality_iommu_answers(struct legality_iommu *l, uint64_t addr)
{
    l->claim[l->claims++ % VTD_CLAIMS] = (struct vtd_claim){addr >> 4, ++l->now};
}

/* --- registers --- */

static void in_force(struct legality_iommu *l, struct kept *k, uint64_t pointer)
{
    kept_end(k, l->now);
    kept_add(k, pointer, 0, l->now, TIME_OPEN);
}

/* Who is in flight may have been before the change. */
static void keep_registers(struct legality_iommu *l)
{
    if (l->in_flight != 0)
        l->were[l->were_count++ % VTD_WERE] = (struct vtd_were){l->now, l->registers};
}

void legality_iommu_registers(struct legality_iommu *l, const struct legality_iommu_registers *r)
{
    uint64_t table = r->irta & ~UINT64_C(0xF);

    l->now++;
    keep_registers(l);
    if (r->rtaddr != l->registers.rtaddr || l->roots.count == 0)
        in_force(l, &l->roots, r->rtaddr);
    if (table != (l->registers.irta & ~UINT64_C(0xF)) || l->tables.count == 0)
        in_force(l, &l->tables, table);
    l->registers = *r;
    l->active = l->active || r->te || r->ire;
}

/* --- invalidations --- */

void legality_iommu_invalidate(struct legality_iommu *l, const struct legality_invalidation *i)
{
    struct vtd_drop d = {++l->now, TIME_OPEN, *i};

    vtd_drops_add(&l->drops, &d);
}

void legality_iommu_complete(struct legality_iommu *l)
{
    vtd_drops_complete(&l->drops, ++l->now);
}

void legality_iommu_invalidated(struct legality_iommu *l, const struct legality_invalidation *i)
{
    struct vtd_drop d = {.time = ++l->now, .what = *i};

    d.done = ++l->now;
    vtd_drops_add(&l->drops, &d);
}

void legality_iommu_offers(struct legality_iommu *l, const struct legality_unit *unit)
{
    l->unit = *unit;
    l->format = vtd_format(unit);
    l->drops.drain_reads = l->format.drain_reads;
    l->drops.drain_writes = l->format.drain_writes;
}

void legality_iommu_reset(struct legality_iommu *l, const struct legality_unit *unit)
{
    const struct legality_invalidation all = {.event = UNIT_RESET};
    const struct legality_iommu_registers none = {.low = {1, 0}, .high = {1, 0}};

    legality_iommu_offers(l, unit);
    memset(l->flight, 0, sizeof(l->flight));
    l->in_flight = l->were_count = 0;
    memset(&l->commands, 0, sizeof(l->commands));
    memset(&l->log, 0, sizeof(l->log));
    l->log.count = l->format.records;
    l->log.mgaw = l->format.mgaw;
    legality_iommu_registers(l, &none);
    legality_iommu_invalidated(l, &all);
}

/* --- requests --- */

static uint64_t oldest_begin(const struct legality_iommu *l)
{
    uint64_t oldest = TIME_OPEN;

    for (unsigned i = 0; l->in_flight != 0 && i < LEGALITY_TICKETS; i++)
        if (l->flight[i].up && l->flight[i].begin < oldest)
            oldest = l->flight[i].begin;
    return oldest;
}

/* One of them may have found no record, and have set PFO, though nobody knows yet. */
static bool one_is_full(const struct legality_iommu *l)
{
    bool full = vtd_log_full(&l->log);

    for (unsigned i = 0; l->in_flight != 0 && i < LEGALITY_TICKETS; i++)
        full = full || (l->flight[i].up && l->flight[i].full);
    return full;
}

enum legality_overflow legality_iommu_overflow(const struct legality_iommu *l)
{
    bool maybe = l->log.overflow;

    if (l->log.overflow && !l->log.overflow_unknown)
        return OVERFLOW_IS;
    for (unsigned i = 0; l->in_flight != 0 && i < LEGALITY_TICKETS; i++)
        maybe = maybe || (l->flight[i].up && l->flight[i].full);
    return maybe ? OVERFLOW_MAYBE : OVERFLOW_NOT;
}

static struct vtd_flight *begins(struct legality_iommu *l, uint8_t ticket)
{
    struct vtd_flight *f = &l->flight[ticket];
    bool full = one_is_full(l);

    if (l->in_flight == 0)
        l->were_count = 0;
    l->in_flight += !f->up;
    *f = (struct vtd_flight){.up = true, .full = full, .begin = ++l->now};
    if (vtd_drops_raise(&l->drops, oldest_begin(l)))
        forget(l);
    return f;
}

void legality_iommu_accept(struct legality_iommu *l, uint8_t ticket,
                           const struct legality_request *request)
{
    struct vtd_flight *f = begins(l, ticket);

    f->known = true;
    f->request = *request;
}

void legality_iommu_begin(struct legality_iommu *l)
{
    if (l->in_flight != 0) /* one that was cut is none */
        memset(l->flight, 0, sizeof(l->flight));
    l->in_flight = 0;
    vtd_log_forget(&l->log);
    begins(l, 0);
}

uint64_t legality_iommu_now(const struct legality_iommu *l)
{
    return l->now;
}

void legality_iommu_recorded(struct legality_iommu *l, unsigned index, uint64_t lo, uint64_t hi)
{
    l->now++;
    vtd_log_record(&l->log, index, lo, hi);
    for (unsigned i = 0; i < LEGALITY_TICKETS && vtd_log_full(&l->log); i++)
        l->flight[i].full = l->flight[i].full || l->flight[i].up;
}

size_t legality_iommu_held(const struct legality_iommu *l)
{
    return history_live(&l->history);
}
