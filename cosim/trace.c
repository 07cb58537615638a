// SPDX-License-Identifier: Apache-2.0
// ringwalk run --trace; see the header.
#include "trace.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "record_fields.h"

struct trace {
    FILE *file;
    uint64_t from, to;
    char last[64]; /* label */
    size_t used;
    char labels[TRACE_LABELS];
};

/* FROM-TO */
static bool take_range(struct trace *t, char *text)
{
    char *dash = strchr(text, '-');

    if (dash == NULL)
        return false;
    *dash = '\0';
    return option_number(text, &t->from) && option_number(dash + 1, &t->to) && t->from <= t->to;
}

struct trace *trace_open(const char *option, char *error, size_t error_bytes)
{
    struct trace *t = calloc(1, sizeof(*t));
    char *path = strdup(option), *comma = path == NULL ? NULL : strrchr(path, ',');

    if (t == NULL || path == NULL) {
        snprintf(error, error_bytes, "out of memory for the trace");
        free(t);
        free(path);
        return NULL;
    }
    t->to = UINT64_MAX;
    if (comma != NULL)
        *comma = '\0';
    if (comma != NULL && !take_range(t, comma + 1))
        snprintf(error, error_bytes, "--trace: '%s' wants FILE or FILE,FROM-TO", option);
    else if ((t->file = fopen(path, "w")) == NULL)
        snprintf(error, error_bytes, "%s: cannot be written: %s", path, strerror(errno));
    free(path);
    if (t->file != NULL)
        return t;
    free(t);
    return NULL;
}

void trace_ucode(struct trace *t, const char *label)
{
    size_t bytes = strlen(label) + 1;

    if (strcmp(t->last, label) == 0)
        return;
    snprintf(t->last, sizeof(t->last), "%s", label);
    if (t->used + bytes > sizeof(t->labels))
        return;
    t->labels[t->used] = ',';
    memcpy(t->labels + t->used + 1, label, bytes - 1);
    t->used += bytes;
}

void trace_retire(struct trace *t, const struct rec_retire *r)
{
    if (r->rip >= t->from && r->rip <= t->to) {
        fprintf(t->file, "ucode=%.*s ", t->used == 0 ? 0 : (int)t->used - 1, t->labels + 1);
        record_print(t->file, &type_retire, r);
    }
    t->last[0] = '\0';
    t->used = 0;
}

bool trace_close(struct trace *t)
{
    bool good = t == NULL || !ferror(t->file);

    if (t == NULL)
        return true;
    good = fclose(t->file) == 0 && good;
    free(t);
    return good;
}
