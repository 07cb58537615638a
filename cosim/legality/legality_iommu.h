// SPDX-License-Identifier: Apache-2.0
// The legality oracle of a VT-d remapping unit in legacy mode whose caches are its own: is its
// answer to a request one that the architecture permits? It is told of every store that may reach a
// structure, of the registers and of every invalidation, in the order in which they take effect,
// and of every request when it is accepted and when it is answered. docs/legality-iommu.md.
#ifndef RW_LEGALITY_IOMMU_H
#define RW_LEGALITY_IOMMU_H

#include "legality.h"

/* --- what it is told --- */

/* The unit: VT-d "Capability Register", "Extended Capability Register"; host address width; the
 * lowest bit that a base of protected memory holds. */
struct legality_unit {
    uint64_t cap, ecap;
    uint8_t haw, protected_bit;
};

/* What is in force: of the pointers the latched ones, as RTADDR and IRTA have them. Regions: the
 * first byte and the last one, with a first beyond the last when there is none. */
struct legality_iommu_registers {
    bool te, ire, cfi, epm;
    uint64_t rtaddr, irta;
    uint64_t low[2], high[2];
};

/* The rows of the rule table: docs/legality-iommu.md "Invalidations". */
enum legality_iommu_event {
    UNIT_RESET,
    UNIT_CONTEXT_GLOBAL,
    UNIT_CONTEXT_DOMAIN,
    UNIT_CONTEXT_DEVICE,
    UNIT_IOTLB_GLOBAL,
    UNIT_IOTLB_DOMAIN,
    UNIT_IOTLB_PAGE,
    UNIT_IOTLB_PAGE_IH,
    UNIT_ENTRIES_GLOBAL,
    UNIT_ENTRIES_INDEX,
    UNIT_SRTP,
    UNIT_SRTP_SELF,
    UNIT_SIRTP,
    UNIT_SIRTP_SELF,
    UNIT_TE,
    UNIT_WRITE_BUFFER,
    UNIT_DEVICE_TLB,
    UNIT_EVENTS
};

/* What must be gone: nothing; what the parameters select; of the domain; all. */
enum legality_extent { EXTENT_NONE, EXTENT_SELECTED, EXTENT_DOMAIN, EXTENT_ALL };

/* Of the context cache (with the root entries behind it), of the pages of the IOTLB, of the
 * second-stage structure caches, of the interrupt-entry cache. flushes: stores that wait in the
 * write buffer (CAP.RWBF = 1) are seen behind it. */
struct legality_iommu_rule {
    const char *name;
    enum legality_extent context, page, table, entry;
    bool flushes;
    const char *condition, *section;
};

const struct legality_iommu_rule *legality_iommu_rule(enum legality_iommu_event event);
/* NULL: no row has that name. */
const struct legality_iommu_rule *legality_iommu_rule_named(const char *name);

struct legality_invalidation {
    enum legality_iommu_event event;
    uint16_t did, sid, index;
    uint8_t fm, am, im;
    uint64_t iova;
    bool drain_reads, drain_writes;
};

/* --- what it judges --- */

struct legality_request {
    uint64_t addr;
    uint16_t sid;
    uint8_t at, bytes; /* bytes 0: zero-length */
    bool write;
    uint32_t data;  /* of a write of 4 bytes: it may be an interrupt request */
    uint64_t moved; /* legality_iommu_now() when its data was; 0: as it is judged, or none was */
};

enum legality_outcome {
    OUTCOME_ADDRESS,   /* went on to `addr` */
    OUTCOME_MESSAGE,   /* an interrupt: sent to `addr` with `data` */
    OUTCOME_COMPLETED, /* a translation request: `data` is the completion */
    OUTCOME_BLOCKED,   /* a fault, of this reason */
    OUTCOME_REJECTED   /* not taken; no fault */
};

struct legality_iommu_answer {
    enum legality_outcome outcome;
    uint8_t reason;
    uint64_t addr, data;
};

/* Memory as it is now: 8 or 16 bytes, aligned. False: nobody answers there. */
struct legality_iommu_env {
    void *ctx;
    bool (*read)(void *ctx, uint64_t addr, uint64_t to[2], unsigned bytes);
};

enum legality_structure {
    STRUCTURE_POINTER, /* of the root table, of the interrupt-remapping table */
    STRUCTURE_LEVEL_1, /* to level 5, of the second stage */
    STRUCTURE_ROOT = 6,
    STRUCTURE_CONTEXT,
    STRUCTURE_ENTRY,  /* of interrupt remapping */
    STRUCTURE_SHARED, /* another device's second-stage pointer under the same domain */
    STRUCTURES
};

