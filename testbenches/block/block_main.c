// SPDX-License-Identifier: Apache-2.0
// Command line of a block bench (ringwalk mmu, iommu, bus).
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "block.h"
#include "block_report.h"
#include "bundle.h"
#include "options.h"
#include "snapshot.h"
#include "vtd_option.h"
#include "walk_diff.h"
#include "wave_records.h"

#define STATUS_USAGE   2
#define LOG_BYTES      (48 * 1024)
#define DEFAULT_NUMBER 200000
#define DEFAULT_WAITS  2

enum {
    OPT_REQUESTS = OPT_OWN,
    OPT_EVERY,
    OPT_ONE_IN,
    OPT_VTD,
    OPT_LEGALITY,
    OPT_LACKS,
    OPT_IN_FLIGHT,
    OPT_OWN_RTL
};

static const struct option options[] = {{"requests", required_argument, NULL, OPT_REQUESTS},
                                        {"every", no_argument, NULL, OPT_EVERY},
                                        {"one-in", required_argument, NULL, OPT_ONE_IN},
                                        {"vtd", required_argument, NULL, OPT_VTD},
                                        {"legality", optional_argument, NULL, OPT_LEGALITY},
                                        {"lacks", required_argument, NULL, OPT_LACKS},
                                        {"in-flight", required_argument, NULL, OPT_IN_FLIGHT},
                                        {"own-rtl", no_argument, NULL, OPT_OWN_RTL},
                                        COMMON_ROWS};

static const char help[] = "  --requests N            (200000)\n";
static const char help_every[] =
    "  --every                 whole products of all factors, instead of requests at random\n";
static const char help_one_in[] = "  --one-in N              with --every: of all cases every "
                                  "N-th, and all near the good one (1)\n";
static const char help_legality[] =
    "  --legality[=only]       the legality oracle judges every translation too; only: it alone\n";
static const char help_rtl[] =
    "  --rtl DIR               an RTL of your own, by DIR/ringwalk.ini (docs/your-own-*.md)\n"
    "  --rtl-build DIR         where it is built ($XDG_CACHE_HOME/ringwalk)\n";
static const char help_lacks[] =
    "  --lacks LIST            what the RTL lacks, in the words of its declaration\n";
static const char help_vtd[] =
    "  --vtd LIST              what the IOMMU is to lack: -ir,-57; records=N\n";

struct command {
    struct block_options run;
    struct common_options common;
    char **argv; /* the whole command line */
    int argc;
};

static int refuse(const char *what, const char *value)
{
    fprintf(stderr, "ringwalk %s: %s%s; --help lists the options\n", block_name, what, value);
    return STATUS_USAGE;
}

static int take_legality(struct command *c, const char *how)
{
    if (!block_has_legality)
        return 1 + refuse("no option of this block: ", "--legality");
    if (how != NULL && strcmp(how, "only") != 0)
        return 1 + refuse("--legality takes 'only' or nothing: ", how);
    c->run.legality = how == NULL ? BLOCK_LEGALITY_TOO : BLOCK_LEGALITY_ONLY;
    return 0;
}

static int take_in_flight(struct command *c)
{
    uint64_t number;

    if (!block_has_in_flight)
        return 1 + refuse("no option of this block: ", "--in-flight");
    if (!option_between(optarg, 1, BLOCK_IN_FLIGHT, &number))
        return 1 + refuse("out of range: ", optarg);
    c->run.in_flight = (unsigned)number;
    return 0;
}

/* What is known of an RTL that is not the project's: --lacks, and --own-rtl, which `ringwalk mmu
 * --rtl` gives to the bench that it has built. */
static int take_own(struct command *c, int opt)
{
    char error[400];

    if (opt == OPT_LACKS ? block_lacks == NULL : !block_has_legality)
        return 1 + refuse("no option of this block: ", opt == OPT_LACKS ? "--lacks" : "--own-rtl");
    if (opt == OPT_OWN_RTL)
        c->run.own = true;
    else if (opt == OPT_IN_FLIGHT)
        return take_in_flight(c);
    else if (!block_lacks(optarg, &c->run.lacks, error, sizeof(error)))
        return 1 + refuse(error, "");
    return 0;
}

