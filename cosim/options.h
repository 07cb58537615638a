// SPDX-License-Identifier: Apache-2.0
// The options that every command with a run of its own takes (ringwalk run, model, mmu, iommu,
// bus), and numbers on a command line.
#ifndef RW_OPTIONS_H
#define RW_OPTIONS_H

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>

struct common_options {
    uint64_t seed;
    unsigned wait_states_max; /* random, before each ack of the bus; 0..7 */
    const char *json;         /* a file, "-" is standard output; NULL: none */
    const char *bundles;      /* folder in which a failure leaves its bundle */
    bool no_bundle, quiet;
    const char *coverage;  /* a file that the run's counts are added to; NULL: none */
    const char *wave_path; /* FST of the cycles [wave_from, wave_to); NULL: none */
    uint64_t wave_from, wave_to;
};

#define COMMON_DEFAULTS(waits)                                                                     \
    {                                                                                              \
        .seed = 1, .wait_states_max = (waits), .bundles = "bundles", .wave_to = UINT64_MAX         \
    }

/* Values of struct option; a command's own begin at OPT_OWN. */
enum {
    OPT_SEED = 256,
    OPT_WAIT_STATES,
    OPT_JSON,
    OPT_BUNDLES,
    OPT_NO_BUNDLE,
    OPT_WAVE,
    OPT_WAVE_FROM,
    OPT_WAVE_TO,
    OPT_QUIET,
    OPT_COVERAGE,
    OPT_HELP,
    OPT_OWN
};

/* Rows for getopt_long and lines for --help; a command puts its own before them. */
#define COMMON_ROWS                                                                                \
    {"seed", required_argument, NULL, OPT_SEED},                                                   \
        {"wait-states", required_argument, NULL, OPT_WAIT_STATES},                                 \
        {"json", required_argument, NULL, OPT_JSON},                                               \
        {"bundles", required_argument, NULL, OPT_BUNDLES},                                         \
        {"no-bundle", no_argument, NULL, OPT_NO_BUNDLE},                                           \
        {"wave", required_argument, NULL, OPT_WAVE},                                               \
        {"coverage", required_argument, NULL, OPT_COVERAGE},                                       \
        {"wave-from", required_argument, NULL, OPT_WAVE_FROM},                                     \
        {"wave-to", required_argument, NULL, OPT_WAVE_TO},                                         \
        {"quiet", no_argument, NULL, OPT_QUIET}, {"help", no_argument, NULL, OPT_HELP},            \
    {                                                                                              \
        NULL, 0, NULL, 0                                                                           \
    }

extern const char common_help[];

enum common_end {
    COMMON_TAKEN,
    COMMON_NOT_MINE,    /* an option of the command's own */
    COMMON_HELP,        /* --help: print and end */
    COMMON_OUT_OF_RANGE /* the value, optarg, is none */
};

enum common_end common_take(struct common_options *c, int opt);

/* A number in C notation with an optional K, M or G (1024s); false when it is none. */
bool option_number(const char *text, uint64_t *value);
/* The same, within low..high. */
bool option_between(const char *text, uint64_t low, uint64_t high, uint64_t *value);
/* BB:DD.F: hexadecimal, the device up to 1F, the function one octal digit. */
bool option_source_id(const char *text, uint16_t *sid);

#endif
