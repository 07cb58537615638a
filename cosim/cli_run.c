// SPDX-License-Identifier: Apache-2.0
// ringwalk run, model, replay, wave.
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bundle.h"
#include "cli.h"
#include "report.h"
#include "run.h"

#define MAX_MODULES 16

enum {
    OPT_APPEND = 256,
    OPT_MODULE,
    OPT_MEMORY,
    OPT_SEED,
    OPT_MAX_CYCLES,
    OPT_MAX_INSTRUCTIONS,
    OPT_WAIT_STATES,
    OPT_JSON,
    OPT_WAVE,
    OPT_WAVE_FROM,
    OPT_WAVE_TO,
    OPT_BUNDLES,
    OPT_NO_BUNDLE,
    OPT_RTL_ONLY,
    OPT_RESET_AT,
    OPT_QUIET,
    OPT_HELP
};

static const struct option options[] = {
    {"append", required_argument, NULL, OPT_APPEND},
    {"module", required_argument, NULL, OPT_MODULE},
    {"memory", required_argument, NULL, OPT_MEMORY},
    {"seed", required_argument, NULL, OPT_SEED},
    {"max-cycles", required_argument, NULL, OPT_MAX_CYCLES},
    {"max-instructions", required_argument, NULL, OPT_MAX_INSTRUCTIONS},
    {"wait-states", required_argument, NULL, OPT_WAIT_STATES},
    {"json", required_argument, NULL, OPT_JSON},
    {"wave", required_argument, NULL, OPT_WAVE},
    {"wave-from", required_argument, NULL, OPT_WAVE_FROM},
    {"wave-to", required_argument, NULL, OPT_WAVE_TO},
    {"bundles", required_argument, NULL, OPT_BUNDLES},
    {"no-bundle", no_argument, NULL, OPT_NO_BUNDLE},
    {"rtl-only", no_argument, NULL, OPT_RTL_ONLY},
    {"reset-at", required_argument, NULL, OPT_RESET_AT},
    {"quiet", no_argument, NULL, OPT_QUIET},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0}};

static const char help[] =
    "  --append TEXT           command line of the program\n"
    "  --module FILE           Multiboot module (may be repeated)\n"
    "  --memory SIZE           RAM, 4M to 2G, K M G allowed (256M)\n"
    "  --seed N                for everything random (1)\n"
    "  --max-cycles N          limit (400000000; the model alone counts instructions)\n"
    "  --max-instructions N    limit (none)\n"
    "  --wait-states N         up to N random wait states, 0..7, on every bus access (0)\n"
    "  --json FILE             one JSON object; - is standard output, and nothing else goes there\n"
    "  --wave FILE             FST of the cycles --wave-from N (0) to --wave-to N (end)\n"
    "  --bundles DIR           where a failure leaves its bundle (bundles)\n"
    "  --no-bundle             leave none\n"
    "  --rtl-only              run: the RTL without the model\n"
    "  --reset-at N            a second reset at cycle N: everything begins again\n"
    "  --quiet                 no guest console, no progress\n";

struct run_command {
    struct run_options run;
    const char *json, *bundles;
    const char *modules[MAX_MODULES];
    bool no_bundle, quiet;
};

static bool number_option(int opt, uint64_t *value, uint64_t low, uint64_t high)
{
    (void)opt;
    return cli_number(optarg, value) && *value >= low && *value <= high;
}

