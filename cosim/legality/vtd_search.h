// SPDX-License-Identifier: Apache-2.0
// Every walk that a remapping unit could have made into what answers now: structure by structure,
// each value that the entry had, at the times at which it could be read.
#ifndef RW_LEGALITY_VTD_SEARCH_H
#define RW_LEGALITY_VTD_SEARCH_H

#include "values.h"
#include "vtd_oracle.h"

struct vtd_step {
    uint64_t addr, used, now;
    bool replaced;
    struct legality_writer by;
    const struct vtd_drop *cut; /* what ended its stay in a cache */
};

/* Bits of vtd_search.near: an answer that differs from a walk in one thing only. */
enum {
    NEAR_VTD_RECORD = 1,
    NEAR_VTD_REASON = 2,
    NEAR_VTD_RIGHTS = 4,
    NEAR_VTD_ABSENT = 8,
    NEAR_VTD_SOURCE = 16,
    NEAR_VTD_RANGE = 32,
    NEAR_VTD_COMPLETION = 64
};

struct vtd_search {
    /* what is asked */
    struct legality_iommu *l;
    const struct legality_request *q;
    const struct legality_iommu_answer *a; /* NULL: note which second stages it may use */
    bool now_only;                         /* the entries and registers of now alone */
    bool drops_ignored;                    /* as if there had been no invalidation */
    bool suppressed_only; /* faults that FPD = 1 keeps from the log, nothing else */
    /* where it is: the context that answers */
    uint64_t context[2], own; /* own: second-stage pointer and levels, as kept under */
    uint16_t did;
    bool fpd;
    bool shared; /* walks below another pointer of the domain than its own */
    /* what it found */
    bool found;
    struct vtd_step step[STRUCTURES];
    const struct vtd_drop *killer; /* drops_ignored: what should have removed it */
    unsigned near;
    bool lost; /* a value of an entry on the way may be missing */
};

/* A DMA request that root, context and second stage decide. */
void vtd_search_dma(struct vtd_search *s);
/* An interrupt request in remappable format with a good index. */
void vtd_search_interrupt(struct vtd_search *s, unsigned index);

/* --- between its two files --- */

/* Ends in a fault that the entry gives. */
bool vtd_gives_fault(struct vtd_search *s, enum vtd_reason reason, bool suppressed);
/* Read at `when`: is it still in the cache? */
bool vtd_alive(struct vtd_search *s, enum legality_structure at, const struct vtd_target *t,
               const struct times *when);
/* Until when what was read at `when` leads to the entry below, as what that is cached. */
struct times vtd_below(struct vtd_search *s, enum legality_structure at, const struct vtd_target *t,
                       const struct vtd_target *below, const struct times *when);
/* Read in this request: what ends a walk is in no cache. */
bool vtd_read_now(const struct vtd_search *s, const struct times *when);
bool vtd_found(struct vtd_search *s);
/* Does somebody answer a read now; may nobody have, since the request was accepted? */
struct vtd_answers {
    bool now, silent;
};
/* The values of an entry. */
unsigned vtd_values(struct vtd_search *s, enum vtd_cache cache, uint64_t addr, unsigned bytes,
                    struct value v[VALUES], struct vtd_answers *answers);
void vtd_step(struct vtd_search *s, enum legality_structure at, uint64_t addr,
              const struct value *v, unsigned i);
struct vtd_target vtd_target(const struct vtd_search *s, enum vtd_cache cache);
/* The second stage of the context. */
bool vtd_second_stage(struct vtd_search *s);

#endif
