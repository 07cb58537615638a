// SPDX-License-Identifier: Apache-2.0
// VT-d "Legacy Mode Address Translation", "Second-Stage Translation", "Interrupt Remapping", "Fault
// Reason Encodings", "Primary Fault Logging". Where the manual leaves the choice: docs/choices.md.
#include "iommu_expect.h"

#include <string.h>

#define F_BIT    (UINT64_C(1) << 63)
#define T1_BIT   (UINT64_C(1) << 62)
#define HIGH(h)  (UINT64_MAX >> (63 - (h)))
#define HOST_MAX HIGH(39)

/* A request as the rules see it, with the entry that each rule is about. */
struct seen {
    const struct bench *b;
    const struct scene *s;
    const struct rec_dma *in;
    bool root_error, context_error;
    uint64_t root[2], context[2];
    /* of a walk */
    unsigned level;
    bool error, leaf;
    uint64_t entry, out;
    bool r, w; /* ANDed, this entry included */
    /* of an interrupt request */
    uint32_t data;
    uint32_t index;
    bool irte_error;
    uint64_t irte[2];
};

struct rule {
    uint8_t reason;
    bool qualified; /* FPD of the entry keeps it out of the log */
    bool (*holds)(const struct seen *q);
};

static bool read16(const struct bench *b, uint64_t addr, uint64_t to[2])
{
    block_memory_read(&b->model_memory, addr, to, 16);
    return block_memory_claims(&b->model_memory, addr);
}

static bool has(const struct seen *q, enum iommu_feature f)
{
    return scene_has(q->s, f);
}

/* --- root and context entry --- */

static unsigned type_of(const struct seen *q)
{
    return (unsigned)(q->context[0] >> 2 & 3);
}

static unsigned width_code(const struct seen *q)
{
    return (unsigned)(q->context[1] & 7);
}

static bool ttm_not_legacy(const struct seen *q)
{
    return (q->s->rtaddr & 0xC00) != 0;
}

static bool root_unreadable(const struct seen *q)
{
    return q->root_error;
}

static bool root_absent(const struct seen *q)
{
    return (q->root[0] & 1) == 0;
}

static bool root_reserved(const struct seen *q)
{
    return (q->root[0] & ~(HOST_MAX & ~HIGH(11)) & ~UINT64_C(1)) != 0 || q->root[1] != 0;
}

static bool context_unreadable(const struct seen *q)
{
    return q->context_error;
}

static bool context_absent(const struct seen *q)
{
    return (q->context[0] & 1) == 0;
}

static bool context_reserved(const struct seen *q)
{
    return (q->context[0] & (HIGH(11) & ~HIGH(3))) != 0 || q->context[0] > HOST_MAX ||
           (q->context[1] & UINT64_C(0x80)) != 0 || q->context[1] >> 24 != 0;
}

static bool type_unsupported(const struct seen *q)
{
    static const bool never[4] = {false, false, false, true};
    unsigned t = type_of(q);

    return never[t] || (t == 1 && !has(q, IOMMU_DT)) || (t == 2 && !has(q, IOMMU_PT));
}

/* Which address types each T lets through: untranslated, translation request, translated. */
static bool address_type_blocked(const struct seen *q)
{
    static const uint8_t through[4] = {1, 7, 1, 0};

    return (through[type_of(q)] >> q->in->at & 1) == 0;
}

static bool width_there(const struct seen *q, unsigned code)
{
    return (code == 1 && has(q, IOMMU_39)) || (code == 2 && has(q, IOMMU_48)) ||
           (code == 3 && has(q, IOMMU_57));
}

static bool width_unsupported(const struct seen *q)
{
    unsigned code = width_code(q);

    if (type_of(q) == 2) /* docs/choices.md: pass-through takes the largest */
        for (unsigned wider = code + 1; wider <= 3; wider++)
            if (width_there(q, wider))
                return true;
    return !width_there(q, code);
}

/* Seen only where the entries are read; `cached` ones have passed them. Bh: docs/choices.md. */
static const struct rule fetch_rules[] = {
    {0x30, false, ttm_not_legacy},      {0x08, false, root_unreadable},
    {0x01, false, root_absent},         {0x0A, false, root_reserved},
    {0x09, false, context_unreadable},  {0x02, true, context_absent},
    {0x0B, false, context_reserved},    {0x03, true, type_unsupported},
    {0x0D, true, address_type_blocked}, {0x03, true, width_unsupported},
};

