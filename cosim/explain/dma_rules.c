// SPDX-License-Identifier: Apache-2.0
// The checks of a DMA request as data, in the order in which a unit makes them: VT-d "Legacy Mode
// Address Translation", "Fault Reason Encodings". The order where VT-d leaves it: docs/choices.md.
#include <inttypes.h>

#include "dma_sight.h"

static const struct dma_entry *root_of(const struct dma_sight *s)
{
    return dma_entry_of(s, DMA_ROOT);
}

static const struct dma_entry *context_of(const struct dma_sight *s)
{
    return dma_entry_of(s, DMA_CONTEXT);
}

static void read_words(FILE *out, const struct dma_sight *s, unsigned kind)
{
    fputs(dma_entry_of(s, kind)->unread ? "nobody answers there" : "read", out);
}

static void reserved_words(FILE *out, const struct dma_sight *s, const struct dma_entry *e)
{
    bool any = false;

    for (unsigned bit = 0; bit < 128; bit++)
        if (dma_reserved(s, e, bit / 64) >> bit % 64 & 1) {
            fprintf(out, any ? " %u" : "set: %u", bit);
            any = true;
        }
    if (!any)
        fputs("none is set", out);
}

static bool any_reserved(const struct dma_sight *s, const struct dma_entry *e)
{
    return dma_reserved(s, e, 0) != 0 || dma_reserved(s, e, 1) != 0;
}

/* --- root entry --- */

static bool mode_denies(const struct dma_sight *s)
{
    return (s->q->root & 0xC00) != 0;
}

static void mode_words(FILE *out, const struct dma_sight *s)
{
    fprintf(out, "TTM = %u", (unsigned)(s->q->root >> 10 & 3));
}

static bool root_unread(const struct dma_sight *s)
{
    return root_of(s)->unread;
}

static void root_read_words(FILE *out, const struct dma_sight *s)
{
    read_words(out, s, DMA_ROOT);
}

static bool root_absent(const struct dma_sight *s)
{
    return !(root_of(s)->word[0] & 1);
}

static void root_present_words(FILE *out, const struct dma_sight *s)
{
    fprintf(out, "P = %u of bus %02x", (unsigned)(root_of(s)->word[0] & 1), s->q->request.sid >> 8);
}

static bool root_reserved(const struct dma_sight *s)
{
    return any_reserved(s, root_of(s));
}

static void root_reserved_words(FILE *out, const struct dma_sight *s)
{
    reserved_words(out, s, root_of(s));
}

/* --- context entry --- */

static bool context_unread(const struct dma_sight *s)
{
    return context_of(s)->unread;
}

static void context_read_words(FILE *out, const struct dma_sight *s)
{
    read_words(out, s, DMA_CONTEXT);
}

static bool context_absent(const struct dma_sight *s)
{
    return !(context_of(s)->word[0] & 1);
}

static void context_present_words(FILE *out, const struct dma_sight *s)
{
    fprintf(out, "P = %u of device %02x function %x", (unsigned)(context_of(s)->word[0] & 1),
            s->q->request.sid >> 3 & 31, s->q->request.sid & 7);
}

static bool context_reserved(const struct dma_sight *s)
{
    return any_reserved(s, context_of(s));
}

static void context_reserved_words(FILE *out, const struct dma_sight *s)
{
    reserved_words(out, s, context_of(s));
}

static bool type_denies(const struct dma_sight *s)
{
    unsigned type = dma_type(context_of(s));

    return type == 3 || (type == 1 && !s->q->unit.device_tlbs) ||
           (type == 2 && !s->q->unit.pass_through);
}

static void type_words(FILE *out, const struct dma_sight *s)
{
    fprintf(out, "T = %u, ECAP.DT = %u, ECAP.PT = %u", dma_type(context_of(s)),
            s->q->unit.device_tlbs, s->q->unit.pass_through);
}

static bool at_denies(const struct dma_sight *s)
{
    return s->q->request.at != 0 && dma_type(context_of(s)) != 1;
}

static void at_words(FILE *out, const struct dma_sight *s)
{
    static const char *const names[] = {"untranslated", "a translation request", "translated",
                                        "AT = 3"};

    fprintf(out, "%s, T = %u", names[s->q->request.at & 3], dma_type(context_of(s)));
}

static bool has_width(const struct dma_sight *s, unsigned width)
{
    return width >= 1 && width <= 3 && s->q->unit.levels[width + 2];
}

static bool width_denies(const struct dma_sight *s)
{
    unsigned width = dma_width(context_of(s));

    if (dma_type(context_of(s)) == 2) /* the largest there is */
        for (unsigned wider = width + 1; wider <= 3; wider++)
            if (has_width(s, wider))
                return true;
    return !has_width(s, width);
}

static void width_words(FILE *out, const struct dma_sight *s)
{
    fprintf(out, "AW = %u, CAP.SAGAW has", dma_width(context_of(s)));
    for (unsigned width = 1; width <= 3; width++)
        if (has_width(s, width))
            fprintf(out, " %u", width);
    if (dma_type(context_of(s)) == 2)
        fputs("; pass-through wants the largest", out);
}

/* --- the address and the second stage --- */

static bool walks(const struct dma_sight *s)
{
    unsigned type = dma_type(context_of(s));

    return type != 2 && !(type == 1 && s->q->request.at == 2);
}

static bool address_denies(const struct dma_sight *s)
{
    return s->q->request.address >> (30 + 9 * dma_width(context_of(s))) != 0;
}

static void address_words(FILE *out, const struct dma_sight *s)
{
    fprintf(out, "0x%" PRIx64 ", AW gives %u bits", s->q->request.address,
            30 + 9 * dma_width(context_of(s)));
}

