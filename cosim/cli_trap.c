// SPDX-License-Identifier: Apache-2.0
// ringwalk trap: the trap matrix. Its table, its generator and its judge are scripts of the source
// tree, which run guest images by this executable.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

#define MAX_ARGS 64
#define TRAP     RW_SOURCE_DIR "/testbenches/trap/trap.py"

int cli_trap(const struct cli *cli, int argc, char **argv)
{
    char *args[MAX_ARGS + 5] = {"python3", "-B", TRAP, (char *)cli->program};

    if (argc > MAX_ARGS)
        return cli_refuse("more than %d arguments", MAX_ARGS);
    if (access(TRAP, R_OK) != 0)
        return cli_refuse("trap makes its images in the project's source tree, and %s is not there",
                          TRAP);
    memcpy(&args[4], &argv[1], sizeof(args[0]) * (size_t)(argc - 1));
    execvp(args[0], args);
    return cli_refuse("python3: cannot be run: %s", strerror(errno));
}
