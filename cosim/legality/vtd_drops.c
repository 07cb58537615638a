// SPDX-License-Identifier: Apache-2.0
#include "vtd_drops.h"

#include <stdlib.h>

bool vtd_drops_init(struct vtd_drops *d)
{
    d->floors.domain[CACHE_PAGE] = calloc(VTD_DOMAINS, sizeof(uint64_t));
    d->floors.domain[CACHE_TABLE] = calloc(VTD_DOMAINS, sizeof(uint64_t));
    d->pending = d->raised = 1;
    return past_init(&d->past, sizeof(struct vtd_drop), LEGALITY_EVENTS) &&
           d->floors.domain[CACHE_PAGE] != NULL && d->floors.domain[CACHE_TABLE] != NULL;
}

void vtd_drops_free(struct vtd_drops *d)
{
    past_free(&d->past);
    free(d->floors.domain[CACHE_PAGE]);
    free(d->floors.domain[CACHE_TABLE]);
}

void vtd_drops_add(struct vtd_drops *d, const struct vtd_drop *drop)
{
    past_add(&d->past, drop);
    d->changed = d->changed || drop->done != TIME_OPEN;
}

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

void vtd_drops_complete(struct vtd_drops *d, uint64_t now)
{
    d->pending = later(d->pending, past_first(&d->past));
    for (; d->pending < d->past.next; d->pending++) {
        struct vtd_drop *drop = past_at(&d->past, d->pending);

        if (drop->done == TIME_OPEN)
            drop->done = now;
    }
    d->changed = true;
}

static enum legality_extent extent(const struct vtd_drop *drop, enum vtd_cache cache)
{
    const struct legality_iommu_rule *rule = legality_iommu_rule(drop->what.event);
    const enum legality_extent extents[CACHES] = {rule->context, rule->page, rule->table,
                                                  rule->entry};

    return extents[cache];
}

static bool raise(struct vtd_floors *f, const struct vtd_drop *drop)
{
    bool rose = false;

    for (enum vtd_cache c = CACHE_CONTEXT; c < CACHES; c++) {
        enum legality_extent e = extent(drop, c);

        if (e == EXTENT_ALL)
            f->all[c] = later(f->all[c], drop->time);
        else if (e == EXTENT_DOMAIN && f->domain[c] != NULL)
            f->domain[c][drop->what.did] = later(f->domain[c][drop->what.did], drop->time);
        rose = rose || e >= EXTENT_DOMAIN;
    }
    return rose;
}

bool vtd_drops_raise(struct vtd_drops *d, uint64_t oldest)
{
    uint64_t open = 0;
    bool rose = false;

    if (!d->changed)
        return false;
    d->changed = false;
    for (uint64_t n = later(d->raised, past_first(&d->past)); n < d->past.next; n++) {
        const struct vtd_drop *drop = past_at(&d->past, n);

        if (drop->done <= oldest)
            rose = raise(&d->floors, drop) || rose;
        else if (open == 0)
            open = n;
        d->changed = d->changed || (drop->done > oldest && drop->done != TIME_OPEN);
    }
    d->raised = open != 0 ? open : d->past.next;
    return rose;
}

uint64_t vtd_drops_floor(const struct vtd_drops *d, enum vtd_cache cache, uint16_t did)
{
    const uint64_t *domain = d->floors.domain[cache];

    return domain == NULL ? d->floors.all[cache] : later(d->floors.all[cache], domain[did]);
}

/* VT-d "Context Command Register": FM leaves function bits out. */
static bool same_device(const struct legality_invalidation *i, const struct vtd_target *t)
{
    static const uint16_t left_out[] = {0, 4, 6, 7};

    return i->did == t->did && ((i->sid ^ t->sid) & ~left_out[i->fm & 3] & 0xFFFF) == 0;
}

/* VT-d "Invalidate Address Register": the low AM bits of the page number do not count. Of a page in
 * the IOTLB the 4 KBytes of the request count: more may be cached in pieces. */
static bool same_pages(const struct legality_invalidation *i, const struct vtd_target *t)
{
    unsigned shift = 12u + i->am;

    if (t->cache == CACHE_TABLE && t->shift > shift)
        shift = t->shift;
    return i->did == t->did && (shift >= 64 || (i->iova ^ t->iova) >> shift == 0);
}

static bool covers(const struct vtd_drop *drop, const struct vtd_target *t)
{
    const struct legality_invalidation *i = &drop->what;

    switch (extent(drop, t->cache)) {
    case EXTENT_NONE:
        return false;
    case EXTENT_SELECTED:
        if (t->cache == CACHE_CONTEXT)
            return same_device(i, t);
        return t->cache == CACHE_ENTRY ? (i->index ^ t->index) >> i->im == 0 : same_pages(i, t);
    case EXTENT_DOMAIN:
        return i->did == t->did;
    case EXTENT_ALL:
        break;
    }
    return true;
}

static bool covers_any(const void *event, const void *asked)
{
    return covers(event, asked);
}

/* VT-d "Draining of Requests to Memory": one that completes while the request is on its way counts
 * when it waits for such requests, unless their data has been moved before. */
static bool has_covered(const void *event, const void *asked)
{
    const struct vtd_drop *drop = event;
    const struct vtd_target *t = asked;
    bool drained = t->write ? drop->what.drain_writes && t->drain_writes
                            : drop->what.drain_reads && t->drain_reads;

    return (drop->done <= t->begin || (drained && drop->done < t->moved)) && covers(drop, t);
}

uint64_t vtd_drops_last(const struct vtd_drops *d, const struct vtd_target *t,
                        const struct vtd_drop **by)
{
    uint64_t floor = vtd_drops_floor(d, t->cache, t->did);
    struct vtd_target asked = *t;

    asked.drain_reads = d->drain_reads;
    asked.drain_writes = d->drain_writes;
    *by = past_newest(&d->past, floor, has_covered, &asked);
    return *by != NULL ? (*by)->time : floor;
}

uint64_t vtd_drops_until(const struct vtd_drops *d, uint64_t time, const struct vtd_target *t,
                         const struct vtd_target *below, const struct vtd_drop **by)
{
    uint64_t floor = vtd_drops_floor(d, t->cache, t->did);

    *by = past_after(&d->past, time, covers_any, t);
    if (*by != NULL)
        return (*by)->done <= t->begin && covers(*by, below) ? (*by)->time : (*by)->done;
    return floor > time ? floor : TIME_OPEN;
}

static bool flushes(const void *event, const void *asked)
{
    const struct vtd_drop *drop = event;

    (void)asked;
    return legality_iommu_rule(drop->what.event)->flushes;
}

uint64_t vtd_drops_flush(const struct vtd_drops *d, uint64_t time)
{
    const struct vtd_drop *drop = past_after(&d->past, time, flushes, NULL);

    return drop != NULL ? drop->done : TIME_OPEN;
}
