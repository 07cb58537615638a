// SPDX-License-Identifier: Apache-2.0
// Primary fault logging: which fault record is free, and what the unit has written there.
#ifndef RW_LEGALITY_VTD_LOG_H
#define RW_LEGALITY_VTD_LOG_H

#include "vtd_entry.h"

#define VTD_RECORDS 256

#define VTD_WRITTEN LEGALITY_TICKETS

/* misplaced: not where the next one goes, or that one had F = 1, or PFO = 1. */
struct vtd_written {
    uint64_t lo, hi;
    bool misplaced;
};

struct vtd_log {
    bool f[VTD_RECORDS];
    uint16_t sid[VTD_RECORDS];
    unsigned count, next;
    bool overflow, overflow_unknown; /* FSTS.PFO is set; or may be */
    uint64_t cleared;                /* when software cleared an F or PFO last */
    unsigned mgaw;
    struct vtd_written written[VTD_WRITTEN]; /* no request has accounted for them yet */
    unsigned count_written;
    /* of the request that is judged */
    unsigned made;
    bool full; /* no record was free at some time since it began */
    bool misplaced;
    uint64_t lo, hi;
};

/* No record is free, or none may be written. */
bool vtd_log_full(const struct vtd_log *g);
/* What was written is of no request. */
void vtd_log_forget(struct vtd_log *g);
/* A request has ended: the record is its own that says what it wants, and all that are left when
 * it is the last one in flight. */
void vtd_log_take(struct vtd_log *g, const struct legality_request *q,
                  const struct legality_iommu_answer *a, bool full, bool last);
/* The one that was taken is of another request that wants the same. False: none was. */
bool vtd_log_give_back(struct vtd_log *g);
void vtd_log_record(struct vtd_log *g, unsigned index, uint64_t lo, uint64_t hi);
void vtd_log_clear(struct vtd_log *g, unsigned index, uint64_t now); /* F */
void vtd_log_clear_overflow(struct vtd_log *g, uint64_t now);
/* May a fault, suppressed or not, have left what it has? */
bool vtd_log_allows(const struct vtd_log *g, uint16_t sid, bool suppressed);
/* The request has ended in a fault that found no place: FSTS.PFO is set, unless it is one that is
 * suppressed, or has gone into the record of its source-id. certain: it is not suppressed. */
bool vtd_log_may_overflow(const struct vtd_log *g);
void vtd_log_overflow(struct vtd_log *g, uint16_t sid, bool certain);
/* As if the request that is looked at had this record, or, NULL, none. */
void vtd_log_suppose(struct vtd_log *g, const struct legality_iommu_record *record);
/* What was written is what the request and its fault demand. */
bool vtd_log_tells(const struct vtd_log *g, const struct legality_request *q,
                   enum vtd_reason reason);

#endif
