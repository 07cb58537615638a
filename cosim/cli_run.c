// SPDX-License-Identifier: Apache-2.0
// ringwalk run, step, model, replay, wave.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bundle.h"
#include "cli.h"
#include "control.h"
#include "coverage.h"
#include "cpuid_option.h"
#include "gdb.h"
#include "ioapic_option.h"
#include "options.h"
#include "report.h"
#include "run.h"
#include "snapshot.h"
#include "start_option.h"
#include "step.h"
#include "system_words.h"
#include "timeline.h"
#include "vtd_option.h"
#include "walk_diff.h"

#define MAX_MODULES   16
#define PERSONALITIES "ringwalk, amd-25-17, intel-6-158"

enum {
    OPT_APPEND = OPT_OWN,
    OPT_MODULE,
    OPT_MEMORY,
    OPT_MAX_CYCLES,
    OPT_MAX_INSTRUCTIONS,
    OPT_RTL_ONLY,
    OPT_RESET_AT,
    OPT_POWER_BUTTON_AT,
    OPT_DISK,
    OPT_CPUID,
    OPT_START,
    OPT_VTD,
    OPT_IOAPIC_SID,
    OPT_SERIAL,
    OPT_SERIAL_INPUT,
    OPT_SERIAL_RECORD,
    OPT_UNDEFINED,
    OPT_WAVE_ON,
    OPT_LEGALITY,
    OPT_TRACE,
    OPT_OWN_MMU,
    OPT_GDB,
    OPT_OWN_IOMMU
};

static const struct option options[] = {
    {"append", required_argument, NULL, OPT_APPEND},
    {"module", required_argument, NULL, OPT_MODULE},
    {"memory", required_argument, NULL, OPT_MEMORY},
    {"max-cycles", required_argument, NULL, OPT_MAX_CYCLES},
    {"max-instructions", required_argument, NULL, OPT_MAX_INSTRUCTIONS},
    {"rtl-only", no_argument, NULL, OPT_RTL_ONLY},
    {"reset-at", required_argument, NULL, OPT_RESET_AT},
    {"disk", required_argument, NULL, OPT_DISK},
    {"power-button-at", required_argument, NULL, OPT_POWER_BUTTON_AT},
    {"cpuid", required_argument, NULL, OPT_CPUID},
    {"start", required_argument, NULL, OPT_START},
    {"vtd", required_argument, NULL, OPT_VTD},
    {"ioapic-sid", required_argument, NULL, OPT_IOAPIC_SID},
    {"serial", required_argument, NULL, OPT_SERIAL},
    {"serial-record", required_argument, NULL, OPT_SERIAL_RECORD},
    {"serial-input", required_argument, NULL, OPT_SERIAL_INPUT},
    {"undefined", required_argument, NULL, OPT_UNDEFINED},
    {"wave-on", required_argument, NULL, OPT_WAVE_ON},
    {"legality", no_argument, NULL, OPT_LEGALITY},
    {"trace", required_argument, NULL, OPT_TRACE},
    {"gdb", required_argument, NULL, OPT_GDB},
    {"own-mmu", no_argument, NULL, OPT_OWN_MMU}, /* of a machine that --mmu-rtl has built */
    {"own-iommu", required_argument, NULL, OPT_OWN_IOMMU}, /* --iommu-rtl; requests in flight */
    COMMON_ROWS};

