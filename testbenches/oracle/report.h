// SPDX-License-Identifier: Apache-2.0
// A run, and what is said about it: progress, the first mismatch in words, JSON.
#ifndef RW_ORACLE_REPORT_H
#define RW_ORACLE_REPORT_H

#include <stdio.h>

#include "oracle.h"

enum { ROWS_MAX = 512 };

struct oracle {
    uint64_t seed, cases, first;
    const char *only, *json;
    bool undefined, keep_going;
    bool drawn; /* nothing is carried out: which instructions are drawn? */
    bool exact; /* what the SDM leaves undefined is compared like the rest, as this personality's */
    enum rw_undefined as;
    FILE *json_file;
    struct host *host;
    struct guest *guest;
    uint8_t pristine[PAGES * PAGE];
    uint16_t rows[2][ROWS_MAX]; /* chosen rows, by mode */
    unsigned row_count[2];
    uint64_t done, invalid, mismatches;
    uint64_t counts[2][ZYDIS_MNEMONIC_MAX_VALUE + 1]; /* by mode */
    uint64_t permitted[PERMITTED_MAX];
    struct sightings sightings;
    double seconds;
    char *first_json; /* the mismatch, printed JSON */
};

/* Rows that --only and the mode leave. False: none. */
bool choose_rows(struct oracle *o);
unsigned pick_row(const struct oracle *o, struct rng *r, bool compat);

bool report_open(struct oracle *o);
void report_count(struct oracle *o, const struct trial *t);
void report_progress(const struct oracle *o);
void report_mismatch(struct oracle *o, const struct trial *t, const struct pair *p,
                     const struct diff *d);
/* The child died: an instruction did what no trial may do. */
void report_lost(struct oracle *o, const struct trial *t);
/* drawn.c: which instructions no case was. False: there are some. */
bool report_drawn(const struct oracle *o);
void report_end(struct oracle *o, bool agreed);

#endif
