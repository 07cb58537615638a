// SPDX-License-Identifier: Apache-2.0
// The verdict on one request: first by the structures of now, which is the usual case; only when
// they give another answer, every walk over what caches may hold.
#include <string.h>

#include "vtd_search.h"

/* Rules that are no invalidation. */
enum law {
    LAW_TRANSLATION,
    LAW_NOT_TRANSLATED,
    LAW_RANGE,
    LAW_OUTPUT,
    LAW_RIGHTS,
    LAW_REASON,
    LAW_FAULT,
    LAW_ABSENT,
    LAW_LOG,
    LAW_RECORD,
    LAW_RECORD_OF_NOTHING,
    LAW_COMPLETION,
    LAW_INTERRUPT,
    LAW_SOURCE,
    LAWS
};

static const struct {
    const char *name, *section, *what;
} laws[LAWS] = {
    [LAW_TRANSLATION] = {"translation", "Second-Stage Translation", "no walk gives this answer"},
    [LAW_NOT_TRANSLATED] = {"no translation", "Global Command Register",
                            "with TES = 0 a request goes to its own address or is rejected"},
    [LAW_RANGE] = {"interrupt range", "Handling Requests to Interrupt Address Range",
                   "a request to FEEx_xxxxh is an interrupt request or none"},
    [LAW_OUTPUT] = {"output in interrupt range", "Handling Requests to Interrupt Address Range",
                    "no request is translated to FEEx_xxxxh"},
    [LAW_RIGHTS] = {"access rights", "Access Rights", "every walk denies the access to this page"},
    [LAW_REASON] = {"fault reason", "Fault Reason Encodings",
                    "there may be a fault, but not for this reason"},
    [LAW_FAULT] = {"fault", "Fault Reason Encodings", "no walk gives a fault"},
    [LAW_ABSENT] = {"caching mode", "Caching Mode",
                    "what is not present or faulty is never cached while CAP.CM = 0"},
    [LAW_LOG] = {"fault logging", "Primary Fault Logging",
                 "the fault should have been recorded, or not, or in another place"},
    [LAW_RECORD] = {"fault record", "Fault Recording Registers",
                    "the record is not that of the request and its fault"},
    [LAW_RECORD_OF_NOTHING] = {"fault record", "Fault Recording Registers",
                               "a request without a fault was recorded"},
    [LAW_COMPLETION] = {"completion", "Device-TLB", "no walk gives these rights, page and size"},
    [LAW_INTERRUPT] = {"interrupt", "Interrupt Remapping", "no entry gives this answer"},
    [LAW_SOURCE] = {"source validation", "Interrupt Remapping Table Entry",
                    "every entry refuses this source-id"},
};

static struct legality_iommu_verdict illegal(enum law law)
{
    return (struct legality_iommu_verdict){.word = LEGALITY_ILLEGAL,
                                           .rule = laws[law].name,
                                           .section = laws[law].section,
                                           .what = laws[law].what};
}

static const struct legality_iommu_verdict fresh = {.word = LEGALITY_FRESH};

/* --- what no structure decides --- */

static bool is_interrupt(const struct legality_request *q)
{
    return q->write && q->bytes == 4 && q->addr % 4 == 0 && q->at == AT_UNTRANSLATED;
}

static bool in_region(const struct legality_iommu *l, uint64_t addr)
{
    const struct legality_iommu_registers *r = &l->registers;

    return r->epm &&
           ((addr >= r->low[0] && addr <= r->low[1]) || (addr >= r->high[0] && addr <= r->high[1]));
}

static struct legality_iommu_answer to(enum legality_outcome outcome, uint64_t addr, uint64_t data)
{
    return (struct legality_iommu_answer){.outcome = outcome, .addr = addr, .data = data};
}

static struct legality_iommu_answer blocked(enum vtd_reason reason)
{
    return (struct legality_iommu_answer){.outcome = OUTCOME_BLOCKED, .reason = (uint8_t)reason};
}

/* VT-d "Interrupt Request Formats", "Hardware Interrupt Remapping". False: the entry decides. */
static bool interrupt_settled(const struct legality_iommu *l, const struct legality_request *q,
                              struct legality_iommu_answer *is, unsigned *index)
{
    const struct legality_iommu_registers *r = &l->registers;
    unsigned handle = (unsigned)((q->addr >> 5 & 0x7FFF) | (q->addr >> 2 & 1) << 15);

