// SPDX-License-Identifier: Apache-2.0
#include "drops.h"

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

bool drops_init(struct drops *d)
{
    return past_init(&d->past, sizeof(struct drop), LEGALITY_EVENTS);
}

void drops_free(struct drops *d)
{
    past_free(&d->past);
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

    past_add(&d->past, drop);
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

static bool covers_tlb(const void *event, const void *asked)
{
    const struct drop *drop = event;
    const struct drop_tlb *t = asked;
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

    *by = past_newest(&d->past, floor, covers_tlb, t);
    return *by != NULL ? (*by)->time : floor;
}

static bool covers_psc(const void *event, const void *asked)
{
    const struct drop *drop = event;
    const struct drop_tlb *t = asked;
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

uint64_t drops_next_psc(const struct drops *d, uint64_t time, const struct drop_tlb *t,
                        const struct drop **by)
{
    uint64_t floor = later(d->pcid[t->pcid % DROP_PCIDS].psc, d->all.psc);

    *by = past_after(&d->past, time, covers_psc, t);
    if (*by != NULL)
        return (*by)->time;
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
