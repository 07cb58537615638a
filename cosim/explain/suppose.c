// SPDX-License-Identifier: Apache-2.0
// Which single input, turned, makes another answer right? What a broken design looks at wrongly is
// mostly among them: a register's bit, a bit of an entry, of the tag that was compared.
#include <inttypes.h>
#include <string.h>

#include "sight.h"

#define SHOWN 6

struct suppose {
    FILE *out;
    const struct legality_answer *answer;
    bool walked; /* where the RTL's walk read counts */
    unsigned found;
};

static const struct {
    const char *name;
    size_t at; /* of the 64 bits in struct legality_registers */
    uint64_t bit;
} register_bits[] = {
    {"CR0.WP", offsetof(struct legality_registers, cr0), CR0_WP},
    {"CR4.PSE", offsetof(struct legality_registers, cr4), CR4_PSE},
    {"CR4.SMEP", offsetof(struct legality_registers, cr4), CR4_SMEP},
    {"CR4.SMAP", offsetof(struct legality_registers, cr4), CR4_SMAP},
    {"CR4.PKE", offsetof(struct legality_registers, cr4), CR4_PKE},
    {"CR4.PKS", offsetof(struct legality_registers, cr4), CR4_PKS},
    {"CR4.LA57", offsetof(struct legality_registers, cr4), CR4_LA57},
    {"EFER.NXE", offsetof(struct legality_registers, efer), EFER_NXE},
};

static bool gives(const struct suppose *s, const struct explain_query *q, struct sight_turn turn)
{
    struct sight seen = sight_of(q, turn);

    return sight_same(&seen.answer, s->answer) && (!s->walked || sight_read_alike(&seen));
}

/* Is this one right? Then the line begins. */
static bool tell(struct suppose *s, const struct explain_query *q, struct sight_turn turn)
{
    if (!gives(s, q, turn) || s->found++ >= SHOWN)
        return false;
    fprintf(s->out, s->found == 1 ? "    if " : "    or ");
    return true;
}

static void turn_bit(uint64_t *word, uint64_t bit)
{
    *word ^= bit;
}

static void suppose_access(struct suppose *s, const struct explain_query *q)
{
    static const char *const kinds[] = {"a fetch", "a read", "a write"};
    static const struct sight_turn none;
    struct explain_query twin = *q;

    twin.access.ac = !q->access.ac;
    if (tell(s, &twin, none))
        fprintf(s->out, "RFLAGS.AC were %u\n", twin.access.ac);
    twin = *q;
    twin.access.user = !q->access.user;
    if (tell(s, &twin, none))
        fprintf(s->out, "the access were a %s one\n", twin.access.user ? "user" : "supervisor");
    twin = *q;
    twin.access.implicit = !q->access.implicit;
    if (!q->access.user && tell(s, &twin, none))
        fprintf(s->out, "the access were %s\n", twin.access.implicit ? "implicit" : "explicit");
    for (enum legality_kind kind = LEGALITY_FETCH; kind <= LEGALITY_WRITE; kind++) {
        twin = *q;
        twin.access.kind = kind;
        if (kind != q->access.kind && tell(s, &twin, none))
            fprintf(s->out, "it were %s\n", kinds[kind]);
    }
}

static void suppose_registers(struct suppose *s, const struct explain_query *q)
{
    static const struct sight_turn none;
    struct explain_query twin;

    for (size_t i = 0; i < sizeof(register_bits) / sizeof(register_bits[0]); i++) {
        uint64_t *word;

        twin = *q;
        word = (uint64_t *)((char *)&twin.registers + register_bits[i].at);
        turn_bit(word, register_bits[i].bit);
        if (tell(s, &twin, none))
            fprintf(s->out, "%s were %u\n", register_bits[i].name,
                    (*word & register_bits[i].bit) != 0);
    }
    for (unsigned bit = 0; bit < 32; bit++) {
        twin = *q;
        twin.registers.pkru ^= UINT32_C(1) << bit;
        if (tell(s, &twin, none))
            fprintf(s->out, "PKRU.%s of key %u were %u\n", bit & 1 ? "WD" : "AD", bit / 2,
                    twin.registers.pkru >> bit & 1);
        twin = *q;
        twin.registers.pkrs ^= UINT32_C(1) << bit;
        if (tell(s, &twin, none))
            fprintf(s->out, "PKRS.%s of key %u were %u\n", bit & 1 ? "WD" : "AD", bit / 2,
                    twin.registers.pkrs >> bit & 1);
    }
}

