// SPDX-License-Identifier: Apache-2.0
// The page that a reader of a report gets: entries, checks, answers.
#include <inttypes.h>
#include <string.h>

#include "dma_sight.h"

const char *explain_dma_reason(uint8_t reason)
{
    static const struct {
        uint8_t reason;
        const char *name;
    } rows[] = {{0x01, "root entry not present"},
                {0x02, "context entry not present"},
                {0x03, "context entry invalid"},
                {0x04, "address beyond the width"},
                {0x05, "write not permitted"},
                {0x06, "read not permitted"},
                {0x07, "second-stage entry not read"},
                {0x08, "root entry not read"},
                {0x09, "context entry not read"},
                {0x0A, "reserved bits of the root entry"},
                {0x0B, "reserved bits of the context entry"},
                {0x0C, "reserved bits of a second-stage entry"},
                {0x0D, "address type blocked"},
                {0x0E, "output in the interrupt range"},
                {0x20, "reserved field of the interrupt request"},
                {0x21, "interrupt index beyond the table"},
                {0x22, "interrupt entry not present"},
                {0x23, "interrupt entry not read"},
                {0x24, "reserved bits of the interrupt entry"},
                {0x25, "compatibility format blocked"},
                {0x26, "source-id of the interrupt not valid"},
                {0x30, "translation table mode"}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].reason == reason)
            return rows[i].name;
    return "no reason of legacy mode";
}

/* --- entries by name --- */

const char *dma_entry_name(const struct dma_entry *e)
{
    static const char *const names[] = {"?",
                                        "level-1 entry",
                                        "level-2 entry",
                                        "level-3 entry",
                                        "level-4 entry",
                                        "level-5 entry",
                                        "context entry",
                                        "root entry"};

    return names[e->kind <= DMA_ROOT ? e->kind : 0];
}

static const char *context_bit(unsigned word, unsigned bit)
{
    static const char *const low[] = {"P", "FPD", "T", "T"};

    if (word == 0)
        return bit < 4 ? low[bit] : NULL;
    return bit < 3 ? "AW" : bit >= 8 && bit < 24 ? "DID" : NULL;
}

static const char *second_stage_bit(const struct dma_entry *e, unsigned bit)
{
    switch (bit) {
    case 0:
        return "R";
    case 1:
        return "W";
    case 7:
        return e->kind == 1 ? NULL : "PS";
    case 11:
        return "SNP";
    case 62:
        return "TM";
    default:
        return NULL;
    }
}

const char *dma_bit_name(const struct dma_entry *e, unsigned word, unsigned bit)
{
    if (e->kind == DMA_ROOT)
        return word == 0 && bit == 0 ? "P" : NULL;
    return e->kind == DMA_CONTEXT ? context_bit(word, bit) : second_stage_bit(e, bit);
}

static void print_entry(FILE *out, const struct dma_entry *e)
{
    fprintf(out, "  %-13s at 0x%010" PRIx64 "  ", dma_entry_name(e), e->addr);
    if (e->unread) {
        fputs("nobody answers\n", out);
        return;
    }
    if (e->kind > DMA_SS_5)
        fprintf(out, "0x%016" PRIx64 "_%016" PRIx64, e->word[1], e->word[0]);
    else
        fprintf(out, "0x%016" PRIx64, e->word[0]);
    for (unsigned bit = 0; bit < 64; bit++)
        if ((e->word[0] >> bit & 1) && dma_bit_name(e, 0, bit) != NULL &&
            !(e->kind == DMA_CONTEXT && (bit == 2 || bit == 3)))
            fprintf(out, " %s", dma_bit_name(e, 0, bit));
    if (e->kind == DMA_CONTEXT)
        fprintf(out, " T %u AW %u DID %u", dma_type(e), dma_width(e),
                (unsigned)(e->word[1] >> 8 & 0xFFFF));
    fputc('\n', out);
}

/* --- checks and answers --- */

static void print_rules(FILE *out, const struct dma_sight *s)
{
    fputs("checks, in order (VT-d):\n", out);
    for (unsigned i = 0; i < dma_rule_count; i++) {
        const struct dma_rule *r = &dma_rules[i];
        bool denies;

        if (!dma_asked(s, r))
            continue;
        denies = r->denies(s);
        if (r->quiet && !denies)
            continue;
        fprintf(out, "  %-6s %s (%Xh, %s): ", denies ? "DENIES" : "passes", r->name, r->reason,
                r->section);
        r->words(out, s);
        fputc('\n', out);
        if (!denies)
            continue;
        if (r->of_fpd && (dma_entry_of(s, DMA_CONTEXT)->word[0] & 2))
            fputs("         not recorded: FPD = 1 in the context entry\n", out);
        return;
    }
}

static void print_answer(FILE *out, const struct explain_dma_answer *a)
{
    if (a->blocked)
        fprintf(out, "blocked, %Xh (%s)", a->reason, explain_dma_reason(a->reason));
    else
        fprintf(out, "address 0x%" PRIx64, a->pa);
}

static void print_side(FILE *out, const char *who, const struct dma_sight *s,
                       const struct explain_dma_answer *a, uint8_t hit)
{
    static const char *const hits[] = {"", ", by a cached context entry,", ", from the IOTLB,",
                                       ", from the IOTLB,"};

    fprintf(out, "%s%s says ", who, hits[hit & 3]);
    if (dma_same(a, &s->answer)) {
        fputs("the same.\n", out);
        return;
    }
    print_answer(out, a);
    fputs(". That would be right\n", out);
    dma_suppose(out, s->q, a);
}

/* Both answers are right: how did the sides come by them? */
static void print_way(FILE *out, const struct explain_dma_query *q)
{
    static const struct {
        const char *field, *words;
    } rows[] = {{"hit", "which of the context cache and the IOTLB had it"},
                {"psc", "which paging-structure caches had a part of the walk"},
                {"page_log2", "the size of the page that was answered"},
                {"latency", "when it was answered"},
                {"recorded", "whether the fault was recorded"},
                {"record", "an entry that one side read and the other one did not"},
                {"addr", "which entry was read"}};

    for (size_t i = 0; q->differs != NULL && i < sizeof(rows) / sizeof(rows[0]); i++)
        if (strcmp(q->differs, rows[i].field) == 0)
            fprintf(out, "What differs is %s.\n", rows[i].words);
}

void explain_dma(FILE *out, const struct explain_dma_query *q)
{
    static const char *const types[] = {"", ", a translation request", ", translated", ", AT 3"};
    struct dma_sight s = dma_sight_of(q, (struct dma_turn){0});

    fprintf(out, "why: %s of 0x%" PRIx64 " by %02x:%02x.%x%s, root table 0x%" PRIx64 "\n",
            q->request.write ? "write" : "read", q->request.address, q->request.sid >> 8,
            q->request.sid >> 3 & 31, q->request.sid & 7, types[q->request.at & 3],
            q->root & ~UINT64_C(0xFFF));
    for (unsigned i = 0; i < s.count; i++)
        print_entry(out, &s.entry[i]);
    print_rules(out, &s);
    fputs("so the tables give ", out);
    print_answer(out, &s.answer);
    fputs(".\n", out);
    if (q->has_model)
        print_side(out, "The model", &s, &q->model, q->model_hit);
    if (q->has_rtl)
        print_side(out, "The RTL", &s, &q->rtl, q->rtl_hit);
    if (q->has_model && q->has_rtl && dma_same(&q->rtl, &q->model))
        print_way(out, q);
}