static const struct rule cached_rules[] = {{0x0D, true, address_type_blocked}};

static bool too_wide(const struct seen *q)
{
    return q->in->iova >> (30 + 9 * width_code(q)) != 0;
}

static const struct rule width_rules[] = {{0x04, true, too_wide}};

/* --- second stage --- */

static bool translation_request(const struct rec_dma *in)
{
    return in->at == 1;
}

static bool granted(const struct seen *q, bool r, bool w)
{
    bool either =
        translation_request(q->in) || (!q->in->write && q->in->len == 0 && has(q, IOMMU_ZLR));

    if (either)
        return r || w;
    return q->in->write ? w : r;
}

static bool top_unreadable(const struct seen *q)
{
    return q->error && q->level == width_code(q) + 2;
}

static bool lower_unreadable(const struct seen *q)
{
    return q->error;
}

static bool write_denied(const struct seen *q)
{
    return q->in->write && !granted(q, q->r, q->w);
}

static bool read_denied(const struct seen *q)
{
    return !q->in->write && !granted(q, q->r, q->w);
}

/* A page of 2 MBytes or 1 GByte may be where its level is, and aligned, if there are such. */
static bool large_reserved(const struct seen *q)
{
    static const enum iommu_feature feature[] = {[2] = IOMMU_2M, [3] = IOMMU_1G};

    if ((q->entry & SS_PS) == 0 || q->level == 1)
        return false;
    if (q->level > 3 || !has(q, feature[q->level]))
        return true;
    return (q->entry & HIGH(q->level == 2 ? 20 : 29) & ~HIGH(11)) != 0;
}

static bool entry_reserved(const struct seen *q)
{
    return (q->entry & HIGH(51) & ~HOST_MAX) != 0 || (q->entry >> 62 & 1) != 0 ||
           (q->entry >> 11 & 1) != 0 || large_reserved(q);
}

static bool into_interrupt_range(const struct seen *q)
{
    return q->leaf && q->out >> 20 == 0xFEE;
}

static const struct rule walk_rules[] = {
    {0x03, true, top_unreadable}, {0x07, true, lower_unreadable},
    {0x05, true, write_denied},   {0x06, true, read_denied},
    {0x0C, true, entry_reserved}, {0x0E, true, into_interrupt_range},
};

/* --- interrupt requests --- */

/* What a unit without interrupt remapping, or without x2APIC mode, has not got: 0. */
static bool remapping_on(const struct seen *q)
{
    return has(q, IOMMU_IR) && (q->s->gcmd & GCMD_IRE) != 0;
}

static bool wide_destinations(const struct seen *q)
{
    return has(q, IOMMU_EIM) && (q->s->irta & IRTA_EIME) != 0;
}

static bool compatibility(const struct seen *q)
{
    return (q->in->iova & 0x10) == 0;
}

static bool compatibility_blocked(const struct seen *q)
{
    return compatibility(q) && (wide_destinations(q) || (q->s->gcmd & GCMD_CFI) == 0);
}

static bool data_reserved(const struct seen *q)
{
    return q->data >> 16 != 0;
}

static bool beyond_table(const struct seen *q)
{
    return q->index >= UINT32_C(2) << (q->s->irta & 15);
}

static bool irte_unreadable(const struct seen *q)
{
    return q->irte_error;
}

static bool irte_absent(const struct seen *q)
{
    return (q->irte[0] & IRTE_P) == 0;
}

static bool irte_reserved(const struct seen *q)
{
    return (q->irte[0] & UINT64_C(0xFF007000)) != 0 || (q->irte[0] & 0x8000) != 0 ||
           q->irte[1] >> 20 != 0 ||
           (!wide_destinations(q) && (q->irte[0] >> 32 & UINT64_C(0xFFFF00FF)) != 0);
}

static bool source_wrong(const struct seen *q)
{
    static const uint16_t ignored[4] = {0, 4, 6, 7};
    unsigned id = (unsigned)(q->irte[1] & 0xFFFF), bus = q->in->sid >> 8;

    switch (q->irte[1] >> 18 & 3) {
    case 0:
        return false;
    case 1:
        return ((id ^ q->in->sid) & ~(unsigned)ignored[q->irte[1] >> 16 & 3]) != 0;
    case 2:
        return bus < id >> 8 || bus > (id & 0xFF);
    default:
        return true;
    }
}

