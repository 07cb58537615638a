// SPDX-License-Identifier: Apache-2.0
// VT-d "Primary Fault Logging", "Fault Recording Registers".
#include "vtd_log.h"

bool vtd_log_full(const struct vtd_log *g)
{
    return g->overflow || g->f[g->next];
}

void vtd_log_forget(struct vtd_log *g)
{
    g->count_written = 0;
}

void vtd_log_record(struct vtd_log *g, unsigned index, uint64_t lo, uint64_t hi)
{
    bool misplaced = index != g->next || index >= g->count || g->f[g->next] ||
                     (g->overflow && !g->overflow_unknown);

    if (g->count_written < VTD_WRITTEN)
        g->written[g->count_written++] = (struct vtd_written){lo, hi, misplaced};
    g->overflow = g->overflow_unknown = false;
    if (index >= g->count)
        return;
    g->f[index] = true;
    g->sid[index] = (uint16_t)hi;
    g->next = (index + 1) % g->count;
}

void vtd_log_clear(struct vtd_log *g, unsigned index, uint64_t now)
{
    g->f[index] = false;
    g->cleared = now;
}

void vtd_log_clear_overflow(struct vtd_log *g, uint64_t now)
{
    g->overflow = g->overflow_unknown = false;
    g->cleared = now;
}

/* A fault of a source-id that has a record already may go into that one. */
static bool may_collapse(const struct vtd_log *g, uint16_t sid)
{
    for (unsigned i = 0; i < g->count; i++)
        if (g->f[i] && g->sid[i] == sid)
            return true;
    return false;
}

bool vtd_log_allows(const struct vtd_log *g, uint16_t sid, bool suppressed)
{
    if (g->made != 0)
        return g->made == 1 && !suppressed && !g->misplaced;
    return suppressed || g->full || g->overflow || g->f[g->next] || may_collapse(g, sid);
}

bool vtd_log_may_overflow(const struct vtd_log *g)
{
    return g->made == 0 && (g->f[g->next] || g->full) && !g->overflow;
}

void vtd_log_overflow(struct vtd_log *g, uint16_t sid, bool certain)
{
    g->overflow = true;
    g->overflow_unknown = !certain || !g->f[g->next] || may_collapse(g, sid);
}

static bool says(const struct vtd_log *g, uint64_t is_lo, uint64_t is_hi,
                 const struct legality_request *q, enum vtd_reason reason)
{
    uint64_t hi = q->sid | (uint64_t)reason << 32, lo = q->addr & ~UINT64_C(0xFFF);
    uint64_t inside = UINT64_MAX; /* bits of an address above CAP.MGAW may be 0 */

    if (reason >= REASON_REQUEST_RESERVED && reason < REASON_POINTER) {
        uint64_t handle = (q->addr >> 5 & 0x7FFF) | (q->addr >> 2 & 1) << 15;
        uint64_t index = handle + ((q->addr & 8) != 0 ? q->data & 0xFFFF : 0);

        lo = reason == REASON_REQUEST_RESERVED || reason == REASON_COMPATIBILITY ? 0 : index << 48;
    } else {
        hi |= (uint64_t)q->at << 60 | (uint64_t)!q->write << 62;
        inside >>= 64 - g->mgaw;
    }
    return (is_lo == lo || is_lo == (lo & inside)) && (is_hi & ~(UINT64_C(1) << 63)) == hi;
}

bool vtd_log_tells(const struct vtd_log *g, const struct legality_request *q,
                   enum vtd_reason reason)
{
    return g->made == 0 || says(g, g->lo, g->hi, q, reason);
}

/* The one that says what the request wants; count_written: there is none. */
static unsigned own(const struct vtd_log *g, const struct legality_request *q,
                    const struct legality_iommu_answer *a)
{
    unsigned i = 0;

    while (i < g->count_written && !says(g, g->written[i].lo, g->written[i].hi, q, a->reason))
        i++;
    return i;
}

static void take_one(struct vtd_log *g, unsigned i)
{
    g->made++;
    g->misplaced = g->misplaced || g->written[i].misplaced;
    g->lo = g->written[i].lo;
    g->hi = g->written[i].hi;
    g->count_written--;
    for (; i < g->count_written; i++)
        g->written[i] = g->written[i + 1];
}

void vtd_log_take(struct vtd_log *g, const struct legality_request *q,
                  const struct legality_iommu_answer *a, bool full, bool last)
{
    unsigned i = a->outcome == OUTCOME_BLOCKED ? own(g, q, a) : g->count_written;

    g->made = 0;
    g->full = full;
    g->misplaced = false;
    if (i < g->count_written)
        take_one(g, i);
    while (last && g->count_written != 0)
        take_one(g, g->count_written - 1);
}

void vtd_log_suppose(struct vtd_log *g, const struct legality_iommu_record *record)
{
    g->made = record != NULL;
    g->misplaced = false;
    if (record != NULL) {
        g->lo = record->lo;
        g->hi = record->hi;
    }
}

bool vtd_log_give_back(struct vtd_log *g)
{
    if (g->made != 1)
        return false;
    g->written[g->count_written++] = (struct vtd_written){g->lo, g->hi, g->misplaced};
    g->made = 0;
    g->misplaced = false;
    return true;
}
