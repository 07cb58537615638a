// SPDX-License-Identifier: Apache-2.0
// ringwalk mmu, iommu, bus: the block benches are executables of their own beside this one, so
// that another RTL of the same ports can be built and tested without this project's machine.
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

#define MAX_ARGS 64

static int become(const struct cli *cli, const char *name, char **argv)
{
    char path[4200];
    const char *slash = strrchr(cli->program, '/');
    int folder = slash == NULL ? 0 : (int)(slash - cli->program) + 1;

    snprintf(path, sizeof(path), "%.*s%s", folder, cli->program, name);
    argv[0] = path;
    execv(path, argv);
    return cli_refuse("%s: cannot be run: %s; ./rw build makes it", path, strerror(errno));
}

/* --rtl DIR: the design's bench is built first, by a script of the source tree, which then becomes
 * it. */
#define OWN_RTL RW_SOURCE_DIR "/testbenches/block/own_rtl.py"

static bool names_rtl(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--rtl") == 0 || strncmp(argv[i], "--rtl=", 6) == 0)
            return true;
    return false;
}

static int own_rtl(const struct cli *cli, char *block, int argc, char **argv)
{
    char *args[MAX_ARGS + 6] = {"python3", "-B", OWN_RTL, (char *)cli->program, block};

    if (argc > MAX_ARGS)
        return cli_refuse("more than %d arguments", MAX_ARGS);
    if (access(OWN_RTL, R_OK) != 0)
        return cli_refuse("--rtl builds in the project's source tree, and %s is not there",
                          OWN_RTL);
    memcpy(&args[5], &argv[1], sizeof(args[0]) * (size_t)(argc - 1));
    execvp(args[0], args);
    return cli_refuse("python3: cannot be run: %s", strerror(errno));
}

int cli_mmu(const struct cli *cli, int argc, char **argv)
{
    char block[] = "mmu";

    return names_rtl(argc, argv) ? own_rtl(cli, block, argc, argv) : become(cli, "block_mmu", argv);
}

int cli_iommu(const struct cli *cli, int argc, char **argv)
{
    char block[] = "iommu";

    return names_rtl(argc, argv) ? own_rtl(cli, block, argc, argv)
                                 : become(cli, "block_iommu", argv);
}

int cli_bus(const struct cli *cli, int argc, char **argv)
{
    (void)argc;
    return become(cli, "block_bus", argv);
}
