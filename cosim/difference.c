// SPDX-License-Identifier: Apache-2.0
// The first difference; see the header.
#include "difference.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "scoreboard.h"
#include "unit_layout.h"

/* How well a difference explains itself: a held one gives way to a higher rank only. */
enum rank { RANK_EFFECT = 1, RANK_WALK = 2, RANK_EVENT = 3, RANK_TRANSLATION = 4 };

static bool is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static bool is_event_field(const char *field)
{
    return is(field, "kind") || is(field, "vector") || is(field, "error_code");
}

static unsigned rank_of(const struct difference *d, const char *stream, const char *field)
{
    bool in_walk = d->held && d->rank <= RANK_WALK;

    if (is(stream, "walk"))
        return RANK_WALK;
    if (is(stream, "xlate") && !is(field, "va") && !is(field, "record"))
        return !d->held || in_walk ? RANK_TRANSLATION : RANK_EFFECT;
    if (is(stream, "retire") && is_event_field(field))
        return RANK_EVENT;
    return RANK_EFFECT;
}

void difference_final(struct difference *d)
{
    d->failed = true;
    if (d->stop != NULL)
        d->stop(d->stop_ctx);
}

static void put(struct scoreboard *sb, const char *stream, const char *field, const char *rtl,
                const char *model, uint64_t cycle)
{
    struct mismatch *m = &sb->diff.first;

    memset(m, 0, sizeof(*m));
    snprintf(m->stream, sizeof(m->stream), "%s", stream);
    snprintf(m->field, sizeof(m->field), "%s", field);
    snprintf(m->rtl, sizeof(m->rtl), "%s", rtl);
    snprintf(m->model, sizeof(m->model), "%s", model);
    m->cycle = cycle;
    m->rip = sb->rtl_retire.rip;
    m->len = sb->rtl_retire.len;
    m->mode = sb->rtl_retire.mode;
    memcpy(m->bytes, sb->rtl_retire.bytes, sizeof(m->bytes));
}

void scoreboard_differ_text(struct scoreboard *sb, const char *stream, const char *field,
                            const char *rtl, const char *model, uint64_t cycle)
{
    struct difference *d = &sb->diff;
    unsigned rank = rank_of(d, stream, field);

    if (d->failed || (d->held && rank <= d->rank))
        return;
    put(sb, stream, field, rtl, model, cycle);
    d->pair.type = NULL;
    d->rank = rank;
    if (d->holding)
        d->held = true;
    else
        difference_final(d);
}

static void value_text(char out[MISMATCH_TEXT], const void *record, const struct record_field *f)
{
    const uint8_t *at = (const uint8_t *)record + f->offset;

    if (f->size <= 8) {
        snprintf(out, MISMATCH_TEXT, "0x%" PRIx64, record_value(record, f));
        return;
    }
    for (unsigned i = 0; i < f->size && 2 * i + 2 < MISMATCH_TEXT; i++)
        snprintf(out + 2 * i, MISMATCH_TEXT - 2 * i, "%02x", at[i]);
}

/* One line that stands for a whole record where the other side has none. */
static void record_text(char out[MISMATCH_TEXT], const struct record_type *t, const void *record)
{
    size_t used = 0;

    out[0] = 0;
    for (uint16_t i = 0; i < t->count && used + 24 < MISMATCH_TEXT; i++) {
        const struct record_field *f = &t->fields[i];

        if (f->compared && f->size <= 8 && record_value(record, f) != 0)
            used += (size_t)snprintf(out + used, MISMATCH_TEXT - used, "%s%s=%" PRIx64,
                                     used == 0 ? "" : " ", f->name, record_value(record, f));
    }
}

/* The IOMMU's registers go by their names. */
static void field_name(char out[48], const struct record_type *t, const void *record,
                       const char *field)
{
    struct rec_iommu r;
    char name[24];

    snprintf(out, 48, "%s", field);
    if (t != &type_iommu || record == NULL)
        return;
    memcpy(&r, record, sizeof(r));
    if (r.kind != IOMMU_REG_READ && r.kind != IOMMU_REG_WRITE)
        return;
    unit_register_text(name, sizeof(name), (uint32_t)r.addr);
    snprintf(out, 48, "%s of %s", field, name);
}

void scoreboard_differ(struct scoreboard *sb, const struct record_type *t, const void *rtl,
                       const void *model)
{
    char r[MISMATCH_TEXT] = "no record", m[MISMATCH_TEXT] = "no record", name[48];
    const struct record_field *f;
    const char *field = "record";
    uint64_t cycle;

    if (sb->diff.failed)
        return;
    /* Beats and retirements that agree are logged once, as the RTL's. */
    if (model != NULL && (t == &type_bus || t == &type_retire))
        record_log_add(sb->log, t, true, model);
    cycle = rtl != NULL ? record_value(rtl, &t->fields[0]) : sb->rtl_retire.cycle;
    if (rtl != NULL && model != NULL) {
        f = record_differs(t, rtl, model);
        field = f->name;
        value_text(r, rtl, f);
        value_text(m, model, f);
    } else if (rtl != NULL) {
        record_text(r, t, rtl);
    } else {
        record_text(m, t, model);
    }
    field_name(name, t, rtl != NULL ? rtl : model, field);
    scoreboard_differ_text(sb, t->stream, name, r, m, cycle);
    if (sb->diff.pair.type == NULL && strcmp(sb->diff.first.stream, t->stream) == 0)
        record_pair_keep(&sb->diff.pair, t, rtl, model);
    if (t == &type_dma || t == &type_iwalk) {
        sb->diff.first.has_source_id = true;
        sb->diff.first.source_id = sb->dma.accepted.sid;
    }
}