static const char help[] =
    "  --append TEXT           command line of the program, behind its file's name\n"
    "  --module FILE           Multiboot module (may be repeated)\n"
    "  --memory SIZE           RAM, 4M to 2G, K M G allowed (256M)\n"
    "  --max-cycles N          limit (400000000; the model alone counts instructions)\n"
    "  --max-instructions N    limit (none)\n"
    "  --rtl-only              run: the RTL without the model\n"
    "  --reset-at N            a second reset at cycle N: everything begins again\n"
    "  --disk FILE[,ro]        the virtio block device at 00:03.0; the file is written at the end\n"
    "  --power-button-at N     the power button is pressed at cycle N\n"
    "  --cpuid LIST            features to take away: -smap,-la57; vendor=TEXT, signature=N\n"
    "  --vtd LIST              what the IOMMU is to lack: -ir,-57; records=N\n"
    "  --ioapic-sid BB:DD.F    the source-id of the I/O APIC, its scope in DMAR too (ff:00.0)\n"
    "  --start LIST            registers to begin with: rip=N,rax=N,rbx=N,rsi=N,rsp=N,cr3=N\n"
    "  --serial WHERE          the UART's far end, live: stdio (Ctrl-A x ends the run), pty,\n"
    "                          unix:PATH, tcp:HOST:PORT; with ,server: waits for a connection\n"
    "  --serial-record FILE    what arrives there and when, for --serial-input\n"
    "  --serial-input FILE     what arrives at the UART, once the program has raised DTR: bytes,\n"
    "                          or a record; of this and --serial the later counts\n"
    "  --mmu-rtl DIR           run: another MMU in the machine (docs/your-own-rtl.md), its "
    "answers\n"
    "                          judged by the legality oracle; --rtl-build DIR: where it is built\n"
    "  --iommu-rtl DIR         run: another IOMMU likewise (docs/your-own-iommu.md)\n"
    "  --legality              run: lists each use of a translation that the program has replaced\n"
    "                          without the invalidation that would have removed it\n"
    "  --wave-on WHAT          run: a bundle of the cycles around it, though both sides agree:\n"
    "                          xlate.fault=7, dma.fault, 'retire.rip=main+16 and cpl=3,nth=2'\n"
    "  --gdb PORT              run: waits for gdb at this port of this machine (0: any that is\n"
    "                          free), or at unix:PATH (docs/gdb.md)\n"
    "  --undefined NAME        results that the SDM leaves undefined: " PERSONALITIES "\n"
    "  --trace FILE[,A-B]      run: a line for each retirement of the RTL (with rip in A-B): its "
    "record\n"
    "                          and the labels of the microcode that made it\n";

struct run_report {
    const struct run_options *options;
    const struct run_result *result;
};

struct run_command {
    struct run_options run;
    struct common_options common;
    const char *modules[MAX_MODULES];
    struct serial_options serial;
    const char *wave_on[TRIGGERS];
    unsigned wave_ons;
    struct trigger triggers[TRIGGERS];
    struct symbols *symbols;
    const char *trace;
    const char *gdb;           /* where it is waited for; NULL: not at all */
    const char *gdb_option[2]; /* of the command line */
    struct timeline *timeline; /* of a run under a debugger: one of these two */
    struct gdb *debugger;
    struct step *step;
    bool in_terminal; /* ringwalk step */
    char **argv;      /* what a bundle repeats: all of it but that */
    int argc;
};

