// SPDX-License-Identifier: Apache-2.0
// Writes a random guest program: the body and the tables that frame.S includes.
//
//   randgen --seed N --mode 64|32|compat|system [--ring 0|3] [--fuzz] [--slots N]
//           [--paging 32|pae|4|5] [--drop FILE] -o prog.S
//
// A program is a row of slots of 64 bytes. A slot holds the set-up of some registers, one random
// instruction, and a way to the next slot; with --fuzz (ring 3 only) any bytes at all. Every event
// (fault, INT n, single step, timer) resumes at the slot after the one that it interrupted, so the
// program ends whatever happens; frame.S holds the handler. The program checks nothing itself: it
// is run in lockstep, see run.sh. Memory operands aim at a window of data pages in which the page
// table (or, in 32-bit mode, a segment limit) ends after a few pages. With --paging the tables are
// random too, and the program changes them (rand_paging.c). --mode system is another kind of
// program, with a frame of its own: sys.h, system.S.
#include "drop.h"
#include "sys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int usage(void)
{
    fprintf(stderr,
            "usage: randgen --seed N --mode 64|32|compat|system [--ring 0|3] [--fuzz] [--slots N] "
            "[--paging 32|pae|4|5] [--drop FILE] -o prog.S\n");
    return 2;
}

static bool choose_mode(struct gen *g, const char *name)
{
    static const char *const names[] = {
        [MODE_64] = "64", [MODE_32] = "32", [MODE_COMPAT] = "compat", [MODE_SYSTEM] = "system"};

    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0) {
            g->mode = (enum mode)i;
            return true;
        }
    return false;
}

/* What the mode brings with it; false: options that do not go together. */
static bool choose(struct gen *g, uint64_t seed, const char *paging)
{
    bool system = g->mode == MODE_SYSTEM;

    if (g->slots == 0)
        g->slots = system ? 800 : 1500;
    if (g->slots > (system ? MAX_SYS_SLOTS - 8 : (MAX_PAGES - 2) * 4096 / SLOT))
        return false;
    if (system && (g->fuzz || g->ring != 0 || paging))
        return false;
    if (g->fuzz || g->mode == MODE_COMPAT)
        g->ring = 3; /* the handlers are 64-bit code, and must outlive the body */
    g->state = seed * 64 + (unsigned)g->mode * 8 + g->ring + g->fuzz;
    g->wide = g->mode == MODE_64;
    if (system) {
        g->slot_bytes = SYS_SLOT;
        g->changes_pages = true;
        g->data = DATA;
        return true;
    }
    /* 32-bit: at ring 3 the segments begin at the region. */
    g->body = g->mode != MODE_32 ? 0x40100000 : g->ring == 3 ? 0 : 0x400000;
    g->data = g->mode != MODE_32 ? 0x40001000 : g->body + MAX_PAGES * 4096;
    return paging_choose(g, paging);
}

int main(int argc, char **argv)
{
    struct gen g = {.mode = MODE_64, .slot_bytes = SLOT, .last_slot = ~0u};
    const char *out = NULL, *paging = NULL, *drop = NULL;
    uint64_t seed = 1;
    bool known = true;

    for (int i = 1; i < argc; i++) {
        const char *a = argv[i], *v = i + 1 < argc ? argv[i + 1] : NULL;

        if (strcmp(a, "--fuzz") == 0) {
            g.fuzz = true;
            continue;
        }
        if (!v)
            return usage();
        i++;
        if (strcmp(a, "--seed") == 0)
            seed = strtoull(v, NULL, 0);
        else if (strcmp(a, "--ring") == 0)
            known = (g.ring = strcmp(v, "3") == 0 ? 3 : 0) == 3 || strcmp(v, "0") == 0;
        else if (strcmp(a, "--slots") == 0)
            g.slots = (unsigned)strtoul(v, NULL, 0);
        else if (strcmp(a, "--mode") == 0)
            known = choose_mode(&g, v);
        else if (strcmp(a, "--paging") == 0)
            paging = v;
        else if (strcmp(a, "--drop") == 0)
            drop = v;
        else if (strcmp(a, "-o") == 0)
            out = v;
        else
            known = false;
        if (!known)
            return usage();
    }
    if (!out || !choose(&g, seed, paging))
        return usage();
    if (drop && (g.drops = drops_read(drop)) == NULL) {
        fprintf(stderr, "randgen: %s: cannot be read, or has a line that names no slot\n", drop);
        return 2;
    }

    FILE *f = fopen(out, "w");

    if (!f) {
        perror(out);
        return 1;
    }
    if (g.mode == MODE_SYSTEM)
        sys_print(&g, f, seed);
    else
        print_program(&g, f, seed);
    return fclose(f) == 0 ? 0 : 1;
}
