// SPDX-License-Identifier: Apache-2.0
// Primary fault logging: which fault record is free, and what the unit has written there.
#ifndef RW_LEGALITY_VTD_LOG_H
#define RW_LEGALITY_VTD_LOG_H

#include "vtd_entry.h"

#define VTD_RECORDS 256

struct vtd_log {
    bool f[VTD_RECORDS];
    uint16_t sid[VTD_RECORDS];
    unsigned count, next;
    bool overflow, overflow_unknown; /* FSTS.PFO; the last fault may have set it */
    /* of the request under way */
    unsigned made;
    bool misplaced; /* not where the next one goes, or that one had F = 1, or PFO = 1 */
    uint64_t lo, hi;
};

void vtd_log_begin(struct vtd_log *g);
void vtd_log_record(struct vtd_log *g, unsigned index, uint64_t lo, uint64_t hi);
void vtd_log_clear(struct vtd_log *g, unsigned index); /* F */
void vtd_log_clear_overflow(struct vtd_log *g);
/* May a fault, suppressed or not, have left what it has? */
bool vtd_log_allows(const struct vtd_log *g, uint16_t sid, bool suppressed);
/* The fault of this request, which made no record, would have set PFO. */
bool vtd_log_full(const struct vtd_log *g);
/* The request has ended in a fault. Where it may have gone into another record, or is not certain
 * to be recorded at all, nobody can say whether it has set PFO. */
void vtd_log_fault(struct vtd_log *g, uint16_t sid, bool certain);
/* What was written is what the request and its fault demand. */
bool vtd_log_tells(const struct vtd_log *g, const struct legality_request *q,
                   enum vtd_reason reason);

#endif