/* 0 to go on, otherwise 1 + exit status. */
static int take_option(struct run_command *c, int opt)
{
    struct run_options *o = &c->run;
    char error[CPUID_HELP_BYTES + 80];
    uint64_t number = 0;
    bool ok = true;

    switch (common_take(&c->common, opt)) {
    case COMMON_TAKEN:
        return 0;
    case COMMON_HELP:
        fputs(help, stdout);
        fputs(common_help, stdout);
        return 1;
    case COMMON_OUT_OF_RANGE:
        return 1 + cli_refuse("'%s' is out of range; --help lists the options", optarg);
    case COMMON_NOT_MINE:
        break;
    }
    switch (opt) {
    case OPT_APPEND:
        o->image.append = optarg;
        break;
    case OPT_MODULE:
        ok = o->image.module_count < MAX_MODULES;
        if (ok)
            c->modules[o->image.module_count++] = optarg;
        break;
    case OPT_OWN_MMU:
        o->own_mmu = true;
        break;
    case OPT_OWN_IOMMU:
        ok = option_between(optarg, 1, 32, &number);
        o->own_iommu = (unsigned)number;
        break;
    case OPT_MEMORY:
        ok = option_between(optarg, UINT64_C(4) << 20, UINT64_C(2) << 30, &o->memory_bytes) &&
             o->memory_bytes % 4096 == 0;
        break;
    case OPT_MAX_CYCLES:
        ok = option_between(optarg, 1, UINT64_MAX, &o->max_cycles);
        break;
    case OPT_MAX_INSTRUCTIONS:
        ok = option_between(optarg, 1, UINT64_MAX, &o->max_instructions);
        break;
    case OPT_RTL_ONLY:
        o->mode = RUN_RTL_ALONE;
        break;
    case OPT_CPUID:
        if (!cpuid_option(optarg, &o->image.cpuid, error, sizeof(error)))
            return 1 + cli_refuse("%s", error);
        break;
    case OPT_VTD:
        if (!vtd_option(optarg, &o->image.vtd, error, sizeof(error)))
            return 1 + cli_refuse("%s", error);
        break;
    case OPT_IOAPIC_SID:
        if (!ioapic_option(optarg, &o->image.ioapic_sid, error, sizeof(error)))
            return 1 + cli_refuse("%s", error);
        break;
    case OPT_SERIAL:
        c->serial.far = optarg;
        c->serial.input = NULL;
        break;
    case OPT_SERIAL_INPUT:
        c->serial.input = optarg;
        c->serial.far = NULL;
        break;
    case OPT_SERIAL_RECORD:
        c->serial.record = optarg;
        break;
    case OPT_START:
        if (!start_option(optarg, &o->image.start, error, sizeof(error)))
            return 1 + cli_refuse("%s", error);
        break;
    case OPT_UNDEFINED:
        if (!rw_undefined_named(optarg, &o->image.undefined))
            return 1 + cli_refuse("--undefined: '%s' is none of " PERSONALITIES, optarg);
        break;
    case OPT_LEGALITY:
        o->lint = true;
        break;
    case OPT_WAVE_ON:
        if (c->wave_ons == TRIGGERS)
            return 1 + cli_refuse("--wave-on: more than %d of them", TRIGGERS);
        c->wave_on[c->wave_ons++] = optarg;
        break;
    case OPT_GDB:
        if (c->gdb != NULL)
            return 1 + cli_refuse("--gdb: there is one client");
        c->gdb = optarg;
        break;
    case OPT_TRACE:
        c->trace = optarg;
        break;
    case OPT_RESET_AT:
        ok = option_between(optarg, 2, UINT64_MAX, &o->reset_at);
        break;
    case OPT_DISK:
        o->disk = optarg;
        break;
    case OPT_POWER_BUTTON_AT:
        ok = option_between(optarg, 1, UINT64_MAX - 1, &o->power_button_at);
        break;
    default:
        return 1 + EXIT_USAGE; /* getopt has said what is wrong */
    }
    return ok ? 0 : 1 + cli_refuse("'%s' is out of range; --help lists the options", optarg);
}

static int parse(struct run_command *c, int argc, char **argv)
{
    int opt, end;

    c->run.image.modules = c->modules;
    optind = 1;
    while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (opt == OPT_GDB) {
            c->gdb_option[0] = argv[optind - 1];
            c->gdb_option[1] = optarg == argv[optind - 1] ? argv[optind - 2] : NULL;
        }
        end = take_option(c, opt);
        if (end != 0)
            return end;
    }
    if (optind + 1 != argc)
        return 1 + cli_refuse("%s takes one program; --help lists the options", argv[0]);
    c->run.image.path = argv[optind];
    c->run.seed = c->common.seed;
    c->run.wait_states_max = c->common.wait_states_max;
    c->run.wave_path = c->common.wave_path;
    c->run.wave_from = c->common.wave_from;
    c->run.wave_to = c->common.wave_to;
    c->run.console = c->run.progress = !c->common.quiet;
    if (c->run.wave_path != NULL && c->run.wave_to <= c->run.wave_from)
        return 1 + cli_refuse("--wave-to must lie after --wave-from");
    if ((c->run.wave_path != NULL || c->wave_ons != 0) && c->run.mode == RUN_MODEL_ALONE)
        return 1 + cli_refuse("the model alone has no waves");
    if (c->run.lint && c->run.mode != RUN_LOCKSTEP)
        return 1 + cli_refuse("--legality goes with a run in lockstep");
    if (c->trace != NULL && c->run.mode == RUN_MODEL_ALONE)
        return 1 + cli_refuse("the model alone has no trace");
    return 0;
}

