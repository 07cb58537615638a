// SPDX-License-Identifier: Apache-2.0
// What a failure leaves behind: a folder with the report, the record log, the command that
// reproduces it, and (made by running that command once) an FST of a window around the cycle with a
// GTKWave save file whose cursor stands on the cycle.
#ifndef RW_BUNDLE_H
#define RW_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "run.h"

struct bundle_request {
    const struct run_options *options;
    const struct run_result *result;
    char *const *argv; /* the command of this run */
    int argc;
    const char *program; /* this executable */
    const char *waves;   /* folder of the saved views */
    const char *root;    /* folder in which bundles are made */
};

/* Fills path with the folder. False and one line in error when it cannot be written. */
bool bundle_write(const struct bundle_request *b, char *path, size_t path_bytes, char *error,
                  size_t error_bytes);
/* Runs the command of a bundle; the process becomes it. Returns only on failure. */
bool bundle_replay(const char *path, char *error, size_t error_bytes);
bool bundle_open_wave(const char *path, char *error, size_t error_bytes);

#endif
