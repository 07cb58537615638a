// SPDX-License-Identifier: Apache-2.0
// See the header.
#include "gdb_monitor.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bundle.h"
#include "explain_state.h"
#include "options.h"
#include "report.h"
#include "scoreboard.h"
#include "system_words.h"

#define WORDS      6
#define PHYS_BYTES 4096

struct line {
    FILE *out;
    struct control *c;
    const struct gdb_options *o;
    char *word[WORDS];
    unsigned words;
};

/* A number, or a symbol of the program. */
static bool address(const struct line *l, unsigned n, uint64_t *value)
{
    if (n >= l->words) {
        fputs("an address is missing; monitor help lists what there is\n", l->out);
        return false;
    }
    if (symbols_place(l->o->symbols, l->word[n], value))
        return true;
    fprintf(l->out, "%s: is neither a number nor a symbol of the program\n", l->word[n]);
    return false;
}

static bool number(const struct line *l, unsigned n, uint64_t most, uint64_t *value)
{
    if (n >= l->words)
        return true;
    if (option_between(l->word[n], 1, most, value))
        return true;
    fprintf(l->out, "%s: is not a number from 1 to %" PRIu64 "\n", l->word[n], most);
    return false;
}

static void walk(const struct line *l)
{
    const struct scoreboard *sb = control_scoreboard(l->c);
    struct explain_query q = {.ctx = (void *)(uintptr_t)&sb->mem, .read = explain_read};
    struct rw_state state;

    control_state(l->c, &state);
    q.registers = explain_registers(&state, &sb->config.boot.cpuid);
    q.access.kind = LEGALITY_READ;
    q.access.user = state.regs.cpl == 3;
    q.access.ac = state.regs.rflags >> 18 & 1;
    if (!address(l, 1, &q.access.va))
        return;
    for (unsigned i = 2; i < l->words; i++) {
        const char *w = l->word[i];

        if (strcmp(w, "write") == 0)
            q.access.kind = LEGALITY_WRITE;
        else if (strcmp(w, "fetch") == 0)
            q.access.kind = LEGALITY_FETCH;
        else if (strcmp(w, "user") == 0)
            q.access.user = true;
        else if (strcmp(w, "supervisor") == 0)
            q.access.user = false;
        else if (strcmp(w, "read") != 0) {
            fprintf(l->out, "%s: is none of read, write, fetch, user, supervisor\n", w);
            return;
        }
    }
    if (state.sys.cr0 >> 31 & 1)
        explain_translation(l->out, &q);
    else
        fprintf(l->out, "paging is off (CR0.PG = 0): physical address 0x%" PRIx64 "\n",
                q.access.va);
}

static void why(const struct line *l)
{
    const char *text = control_why_text(l->c);

    if (control_scoreboard(l->c)->diff.failed)
        report_mismatch(l->out, control_result(l->c));
    else
        fputs(text == NULL ? "no exception so far, and no request of a device was blocked\n" : text,
              l->out);
}

static void wave(const struct line *l)
{
    uint64_t before = BUNDLE_CYCLES_BEFORE, after = BUNDLE_CYCLES_AFTER;

    if (number(l, 1, 1000000, &before) && number(l, 2, 1000000, &after))
        l->o->wave(l->o->ctx, l->out, l->c, before, after);
}

static void regs(const struct line *l)
{
    struct rw_state state;

    control_state(l->c, &state);
    words_system(l->out, &state);
    fprintf(l->out, "retirements %" PRIu64 ", cycle %" PRIu64 "\n", control_place(l->c),
            control_cycle(l->c));
}

static void phys(const struct line *l)
{
    uint8_t bytes[PHYS_BYTES];
    uint64_t pa, n = 64;
    size_t got;

    if (!address(l, 1, &pa) || !number(l, 2, PHYS_BYTES, &n))
        return;
    got = control_read_physical(l->c, pa, bytes, n);
    for (size_t i = 0; i < got; i++)
        fprintf(l->out, i % 16 == 0 ? "%s0x%010" PRIx64 ":  %02x" : "%.0s%.0" PRIu64 " %02x",
                i == 0 ? "" : "\n", i % 16 == 0 ? pa + i : 0, bytes[i]);
    if (got != 0)
        fputc('\n', l->out);
    if (got != n)
        fprintf(l->out, "0x%010" PRIx64 ": is not RAM\n", pa + got);
}

static void tlb(const struct line *l)
{
    const struct scoreboard *sb = control_scoreboard(l->c);

    if (sb->config.own_mmu)
        fputs("the MMU of this machine is not the model's: what it holds is not known\n", l->out);
    else
        words_caches(l->out, sb->ops->mmu(sb->model));
}

static void watch(const struct line *l)
{
    struct control_condition w = {.kind = CONTROL_WRITE_PHYSICAL};
    uint64_t bytes = 8;

    if (!address(l, 1, &w.address) || !number(l, 2, CONTROL_WATCH_BYTES, &bytes))
        return;
    w.bytes = (unsigned)bytes;
    if (strcmp(l->word[0], "unwatch") == 0)
        fputs(control_remove(l->c, &w) ? "no longer watched\n" : "that was not watched\n", l->out);
    else
        fputs(control_add(l->c, &w) ? "watched: continue stops behind a write there\n"
                                    : "there are too many conditions\n",
              l->out);
}

static void help(const struct line *l);

static const struct row {
    const char *name;
    void (*does)(const struct line *l);
    const char *help;
} rows[] = {
    {"walk", walk, "ADDR [read|write|fetch] [user|supervisor]   why it translates as it does"},
    {"why", why,
     "the last exception or blocked DMA, or the difference between the sides, explained"},
    {"wave", wave, "[BEFORE [AFTER]]   a bundle with the wave of the cycles around here"},
    {"regs", regs, "the system state in words"},
    {"phys", phys, "ADDR [BYTES]   physical memory"},
    {"tlb", tlb, "what the TLBs and the paging-structure caches hold"},
    {"watch", watch, "ADDR [BYTES]   stop behind a write there, by physical address"},
    {"unwatch", watch, "ADDR [BYTES]   no longer"},
    {"help", help, "this"},
};

static void help(const struct line *l)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        fprintf(l->out, "monitor %-8s %s\n", rows[i].name, rows[i].help);
}

void gdb_monitor(FILE *out, struct control *c, const struct gdb_options *o, const char *text)
{
    struct line l = {.out = out, .c = c, .o = o};
    char *copy = strdup(text), *rest = NULL;

    if (copy == NULL) {
        fputs("out of memory\n", out);
        return;
    }
    for (char *w = strtok_r(copy, " \t\n", &rest); w != NULL && l.words < WORDS;
         w = strtok_r(NULL, " \t\n", &rest))
        l.word[l.words++] = w;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (l.words != 0 && strcmp(l.word[0], rows[i].name) == 0) {
            rows[i].does(&l);
            free(copy);
            return;
        }
    fprintf(out, "monitor %s: there is no such thing; monitor help lists what there is\n",
            l.words == 0 ? "" : l.word[0]);
    free(copy);
}
