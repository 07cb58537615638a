// SPDX-License-Identifier: Apache-2.0
// --rtl DIR, --mmu-rtl DIR: what has somebody else's RTL in it is built first, by a script of the
// source tree, which then becomes it.
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

#define MAX_ARGS 64

bool cli_names(int argc, char **argv, const char *option)
{
    size_t n = strlen(option);

    for (int i = 1; i < argc; i++)
        if (strncmp(argv[i], option, n) == 0 && (argv[i][n] == 0 || argv[i][n] == '='))
            return true;
    return false;
}

int cli_own(const struct cli *cli, const char *script, const char *block, int argc, char **argv)
{
    char path[4200];
    char *args[MAX_ARGS + 6] = {"python3", "-B", path, (char *)(uintptr_t)cli->program,
                                (char *)(uintptr_t)block};
    unsigned n = block == NULL ? 4 : 5;

    snprintf(path, sizeof(path), "%s/%s", RW_SOURCE_DIR "/testbenches/block", script);
    if (argc > MAX_ARGS)
        return cli_refuse("more than %d arguments", MAX_ARGS);
    if (access(path, R_OK) != 0)
        return cli_refuse("other RTL is built in the project's source tree, and %s is not there",
                          path);
    memcpy(&args[n], &argv[1], sizeof(args[0]) * (size_t)(argc - 1));
    execvp(args[0], args);
    return cli_refuse("python3: cannot be run: %s", strerror(errno));
}