static const struct rule compatibility_rules[] = {{0x25, false, compatibility_blocked}};

static const struct rule request_rules[] = {{0x20, false, data_reserved},
                                            {0x21, false, beyond_table}};

static const struct rule irte_rules[] = {
    {0x23, false, irte_unreadable}, {0x22, true, irte_absent}, {0x24, true, irte_reserved}};

static const struct rule source_rules[] = {{0x26, true, source_wrong}};

/* --- the first rule that holds --- */

static const struct rule *first(const struct seen *q, const struct rule *rules, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (rules[i].holds(q))
            return &rules[i];
    return NULL;
}

#define FIRST(q, rules) first((q), (rules), sizeof(rules) / sizeof((rules)[0]))

/* --- the log --- */

static bool any_record(const struct expect_log *log)
{
    for (unsigned i = 0; i < log->count; i++)
        if ((log->hi[i] & F_BIT) != 0)
            return true;
    return false;
}

static uint8_t put_record(struct expect_log *log, uint64_t lo, uint64_t hi)
{
    if (log->pfo)
        return 3;
    if ((log->hi[log->next] & F_BIT) != 0) {
        log->pfo = true;
        return 2;
    }
    if (!any_record(log))
        log->fri = log->next;
    log->lo[log->next] = lo;
    log->hi[log->next] = hi;
    log->next = (log->next + 1) % log->count;
    return 1;
}

void expect_clear(struct expect_log *log, unsigned i)
{
    log->hi[i] &= ~F_BIT;
}

uint32_t expect_fsts(const struct expect_log *log)
{
    return (log->pfo ? 1u : 0) | (any_record(log) ? 2u : 0) | log->fri << 8;
}

static void blocked(struct expect *x, const struct seen *q, const struct rule *rule, bool fpd,
                    uint64_t info, bool interrupt, struct expect_log *log)
{
    x->status = DMA_BLOCKED;
    x->fault = rule->reason;
    x->pa = 0;
    x->lo = info;
    x->hi = F_BIT | (uint64_t)rule->reason << 32 | q->in->sid;
    if (!interrupt)
        x->hi |= (uint64_t)q->in->at << 60 | (q->in->write ? 0 : T1_BIT);
    x->recorded = rule->qualified && fpd ? 0 : put_record(log, x->lo, x->hi);
}

/* --- the outcome of a DMA request --- */

/* VT-d "Protected Memory": from the base to the last byte of the limit's 2 MBytes. */
static bool protected_by(uint64_t addr, uint64_t base, uint64_t limit)
{
    return addr >> 21 >= base >> 21 && addr >> 21 <= limit >> 21;
}

static bool unreachable(const struct seen *q)
{
    const struct scene *s = q->s;
    uint64_t addr = q->in->iova;

    if (addr > HOST_MAX)
        return true;
    if ((s->pmen & 0x80000000u) == 0)
        return false;
    return (has(q, IOMMU_PLMR) && protected_by(addr, s->plmbase, s->plmlimit)) ||
           (has(q, IOMMU_PHMR) &&
            protected_by(addr, s->phmbase & HOST_MAX, s->phmlimit & HOST_MAX));
}

static struct expect unchanged(const struct seen *q, uint8_t status)
{
    if (unreachable(q))
        return (struct expect){.status = DMA_REJECTED};
    return (struct expect){.status = status, .pa = q->in->iova};
}

static unsigned shift_of(unsigned level)
{
    return 3 + 9 * level;
}

/* PCI Express "Translation Completion": frame, S and the size in the ones below the lowest zero. */
static uint64_t completion_of(const struct seen *q, uint64_t pa, unsigned log2, bool r, bool w)
{
    uint64_t page = pa & ~HIGH(11);

    w = w && (q->in->iova & 1) == 0; /* NW */
    if (!r && !w)
        return 0;
    if (log2 > 12)
        page = (page & ~HIGH(log2 - 1)) | (HIGH(log2 - 2) & ~HIGH(11)) | 0x800;
    return page | (r ? 1u : 0) | (w ? 2u : 0);
}

