// SPDX-License-Identifier: Apache-2.0
// What a run came to, in words and as JSON.
#ifndef RW_STEPS_REPORT_H
#define RW_STEPS_REPORT_H

#include <cjson/cJSON.h>

#include "judge.h"

void report_program(const struct judge *j, const char *program, double seconds);
/* exit, halted, shutdown, limit, known, abort: agreed; died, mismatch: not. */
const char *verdict_text(const struct judge *j);
const char *verdict_word(const struct judge *j);
bool verdict_agreed(const struct judge *j);
void report_json(cJSON *array, const struct judge *j, const char *program);
/* - is standard output. */
bool report_json_write(const cJSON *array, const char *path);

#endif
