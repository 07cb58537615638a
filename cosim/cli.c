// SPDX-License-Identifier: Apache-2.0
// Command line: picks the command.
#include "cli.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct command {
    const char *name;
    int (*run)(const struct cli *cli, int argc, char **argv);
    const char *help;
} commands[] = {
    {"run", cli_run, "PROGRAM [options]   boot a program in lockstep (Multiboot 1 or ELF64)"},
    {"model", cli_model, "PROGRAM [options]   the same on the golden model alone"},
    {"step", cli_step, "PROGRAM [options]   step through it in the terminal, forward and back"},
    {"explain", cli_explain, "PROGRAM --va A...   why an address translates as it does"},
    {"trap", cli_trap,
     "[INSN] [options]    which instruction traps where, and which check decides"},
    {"mmu", cli_mmu, "[options]           random translations, MMU RTL against the model"},
    {"iommu", cli_iommu, "[options]           random requests, IOMMU RTL against the model"},
    {"bus", cli_bus,
     "[options]           random masters, shared bus RTL against the golden arbiter"},
    {"bench", cli_bench,
     "PROGRAM... [--json FILE]   RTL alone, lockstep, model alone, side by side"},
    {"coverage", cli_coverage, "FILE...         what was never reached, by files of --coverage"},
    {"replay", cli_replay, "BUNDLE              reproduce a failure"},
    {"wave", cli_wave, "BUNDLE [--sides]    open its wave in GTKWave; the records of both sides"},
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

int cli_refuse(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fputs("ringwalk: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    return EXIT_USAGE;
}

static void usage(FILE *out)
{
    fputs("usage: ringwalk COMMAND ...\n", out);
    for (unsigned i = 0; i < COMMANDS; i++)
        fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].help);
    fputs("ringwalk COMMAND --help lists a command's options\n"
          "exit status: 0 agreed, 1 mismatch, 2 usage or bad input, 3 limit or hang, "
          "4 the guest failed, 5 a stale translation was used\n",
          out);
}

int main(int argc, char **argv)
{
    static char self[4096];
    struct cli cli = {.program = self, .argc = argc, .argv = argv};
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

    if (n <= 0)
        snprintf(self, sizeof(self), "%s", argv[0]);
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error of its write */
    if (argc < 2) {
        usage(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        usage(stdout);
        return 0;
    }
    for (unsigned i = 0; i < COMMANDS; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(&cli, argc - 1, argv + 1);
    return cli_refuse("unknown command '%s'; ringwalk --help lists them", argv[1]);
}
