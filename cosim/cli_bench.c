// SPDX-License-Identifier: Apache-2.0
// ringwalk bench: RTL alone, RTL with lockstep, model alone, and the block benches, measured in
// short turns in one run. Each turn is a child process (SystemC elaborates once in a process). RTL
// alone and lockstep stand side by side in pairs, in alternating order, so that a machine whose
// speed drifts slows both; the ratio is the median over all pairs, given with its quartiles. So do
// lockstep with snapshots and without, on the first program that runs long enough for several.
#include <cjson/cJSON.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "run.h"
#include "snapshot.h"

#define MAX_PROGRAMS   16
#define PAIRS          9
#define MAX_PAIRS      (MAX_PROGRAMS * PAIRS)
#define BLOCK_REPEATS  5
#define BLOCK_REQUESTS 200000
#define MODEL_INSNS    UINT64_C(50000000)
#define RTL_CYCLES     UINT64_C(400000)
#define LONG_CYCLES    UINT64_C(3000000) /* some seconds, a snapshot a second */
#define LONG_PAIRS     5
#define WAVE_CYCLES    460

/* What a child sends back. */
struct sample {
    double seconds;
    double wave_seconds; /* a wave of the last cycles, from a snapshot; 0: there is none */
    uint64_t instructions, cycles;
    bool ok;
};

struct measure {
    const char *program;
    enum run_mode mode;
    uint64_t cycles;
    bool snapshots;
};

static double now_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Of the last cycles of a run. */
static double wave_seconds(struct snapshots *s, uint64_t end)
{
    struct snapshot_order order = {.from = end - WAVE_CYCLES, .to = end};
    double from = now_seconds(), seconds;
    int fd, status;

    strcpy(order.wave, "/tmp/ringwalk-bench-XXXXXX");
    fd = mkstemp(order.wave);
    if (fd < 0)
        return 0;
    close(fd);
    status = snapshots_wake(s, &order);
    seconds = now_seconds() - from;
    unlink(order.wave);
    return status == 0 ? seconds : 0;
}

static struct sample measure_program(const struct measure *m)
{
    struct run_options o = {.image = {.path = m->program},
                            .mode = m->mode,
                            .memory_bytes = RUN_MEMORY_DEFAULT,
                            .seed = 1,
                            .max_cycles = m->cycles,
                            .max_instructions = UINT64_MAX,
                            .model = rw_golden(),
                            .snapshots = m->snapshots ? snapshots_create() : NULL};
    struct run_result r;
    char error[1400];
    struct sample s = {0};

    if (!run_program(&o, &r, error, sizeof(error))) {
        fprintf(stderr, "ringwalk: %s\n", error);
        return s;
    }
    s.ok = r.verdict == VERDICT_AGREED || r.verdict == VERDICT_LIMIT;
    s.seconds = r.seconds;
    s.instructions = r.counts.instructions;
    s.cycles = r.cycles;
    if (m->snapshots)
        s.wave_seconds = wave_seconds(o.snapshots, r.cycles);
    snapshots_destroy(o.snapshots);
    return s;
}

static struct sample in_child(const struct measure *m)
{
    struct sample s = {0};
    int fd[2];
    pid_t child;

    if (pipe(fd) != 0)
        return s;
    fflush(NULL);
    child = fork();
    if (child == 0) {
        s = measure_program(m);
        _exit(write(fd[1], &s, sizeof(s)) == (ssize_t)sizeof(s) ? 0 : 1);
    }
    close(fd[1]);
    if (child < 0 || read(fd[0], &s, sizeof(s)) != (ssize_t)sizeof(s))
        s.ok = false;
    close(fd[0]);
    if (child > 0)
        waitpid(child, NULL, 0);
    return s;
}

struct totals {
    double ratio[MAX_PAIRS], rtl[MAX_PAIRS], mips[MAX_PAIRS];
    unsigned pairs;
    uint64_t cycles, instructions;
};

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The value below which `percent` of the sorted values lie. */
static double quantile(double *values, unsigned n, unsigned percent)
{
    qsort(values, n, sizeof(values[0]), by_value);
    return n == 0 ? 0 : values[(n - 1) * percent / 100];
}

