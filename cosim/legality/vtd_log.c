// SPDX-License-Identifier: Apache-2.0
// VT-d "Primary Fault Logging", "Fault Recording Registers".
#include "vtd_log.h"

void vtd_log_begin(struct vtd_log *g)
{
    g->made = 0;
    g->full = g->overflow || g->f[g->next];
    g->misplaced = false;
}

void vtd_log_record(struct vtd_log *g, unsigned index, uint64_t lo, uint64_t hi)
{
    g->made++;
    g->misplaced = g->misplaced || index != g->next || index >= g->count || g->f[g->next] ||
                   (g->overflow && !g->overflow_unknown);
    g->lo = lo;
    g->hi = hi;
    g->overflow = g->overflow_unknown = false;
    if (index >= g->count)
        return;
    g->f[index] = true;
    g->sid[index] = (uint16_t)hi;
    g->next = (index + 1) % g->count;
}

void vtd_log_clear(struct vtd_log *g, unsigned index)
{
    g->f[index] = false;
}

void vtd_log_clear_overflow(struct vtd_log *g)
{
    g->overflow = g->overflow_unknown = false;
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

bool vtd_log_tells(const struct vtd_log *g, const struct legality_request *q,
                   enum vtd_reason reason)
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
    if (g->made == 0)
        return true;
    return (g->lo == lo || g->lo == (lo & inside)) && (g->hi & ~(UINT64_C(1) << 63)) == hi;
}
