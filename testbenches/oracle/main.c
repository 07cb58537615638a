// SPDX-License-Identifier: Apache-2.0
// ./rw oracle: the golden model against the processor that runs it.
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "report.h"

enum { AGREED = 0, MISMATCH = 1, BAD_USE = 2 };

static const char usage[] =
    "usage: oracle [--seed N] [--cases N] [--first N] [--only MNEMONIC] [--list]\n"
    "              [--as NAME] [--undefined] [--drawn] [--keep-going] [--json FILE]\n"
    "Ring-3 instructions, one at a time, on this host's processor and on the golden model.\n"
    "  --seed N         what is tried (default 1)\n"
    "  --cases N        how many (default 100000)\n"
    "  --first N        number of the first one (default 0); with --cases 1, one case again\n"
    "  --only MNEMONIC  only the rows of this instruction\n"
    "  --list           the instruction table, and nothing else\n"
    "  --as NAME        the model leaves undefined results as this processor does, and nothing is\n"
    "                   excused as undefined: ringwalk, amd-25-17, intel-6-158. Without it: this\n"
    "                   host's name if it has one; otherwise ringwalk, undefined results excused\n"
    "  --undefined      excuse them, unless --as is given, and also: what this host does where the "
    "SDM leaves a result undefined\n"
    "  --drawn          carry out nothing: which instructions are drawn, in each mode, and which "
    "never?\n"
    "  --keep-going     past the first mismatch; the others in two lines each\n"
    "  --json FILE      the result as JSON; - is standard output\n"
    "exit: 0 agreed, 1 mismatch, 2 usage or no ptrace\n";

/* One case: its own random stream, so that --first reproduces it. */
static void make_trial(struct oracle *o, struct trial *t, uint64_t index, uint8_t *pages)
{
    struct rng r = rng_for(o->seed, index);

    do {
        memset(t, 0, sizeof *t);
        t->index = index;
        t->compat = rng_percent(&r, 30);
        if (!o->only && rng_percent(&r, 30))
            random_bytes(t, &r);
        else
            gen_bytes(t, pick_row(o, &r, t->compat), &r);
    } while (!law_admits(t) || (o->only && !t->decoded));
    memcpy(pages, o->pristine, PAGES * PAGE);
    aim(t, pages, &r);
}

/* False: stop, the report says why. */
static bool judge(struct oracle *o, const struct trial *t)
{
    struct outcome host, model;
    struct pair p = {&host, &model, host_pages(o->host), guest_pages(o->guest)};
    struct undefined u = {0}, excused;
    struct diff d;
    int row;

    if (!host_step(o->host, &t->start, &host)) {
        report_lost(o, t);
        return false;
    }
    guest_step(o->guest, &t->start, &model);
    if (model.vector < 0)
        u = law_undefined(t, model.regs.rflags);
    excused = u;
    if (o->exact && u.row != U_NONE) /* U_NONE: what no run of the model can know */
        excused = (struct undefined){0};
    report_count(o, t);
    if (!compare(t, &p, &excused, &d)) {
        undefined_note(&o->sightings, t, &p, &u);
        return true;
    }
    row = permitted(t, &p, host_is_amd(o->host));
    if (row >= 0) {
        o->permitted[row]++;
        return true;
    }
    report_mismatch(o, t, &p, &d);
    return o->keep_going;
}

static double now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static int run(struct oracle *o)
{
    double start = now();
    bool agreed = true;

    for (uint64_t i = 0; i < o->cases && agreed; i++) {
        struct trial t;

        make_trial(o, &t, o->first + i, host_pages(o->host));
        memcpy(guest_pages(o->guest), host_pages(o->host), PAGES * PAGE);
        agreed = judge(o, &t);
        report_progress(o);
    }
    agreed = agreed && !o->mismatches;
    o->seconds = now() - start;
    report_end(o, agreed);
    return agreed ? AGREED : MISMATCH;
}

static int draw(struct oracle *o)
{
    for (uint64_t i = 0; i < o->cases; i++) {
        struct trial t;

        make_trial(o, &t, o->first + i, guest_pages(o->guest));
        report_count(o, &t);
    }
    return report_drawn(o) ? AGREED : MISMATCH;
}

static bool number(const char *text, uint64_t *out)
{
    char *end;

    errno = 0;
    *out = strtoull(text, &end, 0);
    return *text >= '0' && *text <= '9' && *end == '\0' && errno == 0;
}

static int complain(const char *what, const char *detail)
{
    fprintf(stderr, "oracle: %s%s\n", what, detail);
    return BAD_USE;
}

static int list(void)
{
    for (unsigned i = 0; i < gen_rows(); i++)
        gen_row_print(i);
    return AGREED;
}

/* -1: go on; otherwise the exit status. */
static int parse(struct oracle *o, int argc, char **argv)
{
    static const struct option options[] = {
        {"seed", required_argument, NULL, 's'},  {"cases", required_argument, NULL, 'c'},
        {"first", required_argument, NULL, 'f'}, {"only", required_argument, NULL, 'o'},
        {"list", no_argument, NULL, 'l'},        {"undefined", no_argument, NULL, 'u'},
        {"drawn", no_argument, NULL, 'd'},       {"keep-going", no_argument, NULL, 'k'},
        {"json", required_argument, NULL, 'j'},  {"as", required_argument, NULL, 'a'},
        {"help", no_argument, NULL, 'h'},        {NULL, 0, NULL, 0}};
    int c;

    while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        uint64_t *target = c == 's' ? &o->seed : c == 'c' ? &o->cases : &o->first;

        if (c == 'h') {
            fputs(usage, stdout);
            return AGREED;
        }
        if (c == 'l')
            return list();
        if (c == '?')
            return complain("see --help", "");
        if (strchr("scf", c) && !number(optarg, target))
            return complain("not a number: ", optarg);
        if (c == 'a' && !rw_undefined_named(optarg, &o->as))
            return complain("--as takes ringwalk, amd-25-17 or intel-6-158, not ", optarg);
        o->exact |= c == 'a';
        if (c == 'o')
            o->only = optarg;
        if (c == 'j')
            o->json = optarg;
        o->undefined |= c == 'u';
        o->keep_going |= c == 'k';
        o->drawn |= c == 'd';
    }
    return optind < argc ? complain("unexpected argument: ", argv[optind]) : -1;
}

static int prepare(struct oracle *o)
{
    struct rng r = rng_for(o->seed, ~UINT64_C(0));
    const char *why;

    if (!choose_rows(o))
        return complain("no such instruction in --list: ", o->only);
    if (o->json && !report_open(o))
        return complain("cannot write ", o->json);
    o->host = o->drawn ? NULL : host_create(&why);
    if (!o->host && !o->drawn)
        return complain("not possible on this host: ", why);
    if (!o->exact && !o->undefined)
        o->exact = host_personality(&o->as);
    o->guest = guest_create(o->host ? host_tsc_aux(o->host) : 0, o->as);
    for (unsigned i = 0; i < PAGES * PAGE; i++)
        o->pristine[i] = i < DATA_PAGES * PAGE ? (uint8_t)rng_next(&r) : 0xcc;
    return o->guest ? -1 : complain("out of memory", "");
}

int main(int argc, char **argv)
{
    static struct oracle o = {.seed = 1, .cases = 100000};
    int end = parse(&o, argc, argv);

    if (end < 0)
        end = prepare(&o);
    if (end < 0)
        end = o.drawn ? draw(&o) : run(&o);
    if (o.guest)
        guest_destroy(o.guest);
    if (o.host)
        host_destroy(o.host);
    return end;
}