static double cycles_per_second(const struct sample *s)
{
    return (double)s->cycles / s->seconds;
}

/* One pair and one turn of the model; odd pairs begin with lockstep. */
static bool bench_pair(const char *program, unsigned turn, struct totals *t)
{
    struct measure rtl = {program, RUN_RTL_ALONE, RTL_CYCLES, false},
                   lockstep = {program, RUN_LOCKSTEP, RTL_CYCLES, false},
                   model = {program, RUN_MODEL_ALONE, MODEL_INSNS, false};
    struct sample first = in_child(turn % 2 == 0 ? &rtl : &lockstep);
    struct sample second = in_child(turn % 2 == 0 ? &lockstep : &rtl);
    const struct sample *a = turn % 2 == 0 ? &first : &second;
    const struct sample *b = turn % 2 == 0 ? &second : &first;
    struct sample m = in_child(&model);

    if (!a->ok || !b->ok || !m.ok)
        return false;
    t->ratio[t->pairs] = cycles_per_second(b) / cycles_per_second(a);
    t->rtl[t->pairs] = cycles_per_second(a);
    t->mips[t->pairs++] = (double)m.instructions / m.seconds / 1e6;
    t->cycles += b->cycles;
    t->instructions += b->instructions;
    return true;
}

static bool bench_program(const char *program, struct totals *t)
{
    double ratios[PAIRS];
    unsigned from = t->pairs;

    for (unsigned turn = 0; turn < PAIRS; turn++)
        if (!bench_pair(program, turn, t))
            return false;
    memcpy(ratios, t->ratio + from, sizeof(ratios));
    fprintf(stderr, "%s: lockstep at %.2f of the RTL alone (median of %d pairs)\n", program,
            quantile(ratios, PAIRS, 50), PAIRS);
    return true;
}

/* Lockstep with snapshots against lockstep without. */
struct snapshot_cost {
    double ratio, wave_seconds;
    const char *program; /* NULL: none ran long enough */
};

static struct snapshot_cost bench_snapshots(char *const *programs, int count)
{
    double ratio[LONG_PAIRS], wave[LONG_PAIRS];
    struct snapshot_cost cost = {0};

    for (int i = 0; i < count && cost.program == NULL; i++) {
        struct measure with = {programs[i], RUN_LOCKSTEP, LONG_CYCLES, true}, without = with;
        unsigned turn = 0;

        without.snapshots = false;
        for (; turn < LONG_PAIRS; turn++) {
            struct sample a = in_child(turn % 2 == 0 ? &with : &without);
            struct sample b = in_child(turn % 2 == 0 ? &without : &with);
            const struct sample *on = turn % 2 == 0 ? &a : &b, *off = turn % 2 == 0 ? &b : &a;

            if (!a.ok || !b.ok || a.cycles < LONG_CYCLES || on->wave_seconds == 0)
                break;
            ratio[turn] = cycles_per_second(on) / cycles_per_second(off);
            wave[turn] = on->wave_seconds;
        }
        if (turn == LONG_PAIRS)
            cost = (struct snapshot_cost){quantile(ratio, LONG_PAIRS, 50),
                                          quantile(wave, LONG_PAIRS, 50), programs[i]};
    }
    return cost;
}

