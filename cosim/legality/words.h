// SPDX-License-Identifier: Apache-2.0
// Between the two halves' words.
#ifndef RW_LEGALITY_WORDS_H
#define RW_LEGALITY_WORDS_H

#include "legality.h"

void words_writer(const struct legality_writer *by, char *text, size_t bytes);

#endif
