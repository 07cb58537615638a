// SPDX-License-Identifier: Apache-2.0
// The commands of ringwalk; each takes its own argc and argv (argv[0] is the command) and returns
// the exit status: 0 agreed, 1 mismatch, 2 usage or bad input, 3 limit or hang, 4 guest failed.
#ifndef RW_CLI_H
#define RW_CLI_H

#include <stdbool.h>

#define EXIT_USAGE 2

struct cli {
    const char *program; /* path of this executable */
    int argc;            /* the whole command line */
    char **argv;
};

int cli_run(const struct cli *cli, int argc, char **argv);
int cli_step(const struct cli *cli, int argc, char **argv);
int cli_model(const struct cli *cli, int argc, char **argv);
int cli_explain(const struct cli *cli, int argc, char **argv);
int cli_trap(const struct cli *cli, int argc, char **argv);
int cli_bench(const struct cli *cli, int argc, char **argv);
int cli_mmu(const struct cli *cli, int argc, char **argv);
int cli_iommu(const struct cli *cli, int argc, char **argv);
int cli_coverage(const struct cli *cli, int argc, char **argv);
int cli_bus(const struct cli *cli, int argc, char **argv);
int cli_replay(const struct cli *cli, int argc, char **argv);
int cli_wave(const struct cli *cli, int argc, char **argv);

/* Does one of them name this option, with or without "=VALUE"? */
bool cli_names(int argc, char **argv, const char *option);
/* Becomes a script of testbenches/block, which takes this executable, the block (NULL: none) and
 * the arguments. */
int cli_own(const struct cli *cli, const char *script, const char *block, int argc, char **argv);

struct run_point;

/* cli_model, but it ends at a point. */
int cli_model_to(const struct cli *cli, int argc, char **argv, const struct run_point *point);

/* Prints "ringwalk: ..." as one line to standard error; returns EXIT_USAGE. */
int cli_refuse(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