static void translated(struct expect *x, const struct seen *q, uint64_t pa, unsigned log2, bool r,
                       bool w)
{
    x->status = DMA_TRANSLATED;
    x->pa = pa;
    x->page_log2 = (uint8_t)log2;
    if (translation_request(q->in)) {
        x->status = DMA_COMPLETED;
        x->data = completion_of(q, pa, log2, r, w);
        x->pa = x->data == 0 ? 0 : pa & ~HIGH(11);
    }
}

/* From the table of level n on, with the rights of those above. Returns the rule that blocks. */
static const struct rule *walk(struct seen *q, unsigned n, uint64_t table, bool r, bool w)
{
    const struct rule *rule;

    q->r = r;
    q->w = w;
    for (q->level = n;; q->level--) {
        unsigned shift = shift_of(q->level);
        uint64_t low = HIGH(shift - 1);
        uint64_t at = table + (q->in->iova >> shift & 511) * 8;

        q->entry = block_memory_read8(&q->b->model_memory, at);
        q->error = !block_memory_claims(&q->b->model_memory, at);
        q->leaf = q->level == 1 || (q->level <= 3 && (q->entry & SS_PS) != 0);
        q->r = q->r && (q->entry & SS_R) != 0;
        q->w = q->w && (q->entry & SS_W) != 0;
        q->out = (q->entry & SS_FRAME & ~low) | (q->in->iova & low);
        rule = FIRST(q, walk_rules);
        if (rule != NULL || q->leaf)
            return rule;
        table = q->entry & SS_FRAME;
    }
}

/* I15: a page that is cached and grants answers. I16, I18: a cached table may shorten the walk, but
 * never to a fault. */
static struct expect second_stage(struct seen *q, struct expect_log *log, struct expect_cached *c)
{
    bool fpd = (q->context[0] & CONTEXT_FPD) != 0;
    const struct rule *rule = FIRST(q, width_rules);
    struct expect x = {.status = DMA_BLOCKED};
    uint64_t info = q->in->iova & ~HIGH(11);

    if (rule != NULL) {
        blocked(&x, q, rule, fpd, info, false, log);
        return x;
    }
    if (c->page && granted(q, c->r, c->w)) {
        translated(&x, q, c->frame | (q->in->iova & HIGH(c->page_log2 - 1)), c->page_log2, c->r,
                   c->w);
        return x;
    }
    if (c->level != 0 && granted(q, c->r, c->w))
        rule = walk(q, c->level, c->table, c->r, c->w);
    if (c->level == 0 || rule != NULL || !granted(q, c->r, c->w)) {
        c->level = 0;
        rule = walk(q, width_code(q) + 2, q->context[0] & SS_FRAME, true, true);
    }
    x.walked = true;
    x.level = q->level;
    c->page = false;
    if (rule == NULL) {
        translated(&x, q, q->out, shift_of(q->level), q->r, q->w);
        c->page = true;
        c->r = q->r;
        c->w = q->w;
        c->page_log2 = shift_of(q->level);
        c->frame = q->out & ~HIGH(c->page_log2 - 1);
    } else if (translation_request(q->in) && rule->reason == 0x06) {
        x.status = DMA_COMPLETED; /* docs/choices.md: no rights are an answer */
    } else {
        blocked(&x, q, rule, fpd, info, false, log);
    }
    return x;
}

static void fetch(struct seen *q)
{
    uint64_t bus = q->in->sid >> 8, devfn = q->in->sid & 0xFF;

    q->root_error = !read16(q->b, (q->s->rtaddr & SS_FRAME) + 16 * bus, q->root);
    q->context_error = !read16(q->b, (q->root[0] & SS_FRAME) + 16 * devfn, q->context);
}

static struct expect dma(struct seen *q, struct expect_log *log, struct expect_cached *c)
{
    const struct rec_dma *in = q->in;
    struct expect x = {.status = DMA_REJECTED};
    const struct rule *rule;
    bool fpd;

    if (translation_request(in) && (in->write || in->len != 8))
        return x;
    if ((q->s->gcmd & GCMD_TE) == 0)
        return in->at != 0 ? x : unchanged(q, DMA_UNTRANSLATED);
    if (c->context)
        memcpy(q->context, c->entry, sizeof(q->context));
    else
        fetch(q);
    rule = c->context ? FIRST(q, cached_rules) : FIRST(q, fetch_rules);
    fpd = (q->context[0] & CONTEXT_FPD) != 0;
    if (rule != NULL) {
        blocked(&x, q, rule, fpd, in->iova & ~HIGH(11), false, log);
        return x;
    }
    c->context = true;
    memcpy(c->entry, q->context, sizeof(c->entry));
    if (type_of(q) == 2 || in->at == 2)
        return unchanged(q, DMA_PASS_THROUGH);
    return second_stage(q, log, c);
}

