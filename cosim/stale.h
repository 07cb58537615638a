// SPDX-License-Identifier: Apache-2.0
// A lint for system software: what a guest program does to its paging structures is told to the
// legality oracle, and each translation of the run is held against it. A use of what has been
// replaced is legal, as no invalidation came, and is listed: what was used, who replaced it, who
// used it, and the invalidation that is missing. docs/legality.md "A lint for system software".
#ifndef RW_STALE_H
#define RW_STALE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "legality.h"
#include "ringwalk.h"
#include "symbols.h"

#define STALE_USES 256 /* different ones that are kept */

struct stale_use {
    uint64_t va, rip, cycle; /* of the first */
    enum legality_kind kind;
    bool user, fault;
    struct legality_verdict verdict;
    uint64_t count;
};

struct stale; /* opaque */

/* The model's own memory, before its first step. NULL: out of memory. */
struct stale *stale_create(const struct rw_mem *mem, const struct rw_cpuid *cpuid);
void stale_destroy(struct stale *s);

/* Who is at work: the instruction, and the cycle of its retirement on the RTL. */
struct stale_place {
    uint64_t rip, cycle;
};

/* Before a beat of the processor, while memory is what it was. */
void stale_beat(struct stale *s, const struct rw_access *a, const struct stale_place *at);
/* Before somebody else's write: a device's, the IOMMU's own. */
void stale_store(struct stale *s, uint64_t pa, const void *data, unsigned bytes,
                 struct legality_writer by);
/* A translation has ended. True: it is one that the architecture permits; otherwise v says why not.
 */
bool stale_translation(struct stale *s, const struct rec_xlate *x, const struct stale_place *at,
                       struct legality_verdict *v);
/* The model's records of what it does; the registers once before the first step, too. */
void stale_retired(struct stale *s, const struct rec_retire *r);
void stale_system(struct stale *s, const struct rec_sys *sys);
void stale_invalidated(struct stale *s, const struct rw_invalidate *i);

/* The different uses, in the order of the first; *uses: of all of them, listed or not. */
const struct stale_use *stale_list(const struct stale *s, size_t *listed, uint64_t *uses);
/* Some lines on one. */
void stale_tell(FILE *out, const struct stale_use *u, const struct symbols *symbols);

#endif
