// SPDX-License-Identifier: Apache-2.0
// Command line of a block bench (ringwalk mmu, iommu, bus).
#include <cjson/cJSON.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "block.h"

#define WINDOW_BEFORE  400
#define WINDOW_AFTER   40
#define WAVE_UNITS     10
#define STATUS_USAGE   2
#define LOG_BYTES      (48 * 1024)
#define DEFAULT_NUMBER 200000

enum {
    OPT_SEED = 256,
    OPT_REQUESTS,
    OPT_WAITS,
    OPT_JSON,
    OPT_BUNDLES,
    OPT_NO_BUNDLE,
    OPT_WAVE,
    OPT_WAVE_FROM,
    OPT_WAVE_TO,
    OPT_QUIET,
    OPT_HELP
};

static const struct option options[] = {{"seed", required_argument, NULL, OPT_SEED},
                                        {"requests", required_argument, NULL, OPT_REQUESTS},
                                        {"wait-states", required_argument, NULL, OPT_WAITS},
                                        {"json", required_argument, NULL, OPT_JSON},
                                        {"bundles", required_argument, NULL, OPT_BUNDLES},
                                        {"no-bundle", no_argument, NULL, OPT_NO_BUNDLE},
                                        {"wave", required_argument, NULL, OPT_WAVE},
                                        {"wave-from", required_argument, NULL, OPT_WAVE_FROM},
                                        {"wave-to", required_argument, NULL, OPT_WAVE_TO},
                                        {"quiet", no_argument, NULL, OPT_QUIET},
                                        {"help", no_argument, NULL, OPT_HELP},
                                        {NULL, 0, NULL, 0}};

static const char help[] = "  --seed N           (1)\n"
                           "  --requests N       (200000)\n"
                           "  --wait-states N    up to N random wait states, 0..7 (2)\n"
                           "  --json FILE        one JSON object; - is standard output\n"
                           "  --bundles DIR      where a failure leaves its bundle (bundles)\n"
                           "  --no-bundle        leave none\n"
                           "  --wave FILE        FST of the cycles --wave-from N to --wave-to N\n"
                           "  --quiet            no progress\n";

struct command {
    struct block_options run;
    const char *json, *bundles;
    bool no_bundle;
};

static int refuse(const char *what, const char *value)
{
    fprintf(stderr, "ringwalk %s: %s%s; --help lists the options\n", block_name, what, value);
    return STATUS_USAGE;
}

static bool number(uint64_t *value, uint64_t low, uint64_t high)
{
    char *end;

    errno = 0;
    if (*optarg < '0' || *optarg > '9')
        return false;
    *value = strtoull(optarg, &end, 0);
    return errno == 0 && *end == 0 && *value >= low && *value <= high;
}

/* 0 to go on, otherwise 1 + exit status. */
static int take(struct command *c, int opt)
{
    uint64_t n = 0;
    bool ok = true;

    switch (opt) {
    case OPT_SEED:
        ok = number(&c->run.seed, 0, UINT64_MAX);
        break;
    case OPT_REQUESTS:
        ok = number(&c->run.requests, 1, UINT64_MAX);
        break;
    case OPT_WAITS:
        ok = number(&n, 0, 7);
        c->run.wait_states_max = (unsigned)n;
        break;
    case OPT_JSON:
        c->json = optarg;
        break;
    case OPT_BUNDLES:
        c->bundles = optarg;
        break;
    case OPT_NO_BUNDLE:
        c->no_bundle = true;
        break;
    case OPT_WAVE:
        c->run.wave_path = optarg;
        break;
    case OPT_WAVE_FROM:
        ok = number(&c->run.wave_from, 0, UINT64_MAX);
        break;
    case OPT_WAVE_TO:
        ok = number(&c->run.wave_to, 1, UINT64_MAX);
        break;
    case OPT_QUIET:
        c->run.progress = false;
        break;
    case OPT_HELP:
        fputs(help, stdout);
        return 1;
    default:
        return 1 + STATUS_USAGE;
    }
    return ok ? 0 : 1 + refuse("out of range: ", optarg);
}

static double now_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* --- the bundle --- */

static bool write_text(const char *folder, const char *name, const struct command *c,
                       const struct block_result *r)
{
    char path[1200];
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    f = fopen(path, "w");
    if (f == NULL)
        return false;
    if (strcmp(name, "records.log") == 0) {
        record_log_print(r->log, f);
    } else if (strcmp(name, "replay.sh") == 0) {
        fprintf(f,
                "#!/bin/sh\nexec ./rw %s --seed %" PRIu64 " --requests %" PRIu64
                " --wait-states %u --no-bundle\n",
                block_name, c->run.seed, c->run.requests, c->run.wait_states_max);
    } else {
        fprintf(f, "request: %s\nstream %s, field %s, cycle %" PRIu64 "\n  rtl   %s\n  model %s\n",
                r->first.request, r->first.stream, r->first.field, r->first.cycle, r->first.rtl,
                r->first.model);
    }
    return fclose(f) == 0;
}

