// SPDX-License-Identifier: Apache-2.0
// An interrupt request: its entry, the checks in order as data, the answers, what would make
// another one right.
#include <inttypes.h>

#include "explain_dma.h"
#include "explain_interrupt.h"

#define IRTE_FPD UINT64_C(2)
#define SHOWN    6

/* One request as it is looked at. */
struct look {
    const struct explain_interrupt_query *q;
    bool read, unread;
    uint64_t at, entry[2];
    struct explain_interrupt_answer answer;
};

/* One bit of the entry turned; 128: none. */
#define AS_IT_IS 128

static bool wide(const struct explain_interrupt_query *q)
{
    return q->x2apic && (q->table & 0x800) != 0;
}

static bool remappable(const struct explain_interrupt_query *q)
{
    return (q->request.address & 0x10) != 0;
}

/* Handle and, with SHV, subhandle. */
static uint32_t index_of(const struct explain_interrupt_query *q)
{
    uint64_t a = q->request.address;
    uint32_t handle = (uint32_t)((a >> 5 & 0x7FFF) | (a >> 2 & 1) << 15);

    return a & 8 ? handle + (q->request.data & 0xFFFF) : handle;
}

static uint64_t reserved(const struct look *l, unsigned word)
{
    if (word == 1)
        return l->entry[1] & ~UINT64_C(0xFFFFF);
    return l->entry[0] & (UINT64_C(0xFF00F000) | (wide(l->q) ? 0 : UINT64_C(0xFFFF00FF) << 32));
}

/* --- the checks --- */

static bool format_denies(const struct look *l)
{
    return !remappable(l->q) && (wide(l->q) || !l->q->compatibility);
}

static void format_words(FILE *out, const struct look *l)
{
    fprintf(out, "%s format, GSTS.CFIS = %u, IRTA.EIME = %u",
            remappable(l->q) ? "remappable" : "compatibility", l->q->compatibility, wide(l->q));
}

static bool field_denies(const struct look *l)
{
    return l->q->request.data >> 16 != 0;
}

static void field_words(FILE *out, const struct look *l)
{
    fprintf(out, "data 31:16 = %04" PRIx32 "h", l->q->request.data >> 16);
}

static bool index_denies(const struct look *l)
{
    return index_of(l->q) >= UINT32_C(2) << (l->q->table & 15);
}

static void index_words(FILE *out, const struct look *l)
{
    fprintf(out, "%" PRIu32 " of %" PRIu32 " entries (IRTA.S = %u), SHV = %u", index_of(l->q),
            UINT32_C(2) << (l->q->table & 15), (unsigned)(l->q->table & 15),
            (unsigned)(l->q->request.address >> 3 & 1));
}

static bool read_denies(const struct look *l)
{
    return l->unread;
}

static void read_words(FILE *out, const struct look *l)
{
    fputs(l->unread ? "nobody answers there" : "read", out);
}

static bool present_denies(const struct look *l)
{
    return !(l->entry[0] & 1);
}

static void present_words(FILE *out, const struct look *l)
{
    fprintf(out, "P = %u", (unsigned)(l->entry[0] & 1));
}

static bool reserved_denies(const struct look *l)
{
    return reserved(l, 0) != 0 || reserved(l, 1) != 0;
}

static void reserved_words(FILE *out, const struct look *l)
{
    bool any = false;

    for (unsigned bit = 0; bit < 128; bit++)
        if (reserved(l, bit / 64) >> bit % 64 & 1) {
            fprintf(out, any ? " %u" : "set: %u", bit);
            any = true;
        }
    fputs(any ? "" : "none is set", out);
}

static bool source_denies(const struct look *l)
{
    static const unsigned ignored[] = {0, 4, 6, 7};
    unsigned sid = (unsigned)(l->entry[1] & 0xFFFF), bus = l->q->request.sid >> 8;

    switch (l->entry[1] >> 18 & 3) {
    case 0:
        return false;
    case 1:
        return ((sid ^ l->q->request.sid) & ~ignored[l->entry[1] >> 16 & 3]) != 0;
    case 2:
        return bus < sid >> 8 || bus > (sid & 0xFF);
    default:
        return true;
    }
}

static void source_words(FILE *out, const struct look *l)
{
    fprintf(out, "%04xh, SVT = %u, SQ = %u, SID = %04xh", l->q->request.sid,
            (unsigned)(l->entry[1] >> 18 & 3), (unsigned)(l->entry[1] >> 16 & 3),
            (unsigned)(l->entry[1] & 0xFFFF));
}

struct rule {
    uint8_t reason;
    bool of_entry, of_fpd;
    const char *name, *section;
    bool (*denies)(const struct look *l);
    void (*words)(FILE *out, const struct look *l);
};