/* --- the outcome of an interrupt request --- */

/* The message of an entry: VT-d "Generated Interrupt Message". */
static void remapped(struct expect *x, const struct seen *q)
{
    uint64_t e = q->irte[0], destination = e >> 32;
    bool wide = wide_destinations(q);

    x->status = DMA_REMAPPED;
    x->pa = UINT64_C(0xFEE00000) | (wide ? destination & 0xFF : destination >> 8 & 0xFF) << 12 |
            (e >> 3 & 1) << 3 | (e >> 2 & 1) << 2;
    if (wide)
        x->pa |= (destination >> 8) << 40;
    x->data = (e >> 16 & 0xFF) | (e >> 5 & 7) << 8 | UINT64_C(1) << 14 | (e >> 4 & 1) << 15;
}

static struct expect interrupt(struct seen *q, struct expect_log *log, struct expect_cached *c)
{
    uint64_t addr = q->in->iova, info;
    struct expect x = {.status = DMA_MESSAGE, .pa = addr};
    const struct rule *rule;

    memcpy(&q->data, q->in->data, 4);
    x.data = q->data;
    if (!remapping_on(q))
        return x;
    q->index = (uint32_t)((addr >> 5 & 0x7FFF) | (addr >> 2 & 1) << 15);
    if (addr & 8)
        q->index += q->data & 0xFFFF;
    rule = FIRST(q, compatibility_rules);
    if (rule == NULL && compatibility(q))
        return x;
    if (rule == NULL)
        rule = FIRST(q, request_rules);
    if (rule != NULL) {
        info = rule->reason == 0x21 ? (uint64_t)(q->index & 0xFFFF) << 48 : 0;
        blocked(&x, q, rule, false, info, true, log);
        return x;
    }
    info = (uint64_t)q->index << 48;
    if (c->irte)
        memcpy(q->irte, c->irte_entry, sizeof(q->irte));
    else
        q->irte_error = !read16(q->b, (q->s->irta & SS_FRAME) + q->index * UINT64_C(16), q->irte);
    rule = c->irte ? NULL : FIRST(q, irte_rules);
    if (rule == NULL) {
        c->irte = true;
        memcpy(c->irte_entry, q->irte, sizeof(c->irte_entry));
        rule = FIRST(q, source_rules);
    }
    if (rule != NULL)
        blocked(&x, q, rule, (q->irte[0] & IRTE_FPD) != 0, info, true, log);
    else
        remapped(&x, q);
    return x;
}

/* VT-d "Interrupt Address Range": a dword write is an interrupt request, anything else there is
 * rejected. */
struct expect iommu_expect(const struct bench *b, const struct scene *s, struct expect_log *log,
                           struct expect_cached *cached)
{
    struct seen q = {.b = b, .s = s, .in = &s->in};

    if (s->in.iova >> 20 != 0xFEE)
        return dma(&q, log, cached);
    if (s->in.write && s->in.len == 4 && s->in.at == 0 && s->in.iova % 4 == 0)
        return interrupt(&q, log, cached);
    return (struct expect){.status = DMA_REJECTED};
}

struct expect_cached iommu_expect_warm(const struct scene *s)
{
    struct scene good = scene_good(s->aw, s->leaf);
    struct expect_cached c = {.r = true, .w = true};

    if (s->warm == WARM_NOTHING)
        return c;
    c.context = scene_warm_context(s->warm);
    c.entry[0] = good.context[0] | (s->context[0] & CONTEXT_FPD);
    c.entry[0] |= (s->context[0] & 0xC) == CONTEXT_DEVICE ? CONTEXT_DEVICE : 0;
    c.entry[1] = good.context[1];
    if (s->warm == WARM_CONTEXT)
        return c;
    if (s->leaf < s->aw + 2) {
        c.level = s->leaf;
        c.table = good.entry[s->leaf + 1] & SS_FRAME;
    }
    c.page = scene_warm_page(s->warm);
    c.page_log2 = shift_of(s->leaf);
    c.frame = good.entry[s->leaf] & SS_FRAME;
    return c;
}
