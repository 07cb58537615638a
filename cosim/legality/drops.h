// SPDX-License-Identifier: Apache-2.0
// The invalidations that there were, and what they covered. The newest ones are held one by one;
// those that cover a whole PCID or everything are also kept as a time each, for good.
#ifndef RW_LEGALITY_DROPS_H
#define RW_LEGALITY_DROPS_H

#include "contexts.h"
#include "past.h"

#define DROP_PCIDS 4096

struct drop {
    uint64_t time, va;
    enum legality_event event;
    uint16_t pcid;
};

struct floors {
    uint64_t tlb, global, psc; /* global: those filled under the PCID */
};

struct drops {
    struct past past; /* of struct drop */
    struct floors pcid[DROP_PCIDS], all;
};

bool drops_init(struct drops *d);
void drops_free(struct drops *d);
void drops_add(struct drops *d, const struct drop *drop);

/* A cached translation: of bits va_bits-1:shift of va, filled under the PCID, global or not. */
struct drop_tlb {
    uint64_t va;
    unsigned va_bits, shift;
    uint16_t pcid;
    bool global, fault; /* fault: it is to explain one */
};

/* When the newest invalidation was that covers it, 0: none; which, where it is still held. */
uint64_t drops_last_tlb(const struct drops *d, const struct drop_tlb *t, const struct drop **by);
/* When the first one after `time` was that covers what the caches of the PCID hold of an entry
 * whose index begins at bit `shift` of va. TIME_OPEN: none. */
uint64_t drops_next_psc(const struct drops *d, uint64_t time, const struct drop_tlb *t,
                        const struct drop **by);
/* Nothing that ended until then is in any cache. */
uint64_t drops_floor(const struct drops *d, const struct contexts *c, uint64_t now);
uint64_t drops_floor_of(const struct drops *d, uint16_t pcid, bool global);

#endif