#define REQUEST "\"Interrupt Requests in Remappable Format\""
#define ENTRY   "\"Interrupt Remapping Table Entry\""

static const struct rule rules[] = {
    {0x25, false, false, "format", "\"Interrupt Requests in Compatibility Format\"", format_denies,
     format_words},
    {0x20, false, false, "reserved field", REQUEST, field_denies, field_words},
    {0x21, false, false, "index", REQUEST, index_denies, index_words},
    {0x23, true, false, "entry", ENTRY, read_denies, read_words},
    {0x22, true, true, "entry present", ENTRY, present_denies, present_words},
    {0x24, true, true, "entry, reserved bits", ENTRY, reserved_denies, reserved_words},
    {0x26, true, true, "source-id", ENTRY, source_denies, source_words},
};
#define RULES (sizeof(rules) / sizeof(rules[0]))

/* Compatibility format that is let through has no more than the first. */
static bool asked(const struct look *l, const struct rule *r)
{
    return r == rules || (remappable(l->q) && (!r->of_entry || l->read));
}

static const struct rule *denied(const struct look *l, bool of_entry)
{
    for (size_t i = 0; i < RULES; i++)
        if (rules[i].of_entry == of_entry && asked(l, &rules[i]) && rules[i].denies(l))
            return &rules[i];
    return NULL;
}

/* --- the request --- */

static uint64_t remapped(const struct look *l)
{
    uint64_t e = l->entry[0], destination = wide(l->q) ? e >> 32 : e >> 40 & 0xFF;

    return UINT64_C(0xFEE00000) | (destination & 0xFF) << 12 | (destination >> 8) << 40 |
           (e >> 3 & 1) << 3 | (e >> 2 & 1) << 2;
}

static struct look look_at(const struct explain_interrupt_query *q, unsigned turned)
{
    struct look l = {.q = q};
    const struct rule *r = q->enabled ? denied(&l, false) : NULL;

    if (r == NULL && (!q->enabled || !remappable(q))) {
        l.answer =
            (struct explain_interrupt_answer){.through = true, .address = q->request.address};
        return l;
    }
    if (r == NULL) {
        l.read = true;
        l.at = (q->table & UINT64_C(0xFFFFFFFFFF000)) + 16 * (uint64_t)index_of(q);
        l.unread = !q->read(q->ctx, l.at, 16, l.entry);
        if (turned != AS_IT_IS)
            l.entry[turned / 64] ^= UINT64_C(1) << turned % 64;
        r = denied(&l, true);
    }
    if (r != NULL)
        l.answer = (struct explain_interrupt_answer){.blocked = true, .reason = r->reason};
    else
        l.answer = (struct explain_interrupt_answer){.address = remapped(&l)};
    return l;
}

static bool same(const struct explain_interrupt_answer *a, const struct explain_interrupt_answer *b)
{
    if (a->blocked || b->blocked)
        return a->blocked == b->blocked && a->reason == b->reason;
    return a->through == b->through && (a->through || a->address == b->address);
}

/* --- what would make another answer right --- */

struct suppose {
    FILE *out;
    const struct explain_interrupt_answer *answer;
    unsigned found;
};

static bool tell(struct suppose *s, const struct explain_interrupt_query *q, unsigned turned)
{
    struct look l = look_at(q, turned);

    if (!same(&l.answer, s->answer) || s->found++ >= SHOWN)
        return false;
    fputs(s->found == 1 ? "    if " : "    or ", s->out);
    return true;
}

static const char *entry_bit(unsigned bit)
{
    static const struct {
        unsigned low, high;
        const char *name;
    } fields[] = {{0, 0, "P"},     {1, 1, "FPD"},   {2, 2, "DM"},   {3, 3, "RH"},
                  {4, 4, "TM"},    {5, 7, "DLM"},   {15, 15, "IM"}, {16, 23, "vector"},
                  {32, 63, "DST"}, {64, 79, "SID"}, {80, 81, "SQ"}, {82, 83, "SVT"}};

    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        if (bit >= fields[i].low && bit <= fields[i].high)
            return fields[i].name;
    return "reserved";
}