/* 0 to go on, otherwise 1 + exit status. */
static int take(struct command *c, int opt)
{
    char error[VTD_HELP_BYTES + 80];
    uint64_t number;

    switch (common_take(&c->common, opt)) {
    case COMMON_TAKEN:
        return 0;
    case COMMON_HELP:
        fputs(help, stdout);
        fputs(block_has_every ? help_every : "", stdout);
        fputs(block_has_one_in ? help_one_in : "", stdout);
        fputs(block_has_vtd ? help_vtd : "", stdout);
        fputs(block_has_legality ? help_legality : "", stdout);
        fputs(block_has_legality ? help_rtl : "", stdout);
        fputs(block_lacks != NULL ? help_lacks : "", stdout);
        fputs(common_help, stdout);
        return 1;
    case COMMON_OUT_OF_RANGE:
        return 1 + refuse("out of range: ", optarg);
    case COMMON_NOT_MINE:
        break;
    }
    if (opt == OPT_VTD) {
        if (!block_has_vtd)
            return 1 + refuse("no option of this block: ", "--vtd");
        return vtd_option(optarg, &c->run.vtd, error, sizeof(error)) ? 0 : 1 + refuse(error, "");
    }
    if (opt == OPT_LEGALITY)
        return take_legality(c, optarg);
    if (opt == OPT_LACKS || opt == OPT_IN_FLIGHT || opt == OPT_OWN_RTL)
        return take_own(c, opt);
    if (opt == OPT_EVERY) {
        c->run.every = true;
        return block_has_every ? 0 : 1 + refuse("no option of this block: ", "--every");
    }
    if (opt == OPT_ONE_IN) {
        if (!block_has_one_in)
            return 1 + refuse("no option of this block: ", "--one-in");
        if (!option_between(optarg, 1, 1000, &number))
            return 1 + refuse("out of range: ", optarg);
        c->run.one_in = (unsigned)number;
        return 0;
    }
    if (opt != OPT_REQUESTS)
        return 1 + STATUS_USAGE; /* getopt has said what is wrong */
    return option_between(optarg, 1, UINT64_MAX, &c->run.requests)
               ? 0
               : 1 + refuse("out of range: ", optarg);
}

static int parse(struct command *c)
{
    int opt, end;

    while ((opt = getopt_long(c->argc, c->argv, "", options, NULL)) != -1) {
        end = take(c, opt);
        if (end != 0)
            return end;
    }
    if (optind != c->argc)
        return 1 + refuse("takes no argument: ", c->argv[optind]);
    if (c->run.one_in != 0 && !c->run.every)
        return 1 + refuse("--one-in wants --every", "");
    if (c->run.every && (c->run.vtd.away != 0 || c->run.vtd.fault_records != 0))
        return 1 + refuse("--every takes capabilities away by itself, not by --vtd", "");
    if (c->common.wave_path != NULL && c->common.wave_to <= c->common.wave_from)
        return 1 + refuse("--wave-to must lie after --wave-from", "");
    c->run.seed = c->common.seed;
    c->run.wait_states_max = c->common.wait_states_max;
    c->run.wave_path = c->common.wave_path;
    c->run.wave_from = c->common.wave_from;
    c->run.wave_to = c->common.wave_to;
    c->run.progress = !c->common.quiet;
    return 0;
}

static double now_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void report_bundle(FILE *out, const void *context)
{
    const struct block_result *r = context;

    block_report_first(out, r);
    walk_diff(out, r->log, r->first.stream);
}

