// SPDX-License-Identifier: Apache-2.0
// ringwalk mmu, iommu, bus: the block benches are executables of their own beside this one, so
// that another RTL of the same ports can be built and tested without this project's machine.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

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

static int block(const struct cli *cli, const char *name, const char *bench, int argc, char **argv)
{
    return cli_names(argc, argv, "--rtl") ? cli_own(cli, "own_rtl.py", name, argc, argv)
                                          : become(cli, bench, argv);
}

int cli_mmu(const struct cli *cli, int argc, char **argv)
{
    return block(cli, "mmu", "block_mmu", argc, argv);
}

int cli_iommu(const struct cli *cli, int argc, char **argv)
{
    return block(cli, "iommu", "block_iommu", argc, argv);
}

int cli_bus(const struct cli *cli, int argc, char **argv)
{
    (void)argc;
    return become(cli, "block_bus", argv);
}
