// SPDX-License-Identifier: Apache-2.0
// ringwalk bench: RTL alone, RTL with lockstep, model alone, and the two block benches, measured in
// turn in one run. Each measurement is a child process (SystemC elaborates once in a process); the
// three of a program stand side by side, repeated, and the best of each counts.
#include <cjson/cJSON.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli.h"
#include "run.h"

#define MAX_PROGRAMS   16
#define REPEATS        5
#define BLOCK_REQUESTS 200000
#define MODEL_INSNS    UINT64_C(200000000)
#define RTL_CYCLES     UINT64_C(3000000)

/* What a child sends back. */
struct sample {
    double seconds;
    uint64_t instructions, cycles;
    bool ok;
};

struct measure {
    const char *program;
    enum run_mode mode;
};

static struct sample measure_program(const struct measure *m)
{
    struct run_options o = {.image = {.path = m->program},
                            .mode = m->mode,
                            .memory_bytes = RUN_MEMORY_DEFAULT,
                            .seed = 1,
                            .max_cycles = m->mode == RUN_MODEL_ALONE ? MODEL_INSNS : RTL_CYCLES,
                            .max_instructions = UINT64_MAX,
                            .model = rw_golden()};
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
    double rtl_seconds, lockstep_seconds, model_seconds;
    uint64_t rtl_cycles, lockstep_cycles, lockstep_instructions, model_instructions;
};

/* The three modes of one program in turn, REPEATS times; the quickest of each is added up. */
static bool bench_program(const char *program, struct totals *t)
{
    struct sample best[3] = {{0}};

    for (unsigned repeat = 0; repeat < REPEATS; repeat++) {
        for (unsigned mode = 0; mode < 3; mode++) {
            static const enum run_mode modes[] = {RUN_RTL_ALONE, RUN_LOCKSTEP, RUN_MODEL_ALONE};
            struct measure m = {.program = program, .mode = modes[mode]};
            struct sample s = in_child(&m);

            if (!s.ok)
                return false;
            if (best[mode].seconds == 0 || s.seconds < best[mode].seconds)
                best[mode] = s;
        }
    }
    t->rtl_seconds += best[0].seconds;
    t->rtl_cycles += best[0].cycles;
    t->lockstep_seconds += best[1].seconds;
    t->lockstep_cycles += best[1].cycles;
    t->lockstep_instructions += best[1].instructions;
    t->model_seconds += best[2].seconds;
    t->model_instructions += best[2].instructions;
    fprintf(stderr, "%s: rtl %.0f, lockstep %.0f cycles/s, model %.1f M instructions/s\n", program,
            (double)best[0].cycles / best[0].seconds, (double)best[1].cycles / best[1].seconds,
            (double)best[2].instructions / best[2].seconds / 1e6);
    return true;
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
    for (unsigned repeat = 0; repeat < REPEATS; repeat++) {
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

static cJSON *bench_object(const struct totals *t, double mmu, double iommu, char *const *programs,
                           int count)
{
    double rtl = (double)t->rtl_cycles / t->rtl_seconds;
    double lockstep = (double)t->lockstep_cycles / t->lockstep_seconds;
    cJSON *root = cJSON_CreateObject(), *on;

    cJSON_AddNumberToObject(root, "rtl_cycles_per_s", rtl);
    cJSON_AddNumberToObject(root, "lockstep_ratio", lockstep / rtl);
    cJSON_AddNumberToObject(root, "cpi",
                            (double)t->lockstep_cycles / (double)t->lockstep_instructions);
    cJSON_AddNumberToObject(root, "model_mips",
                            (double)t->model_instructions / t->model_seconds / 1e6);
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
    root = bench_object(&t, bench_block(cli, "block_mmu"), bench_block(cli, "block_iommu"),
                        argv + optind, argc - optind);
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
