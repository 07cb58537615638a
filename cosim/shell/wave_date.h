// SPDX-License-Identifier: Apache-2.0
// A wave is the same bytes every time, so it does not say when it was made.
#ifndef RW_WAVE_DATE_H
#define RW_WAVE_DATE_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Blanks the time of day in the header block of a closed FST file; false when it cannot. */
bool wave_date_blank(const char *path);

#ifdef __cplusplus
}
#endif
#endif