    *index = handle + ((q->addr & 8) != 0 ? q->data & 0xFFFF : 0);
    if (!is_interrupt(q))
        *is = to(OUTCOME_REJECTED, 0, 0);
    else if (!r->ire)
        *is = to(OUTCOME_MESSAGE, q->addr, q->data);
    else if ((q->addr & 0x10) == 0 && r->cfi && (r->irta & VTD_EIME) == 0)
        *is = to(OUTCOME_MESSAGE, q->addr, q->data);
    else if ((q->addr & 0x10) == 0)
        *is = blocked(REASON_COMPATIBILITY);
    else if (q->data >> 16 != 0)
        *is = blocked(REASON_REQUEST_RESERVED);
    else if (*index >= 2u << (r->irta & 0xF))
        *is = blocked(REASON_INDEX);
    else
        return false;
    return true;
}

/* Without translation, and translation requests that are none. */
static bool dma_settled(const struct legality_iommu *l, const struct legality_request *q,
                        struct legality_iommu_answer *is)
{
    bool good = q->at == AT_UNTRANSLATED && q->addr >> l->format.haw == 0 && !in_region(l, q->addr);

    if (!l->registers.te)
        *is = good ? to(OUTCOME_ADDRESS, q->addr, 0) : to(OUTCOME_REJECTED, 0, 0);
    else if (q->at == AT_REQUEST && (q->write || q->bytes != 8))
        *is = to(OUTCOME_REJECTED, 0, 0);
    else
        return false;
    return true;
}

static bool same(const struct legality_iommu_answer *a, const struct legality_iommu_answer *b)
{
    if (a->outcome != b->outcome)
        return false;
    switch (a->outcome) {
    case OUTCOME_ADDRESS:
        return a->addr == b->addr;
    case OUTCOME_MESSAGE:
        return a->addr == b->addr && a->data == b->data;
    case OUTCOME_BLOCKED:
        return a->reason == b->reason;
    case OUTCOME_COMPLETED:
    case OUTCOME_REJECTED:
        break;
    }
    return true;
}

static struct legality_iommu_verdict settled(const struct legality_iommu *l,
                                             const struct legality_request *q,
                                             const struct legality_iommu_answer *a,
                                             const struct legality_iommu_answer *is, enum law law)
{
    if (!same(a, is))
        return illegal(a->outcome == OUTCOME_BLOCKED && is->outcome == OUTCOME_BLOCKED ? LAW_REASON
                                                                                       : law);
    if (a->outcome == OUTCOME_BLOCKED && !vtd_log_allows(&l->log, q->sid, false))
        return illegal(LAW_LOG);
    return fresh;
}

/* --- what structures decide --- */

static void name_rule(struct legality_iommu_verdict *v, enum legality_iommu_event event)
{
    v->rule = legality_iommu_rule(event)->name;
    v->section = legality_iommu_rule(event)->section;
}

static void name_step(struct legality_iommu_verdict *v, const struct vtd_search *s,
                      enum legality_structure at)
{
    const struct vtd_step *p = &s->step[at];

    v->structure = at;
    v->entry = p->addr;
    v->used = p->used;
    v->now = p->now;
    v->by = p->by;
    v->replaced = p->replaced;
}

static enum legality_iommu_event remover(enum legality_structure at, bool interrupt)
{
    switch (at) {
    case STRUCTURE_POINTER:
        return interrupt ? UNIT_ENTRIES_GLOBAL : UNIT_CONTEXT_GLOBAL;
    case STRUCTURE_ROOT:
    case STRUCTURE_CONTEXT:
        return UNIT_CONTEXT_DEVICE;
    case STRUCTURE_ENTRY:
        return UNIT_ENTRIES_INDEX;
    case STRUCTURE_SHARED:
        return UNIT_IOTLB_DOMAIN;
    default:
        return UNIT_IOTLB_PAGE;
    }
}

/* The uppermost that has been replaced. */
static struct legality_iommu_verdict stale(const struct vtd_search *s, bool interrupt)
{
    static const enum legality_structure order[] = {STRUCTURE_POINTER,
                                                    STRUCTURE_ROOT,
                                                    STRUCTURE_CONTEXT,
                                                    STRUCTURE_ENTRY,
                                                    STRUCTURE_SHARED,
                                                    5,
                                                    4,
                                                    3,
                                                    2,
                                                    STRUCTURE_LEVEL_1};
    struct legality_iommu_verdict v = {.word = LEGALITY_STALE, .sid = s->q->sid, .did = s->did};
    unsigned i = 0, last = sizeof(order) / sizeof(order[0]) - 1;

