// SPDX-License-Identifier: Apache-2.0
// Root and context entries, context cache. VT-d "Root Entry", "Context Entry", "Context-Cache
// Invalidation"; order of the checks: docs/iommu.md I12, I13.
#include "iommu/iommu_internal.h"

#define ENTRY_P UINT64_C(1)

/* Root entry, low qword; the high one is reserved. */
#define ROOT_RESERVED_LO UINT64_C(0xFFE) /* 11:1 */

/* Context entry, low qword */
#define CONTEXT_FPD         (UINT64_C(1) << 1)
#define CONTEXT_T_SHIFT     2
#define CONTEXT_T_MASK      UINT64_C(3)
#define CONTEXT_RESERVED_LO UINT64_C(0xFF0) /* 11:4 */
/* Context entry, high qword; bits 6:3 are ignored */
#define CONTEXT_AW_MASK     UINT64_C(7)
#define CONTEXT_DID_SHIFT   8
#define CONTEXT_RESERVED_HI ((UINT64_C(1) << 7) | UINT64_C(0xFFFFFFFFFF000000))

#define RTADDR_TTM UINT64_C(0xC00) /* 11:10 */

bool context_present(struct context_entry e)
{
    return (e.lo & ENTRY_P) != 0;
}

bool context_fpd(struct context_entry e)
{
    return (e.lo & CONTEXT_FPD) != 0;
}

unsigned context_t(struct context_entry e)
{
    return (unsigned)((e.lo >> CONTEXT_T_SHIFT) & CONTEXT_T_MASK);
}

unsigned context_aw(struct context_entry e)
{
    return (unsigned)(e.hi & CONTEXT_AW_MASK);
}

uint16_t context_did(struct context_entry e)
{
    return (uint16_t)(e.hi >> CONTEXT_DID_SHIFT);
}

unsigned context_levels(struct context_entry e)
{
    return context_aw(e) + 2;
}

unsigned context_address_width(struct context_entry e)
{
    return 30 + 9 * context_aw(e);
}

/* Pass-through wants the largest width. */
static bool aw_supported(const struct iommu_config *c, struct context_entry e)
{
    unsigned width = context_address_width(e);

    if (context_t(e) == CONTEXT_T_PASS_THROUGH)
        return width == config_largest_width(c);
    return config_has_width(c, width);
}

static bool t_supported(const struct iommu_config *c, unsigned t)
{
    return t == CONTEXT_T_SECOND_STAGE || (t == CONTEXT_T_DEVICE_TLB && config_has(c, IOMMU_DT)) ||
           (t == CONTEXT_T_PASS_THROUGH && config_has(c, IOMMU_PT));
}

bool at_allowed(unsigned t, unsigned at)
{
    return at == AT_UNTRANSLATED ||
           (t == CONTEXT_T_DEVICE_TLB && (at == AT_TRANSLATION || at == AT_TRANSLATED));
}

enum iommu_fault root_entry_check(const struct iommu_config *c, struct root_entry e)
{
    if ((e.lo & ENTRY_P) == 0)
        return FAULT_ROOT_NOT_PRESENT;
    if ((e.lo & (ROOT_RESERVED_LO | ~low_bits(c->haw))) != 0 || e.hi != 0)
        return FAULT_ROOT_RESERVED;
    return FAULT_NONE;
}

enum iommu_fault context_entry_check(const struct iommu_config *c, struct context_entry e,
                                     unsigned at)
{
    if (!context_present(e))
        return FAULT_CONTEXT_NOT_PRESENT;
    if ((e.lo & (CONTEXT_RESERVED_LO | ~low_bits(c->haw))) != 0 ||
        (e.hi & CONTEXT_RESERVED_HI) != 0)
        return FAULT_CONTEXT_RESERVED;
    if (!t_supported(c, context_t(e)))
        return FAULT_CONTEXT_INVALID;
    if (!at_allowed(context_t(e), at))
        return FAULT_ADDRESS_TYPE;
    if (!aw_supported(c, e))
        return FAULT_CONTEXT_INVALID;
    return FAULT_NONE;
}

bool context_cache_lookup(const struct context_cache *cc, uint16_t sid, struct context_entry *e)
{
    for (unsigned i = 0; i < cc->slots.count; i++) {
        if (cc->slots.valid[i] && cc->line[i].sid == sid) {
            *e = cc->line[i].entry;
            return true;
        }
    }
    return false;
}

