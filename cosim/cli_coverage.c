// SPDX-License-Identifier: Apache-2.0
// ringwalk coverage: files of --coverage, added up, and the bins that nothing has reached.
#include <cjson/cJSON.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "coverage.h"

#define SHOWN 12 /* bins of a group, without --all */

static const char help[] =
    "ringwalk coverage FILE... [options]: what files of --coverage have reached, added up\n"
    "  --all                   every bin that was never reached, not the first 12 of a group\n"
    "  --counts                the bins that were reached, with their counts\n"
    "  --beyond FILE           what FILE has reached too is left out: the bins that are new\n"
    "  --into FILE             the sum, as one file\n"
    "  --json FILE             one JSON object; - is standard output, and nothing else goes "
    "there\n";

enum { OPT_ALL = 256, OPT_BEYOND, OPT_COUNTS, OPT_INTO, OPT_JSON, OPT_HELP };

static const struct option options[] = {{"all", no_argument, NULL, OPT_ALL},
                                        {"beyond", required_argument, NULL, OPT_BEYOND},
                                        {"counts", no_argument, NULL, OPT_COUNTS},
                                        {"into", required_argument, NULL, OPT_INTO},
                                        {"json", required_argument, NULL, OPT_JSON},
                                        {"help", no_argument, NULL, OPT_HELP},
                                        {NULL, 0, NULL, 0}};

struct show {
    bool all, counts;
    const char *beyond, *into, *json;
};

struct sum {
    unsigned bins, hit;
};

static struct sum sum_of(const struct coverage *c, unsigned g)
{
    struct sum s = {0, 0};

    for (unsigned i = 0; i < coverage_size(&coverage_groups[g]); i++) {
        bool possible = coverage_possible(&coverage_groups[g], i);

        s.bins += possible;
        s.hit += possible && coverage_count(c, g, i) != 0;
    }
    return s;
}

static void bin_name(unsigned g, unsigned bin, char *out, size_t bytes)
{
    const struct coverage_group *group = &coverage_groups[g];
    unsigned at[COVERAGE_AXES];
    size_t n = 0;

    coverage_values(group, bin, at);
    for (unsigned i = 0; i < group->axes && n < bytes; i++)
        n += (size_t)snprintf(out + n, bytes - n, "%s%s", i == 0 ? "" : ", ",
                              group->axis[i].values[at[i]]);
}

static void print_group(const struct coverage *c, unsigned g, const struct show *show)
{
    const struct coverage_group *group = &coverage_groups[g];
    struct sum s = sum_of(c, g);
    unsigned shown = 0;
    char name[300];

    printf("%-12s %4u of %4u bins  (%s:", group->name, s.hit, s.bins, group->section);
    for (unsigned i = 0; i < group->axes; i++)
        printf("%s %s", i == 0 ? "" : " x", group->axis[i].name);
    printf(")\n");
    for (unsigned i = 0; i < coverage_size(group); i++) {
        uint64_t count = coverage_count(c, g, i);

        bin_name(g, i, name, sizeof(name));
        if (count != 0 && !coverage_possible(group, i))
            printf("  not thought possible: %s, %" PRIu64 " times\n", name, count);
        else if (count != 0 && show->counts)
            printf("  %10" PRIu64 "  %s\n", count, name);
        else if (count == 0 && coverage_possible(group, i) && (show->all || shown++ < SHOWN))
            printf("  never: %s\n", name);
    }
    if (!show->all && shown > SHOWN)
        printf("  and %u more\n", shown - SHOWN);
}

static void add_group(const struct coverage *c, unsigned g, cJSON *root)
{
    cJSON *group = cJSON_AddObjectToObject(root, coverage_groups[g].name), *never;
    struct sum s = sum_of(c, g);
    char name[300];

    cJSON_AddNumberToObject(group, "bins", s.bins);
    cJSON_AddNumberToObject(group, "hit", s.hit);
    never = cJSON_AddArrayToObject(group, "never");
    for (unsigned i = 0; i < coverage_size(&coverage_groups[g]); i++) {
        if (coverage_count(c, g, i) != 0 || !coverage_possible(&coverage_groups[g], i))
            continue;
        bin_name(g, i, name, sizeof(name));
        cJSON_AddItemToArray(never, cJSON_CreateString(name));
    }
}