/* A block bench is an executable beside this one; its JSON object says how long it took. */
static double bench_block(const struct cli *cli, const char *name)
{
    char command[4400], text[8192];
    const char *slash = strrchr(cli->program, '/');
    double best = 0;

    snprintf(command, sizeof(command), "'%.*s%s' --seed 1 --requests %d --quiet --json -",
             slash == NULL ? 0 : (int)(slash - cli->program) + 1, cli->program, name,
             BLOCK_REQUESTS);
    for (unsigned repeat = 0; repeat < BLOCK_REPEATS; repeat++) {
        FILE *child = popen(command, "r");
        size_t n = child == NULL ? 0 : fread(text, 1, sizeof(text) - 1, child);
        cJSON *root;
        double seconds;

        text[n] = 0;
        if (child == NULL || pclose(child) != 0)
            return 0;
        root = cJSON_Parse(text);
        seconds = cJSON_GetNumberValue(cJSON_GetObjectItem(root, "seconds"));
        cJSON_Delete(root);
        if (seconds > 0 && BLOCK_REQUESTS / seconds > best)
            best = BLOCK_REQUESTS / seconds;
    }
    return best;
}

static cJSON *bench_object(struct totals *t, const struct snapshot_cost *snapshots, double mmu,
                           double iommu, char *const *programs, int count)
{
    cJSON *root = cJSON_CreateObject(), *on, *spread;

    cJSON_AddNumberToObject(root, "rtl_cycles_per_s", quantile(t->rtl, t->pairs, 50));
    cJSON_AddNumberToObject(root, "lockstep_ratio", quantile(t->ratio, t->pairs, 50));
    spread = cJSON_AddArrayToObject(root, "lockstep_ratio_quartiles");
    cJSON_AddItemToArray(spread, cJSON_CreateNumber(quantile(t->ratio, t->pairs, 25)));
    cJSON_AddItemToArray(spread, cJSON_CreateNumber(quantile(t->ratio, t->pairs, 75)));
    cJSON_AddNumberToObject(root, "pairs", t->pairs);
    cJSON_AddNumberToObject(root, "cpi", (double)t->cycles / (double)t->instructions);
    cJSON_AddNumberToObject(root, "model_mips", quantile(t->mips, t->pairs, 50));
    if (snapshots->program != NULL) {
        cJSON_AddNumberToObject(root, "snapshots_ratio", snapshots->ratio);
        cJSON_AddNumberToObject(root, "snapshot_wave_seconds", snapshots->wave_seconds);
    }
    cJSON_AddNumberToObject(root, "mmu_requests_per_s", mmu);
    cJSON_AddNumberToObject(root, "iommu_requests_per_s", iommu);
    on = cJSON_AddArrayToObject(root, "measured_on");
    for (int i = 0; i < count; i++)
        cJSON_AddItemToArray(on, cJSON_CreateString(programs[i]));
    cJSON_AddItemToArray(on, cJSON_CreateString("mmu and iommu: 200000 random requests, seed 1"));
    return root;
}

int cli_bench(const struct cli *cli, int argc, char **argv)
{
    static const struct option options[] = {{"json", required_argument, NULL, 'j'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    const char *json = "-";
    struct totals t = {0};
    struct snapshot_cost snapshots;
    cJSON *root;
    char *text;
    FILE *out;
    int opt;

    optind = 1;
    while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (opt == 'h') {
            fputs("  bench PROGRAM... [--json FILE]\n", stdout);
            return 0;
        }
        if (opt != 'j')
            return EXIT_USAGE;
        json = optarg;
    }
    if (optind >= argc || argc - optind > MAX_PROGRAMS)
        return cli_refuse("bench takes 1 to %d programs", MAX_PROGRAMS);
    for (int i = optind; i < argc; i++)
        if (!bench_program(argv[i], &t))
            return cli_refuse("%s: did not run to its end in all three modes", argv[i]);
    snapshots = bench_snapshots(argv + optind, argc - optind);
    root = bench_object(&t, &snapshots, bench_block(cli, "block_mmu"),
                        bench_block(cli, "block_iommu"), argv + optind, argc - optind);
    text = cJSON_Print(root);
    out = strcmp(json, "-") == 0 ? stdout : fopen(json, "w");
    if (out == NULL || fprintf(out, "%s\n", text) < 0 || fflush(out) != 0)
        return cli_refuse("%s: cannot be written", json);
    if (out != stdout)
        fclose(out);
    free(text);
    cJSON_Delete(root);
    return 0;
}
