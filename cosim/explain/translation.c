// SPDX-License-Identifier: Apache-2.0
// The page that a reader of a report gets: walk, rights, checks, answers.
#include <inttypes.h>
#include <string.h>

#include "sight.h"

/* --- entries by name --- */

const char *explain_entry_name(unsigned level)
{
    static const char *const names[] = {"?", "PTE", "PDE", "PDPTE", "PML4E", "PML5E"};

    return names[level <= ENTRY_LEVELS ? level : 0];
}

const char *explain_bit_name(const struct entry_format *f, const struct sight_level *l,
                             unsigned bit)
{
    static const char *const low[] = {"P", "R/W", "U/S", "PWT", "PCD", "A"};
    bool page = l->role == ROLE_PAGE;

    if (bit < 6)
        return low[bit];
    if (bit == 6)
        return page ? "D" : NULL;
    if (bit == 7)
        return l->number == 1 ? "PAT" : "PS";
    if (bit == 8)
        return page ? "G" : NULL;
    if (bit == 12 && page && l->number > 1)
        return "PAT";
    if (f->mode->bytes == 8 && bit == 63)
        return "XD";
    return f->mode->keys && page && bit >= 59 && bit <= 62 ? "key" : NULL;
}

static void print_level(FILE *out, const struct sight *s, const struct sight_level *l)
{
    const struct entry_mode *m = s->format.mode;
    unsigned index = (unsigned)((l->addr - (l->addr & ~UINT64_C(0xFFF))) / m->bytes);

    fprintf(out, "  %-5s [%3u] at 0x%010" PRIx64 "  0x%0*" PRIx64 " ",
            explain_entry_name(l->number), index, l->addr, (int)m->bytes * 2, l->value);
    for (unsigned bit = 0; bit < 64; bit++) {
        const char *name = explain_bit_name(&s->format, l, bit);

        if ((l->value >> bit & 1) && name != NULL && name[0] != 'k')
            fprintf(out, " %s", name);
    }
    if (l->role == ROLE_PAGE && m->keys)
        fprintf(out, " key %u", s->rights.key);
    switch (l->role) {
    case ROLE_ABSENT:
        fputs("  (not present)", out);
        break;
    case ROLE_RESERVED:
        fputs("  (reserved bits)", out);
        break;
    case ROLE_TABLE:
        fprintf(out, "  -> table 0x%" PRIx64, entry_table(&s->format, l->value));
        break;
    case ROLE_PAGE:
        fprintf(out, "  -> page 0x%" PRIx64 " of 2^%u bytes",
                entry_page(&s->format, l->number, l->value, 0), entry_shift(m, l->number));
        break;
    }
    fputc('\n', out);
}

/* --- answers --- */

static void print_code_bits(FILE *out, uint32_t code)
{
    static const char *const names[] = {"P", "W/R", "U/S", "RSVD", "I/D", "PK"};

    for (unsigned bit = 0; bit < sizeof(names) / sizeof(names[0]); bit++)
        if (code >> bit & 1)
            fprintf(out, " %s", names[bit]);
}

static void print_error_code(FILE *out, uint32_t code)
{
    fprintf(out, "#PF(0x%" PRIx32 ":", code);
    print_code_bits(out, code);
    fputs(code == 0 ? " not present)" : ")", out);
}

static void print_answer(FILE *out, const struct legality_answer *a)
{
    if (a->fault)
        print_error_code(out, a->error_code);
    else
        fprintf(out, "physical address 0x%" PRIx64, a->pa);
}

static void print_rules(FILE *out, const struct sight *s)
{
    fputs("checks, in order (SDM Vol. 3A):\n", out);
    for (unsigned i = 0; i < explain_rule_count; i++) {
        const struct explain_rule *r = &explain_rules[i];

        if (!r->asked(s))
            continue;
        fprintf(out, "  %-6s %s (%s): ", r->denies(s) ? "DENIES" : "passes", r->name, r->section);
        r->words(out, s);
        fputc('\n', out);
    }
}