/* Called after a miss only, so the tag is never present. */
void context_cache_fill(struct context_cache *cc, uint16_t sid, struct context_entry e)
{
    unsigned i;

    if (cc->slots.count == 0)
        return;
    i = slots_victim(&cc->slots);
    cc->slots.valid[i] = true;
    cc->line[i] = (struct context_line){.sid = sid, .entry = e};
}

/* FM 0 compares all bits, 1 ignores function bit 2, 2 ignores 2:1, 3 ignores 2:0. */
bool source_id_matches(uint16_t a, uint16_t b, uint8_t fm)
{
    static const uint16_t ignored[4] = {0, 4, 6, 7};

    return ((a ^ b) & ~ignored[fm & 3] & 0xFFFF) == 0;
}

static bool context_inv_names(const struct context_inv *inv, const struct context_line *line)
{
    switch (inv->granularity) {
    case 1:
        return true;
    case 2:
        return context_did(line->entry) == inv->did;
    case 3:
        return context_did(line->entry) == inv->did &&
               source_id_matches(line->sid, inv->sid, inv->fm);
    default:
        return false;
    }
}

unsigned context_cache_invalidate(struct context_cache *cc, const struct context_inv *inv)
{
    unsigned dropped = 0;

    for (unsigned i = 0; i < cc->slots.count; i++)
        if (context_inv_names(inv, &cc->line[i]))
            dropped += slots_drop(&cc->slots, i);
    return dropped;
}

/* After the context entry is known and its AT check passed: I14. */
static struct iommu_step context_known(struct iommu *u, struct iommu_request *q)
{
    if (context_t(request_context(q)) == CONTEXT_T_PASS_THROUGH || q->out.at == AT_TRANSLATED)
        return request_unchanged(u, q, DMA_PASS_THROUGH);
    return translate_begin(u, q);
}

/* I12, and I13 up to the read of the root entry. */
struct iommu_step context_begin(struct iommu *u, struct iommu_request *q)
{
    struct context_entry e;

    q->out.latency += 1;
    if (context_cache_lookup(&u->contexts, q->out.sid, &e)) {
        q->out.hit |= 1;
        request_set_context(q, e);
        if (!at_allowed(context_t(e), q->out.at))
            return request_fault(u, q, FAULT_ADDRESS_TYPE);
        return context_known(u, q);
    }
    if ((u->rtaddr & RTADDR_TTM) != 0)
        return request_fault(u, q, FAULT_TTM);
    q->table = page_address(u->rtaddr, &u->config);
    return request_read(q, ST_ROOT, q->table + 16u * (q->out.sid >> 8), 16);
}

struct iommu_step context_root_read(struct iommu *u, struct iommu_request *q,
                                    const struct iommu_read *read)
{
    struct root_entry e = {read->data[0], read->data[1]};
    struct rec_iwalk r = {
        .addr = q->table + 16u * (q->out.sid >> 8), .value = {e.lo, e.hi}, .kind = IWALK_ROOT};
    enum iommu_fault code = root_entry_check(&u->config, e);

    q->out.latency += 2;
    emit_iwalk(u, &r);
    if (read->error)
        return request_fault(u, q, FAULT_ROOT_UNREAD);
    if (code != FAULT_NONE)
        return request_fault(u, q, code);
    q->table = page_address(e.lo, &u->config);
    return request_read(q, ST_CONTEXT, q->table + 16u * (q->out.sid & 0xFF), 16);
}

struct iommu_step context_entry_read(struct iommu *u, struct iommu_request *q,
                                     const struct iommu_read *read)
{
    struct context_entry e = {read->data[0], read->data[1]};
    struct rec_iwalk r = {
        .addr = q->table + 16u * (q->out.sid & 0xFF), .value = {e.lo, e.hi}, .kind = IWALK_CONTEXT};
    enum iommu_fault code = context_entry_check(&u->config, e, q->out.at);

    q->out.latency += 2;
    emit_iwalk(u, &r);
    if (read->error)
        return request_fault(u, q, FAULT_CONTEXT_UNREAD);
    request_set_context(q, e); /* FPD qualifies from here on */
    if (code != FAULT_NONE)
        return request_fault(u, q, code);
    context_cache_fill(&u->contexts, q->out.sid, e);
    return context_known(u, q);
}