/* The view of the block in the whole machine, with the block's place in its own top instead. */
static void put_view_line(FILE *out, const char *line)
{
    size_t n = strlen(block_view_place);

    if (strncmp(line, block_view_place, n) == 0)
        fprintf(out, "TOP.%s_top.u_%s.%s", block_name, block_name, line + n);
    else
        fputs(line, out);
}

static bool write_view(const char *folder, const struct block_result *r)
{
    char source[1200], target[1200], line[512];
    uint64_t at = r->first.cycle * WAVE_UNITS;
    FILE *in, *out;

    snprintf(source, sizeof(source), "%s/%s.gtkw", RW_WAVES_DIR, block_name);
    snprintf(target, sizeof(target), "%s/wave.gtkw", folder);
    in = fopen(source, "r");
    if (in == NULL)
        return false;
    out = fopen(target, "w");
    if (out == NULL) {
        fclose(in);
        return false;
    }
    fprintf(out,
            "[dumpfile] \"%s/wave.fst\"\n[timestart] %" PRIu64 "\n*-5.500000 %" PRIu64
            " -1 -1 -1\n",
            folder, at > 130 ? at - 130 : 0, at);
    while (fgets(line, sizeof(line), in) != NULL)
        put_view_line(out, line);
    fclose(in);
    return fclose(out) == 0;
}