/* The bundle's report: the run's own, and the two walks of a translation that differs. */
static void report_bundle(FILE *out, const void *context)
{
    const struct run_report *report = context;

    report_text(out, report->options, report->result, NULL);
    walk_diff(out, report->result->log, report->result->first.stream);
}

static const struct serial *live_serial(const struct run_command *c)
{
    return c->run.serial != NULL && serial_is_live(c->run.serial) ? c->run.serial : NULL;
}

/* A bundle of this command. */
static struct bundle_request bundle_of(const struct cli *cli, const struct run_command *c,
                                       const char *stream, uint64_t cycle)
{
    const char *name = strrchr(c->run.image.path, '/');

    return (struct bundle_request){.root = c->common.bundles,
                                   .name = name == NULL ? c->run.image.path : name + 1,
                                   .seed = c->run.seed,
                                   .cycle = cycle,
                                   .before = BUNDLE_CYCLES_BEFORE,
                                   .after = BUNDLE_CYCLES_AFTER,
                                   .program = cli->program,
                                   .argv = c->argv,
                                   .argc = c->argc,
                                   .view = bundle_view_of(stream),
                                   .serial = live_serial(c),
                                   .snapshots = c->run.snapshots,
                                   .timeline = c->timeline};
}

/* --- what the user wanted to see --- */

struct seen {
    const struct cli *cli;
    const struct run_command *c;
    struct run_result *r;
};

static void report_met(FILE *out, const void *context)
{
    const struct run_met *m = context;

    fprintf(out, "seen: %s, cycle %" PRIu64 "\n", m->trigger->text, m->cycle);
    record_print(out, m->trigger->type, m->record);
    if (m->why != NULL)
        fputs(m->why, out);
}

static void on_met(void *ctx, const struct run_met *m)
{
    struct seen *s = ctx;
    struct bundle_request b = bundle_of(s->cli, s->c, m->trigger->type->stream, m->cycle);
    struct run_wave *w = &s->r->waves[s->r->wave_count++];
    char error[1400];

    b.before = m->trigger->before;
    b.after = m->trigger->after;
    b.asked = true;
    b.log = m->log;
    b.report = report_met;
    b.context = m;
    w->on = m->trigger->text;
    w->cycle = m->cycle;
    if (s->c->common.no_bundle) {
        report_met(s->c->run.console_out, m);
    } else if (bundle_write(&b, w->bundle, error, sizeof(error))) {
        fprintf(s->c->run.console_out, "seen: %s, cycle %" PRIu64 ": bundle %s\n", w->on, w->cycle,
                w->bundle);
    } else {
        cli_refuse("no bundle of %s: %s", w->on, error);
        w->bundle[0] = 0;
    }
}

/* Of a run that makes no wave itself a difference, or what is wanted, is seen from a snapshot; not
 * where what arrives at a live serial line comes once, or what is recorded is written once. What is
 * wanted has to be understood before anything runs. */