static void suppose_features(struct suppose *s, const struct explain_query *q)
{
    static const struct sight_turn none;
    struct explain_query twin = *q;

    twin.registers.no_pat = !q->registers.no_pat;
    if (tell(s, &twin, none))
        fprintf(s->out, "PAT were %s\n", twin.registers.no_pat ? "away" : "there");
    twin = *q;
    twin.registers.no_pse36 = !q->registers.no_pse36;
    if (tell(s, &twin, none))
        fprintf(s->out, "PSE-36 were %s\n", twin.registers.no_pse36 ? "away" : "there");
    twin = *q;
    twin.registers.no_page1gb = !q->registers.no_page1gb;
    if (tell(s, &twin, none))
        fprintf(s->out, "1-GByte pages were %s\n", twin.registers.no_page1gb ? "away" : "there");
}

static void suppose_habits(struct suppose *s, const struct explain_query *q)
{
    static const struct {
        enum sight_habit habit;
        const char *words;
    } habits[] = {{HABIT_LEAF_US, "U/S of the last entry alone counted"},
                  {HABIT_LEAF_RW, "R/W of the last entry alone counted"},
                  {HABIT_LEAF_XD, "XD of the last entry alone counted"},
                  {HABIT_RESERVED, "reserved bits did not count"},
                  {HABIT_KEYS, "protection keys counted outside 4-level and 5-level paging"}};

    for (size_t i = 0; i < sizeof(habits) / sizeof(habits[0]); i++)
        if (tell(s, q, (struct sight_turn){.habit = habits[i].habit}))
            fprintf(s->out, "%s\n", habits[i].words);
}

/* Bits that have a name, or those of addresses and of nothing. */
static void suppose_entries(struct suppose *s, const struct explain_query *q, bool named)
{
    struct sight seen = sight_of(q, (struct sight_turn){0});
    const struct entry_mode *m = seen.format.mode;

    for (unsigned i = 0; i < seen.count; i++)
        for (unsigned bit = 0; bit < 8 * m->bytes; bit++) {
            const struct sight_level *l = &seen.level[i];
            const char *name = explain_bit_name(&seen.format, l, bit);

            if ((name != NULL) != named ||
                !tell(s, q, (struct sight_turn){.addr = l->addr, .mask = UINT64_C(1) << bit}))
                continue;
            fprintf(s->out, "bit %u", bit);
            if (named)
                fprintf(s->out, " (%s)", name);
            fprintf(s->out, " of the %s were %u\n", explain_entry_name(l->number),
                    (unsigned)(~l->value >> bit & 1));
        }
}

/* What a TLB or a walk goes by: the page of another address, another root. */
static void suppose_addresses(struct suppose *s, const struct explain_query *q)
{
    static const struct sight_turn none;
    struct sight seen = sight_of(q, none);
    const struct entry_mode *m = seen.format.mode;
    struct explain_query twin;

    for (unsigned bit = 12; bit < m->va_bits; bit++) {
        twin = *q;
        twin.access.va ^= UINT64_C(1) << bit;
        if (tell(s, &twin, none))
            fprintf(s->out, "bit %u of the linear address were %u\n", bit,
                    (unsigned)(twin.access.va >> bit & 1));
    }
    for (unsigned bit = 12; bit < 52; bit++) {
        uint64_t *root;

        twin = *q;
        root = m->roots4 ? &twin.registers.pdpte[entry_root_number(m, q->access.va)]
                         : &twin.registers.cr3;
        turn_bit(root, UINT64_C(1) << bit);
        if (tell(s, &twin, none))
            fprintf(s->out, "bit %u of %s were %u\n", bit, m->roots4 ? "the PDPTE register" : "CR3",
                    (unsigned)(*root >> bit & 1));
    }
}

void explain_suppose(FILE *out, const struct explain_query *q, const struct legality_answer *answer)
{
    struct suppose s = {
        .out = out, .answer = answer, .walked = answer == &q->rtl && q->rtl_reads != 0};

    suppose_access(&s, q);
    suppose_registers(&s, q);
    suppose_features(&s, q);
    suppose_habits(&s, q);
    suppose_entries(&s, q, true);
    suppose_addresses(&s, q);
    suppose_entries(&s, q, false);
    if (s.found == 0)
        fputs("    no single input, turned, makes it right\n", out);
    if (s.found > SHOWN)
        fprintf(out, "    and %u more\n", s.found - SHOWN);
}