static const char *write_bundle(const struct command *c, const struct block_result *r,
                                char folder[BUNDLE_PATH])
{
    char self[1024] = "", wave_place[64], error[1400];
    struct bundle_request b = {.root = c->common.bundles,
                               .before = BUNDLE_CYCLES_BEFORE,
                               .after = BUNDLE_CYCLES_AFTER,
                               .name = block_name,
                               .seed = c->run.seed,
                               .cycle = r->first.cycle,
                               .program = self,
                               .argv = c->argv,
                               .argc = c->argc,
                               .view = block_name,
                               .view_place = block_view_place,
                               .wave_place = wave_place,
                               .snapshots = c->run.snapshots,
                               .log = r->log,
                               .report = report_bundle,
                               .context = r};

    snprintf(wave_place, sizeof(wave_place), "TOP.%s_top.u_%s.", block_name, block_name);
    if (readlink("/proc/self/exe", self, sizeof(self) - 1) <= 0)
        snprintf(self, sizeof(self), "%s", c->argv[0]);
    if (bundle_write(&b, folder, error, sizeof(error)))
        return folder;
    fprintf(stderr, "ringwalk %s: no bundle: %s\n", block_name, error);
    return NULL;
}

static void cover(void *ctx, const struct record_type *t, bool from_model, const void *record)
{
    if (!from_model)
        coverage_record(ctx, t, record);
}

/* What was reached goes into the file, whether the run agreed or not. */
static int save_coverage(const struct command *c, struct block_result *r)
{
    char error[400];
    int status = 0;

    if (r->coverage != NULL &&
        !coverage_add_to(r->coverage, c->common.coverage, error, sizeof(error)))
        status = refuse(error, "");
    coverage_destroy(r->coverage);
    return status;
}

static int finish(const struct command *c, struct block_result *r, double seconds)
{
    const char *json = c->common.json, *bundle = NULL;
    char folder[BUNDLE_PATH];
    int status = r->failed ? 1 : 0;

    if (r->failed && !c->common.no_bundle)
        bundle = write_bundle(c, r, folder);
    if (json == NULL || strcmp(json, "-") != 0)
        block_report_text(&c->run, r, seconds, bundle);
    if (json != NULL && !block_report_json(json, &c->run, r, seconds, bundle))
        status = refuse("cannot be written: ", json);
    if (fflush(stdout) != 0)
        status = refuse("standard output cannot be written", "");
    record_log_destroy(r->log);
    free(r->why);
    return save_coverage(c, r) != 0 ? STATUS_USAGE : status;
}

/* The records of both sides go into the wave, if there is one. */
static bool close_wave(struct block_result *r)
{
    bool good = r->records == NULL || access(r->wave_path, F_OK) != 0 ||
                wave_records_into(r->records, r->wave_path, r->failed ? r->first.stream : NULL);

    wave_records_destroy(r->records);
    return good;
}

int main(int argc, char **argv)
{
    struct command c = {.run = {.requests = DEFAULT_NUMBER, .in_flight = 1},
                        .common = COMMON_DEFAULTS(DEFAULT_WAITS),
                        .argv = argv,
                        .argc = argc};
    struct block_result r;
    char error[300];
    double started;
    int end = parse(&c);

    if (end != 0)
        return end - 1;
    memset(&r, 0, sizeof(r));
    r.log = record_log_create(LOG_BYTES);
    if (c.common.coverage != NULL) {
        r.coverage = coverage_create();
        if (r.log == NULL || r.coverage == NULL)
            return refuse("out of memory", "");
        record_log_watch(r.log, cover, r.coverage);
    }
    if (c.run.wave_path != NULL && r.log != NULL && !block_keep_records(&c.run, &r))
        return refuse("out of memory", "");
    if (c.run.wave_path == NULL && !c.common.no_bundle)
        c.run.snapshots = snapshots_create();
    started = now_seconds();
    if (!block_run(&c.run, &r, error, sizeof(error)))
        return refuse(error, "");
    if (!close_wave(&r))
        return refuse("cannot be written: ", r.wave_path);
    if (r.woken)
        snapshot_end(r.failed ? 1 : 0);
    end = finish(&c, &r, now_seconds() - started);
    snapshots_destroy(c.run.snapshots);
    return end;
}