static bool begin_waves(struct run_command *c, struct seen *seen, char *error, size_t error_bytes)
{
    bool can = c->run.mode == RUN_LOCKSTEP && c->run.wave_path == NULL && live_serial(c) == NULL &&
               c->serial.record == NULL && c->gdb == NULL && !c->in_terminal;

    c->symbols = symbols_open(c->run.image.path);
    c->run.symbols = c->symbols;
    for (unsigned i = 0; i < c->wave_ons; i++)
        if (!trigger_parse(c->wave_on[i], c->symbols, &c->triggers[i], error, error_bytes))
            return false;
    for (unsigned i = 0; i < c->wave_ons; i++)
        if (c->triggers[i].stale && !c->run.lint) {
            snprintf(error, error_bytes, "--wave-on stale goes with --legality");
            return false;
        }
    if (c->wave_ons != 0 && !can) {
        snprintf(error, error_bytes,
                 "--wave-on goes with a run in lockstep, without --wave, --serial, "
                 "--serial-record, --gdb");
        return false;
    }
    if (can && !c->common.no_bundle)
        c->run.snapshots = snapshots_create();
    c->run.triggers = c->triggers;
    c->run.trigger_count = c->wave_ons;
    c->run.met = on_met;
    c->run.met_ctx = seen;
    return true;
}

/* --- a debugger --- */

static void report_here(FILE *out, const void *context)
{
    const struct control *c = context;
    struct rw_state state;

    control_state(c, &state);
    fprintf(out, "asked for by the debugger: behind %" PRIu64 " retirements, cycle %" PRIu64 "\n",
            control_place(c), control_cycle(c));
    words_system(out, &state);
}

static void wave_here(void *ctx, FILE *out, const struct control *control, uint64_t before,
                      uint64_t after)
{
    const struct seen *s = ctx;
    struct bundle_request b = bundle_of(s->cli, s->c, "retire", control_cycle(control));
    char folder[BUNDLE_PATH], error[1400];

    b.before = before;
    b.after = after;
    b.asked = true;
    b.log = s->r->log;
    b.report = report_here;
    b.context = control;
    if (bundle_write(&b, folder, error, sizeof(error)))
        fprintf(out, "bundle %s (./rw wave %s opens its wave)\n", folder, folder);
    else
        fprintf(out, "no bundle: %s\n", error);
}

/* What is written as the run goes on would be written again when it goes back. */
static bool can_go_back(const struct run_command *c)
{
    return c->run.mode == RUN_LOCKSTEP && c->run.wave_path == NULL && c->trace == NULL &&
           c->serial.far == NULL && c->serial.record == NULL && c->run.reset_at == 0;
}

static bool open_debugger(struct run_command *c, struct seen *seen, char *error, size_t error_bytes)
{
    struct gdb_options o = {.place = c->gdb,
                            .program = c->run.image.path,
                            .symbols = c->symbols,
                            .ctx = seen,
                            .wave = wave_here};

    if (c->in_terminal)
        c->step = step_open(c->run.image.path, c->symbols, error, error_bytes);
    else
        c->debugger = gdb_open(&o, error, error_bytes);
    return c->step != NULL || c->debugger != NULL;
}

static bool begin_debugger(struct run_command *c, struct seen *seen, char *error,
                           size_t error_bytes)
{
    struct debugger d;

    if (c->gdb == NULL && !c->in_terminal)
        return true;
    if (!can_go_back(c) || (c->gdb != NULL && c->in_terminal)) {
        snprintf(error, error_bytes,
                 "%s goes with a run in lockstep, without --wave, --wave-on, --trace, "
                 "--serial, --serial-record, --reset-at%s",
                 c->in_terminal ? "step" : "--gdb", c->in_terminal ? ", --gdb" : "");
        return false;
    }
    if (!open_debugger(c, seen, error, error_bytes))
        return false;
    c->timeline = timeline_begin(c->step != NULL ? step_lost : NULL, error, error_bytes);
    if (c->timeline == NULL)
        return false;
    d = c->step != NULL ? step_debugger(c->step) : gdb_debugger(c->debugger);
    if (c->step != NULL)
        c->run.console_out = step_console(c->step);
    c->run.progress = false;
    c->run.control = control_create(c->timeline, &d);
    if (c->run.control == NULL)
        snprintf(error, error_bytes, "out of memory for a debugger");
    return c->run.control != NULL;
}