/* STALE: the uppermost entry whose value was used although it has been replaced, in which half of
 * it, and the row that would have removed it. ILLEGAL: the rule that is broken. */
struct legality_iommu_verdict {
    enum legality_word word;
    const char *rule, *section, *what;
    enum legality_structure structure;
    uint64_t entry, used, now;
    struct legality_writer by;
    uint16_t sid, did;
    bool replaced; /* structure, entry, used, now say something */
};

/* --- the oracle --- */

struct legality_iommu;

#define LEGALITY_ROOT_TABLES 256 /* latched pointers held, of each kind */
#define LEGALITY_DOMAINS     512 /* second-stage pointers held */
#define LEGALITY_TICKETS     256 /* requests in flight */

/* The unit is as after a reset. values: as in legality_create(). NULL: out of memory. */
struct legality_iommu *legality_iommu_create(const struct legality_iommu_env *env,
                                             const struct legality_unit *unit, size_t values);
void legality_iommu_destroy(struct legality_iommu *l);
void legality_iommu_reset(struct legality_iommu *l, const struct legality_unit *unit);

/* CAP and ECAP are found to be these: nothing else changes. */
void legality_iommu_offers(struct legality_iommu *l, const struct legality_unit *unit);

void legality_iommu_commit(struct legality_iommu *l, const struct legality_store *store);
/* Somebody answers in these 16 bytes from now on, where nobody did. */
void legality_iommu_answers(struct legality_iommu *l, uint64_t addr);
/* As they are from now on; drops nothing by itself. */
void legality_iommu_registers(struct legality_iommu *l, const struct legality_iommu_registers *r);
/* It has begun: what it covers may go from now on. */
void legality_iommu_invalidate(struct legality_iommu *l, const struct legality_invalidation *i);
/* All that have begun are complete: what they cover has gone. */
void legality_iommu_complete(struct legality_iommu *l);
/* Begun and complete. */
void legality_iommu_invalidated(struct legality_iommu *l, const struct legality_invalidation *i);

/* The same, as software says it. A write of a register that the unit has finished; a descriptor of
 * the invalidation queue that it has fetched and found good, or, a wait, executed. */
void legality_iommu_write(struct legality_iommu *l, uint32_t offset, unsigned bytes,
                          uint64_t value);
void legality_iommu_descriptor(struct legality_iommu *l, uint64_t lo, uint64_t hi);

/* A request is accepted; stores, register writes and invalidations that come before its judgement
 * may be seen by it or not. Several may be in flight, each under a ticket of its own until it is
 * judged; begin and judge: one alone. */
void legality_iommu_begin(struct legality_iommu *l);
void legality_iommu_accept(struct legality_iommu *l, uint8_t ticket,
                           const struct legality_request *request);
/* The count of what it was told so far: its time. */
uint64_t legality_iommu_now(const struct legality_iommu *l);
/* The unit has written FRCD[index], F included. */
void legality_iommu_recorded(struct legality_iommu *l, unsigned index, uint64_t lo, uint64_t hi);
struct legality_iommu_verdict legality_iommu_judge(struct legality_iommu *l,
                                                   const struct legality_request *request,
                                                   const struct legality_iommu_answer *answer);

struct legality_iommu_verdict legality_iommu_judge_of(struct legality_iommu *l, uint8_t ticket,
                                                      const struct legality_request *request,
                                                      const struct legality_iommu_answer *answer);

/* For who goes on with what a unit does before it has answered: may a request in flight end so, by
 * what the oracle knows now? Nothing is judged by it, and the answer still has to be. Of a fault
 * the record that was written with it; legality_iommu_recorded() has not told of that. */
struct legality_iommu_record {
    uint64_t lo, hi;
};
bool legality_iommu_permits(struct legality_iommu *l, uint8_t ticket,
                            const struct legality_iommu_answer *answer,
                            const struct legality_iommu_record *record);
/* FSTS.PFO: clear, set, or not known. */
enum legality_overflow { OVERFLOW_NOT, OVERFLOW_MAYBE, OVERFLOW_IS };
enum legality_overflow legality_iommu_overflow(const struct legality_iommu *l);

/* Replaced values that some cache may still hold. */
size_t legality_iommu_held(const struct legality_iommu *l);
/* One line, without its end. */
void legality_iommu_tell(const struct legality_iommu_verdict *v, char *text, size_t bytes);

#endif