    while (i < last && !s->step[order[i]].replaced)
        i++;
    name_step(&v, s, order[i]);
    name_rule(&v, remover(order[i], interrupt));
    return v;
}

static enum law nearest(const struct vtd_search *s, bool interrupt)
{
    static const struct {
        unsigned near;
        enum law law;
    } rows[] = {
        {NEAR_VTD_RECORD, LAW_LOG},    {NEAR_VTD_RANGE, LAW_OUTPUT},
        {NEAR_VTD_RIGHTS, LAW_RIGHTS}, {NEAR_VTD_SOURCE, LAW_SOURCE},
        {NEAR_VTD_REASON, LAW_REASON}, {NEAR_VTD_COMPLETION, LAW_COMPLETION},
        {NEAR_VTD_ABSENT, LAW_ABSENT},
    };

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (s->near & rows[i].near)
            return rows[i].law;
    if (s->a->outcome == OUTCOME_BLOCKED)
        return LAW_FAULT;
    return interrupt ? LAW_INTERRUPT : LAW_TRANSLATION;
}

struct question {
    struct legality_iommu *l;
    const struct legality_request *q;
    const struct legality_iommu_answer *a;
    bool interrupt;
    unsigned index;
};

static void run(const struct question *k, struct vtd_search *s)
{
    s->l = k->l;
    s->q = k->q;
    if (k->interrupt)
        vtd_search_interrupt(s, k->index);
    else
        vtd_search_dma(s);
}

/* What was let go at a bound may have filled what is still there. */
static bool lost(const struct question *k, const struct vtd_search *s)
{
    const struct vtd_floors *f = &k->l->drops.floors;

    if (k->interrupt)
        return s->lost || k->l->tables.lost > f->all[CACHE_ENTRY];
    return s->lost || k->l->roots.lost > f->all[CACHE_CONTEXT] ||
           k->l->domains.lost > f->all[CACHE_PAGE];
}

static struct legality_iommu_verdict unexplained(const struct question *k,
                                                 const struct vtd_search *before)
{
    struct vtd_search s = {.a = k->a, .drops_ignored = true};
    struct legality_iommu_verdict v = {.word = LEGALITY_ILLEGAL,
                                       .what = "it dropped what was used"};
    unsigned at = 0;

    if (lost(k, before))
        return (struct legality_iommu_verdict){.word = LEGALITY_UNJUDGED,
                                               .what = "values that a cache may hold were let go"};
    if (before->near & NEAR_VTD_RECORD)
        return illegal(LAW_LOG);
    run(k, &s);
    if (!s.found || s.killer == NULL)
        return illegal(nearest(before, k->interrupt));
    while (at < STRUCTURES && s.step[at].cut != s.killer)
        at++;
    name_step(&v, &s, at);
    name_rule(&v, s.killer->what.event);
    v.sid = k->q->sid;
    v.did = s.did;
    return v;
}

/* Others in flight may have filled what answers this one: the second stages that they may use. */
static void note_others(struct legality_iommu *l)
{
    const uint64_t begin = l->begin;

    for (unsigned i = 0; l->in_flight != 0 && i < LEGALITY_TICKETS; i++) {
        const struct vtd_flight *f = &l->flight[i];
        struct vtd_search note = {.l = l, .q = &f->request, .a = NULL};

        if (!f->up || !f->known || vtd_interrupt_range(f->request.addr))
            continue;
        l->begin = f->begin;
        vtd_search_dma(&note);
    }
    l->begin = begin;
}

static struct legality_iommu_verdict searched(const struct question *k)
{
    struct vtd_search now = {.a = k->a, .now_only = true}, note = {.a = NULL}, s = {.a = k->a};

    if (!k->interrupt)
        run(k, &note);
    run(k, &now);
    if (now.found)
        return fresh;
    if (!k->interrupt)
        note_others(k->l);
    run(k, &s);
    return s.found ? stale(&s, k->interrupt) : unexplained(k, &s);
}

