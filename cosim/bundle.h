// SPDX-License-Identifier: Apache-2.0
// What a failure, or what the user wanted to see, leaves behind: a folder with the report, the
// record log, the command that reproduces it, an FST of a window around the cycle with a
// GTKWave save file whose cursor stands on the cycle, and a page that shows all of it. The FST
// comes from a snapshot of the run, or of running that command once more.
#ifndef RW_BUNDLE_H
#define RW_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "record_log.h"
#include "serial.h"

#define BUNDLE_PATH          1100 /* bytes of a bundle's path */
#define BUNDLE_CYCLES_BEFORE 400  /* of a wave that nobody has asked more or less of */
#define BUNDLE_CYCLES_AFTER  60

struct snapshots;
struct timeline;

struct bundle_request {
    const char *root; /* folder in which bundles are made */
    const char *name; /* of the program or the block; with seed and cycle the bundle's name */
    uint64_t seed, cycle;
    uint64_t before, after; /* cycles of the wave around it */
    bool asked;             /* the user wanted to see it; nothing has failed */
    const char *program;    /* this executable, and its whole command line */
    char *const *argv;
    int argc;
    const char *view;                    /* saved view: waves/NAME.gtkw */
    const char *view_place, *wave_place; /* its signals below the one stand below the other in this
                                            wave; NULL: as saved */
    const struct serial *serial; /* live: what arrived belongs to the command; NULL: not so */
    struct snapshots *snapshots; /* of that run; NULL: it is made again from reset */
    struct timeline *timeline;   /* the same, of a run under a debugger; or NULL */
    const struct record_log *log;
    void (*report)(FILE *out, const void *context); /* what differed, in words */
    const void *context;
};

/* The view that shows a difference of this stream. */
const char *bundle_view_of(const char *stream);
/* Fills path with the folder. False and one line in error when it cannot be written. */
bool bundle_write(const struct bundle_request *b, char path[BUNDLE_PATH], char *error,
                  size_t error_bytes);
/* Runs the command of a bundle; the process becomes it. Returns only on failure. */
bool bundle_replay(const char *path, char *error, size_t error_bytes);
/* The same of GTKWave; sides: the records of both sides instead of the block's signals. */
bool bundle_open_wave(const char *path, bool sides, char *error, size_t error_bytes);

#endif
