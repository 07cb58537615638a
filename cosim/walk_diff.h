// SPDX-License-Identifier: Apache-2.0
// The two walks of a failing translation, level by level, in words.
#ifndef RW_WALK_DIFF_H
#define RW_WALK_DIFF_H

#include <stdio.h>

#include "record_log.h"

/* From the record log: the last CPU walk (stream xlate, walk) or IOMMU walk (dma, iwalk) of each
 * side, when `stream` differed. Prints nothing for other streams. */
void walk_diff(FILE *out, const struct record_log *log, const char *stream);

#endif