/* 0 to go on, otherwise 1 + exit status. */
static int take_option(struct run_command *c, int opt)
{
    struct run_options *o = &c->run;
    uint64_t n = 0;
    bool ok = true;

    switch (opt) {
    case OPT_APPEND:
        o->image.append = optarg;
        break;
    case OPT_MODULE:
        ok = o->image.module_count < MAX_MODULES;
        if (ok)
            c->modules[o->image.module_count++] = optarg;
        break;
    case OPT_MEMORY:
        ok = number_option(opt, &o->memory_bytes, UINT64_C(4) << 20, UINT64_C(2) << 30) &&
             o->memory_bytes % 4096 == 0;
        break;
    case OPT_SEED:
        ok = number_option(opt, &o->seed, 0, UINT64_MAX);
        break;
    case OPT_MAX_CYCLES:
        ok = number_option(opt, &o->max_cycles, 1, UINT64_MAX);
        break;
    case OPT_MAX_INSTRUCTIONS:
        ok = number_option(opt, &o->max_instructions, 1, UINT64_MAX);
        break;
    case OPT_WAIT_STATES:
        ok = number_option(opt, &n, 0, 7);
        o->wait_states_max = (unsigned)n;
        break;
    case OPT_JSON:
        c->json = optarg;
        break;
    case OPT_WAVE:
        o->wave_path = optarg;
        break;
    case OPT_WAVE_FROM:
        ok = number_option(opt, &o->wave_from, 0, UINT64_MAX);
        break;
    case OPT_WAVE_TO:
        ok = number_option(opt, &o->wave_to, 1, UINT64_MAX);
        break;
    case OPT_BUNDLES:
        c->bundles = optarg;
        break;
    case OPT_NO_BUNDLE:
        c->no_bundle = true;
        break;
    case OPT_RTL_ONLY:
        o->mode = RUN_RTL_ALONE;
        break;
    case OPT_RESET_AT:
        ok = number_option(opt, &o->reset_at, 2, UINT64_MAX);
        break;
    case OPT_QUIET:
        c->quiet = true;
        break;
    case OPT_HELP:
        fputs(help, stdout);
        return 1;
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
        end = take_option(c, opt);
        if (end != 0)
            return end;
    }
    if (optind + 1 != argc)
        return 1 + cli_refuse("%s takes one program; --help lists the options", argv[0]);
    c->run.image.path = argv[optind];
    if (c->run.wave_path != NULL && c->run.wave_to <= c->run.wave_from)
        return 1 + cli_refuse("--wave-to must lie after --wave-from");
    if (c->run.wave_path != NULL && c->run.mode == RUN_MODEL_ALONE)
        return 1 + cli_refuse("the model alone has no waves");
    return 0;
}

static int finish(const struct cli *cli, struct run_command *c, struct run_result *r)
{
    const char *json = c->json;
    bool json_only = json != NULL && strcmp(json, "-") == 0;
    char folder[1100] = "", error[1400];
    const char *bundle = NULL;
    struct bundle_request b = {.options = &c->run,
                               .result = r,
                               .argv = cli->argv,
                               .argc = cli->argc,
                               .program = cli->program,
                               .waves = RW_WAVES_DIR,
                               .root = c->bundles};
    int status = run_exit_status(r);

    if (r->verdict == VERDICT_MISMATCH && !c->no_bundle) {
        if (bundle_write(&b, folder, sizeof(folder), error, sizeof(error)))
            bundle = folder;
        else
            cli_refuse("no bundle: %s", error);
    }
    if (!json_only)
        report_text(stdout, &c->run, r, bundle);
    if (json != NULL && !report_json(json, &c->run, r, bundle))
        status = cli_refuse("%s: cannot be written", json);
    if (fflush(stdout) != 0)
        status = cli_refuse("standard output cannot be written");
    record_log_destroy(r->log);
    return status;
}

static int run_command(const struct cli *cli, int argc, char **argv, enum run_mode mode)
{
    struct run_command c = {.run = {.mode = mode,
                                    .memory_bytes = RUN_MEMORY_DEFAULT,
                                    .seed = 1,
                                    .max_cycles = RUN_MAX_CYCLES_DEFAULT,
                                    .max_instructions = UINT64_MAX,
                                    .model = rw_golden(),
                                    .wave_to = UINT64_MAX},
                            .bundles = "bundles"};
    struct run_result r;
    char error[1400];
    int end = parse(&c, argc, argv);

    if (end != 0)
        return end - 1;
    if (mode == RUN_MODEL_ALONE && c.run.max_cycles == RUN_MAX_CYCLES_DEFAULT)
        c.run.max_cycles = UINT64_C(20) * RUN_MAX_CYCLES_DEFAULT;
    c.run.console = !c.quiet;
    c.run.console_out = c.json != NULL && strcmp(c.json, "-") == 0 ? stderr : stdout;
    c.run.progress = !c.quiet;
    if (!run_program(&c.run, &r, error, sizeof(error)))
        return cli_refuse("%s", error);
    return finish(cli, &c, &r);
}

int cli_run(const struct cli *cli, int argc, char **argv)
{
    return run_command(cli, argc, argv, RUN_LOCKSTEP);
}

int cli_model(const struct cli *cli, int argc, char **argv)
{
    return run_command(cli, argc, argv, RUN_MODEL_ALONE);
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

    (void)cli;
    if (argc != 2)
        return cli_refuse("wave takes one bundle");
    bundle_open_wave(argv[1], error, sizeof(error));
    return cli_refuse("%s", error);
}