static bool top_unread(const struct dma_sight *s)
{
    return dma_last(s)->unread && dma_last(s)->kind == dma_width(context_of(s)) + 2;
}

static bool level_unread(const struct dma_sight *s)
{
    return dma_last(s)->unread && !top_unread(s);
}

static void level_read_words(FILE *out, const struct dma_sight *s)
{
    read_words(out, s, dma_last(s)->kind);
}

static bool either_right(const struct dma_sight *s)
{
    const struct explain_dma_request *r = &s->q->request;

    return r->at == 1 || (!r->write && r->zero_length && s->q->unit.zero_length_reads);
}

static bool denied(const struct dma_sight *s)
{
    if (either_right(s))
        return !s->r && !s->w;
    return s->q->request.write ? !s->w : !s->r;
}

static bool writes(const struct dma_sight *s)
{
    return s->q->request.write;
}

static bool reads(const struct dma_sight *s)
{
    return !s->q->request.write;
}

static void rights_words(FILE *out, const struct dma_sight *s)
{
    fprintf(out, "%s, R = %u, W = %u of all entries down to the %s",
            s->q->request.at == 1                                       ? "a translation request"
            : s->q->request.write                                       ? "write"
            : s->q->request.zero_length && s->q->unit.zero_length_reads ? "read of no bytes"
                                                                        : "read",
            s->r, s->w, dma_entry_name(dma_last(s)));
}

static bool level_reserved(const struct dma_sight *s)
{
    return any_reserved(s, dma_last(s));
}

static void level_reserved_words(FILE *out, const struct dma_sight *s)
{
    reserved_words(out, s, dma_last(s));
}

static uint64_t leaf_output(const struct dma_sight *s)
{
    uint64_t offset = (UINT64_C(1) << dma_shift(dma_last(s)->kind)) - 1;

    return (dma_last(s)->word[0] & (UINT64_C(1) << 52) - 1 & ~offset) |
           (s->q->request.address & offset);
}

static bool ends(const struct dma_sight *s)
{
    return dma_is_leaf(dma_last(s));
}

static bool output_denies(const struct dma_sight *s)
{
    return leaf_output(s) >> 20 == 0xFEE;
}

static void output_words(FILE *out, const struct dma_sight *s)
{
    fprintf(out, "0x%" PRIx64, leaf_output(s));
}

#define LEGACY "\"Legacy Mode Address Translation\""
#define SECOND "\"Second-Stage Paging Entries\""

#define ROOT_ENTRY    "\"Root Entry\""
#define CONTEXT_ENTRY "\"Context Entry\""
#define ADDRESS_RANGE "\"Interrupt Address Range\""
#define QUIET         NULL, true

const struct dma_rule dma_rules[] = {
    {0x30, false, "translation table mode", "\"Root Table Address Register\"", DMA_ROOT,
     mode_denies, mode_words, QUIET},
    {0x08, false, "root entry", LEGACY, DMA_ROOT, root_unread, root_read_words, QUIET},
    {0x01, false, "root entry present", ROOT_ENTRY, DMA_ROOT, root_absent, root_present_words, NULL,
     false},
    {0x0A, false, "root entry, reserved bits", ROOT_ENTRY, DMA_ROOT, root_reserved,
     root_reserved_words, NULL, false},
    {0x09, false, "context entry", LEGACY, DMA_CONTEXT, context_unread, context_read_words, QUIET},
    {0x02, true, "context entry present", CONTEXT_ENTRY, DMA_CONTEXT, context_absent,
     context_present_words, NULL, false},
    {0x0B, false, "context entry, reserved bits", CONTEXT_ENTRY, DMA_CONTEXT, context_reserved,
     context_reserved_words, NULL, false},
    {0x03, true, "translation type", CONTEXT_ENTRY, DMA_CONTEXT, type_denies, type_words, NULL,
     false},
    {0x0D, true, "address type", CONTEXT_ENTRY, DMA_CONTEXT, at_denies, at_words, NULL, false},
    {0x03, true, "address width", CONTEXT_ENTRY, DMA_CONTEXT, width_denies, width_words, NULL,
     false},
    {0x04, true, "address within it", LEGACY, DMA_CONTEXT, address_denies, address_words, walks,
     false},
    {0x03, true, "top second-stage entry", SECOND, 0, top_unread, level_read_words, QUIET},
    {0x07, true, "second-stage entry", SECOND, 0, level_unread, level_read_words, QUIET},
    {0x05, true, "right to write", SECOND, 0, denied, rights_words, writes, false},
    {0x06, true, "right to read", SECOND, 0, denied, rights_words, reads, false},
    {0x0C, true, "second-stage entry, reserved bits", SECOND, 0, level_reserved,
     level_reserved_words, NULL, false},
    {0x0E, true, "output outside the interrupt range", ADDRESS_RANGE, 0, output_denies,
     output_words, ends, false},
};
const unsigned dma_rule_count = sizeof(dma_rules) / sizeof(dma_rules[0]);

bool dma_asked(const struct dma_sight *s, const struct dma_rule *r)
{
    bool reached = r->kind == 0 ? dma_last(s)->kind <= DMA_SS_5 : dma_entry_of(s, r->kind) != NULL;

    return reached && (r->asked == NULL || r->asked(s));
}

const struct dma_rule *dma_denied(const struct dma_sight *s)
{
    unsigned kind = dma_last(s)->kind <= DMA_SS_5 ? 0 : dma_last(s)->kind;

    for (unsigned i = 0; i < dma_rule_count; i++)
        if (dma_rules[i].kind == kind && dma_asked(s, &dma_rules[i]) && dma_rules[i].denies(s))
            return &dma_rules[i];
    return NULL;
}
