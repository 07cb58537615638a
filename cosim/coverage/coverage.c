// SPDX-License-Identifier: Apache-2.0
// Counts and files; see the header. A file has one line for each bin that was hit: the group, the
// values on its axes joined by '/', the count.
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "bins.h"

#define TITLE      "ringwalk coverage 1"
#define LINE_BYTES 400

struct coverage {
    struct coverage_state state;
    uint64_t *count[COVERAGE_GROUPS];
};

struct coverage *coverage_create(void)
{
    struct coverage *c = calloc(1, sizeof(*c));

    for (unsigned g = 0; c != NULL && g < COVERAGE_GROUPS; g++) {
        c->count[g] = calloc(coverage_size(&coverage_groups[g]), sizeof(uint64_t));
        if (c->count[g] == NULL) {
            coverage_destroy(c);
            return NULL;
        }
    }
    if (c != NULL) {
        c->state.paging = -1;
        c->state.event = -1;
    }
    return c;
}

void coverage_destroy(struct coverage *c)
{
    for (unsigned g = 0; c != NULL && g < COVERAGE_GROUPS; g++)
        free(c->count[g]);
    free(c);
}

struct coverage_state *coverage_state(struct coverage *c)
{
    return &c->state;
}

void coverage_hit(struct coverage *c, enum coverage_group_number group, unsigned a, unsigned b,
                  unsigned d, unsigned e)
{
    const struct coverage_group *g = &coverage_groups[group];
    const unsigned at[COVERAGE_AXES] = {a, b, d, e};
    unsigned bin = 0;

    for (unsigned i = 0; i < g->axes; i++) {
        if (at[i] >= g->axis[i].count)
            return;
        bin = bin * g->axis[i].count + at[i];
    }
    c->count[group][bin]++;
}

void coverage_record(struct coverage *c, const struct record_type *t, const void *record)
{
    coverage_of_processor(c, t, record);
    coverage_of_unit(c, t, record);
}

uint64_t coverage_count(const struct coverage *c, unsigned group, unsigned bin)
{
    return c->count[group][bin];
}

/* --- files --- */

static void bin_text(const struct coverage_group *g, unsigned bin, char *out, size_t bytes)
{
    unsigned at[COVERAGE_AXES];
    size_t n = 0;

    coverage_values(g, bin, at);
    for (unsigned i = 0; i < g->axes && n < bytes; i++)
        n += (size_t)snprintf(out + n, bytes - n, "%s%s", i == 0 ? "" : "/",
                              g->axis[i].values[at[i]]);
}

/* A line that names a bin of today adds to it; others belong to another version, and are refused.
 */
static bool take_line(struct coverage *c, char *line)
{
    char *bin = strchr(line, '\t'), *count = bin == NULL ? NULL : strchr(bin + 1, '\t');
    char text[LINE_BYTES];

    if (count == NULL)
        return false;
    *bin++ = *count++ = 0;
    for (unsigned g = 0; g < COVERAGE_GROUPS; g++) {
        const struct coverage_group *group = &coverage_groups[g];

        if (strcmp(group->name, line) != 0)
            continue;
        for (unsigned i = 0; i < coverage_size(group); i++) {
            bin_text(group, i, text, sizeof(text));
            if (strcmp(text, bin) == 0) {
                c->count[g][i] += strtoull(count, NULL, 10);
                return true;
            }
        }
    }
    return false;
}

bool coverage_load(struct coverage *c, const char *path, bool may_lack, char *error,
                   size_t error_bytes)
{
    char line[LINE_BYTES];
    unsigned number = 1;
    FILE *in = fopen(path, "r");
    bool good;

    if (in == NULL && errno == ENOENT && may_lack)
        return true;
    if (in == NULL) {
        snprintf(error, error_bytes, "%s: cannot be read: %s", path, strerror(errno));
        return false;
    }
    good = fgets(line, sizeof(line), in) != NULL && strcmp(line, TITLE "\n") == 0;
    while (good && fgets(line, sizeof(line), in) != NULL) {
        line[strcspn(line, "\n")] = 0;
        number++;
        good = take_line(c, line);
    }
    if (!good)
        snprintf(error, error_bytes, "%s:%u: is no line of a coverage file of this version", path,
                 number);
    fclose(in);
    return good;
}

bool coverage_save(const struct coverage *c, const char *path, char *error, size_t error_bytes)
{
    char fresh[4200], text[LINE_BYTES];
    FILE *out;
    bool good;

    snprintf(fresh, sizeof(fresh), "%s.new", path);
    out = fopen(fresh, "w");
    good = out != NULL && fputs(TITLE "\n", out) >= 0;
    for (unsigned g = 0; good && g < COVERAGE_GROUPS; g++)
        for (unsigned i = 0; i < coverage_size(&coverage_groups[g]); i++) {
            if (c->count[g][i] == 0)
                continue;
            bin_text(&coverage_groups[g], i, text, sizeof(text));
            fprintf(out, "%s\t%s\t%" PRIu64 "\n", coverage_groups[g].name, text, c->count[g][i]);
        }
    good = good && !ferror(out);
    if (out != NULL && fclose(out) != 0)
        good = false;
    if (good && rename(fresh, path) == 0)
        return true;
    snprintf(error, error_bytes, "%s: cannot be written: %s", path, strerror(errno));
    unlink(fresh);
    return false;
}

bool coverage_add_to(struct coverage *c, const char *path, char *error, size_t error_bytes)
{
    char lock_path[4200];
    int lock;
    bool good;

    snprintf(lock_path, sizeof(lock_path), "%s.lock", path);
    lock = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (lock < 0 || flock(lock, LOCK_EX) != 0) {
        snprintf(error, error_bytes, "%s: cannot be written: %s", lock_path, strerror(errno));
        if (lock >= 0)
            close(lock);
        return false;
    }
    good = coverage_load(c, path, true, error, error_bytes) &&
           coverage_save(c, path, error, error_bytes);
    close(lock);
    return good;
}