static void suppose(FILE *out, const struct explain_interrupt_query *q,
                    const struct explain_interrupt_answer *answer)
{
    struct suppose s = {.out = out, .answer = answer};
    struct look l = look_at(q, AS_IT_IS);
    struct explain_interrupt_query twin = *q;

    twin.compatibility = !q->compatibility;
    if (tell(&s, &twin, AS_IT_IS))
        fprintf(out, "GSTS.CFIS were %u\n", twin.compatibility);
    twin = *q;
    twin.enabled = !q->enabled;
    if (tell(&s, &twin, AS_IT_IS))
        fprintf(out, "GSTS.IRES were %u\n", twin.enabled);
    for (unsigned bit = 0; l.read && bit < 128; bit++)
        if (tell(&s, q, bit))
            fprintf(out, "bit %u (%s) of the entry were %u\n", bit, entry_bit(bit),
                    (unsigned)(~l.entry[bit / 64] >> bit % 64 & 1));
    for (unsigned bit = 0; bit < 16; bit++) {
        twin = *q;
        twin.request.sid = (uint16_t)(q->request.sid ^ 1u << bit);
        if (tell(&s, &twin, AS_IT_IS))
            fprintf(out, "bit %u of the source-id were %u\n", bit, twin.request.sid >> bit & 1);
    }
    for (unsigned bit = 0; bit < 20; bit++) {
        twin = *q;
        twin.request.address ^= UINT64_C(1) << bit;
        if (tell(&s, &twin, AS_IT_IS))
            fprintf(out, "bit %u of the address were %u\n", bit,
                    (unsigned)(twin.request.address >> bit & 1));
    }
    for (unsigned bit = 0; bit < 32; bit++) {
        twin = *q;
        twin.request.data ^= UINT32_C(1) << bit;
        if (tell(&s, &twin, AS_IT_IS))
            fprintf(out, "bit %u of the data were %u\n", bit, twin.request.data >> bit & 1);
    }
    for (unsigned bit = 0; bit < 52; bit++) {
        twin = *q;
        twin.table ^= UINT64_C(1) << bit;
        if (tell(&s, &twin, AS_IT_IS))
            fprintf(out, "bit %u of IRTA were %u\n", bit, (unsigned)(twin.table >> bit & 1));
    }
    if (s.found == 0)
        fputs("    no single input, turned, makes it right\n", out);
    if (s.found > SHOWN)
        fprintf(out, "    and %u more\n", s.found - SHOWN);
}

/* --- the page --- */

static void print_answer(FILE *out, const struct explain_interrupt_answer *a)
{
    if (a->blocked)
        fprintf(out, "blocked, %Xh (%s)", a->reason, explain_dma_reason(a->reason));
    else if (a->through)
        fputs("let through as it is", out);
    else
        fprintf(out, "remapped to address 0x%" PRIx64, a->address);
}

static void print_side(FILE *out, const char *who, const struct look *l,
                       const struct explain_interrupt_answer *a)
{
    fprintf(out, "%s says ", who);
    if (same(a, &l->answer)) {
        fputs("the same.\n", out);
        return;
    }
    print_answer(out, a);
    fputs(". That would be right\n", out);
    suppose(out, l->q, a);
}

static void print_rules(FILE *out, const struct look *l)
{
    fputs("checks, in order (VT-d):\n", out);
    for (size_t i = 0; i < RULES; i++) {
        const struct rule *r = &rules[i];
        bool denies;

        if (!asked(l, r))
            continue;
        denies = r->denies(l);
        fprintf(out, "  %-6s %s (%Xh, %s): ", denies ? "DENIES" : "passes", r->name, r->reason,
                r->section);
        r->words(out, l);
        fputc('\n', out);
        if (!denies)
            continue;
        if (r->of_fpd && (l->entry[0] & IRTE_FPD))
            fputs("         not recorded: FPD = 1 in the entry\n", out);
        return;
    }
}

void explain_interrupt(FILE *out, const struct explain_interrupt_query *q)
{
    struct look l = look_at(q, AS_IT_IS);

    fprintf(out,
            "why: interrupt request 0x%" PRIx64 ", data 0x%08" PRIx32 ", by %02x:%02x.%x, table "
            "0x%" PRIx64 "\n",
            q->request.address, q->request.data, q->request.sid >> 8, q->request.sid >> 3 & 31,
            q->request.sid & 7, q->table & ~UINT64_C(0xFFF));
    if (!q->enabled)
        fputs("  interrupt remapping is off (GSTS.IRES = 0)\n", out);
    if (l.read)
        fprintf(out, "  entry %" PRIu32 " at 0x%" PRIx64 "  0x%016" PRIx64 "_%016" PRIx64 "\n",
                index_of(q), l.at, l.entry[1], l.entry[0]);
    if (q->enabled)
        print_rules(out, &l);
    fputs("so the table gives: ", out);
    print_answer(out, &l.answer);
    fputs(".\n", out);
    if (q->has_model)
        print_side(out, "The model", &l, &q->model);
    if (q->has_rtl)
        print_side(out, "The RTL", &l, &q->rtl);
}
