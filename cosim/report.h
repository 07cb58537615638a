// SPDX-License-Identifier: Apache-2.0
// What a run prints: a report for people, one JSON object for programs.
#ifndef RW_REPORT_H
#define RW_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "run.h"

void report_text(FILE *out, const struct run_options *o, const struct run_result *r,
                 const char *bundle);
/* The object of docs/lockstep.md "JSON" to a file, "-" for standard output; false: not written. */
bool report_json(const char *path, const struct run_options *o, const struct run_result *r,
                 const char *bundle);
/* What differed, and why, in words. */
void report_mismatch(FILE *out, const struct run_result *r);

#endif
