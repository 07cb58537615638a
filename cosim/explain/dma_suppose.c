// SPDX-License-Identifier: Apache-2.0
// Which single input, turned, makes another answer right?
#include "dma_sight.h"

#include <stddef.h>

#define SHOWN 6

struct suppose {
    FILE *out;
    const struct explain_dma_answer *answer;
    bool walked; /* where the RTL's walk read counts */
    unsigned found;
};

/* Is this one right? Then the line begins. */
static bool tell(struct suppose *s, const struct explain_dma_query *q, struct dma_turn turn)
{
    struct dma_sight seen = dma_sight_of(q, turn);

    if (!dma_same(&seen.answer, s->answer) || (s->walked && !dma_read_alike(&seen)) ||
        s->found++ >= SHOWN)
        return false;
    fputs(s->found == 1 ? "    if " : "    or ", s->out);
    return true;
}

static void suppose_request(struct suppose *s, const struct explain_dma_query *q)
{
    static const struct dma_turn none;
    struct explain_dma_query twin = *q;

    twin.request.write = !q->request.write;
    if (tell(s, &twin, none))
        fprintf(s->out, "it were a %s\n", twin.request.write ? "write" : "read");
    for (uint8_t at = 0; at < 3; at++) {
        twin = *q;
        twin.request.at = at;
        if (at != q->request.at && tell(s, &twin, none))
            fprintf(s->out, "AT were %u\n", at);
    }
    twin = *q;
    twin.request.zero_length = !q->request.zero_length;
    if (tell(s, &twin, none))
        fprintf(s->out, "it were of %s\n", twin.request.zero_length ? "no bytes" : "some bytes");
    for (unsigned bit = 0; bit < 16; bit++) {
        twin = *q;
        twin.request.sid = (uint16_t)(q->request.sid ^ 1u << bit);
        if (tell(s, &twin, none))
            fprintf(s->out, "bit %u of the source-id were %u\n", bit, twin.request.sid >> bit & 1);
    }
    for (unsigned bit = 12; bit < 64; bit++) {
        twin = *q;
        twin.request.address ^= UINT64_C(1) << bit;
        if (tell(s, &twin, none))
            fprintf(s->out, "bit %u of the address were %u\n", bit,
                    (unsigned)(twin.request.address >> bit & 1));
    }
}

static void suppose_unit(struct suppose *s, const struct explain_dma_query *q)
{
    static const struct dma_turn none;
    static const struct {
        const char *name;
        size_t at;
    } rows[] = {{"ECAP.DT", offsetof(struct explain_unit, device_tlbs)},
                {"ECAP.PT", offsetof(struct explain_unit, pass_through)},
                {"CAP.ZLR", offsetof(struct explain_unit, zero_length_reads)},
                {"2-MByte pages in CAP.SSLPS", offsetof(struct explain_unit, large_2m)},
                {"1-GByte pages in CAP.SSLPS", offsetof(struct explain_unit, large_1g)},
                {"3-level tables in CAP.SAGAW", offsetof(struct explain_unit, levels[3])},
                {"4-level tables in CAP.SAGAW", offsetof(struct explain_unit, levels[4])},
                {"5-level tables in CAP.SAGAW", offsetof(struct explain_unit, levels[5])}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct explain_dma_query twin = *q;
        bool *flag = (bool *)((char *)&twin.unit + rows[i].at);

        *flag = !*flag;
        if (tell(s, &twin, none))
            fprintf(s->out, "%s were %u\n", rows[i].name, *flag);
    }
}

static void suppose_root(struct suppose *s, const struct explain_dma_query *q)
{
    static const struct dma_turn none;

    for (unsigned bit = 10; bit < 64; bit++) {
        struct explain_dma_query twin = *q;

        twin.root ^= UINT64_C(1) << bit;
        if (tell(s, &twin, none))
            fprintf(s->out, "bit %u of RTADDR were %u\n", bit, (unsigned)(twin.root >> bit & 1));
    }
}

static void suppose_habits(struct suppose *s, const struct explain_dma_query *q)
{
    if (tell(s, q, (struct dma_turn){.habit = DMA_LEAF_RIGHTS}))
        fputs("R and W of the last entry alone counted\n", s->out);
    if (tell(s, q, (struct dma_turn){.habit = DMA_NO_RESERVED}))
        fputs("reserved bits did not count\n", s->out);
}

/* Bits that have a name, or those of addresses and of nothing. */
static void suppose_entries(struct suppose *s, const struct explain_dma_query *q, bool named)
{
    struct dma_sight seen = dma_sight_of(q, (struct dma_turn){0});

    for (unsigned i = 0; i < seen.count; i++) {
        const struct dma_entry *e = &seen.entry[i];
        unsigned words = e->kind <= DMA_SS_5 ? 1 : 2;

        for (unsigned bit = 0; bit < 64 * words; bit++) {
            struct dma_turn turn = {
                .addr = e->addr, .word = bit / 64, .mask = UINT64_C(1) << bit % 64};
            const char *name = dma_bit_name(e, turn.word, bit % 64);

            if ((name != NULL) != named || !tell(s, q, turn))
                continue;
            fprintf(s->out, "bit %u", bit);
            if (named)
                fprintf(s->out, " (%s)", name);
            fprintf(s->out, " of the %s were %u\n", dma_entry_name(e),
                    (unsigned)(~e->word[turn.word] >> bit % 64 & 1));
        }
    }
}

void dma_suppose(FILE *out, const struct explain_dma_query *q,
                 const struct explain_dma_answer *answer)
{
    struct suppose s = {
        .out = out, .answer = answer, .walked = answer == &q->rtl && q->rtl_reads != 0};

    suppose_unit(&s, q);
    suppose_habits(&s, q);
    suppose_entries(&s, q, true);
    suppose_request(&s, q);
    suppose_root(&s, q);
    suppose_entries(&s, q, false);
    if (s.found == 0)
        fputs("    no single input, turned, makes it right\n", out);
    if (s.found > SHOWN)
        fprintf(out, "    and %u more\n", s.found - SHOWN);
}
