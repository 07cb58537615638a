// SPDX-License-Identifier: Apache-2.0
// The invalidations of a remapping unit, and what they covered. One that has begun may have dropped
// what was read before; from its completion on it has. The newest ones are held one by one; those
// that cover a domain or everything are also kept as a time each, for good.
#ifndef RW_LEGALITY_VTD_DROPS_H
#define RW_LEGALITY_VTD_DROPS_H

#include "kept.h"
#include "legality_iommu.h"
#include "past.h"

#define VTD_DOMAINS 65536

struct vtd_drop {
    uint64_t time, done; /* TIME_OPEN: not complete */
    struct legality_invalidation what;
};

enum vtd_cache { CACHE_CONTEXT, CACHE_PAGE, CACHE_TABLE, CACHE_ENTRY, CACHES };

struct vtd_floors {
    uint64_t all[CACHES];
    uint64_t *domain[CACHES]; /* of pages and of structures */
};

struct vtd_drops {
    struct past past;         /* of struct vtd_drop */
    uint64_t pending, raised; /* number of the first that may not be complete; in the floors */
    bool changed;             /* one became complete */
    struct vtd_floors floors; /* as of the beginning of the oldest request in flight, or before */
    bool drain_reads, drain_writes; /* the unit has them */
};

/* What a cache may hold, and who asks: begin of the request, when its data was moved, whether it
 * writes. */
struct vtd_target {
    enum vtd_cache cache;
    uint16_t sid, did, index;
    uint64_t iova;
    unsigned shift; /* of a structure entry: where its index begins */
    uint64_t begin, moved;
    bool write, drain_reads, drain_writes;
};

bool vtd_drops_init(struct vtd_drops *d);
void vtd_drops_free(struct vtd_drops *d);
void vtd_drops_add(struct vtd_drops *d, const struct vtd_drop *drop);
void vtd_drops_complete(struct vtd_drops *d, uint64_t now);
/* Those that were complete at `oldest` count for everything from now on. True when a floor rose. */
bool vtd_drops_raise(struct vtd_drops *d, uint64_t oldest);

uint64_t vtd_drops_floor(const struct vtd_drops *d, enum vtd_cache cache, uint16_t did);
/* What was read last before that time has gone, 0: nothing; by which, where it is still held. */
uint64_t vtd_drops_last(const struct vtd_drops *d, const struct vtd_target *t,
                        const struct vtd_drop **by);
/* Until when what was read last at `time` may lead to what `below` is. TIME_OPEN: it still may.
 * What was read through it between beginning and completion of the invalidation that ends it, and
 * is covered by that too, has gone with it. */
uint64_t vtd_drops_until(const struct vtd_drops *d, uint64_t time, const struct vtd_target *t,
                         const struct vtd_target *below, const struct vtd_drop **by);
/* When a store that became old at `time` is seen for sure, with a write buffer. */
uint64_t vtd_drops_flush(const struct vtd_drops *d, uint64_t time);

#endif