/* The run is over, with this status. */
static int end_debugger(struct run_command *c, int status)
{
    control_destroy(c->run.control);
    free(c->argv);
    if (c->debugger != NULL)
        gdb_close(c->debugger, status);
    if (c->timeline != NULL)
        timeline_end(c->timeline, status);
    return status;
}

/* The command line without --gdb. */
static bool keep_arguments(struct run_command *c, const struct cli *cli)
{
    c->argv = calloc((size_t)cli->argc + 1, sizeof(*c->argv));
    for (int i = 0; c->argv != NULL && i < cli->argc; i++)
        if (c->gdb == NULL ||
            (cli->argv[i] != c->gdb_option[0] && cli->argv[i] != c->gdb_option[1]))
            c->argv[c->argc++] = cli->argv[i];
    return c->argv != NULL;
}

static void say_unseen(const struct run_command *c)
{
    for (unsigned i = 0; i < c->wave_ons; i++)
        if (c->triggers[i].seen < c->triggers[i].nth)
            fprintf(stderr, "ringwalk: --wave-on: %s: seen %" PRIu64 " times\n", c->wave_on[i],
                    c->triggers[i].seen);
}

static int finish(const struct cli *cli, struct run_command *c, struct run_result *r)
{
    const char *json = c->common.json;
    char folder[BUNDLE_PATH] = "", error[1400];
    const char *bundle = NULL;
    struct run_report report = {&c->run, r};
    struct bundle_request b = bundle_of(cli, c, r->first.stream, r->before + r->first.cycle);
    int status = run_exit_status(r);

    say_unseen(c);
    b.log = r->log;
    b.report = report_bundle;
    b.context = &report;
    if (r->verdict == VERDICT_MISMATCH && !c->common.no_bundle) {
        if (bundle_write(&b, folder, error, sizeof(error)))
            bundle = folder;
        else
            cli_refuse("no bundle: %s", error);
    }
    if (json == NULL || strcmp(json, "-") != 0)
        report_text(stdout, &c->run, r, bundle);
    if (json != NULL && !report_json(json, &c->run, r, bundle))
        status = cli_refuse("%s: cannot be written", json);
    if (fflush(stdout) != 0)
        status = cli_refuse("standard output cannot be written");
    if (c->run.coverage != NULL &&
        !coverage_add_to(c->run.coverage, c->common.coverage, error, sizeof(error)))
        status = cli_refuse("%s", error);
    coverage_destroy(c->run.coverage);
    record_log_destroy(r->log);
    free(r->why);
    free(r->stale);
    return status;
}

static bool begin_coverage(struct run_command *c, char *error, size_t error_bytes)
{
    if (c->common.coverage == NULL)
        return true;
    if (c->run.mode == RUN_LOCKSTEP)
        c->run.coverage = coverage_create();
    if (c->run.coverage == NULL)
        snprintf(error, error_bytes, "--coverage goes with a run in lockstep, and some memory");
    return c->run.coverage != NULL;
}

/* A line that is live on the terminal leaves no room for progress. */
static bool begin_serial(struct run_command *c, char *error, size_t error_bytes)
{
    const struct serial_options *o = &c->serial;

    if (o->far == NULL && o->input == NULL) {
        if (o->record != NULL)
            snprintf(error, error_bytes, "--serial-record needs --serial or --serial-input");
        return o->record == NULL;
    }
    c->run.serial = serial_open(o, error, error_bytes);
    if (o->far != NULL)
        c->run.progress = false;
    return c->run.serial != NULL;
}

static bool begin_trace(struct run_command *c, char *error, size_t error_bytes)
{
    if (c->trace != NULL)
        c->run.trace = trace_open(c->trace, error, error_bytes);
    return c->trace == NULL || c->run.trace != NULL;
}

