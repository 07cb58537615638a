// SPDX-License-Identifier: Apache-2.0
// Parts of a program that are left out (--drop FILE), so that reduce.py finds the shortest one that
// still fails. A line of FILE is a slot's number, or a slot's number, the offset of bytes in it and
// how many. What is drawn stays: a dropped slot is a jump to the next one that is kept, dropped
// bytes are NOPs.
#include "drop.h"

#include <stdlib.h>
#include <string.h>

#include "sys.h"

struct drops *drops_read(const char *path)
{
    struct drops *d = calloc(1, sizeof *d);
    FILE *f = fopen(path, "r");
    unsigned slot, at, bytes;
    char line[80];
    bool good = d != NULL && f != NULL;

    while (good && fgets(line, sizeof line, f)) {
        int n = sscanf(line, "%u %u %u", &slot, &at, &bytes);

        good = (n == 1 || (n == 3 && at + bytes <= SYS_SLOT)) && slot < MAX_SLOTS;
        if (good && n == 1)
            d->slot[slot] = true;
        else if (good)
            memset(d->byte[slot] + at, 1, bytes);
    }
    if (f)
        fclose(f);
    if (!good) {
        free(d);
        return NULL;
    }
    return d;
}

bool dropped(const struct gen *g, unsigned slot)
{
    return g->drops && slot < g->slots && g->drops->slot[slot];
}

/* A system program's slots of another episode or size are reached by an event. */
static bool joined(const struct gen *g, unsigned a, unsigned b)
{
    if (g->mode != MODE_SYSTEM)
        return true;
    return b < g->slots && g->sys->slots[a].episode == g->sys->slots[b].episode &&
           g->sys->slots[a].size == g->sys->slots[b].size;
}

void drop_from_slot(struct gen *g)
{
    unsigned to = g->slot + 1;

    if (!g->drops)
        return;
    for (unsigned i = 0; i < g->slot_bytes; i++)
        if (g->drops->byte[g->slot][i])
            g->b[i] = 0x90;
    if (!dropped(g, g->slot))
        return;
    while (dropped(g, to))
        to++;
    g->n = 0;
    if (joined(g, g->slot, to)) {
        op32(g);
        put(g, 0xe9, 1);
        put(g, (to - g->slot) * g->slot_bytes - (g->n + 4), 4);
    }
    memset(g->b + g->n, 0xcc, sizeof g->b - g->n);
    g->n = g->slot_bytes;
}

void drop_comment(const struct gen *g, FILE *f)
{
    const char *size = g->mode == MODE_SYSTEM
                           ? (const char *[]){"16", "32", "64"}[g->sys->slots[g->slot].size]
                       : g->wide ? "64"
                                 : "32";

    if (!g->drops || dropped(g, g->slot))
        return;
    fprintf(f, "# slot %u, %s bits: ", g->slot, size);
    for (unsigned i = 0; i < g->slot_bytes; i++)
        fprintf(f, "%02x", g->b[i]);
    fprintf(f, "\n");
}