/* The wave is the same run once more, in this process' child, with the trace on. */
static bool write_wave(const char *folder, const struct command *c, const struct block_result *r)
{
    char path[1200], error[300];
    struct command again = *c;
    struct block_result second = {0};
    int status = 1;
    pid_t child;

    snprintf(path, sizeof(path), "%s/wave.fst", folder);
    again.run.wave_path = path;
    again.run.wave_from = r->first.cycle > WINDOW_BEFORE ? r->first.cycle - WINDOW_BEFORE : 0;
    again.run.wave_to = r->first.cycle + WINDOW_AFTER;
    fflush(NULL);
    child = fork();
    if (child == 0)
        _exit(block_run(&again.run, &second, error, sizeof(error)) && second.failed ? 0 : 1);
    return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

static bool write_bundle(const struct command *c, const struct block_result *r, char *folder,
                         size_t folder_bytes)
{
    char real[1000];

    if (mkdir(c->bundles, 0777) != 0 && errno != EEXIST)
        return false;
    if (realpath(c->bundles, real) == NULL)
        return false;
    snprintf(folder, folder_bytes, "%s/%s-seed%" PRIu64 "-cycle%" PRIu64, real, block_name,
             c->run.seed, r->first.cycle);
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        return false;
    return write_text(folder, "report.txt", c, r) && write_text(folder, "records.log", c, r) &&
           write_text(folder, "replay.sh", c, r) && write_view(folder, r) &&
           write_wave(folder, c, r);
}

/* --- what is printed --- */

/* Calls back with each bit that was wanted and never decided, as "name[bit]". */
static void each_undecided(const struct block_result *r, void (*found)(void *ctx, const char *name),
                           void *ctx)
{
    char name[80];

    for (unsigned i = 0; i < r->group_count; i++)
        for (unsigned bit = 0; bit < 64; bit++)
            if (decide_missing(&r->groups[i]) >> bit & 1) {
                snprintf(name, sizeof(name), "%s[%u]", r->groups[i].name, bit);
                found(ctx, name);
            }
}

static void add_name(void *array, const char *name)
{
    cJSON_AddItemToArray(array, cJSON_CreateString(name));
}

#define NAMES_SHOWN 12

static void print_name(void *count, const char *name)
{
    if ((*(unsigned *)count)++ < NAMES_SHOWN)
        printf("%s %s", *(unsigned *)count == 1 ? "" : ",", name);
}

static bool write_json(const struct command *c, const struct block_result *r, double seconds,
                       const char *bundle)
{
    cJSON *root = cJSON_CreateObject(), *sub;
    bool to_stdout = strcmp(c->json, "-") == 0, ok;
    char code[16], *text;
    FILE *out;

    cJSON_AddStringToObject(root, "verdict", r->failed ? "mismatch" : "agreed");
    cJSON_AddNumberToObject(root, "seed", (double)c->run.seed);
    cJSON_AddStringToObject(root, "mode", "exact");
    cJSON_AddNumberToObject(root, "requests", (double)r->requests);
    cJSON_AddNumberToObject(root, "cycles", (double)r->cycles);
    cJSON_AddNumberToObject(root, "fresh", 0);
    cJSON_AddNumberToObject(root, "legal_stale", 0);
    cJSON_AddNumberToObject(root, "illegal", 0);
    sub = cJSON_AddObjectToObject(root, "faults");
    for (unsigned i = 0; i < 256; i++) {
        if (r->faults[i] == 0)
            continue;
        snprintf(code, sizeof(code), "0x%02x", i);
        cJSON_AddNumberToObject(sub, code, (double)r->faults[i]);
    }
    each_undecided(r, add_name, cJSON_AddArrayToObject(root, "undecided"));
    cJSON_AddNumberToObject(root, "seconds", seconds);
    if (r->failed) {
        sub = cJSON_AddObjectToObject(root, "first");
        cJSON_AddStringToObject(sub, "stream", r->first.stream);
        cJSON_AddStringToObject(sub, "field", r->first.field);
        cJSON_AddStringToObject(sub, "rtl", r->first.rtl);
        cJSON_AddStringToObject(sub, "model", r->first.model);
        cJSON_AddNumberToObject(sub, "cycle", (double)r->first.cycle);
        if (block_has_source_id)
            cJSON_AddNumberToObject(sub, "source_id", r->first.source_id);
        cJSON_AddStringToObject(sub, "request", r->first.request);
        if (bundle == NULL)
            cJSON_AddNullToObject(sub, "bundle");
        else
            cJSON_AddStringToObject(sub, "bundle", bundle);
    }
    text = cJSON_Print(root);
    out = to_stdout ? stdout : fopen(c->json, "w");
    ok = out != NULL && fprintf(out, "%s\n", text) > 0 && fflush(out) == 0;
    if (out != NULL && !to_stdout)
        ok = fclose(out) == 0 && ok;
    free(text);
    cJSON_Delete(root);
    return ok;
}

static void write_report(const struct command *c, const struct block_result *r, double seconds,
                         const char *bundle)
{
    unsigned undecided = 0;

    printf("verdict: %s\nseed %" PRIu64 ", %" PRIu64 " requests, %" PRIu64
           " cycles, %.2f seconds\n",
           r->failed ? "mismatch" : "agreed", c->run.seed, r->requests, r->cycles, seconds);
    printf("faults:");
    for (unsigned i = 0; i < 256; i++)
        if (r->faults[i] != 0)
            printf(" %02xh %" PRIu64, i, r->faults[i]);
    printf("\nundecided:");
    each_undecided(r, print_name, &undecided);
    if (undecided > NAMES_SHOWN)
        printf(", %u more", undecided - NAMES_SHOWN);
    printf("%s\n", undecided == 0 ? " none" : "");
    if (r->failed)
        printf("first difference: stream %s, field %s, cycle %" PRIu64
               "\n  rtl   %s\n  model %s\n  request: %s\n",
               r->first.stream, r->first.field, r->first.cycle, r->first.rtl, r->first.model,
               r->first.request);
    if (bundle != NULL)
        printf("  bundle %s (report, record log, wave; ./rw wave %s opens it)\n", bundle, bundle);
}

static int finish(const struct command *c, struct block_result *r, double seconds)
{
    char folder[1100];
    const char *bundle = NULL;
    int status = r->failed ? 1 : 0;

    if (r->failed && !c->no_bundle) {
        if (write_bundle(c, r, folder, sizeof(folder)))
            bundle = folder;
        else
            fprintf(stderr, "ringwalk %s: no bundle: %s: %s\n", block_name, c->bundles,
                    strerror(errno));
    }
    if (c->json == NULL || strcmp(c->json, "-") != 0)
        write_report(c, r, seconds, bundle);
    if (c->json != NULL && !write_json(c, r, seconds, bundle))
        status = refuse("cannot be written: ", c->json);
    record_log_destroy(r->log);
    return status;
}

int main(int argc, char **argv)
{
    struct command c = {.run = {.seed = 1,
                                .requests = DEFAULT_NUMBER,
                                .wait_states_max = 2,
                                .progress = true,
                                .wave_to = UINT64_MAX},
                        .bundles = "bundles"};
    struct block_result r;
    char error[300];
    double started;
    int opt, end;

    while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
        end = take(&c, opt);
        if (end != 0)
            return end - 1;
    }
    if (optind != argc)
        return refuse("takes no argument: ", argv[optind]);
    memset(&r, 0, sizeof(r));
    r.log = record_log_create(LOG_BYTES);
    started = now_seconds();
    if (!block_run(&c.run, &r, error, sizeof(error)))
        return refuse(error, "");
    return finish(&c, &r, now_seconds() - started);
}