static int write_json(const struct coverage *c, const char *path)
{
    cJSON *root = cJSON_CreateObject();
    bool to_stdout = strcmp(path, "-") == 0, ok;
    FILE *out = to_stdout ? stdout : fopen(path, "w");
    char *text;

    for (unsigned g = 0; g < coverage_group_count; g++)
        add_group(c, g, root);
    text = cJSON_Print(root);
    ok = out != NULL && text != NULL && fprintf(out, "%s\n", text) > 0;
    if (out != NULL && (to_stdout ? fflush(out) : fclose(out)) != 0)
        ok = false;
    free(text);
    cJSON_Delete(root);
    return ok ? 0 : cli_refuse("%s cannot be written", path);
}

/* Bins that the base lacks, a line each, and their number. */
static int show_new(const struct coverage *c, const char *path)
{
    struct coverage *base = coverage_create();
    unsigned fresh = 0;
    char error[400], name[300];

    if (base == NULL || !coverage_load(base, path, true, error, sizeof(error))) {
        int status = cli_refuse("%s", base == NULL ? "out of memory" : error);

        coverage_destroy(base);
        return status;
    }
    for (unsigned g = 0; g < coverage_group_count; g++)
        for (unsigned i = 0; i < coverage_size(&coverage_groups[g]); i++) {
            if (coverage_count(c, g, i) == 0 || coverage_count(base, g, i) != 0)
                continue;
            bin_name(g, i, name, sizeof(name));
            printf("new: %s: %s\n", coverage_groups[g].name, name);
            fresh++;
        }
    printf("new bins: %u\n", fresh);
    coverage_destroy(base);
    return 0;
}

static int show_all(const struct coverage *c, const struct show *show)
{
    struct sum all = {0, 0};
    char error[400];

    if (show->beyond != NULL)
        return show_new(c, show->beyond);
    if (show->into != NULL && !coverage_save(c, show->into, error, sizeof(error)))
        return cli_refuse("%s", error);
    if (show->json != NULL && write_json(c, show->json) != 0)
        return EXIT_USAGE;
    if (show->json != NULL && strcmp(show->json, "-") == 0)
        return 0;
    for (unsigned g = 0; g < coverage_group_count; g++) {
        struct sum s = sum_of(c, g);

        print_group(c, g, show);
        all.bins += s.bins;
        all.hit += s.hit;
    }
    printf("%-12s %4u of %4u bins\n", "all", all.hit, all.bins);
    return fflush(stdout) == 0 ? 0 : cli_refuse("standard output cannot be written");
}

int cli_coverage(const struct cli *cli, int argc, char **argv)
{
    struct show show = {0};
    struct coverage *c;
    char error[400];
    int opt, status = 0;

    (void)cli;
    while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (opt) {
        case OPT_ALL:
            show.all = true;
            break;
        case OPT_BEYOND:
            show.beyond = optarg;
            break;
        case OPT_COUNTS:
            show.counts = true;
            break;
        case OPT_INTO:
            show.into = optarg;
            break;
        case OPT_JSON:
            show.json = optarg;
            break;
        case OPT_HELP:
            fputs(help, stdout);
            return 0;
        default:
            return EXIT_USAGE;
        }
    }
    if (optind == argc)
        return cli_refuse(
            "coverage takes files that --coverage has written; --help lists the options");
    c = coverage_create();
    if (c == NULL)
        return cli_refuse("out of memory");
    for (int i = optind; i < argc && status == 0; i++)
        if (!coverage_load(c, argv[i], false, error, sizeof(error)))
            status = cli_refuse("%s", error);
    if (status == 0)
        status = show_all(c, &show);
    coverage_destroy(c);
    return status;
}
