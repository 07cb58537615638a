// SPDX-License-Identifier: Apache-2.0
// steps PROGRAM...: whole programs on QEMU or Bochs and on the golden model, compared after every
// instruction. Exit status: 0 agreed, 1 mismatch, 2 usage, bad image, or no emulator.
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "report.h"

enum { AGREED, MISMATCH, BAD_USE };

static const char usage[] =
    "usage: steps [options] PROGRAM...\n"
    "  --instructions N  compare so many of each program (1000000); 0: all\n"
    "  --checkpoint N    compare RAM after every N instructions (100000), and at the end\n"
    "  --memory SIZE     MBytes of RAM, 16 to 1024 (128)\n"
    "  --brand           CPUID names Ringwalk's processor: programs leave nothing out for QEMU\n"
    "  --on NAME         the emulator: qemu (the default) or bochs\n"
    "  --qemu FILE       the QEMU to use (qemu-system-x86_64)\n"
    "  --bochs FILE      the Bochs to use (bochs)\n"
    "  --state           with a difference, all of the state before it\n"
    "  --console         print what the guest wrote to the UART and port E9\n"
    "  --verdict         begin the report with the word \"verdict: \"\n"
    "  --json FILE       verdicts and counts as one array, - is standard output\n"
    "  --list            the rows of known differences\n";

struct options {
    uint64_t instructions, checkpoint, memory;
    bool brand, state, console, verdict;
    const struct emulator_ops *on;
    const char *qemu, *bochs, *json;
};

static int complain(const char *what, const char *detail)
{
    fprintf(stderr, "steps: %s%s\n", what, detail);
    return BAD_USE;
}

static bool number(const char *text, uint64_t from, uint64_t to, uint64_t *out)
{
    char *end;

    errno = 0;
    *out = strtoull(text, &end, 0);
    return *text >= '0' && *text <= '9' && *end == '\0' && errno == 0 && *out >= from && *out <= to;
}

static const struct emulator_ops *emulator_named(const char *name)
{
    if (strcmp(name, "qemu") == 0)
        return &emulator_qemu;
    return strcmp(name, "bochs") == 0 ? &emulator_bochs : NULL;
}

static int list(void)
{
    static const char *const emulators[] = {
        [ON_QEMU] = "QEMU", [ON_BOCHS] = "Bochs", [ON_BOTH] = "QEMU, Bochs"};

    for (unsigned i = 0; i < known_rows(); i++)
        printf("%s: %s: %s (%s)\n", emulators[known_on(i)], known_kind(i), known_name(i),
               known_source(i));
    return AGREED;
}

/* -1: go on; otherwise the exit status. */
static int parse(struct options *o, int argc, char **argv)
{
    static const struct option options[] = {{"instructions", required_argument, NULL, 'i'},
                                            {"checkpoint", required_argument, NULL, 'c'},
                                            {"memory", required_argument, NULL, 'm'},
                                            {"brand", no_argument, NULL, 'b'},
                                            {"on", required_argument, NULL, 'O'},
                                            {"qemu", required_argument, NULL, 'q'},
                                            {"bochs", required_argument, NULL, 'B'},
                                            {"list", no_argument, NULL, 'l'},
                                            {"state", no_argument, NULL, 's'},
                                            {"console", no_argument, NULL, 'o'},
                                            {"verdict", no_argument, NULL, 'v'},
                                            {"json", required_argument, NULL, 'j'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    int c;

    while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        bool ok = true;

        if (c == 'h') {
            fputs(usage, stdout);
            return AGREED;
        }
        if (c == 'l')
            return list();
        if (c == '?')
            return BAD_USE;
        if (c == 'i')
            ok = number(optarg, 0, UINT64_MAX, &o->instructions);
        if (c == 'c')
            ok = number(optarg, 1, UINT64_MAX, &o->checkpoint);
        if (c == 'm')
            ok = number(optarg, 16, 1024, &o->memory);
        if (c == 'q')
            o->qemu = optarg;
        if (c == 'B')
            o->bochs = optarg;
        if (c == 'O')
            o->on = emulator_named(optarg);
        if (o->on == NULL)
            return complain("no such emulator: ", optarg);
        o->brand |= c == 'b';
        if (c == 'j')
            o->json = optarg;
        o->state |= c == 's';
        o->console |= c == 'o';
        o->verdict |= c == 'v';
        if (!ok)
            return complain("out of range: ", optarg);
    }
    return optind == argc ? complain("which program? --help lists the options", "") : -1;
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static bool begin(struct judge *j, const struct emulator_ops *on,
                  const struct emulator_config *config, const struct rw_boot *boot,
                  const char **why)
{
    struct shot at;

    j->emulator = j->twin->emulator = on->start(config, why);
    if (j->emulator == NULL || !on->enter(j->emulator, &j->twin->mem, boot, why))
        return false;
    twin_take_ram(j->twin);
    if (!on->go(j->emulator, &at, why))
        return false;
    twin_take(j->twin, &at);
    return true;
}

static bool quiet(const struct options *o)
{
    return o->json != NULL && strcmp(o->json, "-") == 0;
}

static int judge_program(const struct options *o, const char *program, cJSON *array)
{
    static struct judge j;
    struct emulator_config config = {.binary = o->on == &emulator_qemu ? o->qemu : o->bochs,
                                     .program = program,
                                     .memory_bytes = o->memory << 20,
                                     .brand = o->brand};
    char error[256] = "out of memory";
    struct rw_boot boot = {.cpuid.away = o->on->away};
    const char *why = "";
    double start = now();
    int status = BAD_USE;

    j = (struct judge){.max_instructions = o->instructions,
                       .checkpoint_every = o->checkpoint,
                       .show_state = o->state};
    j.twin = twin_create(program, config.memory_bytes, &boot, error, sizeof(error));
    if (j.twin == NULL)
        return complain(error, "");
    if (begin(&j, o->on, &config, &boot, &why)) {
        judge_run(&j);
        if (o->console)
            fputs(j.twin->console, stdout);
        if (o->verdict)
            printf("verdict: %s\n", verdict_text(&j));
        if (!quiet(o))
            report_program(&j, program, now() - start);
        report_json(array, &j, program);
        status = verdict_agreed(&j) ? AGREED : MISMATCH;
    } else {
        complain(why, "");
    }
    if (j.emulator != NULL)
        o->on->close(j.emulator);
    twin_destroy(j.twin);
    return status;
}

int main(int argc, char **argv)
{
    struct options o = {.on = &emulator_qemu,
                        .bochs = "bochs",
                        .instructions = 1000000,
                        .checkpoint = 100000,
                        .memory = 128,
                        .qemu = "qemu-system-x86_64"};
    int end = parse(&o, argc, argv);
    cJSON *array = cJSON_CreateArray();

    if (end >= 0)
        return end;
    signal(SIGPIPE, SIG_IGN);
    for (int i = optind; i < argc; i++) {
        int status = judge_program(&o, argv[i], array);

        end = status > end ? status : end;
    }
    if (o.json != NULL && !report_json_write(array, o.json))
        end = complain("cannot write ", o.json);
    cJSON_Delete(array);
    return end;
}
