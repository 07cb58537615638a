// SPDX-License-Identifier: Apache-2.0
#include "drops.h"

#include <stdlib.h>

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

bool drops_init(struct drops *d)
{
    d->ring = calloc(LEGALITY_EVENTS, sizeof(d->ring[0]));
    d->next = 1;
    return d->ring != NULL;
}

void drops_free(struct drops *d)
{
    free(d->ring);
}

static const struct drop *at(const struct drops *d, uint64_t number)
{
    return &d->ring[number % LEGALITY_EVENTS];
}

static uint64_t first(const struct drops *d)
{
    return d->next > LEGALITY_EVENTS ? d->next - LEGALITY_EVENTS : 1;
}

static void raise(uint64_t *floor_of_pcid, uint64_t *floor_of_all, enum legality_drop drop,
                  uint64_t time)
{
    if (drop == DROP_PCID)
        *floor_of_pcid = time;
    else if (drop == DROP_ALL)
        *floor_of_all = time;
}

/* Of global entries no more goes than of the others. */
static enum legality_drop of_global(const struct legality_rule *rule)
{
    if (rule->tlb == DROP_PAGE || rule->global == DROP_NONE)
        return DROP_NONE;
    return rule->global;
}

void drops_add(struct drops *d, const struct drop *drop)
{
    const struct legality_rule *rule = legality_rule(drop->event);
    struct floors *own = &d->pcid[drop->pcid % DROP_PCIDS];

    d->ring[d->next++ % LEGALITY_EVENTS] = *drop;
    raise(&own->tlb, &d->all.tlb, rule->tlb, drop->time);
    raise(&own->global, &d->all.global, of_global(rule), drop->time);
    raise(&own->psc, &d->all.psc, rule->psc, drop->time);
}

uint64_t drops_floor_of(const struct drops *d, uint16_t pcid, bool global)
{
    const struct floors *own = &d->pcid[pcid % DROP_PCIDS];

    return global ? later(own->global, d->all.global) : later(own->tlb, d->all.tlb);
}

static bool same_page(const struct drop *drop, const struct drop_tlb *t)
{
    uint64_t differ = (drop->va ^ t->va) & UINT64_MAX >> (64 - t->va_bits);

    return differ >> t->shift == 0;
}

static bool covers_tlb(const struct drop *drop, const struct drop_tlb *t)
{
    const struct legality_rule *rule = legality_rule(drop->event);
    bool same_pcid = drop->pcid == t->pcid;

    if (rule->faults_only && !t->fault)
        return false;
    if (t->global && (rule->global == DROP_NONE || (rule->global == DROP_PCID && !same_pcid)))
        return false;
    switch (rule->tlb) {
    case DROP_NONE:
        return false;
    case DROP_PAGE:
        return same_page(drop, t) && (t->global || same_pcid);
    case DROP_PCID:
        return same_pcid;
    case DROP_ALL:
        break;
    }
    return true;
}

uint64_t drops_last_tlb(const struct drops *d, const struct drop_tlb *t, const struct drop **by)
{
    uint64_t floor = drops_floor_of(d, t->pcid, t->global);

    *by = NULL;
    for (uint64_t n = d->next - 1; n >= first(d) && at(d, n)->time >= floor; n--)
        if (covers_tlb(at(d, n), t)) {
            *by = at(d, n);
            return (*by)->time;
        }
    return floor;
}

static bool covers_psc(const struct drop *drop, const struct drop_tlb *t)
{
    const struct legality_rule *rule = legality_rule(drop->event);

    if (rule->faults_only && !t->fault)
        return false;
    switch (rule->psc) {
    case DROP_NONE:
        return false;
    case DROP_PAGE:
        return drop->pcid == t->pcid && same_page(drop, t);
    case DROP_PCID:
        return drop->pcid == t->pcid;
    case DROP_ALL:
        break;
    }
    return true;
}

/* The first that is held and came after `time`. */
static uint64_t after(const struct drops *d, uint64_t time)
{
    uint64_t low = first(d), high = d->next;

    while (low < high) {
        uint64_t middle = low + (high - low) / 2;

        if (at(d, middle)->time <= time)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint64_t drops_next_psc(const struct drops *d, uint64_t time, const struct drop_tlb *t,
                        const struct drop **by)
{
    uint64_t floor = later(d->pcid[t->pcid % DROP_PCIDS].psc, d->all.psc);

    *by = NULL;
    for (uint64_t n = after(d, time); n < d->next; n++)
        if (covers_psc(at(d, n), t)) {
            *by = at(d, n);
            return (*by)->time;
        }
    return floor > time ? floor : TIME_OPEN;
}

uint64_t drops_floor(const struct drops *d, const struct contexts *c, uint64_t now)
{
    uint64_t floor = now;

    for (unsigned i = 0; i < c->count; i++) {
        const struct context *x = &c->context[i];

        for (unsigned global = 0; global <= x->global; global++) {
            uint64_t own = drops_floor_of(d, x->pcid, global);

            if (times_end(&x->when) > own && own < floor)
                floor = own;
        }
    }
    return floor;
}
