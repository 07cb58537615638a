// SPDX-License-Identifier: Apache-2.0
// What a block bench prints.
#ifndef RW_BLOCK_REPORT_H
#define RW_BLOCK_REPORT_H

#include <stdio.h>

#include "block.h"

/* bundle: folder of the failure's bundle, NULL when there is none. */
void block_report_text(const struct block_options *o, const struct block_result *r, double seconds,
                       const char *bundle);
/* The first difference and the request that it stands in. */
void block_report_first(FILE *out, const struct block_result *r);
/* One object to a file, "-" for standard output; false: not written. */
bool block_report_json(const char *path, const struct block_options *o,
                       const struct block_result *r, double seconds, const char *bundle);

#endif