static int run_command(const struct cli *cli, int argc, char **argv, enum run_mode mode,
                       const struct run_point *point)
{
    struct run_command c = {.in_terminal = strcmp(argv[0], "step") == 0,
                            .run = {.mode = mode,
                                    .point = point,
                                    .memory_bytes = RUN_MEMORY_DEFAULT,
                                    .max_cycles = RUN_MAX_CYCLES_DEFAULT,
                                    .max_instructions = UINT64_MAX,
                                    .model = rw_golden()},
                            .common = COMMON_DEFAULTS(0)};
    struct run_result r;
    struct seen seen = {cli, &c, &r};
    FILE *console;
    bool ran;
    char error[1400];
    int end = parse(&c, argc, argv);

    if (end != 0)
        return end - 1;
    if (!keep_arguments(&c, cli))
        return cli_refuse("out of memory");
    if (mode == RUN_MODEL_ALONE && c.run.max_cycles == RUN_MAX_CYCLES_DEFAULT)
        c.run.max_cycles = UINT64_C(20) * RUN_MAX_CYCLES_DEFAULT;
    if (point != NULL)
        c.run.console = c.run.progress = false;
    c.run.console_out = c.common.json != NULL && strcmp(c.common.json, "-") == 0 ? stderr : stdout;
    console = c.run.console_out;
    ran = begin_serial(&c, error, sizeof(error)) && begin_trace(&c, error, sizeof(error)) &&
          begin_coverage(&c, error, sizeof(error)) &&
          begin_waves(&c, &seen, error, sizeof(error)) &&
          begin_debugger(&c, &seen, error, sizeof(error)) &&
          run_program(&c.run, &r, error, sizeof(error));
    if (c.step != NULL)
        step_close(c.step, console);
    c.run.console_out = console;
    if (c.run.serial != NULL)
        serial_hang_up(c.run.serial);
    end = !ran ? cli_refuse("%s", error) : point != NULL ? 0 : finish(cli, &c, &r);
    snapshots_destroy(c.run.snapshots);
    symbols_close(c.symbols);
    if (!trace_close(c.run.trace))
        end = cli_refuse("%s: cannot be written", c.trace);
    if (c.run.serial != NULL && !serial_close(c.run.serial, error, sizeof(error)))
        end = cli_refuse("%s", error);
    return end_debugger(&c, end);
}

int cli_run(const struct cli *cli, int argc, char **argv)
{
    if (cli_names(argc, argv, "--mmu-rtl") || cli_names(argc, argv, "--iommu-rtl"))
        return cli_own(cli, "own_machine.py", NULL, argc, argv);
    return run_command(cli, argc, argv, RUN_LOCKSTEP, NULL);
}

int cli_step(const struct cli *cli, int argc, char **argv)
{
    return run_command(cli, argc, argv, RUN_LOCKSTEP, NULL);
}

int cli_model(const struct cli *cli, int argc, char **argv)
{
    return run_command(cli, argc, argv, RUN_MODEL_ALONE, NULL);
}

int cli_model_to(const struct cli *cli, int argc, char **argv, const struct run_point *point)
{
    return run_command(cli, argc, argv, RUN_MODEL_ALONE, point);
}

int cli_replay(const struct cli *cli, int argc, char **argv)
{
    char error[1400];

    (void)cli;
    if (argc != 2)
        return cli_refuse("replay takes one bundle");
    bundle_replay(argv[1], error, sizeof(error));
    return cli_refuse("%s", error);
}

int cli_wave(const struct cli *cli, int argc, char **argv)
{
    char error[1400];
    const char *bundle = NULL;
    bool sides = false;

    (void)cli;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--sides") == 0)
            sides = true;
        else if (argv[i][0] == '-' || bundle != NULL)
            return cli_refuse("wave takes one bundle, and --sides");
        else
            bundle = argv[i];
    }
    if (bundle == NULL)
        return cli_refuse("wave takes one bundle");
    bundle_open_wave(bundle, sides, error, sizeof(error));
    return cli_refuse("%s", error);
}
