// SPDX-License-Identifier: Apache-2.0
// What this host does where the SDM leaves a result undefined: counted, never judged.
#include <stdio.h>

#include "oracle.h"

static const uint64_t flag_bits[6] = {FL_CF, FL_PF, FL_AF, FL_ZF, FL_SF, FL_OF};
static const char *const flag_names[6] = {"CF", "PF", "AF", "ZF", "SF", "OF"};

static void note(struct seen *s, uint64_t before, uint64_t host, uint64_t model, uint64_t ones)
{
    s->cases++;
    s->as_model += host == model;
    s->unchanged += host == before;
    s->zero += host == 0;
    s->one += host == ones;
}

static uint64_t read_bytes(const uint8_t *pages, uint64_t va, unsigned bytes)
{
    uint64_t v = 0;

    for (unsigned i = 0; i < bytes; i++) {
        const uint8_t *at = memory_at((uint8_t *)(uintptr_t)pages, va + i);

        v |= (uint64_t)(at ? *at : 0) << i * 8;
    }
    return v;
}

static void note_value(struct sightings *s, const struct trial *t, const struct pair *p,
                       const struct undefined *u)
{
    unsigned gpr = 0;

    if (u->dest_bytes) {
        uint64_t h = read_bytes(p->host_pages, u->dest_va, u->dest_bytes);

        note(&s->value[u->row], ~h, h, read_bytes(p->model_pages, u->dest_va, u->dest_bytes), ~h);
        return;
    }
    while (!(u->gprs >> gpr & 1))
        gpr++;
    note(&s->value[u->row], t->start.gpr[gpr], p->host->regs.gpr[gpr], p->model->regs.gpr[gpr],
         ~p->host->regs.gpr[gpr]);
}

void undefined_note(struct sightings *s, const struct trial *t, const struct pair *p,
                    const struct undefined *u)
{
    for (unsigned i = 0; i < 6; i++) {
        uint64_t bit = flag_bits[i];

        if (u->flags & bit)
            note(&s->flag[u->row][i], t->start.rflags & bit, p->host->regs.rflags & bit,
                 p->model->regs.rflags & bit, bit);
    }
    if (u->dest)
        note_value(s, t, p, u);
}

static void print_seen(const char *row, const char *what, const struct seen *s)
{
    const char *verdict = s->as_model == s->cases    ? "as the model"
                          : s->unchanged == s->cases ? "unchanged"
                          : s->zero == s->cases      ? "0"
                          : s->one == s->cases       ? "1"
                                                     : "otherwise";

    if (s->cases)
        printf("%-28s %-6s %-13s %8llu %9llu %9llu %8llu %8llu\n", row, what, verdict,
               (unsigned long long)s->cases, (unsigned long long)s->as_model,
               (unsigned long long)s->unchanged, (unsigned long long)s->zero,
               (unsigned long long)s->one);
}

void undefined_print(const struct sightings *s)
{
    printf("%-28s %-6s %-13s %8s %9s %9s %8s %8s\n", "undefined in the SDM", "what", "this host",
           "cases", "as model", "unchanged", "zero", "one");
    for (enum undefined_row row = U_NONE + 1; row < U_ROWS; row++) {
        for (unsigned i = 0; i < 6; i++)
            print_seen(undefined_row_name(row), flag_names[i], &s->flag[row][i]);
        print_seen(undefined_row_name(row), "value", &s->value[row]);
    }
}