/* May it be a fault that is not recorded, by an entry of now or by one that is still cached? */
static bool may_be_suppressed(const struct question *k)
{
    struct vtd_search s = {.a = k->a, .suppressed_only = true};

    run(k, &s);
    return s.found || lost(k, &s);
}

/* *by_tables: no register has settled it. */
static struct legality_iommu_verdict judged(struct question *k, bool *by_tables)
{
    const struct legality_request *q = k->q;
    struct legality_iommu_answer is;

    *by_tables = false;
    k->interrupt = vtd_interrupt_range(q->addr);
    if (k->interrupt && interrupt_settled(k->l, q, &is, &k->index))
        return settled(k->l, q, k->a, &is, is_interrupt(q) ? LAW_INTERRUPT : LAW_RANGE);
    if (!k->interrupt && dma_settled(k->l, q, &is))
        return settled(k->l, q, k->a, &is,
                       k->l->registers.te ? LAW_TRANSLATION : LAW_NOT_TRANSLATED);
    *by_tables = true;
    return searched(k);
}

/* By the registers of now, then by those that were in force since the request was accepted. */
static struct legality_iommu_verdict judged_at_any_time(struct question *k, bool *by_tables)
{
    struct legality_iommu *l = k->l;
    const struct legality_iommu_registers now = l->registers;
    struct legality_iommu_verdict v = judged(k, by_tables), earlier;
    unsigned held = l->were_count < VTD_WERE ? l->were_count : VTD_WERE;

    for (unsigned i = 1; v.word == LEGALITY_ILLEGAL && i <= held; i++) {
        const struct vtd_were *w = &l->were[(l->were_count - i) % VTD_WERE];

        if (w->to <= l->begin)
            break;
        if (memcmp(&w->registers, &l->registers, sizeof(now)) == 0)
            continue;
        l->registers = w->registers;
        earlier = judged(k, by_tables);
        v = earlier.word == LEGALITY_ILLEGAL ? v : earlier;
    }
    l->registers = now;
    return v;
}

struct legality_iommu_verdict legality_iommu_judge_of(struct legality_iommu *l, uint8_t ticket,
                                                      const struct legality_request *request,
                                                      const struct legality_iommu_answer *answer)
{
    struct vtd_flight *f = &l->flight[ticket];
    struct question k = {.l = l, .q = request, .a = answer};
    struct legality_iommu_verdict v;
    bool by_tables;

    l->now++;
    l->in_flight -= f->up;
    f->up = false;
    l->begin = f->begin;
    l->moved = request->moved != 0 ? request->moved : l->now;
    vtd_log_take(&l->log, request, answer, f->full, l->in_flight == 0);
    v = judged_at_any_time(&k, &by_tables);
    if (v.word == LEGALITY_ILLEGAL && l->in_flight != 0 && vtd_log_give_back(&l->log))
        v = judged_at_any_time(&k, &by_tables);
    if (v.word == LEGALITY_ILLEGAL)
        return v;
    if (answer->outcome != OUTCOME_BLOCKED)
        return l->log.made != 0 ? illegal(LAW_RECORD_OF_NOTHING) : v;
    if (vtd_log_may_overflow(&l->log))
        vtd_log_overflow(&l->log, request->sid,
                         l->log.cleared <= f->begin && (!by_tables || !may_be_suppressed(&k)));
    return vtd_log_tells(&l->log, request, answer->reason) ? v : illegal(LAW_RECORD);
}

bool legality_iommu_permits(struct legality_iommu *l, uint8_t ticket,
                            const struct legality_iommu_answer *answer,
                            const struct legality_iommu_record *record)
{
    const struct vtd_flight *f = &l->flight[ticket];
    struct question k = {.l = l, .q = &f->request, .a = answer};
    const uint64_t begin = l->begin, moved = l->moved;
    bool by_tables, permitted;

    if (!f->up || !f->known)
        return false;
    l->begin = f->begin;
    l->moved = l->now;
    vtd_log_suppose(&l->log, record);
    permitted = judged_at_any_time(&k, &by_tables).word != LEGALITY_ILLEGAL &&
                vtd_log_tells(&l->log, k.q, answer->reason);
    l->begin = begin;
    l->moved = moved;
    return permitted;
}

struct legality_iommu_verdict legality_iommu_judge(struct legality_iommu *l,
                                                   const struct legality_request *request,
                                                   const struct legality_iommu_answer *answer)
{
    return legality_iommu_judge_of(l, 0, request, answer);
}
