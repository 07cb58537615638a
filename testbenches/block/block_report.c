// SPDX-License-Identifier: Apache-2.0
// What a block bench prints: a report for people, one JSON object for programs.
#include "block_report.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void bit_name(char *out, size_t bytes, const struct decide_group *g, unsigned bit)
{
    snprintf(out, bytes, "%s%s%s%s%s[%u]", g->mode != NULL ? g->mode : "",
             g->mode != NULL ? " " : "", g->part != NULL ? g->part : "", g->part != NULL ? " " : "",
             g->name, bit);
}

/* Calls back with each bit that was wanted and never decided, as "name[bit]". */
static void each_undecided(const struct block_result *r, void (*found)(void *ctx, const char *name),
                           void *ctx)
{
    char name[80];

    for (unsigned i = 0; i < r->group_count; i++)
        for (unsigned bit = 0; bit < 64; bit++)
            if (decide_missing(&r->groups[i]) >> bit & 1) {
                bit_name(name, sizeof(name), &r->groups[i], bit);
                found(ctx, name);
            }
}

static void add_name(void *array, const char *name)
{
    cJSON_AddItemToArray(array, cJSON_CreateString(name));
}

#define NAMES_SHOWN 12

static void print_name(void *count, const char *name)
{
    if ((*(unsigned *)count)++ < NAMES_SHOWN)
        printf("%s %s", *(unsigned *)count == 1 ? "" : ",", name);
}

static void add_verdicts(cJSON *root, const struct block_options *o, const struct block_verdicts *v)
{
    cJSON *sub;

    cJSON_AddNumberToObject(root, "fresh", (double)v->count[LEGALITY_FRESH]);
    cJSON_AddNumberToObject(root, "legal_stale", (double)v->count[LEGALITY_STALE]);
    cJSON_AddNumberToObject(root, "illegal", (double)v->count[LEGALITY_ILLEGAL]);
    if (o->legality == BLOCK_EXACT)
        return;
    cJSON_AddNumberToObject(root, "unjudged", (double)v->count[LEGALITY_UNJUDGED]);
    sub = cJSON_AddObjectToObject(root, "legal_stale_in");
    for (unsigned i = 0; i < BLOCK_MODES && v->mode[i] != NULL; i++)
        cJSON_AddNumberToObject(sub, v->mode[i], (double)v->stale_in[i]);
}

bool block_report_json(const char *path, const struct block_options *o,
                       const struct block_result *r, double seconds, const char *bundle)
{
    cJSON *root = cJSON_CreateObject(), *sub;
    bool to_stdout = strcmp(path, "-") == 0, ok;
    char code[16], *text;
    FILE *out;

    cJSON_AddStringToObject(root, "verdict", r->failed ? "mismatch" : "agreed");
    cJSON_AddNumberToObject(root, "seed", (double)o->seed);
    cJSON_AddStringToObject(root, "mode",
                            o->legality == BLOCK_LEGALITY_ONLY ? "legality" : "exact");
    cJSON_AddNumberToObject(root, "requests", (double)r->requests);
    cJSON_AddNumberToObject(root, "cycles", (double)r->cycles);
    if (r->cases != 0) {
        cJSON_AddNumberToObject(root, "cases", (double)r->cases);
        cJSON_AddNumberToObject(root, "outcomes", (double)r->outcomes);
    }
    add_verdicts(root, o, &r->legality);
    sub = cJSON_AddObjectToObject(root, "faults");
    for (unsigned i = 0; i < 256; i++) {
        if (r->faults[i] == 0)
            continue;
        snprintf(code, sizeof(code), "0x%02x", i);
        cJSON_AddNumberToObject(sub, code, (double)r->faults[i]);
    }
    each_undecided(r, add_name, cJSON_AddArrayToObject(root, "undecided"));
    cJSON_AddNumberToObject(root, "seconds", seconds);
    if (r->failed) {
        sub = cJSON_AddObjectToObject(root, "first");
        cJSON_AddStringToObject(sub, "stream", r->first.stream);
        cJSON_AddStringToObject(sub, "field", r->first.field);
        cJSON_AddStringToObject(sub, "rtl", r->first.rtl);
        cJSON_AddStringToObject(sub, "model", r->first.model);
        cJSON_AddNumberToObject(sub, "cycle", (double)r->first.cycle);
        if (block_has_source_id)
            cJSON_AddNumberToObject(sub, "source_id", r->first.source_id);
        cJSON_AddStringToObject(sub, "request", r->first.request);
        cJSON_AddStringToObject(cJSON_AddObjectToObject(sub, "state"), "request", r->first.state);
        if (r->why != NULL)
            cJSON_AddStringToObject(sub, "why", r->why);
        if (bundle == NULL)
            cJSON_AddNullToObject(sub, "bundle");
        else
            cJSON_AddStringToObject(sub, "bundle", bundle);
    }
    text = cJSON_Print(root);
    out = to_stdout ? stdout : fopen(path, "w");
    ok = out != NULL && fprintf(out, "%s\n", text) > 0 && fflush(out) == 0;
    if (out != NULL && !to_stdout)
        ok = fclose(out) == 0 && ok;
    free(text);
    cJSON_Delete(root);
    return ok;
}

void block_report_first(FILE *out, const struct block_result *r)
{
    fprintf(out,
            "first difference: stream %s, field %s, cycle %" PRIu64
            "\n  rtl   %s\n  model %s\n  request: %s\n",
            r->first.stream, r->first.field, r->first.cycle, r->first.rtl, r->first.model,
            r->first.request);
    if (r->why != NULL)
        fputs(r->why, out);
}

/* What a run that agreed has reached: faults by code, bits that never decided. */
static void print_reached(const struct block_result *r)
{
    unsigned undecided = 0;

    if (r->cases != 0)
        printf("%" PRIu64 " cases, %" PRIu64 " different outcomes\n", r->cases, r->outcomes);
    printf("faults:");
    for (unsigned i = 0; i < 256; i++)
        if (r->faults[i] != 0)
            printf(" %02xh %" PRIu64, i, r->faults[i]);
    printf("\n");
    if (r->group_count == 0)
        return;
    printf("undecided:");
    each_undecided(r, print_name, &undecided);
    if (undecided > NAMES_SHOWN)
        printf(", %u more", undecided - NAMES_SHOWN);
    printf("%s\n", undecided == 0 ? " none" : "");
}

void block_report_text(const struct block_options *o, const struct block_result *r, double seconds,
                       const char *bundle)
{
    printf("verdict: %s\nseed %" PRIu64 ", %" PRIu64 " requests, %" PRIu64
           " cycles, %.2f seconds\n",
           r->failed ? "mismatch" : "agreed", o->seed, r->requests, r->cycles, seconds);
    if (o->legality != BLOCK_EXACT)
        printf("legality: %" PRIu64 " fresh, %" PRIu64 " legal stale, %" PRIu64 " illegal, %" PRIu64
               " unjudged\n",
               r->legality.count[LEGALITY_FRESH], r->legality.count[LEGALITY_STALE],
               r->legality.count[LEGALITY_ILLEGAL], r->legality.count[LEGALITY_UNJUDGED]);
    if (!r->failed)
        print_reached(r);
    if (r->failed)
        block_report_first(stdout, r);
    if (bundle != NULL)
        printf("  bundle %s (page.html, report, record log, wave; ./rw wave %s opens it)\n", bundle,
               bundle);
}