/* In what two answers of one kind differ. */
static void print_turned(FILE *out, const struct legality_answer *a,
                         const struct legality_answer *b)
{
    uint64_t bits = a->pa ^ b->pa;

    if (a->fault != b->fault)
        return;
    if (a->fault) {
        fputs(", other in", out);
        print_code_bits(out, a->error_code ^ b->error_code);
        return;
    }
    fprintf(out, ", other in bit%s", (bits & (bits - 1)) != 0 ? "s" : "");
    for (unsigned bit = 64; bit-- > 0;)
        if (bits >> bit & 1)
            fprintf(out, " %u", bit);
}

static void print_side(FILE *out, const char *who, const struct sight *s,
                       const struct legality_answer *a, bool cached)
{
    fprintf(out, "%s%s says ", who, cached ? ", from a TLB entry," : "");
    if (sight_same(a, &s->answer)) {
        fputs("the same.\n", out);
        return;
    }
    print_answer(out, a);
    print_turned(out, a, &s->answer);
    fputs(". That would be right\n", out);
    explain_suppose(out, s->q, a);
}

/* By PAT (SDM Vol. 3A 4.9) and by the MTRRs, which are not shown. */
static void print_types(FILE *out, const struct sight *s)
{
    static const char *const types[] = {"UC", "WC", "type 2", "type 3", "WT", "WP", "WB", "UC-"};
    const struct explain_query *q = s->q;
    const struct sight_level *l = sight_last(s);

    if (q->rtl.memtype == q->model.memtype)
        return;
    fprintf(out,
            "Memory type: the RTL %s, the model %s; entry %u of the PAT by the %s, with what the "
            "MTRRs say of the address.\n",
            types[q->rtl.memtype & 7], types[q->model.memtype & 7], entry_pat(l->number, l->value),
            explain_entry_name(l->number));
}

/* Both answers are right: how did the sides come by them? */
static void print_way(FILE *out, const struct explain_query *q)
{
    static const struct {
        const char *field, *words;
    } rows[] = {{"hit", "that one side had it in a TLB and the other one not"},
                {"psc", "which paging-structure caches had a part of the walk"},
                {"page_log2", "the size of the page that was answered"},
                {"latency", "when it was answered"},
                {"rsp_valid_o", "when it was answered"},
                {"record", "an entry that one side read or wrote and the other one did not"},
                {"addr", "which entry was read or written"},
                {"kind", "how an entry was read or written"},
                {"value", "what an entry was, or became"}};

    for (size_t i = 0; q->differs != NULL && i < sizeof(rows) / sizeof(rows[0]); i++)
        if (strcmp(q->differs, rows[i].field) == 0)
            fprintf(out, "What differs is %s.\n", rows[i].words);
}

static void print_request(FILE *out, const struct sight *s)
{
    static const char *const kinds[] = {"fetch", "read", "write"};
    const struct explain_query *q = s->q;

    fprintf(out, "why: %s%s %s of 0x%" PRIx64 ", %s paging, ",
            q->access.implicit ? "implicit " : "", q->access.user ? "user" : "supervisor",
            kinds[q->access.kind], q->access.va, s->format.mode->name);
    if (s->format.mode->roots4)
        fprintf(out, "PDPTE register %u = 0x%" PRIx64 "\n",
                entry_root_number(s->format.mode, q->access.va),
                q->registers.pdpte[entry_root_number(s->format.mode, q->access.va)]);
    else
        fprintf(out, "CR3 0x%" PRIx64 "\n", q->registers.cr3);
}

void explain_translation(FILE *out, const struct explain_query *q)
{
    struct sight s = sight_of(q, (struct sight_turn){0});

    if (s.format.mode->levels == 0)
        return;
    print_request(out, &s);
    for (unsigned i = 0; i < s.count; i++)
        print_level(out, &s, &s.level[i]);
    print_rules(out, &s);
    fputs("so the tables give ", out);
    print_answer(out, &s.answer);
    fputs(".\n", out);
    if (q->has_model)
        print_side(out, "The model", &s, &q->model, q->model_cached);
    if (q->has_rtl)
        print_side(out, "The RTL", &s, &q->rtl, q->rtl_cached);
    if (q->has_model && q->has_rtl && !q->rtl.fault && !q->model.fault && sight_maps(&s))
        print_types(out, &s);
    if (q->has_model && q->has_rtl && sight_same(&q->rtl, &q->model))
        print_way(out, q);
}
